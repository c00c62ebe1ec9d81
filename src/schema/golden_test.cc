// Definitions of real modules: bytes, JSON, and what validation makes of them.
#include <gtest/gtest.h>

#include "schema/export.h"
#include "schema/golden_for_test.h"
#include "schema/raw_codec.h"
#include "schema/validate.h"
#include "types/sats_json.h"

namespace orrery::schema {
namespace {

using types::JsonKind;
using types::JsonValue;

class Golden : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Modules, Golden, testing::ValuesIn(kGoldenModules), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

std::string type_json(const types::AlgebraicType& type) {
  std::string out;
  types::append_type_json(type, &out);
  return out;
}
std::string columns_json(const ColumnList& columns) {
  std::string out = "[";
  for (uint16_t c : columns) out += (out.size() > 1 ? "," : "") + std::to_string(c);
  return out + "]";
}
std::string text_of(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.find(key);
  EXPECT_NE(value, nullptr) << key;
  if (value == nullptr || value->is(JsonKind::kNull)) return "(none)";
  return value->is(JsonKind::kString) ? value->as_string() : value->to_string();
}
std::string access_text(TableAccess access) {
  return access == TableAccess::kPublic ? "Public" : "Private";
}
std::string visibility_text(FunctionVisibility visibility) {
  return visibility == FunctionVisibility::kPrivate ? "Private" : "ClientCallable";
}
template <class T>
const T* named(const std::vector<T>& items, const std::string& name) {
  for (const T& item : items) {
    if (item.name == name) return &item;
  }
  return nullptr;
}

void expect_columns(const JsonValue& want, const TableDef& table) {
  ASSERT_EQ(want.items().size(), table.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const JsonValue& column = want.items()[i];
    EXPECT_EQ(text_of(column, "source_name"), table.columns[i].accessor_name);
    EXPECT_EQ(text_of(column, "canonical_name"), table.columns[i].name);
    EXPECT_EQ(text_of(column, "type"), type_json(table.columns[i].type));
    EXPECT_FALSE(table.columns[i].resolved_type.has_refs());
    EXPECT_EQ(table.row_type.elements()[i].name, table.columns[i].name);
  }
}

void expect_parts(const JsonValue& want, const TableDef& table) {
  auto indexes = want.find("indexes")->items();
  ASSERT_EQ(indexes.size(), table.indexes.size());
  for (const JsonValue& index : indexes) {
    const IndexDef* def = named(table.indexes, text_of(index, "canonical_name"));
    ASSERT_NE(def, nullptr) << text_of(index, "canonical_name");
    EXPECT_EQ(text_of(index, "source_name"), def->source_name);
    EXPECT_EQ(text_of(index, "accessor_name"), def->accessor_name.value_or("(none)"));
    EXPECT_EQ(text_of(index, "algorithm"), index_algorithm_name(def->algorithm));
    EXPECT_EQ(text_of(index, "columns"), columns_json(def->columns));
  }
  auto constraints = want.find("constraints")->items();
  ASSERT_EQ(constraints.size(), table.constraints.size());
  for (const JsonValue& constraint : constraints) {
    const ConstraintDef* def = named(table.constraints, text_of(constraint, "canonical_name"));
    ASSERT_NE(def, nullptr) << text_of(constraint, "canonical_name");
    EXPECT_EQ(text_of(constraint, "columns"), columns_json(def->columns));
  }
  auto sequences = want.find("sequences")->items();
  ASSERT_EQ(sequences.size(), table.sequences.size());
  for (const JsonValue& sequence : sequences) {
    const SequenceDef* def = named(table.sequences, text_of(sequence, "canonical_name"));
    ASSERT_NE(def, nullptr) << text_of(sequence, "canonical_name");
    EXPECT_EQ(text_of(sequence, "column"), std::to_string(def->column));
    EXPECT_EQ(text_of(sequence, "increment"), types::to_decimal_i128(def->increment));
  }
  const JsonValue& schedule = *want.find("schedule");
  ASSERT_EQ(!schedule.is(JsonKind::kNull), table.schedule.has_value());
  if (!table.schedule) return;
  EXPECT_EQ(text_of(schedule, "canonical_name"), table.schedule->name);
  EXPECT_EQ(text_of(schedule, "schedule_at_col"), std::to_string(table.schedule->at_column));
  EXPECT_EQ(text_of(schedule, "function_canonical_name"), table.schedule->function_name);
  EXPECT_NE(table.schedule->function_kind, FunctionKind::kUnknown);
}

void expect_table(const JsonValue& want, const TableDef& table) {
  EXPECT_EQ(text_of(want, "source_name"), table.accessor_name);
  EXPECT_EQ(text_of(want, "product_type_ref"), std::to_string(table.product_type_ref));
  EXPECT_EQ(text_of(want, "table_type"), table.type == TableType::kUser ? "User" : "System");
  EXPECT_EQ(text_of(want, "access"), access_text(table.access));
  EXPECT_EQ(text_of(want, "is_event"), table.is_event ? "true" : "false");
  EXPECT_EQ(text_of(want, "primary_key"),
            columns_json(table.primary_key ? ColumnList{*table.primary_key} : ColumnList()));
  expect_columns(*want.find("columns"), table);
  expect_parts(want, table);
  size_t defaults = 0;
  for (const ColumnDef& column : table.columns) defaults += column.default_value ? 1 : 0;
  EXPECT_EQ(want.find("default_values")->items().size(), defaults);
}

void expect_params(const JsonValue& want, const types::AlgebraicType& params) {
  auto items = want.find("params")->items();
  ASSERT_EQ(items.size(), params.elements().size());
  for (size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(text_of(items[i], "source_name"), params.elements()[i].name);
    EXPECT_EQ(text_of(items[i], "type"), type_json(params.elements()[i].type));
  }
}

TEST_P(Golden, BytesComeBack) {
  std::string bytes = golden_file(std::string(GetParam()) + ".bin");
  auto raw = decode_module_def(bytes);
  ASSERT_TRUE(raw.has_value()) << raw.error().message();
  EXPECT_EQ(encode_module_def(*raw), bytes);
}

TEST_P(Golden, JsonIsThatOfTheRecording) {
  auto raw = decode_module_def(golden_file(std::string(GetParam()) + ".bin"));
  ASSERT_TRUE(raw.has_value());
  auto json = module_def_to_json(*raw, JsonWrapping::kVersion);
  ASSERT_TRUE(json.has_value()) << json.error().message();
  EXPECT_EQ(*json, golden_json(GetParam()).find("raw_module_def")->to_string());
  auto back = module_def_from_json(*json);
  ASSERT_TRUE(back.has_value()) << back.error().message();
  EXPECT_EQ(encode_module_def(*back), encode_module_def(*raw));
}

TEST_P(Golden, ValidatesToTheResolvedTables) {
  auto def = load_module_def(golden_file(std::string(GetParam()) + ".bin"));
  ASSERT_TRUE(def.has_value()) << def.error().message();
  JsonValue file = golden_json(GetParam());
  const JsonValue& want = *file.find("resolved");
  auto tables = want.find("tables")->items();
  ASSERT_EQ(tables.size(), def->tables().size());
  for (const JsonValue& table : tables) {
    std::string name = text_of(table, "canonical_name");
    SCOPED_TRACE(name);
    const TableDef* found = named(def->tables(), name);
    ASSERT_NE(found, nullptr);
    expect_table(table, *found);
    EXPECT_EQ(def->find_table(name), found);
    EXPECT_EQ(def->find_table(text_of(table, "source_name")), found);
    for (const IndexDef& index : found->indexes) {
      EXPECT_EQ(def->find_index(index.name).index, &index);
      EXPECT_EQ(def->find_index(index.source_name).index, &index);
    }
  }
  auto space = want.find("typespace_canonical")->items();
  ASSERT_EQ(space.size(), def->typespace().size());
  for (uint32_t i = 0; i < space.size(); ++i) {
    EXPECT_EQ(space[i].to_string(), type_json(*def->typespace().find(i)));
  }
  auto types = want.find("types")->items();
  ASSERT_EQ(types.size(), def->types().size());
  for (const JsonValue& type : types) {
    const TypeDef* found = def->type_of_ref(static_cast<uint32_t>(*type.find("ty")->as_int64()));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(text_of(type, "canonical_name"), found->full_name());
  }
}

TEST_P(Golden, ValidatesToTheResolvedFunctions) {
  auto def = load_module_def(golden_file(std::string(GetParam()) + ".bin"));
  ASSERT_TRUE(def.has_value()) << def.error().message();
  JsonValue file = golden_json(GetParam());
  const JsonValue& want = *file.find("resolved");
  auto reducers = want.find("reducers")->items();
  ASSERT_EQ(reducers.size(), def->reducer_count());
  for (uint32_t id = 0; id < reducers.size(); ++id) {
    const ReducerDef& reducer = *def->reducer_by_id(id).def;
    EXPECT_EQ(text_of(reducers[id], "canonical_name"), reducer.name);
    EXPECT_EQ(text_of(reducers[id], "source_name"), reducer.accessor_name);
    EXPECT_EQ(text_of(reducers[id], "effective_visibility"), visibility_text(reducer.visibility));
    EXPECT_EQ(text_of(reducers[id], "lifecycle"),
              reducer.lifecycle ? lifecycle_name(*reducer.lifecycle) : "(none)");
    if (reducer.lifecycle) {
      EXPECT_EQ(def->lifecycle_reducer(*reducer.lifecycle), id);
    }
    expect_params(reducers[id], reducer.params);
  }
  auto procedures = want.find("procedures")->items();
  ASSERT_EQ(procedures.size(), def->procedure_count());
  for (uint32_t id = 0; id < procedures.size(); ++id) {
    const ProcedureDef& procedure = *def->procedure_by_id(id).def;
    EXPECT_EQ(text_of(procedures[id], "canonical_name"), procedure.name);
    EXPECT_EQ(text_of(procedures[id], "effective_visibility"),
              visibility_text(procedure.visibility));
    EXPECT_EQ(text_of(procedures[id], "return_type"), type_json(procedure.return_type));
    expect_params(procedures[id], procedure.params);
  }
  auto views = want.find("views")->items();
  ASSERT_EQ(views.size(), def->views().size());
  for (const JsonValue& view : views) {
    Found<ViewDef> found = def->find_view(text_of(view, "canonical_name"));
    ASSERT_TRUE(found);
    EXPECT_EQ(text_of(view, "index"), std::to_string(found.id));
    EXPECT_EQ(text_of(view, "is_public"), found.def->is_public ? "true" : "false");
    EXPECT_EQ(text_of(view, "is_anonymous"), found.def->is_anonymous ? "true" : "false");
    EXPECT_EQ(text_of(view, "return_type"), type_json(found.def->return_type));
  }
}

TEST_P(Golden, ValidatesToTheResolvedRest) {
  auto def = load_module_def(golden_file(std::string(GetParam()) + ".bin"));
  ASSERT_TRUE(def.has_value()) << def.error().message();
  JsonValue file = golden_json(GetParam());
  const JsonValue& want = *file.find("resolved");
  auto policies = want.find("row_level_security")->items();
  ASSERT_EQ(policies.size(), def->row_level_security().size());
  for (size_t i = 0; i < policies.size(); ++i) {
    EXPECT_EQ(policies[i].as_string(), def->row_level_security()[i]);
  }
  auto handlers = want.find("http_handlers")->items();
  ASSERT_EQ(handlers.size(), def->http_handlers().size());
  for (size_t i = 0; i < handlers.size(); ++i) {
    EXPECT_EQ(text_of(handlers[i], "source_name"), def->http_handlers()[i].accessor_name);
  }
  EXPECT_EQ(want.find("http_routes")->items().size(), def->http_routes().size());
}

/// What goes out as version 10 and comes in again is the same definition.
TEST_P(Golden, ExportedDefinitionsValidateToTheSame) {
  auto def = load_module_def(golden_file(std::string(GetParam()) + ".bin"));
  ASSERT_TRUE(def.has_value()) << def.error().message();
  auto again = load_module_def(encode_module_def(to_raw_v10(*def)));
  ASSERT_TRUE(again.has_value()) << again.error().message();
  auto first = schema_json(*def, DefVersion::kV10);
  auto second = schema_json(*again, DefVersion::kV10);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(*first, *second);

  auto as_v9 = load_module_def(encode_module_def(to_raw_v9(*def)));
  ASSERT_TRUE(as_v9.has_value()) << as_v9.error().message();
  auto v9 = schema_json(*def, DefVersion::kV9);
  auto v9_again = schema_json(*as_v9, DefVersion::kV9);
  ASSERT_TRUE(v9.has_value() && v9_again.has_value());
  EXPECT_EQ(*v9, *v9_again);
}

}  // namespace
}  // namespace orrery::schema
