// Canonical text of queries.
#include "sql/sql_printer.h"
#include "sql/precedence.h"
#include "sql/to_sql.h"

namespace orrery::sql {
namespace {

std::string_view set_operator(SetOp op) {
  switch (op) {
    case SetOp::kUnion:
      return " UNION ";
    case SetOp::kIntersect:
      return " INTERSECT ";
    case SetOp::kExcept:
      return " EXCEPT ";
  }
  return "";
}

std::string_view join_words(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner:
      return "JOIN ";
    case JoinKind::kLeft:
      return "LEFT JOIN ";
    case JoinKind::kRight:
      return "RIGHT JOIN ";
    case JoinKind::kFull:
      return "FULL JOIN ";
    case JoinKind::kCross:
      return "CROSS JOIN ";
  }
  return "";
}

}  // namespace

void SqlPrinter::query(const Query& q) {
  with_clause(q.with);
  body(*q.body);
  if (!q.order_by.empty()) {
    add(" ORDER BY ");
    order_items(q.order_by);
  }
  if (q.limit) {
    add(" LIMIT ");
    expr(*q.limit);
  }
  if (q.offset) {
    add(" OFFSET ");
    expr(*q.offset);
  }
}

void SqlPrinter::with_clause(const WithClause& with) {
  if (with.ctes.empty()) return;
  add(with.recursive ? "WITH RECURSIVE " : "WITH ");
  for (size_t i = 0; i < with.ctes.size(); ++i) {
    const Cte& cte = with.ctes[i];
    if (i > 0) add(", ");
    add(to_sql(cte.name));
    if (!cte.columns.empty()) add(" ");
    name_list(cte.columns);
    add(" AS (");
    query(*cte.query);
    add(")");
  }
  add(" ");
}

void SqlPrinter::body(const QueryBody& b) {
  switch (b.kind) {
    case QueryBodyKind::kSelect:
      return select(as<SelectBody>(b));
    case QueryBodyKind::kValues:
      add("VALUES ");
      return rows(as<ValuesBody>(b).rows);
    case QueryBodyKind::kSetOperation:
      return set_operation(as<SetBody>(b));
    case QueryBodyKind::kNested:
      return subquery(*as<NestedBody>(b).query);
  }
}

void SqlPrinter::set_operation(const SetBody& set) {
  bool strong = set.op == SetOp::kIntersect;
  for (size_t i = 0; i < set.operands.size(); ++i) {
    if (i > 0) add(set_operator(set.op)).add(set.all ? "ALL " : "");
    const QueryBody& operand = *set.operands[i];
    bool enclose = false;
    if (operand.kind == QueryBodyKind::kSetOperation) {
      bool inner_strong = as<SetBody>(operand).op == SetOp::kIntersect;
      // On the left, what binds as strongly needs none: operators of one strength go from left to
      // right.
      enclose = i == 0 ? strong && !inner_strong : strong || !inner_strong;
    }
    if (enclose) add("(");
    body(operand);
    if (enclose) add(")");
  }
}

void SqlPrinter::rows(const std::vector<ExprList>& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    add(i == 0 ? "(" : ", (");
    expr_list(rows[i]);
    add(")");
  }
}

void SqlPrinter::name_list(const std::vector<Name>& names) {
  if (names.empty()) return;
  for (size_t i = 0; i < names.size(); ++i) add(i == 0 ? "(" : ", ").add(to_sql(names[i]));
  add(")");
}

void SqlPrinter::select(const SelectBody& select) {
  add("SELECT ");
  if (select.distinct == DistinctKind::kDistinct) add("DISTINCT ");
  if (select.distinct == DistinctKind::kDistinctOn) {
    add("DISTINCT ON (");
    expr_list(select.distinct_on);
    add(") ");
  }
  select_items(select.items);
  for (size_t i = 0; i < select.from.size(); ++i) {
    add(i == 0 ? " FROM " : ", ");
    table(*select.from[i]);
  }
  where(select.where);
  group_by(select.group_by);
  if (select.having) {
    add(" HAVING ");
    expr(*select.having);
  }
  for (size_t i = 0; i < select.windows.size(); ++i) {
    add(i == 0 ? " WINDOW " : ", ").add(to_sql(select.windows[i].name)).add(" AS (");
    window(select.windows[i].spec);
    add(")");
  }
}

