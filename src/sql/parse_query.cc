// Queries: WITH, SELECT, set operations, GROUP BY, ORDER BY, LIMIT.
#include <algorithm>

#include "sql/parser_impl.h"
#include "sql/to_sql.h"

namespace orrery::sql {
namespace {

/// (a, (b, c)) groups by a, b and c. The depth of rows is bounded as every tree's height is.
void add_group_members(ExprPtr expr, ExprList* out) {
  if (expr->kind != ExprKind::kRow) {
    out->push_back(std::move(expr));
    return;
  }
  for (ExprPtr& item : as<RowExpr>(*expr).items) add_group_members(std::move(item), out);
}

}  // namespace

bool Parser::at_query_start() const {
  return at(Keyword::kSELECT) || at(Keyword::kWITH) || at(Keyword::kVALUES);
}

bool Parser::parenthesis_opens_query() {
  if (!at(TokenKind::kOpen)) return false;
  Lexer ahead = lexer_;
  for (uint32_t i = 0;; ++i) {
    Token token = i < ahead_count_ ? ahead_[i] : ahead.next();
    if (token.is(TokenKind::kOpen)) continue;
    return token.is(Keyword::kSELECT) || token.is(Keyword::kWITH) || token.is(Keyword::kVALUES);
  }
}

QueryPtr Parser::parse_query() {
  Nesting nesting(this, limits::kQueryCost);
  if (!nesting.ok()) return nullptr;
  auto query = start_node<Query>();
  uint32_t height = 1;
  if (at(Keyword::kWITH) && !parse_with(&query->with, &height)) return nullptr;
  query->height = static_cast<uint16_t>(height);
  QueryBodyPtr first = parse_set_operand();
  if (first == nullptr) return nullptr;
  return finish_query(std::move(query), std::move(first));
}

QueryPtr Parser::finish_query(QueryPtr query, QueryBodyPtr first) {
  query->body = parse_set_expression(std::move(first));
  if (query->body == nullptr) return nullptr;
  uint32_t height = std::max(query->height, query->body->height);
  if (at(Keyword::kORDER) && !parse_order_list(&query->order_by, &height)) return nullptr;
  if (!parse_limits(query.get(), &height)) return nullptr;
  bool plain =
      query->with.ctes.empty() && query->order_by.empty() && !query->limit && !query->offset;
  if (plain && query->body->kind == QueryBodyKind::kNested)
    return std::move(as<NestedBody>(*query->body).query);
  if (!set_height(*query, height)) return nullptr;
  return query;
}

bool Parser::parse_with(WithClause* with, uint32_t* height) {
  advance();
  // RECURSIVE may also be the name of the first table.
  if (at(Keyword::kRECURSIVE) && !next_is(Keyword::kAS) && !next_is(TokenKind::kOpen)) {
    with->recursive = true;
    advance();
  }
  do {
    if (!parse_cte(&with->ctes.emplace_back(), height)) return false;
  } while (accept(TokenKind::kComma));
  return true;
}

bool Parser::parse_cte(Cte* cte, uint32_t* height) {
  if (!parse_name("name of a common table expression", &cte->name)) return false;
  if (at(TokenKind::kOpen) && !parse_name_list("column name", &cte->columns)) return false;
  if (!expect(Keyword::kAS, "the name of a common table expression") ||
      !expect(TokenKind::kOpen, "'('"))
    return false;
  cte->query = parse_query();
  if (cte->query == nullptr || !expect(TokenKind::kClose, "')'")) return false;
  raise(height, cte->query->height);
  return true;
}

QueryBodyPtr Parser::parse_set_expression(QueryBodyPtr first) {
  QueryBodyPtr left = parse_intersect(std::move(first));
  while (left != nullptr && (at(Keyword::kUNION) || at(Keyword::kEXCEPT))) {
    SetOp op = at(Keyword::kUNION) ? SetOp::kUnion : SetOp::kExcept;
    SourcePosition position = token_.position;
    advance();
    bool all = accept(Keyword::kALL);
    if (!all) accept(Keyword::kDISTINCT);
    QueryBodyPtr right = parse_set_operand();
    if (right != nullptr) right = parse_intersect(std::move(right));
    if (right == nullptr) return nullptr;
    left = combine(op, all, position, std::move(left), std::move(right));
  }
  return left;
}

QueryBodyPtr Parser::parse_intersect(QueryBodyPtr left) {
  while (left != nullptr && at(Keyword::kINTERSECT)) {
    SourcePosition position = token_.position;
    advance();
    bool all = accept(Keyword::kALL);
    if (!all) accept(Keyword::kDISTINCT);
    QueryBodyPtr right = parse_set_operand();
    if (right == nullptr) return nullptr;
    left = combine(SetOp::kIntersect, all, position, std::move(left), std::move(right));
  }
  return left;
}

QueryBodyPtr Parser::combine(SetOp op, bool all, SourcePosition position, QueryBodyPtr left,
                             QueryBodyPtr right) {
  std::unique_ptr<SetBody> set;
  uint32_t below;  // the highest operand
  bool same = left->kind == QueryBodyKind::kSetOperation && as<SetBody>(*left).op == op &&
              as<SetBody>(*left).all == all;
  if (same) {
    set.reset(static_cast<SetBody*>(left.release()));
    below = set->height - 1u;
  } else {
    set = std::make_unique<SetBody>();
    set->op = op;
    set->all = all;
    set->position = position;
    below = left->height;
    set->operands.push_back(std::move(left));
  }
  raise(&below, right->height);
  set->operands.push_back(std::move(right));
  if (!set_height(*set, below)) return nullptr;
  return set;
}

QueryBodyPtr Parser::nested_body(QueryPtr query) {
  if (query->with.ctes.empty() && query->order_by.empty() && !query->limit && !query->offset) {
    return std::move(query->body);
  }
  auto nested = std::make_unique<NestedBody>();
  nested->position = query->position;
  nested->query = std::move(query);
  if (!set_height(*nested, nested->query->height)) return nullptr;
  return nested;
}

QueryBodyPtr Parser::parse_set_operand() {
  if (at(Keyword::kSELECT)) return parse_select_body();
  if (at(Keyword::kVALUES)) return parse_values_body();
  if (!at(TokenKind::kOpen)) {
    fail_expected("SELECT");
    return nullptr;
  }
  advance();
  QueryPtr query = parse_query();
  if (query == nullptr || !expect(TokenKind::kClose, "')'")) return nullptr;
  return nested_body(std::move(query));
}

QueryBodyPtr Parser::parse_values_body() {
  auto values = start_node<ValuesBody>();
  uint32_t height = 0;
  advance();
  if (!parse_rows(&values->rows, &height) || !set_height(*values, height)) return nullptr;
  return values;
}

bool Parser::parse_rows(std::vector<ExprList>* out, uint32_t* height) {
  do {
    if (!expect(TokenKind::kOpen, "'('")) return false;
    ExprList& row = out->emplace_back();
    if (out->size() > 1) row.reserve((*out)[0].size());
    do {
      if (!parse_value(&row.emplace_back(), height)) return false;
    } while (accept(TokenKind::kComma));
    if (!expect(TokenKind::kClose, "')'")) return false;
  } while (accept(TokenKind::kComma));
  return true;
}

QueryBodyPtr Parser::parse_select_body() {
  auto body = start_node<SelectBody>();
  uint32_t height = 0;
  advance();
  if (!parse_distinct(body.get(), &height) || !parse_select_items(&body->items, &height))
    return nullptr;
  if (accept(Keyword::kFROM) && !parse_from(&body->from, &height)) return nullptr;
  if (accept(Keyword::kWHERE) && !parse_into(&body->where, &height)) return nullptr;
  if (at(Keyword::kGROUP) && !parse_group_by(body.get(), &height)) return nullptr;
  if (accept(Keyword::kHAVING) && !parse_into(&body->having, &height)) return nullptr;
  if (accept(Keyword::kWINDOW) && !parse_windows(body.get(), &height)) return nullptr;
  if (!set_height(*body, height)) return nullptr;
  return body;
}

bool Parser::parse_distinct(SelectBody* body, uint32_t* height) {
  if (accept(Keyword::kALL)) return true;
  if (!accept(Keyword::kDISTINCT)) return true;
  body->distinct = DistinctKind::kDistinct;
  if (!accept(Keyword::kON)) return true;
  body->distinct = DistinctKind::kDistinctOn;
  return expect(TokenKind::kOpen, "'(' after DISTINCT ON") &&
         parse_expr_list(&body->distinct_on, height) && expect(TokenKind::kClose, "')'");
}

bool Parser::parse_select_items(std::vector<SelectItem>* out, uint32_t* height) {
  do {
    if (!parse_select_item(&out->emplace_back(), height)) return false;
  } while (accept(TokenKind::kComma));
  return true;
}

bool Parser::parse_select_item(SelectItem* item, uint32_t* height) {
  item->position = token_.position;
  item->source_begin = token_.offset;
  if (at(TokenKind::kStar)) {
    item->kind = SelectItem::Kind::kStar;
    advance();
    item->source_end = previous_end_;
    return true;
  }
  if (at_name(NameUse::kColumn) && next_is(TokenKind::kDot) && peek_third().is(TokenKind::kStar)) {
    item->kind = SelectItem::Kind::kQualifiedStar;
    item->qualifier = take_name();
    advance();
    advance();
    item->source_end = previous_end_;
    return true;
  }
  if (!parse_into(&item->expr, height)) return false;
  item->source_end = previous_end_;
  if (accept(Keyword::kAS)) {
    if (!at_name(NameUse::kAliasAfterAs)) return fail_expected("identifier (name)");
    item->alias = take_name();
  } else if (at_name(NameUse::kImplicitAlias)) {
    item->alias = take_name();
  }
  return true;
}

bool Parser::parse_group_by(SelectBody* body, uint32_t* height) {
  advance();
  if (!expect(Keyword::kBY, "GROUP")) return false;
  do {
    GroupItem item;
    if (!parse_group_item(&item, height)) return false;
    if (item.kind != GroupKind::kExpr) {
      body->group_by.push_back(std::move(item));
      continue;
    }
    for (ExprPtr& expr : item.sets[0]) {  // (a, b) groups by both
      GroupItem& single = body->group_by.emplace_back();
      single.position = item.position;
      single.sets.emplace_back().push_back(std::move(expr));
    }
  } while (accept(TokenKind::kComma));
  return true;
}

bool Parser::parse_group_item(GroupItem* item, uint32_t* height) {
  item->position = token_.position;
  if (at(Keyword::kROLLUP) && next_is(TokenKind::kOpen)) {
    item->kind = GroupKind::kRollup;
  } else if (at(Keyword::kCUBE) && next_is(TokenKind::kOpen)) {
    item->kind = GroupKind::kCube;
  } else if (at(Keyword::kGROUPING) && next_is(Keyword::kSETS)) {
    item->kind = GroupKind::kGroupingSets;
    advance();
  } else {
    return parse_group_set(&item->sets.emplace_back(), height);
  }
  advance();
  if (!expect(TokenKind::kOpen, "'('")) return false;
  do {
    ExprList& set = item->sets.emplace_back();
    if (item->kind == GroupKind::kGroupingSets && at(TokenKind::kOpen) &&
        next_is(TokenKind::kClose)) {
      advance();
      advance();
    } else if (!parse_group_set(&set, height)) {
      return false;
    }
  } while (accept(TokenKind::kComma));
  return expect(TokenKind::kClose, "')'");
}

bool Parser::parse_group_set(ExprList* out, uint32_t* height) {
  ExprPtr expr;
  if (!parse_into(&expr, height)) return false;
  add_group_members(std::move(expr), out);
  return true;
}

bool Parser::parse_windows(SelectBody* body, uint32_t* height) {
  do {
    NamedWindow& window = body->windows.emplace_back();
    window.spec.position = token_.position;
    if (!parse_name("window name", &window.name) || !expect(Keyword::kAS, "the name of a window") ||
        !expect(TokenKind::kOpen, "'('") || !parse_window_spec(&window.spec, height) ||
        !expect(TokenKind::kClose, "')'")) {
      return false;
    }
  } while (accept(TokenKind::kComma));
  return true;
}

bool Parser::parse_limits(Query* query, uint32_t* height) {
  for (;;) {
    if (at(Keyword::kLIMIT) && !query->limit) {
      advance();
      if (!parse_limit_value("LIMIT", &query->limit, height)) return false;
    } else if (at(Keyword::kOFFSET) && !query->offset) {
      advance();
      if (!parse_limit_value("OFFSET", &query->offset, height)) return false;
      if (!accept(Keyword::kROWS)) accept(Keyword::kROW);
    } else if (at(Keyword::kFETCH) && !query->limit) {
      advance();
      if (!accept(Keyword::kFIRST) && !expect(Keyword::kNEXT, "FETCH")) return false;
      if (at(Keyword::kROW) || at(Keyword::kROWS)) {
        return fail("number of rows of FETCH not found");
      }
      if (!parse_limit_value("FETCH", &query->limit, height)) return false;
      if (!accept(Keyword::kROWS) && !expect(Keyword::kROW, "FETCH FIRST n")) return false;
      if (!expect(Keyword::kONLY, "ROWS")) return false;
    } else {
      return true;
    }
  }
}

bool Parser::parse_limit_value(std::string_view what, ExprPtr* out, uint32_t* height) {
  SourcePosition position = token_.position;
  if (!parse_into(out, height)) return false;
  const Expr& expr = **out;
  if (expr.kind == ExprKind::kSubquery)
    return fail_at(position, std::string(what) + " must be an integer, got a query");
  if (expr.kind != ExprKind::kLiteral) return true;
  const auto& literal = as<LiteralExpr>(expr);
  bool integer = literal.literal == LiteralKind::kInteger;
  if (!integer && literal.literal != LiteralKind::kFloat) {
    return fail_at(position, std::string(what) + " must be an integer");
  }
  if (integer ? literal.integer >= 0 : literal.real >= 0) return true;
  return fail_at(position, std::string(what) + " must be non-negative, got " + to_sql(expr));
}

}  // namespace orrery::sql
