// ALTER TABLE: a table with another definition over the same rows, or over rows made from them.
#include <algorithm>

#include "storage/transaction_impl.h"
#include "types/cast.h"

namespace orrery::storage {

using types::Datum;
using types::TypeId;


bool images_stay(const TableImpl& old, const TableDef& def, std::span<const ColumnSource> sources) {
  const TableDef& was = old.def();
  if (was.columns.size() != def.columns.size()) return false;
  for (size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].old_column != static_cast<int32_t>(i)) return false;
    if (!(was.columns[i].type == def.columns[i].type)) return false;
  }
  return true;
}

namespace {

/// Index definitions that are the same but for their id's meaning keep it; others get a new one.
void assign_index_ids(Store::Impl& store, const TableDef& was, TableDef* def, bool same_rows) {
  for (IndexDef& index : def->indexes) {
    bool kept = false;
    for (const IndexDef& old : was.indexes) {
      kept = kept || (same_rows && old.id == index.id && old.columns == index.columns &&
                      old.name == index.name && old.unique == index.unique);
    }
    if (!kept) index.id = store.next_index.fetch_add(1);
  }
}

/// Makes rows of a rewritten table from those of the old one.
struct RowMaker {
  const RowLayout& from;
  const RowLayout& to;
  std::span<const ColumnSource> sources;
  Arena arena{1024};

  Status make(const uint8_t* image, uint8_t* out) {
    std::memset(out, 0, to.image_bytes());
    for (uint32_t i = 0; i < sources.size(); ++i) {
      if (sources[i].old_column < 0 && sources[i].fill_bsatn) {
        ORRERY_TRY(fill(*sources[i].fill_bsatn, i, out));
        continue;
      }
      Datum cell = sources[i].fill.datum();
      if (sources[i].old_column >= 0) {
        cell = from.cell(image, static_cast<uint32_t>(sources[i].old_column));
        TypeId want = to.column(i).sql_type;
        if (!cell.is_null() && cell.type() != want) {
          // The time of day has no part in it: a rewrite must come out the same when it is replayed.
          ORRERY_TRY_ASSIGN(cell, types::coerce_for_column(cell, want,
                                                           to.column(i).inner.vector_dimension(),
                                                           to.column(i).name, 0, arena));
        }
      }
      ORRERY_TRY(to.set_cell(out, i, cell));
    }
    return {};
  }

  /// The cell borrows from `bytes`.
  Status fill(std::string_view bytes, uint32_t column, uint8_t* out) const {
    size_t used = 0;
    ORRERY_TRY(to.read_cell_bsatn(bytes, column, out, &used));
    if (used == bytes.size()) return {};
    return Error(ErrorCode::kDecode,
                 "bytes after the default of column '" + to.column(column).name + "'");
  }
};

}  // namespace

// Row ids stay, so that a replay of the log finds every row where it was.
Status copy_rows(const TableImpl& old, TableImpl* made, std::span<const ColumnSource> sources,
                 std::vector<RowId>* rows, const CancelFlag* cancelled) {
  if (made->def().event) return {};  // what this transaction has put there does not survive it
  RowMaker maker{old.layout(), made->layout(), sources};
  const RowPages& pages = old.core().pages;
  TableCore& core = made->core();
  std::vector<uint64_t> space((made->layout().image_bytes() + 7) / 8);
  auto* image = reinterpret_cast<uint8_t*>(space.data());
  for (RowId row = 0; row < pages.end(); ++row) {
    if (row % kRowsPerCancelCheck == 0) ORRERY_TRY(check_cancelled(cancelled));
    if ((pages.word(row) & (kWordDeleted | kWordFree)) != 0) continue;
    maker.arena.reset();
    ORRERY_TRY(maker.make(pages.image(row), image));
    core.pages.allocate_at(row);
    uint8_t* place = core.pages.image(row);
    std::memcpy(place, image, made->layout().image_bytes());
    made->adopt_strings(place, made->layout().var_columns());
    rows->push_back(row);
  }
  core.pages.rebuild_free_list();
  return {};
}

Status TransactionImpl::rewrite_table(std::string_view name, TableDef def,
                                      std::span<const ColumnSource> sources) {
  ORRERY_TRY_ASSIGN(auto old, own_definition(name, "alter"));
  ORRERY_TRY(check_columns(def));
  if (def.event != old->def().event) {
    return Error(ErrorCode::kInvalidArgument, "a table cannot become or cease to be one of events");
  }
  if (sources.size() != def.columns.size()) {
    return Error(ErrorCode::kInvalidArgument, "every column needs a source");
  }
  if (folded_name(name) != folded_name(def.name)) {
    ORRERY_TRY(check_name_is_free(def.name));
    ORRERY_TRY(reserve_name(name));
  }
  bool same_rows = images_stay(*old, def, sources);
  def.id = old->def().id;
  def.system = false;
  assign_index_ids(store, old->def(), &def, same_rows);
  std::shared_ptr<TableImpl> made;
  if (same_rows) {
    made = std::make_shared<TableImpl>(def, *old);
    ORRERY_TRY(fill_new_indexes(*old, *made));
  } else {
    LockGuard<RwLatch> hold(old->core().latch);
    made = std::make_shared<TableImpl>(def);
    made->succeed(*old);
    made->core().definition_owner = id;
    made->core().auto_largest.store(old->core().auto_largest.load());
    owned_cores.push_back(made->shared_core());
    std::vector<RowId> rows;
    ORRERY_TRY(copy_rows(*old, made.get(), sources, &rows, cancelled));
    for (IndexImpl* index : made->index_impls()) {
      ORRERY_TRY(fill_index(*made, *index, rows, cancelled));
    }
  }
  {
    SharedLockGuard<RwLatch> hold(made->core().latch);
    ORRERY_TRY(check_new_sequences(*old, *made));
  }
  DefinitionChange change;
  change.kind = DefinitionChange::Kind::kRewrite;
  change.table = def.id;
  change.def = std::move(def);
  change.sources.assign(sources.begin(), sources.end());
  return apply_definition(std::move(change), std::move(made));
}

}  // namespace orrery::storage
