// DefinitionBuilder: raw definitions for tests, written short.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "schema/validate.h"
#include "types/algebraic_value.h"
#include "types/bsatn.h"

namespace orrery::schema {

using Fields = std::vector<types::TypeElement>;
using Type = types::AlgebraicType;

inline std::string bsatn(const Type& type, const types::AlgebraicValue& value) {
  ByteWriter out;
  EXPECT_TRUE(types::bsatn_encode(type, value, &out).has_value());
  return std::move(out.buffer());
}

struct DefinitionBuilder {
  RawModuleDefV10 def;

  /// A type of its own; returns the Ref.
  Type type(const std::string& name, Type body) {
    uint32_t ref = def.typespace.add(std::move(body));
    RawType raw;
    raw.name = name;
    raw.ref = ref;
    raw.custom_ordering = true;
    def.types.push_back(std::move(raw));
    return Type::ref(ref);
  }
  RawTable& table(const std::string& name, Fields fields) {
    Type row = type(name + "Row", Type::product(std::move(fields)));
    RawTable raw;
    raw.name = name;
    raw.product_type_ref = row.ref_index();
    def.tables.push_back(std::move(raw));
    return def.tables.back();
  }
  static void index(RawTable* table, const std::string& name, ColumnList columns,
                    IndexAlgorithm algorithm = IndexAlgorithm::kBTree) {
    RawIndex raw;
    raw.name = name;
    raw.accessor_name = name + "_accessor";
    raw.algorithm = algorithm;
    raw.columns = std::move(columns);
    table->indexes.push_back(std::move(raw));
  }
  /// With its index.
  static void unique(RawTable* table, uint16_t column) {
    index(table, table->name + std::to_string(column) + "_unique", {column});
    table->constraints.push_back({std::nullopt, {column}});
  }
  static void primary_key(RawTable* table, uint16_t column) {
    unique(table, column);
    table->primary_key = {column};
  }
  static void sequence(RawTable* table, uint16_t column) {
    RawSequence raw;
    raw.column = column;
    table->sequences.push_back(raw);
  }
  RawReducer& reducer(const std::string& name, Fields params = {}) {
    RawReducer raw;
    raw.name = name;
    raw.params = Type::product(std::move(params));
    def.reducers.push_back(std::move(raw));
    return def.reducers.back();
  }
  RawProcedure& procedure(const std::string& name, Fields params, Type result) {
    RawProcedure raw;
    raw.name = name;
    raw.params = Type::product(std::move(params));
    raw.return_type = std::move(result);
    def.procedures.push_back(std::move(raw));
    return def.procedures.back();
  }
  RawView& view(const std::string& name, Type result, Fields params = {}) {
    RawView raw;
    raw.name = name;
    raw.index = static_cast<uint32_t>(def.views.size());
    raw.params = Type::product(std::move(params));
    raw.return_type = std::move(result);
    def.views.push_back(std::move(raw));
    return def.views.back();
  }
  /// A table that is scheduled, with its reducer.
  RawTable& scheduled_table(const std::string& name, const std::string& function) {
    RawTable& raw = table(name, {{"id", Type::u64()}, {"at", Type::schedule_at()}});
    primary_key(&raw, 0);
    def.schedules.push_back({std::nullopt, name, 1, function});
    reducer(function, {{"row", Type::ref(raw.product_type_ref)}});
    return raw;
  }
  void explicit_name(NameKind kind, const std::string& source, const std::string& canonical) {
    def.explicit_names.push_back({kind, source, canonical});
  }
  RawModuleDef raw() {
    def.order_by_tag();
    return def;
  }
};

inline ModuleDef valid(const RawModuleDef& raw) {
  Result<ModuleDef> def = validate(raw);
  EXPECT_TRUE(def.has_value()) << (def ? "" : def.error().message());
  return def ? std::move(*def) : ModuleDef(ModuleParts());
}
inline ModuleDef valid(DefinitionBuilder builder) {
  return valid(builder.raw());
}

/// The kinds of all errors, with the detail behind a dot: "IdentifierError.Empty".
inline std::vector<std::string> errors_of(const RawModuleDef& raw) {
  ValidationErrors errors;
  Result<ModuleDef> def = validate(raw, &errors);
  EXPECT_EQ(def.has_value(), errors.empty());
  std::vector<std::string> kinds;
  for (const ValidationError& error : errors) {
    EXPECT_FALSE(error.message.empty());
    kinds.emplace_back(validation_error_kind_name(error.kind));
    if (!error.detail.empty()) kinds.back() += "." + std::string(error.detail);
  }
  return kinds;
}
inline std::vector<std::string> errors_of(DefinitionBuilder builder) {
  return errors_of(builder.raw());
}

}  // namespace orrery::schema
