// Times expressions over the columns of the 53-operation benchmark: 10,000 rows in chunks of 2,048.
// usage: bench_expr [repeats]      prints nanoseconds per row and a checksum per expression
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "expr/eval.h"
#include "expr/function.h"

namespace {

using orrery::expr::CompareOp;
using orrery::expr::Expr;
using orrery::expr::ExprPtr;
using orrery::expr::ExprState;
using orrery::types::Chunk;
using orrery::types::Datum;
using orrery::types::Selection;
using orrery::types::TypeId;
using orrery::types::Vector;

constexpr uint32_t kRows = 10000;
enum Column : uint32_t { kId, kName, kEmail, kAge, kBalance, kActive };
constexpr TypeId kTypes[] = {TypeId::kInteger, TypeId::kText,  TypeId::kText,
                             TypeId::kInteger, TypeId::kFloat, TypeId::kBoolean};

std::vector<Chunk> make_users() {
  std::vector<Chunk> chunks;
  uint64_t seed = 42;
  for (uint32_t first = 0; first < kRows; first += orrery::types::kVectorCapacity) {
    Chunk chunk;
    chunk.row_count = std::min(orrery::types::kVectorCapacity, kRows - first);
    for (TypeId t : kTypes) chunk.columns.emplace_back(t);
    for (uint32_t r = 0; r < chunk.row_count; ++r) {
      seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
      std::string id = std::to_string(first + r + 1);
      auto& c = chunk.columns;
      c[kId].set_datum(r, Datum::integer(first + r + 1));
      c[kName].data<orrery::types::StringRef>()[r] = c[kName].add_string("User_" + id);
      c[kEmail].data<orrery::types::StringRef>()[r] =
          c[kEmail].add_string("user" + id + "@example.com");
      c[kAge].set_datum(r, Datum::integer(18 + static_cast<int64_t>(seed >> 33) % 62));
      c[kBalance].set_datum(r, Datum::floating(static_cast<double>(seed >> 40) / 167.77216));
      c[kActive].set_datum(r, Datum::boolean(seed >> 60 < 11));
    }
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

ExprPtr column(Column c) {
  return orrery::expr::make_column(c, kTypes[c], false);
}
ExprPtr number(int64_t v) {
  return orrery::expr::make_constant(Datum::integer(v), TypeId::kInteger);
}
ExprPtr real(double v) {
  return orrery::expr::make_constant(Datum::floating(v), TypeId::kFloat);
}
ExprPtr text(const char* s) {
  return orrery::expr::make_constant(Datum::text(s), TypeId::kText);
}
template <class... Args>
std::vector<ExprPtr> list(Args... args) {
  std::vector<ExprPtr> v;
  (v.push_back(std::move(args)), ...);
  return v;
}
template <class... Args>
ExprPtr call(std::string_view name, Args... args) {
  std::vector<ExprPtr> v = list(std::move(args)...);
  std::vector<TypeId> types;
  for (auto& a : v) types.push_back(a->type);
  auto resolved = orrery::expr::resolve_function(name, types);
  for (size_t i = 0; i < v.size(); ++i) {
    if (resolved->arguments[i] == TypeId::kAny) continue;
    v[i] = orrery::expr::make_cast(std::move(v[i]), resolved->arguments[i]);
  }
  return orrery::expr::make_function(*resolved->function, resolved->result, std::move(v));
}
ExprPtr compare(CompareOp op, ExprPtr a, ExprPtr b) {
  return orrery::expr::make_compare(op, std::move(a), std::move(b));
}
ExprPtr node(orrery::expr::ExprKind kind, TypeId type, std::vector<ExprPtr> args) {
  auto e = std::make_unique<Expr>();
  e->kind = kind;
  e->type = type;
  e->args = std::move(args);
  return e;
}

enum class Mode : uint8_t { kSelect, kEvaluate };

uint64_t run(const Expr& e, Mode mode, const std::vector<Chunk>& chunks) {
  ExprState state(e);
  orrery::expr::EvalContext context;
  uint32_t rows[orrery::types::kVectorCapacity];
  uint64_t sum = 0;
  Vector out;
  for (const Chunk& chunk : chunks) {
    if (mode == Mode::kSelect) {
      sum += state.select(context, chunk, chunk.rows(), rows).value_or(0);
    } else if (state.evaluate(context, chunk, chunk.rows(), out)) {
      sum += static_cast<uint64_t>(out.datum(chunk.row_count - 1).as_int64()) & 0xffff;
    }
  }
  return sum;
}

void measure(const char* name, const Expr& e, Mode mode, const std::vector<Chunk>& chunks,
             int repeats) {
  std::vector<double> times;
  uint64_t sum = 0;
  uint32_t rows = 0;
  for (const Chunk& c : chunks) rows += c.row_count;
  for (int i = 0; i < repeats; ++i) {
    auto start = std::chrono::steady_clock::now();
    sum = run(e, mode, chunks);
    std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    times.push_back(spent.count());
  }
  std::sort(times.begin(), times.end());
  std::printf("%-28s %8.2f ns/row  %9.2f us  min %9.2f us  checksum %llu\n", name,
              times[times.size() / 2] / rows, times[times.size() / 2] / 1000, times[0] / 1000,
              static_cast<unsigned long long>(sum));
}

}  // namespace

int main(int argc, char** argv) {
  const int repeats = argc > 1 ? std::atoi(argv[1]) : 200;
  const std::vector<Chunk> users = make_users();
  using orrery::expr::ExprKind;
  auto select = [&](const char* name, ExprPtr e) {
    measure(name, *e, Mode::kSelect, users, repeats);
  };
  auto evaluate = [&](const char* name, ExprPtr e) {
    measure(name, *e, Mode::kEvaluate, users, repeats);
  };
  select("age > 40", compare(CompareOp::kGreater, column(kAge), number(40)));
  select("balance > 50000", compare(CompareOp::kGreater, column(kBalance), real(50000)));
  select("balance > 50000 (int)", compare(CompareOp::kGreater, column(kBalance), number(50000)));
  select("name = 'User_77'", compare(CompareOp::kEqual, column(kName), text("User_77")));
  select("active", column(kActive));
  select("balance between",
         orrery::expr::make_and(
             list(compare(CompareOp::kGreaterEqual, column(kBalance), real(25000)),
                  compare(CompareOp::kLessEqual, column(kBalance), real(75000)))));
  select("age = 25 or 50 or 75",
         node(ExprKind::kOr, TypeId::kBoolean,
              list(compare(CompareOp::kEqual, column(kAge), number(25)),
                   compare(CompareOp::kEqual, column(kAge), number(50)),
                   compare(CompareOp::kEqual, column(kAge), number(75)))));
  select("age in (7 values)",
         node(ExprKind::kInList, TypeId::kBoolean,
              list(column(kAge), number(20), number(25), number(30), number(35), number(40),
                   number(45), number(50))));
  select("name like 'User_1%'", call("LIKE", column(kName), text("User_1%")));
  select("email like '%50%'", call("LIKE", column(kEmail), text("%50%")));
  select("email ilike '%50%'", call("ILIKE", column(kEmail), text("%50%")));
  select("email regexp '50+@'", call("REGEXP", column(kEmail), text("50+@")));
  select("length > 7 and upper like",
         orrery::expr::make_and(
             list(compare(CompareOp::kGreater, call("LENGTH", column(kName)), number(7)),
                  call("LIKE", call("UPPER", column(kName)), text("USER_%")))));
  evaluate("age + 1", call("+", column(kAge), number(1)));
  evaluate("balance * 1.1", call("*", column(kBalance), real(1.1)));
  evaluate("round(balance / 1000, 2)",
           call("ROUND", call("/", column(kBalance), number(1000)), number(2)));
  evaluate("abs(balance - 50000)", call("ABS", call("-", column(kBalance), number(50000))));
  evaluate("name || ' (' || email || ')'",
           call("||", call("||", call("||", column(kName), text(" (")), column(kEmail)), text(")")));
  auto tier = [&](double limit) { return compare(CompareOp::kGreater, column(kBalance), real(limit)); };
  evaluate("case of 4 tiers",
           node(ExprKind::kCase, TypeId::kText,
                list(tier(75000), text("platinum"), tier(50000), text("gold"), tier(25000),
                     text("silver"), text("bronze"))));
  evaluate("upper(name)", call("UPPER", column(kName)));
  evaluate("length(name)", call("LENGTH", column(kName)));
  evaluate("cast(balance as text)", orrery::expr::make_cast(column(kBalance), TypeId::kText));
  evaluate("coalesce(balance, 0)",
           node(ExprKind::kCoalesce, TypeId::kFloat, list(column(kBalance), real(0))));

  std::vector<Chunk> one(1);
  one[0].row_count = 1;
  for (size_t c = 0; c < std::size(kTypes); ++c) {
    one[0].columns.emplace_back(kTypes[c], 64);
    one[0].columns[c].set_datum(0, users[0].columns[c].datum(0));
  }
  std::printf("one row, state and all:\n");
  auto single = [&](const char* name, ExprPtr e, Mode mode) {
    measure(name, *e, mode, one, repeats * 50);
  };
  single("age > 40", compare(CompareOp::kGreater, column(kAge), number(40)), Mode::kSelect);
  single("age + 1", call("+", column(kAge), number(1)), Mode::kEvaluate);
  single("name like 'User_1%'", call("LIKE", column(kName), text("User_1%")), Mode::kSelect);
  single("age", column(kAge), Mode::kEvaluate);
}
