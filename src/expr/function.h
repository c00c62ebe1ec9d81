// Scalar functions and operators: what the binder looks up and the evaluator calls.
//
// Operators are functions too: "+", "-", "*", "/", "%", "||" (two or more arguments), "&", "|",
// "^",
// "<<", ">>", "->", "->>", "<=>", unary "-" as "NEG", unary "~" as "BITNOT", "XOR" (three-valued),
// "BETWEEN" (x, low, high: NULL where any of them is), "LIKE", "ILIKE", "GLOB", "REGEXP" and
// "NOT LIKE"... Comparison, AND, OR, NOT, CASE, CAST, COALESCE and IN have nodes of their own
// (expr/expr.h).
//
// Special forms and how the binder spells them: EXTRACT(f FROM x) is EXTRACT('f', x); POSITION(a IN
// b) is POSITION(a, b); x LIKE p ESCAPE e is LIKE(x, p, e); INTERVAL '1 day' is INTERVAL('1 day'),
// a TEXT, and where it is an operand of + or -: ADD_INTERVAL(ts, text), SUB_INTERVAL(ts, text);
// CAST(x AS DATE) is DATE(x), a TIMESTAMP at midnight; NULLIF, IFNULL and IIF are functions too,
// but evaluate every argument (kCoalesce and kCase do not).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "expr/expr.h"
#include "types/vector.h"

namespace orrery::expr {

struct EvalContext;

enum class Volatility : uint8_t {
  kImmutable,  ///< same arguments, same result: may be folded
  kStable,     ///< one value per statement (NOW()): not folded into a cached plan
  kVolatile,   ///< one value per row (RANDOM())
};
enum class NullRule : uint8_t {
  kPropagate,  ///< any NULL argument gives NULL; the kernel never sees NULL arguments
  kSeesNull,   ///< the kernel handles NULLs itself
};

/// What a kernel keeps from one chunk to the next within one ExprState: a compiled pattern.
class KernelState {
 public:
  virtual ~KernelState() = default;
};

struct KernelCall {
  EvalContext& context;
  const Expr& expr;
  /// The arguments, flat or constant, of the types that resolve_function() asked for.
  std::span<const types::Vector* const> args;
  std::unique_ptr<KernelState>& state;  ///< empty at first, the kernel's own afterwards
};

/// Computes result cells at the selected rows. `out` has been reset flat to the call's static type;
/// with kPropagate, NULL rows are already marked and are not in `rows`. Where every argument is
/// constant it is called for row 0 only.
using Kernel = Status (*)(const KernelCall& call, const types::Selection& rows, types::Vector& out);

struct ScalarFunction {
  std::string_view name;  ///< upper case
  uint8_t arguments_min;
  uint8_t arguments_max;  ///< 255 = any number
  Volatility volatility;
  NullRule null_rule;
  Kernel kernel;
};

/// A call resolved for its argument types: which overload, the result type, and the types its
/// arguments must be cast to first (kAny = take as it is).
struct Resolved {
  const ScalarFunction* function;
  types::TypeId result;
  std::vector<types::TypeId> arguments;
};

/// Looks a function up by upper-case name and argument types. Errors: kFunctionNotFound ("Function
/// not found: X"), kInvalidArgument for a wrong argument count. Where the dialect makes an
/// operation on these types always NULL
/// ('5' + 1), the result resolves to a function that yields NULL.
Result<Resolved> resolve_function(std::string_view name, std::span<const types::TypeId> arguments);
/// True for any scalar function's or operator's name.
bool is_scalar_function(std::string_view name);
/// All names, sorted; for completion in the shell.
std::span<const std::string_view> scalar_function_names();

/// Aggregate functions, for the binder; exec/ computes them.
enum class AggregateKind : uint8_t {
  kCountStar,
  kCount,
  kSum,
  kAvg,
  kMin,
  kMax,
  kFirst,
  kLast,
  kMedian,
  kStringAgg,
  kArrayAgg,
  kStddevPop,
  kStddevSamp,
  kVarPop,
  kVarSamp,
};
/// True (and *kind) where the upper-case name is an aggregate's: COUNT SUM AVG MIN MAX FIRST LAST
/// MEDIAN STRING_AGG GROUP_CONCAT ARRAY_AGG STDDEV(=_POP) STDDEV_POP STDDEV_SAMP VARIANCE(=VAR_POP)
/// VAR_POP VAR_SAMP.
bool find_aggregate(std::string_view name, AggregateKind* kind);
enum class WindowKind : uint8_t {
  kRowNumber,
  kRank,
  kDenseRank,
  kNtile,
  kLead,
  kLag,
  kFirstValue,
  kLastValue,
  kNthValue,
  kPercentRank,
  kCumeDist,
  kAggregate,
};
bool find_window_function(std::string_view name, WindowKind* kind);

}  // namespace orrery::expr
