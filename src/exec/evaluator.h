// Evaluator: an expression ready to be evaluated chunk by chunk; columns are passed through without
// work, and the scratch of other expressions is made when first needed. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "expr/eval.h"
#include "expr/expr.h"
#include "types/vector.h"

namespace orrery::exec {

class Evaluator {
 public:
  explicit Evaluator(const expr::Expr& expr);

  /// Forgets what depends on the statement's parameters or the enclosing row.
  void begin_run();
  /// `*out` is good until the next call and as long as the chunk.
  Status evaluate(expr::EvalContext& context, const types::Chunk& in, const types::Selection& rows,
                  const types::Vector** out);
  /// See ExprState::select.
  Result<uint32_t> select(expr::EvalContext& context, const types::Chunk& in,
                          const types::Selection& rows, uint32_t* out_rows);
  const expr::Expr& expr() const { return *expr_; }
  types::TypeId type() const { return expr_->type; }

 private:
  expr::ExprState& state();

  const expr::Expr* expr_;
  bool caches_values_ = false;  ///< keeps sets of parameters that begin_run() must drop
  std::optional<expr::ExprState> state_;
  types::Vector scratch_;
};

/// Evaluators of a list of expressions.
class EvaluatorList {
 public:
  EvaluatorList() = default;
  explicit EvaluatorList(const std::vector<expr::ExprPtr>& exprs);
  void add(const expr::Expr& e) { list_.emplace_back(e); }
  void begin_run();
  Status evaluate(expr::EvalContext& context, const types::Chunk& in, const types::Selection& rows);
  std::span<const types::Vector* const> results() const { return results_; }
  size_t size() const { return list_.size(); }
  Evaluator& operator[](size_t i) { return list_[i]; }

 private:
  std::vector<Evaluator> list_;
  std::vector<const types::Vector*> results_;
};

/// A row-independent expression's value; `*owner` keeps its bytes. Constants, parameters and outer
/// slots cost nothing.
Result<types::Datum> evaluate_value(const expr::Expr& e, expr::EvalContext& context,
                                    types::Value* owner);
/// True where evaluating cannot take long nor read tables: no subquery, no volatile function.
bool is_plain(const expr::Expr& e);

}  // namespace orrery::exec
