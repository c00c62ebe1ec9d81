// JSON of raw definitions. Their BSATN form is described as an algebraic type, so that the codecs
// of types/ can turn the one into the other.
#include <utility>

#include "schema/export.h"
#include "schema/raw_codec.h"
#include "types/json.h"
#include "types/sats_json.h"

namespace orrery::schema {
namespace {

using types::AlgebraicType;
using types::TypeElement;
using types::TypeKind;
using types::Typespace;

using Elements = std::vector<TypeElement>;

// Entries of the typespace: the types that refer to themselves.
constexpr uint32_t kTypeRef = 0;
constexpr uint32_t kV10Ref = 1;

AlgebraicType list(AlgebraicType element) {
  return AlgebraicType::array(std::move(element));
}
AlgebraicType product(Elements fields) {
  return AlgebraicType::product(std::move(fields));
}
AlgebraicType sum(Elements variants) {
  return AlgebraicType::sum(std::move(variants));
}
AlgebraicType choice(std::initializer_list<std::string_view> names) {
  return AlgebraicType::plain_enum(std::span(names.begin(), names.size()));
}
AlgebraicType text() {
  return AlgebraicType::string();
}
AlgebraicType optional_text() {
  return AlgebraicType::option(text());
}
AlgebraicType columns() {
  return list(AlgebraicType::u16());
}
AlgebraicType a_type() {
  return AlgebraicType::ref(kTypeRef);
}

AlgebraicType elements_of(std::string_view name) {
  return product(
      {{name, list(product({{"name", optional_text()}, {"algebraic_type", a_type()}}))}});
}
AlgebraicType product_type() {
  return elements_of("elements");
}

AlgebraicType algebraic_type() {
  Elements variants;
  for (uint8_t k = 0; k < types::kTypeKindCount; ++k) {
    auto kind = static_cast<TypeKind>(k);
    AlgebraicType payload;
    if (kind == TypeKind::kRef) payload = AlgebraicType::u32();
    if (kind == TypeKind::kSum) payload = elements_of("variants");
    if (kind == TypeKind::kProduct) payload = product_type();
    if (kind == TypeKind::kArray) payload = a_type();
    variants.emplace_back(types::type_kind_name(kind), std::move(payload));
  }
  return sum(std::move(variants));
}

AlgebraicType typespace() {
  return product({{"types", list(a_type())}});
}
AlgebraicType table_type() {
  return choice({"System", "User"});
}
AlgebraicType table_access() {
  return choice({"Public", "Private"});
}
AlgebraicType visibility() {
  return choice({"Private", "ClientCallable"});
}
AlgebraicType lifecycle() {
  return choice({"Init", "OnConnect", "OnDisconnect"});
}
AlgebraicType row_level_security() {
  return list(product({{"sql", text()}}));
}

/// Version 9 calls a name "name" where version 10 says "source_name".
AlgebraicType index(std::string_view name) {
  return product(
      {{name, optional_text()},
       {"accessor_name", optional_text()},
       {"algorithm",
        sum({{"BTree", columns()}, {"Hash", columns()}, {"Direct", AlgebraicType::u16()}})}});
}
AlgebraicType constraint(std::string_view name) {
  return product(
      {{name, optional_text()}, {"data", sum({{"Unique", product({{"columns", columns()}})}})}});
}
AlgebraicType sequence(std::string_view name) {
  AlgebraicType wide = AlgebraicType::option(AlgebraicType::i128());
  return product({{name, optional_text()},
                  {"column", AlgebraicType::u16()},
                  {"start", wide},
                  {"min_value", wide},
                  {"max_value", wide},
                  {"increment", AlgebraicType::i128()}});
}
AlgebraicType type_def(std::string_view name) {
  return product({{name, product({{"scope", list(text())}, {name, text()}})},
                  {"ty", AlgebraicType::u32()},
                  {"custom_ordering", AlgebraicType::boolean()}});
}
AlgebraicType view(std::string_view name) {
  return product({{name, text()},
                  {"index", AlgebraicType::u32()},
                  {"is_public", AlgebraicType::boolean()},
                  {"is_anonymous", AlgebraicType::boolean()},
                  {"params", product_type()},
                  {"return_type", a_type()}});
}

AlgebraicType table_v9() {
  AlgebraicType schedule = product({{"name", optional_text()},
                                    {"reducer_name", text()},
                                    {"scheduled_at_column", AlgebraicType::u16()}});
  return product({{"name", text()},
                  {"product_type_ref", AlgebraicType::u32()},
                  {"primary_key", columns()},
                  {"indexes", list(index("name"))},
                  {"constraints", list(constraint("name"))},
                  {"sequences", list(sequence("name"))},
                  {"schedule", AlgebraicType::option(std::move(schedule))},
                  {"table_type", table_type()},
                  {"table_access", table_access()}});
}

AlgebraicType definition_v9() {
  AlgebraicType reducer = product({{"name", text()},
                                   {"params", product_type()},
                                   {"lifecycle", AlgebraicType::option(lifecycle())}});
  AlgebraicType default_value = product(
      {{"table", text()}, {"col_id", AlgebraicType::u16()}, {"value", AlgebraicType::bytes()}});
  AlgebraicType procedure =
      product({{"name", text()}, {"params", product_type()}, {"return_type", a_type()}});
  AlgebraicType misc = sum({{"ColumnDefaultValue", std::move(default_value)},
                            {"Procedure", std::move(procedure)},
                            {"View", view("name")}});
  return product({{"typespace", typespace()},
                  {"tables", list(table_v9())},
                  {"reducers", list(std::move(reducer))},
                  {"types", list(type_def("name"))},
                  {"misc_exports", list(std::move(misc))},
                  {"row_level_security", row_level_security()}});
}

AlgebraicType table_v10() {
  AlgebraicType default_value =
      product({{"col_id", AlgebraicType::u16()}, {"value", AlgebraicType::bytes()}});
  return product({{"source_name", text()},
                  {"product_type_ref", AlgebraicType::u32()},
                  {"primary_key", columns()},
                  {"indexes", list(index("source_name"))},
                  {"constraints", list(constraint("source_name"))},
                  {"sequences", list(sequence("source_name"))},
                  {"table_type", table_type()},
                  {"table_access", table_access()},
                  {"default_values", list(std::move(default_value))},
                  {"is_event", AlgebraicType::boolean()}});
}

AlgebraicType http_route() {
  Elements methods;
  for (std::string_view name :
       {"Get", "Head", "Post", "Put", "Delete", "Connect", "Options", "Trace", "Patch"}) {
    methods.emplace_back(name, AlgebraicType::unit());
  }
  methods.emplace_back("Extension", text());
  AlgebraicType method = sum({{"Any", AlgebraicType::unit()}, {"Method", sum(std::move(methods))}});
  return product({{"handler_function", text()}, {"method", std::move(method)}, {"path", text()}});
}

Elements function_sections() {
  AlgebraicType reducer = product({{"source_name", text()},
                                   {"params", product_type()},
                                   {"visibility", visibility()},
                                   {"ok_return_type", a_type()},
                                   {"err_return_type", a_type()}});
  AlgebraicType procedure = product({{"source_name", text()},
                                     {"params", product_type()},
                                     {"return_type", a_type()},
                                     {"visibility", visibility()}});
  AlgebraicType schedule = product({{"source_name", optional_text()},
                                    {"table_name", text()},
                                    {"schedule_at_col", AlgebraicType::u16()},
                                    {"function_name", text()}});
  AlgebraicType lifecycle_reducer =
      product({{"lifecycle_spec", lifecycle()}, {"function_name", text()}});
  return {{"Reducers", list(std::move(reducer))},
          {"Procedures", list(std::move(procedure))},
          {"Views", list(view("source_name"))},
          {"Schedules", list(std::move(schedule))},
          {"LifeCycleReducers", list(std::move(lifecycle_reducer))}};
}

AlgebraicType environment_declaration() {
  AlgebraicType type = sum(
      {{"String", AlgebraicType::unit()}, {"StringLiteral", text()}, {"Union", list(text())}});
  return product(
      {{"name", text()}, {"ty", std::move(type)}, {"optional", AlgebraicType::boolean()}});
}

AlgebraicType outbox() {
  return product({{"table_name", text()},
                  {"remote_reducer", text()},
                  {"target_column", AlgebraicType::u16()},
                  {"arg_columns", columns()},
                  {"on_result_reducer", optional_text()},
                  {"signature_hash", AlgebraicType::u256()}});
}

AlgebraicType definition_v10() {
  AlgebraicType mapping = product({{"source_name", text()}, {"canonical_name", text()}});
  AlgebraicType entry = sum({{"Table", mapping}, {"Function", mapping}, {"Index", mapping}, {"Namespace", mapping}});
  AlgebraicType key = product({{"view_source_name", text()}, {"columns", list(text())}});
  AlgebraicType submodule =
      product({{"namespace", text()}, {"module", AlgebraicType::ref(kV10Ref)}});
  Elements sections = {{"Typespace", typespace()},
                       {"Types", list(type_def("source_name"))},
                       {"Tables", list(table_v10())}};
  Elements functions = function_sections();
  sections.insert(sections.end(), functions.begin(), functions.end());
  Elements rest = {{"RowLevelSecurity", row_level_security()},
                   {"CaseConversionPolicy", choice({"None", "SnakeCase"})},
                   {"ExplicitNames", product({{"entries", list(std::move(entry))}})},
                   {"HttpHandlers", list(product({{"source_name", text()}}))},
                   {"HttpRoutes", list(http_route())},
                   {"ViewPrimaryKeys", list(std::move(key))},
                   {"Submodules", list(std::move(submodule))},
                   {"Environment", list(environment_declaration())},
                   {"Outboxes", list(outbox())}};
  sections.insert(sections.end(), rest.begin(), rest.end());
  return product({{"sections", list(sum(std::move(sections)))}});
}

Typespace definition_types() {
  return Typespace({algebraic_type(), definition_v10()});
}

}  // namespace

Result<std::string> module_def_to_json(const RawModuleDef& def, JsonWrapping wrapping) {
  bool is_v9 = std::holds_alternative<RawModuleDefV9>(def);
  AlgebraicType type = is_v9 ? definition_v9() : AlgebraicType::ref(kV10Ref);
  Typespace space = definition_types();
  std::string out;
  if (wrapping == JsonWrapping::kVersion) out = is_v9 ? "{\"V9\":" : "{\"V10\":";
  ORRERY_TRY(types::bsatn_to_json(type, encode_module_def_body(def), types::JsonShape::kTyped, &out,
                                  &space));
  if (wrapping == JsonWrapping::kVersion) out += '}';
  return out;
}

Result<RawModuleDef> module_def_from_json(std::string_view json) {
  AlgebraicType type = sum({{"V8BackCompat", AlgebraicType::unit()},
                            {"V9", definition_v9()},
                            {"V10", AlgebraicType::ref(kV10Ref)}});
  Typespace space = definition_types();
  ORRERY_TRY_ASSIGN(types::JsonValue value, types::JsonValue::parse(json));
  ByteWriter bytes;
  ORRERY_TRY(types::json_to_bsatn(type, value, &bytes, &space));
  return decode_module_def(bytes.buffer());
}

}  // namespace orrery::schema
