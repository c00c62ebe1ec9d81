// Vectorised evaluation of bound expressions.
//
// An ExprState holds the scratch vectors of one expression for one execution at a time; make one
// per thread. Results are written at the selected rows of a vector as long as the input chunk; they
// may be constant, and may reference the input's cells, so they live as long as the input chunk and
// the state (until the next call).
#pragma once

#include <atomic>
#include <memory>
#include <span>

#include "base/result.h"
#include "expr/expr.h"
#include "types/vector.h"

namespace orrery::expr {

/// Runs subqueries for the evaluator; implemented by exec/.
class SubqueryRunner {
 public:
  virtual ~SubqueryRunner() = default;
  /// Evaluates a kSubquery expression at the selected rows. `left` are the vectors of its left side
  /// (one per member of a row value), `outer` those of its outer_args. `out` is flat, of the
  /// expression's type; the runner applies Expr::negated.
  virtual Status run(const Expr& subquery, std::span<const types::Vector* const> left,
                     std::span<const types::Vector* const> outer, const types::Selection& rows,
                     types::Vector& out) = 0;
};

/// What an execution hands to its expressions. Borrowed pointers; all outlive the execution.
struct EvalContext {
  std::span<const types::Datum> parameters;  ///< a missing one reads as NULL
  std::span<const types::Datum> outer;
  int64_t now_nanos = 0;        ///< the statement's time, nanoseconds since 1970 UTC
  uint64_t transaction_id = 0;  ///< 0 = autocommit: CURRENT_TRANSACTION_ID() is NULL
  uint64_t* random_state = nullptr;
  SubqueryRunner* subqueries = nullptr;
  const std::atomic<bool>* cancelled = nullptr;  ///< polled by long kernels (SLEEP)
  Status (*sleep)(EvalContext&, int64_t nanos) = nullptr;
};

class ExprState {
 public:
  explicit ExprState(const Expr& expr);  ///< borrows the expression
  ~ExprState();
  ExprState(ExprState&&) noexcept;
  ExprState& operator=(ExprState&&) noexcept;

  /// Evaluates at `rows` of `input`.
  Status evaluate(EvalContext& context, const types::Chunk& input, const types::Selection& rows,
                  types::Vector& out);
  /// Writes the rows where the (boolean) expression is TRUE to `out_rows` (room for rows.count),
  /// ascending, and returns how many. `out_rows` may be rows.rows itself.
  Result<uint32_t> select(EvalContext& context, const types::Chunk& input,
                          const types::Selection& rows, uint32_t* out_rows);

 private:
  struct Impl;
  Impl& impl();

  const Expr* expr_;
  std::unique_ptr<Impl> impl_;  ///< made at the first use that needs it
};

/// What `a op b` gives for two cells that are not NULL, by the dialect's rule for kinds that do not
/// compare: never equal, ordered by their text forms.
bool compare_cells(CompareOp op, const types::Datum& a, const types::Datum& b);

/// Evaluates an expression without columns once. The bytes of a long text result are owned by the
/// Value.
Result<types::Value> evaluate_once(const Expr& expr, EvalContext& context);

}  // namespace orrery::expr
