#include "schema/module_def.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace orrery::schema {
namespace {

std::string prefix_of(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& name_space : path) out += name_space + ".";
  return out;
}

template <class Def>
void sort_by_name(std::vector<Def>* defs) {
  std::sort(defs->begin(), defs->end(), [](const Def& a, const Def& b) { return a.name < b.name; });
}

std::optional<uint16_t> find_named(const std::vector<ColumnDef>& columns, std::string_view name) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return static_cast<uint16_t>(i);
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].accessor_name == name) return static_cast<uint16_t>(i);
  }
  return std::nullopt;
}

std::optional<uint32_t> look_up(const std::unordered_map<std::string, uint32_t>& names,
                                const std::unordered_map<std::string, uint32_t>& aliases,
                                std::string_view name) {
  std::string key(name);
  if (auto it = names.find(key); it != names.end()) return it->second;
  if (auto it = aliases.find(key); it != aliases.end()) return it->second;
  return std::nullopt;
}

struct SplitName {
  std::string_view name_space;  ///< empty where there is none
  std::string_view rest;
};
SplitName split_name(std::string_view qualified) {
  size_t dot = qualified.find('.');
  if (dot == std::string_view::npos) return {{}, qualified};
  return {qualified.substr(0, dot), qualified.substr(dot + 1)};
}

}  // namespace

types::I128 SequenceDef::max_or_default() const {
  constexpr types::I128 kMax = static_cast<types::I128>(~types::U128{0} >> 1);
  return max_value.value_or(kMax);
}

std::optional<uint16_t> TableDef::find_column(std::string_view column) const {
  return find_named(columns, column);
}

const IndexDef* TableDef::find_index(std::string_view index) const {
  for (const IndexDef& def : indexes) {
    if (def.name == index) return &def;
  }
  for (const IndexDef& def : indexes) {
    if (def.source_name == index) return &def;
  }
  return nullptr;
}

const SequenceDef* TableDef::sequence_of_column(uint16_t column) const {
  for (const SequenceDef& def : sequences) {
    if (def.column == column) return &def;
  }
  return nullptr;
}

std::optional<uint16_t> ViewDef::find_column(std::string_view column) const {
  return find_named(columns, column);
}

std::string TypeDef::full_name() const {
  std::string out;
  for (const std::string& segment : scope) out += segment + "::";
  return out + name;
}

ModuleDef::ModuleDef(ModuleParts parts) : parts_(std::move(parts)) {
  sort_by_name(&parts_.tables);
  std::sort(parts_.types.begin(), parts_.types.end(), [](const TypeDef& a, const TypeDef& b) {
    return std::tie(a.scope, a.name) < std::tie(b.scope, b.name);
  });
  for (TableDef& table : parts_.tables) {
    sort_by_name(&table.indexes);
    sort_by_name(&table.constraints);
    sort_by_name(&table.sequences);
  }
  qualify();
  build_lookups();
}

void ModuleDef::qualify() {
  std::string prefix = prefix_of(parts_.path);
  for (TableDef& table : parts_.tables) {
    table.qualified_name = prefix + table.name;
    table.qualified_accessor_name = prefix + table.accessor_name;
    for (IndexDef& index : table.indexes) index.qualified_name = prefix + index.name;
    for (ConstraintDef& constraint : table.constraints) {
      constraint.qualified_name = prefix + constraint.name;
    }
    for (SequenceDef& sequence : table.sequences) {
      sequence.qualified_name = prefix + sequence.name;
    }
    if (table.schedule) {
      table.schedule->qualified_name = prefix + table.schedule->name;
      table.schedule->qualified_function_name = prefix + table.schedule->function_name;
    }
  }
  for (ReducerDef& reducer : parts_.reducers) reducer.qualified_name = prefix + reducer.name;
  for (ProcedureDef& proc : parts_.procedures) proc.qualified_name = prefix + proc.name;
  for (ViewDef& view : parts_.views) view.qualified_name = prefix + view.name;
}

