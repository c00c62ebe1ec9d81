// Predicate pushdown.
#include <algorithm>

#include "plan/construct.h"
#include "plan/rewrite.h"

namespace orrery::plan {

using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;

namespace {

/// What a boolean cannot be once some columns are NULL.
enum class Never : uint8_t { kTrue, kFalse };

bool is_never(const Expr& e, Never value, const ColumnSet& nulls);

/// True where NULLs in these columns make the expression NULL.
bool becomes_null(const Expr& e, const ColumnSet& nulls) {
  auto arg_becomes_null = [&](const ExprPtr& arg) { return becomes_null(*arg, nulls); };
  switch (e.kind) {
    case ExprKind::kColumn:
      return nulls.has(e.index);
    case ExprKind::kCompare:
    case ExprKind::kNot:
    case ExprKind::kCast:
      return std::any_of(e.args.begin(), e.args.end(), arg_becomes_null);
    case ExprKind::kInList:
      return becomes_null(*e.args[0], nulls);
    case ExprKind::kFunction:
      return e.function->null_rule == expr::NullRule::kPropagate &&
             std::any_of(e.args.begin(), e.args.end(), arg_becomes_null);
    case ExprKind::kAnd:
    case ExprKind::kOr:
      // FALSE beside NULL makes an AND false, TRUE an OR true.
      return std::all_of(e.args.begin(), e.args.end(), arg_becomes_null);
    default:
      return false;
  }
}

bool is_never(const Expr& e, Never value, const ColumnSet& nulls) {
  if (becomes_null(e, nulls)) return true;
  auto arg_is_never = [&](const ExprPtr& arg) { return is_never(*arg, value, nulls); };
  switch (e.kind) {
    case ExprKind::kAnd:
    case ExprKind::kOr:
      // One argument that is never TRUE is enough for an AND, and one never FALSE for an OR.
      return (e.kind == ExprKind::kAnd) == (value == Never::kTrue)
                 ? std::any_of(e.args.begin(), e.args.end(), arg_is_never)
                 : std::all_of(e.args.begin(), e.args.end(), arg_is_never);
    case ExprKind::kNot:
      return is_never(*e.args[0], value == Never::kTrue ? Never::kFalse : Never::kTrue, nulls);
    case ExprKind::kIsNull:
      return e.negated == (value == Never::kTrue) && becomes_null(*e.args[0], nulls);
    default:
      return false;
  }
}

/// True where no row with NULLs in these columns passes.
bool any_rejects_nulls(const std::vector<ExprPtr>& conjuncts, const ColumnSet& columns) {
  return std::any_of(conjuncts.begin(), conjuncts.end(),
                     [&](const ExprPtr& e) { return is_never(*e, Never::kTrue, columns); });
}

class Pusher {
 public:
  explicit Pusher(PlanContext& context) : context_(context) {}

  RelPtr push(RelPtr rel, std::vector<ExprPtr> conjuncts) {
    switch (rel->kind) {
      case RelKind::kFilter:
        return push_filter(std::move(rel), std::move(conjuncts));
      case RelKind::kScan:
        for (ExprPtr& e : conjuncts) rel->exprs.push_back(std::move(e));
        return rel;
      case RelKind::kProject:
        return push_project(std::move(rel), std::move(conjuncts));
      case RelKind::kJoin:
        return push_join(std::move(rel), std::move(conjuncts));
      case RelKind::kAggregate:
        return push_aggregate(std::move(rel), std::move(conjuncts));
      case RelKind::kWindow:
        return push_window(std::move(rel), std::move(conjuncts));
      case RelKind::kDistinct:
        return push_distinct(std::move(rel), std::move(conjuncts));
      case RelKind::kSort:
        rel->inputs[0] = push(std::move(rel->inputs[0]), std::move(conjuncts));
        return rel;
      case RelKind::kSet:
        return push_set(std::move(rel), std::move(conjuncts));
      case RelKind::kValues:
      case RelKind::kSeries:
      case RelKind::kCte:
      case RelKind::kLimit:
      case RelKind::kRecursive:
        break;
    }
    return stop(std::move(rel), std::move(conjuncts));
  }

 private:
  /// Nothing passes this relation: filter above it, and start anew below.
  RelPtr stop(RelPtr rel, std::vector<ExprPtr> conjuncts) {
    for (RelPtr& input : rel->inputs) input = push(std::move(input), {});
    return make_filter(std::move(rel), std::move(conjuncts));
  }

