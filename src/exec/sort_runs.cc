#include <algorithm>
#include <span>
#include <vector>

#include "exec/evaluator.h"
#include "exec/operators.h"
#include "exec/row_sorter.h"
#include "exec/spill.h"

namespace orrery::exec {
namespace {

/// ORDER BY over input that is ordered by the first keys already: rows that are equal in those come
/// together and are sorted among themselves, as few of them as are wanted.
class SortRuns final : public Source {
 public:
  SortRuns(const plan::SortNode& node, Scope& scope, std::unique_ptr<Pipeline> input)
      : Source(node.id), node_(node), scope_(scope), input_(std::move(input)) {
    types_ = output_types(node);
    output_columns_ = types_.size();
    for (const plan::SortKey& key : node.keys) {
      if (key.expr->kind == expr::ExprKind::kColumn) {
        keys_.push_back(sort_column(key.expr->index, key));
      } else {
        keys_.push_back(sort_column(static_cast<uint32_t>(types_.size()), key));
        types_.push_back(key.expr->type);
        computed_.add(*key.expr);
      }
    }
    pending_.init(types_);
    ready_.init(types_);
  }

  Status open(uint64_t row_goal) override {
    computed_.begin_run();
    pending_.clear();
    ready_.clear();
    order_.clear();
    next_ = 0;
    complete_ = false;
    scope_.run.memory.hold(&held_, 0);
    ORRERY_TRY_ASSIGN(uint64_t limit,
                      evaluate_row_limit(node_.limit.get(), "LIMIT", UINT64_MAX, scope_.eval));
    ORRERY_TRY_ASSIGN(uint64_t offset,
                      evaluate_row_limit(node_.offset.get(), "OFFSET", 0, scope_.eval));
    wanted_ = limit > UINT64_MAX - offset ? UINT64_MAX : limit + offset;
    if (wanted_ != UINT64_MAX) row_goal = row_goal == 0 ? wanted_ : std::min(row_goal, wanted_);
    goal_ = row_goal;
    return wanted_ == 0 ? Status() : input_->open(row_goal);
  }

  Status next(types::Chunk** out) override {
    *out = nullptr;
    if (wanted_ == 0) return {};
    while (next_ == order_.size()) {
      if (complete_) return {};
      ORRERY_TRY(read());
    }
    auto n = static_cast<uint32_t>(
        std::min<uint64_t>({order_.size() - next_, uint64_t{scope_.run.vector_size}, wanted_}));
    ready_.gather(&order_[next_], n, output_columns_, &chunk_);
    next_ += n;
    wanted_ -= n;
    *out = &chunk_;
    return {};
  }

 private:
  /// Reads until enough whole runs are there, and sorts them.
  Status read() {
    const uint64_t enough =
        std::min<uint64_t>(goal_ == 0 ? types::kVectorCapacity : goal_, types::kVectorCapacity);
    uint32_t whole = 0;
    while (whole == 0 || whole < enough) {
      types::Chunk* chunk = nullptr;
      ORRERY_TRY(input_->next(&chunk));
      if (chunk == nullptr) {
        complete_ = true;
        whole = pending_.size();
        break;
      }
      const uint32_t before = pending_.size();
      ORRERY_TRY(append(*chunk));
      whole = last_run(before, whole);
    }
    ready_.clear();
    ready_.append(pending_, nullptr, 0, whole);
    RowBuffer rest;
    rest.init(types_);
    rest.append(pending_, nullptr, whole, pending_.size() - whole);
    pending_ = std::move(rest);
    order_ = sorted_rows(ready_, keys_);
    next_ = 0;
    return {};
  }

  Status append(types::Chunk& in) {
    types::Selection sel = in.rows();
    ORRERY_TRY(computed_.evaluate(scope_.eval, in, sel));
    columns_.clear();
    for (size_t c = 0; c < output_columns_; ++c) columns_.push_back(&in.columns[c]);
    for (const types::Vector* v : computed_.results()) columns_.push_back(v);
    pending_.append(columns_, sel);
    scope_.run.memory.hold(&held_, pending_.bytes() + ready_.bytes());
    // One run has to fit; where files may be used, the limit is for what can go to them.
    if (scope_.run.spill->available()) return {};
    return check_memory(scope_.run, held_.bytes, "a sort");
  }

  /// The first row of the last run; among the rows before `from` it is `known`.
  uint32_t last_run(uint32_t from, uint32_t known) const {
    std::span<const SortColumn> keys(keys_.data(), node_.sorted_prefix);
    for (uint32_t r = pending_.size(); r-- > std::max(from, 1u);) {
      if (compare_rows(pending_, r - 1, pending_, r, keys) != 0) return r;
    }
    return known;
  }

  const plan::SortNode& node_;
  Scope& scope_;
  std::unique_ptr<Pipeline> input_;
  std::vector<types::TypeId> types_;
  size_t output_columns_ = 0;
  EvaluatorList computed_;  ///< keys that are not columns
  std::vector<SortColumn> keys_;
  RowBuffer pending_;  ///< read, not sorted
  RowBuffer ready_;
  std::vector<uint32_t> order_;
  std::vector<const types::Vector*> columns_;
  size_t next_ = 0;
  bool complete_ = false;
  uint64_t wanted_ = 0;
  uint64_t goal_ = 0;
  MemoryBudget::Held held_;
  types::Chunk chunk_;
};

}  // namespace

std::unique_ptr<Source> make_sort_runs(const plan::SortNode& node, Scope& scope,
                                       std::unique_ptr<Pipeline> input) {
  return std::make_unique<SortRuns>(node, scope, std::move(input));
}

}  // namespace orrery::exec
