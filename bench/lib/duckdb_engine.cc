// DuckDB through its C API, loaded by path. Results are stepped chunk by chunk.
#include <cstring>
#include <type_traits>

#include "bench/lib/adapters.h"

namespace bench {
namespace {

struct DuckResult {  // duckdb_result: deprecated fields and an opaque pointer
  uint64_t column_count, row_count, rows_changed;
  void* columns;
  char* error;
  void* internal;
};
struct DuckString {  // 16 bytes: up to 12 inline, else 4 of prefix and a pointer
  uint32_t length;
  char bytes[12];

  std::string_view view() const {
    if (length <= sizeof(bytes)) return {bytes, length};
    const char* pointer;
    std::memcpy(&pointer, bytes + 4, sizeof(pointer));
    return {pointer, length};
  }
};

struct Api {
  int (*open)(const char*, void**);
  int (*connect)(void*, void**);
  void (*disconnect)(void**);
  void (*close)(void**);
  int (*query)(void*, const char*, DuckResult*);
  const char* (*result_error)(DuckResult*);
  void (*destroy_result)(DuckResult*);
  int (*prepare)(void*, const char*, void**);
  const char* (*prepare_error)(void*);
  void (*destroy_prepare)(void**);
  int (*execute)(void*, DuckResult*);
  int (*bind_int64)(void*, uint64_t, int64_t);
  int (*bind_double)(void*, uint64_t, double);
  int (*bind_varchar)(void*, uint64_t, const char*, uint64_t);
  int (*bind_null)(void*, uint64_t);
  void* (*fetch_chunk)(DuckResult);
  void (*destroy_chunk)(void**);
  uint64_t (*chunk_size)(void*);
  uint64_t (*chunk_columns)(void*);
  void* (*chunk_vector)(void*, uint64_t);
  void* (*vector_data)(void*);
  uint64_t* (*vector_validity)(void*);
  int (*column_type)(DuckResult*, uint64_t);
  int (*appender_create)(void*, const char*, const char*, void**);
  int (*append_int64)(void*, int64_t);
  int (*append_double)(void*, double);
  int (*append_varchar)(void*, const char*, uint64_t);
  int (*append_null)(void*);
  int (*appender_end_row)(void*);
  int (*appender_destroy)(void**);
};

class DuckLoader final : public BulkLoader {
 public:
  DuckLoader(const Api& api, void* connection, const std::string& table) : api_(api) {
    if (api_.appender_create(connection, nullptr, table.c_str(), &appender_) != 0) fail("duckdb: no appender for " + table);
  }
  void add(const std::vector<Cell>& row) override {
    int bad = 0;
    for (const Cell& c : row) {
      switch (c.kind) {
        case Cell::Kind::kNull:
          bad |= api_.append_null(appender_);
          break;
        case Cell::Kind::kInteger:
          bad |= api_.append_int64(appender_, c.integer);
          break;
        case Cell::Kind::kReal:
          bad |= api_.append_double(appender_, c.real);
          break;
        case Cell::Kind::kText:
          bad |= api_.append_varchar(appender_, c.text.data(), c.text.size());
          break;
      }
    }
    if ((bad | api_.appender_end_row(appender_)) != 0) fail("duckdb: a row was not appended");
  }
  void finish() override {
    if (appender_ != nullptr && api_.appender_destroy(&appender_) != 0) fail("duckdb: the appended rows were refused");
    appender_ = nullptr;
  }

 private:
  const Api& api_;
  void* appender_ = nullptr;
};

enum DuckType : int { kBool = 1, kTinyInt = 2, kSmallInt = 3, kInt = 4, kBigInt = 5, kFloat = 10, kDouble = 11, kHugeInt = 16, kVarchar = 17 };

Cell read_cell(int type, const void* data, uint64_t row) {
  switch (type) {
    case kBool:
      return integer(static_cast<const uint8_t*>(data)[row]);
    case kTinyInt:
      return integer(static_cast<const int8_t*>(data)[row]);
    case kSmallInt:
      return integer(static_cast<const int16_t*>(data)[row]);
    case kInt:
      return integer(static_cast<const int32_t*>(data)[row]);
    case kBigInt:
      return integer(static_cast<const int64_t*>(data)[row]);
    case kFloat:
      return real(static_cast<double>(static_cast<const float*>(data)[row]));
    case kDouble:
      return real(static_cast<const double*>(data)[row]);
    case kHugeInt: {
      const auto* words = static_cast<const uint64_t*>(data) + row * 2;
      return integer(static_cast<int64_t>(words[0]));  // the sums here fit
    }
    case kVarchar:
      return text(static_cast<const DuckString*>(data)[row].view());
    default:
      fail("duckdb: a column of type " + std::to_string(type) + " is not read here");
  }
}

class DuckStatement final : public Statement {
 public:
  DuckStatement(const Api& api, void* connection, const std::string& sql) : api_(api), sql_(sql) {
    if (api_.prepare(connection, sql.c_str(), &statement_) != 0) {
      fail("duckdb: " + sql + ": " + api_.prepare_error(statement_));
    }
  }
  ~DuckStatement() override { api_.destroy_prepare(&statement_); }