void ModuleDef::build_lookups() {
  auto add = [](const auto& defs, NameMap* names, NameMap* aliases) {
    for (uint32_t i = 0; i < defs.size(); ++i) {
      names->emplace(defs[i].name, i);
      aliases->emplace(defs[i].accessor_name, i);
    }
  };
  add(parts_.tables, &tables_, &table_aliases_);
  add(parts_.reducers, &reducers_, &reducer_aliases_);
  add(parts_.procedures, &procedures_, &procedure_aliases_);
  add(parts_.views, &views_, &view_aliases_);
  for (uint32_t t = 0; t < parts_.tables.size(); ++t) {
    const std::vector<IndexDef>& indexes = parts_.tables[t].indexes;
    for (uint32_t i = 0; i < indexes.size(); ++i) {
      indexes_.emplace(indexes[i].name, IndexPlace{t, i});
      index_aliases_.emplace(indexes[i].source_name, IndexPlace{t, i});
    }
  }
  for (uint32_t i = 0; i < parts_.types.size(); ++i) type_of_ref_.emplace(parts_.types[i].ref, i);
  for (uint32_t i = 0; i < parts_.reducers.size(); ++i) {
    const std::optional<Lifecycle>& lifecycle = parts_.reducers[i].lifecycle;
    if (lifecycle) lifecycle_[static_cast<size_t>(*lifecycle)] = i;
  }
  reducer_count_ = static_cast<uint32_t>(parts_.reducers.size());
  procedure_count_ = static_cast<uint32_t>(parts_.procedures.size());
  for (const ViewDef& view : parts_.views) ++view_counts_[view.is_anonymous ? 1 : 0];
  for (const ModuleDef& sub : parts_.submodules) {
    reducer_count_ += sub.reducer_count_;
    procedure_count_ += sub.procedure_count_;
    for (size_t kind = 0; kind < view_counts_.size(); ++kind) {
      view_counts_[kind] += sub.view_counts_[kind];
    }
  }
}

const ModuleDef* ModuleDef::submodule(std::string_view name_space) const {
  for (const ModuleDef& sub : parts_.submodules) {
    if (sub.path().back() == name_space) return &sub;
  }
  return nullptr;
}

std::vector<const TableDef*> ModuleDef::all_tables() const {
  std::vector<const TableDef*> out;
  for (const TableDef& table : parts_.tables) out.push_back(&table);
  for (const ModuleDef& sub : parts_.submodules) {
    std::vector<const TableDef*> inner = sub.all_tables();
    out.insert(out.end(), inner.begin(), inner.end());
  }
  std::sort(out.begin(), out.end(), [](const TableDef* a, const TableDef* b) {
    return a->qualified_name < b->qualified_name;
  });
  return out;
}

std::vector<Found<ReducerDef>> ModuleDef::all_reducers() const {
  std::vector<Found<ReducerDef>> out;
  for (uint32_t id = 0; id < reducer_count_; ++id) out.push_back(reducer_by_id(id));
  return out;
}

std::vector<Found<ProcedureDef>> ModuleDef::all_procedures() const {
  std::vector<Found<ProcedureDef>> out;
  for (uint32_t id = 0; id < procedure_count_; ++id) out.push_back(procedure_by_id(id));
  return out;
}

std::vector<Found<ViewDef>> ModuleDef::all_views() const {
  std::vector<Found<ViewDef>> out;
  collect_views({}, &out);
  return out;
}

void ModuleDef::collect_views(std::array<uint32_t, 2> before,
                              std::vector<Found<ViewDef>>* out) const {
  std::array<uint32_t, 2> after = before;
  for (const ViewDef& view : parts_.views) {
    size_t kind = view.is_anonymous ? 1 : 0;
    out->push_back({&view, before[kind] + view.index, this});
    ++after[kind];
  }
  for (const ModuleDef& sub : parts_.submodules) {
    sub.collect_views(after, out);
    for (size_t kind = 0; kind < after.size(); ++kind) after[kind] += sub.view_counts_[kind];
  }
}

const TableDef* ModuleDef::find_table(std::string_view qualified_name) const {
  auto [name_space, rest] = split_name(qualified_name);
  if (!name_space.empty()) {
    const ModuleDef* sub = submodule(name_space);
    return sub == nullptr ? nullptr : sub->find_table(rest);
  }
  std::optional<uint32_t> at = look_up(tables_, table_aliases_, rest);
  return at ? &parts_.tables[*at] : nullptr;
}

FoundIndex ModuleDef::find_index(std::string_view qualified_name) const {
  auto [name_space, rest] = split_name(qualified_name);
  if (!name_space.empty()) {
    const ModuleDef* sub = submodule(name_space);
    return sub == nullptr ? FoundIndex() : sub->find_index(rest);
  }
  std::string key(rest);
  auto it = indexes_.find(key);
  if (it == indexes_.end()) {
    it = index_aliases_.find(key);
    if (it == index_aliases_.end()) return {};
  }
  const TableDef& table = parts_.tables[it->second.table];
  return {&table, &table.indexes[it->second.index]};
}

