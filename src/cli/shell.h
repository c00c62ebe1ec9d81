// Shell: runs SQL and dot commands from a terminal, a pipe or a script on one session.
#pragma once

#include <memory>
#include <string>

#include "cli/options.h"
#include "cli/output.h"
#include "engine/session.h"

namespace orrery::cli {

class Shell {
 public:
  Shell(ShellOptions options, std::shared_ptr<engine::Session> session);
  /// Returns the exit status.
  int run();

 private:
  enum class Outcome : uint8_t { kOk, kFailed, kLeave };

  int run_scripts();
  int run_prompt();
  /// Statements and dot commands of a text; stops at the first failure unless --keep-going.
  Outcome run_text(const std::string& text);
  Outcome run_file(const std::string& path);
  Outcome run_statement(const std::string& sql);
  Outcome run_command(const std::string& line);
  Outcome import_command(const std::vector<std::string>& words);
  Outcome export_command(const std::vector<std::string>& words);
  Outcome list_tables();
  Outcome show_schema(const std::string& table);
  Outcome set_format(const std::vector<std::string>& words);
  Outcome set_switch(const std::vector<std::string>& words, Switch* value);
  Outcome fail(const Error& error, const std::string& sql);
  Status print_rows(engine::Rows& rows, Sink& sink, uint64_t* count);
  std::vector<std::string> complete(const std::string& word);
  std::vector<std::string> names();

  ShellOptions options_;
  std::shared_ptr<engine::Session> session_;
};

/// Makes Ctrl-C cancel what `session` runs instead of ending the program.
void cancel_on_interrupt(engine::Session* session);
/// A file descriptor that can be read from once there was an interrupt; -1 where there is none.
int interrupt_bell();
/// Forgets interrupts.
void clear_interrupt();
const std::atomic<bool>& interrupt_flag();

}  // namespace orrery::cli
