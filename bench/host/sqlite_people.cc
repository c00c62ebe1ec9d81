#include "bench/host/sqlite_people.h"

#include <cstdio>
#include <cstdlib>

namespace bench {

SqlitePeople::SqlitePeople(Key key, const std::string& path) {
  if (sqlite3_open(path.empty() ? ":memory:" : path.c_str(), &db_) != SQLITE_OK) std::exit(1);
  if (!path.empty()) exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
  exec(key == Key::kUnique
           ? "CREATE TABLE person (id INTEGER PRIMARY KEY, age INTEGER NOT NULL, name TEXT NOT NULL)"
           : "CREATE TABLE person (id INTEGER NOT NULL, age INTEGER NOT NULL, name TEXT NOT NULL)");
  insert_ = prepare("INSERT INTO person VALUES (?, ?, ?)");
  update_ = prepare("UPDATE person SET age = age + 1 WHERE id = ?");
  all_ = prepare("SELECT age + length(name) FROM person");
  by_id_ = prepare("SELECT age FROM person WHERE id = ?");
  by_name_ = prepare("SELECT age FROM person WHERE name = ?");
  delete_ = prepare("DELETE FROM person WHERE id = ?");
}

SqlitePeople::~SqlitePeople() {
  for (sqlite3_stmt* one : {insert_, update_, all_, by_id_, by_name_, delete_}) sqlite3_finalize(one);
  sqlite3_close(db_);
}

void SqlitePeople::exec(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return;
  std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db_));
  std::exit(1);
}

sqlite3_stmt* SqlitePeople::prepare(const char* sql) {
  sqlite3_stmt* out = nullptr;
  if (sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &out, nullptr) != SQLITE_OK) {
    exec(sql);  // tells why
  }
  return out;
}

void SqlitePeople::step(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  if (code != SQLITE_DONE && code != SQLITE_ROW) {
    std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db_));
    std::exit(1);
  }
  sqlite3_reset(statement);
}

uint64_t SqlitePeople::sum_of(sqlite3_stmt* statement) {
  uint64_t sum = 0;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    sum += static_cast<uint64_t>(sqlite3_column_int64(statement, 0));
  }
  sqlite3_reset(statement);
  return sum;
}

void SqlitePeople::insert_bulk(uint32_t count) {
  exec("BEGIN");
  for (uint32_t id = 0; id < count; ++id) {
    const std::string name = person_name_of(id);
    sqlite3_bind_int64(insert_, 1, id);
    sqlite3_bind_int64(insert_, 2, static_cast<int64_t>(person_age_of(id)));
    sqlite3_bind_text(insert_, 3, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
    step(insert_);
  }
  exec("COMMIT");
}

void SqlitePeople::update_bulk(uint32_t count) {
  exec("BEGIN");
  for (uint32_t id = 0; id < count; ++id) {
    sqlite3_bind_int64(update_, 1, id);
    step(update_);
  }
  exec("COMMIT");
}

uint64_t SqlitePeople::iterate() { return sum_of(all_); }

uint64_t SqlitePeople::filter_by_id(uint32_t from, uint32_t count) {
  uint64_t sum = 0;
  for (uint32_t id = from; id < from + count; ++id) {
    sqlite3_bind_int64(by_id_, 1, id);
    sum += sum_of(by_id_);
  }
  return sum;
}

uint64_t SqlitePeople::filter_by_name(const std::string& name) {
  sqlite3_bind_text(by_name_, 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
  return sum_of(by_name_);
}

void SqlitePeople::delete_by_id(uint32_t from, uint32_t count) {
  exec("BEGIN");
  for (uint32_t id = from; id < from + count; ++id) {
    sqlite3_bind_int64(delete_, 1, id);
    step(delete_);
  }
  exec("COMMIT");
}

void SqlitePeople::clear() { exec("DELETE FROM person"); }

}  // namespace bench
