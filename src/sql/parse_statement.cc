// Statements: which one it is, and all that neither change data nor define it.
#include <algorithm>

#include "sql/parser_impl.h"

namespace orrery::sql {

StatementPtr Parser::parse_statement() {
  question_count_ = 0;
  dollar_max_ = 0;
  parameter_names_.clear();
  parameter_places_.clear();
  uint32_t begin = token_.offset;
  StatementPtr statement = dispatch_statement();
  if (failed()) return nullptr;
  statement->source_begin = begin;
  statement->source_end = previous_end_;
  statement->parameter_count = std::max(question_count_, dollar_max_);
  statement->parameter_names = std::move(parameter_names_);
  return statement;
}

StatementPtr Parser::dispatch_statement() {
  switch (token_.keyword) {
    case Keyword::kSELECT:
      return parse_select_statement({}, 1);
    case Keyword::kWITH:
      return parse_with_statement();
    case Keyword::kINSERT:
      return parse_insert({}, 0);
    case Keyword::kUPDATE:
      return parse_update({}, 0);
    case Keyword::kDELETE:
      return parse_delete({}, 0);
    case Keyword::kTRUNCATE:
      return next_is(TokenKind::kOpen) ? parse_unknown() : parse_truncate();
    case Keyword::kCOPY:
      return parse_copy();
    case Keyword::kCREATE:
      return parse_create();
    case Keyword::kALTER:
      return parse_alter();
    case Keyword::kDROP:
      return parse_drop();
    case Keyword::kBEGIN:
      return parse_begin();
    case Keyword::kSTART:
      return next_is(Keyword::kTRANSACTION) ? parse_begin() : parse_unknown();
    case Keyword::kCOMMIT:
      return parse_commit();
    case Keyword::kROLLBACK:
      return parse_rollback();
    case Keyword::kSAVEPOINT:
      return parse_savepoint();
    case Keyword::kRELEASE:
      return parse_release();
    case Keyword::kSET:
      return parse_set();
    case Keyword::kSHOW:
      return parse_show();
    case Keyword::kDESCRIBE:
    case Keyword::kDESC:
      return parse_describe();
    case Keyword::kPRAGMA:
      return parse_pragma();
    case Keyword::kANALYZE:
      return parse_analyze();
    case Keyword::kVACUUM:
      return parse_vacuum();
    case Keyword::kEXPLAIN:
      return parse_explain();
    default:
      return parenthesis_opens_query() ? parse_select_statement({}, 1) : parse_unknown();
  }
}

StatementPtr Parser::parse_select_statement(WithClause with, uint32_t height) {
  Nesting nesting(this, limits::kQueryCost);
  auto statement = start_node<SelectStatement>();
  auto query = start_node<Query>();
  query->with = std::move(with);
  query->height = static_cast<uint16_t>(height);
  QueryBodyPtr first = parse_set_operand();
  if (first == nullptr) return nullptr;
  statement->query = finish_query(std::move(query), std::move(first));
  if (statement->query == nullptr) return nullptr;
  uint32_t highest = statement->query->height;
  return finish(std::move(statement), highest);
}

StatementPtr Parser::parse_with_statement() {
  WithClause with;
  uint32_t height = 1;
  if (!parse_with(&with, &height)) return nullptr;
  switch (token_.keyword) {
    case Keyword::kINSERT:
      return parse_insert(std::move(with), height);
    case Keyword::kUPDATE:
      return parse_update(std::move(with), height);
    case Keyword::kDELETE:
      return parse_delete(std::move(with), height);
    default:
      return parse_select_statement(std::move(with), height);
  }
}

StatementPtr Parser::parse_unknown() {
  if (options_.unknown_statement == UnknownStatement::kExpression)
    return parse_expression_statement();
  SourcePosition position = token_.position;
  uint32_t begin = token_.offset;
  while (!at_end_of_statement() && !at(TokenKind::kError)) advance();
  std::string_view source = sql_.substr(begin, previous_end_ - begin);
  fail_at(position, "invalid SQL: unrecognised statement: " + std::string(source));
  return nullptr;
}

StatementPtr Parser::parse_expression_statement() {
  auto statement = start_node<ExpressionStatement>();
  bool word = at(TokenKind::kWord);
  statement->expr = parse_expr();
  if (statement->expr == nullptr) return nullptr;
  bool column = word && statement->expr->kind == ExprKind::kColumn;
  if (column && !at_end_of_statement()) {
    // `SELEC 1`: whatever follows, the complaint has to be of the first word.
    while (!at_end_of_statement() && !at(TokenKind::kError)) advance();
  }
  uint32_t height = statement->expr->height;
  return finish(std::move(statement), height);
}

StatementPtr Parser::parse_begin() {
  auto begin = start_node<BeginStatement>();
  advance();
  if (!accept(Keyword::kTRANSACTION)) accept(Keyword::kWORK);
  if (at(Keyword::kISOLATION)) parse_isolation(&begin->isolation);
  return finish(std::move(begin));
}

bool Parser::parse_isolation(IsolationLevel* out) {
  advance();
  if (!expect(Keyword::kLEVEL, "ISOLATION")) return false;
  Keyword second = peek_next().keyword;
  bool two_words = true;
  if (at(Keyword::kREAD) && second == Keyword::kCOMMITTED) {
    *out = IsolationLevel::kReadCommitted;
  } else if (at(Keyword::kREAD) && second == Keyword::kUNCOMMITTED) {
    *out = IsolationLevel::kReadUncommitted;
  } else if (at(Keyword::kREPEATABLE) && second == Keyword::kREAD) {
    *out = IsolationLevel::kRepeatableRead;
  } else {
    two_words = false;
    if (at(Keyword::kSNAPSHOT)) {
      *out = IsolationLevel::kSnapshot;
    } else if (at(Keyword::kSERIALIZABLE)) {
      *out = IsolationLevel::kSerializable;
    } else if (at(TokenKind::kEnd)) {
      return fail_expected("isolation level");
    } else {
      return fail("invalid isolation level: " + std::string(text(token_)));
    }
  }
  advance();
  if (two_words) advance();
  return true;
}

StatementPtr Parser::parse_commit() {
  auto commit = start_node<CommitStatement>();
  advance();
  if (!accept(Keyword::kTRANSACTION)) accept(Keyword::kWORK);
  return finish(std::move(commit));
}

StatementPtr Parser::parse_rollback() {
  SourcePosition position = token_.position;
  advance();
  if (!accept(Keyword::kTRANSACTION)) accept(Keyword::kWORK);
  if (!accept(Keyword::kTO)) {
    auto rollback = std::make_unique<RollbackStatement>();
    rollback->position = position;
    return finish(std::move(rollback));
  }
  auto rollback = std::make_unique<RollbackToStatement>();
  rollback->position = position;
  if (at(Keyword::kSAVEPOINT) && !next_is(TokenKind::kEnd) && !next_is(TokenKind::kSemicolon))
    advance();
  parse_name("savepoint name", &rollback->name);
  return finish(std::move(rollback));
}

StatementPtr Parser::parse_savepoint() {
  auto savepoint = start_node<SavepointStatement>();
  advance();
  parse_name("savepoint name", &savepoint->name);
  return finish(std::move(savepoint));
}

StatementPtr Parser::parse_release() {
  auto release = start_node<ReleaseStatement>();
  advance();
  if (at(Keyword::kSAVEPOINT) && !next_is(TokenKind::kEnd) && !next_is(TokenKind::kSemicolon))
    advance();
  parse_name("savepoint name", &release->name);
  return finish(std::move(release));
}

StatementPtr Parser::parse_set() {
  auto set = start_node<SetStatement>();
  advance();
  if (at(Keyword::kTRANSACTION)) return fail_expected("variable name"), nullptr;
  if (!parse_any_word("variable name", &set->name)) return nullptr;
  if (!accept(Keyword::kTO) && !expect(TokenKind::kEqual, "'=' after the variable name"))
    return nullptr;
  set->value = parse_setting_value();
  if (set->value == nullptr) return nullptr;
  uint32_t height = set->value->height;
  return finish(std::move(set), height);
}

ExprPtr Parser::parse_setting_value() {
  bool literal = at(Keyword::kTRUE) || at(Keyword::kFALSE) || at(Keyword::kNULL);
  if (!at(TokenKind::kWord) || literal || next_is(TokenKind::kOpen)) return parse_expr();
  auto words = start_node<ColumnExpr>();  // e.g. full, READ COMMITTED
  words->name = take_name();
  while (at(TokenKind::kWord)) words->name.text.append(" ").append(take_name().text);
  return words;
}

StatementPtr Parser::parse_show() {
  auto show = start_node<ShowStatement>();
  advance();
  parse_show_object(show.get());
  return finish(std::move(show));
}

bool Parser::parse_show_object(ShowStatement* show) {
  if (accept(Keyword::kTABLES)) {
    show->show = ShowKind::kTables;
    return true;
  }
  if (accept(Keyword::kVIEWS)) {
    show->show = ShowKind::kViews;
    return true;
  }
  if (accept(Keyword::kINDEXES) || accept(Keyword::kINDEX)) {
    show->show = ShowKind::kIndexes;
    return expect(Keyword::kFROM, "SHOW INDEXES") && parse_name("table name", &show->name);
  }
  if (!accept(Keyword::kCREATE))
    return fail_expected("TABLES, VIEWS, INDEXES, CREATE TABLE or CREATE VIEW after SHOW");
  if (accept(Keyword::kTABLE)) {
    show->show = ShowKind::kCreateTable;
    return parse_name("table name", &show->name);
  }
  show->show = ShowKind::kCreateView;
  return expect(Keyword::kVIEW, "SHOW CREATE") && parse_name("view name", &show->name);
}

StatementPtr Parser::parse_describe() {
  auto describe = start_node<DescribeStatement>();
  advance();
  if (at(Keyword::kTABLE) && !next_is(TokenKind::kEnd) && !next_is(TokenKind::kSemicolon))
    advance();
  parse_name("table name after DESCRIBE", &describe->table);
  return finish(std::move(describe));
}

StatementPtr Parser::parse_pragma() {
  auto pragma = start_node<PragmaStatement>();
  uint32_t height = 0;
  advance();
  if (!parse_any_word("pragma name", &pragma->name)) return nullptr;
  if (accept(TokenKind::kEqual)) {
    pragma->value = parse_setting_value();
    if (pragma->value == nullptr) return nullptr;
    height = pragma->value->height;
  }
  return finish(std::move(pragma), height);
}

StatementPtr Parser::parse_analyze() {
  auto analyze = start_node<AnalyzeStatement>();
  advance();
  if (!at_end_of_statement()) parse_name("table name", &analyze->table);
  return finish(std::move(analyze));
}

StatementPtr Parser::parse_vacuum() {
  auto vacuum = start_node<VacuumStatement>();
  advance();
  if (!at_end_of_statement()) parse_name("table name", &vacuum->table);
  return finish(std::move(vacuum));
}

StatementPtr Parser::parse_explain() {
  Nesting nesting(this, limits::kQueryCost);
  if (!nesting.ok()) return nullptr;
  auto explain = start_node<ExplainStatement>();
  advance();
  if (at(Keyword::kANALYZE)) {
    explain->analyze = true;
    advance();
  }
  uint32_t begin = token_.offset;
  explain->statement = dispatch_statement();
  if (failed()) return nullptr;
  explain->statement->source_begin = begin;
  explain->statement->source_end = previous_end_;
  uint32_t height = explain->statement->height;
  return finish(std::move(explain), height);
}

}  // namespace orrery::sql