  RelPtr push_filter(RelPtr rel, std::vector<ExprPtr> conjuncts) {
    // The filter's own come first: they may guard the others from errors.
    std::vector<ExprPtr> all = std::move(rel->exprs);
    for (ExprPtr& e : conjuncts) all.push_back(std::move(e));
    std::vector<ExprPtr> stays, moves;
    for (ExprPtr& e : all) {
      bool stay = is_volatile(context_, *e);
      (stay ? stays : moves).push_back(std::move(e));
    }
    RelPtr input = push(std::move(rel->inputs[0]), std::move(moves));
    return make_filter(std::move(input), std::move(stays));
  }

  RelPtr push_project(RelPtr rel, std::vector<ExprPtr> conjuncts) {
    ColumnSet made;
    made.add(rel->columns);
    ColumnMap map;
    for (size_t i = 0; i < rel->columns.size(); ++i) {
      map.emplace_back(rel->columns[i], rel->exprs[i].get());
    }
    std::vector<ExprPtr> stays, moves;
    for (ExprPtr& e : conjuncts) {
      ColumnSet read = columns_read(context_, *e);
      if (!read.intersects(made)) {
        moves.push_back(std::move(e));
        continue;
      }
      bool movable = !has_subquery(*e);
      for (size_t i = 0; i < rel->columns.size() && movable; ++i) {
        if (!read.has(rel->columns[i])) continue;
        movable = !has_subquery(*rel->exprs[i]) && !is_volatile(context_, *rel->exprs[i]);
      }
      if (!movable) {
        stays.push_back(std::move(e));
        continue;
      }
      substitute(context_, map, &e);
      moves.push_back(fold_tree(std::move(e)));
    }
    rel->inputs[0] = push(std::move(rel->inputs[0]), std::move(moves));
    return make_filter(std::move(rel), std::move(stays));
  }

  /// Constants may have met: fold from the leaves up.
  static ExprPtr fold_tree(ExprPtr e) {
    for (ExprPtr& arg : e->args) arg = fold_tree(std::move(arg));
    return fold(std::move(e));
  }

  RelPtr push_join(RelPtr rel, std::vector<ExprPtr> conjuncts) {
    simplify_outer(rel.get(), conjuncts);
    ColumnSet left = available_columns(*rel->inputs[0]);
    ColumnSet right = available_columns(*rel->inputs[1]);
    bool pools = rel->join_type == JoinType::kInner;
    bool keeps_left = rel->join_type != JoinType::kFull;
    std::vector<ExprPtr> to_left, to_right, on, above;
    for (ExprPtr& e : conjuncts) {
      ColumnSet read = columns_read(context_, *e);
      bool reads_left = read.intersects(left);
      bool reads_right = read.intersects(right);
      if (!reads_right && keeps_left) {
        to_left.push_back(std::move(e));
      } else if (pools && !reads_left) {
        to_right.push_back(std::move(e));
      } else if (pools) {
        on.push_back(std::move(e));
      } else {
        above.push_back(std::move(e));
      }
    }
    // The left side of a lateral join feeds the right one, so that a condition of the join may go
    // to either; for outer and anti joins only what concerns the right side may be tested early.
    bool left_may = pools || rel->join_type == JoinType::kSemi;
    bool right_may =
        rel->join_type != JoinType::kFull && rel->join_type != JoinType::kNullAwareAnti;
    for (ExprPtr& e : rel->exprs) {
      ColumnSet read = columns_read(context_, *e);
      bool reads_left = read.intersects(left);
      bool reads_right = read.intersects(right);
      bool moves = !is_volatile(context_, *e);
      if (moves && left_may && !reads_right) {
        to_left.push_back(std::move(e));
      } else if (moves && right_may && !reads_left) {
        to_right.push_back(std::move(e));
      } else {
        on.push_back(std::move(e));
      }
    }
    rel->exprs = std::move(on);
    rel->inputs[0] = push(std::move(rel->inputs[0]), std::move(to_left));
    rel->inputs[1] = push(std::move(rel->inputs[1]), std::move(to_right));
    return make_filter(std::move(rel), std::move(above));
  }

