// Random expressions over random chunks: a whole chunk at once, with any selection, gives for every
// row what that row gives alone; and select() picks the rows where evaluate() says TRUE.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "expr/call_for_test.h"

namespace orrery::expr {
namespace {

using types::Chunk;
using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;

constexpr TypeId kColumnTypes[] = {TypeId::kInteger, TypeId::kInteger,   TypeId::kFloat,
                                   TypeId::kText,    TypeId::kText,      TypeId::kBoolean,
                                   TypeId::kBoolean, TypeId::kTimestamp, TypeId::kJson,
                                   TypeId::kAny,     TypeId::kVector};
constexpr uint32_t kColumns = std::size(kColumnTypes);

class Fuzzer {
 public:
  explicit Fuzzer(uint32_t seed) : random_(seed) {}

  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }

  /// The bytes of a text must outlive the Datum: they are literals.
  Datum cell(TypeId type) {
    static const char* const kTexts[] = {
        "",     "a",     "apple",     "Banana split and more", "50%_x", "42",   "-7.5", "été",
        "true", "[1,2]", "{\"a\":1}", "2024-02-29 12:30:45",   "day",   "YYYY", "\xff", "a%"};
    static const char* const kJson[] = {
        "{\"a\":1,\"b\":{\"c\":[10,20]},\"n\":null}", "[1,2,3]", "\"text\"", "12", "true", "null"};
    static const float kVectors[][3] = {{1, 0, 0}, {0, 0.5, 2}, {0, 0, 0}};
    switch (type) {
      case TypeId::kInteger: {
        static constexpr int64_t kInts[] = {0, 1, -1, 2, 3, 7, 10, -16, 63, INT64_MAX, INT64_MIN};
        return I(kInts[below(std::size(kInts))]);
      }
      case TypeId::kFloat: {
        static constexpr double kFloats[] = {0, -0.0, 1, 0.5, -2.5, 3, 1e10, 1e300, NAN, INFINITY};
        return F(kFloats[below(std::size(kFloats))]);
      }
      case TypeId::kBoolean:
        return B(below(2) == 1);
      case TypeId::kTimestamp: {
        static constexpr int64_t kTimes[] = {0, 1'709'209'845'000'000'000, -14'182'940'123'456'789,
                                             1'704'067'199'999'000'000, INT64_MAX};
        return Datum::timestamp(kTimes[below(std::size(kTimes))]);
      }
      case TypeId::kJson:
        return J(kJson[below(std::size(kJson))]);
      case TypeId::kVector: {
        const float* v = kVectors[below(std::size(kVectors))];
        return Datum::string(type, types::StringRef(reinterpret_cast<const char*>(v), 12));
      }
      case TypeId::kAny:
        return cell(kColumnTypes[below(9)]);
      default:
        return S(kTexts[below(std::size(kTexts))]);
    }
  }

  Datum cell_or_null(TypeId type) { return below(5) == 0 ? N() : cell(type); }

  void fill(Chunk* chunk, uint32_t rows) {
    chunk->columns.resize(kColumns);
    chunk->row_count = rows;
    for (uint32_t c = 0; c < kColumns; ++c) {
      Vector& v = chunk->columns[c];
      if (below(8) == 0) {
        v.set_constant(cell_or_null(kColumnTypes[c]), kColumnTypes[c]);
        continue;
      }
      v.reset(kColumnTypes[c], rows < 64 ? 64 : rows);
      bool nulls = below(3) != 0;
      for (uint32_t r = 0; r < rows; ++r) {
        v.set_datum(r, nulls ? cell_or_null(kColumnTypes[c]) : cell(kColumnTypes[c]));
      }
    }
  }

  ExprPtr leaf() {
    if (below(3) == 0) {
      Datum d = cell_or_null(kColumnTypes[below(9)]);
      return make_constant(d, d.type());
    }
    uint32_t c = below(kColumns);
    return make_column(c, kColumnTypes[c], true);
  }

