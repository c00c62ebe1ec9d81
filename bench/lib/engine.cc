#include "bench/lib/engine.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "bench/lib/adapters.h"

namespace bench {

void fail(const std::string& message) {
  std::fprintf(stderr, "bench: %s\n", message.c_str());
  std::exit(1);
}

namespace {

class InsertLoader final : public BulkLoader {
 public:
  InsertLoader(Engine& engine, const std::string& table, int columns) : engine_(engine) {
    std::string sql = "INSERT INTO " + table + " VALUES (?";
    for (int i = 1; i < columns; ++i) sql += ", ?";
    insert_ = engine.prepare(sql + ")");
  }
  void add(const std::vector<Cell>& row) override {
    if (pending_ == 0) engine_.begin();
    insert_->run(row);
    if (++pending_ == kRowsPerTransaction) finish();
  }
  void finish() override {
    if (pending_ > 0) engine_.commit();
    pending_ = 0;
  }

 private:
  static constexpr uint64_t kRowsPerTransaction = 100000;
  Engine& engine_;
  std::unique_ptr<Statement> insert_;
  uint64_t pending_ = 0;
};

}  // namespace

std::unique_ptr<BulkLoader> Engine::bulk_loader(const std::string& table, int columns) {
  return std::make_unique<InsertLoader>(*this, table, columns);
}

Cell boolean(bool v) { return {Cell::Kind::kInteger, v ? 1 : 0, 0, {}}; }

void Digest::add(size_t column, const Cell& cell) {
  if (sums.size() <= column) {
    sums.resize(column + 1);
    hashes.resize(column + 1);
  }
  switch (cell.kind) {
    case Cell::Kind::kNull:
      hashes[column] += 0x9e3779b97f4a7c15ULL;
      break;
    case Cell::Kind::kInteger:
      sums[column] += static_cast<double>(cell.integer);
      break;
    case Cell::Kind::kReal:
      sums[column] += cell.real;
      break;
    case Cell::Kind::kText: {
      uint64_t h = 1469598103934665603ULL;
      for (unsigned char c : cell.text) h = (h ^ c) * 1099511628211ULL;
      hashes[column] += h;
      break;
    }
  }
}

uint64_t Digest::checksum() const {
  uint64_t h = rows;
  for (size_t i = 0; i < sums.size(); ++i) {
    char digits[32];
    std::snprintf(digits, sizeof(digits), "%.6e", sums[i]);
    for (const char* p = digits; *p != 0; ++p) h = (h ^ static_cast<unsigned char>(*p)) * 1099511628211ULL;
    h = (h ^ hashes[i]) * 1099511628211ULL;
  }
  return h;
}

bool same(const Digest& a, const Digest& b) {
  if (a.rows != b.rows || a.hashes != b.hashes || a.sums.size() != b.sums.size()) return false;
  for (size_t i = 0; i < a.sums.size(); ++i) {
    double scale = std::fmax(std::fabs(a.sums[i]), std::fabs(b.sums[i]));
    if (std::fabs(a.sums[i] - b.sums[i]) > 1e-9 * std::fmax(scale, 1.0)) return false;
  }
  return true;
}

std::unique_ptr<Engine> open_engine(std::string_view name, const OpenOptions& options) {
  auto library = [&](const char* variable) -> const char* {
    const char* path = std::getenv(variable);
    if (path == nullptr) std::fprintf(stderr, "bench: %s is not set: no %s\n", variable, std::string(name).c_str());
    return path;
  };
  if (name == "sqlite") return open_sqlite(options);
  const char* path = nullptr;
  if (name == "orrery" && (path = library("ORRERY_LIB")) != nullptr) return open_stoolap_abi("orrery", path, options);
  if (name == "stoolap" && (path = library("STOOLAP_LIB")) != nullptr) return open_stoolap_abi("stoolap", path, options);
  if (name == "duckdb" && (path = library("DUCKDB_LIB")) != nullptr) return open_duckdb(path, options);
  return nullptr;
}

}  // namespace bench
