// LineEditor: lines from a terminal with editing, history and completion; from a pipe without.
//
// History is kept in $ORRERY_HISTORY, or $XDG_STATE_HOME/orrery/history, or ~/.orrery_history. One
// per process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace orrery::cli {

class LineEditor {
 public:
  /// Given the word before the cursor, every word that could stand there.
  using Completer = std::function<std::vector<std::string>(const std::string& word)>;

  /// Reading ends with kInterrupted as soon as there are bytes in the file descriptor `bell`.
  LineEditor(Completer completer, int bell);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  enum class Outcome { kLine, kInterrupted, kEnd };
  /// Reads one line, without its line end.
  Outcome read(const std::string& prompt, std::string* line);
  void remember(const std::string& statement);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orrery::cli
