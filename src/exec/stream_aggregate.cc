#include <algorithm>

#include "exec/aggregate_state.h"
#include "exec/evaluator.h"
#include "exec/operators.h"
#include "exec/row_hash.h"

namespace orrery::exec {
namespace {

/// GROUP BY over input that comes ordered by the groups: a group is given out when the next one
/// begins, so that whoever wants few rows reads few.
class StreamAggregate final : public Operator {
 public:
  StreamAggregate(const plan::AggregateNode& node, Scope& scope)
      : Operator(node.id),
        node_(node),
        scope_(scope),
        groups_(node.groups),
        states_(node.aggregates, scope) {
    for (const auto& g : node.groups) types_.push_back(g->type);
    for (const auto& call : node.aggregates) waits_ |= !call.order_by.empty();
    keys_.init(types_);
  }

  Status open() override {
    groups_.begin_run();
    states_.begin_run();
    keys_.clear();
    given_ = 0;
    needs_finish_ = true;
    in_ = nullptr;
    return {};
  }

  Result<Flow> process(types::Chunk& in, types::Chunk** out) override {
    *out = nullptr;
    if (in_ != &in) {
      in_ = &in;
      ORRERY_TRY(update(in));
    }
    // The last group may go on in the next chunk; ordered aggregates wait for the end.
    if (give(waits_ ? 0 : keys_.size() - 1, out)) return Flow::kHaveMore;
    in_ = nullptr;
    return Flow::kNeedInput;
  }

  Result<Flow> finish(types::Chunk** out) override {
    *out = nullptr;
    if (needs_finish_) {
      needs_finish_ = false;
      ORRERY_TRY(states_.finish_input());
    }
    return give(keys_.size(), out) ? Flow::kHaveMore : Flow::kNeedInput;
  }

  uint64_t input_goal(uint64_t row_goal) override { return row_goal == 0 ? 0 : row_goal * 4; }

 private:
  Status update(types::Chunk& in) {
    types::Selection sel = in.rows();
    ORRERY_TRY(groups_.evaluate(scope_.eval, in, sel));
    auto values = groups_.results();
    numbers_.resize(sel.count);
    begins_.assign(sel.count, 0);
    for (size_t k = 0; k < values.size(); ++k) mark_changes(*values[k], keys_.column(k), sel);
    firsts_.clear();
    uint32_t group = keys_.size();  // of the group before the first row, plus one
    for (uint32_t i = 0; i < sel.count; ++i) {
      if (begins_[i] != 0) {
        firsts_.push_back(sel[i]);
        ++group;
      }
      numbers_[i] = group - 1;
    }
    keys_.append(values, {firsts_.data(), static_cast<uint32_t>(firsts_.size())});
    states_.resize(keys_.size());
    return states_.update(in, sel, numbers_.data());
  }

  /// begins_[i] = 1 where the i-th row's cell differs from that of the row before.
  void mark_changes(const types::Vector& v, const ColumnBuffer& kept, const types::Selection& sel) {
    if (keys_.size() == 0) {
      begins_[0] = 1;
    } else if (!cells_equal(v, sel[0], kept, keys_.size() - 1)) {
      begins_[0] = 1;
    }
    if (v.is_constant()) return;
    if (layout_of(v.type()) == types::Layout::kInt64 && !v.has_nulls()) {
      const auto* cells = v.data<int64_t>();
      for (uint32_t i = 1; i < sel.count; ++i) {
        begins_[i] |= cells[sel[i]] != cells[sel[i - 1]] ? 1 : 0;
      }
      return;
    }
    previous_.init(v.type());
    previous_.append(v, sel);
    for (uint32_t i = 1; i < sel.count; ++i) {
      if (begins_[i] == 0 && !cells_equal(v, sel[i], previous_, i - 1)) begins_[i] = 1;
    }
  }

  bool give(uint32_t end, types::Chunk** out) {
    uint32_t n = std::min(end - given_, scope_.run.vector_size);
    if (n == 0) return false;
    const size_t group_columns = types_.size();
    out_.reset();
    out_.columns.resize(group_columns + node_.aggregates.size() + node_.grouping.size());
    for (size_t g = 0; g < group_columns; ++g) {
      out_.columns[g].reset(types_[g], capacity_for(n));
      keys_.column(g).slice(given_, n, &out_.columns[g]);
      keys_.column(g).hold_strings(&out_.columns[g]);
    }
    for (size_t c = 0; c < node_.aggregates.size(); ++c) {
      types::Vector& v = out_.columns[group_columns + c];
      v.reset(node_.aggregates[c].type, capacity_for(n));
      states_.result(c, given_, n, v);
    }
    for (size_t i = 0; i < node_.grouping.size(); ++i) {
      out_.columns[group_columns + node_.aggregates.size() + i].set_constant(
          types::Datum::integer(0), types::TypeId::kInteger);
    }
    out_.row_count = n;
    given_ += n;
    *out = &out_;
    return true;
  }

  const plan::AggregateNode& node_;
  Scope& scope_;
  EvaluatorList groups_;
  AggregateSet states_;
  std::vector<types::TypeId> types_;
  RowBuffer keys_;  ///< one row per group so far
  ColumnBuffer previous_;
  std::vector<uint32_t> numbers_;
  std::vector<uint32_t> firsts_;
  std::vector<uint8_t> begins_;
  types::Chunk* in_ = nullptr;
  uint32_t given_ = 0;
  bool needs_finish_ = true;
  bool waits_ = false;
  types::Chunk out_;
};

}  // namespace

std::unique_ptr<Operator> make_stream_aggregate(const plan::AggregateNode& node, Scope& scope) {
  return std::make_unique<StreamAggregate>(node, scope);
}

}  // namespace orrery::exec
