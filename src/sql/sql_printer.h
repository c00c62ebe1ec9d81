// SqlPrinter: writes syntax trees as text. Private to this folder; the functions of sql/to_sql.h
// are its use. Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/ast.h"

namespace orrery::sql {

enum class SqlStyle : uint8_t {
  kSql,    ///< reads back as the same tree
  kLabel,  ///< calls without DISTINCT, ORDER BY, FILTER and OVER
};

class SqlPrinter {
 public:
  explicit SqlPrinter(SqlStyle style) : style_(style) {}
  std::string take() { return std::move(out_); }

  void expr(const Expr& e);
  /// `e`, in parentheses if it binds weaker than `minimum`.
  void operand(const Expr& e, uint8_t minimum);
  void query(const Query& q);
  void statement(const Statement& s);

 private:
  SqlPrinter& add(std::string_view s) {
    out_.append(s);
    return *this;
  }
  void literal(const LiteralExpr& e);
  void parameter(const ParameterExpr& e);
  void unary(const UnaryExpr& e);
  void predicate(const Expr& e);
  void case_expr(const CaseExpr& e);
  void type_name(const TypeName& type);
  void function(const FunctionExpr& e);
  void expr_list(const ExprList& list);
  void negatable(Negation negation, std::string_view word);
  void subquery(const Query& q);
  void order_items(const std::vector<OrderItem>& items);
  void window(const WindowSpec& spec);
  void frame_bound(const FrameBound& bound);

  void with_clause(const WithClause& with);
  void body(const QueryBody& b);
  void set_operation(const SetBody& set);
  void select(const SelectBody& select);
  void select_items(const std::vector<SelectItem>& items);
  void group_by(const std::vector<GroupItem>& items);
  void group_item(const GroupItem& item);
  void rows(const std::vector<ExprList>& rows);
  void table(const TableRef& t);
  void join(const JoinTable& join);
  void alias(const TableAlias& alias);
  void name_list(const std::vector<Name>& names);
  void where(const ExprPtr& condition);
  void returning(const std::vector<SelectItem>& items);

  void insert(const InsertStatement& s);
  void assignments(const std::vector<Assignment>& list);
  void update(const UpdateStatement& s);
  void delete_from(const DeleteStatement& s);
  void copy(const CopyStatement& s);
  void create_table(const CreateTableStatement& s);
  void column_definition(const ColumnDefinition& column);
  void table_constraint(const TableConstraint& constraint);
  void foreign_key(const ForeignKeyTarget& target);
  void create_index(const CreateIndexStatement& s);
  void alter_table(const AlterTableStatement& s);
  void drop(const DropStatement& s);
  void show(const ShowStatement& s);
  void setting(const Name& name, const ExprPtr& value);
  void other_statement(const Statement& s);

  SqlStyle style_;
  std::string out_;
};

}  // namespace orrery::sql
