// Sources: tables, joins, derived tables, table functions, AS OF.
#include <algorithm>

#include "sql/parser_impl.h"

namespace orrery::sql {

bool Parser::parse_from(std::vector<TableRefPtr>* out, uint32_t* height) {
  do {
    TableRefPtr table = parse_table_ref();
    if (table == nullptr) return false;
    raise(height, table->height);
    out->push_back(std::move(table));
  } while (accept(TokenKind::kComma));
  return true;
}

TableRefPtr Parser::parse_table_ref() {
  return parse_joins(parse_table_primary());
}

TableRefPtr Parser::parse_joins(TableRefPtr left) {
  while (left != nullptr && at_join()) {
    auto join = start_node<JoinTable>();
    if (!parse_join_kind(join.get())) return nullptr;
    join->left = std::move(left);
    join->right = parse_table_primary();
    if (join->right == nullptr) return nullptr;
    uint32_t height = std::max(join->left->height, join->right->height);
    if (!parse_join_condition(join.get(), &height) || !set_height(*join, height)) return nullptr;
    left = std::move(join);
  }
  return left;
}

bool Parser::at_join() {
  switch (token_.keyword) {
    case Keyword::kJOIN:
    case Keyword::kINNER:
    case Keyword::kLEFT:
    case Keyword::kRIGHT:
    case Keyword::kFULL:
    case Keyword::kCROSS:
    case Keyword::kNATURAL:
      return true;
    default:
      return false;
  }
}

bool Parser::parse_join_kind(JoinTable* join) {
  if (accept(Keyword::kCROSS)) {
    join->join = JoinKind::kCross;
    return expect(Keyword::kJOIN, "CROSS");
  }
  join->natural = accept(Keyword::kNATURAL);
  bool outer = true;
  if (accept(Keyword::kLEFT)) {
    join->join = JoinKind::kLeft;
  } else if (accept(Keyword::kRIGHT)) {
    join->join = JoinKind::kRight;
  } else if (accept(Keyword::kFULL)) {
    join->join = JoinKind::kFull;
  } else {
    outer = false;
    accept(Keyword::kINNER);
  }
  if (outer) accept(Keyword::kOUTER);
  return expect(Keyword::kJOIN, "the kind of a join");
}

bool Parser::parse_join_condition(JoinTable* join, uint32_t* height) {
  if (join->natural || join->join == JoinKind::kCross) return true;
  if (at(Keyword::kON) && !at_upsert()) {
    advance();
    return parse_into(&join->on, height);
  }
  return !accept(Keyword::kUSING) || parse_name_list("column name", &join->using_columns);
}

TableRefPtr Parser::parse_table_primary() {
  Lateral lateral = Lateral::kNo;
  if (at(Keyword::kLATERAL)) {
    lateral = Lateral::kYes;
    advance();
  }
  if (at(TokenKind::kOpen)) return parse_parenthesised_table(lateral);
  if (at(TokenKind::kWord) && next_is(TokenKind::kOpen) && at_name(NameUse::kColumn)) {
    return parse_function_table(lateral);
  }
  if (lateral == Lateral::kYes) {
    fail_expected("'(' or a function after LATERAL");
    return nullptr;
  }
  return parse_named_table();
}

TableRefPtr Parser::parse_parenthesised_table(Lateral lateral) {
  SourcePosition position = token_.position;
  advance();
  if (at_query_start()) return parse_derived_table(parse_query(), lateral, position);
  Nesting nesting(this, limits::kQueryCost);
  if (!nesting.ok()) return nullptr;
  TableRefPtr inner = parse_table_primary();
  if (inner == nullptr) return nullptr;
  bool bare_query =
      inner->kind == TableRefKind::kQuery && as<DerivedTable>(*inner).alias.name.empty();
  if (bare_query && at_query_continuation()) {  // ((SELECT ...) UNION ...)
    auto query = std::make_unique<Query>();
    query->position = inner->position;
    QueryBodyPtr first = nested_body(std::move(as<DerivedTable>(*inner).query));
    if (first == nullptr) return nullptr;
    return parse_derived_table(finish_query(std::move(query), std::move(first)), lateral, position);
  }
  if (bare_query && at(TokenKind::kClose)) {  // ((SELECT ...))
    return parse_derived_table(std::move(as<DerivedTable>(*inner).query), lateral, position);
  }
  inner = parse_joins(std::move(inner));
  if (inner == nullptr || !expect(TokenKind::kClose, "')'")) return nullptr;
  return inner;
}

TableRefPtr Parser::parse_derived_table(QueryPtr query, Lateral lateral, SourcePosition position) {
  if (query == nullptr || !expect(TokenKind::kClose, "')'")) return nullptr;
  auto derived = std::make_unique<DerivedTable>();
  derived->position = position;
  derived->lateral = lateral;
  derived->query = std::move(query);
  if (!parse_table_alias(&derived->alias) || !set_height(*derived, derived->query->height))
    return nullptr;
  return derived;
}

TableRefPtr Parser::parse_function_table(Lateral lateral) {
  auto function = start_node<FunctionTable>();
  function->lateral = lateral;
  function->name = upper_text(token_);
  uint32_t height = 0;
  advance();
  advance();
  if (!at(TokenKind::kClose) && !parse_expr_list(&function->arguments, &height)) return nullptr;
  if (!expect(TokenKind::kClose, "')'") || !parse_table_alias(&function->alias) ||
      !set_height(*function, height)) {
    return nullptr;
  }
  return function;
}

TableRefPtr Parser::parse_named_table() {
  auto table = start_node<NamedTable>();
  uint32_t height = 0;
  if (!parse_name("identifier (name)", &table->name)) return nullptr;
  auto at_as_of = [&] { return at(Keyword::kAS) && next_is(Keyword::kOF); };
  if (at_as_of() && !parse_as_of(&table->as_of, &height)) return nullptr;
  if (!parse_table_alias(&table->alias)) return nullptr;
  if (!table->as_of && at_as_of() && !parse_as_of(&table->as_of, &height)) return nullptr;
  if (!set_height(*table, height)) return nullptr;
  return table;
}

bool Parser::parse_table_alias(TableAlias* alias) {
  if (at(Keyword::kAS) && !next_is(Keyword::kOF)) {
    advance();
    if (!at_name(NameUse::kColumn)) return fail_expected("identifier (name)");
    alias->name = take_name();
  } else if (at_name(NameUse::kImplicitAlias)) {
    alias->name = take_name();
  } else {
    return true;
  }
  return !at(TokenKind::kOpen) || parse_name_list("column name", &alias->columns);
}

bool Parser::parse_as_of(std::unique_ptr<AsOf>* out, uint32_t* height) {
  advance();
  advance();
  *out = std::make_unique<AsOf>();
  AsOf& as_of = **out;
  if (at(Keyword::kTRANSACTION)) {
    as_of.kind = AsOfKind::kTransaction;
  } else if (!at(Keyword::kTIMESTAMP)) {
    return fail("expected TRANSACTION or TIMESTAMP after AS OF");
  }
  advance();
  SourcePosition position = token_.position;
  if (!parse_into(&as_of.value, height)) return false;
  bool literal = as_of.value->kind == ExprKind::kLiteral;
  if (as_of.kind == AsOfKind::kTransaction && literal &&
      as<LiteralExpr>(*as_of.value).literal != LiteralKind::kInteger) {
    return fail_at(position, "AS OF TRANSACTION requires integer value");
  }
  return true;
}

// After a join, ON begins its condition unless an INSERT's ON CONFLICT or ON DUPLICATE KEY follows.
bool Parser::at_upsert() {
  if (!at(Keyword::kON)) return false;
  if (next_is(Keyword::kDUPLICATE)) return peek_third().is(Keyword::kKEY);
  if (!next_is(Keyword::kCONFLICT)) return false;
  return peek_third().is(Keyword::kDO) || peek_third().is(TokenKind::kOpen);
}

}  // namespace orrery::sql
