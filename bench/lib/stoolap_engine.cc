// Any library with Stoolap's C ABI, loaded by path: Orrery's own and the original.
#include <dlfcn.h>

#include <cstring>

#include "bench/lib/adapters.h"

namespace bench {

void* load_library(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) fail(std::string("cannot load ") + path + ": " + dlerror());
  return library;
}

void* symbol(void* library, const char* name) {
  void* p = dlsym(library, name);
  if (p == nullptr) fail(std::string("no symbol ") + name);
  return p;
}

namespace {

struct AbiValue {  // 24 bytes: type, padding, then a number or pointer and length
  int32_t type = 0;
  int32_t padding = 0;
  union {
    int64_t integer;
    double real;
    int32_t boolean;
    const char* pointer;
  };
  int64_t length = 0;
};
static_assert(sizeof(AbiValue) == 24);

struct Abi {
  int32_t (*open)(const char*, void**);
  int32_t (*close)(void*);
  const char* (*errmsg)(const void*);
  int32_t (*exec)(void*, const char*, int64_t*);
  int32_t (*prepare)(void*, const char*, void**);
  int32_t (*stmt_exec)(void*, const AbiValue*, int32_t, int64_t*);
  int32_t (*stmt_query)(void*, const AbiValue*, int32_t, void**);
  const char* (*stmt_errmsg)(const void*);
  void (*stmt_finalize)(void*);
  int32_t (*begin)(void*, void**);
  int32_t (*tx_stmt_exec)(void*, const void*, const AbiValue*, int32_t, int64_t*);
  const char* (*tx_errmsg)(const void*);
  int32_t (*tx_commit)(void*);
  int32_t (*rows_next)(void*);
  int32_t (*column_count)(const void*);
  int32_t (*column_type)(const void*, int32_t);
  int64_t (*column_int64)(const void*, int32_t);
  double (*column_double)(const void*, int32_t);
  const char* (*column_text)(void*, int32_t, int64_t*);
  const char* (*rows_errmsg)(const void*);
  void (*rows_close)(void*);
};

class AbiEngine;

class AbiStatement final : public Statement {
 public:
  AbiStatement(AbiEngine& engine, const std::string& sql);
  ~AbiStatement() override;
  uint64_t run(const std::vector<Cell>& parameters) override;
  Digest digest(const std::vector<Cell>& parameters) override;

 private:
  void bind(const std::vector<Cell>& parameters);
  void* query(const std::vector<Cell>& parameters);

  AbiEngine& engine_;
  void* statement_ = nullptr;
  bool reads_;
  std::string sql_;
  std::vector<AbiValue> values_;
};

class AbiEngine final : public Engine {
 public:
  AbiEngine(std::string name, const char* library, const OpenOptions& options) : name_(std::move(name)) {
    void* lib = load_library(library);
    auto load = [&](auto& pointer, const char* symbol_name) {
      pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(symbol(lib, symbol_name));
    };
    load(abi.open, "stoolap_open");
    load(abi.close, "stoolap_close");
    load(abi.errmsg, "stoolap_errmsg");
    load(abi.exec, "stoolap_exec");
    load(abi.prepare, "stoolap_prepare");
    load(abi.stmt_exec, "stoolap_stmt_exec");
    load(abi.stmt_query, "stoolap_stmt_query");
    load(abi.stmt_errmsg, "stoolap_stmt_errmsg");
    load(abi.stmt_finalize, "stoolap_stmt_finalize");
    load(abi.begin, "stoolap_begin");
    load(abi.tx_stmt_exec, "stoolap_tx_stmt_exec");
    load(abi.tx_errmsg, "stoolap_tx_errmsg");
    load(abi.tx_commit, "stoolap_tx_commit");
    load(abi.rows_next, "stoolap_rows_next");
    load(abi.column_count, "stoolap_rows_column_count");
    load(abi.column_type, "stoolap_rows_column_type");
    load(abi.column_int64, "stoolap_rows_column_int64");
    load(abi.column_double, "stoolap_rows_column_double");
    load(abi.column_text, "stoolap_rows_column_text");
    load(abi.rows_errmsg, "stoolap_rows_errmsg");
    load(abi.rows_close, "stoolap_rows_close");
    static int number = 0;  // a name of its own: the original shares memory:// between handles
    std::string dsn = options.path.empty() ? "memory://bench" + std::to_string(number++)
                                           : "file://" + options.path + "?sync_mode=" + options.sync;
    if (abi.open(dsn.c_str(), &db) != 0) fail(name_ + ": " + dsn + ": " + abi.errmsg(nullptr));
  }
  ~AbiEngine() override { abi.close(db); }
  std::string_view name() const override { return name_; }
  void exec(const std::string& sql) override {
    if (abi.exec(db, sql.c_str(), nullptr) != 0) fail(name_ + ": " + sql + ": " + abi.errmsg(db));
  }
  std::unique_ptr<Statement> prepare(const std::string& sql) override {
    return std::make_unique<AbiStatement>(*this, sql);
  }
  void begin() override {
    if (abi.begin(db, &transaction) != 0) fail(name_ + ": " + abi.errmsg(db));
  }
  void commit() override {
    if (abi.tx_commit(transaction) != 0) fail(name_ + ": commit: " + abi.errmsg(nullptr));
    transaction = nullptr;
  }