  ExprPtr node(ExprKind kind, TypeId type, std::vector<ExprPtr> args) {
    auto e = std::make_unique<Expr>();
    e->kind = kind;
    e->type = type;
    e->args = std::move(args);
    e->negated = below(2) == 1;
    return e;
  }

  std::vector<ExprPtr> some(uint32_t count, uint32_t depth) {
    std::vector<ExprPtr> args;
    for (; count > 0; --count) args.push_back(tree(depth));
    return args;
  }

  static TypeId joint(const std::vector<ExprPtr>& args, bool is_case) {
    TypeId type = TypeId::kNull;
    for (size_t i = 0; i < args.size(); ++i) {
      if (is_case && i % 2 == 0 && i + 1 < args.size()) continue;
      if (args[i]->type == TypeId::kNull || args[i]->type == type) continue;
      type = type == TypeId::kNull ? args[i]->type : TypeId::kAny;
    }
    return type;
  }

  ExprPtr call(uint32_t depth) {
    auto names = scalar_function_names();
    while (true) {
      std::string_view name = names[below(static_cast<uint32_t>(names.size()))];
      if (name == "RANDOM" || name == "SLEEP" || name == "REPEAT" || name == "LPAD" ||
          name == "RPAD" || name == "GENERATE_SERIES" || name == "EXTRACT" || name == "INTERVAL") {
        continue;
      }
      ExprPtr e = bound_call(name, some(below(4), depth));
      if (e != nullptr) return e;
    }
  }

  ExprPtr tree(uint32_t depth) {
    if (depth == 0) return leaf();
    --depth;
    switch (below(12)) {
      case 0: {
        ExprPtr e = make_compare(static_cast<CompareOp>(below(6)), tree(depth), tree(depth));
        return e;
      }
      case 1:
        return node(ExprKind::kAnd, TypeId::kBoolean, some(2 + below(2), depth));
      case 2:
        return node(ExprKind::kOr, TypeId::kBoolean, some(2 + below(2), depth));
      case 3:
        return node(ExprKind::kNot, TypeId::kBoolean, some(1, depth));
      case 4:
        return node(below(2) == 0 ? ExprKind::kIsNull : ExprKind::kIsBoolean, TypeId::kBoolean,
                    some(1, depth));
      case 5:
        return node(ExprKind::kDistinct, TypeId::kBoolean, some(2, depth));
      case 6: {
        std::vector<ExprPtr> args = some(2 + below(4), depth);
        TypeId type = joint(args, true);
        return node(ExprKind::kCase, type, std::move(args));
      }
      case 7: {
        std::vector<ExprPtr> args = some(1 + below(3), depth);
        TypeId type = joint(args, false);
        return node(ExprKind::kCoalesce, type, std::move(args));
      }
      case 8:
        return make_cast(tree(depth), static_cast<TypeId>(1 + below(7)));
      case 9: {
        std::vector<ExprPtr> args = some(1, depth);
        for (uint32_t n = 1 + below(12); n > 0; --n) args.push_back(leaf());
        return node(ExprKind::kInList, TypeId::kBoolean, std::move(args));
      }
      default:
        return call(depth);
    }
  }

