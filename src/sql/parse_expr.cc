// Expressions by operator precedence. Operators wait on a stack until one that binds no stronger
// follows; parentheses wait there too, so neither they nor chains of operators use the C++ stack.
#include <algorithm>

#include "sql/parser_impl.h"
#include "sql/precedence.h"

namespace orrery::sql {
namespace {

/// A LogicalExpr on the right is merged into the one on the left only while it is short: merging
/// costs its length, and nested parentheses would make that quadratic.
constexpr size_t kMergedOperandsMax = 32;

bool infix_of(TokenKind kind, BinaryOp* op) {
  switch (kind) {
    case TokenKind::kEqual:
      return *op = BinaryOp::kEqual, true;
    case TokenKind::kNotEqual:
      return *op = BinaryOp::kNotEqual, true;
    case TokenKind::kLess:
      return *op = BinaryOp::kLess, true;
    case TokenKind::kLessEqual:
      return *op = BinaryOp::kLessEqual, true;
    case TokenKind::kGreater:
      return *op = BinaryOp::kGreater, true;
    case TokenKind::kGreaterEqual:
      return *op = BinaryOp::kGreaterEqual, true;
    case TokenKind::kDistance:
      return *op = BinaryOp::kDistance, true;
    case TokenKind::kPlus:
      return *op = BinaryOp::kAdd, true;
    case TokenKind::kMinus:
      return *op = BinaryOp::kSubtract, true;
    case TokenKind::kStar:
      return *op = BinaryOp::kMultiply, true;
    case TokenKind::kSlash:
      return *op = BinaryOp::kDivide, true;
    case TokenKind::kPercent:
      return *op = BinaryOp::kModulo, true;
    case TokenKind::kConcat:
      return *op = BinaryOp::kConcat, true;
    case TokenKind::kPipe:
      return *op = BinaryOp::kBitOr, true;
    case TokenKind::kAmpersand:
      return *op = BinaryOp::kBitAnd, true;
    case TokenKind::kCaret:
      return *op = BinaryOp::kBitXor, true;
    case TokenKind::kShiftLeft:
      return *op = BinaryOp::kShiftLeft, true;
    case TokenKind::kShiftRight:
      return *op = BinaryOp::kShiftRight, true;
    case TokenKind::kArrow:
      return *op = BinaryOp::kJsonGet, true;
    case TokenKind::kDoubleArrow:
      return *op = BinaryOp::kJsonText, true;
    default:
      return false;
  }
}

bool is_comparison(BinaryOp op) {
  return op <= BinaryOp::kGreaterEqual;
}

bool is_logical(const Expr& e, LogicalOp op) {
  return e.kind == ExprKind::kLogical && as<LogicalExpr>(e).op == op;
}

/// Applies the sign to a numeric literal in place; false where `operand` is none.
bool fold_sign(UnaryOp op, Expr& operand) {
  if (operand.kind != ExprKind::kLiteral) return false;
  auto& literal = as<LiteralExpr>(operand);
  bool negate = op == UnaryOp::kNegate;
  if (literal.literal == LiteralKind::kInteger) {
    if (negate && literal.integer == INT64_MIN) return false;  // has to overflow when evaluated
    if (negate) literal.integer = -literal.integer;
    return true;
  }
  if (literal.literal != LiteralKind::kFloat) return false;
  if (negate && literal.integer ==
                    INT64_MIN) {  // 9223372036854775808: too large by itself, not with its sign
    literal.literal = LiteralKind::kInteger;
    literal.type = types::TypeId::kInteger;
  } else if (negate) {
    literal.real = -literal.real;
    if (literal.text.starts_with('-')) {
      literal.text.erase(0, 1);
    } else if (!literal.text.empty()) {
      literal.text.insert(0, "-");
    }
  }
  return true;
}

}  // namespace

Parser::Op Parser::make_op(uint8_t kind, uint8_t precedence, uint8_t detail,
                           Negation negation) const {
  return {static_cast<Op::Kind>(kind),
          precedence,
          detail,
          negation,
          0,
          operands_.size(),
          token_.position};
}

ExprPtr Parser::parse_expr_above(uint8_t minimum) {
  Nesting nesting(this, 1);
  if (!nesting.ok()) return nullptr;
  size_t outer_base = std::exchange(operators_base_, operators_.size());
  uint32_t outer_parentheses = std::exchange(open_parentheses_, 0);
  uint8_t outer_minimum = std::exchange(minimum_, minimum);
  Step step = Step::kOperand;
  while (step == Step::kOperand) {
    if (!parse_operand()) return nullptr;
    do {
      step = parse_operator();
    } while (step == Step::kAgain);
  }
  if (step == Step::kFailed || !reduce_while(precedence::kLowest)) return nullptr;
  if (open_parentheses_ > 0) {
    fail_expected("')'");
    return nullptr;
  }
  operators_base_ = outer_base;
  open_parentheses_ = outer_parentheses;
  minimum_ = outer_minimum;
  return pop_operand();
}

bool Parser::parse_operand() {
  for (;;) {
    UnaryOp op;
    if (at(TokenKind::kOpen)) {
      peek_next();
      if (ahead_[0].is(Keyword::kSELECT) || ahead_[0].is(Keyword::kWITH) ||
          ahead_[0].is(Keyword::kVALUES))
        break;
      operators_.push_back(make_op(Op::kParenthesis, precedence::kLowest));
      ++open_parentheses_;
      advance();
      continue;
    } else if (at(TokenKind::kMinus)) {
      op = UnaryOp::kNegate;
    } else if (at(TokenKind::kPlus)) {
      op = UnaryOp::kPlus;
    } else if (at(TokenKind::kTilde)) {
      op = UnaryOp::kBitNot;
    } else if (at(Keyword::kNOT)) {
      op = UnaryOp::kNot;
    } else {
      break;
    }
    uint8_t precedence = op == UnaryOp::kNot ? precedence::kNot : precedence::kPrefix;
    operators_.push_back(make_op(Op::kPrefix, precedence, static_cast<uint8_t>(op)));
    advance();
  }
  ExprPtr operand = parse_primary();
  if (operand == nullptr) return false;
  operands_.push_back(std::move(operand));
  return true;
}

Parser::Step Parser::parse_operator() {
  switch (token_.kind) {
    case TokenKind::kWord:
      return token_.keyword == Keyword::kNone ? Step::kDone : parse_word_operator();
    case TokenKind::kClose:
      return open_parentheses_ > 0 ? close_parenthesis() : Step::kDone;
    case TokenKind::kComma:
      return open_parentheses_ > 0 ? row_comma() : Step::kDone;
    case TokenKind::kEnd:
    case TokenKind::kSemicolon:
      return Step::kDone;
    default:
      return parse_infix();
  }
}

Parser::Step Parser::parse_word_operator() {
  if (minimum_ > precedence::kEquality && open_parentheses_ == 0) return Step::kDone;
  switch (token_.keyword) {
    case Keyword::kAND:
    case Keyword::kOR:
    case Keyword::kXOR:
      return parse_logical(token_.keyword);
    case Keyword::kIS:
      return parse_is();
    case Keyword::kIN:
      return parse_in(Negation::kPlain);
    case Keyword::kNOT:
      return parse_negated_operator();
    case Keyword::kLIKE:
      return parse_pattern(LikeOp::kLike, Negation::kPlain);
    case Keyword::kILIKE:
      return parse_pattern(LikeOp::kILike, Negation::kPlain);
    case Keyword::kGLOB:
      return parse_pattern(LikeOp::kGlob, Negation::kPlain);
    case Keyword::kREGEXP:
    case Keyword::kRLIKE:
      return parse_pattern(LikeOp::kRegexp, Negation::kPlain);
    case Keyword::kBETWEEN:
      return parse_between(Negation::kPlain);
    case Keyword::kESCAPE:
      return parse_escape();
    default:
      return open_parentheses_ > 0 && at_query_continuation() ? query_in_parenthesis()
                                                              : Step::kDone;
  }
}

Parser::Step Parser::parse_negated_operator() {
  switch (peek_next().keyword) {
    case Keyword::kLIKE:
      advance();
      return parse_pattern(LikeOp::kLike, Negation::kNegated);
    case Keyword::kILIKE:
      advance();
      return parse_pattern(LikeOp::kILike, Negation::kNegated);
    case Keyword::kGLOB:
      advance();
      return parse_pattern(LikeOp::kGlob, Negation::kNegated);
    case Keyword::kREGEXP:
    case Keyword::kRLIKE:
      advance();
      return parse_pattern(LikeOp::kRegexp, Negation::kNegated);
    case Keyword::kBETWEEN:
      advance();
      return parse_between(Negation::kNegated);
    case Keyword::kIN:
      advance();
      return parse_in(Negation::kNegated);
    default:
      return Step::kDone;  // e.g. DEFAULT 1 NOT NULL
  }
}

Parser::Step Parser::parse_infix() {
  BinaryOp op;
  if (!infix_of(token_.kind, &op)) return Step::kDone;
  uint8_t strength = precedence::of(op);
  if (strength < minimum_ && open_parentheses_ == 0) return Step::kDone;
  if (is_comparison(op)) {
    Keyword next = peek_next().keyword;
    if (next == Keyword::kANY || next == Keyword::kSOME || next == Keyword::kALL)
      return parse_quantified(op, strength);
  }
  if (!reduce_while(strength)) return Step::kFailed;
  operators_.push_back(make_op(Op::kInfix, strength, static_cast<uint8_t>(op)));
  advance();
  return Step::kOperand;
}

Parser::Step Parser::parse_logical(Keyword word) {
  if (word == Keyword::kAND) {
    // The AND of a BETWEEN comes when everything that binds stronger than BETWEEN is reduced.
    if (!reduce_while(precedence::kEquality + 1)) return Step::kFailed;
    if (has_operator() && operators_.back().kind == Op::kBetweenLow) {
      operators_.back().kind = Op::kBetween;
      advance();
      return Step::kOperand;
    }
  }
  uint8_t strength = word == Keyword::kAND ? precedence::kAnd : precedence::kOr;
  if (!reduce_while(strength)) return Step::kFailed;
  if (word == Keyword::kXOR) {
    operators_.push_back(make_op(Op::kInfix, strength, static_cast<uint8_t>(BinaryOp::kXor)));
  } else {
    operators_.push_back(make_op(word == Keyword::kAND ? Op::kAnd : Op::kOr, strength));
  }
  advance();
  return Step::kOperand;
}

Parser::Step Parser::parse_pattern(LikeOp op, Negation negation) {
  if (!reduce_while(precedence::kEquality)) return Step::kFailed;
  operators_.push_back(
      make_op(Op::kPattern, precedence::kEquality, static_cast<uint8_t>(op), negation));
  advance();
  return Step::kOperand;
}

Parser::Step Parser::parse_escape() {
  if (!reduce_while(precedence::kEquality + 1)) return Step::kFailed;
  if (!has_operator() || operators_.back().kind != Op::kPattern) return Step::kDone;
  operators_.back().kind = Op::kPatternEscape;
  advance();
  return Step::kOperand;
}

Parser::Step Parser::parse_between(Negation negation) {
  if (!reduce_while(precedence::kEquality)) return Step::kFailed;
  operators_.push_back(make_op(Op::kBetweenLow, precedence::kEquality, 0, negation));
  advance();
  return Step::kOperand;
}

Parser::Step Parser::parse_is() {
  if (!reduce_while(precedence::kEquality)) return Step::kFailed;
  SourcePosition position = token_.position;
  advance();
  bool negated = accept(Keyword::kNOT);
  if (at(Keyword::kDISTINCT) && next_is(Keyword::kFROM)) {
    advance();
    BinaryOp op = negated ? BinaryOp::kIsNotDistinct : BinaryOp::kIsDistinct;
    operators_.push_back(make_op(Op::kInfix, precedence::kEquality, static_cast<uint8_t>(op)));
    operators_.back().position = position;
    advance();
    return Step::kOperand;
  }
  auto is = std::make_unique<IsExpr>();
  is->position = position;
  is->negation = negated ? Negation::kNegated : Negation::kPlain;
  if (at(Keyword::kTRUE)) {
    is->test = IsTest::kTrue;
  } else if (at(Keyword::kFALSE)) {
    is->test = IsTest::kFalse;
  } else if (!at(Keyword::kNULL)) {
    fail_expected("NULL, TRUE, FALSE, or DISTINCT FROM after IS");
    return Step::kFailed;
  }
  advance();
  is->operand = pop_operand();
  uint32_t height = is->operand->height;
  return push_node(std::move(is), height) ? Step::kAgain : Step::kFailed;
}

Parser::Step Parser::parse_in(Negation negation) {
  if (!reduce_while(precedence::kEquality)) return Step::kFailed;
  auto in = start_node<InListExpr>();
  in->negation = negation;
  advance();
  if (!expect(TokenKind::kOpen, "'(' after IN")) return Step::kFailed;
  in->operand = pop_operand();
  if (!at_query_start()) return parse_in_list(std::move(in));
  return finish_in_query(std::move(in), parse_query());
}

Parser::Step Parser::parse_in_list(std::unique_ptr<InListExpr> in) {
  uint32_t height = in->operand->height;
  if (!at(TokenKind::kClose) && !parse_expr_list(&in->items, &height)) return Step::kFailed;
  bool lone_query = in->items.size() == 1 && in->items[0]->kind == ExprKind::kSubquery;
  if (lone_query && at_query_continuation()) {
    QueryPtr query = continue_query(std::move(in->items[0]));
    return finish_in_query(std::move(in), std::move(query));
  }
  if (lone_query) {  // IN ((SELECT ...)) asks for membership in the query's result
    QueryPtr query = std::move(as<SubqueryExpr>(*in->items[0]).query);
    return finish_in_query(std::move(in), std::move(query));
  }
  if (!expect(TokenKind::kClose, "')'")) return Step::kFailed;
  return push_node(std::move(in), height) ? Step::kAgain : Step::kFailed;
}

Parser::Step Parser::finish_in_query(std::unique_ptr<InListExpr> in, QueryPtr query) {
  if (query == nullptr || !expect(TokenKind::kClose, "')'")) return Step::kFailed;
  auto node = std::make_unique<InQueryExpr>();
  node->position = in->position;
  node->negation = in->negation;
  node->operand = std::move(in->operand);
  node->query = std::move(query);
  uint32_t height = std::max(node->operand->height, node->query->height);
  return push_node(std::move(node), height) ? Step::kAgain : Step::kFailed;
}

Parser::Step Parser::parse_quantified(BinaryOp op, uint8_t precedence) {
  if (!reduce_while(precedence)) return Step::kFailed;
  auto node = start_node<QuantifiedExpr>();
  node->op = op;
  advance();
  node->quantifier = at(Keyword::kALL) ? Quantifier::kAll : Quantifier::kAny;
  advance();
  if (!expect(TokenKind::kOpen, "'(' after ANY, SOME or ALL")) return Step::kFailed;
  node->query = parse_query();
  if (node->query == nullptr || !expect(TokenKind::kClose, "')'")) return Step::kFailed;
  node->operand = pop_operand();
  uint32_t height = std::max(node->operand->height, node->query->height);
  return push_node(std::move(node), height) ? Step::kAgain : Step::kFailed;
}

Parser::Step Parser::close_parenthesis() {
  if (!reduce_while(precedence::kLowest)) return Step::kFailed;
  Op parenthesis = operators_.back();
  operators_.pop_back();
  --open_parentheses_;
  advance();
  if (parenthesis.row_items == 0) return Step::kAgain;
  auto row = std::make_unique<RowExpr>();
  row->position = parenthesis.position;
  uint32_t height = 0;
  auto first = operands_.begin() + static_cast<ptrdiff_t>(parenthesis.operands);
  for (auto it = first; it != operands_.end(); ++it) {
    raise(&height, (*it)->height);
    row->items.push_back(std::move(*it));
  }
  operands_.erase(first, operands_.end());
  return push_node(std::move(row), height) ? Step::kAgain : Step::kFailed;
}

Parser::Step Parser::row_comma() {
  if (!reduce_while(precedence::kLowest)) return Step::kFailed;
  ++operators_.back().row_items;
  advance();
  return Step::kOperand;
}

bool Parser::at_query_continuation() const {
  return at(Keyword::kUNION) || at(Keyword::kINTERSECT) || at(Keyword::kEXCEPT) ||
         at(Keyword::kORDER) || at(Keyword::kLIMIT) || at(Keyword::kOFFSET) || at(Keyword::kFETCH);
}

Parser::Step Parser::query_in_parenthesis() {
  const Op& top = operators_.back();
  bool lone = top.kind == Op::kParenthesis && top.row_items == 0 &&
              operands_.size() == top.operands + 1 && operands_.back()->kind == ExprKind::kSubquery;
  if (!lone) return Step::kDone;
  SourcePosition position = top.position;
  QueryPtr query = continue_query(pop_operand());
  if (query == nullptr || !expect(TokenKind::kClose, "')'")) return Step::kFailed;
  operators_.pop_back();
  --open_parentheses_;
  ExprPtr subquery = make_subquery(std::move(query), position);
  if (subquery == nullptr) return Step::kFailed;
  operands_.push_back(std::move(subquery));
  return Step::kAgain;
}

QueryPtr Parser::continue_query(ExprPtr subquery) {
  QueryPtr inner = std::move(as<SubqueryExpr>(*subquery).query);
  auto query = std::make_unique<Query>();
  query->position = inner->position;
  QueryBodyPtr first = nested_body(std::move(inner));
  return first == nullptr ? nullptr : finish_query(std::move(query), std::move(first));
}

ExprPtr Parser::make_subquery(QueryPtr query, SourcePosition position) {
  auto node = std::make_unique<SubqueryExpr>();
  node->position = position;
  node->query = std::move(query);
  if (!set_height(*node, node->query->height)) return nullptr;
  return node;
}

bool Parser::reduce_while(uint8_t precedence) {
  while (has_operator() && operators_.back().kind != Op::kParenthesis &&
         operators_.back().precedence >= precedence) {
    if (!reduce_top()) return false;
  }
  return true;
}

bool Parser::reduce_top() {
  Op op = operators_.back();
  operators_.pop_back();
  switch (op.kind) {
    case Op::kPrefix:
      return reduce_prefix(op);
    case Op::kInfix:
      return reduce_infix(op);
    case Op::kAnd:
    case Op::kOr:
      return reduce_logical(op);
    case Op::kPattern:
    case Op::kPatternEscape:
      return reduce_pattern(op);
    case Op::kBetween:
      return reduce_between(op);
    case Op::kBetweenLow:
      return fail_expected("AND after BETWEEN");
    case Op::kParenthesis:
      break;
  }
  return fail_expected("')'");
}

bool Parser::reduce_prefix(const Op& op) {
  auto unary = static_cast<UnaryOp>(op.detail);
  ExprPtr operand = pop_operand();
  bool is_sign = unary == UnaryOp::kNegate || unary == UnaryOp::kPlus;
  if (is_sign && fold_sign(unary, *operand)) {
    operand->position = op.position;
    operands_.push_back(std::move(operand));
    return true;
  }
  auto node = std::make_unique<UnaryExpr>();
  node->op = unary;
  node->position = op.position;
  node->operand = std::move(operand);
  uint32_t height = node->operand->height;
  return push_node(std::move(node), height);
}

bool Parser::reduce_infix(const Op& op) {
  auto node = std::make_unique<BinaryExpr>();
  node->op = static_cast<BinaryOp>(op.detail);
  node->position = op.position;
  node->right = pop_operand();
  node->left = pop_operand();
  uint32_t height = std::max(node->left->height, node->right->height);
  return push_node(std::move(node), height);
}

bool Parser::reduce_logical(const Op& op) {
  LogicalOp logical = op.kind == Op::kAnd ? LogicalOp::kAnd : LogicalOp::kOr;
  ExprPtr right = pop_operand();
  ExprPtr left = pop_operand();
  std::unique_ptr<LogicalExpr> node;
  uint32_t below = 0;  // the highest operand
  if (is_logical(*left, logical)) {
    node.reset(static_cast<LogicalExpr*>(left.release()));
    below = node->height - 1u;
  } else {
    node = std::make_unique<LogicalExpr>();
    node->op = logical;
    node->position = op.position;
    below = left->height;
    node->operands.push_back(std::move(left));
  }
  if (is_logical(*right, logical) &&
      as<LogicalExpr>(*right).operands.size() <= kMergedOperandsMax) {
    raise(&below, right->height - 1u);
    for (ExprPtr& e : as<LogicalExpr>(*right).operands) node->operands.push_back(std::move(e));
  } else {
    raise(&below, right->height);
    node->operands.push_back(std::move(right));
  }
  return push_node(std::move(node), below);
}

bool Parser::reduce_pattern(const Op& op) {
  auto node = std::make_unique<LikeExpr>();
  node->op = static_cast<LikeOp>(op.detail);
  node->negation = op.negation;
  node->position = op.position;
  uint32_t height = 0;
  if (op.kind == Op::kPatternEscape) {
    node->escape = pop_operand();
    height = node->escape->height;
  }
  node->pattern = pop_operand();
  node->operand = pop_operand();
  raise(&height, node->pattern->height);
  raise(&height, node->operand->height);
  return push_node(std::move(node), height);
}

bool Parser::reduce_between(const Op& op) {
  auto node = std::make_unique<BetweenExpr>();
  node->negation = op.negation;
  node->position = op.position;
  node->high = pop_operand();
  node->low = pop_operand();
  node->operand = pop_operand();
  uint32_t height = std::max({node->high->height, node->low->height, node->operand->height});
  return push_node(std::move(node), height);
}

}  // namespace orrery::sql