  /// May swap the inputs.
  void simplify_outer(Rel* rel, const std::vector<ExprPtr>& conjuncts) {
    bool left_real = any_rejects_nulls(conjuncts, available_columns(*rel->inputs[0]));
    bool right_real = any_rejects_nulls(conjuncts, available_columns(*rel->inputs[1]));
    if (rel->join_type == JoinType::kLeft && right_real) rel->join_type = JoinType::kInner;
    if (rel->join_type != JoinType::kFull) return;
    if (left_real && right_real) {
      rel->join_type = JoinType::kInner;
    } else if (left_real) {
      rel->join_type = JoinType::kLeft;
    } else if (right_real) {
      rel->join_type = JoinType::kLeft;
      std::swap(rel->inputs[0], rel->inputs[1]);
    }
  }

  RelPtr push_aggregate(RelPtr rel, std::vector<ExprPtr> conjuncts) {
    std::vector<ExprPtr> stays, moves;
    ColumnSet groups;
    ColumnMap map;
    bool movable = rel->grouping_sets.empty() && !rel->exprs.empty();
    for (size_t i = 0; i < rel->exprs.size(); ++i) {
      if (is_volatile(context_, *rel->exprs[i]) || has_subquery(*rel->exprs[i])) movable = false;
      groups.add(rel->columns[i]);
      map.emplace_back(rel->columns[i], rel->exprs[i].get());
    }
    ColumnSet made;
    made.add(rel->columns);
    for (ExprPtr& e : conjuncts) {
      ColumnSet read = columns_read(context_, *e);
      ColumnSet others = read;
      others.remove(groups);
      if (!movable || !read.intersects(groups) || others.intersects(made) || has_subquery(*e)) {
        stays.push_back(std::move(e));
        continue;
      }
      substitute(context_, map, &e);
      moves.push_back(std::move(e));
    }
    rel->inputs[0] = push(std::move(rel->inputs[0]), std::move(moves));
    return make_filter(std::move(rel), std::move(stays));
  }

  RelPtr push_window(RelPtr rel, std::vector<ExprPtr> conjuncts) {
    ColumnSet partition;
    for (const ExprPtr& e : rel->exprs) {
      if (e->kind == ExprKind::kColumn) partition.add(e->index);
    }
    return push_if_within(std::move(rel), std::move(conjuncts), partition);
  }

  RelPtr push_distinct(RelPtr rel, std::vector<ExprPtr> conjuncts) {
    ColumnSet keys;
    keys.add(rel->keys);
    return push_if_within(std::move(rel), std::move(conjuncts), keys);
  }

  /// A conjunct over these columns alone keeps or drops whole partitions.
  RelPtr push_if_within(RelPtr rel, std::vector<ExprPtr> conjuncts, const ColumnSet& columns) {
    ColumnSet visible = available_columns(*rel);
    std::vector<ExprPtr> stays, moves;
    for (ExprPtr& e : conjuncts) {
      ColumnSet read = columns_read(context_, *e);
      ColumnSet others = read;
      others.remove(columns);
      bool within = read.intersects(columns) && !others.intersects(visible);
      (within ? moves : stays).push_back(std::move(e));
    }
    rel->inputs[0] = push(std::move(rel->inputs[0]), std::move(moves));
    return make_filter(std::move(rel), std::move(stays));
  }

  RelPtr push_set(RelPtr rel, std::vector<ExprPtr> conjuncts) {
    std::vector<ExprPtr> stays;
    std::vector<std::vector<ExprPtr>> moves(rel->inputs.size());
    for (ExprPtr& e : conjuncts) {
      if (has_subquery(*e)) {
        stays.push_back(std::move(e));
        continue;
      }
      for (size_t k = 0; k < rel->inputs.size(); ++k) {
        std::vector<ExprPtr> columns;
        ColumnMap map;
        for (size_t i = 0; i < rel->columns.size(); ++i) {
          columns.push_back(context_.column_ref(rel->input_columns[k][i]));
          map.emplace_back(rel->columns[i], columns.back().get());
        }
        ExprPtr copy = expr::clone(*e);
        substitute(context_, map, &copy);
        moves[k].push_back(std::move(copy));
      }
    }
    for (size_t k = 0; k < rel->inputs.size(); ++k) {
      rel->inputs[k] = push(std::move(rel->inputs[k]), std::move(moves[k]));
    }
    return make_filter(std::move(rel), std::move(stays));
  }

  PlanContext& context_;
};

}  // namespace

RelPtr push_down(PlanContext& context, RelPtr rel, std::vector<ExprPtr> conjuncts) {
  return Pusher(context).push(std::move(rel), std::move(conjuncts));
}

}  // namespace orrery::plan