 private:
  std::mt19937 random_;
};

std::string exact(const Datum& d) {
  if (d.type() != TypeId::kFloat) return shown(d);
  if (std::isnan(d.as_double())) return "NaN";
  return std::to_string(d.as_int64());  // the bits: -0.0 is not 0.0
}

/// The row's cells, each constant or flat.
void take_row(const Chunk& from, uint32_t row, Fuzzer& fuzzer, Chunk* to) {
  to->columns.resize(kColumns);
  to->row_count = 1;
  for (uint32_t c = 0; c < kColumns; ++c) {
    Datum d = from.columns[c].datum(row);
    if (fuzzer.below(2) == 0) {
      to->columns[c].set_constant(d, kColumnTypes[c]);
    } else {
      to->columns[c].reset(kColumnTypes[c], 64);
      to->columns[c].set_datum(0, d);
    }
  }
}

struct Outcome {
  std::vector<std::string> cells;  ///< per selected row; "error" where it fails alone
  bool any_error = false;
};

Outcome row_by_row(const Expr& e, const Chunk& chunk, const Selection& rows, Fuzzer& fuzzer) {
  Outcome outcome;
  EvalContext context;
  context.now_nanos = kTestNow;
  for (uint32_t i = 0; i < rows.count; ++i) {
    Chunk one;
    take_row(chunk, rows[i], fuzzer, &one);
    ExprState state(e);
    Vector out;
    bool ok = state.evaluate(context, one, {nullptr, 1}, out).has_value();
    outcome.cells.push_back(ok ? exact(out.datum(0)) : "error");
    outcome.any_error = outcome.any_error || !ok;
  }
  return outcome;
}

void check_tree(const Expr& e, Fuzzer& fuzzer) {
  ExprState state(e), selecting(e);
  EvalContext context;
  context.now_nanos = kTestNow;
  std::vector<std::string> names;
  for (int round = 0; round < 3; ++round) {  // the state's memory is used again
    Chunk chunk;
    fuzzer.fill(&chunk, 1 + fuzzer.below(150));
    std::vector<uint32_t> picked;
    for (uint32_t r = 0; r < chunk.row_count; ++r) {
      if (fuzzer.below(3) != 0) picked.push_back(r);
    }
    Selection rows{nullptr, chunk.row_count};
    if (fuzzer.below(2) == 0) rows = {picked.data(), static_cast<uint32_t>(picked.size())};
    if (rows.count == 0) continue;
    Outcome expected = row_by_row(e, chunk, rows, fuzzer);
    Vector out;
    Status status = state.evaluate(context, chunk, rows, out);
    ASSERT_EQ(status.has_value(), !expected.any_error) << to_text(e, names);
    if (!status) continue;
    std::vector<uint32_t> true_rows;
    for (uint32_t i = 0; i < rows.count; ++i) {
      ASSERT_EQ(exact(out.datum(rows[i])), expected.cells[i])
          << to_text(e, names) << " at row " << rows[i];
      if (expected.cells[i] == "BOOLEAN true") true_rows.push_back(rows[i]);
    }
    if (e.type != TypeId::kBoolean) continue;
    std::vector<uint32_t> selected(rows.count);
    auto count = selecting.select(context, chunk, rows, selected.data());
    ASSERT_TRUE(count.has_value()) << to_text(e, names);
    selected.resize(*count);
    ASSERT_EQ(selected, true_rows) << to_text(e, names);
    if (rows.rows == nullptr) continue;
    auto in_place = selecting.select(context, chunk, rows, picked.data());
    ASSERT_TRUE(in_place.has_value());
    picked.resize(*in_place);
    ASSERT_EQ(picked, true_rows) << to_text(e, names);
  }
}

TEST(EvalProperty, ChunksAgreeWithSingleRows) {
  const char* more = std::getenv("ORRERY_SEEDS");
  const auto seeds = static_cast<uint32_t>(more == nullptr ? 1500 : std::atoi(more));
  for (uint32_t seed = 0; seed < seeds; ++seed) {
    Fuzzer fuzzer(seed);
    ExprPtr e = fuzzer.tree(1 + seed % 4);
    SCOPED_TRACE(seed);
    check_tree(*e, fuzzer);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(EvalProperty, ClonesAreTheSame) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Fuzzer fuzzer(seed);
    ExprPtr e = fuzzer.tree(3);
    ExprPtr copy = clone(*e);
    EXPECT_TRUE(same(*e, *copy)) << seed;
    EXPECT_EQ(to_text(*e, {}), to_text(*copy, {}));
  }
}

}  // namespace
}  // namespace orrery::expr
