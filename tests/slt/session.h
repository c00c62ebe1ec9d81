// Runs the records of a script against a library.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "abi.h"
#include "script.h"

namespace slt {

struct RunOptions {
  bool reopen = false;
  std::string dsn_options;
};

class Session {
 public:
  Session(const conformance::Abi& abi, const RunOptions& options, bool on_disk);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// "" where the record gets its answer.
  std::string run(const Record& record);

 private:
  std::string open();
  void close_all();
  StoolapDB* handle();
  std::string run_statement(const Record& record);
  std::string run_query(const Record& record);
  std::string query_rows(const std::string& sql, std::vector<std::string>* rows);
  std::string reopen_if_quiet(const std::string& sql);

  const conformance::Abi& abi_;
  RunOptions options_;
  bool on_disk_;
  std::string folder_;
  std::map<std::string, StoolapDB*> handles_;
  std::string current_ = "a";
  bool in_transaction_ = false;
};

}  // namespace slt
