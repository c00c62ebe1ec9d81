#include <algorithm>

#include "exec/aggregate_shortcuts.h"
#include "exec/aggregate_state.h"
#include "exec/evaluator.h"
#include "exec/group_table.h"
#include "exec/operators.h"

namespace orrery::exec {
namespace {

using types::TypeId;

/// GROUP BY over any input, by hash; one table per grouping set.
class Aggregate final : public Source, private Sink {
 public:
  Aggregate(const plan::AggregateNode& node, Scope& scope, std::unique_ptr<Pipeline> input)
      : Source(node.id),
        node_(node),
        scope_(scope),
        input_(std::move(input)),
        groups_(node.groups) {
    std::vector<TypeId> key_types;
    for (const auto& g : node.groups) key_types.push_back(g->type);
    size_t sets = std::max<size_t>(node.grouping_sets.size(), 1);
    for (size_t s = 0; s < sets; ++s) {
      Set& set = sets_.emplace_back(node.aggregates, scope);
      if (node.grouping_sets.empty()) {
        for (uint32_t i = 0; i < node.groups.size(); ++i) set.columns.push_back(i);
      } else {
        set.columns = node.grouping_sets[s];
      }
      std::vector<TypeId> types;
      for (uint32_t c : set.columns) types.push_back(key_types[c]);
      set.table.init(types);
    }
  }

  Status open(uint64_t) override {
    ran_ = false;
    set_ = 0;
    next_ = 0;
    held_ = 0;
    groups_.begin_run();
    for (Set& s : sets_) {
      s.table.clear();
      s.states.begin_run();
    }
    return {};
  }

  Status next(types::Chunk** out) override {
    *out = nullptr;
    if (!ran_) {
      ran_ = true;
      if (answer_from_metadata(node_, scope_.run, &out_)) {
        set_ = sets_.size();
        *out = &out_;
        return {};
      }
      ORRERY_TRY(run());
    }
    while (set_ < sets_.size() && next_ >= group_count(sets_[set_])) {
      ++set_;
      next_ = 0;
    }
    if (set_ == sets_.size()) return {};
    Set& set = sets_[set_];
    uint32_t n = std::min(group_count(set) - next_, scope_.run.vector_size);
    emit(set, n);
    next_ += n;
    *out = &out_;
    return {};
  }

 private:
  struct Set {
    Set(const std::vector<plan::AggregateCall>& calls, Scope& scope) : states(calls, scope) {}
    std::vector<uint32_t> columns;  ///< groups that tell rows apart
    GroupTable table;
    AggregateSet states;
  };
  static uint32_t group_count(const Set& set) { return set.columns.empty() ? 1 : set.table.size(); }

  Status run() {
    for (Set& set : sets_) {
      if (set.columns.empty()) set.states.resize(1);
    }
    ORRERY_TRY(input_->open());
    ORRERY_TRY(input_->run(*this));
    for (Set& set : sets_) ORRERY_TRY(set.states.finish_input());
    return {};
  }

  Result<Flow> consume(types::Chunk& in) override {
    types::Selection sel = in.rows();
    ORRERY_TRY(groups_.evaluate(scope_.eval, in, sel));
    auto values = groups_.results();
    uint64_t bytes = 0;
    for (Set& set : sets_) {
      if (set.columns.empty()) {
        ORRERY_TRY(set.states.update(in, sel, nullptr));
      } else {
        keys_.clear();
        for (uint32_t c : set.columns) keys_.push_back(values[c]);
        numbers_.resize(types::kVectorCapacity);
        set.table.find_or_add(keys_, sel, numbers_.data());
        set.states.resize(set.table.size());
        ORRERY_TRY(set.states.update(in, sel, numbers_.data()));
      }
      bytes += set.table.bytes() + set.states.bytes();
    }
    scope_.run.memory.hold(&held_, bytes);
    if (scope_.run.memory.exceeded()) {
      return Error(ErrorCode::kOutOfMemory, "memory limit exceeded by an aggregate");
    }
    return Flow::kNeedInput;
  }

  void emit(Set& set, uint32_t n) {
    const size_t group_columns = node_.groups.size(), calls = node_.aggregates.size();
    out_.reset();
    out_.columns.resize(group_columns + calls + node_.grouping.size());
    for (size_t g = 0; g < group_columns; ++g) {
      types::Vector& v = out_.columns[g];
      auto at = std::find(set.columns.begin(), set.columns.end(), g);
      if (at == set.columns.end()) {
        v.set_constant(types::Datum::null(), node_.groups[g]->type);
        continue;
      }
      const ColumnBuffer& keys = set.table.keys().column(at - set.columns.begin());
      v.reset(keys.type(), capacity_for(n));
      keys.slice(next_, n, &v);
      keys.hold_strings(&v);
    }
    for (size_t c = 0; c < calls; ++c) {
      types::Vector& v = out_.columns[group_columns + c];
      v.reset(node_.aggregates[c].type, capacity_for(n));
      set.states.result(c, next_, n, v);
    }
    for (size_t i = 0; i < node_.grouping.size(); ++i) {
      bool in_set =
          std::find(set.columns.begin(), set.columns.end(), node_.grouping[i]) != set.columns.end();
      out_.columns[group_columns + calls + i].set_constant(types::Datum::integer(in_set ? 0 : 1),
                                                           TypeId::kInteger);
    }
    out_.row_count = n;
  }

  const plan::AggregateNode& node_;
  Scope& scope_;
  std::unique_ptr<Pipeline> input_;
  EvaluatorList groups_;
  std::vector<Set> sets_;
  std::vector<const types::Vector*> keys_;
  std::vector<uint32_t> numbers_;
  bool ran_ = false;
  size_t set_ = 0;
  uint32_t next_ = 0;
  uint64_t held_ = 0;
  types::Chunk out_;
};

}  // namespace

std::unique_ptr<Source> make_aggregate(const plan::AggregateNode& node, Scope& scope,
                                       std::unique_ptr<Pipeline> input) {
  return std::make_unique<Aggregate>(node, scope, std::move(input));
}

}  // namespace orrery::exec
