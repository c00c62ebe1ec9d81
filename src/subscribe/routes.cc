#include <algorithm>
#include <tuple>
#include <utility>

#include "storage/datastore.h"
#include "storage/row_layout.h"
#include "subscribe/live_plan.h"

namespace orrery::subscribe {
namespace {

const JoinPlan& plan_of(const Route& route) {
  return *route.plan->alternatives[route.alternative];
}

void remove_values(RouteMap* map, const std::vector<std::string>& values, const Route& route) {
  for (const std::string& value : values) {
    auto it = map->find(value);
    if (it == map->end()) continue;
    std::erase(it->second, route);
    if (it->second.empty()) map->erase(it);
  }
}

void add_all(const RouteMap& map, std::string_view value, std::vector<Route>* out) {
  auto it = map.find(value);
  if (it != map.end()) out->insert(out->end(), it->second.begin(), it->second.end());
}

}  // namespace

void Routes::add(const Route& route) {
  size_t before = columns_.size() + edges_.size();
  if (!add_by_column(route) && !add_by_edge(route)) always_.push_back(route);
  if (columns_.size() + edges_.size() != before) make_shape();
}

bool Routes::add_by_column(const Route& route) {
  const std::optional<Selector>& selector = plan_of(route).relations[route.relation].selector;
  if (!selector) return false;
  auto it = std::find_if(columns_.begin(), columns_.end(), [&](const ColumnRoutes& routes) {
    return routes.column == selector->column;
  });
  if (it == columns_.end()) {
    columns_.emplace_back();
    it = columns_.end() - 1;
    it->column = selector->column;
    it->cell = selector->cell;
  }
  for (const std::string& value : selector->values) it->by_value[value].push_back(route);
  return true;
}

bool Routes::add_by_edge(const Route& route) {
  const JoinPlan& plan = plan_of(route);
  // An event meets only the state after; both would be looked at here, so it is safe, but rows of
  // event tables cannot be looked up.
  for (const JoinStep& step : plan.orders[route.relation].steps) {
    const JoinRelation& other = plan.relations[step.relation];
    if (step.relation == route.relation || !other.selector || other.event) continue;
    if (step.access.index == nullptr || !step.access.full_key) continue;
    if (step.access.key.size() != 1 || step.access.key[0].value) continue;
    const KeyPart& part = step.access.key[0];
    if (part.relation != route.relation) continue;
    uint32_t column = plan.relations[route.relation].shape.columns()[part.slot];
    auto it = std::find_if(edges_.begin(), edges_.end(), [&](const EdgeRoutes& edge) {
      return edge.column == column && edge.index == step.access.index &&
             edge.value_column == other.selector->column;
    });
    if (it == edges_.end()) {
      edges_.emplace_back();
      it = edges_.end() - 1;
      it->column = column;
      it->cell = part.cell;
      it->other = other.table;
      it->index = step.access.index;
      it->value_column = other.selector->column;
      it->value_cell = other.selector->cell;
      it->shape = RowShape(other.stored_type, std::span(&it->value_column, 1));
    }
    for (const std::string& value : other.selector->values) it->by_value[value].push_back(route);
    return true;
  }
  return false;
}

void Routes::make_shape() {
  std::vector<uint32_t> wanted;
  for (const ColumnRoutes& routes : columns_) wanted.push_back(routes.column);
  for (const EdgeRoutes& edge : edges_) wanted.push_back(edge.column);
  shape_ = RowShape(type_, wanted);
  offsets_.resize(shape_.columns().size());
  for (ColumnRoutes& routes : columns_) routes.slot = shape_.slot_of(routes.column);
  for (EdgeRoutes& edge : edges_) edge.slot = shape_.slot_of(edge.column);
}

void Routes::remove(const Route& route) {
  const JoinPlan& plan = plan_of(route);
  std::erase(always_, route);
  if (const auto& selector = plan.relations[route.relation].selector) {
    for (ColumnRoutes& routes : columns_) {
      if (routes.column == selector->column) {
        remove_values(&routes.by_value, selector->values, route);
      }
    }
  }
  for (EdgeRoutes& edge : edges_) {
    for (const JoinRelation& other : plan.relations) {
      if (other.selector) remove_values(&edge.by_value, other.selector->values, route);
    }
  }
  size_t before = columns_.size() + edges_.size();
  std::erase_if(columns_, [](const ColumnRoutes& routes) { return routes.by_value.empty(); });
  std::erase_if(edges_, [](const EdgeRoutes& edge) { return edge.by_value.empty(); });
  if (columns_.size() + edges_.size() != before) make_shape();
}

Status Routes::find(std::string_view row, const storage::CommitCapture& commit,
                    std::vector<Route>* out) {
  out->insert(out->end(), always_.begin(), always_.end());
  if (columns_.empty() && edges_.empty()) return {};
  if (!shape_.locate(row, offsets_.data())) {
    return Error(ErrorCode::kCorruption, "a changed row is not of its table's type");
  }
  for (ColumnRoutes& routes : columns_) {
    add_all(routes.by_value, cell_bytes(routes.cell, row.data() + offsets_[routes.slot]), out);
  }
  for (EdgeRoutes& edge : edges_) ORRERY_TRY(find_by_edge(edge, row, commit, out));
  return {};
}

Status Routes::find_by_edge(EdgeRoutes& edge, std::string_view row,
                            const storage::CommitCapture& commit, std::vector<Route>* out) {
  size_t begin = out->size();
  std::string_view key = cell_bytes(edge.cell, row.data() + offsets_[edge.slot]);
  ORRERY_TRY(look_up(edge, key, commit.after.view(), out));
  if (commit.changes.find(edge.other->def().id) != nullptr) {
    ORRERY_TRY(look_up(edge, key, commit.before.view(), out));
  }
  // Several rows may lead to one plan.
  auto mine = out->begin() + static_cast<ptrdiff_t>(begin);
  std::sort(mine, out->end(), [](const Route& a, const Route& b) {
    return std::tuple(a.plan->number, a.alternative, a.relation) <
           std::tuple(b.plan->number, b.alternative, b.relation);
  });
  out->erase(std::unique(mine, out->end()), out->end());
  return {};
}

Status Routes::look_up(EdgeRoutes& edge, std::string_view key, const storage::ReadView& view,
                       std::vector<Route>* out) {
  const storage::Table& table = *edge.other;
  uint32_t offset = 0;
  auto add_row = [&](storage::RowRef ref) -> Status {
    scratch_.clear();
    table.layout().append_bsatn(ref, &scratch_);
    if (!edge.shape.locate(scratch_, &offset)) {
      return Error(ErrorCode::kCorruption, "a row is not of its table's type");
    }
    add_all(edge.by_value, cell_bytes(edge.value_cell, scratch_.data() + offset), out);
    return {};
  };
  storage::ReadLatch latch(table);
  if (edge.index->def().unique) {
    ORRERY_TRY_ASSIGN(storage::RowRef ref,
                      storage::find_unique_bsatn(table, *edge.index, key, view, nullptr));
    if (ref == nullptr) return {};
    return add_row(ref);
  }
  ORRERY_TRY_ASSIGN(storage::KeyRange range, storage::decode_point(table, *edge.index, key));
  storage::IndexCursor cursor(table, *edge.index, view, std::move(range));
  storage::RowRef refs[64];
  while (uint32_t n = cursor.next(refs, nullptr, 64)) {
    for (uint32_t i = 0; i < n; ++i) ORRERY_TRY(add_row(refs[i]));
  }
  return {};
}

}  // namespace orrery::subscribe
