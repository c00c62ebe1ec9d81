// SqlRewriter: expressions, and the literals in them.
#include <algorithm>

#include "host/sql_literal.h"
#include "host/sql_rewrite.h"
#include "sql/tree.h"

namespace orrery::host {

using sql::as;
using types::AlgebraicType;
using types::TypeForm;

namespace {

bool is_comparison(sql::BinaryOp op) {
  switch (op) {
    case sql::BinaryOp::kEqual:
    case sql::BinaryOp::kNotEqual:
    case sql::BinaryOp::kLess:
    case sql::BinaryOp::kLessEqual:
    case sql::BinaryOp::kGreater:
    case sql::BinaryOp::kGreaterEqual:
    case sql::BinaryOp::kIsDistinct:
    case sql::BinaryOp::kIsNotDistinct:
      return true;
    default:
      return false;
  }
}

bool is_arithmetic(const sql::Expr& e) {
  if (e.kind == sql::ExprKind::kUnary) return true;
  if (e.kind != sql::ExprKind::kBinary) return false;
  const sql::BinaryOp op = as<sql::BinaryExpr>(e).op;
  return op >= sql::BinaryOp::kAdd && op <= sql::BinaryOp::kModulo;
}

/// Hexadecimal digits are a number there, where they are not a column's value.
bool counts(const sql::Expr& e) {
  if (is_arithmetic(e)) return true;
  if (e.kind != sql::ExprKind::kBinary || !is_comparison(as<sql::BinaryExpr>(e).op)) return false;
  const auto& comparison = as<sql::BinaryExpr>(e);
  return is_arithmetic(*comparison.left) || is_arithmetic(*comparison.right);
}

bool is_hexadecimal(const sql::Expr& e) {
  return e.kind == sql::ExprKind::kLiteral &&
         as<sql::LiteralExpr>(e).literal == sql::LiteralKind::kText;
}

}  // namespace

std::vector<types::Datum> SqlRewriter::parameters() const {
  std::vector<types::Datum> out;
  for (const types::Value& value : values_) out.push_back(value.datum());
  return out;
}

sql::ExprPtr SqlRewriter::parameter(types::Value value) {
  values_.push_back(std::move(value));
  auto out = std::make_unique<sql::ParameterExpr>();
  out->index = static_cast<uint32_t>(values_.size() - 1);
  return out;
}

// --- literals ---

Status SqlRewriter::convert(sql::ExprPtr& e, const AlgebraicType& column_type) {
  const AlgebraicType& type = types::without_option(column_type);
  if (e->kind == sql::ExprKind::kParameter) {
    // :sender has its own type; a column of bytes wants its bytes.
    auto& sender = as<sql::ParameterExpr>(*e);
    if (type.is(TypeForm::kBytes) && sender.index < values_.size()) {
      const std::string bytes(input_.caller.bytes());
      e = parameter(bytes_value(bytes));
    }
    return {};
  }
  if (e->kind != sql::ExprKind::kLiteral) return {};
  ORRERY_TRY_ASSIGN(std::optional<types::Value> value,
                    literal_value(as<sql::LiteralExpr>(*e), type));
  if (value) e = parameter(std::move(*value));
  return {};
}

void SqlRewriter::count_with(sql::ExprPtr& e) {
  if (e == nullptr || e->kind != sql::ExprKind::kLiteral) return;
  if (std::optional<types::Value> value = wide_literal(as<sql::LiteralExpr>(*e))) {
    e = parameter(std::move(*value));
  }
}

const SqlRewriter::Source* SqlRewriter::find_column(const sql::ColumnExpr& column,
                                                    const Scope& scope, size_t* index) const {
  auto same = [](std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return tolower(static_cast<unsigned char>(x)) == tolower(static_cast<unsigned char>(y));
    });
  };
  for (const Scope* at = &scope; at != nullptr; at = at->outer) {
    for (const Source& source : at->sources) {
      if (!column.qualifier.empty() && !same(column.qualifier.text, source.alias)) continue;
      for (size_t i = 0; i < source.columns.size(); ++i) {
        if (same(source.columns[i].name, column.name.text) ||
            (i < source.other_names.size() && same(source.other_names[i], column.name.text))) {
          *index = i;
          return &source;
        }
      }
    }
  }
  return nullptr;
}

