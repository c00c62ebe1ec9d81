#include "tests/differential/generator.h"

namespace differential {

uint64_t Generator::random() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return state_ * 0x2545f4914f6cdd1dULL >> 11;
}

std::string Generator::literal(Type type) {
  static const char* const kWords[] = {"''",      "'a'",     "'b'",        "'ab'",     "'abc'",  "'B'",
                                       "'a_b'",   "'x%y'",   "'apple'",    "'banana'", "'zebra'", "'Apple'",
                                       "'a longer text than twelve'", "'a longer text than twelve!'"};
  switch (type) {
    case Type::kInteger:
      return std::to_string(static_cast<int>(below(41)) - 12);
    case Type::kFloat:
      return std::to_string(static_cast<int>(below(60)) - 20) + (chance(50) ? ".5" : ".25");
    case Type::kText:
      return kWords[below(sizeof(kWords) / sizeof(kWords[0]))];
  }
  return "NULL";
}

std::vector<std::string> Generator::schema() {
  std::vector<std::string> out;
  tables_.clear();
  uint32_t count = 2 + below(2);
  for (uint32_t t = 0; t < count; ++t) {
    Table table;
    table.name = "t" + std::to_string(t);
    table.columns.push_back({"id", Type::kInteger, false});
    uint32_t columns = 2 + below(5);
    for (uint32_t c = 0; c < columns; ++c) {
      table.columns.push_back({std::string(1, static_cast<char>('a' + c)), static_cast<Type>(below(3)), !chance(25)});
    }
    std::string sql = "CREATE TABLE " + table.name + " (id INTEGER PRIMARY KEY";
    for (size_t c = 1; c < table.columns.size(); ++c) {
      static const char* const kNames[] = {"INTEGER", "REAL", "TEXT"};
      const Column& column = table.columns[c];
      sql += ", " + column.name + " " + kNames[static_cast<int>(column.type)] + (column.nullable ? "" : " NOT NULL");
    }
    out.push_back(sql + ")");
    for (size_t c = 1; c < table.columns.size(); ++c) {
      if (chance(35)) {
        out.push_back("CREATE INDEX ix_" + table.name + "_" + table.columns[c].name + " ON " + table.name + " (" +
                      table.columns[c].name + ")");
      }
    }
    if (table.columns.size() > 2 && chance(30)) {
      out.push_back("CREATE INDEX ix_" + table.name + "_two ON " + table.name + " (" + table.columns[1].name + ", " +
                    table.columns[2].name + ")");
    }
    tables_.push_back(table);
    uint32_t batches = below(8);
    for (uint32_t i = 0; i < batches; ++i) out.push_back(insert_values(tables_.back(), false));
  }
  return out;
}

std::string Generator::insert_values(const Table& table, bool keys_may_collide) {
  std::string sql = "INSERT INTO " + table.name + " VALUES ";
  uint32_t rows = 1 + below(12);
  for (uint32_t r = 0; r < rows; ++r) {
    int64_t key = keys_may_collide && chance(15) ? 1 + static_cast<int64_t>(below(60)) : next_key_++;
    sql += (r == 0 ? "(" : ", (") + std::to_string(key);
    for (size_t c = 1; c < table.columns.size(); ++c) {
      const Column& column = table.columns[c];
      bool null = chance(15) && (column.nullable || (keys_may_collide && chance(4)));
      sql += ", " + (null ? "NULL" : literal(column.type));
    }
    sql += ")";
  }
  return sql;
}

std::string Generator::column_of(Type type, const Scopes& scopes) {
  if (scopes.empty()) return literal(type);
  uint32_t start = below(static_cast<uint32_t>(scopes.size()));
  for (size_t i = 0; i < scopes.size(); ++i) {
    const Scope& s = scopes[(start + i) % scopes.size()];
    if (s.type == type) return s.expr;
  }
  return literal(type);
}

