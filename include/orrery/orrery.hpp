// Orrery's C++ interface to embedded databases: owning handles over orrery/orrery.h. Header-only, C++17, no exceptions.
//
//   auto db = orrery::embed::Database::open("file://data/shop");
//   if (!db) return fail(db.error().message());
//   auto rows = db->query("SELECT name, price FROM item WHERE price < $1", 9.5);
//   while (rows && rows->next()) use(rows->text(0), rows->real(1));
//
// Every object owns its handle: it can be moved, not copied, and closes when it goes. Statements, transactions and rows
// keep the database open. One thread at a time per object; clone() a Database for each thread.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "orrery/orrery.h"

namespace orrery::embed {

/// What went wrong.
class [[nodiscard]] Error {
 public:
  /// Takes an error object of the C interface; null stands for `code` alone.
  Error(int32_t code, orrery_error* error) : code_(code) {
    if (error == nullptr) return;
    message_ = orrery_error_message(error);
    sqlstate_ = orrery_error_sqlstate(error);
    line_ = orrery_error_line(error);
    column_ = orrery_error_column(error);
    retryable_ = orrery_error_is_retryable(error) != 0;
    orrery_error_free(error);
  }
  /// ORRERY_...
  int32_t code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& sqlstate() const { return sqlstate_; }
  /// Place in the SQL text, from 1; 0 where there is none.
  uint32_t line() const { return line_; }
  uint32_t column() const { return column_; }
  bool is_retryable() const { return retryable_; }

 private:
  int32_t code_;
  std::string message_ = "error";
  std::string sqlstate_ = "HV000";
  uint32_t line_ = 0;
  uint32_t column_ = 0;
  bool retryable_ = false;
};

/// A value or an Error. Reading the wrong one is a programming error.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}        // NOLINT: implicit by design
  Result(Error error) : error_(std::move(error)) {}    // NOLINT
  explicit operator bool() const { return value_.has_value(); }
  bool has_value() const { return value_.has_value(); }
  T& value() {
    assert(value_.has_value());
    return *value_;
  }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }
  const Error& error() const {
    assert(error_.has_value());
    return *error_;
  }

 private:
  std::optional<T> value_;
  std::optional<Error> error_;
};

