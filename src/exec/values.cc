#include <algorithm>

#include "exec/column_buffer.h"
#include "exec/evaluator.h"
#include "exec/operators.h"

namespace orrery::exec {
namespace {

/// Rows of expressions, evaluated a chunk at a time over a chunk of one row without columns.
class Values final : public Source {
 public:
  Values(const plan::ValuesNode& node, Scope& scope) : Source(node.id), node_(node), scope_(scope) {
    one_row_.row_count = 1;
  }

  Status open(uint64_t) override {
    next_ = 0;
    for (auto& row : evaluators_) row.begin_run();
    return {};
  }

  Status next(types::Chunk** out) override {
    *out = nullptr;
    auto left = static_cast<uint32_t>(node_.rows.size() - next_);
    uint32_t n = std::min(left, scope_.run.vector_size);
    if (n == 0) return {};
    chunk_.reset();
    chunk_.columns.resize(node_.output.size());
    chunk_.row_count = n;
    for (size_t c = 0; c < node_.output.size(); ++c) {
      chunk_.columns[c].reset(node_.output[c].type, capacity_for(n));
    }
    for (uint32_t i = 0; i < n; ++i) ORRERY_TRY(fill_row(i));
    next_ += n;
    *out = &chunk_;
    return {};
  }

 private:
  Status fill_row(uint32_t at) {
    const auto& row = node_.rows[next_ + at];
    for (size_t c = 0; c < node_.output.size(); ++c) {
      types::Vector& to = chunk_.columns[c];
      if (c >= row.size()) {
        to.set_null(at);
        continue;
      }
      const expr::Expr& e = *row[c];
      if (e.kind == expr::ExprKind::kConstant || e.kind == expr::ExprKind::kParameter ||
          e.kind == expr::ExprKind::kOuter) {
        types::Value owner;
        ORRERY_TRY_ASSIGN(types::Datum value, evaluate_value(e, scope_.eval, &owner));
        store(to, at, value, false);
        continue;
      }
      ORRERY_TRY(fill_computed(row, c, at, &to));
    }
    return {};
  }

  Status fill_computed(const std::vector<expr::ExprPtr>& row, size_t c, uint32_t at,
                       types::Vector* to) {
    if (evaluators_.size() != node_.rows.size()) {
      evaluators_.clear();
      for (const auto& r : node_.rows) evaluators_.emplace_back(r);
    }
    const types::Vector* v = nullptr;
    (void)row;
    ORRERY_TRY(evaluators_[next_ + at][c].evaluate(scope_.eval, one_row_, {nullptr, 1}, &v));
    store(*to, at, v->datum(0), v->holds_arenas());
    return {};
  }

  static void store(types::Vector& to, uint32_t at, types::Datum value, bool copy) {
    if (!value.is_null() && to.type() == types::TypeId::kFloat &&
        value.type() == types::TypeId::kInteger) {
      value = types::Datum::floating(static_cast<double>(value.as_int64()));
    }
    if (copy && layout_of(value.type()) == types::Layout::kString && !value.is_null()) {
      value = types::Datum::string(value.type(), to.add_string(value.view()));
    }
    to.set_datum(at, value);
  }

  const plan::ValuesNode& node_;
  Scope& scope_;
  types::Chunk one_row_;
  types::Chunk chunk_;
  std::vector<EvaluatorList> evaluators_;
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<Source> make_values(const plan::ValuesNode& node, Scope& scope) {
  return std::make_unique<Values>(node, scope);
}

}  // namespace orrery::exec
