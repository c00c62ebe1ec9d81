#include "host/migration.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "host/system_tables.h"
#include "host/table_setup.h"
#include "storage/datastore.h"
#include "types/bsatn.h"

namespace orrery::host {
namespace {

Error refused(std::string message) {
  return Error(ErrorCode::kInvalidArgument, std::move(message));
}

bool same_column(const storage::ColumnDef& a, const storage::ColumnDef& b) {
  return a.name == b.name && a.alias == b.alias && a.type == b.type;
}

bool same_index(const storage::IndexDef& a, const storage::IndexDef& b) {
  return a.name == b.name && a.alias == b.alias && a.kind == b.kind && a.unique == b.unique &&
         a.columns == b.columns;
}

template <class T, class Same>
bool same_list(const std::vector<T>& a, const std::vector<T>& b, Same&& same) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

/// Ids aside.
bool same_table(const storage::TableDef& a, const storage::TableDef& b) {
  return a.name == b.name && a.alias == b.alias && a.event == b.event && a.row_set == b.row_set &&
         same_list(a.columns, b.columns, same_column) &&
         same_list(a.indexes, b.indexes, same_index) && a.sequences == b.sequences;
}

Status rewrite(storage::Transaction& transaction, const schema::TableDef& old_def,
               const schema::TableDef& new_def) {
  storage::TableDef was = storage_table_of(old_def);
  storage::TableDef now = storage_table_of(new_def);
  if (same_table(was, now)) return {};
  std::shared_ptr<storage::Table> table = transaction.catalog()->find_table(was.name);
  if (table == nullptr) {
    return Error(ErrorCode::kInternal, "the store has no table '" + was.name + "'");
  }
  // Indexes that stay are not built again.
  for (storage::IndexDef& index : now.indexes) {
    for (const storage::IndexDef& made : table->def().indexes) {
      if (same_index(index, made)) index.id = made.id;
    }
  }
  std::vector<storage::ColumnSource> sources;
  for (const schema::ColumnDef& column : new_def.columns) {
    storage::ColumnSource source;
    for (size_t i = 0; i < old_def.columns.size(); ++i) {
      if (old_def.columns[i].name == column.name) source.old_column = static_cast<int32_t>(i);
    }
    if (source.old_column < 0) source.fill_bsatn = column.default_value;
    sources.push_back(std::move(source));
  }
  return transaction.rewrite_table(was.name, std::move(now), sources);
}

/// Adds the numbers to which a little-endian integer cell extends, signed or not.
bool int_of_cell(const types::AlgebraicType& type, std::string_view cell, types::I128* out) {
  types::U128 bits = 0;
  std::memcpy(&bits, cell.data(), std::min<size_t>(cell.size(), sizeof(bits)));
  switch (type.kind()) {
    case types::TypeKind::kI8:
      *out = static_cast<int8_t>(bits);
      return true;
    case types::TypeKind::kI16:
      *out = static_cast<int16_t>(bits);
      return true;
    case types::TypeKind::kI32:
      *out = static_cast<int32_t>(bits);
      return true;
    case types::TypeKind::kI64:
      *out = static_cast<int64_t>(bits);
      return true;
    case types::TypeKind::kU8:
    case types::TypeKind::kU16:
    case types::TypeKind::kU32:
    case types::TypeKind::kU64:
    case types::TypeKind::kI128:
      *out = static_cast<types::I128>(bits);
      return true;
    case types::TypeKind::kU128:
      *out = static_cast<types::I128>(bits);
      return *out >= 0;
    default:
      return false;
  }
}

/// Calls `see(cells)` with the cells of every row; `see` returns false to end.
template <class See>
Status each_row(storage::Transaction& transaction, const storage::Table& table, See&& see) {
  const std::string rows = all_rows(table, transaction.view());
  std::string_view rest = rows;
  std::vector<std::string_view> cells;
  while (!rest.empty()) {
    cells.clear();
    for (const storage::ColumnDef& column : table.def().columns) {
      ORRERY_TRY_ASSIGN(size_t used, types::bsatn_skip(column.type, rest));
      cells.push_back(rest.substr(0, used));
      rest.remove_prefix(used);
    }
    if (!see(cells)) return {};
  }
  return {};
}

Status check_sequence(storage::Transaction& transaction, const storage::Table& table,
                      const schema::MigrationPrecheck& check) {
  bool used = false;
  ORRERY_TRY(each_row(transaction, table, [&](const std::vector<std::string_view>& cells) {
    const uint16_t column = check.columns[0];
    types::I128 value = 0;
    // The column may be new, then it has no values.
    if (column >= cells.size()) return false;
    used = int_of_cell(table.def().columns[column].type, cells[column], &value) &&
           value >= check.min && value <= check.max;
    return !used;
  }));
  if (!used) return {};
  return refused("Precheck failed: added sequence " + check.name +
                 " already has values in range");
}

Status check_unique(storage::Transaction& transaction, const storage::Table& table,
                    const schema::MigrationPrecheck& check) {
  std::unordered_set<std::string> seen;
  bool doubled = false;
  ORRERY_TRY(each_row(transaction, table, [&](const std::vector<std::string_view>& cells) {
    std::string key;
    for (uint16_t column : check.columns) {
      if (column >= cells.size()) return false;
      key += cells[column];
    }
    doubled = !seen.insert(std::move(key)).second;
    return !doubled;
  }));
  if (!doubled) return {};
  return refused("Precheck failed: rows of table `" + check.table +
                 "` are equal where the added unique constraint `" + check.name +
                 "` wants them different");
}

}  // namespace

Status check_migration(storage::Transaction& transaction, const schema::MigrationPlan& plan) {
  for (const schema::MigrationPrecheck& check : plan.prechecks) {
    std::shared_ptr<storage::Table> table = transaction.catalog()->find_table(check.table);
    if (table == nullptr) continue;
    switch (check.kind) {
      case schema::MigrationPrecheckKind::kTableIsEmpty:
        if (transaction.row_count(*table) == 0) break;
        return refused("Cannot remove table `" + check.table +
                       "`: table contains data. Clear the table's rows (e.g. via a reducer) before "
                       "removing it from your schema.");
      case schema::MigrationPrecheckKind::kSequenceRangeIsUnused:
        ORRERY_TRY(check_sequence(transaction, *table, check));
        break;
      case schema::MigrationPrecheckKind::kUniqueConstraintHolds:
        ORRERY_TRY(check_unique(transaction, *table, check));
        break;
    }
  }
  return {};
}

Status migrate_tables(storage::Transaction& transaction, const schema::MigrationPlan& plan) {
  const schema::ModuleDef& old_def = *plan.old_def;
  const schema::ModuleDef& new_def = *plan.new_def;
  auto exact_table = [](const schema::ModuleDef& def, const std::string& name) {
    const schema::TableDef* found = def.find_table(name);
    return found != nullptr && found->qualified_name == name ? found : nullptr;
  };
  auto exact_view = [](const schema::ModuleDef& def, const std::string& name) {
    const auto found = def.find_view(name);
    return found && found.def->qualified_name == name ? found.def : nullptr;
  };
  for (const schema::TableDef* table : old_def.all_tables()) {
    if (exact_table(new_def, table->qualified_name) != nullptr) continue;
    ORRERY_TRY(transaction.drop_table(table->qualified_name));
  }
  std::set<std::string> kept_views;
  for (const auto& view : old_def.all_views()) {
    const schema::ViewDef* now = exact_view(new_def, view.def->qualified_name);
    if (now != nullptr && same_table(storage_table_of(*view.def), storage_table_of(*now))) {
      kept_views.insert(now->qualified_name);
      continue;
    }
    ORRERY_TRY(transaction.drop_table(backing_table_name(*view.def)));
  }
  for (const schema::TableDef* table : new_def.all_tables()) {
    if (const schema::TableDef* was = exact_table(old_def, table->qualified_name)) {
      ORRERY_TRY(rewrite(transaction, *was, *table));
      continue;
    }
    ORRERY_TRY_ASSIGN([[maybe_unused]] storage::TableId id,
                      transaction.create_table(storage_table_of(*table)));
  }
  for (const auto& view : new_def.all_views()) {
    if (kept_views.contains(view.def->qualified_name)) continue;
    ORRERY_TRY_ASSIGN([[maybe_unused]] storage::TableId id,
                      transaction.create_table(storage_table_of(*view.def)));
  }
  return {};
}

Status drop_tables(storage::Transaction& transaction, const schema::ModuleDef& definition) {
  for (const schema::TableDef* table : definition.all_tables()) {
    ORRERY_TRY(transaction.drop_table(table->qualified_name));
  }
  for (const auto& view : definition.all_views()) {
    ORRERY_TRY(transaction.drop_table(backing_table_name(*view.def)));
  }
  return {};
}

}  // namespace orrery::host
