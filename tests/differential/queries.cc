// The statement forms of the generator.
#include "tests/differential/generator.h"

namespace differential {

Statement Generator::next() {
  switch (below(20)) {
    case 0:
    case 1:
    case 2:
      return modify();
    case 3:
    case 4:
    case 5:
    case 6:
      return select_groups();
    case 7:
    case 8:
      return select_window();
    case 9:
    case 10:
      return select_set_operation();
    case 11:
    case 12:
      return select_cte();
    case 13:
    case 14:
      return select_top();
    default:
      return select_rows();
  }
}

Statement Generator::select_rows() {
  Scopes scopes;
  std::string source = from(&scopes, 2);
  std::string items;
  uint32_t count = 1 + below(4);
  for (uint32_t i = 0; i < count; ++i) {
    items += (i == 0 ? "" : ", ") + value(static_cast<Type>(below(3)), scopes, static_cast<int>(below(3)));
  }
  if (chance(10)) items += ", (SELECT COUNT(*) FROM " + table().name + " s WHERE s.id = " + column_of(Type::kInteger, scopes) + ")";
  std::string sql = std::string("SELECT ") + (chance(15) ? "DISTINCT " : "") + items + " FROM " + source;
  if (chance(80)) sql += " WHERE " + predicate(scopes, 2);
  return {sql, true, false};
}

Statement Generator::select_groups() {
  Scopes scopes;
  std::string source = from(&scopes, 1);
  std::string keys, items;
  uint32_t groups = below(3);
  for (uint32_t i = 0; i < groups; ++i) {
    std::string key = chance(75) ? column_of(static_cast<Type>(below(3)), scopes) : value(static_cast<Type>(below(3)), scopes, 1);
    // A constant key would read as an ordinal.
    if (key.find('.') == std::string::npos || key[0] < 'A') key = scopes[below(static_cast<uint32_t>(scopes.size()))].expr;
    keys += (i == 0 ? "" : ", ") + key;
    items += key + ", ";
  }
  Type type;
  items += aggregate(scopes, &type);
  for (uint32_t i = below(3); i > 0; --i) items += ", " + aggregate(scopes, &type);
  std::string sql = "SELECT " + items + " FROM " + source;
  if (chance(50)) sql += " WHERE " + predicate(scopes, 1);
  if (groups > 0) {
    sql += " GROUP BY " + keys;
    if (chance(30)) sql += " HAVING COUNT(*) > " + std::to_string(below(3));
  }
  return {sql, true, false};
}

Statement Generator::select_window() {
  const Table& source = table();
  Scopes scopes;
  for (const Column& c : source.columns) scopes.push_back({"w." + c.name, c.type});
  Type type = static_cast<Type>(below(2));
  std::string over = " OVER (";
  if (chance(60)) over += "PARTITION BY " + column_of(static_cast<Type>(below(3)), scopes) + " ";
  // The key makes the order total, so that every function has one answer.
  std::string order = "ORDER BY " + (chance(50) ? column_of(Type::kInteger, scopes) + (chance(50) ? " DESC" : "") + " NULLS FIRST, " : "") + "w.id";
  over += order;
  std::string call;
  switch (below(9)) {
    case 0:
      call = "ROW_NUMBER()";
      break;
    case 1:
      call = "RANK()";
      break;
    case 2:
      call = "DENSE_RANK()";
      break;
    case 3:
      call = "LAG(" + column_of(type, scopes) + ", " + std::to_string(1 + below(3)) + ")";
      break;
    case 4:
      call = "LEAD(" + column_of(type, scopes) + ")";
      break;
    case 5:
      call = "NTILE(" + std::to_string(1 + below(5)) + ")";
      break;
    default: {
      static const char* const kCalls[] = {"SUM(", "COUNT(", "MIN(", "MAX(", "AVG(", "FIRST_VALUE(", "LAST_VALUE("};
      call = kCalls[below(7)] + column_of(type, scopes) + ")";
      if (chance(60)) {
        static const char* const kFrames[] = {" ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING", " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
                                              " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", " ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING",
                                              " RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", " ROWS 1 PRECEDING"};
        over += kFrames[below(6)];
      }
    }
  }
  std::string sql = "SELECT w.id, " + call + over + ") FROM " + source.name + " w";
  if (chance(40)) sql += " WHERE " + predicate(scopes, 1);
  return {sql, true, false};
}

std::string Generator::simple_select(const std::vector<Type>& types) {
  const Table& source = table();
  Scopes scopes;
  for (const Column& c : source.columns) scopes.push_back({"u." + c.name, c.type});
  std::string items;
  for (size_t i = 0; i < types.size(); ++i) items += (i == 0 ? "" : ", ") + value(types[i], scopes, 1);
  std::string sql = "SELECT " + items + " FROM " + source.name + " u";
  if (chance(60)) sql += " WHERE " + predicate(scopes, 1);
  return sql;
}

Statement Generator::select_set_operation() {
  std::vector<Type> types;
  for (uint32_t i = 1 + below(2); i > 0; --i) types.push_back(static_cast<Type>(below(3)));
  static const char* const kOps[] = {" UNION ALL ", " UNION ", " INTERSECT ", " EXCEPT "};
  std::string op = kOps[below(4)];
  std::string sql = simple_select(types) + op + simple_select(types);
  if (chance(25) && op != " INTERSECT ") sql += op + simple_select(types);
  return {sql, true, false};
}

Statement Generator::select_cte() {
  if (chance(25)) {
    std::string last = std::to_string(3 + below(30)), step = std::to_string(1 + below(3));
    return {"WITH RECURSIVE r(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + " + step + ", s || 'b' FROM r WHERE n < " + last +
                ") SELECT r.n, r.s, (SELECT COUNT(*) FROM " + table().name + " x WHERE x.id < r.n) FROM r",
            true, false};
  }
  std::vector<Type> types = {Type::kInteger, static_cast<Type>(below(3))};
  std::string body = simple_select(types);
  Scopes scopes = {{"c.p", types[0]}, {"c.q", types[1]}};
  std::string sql = "WITH c(p, q) AS (" + body + ") ";
  if (chance(50)) {
    sql += "SELECT c.p, c.q, COUNT(*) FROM c WHERE " + predicate(scopes, 1) + " GROUP BY c.p, c.q";
  } else {
    Scopes both = scopes;
    both.push_back({"d.p", types[0]});
    both.push_back({"d.q", types[1]});
    sql += "SELECT c.p, d.q FROM c JOIN c d ON c.p = d.p WHERE " + comparison(both, 1);
  }
  return {sql, true, false};
}

Statement Generator::select_top() {
  const Table& source = table();
  Scopes scopes;
  for (const Column& c : source.columns) scopes.push_back({"o." + c.name, c.type});
  std::string key = column_of(static_cast<Type>(below(3)), scopes);
  std::string sql = "SELECT o.id, " + value(static_cast<Type>(below(3)), scopes, 1) + " FROM " + source.name + " o";
  if (chance(60)) sql += " WHERE " + predicate(scopes, 2);
  sql += " ORDER BY ";
  if (chance(70) && key[0] == 'o') sql += key + (chance(50) ? " DESC" : " ASC") + (chance(50) ? " NULLS FIRST, " : " NULLS LAST, ");
  sql += std::string("o.id") + (chance(40) ? " DESC" : "") + " LIMIT " + std::to_string(below(15));
  if (chance(40)) sql += " OFFSET " + std::to_string(below(6));
  return {sql, true, true};
}

Statement Generator::modify() {
  const Table& target = table();
  Scopes scopes;
  for (const Column& c : target.columns) scopes.push_back({c.name, c.type});
  const Column& column = target.columns[1 + below(static_cast<uint32_t>(target.columns.size()) - 1)];
  switch (below(6)) {
    case 0:
    case 1:
      return {insert_values(target, true), false, false};
    case 2:
      return {insert_values(target, true) + " ON CONFLICT (id) DO " +
                  (chance(40) ? "NOTHING" : "UPDATE SET " + column.name + " = excluded." + column.name),
              false, false};
    case 3:
      return {"DELETE FROM " + target.name + " WHERE " + predicate(scopes, 1) + " AND id % 5 = " + std::to_string(below(5)), false, false};
    default:
      return {"UPDATE " + target.name + " SET " + column.name + " = " + value(column.type, scopes, 1) + " WHERE " + predicate(scopes, 1),
              false, false};
  }
}

}  // namespace differential