std::string Generator::number(Type type, const Scopes& scopes, int depth) {
  if (depth <= 0) return chance(65) ? column_of(type, scopes) : literal(type);
  auto sub = [&] { return number(type, scopes, depth - 1); };
  switch (below(11)) {
    case 0:
      return "(" + sub() + " + " + sub() + ")";
    case 1:
      return "(" + sub() + " - " + sub() + ")";
    case 2:
      return "(" + sub() + " * " + literal(type) + ")";
    case 3:
      return type == Type::kInteger ? "(" + sub() + " / " + sub() + ")" : "(- " + sub() + ")";
    case 4:
      return type == Type::kInteger ? "(" + sub() + " % " + sub() + ")" : "(" + sub() + " + 1.5)";
    case 5:
      return "ABS(" + sub() + ")";
    case 6:
      return "COALESCE(" + sub() + ", " + literal(type) + ")";
    case 7:
      return "CASE WHEN " + predicate(scopes, depth - 1) + " THEN " + sub() + " ELSE " + sub() + " END";
    case 8:
      return "NULLIF(" + sub() + ", " + literal(type) + ")";
    case 9:
      return type == Type::kInteger ? "LENGTH(" + text(scopes, depth - 1) + ")" : "CAST(" + number(Type::kInteger, scopes, depth - 1) + " AS REAL)";
    default:
      return column_of(type, scopes);
  }
}

std::string Generator::text(const Scopes& scopes, int depth) {
  if (depth <= 0) return chance(65) ? column_of(Type::kText, scopes) : literal(Type::kText);
  auto sub = [&] { return text(scopes, depth - 1); };
  switch (below(9)) {
    case 0:
      return "(" + sub() + " || " + sub() + ")";
    case 1:
      return "UPPER(" + sub() + ")";
    case 2:
      return "LOWER(" + sub() + ")";
    case 3:
      return "SUBSTR(" + sub() + ", " + std::to_string(1 + below(4)) + ", " + std::to_string(below(5)) + ")";
    case 4:
      return "REPLACE(" + sub() + ", 'a', 'xy')";
    case 5:
      return "TRIM(" + sub() + ")";
    case 6:
      return "COALESCE(" + sub() + ", 'none')";
    case 7:
      return "CASE WHEN " + predicate(scopes, depth - 1) + " THEN " + sub() + " END";
    default:
      return column_of(Type::kText, scopes);
  }
}

std::string Generator::value(Type type, const Scopes& scopes, int depth) {
  return type == Type::kText ? text(scopes, depth) : number(type, scopes, depth);
}

