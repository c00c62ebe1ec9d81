#include "host/system_tables.h"

#include <span>
#include <utility>

#include <algorithm>
#include "base/bytes.h"
#include "host/row_filter.h"
#include "host/table_setup.h"
#include "storage/datastore.h"
#include "storage/row_layout.h"
#include "types/algebraic_type_codec.h"

namespace orrery::host {
namespace {

using types::AlgebraicType;
using types::TypeElement;

/// In the order of the numbers that clients know them by, from 1.
enum class SystemTable : uint8_t {
  kTable = 1,
  kColumn,
  kSequence,
  kIndex,
  kConstraint,
  kModule,
  kClient,
  kVar,
  kScheduled,
  kRowLevelSecurity,
  kConnectionCredentials,
  kView,
  kViewParam,
  kViewColumn,
  kViewSub,
  kViewArg,
  kEventTable,
  kTableAccessor,
  kIndexAccessor,
  kColumnAccessor,
  kEnvironment,
};
constexpr size_t kSystemTableCount = 21;

struct SystemTableDef {
  std::string_view name;
  AlgebraicType row;
  std::vector<uint16_t> key;  ///< columns of a unique index, or none
};

AlgebraicType product(std::vector<TypeElement> fields) {
  return AlgebraicType::product(std::move(fields));
}

AlgebraicType columns_type() { return AlgebraicType::array(AlgebraicType::u16()); }

AlgebraicType index_algorithm_type() {
  return AlgebraicType::sum({{"Unused", AlgebraicType::u128()},
                             {"BTree", product({{"columns", columns_type()}})},
                             {"Direct", product({{"column", AlgebraicType::u16()}})},
                             {"Hash", product({{"columns", columns_type()}})}});
}

AlgebraicType constraint_data_type() {
  return AlgebraicType::sum({{"Unused", AlgebraicType::u128()},
                             {"Unique", product({{"columns", columns_type()}})}});
}

AlgebraicType variable_type() {
  return AlgebraicType::sum(
      {{"Bool", AlgebraicType::boolean()}, {"I8", AlgebraicType::i8()},
       {"U8", AlgebraicType::u8()},        {"I16", AlgebraicType::i16()},
       {"U16", AlgebraicType::u16()},      {"I32", AlgebraicType::i32()},
       {"U32", AlgebraicType::u32()},      {"I64", AlgebraicType::i64()},
       {"U64", AlgebraicType::u64()},      {"I128", AlgebraicType::i128()},
       {"U128", AlgebraicType::u128()},    {"F32", AlgebraicType::f32()},
       {"F64", AlgebraicType::f64()},      {"String", AlgebraicType::string()}});
}
constexpr uint8_t kVariableU64 = 8;

std::vector<SystemTableDef> make_definitions() {
  const AlgebraicType u8 = AlgebraicType::u8(), u16 = AlgebraicType::u16(),
                      u32 = AlgebraicType::u32(), u64 = AlgebraicType::u64(),
                      i128 = AlgebraicType::i128(), text = AlgebraicType::string(),
                      flag = AlgebraicType::boolean(), bytes = AlgebraicType::bytes(),
                      u256 = AlgebraicType::u256(), u128 = AlgebraicType::u128();
  return {
      {"st_table",
       product({{"table_id", u32}, {"table_name", text}, {"table_type", text},
                {"table_access", text},
                {"table_primary_key", AlgebraicType::option(columns_type())}}),
       {}},
      {"st_column",
       product({{"table_id", u32}, {"col_pos", u16}, {"col_name", text}, {"col_type", bytes}}),
       {}},
      {"st_sequence",
       product({{"sequence_id", u32}, {"sequence_name", text}, {"table_id", u32}, {"col_pos", u16},
                {"increment", i128}, {"start", i128}, {"min_value", i128}, {"max_value", i128},
                {"allocated", i128}}),
       {}},
      {"st_index",
       product({{"index_id", u32}, {"table_id", u32}, {"index_name", text},
                {"index_algorithm", index_algorithm_type()}}),
       {}},
      {"st_constraint",
       product({{"constraint_id", u32}, {"constraint_name", text}, {"table_id", u32},
                {"constraint_data", constraint_data_type()}}),
       {}},
      {"st_module",
       product({{"database_identity", u256}, {"owner_identity", u256}, {"program_kind", u8},
                {"program_hash", u256}, {"program_bytes", bytes}, {"module_version", text}}),
       {}},
      {"st_client", product({{"identity", u256}, {"connection_id", u128}}), {0, 1}},
      {"st_var", product({{"name", text}, {"value", variable_type()}}), {0}},
      {"st_scheduled",
       product({{"schedule_id", u32}, {"table_id", u32}, {"reducer_name", text},
                {"schedule_name", text}, {"at_column", u16}}),
       {}},
      {"st_row_level_security", product({{"table_id", u32}, {"sql", text}}), {}},
      {"st_connection_credentials", product({{"connection_id", u128}, {"jwt_payload", text}}), {0}},
      {"st_view",
       product({{"view_id", u32}, {"view_name", text}, {"table_id", AlgebraicType::option(u32)},
                {"is_public", flag}, {"is_anonymous", flag}}),
       {}},
      {"st_view_param",
       product({{"view_id", u32}, {"param_pos", u16}, {"param_name", text},
                {"param_type", bytes}}),
       {}},
      {"st_view_column",
       product({{"view_id", u32}, {"col_pos", u16}, {"col_name", text}, {"col_type", bytes}}),
       {}},
      {"st_view_sub",
       product({{"view_id", u32}, {"arg_id", u64}, {"identity", u256}, {"num_subscribers", u64},
                {"has_subscribers", flag}, {"last_called", AlgebraicType::timestamp_micros()}}),
       {}},
      {"st_view_arg", product({{"id", u64}, {"bytes", bytes}}), {}},
      {"st_event_table", product({{"table_id", u32}}), {}},
      {"st_table_accessor", product({{"table_name", text}, {"accessor_name", text}}), {}},
      {"st_index_accessor", product({{"index_name", text}, {"accessor_name", text}}), {}},
      {"st_column_accessor",
       product({{"table_name", text}, {"col_name", text}, {"accessor_name", text}}),
       {}},
      {"st_env", product({{"key", text}, {"value", text}}), {0}},
  };
}

const std::vector<SystemTableDef>& definitions() {
  static const std::vector<SystemTableDef> made = make_definitions();
  return made;
}

std::string_view name_of(SystemTable table) {
  return definitions()[static_cast<size_t>(table) - 1].name;
}

std::string key_name(std::string_view table) { return std::string(table) + "_key"; }

Result<std::shared_ptr<storage::Table>> table_of(storage::Transaction& transaction,
                                                 SystemTable table) {
  std::shared_ptr<storage::Table> found = transaction.catalog()->find_table(name_of(table));
  if (found == nullptr) {
    return Error(ErrorCode::kCorruption,
                 "the database has no table " + std::string(name_of(table)));
  }
  return found;
}

Status clear(storage::Transaction& transaction, SystemTable table) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> of, table_of(transaction, table));
  ORRERY_TRY_ASSIGN([[maybe_unused]] uint64_t gone, storage::clear_table(transaction, *of));
  return {};
}

