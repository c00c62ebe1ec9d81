#include <algorithm>
#include <vector>

#include "exec/evaluator.h"
#include "exec/operators.h"
#include "exec/row_sorter.h"

namespace orrery::exec {
namespace {

/// Up to this many rows wanted, the sort keeps only candidates for them.
constexpr uint64_t kTopRowsMax = 65536;

class Sort final : public Source, private Sink {
 public:
  Sort(const plan::SortNode& node, Scope& scope, std::unique_ptr<Pipeline> input)
      : Source(node.id), node_(node), scope_(scope), input_(std::move(input)) {
    std::vector<types::TypeId> types = output_types(node);
    output_columns_ = types.size();
    for (const plan::SortKey& key : node.keys) {
      if (key.expr->kind == expr::ExprKind::kColumn) {
        keys_.push_back(sort_column(key.expr->index, key));
      } else {
        keys_.push_back(sort_column(static_cast<uint32_t>(types.size()), key));
        types.push_back(key.expr->type);
        computed_.add(*key.expr);
      }
    }
    rows_.init(types);
  }

  Status open(uint64_t) override {
    ran_ = false;
    computed_.begin_run();
    rows_.clear();
    held_ = 0;
    next_ = 0;
    order_.clear();
    wanted_ = UINT64_MAX;
    if (node_.limit != nullptr) {
      ORRERY_TRY_ASSIGN(uint64_t limit,
                        evaluate_row_limit(node_.limit.get(), "LIMIT", UINT64_MAX, scope_.eval));
      ORRERY_TRY_ASSIGN(uint64_t offset,
                        evaluate_row_limit(node_.offset.get(), "OFFSET", 0, scope_.eval));
      wanted_ = limit > UINT64_MAX - offset ? UINT64_MAX : limit + offset;
    }
    top_ = wanted_ <= kTopRowsMax;
    has_bound_ = false;
    return {};
  }

  Status next(types::Chunk** out) override {
    *out = nullptr;
    if (!ran_) ORRERY_TRY(run());
    auto n = static_cast<uint32_t>(std::min<size_t>(order_.size() - next_, scope_.run.vector_size));
    if (n == 0) return {};
    rows_.gather(&order_[next_], n, output_columns_, &chunk_);
    next_ += n;
    *out = &chunk_;
    return {};
  }

 private:
  Status run() {
    ran_ = true;
    if (wanted_ == 0) return {};
    ORRERY_TRY(input_->open());
    ORRERY_TRY(input_->run(*this));
    order_ = sorted_rows(rows_, keys_);
    if (order_.size() > wanted_) order_.resize(static_cast<size_t>(wanted_));
    return {};
  }

  Result<Flow> consume(types::Chunk& in) override {
    types::Selection sel = in.rows();
    ORRERY_TRY(computed_.evaluate(scope_.eval, in, sel));
    columns_.clear();
    for (size_t c = 0; c < output_columns_; ++c) columns_.push_back(&in.columns[c]);
    for (const types::Vector* v : computed_.results()) columns_.push_back(v);
    if (top_ && has_bound_ && !keys_.empty()) sel = below_bound(sel);
    rows_.append(columns_, sel);
    if (top_ && rows_.size() >= wanted_ * 2 + types::kVectorCapacity) cut();
    scope_.run.memory.hold(&held_, rows_.bytes());
    if (scope_.run.memory.exceeded()) {
      return Error(ErrorCode::kOutOfMemory, "memory limit exceeded by a sort");
    }
    return Flow::kNeedInput;
  }

  /// Rows that may still be among those wanted.
  types::Selection below_bound(const types::Selection& sel) {
    prefixes_.resize(sel.count);
    selected_.resize(sel.count);
    sort_prefixes(*columns_[keys_[0].column], sel, keys_[0], prefixes_.data());
    uint32_t n = 0;
    for (uint32_t i = 0; i < sel.count; ++i) {
      selected_[n] = sel[i];
      n += prefixes_[i] <= bound_ ? 1 : 0;
    }
    return {selected_.data(), n};
  }

  void cut() {
    std::vector<uint32_t> kept = smallest_rows(rows_, keys_, static_cast<uint32_t>(wanted_));
    if (!keys_.empty()) {
      bound_ = 0;
      const ColumnBuffer& column = rows_.column(keys_[0].column);
      for (uint32_t r : kept) bound_ = std::max(bound_, sort_prefix(column, r, keys_[0]));
      has_bound_ = true;
    }
    std::vector<types::TypeId> types;
    for (size_t c = 0; c < rows_.column_count(); ++c) types.push_back(rows_.column(c).type());
    RowBuffer smaller;
    smaller.init(types);
    smaller.append(rows_, kept.data(), 0, static_cast<uint32_t>(kept.size()));
    rows_ = std::move(smaller);
  }

  const plan::SortNode& node_;
  Scope& scope_;
  std::unique_ptr<Pipeline> input_;
  size_t output_columns_ = 0;
  EvaluatorList computed_;  ///< keys that are not columns
  std::vector<SortColumn> keys_;
  RowBuffer rows_;
  std::vector<uint32_t> order_;
  std::vector<const types::Vector*> columns_;
  size_t next_ = 0;
  bool ran_ = false;
  uint64_t held_ = 0;
  // Top rows only.
  uint64_t wanted_ = 0;
  bool top_ = false;
  bool has_bound_ = false;
  uint64_t bound_ = 0;  ///< no row with a larger prefix of the first key can be wanted
  std::vector<uint64_t> prefixes_;
  std::vector<uint32_t> selected_;
  types::Chunk chunk_;
};

}  // namespace

std::unique_ptr<Source> make_sort(const plan::SortNode& node, Scope& scope,
                                  std::unique_ptr<Pipeline> input) {
  return std::make_unique<Sort>(node, scope, std::move(input));
}

}  // namespace orrery::exec
