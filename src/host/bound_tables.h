// BoundTables: what the names of one module definition mean in the store: the tables, indexes and
// view backing tables made of it, found by name (canonical, then alias) or by id.
//
// Made after the transaction that created or migrated the tables, and replaced with the definition;
// it holds the tables, so the pointers in it live as long as it does. Immutable; thread-safe. Lookups
// by id are array reads, those by name one hash of the bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "schema/module_def.h"
#include "storage/catalog.h"
#include "storage/table.h"

namespace orrery::host {

struct BoundTable {
  storage::TableId id = 0;
  std::shared_ptr<storage::Table> table;
  const schema::TableDef* def = nullptr;  ///< null: a view's backing table
  const schema::ViewDef* view = nullptr;  ///< null: a table
  bool scheduled = false;
  /// Of a view's backing table: the index on the hidden argument hash.
  const storage::Index* argument_index = nullptr;
};
struct BoundIndex {
  storage::IndexId id = 0;
  const BoundTable* table = nullptr;
  const storage::Index* index = nullptr;
  const schema::IndexDef* def = nullptr;
};

class BoundTables {
 public:
  /// `catalog` is that of the transaction that made the tables, or a later one. kInternal where a
  /// table of the definition is missing.
  static Result<std::shared_ptr<const BoundTables>> bind(
      std::shared_ptr<const schema::ModuleDef> definition, const storage::Catalog& catalog);

  const schema::ModuleDef& definition() const { return *definition_; }
  const std::shared_ptr<const schema::ModuleDef>& shared_definition() const { return definition_; }

  /// Tables only (not views); null where there is none of that name.
  const BoundTable* find_table(std::string_view name) const;
  const BoundIndex* find_index(std::string_view name) const;
  /// Tables and backing tables of views; null for ids of other tables.
  const BoundTable* table(storage::TableId id) const {
    return id < by_id_.size() ? by_id_[id] : nullptr;
  }
  const BoundIndex* index(storage::IndexId id) const {
    return id < index_by_id_.size() ? index_by_id_[id] : nullptr;
  }
  /// The backing table of a view of this definition.
  const BoundTable* of_view(const schema::ViewDef& view) const;
  /// Tables first, in the order of their names, then views.
  const std::deque<BoundTable>& all() const { return tables_; }

 private:
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return static_cast<size_t>(hash_bytes(s)); }
  };
  template <class T>
  using Names = std::unordered_map<std::string, T, NameHash, std::equal_to<>>;

  Status bind_table(const schema::TableDef& def, const storage::Catalog& catalog);
  Status bind_view(const schema::ViewDef& def, const storage::Catalog& catalog);
  BoundTable* add(BoundTable table);

  std::shared_ptr<const schema::ModuleDef> definition_;
  std::deque<BoundTable> tables_;
  std::deque<BoundIndex> indexes_;
  std::vector<const BoundTable*> by_id_;
  std::vector<const BoundIndex*> index_by_id_;
  Names<const BoundTable*> table_names_;
  Names<const BoundIndex*> index_names_;
  std::unordered_map<const schema::ViewDef*, const BoundTable*> views_;
};

}  // namespace orrery::host