/// One row in the making: cells in column order.
class Row {
 public:
  Row& u8(uint8_t n) { return put(n); }
  Row& u16(size_t n) { return put(static_cast<uint16_t>(n)); }
  Row& u32(uint32_t n) { return put(n); }
  Row& u64(uint64_t n) { return put(n); }
  Row& i128(types::I128 n) { return put(n); }
  Row& flag(bool b) { return put(static_cast<uint8_t>(b ? 1 : 0)); }
  Row& text(std::string_view s) {
    out_.write_prefixed(s);
    return *this;
  }
  Row& raw(std::string_view bytes) {
    out_.write_bytes(bytes);
    return *this;
  }
  Row& columns(std::span<const uint16_t> columns) {
    put(static_cast<uint32_t>(columns.size()));
    for (uint16_t column : columns) put(column);
    return *this;
  }
  Row& type(const AlgebraicType& t) {
    ByteWriter encoded;
    types::encode_type(t, &encoded);
    return text(encoded.buffer());
  }
  std::string_view bytes() const { return out_.buffer(); }

 private:
  template <class T>
  Row& put(T value) {
    out_.write(value);
    return *this;
  }
  ByteWriter out_;
};

Status add(storage::Transaction& transaction, SystemTable table, const Row& row) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> to, table_of(transaction, table));
  ORRERY_TRY_ASSIGN([[maybe_unused]] storage::RowId id,
                    storage::insert_bsatn(transaction, *to, row.bytes(), nullptr));
  return {};
}

