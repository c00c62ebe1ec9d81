#include "session.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace slt {

Session::Session(const conformance::Abi& abi, const RunOptions& options, bool on_disk)
    : abi_(abi), options_(options), on_disk_(on_disk || options.reopen) {}

Session::~Session() {
  close_all();
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

std::string Session::open() {
  if (on_disk_ && folder_.empty()) {
    const char* base = std::getenv("TMPDIR");
    std::string name = std::string(base == nullptr ? "/tmp" : base) + "/slt-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) return "cannot make a folder " + name;
    folder_ = name;
  }
  std::string dsn = on_disk_ ? "file://" + folder_ + "/db" : "memory://";
  if (!options_.dsn_options.empty()) dsn += "?" + options_.dsn_options;
  StoolapDB* db = nullptr;
  if (abi_.open(dsn.c_str(), &db) != STOOLAP_OK) {
    return "open: " + std::string(abi_.errmsg(nullptr));
  }
  handles_["a"] = db;
  return "";
}

void Session::close_all() {
  for (auto& [name, db] : handles_) abi_.close(db);
  handles_.clear();
  in_transaction_ = false;
}

StoolapDB* Session::handle() {
  StoolapDB*& db = handles_[current_];
  if (db == nullptr) abi_.clone(handles_["a"], &db);
  return db;
}

std::string Session::run(const Record& record) {
  if (handles_.empty()) {
    if (std::string wrong = open(); !wrong.empty()) return wrong;
  }
  switch (record.kind) {
    case RecordKind::kConnection:
      current_ = record.text;
      return "";
    case RecordKind::kReopen:
      close_all();
      current_ = "a";
      return open();
    case RecordKind::kStopReopening:
      options_.reopen = false;
      return "";
    case RecordKind::kStatementOk:
    case RecordKind::kStatementError:
      return run_statement(record);
    case RecordKind::kQuery:
    case RecordKind::kQueryError:
      return run_query(record);
  }
  return "unknown record";
}

std::string Session::run_statement(const Record& record) {
  int64_t affected = 0;
  StoolapDB* db = handle();
  const int32_t code = abi_.exec(db, record.sql.c_str(), &affected);
  const std::string message = abi_.errmsg(db);
  if (record.kind == RecordKind::kStatementError) {
    if (code == STOOLAP_OK) return "an error was expected ('" + record.text + "')";
    if (message.find(record.text) == std::string::npos) {
      return "an error with '" + record.text + "' was expected, got: " + message;
    }
    return "";
  }
  if (code != STOOLAP_OK) return "error: " + message;
  if (record.count >= 0 && record.count != affected) {
    return std::to_string(record.count) + " rows affected were expected, got " +
           std::to_string(affected);
  }
  return reopen_if_quiet(record.sql);
}

std::string Session::query_rows(const std::string& sql, std::vector<std::string>* out) {
  StoolapDB* db = handle();
  StoolapRows* rows = nullptr;
  if (abi_.query(db, sql.c_str(), &rows) != STOOLAP_OK) {
    return "error: " + std::string(abi_.errmsg(db));
  }
  const int32_t columns = abi_.rows_column_count(rows);
  std::string wrong;
  for (;;) {
    const int32_t code = abi_.rows_next(rows);
    if (code == STOOLAP_DONE) break;
    if (code != STOOLAP_ROW) {
      wrong = "error: " + std::string(abi_.rows_errmsg(rows));
      break;
    }
    std::string line;
    for (int32_t i = 0; i < columns; ++i) {
      int64_t length = 0;
      const char* text = abi_.rows_column_text(rows, i, &length);
      if (i > 0) line += " | ";
      line += text == nullptr ? "NULL"
              : length == 0   ? "(empty)"
                              : std::string(text, static_cast<size_t>(length));
    }
    out->push_back(line);
  }
  abi_.rows_close(rows);
  return wrong;
}

std::string Session::run_query(const Record& record) {
  std::vector<std::string> rows;
  const std::string wrong = query_rows(record.sql, &rows);
  if (record.kind == RecordKind::kQueryError) {
    if (wrong.empty()) return "an error was expected ('" + record.text + "')";
    if (wrong.find(record.text) == std::string::npos) {
      return "an error with '" + record.text + "' was expected, got: " + wrong;
    }
    return "";
  }
  if (!wrong.empty()) return wrong;
  std::vector<std::string> expected = record.rows;
  if (record.sorted) {
    std::sort(rows.begin(), rows.end());
    std::sort(expected.begin(), expected.end());
  }
  if (rows == expected) return "";
  std::string message = "expected:\n";
  for (const std::string& row : expected) message += "    " + row + "\n";
  message += "  got:\n";
  for (const std::string& row : rows) message += "    " + row + "\n";
  return message;
}

/// Where that is asked for and nothing is open, closes the database and opens it again.
std::string Session::reopen_if_quiet(const std::string& sql) {
  if (sql.starts_with("BEGIN")) in_transaction_ = true;
  if (sql.starts_with("COMMIT")) in_transaction_ = false;
  if (sql.starts_with("ROLLBACK") && !sql.starts_with("ROLLBACK TO")) in_transaction_ = false;
  if (!options_.reopen || in_transaction_ || handles_.size() != 1) return "";
  close_all();
  return open();
}

}  // namespace slt
