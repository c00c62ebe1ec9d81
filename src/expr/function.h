// Scalar functions and operators: what the binder looks up and the evaluator calls.
//
// Operators are functions too: "+", "-", "*", "/", "%", "||", "&", "|", "^", "<<", ">>", "->",
// "->>", "<=>", "LIKE", "NOT LIKE"..., unary "-" as "NEG", unary "~" as "BITNOT". Comparison, AND,
// OR, NOT, CASE, CAST, COALESCE and IN have nodes of their own (expr/expr.h).
#pragma once

#include <cstdint>
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

/// Computes result cells at the selected rows. Arguments may be constant vectors. `out` has been
/// reset flat to the call's static type; with kPropagate, NULL rows are already marked and are not
/// in `rows`.
using Kernel = Status (*)(EvalContext& context, const Expr& call,
                          std::span<const types::Vector* const> args, const types::Selection& rows,
                          types::Vector& out);

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