// --- describe_module ---

/// Writes the descriptions of one definition; counts what has no number of its own in the store.
class Describer {
 public:
  explicit Describer(storage::Transaction& transaction) : transaction_(transaction) {}

  Status system_table(SystemTable number, const SystemTableDef& def);
  Status table(const schema::TableDef& def);
  Status view(const schema::ViewDef& def);
  Status security(const schema::ModuleDef& definition);

 private:
  Status columns(uint32_t table, std::span<const TypeElement> columns);
  Status indexes(const schema::TableDef& def, const storage::Table& table);
  Status constraints(const schema::TableDef& def, uint32_t table);
  Status accessors(const schema::TableDef& def);

  storage::Transaction& transaction_;
  uint32_t next_constraint_ = 1;
  uint32_t next_sequence_ = 1;
  uint32_t next_schedule_ = 1;
};

Status Describer::columns(uint32_t table, std::span<const TypeElement> columns) {
  for (size_t i = 0; i < columns.size(); ++i) {
    ORRERY_TRY(add(transaction_, SystemTable::kColumn,
                   Row().u32(table).u16(i).text(columns[i].name_or_empty()).type(columns[i].type)));
  }
  return {};
}

Status Describer::system_table(SystemTable number, const SystemTableDef& def) {
  const auto id = static_cast<uint32_t>(number);
  ORRERY_TRY(add(transaction_, SystemTable::kTable,
                 Row().u32(id).text(def.name).text("system").text("private").u8(1)));
  return columns(id, def.row.elements());
}

Status Describer::indexes(const schema::TableDef& def, const storage::Table& table) {
  for (const schema::IndexDef& index : def.indexes) {
    const storage::Index* made = table.find_index(index.qualified_name);
    if (made == nullptr) {
      return Error(ErrorCode::kInternal, "index '" + index.qualified_name + "' was not made");
    }
    Row row;
    row.u32(made->def().id).u32(table.def().id).text(index.qualified_name);
    switch (index.algorithm) {
      case schema::IndexAlgorithm::kBTree:
        row.u8(1).columns(index.columns);
        break;
      case schema::IndexAlgorithm::kDirect:
        row.u8(2).u16(index.columns[0]);
        break;
      case schema::IndexAlgorithm::kHash:
        row.u8(3).columns(index.columns);
        break;
    }
    ORRERY_TRY(add(transaction_, SystemTable::kIndex, row));
    if (index.source_name == index.qualified_name) continue;
    ORRERY_TRY(add(transaction_, SystemTable::kIndexAccessor,
                   Row().text(index.qualified_name).text(index.source_name)));
  }
  return {};
}

Status Describer::constraints(const schema::TableDef& def, uint32_t table) {
  for (const schema::ConstraintDef& constraint : def.constraints) {
    ORRERY_TRY(add(transaction_, SystemTable::kConstraint,
                   Row()
                       .u32(next_constraint_++)
                       .text(constraint.qualified_name)
                       .u32(table)
                       .u8(1)
                       .columns(constraint.columns)));
  }
  for (const schema::SequenceDef& sequence : def.sequences) {
    ORRERY_TRY(add(transaction_, SystemTable::kSequence,
                   Row()
                       .u32(next_sequence_++)
                       .text(sequence.qualified_name)
                       .u32(table)
                       .u16(sequence.column)
                       .i128(sequence.increment)
                       .i128(sequence.start_or_default())
                       .i128(sequence.min_or_default())
                       .i128(sequence.max_or_default())
                       .i128(sequence.start_or_default())));
  }
  if (!def.schedule) return {};
  return add(transaction_, SystemTable::kScheduled,
             Row()
                 .u32(next_schedule_++)
                 .u32(table)
                 .text(def.schedule->qualified_function_name)
                 .text(def.schedule->qualified_name)
                 .u16(def.schedule->at_column));
}

Status Describer::accessors(const schema::TableDef& def) {
  if (def.qualified_accessor_name != def.qualified_name) {
    ORRERY_TRY(add(transaction_, SystemTable::kTableAccessor,
                   Row().text(def.qualified_name).text(def.qualified_accessor_name)));
  }
  for (const schema::ColumnDef& column : def.columns) {
    if (column.accessor_name == column.name) continue;
    ORRERY_TRY(add(transaction_, SystemTable::kColumnAccessor,
                   Row().text(def.qualified_name).text(column.name).text(column.accessor_name)));
  }
  return {};
}