  uint64_t run(const std::vector<Cell>& parameters) override {
    DuckResult result = execute(parameters);
    uint64_t rows = 0;
    while (void* chunk = api_.fetch_chunk(result)) {
      uint64_t n = api_.chunk_size(chunk);
      api_.destroy_chunk(&chunk);
      if (n == 0) break;
      rows += n;
    }
    api_.destroy_result(&result);
    return rows;
  }
  Digest digest(const std::vector<Cell>& parameters) override {
    DuckResult result = execute(parameters);
    Digest out;
    while (void* chunk = api_.fetch_chunk(result)) {
      uint64_t n = api_.chunk_size(chunk);
      for (uint64_t c = 0; c < api_.chunk_columns(chunk); ++c) {
        void* vector = api_.chunk_vector(chunk, c);
        const void* data = api_.vector_data(vector);
        const uint64_t* validity = api_.vector_validity(vector);
        int type = api_.column_type(&result, c);
        for (uint64_t row = 0; row < n; ++row) {
          bool valid = validity == nullptr || ((validity[row >> 6] >> (row & 63)) & 1) != 0;
          out.add(c, valid ? read_cell(type, data, row) : Cell{});
        }
      }
      out.rows += n;
      api_.destroy_chunk(&chunk);
      if (n == 0) break;
    }
    api_.destroy_result(&result);
    return out;
  }

 private:
  DuckResult execute(const std::vector<Cell>& parameters) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      const Cell& p = parameters[i];
      switch (p.kind) {
        case Cell::Kind::kNull:
          api_.bind_null(statement_, i + 1);
          break;
        case Cell::Kind::kInteger:
          api_.bind_int64(statement_, i + 1, p.integer);
          break;
        case Cell::Kind::kReal:
          api_.bind_double(statement_, i + 1, p.real);
          break;
        case Cell::Kind::kText:
          api_.bind_varchar(statement_, i + 1, p.text.data(), p.text.size());
          break;
      }
    }
    DuckResult result{};
    if (api_.execute(statement_, &result) != 0) fail("duckdb: " + sql_ + ": " + api_.result_error(&result));
    return result;
  }

  const Api& api_;
  std::string sql_;
  void* statement_ = nullptr;
};

class DuckEngine final : public Engine {
 public:
  DuckEngine(const char* library, const OpenOptions& options) {
    void* lib = load_library(library);
    auto load = [&](auto& pointer, const char* symbol_name) {
      pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(symbol(lib, symbol_name));
    };
    load(api_.open, "duckdb_open");
    load(api_.connect, "duckdb_connect");
    load(api_.disconnect, "duckdb_disconnect");
    load(api_.close, "duckdb_close");
    load(api_.query, "duckdb_query");
    load(api_.result_error, "duckdb_result_error");
    load(api_.destroy_result, "duckdb_destroy_result");
    load(api_.prepare, "duckdb_prepare");
    load(api_.prepare_error, "duckdb_prepare_error");
    load(api_.destroy_prepare, "duckdb_destroy_prepare");
    load(api_.execute, "duckdb_execute_prepared");
    load(api_.bind_int64, "duckdb_bind_int64");
    load(api_.bind_double, "duckdb_bind_double");
    load(api_.bind_varchar, "duckdb_bind_varchar_length");
    load(api_.bind_null, "duckdb_bind_null");
    load(api_.fetch_chunk, "duckdb_fetch_chunk");
    load(api_.destroy_chunk, "duckdb_destroy_data_chunk");
    load(api_.chunk_size, "duckdb_data_chunk_get_size");
    load(api_.chunk_columns, "duckdb_data_chunk_get_column_count");
    load(api_.chunk_vector, "duckdb_data_chunk_get_vector");
    load(api_.vector_data, "duckdb_vector_get_data");
    load(api_.vector_validity, "duckdb_vector_get_validity");
    load(api_.column_type, "duckdb_column_type");
    load(api_.appender_create, "duckdb_appender_create");
    load(api_.append_int64, "duckdb_append_int64");
    load(api_.append_double, "duckdb_append_double");
    load(api_.append_varchar, "duckdb_append_varchar_length");
    load(api_.append_null, "duckdb_append_null");
    load(api_.appender_end_row, "duckdb_appender_end_row");
    load(api_.appender_destroy, "duckdb_appender_destroy");
    if (api_.open(options.path.empty() ? nullptr : options.path.c_str(), &database_) != 0 ||
        api_.connect(database_, &connection_) != 0) {
      fail("duckdb: cannot open " + options.path);
    }
  }
  ~DuckEngine() override {
    api_.disconnect(&connection_);
    api_.close(&database_);
  }
  std::string_view name() const override { return "duckdb"; }
  void exec(const std::string& sql) override {
    DuckResult result{};
    if (api_.query(connection_, sql.c_str(), &result) != 0) fail("duckdb: " + sql + ": " + api_.result_error(&result));
    api_.destroy_result(&result);
  }
  std::unique_ptr<Statement> prepare(const std::string& sql) override {
    return std::make_unique<DuckStatement>(api_, connection_, sql);
  }
  void begin() override { exec("BEGIN"); }
  void commit() override { exec("COMMIT"); }
  std::unique_ptr<BulkLoader> bulk_loader(const std::string& table, int) override {
    return std::make_unique<DuckLoader>(api_, connection_, table);
  }
  std::string real_type() const override { return "DOUBLE"; }

 private:
  Api api_{};
  void* database_ = nullptr;
  void* connection_ = nullptr;
};

}  // namespace

std::unique_ptr<Engine> open_duckdb(const char* library, const OpenOptions& options) {
  return std::make_unique<DuckEngine>(library, options);
}

}  // namespace bench
