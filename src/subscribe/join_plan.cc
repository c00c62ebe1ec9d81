#include "subscribe/join_plan.h"

#include <algorithm>
#include <utility>

#include "types/bsatn.h"

namespace orrery::subscribe {
namespace {

using storage::Index;
using storage::IndexKind;

bool is_equality(const Predicate& p, PredicateKind kind) {
  return p.kind == kind && p.op == CompareOp::kEqual && is_bytewise(p.cell);
}

class Planner {
 public:
  Planner(const BoundQuery& query, JoinPlan* out) : query_(query), plan_(*out) {}

  Status add_relations(const std::vector<storage::TableId>& tables,
                       const storage::Catalog& catalog);
  void make_orders();
  void choose_start();

 private:
  struct Choice {
    AccessPath path;
    int score = 0;
    std::vector<const Predicate*> consumed;
  };
  /// The part of a key that column `column` of relation `r` can be looked up by.
  const Predicate* find_equality(uint32_t r, uint32_t column, const std::vector<bool>& bound,
                                 KeyPart* part) const;
  Choice best_access(uint32_t r, const std::vector<bool>& bound) const;
  void add_range(uint32_t r, uint32_t column, AccessPath* path) const;
  std::optional<HashSide> find_hash(uint32_t r, const std::vector<bool>& bound) const;
  JoinOrder make_order(uint32_t start) const;
  Filter filter_for(const std::vector<bool>& bound, std::vector<bool>* done) const;
  std::optional<Selector> find_selector(uint32_t r) const;
  uint32_t slot(const ColumnRef& ref) const {
    return plan_.relations[ref.relation].shape.slot_of(ref.column);
  }