Status Describer::table(const schema::TableDef& def) {
  std::shared_ptr<storage::Table> table = transaction_.catalog()->find_table(def.qualified_name);
  if (table == nullptr) {
    return Error(ErrorCode::kInternal, "table '" + def.qualified_name + "' was not made");
  }
  const uint32_t id = table->def().id;
  const bool is_public = def.access == schema::TableAccess::kPublic;
  Row row;
  row.u32(id).text(def.qualified_name).text("user").text(is_public ? "public" : "private");
  if (def.primary_key) {
    row.u8(0).columns({&*def.primary_key, 1});
  } else {
    row.u8(1);
  }
  ORRERY_TRY(add(transaction_, SystemTable::kTable, row));
  if (def.is_event) ORRERY_TRY(add(transaction_, SystemTable::kEventTable, Row().u32(id)));
  ORRERY_TRY(columns(id, def.row_type.elements()));
  ORRERY_TRY(indexes(def, *table));
  ORRERY_TRY(constraints(def, id));
  return accessors(def);
}

Status Describer::view(const schema::ViewDef& def) {
  std::shared_ptr<storage::Table> table =
      transaction_.catalog()->find_table(backing_table_name(def));
  if (table == nullptr) {
    return Error(ErrorCode::kInternal, "view '" + def.qualified_name + "' was not made");
  }
  // A view has one backing table, so that number serves for both.
  const uint32_t id = table->def().id;
  ORRERY_TRY(add(transaction_, SystemTable::kView,
                 Row()
                     .u32(id)
                     .text(def.qualified_name)
                     .u8(0)
                     .u32(id)
                     .flag(def.is_public)
                     .flag(def.is_anonymous)));
  for (size_t i = 0; i < def.columns.size(); ++i) {
    ORRERY_TRY(add(
        transaction_, SystemTable::kViewColumn,
        Row().u32(id).u16(i).text(def.columns[i].name).type(def.columns[i].resolved_type)));
  }
  for (size_t i = 0; i < def.param_columns.size(); ++i) {
    const schema::ColumnDef& param = def.param_columns[i];
    ORRERY_TRY(add(transaction_, SystemTable::kViewParam,
                   Row().u32(id).u16(i).text(param.name).type(param.resolved_type)));
  }
  return {};
}

Status Describer::security(const schema::ModuleDef& definition) {
  for (const std::string& sql : definition.row_level_security()) {
    const auto guarded = definition.find_table(table_of_filter(sql));
    std::shared_ptr<storage::Table> table;
    if (guarded) table = transaction_.catalog()->find_table(guarded->qualified_name);
    const uint32_t id = table == nullptr ? 0 : table->def().id;
    ORRERY_TRY(add(transaction_, SystemTable::kRowLevelSecurity, Row().u32(id).text(sql)));
  }
  return {};
}

constexpr SystemTable kDescribing[] = {
    SystemTable::kTable,         SystemTable::kColumn,        SystemTable::kSequence,
    SystemTable::kIndex,         SystemTable::kConstraint,    SystemTable::kScheduled,
    SystemTable::kView,          SystemTable::kViewParam,     SystemTable::kViewColumn,
    SystemTable::kEventTable,    SystemTable::kTableAccessor, SystemTable::kIndexAccessor,
    SystemTable::kColumnAccessor, SystemTable::kRowLevelSecurity,
};

std::string client_key(const Caller& client) {
  return std::string(client.identity.bytes()) + std::string(client.connection.bytes());
}

/// Deletes the row of a key, where there is one.
Status remove_key(storage::Transaction& transaction, SystemTable table, std::string_view key) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> of, table_of(transaction, table));
  const storage::Index* index = of->find_index(key_name(name_of(table)));
  ORRERY_TRY_ASSIGN(storage::KeyRange range, storage::decode_point(*of, *index, key));
  ORRERY_TRY_ASSIGN([[maybe_unused]] uint64_t gone,
                    storage::delete_range_bsatn(transaction, *of, *index, range));
  return {};
}