/// Success or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design
  explicit operator bool() const { return !error_.has_value(); }
  const Error& error() const {
    assert(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

struct Timestamp {
  int64_t nanos = 0;  ///< since 1970-01-01 00:00 UTC
};
struct Json {
  std::string_view text;
};
struct VectorView {
  const float* data = nullptr;
  size_t size = 0;
};

/// A parameter. Borrows the bytes of text, JSON and vectors.
inline orrery_value to_value(std::nullptr_t) {
  return {};
}
inline orrery_value bytes_value(int32_t type, const void* data, size_t size) {
  orrery_value value{};
  value.type = type;
  value.as.bytes.data = static_cast<const char*>(data);
  value.as.bytes.size = static_cast<int64_t>(size);
  return value;
}
template <class T>
orrery_value to_value(const T& from) {
  orrery_value value{};
  if constexpr (std::is_same_v<T, bool>) {
    value.type = ORRERY_TYPE_BOOLEAN;
    value.as.integer = from ? 1 : 0;
  } else if constexpr (std::is_integral_v<T>) {
    static_assert(sizeof(T) < 8 || std::is_signed_v<T>, "INTEGER holds signed 64-bit numbers");
    value.type = ORRERY_TYPE_INTEGER;
    value.as.integer = static_cast<int64_t>(from);
  } else if constexpr (std::is_floating_point_v<T>) {
    value.type = ORRERY_TYPE_FLOAT;
    value.as.real = static_cast<double>(from);
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    value.type = ORRERY_TYPE_TIMESTAMP;
    value.as.integer = from.nanos;
  } else if constexpr (std::is_same_v<T, Json>) {
    value = bytes_value(ORRERY_TYPE_JSON, from.text.data(), from.text.size());
  } else if constexpr (std::is_same_v<T, VectorView>) {
    value = bytes_value(ORRERY_TYPE_VECTOR, from.data, from.size * sizeof(float));
  } else if constexpr (std::is_same_v<T, orrery_value>) {
    value = from;
  } else {
    const std::string_view text(from);
    value = bytes_value(ORRERY_TYPE_TEXT, text.data(), text.size());
  }
  return value;
}
template <class T>
orrery_value to_value(const std::optional<T>& from) {
  return from ? to_value(*from) : orrery_value{};
}

namespace detail {

/// Owns a handle that End closes.
template <class T, int32_t (*End)(T*)>
class Handle {
 public:
  explicit Handle(T* handle = nullptr) : handle_(handle) {}
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      close();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Handle() { close(); }
  T* get() const { return handle_; }
  T* release() { return std::exchange(handle_, nullptr); }
  void close() {
    if (handle_ != nullptr) End(std::exchange(handle_, nullptr));
  }

 private:
  T* handle_;
};

inline int32_t rollback(orrery_tx* tx) {
  return orrery_tx_rollback(tx, nullptr);
}

template <class... Values>
std::array<orrery_value, sizeof...(Values)> pack(const Values&... values) {
  return {to_value(values)...};
}

}  // namespace detail

/// Result rows, read forward.
class Rows {
 public:
  explicit Rows(orrery_rows* rows) : handle_(rows) {}

  /// Steps to the next row; false at the end and on an error, which error() then has.
  bool next() {
    int32_t has_row = 0;
    orrery_error* error = nullptr;
    const int32_t code = orrery_rows_next(handle_.get(), &has_row, &error);
    if (code != ORRERY_OK) error_.emplace(code, error);
    return has_row != 0;
  }
  const std::optional<Error>& error() const { return error_; }

  int32_t column_count() const { return orrery_rows_column_count(handle_.get()); }
  std::string_view column_name(int32_t column) const {
    const char* name = orrery_rows_column_name(handle_.get(), column);
    return name == nullptr ? std::string_view() : std::string_view(name);
  }
  uint64_t rows_affected() const { return orrery_rows_affected(handle_.get()); }

  // Cells of the current row; bytes are valid until the next one.
  orrery_value cell(int32_t column) {
    orrery_value value{};
    orrery_rows_cell(handle_.get(), column, &value);
    return value;
  }
  int32_t type(int32_t column) { return cell(column).type; }
  bool is_null(int32_t column) { return type(column) == ORRERY_TYPE_NULL; }
  /// INTEGER, BOOLEAN and TIMESTAMP; 0 otherwise.
  int64_t integer(int32_t column) {
    const orrery_value value = cell(column);
    const bool fits = value.type == ORRERY_TYPE_INTEGER || value.type == ORRERY_TYPE_BOOLEAN ||
                      value.type == ORRERY_TYPE_TIMESTAMP;
    return fits ? value.as.integer : 0;
  }
  bool boolean(int32_t column) { return integer(column) != 0; }
  Timestamp timestamp(int32_t column) { return {integer(column)}; }
  /// FLOAT and INTEGER; 0 otherwise.
  double real(int32_t column) {
    const orrery_value value = cell(column);
    if (value.type == ORRERY_TYPE_FLOAT) return value.as.real;
    return value.type == ORRERY_TYPE_INTEGER ? static_cast<double>(value.as.integer) : 0;
  }
  /// The text form of any cell; "" for NULL.
  std::string_view text(int32_t column) {
    int64_t size = 0;
    const char* data = orrery_rows_text(handle_.get(), column, &size);
    return data == nullptr ? std::string_view() : std::string_view(data, static_cast<size_t>(size));
  }
  /// The bytes of TEXT, JSON, VECTOR, BLOB, ...; "" otherwise.
  std::string_view bytes(int32_t column) {
    const orrery_value value = cell(column);
    const bool has_bytes = value.type == ORRERY_TYPE_TEXT || value.type >= ORRERY_TYPE_JSON;
    if (!has_bytes) return {};
    return {value.as.bytes.data, static_cast<size_t>(value.as.bytes.size)};
  }

 private:
  detail::Handle<orrery_rows, orrery_rows_close> handle_;
  std::optional<Error> error_;
};

/// SQL text prepared once.
class Statement {
 public:
  explicit Statement(orrery_stmt* stmt) : handle_(stmt) {}
  int32_t parameter_count() const { return orrery_stmt_parameter_count(handle_.get()); }

  /// The number of rows affected.
  template <class... Values>
  Result<uint64_t> exec(const Values&... values) {
    const auto packed = detail::pack(values...);
    uint64_t affected = 0;
    orrery_error* error = nullptr;
    const int32_t code = orrery_stmt_exec(handle_.get(), packed.data(),
                                          static_cast<int32_t>(packed.size()), &affected, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return affected;
  }
  template <class... Values>
  Result<Rows> query(const Values&... values) {
    const auto packed = detail::pack(values...);
    orrery_rows* rows = nullptr;
    orrery_error* error = nullptr;
    const int32_t code = orrery_stmt_query(handle_.get(), packed.data(),
                                           static_cast<int32_t>(packed.size()), &rows, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return Rows(rows);
  }
  orrery_stmt* handle() const { return handle_.get(); }

 private:
  detail::Handle<orrery_stmt, orrery_stmt_free> handle_;
};

enum class Isolation : int32_t {
  kReadCommitted = ORRERY_READ_COMMITTED,
  kSnapshot = ORRERY_SNAPSHOT,
};

/// SELECT, INSERT, UPDATE and DELETE as one unit; rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(orrery_tx* tx) : handle_(tx) {}

  template <class... Values>
  Result<uint64_t> exec(std::string_view sql, const Values&... values) {
    const auto packed = detail::pack(values...);
    uint64_t affected = 0;
    orrery_error* error = nullptr;
    const int32_t code =
        orrery_tx_exec(handle_.get(), sql.data(), static_cast<int64_t>(sql.size()), packed.data(),
                       static_cast<int32_t>(packed.size()), &affected, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return affected;
  }
  template <class... Values>
  Result<Rows> query(std::string_view sql, const Values&... values) {
    const auto packed = detail::pack(values...);
    orrery_rows* rows = nullptr;
    orrery_error* error = nullptr;
    const int32_t code =
        orrery_tx_query(handle_.get(), sql.data(), static_cast<int64_t>(sql.size()), packed.data(),
                        static_cast<int32_t>(packed.size()), &rows, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return Rows(rows);
  }
  template <class... Values>
  Result<uint64_t> exec(const Statement& statement, const Values&... values) {
    const auto packed = detail::pack(values...);
    uint64_t affected = 0;
    orrery_error* error = nullptr;
    const int32_t code =
        orrery_tx_stmt_exec(handle_.get(), statement.handle(), packed.data(),
                            static_cast<int32_t>(packed.size()), &affected, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return affected;
  }
  template <class... Values>
  Result<Rows> query(const Statement& statement, const Values&... values) {
    const auto packed = detail::pack(values...);
    orrery_rows* rows = nullptr;
    orrery_error* error = nullptr;
    const int32_t code =
        orrery_tx_stmt_query(handle_.get(), statement.handle(), packed.data(),
                             static_cast<int32_t>(packed.size()), &rows, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return Rows(rows);
  }

  Status savepoint(const std::string& name) { return call(orrery_tx_savepoint, name); }
  Status rollback_to(const std::string& name) { return call(orrery_tx_rollback_to, name); }
  Status release(const std::string& name) { return call(orrery_tx_release, name); }

  Status commit() { return end(orrery_tx_commit); }
  Status rollback() { return end(orrery_tx_rollback); }

 private:
  Status call(int32_t (*function)(orrery_tx*, const char*, orrery_error**),
              const std::string& name) {
    orrery_error* error = nullptr;
    const int32_t code = function(handle_.get(), name.c_str(), &error);
    if (code != ORRERY_OK) return Error(code, error);
    return {};
  }
  Status end(int32_t (*function)(orrery_tx*, orrery_error**)) {
    orrery_error* error = nullptr;
    const int32_t code = function(handle_.release(), &error);
    if (code != ORRERY_OK) return Error(code, error);
    return {};
  }
  detail::Handle<orrery_tx, detail::rollback> handle_;
};

/// An open database.
class Database {
 public:
  /// "memory://", "memory://name", "file://path?sync_mode=full"
  static Result<Database> open(const std::string& dsn) {
    orrery_db* db = nullptr;
    orrery_error* error = nullptr;
    const int32_t code = orrery_open(dsn.c_str(), &db, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return Database(db);
  }
  /// Another handle on the same database, for another thread.
  Result<Database> clone() const {
    orrery_db* db = nullptr;
    orrery_error* error = nullptr;
    const int32_t code = orrery_clone(handle_.get(), &db, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return Database(db);
  }
  /// Stops what runs on this object in another thread.
  void cancel() const { orrery_cancel(handle_.get()); }

  template <class... Values>
  Result<uint64_t> exec(std::string_view sql, const Values&... values) {
    const auto packed = detail::pack(values...);
    uint64_t affected = 0;
    orrery_error* error = nullptr;
    const int32_t code =
        orrery_exec(handle_.get(), sql.data(), static_cast<int64_t>(sql.size()), packed.data(),
                    static_cast<int32_t>(packed.size()), &affected, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return affected;
  }
  template <class... Values>
  Result<Rows> query(std::string_view sql, const Values&... values) {
    const auto packed = detail::pack(values...);
    orrery_rows* rows = nullptr;
    orrery_error* error = nullptr;
    const int32_t code =
        orrery_query(handle_.get(), sql.data(), static_cast<int64_t>(sql.size()), packed.data(),
                     static_cast<int32_t>(packed.size()), &rows, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return Rows(rows);
  }
  Result<Statement> prepare(std::string_view sql) {
    orrery_stmt* stmt = nullptr;
    orrery_error* error = nullptr;
    const int32_t code = orrery_prepare(handle_.get(), sql.data(),
                                        static_cast<int64_t>(sql.size()), &stmt, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return Statement(stmt);
  }
  Result<Transaction> begin(Isolation isolation = Isolation::kReadCommitted) {
    orrery_tx* tx = nullptr;
    orrery_error* error = nullptr;
    const int32_t code =
        orrery_begin(handle_.get(), static_cast<int32_t>(isolation), &tx, &error);
    if (code != ORRERY_OK) return Error(code, error);
    return Transaction(tx);
  }

 private:
  explicit Database(orrery_db* db) : handle_(db) {}
  detail::Handle<orrery_db, orrery_close> handle_;
};

}  // namespace orrery::embed
