#include "case_runner.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <thread>

namespace conformance {
namespace {

constexpr const char* kNotSupportedYet = "not supported yet: ";

struct Answer {
  bool ok = false;
  std::string error;
  std::vector<std::string> columns;
  RowList rows;
  int64_t affected = 0;
};

bool contains_ignoring_case(std::string text, std::string part) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (char& c : part) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text.find(part) != std::string::npos;
}

StoolapValue to_value(const Cell& cell) {
  StoolapValue value{};
  value.value_type = cell.type;
  switch (cell.type) {
    case STOOLAP_TYPE_INTEGER:
      value.v.integer = cell.integer;
      break;
    case STOOLAP_TYPE_FLOAT:
      value.v.float64 = cell.real;
      break;
    case STOOLAP_TYPE_BOOLEAN:
      value.v.boolean = cell.integer != 0 ? 1 : 0;
      break;
    case STOOLAP_TYPE_TIMESTAMP:
      value.v.timestamp_nanos = cell.integer;
      break;
    case STOOLAP_TYPE_BLOB:
      value.v.blob.ptr = reinterpret_cast<const uint8_t*>(cell.text.data());
      value.v.blob.len = static_cast<int64_t>(cell.text.size());
      break;
    default:
      value.v.text.ptr = cell.text.data();
      value.v.text.len = static_cast<int64_t>(cell.text.size());
      break;
  }
  return value;
}

Cell accessor_cell(const Abi& abi, StoolapRows* rows, int32_t index) {
  Cell cell;
  cell.type = abi.rows_column_type(rows, index);
  int64_t length = 0;
  switch (cell.type) {
    case STOOLAP_TYPE_NULL:
      break;
    case STOOLAP_TYPE_INTEGER:
      cell.integer = abi.rows_column_int64(rows, index);
      break;
    case STOOLAP_TYPE_FLOAT:
      cell.real = abi.rows_column_double(rows, index);
      break;
    case STOOLAP_TYPE_BOOLEAN:
      cell.integer = abi.rows_column_bool(rows, index);
      break;
    case STOOLAP_TYPE_TIMESTAMP:
      cell.integer = abi.rows_column_timestamp(rows, index);
      break;
    case STOOLAP_TYPE_BLOB: {
      const uint8_t* bytes = abi.rows_column_blob(rows, index, &length);
      if (bytes != nullptr) cell.text.assign(reinterpret_cast<const char*>(bytes), length);
      break;
    }
    default: {
      const char* text = abi.rows_column_text(rows, index, &length);
      if (text != nullptr) cell.text.assign(text, static_cast<size_t>(length));
      break;
    }
  }
  return cell;
}

/// Reads the packed form; false where it is malformed.
class PackedReader {
 public:
  PackedReader(const uint8_t* bytes, int64_t size) : at_(bytes), end_(bytes + size) {}
  bool read(Answer* out) {
    uint32_t columns = 0;
    if (!take(&columns)) return false;
    for (uint32_t i = 0; i < columns; ++i) {
      uint16_t length = 0;
      std::string name;
      if (!take(&length) || !take_bytes(length, &name)) return false;
      out->columns.push_back(name);
    }
    uint32_t rows = 0;
    if (!take(&rows)) return false;
    for (uint32_t r = 0; r < rows; ++r) {
      Row& row = out->rows.emplace_back();
      for (uint32_t c = 0; c < columns; ++c) {
        if (!read_cell(&row.emplace_back())) return false;
      }
    }
    return at_ == end_;
  }