  const BoundQuery& query_;
  JoinPlan& plan_;
  std::vector<RowShape> shapes_;
};

Status Planner::add_relations(const std::vector<storage::TableId>& tables,
                              const storage::Catalog& catalog) {
  std::vector<std::vector<uint32_t>> columns(query_.relations.size());
  for (const Predicate& conjunct : query_.conjuncts) {
    for_each_column(conjunct,
                    [&](const ColumnRef& ref) { columns[ref.relation].push_back(ref.column); });
  }
  for (uint32_t r = 0; r < query_.relations.size(); ++r) {
    const Relation& relation = query_.relations[r];
    JoinRelation out;
    out.table = catalog.find_table(tables[r]);
    if (out.table == nullptr) {
      return Error(ErrorCode::kTableNotFound,
                   "no such table: `" + std::string(relation.qualified_name()) +
                       "`. If the table exists, it may be marked private.");
    }
    out.stored_type = relation.stored_type();
    if (out.table->def().columns.size() != out.stored_type.elements().size()) {
      return Error(ErrorCode::kInternal, "table `" + std::string(relation.qualified_name()) +
                                             "` has other columns than its definition");
    }
    out.shape = RowShape(out.stored_type, columns[r]);
    if (relation.hidden_columns() > 0) out.hidden_bytes = types::Identity::kSize;
    out.event = relation.is_event();
    plan_.has_event = plan_.has_event || out.event;
    shapes_.push_back(out.shape);
    plan_.relations.push_back(std::move(out));
  }
  for (uint32_t r = 0; r < plan_.relations.size(); ++r) {
    plan_.relations[r].selector = find_selector(r);
  }
  plan_.projected = query_.projected;
  return {};
}

std::optional<Selector> Planner::find_selector(uint32_t r) const {
  auto value_of = [&](const Predicate& p, Selector* out) {
    if (!is_equality(p, PredicateKind::kCompareValue) || p.left.relation != r) return false;
    if (!out->values.empty() && out->column != p.left.column) return false;
    out->column = p.left.column;
    out->cell = p.cell;
    out->values.push_back(p.bytes);
    return true;
  };
  auto is_unique = [&](uint32_t column) {
    for (const std::shared_ptr<Index>& index : plan_.relations[r].table->indexes()) {
      const storage::IndexDef& def = index->def();
      if (def.unique && def.columns.size() == 1 && def.columns[0] == column) return true;
    }
    return false;
  };
  std::optional<Selector> best;
  int best_score = 0;
  for (const Predicate& conjunct : query_.conjuncts) {
    Selector selector;
    if (conjunct.kind == PredicateKind::kOr) {
      bool all = true;
      for (const Predicate& p : conjunct.operands) all = all && value_of(p, &selector);
      if (!all) continue;
      std::sort(selector.values.begin(), selector.values.end());
      selector.values.erase(std::unique(selector.values.begin(), selector.values.end()),
                            selector.values.end());
    } else if (!value_of(conjunct, &selector)) {
      continue;
    }
    // The fewer rows share a value, the fewer plans are looked at in vain.
    int score = is_unique(selector.column) ? 4 : (selector.cell == CellType::kU8 ? 1 : 3);
    if (selector.values.size() > 1) --score;
    if (score <= best_score) continue;
    best_score = score;
    best = std::move(selector);
  }
  return best;
}

const Predicate* Planner::find_equality(uint32_t r, uint32_t column, const std::vector<bool>& bound,
                                        KeyPart* part) const {
  ColumnRef wanted{r, column};
  // A joined value before a fixed one: it is what makes a lookup of a join.
  for (const Predicate& p : query_.conjuncts) {
    if (!is_equality(p, PredicateKind::kCompareColumns)) continue;
    for (bool swapped : {false, true}) {
      const ColumnRef& mine = swapped ? p.right : p.left;
      const ColumnRef& other = swapped ? p.left : p.right;
      if (!(mine == wanted) || other.relation == r || !bound[other.relation]) continue;
      part->relation = other.relation;
      part->slot = slot(other);
      part->cell = p.cell;
      return &p;
    }
  }
  for (const Predicate& p : query_.conjuncts) {
    if (is_equality(p, PredicateKind::kCompareValue) && p.left == wanted) {
      part->value = p.bytes;
      return &p;
    }
  }
  return nullptr;
}

void Planner::add_range(uint32_t r, uint32_t column, AccessPath* path) const {
  ColumnRef wanted{r, column};
  for (const Predicate& p : query_.conjuncts) {
    if (p.kind != PredicateKind::kCompareValue || !(p.left == wanted)) continue;
    if (!is_bytewise(p.cell)) continue;
    bool strict = p.op == CompareOp::kLess || p.op == CompareOp::kGreater;
    std::string bound = std::string(1, strict ? '\1' : '\0') + p.bytes;
    if (p.op == CompareOp::kLess || p.op == CompareOp::kLessEqual) path->upper = bound;
    if (p.op == CompareOp::kGreater || p.op == CompareOp::kGreaterEqual) path->lower = bound;
  }
}

Planner::Choice Planner::best_access(uint32_t r, const std::vector<bool>& bound) const {
  Choice best;
  for (const std::shared_ptr<Index>& index : plan_.relations[r].table->indexes()) {
    const storage::IndexDef& def = index->def();
    Choice choice;
    choice.path.index = index.get();
    for (uint16_t column : def.columns) {
      KeyPart part;
      const Predicate* p = find_equality(r, column, bound, &part);
      if (p == nullptr) break;
      choice.path.joined = choice.path.joined || !part.value;
      choice.path.key.push_back(std::move(part));
      choice.consumed.push_back(p);
    }
    size_t parts = choice.path.key.size();
    choice.path.full_key = parts == def.columns.size();
    if (!choice.path.full_key) {
      if (!index->ordered()) continue;
      add_range(r, def.columns[parts], &choice.path);
      bool ranged = !choice.path.lower.empty() || !choice.path.upper.empty();
      if (parts == 0 && !ranged) continue;
      choice.score = ranged ? 1 : 0;
    }
    // What a join gives narrows more than a value that many rows may share.
    choice.score += static_cast<int>(parts) * 2 + (choice.path.joined ? 20 : 0);
    if (choice.path.full_key) choice.score += def.unique ? 40 : 10;
    if (choice.score > best.score) best = std::move(choice);
  }
  return best;
}

std::optional<HashSide> Planner::find_hash(uint32_t r, const std::vector<bool>& bound) const {
  for (const Predicate& p : query_.conjuncts) {
    if (!is_equality(p, PredicateKind::kCompareColumns)) continue;
    for (bool swapped : {false, true}) {
      const ColumnRef& mine = swapped ? p.right : p.left;
      const ColumnRef& other = swapped ? p.left : p.right;
      if (mine.relation != r || other.relation == r || !bound[other.relation]) continue;
      HashSide out;
      out.wanted.relation = other.relation;
      out.wanted.slot = slot(other);
      out.wanted.cell = p.cell;
      out.slot = slot(mine);
      return out;
    }
  }
  return std::nullopt;
}

Filter Planner::filter_for(const std::vector<bool>& bound, std::vector<bool>* done) const {
  std::vector<const Predicate*> now;
  for (size_t i = 0; i < query_.conjuncts.size(); ++i) {
    if ((*done)[i]) continue;
    bool ready = true;
    for_each_column(query_.conjuncts[i],
                    [&](const ColumnRef& ref) { ready = ready && bound[ref.relation]; });
    if (!ready) continue;
    (*done)[i] = true;
    now.push_back(&query_.conjuncts[i]);
  }
  return Filter(now, shapes_);
}

JoinOrder Planner::make_order(uint32_t start) const {
  JoinOrder out;
  out.indexed = true;
  std::vector<bool> bound(plan_.relations.size(), false);
  std::vector<bool> done(query_.conjuncts.size(), false);
  JoinStep first;
  first.relation = start;
  first.access = best_access(start, bound).path;
  bound[start] = true;
  first.filter = filter_for(bound, &done);
  out.steps.push_back(std::move(first));
  while (out.steps.size() < plan_.relations.size()) {
    int best_score = -1;
    Choice best;
    uint32_t next = 0;
    for (uint32_t r = 0; r < plan_.relations.size(); ++r) {
      if (bound[r]) continue;
      Choice choice = best_access(r, bound);
      if (choice.score <= best_score) continue;
      best_score = choice.score;
      best = std::move(choice);
      next = r;
    }
    for (const Predicate* p : best.consumed) {
      done[static_cast<size_t>(p - query_.conjuncts.data())] = true;
    }
    JoinStep step;
    step.relation = next;
    step.access = std::move(best.path);
    bool one_row = step.access.full_key && step.access.index->def().unique;
    bool indexed = step.access.joined || one_row;
    if (!indexed) step.hash = find_hash(next, bound);
    out.indexed = out.indexed && indexed;
    bound[next] = true;
    step.filter = filter_for(bound, &done);
    out.steps.push_back(std::move(step));
  }
  return out;
}

void Planner::make_orders() {
  for (uint32_t r = 0; r < plan_.relations.size(); ++r) {
    plan_.orders.push_back(make_order(r));
    for (const JoinStep& step : plan_.orders.back().steps) {
      plan_.has_hash = plan_.has_hash || step.hash.has_value();
    }
  }
}

void Planner::choose_start() {
  auto cost = [&](uint32_t r) {
    const JoinOrder& order = plan_.orders[r];
    const AccessPath& access = order.steps[0].access;
    double rows = static_cast<double>(plan_.relations[r].table->approximate_row_count()) + 1;
    if (access.index != nullptr) {
      rows = access.full_key && access.index->def().unique ? 1 : rows / 16 + 1;
    }
    return order.indexed ? rows : rows * 1e6;
  };
  for (uint32_t r = 1; r < plan_.relations.size(); ++r) {
    if (cost(r) < cost(plan_.best_start)) plan_.best_start = r;
  }
}

Status check_subscribable(const JoinPlan& plan) {
  if (!plan.is_join()) return {};
  bool any = false, possible = false;
  for (uint32_t r = 0; r < plan.relations.size(); ++r) {
    if (!plan.orders[r].indexed) continue;
    any = true;
    bool looks_up_event = false;
    for (uint32_t other = 0; other < plan.relations.size(); ++other) {
      looks_up_event = looks_up_event || (other != r && plan.relations[other].event);
    }
    possible = possible || !looks_up_event;
  }
  if (!any) {
    return Error(ErrorCode::kNotSupported, "Subscriptions require indexes on join columns");
  }
  // Rows of another table could come with an event, but nothing would ever take them back.
  if (!possible || (plan.has_event && !plan.relations[plan.projected].event)) {
    return Error(ErrorCode::kNotSupported,
                 "Event tables cannot be used as the lookup table in subscription joins");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const JoinPlan>> make_join_plan(const BoundQuery& query,
                                                       const std::vector<storage::TableId>& tables,
                                                       const storage::Catalog& catalog,
                                                       PlanUse use) {
  auto plan = std::make_shared<JoinPlan>();
  Planner planner(query, plan.get());
  ORRERY_TRY(planner.add_relations(tables, catalog));
  planner.make_orders();
  planner.choose_start();
  if (use == PlanUse::kSubscription) ORRERY_TRY(check_subscribable(*plan));
  return std::shared_ptr<const JoinPlan>(std::move(plan));
}

}  // namespace orrery::subscribe
