// Recovery: builds a store's tables from a checkpoint and redo. Rows have one version and no index
// has an entry until finish().
//
// Not thread-safe; used before the store is open. What is malformed gives kCorruption.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "storage/redo.h"
#include "storage/store_impl.h"

namespace orrery::storage {

class Recovery {
 public:
  explicit Recovery(Store::Impl& store) : store_(store) {}

  Status load_schema(std::string_view bytes);
  Status load_rows(TableId table, std::string_view block, uint32_t row_count);
  Status apply_redo(std::string_view redo);
  /// Builds the indexes and publishes catalog and sequence.
  Status finish(CommitSeq last);

 private:
  Status apply(RedoOp op, RedoReader* in);
  Status put_rows(RedoReader* in);
  Status put_row(TableImpl& table, RowId row, std::string_view bytes, size_t* used);
  Status erase(RedoReader* in);
  Status set_sequence(RedoReader* in);
  Status set_reservation(RedoReader* in);
  Status create_table(RedoReader* in);
  Status truncate(RedoReader* in);
  Status create_index(RedoReader* in);
  Status drop_index(RedoReader* in);
  Status create_view(RedoReader* in);
  Status rewrite(RedoReader* in);
  Result<TableImpl*> table_of(RedoReader* in);
  /// Fills the system tables.
  Status describe_all(const CatalogImpl& catalog);
  void note_ids(const TableDef& def);

  Store::Impl& store_;
  std::map<TableId, std::shared_ptr<TableImpl>> tables_;
  std::vector<ViewDef> views_;
  TableImpl* last_created_ = nullptr;
  std::vector<uint64_t> image_;
};

}  // namespace orrery::storage
