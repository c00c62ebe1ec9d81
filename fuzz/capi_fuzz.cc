// Input: a sequence of calls of the C interface, on handles that are open, closed, of another kind
// or none at all. Whatever they are, each call returns, and in the end nothing is left behind.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/assert.h"
#include "orrery/stoolap.h"

namespace {

constexpr size_t kSlots = 6;
constexpr int kCallsMax = 80;
constexpr int kPatienceMillis = 300;

constexpr const char* kStatements[] = {
    "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT, f FLOAT, at TIMESTAMP, b BOOLEAN, j JSON)",
    "INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6)",
    "INSERT INTO t (id, s) VALUES (1, 'one'), (2, NULL)",
    "INSERT INTO t (id, s) VALUES (:id, :s)",
    "UPDATE t SET s = $2 WHERE id = $1",
    "DELETE FROM t WHERE id = $1 RETURNING s",
    "SELECT * FROM t ORDER BY id",
    "SELECT $1 AS a, ? AS b, :name AS c",
    "SELECT COUNT(*), MAX(s) FROM t WHERE id > $1",
    "SELECT value FROM GENERATE_SERIES(1, 5000)",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT s",
    "DROP TABLE t",
    "ALTER TABLE t ADD COLUMN extra INTEGER",
    "SELECT 1; SELECT 2 AS two",
    "nonsense",
    "",
};
constexpr const char* kDsns[] = {"memory://",   "memory://shared", "memory://?memory_limit=1000000",
                                 "nowhere://x", "memory",          ""};

/// Reads numbers and texts off the input; zeros and "" at its end.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  bool is_empty() const { return at_ == end_; }
  uint8_t byte() { return at_ == end_ ? 0 : *at_++; }
  size_t below(size_t n) { return byte() % n; }
  int64_t number() {
    uint64_t value = 0;
    for (size_t i = 1 + below(8); i > 0; --i) value = value * 256 + byte();
    return static_cast<int64_t>(byte() % 2 == 0 ? value : 0 - value);
  }
  std::string text() {
    const size_t size = std::min<size_t>(byte(), static_cast<size_t>(end_ - at_));
    std::string out(reinterpret_cast<const char*>(at_), size);
    at_ += size;
    return out;
  }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

/// A query may run for ever: those of all open databases are cancelled now and then. Closing waits
/// for it, since a handle may not be closed while another call uses it.
class Watchdog {
 public:
  Watchdog() {
    std::thread([this] {
      for (;;) {
        std::this_thread::sleep_for(std::chrono::milliseconds(kPatienceMillis));
        std::lock_guard<std::mutex> lock(mutex_);
        for (const StoolapDB* db : watched_) stoolap_cancel(db);
      }
    }).detach();
  }
  void watch(StoolapDB* const (&dbs)[kSlots]) {
    std::lock_guard<std::mutex> lock(mutex_);
    std::copy(std::begin(dbs), std::end(dbs), watched_);
  }
  void close(StoolapDB* db) {
    std::lock_guard<std::mutex> lock(mutex_);
    stoolap_close(db);
  }

