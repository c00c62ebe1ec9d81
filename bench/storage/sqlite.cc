#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bench/storage/tables.h"

namespace bench {
namespace {

class Sqlite final : public StorageEngine {
 public:
  Sqlite() { check(sqlite3_open(":memory:", &db_), "open"); }
  ~Sqlite() override {
    finalize_all();
    sqlite3_close(db_);
  }

  uint64_t insert_narrow(uint64_t rows) override {
    narrow_rows_ = rows;
    exec("DROP TABLE IF EXISTS narrow");
    exec("CREATE TABLE narrow (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL)");
    sqlite3_stmt* s = prepare("INSERT INTO narrow VALUES (?, ?, ?)");
    exec("BEGIN");
    insert_rows(s, rows);
    exec("COMMIT");
    return rows;
  }
  uint64_t insert_each(uint64_t rows) override {
    exec("DROP TABLE IF EXISTS each_row");
    exec("CREATE TABLE each_row (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL)");
    insert_rows(prepare("INSERT INTO each_row VALUES (?, ?, ?)"), rows);
    finalize_all();
    return rows;
  }
  uint64_t insert_generated(uint64_t rows) override {
    exec("DROP TABLE IF EXISTS generated");
    exec("CREATE TABLE generated (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL)");
    sqlite3_stmt* s = prepare("INSERT INTO generated (a, b) VALUES (?, ?)");
    exec("BEGIN");
    uint64_t sum = 0;
    for (uint64_t i = 1; i <= rows; ++i) {
      sqlite3_bind_int64(s, 1, narrow_a(i));
      sqlite3_bind_int64(s, 2, narrow_b(i));
      step_once(s);
      sum += i * static_cast<uint64_t>(sqlite3_last_insert_rowid(db_));
    }
    exec("COMMIT");
    return sum;
  }
  uint64_t insert_people(uint64_t rows) override {
    people_rows_ = rows;
    exec("DROP TABLE IF EXISTS people");
    exec(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, age INTEGER NOT "
        "NULL, email TEXT NOT NULL)");
    exec("CREATE INDEX people_age ON people (age)");
    sqlite3_stmt* s = prepare("INSERT INTO people VALUES (?, ?, ?, ?)");
    exec("BEGIN");
    char name[64], email[64];
    for (uint64_t id = 1; id <= rows; ++id) {
      sqlite3_bind_int64(s, 1, static_cast<int64_t>(id));
      sqlite3_bind_text(s, 2, name, static_cast<int>(person_name(id, name)), SQLITE_STATIC);
      sqlite3_bind_int64(s, 3, person_age(id));
      sqlite3_bind_text(s, 4, email, static_cast<int>(person_email(id, email)), SQLITE_STATIC);
      step_once(s);
    }
    exec("COMMIT");
    return rows;
  }
  uint64_t read_narrow(uint64_t count) override {
    sqlite3_stmt* s = cached(&read_narrow_, "SELECT id, a, b FROM narrow WHERE id = ?");
    Draw draw;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; ++i) {
      sqlite3_bind_int64(s, 1, static_cast<int64_t>(1 + draw.below(narrow_rows_)));
      sum += sum_rows(s);
    }
    return sum;
  }
  uint64_t read_people(uint64_t count) override {
    sqlite3_stmt* s = cached(&read_people_, "SELECT id, name, age, email FROM people WHERE id = ?");
    Draw draw;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; ++i) {
      sqlite3_bind_int64(s, 1, static_cast<int64_t>(1 + draw.below(people_rows_)));
      sum += sum_people(s);
    }
    return sum;
  }
  uint64_t read_by_name(uint64_t count) override {
    sqlite3_stmt* s =
        cached(&read_by_name_, "SELECT id, name, age, email FROM people WHERE name = ?");
    Draw draw;
    uint64_t sum = 0;
    char name[64];
    for (uint64_t i = 0; i < count; ++i) {
      uint32_t n = person_name(1 + draw.below(people_rows_), name);
      sqlite3_bind_text(s, 1, name, static_cast<int>(n), SQLITE_STATIC);
      sum += sum_people(s);
    }
    return sum;
  }
  uint64_t range_narrow(uint64_t count) override {
    sqlite3_stmt* s =
        cached(&range_narrow_, "SELECT id, a, b FROM narrow WHERE id >= ? AND id < ?");
    Draw draw;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; ++i) {
      int64_t from = static_cast<int64_t>(1 + draw.below(narrow_rows_ - 100));
      sqlite3_bind_int64(s, 1, from);
      sqlite3_bind_int64(s, 2, from + 100);
      sum += sum_rows(s);
    }
    return sum;
  }
  uint64_t range_people(uint64_t count) override {
    sqlite3_stmt* s = cached(&range_people_,
                             "SELECT id, name, age, email FROM people WHERE age >= ? AND age <= ?");
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; ++i) {
      int64_t from = static_cast<int64_t>(18 + i % 60);
      sqlite3_bind_int64(s, 1, from);
      sqlite3_bind_int64(s, 2, from + 1);
      sum += sum_people(s);
    }
    return sum;
  }
  uint64_t scan_narrow() override {
    return sum_rows(cached(&scan_narrow_, "SELECT id, a, b FROM narrow"));
  }
  uint64_t scan_people() override {
    return sum_people(cached(&scan_people_, "SELECT id, name, age, email FROM people"));
  }
  uint64_t update_narrow(uint64_t count) override {
    sqlite3_stmt* s = cached(&update_narrow_, "UPDATE narrow SET a = ?, b = ? WHERE id = ?");
    Draw draw;
    exec("BEGIN");
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t id = 1 + draw.below(narrow_rows_);
      sqlite3_bind_int64(s, 1, narrow_a(id) + 1);
      sqlite3_bind_int64(s, 2, narrow_b(id));
      sqlite3_bind_int64(s, 3, static_cast<int64_t>(id));
      step_once(s);
    }
    exec("COMMIT");
    return count;
  }
  uint64_t delete_narrow(uint64_t count) override {
    sqlite3_stmt* s = cached(&delete_narrow_, "DELETE FROM narrow WHERE id = ?");
    Draw draw;
    uint64_t deleted = 0;
    exec("BEGIN");
    for (uint64_t i = 0; i < count; ++i) {
      sqlite3_bind_int64(s, 1, static_cast<int64_t>(1 + draw.below(narrow_rows_)));
      step_once(s);
      deleted += static_cast<uint64_t>(sqlite3_changes(db_));
    }
    exec("ROLLBACK");
    return deleted;
  }
  uint64_t delete_equal(uint64_t count) override {
    sqlite3_stmt* s = cached(&delete_equal_, "DELETE FROM narrow WHERE id = ? AND a = ? AND b = ?");
    Draw draw;
    uint64_t deleted = 0;
    exec("BEGIN");
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t id = 1 + draw.below(narrow_rows_);
      sqlite3_bind_int64(s, 1, static_cast<int64_t>(id));
      sqlite3_bind_int64(s, 2, narrow_a(id) + static_cast<int64_t>(i % 2));
      sqlite3_bind_int64(s, 3, narrow_b(id));
      step_once(s);
      deleted += static_cast<uint64_t>(sqlite3_changes(db_));
    }
    exec("ROLLBACK");
    return deleted;
  }

 private:
  void check(int code, const char* what) {
    if (code == SQLITE_OK || code == SQLITE_DONE) return;
    std::fprintf(stderr, "sqlite: %s: %s\n", what, sqlite3_errmsg(db_));
    std::exit(1);
  }
  void exec(const char* sql) {
    // A statement that is still open would keep its table from being dropped.
    if (sql[0] == 'D') finalize_all();
    check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), sql);
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* s = nullptr;
    check(sqlite3_prepare_v2(db_, sql, -1, &s, nullptr), sql);
    open_.push_back(s);
    return s;
  }
  sqlite3_stmt* cached(sqlite3_stmt** place, const char* sql) {
    if (*place == nullptr) *place = prepare(sql);
    return *place;
  }
  void finalize_all() {
    for (sqlite3_stmt* s : open_) sqlite3_finalize(s);
    open_.clear();
    for (sqlite3_stmt** s :
         {&read_narrow_, &read_people_, &read_by_name_, &range_narrow_, &range_people_,
          &scan_narrow_, &scan_people_, &update_narrow_, &delete_narrow_, &delete_equal_}) {
      *s = nullptr;
    }
  }
  void step_once(sqlite3_stmt* s) {
    check(sqlite3_step(s), "step");
    sqlite3_reset(s);
  }
  void insert_rows(sqlite3_stmt* s, uint64_t rows) {
    for (uint64_t id = 1; id <= rows; ++id) {
      sqlite3_bind_int64(s, 1, static_cast<int64_t>(id));
      sqlite3_bind_int64(s, 2, narrow_a(id));
      sqlite3_bind_int64(s, 3, narrow_b(id));
      step_once(s);
    }
  }
  uint64_t sum_rows(sqlite3_stmt* s) {
    uint64_t sum = 0;
    while (sqlite3_step(s) == SQLITE_ROW) {
      sum += static_cast<uint64_t>(sqlite3_column_int64(s, 0)) +
             static_cast<uint64_t>(sqlite3_column_int64(s, 1)) +
             static_cast<uint64_t>(sqlite3_column_int64(s, 2));
    }
    sqlite3_reset(s);
    return sum;
  }
  uint64_t sum_people(sqlite3_stmt* s) {
    uint64_t sum = 0;
    while (sqlite3_step(s) == SQLITE_ROW) {
      const unsigned char* name = sqlite3_column_text(s, 1);
      const unsigned char* email = sqlite3_column_text(s, 3);
      sum += static_cast<uint64_t>(sqlite3_column_int64(s, 0)) +
             static_cast<uint64_t>(sqlite3_column_int64(s, 2)) +
             static_cast<uint64_t>(sqlite3_column_bytes(s, 1) + sqlite3_column_bytes(s, 3)) +
             name[0] + email[0];
    }
    sqlite3_reset(s);
    return sum;
  }

  sqlite3* db_ = nullptr;
  std::vector<sqlite3_stmt*> open_;
  sqlite3_stmt *read_narrow_ = nullptr, *read_people_ = nullptr, *read_by_name_ = nullptr,
               *range_narrow_ = nullptr, *range_people_ = nullptr, *scan_narrow_ = nullptr,
               *scan_people_ = nullptr, *update_narrow_ = nullptr, *delete_narrow_ = nullptr,
               *delete_equal_ = nullptr;
};

}  // namespace

std::unique_ptr<StorageEngine> make_sqlite() {
  return std::make_unique<Sqlite>();
}

}  // namespace bench
