// The recursive-descent parser behind sql/parser.h, private to this folder.
//
// Every parse_* function leaves the cursor behind what it read. Failure is sticky: the first fail()
// records the error, after which functions return null or false and callers only have to return.
// Expressions are read by operator precedence with an explicit stack (parse_expr.cc), so that
// parentheses and chains cost no C++ stack. Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sql/ast.h"
#include "sql/lexer.h"
#include "sql/limits.h"
#include "sql/parser.h"

namespace orrery::sql {

class Parser {
 public:
  Parser(std::string_view sql, ParseOptions options);

  Result<std::vector<StatementPtr>> script();
  Result<ExprPtr> lone_expression();
  Result<QueryPtr> lone_query();

 private:
  // --- tokens and errors (parser.cc)
  const Token& peek_next();  ///< the token after the current one
  const Token& peek_third();
  void advance();
  bool at(TokenKind kind) const { return token_.kind == kind; }
  bool at(Keyword keyword) const { return token_.keyword == keyword; }
  bool at_end_of_statement() const { return at(TokenKind::kEnd) || at(TokenKind::kSemicolon); }
  bool next_is(TokenKind kind) { return peek_next().kind == kind; }
  bool next_is(Keyword keyword) { return peek_next().keyword == keyword; }
  template <class What>
  bool accept(What what) {
    if (!at(what)) return false;
    advance();
    return true;
  }
  /// accept, or fail with "expected KEYWORD after `after`, got ...".
  bool expect(Keyword keyword, std::string_view after);
  bool expect(TokenKind punctuation, std::string_view what);
  bool fail(std::string_view message);  ///< at the current token
  bool fail_at(SourcePosition position, std::string_view message);
  /// "expected WHAT, got 'x'", or what the lexer complains of.
  bool fail_expected(std::string_view what);
  bool failed() const { return error_.has_value(); }
  std::string_view text(const Token& token) const { return lexer_.text(token); }
  bool text_is(const Token& token, std::string_view upper) const;
  std::string upper_text(const Token& token) const;
  std::string describe(const Token& token) const;
  Error take_error() { return std::move(*error_); }

  /// Counts nesting while it lives; ok() is false (and the parser failed) beyond the limit.
  class Nesting {
   public:
    Nesting(Parser* parser, uint32_t cost) : parser_(parser), cost_(cost) {
      parser_->nesting_ += cost_;
      if (parser_->nesting_ > limits::kNestingMax) parser_->fail("statement nests too deeply");
    }
    ~Nesting() { parser_->nesting_ -= cost_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    bool ok() const { return !parser_->failed(); }

   private:
    Parser* parser_;
    uint32_t cost_;
  };
  /// Sets node.height to 1 + the highest child; fails beyond kTreeHeightMax.
  template <class Node>
  bool set_height(Node& node, uint32_t highest_child) {
    if (highest_child >= limits::kTreeHeightMax) {
      return fail_at(node.position, "statement is too complex: its tree is too high");
    }
    node.height = static_cast<uint16_t>(highest_child + 1);
    return true;
  }

  // --- names (parser.cc)
  enum class NameUse : uint8_t { kColumn, kAliasAfterAs, kImplicitAlias };
  bool at_name(NameUse use) const;
  Name take_name();  ///< of the current token, which must be a name
  bool parse_name(std::string_view what, Name* out);
  /// ( name, ... )
  bool parse_name_list(std::string_view what, std::vector<Name>* out);
  /// A name that may be any keyword (pragmas, settings, index options).
  bool parse_any_word(std::string_view what, Name* out);

  // --- expressions (parse_expr.cc, parse_primary.cc)
  /// One entry of the operator stack. Parentheses stand on it too.
  struct Op {
    enum Kind : uint8_t {
      kParenthesis,
      kPrefix,  ///< detail: UnaryOp
      kInfix,   ///< detail: BinaryOp
      kAnd,
      kOr,
      kPattern,        ///< detail: LikeOp; two operands
      kPatternEscape,  ///< the same with three
      kBetweenLow,     ///< waits for its AND
      kBetween,        ///< three operands
    };
    Kind kind;
    uint8_t precedence;
    uint8_t detail;
    Negation negation;
    uint32_t row_items;  ///< of kParenthesis: members already read of a row value
    size_t operands;     ///< of kParenthesis: operands below it
    SourcePosition position;
  };
  /// What reading an operator led to.
  enum class Step : uint8_t {
    kFailed,
    kOperand,  ///< an operand must follow
    kAgain,    ///< another operator may follow
    kDone,     ///< the expression ends before the current token
  };
  ExprPtr parse_expr() { return parse_expr_above(0); }
  /// Ends before operators (outside parentheses) that bind weaker than `minimum`.
  ExprPtr parse_expr_above(uint8_t minimum);
  bool parse_operand();
  Step parse_operator();
  Step parse_word_operator();
  Step parse_infix();
  Step parse_logical(Keyword word);
  Step parse_pattern(LikeOp op, Negation negation);
  Step parse_between(Negation negation);
  Step parse_negated_operator();
  Step parse_escape();
  Step parse_is();
  Step parse_in(Negation negation);
  Step parse_in_list(std::unique_ptr<InListExpr> in);
  Step finish_in_query(std::unique_ptr<InListExpr> in, QueryPtr query);
  Step parse_quantified(BinaryOp op, uint8_t precedence);
  Step close_parenthesis();
  Step row_comma();
  Step query_in_parenthesis();
  bool at_query_continuation() const;
  /// (SELECT ...) UNION ...: the query whose first operand is that of `subquery`.
  QueryPtr continue_query(ExprPtr subquery);
  ExprPtr make_subquery(QueryPtr query, SourcePosition position);
  Op make_op(uint8_t kind, uint8_t precedence, uint8_t detail = 0,
             Negation negation = Negation::kPlain) const;
  bool has_operator() const { return operators_.size() > operators_base_; }
  bool reduce_while(uint8_t precedence);
  bool reduce_top();
  bool reduce_prefix(const Op& op);
  bool reduce_infix(const Op& op);
  bool reduce_logical(const Op& op);
  bool reduce_pattern(const Op& op);
  bool reduce_between(const Op& op);
  template <class T>
  bool push_node(std::unique_ptr<T> node, uint32_t highest_child) {
    if (!set_height(*node, highest_child)) return false;
    operands_.push_back(std::move(node));
    return true;
  }
  ExprPtr pop_operand() {
    ExprPtr e = std::move(operands_.back());
    operands_.pop_back();
    return e;
  }

