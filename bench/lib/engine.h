// One adapter per database engine, so that a benchmark runs the same statements on each through its C API.
//
// Parameters are written ?; values are bound by position. An error ends the program with a message: a benchmark with a
// failing statement measures nothing. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct Cell {
  enum class Kind : uint8_t { kNull, kInteger, kReal, kText } kind = Kind::kNull;
  int64_t integer = 0;
  double real = 0;
  std::string_view text;
};
inline Cell integer(int64_t v) { return {Cell::Kind::kInteger, v, 0, {}}; }
inline Cell real(double v) { return {Cell::Kind::kReal, 0, v, {}}; }
inline Cell text(std::string_view v) { return {Cell::Kind::kText, 0, 0, v}; }
Cell boolean(bool v);  // every engine takes it as its own boolean where it has one

/// What a result contains, regardless of row order: rows, and per column the sum of numbers and of text hashes.
struct Digest {
  uint64_t rows = 0;
  std::vector<double> sums;
  std::vector<uint64_t> hashes;

  void add(size_t column, const Cell& cell);
  /// One number for the report: rows and text exactly, numbers rounded to 6 significant digits.
  uint64_t checksum() const;
};
/// Equal rows and text; sums within 1e-9 relative.
bool same(const Digest& a, const Digest& b);

class Statement {
 public:
  virtual ~Statement() = default;
  /// Binds, runs, steps over every row without reading columns; returns the rows.
  virtual uint64_t run(const std::vector<Cell>& parameters) = 0;
  /// The same, reading every cell.
  virtual Digest digest(const std::vector<Cell>& parameters) = 0;
};

/// Loads rows of one table in the engine's quickest way.
class BulkLoader {
 public:
  virtual ~BulkLoader() = default;
  virtual void add(const std::vector<Cell>& row) = 0;
  virtual void finish() = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;
  virtual void exec(const std::string& sql) = 0;
  virtual std::unique_ptr<Statement> prepare(const std::string& sql) = 0;
  /// A prepared statement to be run between begin() and commit().
  virtual void begin() = 0;
  virtual void commit() = 0;
  /// By default prepared inserts, 100,000 rows to a transaction.
  virtual std::unique_ptr<BulkLoader> bulk_loader(const std::string& table, int columns);
  /// Words that differ: the type of a boolean column, of a real one, and the literal of TRUE.
  virtual std::string boolean_type() const { return "BOOLEAN"; }
  virtual std::string real_type() const { return "FLOAT"; }
  virtual std::string true_literal() const { return "TRUE"; }
};

/// `path` empty = in memory; `sync`: "none", "normal" or "full" for file databases.
struct OpenOptions {
  std::string path;
  std::string sync = "normal";
};
/// By name: orrery, stoolap, sqlite, duckdb. The libraries of the peers are found through ORRERY_LIB, STOOLAP_LIB and
/// DUCKDB_LIB. nullptr where the engine's library is not there (a line on standard error says so).
std::unique_ptr<Engine> open_engine(std::string_view name, const OpenOptions& options);

[[noreturn]] void fail(const std::string& message);

}  // namespace bench
