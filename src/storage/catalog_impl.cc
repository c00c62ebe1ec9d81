#include "storage/catalog_impl.h"

#include <algorithm>

namespace orrery::storage {

std::string folded_name(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

const std::shared_ptr<TableImpl>* CatalogImpl::find(TableId id) const {
  auto it = std::lower_bound(tables_.begin(), tables_.end(), id,
                             [](const auto& table, TableId x) { return table->def().id < x; });
  return it != tables_.end() && (*it)->def().id == id ? &*it : nullptr;
}

const std::shared_ptr<TableImpl>* CatalogImpl::find(std::string_view name) const {
  auto it = names_.find(folded_name(name));
  return it == names_.end() ? nullptr : find(it->second);
}

std::shared_ptr<Table> CatalogImpl::find_table(std::string_view name) const {
  const std::shared_ptr<TableImpl>* table = find(name);
  return table == nullptr ? nullptr : *table;
}

std::shared_ptr<Table> CatalogImpl::find_table(TableId id) const {
  const std::shared_ptr<TableImpl>* table = find(id);
  return table == nullptr ? nullptr : *table;
}

const ViewDef* CatalogImpl::find_view(std::string_view name) const {
  std::string folded = folded_name(name);
  for (const auto& view : views_) {
    if (folded_name(view->name) == folded) return view.get();
  }
  return nullptr;
}

std::vector<std::shared_ptr<Table>> CatalogImpl::tables() const {
  std::vector<std::shared_ptr<Table>> out;
  for (const auto& table : tables_) {
    if (!table->def().system) out.push_back(table);
  }
  return out;
}

std::vector<const ViewDef*> CatalogImpl::views() const {
  std::vector<const ViewDef*> out;
  for (const auto& view : views_) out.push_back(view.get());
  return out;
}

void CatalogImpl::put_table(std::shared_ptr<TableImpl> table) {
  TableId id = table->def().id;
  remove_table(id);
  names_[folded_name(table->def().name)] = id;
  auto it = std::lower_bound(tables_.begin(), tables_.end(), id,
                             [](const auto& t, TableId x) { return t->def().id < x; });
  tables_.insert(it, std::move(table));
}

void CatalogImpl::remove_table(TableId id) {
  auto it = std::lower_bound(tables_.begin(), tables_.end(), id,
                             [](const auto& t, TableId x) { return t->def().id < x; });
  if (it == tables_.end() || (*it)->def().id != id) return;
  auto name = names_.find(folded_name((*it)->def().name));
  if (name != names_.end() && name->second == id) names_.erase(name);
  tables_.erase(it);
}

void CatalogImpl::put_view(ViewDef def) {
  remove_view(def.name);
  views_.push_back(std::make_shared<const ViewDef>(std::move(def)));
}

void CatalogImpl::remove_view(std::string_view name) {
  std::string folded = folded_name(name);
  std::erase_if(views_, [&](const auto& view) { return folded_name(view->name) == folded; });
}

}  // namespace orrery::storage
