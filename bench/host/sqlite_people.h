// The writes and reads of the module synthetic, by prepared statements of SQLite, in memory or in a
// file with a write-ahead log.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

namespace bench {

class SqlitePeople {
 public:
  enum class Key : uint8_t { kNone, kUnique };
  /// `path` empty: in memory.
  explicit SqlitePeople(Key key, const std::string& path = {});
  ~SqlitePeople();
  SqlitePeople(const SqlitePeople&) = delete;
  SqlitePeople& operator=(const SqlitePeople&) = delete;

  void insert_bulk(uint32_t count);  ///< one transaction
  void update_bulk(uint32_t count);
  uint64_t iterate();
  uint64_t filter_by_id(uint32_t from, uint32_t count);
  uint64_t filter_by_name(const std::string& name);
  void delete_by_id(uint32_t from, uint32_t count);
  void clear();

 private:
  void exec(const char* sql);
  sqlite3_stmt* prepare(const char* sql);
  void step(sqlite3_stmt* statement);
  uint64_t sum_of(sqlite3_stmt* statement);

  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* update_ = nullptr;
  sqlite3_stmt* all_ = nullptr;
  sqlite3_stmt* by_id_ = nullptr;
  sqlite3_stmt* by_name_ = nullptr;
  sqlite3_stmt* delete_ = nullptr;
};

/// The rows of the module synthetic.
inline std::string person_name_of(uint32_t id) { return "name" + std::to_string(id); }
inline uint64_t person_age_of(uint32_t id) { return id * 7 % 100; }

}  // namespace bench