/// The second column of the row with this key, as BSATN; nothing where there is none.
Result<std::optional<std::string>> value_of_key(storage::Transaction& transaction,
                                                SystemTable table, std::string_view key) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> of, table_of(transaction, table));
  const storage::Index* index = of->find_index(key_name(name_of(table)));
  ORRERY_TRY_ASSIGN(storage::KeyRange range, storage::decode_point(*of, *index, key));
  storage::IndexCursor cursor(*of, *index, transaction.view(), std::move(range));
  storage::ReadLatch latch(*of);
  storage::RowRef row = nullptr;
  if (cursor.next(&row, nullptr, 1) == 0) return std::optional<std::string>();
  std::string out;
  of->layout().append_cell_bsatn(row, 1, &out);
  return std::optional<std::string>(std::move(out));
}

std::string text_key(std::string_view text) {
  ByteWriter key;
  key.write_prefixed(text);
  return key.buffer();
}

constexpr std::string_view kRowLimit = "row_limit";

}  // namespace

bool is_system_table(std::string_view name) { return system_row_type(name).has_value(); }

std::optional<AlgebraicType> system_row_type(std::string_view name) {
  for (const SystemTableDef& def : definitions()) {
    if (def.name == name) return def.row;
  }
  return std::nullopt;
}

Status create_system_tables(storage::Transaction& transaction) {
  const std::shared_ptr<const storage::Catalog> catalog = transaction.catalog();
  for (const SystemTableDef& def : definitions()) {
    if (catalog->find_table(def.name) != nullptr) continue;
    storage::TableDef table;
    table.name = def.name;
    table.row_set = true;
    for (const TypeElement& element : def.row.elements()) {
      storage::ColumnDef column;
      column.name = element.name_or_empty();
      column.type = element.type;
      table.columns.push_back(std::move(column));
    }
    if (!def.key.empty()) {
      storage::IndexDef key;
      key.name = key_name(def.name);
      key.unique = true;
      key.columns = def.key;
      key.method = def.key.size() > 1 ? "MULTICOLUMN" : "BTREE";
      table.indexes.push_back(std::move(key));
    }
    ORRERY_TRY_ASSIGN([[maybe_unused]] storage::TableId id,
                      transaction.create_table(std::move(table)));
  }
  return {};
}

Status describe_module(storage::Transaction& transaction, const schema::ModuleDef& definition) {
  for (SystemTable table : kDescribing) ORRERY_TRY(clear(transaction, table));
  Describer describer(transaction);
  static_assert(static_cast<size_t>(SystemTable::kEnvironment) == kSystemTableCount);
  for (size_t i = 0; i < kSystemTableCount; ++i) {
    ORRERY_TRY(describer.system_table(static_cast<SystemTable>(i + 1), definitions()[i]));
  }
  for (const schema::TableDef* table : definition.all_tables()) {
    ORRERY_TRY(describer.table(*table));
  }
  for (const schema::Found<schema::ViewDef>& view : definition.all_views()) {
    ORRERY_TRY(describer.view(*view.def));
  }
  return describer.security(definition);
}

Status set_module_record(storage::Transaction& transaction, const ModuleRecord& record) {
  ORRERY_TRY(clear(transaction, SystemTable::kModule));
  return add(transaction, SystemTable::kModule,
             Row()
                 .raw(record.database.bytes())
                 .raw(record.owner.bytes())
                 .u8(0)
                 .raw(record.program_hash.bytes())
                 .text(record.program)
                 .text(""));
}

Result<ModuleRecord> module_record(storage::Transaction& transaction) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> table,
                    table_of(transaction, SystemTable::kModule));
  const std::string rows = all_rows(*table, transaction.view());
  ByteReader in{std::string_view(rows)};
  ModuleRecord out;
  std::string_view database, owner, hash, program, version;
  uint8_t kind = 0;
  if (!in.read_bytes(types::Identity::kSize, &database) ||
      !in.read_bytes(types::Identity::kSize, &owner) || !in.read(&kind) ||
      !in.read_bytes(types::Digest::kSize, &hash) || !in.read_prefixed(&program) ||
      !in.read_prefixed(&version) || in.remaining() != 0) {
    return Error(ErrorCode::kCorruption, "st_module does not hold exactly one row");
  }
  out.database = types::Identity::from_bytes(database.data());
  out.owner = types::Identity::from_bytes(owner.data());
  std::memcpy(out.program_hash.value.data(), hash.data(), hash.size());
  out.program = program;
  return out;
}

