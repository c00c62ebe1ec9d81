// What the structs of the syntax tree consist of, as tuples of references: one list per struct
// serves copying, comparison, hashing and walking. Positions, heights and source offsets are not
// listed: they are no part of meaning. Private to this folder.
#pragma once

#include <tuple>

#include "sql/ast.h"

namespace orrery::sql {

#define ORRERY_MEMBERS(Type, ...)      \
  inline auto members(const Type& n) { \
    static_cast<void>(n);              \
    return std::tie(__VA_ARGS__);      \
  }                                    \
  inline auto members(Type& n) {       \
    static_cast<void>(n);              \
    return std::tie(__VA_ARGS__);      \
  }

// Expressions. LiteralExpr and ColumnExpr are compared by hand, see tree.cc.
ORRERY_MEMBERS(LiteralExpr, n.literal, n.type, n.integer, n.real, n.text)
ORRERY_MEMBERS(ParameterExpr, n.index, n.name)
ORRERY_MEMBERS(ColumnExpr, n.qualifier, n.name)
ORRERY_MEMBERS(UnaryExpr, n.op, n.operand)
ORRERY_MEMBERS(BinaryExpr, n.op, n.left, n.right)
ORRERY_MEMBERS(LogicalExpr, n.op, n.operands)
ORRERY_MEMBERS(IsExpr, n.test, n.negation, n.operand)
ORRERY_MEMBERS(LikeExpr, n.op, n.negation, n.operand, n.pattern, n.escape)
ORRERY_MEMBERS(BetweenExpr, n.negation, n.operand, n.low, n.high)
ORRERY_MEMBERS(InListExpr, n.negation, n.operand, n.items)
ORRERY_MEMBERS(InQueryExpr, n.negation, n.operand, n.query)
ORRERY_MEMBERS(ExistsExpr, n.query)
ORRERY_MEMBERS(QuantifiedExpr, n.op, n.quantifier, n.operand, n.query)
ORRERY_MEMBERS(SubqueryExpr, n.query)
ORRERY_MEMBERS(RowExpr, n.items)
ORRERY_MEMBERS(CaseBranch, n.when, n.then)
ORRERY_MEMBERS(CaseExpr, n.operand, n.branches, n.otherwise)
ORRERY_MEMBERS(TypeName, n.name, n.type, n.arguments)
ORRERY_MEMBERS(CastExpr, n.operand, n.target)
ORRERY_MEMBERS(ExtractExpr, n.field, n.operand)
ORRERY_MEMBERS(OrderItem, n.expr, n.direction, n.nulls)
ORRERY_MEMBERS(FrameBound, n.kind, n.offset)
ORRERY_MEMBERS(WindowFrame, n.unit, n.start, n.end)
ORRERY_MEMBERS(WindowSpec, n.base, n.partition_by, n.order_by, n.frame)
ORRERY_MEMBERS(FunctionExpr, n.name, n.star, n.distinct, n.arguments, n.order_by, n.filter, n.over)
ORRERY_MEMBERS(DefaultExpr)

// Queries
ORRERY_MEMBERS(SelectItem, n.kind, n.qualifier, n.expr, n.alias)
ORRERY_MEMBERS(AsOf, n.kind, n.value)
ORRERY_MEMBERS(TableAlias, n.name, n.columns)
ORRERY_MEMBERS(NamedTable, n.name, n.alias, n.as_of)
ORRERY_MEMBERS(DerivedTable, n.lateral, n.query, n.alias)
ORRERY_MEMBERS(FunctionTable, n.lateral, n.name, n.arguments, n.alias)
ORRERY_MEMBERS(JoinTable, n.join, n.natural, n.left, n.right, n.on, n.using_columns)
ORRERY_MEMBERS(GroupItem, n.kind, n.sets)
ORRERY_MEMBERS(NamedWindow, n.name, n.spec)
ORRERY_MEMBERS(SelectBody, n.distinct, n.distinct_on, n.items, n.from, n.where, n.group_by,
               n.having, n.windows)
ORRERY_MEMBERS(ValuesBody, n.rows)
ORRERY_MEMBERS(SetBody, n.op, n.all, n.operands)
ORRERY_MEMBERS(NestedBody, n.query)
ORRERY_MEMBERS(Cte, n.name, n.columns, n.query)
ORRERY_MEMBERS(WithClause, n.recursive, n.ctes)
ORRERY_MEMBERS(Query, n.with, n.body, n.order_by, n.limit, n.offset)

// Statements
ORRERY_MEMBERS(SelectStatement, n.query)
ORRERY_MEMBERS(Assignment, n.column, n.value)
ORRERY_MEMBERS(InsertStatement, n.with, n.table, n.columns, n.rows, n.query, n.default_values,
               n.on_conflict, n.conflict_columns, n.conflict_assignments, n.conflict_where,
               n.returning)
ORRERY_MEMBERS(UpdateStatement, n.with, n.table, n.assignments, n.where, n.returning)
ORRERY_MEMBERS(DeleteStatement, n.with, n.table, n.alias, n.where, n.returning)
ORRERY_MEMBERS(TruncateStatement, n.table)
ORRERY_MEMBERS(CopyStatement, n.table, n.columns, n.path, n.format, n.header, n.delimiter,
               n.null_text)
ORRERY_MEMBERS(ForeignKeyTarget, n.table, n.column, n.on_delete, n.on_update)
ORRERY_MEMBERS(ColumnDefinition, n.name, n.type, n.not_null, n.primary_key, n.auto_increment,
               n.unique, n.default_value, n.checks, n.references)
ORRERY_MEMBERS(TableConstraint, n.kind, n.columns, n.check, n.target)
ORRERY_MEMBERS(CreateTableStatement, n.table, n.if_not_exists, n.columns, n.constraints, n.query)
ORRERY_MEMBERS(AlterTableStatement, n.action, n.table, n.definition, n.column, n.new_name)
ORRERY_MEMBERS(IndexOption, n.key, n.value)
ORRERY_MEMBERS(CreateIndexStatement, n.index, n.table, n.unique, n.if_not_exists, n.columns,
               n.method, n.options)
ORRERY_MEMBERS(CreateViewStatement, n.view, n.if_not_exists, n.query)
ORRERY_MEMBERS(DropStatement, n.drop, n.if_exists, n.name, n.table)
ORRERY_MEMBERS(BeginStatement, n.isolation)
ORRERY_MEMBERS(CommitStatement)
ORRERY_MEMBERS(RollbackStatement)
ORRERY_MEMBERS(SavepointStatement, n.name)
ORRERY_MEMBERS(RollbackToStatement, n.name)
ORRERY_MEMBERS(ReleaseStatement, n.name)
ORRERY_MEMBERS(SetStatement, n.name, n.value)
ORRERY_MEMBERS(ShowStatement, n.show, n.name)
ORRERY_MEMBERS(DescribeStatement, n.table)
ORRERY_MEMBERS(PragmaStatement, n.name, n.value)
ORRERY_MEMBERS(AnalyzeStatement, n.table)
ORRERY_MEMBERS(VacuumStatement, n.table)
ORRERY_MEMBERS(ExplainStatement, n.analyze, n.statement)
ORRERY_MEMBERS(ExpressionStatement, n.expr)

#undef ORRERY_MEMBERS

/// Calls f with `node` as the struct its kind says it is.
template <class F>
auto dispatch(const Expr& node, F f) {
  switch (node.kind) {
    case ExprKind::kLiteral:
      return f(as<LiteralExpr>(node));
    case ExprKind::kParameter:
      return f(as<ParameterExpr>(node));
    case ExprKind::kColumn:
      return f(as<ColumnExpr>(node));
    case ExprKind::kUnary:
      return f(as<UnaryExpr>(node));
    case ExprKind::kBinary:
      return f(as<BinaryExpr>(node));
    case ExprKind::kLogical:
      return f(as<LogicalExpr>(node));
    case ExprKind::kIs:
      return f(as<IsExpr>(node));
    case ExprKind::kLike:
      return f(as<LikeExpr>(node));
    case ExprKind::kBetween:
      return f(as<BetweenExpr>(node));
    case ExprKind::kInList:
      return f(as<InListExpr>(node));
    case ExprKind::kInQuery:
      return f(as<InQueryExpr>(node));
    case ExprKind::kExists:
      return f(as<ExistsExpr>(node));
    case ExprKind::kQuantified:
      return f(as<QuantifiedExpr>(node));
    case ExprKind::kSubquery:
      return f(as<SubqueryExpr>(node));
    case ExprKind::kRow:
      return f(as<RowExpr>(node));
    case ExprKind::kCase:
      return f(as<CaseExpr>(node));
    case ExprKind::kCast:
      return f(as<CastExpr>(node));
    case ExprKind::kExtract:
      return f(as<ExtractExpr>(node));
    case ExprKind::kFunction:
      return f(as<FunctionExpr>(node));
    case ExprKind::kDefault:
      break;
  }
  return f(as<DefaultExpr>(node));
}

template <class F>
auto dispatch(const TableRef& node, F f) {
  switch (node.kind) {
    case TableRefKind::kTable:
      return f(as<NamedTable>(node));
    case TableRefKind::kQuery:
      return f(as<DerivedTable>(node));
    case TableRefKind::kFunction:
      return f(as<FunctionTable>(node));
    case TableRefKind::kJoin:
      break;
  }
  return f(as<JoinTable>(node));
}

template <class F>
auto dispatch(const QueryBody& node, F f) {
  switch (node.kind) {
    case QueryBodyKind::kSelect:
      return f(as<SelectBody>(node));
    case QueryBodyKind::kValues:
      return f(as<ValuesBody>(node));
    case QueryBodyKind::kSetOperation:
      return f(as<SetBody>(node));
    case QueryBodyKind::kNested:
      break;
  }
  return f(as<NestedBody>(node));
}

template <class F>
auto dispatch(const Statement& node, F f) {
  switch (node.kind) {
    case StatementKind::kSelect:
      return f(as<SelectStatement>(node));
    case StatementKind::kInsert:
      return f(as<InsertStatement>(node));
    case StatementKind::kUpdate:
      return f(as<UpdateStatement>(node));
    case StatementKind::kDelete:
      return f(as<DeleteStatement>(node));
    case StatementKind::kTruncate:
      return f(as<TruncateStatement>(node));
    case StatementKind::kCopy:
      return f(as<CopyStatement>(node));
    case StatementKind::kCreateTable:
      return f(as<CreateTableStatement>(node));
    case StatementKind::kAlterTable:
      return f(as<AlterTableStatement>(node));
    case StatementKind::kCreateIndex:
      return f(as<CreateIndexStatement>(node));
    case StatementKind::kCreateView:
      return f(as<CreateViewStatement>(node));
    case StatementKind::kDrop:
      return f(as<DropStatement>(node));
    case StatementKind::kBegin:
      return f(as<BeginStatement>(node));
    case StatementKind::kCommit:
      return f(as<CommitStatement>(node));
    case StatementKind::kRollback:
      return f(as<RollbackStatement>(node));
    case StatementKind::kSavepoint:
      return f(as<SavepointStatement>(node));
    case StatementKind::kRollbackTo:
      return f(as<RollbackToStatement>(node));
    case StatementKind::kRelease:
      return f(as<ReleaseStatement>(node));
    case StatementKind::kSet:
      return f(as<SetStatement>(node));
    case StatementKind::kShow:
      return f(as<ShowStatement>(node));
    case StatementKind::kDescribe:
      return f(as<DescribeStatement>(node));
    case StatementKind::kPragma:
      return f(as<PragmaStatement>(node));
    case StatementKind::kAnalyze:
      return f(as<AnalyzeStatement>(node));
    case StatementKind::kVacuum:
      return f(as<VacuumStatement>(node));
    case StatementKind::kExplain:
      return f(as<ExplainStatement>(node));
    case StatementKind::kExpression:
      break;
  }
  return f(as<ExpressionStatement>(node));
}

}  // namespace orrery::sql
