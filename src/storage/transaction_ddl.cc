// Changes of definitions. A transaction works on a private catalog and publishes what it changed.
#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/assert.h"
#include "storage/transaction_impl.h"

namespace orrery::storage {

namespace {

Error no_table(std::string_view name) {
  return Error(ErrorCode::kTableNotFound, "table '" + std::string(name) + "' not found");
}

}  // namespace

Status check_columns(const TableDef& def) {
  std::unordered_set<std::string> names;
  for (const ColumnDef& column : def.columns) {
    if (!names.insert(folded_name(column.name)).second) {
      return Error(ErrorCode::kInvalidArgument, "duplicate column '" + column.name + "'");
    }
  }
  for (const IndexDef& index : def.indexes) {
    if (index.columns.empty()) {
      return Error(ErrorCode::kInvalidArgument, "index '" + index.name + "' has no columns");
    }
    for (uint16_t column : index.columns) {
      if (column >= def.columns.size()) {
        return Error(ErrorCode::kColumnNotFound,
                     "index '" + index.name + "' names a column that is not there");
      }
    }
  }
  if (def.primary_key >= static_cast<int32_t>(def.columns.size())) {
    return Error(ErrorCode::kColumnNotFound, "primary key column not found");
  }
  std::unordered_set<uint16_t> numbered;
  for (const SequenceDef& sequence : def.sequences) {
    ORRERY_TRY(check_sequence(sequence, def.columns));
    if (!numbered.insert(sequence.column).second) {
      return Error(ErrorCode::kInvalidArgument,
                   "two sequences of column '" + def.columns[sequence.column].name + "'");
    }
  }
  return {};
}

std::vector<RowId> live_rows(const TableCore& core) {
  std::vector<RowId> rows;
  rows.reserve(core.live_rows());
  for (RowId row = 0; row < core.pages.end(); ++row) {
    if ((core.pages.word(row) & (kWordDeleted | kWordFree)) == 0) rows.push_back(row);
  }
  return rows;
}

Status fill_index(const TableImpl& table, IndexImpl& index, std::span<const RowId> rows,
                  const CancelFlag* cancelled) {
  ORRERY_TRY(index.build(rows, cancelled));
  if (!index.def().unique || index.distinct() == index.entries()) return {};
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i % kRowsPerCancelCheck == 0) ORRERY_TRY(check_cancelled(cancelled));
    const uint8_t* image = table.core().pages.image(rows[i]);
    if (index.key_has_null(image)) continue;
    RowList same;
    index.find(image, &same);
    if (same.size() > 1) return key_error(table, index, image);
  }
  return {};
}

Status TransactionImpl::reserve_name(std::string_view name) {
  std::string folded = folded_name(name);
  LockGuard<RwLatch> hold(store.catalog_latch);
  auto [it, added] = store.reserved_names.emplace(folded, id);
  if (!added && it->second != id) {
    return Error(ErrorCode::kConflict, "'" + std::string(name) + "' is being made by transaction " +
                                           std::to_string(it->second));
  }
  if (added) reserved_names.push_back(folded);
  return {};
}

/// In the private catalog, and among what others have committed since it was taken.
Status TransactionImpl::check_name_is_free(std::string_view name) {
  auto table_error = [&] {
    return Error(ErrorCode::kTableExists, "table '" + std::string(name) + "' already exists");
  };
  auto view_error = [&] {
    return Error(ErrorCode::kViewExists, "view '" + std::string(name) + "' already exists");
  };
  if (catalog->find(name) != nullptr) return table_error();
  if (catalog->find_view(name) != nullptr) return view_error();
  ORRERY_TRY(reserve_name(name));
  std::shared_ptr<const CatalogImpl> latest = store.latest_catalog();
  if (const std::shared_ptr<TableImpl>* table = latest->find(name)) {
    TableId other = (*table)->def().id;
    if (std::find(changed_tables.begin(), changed_tables.end(), other) == changed_tables.end()) {
      return table_error();
    }
  }
  std::string folded = folded_name(name);
  if (latest->find_view(name) != nullptr &&
      std::find(changed_views.begin(), changed_views.end(), folded) == changed_views.end()) {
    return view_error();
  }
  return {};
}

Status TransactionImpl::own_core(TableImpl& table, std::string_view verb) {
  TableCore& core = table.core();
  LockGuard<RwLatch> hold(core.latch);
  if (core.definition_owner == id) return {};
  auto busy = [&](std::string_view why) {
    return Error(ErrorCode::kConflict, "cannot " + std::string(verb) + " table: " +
                                           std::string(why));
  };
  if (core.definition_owner != 0) {
    return busy("transaction " + std::to_string(core.definition_owner) + " is changing it");
  }
  if (table.state() != TableImpl::State::kCurrent) {
    return busy("it was changed by another transaction");
  }
  bool wrote = false;
  if (state != nullptr) {
    for (const auto& t : state->tables) wrote = wrote || &t->core() == &core;
  }
  if (core.writers > (wrote ? 1u : 0u)) {
    return busy("active transactions have uncommitted changes");
  }
  if (isolation == Isolation::kSnapshot && core.last_write.load() > view.seq) {
    return busy("it was changed by another transaction");
  }
  core.definition_owner = id;
  owned_cores.push_back(table.shared_core());
  return {};
}

