// Validation of tables: columns, indexes, constraints, sequences, defaults, schedules.
#include <algorithm>
#include <set>
#include <utility>

#include "schema/names.h"
#include "schema/validator.h"
#include "types/bsatn.h"
#include "types/wide_int.h"

namespace orrery::schema {

using types::AlgebraicType;
using types::TypeElement;
using types::TypeForm;
using types::TypeKind;

struct Validator::TableContext {
  const RawTable& raw;
  std::string name;          ///< canonical
  const AlgebraicType& row;  ///< product with converted names, Refs kept
  TableDef def;
  std::set<uint16_t> sequence_columns;

  std::string column(uint16_t at) const {
    auto elements = row.elements();
    bool named = at < elements.size() && elements[at].name.has_value();
    return "table " + quoted(raw.name) + " column " +
           quoted(named ? *elements[at].name : std::to_string(at));
  }
};

namespace {

constexpr size_t kColumnsMax = UINT16_MAX;  ///< a column's position is a u16

/// From I8 to U256 the kinds stand in a row.
bool is_integer(const AlgebraicType& type) {
  return type.kind() >= TypeKind::kI8 && type.kind() <= TypeKind::kU256;
}

bool is_plain_enum(const AlgebraicType& type) {
  if (!type.is(TypeKind::kSum)) return false;
  auto variants = type.elements();
  return std::all_of(variants.begin(), variants.end(),
                     [](const TypeElement& e) { return e.type.is(TypeForm::kUnit); });
}

ColumnList as_set(ColumnList columns) {
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return columns;
}

std::string list_text(const ColumnList& columns) {
  constexpr size_t kShown = 32;
  std::string out = "[";
  for (size_t i = 0; i < std::min(columns.size(), kShown); ++i) {
    if (i > 0) out += ", ";
    out += std::to_string(columns[i]);
  }
  return out + (columns.size() > kShown ? ", ...]" : "]");
}

std::string text_or(const std::optional<types::I128>& n, std::string_view otherwise) {
  return n ? types::to_decimal_i128(*n) : std::string(otherwise);
}

bool ordered(const std::optional<types::I128>& a, const std::optional<types::I128>& b) {
  return !a || !b || *a <= *b;
}

}  // namespace

void Validator::tables() {
  for (const RawTable& raw : raw_.tables) table(raw);
}

void Validator::table(const RawTable& raw) {
  const AlgebraicType* row = parts_.typespace.find(raw.product_type_ref);
  if (row == nullptr || !row->is(TypeKind::kProduct) || row->elements().size() > kColumnsMax) {
    report(Kind::kInvalidProductTypeRef,
           "table " + quoted(raw.name) + " refers to &" + std::to_string(raw.product_type_ref) +
               ", which is no product of at most " + std::to_string(kColumnsMax) + " columns");
    return;
  }
  std::optional<std::string> name = converted(raw.name, NameKind::kTable);
  if (!name) return;
  TableContext t{raw, *name, *row, {}, {}};
  t.def.columns = columns(raw.product_type_ref, "table " + quoted(raw.name));
  if (t.def.columns.size() != row->elements().size()) return;
  for (const RawIndex& item : raw.indexes) index(item, &t);
  for (const RawConstraint& item : raw.constraints) constraint(item, &t);
  primary_key(raw, &t);
  unique_constraints_have_indexes(&t);
  for (const RawSequence& item : raw.sequences) sequence(item, &t);
  defaults(raw, &t);

  add_global(raw.name);
  if (*name != raw.name) add_global(*name);
  if (raw.type != TableType::kSystem && name->starts_with("st_")) {
    report(Kind::kTableNameReserved,
           "table name " + quoted(*name) + " is reserved for the system's tables");
  }
  identifier(raw.name);
  t.def.name = *name;
  t.def.accessor_name = raw.name;
  t.def.product_type_ref = raw.product_type_ref;
  t.def.type = raw.type;
  t.def.access = raw.access;
  t.def.is_event = raw.is_event;
  std::vector<TypeElement> fields;
  for (const ColumnDef& column : t.def.columns) {
    fields.emplace_back(column.name, column.resolved_type);
  }
  t.def.row_type = AlgebraicType::product(std::move(fields));
  table_positions_.emplace(*name, parts_.tables.size());
  parts_.tables.push_back(std::move(t.def));
}

std::vector<ColumnDef> Validator::columns(uint32_t product_type_ref, const std::string& owner) {
  if (!spend_columns(raw_.typespace.find(product_type_ref)->elements())) return {};
  // Tables often share a row type; what is wrong with it is said for the first of them.
  auto [it, first] = columns_of_.try_emplace(product_type_ref);
  if (first) it->second = new_columns(product_type_ref, owner);
  return it->second;
}

std::vector<ColumnDef> Validator::new_columns(uint32_t product_type_ref, const std::string& owner) {
  auto source = raw_.typespace.find(product_type_ref)->elements();
  auto converted_elements = parts_.typespace.find(product_type_ref)->elements();
  std::string location = "typespace entry &" + std::to_string(product_type_ref);
  std::vector<ColumnDef> out;
  std::unordered_set<std::string> names;
  for (size_t i = 0; i < source.size(); ++i) {
    check_use(converted_elements[i].type, location);
    ColumnDef column;
    column.type = converted_elements[i].type;
    column.resolved_type = resolved(column.type, location);
    if (!source[i].name) {
      report(Kind::kUnnamedColumn, owner + " has a column without a name at position " +
                                       std::to_string(i) + ", which is not allowed");
    } else {
      column.accessor_name = *source[i].name;
      identifier(column.accessor_name);
      column.name = identifier(with_policy(column.accessor_name)).value_or(column.accessor_name);
      if (!names.insert(column.name).second) {
        report(Kind::kDuplicateName,
               "name " + quoted(column.name) + " is taken by more than one column of " + owner);
      }
    }
    out.push_back(std::move(column));
  }
  return out;
}

bool Validator::spend_columns(std::span<const TypeElement> fields) {
  constexpr uint64_t kBytesPerColumn = sizeof(ColumnDef) + sizeof(TypeElement);
  for (const TypeElement& field : fields) {
    column_bytes_ += kBytesPerColumn + 4 * field.name_or_empty().size();
  }
  if (column_bytes_ <= kColumnBytesMax) return true;
  report(Kind::kInvalidProductTypeRef, "the tables and views have too many columns in all");
  return false;
}

bool Validator::column_exists(const TableContext& t, const std::string& def, uint16_t column) {
  if (column < t.row.elements().size()) return true;
  report(Kind::kColumnNotFound, quoted(def) + " names column " + std::to_string(column) +
                                    ", which table " + quoted(t.raw.name) + " does not have");
  return false;
}

bool Validator::columns_exist(const TableContext& t, const std::string& def,
                              const ColumnList& columns) {
  ColumnList distinct = as_set(columns);
  if (columns.empty()) {
    report(Kind::kColumnNotFound,
           quoted(def) + " of table " + quoted(t.raw.name) + " names no column");
    return false;
  }
  bool found = true;
  for (uint16_t column : distinct) found = column_exists(t, def, column) && found;
  if (found && distinct.size() != columns.size()) {
    report(Kind::kDuplicateColumns,
           quoted(def) + " names a column more than once: " + list_text(columns));
    return false;
  }
  return found;
}

void Validator::index(const RawIndex& raw, TableContext* t) {
  IndexDef def;
  def.algorithm = raw.algorithm;
  def.columns = raw.columns;
  std::string generated =
      bounded(generated_index_name(t->name, t->row, raw.algorithm, raw.columns));
  if (version_ == DefVersion::kV9) {
    def.name = def.source_name = raw.name.value_or(generated);
    add_global(def.name);
    if (raw.accessor_name) def.accessor_name = identifier(*raw.accessor_name);
  } else {
    if (!raw.name) {
      report(Kind::kIdentifierError, "an index of table " + quoted(t->raw.name) + " has no name",
             "Empty");
      return;
    }
    def.source_name = *raw.name;
    add_global(def.source_name);
    def.name = index_names_.contains(*raw.name)
                   ? converted(*raw.name, NameKind::kIndex).value_or(generated)
                   : identifier(generated).value_or(generated);
    if (def.name != def.source_name) add_global(def.name);
    if (raw.accessor_name) def.accessor_name = identifier(*raw.accessor_name);
  }
  if (!columns_exist(*t, def.name, def.columns)) return;
  if (def.algorithm == IndexAlgorithm::kDirect) direct_index_type(*t, def);
  t->def.indexes.push_back(std::move(def));
}

void Validator::direct_index_type(const TableContext& t, const IndexDef& index) {
  const AlgebraicType& type = t.row.elements()[index.columns[0]].type;
  switch (type.kind()) {
    case TypeKind::kU8:
    case TypeKind::kU16:
    case TypeKind::kU32:
    case TypeKind::kU64:
      return;
    case TypeKind::kRef: {
      const AlgebraicType* target = parts_.typespace.find(type.ref_index());
      if (target != nullptr && is_plain_enum(*target)) return;
      break;
    }
    default:
      if (is_plain_enum(type)) return;
      break;
  }
  report(Kind::kDirectIndexOnBadType,
         "index " + quoted(index.name) + ": " + t.column(index.columns[0]) + " has type " +
             type_text(type) + "; a direct index takes u8, u16, u32, u64 and plain enums");
}

void Validator::constraint(const RawConstraint& raw, TableContext* t) {
  ConstraintDef def;
  def.name = bounded(generated_constraint_name(t->name, t->row, raw.columns));
  if (version_ == DefVersion::kV9 && raw.name) def.name = *raw.name;
  add_global(def.name);
  if (!columns_exist(*t, def.name, raw.columns)) return;
  def.columns = as_set(raw.columns);
  t->def.constraints.push_back(std::move(def));
}

void Validator::primary_key(const RawTable& raw, TableContext* t) {
  if (raw.primary_key.empty()) return;
  if (raw.primary_key.size() > 1) {
    report(Kind::kRepeatedPrimaryKey,
           "table " + quoted(raw.name) + " declares more than one primary key");
    return;
  }
  uint16_t column = raw.primary_key[0];
  if (!column_exists(*t, raw.name, column)) return;
  t->def.primary_key = column;
  for (const ConstraintDef& constraint : t->def.constraints) {
    if (constraint.columns == ColumnList{column}) return;
  }
  report(Kind::kMissingPrimaryKeyUniqueConstraint,
         t->column(column) + " is the primary key but has no unique constraint");
}

void Validator::unique_constraints_have_indexes(TableContext* t) {
  std::set<ColumnList> unique;
  for (const ConstraintDef& constraint : t->def.constraints) unique.insert(constraint.columns);
  std::set<ColumnList> indexed;
  for (IndexDef& index : t->def.indexes) {
    ColumnList columns = as_set(index.columns);
    index.is_unique = unique.contains(columns);
    indexed.insert(std::move(columns));
  }
  // An index that was refused is no reason for a second complaint.
  if (t->def.indexes.size() < t->raw.indexes.size()) return;
  for (const ConstraintDef& constraint : t->def.constraints) {
    if (indexed.contains(constraint.columns)) continue;
    report(Kind::kUniqueConstraintWithoutIndex, "unique constraint " + quoted(constraint.name) +
                                                    " has no index over its columns " +
                                                    list_text(constraint.columns));
  }
}

void Validator::sequence(const RawSequence& raw, TableContext* t) {
  SequenceDef def;
  def.name = raw.name.value_or(generated_sequence_name(t->name, t->row, raw.column));
  def.column = raw.column;
  def.start = raw.start;
  def.min_value = raw.min_value;
  def.max_value = raw.max_value;
  def.increment = raw.increment;
  add_global(def.name);
  if (column_exists(*t, def.name, raw.column)) {
    const AlgebraicType& type = t->row.elements()[raw.column].type;
    if (!is_integer(type)) {
      report(Kind::kInvalidSequenceColumnType, "sequence " + quoted(def.name) + ": " +
                                                   t->column(raw.column) + " has type " +
                                                   type_text(type) + ", which is no integer");
    } else if (!t->sequence_columns.insert(raw.column).second) {
      report(Kind::kOneAutoInc, t->column(raw.column) + " has more than one sequence");
    }
  }
  if (!ordered(raw.min_value, raw.start) || !ordered(raw.start, raw.max_value) ||
      !ordered(raw.min_value, raw.max_value)) {
    report(Kind::kInvalidSequenceRange,
           "sequence " + quoted(def.name) + ": minimum " + text_or(raw.min_value, "(none)") +
               ", start " + text_or(raw.start, "(none)") + " and maximum " +
               text_or(raw.max_value, "(none)") + " are not in ascending order");
  }
  t->def.sequences.push_back(std::move(def));
}

void Validator::defaults(const RawTable& raw, TableContext* t) {
  for (const RawDefault& value : raw.defaults) {
    if (!column_exists(*t, raw.name, value.column)) continue;
    ColumnDef& column = t->def.columns[value.column];
    if (column.default_value) {
      report(Kind::kMultipleColumnDefaultValues,
             t->column(value.column) + " has more than one default value");
      continue;
    }
    default_nodes_ += column.resolved_type.node_count();
    Result<size_t> length =
        default_nodes_ > kDefaultNodesMax
            ? Error(ErrorCode::kLimit, "the default values of all columns are too large")
            : types::bsatn_validate(column.resolved_type, value.value);
    if (!length) {
      report(Kind::kColumnDefaultValueMalformed,
             t->column(value.column) +
                 ": its default value does not decode at its type: " + length.error().message());
    }
    column.default_value = length ? value.value.substr(0, *length) : std::string();
  }
}

void Validator::schedules() {
  for (const RawSchedule& raw : raw_.schedules) {
    std::optional<std::string> name = converted(raw.table_name, NameKind::kTable);
    if (!name) continue;
    auto it = table_positions_.find(*name);
    if (it == table_positions_.end()) {
      report(Kind::kTableNotFound,
             "table " + quoted(raw.table_name) + " is scheduled but does not exist");
      continue;
    }
    schedule(raw, &parts_.tables[it->second]);
  }
}

void Validator::schedule(const RawSchedule& raw, TableDef* table) {
  auto fields = parts_.typespace.find(table->product_type_ref)->elements();
  ScheduleDef def;
  def.name = generated_schedule_name(table->name);
  if (version_ == DefVersion::kV9 && raw.name) def.name = *raw.name;
  bool at_ok =
      raw.at_column < fields.size() && fields[raw.at_column].type.is(TypeForm::kScheduleAt);
  bool id_ok = table->primary_key && *table->primary_key < fields.size() &&
               fields[*table->primary_key].type.is(TypeKind::kU64);
  if (!at_ok || !id_ok) {
    report(
        Kind::kScheduledIncorrectColumns,
        "scheduled table " + quoted(raw.table_name) +
            " needs a primary key of type u64 and a column of type ScheduleAt; its columns are " +
            type_text(*parts_.typespace.find(table->product_type_ref)));
    return;
  }
  def.at_column = raw.at_column;
  def.id_column = *table->primary_key;
  if (table->schedule) {
    report(Kind::kDuplicateSchedule,
           "table " + quoted(table->name) + " has more than one schedule");
    return;
  }
  add_global(def.name);
  identifier(def.name);
  std::optional<std::string> function = converted(raw.function_name, NameKind::kFunction);
  if (!function) return;
  def.function_name = *function;
  scheduled_function(*table, &def);
  table->schedule = std::move(def);
}

void Validator::scheduled_function(const TableDef& table, ScheduleDef* schedule) {
  const AlgebraicType* params = nullptr;
  if (auto it = reducer_positions_.find(schedule->function_name); it != reducer_positions_.end()) {
    ReducerDef& reducer = parts_.reducers[it->second];
    params = &reducer.params;
    reducer.visibility = FunctionVisibility::kPrivate;
    schedule->function_kind = FunctionKind::kReducer;
  } else if (auto at = procedure_positions_.find(schedule->function_name);
             at != procedure_positions_.end()) {
    ProcedureDef& procedure = parts_.procedures[at->second];
    params = &procedure.params;
    procedure.visibility = FunctionVisibility::kPrivate;
    schedule->function_kind = FunctionKind::kProcedure;
  }
  if (params == nullptr) {
    report(Kind::kMissingScheduledFunction,
           "schedule " + quoted(schedule->name) + " calls " + quoted(schedule->function_name) +
               ", but there is no reducer or procedure of that name");
    return;
  }
  auto elements = params->elements();
  if (elements.size() == 1 && elements[0].type.is(TypeKind::kRef) &&
      elements[0].type.ref_index() == table.product_type_ref) {
    return;
  }
  report(
      Kind::kIncorrectScheduledFunctionParams,
      std::string(schedule->function_kind == FunctionKind::kReducer ? "reducer " : "procedure ") +
          quoted(schedule->function_name) + " is scheduled by table " + quoted(table.name) +
          " and must take exactly one parameter of type &" +
          std::to_string(table.product_type_ref) + ", but takes " + type_text(*params));
}

}  // namespace orrery::schema
