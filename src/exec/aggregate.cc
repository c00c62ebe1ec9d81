#include <memory>

#include "exec/aggregate_shortcuts.h"
#include "exec/evaluator.h"
#include "exec/grouped_rows.h"
#include "exec/operators.h"

namespace orrery::exec {
namespace {

/// GROUP BY over any input, by hash; one set of groups per grouping set.
class Aggregate final : public Source, private Sink {
 public:
  Aggregate(const plan::AggregateNode& node, Scope& scope, std::unique_ptr<Pipeline> input)
      : Source(node.id),
        scope_(scope),
        input_(std::move(input)),
        groups_(node.groups),
        known_(node, scope) {
    if (node.grouping_sets.empty()) {
      std::vector<uint32_t> all;
      for (uint32_t i = 0; i < node.groups.size(); ++i) all.push_back(i);
      sets_.push_back(std::make_unique<GroupedRows>(node, std::move(all), scope));
    }
    for (const auto& columns : node.grouping_sets) {
      sets_.push_back(std::make_unique<GroupedRows>(node, columns, scope));
    }
  }

  Status open(uint64_t) override {
    ran_ = false;
    set_ = 0;
    groups_.begin_run();
    for (auto& s : sets_) s->begin_run();
    return {};
  }

  Status next(types::Chunk** out) override {
    *out = nullptr;
    if (!ran_) {
      ran_ = true;
      ORRERY_TRY_ASSIGN(bool known, known_.answer(&out_));
      if (known) {
        set_ = sets_.size();
        *out = &out_;
        return {};
      }
      ORRERY_TRY(input_->open());
      ORRERY_TRY(input_->run(*this));
      for (auto& s : sets_) ORRERY_TRY(s->finish_input());
    }
    for (; set_ < sets_.size(); ++set_) {
      ORRERY_TRY(sets_[set_]->next(groups_, &out_, out));
      if (*out != nullptr) return {};
    }
    return {};
  }

 private:
  Result<Flow> consume(types::Chunk& in) override {
    ORRERY_TRY(groups_.evaluate(scope_.eval, in, in.rows()));
    for (auto& s : sets_) ORRERY_TRY(s->consume(in, groups_.results()));
    return Flow::kNeedInput;
  }

  Scope& scope_;
  std::unique_ptr<Pipeline> input_;
  EvaluatorList groups_;
  KnownCounts known_;
  std::vector<std::unique_ptr<GroupedRows>> sets_;
  bool ran_ = false;
  size_t set_ = 0;
  types::Chunk out_;
};

}  // namespace

std::unique_ptr<Source> make_aggregate(const plan::AggregateNode& node, Scope& scope,
                                       std::unique_ptr<Pipeline> input) {
  return std::make_unique<Aggregate>(node, scope, std::move(input));
}

}  // namespace orrery::exec
