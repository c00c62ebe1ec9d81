#include "storage/catalog_impl.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace orrery::storage {

std::string folded_name(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

namespace {

const auto kIdOf = [](const std::shared_ptr<TableImpl>& table) { return table->def().id; };
const auto kNameOf = [](const std::pair<std::string, TableId>& name) -> std::string_view {
  return name.first;
};

/// The entry with the key, or the end.
template <class Entries, class Key, class KeyOf>
auto find_entry(Entries& entries, const Key& key, KeyOf key_of) {
  auto it = std::lower_bound(entries.begin(), entries.end(), key,
                             [&](const auto& e, const Key& k) { return key_of(e) < k; });
  return it != entries.end() && key_of(*it) == key ? it : entries.end();
}

/// Puts the entry in, in the place of one with its key.
template <class Entry, class KeyOf>
void put_entry(std::shared_ptr<const std::vector<Entry>>* bucket, Entry entry, KeyOf key_of) {
  auto next = *bucket == nullptr ? std::make_shared<std::vector<Entry>>()
                                 : std::make_shared<std::vector<Entry>>(**bucket);
  auto it = std::lower_bound(next->begin(), next->end(), key_of(entry),
                             [&](const Entry& e, const auto& k) { return key_of(e) < k; });
  if (it != next->end() && key_of(*it) == key_of(entry)) {
    *it = std::move(entry);
  } else {
    next->insert(it, std::move(entry));
  }
  *bucket = std::move(next);
}

template <class Entry, class Key, class KeyOf>
void remove_entry(std::shared_ptr<const std::vector<Entry>>* bucket, const Key& key,
                  KeyOf key_of) {
  auto next = std::make_shared<std::vector<Entry>>(**bucket);
  next->erase(find_entry(*next, key, key_of));
  *bucket = std::move(next);
}

}  // namespace

size_t CatalogImpl::bucket_of(std::string_view folded) {
  return std::hash<std::string_view>()(folded) % kBuckets;
}

const std::shared_ptr<TableImpl>* CatalogImpl::find(TableId id) const {
  const auto& bucket = tables_[bucket_of(id)];
  if (bucket == nullptr) return nullptr;
  auto it = find_entry(*bucket, id, kIdOf);
  return it == bucket->end() ? nullptr : &*it;
}

const std::shared_ptr<TableImpl>* CatalogImpl::find(std::string_view name) const {
  std::string folded = folded_name(name);
  const auto& bucket = names_[bucket_of(folded)];
  if (bucket == nullptr) return nullptr;
  auto it = find_entry(*bucket, std::string_view(folded), kNameOf);
  return it == bucket->end() ? nullptr : find(it->second);
}

const std::shared_ptr<TableImpl>* CatalogImpl::find_alias(std::string_view alias) const {
  std::string folded = folded_name(alias);
  const auto& bucket = aliases_[bucket_of(folded)];
  if (bucket == nullptr) return nullptr;
  auto it = find_entry(*bucket, std::string_view(folded), kNameOf);
  return it == bucket->end() ? nullptr : find(it->second);
}

std::vector<std::shared_ptr<TableImpl>> CatalogImpl::all_tables() const {
  std::vector<std::shared_ptr<TableImpl>> out;
  for (const auto& bucket : tables_) {
    if (bucket != nullptr) out.insert(out.end(), bucket->begin(), bucket->end());
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return kIdOf(a) < kIdOf(b); });
  return out;
}

std::shared_ptr<Table> CatalogImpl::find_table(std::string_view name) const {
  const std::shared_ptr<TableImpl>* table = find(name);
  if (table == nullptr) table = find_alias(name);
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
  for (auto& table : all_tables()) {
    if (!table->def().system) out.push_back(std::move(table));
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
  std::string folded = folded_name(table->def().name);
  std::string alias = folded_name(table->def().alias);
  if (const std::shared_ptr<TableImpl>* old = find(id)) {
    const TableDef& was = (*old)->def();
    if (folded_name(was.name) != folded || folded_name(was.alias) != alias) remove_table(id);
  }
  size_t named = bucket_of(folded);
  put_entry(&names_[named], Name(std::move(folded), id), kNameOf);
  if (!alias.empty()) {
    size_t aliased = bucket_of(alias);
    put_entry(&aliases_[aliased], Name(std::move(alias), id), kNameOf);
  }
  put_entry(&tables_[bucket_of(id)], std::move(table), kIdOf);
}

void CatalogImpl::remove_table(TableId id) {
  const std::shared_ptr<TableImpl>* table = find(id);
  if (table == nullptr) return;
  // Another table may have taken the name.
  auto forget = [id](Bucket<Name>* names, std::string_view folded) {
    if (*names == nullptr) return;
    auto name = find_entry(**names, folded, kNameOf);
    if (name != (*names)->end() && name->second == id) remove_entry(names, folded, kNameOf);
  };
  std::string folded = folded_name((*table)->def().name);
  std::string alias = folded_name((*table)->def().alias);
  forget(&names_[bucket_of(folded)], folded);
  if (!alias.empty()) forget(&aliases_[bucket_of(alias)], alias);
  remove_entry(&tables_[bucket_of(id)], id, kIdOf);
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