std::string Generator::comparison(const Scopes& scopes, int depth) {
  static const char* const kOps[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
  Type type = static_cast<Type>(below(3));
  std::string left = chance(60) ? column_of(type, scopes) : value(type, scopes, depth - 1);
  switch (below(9)) {
    case 0:
      return left + (chance(50) ? " IS NULL" : " IS NOT NULL");
    case 1:
      return left + (chance(30) ? " NOT" : "") + " BETWEEN " + literal(type) + " AND " + literal(type);
    case 2: {
      std::string list = literal(type);
      for (uint32_t i = below(5); i > 0; --i) list += ", " + (chance(6) ? "NULL" : literal(type));
      return left + (chance(30) ? " NOT IN (" : " IN (") + list + ")";
    }
    case 3: {
      static const char* const kPatterns[] = {"'a%'", "'%a'", "'%a%'", "'a_b'", "'%'", "'_'", "'a%b%'", "'B%'", "'apple'"};
      return (type == Type::kText ? left : column_of(Type::kText, scopes)) + (chance(25) ? " NOT LIKE " : " LIKE ") +
             kPatterns[below(9)];
    }
    case 4:
      return left + (chance(50) ? " IS DISTINCT FROM " : " IS NOT DISTINCT FROM ") + value(type, scopes, depth - 1);
    case 5:
      return left + kOps[below(6)] + value(type, scopes, depth - 1);
    default:
      return left + kOps[below(6)] + (chance(60) ? literal(type) : column_of(type, scopes));
  }
}

std::string Generator::subquery_predicate(const Scopes& scopes, int depth) {
  const Table& inner = table();
  Scopes own;
  for (const Column& c : inner.columns) own.push_back({"s." + c.name, c.type});
  Type type = static_cast<Type>(below(3));
  std::string where;
  if (chance(70)) {
    Scopes both = own;
    if (chance(60)) both.insert(both.end(), scopes.begin(), scopes.end());
    where = " WHERE " + (chance(50) && !scopes.empty()
                             ? column_of(type, own) + " = " + column_of(type, scopes) + (chance(40) ? " AND " + comparison(own, 1) : "")
                             : comparison(both, depth - 1));
  }
  std::string source = " FROM " + inner.name + " s" + where;
  switch (below(4)) {
    case 0:
      return std::string(chance(40) ? "NOT " : "") + "EXISTS (SELECT 1" + source + ")";
    case 1:
      return column_of(type, scopes) + (chance(40) ? " NOT IN " : " IN ") + "(SELECT " + column_of(type, own) + source + ")";
    case 2:
      return column_of(Type::kInteger, scopes) + " > (SELECT COUNT(*)" + source + ")";
    default:
      return column_of(Type::kInteger, scopes) + " <= (SELECT MAX(" + column_of(Type::kInteger, own) + ")" + source + ")";
  }
}

std::string Generator::predicate(const Scopes& scopes, int depth) {
  if (depth <= 0) return comparison(scopes, 1);
  switch (below(8)) {
    case 0:
    case 1:
      return "(" + predicate(scopes, depth - 1) + " AND " + predicate(scopes, depth - 1) + ")";
    case 2:
      return "(" + predicate(scopes, depth - 1) + " OR " + predicate(scopes, depth - 1) + ")";
    case 3:
      return "NOT (" + predicate(scopes, depth - 1) + ")";
    case 4:
      if (depth >= 2 && !scopes.empty()) return subquery_predicate(scopes, depth);
      [[fallthrough]];
    default:
      return comparison(scopes, depth);
  }
}

std::string Generator::aggregate(const Scopes& scopes, Type* type) {
  *type = chance(60) ? Type::kInteger : Type::kFloat;
  std::string arg = number(*type, scopes, 1);
  switch (below(8)) {
    case 0:
      *type = Type::kInteger;
      return "COUNT(*)";
    case 1:
      *type = Type::kInteger;
      return "COUNT(" + column_of(static_cast<Type>(below(3)), scopes) + ")";
    case 2: {
      Type counted = static_cast<Type>(below(3));
      *type = Type::kInteger;
      return "COUNT(DISTINCT " + column_of(counted, scopes) + ")";
    }
    case 3:
      return "SUM(" + arg + ")";
    case 4:
      *type = Type::kFloat;
      return "AVG(" + arg + ")";
    case 5:
      return "MIN(" + arg + ")";
    case 6:
      return "MAX(" + arg + ")";
    default:
      return "SUM(" + arg + ") FILTER (WHERE " + comparison(scopes, 1) + ")";
  }
}

std::string Generator::join_source(Scopes* scopes, int number_of) {
  const std::string alias = "j" + std::to_string(number_of);
  const Table& source = table();
  if (chance(15)) {
    Scopes own;
    for (const Column& c : source.columns) own.push_back({c.name, c.type});
    std::string sql = "(SELECT * FROM " + source.name + " WHERE " + predicate(own, 1) + ") " + alias;
    for (const Column& c : source.columns) scopes->push_back({alias + "." + c.name, c.type});
    return sql;
  }
  for (const Column& c : source.columns) scopes->push_back({alias + "." + c.name, c.type});
  return source.name + " " + alias;
}

std::string Generator::from(Scopes* scopes, int depth) {
  std::string sql = join_source(scopes, 0);
  uint32_t joins = below(static_cast<uint32_t>(depth) + 1);
  for (uint32_t i = 0; i < joins; ++i) {
    static const char* const kJoins[] = {" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ", " JOIN ", " LEFT JOIN "};
    Scopes right;
    std::string source = join_source(&right, static_cast<int>(i) + 1);
    Type type = chance(70) ? Type::kInteger : static_cast<Type>(below(3));
    // SQLite 3.40 takes a conjunct of ON that names no column for one of WHERE, which a RIGHT or FULL JOIN after it
    // shows: every conjunct here names one.
    std::string left_key = column_of(type, *scopes), right_key = column_of(type, right);
    if (left_key[0] != 'j' || right_key[0] != 'j') {
      left_key = column_of(Type::kInteger, *scopes);
      right_key = column_of(Type::kInteger, right);
    }
    std::string on = left_key + " = " + right_key;
    Scopes both = *scopes;
    both.insert(both.end(), right.begin(), right.end());
    if (chance(25)) {
      std::string extra = comparison(both, 1);
      if (extra[0] == 'j') on += " AND " + extra;
    }
    sql += kJoins[below(6)] + source + " ON " + on;
    *scopes = both;
  }
  return sql;
}

}  // namespace differential