Status add_client(storage::Transaction& transaction, const Caller& client,
                  std::string_view jwt_payload) {
  ORRERY_TRY(add(transaction, SystemTable::kClient, Row().raw(client_key(client))));
  if (jwt_payload.empty()) return {};
  ORRERY_TRY(remove_key(transaction, SystemTable::kConnectionCredentials,
                        client.connection.bytes()));
  return add(transaction, SystemTable::kConnectionCredentials,
             Row().raw(client.connection.bytes()).text(jwt_payload));
}

Status remove_client(storage::Transaction& transaction, const Caller& client) {
  ORRERY_TRY(remove_key(transaction, SystemTable::kClient, client_key(client)));
  return remove_key(transaction, SystemTable::kConnectionCredentials, client.connection.bytes());
}

Status clear_clients(storage::Transaction& transaction) {
  ORRERY_TRY(clear(transaction, SystemTable::kClient));
  return clear(transaction, SystemTable::kConnectionCredentials);
}

Result<std::vector<Caller>> clients(storage::Transaction& transaction) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> table,
                    table_of(transaction, SystemTable::kClient));
  const std::string rows = all_rows(*table, transaction.view());
  constexpr size_t kRow = types::Identity::kSize + types::ConnectionId::kSize;
  std::vector<Caller> out;
  for (size_t at = 0; at + kRow <= rows.size(); at += kRow) {
    Caller client;
    client.identity = types::Identity::from_bytes(rows.data() + at);
    client.connection =
        types::ConnectionId::from_bytes(rows.data() + at + types::Identity::kSize);
    out.push_back(client);
  }
  return out;
}

Result<std::optional<std::string>> client_credentials(storage::Transaction& transaction,
                                                      const types::ConnectionId& connection) {
  ORRERY_TRY_ASSIGN(std::optional<std::string> cell,
                    value_of_key(transaction, SystemTable::kConnectionCredentials,
                                 connection.bytes()));
  if (cell) cell->erase(0, sizeof(uint32_t));  // its length
  return cell;
}

Result<std::optional<uint64_t>> row_limit(storage::Transaction& transaction) {
  ORRERY_TRY_ASSIGN(std::optional<std::string> cell,
                    value_of_key(transaction, SystemTable::kVar, text_key(kRowLimit)));
  if (!cell) return std::optional<uint64_t>();
  ByteReader in{std::string_view(*cell)};
  uint8_t tag = 0;
  uint64_t limit = 0;
  if (!in.read(&tag) || tag != kVariableU64 || !in.read(&limit)) return std::optional<uint64_t>();
  return std::optional<uint64_t>(limit);
}

Status set_row_limit(storage::Transaction& transaction, uint64_t limit) {
  ORRERY_TRY(remove_key(transaction, SystemTable::kVar, text_key(kRowLimit)));
  return add(transaction, SystemTable::kVar, Row().text(kRowLimit).u8(kVariableU64).u64(limit));
}

Result<EnvironmentMap> stored_environment(storage::Transaction& transaction) {
  EnvironmentMap out;
  const std::shared_ptr<storage::Table> table =
      transaction.catalog()->find_table(name_of(SystemTable::kEnvironment));
  if (table == nullptr) return out;
  const std::string rows = all_rows(*table, transaction.view());
  ByteReader in{std::string_view(rows)};
  while (in.remaining() != 0) {
    std::string_view key, value;
    if (!in.read_prefixed(&key) || !in.read_prefixed(&value)) {
      return Error(ErrorCode::kCorruption, "a row of st_env is cut short");
    }
    out.emplace(key, value);
  }
  return out;
}

Status store_environment(storage::Transaction& transaction, const EnvironmentMap& values) {
  ORRERY_TRY(clear(transaction, SystemTable::kEnvironment));
  for (const auto& [key, value] : values) {
    ORRERY_TRY(add(transaction, SystemTable::kEnvironment, Row().text(key).text(value)));
  }
  return {};
}

std::string all_rows(const storage::Table& table, const storage::ReadView& view) {
  storage::BsatnScan scan(table, view);
  std::string out;
  size_t room = 64 << 10;
  for (;;) {
    const size_t at = out.size();
    out.resize(at + room);
    const storage::BsatnScan::Filled filled =
        scan.fill({reinterpret_cast<uint8_t*>(out.data()) + at, room});
    out.resize(at + filled.bytes);
    if (filled.state == storage::BsatnScan::State::kDone) return out;
    room = std::max(room, filled.needed);
  }
}

}  // namespace orrery::host