void SqlPrinter::where(const ExprPtr& condition) {
  if (!condition) return;
  add(" WHERE ");
  // Enclosed as in CHECK texts: this is the form of SHOW CREATE VIEW.
  operand(*condition, precedence::kPrefix);
}

void SqlPrinter::select_items(const std::vector<SelectItem>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    const SelectItem& item = items[i];
    if (i > 0) add(", ");
    switch (item.kind) {
      case SelectItem::Kind::kStar:
        add("*");
        break;
      case SelectItem::Kind::kQualifiedStar:
        add(to_sql(item.qualifier)).add(".*");
        break;
      case SelectItem::Kind::kExpr:
        expr(*item.expr);
        if (!item.alias.empty()) add(" AS ").add(to_sql(item.alias));
        break;
    }
  }
}

void SqlPrinter::returning(const std::vector<SelectItem>& items) {
  if (items.empty()) return;
  add(" RETURNING ");
  select_items(items);
}

void SqlPrinter::group_by(const std::vector<GroupItem>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    add(i == 0 ? " GROUP BY " : ", ");
    group_item(items[i]);
  }
}

void SqlPrinter::group_item(const GroupItem& item) {
  switch (item.kind) {
    case GroupKind::kExpr:
      return expr(*item.sets[0][0]);
    case GroupKind::kRollup:
      add("ROLLUP(");
      break;
    case GroupKind::kCube:
      add("CUBE(");
      break;
    case GroupKind::kGroupingSets:
      add("GROUPING SETS (");
      break;
  }
  for (size_t i = 0; i < item.sets.size(); ++i) {
    const ExprList& set = item.sets[i];
    bool enclose = set.size() != 1 || item.kind == GroupKind::kGroupingSets;
    if (i > 0) add(", ");
    if (enclose) add("(");
    expr_list(set);
    if (enclose) add(")");
  }
  add(")");
}

void SqlPrinter::alias(const TableAlias& alias) {
  if (alias.name.empty()) return;
  add(" AS ").add(to_sql(alias.name));
  name_list(alias.columns);
}

void SqlPrinter::table(const TableRef& t) {
  switch (t.kind) {
    case TableRefKind::kTable: {
      const auto& named = as<NamedTable>(t);
      add(to_sql(named.name));
      if (named.as_of) {
        add(named.as_of->kind == AsOfKind::kTimestamp ? " AS OF TIMESTAMP "
                                                      : " AS OF TRANSACTION ");
        expr(*named.as_of->value);
      }
      return alias(named.alias);
    }
    case TableRefKind::kQuery: {
      const auto& derived = as<DerivedTable>(t);
      if (derived.lateral == Lateral::kYes) add("LATERAL ");
      subquery(*derived.query);
      return alias(derived.alias);
    }
    case TableRefKind::kFunction: {
      const auto& function = as<FunctionTable>(t);
      if (function.lateral == Lateral::kYes) add("LATERAL ");
      add(function.name).add("(");
      expr_list(function.arguments);
      add(")");
      return alias(function.alias);
    }
    case TableRefKind::kJoin:
      return join(as<JoinTable>(t));
  }
}

void SqlPrinter::join(const JoinTable& join) {
  table(*join.left);
  add(join.natural ? " NATURAL " : " ").add(join_words(join.join));
  bool enclose = join.right->kind == TableRefKind::kJoin;
  if (enclose) add("(");
  table(*join.right);
  if (enclose) add(")");
  if (join.on) {
    add(" ON ");
    expr(*join.on);
  }
  if (join.using_columns.empty()) return;
  add(" USING ");
  name_list(join.using_columns);
}

std::string to_sql(const Query& query) {
  SqlPrinter printer(SqlStyle::kSql);
  printer.query(query);
  return printer.take();
}

}  // namespace orrery::sql