Result<std::shared_ptr<TableImpl>> TransactionImpl::own_definition(std::string_view name,
                                                                   std::string_view verb) {
  for (;;) {
    const std::shared_ptr<TableImpl>* found = catalog->find(name);
    if (found == nullptr) return no_table(name);
    std::shared_ptr<TableImpl> table = *found;
    if (table->def().system) {
      return Error(ErrorCode::kReadOnly, "table '" + table->def().name + "' is a system table");
    }
    ORRERY_TRY(own_core(*table, verb));
    // Everything committed before the table became ours has to be seen.
    if (isolation == Isolation::kReadCommitted) renew_view();
    const std::shared_ptr<TableImpl>* again = catalog->find(name);
    if (again != nullptr && *again == table) return table;
  }
}

Status TransactionImpl::apply_definition(DefinitionChange change,
                                         std::shared_ptr<TableImpl> table) {
  using Kind = DefinitionChange::Kind;
  bool of_view = change.kind == Kind::kCreateView || change.kind == Kind::kDropView;
  bool keeps_rows_of_catalog = change.kind == Kind::kTruncate;
  change.before = catalog;
  auto next = std::make_shared<CatalogImpl>(*catalog);
  next->set_version(store.next_catalog_version.fetch_add(1));
  if (of_view) {
    if (change.kind == Kind::kCreateView) {
      next->put_view({change.name, change.view_sql});
    } else {
      next->remove_view(change.name);
    }
    std::string folded = folded_name(change.name);
    if (std::find(changed_views.begin(), changed_views.end(), folded) == changed_views.end()) {
      changed_views.push_back(folded);
    }
  } else {
    if (table != nullptr) {
      next->put_table(table);
    } else {
      next->remove_table(change.table);
    }
    if (std::find(changed_tables.begin(), changed_tables.end(), change.table) ==
        changed_tables.end()) {
      changed_tables.push_back(change.table);
    }
  }
  TxnState& s = writable_state();
  LogEntry entry;
  entry.kind = LogEntry::Kind::kDefinition;
  entry.count = static_cast<uint32_t>(definitions.size());
  s.log.push_back(entry);
  ++s.operations;
  catalog = next;
  last_table = nullptr;
  std::string name = change.name;
  std::string sql = change.view_sql;
  TableId table_id = change.table;
  Kind kind = change.kind;
  definitions.push_back(std::move(change));
  if (of_view) {
    if (kind == Kind::kDropView) return undescribe_view(name);
    return describe_view({name, sql});
  }
  if (keeps_rows_of_catalog) return {};
  if (kind != Kind::kCreateTable) ORRERY_TRY(undescribe_table(table_id));
  return table == nullptr ? Status() : describe_table(table->def());
}

Result<TableId> TransactionImpl::create_table(TableDef def) {
  ORRERY_TRY(check_columns(def));
  ORRERY_TRY(check_name_is_free(def.name));
  def.id = store.next_table.fetch_add(1);
  for (IndexDef& index : def.indexes) index.id = store.next_index.fetch_add(1);
  auto table = std::make_shared<TableImpl>(def);
  table->core().definition_owner = id;
  owned_cores.push_back(table->shared_core());
  DefinitionChange change;
  change.kind = DefinitionChange::Kind::kCreateTable;
  change.table = def.id;
  change.def = std::move(def);
  TableId table_id = change.table;
  ORRERY_TRY(apply_definition(std::move(change), std::move(table)));
  return table_id;
}

Status TransactionImpl::drop_table(std::string_view name) {
  ORRERY_TRY_ASSIGN(auto table, own_definition(name, "drop"));
  ORRERY_TRY(reserve_name(name));
  DefinitionChange change;
  change.kind = DefinitionChange::Kind::kDropTable;
  change.table = table->def().id;
  return apply_definition(std::move(change), nullptr);
}

Result<uint64_t> TransactionImpl::truncate_table(std::string_view name) {
  ORRERY_TRY_ASSIGN(auto table, own_definition(name, "truncate"));
  uint64_t removed = 0;
  {
    SharedLockGuard<RwLatch> hold(table->core().latch);
    removed = table->core().live_rows();
  }
  auto empty = std::make_shared<TableImpl>(table->def());
  empty->succeed(*table);
  empty->core().definition_owner = id;
  empty->core().auto_largest.store(table->core().auto_largest.load());
  owned_cores.push_back(empty->shared_core());
  DefinitionChange change;
  change.kind = DefinitionChange::Kind::kTruncate;
  change.table = table->def().id;
  ORRERY_TRY(apply_definition(std::move(change), std::move(empty)));
  return removed;
}