  ExprPtr parse_primary();
  ExprPtr parse_word_primary();
  ExprPtr parse_call_primary();
  ExprPtr parse_column();
  ExprPtr parse_number();
  ExprPtr parse_parameter();
  bool number_parameter(ParameterExpr* parameter);
  ExprPtr parse_subquery();
  ExprPtr parse_text_literal();
  ExprPtr parse_typed_literal(LiteralKind kind, types::TypeId type);
  ExprPtr parse_interval();
  ExprPtr make_simple_literal(LiteralKind kind, types::TypeId type, int64_t integer);
  ExprPtr parse_case();
  ExprPtr parse_cast();
  ExprPtr parse_extract();
  ExprPtr parse_exists();
  ExprPtr parse_function();
  ExprPtr parse_niladic();
  ExprPtr parse_position();
  ExprPtr parse_substring();
  ExprPtr parse_trim();
  ExprPtr finish_call(std::unique_ptr<FunctionExpr> call, uint32_t height);
  bool parse_function_arguments(FunctionExpr* call, uint32_t* height);
  bool parse_function_suffix(FunctionExpr* call, uint32_t* height);
  bool parse_window_spec(WindowSpec* spec, uint32_t* height);
  bool parse_frame(WindowFrame* frame, uint32_t* height);
  bool parse_frame_bound(FrameBound* bound, uint32_t* height);
  bool parse_order_list(std::vector<OrderItem>* out, uint32_t* height);
  /// expr, ... without parentheses; at least one.
  bool parse_expr_list(ExprList* out, uint32_t* height);
  /// expr into a slot, raising *height.
  bool parse_into(ExprPtr* out, uint32_t* height);
  bool parse_type(TypeName* out);
  bool parse_type_arguments(TypeName* out);
  bool parse_type_argument(TypeName* out);
  /// An expression or DEFAULT.
  bool parse_value(ExprPtr* out, uint32_t* height);

  // --- queries (parse_query.cc, parse_table.cc)
  QueryPtr parse_query();
  /// The rest of a query after its first operand (set operations, ORDER BY, LIMIT).
  QueryPtr finish_query(QueryPtr query, QueryBodyPtr first);
  bool parse_with(WithClause* with, uint32_t* height);
  bool parse_cte(Cte* cte, uint32_t* height);
  QueryBodyPtr parse_set_expression(QueryBodyPtr first);
  QueryBodyPtr parse_intersect(QueryBodyPtr first);
  QueryBodyPtr parse_set_operand();
  /// The query as an operand: its body alone where it has nothing else.
  QueryBodyPtr nested_body(QueryPtr query);
  QueryBodyPtr combine(SetOp op, bool all, SourcePosition position, QueryBodyPtr left,
                       QueryBodyPtr right);
  QueryBodyPtr parse_select_body();
  QueryBodyPtr parse_values_body();
  bool parse_distinct(SelectBody* body, uint32_t* height);
  bool parse_select_items(std::vector<SelectItem>* out, uint32_t* height);
  bool parse_select_item(SelectItem* item, uint32_t* height);
  bool parse_group_by(SelectBody* body, uint32_t* height);
  bool parse_group_item(GroupItem* item, uint32_t* height);
  bool parse_group_set(ExprList* out, uint32_t* height);
  bool parse_windows(SelectBody* body, uint32_t* height);
  bool parse_limits(Query* query, uint32_t* height);
  bool parse_limit_value(std::string_view what, ExprPtr* out, uint32_t* height);
  bool parse_rows(std::vector<ExprList>* out, uint32_t* height);
  bool at_query_start() const;
  /// True where the current '(' and those after it lead to SELECT, WITH or VALUES.
  bool parenthesis_opens_query();