 private:
  template <class T>
  bool take(T* value) {
    if (static_cast<size_t>(end_ - at_) < sizeof(T)) return false;
    std::memcpy(value, at_, sizeof(T));
    at_ += sizeof(T);
    return true;
  }
  bool take_bytes(size_t count, std::string* out) {
    if (static_cast<size_t>(end_ - at_) < count) return false;
    out->assign(reinterpret_cast<const char*>(at_), count);
    at_ += count;
    return true;
  }
  bool read_cell(Cell* cell) {
    uint8_t type = 0;
    if (!take(&type)) return false;
    cell->type = type;
    switch (type) {
      case STOOLAP_TYPE_NULL:
        return true;
      case STOOLAP_TYPE_INTEGER:
      case STOOLAP_TYPE_TIMESTAMP:
        return take(&cell->integer);
      case STOOLAP_TYPE_FLOAT:
        return take(&cell->real);
      case STOOLAP_TYPE_BOOLEAN: {
        uint8_t value = 0;
        if (!take(&value)) return false;
        cell->integer = value;
        return true;
      }
      default: {
        uint32_t length = 0;
        return take(&length) && take_bytes(length, &cell->text);
      }
    }
  }

  const uint8_t* at_;
  const uint8_t* end_;
};

enum class Reading : uint8_t { kStepping, kPacked };

/// Reads and closes the rows.
void read_rows(const Abi& abi, StoolapRows* rows, Reading reading, Answer* answer) {
  answer->ok = true;
  answer->affected = abi.rows_affected(rows);
  if (reading == Reading::kPacked) {
    uint8_t* buffer = nullptr;
    int64_t length = 0;
    answer->ok = abi.rows_fetch_all(rows, &buffer, &length) == STOOLAP_OK;
    if (!answer->ok) {
      answer->error = abi.rows_errmsg(rows);
    } else {
      if (!PackedReader(buffer, length).read(answer)) {
        answer->ok = false;
        answer->error = "the packed buffer is malformed";
      }
      abi.buffer_free(buffer, length);
    }
    abi.rows_close(rows);
    return;
  }
  const int32_t columns = abi.rows_column_count(rows);
  for (int32_t i = 0; i < columns; ++i) {
    const char* name = abi.rows_column_name(rows, i);
    answer->columns.emplace_back(name == nullptr ? "(null)" : name);
  }
  for (;;) {
    const int32_t code = abi.rows_next(rows);
    if (code == STOOLAP_DONE) break;
    if (code != STOOLAP_ROW) {
      answer->ok = false;
      answer->error = abi.rows_errmsg(rows);
      break;
    }
    Row& row = answer->rows.emplace_back();
    for (int32_t i = 0; i < columns; ++i) row.push_back(accessor_cell(abi, rows, i));
  }
  abi.rows_close(rows);
}

/// The handles of one case.
class World {
 public:
  World(const Abi& abi, const Case& test, const RunOptions& options)
      : abi_(abi), options_(options), on_disk_(test.on_disk || options.reopen) {}
  ~World() {
    close_all();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::string open() {
    if (on_disk_ && folder_.empty()) {
      const char* base = std::getenv("TMPDIR");
      std::string name = std::string(base == nullptr ? "/tmp" : base) + "/conformance-XXXXXX";
      if (mkdtemp(name.data()) == nullptr) return "cannot make a folder " + name;
      folder_ = name;
    }
    std::string dsn = on_disk_ ? "file://" + folder_ + "/db" : "memory://";
    if (!options_.dsn_options.empty()) dsn += "?" + options_.dsn_options;
    const bool plain = !on_disk_ && options_.dsn_options.empty();
    StoolapDB* db = nullptr;
    const int32_t code = plain ? abi_.open_in_memory(&db) : abi_.open(dsn.c_str(), &db);
    if (code != STOOLAP_OK) return "open: " + std::string(abi_.errmsg(nullptr));
    databases_["a"] = db;
    return "";
  }

  Answer run(const Step& step) {
    switch (step.operation) {
      case Operation::kSql:
        return run_sql(step, step.call, Reading::kStepping);
      case Operation::kBegin:
        return begin(step);
      case Operation::kCommit:
      case Operation::kRollback:
        return end(step);
      case Operation::kReopen: {
        close_all();
        Answer answer;
        answer.error = open();
        answer.ok = answer.error.empty();
        return answer;
      }
      case Operation::kSleep:
        std::this_thread::sleep_for(std::chrono::milliseconds(step.milliseconds));
        break;
    }
    Answer answer;
    answer.ok = true;
    return answer;
  }

  Answer run_sql(const Step& step, Call call, Reading reading) {
    if (step.handle.starts_with("t")) return run_in_transaction(step, call, reading);
    Answer answer;
    StoolapDB* db = database(step.handle);
    Values values(step);
    StoolapRows* rows = nullptr;
    int32_t code = STOOLAP_ERROR;
    if (call == Call::kExec) {
      code = step.named ? abi_.exec_named(db, step.sql.c_str(), values.named.data(), values.count(),
                                          &answer.affected)
             : step.params.empty() ? abi_.exec(db, step.sql.c_str(), &answer.affected)
                                   : abi_.exec_params(db, step.sql.c_str(), values.plain.data(),
                                                      values.count(), &answer.affected);
    } else {
      code =
          step.named
              ? abi_.query_named(db, step.sql.c_str(), values.named.data(), values.count(), &rows)
          : step.params.empty()
              ? abi_.query(db, step.sql.c_str(), &rows)
              : abi_.query_params(db, step.sql.c_str(), values.plain.data(), values.count(), &rows);
    }
    finish(code, abi_.errmsg(db), rows, reading, &answer);
    return answer;
  }

  /// The same query through a prepared statement.
  Answer run_prepared(const Step& step) {
    Answer answer;
    StoolapDB* db = database(step.handle);
    StoolapStmt* stmt = nullptr;
    if (abi_.prepare(db, step.sql.c_str(), &stmt) != STOOLAP_OK) {
      answer.error = abi_.errmsg(db);
      return answer;
    }
    Values values(step);
    StoolapRows* rows = nullptr;
    const int32_t code = abi_.stmt_query(stmt, values.plain.data(), values.count(), &rows);
    finish(code, abi_.stmt_errmsg(stmt), rows, Reading::kStepping, &answer);
    abi_.stmt_finalize(stmt);
    return answer;
  }

  /// True where closing everything loses nothing but handles.
  bool is_quiet() const {
    return transactions_.empty() && databases_.size() == 1 && !in_sql_transaction_;
  }
  void note_sql(const std::string& sql) {
    if (sql.starts_with("BEGIN") || sql.starts_with("START")) in_sql_transaction_ = true;
    if (sql.starts_with("COMMIT")) in_sql_transaction_ = false;
    if (sql.starts_with("ROLLBACK") && !sql.starts_with("ROLLBACK TO")) in_sql_transaction_ = false;
  }

 private:
  struct Values {
    explicit Values(const Step& step) {
      for (const Cell& cell : step.params) plain.push_back(to_value(cell));
      for (const NamedCell& cell : step.named_params) {
        StoolapNamedParam param{};
        param.name = cell.name.data();
        param.name_len = static_cast<int32_t>(cell.name.size());
        param.value = to_value(cell.value);
        named.push_back(param);
      }
    }
    int32_t count() const {
      return static_cast<int32_t>(named.empty() ? plain.size() : named.size());
    }
    std::vector<StoolapValue> plain;
    std::vector<StoolapNamedParam> named;
  };

  StoolapDB* database(const std::string& handle) {
    StoolapDB*& db = databases_[handle];
    if (db == nullptr) abi_.clone(databases_["a"], &db);
    return db;
  }

  Answer run_in_transaction(const Step& step, Call call, Reading reading) {
    Answer answer;
    StoolapTx* tx = transactions_[step.handle];
    Values values(step);
    StoolapRows* rows = nullptr;
    int32_t code = STOOLAP_ERROR;
    if (call == Call::kExec) {
      code = step.named            ? abi_.tx_exec_named(tx, step.sql.c_str(), values.named.data(),
                                                        values.count(), &answer.affected)
             : step.params.empty() ? abi_.tx_exec(tx, step.sql.c_str(), &answer.affected)
                                   : abi_.tx_exec_params(tx, step.sql.c_str(), values.plain.data(),
                                                         values.count(), &answer.affected);
    } else {
      code = step.named            ? abi_.tx_query_named(tx, step.sql.c_str(), values.named.data(),
                                                         values.count(), &rows)
             : step.params.empty() ? abi_.tx_query(tx, step.sql.c_str(), &rows)
                                   : abi_.tx_query_params(tx, step.sql.c_str(), values.plain.data(),
                                                          values.count(), &rows);
    }
    finish(code, abi_.tx_errmsg(tx), rows, reading, &answer);
    return answer;
  }

  void finish(int32_t code, const char* message, StoolapRows* rows, Reading reading,
              Answer* answer) {
    if (code != STOOLAP_OK) {
      answer->error = message;
    } else if (rows != nullptr) {
      read_rows(abi_, rows, reading, answer);
    } else {
      answer->ok = true;
    }
  }

  Answer begin(const Step& step) {
    Answer answer;
    StoolapTx* tx = nullptr;
    StoolapDB* db = database(step.on);
    answer.ok = abi_.begin_with_isolation(db, step.isolation, &tx) == STOOLAP_OK;
    if (!answer.ok) answer.error = abi_.errmsg(db);
    transactions_[step.handle] = tx;
    return answer;
  }

  Answer end(const Step& step) {
    Answer answer;
    StoolapTx* tx = transactions_[step.handle];
    transactions_.erase(step.handle);
    answer.ok = (step.operation == Operation::kCommit ? abi_.tx_commit(tx)
                                                      : abi_.tx_rollback(tx)) == STOOLAP_OK;
    if (!answer.ok) answer.error = abi_.errmsg(nullptr);
    return answer;
  }

  void close_all() {
    for (auto& [name, tx] : transactions_) abi_.tx_rollback(tx);
    transactions_.clear();
    for (auto& [name, db] : databases_) abi_.close(db);
    databases_.clear();
    in_sql_transaction_ = false;
  }

  const Abi& abi_;
  const RunOptions& options_;
  bool on_disk_;
  std::string folder_;
  std::map<std::string, StoolapDB*> databases_;
  std::map<std::string, StoolapTx*> transactions_;
  bool in_sql_transaction_ = false;
};

bool is_refusal(const Answer& answer, Outcome* outcome) {
  if (answer.ok) return false;
  const size_t at = answer.error.find(kNotSupportedYet);
  if (at == std::string::npos) return false;
  outcome->verdict = Verdict::kNotSupported;
  outcome->message = answer.error.substr(at + std::strlen(kNotSupportedYet));
  return true;
}

std::string judge_columns(const Case& test, const Answer& answer) {
  if (!test.columns) return "";
  if (test.columns->size() != answer.columns.size()) {
    return std::to_string(test.columns->size()) + " columns expected, " +
           std::to_string(answer.columns.size()) + " came";
  }
  for (size_t i = 0; i < answer.columns.size(); ++i) {
    const std::optional<std::string>& expected = (*test.columns)[i];
    if (expected && *expected != answer.columns[i]) {
      return "column " + std::to_string(i) + ": expected '" + *expected + "', got '" +
             answer.columns[i] + "'";
    }
  }
  return "";
}

/// "" where the answer is right.
std::string judge(const Case& test, const Answer& answer) {
  if (test.error) {
    if (answer.ok) {
      std::string what = "an error was expected ('" + test.error->must + "')";
      if (!answer.rows.empty()) what += ", got " + to_string(answer.rows[0]);
      return what;
    }
    if (contains_ignoring_case(answer.error, test.error->must)) return "";
    return "error expected with '" + test.error->must + "', got: " + answer.error;
  }
  if (!answer.ok) return "error: " + answer.error;
  if (test.affected && *test.affected != answer.affected) {
    return std::to_string(*test.affected) + " affected expected, got " +
           std::to_string(answer.affected);
  }
  if (std::string wrong = judge_columns(test, answer); !wrong.empty()) return wrong;
  if (test.rows) {
    std::string wrong = compare_rows(*test.rows, answer.rows, test.order, test.numbers);
    if (!wrong.empty()) return wrong;
  }
  if (test.contains) {
    std::string joined;
    for (const Row& row : answer.rows) {
      for (const Cell& cell : row) joined += cell.text + "\n";
    }
    for (const std::string& text : *test.contains) {
      if (joined.find(text) == std::string::npos) return "no '" + text + "' in:\n" + joined;
    }
  }
  return "";
}

/// Queries that may be asked again and give the same.
bool is_repeatable(const Case& test) {
  const std::string& sql = test.step.sql;
  return test.step.operation == Operation::kSql && test.step.call == Call::kQuery && !test.error &&
         (sql.starts_with("SELECT") || sql.starts_with("WITH") || sql.starts_with("SHOW") ||
          sql.starts_with("DESC")) &&
         sql.find(';') == std::string::npos;
}

Outcome judge_step(World& world, const Case& test, const RunOptions& options) {
  Answer answer = world.run(test.step);
  Outcome outcome;
  if (is_refusal(answer, &outcome)) return outcome;
  outcome.message = judge(test, answer);
  if (outcome.message.empty() && is_repeatable(test) && !options.observed_only) {
    outcome.message = judge(test, world.run_sql(test.step, Call::kQuery, Reading::kPacked));
    if (!outcome.message.empty()) outcome.message = "fetch_all: " + outcome.message;
    if (outcome.message.empty() && !test.step.named && !test.step.handle.starts_with("t")) {
      // Prepared statements want all their values; a missing one is NULL elsewhere.
      Answer prepared = world.run_prepared(test.step);
      const bool too_few = prepared.error.starts_with("Query requires");
      if (!too_few) outcome.message = judge(test, prepared);
      if (!outcome.message.empty()) outcome.message = "prepared: " + outcome.message;
    }
  }
  if (outcome.message.empty()) outcome.verdict = Verdict::kPassed;
  return outcome;
}

}  // namespace

namespace {

/// Cases about settings of a session, or about databases in memory, say nothing of reopened ones.
bool can_reopen(const Case& test) {
  auto is_setting = [](const Step& step) {
    return step.sql.starts_with("SET ") || step.sql.starts_with("PRAGMA ");
  };
  return !is_setting(test.step) && std::none_of(test.setup.begin(), test.setup.end(), is_setting);
}

}  // namespace

Outcome run_case(const Abi& abi, const Case& test, const RunOptions& given) {
  RunOptions options = given;
  if (!can_reopen(test)) options.reopen = false;
  World world(abi, test, options);
  Outcome outcome;
  outcome.message = world.open();
  if (!outcome.message.empty()) return outcome;
  for (const Step& step : test.setup) {
    Answer answer = world.run(step);
    if (is_refusal(answer, &outcome)) return outcome;
    // What a step of defects.jsonl does is what the observed library did.
    if (answer.ok == step.fails && test.feature != "defects") {
      outcome.message = answer.ok ? "step '" + step.sql + "' should have failed"
                                  : "step '" + step.sql + "': " + answer.error;
      return outcome;
    }
    world.note_sql(step.sql);
    if (options.reopen && world.is_quiet()) {
      Step reopen;
      reopen.operation = Operation::kReopen;
      answer = world.run(reopen);
      if (!answer.ok) {
        outcome.message = "reopen after '" + step.sql + "': " + answer.error;
        return outcome;
      }
    }
  }
  return judge_step(world, test, options);
}

}  // namespace conformance
