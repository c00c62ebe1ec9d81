// CatalogImpl: a Catalog as a value. Changed by copying, changing the copy, and publishing it.
//
// Tables and names lie in buckets that successive catalogs share; a change copies the buckets that
// it touches, so that it costs little however many tables there are.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/catalog.h"
#include "storage/table_impl.h"

namespace orrery::storage {

/// ASCII letters made small; names are compared in this form.
std::string folded_name(std::string_view name);

class CatalogImpl final : public Catalog {
 public:
  CatalogImpl() = default;
  CatalogImpl(const CatalogImpl&) = default;

  std::shared_ptr<Table> find_table(std::string_view name) const override;
  std::shared_ptr<Table> find_table(TableId id) const override;
  const ViewDef* find_view(std::string_view name) const override;
  std::vector<std::shared_ptr<Table>> tables() const override;
  std::vector<const ViewDef*> views() const override;
  uint64_t version() const override { return version_; }

  const std::shared_ptr<TableImpl>* find(TableId id) const;
  /// Not by alias.
  const std::shared_ptr<TableImpl>* find(std::string_view name) const;
  const std::shared_ptr<TableImpl>* find_alias(std::string_view alias) const;
  /// By id, those of the system too.
  std::vector<std::shared_ptr<TableImpl>> all_tables() const;

  // Only before the catalog is shared:
  void set_version(uint64_t version) { version_ = version; }
  /// Adds the table, or puts it in the place of the one with its id.
  void put_table(std::shared_ptr<TableImpl> table);
  void remove_table(TableId id);
  void put_view(ViewDef def);
  void remove_view(std::string_view name);

 private:
  static constexpr size_t kBuckets = 128;
  using Name = std::pair<std::string, TableId>;
  /// Sorted entries, never changed; null where there are none.
  template <class Entry>
  using Bucket = std::shared_ptr<const std::vector<Entry>>;
  static size_t bucket_of(std::string_view folded);
  static size_t bucket_of(TableId id) { return id % kBuckets; }

  std::array<Bucket<std::shared_ptr<TableImpl>>, kBuckets> tables_;  ///< by id
  std::array<Bucket<Name>, kBuckets> names_;                         ///< by folded name
  std::array<Bucket<Name>, kBuckets> aliases_;                       ///< by folded alias
  // Shared by successive catalogs, so that find_view()'s answers live as long as any of them.
  std::vector<std::shared_ptr<const ViewDef>> views_;
  uint64_t version_ = 0;
};

}  // namespace orrery::storage
