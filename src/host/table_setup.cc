#include "host/table_setup.h"

#include <utility>

namespace orrery::host {
namespace {

storage::IndexKind kind_of(const schema::IndexDef& index, const schema::TableDef& table) {
  switch (index.algorithm) {
    case schema::IndexAlgorithm::kBTree:
      return storage::IndexKind::kBTree;
    case schema::IndexAlgorithm::kHash:
      return storage::IndexKind::kHash;
    case schema::IndexAlgorithm::kDirect:
      // Over a plain enum: an ordered index answers all that a direct one is asked.
      return table.columns[index.columns[0]].resolved_type.sql_type() == types::TypeId::kInteger
                 ? storage::IndexKind::kDirect
                 : storage::IndexKind::kBTree;
  }
  return storage::IndexKind::kBTree;
}

std::string_view method_of(storage::IndexKind kind, size_t columns) {
  if (columns > 1) return "MULTICOLUMN";
  return kind == storage::IndexKind::kHash ? "HASH" : "BTREE";
}

/// Set where it differs: names that are their own alias need none.
std::string alias_of(const std::string& source, const std::string& name) {
  return source == name ? std::string() : source;
}

storage::ColumnDef column_of(const schema::ColumnDef& column) {
  storage::ColumnDef out;
  out.name = column.name;
  out.alias = alias_of(column.accessor_name, column.name);
  out.type = column.resolved_type;
  return out;
}

storage::IndexDef index_of(const schema::IndexDef& index, const schema::TableDef& table) {
  storage::IndexDef out;
  out.name = index.qualified_name;
  out.alias = alias_of(index.source_name, index.qualified_name);
  out.kind = kind_of(index, table);
  out.unique = index.is_unique;
  out.columns = index.columns;
  out.method = method_of(out.kind, index.columns.size());
  return out;
}

storage::SequenceDef sequence_of(const schema::SequenceDef& sequence) {
  storage::SequenceDef out;
  out.name = sequence.qualified_name;
  out.column = sequence.column;
  out.start = sequence.start_or_default();
  out.min = sequence.min_or_default();
  out.max = sequence.max_or_default();
  out.increment = sequence.increment;
  return out;
}

}  // namespace

std::string backing_table_name(const schema::ViewDef& view) {
  return "view:" + view.qualified_name;
}

storage::TableDef storage_table_of(const schema::TableDef& table) {
  storage::TableDef out;
  out.name = table.qualified_name;
  out.alias = alias_of(table.qualified_accessor_name, table.qualified_name);
  for (const schema::ColumnDef& column : table.columns) out.columns.push_back(column_of(column));
  for (const schema::IndexDef& index : table.indexes) out.indexes.push_back(index_of(index, table));
  for (const schema::SequenceDef& sequence : table.sequences) {
    out.sequences.push_back(sequence_of(sequence));
  }
  out.row_set = true;
  out.event = table.is_event;
  return out;
}

storage::TableDef storage_table_of(const schema::ViewDef& view) {
  storage::TableDef out;
  out.name = backing_table_name(view);
  storage::ColumnDef hash;
  hash.name = kArgumentColumn;
  hash.type = types::AlgebraicType::u256();
  out.columns.push_back(std::move(hash));
  for (const schema::ColumnDef& column : view.columns) out.columns.push_back(column_of(column));
  storage::IndexDef by_hash;
  by_hash.name = kArgumentIndexName;
  by_hash.columns = {0};
  by_hash.method = "BTREE";
  out.indexes.push_back(std::move(by_hash));
  if (view.primary_key) {
    storage::IndexDef key;
    key.name = "arg_hash_key";
    key.columns = {0, static_cast<uint16_t>(*view.primary_key + 1)};
    key.unique = true;
    key.method = "MULTICOLUMN";
    out.indexes.push_back(std::move(key));
  }
  return out;
}

Status create_tables(storage::Transaction& transaction, const schema::ModuleDef& definition) {
  for (const schema::TableDef* table : definition.all_tables()) {
    ORRERY_TRY_ASSIGN([[maybe_unused]] storage::TableId id,
                      transaction.create_table(storage_table_of(*table)));
  }
  for (const schema::Found<schema::ViewDef>& view : definition.all_views()) {
    ORRERY_TRY_ASSIGN([[maybe_unused]] storage::TableId id,
                      transaction.create_table(storage_table_of(*view.def)));
  }
  return {};
}

}  // namespace orrery::host
