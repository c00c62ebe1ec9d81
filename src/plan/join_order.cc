#include "plan/join_order.h"

#include <algorithm>

#include "plan/join_choice.h"

namespace orrery::plan {

using expr::ExprPtr;

namespace {

constexpr size_t kStartsMax = 12;  ///< beyond this many tables only the smallest one begins

struct Leaf {
  RelPtr rel;
  ColumnSet columns;
  Estimate estimate;
};

struct Pool {
  std::vector<Leaf> leaves;
  std::vector<ExprPtr> conjuncts;
  std::vector<ColumnSet> reads;
};

/// What has been joined so far.
struct Chain {
  std::vector<size_t> order;
  std::vector<bool> taken;
  std::vector<bool> used;  ///< conjuncts
  ColumnSet columns;
  Estimate estimate;
};

class Orderer {
 public:
  Orderer(const PlanContext& context, const Estimator& estimator, double goal)
      : context_(context), estimator_(estimator), goal_(goal) {}

  void run(Rel* join) {
    take_apart(join);
    for (const ExprPtr& e : pool_.conjuncts) pool_.reads.push_back(columns_read(context_, *e));
    for (const Leaf& leaf : pool_.leaves) all_.add(leaf.columns);
    rebuild(join, search());
  }

 private:
  void take_apart(Rel* join) {
    for (ExprPtr& e : join->exprs) pool_.conjuncts.push_back(std::move(e));
    join->exprs.clear();
    for (RelPtr& input : join->inputs) {
      bool inner = input->kind == RelKind::kJoin && input->join_type == JoinType::kInner;
      bool lateral = inner && free_columns(context_, *input->inputs[1])
                                  .intersects(available_columns(*input->inputs[0]));
      if (inner && !lateral) {
        take_apart(input.get());
        continue;
      }
      Leaf leaf;
      leaf.columns = available_columns(*input);
      leaf.estimate = estimator_.estimate(*input);
      leaf.rel = std::move(input);
      pool_.leaves.push_back(std::move(leaf));
    }
  }

  Chain begin(size_t leaf) const {
    Chain chain;
    chain.taken.assign(pool_.leaves.size(), false);
    chain.used.assign(pool_.conjuncts.size(), false);
    chain.order.push_back(leaf);
    chain.taken[leaf] = true;
    chain.columns = pool_.leaves[leaf].columns;
    chain.estimate = pool_.leaves[leaf].estimate;
    return chain;
  }

  /// Conjuncts that can be tested once `leaf` has joined the chain.
  std::vector<size_t> applicable(const Chain& chain, size_t leaf) const {
    ColumnSet columns = chain.columns;
    columns.add(pool_.leaves[leaf].columns);
    std::vector<size_t> out;
    for (size_t i = 0; i < pool_.conjuncts.size(); ++i) {
      if (chain.used[i]) continue;
      ColumnSet missing = pool_.reads[i];
      missing.remove(columns);
      if (!missing.intersects(all_)) out.push_back(i);
    }
    return out;
  }

  Estimate cost(const Chain& chain, size_t leaf) const {
    Conjuncts conjuncts;
    for (size_t i : applicable(chain, leaf)) conjuncts.push_back(pool_.conjuncts[i].get());
    const Leaf& right = pool_.leaves[leaf];
    double rows = estimator_.join_rows(JoinType::kInner, chain.estimate.rows, right.estimate.rows,
                                       conjuncts);
    JoinKeys keys = find_join_keys(context_, conjuncts, chain.columns, right.columns);
    IndexJoinChoice index = find_index_join(context_, estimator_, keys, *right.rel);
    return choose_join(JoinType::kInner, chain.estimate, right.estimate, rows, keys, index, goal_)
        .estimate;
  }

  Chain extend(Chain chain) const {
    while (chain.order.size() < pool_.leaves.size()) {
      size_t best = SIZE_MAX;
      Estimate best_cost;
      for (size_t leaf = 0; leaf < pool_.leaves.size(); ++leaf) {
        if (chain.taken[leaf]) continue;
        Estimate estimate = cost(chain, leaf);
        bool better = best == SIZE_MAX ||
                      estimate.for_goal(goal_) < best_cost.for_goal(goal_);
        if (!better) continue;
        best = leaf;
        best_cost = estimate;
      }
      for (size_t i : applicable(chain, best)) chain.used[i] = true;
      chain.order.push_back(best);
      chain.taken[best] = true;
      chain.columns.add(pool_.leaves[best].columns);
      chain.estimate = best_cost;
    }
    return chain;
  }

  std::vector<size_t> search() const {
    size_t smallest = 0;
    for (size_t i = 1; i < pool_.leaves.size(); ++i) {
      if (pool_.leaves[i].estimate.rows < pool_.leaves[smallest].estimate.rows) smallest = i;
    }
    if (pool_.leaves.size() > kStartsMax) return extend(begin(smallest)).order;
    Chain best;
    for (size_t i = 0; i < pool_.leaves.size(); ++i) {
      Chain chain = extend(begin(i));
      bool better = best.order.empty() ||
                    chain.estimate.for_goal(goal_) < best.estimate.for_goal(goal_);
      if (better) best = std::move(chain);
    }
    return best.order;
  }

  void rebuild(Rel* join, const std::vector<size_t>& order) {
    Chain chain = begin(order[0]);
    RelPtr left = std::move(pool_.leaves[order[0]].rel);
    for (size_t step = 1; step < order.size(); ++step) {
      std::vector<ExprPtr> conjuncts;
      for (size_t i : applicable(chain, order[step])) {
        chain.used[i] = true;
        conjuncts.push_back(std::move(pool_.conjuncts[i]));
      }
      chain.columns.add(pool_.leaves[order[step]].columns);
      RelPtr right = std::move(pool_.leaves[order[step]].rel);
      if (step + 1 < order.size()) {
        left = make_join(JoinType::kInner, std::move(left), std::move(right),
                         std::move(conjuncts));
        left->ordered = true;
        continue;
      }
      join->inputs.clear();
      join->inputs.push_back(std::move(left));
      join->inputs.push_back(std::move(right));
      join->exprs = std::move(conjuncts);
      join->ordered = true;
    }
  }

  const PlanContext& context_;
  const Estimator& estimator_;
  double goal_;
  Pool pool_;
  ColumnSet all_;
};

}  // namespace

void order_joins(const PlanContext& context, const Estimator& estimator, Rel* join, double goal) {
  Orderer(context, estimator, goal).run(join);
}

}  // namespace orrery::plan