 private:
  std::mutex mutex_;
  const StoolapDB* watched_[kSlots] = {};
};

class Caller {
 public:
  Caller(const uint8_t* data, size_t size) : in_(data, size) {}
  ~Caller() {
    for (StoolapRows* rows : rows_) stoolap_rows_close(rows);
    for (StoolapStmt* stmt : stmts_) stoolap_stmt_finalize(stmt);
    for (StoolapTx* tx : txs_) stoolap_tx_rollback(tx);
    for (StoolapDB* db : dbs_) watchdog().close(db);
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  void run() {
    for (int i = 0; i < kCallsMax && !in_.is_empty(); ++i) call();
  }

 private:
  /// Handles stay in their slots after they were closed, so that they are used again.
  template <class T>
  T*& slot(T* (&slots)[kSlots]) {
    return slots[in_.below(kSlots)];
  }
  /// Mostly a handle of its kind; now and then NULL, another kind's or no handle.
  template <class T>
  T* handle(T* (&slots)[kSlots]) {
    switch (in_.below(16)) {
      case 0:
        return nullptr;
      case 1:
        return reinterpret_cast<T*>(dbs_[in_.below(kSlots)]);
      case 2:
        return reinterpret_cast<T*>(rows_[in_.below(kSlots)]);
      case 3:
        return reinterpret_cast<T*>(static_cast<uintptr_t>(in_.number()));
      default:
        return slots[in_.below(kSlots)];
    }
  }

  const char* sql() {
    const size_t n = in_.below(24);
    if (n < std::size(kStatements)) return kStatements[n];
    if (n == 23) return nullptr;
    text_ = in_.text();
    return text_.c_str();
  }

  /// At most six, of any type code, lengths right or wrong but inside the bytes.
  int32_t values() {
    values_.assign(in_.below(7), StoolapValue{});
    texts_.clear();
    texts_.reserve(values_.size());
    for (StoolapValue& value : values_) {
      value.value_type = static_cast<int32_t>(in_.below(9)) - (in_.below(20) == 0 ? 5 : 0);
      if (value.value_type == STOOLAP_TYPE_TEXT || value.value_type == STOOLAP_TYPE_JSON ||
          value.value_type == STOOLAP_TYPE_BLOB) {
        const std::string& text = texts_.emplace_back(in_.text());
        value.v.text.ptr = in_.below(12) == 0 ? nullptr : text.data();
        value.v.text.len = static_cast<int64_t>(text.size()) - (in_.below(12) == 0 ? 300 : 0);
      } else {
        value.v.integer = in_.number();
      }
    }
    return static_cast<int32_t>(values_.size()) - (in_.below(20) == 0 ? 9 : 0);
  }
  const StoolapValue* data() { return values_.empty() ? nullptr : values_.data(); }
  int32_t named() {
    const int32_t count = values();
    named_.assign(values_.size(), StoolapNamedParam{});
    static constexpr const char* kNames[] = {"id", "s", "name", "", "\xff", ":id"};
    for (size_t i = 0; i < named_.size(); ++i) {
      named_[i].name = kNames[in_.below(std::size(kNames))];
      named_[i].name_len = static_cast<int32_t>(std::strlen(named_[i].name));
      named_[i].value = values_[i];
    }
    return count;
  }
  int64_t* affected() { return in_.below(4) == 0 ? nullptr : &affected_; }

  void call() {
    switch (in_.below(10)) {
      case 0:
        return call_open();
      case 1:
      case 2:
        return call_database();
      case 3:
      case 4:
        return call_statement();
      case 5:
      case 6:
        return call_transaction();
      case 7:
        return call_errors();
      default:
        return call_rows();
    }
  }

  void call_open() {
    StoolapDB*& to = slot(dbs_);
    StoolapDB* old = to;
    switch (in_.below(5)) {
      case 0:
        stoolap_open(kDsns[in_.below(std::size(kDsns))], &to);
        break;
      case 1: {
        const std::string dsn = "memory://?" + in_.text();
        stoolap_open(dsn.c_str(), &to);
        break;
      }
      case 2:
        stoolap_open_in_memory(&to);
        break;
      case 3:
        stoolap_clone(handle(dbs_), &to);
        break;
      default:
        stoolap_open(nullptr, in_.below(2) == 0 ? nullptr : &to);
    }
    watchdog().close(old);
    watchdog().watch(dbs_);
  }

  void call_database() {
    StoolapDB* db = handle(dbs_);
    StoolapRows* old = nullptr;
    switch (in_.below(8)) {
      case 0:
        watchdog().close(db);
        return;
      case 1:
        stoolap_exec(db, sql(), affected());
        return;
      case 2: {
        const char* text = sql();
        const int32_t count = values();
        stoolap_exec_params(db, text, data(), count, affected());
        return;
      }
      case 3: {
        const char* text = sql();
        const int32_t count = named();
        stoolap_exec_named(db, text, named_.data(), count, affected());
        return;
      }
      case 4:
        stoolap_table_count(db);
        return;
      case 5: {
        StoolapStmt*& to = slot(stmts_);
        StoolapStmt* before = to;
        stoolap_prepare(db, sql(), &to);
        stoolap_stmt_finalize(before);
        return;
      }
      case 6: {
        StoolapRows*& to = slot(rows_);
        old = to;
        const char* text = sql();
        const int32_t count = values();
        stoolap_query_params(db, text, data(), count, &to);
        break;
      }
      default: {
        StoolapRows*& to = slot(rows_);
        old = to;
        stoolap_query(db, sql(), in_.below(20) == 0 ? nullptr : &to);
      }
    }
    close_if_replaced(old);
  }

  void call_statement() {
    StoolapStmt* stmt = handle(stmts_);
    switch (in_.below(6)) {
      case 0:
        stoolap_stmt_finalize(stmt);
        return;
      case 1:
        ORRERY_ASSERT(stmt != nullptr || stoolap_stmt_sql(stmt) == nullptr ||
                      *stoolap_stmt_sql(stmt) == 0);
        return;
      case 2: {
        const int32_t count = values();
        const auto rows = static_cast<int32_t>(in_.below(4)) - 1;
        const int32_t each = rows > 0 && count > 0 ? count / rows : 0;
        stoolap_stmt_exec_batch(handle(dbs_), stmt, data(), each, rows, affected());
        return;
      }
      case 3: {
        const int32_t count = values();
        StoolapRows*& to = slot(rows_);
        StoolapRows* old = to;
        stoolap_stmt_query(stmt, data(), count, &to);
        close_if_replaced(old);
        return;
      }
      default: {
        const int32_t count = values();
        stoolap_stmt_exec(stmt, data(), count, affected());
      }
    }
  }

  void call_transaction() {
    StoolapTx* tx = handle(txs_);
    switch (in_.below(10)) {
      case 0:
        stoolap_tx_commit(tx);
        return;
      case 1:
        stoolap_tx_rollback(tx);
        return;
      case 2: {
        const char* text = sql();
        const int32_t count = values();
        stoolap_tx_exec_params(tx, text, data(), count, affected());
        return;
      }
      case 3: {
        const int32_t count = values();
        stoolap_tx_stmt_exec(tx, handle(stmts_), data(), count, affected());
        return;
      }
      case 4:
      case 5: {
        StoolapRows*& to = slot(rows_);
        StoolapRows* old = to;
        stoolap_tx_query(tx, sql(), &to);
        close_if_replaced(old);
        return;
      }
      case 6: {
        text_ = in_.text();
        stoolap_tx_savepoint(tx, text_.c_str(),
                             in_.below(2) == 0 ? -1 : static_cast<int64_t>(text_.size()));
        return;
      }
      case 7: {
        text_ = in_.text();
        stoolap_tx_rollback_to_savepoint(tx, text_.c_str(), static_cast<int64_t>(text_.size()));
        stoolap_tx_table_count(tx);
        return;
      }
      default: {
        StoolapTx*& to = slot(txs_);
        StoolapTx* old = to;
        stoolap_begin_with_isolation(handle(dbs_), static_cast<int32_t>(in_.below(3)), &to);
        stoolap_tx_rollback(old);
      }
    }
  }

  /// Messages and details are there for any handle.
  void call_errors() {
    StoolapErrorDetails details;
    std::memset(&details, 0, sizeof(details));
    const char* message = nullptr;
    switch (in_.below(4)) {
      case 0: {
        StoolapDB* db = handle(dbs_);
        message = stoolap_errmsg(db);
        stoolap_errcode(db);
        stoolap_errdetails(db, &details);
        break;
      }
      case 1: {
        StoolapTx* tx = handle(txs_);
        message = stoolap_tx_errmsg(tx);
        stoolap_tx_errcode(tx);
        stoolap_tx_errdetails(tx, &details);
        break;
      }
      case 2: {
        StoolapStmt* stmt = handle(stmts_);
        message = stoolap_stmt_errmsg(stmt);
        stoolap_stmt_errdetails(stmt, &details);
        break;
      }
      default: {
        StoolapRows* rows = handle(rows_);
        message = stoolap_rows_errmsg(rows);
        stoolap_rows_errdetails(rows, &details);
      }
    }
    ORRERY_ASSERT(message != nullptr);
    length_ += std::strlen(message);
    if (details.message != nullptr) length_ += std::strlen(details.message);
  }

  void call_rows() {
    StoolapRows* rows = handle(rows_);
    switch (in_.below(8)) {
      case 0:
        stoolap_rows_close(rows);
        return;
      case 1:
        return fetch_all(rows);
      case 2:
        return read_cell(rows);
      case 3: {
        const char* name = stoolap_rows_column_name(rows, static_cast<int32_t>(in_.number()));
        if (name != nullptr) length_ += std::strlen(name);
        return;
      }
      default:
        for (size_t i = in_.below(4); i > 0; --i) {
          if (stoolap_rows_next(rows) != STOOLAP_ROW) return;
          read_cell(rows);
        }
    }
  }

  void read_cell(StoolapRows* rows) {
    const auto at = static_cast<int32_t>(in_.byte()) - 1;
    int64_t size = 0;
    stoolap_rows_column_type(rows, at);
    stoolap_rows_column_int64(rows, at);
    stoolap_rows_column_double(rows, at);
    stoolap_rows_column_bool(rows, at);
    stoolap_rows_column_timestamp(rows, at);
    stoolap_rows_column_is_null(rows, at);
    stoolap_rows_affected(rows);
    const uint8_t* blob = stoolap_rows_column_blob(rows, at, &size);
    for (int64_t i = 0; blob != nullptr && i < size; ++i) length_ += blob[i];
    const char* text = stoolap_rows_column_text(rows, at, &size);
    if (text != nullptr) {
      ORRERY_ASSERT(size >= 0 && text[size] == 0);
      length_ += std::strlen(text);
    }
  }

  void fetch_all(StoolapRows* rows) {
    uint8_t* buffer = nullptr;
    int64_t size = 0;
    if (stoolap_rows_fetch_all(rows, &buffer, &size) != STOOLAP_OK) return;
    ORRERY_ASSERT(buffer != nullptr && size >= 8);
    for (int64_t i = 0; i < size; ++i) length_ += buffer[i];
    stoolap_buffer_free(buffer, size);
  }

  void close_if_replaced(StoolapRows* old) {
    for (StoolapRows* rows : rows_) {
      if (rows == old) return;
    }
    stoolap_rows_close(old);
  }

  static Watchdog& watchdog() {
    static Watchdog* instance = new Watchdog;
    return *instance;
  }

  Input in_;
  StoolapDB* dbs_[kSlots] = {};
  StoolapStmt* stmts_[kSlots] = {};
  StoolapTx* txs_[kSlots] = {};
  StoolapRows* rows_[kSlots] = {};
  std::string text_;
  std::vector<StoolapValue> values_;
  std::vector<StoolapNamedParam> named_;
  std::vector<std::string> texts_;
  int64_t affected_ = 0;
  uint64_t length_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Caller(data, size).run();
  return 0;
}
