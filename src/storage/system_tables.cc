// The catalog as tables: orrery_tables, orrery_columns, orrery_indexes, orrery_views and
// orrery_sequences. Rows are written by the transactions that change definitions, and are versioned
// with them.
#include "storage/transaction_impl.h"

namespace orrery::storage {

using types::AlgebraicType;
using types::Datum;

namespace {

enum SystemTable : TableId {
  kTables = 1,
  kColumns = 2,
  kIndexes = 3,
  kViews = 4,
  kSequences = 5,
};

ColumnDef column(std::string_view name, AlgebraicType type) {
  ColumnDef def;
  def.name = name;
  def.type = std::move(type);
  return def;
}

AlgebraicType optional_text() { return AlgebraicType::option(AlgebraicType::text()); }

TableDef system_table(TableId id, std::string_view name, std::vector<ColumnDef> columns) {
  TableDef def;
  def.id = id;
  def.name = name;
  def.columns = std::move(columns);
  def.system = true;
  return def;
}

std::vector<TableDef> system_definitions() {
  AlgebraicType integer = AlgebraicType::integer();
  AlgebraicType text = AlgebraicType::text();
  AlgebraicType boolean = AlgebraicType::boolean();
  return {
      system_table(kTables, "orrery_tables",
                   {column("table_id", integer), column("name", text),
                    column("primary_key", optional_text()), column("checks", optional_text())}),
      system_table(kColumns, "orrery_columns",
                   {column("table_id", integer), column("position", integer), column("name", text),
                    column("type", text), column("nullable", boolean),
                    column("default_sql", optional_text()), column("check_sql", optional_text()),
                    column("auto_increment", boolean)}),
      system_table(kIndexes, "orrery_indexes",
                   {column("table_id", integer), column("index_id", integer), column("name", text),
                    column("kind", text), column("is_unique", boolean),
                    column("is_primary", boolean), column("columns", text)}),
      system_table(kViews, "orrery_views", {column("name", text), column("sql", text)}),
      system_table(kSequences, "orrery_sequences",
                   {column("table_id", integer), column("column_name", text),
                    column("largest", integer)}),
  };
}

Datum text_or_null(const std::string& s) { return s.empty() ? Datum::null() : Datum::text(s); }

std::string column_type_text(const AlgebraicType& type) {
  types::TypeId sql = types::sql_type_of(type);
  if (types::is_beyond_sql(sql)) return types::without_option(type).to_string();
  return std::string(types::type_name(sql));
}

std::string_view kind_name(IndexKind kind) {
  switch (kind) {
    case IndexKind::kBTree:
      return "btree";
    case IndexKind::kHash:
      return "hash";
    case IndexKind::kDirect:
      return "direct";
  }
  return "";
}

Status add_row(TransactionImpl& t, TableId id, std::span<const Datum> row) {
  TableImpl& table = **t.catalog->find(id);
  uint8_t* image = t.image_scratch(table);
  ORRERY_TRY(table.layout().set_row(image, row));
  LockGuard<RwLatch> hold(table.core().latch);
  ORRERY_TRY(t.prepare_write(table));
  ORRERY_TRY_ASSIGN(RowId added, t.insert_image(table, image));
  (void)added;
  return {};
}

/// Removes the rows that t sees and `matches(image)` accepts.
template <class Matches>
Status remove_rows(TransactionImpl& t, TableId id, Matches&& matches) {
  TableImpl& table = **t.catalog->find(id);
  LockGuard<RwLatch> hold(table.core().latch);
  const RowPages& pages = table.core().pages;
  for (RowId row = 0; row < pages.end(); ++row) {
    const uint8_t* image = visible_image(pages.word(row), pages.image(row), t.view);
    if (image == nullptr || !matches(table.layout(), image)) continue;
    ORRERY_TRY(t.prepare_write(table));
    ORRERY_TRY_ASSIGN(const uint8_t* base, t.base_for_change(table, row));
    if (base != nullptr) ORRERY_TRY(t.erase_row(table, row));
  }
  return {};
}

}  // namespace

void Store::Impl::make_system_tables() {
  auto made = std::make_shared<CatalogImpl>();
  made->set_version(next_catalog_version.fetch_add(1));
  for (TableDef& def : system_definitions()) {
    auto table = std::make_shared<TableImpl>(std::move(def));
    table->set_state(TableImpl::State::kCurrent);
    made->put_table(std::move(table));
  }
  publish_catalog(std::move(made));
}

Status TransactionImpl::describe_table(const TableDef& def) {
  Datum id_cell = Datum::integer(def.id);
  std::string checks;
  for (const std::string& check : def.checks) {
    if (!checks.empty()) checks += "; ";
    checks += check;
  }
  Datum key = def.primary_key < 0
                  ? Datum::null()
                  : Datum::text(def.columns[static_cast<size_t>(def.primary_key)].name);
  ORRERY_TRY(add_row(*this, kTables,
                     std::initializer_list<Datum>{id_cell, Datum::text(def.name), key,
                                                  text_or_null(checks)}));
  for (size_t i = 0; i < def.columns.size(); ++i) {
    const ColumnDef& c = def.columns[i];
    std::string type = column_type_text(c.type);
    Datum row[] = {id_cell,
                   Datum::integer(static_cast<int64_t>(i)),
                   Datum::text(c.name),
                   Datum::text(type),
                   Datum::boolean(c.nullable()),
                   text_or_null(c.default_sql),
                   text_or_null(c.check_sql),
                   Datum::boolean(c.auto_increment)};
    ORRERY_TRY(add_row(*this, kColumns, row));
    if (!c.auto_increment) continue;
    int64_t largest = (*catalog->find(def.id))->core().auto_largest.load();
    Datum sequence[] = {id_cell, Datum::text(c.name), Datum::integer(largest)};
    ORRERY_TRY(add_row(*this, kSequences, sequence));
  }
  for (const IndexDef& index : def.indexes) {
    std::string columns;
    for (uint16_t c : index.columns) {
      if (!columns.empty()) columns += ", ";
      columns += def.columns[c].name;
    }
    Datum row[] = {id_cell,
                   Datum::integer(index.id),
                   Datum::text(index.name),
                   Datum::text(kind_name(index.kind)),
                   Datum::boolean(index.unique),
                   Datum::boolean(index.primary),
                   Datum::text(columns)};
    ORRERY_TRY(add_row(*this, kIndexes, row));
  }
  return {};
}

namespace {

Status refresh_sequence_rows(TransactionImpl& t) {
  TableImpl& table = **t.catalog->find(kSequences);
  LockGuard<RwLatch> hold(table.core().latch);
  const RowPages& pages = table.core().pages;
  for (RowId row = 0; row < pages.end(); ++row) {
    const uint8_t* seen = visible_image(pages.word(row), pages.image(row), t.view);
    if (seen == nullptr) continue;
    Datum id = table.layout().cell(seen, 0);
    const auto* of = t.catalog->find(static_cast<TableId>(id.as_int64()));
    if (of == nullptr) continue;
    Datum largest = Datum::integer((*of)->core().auto_largest.load());
    if (table.layout().cell(seen, 2).as_int64() == largest.as_int64()) continue;
    ORRERY_TRY(t.prepare_write(table));
    ORRERY_TRY_ASSIGN(const uint8_t* base, t.base_for_change(table, row));
    if (base == nullptr) continue;
    uint8_t* image = t.image_scratch(table);
    std::memcpy(image, base, table.layout().image_bytes());
    ORRERY_TRY(table.layout().set_cell(image, 2, largest));
    uint16_t column = 2;
    ORRERY_TRY(t.update_image(table, row, image, {&column, 1}, base));
  }
  return {};
}

}  // namespace

void refresh_sequences(Store::Impl& store) {
  TransactionImpl t(store);
  t.start(Isolation::kReadCommitted);
  // Where a table is being changed at this moment its row has an owner; the next time will do.
  if (!refresh_sequence_rows(t)) {
    t.roll_back();
    return;
  }
  if (Result<CommitSeq> committed = t.commit(TransactionImpl::CommitWait::kDurable, nullptr); !committed) return;
}

Status TransactionImpl::undescribe_table(TableId table) {
  auto of_table = [table](const RowLayout& layout, const uint8_t* image) {
    return layout.cell(image, 0).as_int64() == table;
  };
  for (TableId id : {kTables, kColumns, kIndexes, kSequences}) {
    ORRERY_TRY(remove_rows(*this, id, of_table));
  }
  return {};
}

Status TransactionImpl::describe_view(const ViewDef& def) {
  Datum row[] = {Datum::text(def.name), Datum::text(def.sql)};
  return add_row(*this, kViews, row);
}

Status TransactionImpl::undescribe_view(std::string_view name) {
  return remove_rows(*this, kViews, [name](const RowLayout& layout, const uint8_t* image) {
    return folded_name(layout.cell(image, 0).view()) == folded_name(name);
  });
}

}  // namespace orrery::storage