std::optional<AlgebraicType> SqlRewriter::type_of(const sql::Expr& e, const Scope& scope) const {
  if (e.kind != sql::ExprKind::kColumn) return std::nullopt;
  size_t index = 0;
  const Source* source = find_column(as<sql::ColumnExpr>(e), scope, &index);
  return source == nullptr ? std::nullopt : source->columns[index].type;
}

// --- expressions ---

Status SqlRewriter::meet(sql::ExprPtr& left, sql::ExprPtr& right, const Scope& scope) {
  if (std::optional<AlgebraicType> type = type_of(*left, scope)) {
    return convert(right, *type);
  }
  if (std::optional<AlgebraicType> type = type_of(*right, scope)) {
    return convert(left, *type);
  }
  return {};
}

Status SqlRewriter::nested_queries(sql::Expr& e, const Scope& scope) {
  sql::Query* nested = nullptr;
  switch (e.kind) {
    case sql::ExprKind::kInQuery:
      nested = as<sql::InQueryExpr>(e).query.get();
      break;
    case sql::ExprKind::kExists:
      nested = as<sql::ExistsExpr>(e).query.get();
      break;
    case sql::ExprKind::kQuantified:
      nested = as<sql::QuantifiedExpr>(e).query.get();
      break;
    case sql::ExprKind::kSubquery:
      nested = as<sql::SubqueryExpr>(e).query.get();
      break;
    default:
      return {};
  }
  ORRERY_TRY_ASSIGN([[maybe_unused]] Columns columns, query(*nested, &scope));
  return {};
}

Status SqlRewriter::expressions(sql::ExprList& list, const Scope& scope) {
  for (sql::ExprPtr& e : list) ORRERY_TRY(expression(e, scope));
  return {};
}

Status SqlRewriter::expression(sql::ExprPtr& e, const Scope& scope) {
  if (e == nullptr) return {};
  if (e->kind == sql::ExprKind::kParameter) {
    auto& named = as<sql::ParameterExpr>(*e);
    if (named.name != "sender" || input_.rights == SqlRights::kView) {
      return Error(ErrorCode::kBind, "unknown parameter :" + named.name, e->position);
    }
    e = parameter(bsatn_value(input_.caller));
    return {};
  }
  Status done;
  sql::for_each_child(*e, [&](sql::ExprPtr& child) {
    if (done) done = expression(child, scope);
  });
  ORRERY_TRY(std::move(done));
  ORRERY_TRY(nested_queries(*e, scope));
  switch (e->kind) {
    case sql::ExprKind::kColumn: {
      // The engine knows columns by their canonical names alone.
      auto& column = as<sql::ColumnExpr>(*e);
      size_t index = 0;
      const Source* source = find_column(column, scope, &index);
      if (source != nullptr && index < source->other_names.size()) {
        column.name = quoted_name(source->columns[index].name);
      }
      break;
    }
    case sql::ExprKind::kBinary: {
      auto& binary = as<sql::BinaryExpr>(*e);
      if (is_comparison(binary.op)) ORRERY_TRY(meet(binary.left, binary.right, scope));
      break;
    }
    case sql::ExprKind::kInList: {
      auto& in = as<sql::InListExpr>(*e);
      for (sql::ExprPtr& item : in.items) ORRERY_TRY(meet(in.operand, item, scope));
      break;
    }
    case sql::ExprKind::kBetween: {
      auto& between = as<sql::BetweenExpr>(*e);
      ORRERY_TRY(meet(between.operand, between.low, scope));
      ORRERY_TRY(meet(between.operand, between.high, scope));
      break;
    }
    default:
      break;
  }
  const bool with_hexadecimal = counts(*e);
  sql::for_each_child(*e, [&](sql::ExprPtr& child) {
    if (child != nullptr && (with_hexadecimal || !is_hexadecimal(*child))) count_with(child);
  });
  return {};
}

}  // namespace orrery::host
