// SQLite of the distribution, prepared statements through sqlite3_step.
#include <sqlite3.h>

#include "bench/lib/adapters.h"

namespace bench {
namespace {

class SqliteStatement final : public Statement {
 public:
  SqliteStatement(sqlite3* db, const std::string& sql) : db_(db) {
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement_, nullptr) != SQLITE_OK) {
      fail("sqlite: " + sql + ": " + sqlite3_errmsg(db));
    }
  }
  ~SqliteStatement() override { sqlite3_finalize(statement_); }

  uint64_t run(const std::vector<Cell>& parameters) override {
    bind(parameters);
    uint64_t rows = 0;
    while (step()) ++rows;
    sqlite3_reset(statement_);
    return rows;
  }
  Digest digest(const std::vector<Cell>& parameters) override {
    bind(parameters);
    Digest out;
    int columns = sqlite3_column_count(statement_);
    while (step()) {
      ++out.rows;
      for (int c = 0; c < columns; ++c) out.add(static_cast<size_t>(c), cell(c));
    }
    sqlite3_reset(statement_);
    return out;
  }

 private:
  bool step() {
    int rc = sqlite3_step(statement_);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) fail(std::string("sqlite: ") + sqlite3_errmsg(db_));
    return rc == SQLITE_ROW;
  }
  void bind(const std::vector<Cell>& parameters) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      int n = static_cast<int>(i) + 1;
      const Cell& p = parameters[i];
      switch (p.kind) {
        case Cell::Kind::kNull:
          sqlite3_bind_null(statement_, n);
          break;
        case Cell::Kind::kInteger:
          sqlite3_bind_int64(statement_, n, p.integer);
          break;
        case Cell::Kind::kReal:
          sqlite3_bind_double(statement_, n, p.real);
          break;
        case Cell::Kind::kText:
          sqlite3_bind_text(statement_, n, p.text.data(), static_cast<int>(p.text.size()), SQLITE_STATIC);
          break;
      }
    }
  }
  Cell cell(int c) {
    switch (sqlite3_column_type(statement_, c)) {
      case SQLITE_INTEGER:
        return integer(sqlite3_column_int64(statement_, c));
      case SQLITE_FLOAT:
        return real(sqlite3_column_double(statement_, c));
      case SQLITE_NULL:
        return {};
      default:
        return text({reinterpret_cast<const char*>(sqlite3_column_text(statement_, c)),
                     static_cast<size_t>(sqlite3_column_bytes(statement_, c))});
    }
  }

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

class SqliteEngine final : public Engine {
 public:
  explicit SqliteEngine(const OpenOptions& options) {
    const char* path = options.path.empty() ? ":memory:" : options.path.c_str();
    if (sqlite3_open(path, &db_) != SQLITE_OK) fail(std::string("sqlite: cannot open ") + path);
    if (!options.path.empty()) {
      exec("PRAGMA journal_mode=WAL");
      exec(options.sync == "none" ? "PRAGMA synchronous=OFF"
                                  : (options.sync == "full" ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
    }
  }
  ~SqliteEngine() override { sqlite3_close(db_); }
  std::string_view name() const override { return "sqlite"; }
  void exec(const std::string& sql) override {
    char* message = nullptr;
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK) {
      fail("sqlite: " + sql + ": " + (message != nullptr ? message : "error"));
    }
  }
  std::unique_ptr<Statement> prepare(const std::string& sql) override {
    return std::make_unique<SqliteStatement>(db_, sql);
  }
  void begin() override { exec("BEGIN"); }
  void commit() override { exec("COMMIT"); }
  std::string boolean_type() const override { return "INTEGER"; }
  std::string real_type() const override { return "REAL"; }
  std::string true_literal() const override { return "1"; }

 private:
  sqlite3* db_ = nullptr;
};

}  // namespace

std::unique_ptr<Engine> open_sqlite(const OpenOptions& options) { return std::make_unique<SqliteEngine>(options); }

}  // namespace bench
