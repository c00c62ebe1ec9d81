// Generates schemas, data and statements of the SQL that Orrery and SQLite both understand and mean alike.
//
// What is left out, because the two differ by design: mixed-type comparison, text of floats, integer overflow, NULL order
// without NULLS FIRST, set operations of different kinds in one chain, LIMIT without a total order.
// Deterministic by seed. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace differential {

enum class Type : uint8_t { kInteger, kFloat, kText };

struct Column {
  std::string name;
  Type type;
  bool nullable;
};
struct Table {
  std::string name;
  std::vector<Column> columns;  ///< the first is the INTEGER PRIMARY KEY id
};

struct Statement {
  std::string sql;
  bool query = false;    ///< rows are compared
  bool ordered = false;  ///< in this order
};

class Generator {
 public:
  explicit Generator(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 0x632be59bd9b4e019ULL) {}

  /// CREATE TABLE, CREATE INDEX and INSERT statements; replaces the schema.
  std::vector<std::string> schema();
  const std::vector<Table>& tables() const { return tables_; }
  /// The next statement over the schema.
  Statement next();

 private:
  struct Scope {
    std::string expr;  ///< qualified column
    Type type;
  };
  using Scopes = std::vector<Scope>;

  uint64_t random();
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random() % n); }
  bool chance(uint32_t percent) { return below(100) < percent; }
  const Table& table() { return tables_[below(static_cast<uint32_t>(tables_.size()))]; }

  std::string literal(Type type);
  std::string insert_values(const Table& table, bool keys_may_collide);
  std::string value(Type type, const Scopes& scopes, int depth);
  std::string number(Type type, const Scopes& scopes, int depth);
  std::string text(const Scopes& scopes, int depth);
  std::string predicate(const Scopes& scopes, int depth);
  std::string comparison(const Scopes& scopes, int depth);
  std::string subquery_predicate(const Scopes& scopes, int depth);
  std::string aggregate(const Scopes& scopes, Type* type);
  std::string column_of(Type type, const Scopes& scopes);

  std::string from(Scopes* scopes, int depth);
  std::string join_source(Scopes* scopes, int number);
  Statement select_rows();
  Statement select_groups();
  Statement select_window();
  Statement select_set_operation();
  Statement select_cte();
  Statement select_top();
  std::string simple_select(const std::vector<Type>& types);
  Statement modify();

  uint64_t state_;
  int64_t next_key_ = 1;
  std::vector<Table> tables_;
};

}  // namespace differential
