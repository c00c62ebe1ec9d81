#include "expr/eval.h"

#include <gtest/gtest.h>

#include "expr/call_for_test.h"

namespace orrery::expr {
namespace {

using types::Chunk;
using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;

ExprPtr constant(const Datum& d) {
  return make_constant(d, d.type());
}

template <class... Args>
std::vector<ExprPtr> list(Args... args) {
  std::vector<ExprPtr> v;
  (v.push_back(std::move(args)), ...);
  return v;
}

ExprPtr node(ExprKind kind, TypeId type, std::vector<ExprPtr> args) {
  auto e = std::make_unique<Expr>();
  e->kind = kind;
  e->type = type;
  e->args = std::move(args);
  return e;
}

ExprPtr leaf(ExprKind kind, uint32_t index, TypeId type) {
  ExprPtr e = node(kind, type, {});
  e->index = index;
  return e;
}

/// One INTEGER column: 0, 1, 2, ... with NULL at every fifth row.
Chunk numbers(uint32_t rows) {
  Chunk chunk;
  chunk.row_count = rows;
  chunk.columns.emplace_back(TypeId::kInteger, rows);
  for (uint32_t r = 0; r < rows; ++r) {
    chunk.columns[0].set_datum(r, r % 5 == 4 ? Datum() : I(r));
  }
  return chunk;
}

ExprPtr number_column() {
  return make_column(0, TypeId::kInteger, true);
}

std::vector<uint32_t> selected(const Expr& e, const Chunk& chunk, EvalContext context = {}) {
  ExprState state(e);
  std::vector<uint32_t> rows(chunk.row_count);
  auto n = state.select(context, chunk, chunk.rows(), rows.data());
  EXPECT_TRUE(n.has_value());
  rows.resize(n ? *n : 0);
  return rows;
}

/// 10 / x overflows nowhere, but 9223372036854775807 + x does for every x > 0.
ExprPtr overflowing() {
  return bound_call("+", list(number_column(), constant(I(INT64_MAX))));
}

TEST(Eval, SelectsByComparison) {
  Chunk chunk = numbers(10);
  ExprPtr e = make_compare(CompareOp::kGreater, number_column(), constant(I(5)));
  EXPECT_EQ(selected(*e, chunk), (std::vector<uint32_t>{6, 7, 8}));
  e = make_compare(CompareOp::kLessEqual, constant(F(6.5)), number_column());
  EXPECT_EQ(selected(*e, chunk), (std::vector<uint32_t>{7, 8}));
  e = make_compare(CompareOp::kNotEqual, number_column(), constant(N()));
  EXPECT_TRUE(selected(*e, chunk).empty());
}

TEST(Eval, AndStopsAtFalseOrAtTrue) {
  Chunk chunk = numbers(10);
  auto test = [&](ExprKind kind, CompareOp op) {
    ExprPtr guard = make_compare(op, number_column(), constant(I(0)));
    ExprPtr failing = make_compare(CompareOp::kGreater, overflowing(), constant(I(0)));
    return node(kind, TypeId::kBoolean, list(std::move(guard), std::move(failing)));
  };
  // Only row 0 reaches the second argument, which it can compute.
  Chunk one = numbers(4);
  EXPECT_EQ(selected(*test(ExprKind::kAnd, CompareOp::kEqual), one), std::vector<uint32_t>{0});
  EXPECT_EQ(selected(*test(ExprKind::kOr, CompareOp::kNotEqual), one).size(), 4u);
  ExprPtr fails = test(ExprKind::kAnd, CompareOp::kNotEqual);
  ExprState state(*fails);
  uint32_t rows[4];
  EvalContext context;
  auto n = state.select(context, one, one.rows(), rows);
  ASSERT_FALSE(n.has_value());
  EXPECT_EQ(n.error().code(), ErrorCode::kOverflow);
}

TEST(Eval, CaseAndCoalesceComputeOnlyWhatTheyTake) {
  Chunk chunk = numbers(4);
  EvalContext context;
  ExprPtr is_zero = make_compare(CompareOp::kEqual, number_column(), constant(I(0)));
  ExprPtr e = node(ExprKind::kCase, TypeId::kInteger,
                   list(std::move(is_zero), overflowing(), constant(I(7))));
  ExprState state(*e);
  Vector out;
  ASSERT_TRUE(state.evaluate(context, chunk, chunk.rows(), out).has_value());
  EXPECT_EQ(out.datum(0).as_int64(), INT64_MAX);
  EXPECT_EQ(out.datum(3).as_int64(), 7);

  ExprPtr c = node(ExprKind::kCoalesce, TypeId::kInteger, list(number_column(), overflowing()));
  ExprState lazy(*c);
  ASSERT_TRUE(lazy.evaluate(context, chunk, chunk.rows(), out).has_value());
  EXPECT_EQ(out.datum(3).as_int64(), 3);
}

TEST(Eval, ParametersAndOuterValues) {
  EvalContext context;
  Datum parameters[] = {I(3), S("a long text of a parameter")};
  Datum outer[] = {F(0.5)};
  context.parameters = parameters;
  context.outer = outer;
  EXPECT_EQ(evaluated(*leaf(ExprKind::kParameter, 1, TypeId::kText), context),
            "TEXT a long text of a parameter");
  EXPECT_EQ(evaluated(*leaf(ExprKind::kParameter, 9, TypeId::kText), context), "NULL");
  EXPECT_EQ(evaluated(*leaf(ExprKind::kOuter, 0, TypeId::kFloat), context), "FLOAT 0.5");
  // A value of another type than the plan was made for is converted, never misread.
  EXPECT_EQ(evaluated(*leaf(ExprKind::kParameter, 0, TypeId::kText), context), "TEXT 3");
  ExprPtr e = make_compare(CompareOp::kEqual, number_column(),
                           leaf(ExprKind::kParameter, 0, TypeId::kInteger));
  Chunk chunk = numbers(10);
  EXPECT_EQ(selected(*e, chunk, context), std::vector<uint32_t>{3});
}

TEST(Eval, ListsFollowTheirParameters) {
  Chunk chunk = numbers(10);
  ExprPtr e =
      node(ExprKind::kInList, TypeId::kBoolean,
           list(number_column(), leaf(ExprKind::kParameter, 0, TypeId::kInteger), constant(I(8))));
  ExprState state(*e);
  for (int64_t v : {1, 1, 2, 3}) {
    Datum parameters[] = {I(v)};
    EvalContext context;
    context.parameters = parameters;
    uint32_t rows[10];
    auto n = state.select(context, chunk, chunk.rows(), rows);
    ASSERT_TRUE(n.has_value());
    ASSERT_EQ(*n, 2u);
    EXPECT_EQ(rows[0], v);
    EXPECT_EQ(rows[1], 8u);
  }
}

TEST(Eval, LongLists) {
  std::vector<ExprPtr> args = list(number_column());
  for (int64_t v = 0; v < 300; v += 3) args.push_back(constant(I(v)));
  args.push_back(constant(F(7.0)));
  args.push_back(constant(F(7.5)));
  ExprPtr e = node(ExprKind::kInList, TypeId::kBoolean, std::move(args));
  EXPECT_EQ(selected(*e, numbers(12)), (std::vector<uint32_t>{0, 3, 6, 7}));
}

TEST(Eval, PatternsFollowTheirParameters) {
  Chunk chunk;
  chunk.row_count = 2;
  chunk.columns.emplace_back(TypeId::kText, 64);
  chunk.columns[0].set_datum(0, S("apple"));
  chunk.columns[0].set_datum(1, S("banana"));
  for (const char* name : {"LIKE", "REGEXP"}) {
    ExprPtr e = bound_call(name, list(make_column(0, TypeId::kText, false),
                                      leaf(ExprKind::kParameter, 0, TypeId::kText)));
    ExprState state(*e);
    bool like = std::string_view(name) == "LIKE";
    const char* patterns[] = {like ? "a%" : "^a", like ? "b%" : "^b"};
    for (uint32_t i = 0; i < 2; ++i) {
      Datum parameters[] = {S(patterns[i])};
      EvalContext context;
      context.parameters = parameters;
      uint32_t rows[2];
      auto n = state.select(context, chunk, chunk.rows(), rows);
      ASSERT_TRUE(n.has_value());
      ASSERT_EQ(*n, 1u);
      EXPECT_EQ(rows[0], i);
    }
  }
}

TEST(Eval, InvalidPatternIsAnError) {
  EXPECT_TRUE(called("REGEXP", {S("a"), S("[")}).starts_with("error: Invalid regex"));
  EXPECT_TRUE(called("NOT REGEXP", {S("a"), S("(")}).starts_with("error: Invalid regex"));
  EXPECT_TRUE(called("LIKE", {S("a"), S("b"), S("xy")}).starts_with("error: ESCAPE"));
}

TEST(Eval, RowValues) {
  auto row = [](Datum a, Datum b) {
    return node(ExprKind::kRow, TypeId::kAny, list(constant(a), constant(b)));
  };
  auto compared = [&](CompareOp op, ExprPtr a, ExprPtr b) {
    return evaluated(*make_compare(op, std::move(a), std::move(b)));
  };
  EXPECT_EQ(compared(CompareOp::kEqual, row(I(1), I(2)), row(I(1), I(3))), "BOOLEAN false");
  EXPECT_EQ(compared(CompareOp::kLess, row(I(1), I(2)), row(I(1), I(3))), "BOOLEAN true");
  EXPECT_EQ(compared(CompareOp::kGreaterEqual, row(I(1), I(3)), row(I(1), I(3))), "BOOLEAN true");
  EXPECT_EQ(compared(CompareOp::kEqual, row(I(1), N()), row(I(1), I(3))), "NULL");
  EXPECT_EQ(compared(CompareOp::kEqual, row(I(1), N()), row(I(2), I(3))), "BOOLEAN false");
  EXPECT_EQ(compared(CompareOp::kNotEqual, row(I(1), N()), row(I(2), I(3))), "BOOLEAN true");
  EXPECT_EQ(compared(CompareOp::kLess, row(I(1), N()), row(I(2), I(3))), "BOOLEAN true");
  EXPECT_TRUE(
      compared(CompareOp::kEqual, row(I(1), I(2)), constant(I(1))).starts_with("error: row"));
}

TEST(Eval, VolatileCallsAreMadeForEveryRow) {
  ExprPtr e = bound_call("RANDOM", std::vector<ExprPtr>{});
  Chunk chunk = numbers(100);
  uint64_t seed = 1;
  EvalContext context;
  context.random_state = &seed;
  ExprState state(*e);
  Vector out;
  ASSERT_TRUE(state.evaluate(context, chunk, chunk.rows(), out).has_value());
  double sum = 0;
  for (uint32_t r = 0; r < 100; ++r) {
    double v = out.datum(r).as_double();
    EXPECT_GE(v, 0);
    EXPECT_LT(v, 1);
    sum += v;
  }
  EXPECT_NE(out.datum(0).as_double(), out.datum(1).as_double());
  EXPECT_NEAR(sum, 50, 15);
}

/// Answers how many rows were asked, and sees what was passed.
class CountingRunner final : public SubqueryRunner {
 public:
  Status run(const Expr&, std::span<const Vector* const> left, std::span<const Vector* const> outer,
             const Selection& rows, Vector& out) override {
    lefts = left.size();
    types::for_each_row(rows, [&](uint32_t r) {
      out.set_datum(r, outer[0]->is_null(r) ? Datum() : I(outer[0]->datum(r).as_int64() * 10));
    });
    return {};
  }
  size_t lefts = 0;
};

TEST(Eval, SubqueriesAreCalledOut) {
  ExprPtr row = node(ExprKind::kRow, TypeId::kAny, list(number_column(), constant(I(1))));
  ExprPtr e = node(ExprKind::kSubquery, TypeId::kInteger, list(std::move(row)));
  e->outer_args.push_back(number_column());
  Chunk chunk = numbers(6);
  EvalContext context;
  ExprState state(*e);
  Vector out;
  EXPECT_FALSE(state.evaluate(context, chunk, chunk.rows(), out).has_value());
  CountingRunner runner;
  context.subqueries = &runner;
  ASSERT_TRUE(state.evaluate(context, chunk, chunk.rows(), out).has_value());
  EXPECT_EQ(runner.lefts, 2u);
  EXPECT_EQ(out.datum(3).as_int64(), 30);
  EXPECT_TRUE(out.is_null(4));
}

TEST(Eval, DeepTreesAreRefused) {
  ExprPtr e = constant(I(1));
  for (uint32_t i = 0; i < kExprDepthMax + 10; ++i) e = bound_call("NEG", list(std::move(e)));
  EXPECT_EQ(evaluated(*e), "error: expression is nested too deeply");
  e = constant(I(1));
  for (uint32_t i = 0; i + 10 < kExprDepthMax; ++i) e = bound_call("NEG", list(std::move(e)));
  EXPECT_TRUE(evaluated(*e).starts_with("INTEGER"));
}

TEST(Expr, ColumnsAreCollectedAndMoved) {
  ExprPtr e = make_compare(CompareOp::kEqual, make_column(7, TypeId::kInteger, true),
                           bound_call("+", list(make_column(2, TypeId::kInteger, true),
                                                make_column(7, TypeId::kInteger, true))));
  std::vector<uint32_t> columns;
  collect_columns(*e, &columns);
  EXPECT_EQ(columns, (std::vector<uint32_t>{2, 7}));
  std::vector<uint32_t> map(8, UINT32_MAX);
  map[2] = 0;
  map[7] = 1;
  remap_columns(e.get(), map);
  EXPECT_EQ(to_text(*e, {"a", "b"}), "(b = (a + b))");
}

TEST(Expr, KnowsWhatIsConstant) {
  ExprPtr sum = bound_call("+", {I(1), I(2)});
  EXPECT_TRUE(is_constant_expr(*sum));
  ExprPtr now = bound_call("NOW", std::vector<ExprPtr>{});
  EXPECT_FALSE(is_constant_expr(*now));
  EXPECT_TRUE(is_row_independent(*now));
  ExprPtr random = bound_call("RANDOM", std::vector<ExprPtr>{});
  EXPECT_FALSE(is_row_independent(*random));
  EXPECT_TRUE(is_row_independent(*leaf(ExprKind::kParameter, 0, TypeId::kText)));
  EXPECT_FALSE(is_row_independent(*number_column()));
}

TEST(Expr, Texts) {
  std::vector<std::string> names = {"a"};
  auto text = [&](ExprPtr e) { return to_text(*e, names); };
  EXPECT_EQ(text(bound_call("LIKE", {S("it's"), S("a%")})), "('it''s' LIKE 'a%')");
  EXPECT_EQ(text(bound_call("UPPER", {S("x")})), "UPPER('x')");
  EXPECT_EQ(text(node(ExprKind::kIsNull, TypeId::kBoolean, list(number_column()))), "(a IS NULL)");
  EXPECT_EQ(text(node(ExprKind::kInList, TypeId::kBoolean,
                      list(number_column(), constant(I(1)), constant(N())))),
            "(a IN (1, NULL))");
  EXPECT_EQ(text(node(ExprKind::kCase, TypeId::kInteger,
                      list(constant(B(true)), number_column(), constant(F(1.5))))),
            "CASE WHEN true THEN a ELSE 1.5 END");
  EXPECT_EQ(text(make_cast(number_column(), TypeId::kText)), "CAST(a AS TEXT)");
}

TEST(Functions, Lookups) {
  EXPECT_FALSE(resolve_function("NOSUCH", {}).has_value());
  EXPECT_EQ(resolve_function("NOSUCH", {}).error().message(), "Function not found: NOSUCH");
  EXPECT_EQ(resolve_function("NOSUCH", {}).error().code(), ErrorCode::kFunctionNotFound);
  EXPECT_EQ(resolve_function("UPPER", {}).error().message(),
            "UPPER takes 1 argument, 0 were given");
  EXPECT_TRUE(is_scalar_function("VEC_NORM"));
  auto names = scalar_function_names();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  AggregateKind aggregate;
  EXPECT_TRUE(find_aggregate("GROUP_CONCAT", &aggregate));
  EXPECT_EQ(aggregate, AggregateKind::kStringAgg);
  EXPECT_FALSE(find_aggregate("UPPER", &aggregate));
  WindowKind window;
  EXPECT_TRUE(find_window_function("SUM", &window));
  EXPECT_EQ(window, WindowKind::kAggregate);
  EXPECT_FALSE(find_window_function("LOWER", &window));
}

}  // namespace
}  // namespace orrery::expr