Found<ReducerDef> ModuleDef::find_reducer(std::string_view qualified_name) const {
  auto [name_space, rest] = split_name(qualified_name);
  if (name_space.empty()) {
    std::optional<uint32_t> at = look_up(reducers_, reducer_aliases_, rest);
    if (!at) return {};
    return {&parts_.reducers[*at], *at, this};
  }
  auto before = static_cast<uint32_t>(parts_.reducers.size());
  for (const ModuleDef& sub : parts_.submodules) {
    if (sub.path().back() == name_space) {
      Found<ReducerDef> found = sub.find_reducer(rest);
      found.id += before;
      return found;
    }
    before += sub.reducer_count_;
  }
  return {};
}

Found<ProcedureDef> ModuleDef::find_procedure(std::string_view qualified_name) const {
  auto [name_space, rest] = split_name(qualified_name);
  if (name_space.empty()) {
    std::optional<uint32_t> at = look_up(procedures_, procedure_aliases_, rest);
    if (!at) return {};
    return {&parts_.procedures[*at], *at, this};
  }
  auto before = static_cast<uint32_t>(parts_.procedures.size());
  for (const ModuleDef& sub : parts_.submodules) {
    if (sub.path().back() == name_space) {
      Found<ProcedureDef> found = sub.find_procedure(rest);
      found.id += before;
      return found;
    }
    before += sub.procedure_count_;
  }
  return {};
}

Found<ViewDef> ModuleDef::find_view(std::string_view qualified_name) const {
  auto [name_space, rest] = split_name(qualified_name);
  if (name_space.empty()) {
    std::optional<uint32_t> at = look_up(views_, view_aliases_, rest);
    if (!at) return {};
    return {&parts_.views[*at], parts_.views[*at].index, this};
  }
  std::array<uint32_t, 2> before = {};
  for (const ViewDef& view : parts_.views) ++before[view.is_anonymous ? 1 : 0];
  for (const ModuleDef& sub : parts_.submodules) {
    if (sub.path().back() == name_space) {
      Found<ViewDef> found = sub.find_view(rest);
      if (found) found.id += before[found.def->is_anonymous ? 1 : 0];
      return found;
    }
    for (size_t kind = 0; kind < before.size(); ++kind) before[kind] += sub.view_counts_[kind];
  }
  return {};
}

Found<HttpHandlerDef> ModuleDef::find_http_handler(std::string_view name) const {
  for (uint32_t i = 0; i < parts_.http_handlers.size(); ++i) {
    if (parts_.http_handlers[i].name == name) return {&parts_.http_handlers[i], i, this};
  }
  for (uint32_t i = 0; i < parts_.http_handlers.size(); ++i) {
    if (parts_.http_handlers[i].accessor_name == name) return {&parts_.http_handlers[i], i, this};
  }
  return {};
}

Found<ReducerDef> ModuleDef::reducer_by_id(uint32_t id) const {
  if (id < parts_.reducers.size()) return {&parts_.reducers[id], id, this};
  auto before = static_cast<uint32_t>(parts_.reducers.size());
  for (const ModuleDef& sub : parts_.submodules) {
    if (id - before < sub.reducer_count_) {
      Found<ReducerDef> found = sub.reducer_by_id(id - before);
      found.id = id;
      return found;
    }
    before += sub.reducer_count_;
  }
  return {};
}

Found<ProcedureDef> ModuleDef::procedure_by_id(uint32_t id) const {
  if (id < parts_.procedures.size()) return {&parts_.procedures[id], id, this};
  auto before = static_cast<uint32_t>(parts_.procedures.size());
  for (const ModuleDef& sub : parts_.submodules) {
    if (id - before < sub.procedure_count_) {
      Found<ProcedureDef> found = sub.procedure_by_id(id - before);
      found.id = id;
      return found;
    }
    before += sub.procedure_count_;
  }
  return {};
}

const HttpRouteDef* ModuleDef::match_route(const HttpMethod& method, std::string_view path) const {
  for (const HttpRouteDef& route : parts_.http_routes) {
    if (route.path == path && (!route.method || *route.method == method)) return &route;
  }
  return nullptr;
}

const TypeDef* ModuleDef::type_of_ref(uint32_t ref) const {
  auto it = type_of_ref_.find(ref);
  return it == type_of_ref_.end() ? nullptr : &parts_.types[it->second];
}

std::vector<std::string> ModuleDef::warnings() const {
  std::vector<std::string> out;
  for (const ModuleDef& sub : parts_.submodules) {
    if (!sub.http_routes().empty()) {
      out.push_back("submodule `" + sub.path().back() +
                    "` registers HTTP routes; only routes of the root module are served");
    }
    std::vector<std::string> inner = sub.warnings();
    out.insert(out.end(), inner.begin(), inner.end());
  }
  return out;
}

}  // namespace orrery::schema
