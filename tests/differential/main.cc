// Differential test: the same generated statements on Orrery (through its C ABI) and on SQLite; the answers must agree.
//
// usage: differential [--statements N] [--seed S]
// Each seed is a schema with its data and statements; a wrong answer ends the seed, after a script that shows it.
// Ends with the counts and "N passed, M failed", in seeds.
#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "orrery/stoolap.h"
#include "tests/differential/generator.h"

namespace differential {
namespace {

constexpr uint64_t kWrongSeedsMax = 20;  ///< more say nothing new

struct Cell {
  enum class Kind { kNull, kNumber, kText } kind = Kind::kNull;
  double number = 0;
  std::string text;
};
using Row = std::vector<Cell>;
struct Answer {
  bool failed = false;
  std::string error;
  std::vector<Row> rows;
  int64_t affected = 0;
};

std::string key_of(const Row& row) {
  std::string key;
  for (const Cell& c : row) {
    char digits[40];
    switch (c.kind) {
      case Cell::Kind::kNull:
        key += "N|";
        break;
      case Cell::Kind::kNumber:
        std::snprintf(digits, sizeof(digits), "%.7g|", c.number == 0 ? 0.0 : c.number);
        key += digits;
        break;
      case Cell::Kind::kText:
        key += "'" + c.text + "|";
        break;
    }
  }
  return key;
}

bool same_cell(const Cell& a, const Cell& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == Cell::Kind::kText) return a.text == b.text;
  if (a.kind == Cell::Kind::kNull) return true;
  return std::fabs(a.number - b.number) <= 1e-9 * std::fmax(1.0, std::fmax(std::fabs(a.number), std::fabs(b.number)));
}

bool same_rows(std::vector<Row>& a, std::vector<Row>& b, bool ordered) {
  if (a.size() != b.size()) return false;
  if (!ordered) {
    auto by_key = [](const Row& x, const Row& y) { return key_of(x) < key_of(y); };
    std::sort(a.begin(), a.end(), by_key);
    std::sort(b.begin(), b.end(), by_key);
  }
  for (size_t r = 0; r < a.size(); ++r) {
    if (a[r].size() != b[r].size()) return false;
    for (size_t c = 0; c < a[r].size(); ++c) {
      if (!same_cell(a[r][c], b[r][c])) return false;
    }
  }
  return true;
}

class Sqlite {
 public:
  Sqlite() {
    sqlite3_open(":memory:", &db_);
    sqlite3_exec(db_, "PRAGMA case_sensitive_like=ON", nullptr, nullptr, nullptr);
  }
  ~Sqlite() { sqlite3_close(db_); }
  Answer run(const std::string& sql) {
    Answer out;
    sqlite3_stmt* statement = nullptr;
    int rc = sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr);
    if (rc == SQLITE_OK) {
      int columns = sqlite3_column_count(statement);
      while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        Row row(static_cast<size_t>(columns));
        for (int c = 0; c < columns; ++c) read(statement, c, &row[static_cast<size_t>(c)]);
        out.rows.push_back(std::move(row));
      }
    }
    if (rc != SQLITE_DONE) {
      out.failed = true;
      out.error = sqlite3_errmsg(db_);
    }
    out.affected = sqlite3_changes(db_);
    sqlite3_finalize(statement);
    return out;
  }

 private:
  static void read(sqlite3_stmt* statement, int c, Cell* out) {
    switch (sqlite3_column_type(statement, c)) {
      case SQLITE_NULL:
        break;
      case SQLITE_TEXT:
        out->kind = Cell::Kind::kText;
        out->text.assign(reinterpret_cast<const char*>(sqlite3_column_text(statement, c)),
                         static_cast<size_t>(sqlite3_column_bytes(statement, c)));
        break;
      default:
        out->kind = Cell::Kind::kNumber;
        out->number = sqlite3_column_double(statement, c);
    }
  }
  sqlite3* db_ = nullptr;
};

class Orrery {
 public:
  Orrery() {
    if (stoolap_open_in_memory(&db_) != STOOLAP_OK) {
      std::fprintf(stderr, "cannot open: %s\n", stoolap_errmsg(nullptr));
      std::exit(2);
    }
  }
  ~Orrery() { stoolap_close(db_); }
  Answer run(const Statement& statement) {
    Answer out;
    if (!statement.query) {
      if (stoolap_exec(db_, statement.sql.c_str(), &out.affected) != STOOLAP_OK) fail(stoolap_errmsg(db_), &out);
      return out;
    }
    StoolapRows* rows = nullptr;
    if (stoolap_query(db_, statement.sql.c_str(), &rows) != STOOLAP_OK) {
      fail(stoolap_errmsg(db_), &out);
      return out;
    }
    int32_t columns = stoolap_rows_column_count(rows), rc;
    while ((rc = stoolap_rows_next(rows)) == STOOLAP_ROW) {
      Row row(static_cast<size_t>(columns));
      for (int32_t c = 0; c < columns; ++c) read(rows, c, &row[static_cast<size_t>(c)]);
      out.rows.push_back(std::move(row));
    }
    if (rc != STOOLAP_DONE) fail(stoolap_rows_errmsg(rows), &out);
    stoolap_rows_close(rows);
    return out;
  }

