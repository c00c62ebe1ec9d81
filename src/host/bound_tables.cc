#include "host/bound_tables.h"

#include <utility>

#include "host/table_setup.h"

namespace orrery::host {

Result<std::shared_ptr<const BoundTables>> BoundTables::bind(
    std::shared_ptr<const schema::ModuleDef> definition, const storage::Catalog& catalog) {
  auto bound = std::make_shared<BoundTables>();
  bound->definition_ = std::move(definition);
  const schema::ModuleDef& def = *bound->definition_;
  for (const schema::TableDef* table : def.all_tables()) {
    ORRERY_TRY(bound->bind_table(*table, catalog));
  }
  for (const schema::Found<schema::ViewDef>& view : def.all_views()) {
    ORRERY_TRY(bound->bind_view(*view.def, catalog));
  }
  return std::shared_ptr<const BoundTables>(std::move(bound));
}

BoundTable* BoundTables::add(BoundTable table) {
  tables_.push_back(std::move(table));
  BoundTable* added = &tables_.back();
  if (added->id >= by_id_.size()) by_id_.resize(added->id + 1, nullptr);
  by_id_[added->id] = added;
  return added;
}

Status BoundTables::bind_table(const schema::TableDef& def, const storage::Catalog& catalog) {
  std::shared_ptr<storage::Table> table = catalog.find_table(def.qualified_name);
  if (table == nullptr) {
    return Error(ErrorCode::kInternal, "the store has no table '" + def.qualified_name + "'");
  }
  BoundTable bound;
  bound.id = table->def().id;
  bound.table = table;
  bound.def = &def;
  bound.scheduled = def.schedule.has_value();
  const BoundTable* added = add(std::move(bound));
  table_names_[def.qualified_name] = added;
  for (const schema::IndexDef& index_def : def.indexes) {
    const storage::Index* index = table->find_index(index_def.qualified_name);
    if (index == nullptr) {
      return Error(ErrorCode::kInternal, "the store has no index '" + index_def.qualified_name + "'");
    }
    indexes_.push_back({index->def().id, added, index, &index_def});
    const BoundIndex* made = &indexes_.back();
    if (made->id >= index_by_id_.size()) index_by_id_.resize(made->id + 1, nullptr);
    index_by_id_[made->id] = made;
    index_names_[index_def.qualified_name] = made;
  }
  return {};
}

Status BoundTables::bind_view(const schema::ViewDef& def, const storage::Catalog& catalog) {
  std::shared_ptr<storage::Table> table = catalog.find_table(backing_table_name(def));
  if (table == nullptr) {
    return Error(ErrorCode::kInternal,
                 "the store has no table for view '" + def.qualified_name + "'");
  }
  BoundTable bound;
  bound.id = table->def().id;
  bound.view = &def;
  bound.argument_index = table->find_index(kArgumentIndexName);
  bound.table = std::move(table);
  if (bound.argument_index == nullptr) {
    return Error(ErrorCode::kInternal,
                 "the store has no argument index for view '" + def.qualified_name + "'");
  }
  views_[&def] = add(std::move(bound));
  return {};
}

// Guests look names up at every use, so a hit costs one hash; what the maps do not know (aliases) is
// asked of the definition.
const BoundTable* BoundTables::find_table(std::string_view name) const {
  if (auto found = table_names_.find(name); found != table_names_.end()) return found->second;
  const schema::TableDef* def = definition_->find_table(name);
  if (def == nullptr) return nullptr;
  auto found = table_names_.find(def->qualified_name);
  return found == table_names_.end() ? nullptr : found->second;
}

const BoundIndex* BoundTables::find_index(std::string_view name) const {
  if (auto found = index_names_.find(name); found != index_names_.end()) return found->second;
  const schema::FoundIndex def = definition_->find_index(name);
  if (!def) return nullptr;
  auto found = index_names_.find(def.index->qualified_name);
  return found == index_names_.end() ? nullptr : found->second;
}

const BoundTable* BoundTables::of_view(const schema::ViewDef& view) const {
  auto found = views_.find(&view);
  return found == views_.end() ? nullptr : found->second;
}

}  // namespace orrery::host