/// Fills the indexes of `changed`, a definition over the rows of `old`, that `old` does not have.
Status TransactionImpl::fill_new_indexes(const TableImpl& old, const TableImpl& changed) {
  LockGuard<RwLatch> hold(old.core().latch);
  std::vector<RowId> rows;
  for (IndexImpl* index : changed.index_impls()) {
    const auto& known = old.index_impls();
    if (std::find(known.begin(), known.end(), index) != known.end()) continue;
    if (rows.empty()) rows = live_rows(old.core());
    ORRERY_TRY(fill_index(changed, *index, rows, cancelled));
  }
  return {};
}

Status TransactionImpl::create_index(std::string_view name, IndexDef index) {
  ORRERY_TRY_ASSIGN(auto table, own_definition(name, "alter"));
  if (table->find_index(index.name) != nullptr) {
    return Error(ErrorCode::kIndexExists, "index already exists: " + index.name);
  }
  TableDef def = table->def();
  index.id = store.next_index.fetch_add(1);
  def.indexes.push_back(std::move(index));
  ORRERY_TRY(check_columns(def));
  auto changed = std::make_shared<TableImpl>(def, *table);
  ORRERY_TRY(fill_new_indexes(*table, *changed));
  DefinitionChange change;
  change.kind = DefinitionChange::Kind::kCreateIndex;
  change.table = def.id;
  change.def = std::move(def);
  return apply_definition(std::move(change), std::move(changed));
}

Status TransactionImpl::drop_index(std::string_view name, std::string_view index) {
  ORRERY_TRY_ASSIGN(auto table, own_definition(name, "alter"));
  const Index* found = table->find_index(index);
  if (found == nullptr) {
    return Error(ErrorCode::kIndexNotFound, "index '" + std::string(index) + "' not found");
  }
  TableDef def = table->def();
  DefinitionChange change;
  change.kind = DefinitionChange::Kind::kDropIndex;
  change.table = def.id;
  change.index = found->def().id;
  std::erase_if(def.indexes, [&](const IndexDef& d) { return d.id == change.index; });
  auto changed = std::make_shared<TableImpl>(std::move(def), *table);
  ORRERY_TRY(fill_new_indexes(*table, *changed));
  return apply_definition(std::move(change), std::move(changed));
}

Status TransactionImpl::create_view(ViewDef def) {
  ORRERY_TRY(check_name_is_free(def.name));
  DefinitionChange change;
  change.kind = DefinitionChange::Kind::kCreateView;
  change.name = std::move(def.name);
  change.view_sql = std::move(def.sql);
  return apply_definition(std::move(change), nullptr);
}

Status TransactionImpl::drop_view(std::string_view name) {
  const ViewDef* view = catalog->find_view(name);
  if (view == nullptr) {
    return Error(ErrorCode::kViewNotFound, "view '" + std::string(name) + "' not found");
  }
  ORRERY_TRY(reserve_name(name));
  DefinitionChange change;
  change.kind = DefinitionChange::Kind::kDropView;
  change.name = view->name;
  return apply_definition(std::move(change), nullptr);
}

// --- the public interface: a definition change leaves nothing behind where it fails ---

namespace {
template <class Fn>
auto all_or_nothing(TransactionImpl& t, Fn&& fn) {
  uint64_t before = t.state == nullptr ? 0 : t.state->operations;
  auto result = fn();
  if (!result) t.undo_to(before);
  return result;
}
}  // namespace

Result<TableId> Transaction::create_table(TableDef def) {
  return all_or_nothing(*impl_, [&] { return impl_->create_table(std::move(def)); });
}
Status Transaction::drop_table(std::string_view name) {
  return all_or_nothing(*impl_, [&] { return impl_->drop_table(name); });
}
Result<uint64_t> Transaction::truncate_table(std::string_view name) {
  return all_or_nothing(*impl_, [&] { return impl_->truncate_table(name); });
}
Status Transaction::create_index(std::string_view table, IndexDef def) {
  return all_or_nothing(*impl_, [&] { return impl_->create_index(table, std::move(def)); });
}
Status Transaction::drop_index(std::string_view table, std::string_view index) {
  return all_or_nothing(*impl_, [&] { return impl_->drop_index(table, index); });
}
Status Transaction::create_view(ViewDef def) {
  return all_or_nothing(*impl_, [&] { return impl_->create_view(std::move(def)); });
}
Status Transaction::drop_view(std::string_view name) {
  return all_or_nothing(*impl_, [&] { return impl_->drop_view(name); });
}
Status Transaction::rewrite_table(std::string_view name, TableDef def,
                                  std::span<const ColumnSource> sources) {
  return all_or_nothing(*impl_,
                        [&] { return impl_->rewrite_table(name, std::move(def), sources); });
}

}  // namespace orrery::storage