 private:
  static void fail(const char* message, Answer* out) {
    out->failed = true;
    out->error = message;
  }
  static void read(StoolapRows* rows, int32_t c, Cell* out) {
    switch (stoolap_rows_column_type(rows, c)) {
      case STOOLAP_TYPE_NULL:
        break;
      case STOOLAP_TYPE_TEXT: {
        int64_t n = 0;
        const char* s = stoolap_rows_column_text(rows, c, &n);
        out->kind = Cell::Kind::kText;
        out->text.assign(s, static_cast<size_t>(n));
        break;
      }
      default:
        out->kind = Cell::Kind::kNumber;
        out->number = stoolap_rows_column_double(rows, c);
        if (stoolap_rows_column_type(rows, c) == STOOLAP_TYPE_BOOLEAN) out->number = stoolap_rows_column_bool(rows, c);
    }
  }
  StoolapDB* db_ = nullptr;
};

struct Counts {
  uint64_t statements = 0, rows = 0, both_failed = 0, overflow = 0, not_supported = 0;
};

void print_rows(const char* who, const Answer& a) {
  if (a.failed) {
    std::printf("-- %s: error: %s\n", who, a.error.c_str());
    return;
  }
  std::printf("-- %s: %zu rows, %lld affected\n", who, a.rows.size(), static_cast<long long>(a.affected));
  for (size_t r = 0; r < std::min<size_t>(a.rows.size(), 40); ++r) std::printf("--   %s\n", key_of(a.rows[r]).c_str());
}

/// True where the answers agree.
bool check(const Statement& statement, Orrery& orrery, Sqlite& sqlite, Counts* counts, const std::vector<std::string>& script) {
  Answer ours = orrery.run(statement), theirs = sqlite.run(statement.sql);
  ++counts->statements;
  if (ours.failed && ours.error.find("not supported yet") != std::string::npos) {
    ++counts->not_supported;
    return true;
  }
  if (ours.failed && statement.query && ours.error.find("overflow") != std::string::npos) {
    ++counts->overflow;
    return true;
  }
  bool good = ours.failed == theirs.failed;
  if (good && ours.failed) ++counts->both_failed;
  if (good && !ours.failed) {
    counts->rows += theirs.rows.size();
    good = statement.query ? same_rows(ours.rows, theirs.rows, statement.ordered) : ours.affected == theirs.affected;
  }
  if (good) return true;
  for (const auto& line : script) std::printf("%s;\n", line.c_str());
  std::printf("%s;\n", statement.sql.c_str());
  print_rows("orrery", ours);
  print_rows("sqlite", theirs);
  return false;
}

bool run_schema(uint64_t seed, uint64_t statements, Counts* counts) {
  Generator generator(seed);
  Orrery orrery;
  Sqlite sqlite;
  std::vector<std::string> script;
  auto apply = [&](const Statement& s) {
    if (!check(s, orrery, sqlite, counts, script)) return false;
    if (!s.query) script.push_back(s.sql);
    return true;
  };
  for (const auto& sql : generator.schema()) {
    // SQLite counts DDL as no change but keeps the last count; only the data is compared here.
    if (sql.compare(0, 6, "INSERT") == 0) {
      if (!apply({sql, false, false})) return false;
      continue;
    }
    Answer ours = orrery.run({sql, false, false}), theirs = sqlite.run(sql);
    script.push_back(sql);
    if (ours.failed != theirs.failed) {
      std::printf("%s;\n-- orrery: %s\n-- sqlite: %s\n", sql.c_str(), ours.error.c_str(), theirs.error.c_str());
      return false;
    }
  }
  for (uint64_t i = 0; i < statements; ++i) {
    if (!apply(generator.next())) return false;
    if (i % 40 == 39) {
      for (const Table& t : generator.tables()) {
        if (!apply({"SELECT * FROM " + t.name, true, false})) return false;
      }
    }
  }
  return true;
}

}  // namespace
}  // namespace differential

int main(int argc, char** argv) {
  using namespace differential;
  const char* full = std::getenv("ORRERY_FULL");
  uint64_t statements = full != nullptr && *full != 0 ? 1000000 : 20000, seed = 1;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--statements") == 0 && i + 1 < argc) {
      statements = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: differential [--statements N] [--seed S]\n");
      return 2;
    }
  }
  Counts counts;
  uint64_t passed = 0, failed = 0;
  for (; counts.statements < statements && failed < kWrongSeedsMax; ++seed) {
    if (run_schema(seed, 200, &counts)) {
      ++passed;
      continue;
    }
    ++failed;
    std::printf("-- wrong answer with --seed %llu\n\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
  }
  std::printf("%llu statements, %llu rows compared; both refused %llu, integer overflow %llu, not supported yet %llu\n",
              static_cast<unsigned long long>(counts.statements), static_cast<unsigned long long>(counts.rows),
              static_cast<unsigned long long>(counts.both_failed), static_cast<unsigned long long>(counts.overflow),
              static_cast<unsigned long long>(counts.not_supported));
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(passed), static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}