  Abi abi{};
  void* db = nullptr;
  void* transaction = nullptr;

 private:
  std::string name_;
};

AbiStatement::AbiStatement(AbiEngine& engine, const std::string& sql) : engine_(engine), sql_(sql) {
  reads_ = sql.compare(0, 6, "SELECT") == 0 || sql.compare(0, 4, "WITH") == 0;
  if (engine_.abi.prepare(engine_.db, sql.c_str(), &statement_) != 0) {
    fail(std::string(engine_.name()) + ": " + sql + ": " + engine_.abi.errmsg(engine_.db));
  }
}

AbiStatement::~AbiStatement() { engine_.abi.stmt_finalize(statement_); }

void AbiStatement::bind(const std::vector<Cell>& parameters) {
  values_.resize(parameters.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Cell& p = parameters[i];
    AbiValue& v = values_[i];
    switch (p.kind) {
      case Cell::Kind::kNull:
        v.type = 0;
        break;
      case Cell::Kind::kInteger:
        v.type = 1;
        v.integer = p.integer;
        break;
      case Cell::Kind::kReal:
        v.type = 2;
        v.real = p.real;
        break;
      case Cell::Kind::kText:
        v.type = 3;
        v.pointer = p.text.data();
        v.length = static_cast<int64_t>(p.text.size());
        break;
    }
  }
}

void* AbiStatement::query(const std::vector<Cell>& parameters) {
  bind(parameters);
  void* rows = nullptr;
  if (engine_.abi.stmt_query(statement_, values_.data(), static_cast<int32_t>(values_.size()), &rows) != 0) {
    fail(std::string(engine_.name()) + ": " + sql_ + ": " + engine_.abi.stmt_errmsg(statement_));
  }
  return rows;
}

uint64_t AbiStatement::run(const std::vector<Cell>& parameters) {
  const Abi& abi = engine_.abi;
  if (!reads_) {
    bind(parameters);
    auto n = static_cast<int32_t>(values_.size());
    int32_t rc = engine_.transaction != nullptr
                     ? abi.tx_stmt_exec(engine_.transaction, statement_, values_.data(), n, nullptr)
                     : abi.stmt_exec(statement_, values_.data(), n, nullptr);
    if (rc != 0) {
      fail(std::string(engine_.name()) + ": " + sql_ + ": " +
           (engine_.transaction != nullptr ? abi.tx_errmsg(engine_.transaction) : abi.stmt_errmsg(statement_)));
    }
    return 0;
  }
  void* rows = query(parameters);
  uint64_t n = 0;
  int32_t rc;
  while ((rc = abi.rows_next(rows)) == 100) ++n;
  if (rc != 101) fail(std::string(engine_.name()) + ": " + sql_ + ": " + abi.rows_errmsg(rows));
  abi.rows_close(rows);
  return n;
}

Digest AbiStatement::digest(const std::vector<Cell>& parameters) {
  const Abi& abi = engine_.abi;
  void* rows = query(parameters);
  Digest out;
  int32_t columns = abi.column_count(rows);
  while (abi.rows_next(rows) == 100) {
    ++out.rows;
    for (int32_t c = 0; c < columns; ++c) {
      Cell cell;
      switch (abi.column_type(rows, c)) {
        case 0:
          break;
        case 1:
        case 4:
          cell = integer(abi.column_int64(rows, c));
          break;
        case 2:
          cell = real(abi.column_double(rows, c));
          break;
        default: {
          int64_t n = 0;
          const char* s = abi.column_text(rows, c, &n);
          cell = text({s, static_cast<size_t>(n)});
        }
      }
      out.add(static_cast<size_t>(c), cell);
    }
  }
  abi.rows_close(rows);
  return out;
}

}  // namespace

std::unique_ptr<Engine> open_stoolap_abi(std::string name, const char* library, const OpenOptions& options) {
  return std::make_unique<AbiEngine>(std::move(name), library, options);
}

}  // namespace bench
