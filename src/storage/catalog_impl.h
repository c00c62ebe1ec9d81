// CatalogImpl: a Catalog as a value. Changed by copying, changing the copy, and publishing it.
#pragma once

#include <string>
#include <unordered_map>

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
  const std::shared_ptr<TableImpl>* find(std::string_view name) const;
  const std::vector<std::shared_ptr<TableImpl>>& all_tables() const { return tables_; }

  // Only before the catalog is shared:
  void set_version(uint64_t version) { version_ = version; }
  /// Adds the table, or puts it in the place of the one with its id.
  void put_table(std::shared_ptr<TableImpl> table);
  void remove_table(TableId id);
  void put_view(ViewDef def);
  void remove_view(std::string_view name);

 private:
  std::vector<std::shared_ptr<TableImpl>> tables_;  ///< by id
  std::unordered_map<std::string, TableId> names_;
  // Shared by successive catalogs, so that find_view()'s answers live as long as any of them.
  std::vector<std::shared_ptr<const ViewDef>> views_;
  uint64_t version_ = 0;
};

}  // namespace orrery::storage
