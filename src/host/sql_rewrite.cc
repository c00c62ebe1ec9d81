#include "host/sql_rewrite.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "host/row_filter.h"
#include "host/system_tables.h"
#include "host/table_setup.h"
#include "sql/parser.h"
#include "sql/tree.h"
#include "types/algebraic_text.h"
#include "types/bsatn.h"

namespace orrery::host {
namespace {

using sql::as;
using types::AlgebraicType;
using types::TypeForm;
using types::TypeKind;

constexpr uint32_t kFilterDepthMax = 16;

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

uint8_t hex_value(char c) {
  if (c <= '9') return static_cast<uint8_t>(c - '0');
  return static_cast<uint8_t>((c | 0x20) - 'a' + 10);
}

std::optional<std::string> bytes_of_hex(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) {
    if (!is_hex_digit(text[i]) || !is_hex_digit(text[i + 1])) return std::nullopt;
    out.push_back(static_cast<char>(hex_value(text[i]) << 4 | hex_value(text[i + 1])));
  }
  return out;
}

Error no_table(const sql::Name& name) {
  return Error(ErrorCode::kTableNotFound,
               "no such table: `" + name.text +
                   "`. If the table exists, it may be marked private.",
               name.position);
}

Error no_literal(std::string_view text, const AlgebraicType& type) {
  return Error(ErrorCode::kTypeMismatch, "The literal expression `" + std::string(text) +
                                             "` cannot be parsed as type `" + type.to_string() +
                                             "`");
}

template <class T>
types::Value bsatn_value(const T& value) {
  return types::Value(types::Datum::string(
      types::TypeId::kAlgebraic,
      types::StringRef(reinterpret_cast<const char*>(&value), sizeof(value))));
}

types::Value bytes_value(types::TypeId type, std::string_view bytes) {
  return types::Value(types::Datum::string(type, types::StringRef(bytes)));
}

sql::Name quoted(std::string text) {
  sql::Name name;
  name.text = std::move(text);
  name.quote = sql::QuoteStyle::kBacktick;
  return name;
}

std::string quoted_text(std::string_view name) {
  std::string out = "`";
  for (char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  return out + "`";
}

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

/// A whole number of a wide type, from decimal digits.
std::optional<types::Value> wide_integer(TypeKind kind, std::string_view text) {
  const bool negative = text.starts_with("-");
  const std::string_view digits = negative ? text.substr(1) : text;
  const std::optional<types::U256> magnitude = types::parse_decimal_u256(digits);
  if (!magnitude) return std::nullopt;
  const std::optional<types::I256> n = types::signed_from_magnitude(negative, *magnitude);
  switch (kind) {
    case TypeKind::kU64:
      if (negative || magnitude->limbs[1] != 0 || magnitude->high128() != 0) return std::nullopt;
      return bsatn_value(magnitude->limbs[0]);
    case TypeKind::kU128:
      if (negative || magnitude->high128() != 0) return std::nullopt;
      return bsatn_value(magnitude->low128());
    case TypeKind::kU256:
      if (negative) return std::nullopt;
      return bsatn_value(*magnitude);
    case TypeKind::kI128: {
      const std::optional<types::I128> small = types::parse_decimal_i128(text);
      if (!small) return std::nullopt;
      return bsatn_value(*small);
    }
    case TypeKind::kI256:
      if (!n) return std::nullopt;
      return bsatn_value(*n);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string with_hex_as_text(std::string_view sql) {
  std::string out;
  for (size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    const bool starts_word =
        i == 0 || (!isalnum(static_cast<unsigned char>(sql[i - 1])) && sql[i - 1] != '_');
    if (c == '\'' || c == '"' || c == '`') {
      size_t end = i + 1;
      while (end < sql.size() && sql[end] != c) ++end;
      end = std::min(end + 1, sql.size());
      out += sql.substr(i, end - i);
      i = end;
    } else if (c == '-' && sql.substr(i, 2) == "--") {
      const size_t end = std::min(sql.find('\n', i), sql.size());
      out += sql.substr(i, end - i);
      i = end;
    } else if (starts_word && c == '0' && i + 2 < sql.size() && (sql[i + 1] | 0x20) == 'x' &&
               is_hex_digit(sql[i + 2])) {
      size_t end = i + 2;
      while (end < sql.size() && is_hex_digit(sql[end])) ++end;
      out += "'0x";
      out += sql.substr(i + 2, end - i - 2);
      out += "'";
      i = end;
    } else if (starts_word && (c | 0x20) == 'x' && i + 1 < sql.size() && sql[i + 1] == '\'') {
      size_t end = i + 2;
      while (end < sql.size() && is_hex_digit(sql[end])) ++end;
      if (end < sql.size() && sql[end] == '\'') {
        out += "'0x";
        out += sql.substr(i + 2, end - i - 2);
        out += "'";
        i = end + 1;
      } else {
        out += c;
        ++i;
      }
    } else {
      out += c;
      ++i;
    }
  }
  return out;
}

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

std::string_view SqlRewriter::source_of(SourcePosition position) const {
  std::string_view text = input_.text;
  for (uint32_t line = 1; line < position.line; ++line) {
    const size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline + 1);
  }
  // Columns count code points.
  for (uint32_t column = 1; column < position.column && !text.empty(); ++column) {
    do {
      text.remove_prefix(1);
    } while (!text.empty() && (static_cast<uint8_t>(text[0]) & 0xC0) == 0x80);
  }
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  return text.substr(0, digits);
}

// --- values ---

Result<std::optional<types::Value>> SqlRewriter::value_of(const sql::LiteralExpr& literal,
                                                          const AlgebraicType& type) const {
  using sql::LiteralKind;
  const std::optional<types::Value> as_it_is;
  if (literal.literal == LiteralKind::kNull) return as_it_is;
  const bool is_text = literal.literal == LiteralKind::kText;
  std::string text = literal.text;
  if (literal.literal == LiteralKind::kInteger) text = std::to_string(literal.integer);
  if (literal.literal == LiteralKind::kFloat) text = std::string(source_of(literal.position));
  auto found = [&](auto&& value) -> Result<std::optional<types::Value>> {
    if (!value) return no_literal(text, type);
    return std::optional<types::Value>(bsatn_value(*value));
  };
  switch (type.form()) {
    case TypeForm::kIdentity:
      return found(types::parse_identity(text));
    case TypeForm::kConnectionId:
      return found(types::parse_connection_id(text));
    case TypeForm::kTimeDuration:
      return found(types::parse_time_duration(text));
    case TypeForm::kTimestampMicros: {
      const std::optional<int64_t> micros = types::parse_timestamp_micros(text);
      if (!micros) return as_it_is;
      return std::optional<types::Value>(types::Value(types::Datum::timestamp(*micros * 1000)));
    }
    case TypeForm::kBytes: {
      std::optional<std::string> bytes = bytes_of_hex(text);
      if (!is_text || !bytes) return no_literal(text, type);
      return std::optional<types::Value>(bytes_value(types::TypeId::kBlob, *bytes));
    }
    default:
      break;
  }
  if (type.sql_type() == types::TypeId::kInteger && is_text && text.starts_with("0x")) {
    const std::optional<types::U256> n = types::parse_hex_u256(std::string_view(text).substr(2));
    if (!n || n->limbs[1] != 0 || n->high128() != 0) return no_literal(text, type);
    return std::optional<types::Value>(
        types::Value::integer(static_cast<int64_t>(n->limbs[0])));
  }
  if (type.sql_type() != types::TypeId::kAlgebraic) return as_it_is;
  if (type.is(TypeKind::kU256) && is_text && text.starts_with("0x")) {
    return found(types::parse_hex_u256(std::string_view(text).substr(2)));
  }
  if (type.is(TypeKind::kU128) && is_text && text.starts_with("0x")) {
    return found(types::parse_connection_id(text));
  }
  if (type.is(TypeKind::kSum) && is_text) {
    // A variant without a payload by its name.
    const std::optional<uint32_t> tag = type.find_element(text);
    if (!tag || !type.elements()[*tag].type.is(TypeForm::kUnit)) return no_literal(text, type);
    const auto byte = static_cast<uint8_t>(*tag);
    return std::optional<types::Value>(bsatn_value(byte));
  }
  std::optional<types::Value> number = wide_integer(type.kind(), text);
  if (!number) return no_literal(text, type);
  return number;
}

Status SqlRewriter::convert(sql::ExprPtr& e, const AlgebraicType& column_type) {
  const AlgebraicType& type = types::without_option(column_type);
  if (e->kind == sql::ExprKind::kParameter) {
    // :sender has its own type; a column of bytes wants its bytes.
    auto& sender = as<sql::ParameterExpr>(*e);
    if (type.is(TypeForm::kBytes) && sender.index < values_.size()) {
      const std::string bytes(input_.caller.bytes());
      e = parameter(bytes_value(types::TypeId::kBlob, bytes));
    }
    return {};
  }
  const sql::LiteralExpr* literal = nullptr;
  std::unique_ptr<sql::LiteralExpr> negated;
  if (e->kind == sql::ExprKind::kLiteral) {
    literal = &as<sql::LiteralExpr>(*e);
  } else if (e->kind == sql::ExprKind::kUnary &&
             as<sql::UnaryExpr>(*e).op == sql::UnaryOp::kNegate &&
             as<sql::UnaryExpr>(*e).operand->kind == sql::ExprKind::kLiteral) {
    const auto& inner = as<sql::LiteralExpr>(*as<sql::UnaryExpr>(*e).operand);
    if (type.sql_type() != types::TypeId::kAlgebraic ||
        inner.literal != sql::LiteralKind::kInteger) {
      return {};
    }
    negated = std::make_unique<sql::LiteralExpr>();
    negated->literal = sql::LiteralKind::kInteger;
    negated->integer = -inner.integer;
    literal = negated.get();
  }
  if (literal == nullptr) return {};
  ORRERY_TRY_ASSIGN(std::optional<types::Value> value, value_of(*literal, type));
  if (value) e = parameter(std::move(*value));
  return {};
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
        column.name = quoted(source->columns[index].name);
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
  return {};
}

// --- tables ---

Result<sql::QueryPtr> SqlRewriter::view_rows(const BoundTable& backing) {
  views_.push_back(backing.view);
  inputs_.push_back(backing.id);
  std::string text = "SELECT ";
  for (size_t i = 0; i < backing.view->columns.size(); ++i) {
    if (i > 0) text += ", ";
    text += quoted_text(backing.view->columns[i].name);
  }
  text += " FROM " + quoted_text(backing.table->def().name) + " WHERE " +
          quoted_text(kArgumentColumn) + " = NULL";
  ORRERY_TRY_ASSIGN(sql::QueryPtr query, sql::parse_query(text));
  const types::Digest hash = types::view_argument_digest(
      backing.view->is_anonymous ? std::string_view() : input_.caller.bytes());
  auto& where = as<sql::BinaryExpr>(*as<sql::SelectBody>(*query->body).where);
  where.right = parameter(bsatn_value(hash.value));
  return query;
}

/// What the filters of a table let through; null where it has none.
Result<sql::QueryPtr> SqlRewriter::filtered_rows(const BoundTable& table) {
  if (input_.rights != SqlRights::kClient || &table == unfiltered_) return sql::QueryPtr();
  std::string text;
  for (const std::string& filter : input_.tables.definition().row_level_security()) {
    const std::string guarded = table_of_filter(filter);
    if (guarded.empty() || input_.tables.find_table(guarded) != &table) continue;
    if (!text.empty()) text += " UNION ";
    text += filter.substr(0, filter.find_last_not_of("; \n\t") + 1);
  }
  if (text.empty()) return sql::QueryPtr();
  if (++filter_depth_ > kFilterDepthMax) {
    return Error(ErrorCode::kLimit, "row-level security rules are nested too deeply");
  }
  ORRERY_TRY_ASSIGN(sql::QueryPtr query, sql::parse_query(with_hex_as_text(text)));
  if (query->body->kind == sql::QueryBodyKind::kSelect) {
    // A join may give a row several times.
    as<sql::SelectBody>(*query->body).distinct = sql::DistinctKind::kDistinct;
  }
  const BoundTable* outer = std::exchange(unfiltered_, &table);
  Result<Columns> rewritten = this->query(*query, nullptr);
  unfiltered_ = outer;
  --filter_depth_;
  if (!rewritten) return std::move(rewritten).error();
  return query;
}

Status SqlRewriter::named_table(sql::TableRefPtr& ref, Scope& scope) {
  auto& named = as<sql::NamedTable>(*ref);
  Source source;
  source.alias = named.alias.name.empty() ? named.name.text : named.alias.name.text;
  for (const Scope* at = &scope; at != nullptr; at = at->outer) {
    if (at->ctes == nullptr) continue;
    for (const Source& cte : *at->ctes) {
      if (cte.alias != named.name.text) continue;
      source.columns = cte.columns;
      scope.sources.push_back(std::move(source));
      return {};
    }
  }
  const BoundTable* bound = input_.tables.find_table(named.name.text);
  sql::QueryPtr replaced;
  if (bound != nullptr) {
    if (input_.rights == SqlRights::kClient &&
        bound->def->access == schema::TableAccess::kPrivate && unfiltered_ == nullptr) {
      return no_table(named.name);
    }
    tables_.push_back(bound);
    inputs_.push_back(bound->id);
    for (const schema::ColumnDef& column : bound->def->columns) {
      source.columns.push_back({column.name, column.resolved_type});
      source.other_names.push_back(column.accessor_name);
    }
    ORRERY_TRY_ASSIGN(replaced, filtered_rows(*bound));
    if (replaced == nullptr) named.name = quoted(bound->def->qualified_name);
  } else if (const auto view = input_.tables.definition().find_view(named.name.text)) {
    if (input_.rights == SqlRights::kClient && !view.def->is_public) {
      return no_table(named.name);
    }
    for (const schema::ColumnDef& column : view.def->columns) {
      source.columns.push_back({column.name, column.resolved_type});
      source.other_names.push_back(column.accessor_name);
    }
    ORRERY_TRY_ASSIGN(replaced, view_rows(*input_.tables.of_view(*view.def)));
  } else {
    const std::optional<AlgebraicType> row = system_row_type(named.name.text);
    if (!row || input_.rights != SqlRights::kOwner) return no_table(named.name);
    for (const types::TypeElement& element : row->elements()) {
      source.columns.push_back({std::string(element.name_or_empty()), element.type});
    }
    if (auto table = input_.catalog.find_table(named.name.text)) {
      inputs_.push_back(table->def().id);
    }
  }
  if (replaced != nullptr) {
    auto derived = std::make_unique<sql::DerivedTable>();
    derived->position = ref->position;
    derived->alias = std::move(named.alias);
    if (derived->alias.name.empty()) derived->alias.name = quoted(source.alias);
    derived->query = std::move(replaced);
    ref = std::move(derived);
  } else if (named.alias.name.empty() && named.name.text != source.alias) {
    named.alias.name = quoted(source.alias);
  }
  scope.sources.push_back(std::move(source));
  return {};
}

Status SqlRewriter::source(sql::TableRefPtr& ref, Scope& scope) {
  switch (ref->kind) {
    case sql::TableRefKind::kTable:
      return named_table(ref, scope);
    case sql::TableRefKind::kQuery: {
      auto& derived = as<sql::DerivedTable>(*ref);
      Source made;
      made.alias = derived.alias.name.text;
      ORRERY_TRY_ASSIGN(made.columns, query(*derived.query, &scope));
      for (size_t i = 0; i < derived.alias.columns.size() && i < made.columns.size(); ++i) {
        made.columns[i].name = derived.alias.columns[i].text;
      }
      scope.sources.push_back(std::move(made));
      return {};
    }
    case sql::TableRefKind::kFunction:
      return expressions(as<sql::FunctionTable>(*ref).arguments, scope);
    case sql::TableRefKind::kJoin: {
      auto& join = as<sql::JoinTable>(*ref);
      ORRERY_TRY(source(join.left, scope));
      return source(join.right, scope);
    }
  }
  return {};
}

Status SqlRewriter::conditions(sql::TableRef& ref, const Scope& scope) {
  if (ref.kind != sql::TableRefKind::kJoin) return {};
  auto& join = as<sql::JoinTable>(ref);
  ORRERY_TRY(conditions(*join.left, scope));
  ORRERY_TRY(conditions(*join.right, scope));
  return expression(join.on, scope);
}

Result<SqlRewriter::Columns> SqlRewriter::select(sql::SelectBody& select, Scope& scope) {
  for (sql::TableRefPtr& ref : select.from) ORRERY_TRY(source(ref, scope));
  for (sql::TableRefPtr& ref : select.from) ORRERY_TRY(conditions(*ref, scope));
  ORRERY_TRY(expression(select.where, scope));
  ORRERY_TRY(expression(select.having, scope));
  ORRERY_TRY(expressions(select.distinct_on, scope));
  for (sql::GroupItem& group : select.group_by) {
    for (sql::ExprList& set : group.sets) ORRERY_TRY(expressions(set, scope));
  }
  Columns out;
  for (sql::SelectItem& item : select.items) {
    if (item.kind != sql::SelectItem::Kind::kExpr) {
      for (const Source& from : scope.sources) {
        const bool all = item.kind == sql::SelectItem::Kind::kStar;
        if (!all && from.alias != item.qualifier.text) continue;
        out.insert(out.end(), from.columns.begin(), from.columns.end());
      }
      continue;
    }
    SqlColumn column;
    column.type = type_of(*item.expr, scope);
    if (item.expr->kind == sql::ExprKind::kFunction &&
        as<sql::FunctionExpr>(*item.expr).name == "COUNT") {
      column.type = AlgebraicType::u64();
    }
    if (item.expr->kind == sql::ExprKind::kColumn) {
      column.name = as<sql::ColumnExpr>(*item.expr).name.text;
    }
    if (!item.alias.empty()) column.name = item.alias.text;
    ORRERY_TRY(expression(item.expr, scope));
    out.push_back(std::move(column));
  }
  return out;
}

Result<SqlRewriter::Columns> SqlRewriter::body(sql::QueryBodyPtr& body, Scope& scope) {
  switch (body->kind) {
    case sql::QueryBodyKind::kSelect:
      return select(as<sql::SelectBody>(*body), scope);
    case sql::QueryBodyKind::kValues:
      for (sql::ExprList& row : as<sql::ValuesBody>(*body).rows) {
        ORRERY_TRY(expressions(row, scope));
      }
      return Columns();
    case sql::QueryBodyKind::kSetOperation: {
      Columns first;
      bool any = false;
      for (sql::QueryBodyPtr& operand : as<sql::SetBody>(*body).operands) {
        Scope own;
        own.outer = scope.outer;
        own.ctes = scope.ctes;
        ORRERY_TRY_ASSIGN(Columns columns, this->body(operand, own));
        if (!any) first = std::move(columns);
        any = true;
      }
      return first;
    }
    case sql::QueryBodyKind::kNested:
      return query(*as<sql::NestedBody>(*body).query, &scope);
  }
  return Columns();
}

Result<SqlRewriter::Columns> SqlRewriter::query(sql::Query& query, const Scope* outer) {
  std::vector<Source> ctes;
  Scope scope;
  scope.outer = outer;
  scope.ctes = &ctes;
  ctes.reserve(query.with.ctes.size());
  for (sql::Cte& cte : query.with.ctes) {
    Source made;
    made.alias = cte.name.text;
    // A recursive step sees itself, of types that are not known yet.
    const size_t place = ctes.size();
    if (query.with.recursive) ctes.push_back(made);
    ORRERY_TRY_ASSIGN(made.columns, this->query(*cte.query, &scope));
    for (size_t i = 0; i < cte.columns.size() && i < made.columns.size(); ++i) {
      made.columns[i].name = cte.columns[i].text;
    }
    if (query.with.recursive) {
      ctes[place] = std::move(made);
    } else {
      ctes.push_back(std::move(made));
    }
  }
  ORRERY_TRY_ASSIGN(Columns columns, body(query.body, scope));
  for (sql::OrderItem& item : query.order_by) ORRERY_TRY(expression(item.expr, scope));
  ORRERY_TRY(expression(query.limit, scope));
  ORRERY_TRY(expression(query.offset, scope));
  return columns;
}

// --- statements ---

Result<const BoundTable*> SqlRewriter::target(sql::Name& name) {
  if (input_.rights != SqlRights::kOwner) {
    return Error(ErrorCode::kReadOnly,
                 "Caller " + input_.caller.to_hex() + " is not authorized to run SQL DML statements");
  }
  const BoundTable* bound = input_.tables.find_table(name.text);
  if (bound == nullptr) {
    if (input_.tables.definition().find_view(name.text) || is_system_table(name.text)) {
      return Error(ErrorCode::kReadOnly, "`" + name.text + "` cannot be written to by SQL");
    }
    return no_table(name);
  }
  name = quoted(bound->def->qualified_name);
  tables_.push_back(bound);
  return bound;
}

Status SqlRewriter::insert(sql::InsertStatement& statement) {
  ORRERY_TRY_ASSIGN(const BoundTable* table, target(statement.table));
  const schema::TableDef& def = *table->def;
  std::vector<const AlgebraicType*> types;
  for (sql::Name& name : statement.columns) {
    const std::optional<uint16_t> column = def.find_column(name.text);
    types.push_back(column ? &def.columns[*column].resolved_type : nullptr);
    if (column) name = quoted(def.columns[*column].name);
  }
  if (statement.columns.empty()) {
    for (const schema::ColumnDef& column : def.columns) types.push_back(&column.resolved_type);
  }
  const Scope nothing;
  for (sql::ExprList& row : statement.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      ORRERY_TRY(expression(row[i], nothing));
      if (i < types.size() && types[i] != nullptr) ORRERY_TRY(convert(row[i], *types[i]));
    }
  }
  if (statement.query == nullptr) return {};
  ORRERY_TRY_ASSIGN([[maybe_unused]] Columns columns, query(*statement.query, nullptr));
  return {};
}

Status SqlRewriter::update(sql::UpdateStatement& statement) {
  const std::string written = statement.table.text;
  ORRERY_TRY_ASSIGN(const BoundTable* table, target(statement.table));
  Scope scope;
  Source& source = scope.sources.emplace_back();
  source.alias = written;
  for (const schema::ColumnDef& column : table->def->columns) {
    source.columns.push_back({column.name, column.resolved_type});
    source.other_names.push_back(column.accessor_name);
  }
  for (sql::Assignment& assignment : statement.assignments) {
    ORRERY_TRY(expression(assignment.value, scope));
    const std::optional<uint16_t> column = table->def->find_column(assignment.column.text);
    if (column) {
      assignment.column = quoted(table->def->columns[*column].name);
      ORRERY_TRY(convert(assignment.value, table->def->columns[*column].resolved_type));
    }
  }
  return expression(statement.where, scope);
}

Status SqlRewriter::erase(sql::DeleteStatement& statement) {
  const std::string written =
      statement.alias.empty() ? statement.table.text : statement.alias.text;
  ORRERY_TRY_ASSIGN(const BoundTable* table, target(statement.table));
  Scope scope;
  Source& source = scope.sources.emplace_back();
  source.alias = written;
  for (const schema::ColumnDef& column : table->def->columns) {
    source.columns.push_back({column.name, column.resolved_type});
    source.other_names.push_back(column.accessor_name);
  }
  return expression(statement.where, scope);
}

Status SqlRewriter::rewrite(sql::Statement& statement) {
  Status done;
  switch (statement.kind) {
    case sql::StatementKind::kSelect: {
      ORRERY_TRY_ASSIGN(output_, query(*as<sql::SelectStatement>(statement).query, nullptr));
      break;
    }
    case sql::StatementKind::kInsert:
      done = insert(as<sql::InsertStatement>(statement));
      break;
    case sql::StatementKind::kUpdate:
      done = update(as<sql::UpdateStatement>(statement));
      break;
    case sql::StatementKind::kDelete:
      done = erase(as<sql::DeleteStatement>(statement));
      break;
    case sql::StatementKind::kExplain: {
      auto& explained = as<sql::ExplainStatement>(statement);
      if (explained.statement != nullptr) return rewrite(*explained.statement);
      [[fallthrough]];
    }
    default:
      done = Error(ErrorCode::kNotSupported, "Unsupported: this statement");
  }
  statement.parameter_names.clear();
  statement.parameter_count = static_cast<uint32_t>(values_.size());
  return done;
}

}  // namespace orrery::host