  bool parse_from(std::vector<TableRefPtr>* out, uint32_t* height);
  TableRefPtr parse_table_ref();
  TableRefPtr parse_joins(TableRefPtr left);
  TableRefPtr parse_derived_table(QueryPtr query, Lateral lateral, SourcePosition position);
  TableRefPtr parse_table_primary();
  TableRefPtr parse_parenthesised_table(Lateral lateral);
  TableRefPtr parse_function_table(Lateral lateral);
  TableRefPtr parse_named_table();
  bool at_join();
  bool parse_join_kind(JoinTable* join);
  bool parse_join_condition(JoinTable* join, uint32_t* height);
  bool parse_table_alias(TableAlias* alias);
  bool parse_as_of(std::unique_ptr<AsOf>* out, uint32_t* height);
  bool at_upsert();

  // --- statements (parse_dml.cc, parse_ddl.cc, parse_statement.cc)
  StatementPtr parse_statement();
  StatementPtr dispatch_statement();
  StatementPtr parse_with_statement();
  StatementPtr parse_select_statement(WithClause with, uint32_t height);
  StatementPtr parse_unknown();
  StatementPtr parse_expression_statement();

  StatementPtr parse_insert(WithClause with, uint32_t height);
  bool parse_insert_source(InsertStatement* insert, uint32_t* height);
  bool parse_upsert(InsertStatement* insert, uint32_t* height);
  bool parse_on_conflict(InsertStatement* insert, uint32_t* height);
  bool parse_assignments(std::vector<Assignment>* out, uint32_t* height);
  bool parse_returning(std::vector<SelectItem>* out, uint32_t* height);
  StatementPtr parse_update(WithClause with, uint32_t height);
  StatementPtr parse_delete(WithClause with, uint32_t height);
  StatementPtr parse_truncate();
  StatementPtr parse_copy();
  bool parse_copy_option(CopyStatement* copy);
  bool parse_text(std::string_view what, std::string* out);

  StatementPtr parse_create();
  StatementPtr parse_create_table();
  StatementPtr parse_create_index(bool unique);
  StatementPtr parse_create_view();
  bool parse_index_options(std::vector<IndexOption>* out);
  bool parse_index_method(IndexMethod* out);
  bool parse_table_element(CreateTableStatement* create, uint32_t* height);
  bool at_table_constraint();
  bool parse_table_constraint(TableConstraint* out, uint32_t* height);
  bool parse_column_definition(ColumnDefinition* column, uint32_t* height);
  bool parse_column_constraint(ColumnDefinition* column, uint32_t* height, bool* more);
  bool parse_check(ExprPtr* out, uint32_t* height);
  bool parse_foreign_key_target(ForeignKeyTarget* out);
  bool parse_foreign_key_action(ForeignKeyAction* out);
  bool parse_if_exists(bool* out);
  bool parse_if_not_exists(bool* out);
  StatementPtr parse_alter();
  bool parse_alter_action(AlterTableStatement* alter, uint32_t* height);
  bool parse_rename(AlterTableStatement* alter);
  StatementPtr parse_drop();

  StatementPtr parse_begin();
  bool parse_isolation(IsolationLevel* out);
  StatementPtr parse_commit();
  StatementPtr parse_rollback();
  StatementPtr parse_savepoint();
  StatementPtr parse_release();
  StatementPtr parse_set();
  StatementPtr parse_show();
  bool parse_show_object(ShowStatement* show);
  StatementPtr parse_describe();
  StatementPtr parse_pragma();
  StatementPtr parse_analyze();
  StatementPtr parse_vacuum();
  StatementPtr parse_explain();
  /// A value of SET or PRAGMA: words without quotes count as a name.
  ExprPtr parse_setting_value();

  template <class T>
  std::unique_ptr<T> start_node() {
    auto node = std::make_unique<T>();
    node->position = token_.position;
    return node;
  }
  /// Returns the finished statement, or null where the parser failed.
  template <class T>
  StatementPtr finish(std::unique_ptr<T> statement, uint32_t highest_child = 0) {
    if (failed() || !set_height(*statement, highest_child)) return nullptr;
    return statement;
  }
  static void raise(uint32_t* height, uint32_t child) {
    if (child > *height) *height = child;
  }

  std::string_view sql_;
  Lexer lexer_;
  ParseOptions options_;
  Token token_;     // the current one
  Token ahead_[2];  // what follows it, as far as looked
  uint32_t ahead_count_ = 0;
  uint32_t previous_end_ = 0;  // end offset of the token before the current one
  uint32_t nesting_ = 0;
  std::optional<Error> error_;

  // Stacks of all expressions being read; an inner parse_expr works above where it found them.
  std::vector<ExprPtr> operands_;
  std::vector<Op> operators_;
  size_t operators_base_ = 0;
  uint8_t minimum_ = 0;            // see parse_expr_above
  uint32_t open_parentheses_ = 0;  // on the operator stack, of the expression being read

  uint32_t question_count_ = 0;
  uint32_t dollar_max_ = 0;
  std::vector<std::string> parameter_names_;
  std::unordered_map<std::string, uint32_t> parameter_places_;  // in parameter_names_
};

}  // namespace orrery::sql
