// Calls, windows and sort lists.
#include "sql/parser_impl.h"
#include "sql/precedence.h"

namespace orrery::sql {

ExprPtr Parser::parse_niladic() {
  auto call = start_node<FunctionExpr>();
  call->name = upper_text(token_);
  advance();
  return call;
}

ExprPtr Parser::finish_call(std::unique_ptr<FunctionExpr> call, uint32_t height) {
  if (!expect(TokenKind::kClose, "')'") || !set_height(*call, height)) return nullptr;
  return call;
}

ExprPtr Parser::parse_function() {
  auto call = start_node<FunctionExpr>();
  call->name = upper_text(token_);
  uint32_t height = 0;
  advance();
  advance();
  if (!parse_function_arguments(call.get(), &height) || !expect(TokenKind::kClose, "')'") ||
      !parse_function_suffix(call.get(), &height) || !set_height(*call, height)) {
    return nullptr;
  }
  return call;
}

bool Parser::parse_function_arguments(FunctionExpr* call, uint32_t* height) {
  if (at(TokenKind::kClose)) return true;
  if (at(TokenKind::kStar)) {
    call->star = true;
    advance();
    return true;
  }
  if (accept(Keyword::kDISTINCT)) {
    call->distinct = true;
  } else {
    accept(Keyword::kALL);
  }
  if (!parse_expr_list(&call->arguments, height)) return false;
  if (!at(Keyword::kORDER)) return true;
  return parse_order_list(&call->order_by, height);
}

bool Parser::parse_function_suffix(FunctionExpr* call, uint32_t* height) {
  if (at(Keyword::kFILTER) && next_is(TokenKind::kOpen)) {
    advance();
    advance();
    if (!expect(Keyword::kWHERE, "FILTER (") || !parse_into(&call->filter, height) ||
        !expect(TokenKind::kClose, "')'")) {
      return false;
    }
  }
  if (!at(Keyword::kOVER)) return true;
  call->over = std::make_unique<WindowSpec>();
  call->over->position = token_.position;
  advance();
  if (!at(TokenKind::kOpen)) return parse_name("window name or '(' after OVER", &call->over->base);
  advance();
  return parse_window_spec(call->over.get(), height) && expect(TokenKind::kClose, "')'");
}

bool Parser::parse_window_spec(WindowSpec* spec, uint32_t* height) {
  bool partition = at(Keyword::kPARTITION) && next_is(Keyword::kBY);
  bool frame = at(Keyword::kROWS) || at(Keyword::kRANGE);
  if (!partition && !frame && at_name(NameUse::kColumn)) {
    spec->base = take_name();
  }
  if (at(Keyword::kPARTITION)) {
    advance();
    if (!expect(Keyword::kBY, "PARTITION") || !parse_expr_list(&spec->partition_by, height))
      return false;
  }
  if (at(Keyword::kORDER) && !parse_order_list(&spec->order_by, height)) return false;
  if (!at(Keyword::kROWS) && !at(Keyword::kRANGE)) return true;
  spec->frame = std::make_unique<WindowFrame>();
  return parse_frame(spec->frame.get(), height);
}

bool Parser::parse_frame(WindowFrame* frame, uint32_t* height) {
  frame->unit = at(Keyword::kROWS) ? FrameUnit::kRows : FrameUnit::kRange;
  SourcePosition position = token_.position;
  advance();
  if (accept(Keyword::kBETWEEN)) {
    if (!parse_frame_bound(&frame->start, height) ||
        !expect(Keyword::kAND, "the start of the frame") ||
        !parse_frame_bound(&frame->end, height)) {
      return false;
    }
  } else if (!parse_frame_bound(&frame->start, height)) {
    return false;
  }
  if (frame->start.kind <= frame->end.kind &&
      frame->start.kind != FrameBoundKind::kUnboundedFollowing &&
      frame->end.kind != FrameBoundKind::kUnboundedPreceding) {
    return true;
  }
  return fail_at(position, "a window frame must not end before it starts");
}

bool Parser::parse_frame_bound(FrameBound* bound, uint32_t* height) {
  if (at(Keyword::kCURRENT) && next_is(Keyword::kROW)) {
    advance();
    advance();
    bound->kind = FrameBoundKind::kCurrentRow;
    return true;
  }
  bool unbounded =
      at(Keyword::kUNBOUNDED) && (next_is(Keyword::kPRECEDING) || next_is(Keyword::kFOLLOWING));
  if (unbounded) {
    advance();
  } else if (!parse_into(&bound->offset, height)) {
    return false;
  }
  if (at(Keyword::kPRECEDING)) {
    bound->kind = unbounded ? FrameBoundKind::kUnboundedPreceding : FrameBoundKind::kPreceding;
  } else if (at(Keyword::kFOLLOWING)) {
    bound->kind = unbounded ? FrameBoundKind::kUnboundedFollowing : FrameBoundKind::kFollowing;
  } else {
    return fail_expected("PRECEDING or FOLLOWING");
  }
  advance();
  return true;
}

bool Parser::parse_order_list(std::vector<OrderItem>* out, uint32_t* height) {
  advance();
  if (!expect(Keyword::kBY, "ORDER")) return false;
  do {
    OrderItem& item = out->emplace_back();
    if (!parse_into(&item.expr, height)) return false;
    if (accept(Keyword::kDESC)) {
      item.direction = SortDirection::kDescending;
    } else {
      accept(Keyword::kASC);
    }
    if (!accept(Keyword::kNULLS)) continue;
    if (!at(Keyword::kFIRST) && !at(Keyword::kLAST))
      return fail_expected("FIRST or LAST after NULLS");
    item.nulls = at(Keyword::kFIRST) ? NullsOrder::kFirst : NullsOrder::kLast;
    advance();
  } while (accept(TokenKind::kComma));
  return true;
}

// POSITION(a IN b): a must not swallow the IN.
ExprPtr Parser::parse_position() {
  auto call = start_node<FunctionExpr>();
  call->name = "POSITION";
  uint32_t height = 0;
  advance();
  advance();
  ExprPtr& needle = call->arguments.emplace_back(parse_expr_above(precedence::kOrder));
  if (needle == nullptr) return nullptr;
  raise(&height, needle->height);
  if (!accept(Keyword::kIN) && !expect(TokenKind::kComma, "IN or ',' in POSITION")) return nullptr;
  if (!parse_expr_list(&call->arguments, &height)) return nullptr;
  return finish_call(std::move(call), height);
}

// SUBSTRING(s FROM a [FOR b]), SUBSTRING(s FOR b), SUBSTRING(s, a [, b])
ExprPtr Parser::parse_substring() {
  auto call = start_node<FunctionExpr>();
  call->name = upper_text(token_);
  uint32_t height = 0;
  advance();
  advance();
  if (at(TokenKind::kClose)) return finish_call(std::move(call), height);
  if (!parse_expr_list(&call->arguments, &height)) return nullptr;
  if (call->arguments.size() == 1 && accept(Keyword::kFROM)) {
    if (!parse_into(&call->arguments.emplace_back(), &height)) return nullptr;
  }
  if (at(Keyword::kFOR) && call->arguments.size() <= 2) {
    if (call->arguments.size() == 1) {
      auto one = start_node<LiteralExpr>();
      one->literal = LiteralKind::kInteger;
      one->type = types::TypeId::kInteger;
      one->integer = 1;
      call->arguments.push_back(std::move(one));
    }
    advance();
    if (!parse_into(&call->arguments.emplace_back(), &height)) return nullptr;
  }
  raise(&height, 1);
  return finish_call(std::move(call), height);
}

// TRIM([BOTH | LEADING | TRAILING] [chars] FROM s), TRIM(s [, chars])
ExprPtr Parser::parse_trim() {
  auto call = start_node<FunctionExpr>();
  call->name = "TRIM";
  uint32_t height = 0;
  advance();
  advance();
  if (at(TokenKind::kClose)) return finish_call(std::move(call), height);
  bool side = at(Keyword::kBOTH) || at(Keyword::kLEADING) || at(Keyword::kTRAILING);
  TokenKind next = peek_next().kind;
  bool column = next == TokenKind::kClose || next == TokenKind::kComma || next == TokenKind::kDot;
  if (side && !column) {
    if (at(Keyword::kLEADING)) call->name = "LTRIM";
    if (at(Keyword::kTRAILING)) call->name = "RTRIM";
    advance();
  }
  if (!at(Keyword::kFROM) && !parse_expr_list(&call->arguments, &height)) return nullptr;
  if (call->arguments.size() <= 1 && accept(Keyword::kFROM)) {
    ExprPtr text;
    if (!parse_into(&text, &height)) return nullptr;
    call->arguments.insert(call->arguments.begin(), std::move(text));
  }
  return finish_call(std::move(call), height);
}

}  // namespace orrery::sql
