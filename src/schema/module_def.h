// ModuleDef: a module's definition after validation, with every name and type resolved. What the
// host makes tables from, what the ABI looks names up in and what the server prints as the schema.
//
// Names. Everything has a canonical name (`name`: converted case, unique, what clients and system
// tables see) and the name it has in the module's source (`accessor_name`), which stays usable as
// an alias. A submodule's things are addressed as "namespace.name" (`qualified_name`; at the root
// it equals `name`). Lookups take qualified names and try canonical names first, then aliases.
// Types. `type` of a column, parameter or result may hold Refs into the typespace of the module
// that owns it (the case-converted one); `resolved_type` of a column has none. Ids. Reducer and
// procedure ids are what __call_reducer__/__call_procedure__ expect: positions in the definition,
// submodules following depth first. View ids count separately for anonymous and other views.
//
// Made by validate() (validate.h). Immutable; owns its parts; may be read from many threads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/raw_module_def.h"
#include "types/algebraic_type.h"
#include "types/algebraic_typespace.h"

namespace orrery::schema {

enum class DefVersion : uint8_t { kV9 = 9, kV10 = 10 };

struct ColumnDef {
  std::string name;
  std::string accessor_name;
  types::AlgebraicType type;                 ///< may hold Refs
  types::AlgebraicType resolved_type;        ///< no Refs, converted names
  std::optional<std::string> default_value;  ///< BSATN of `type`, checked
};
struct IndexDef {
  std::string name;
  std::string qualified_name;
  std::string source_name;  ///< what the module passes to index_id_from_name
  std::optional<std::string> accessor_name;
  IndexAlgorithm algorithm = IndexAlgorithm::kBTree;
  ColumnList columns;      ///< in key order
  bool is_unique = false;  ///< a unique constraint has the same set of columns
};
struct ConstraintDef {
  std::string name;
  std::string qualified_name;
  ColumnList columns;  ///< a set: ascending, unique
};
struct SequenceDef {
  std::string name;
  std::string qualified_name;
  uint16_t column = 0;
  std::optional<types::I128> start;
  std::optional<types::I128> min_value;
  std::optional<types::I128> max_value;
  types::I128 increment = 1;

  // The values in force where the definition says nothing.
  types::I128 start_or_default() const { return start.value_or(1); }
  types::I128 min_or_default() const { return min_value.value_or(1); }
  types::I128 max_or_default() const;
};
enum class FunctionKind : uint8_t { kUnknown, kReducer, kProcedure };
struct ScheduleDef {
  std::string name;
  std::string qualified_name;
  uint16_t at_column = 0;
  uint16_t id_column = 0;
  std::string function_name;  ///< canonical, of the same module
  std::string qualified_function_name;
  FunctionKind function_kind = FunctionKind::kUnknown;
};
struct TableDef {
  std::string name;
  std::string qualified_name;  ///< what the table is called in the database
  std::string accessor_name;
  std::string qualified_accessor_name;
  uint32_t product_type_ref = 0;
  types::AlgebraicType row_type;  ///< product of the columns' names and resolved types
  std::vector<ColumnDef> columns;
  std::optional<uint16_t> primary_key;
  std::vector<IndexDef> indexes;           ///< by name
  std::vector<ConstraintDef> constraints;  ///< by name
  std::vector<SequenceDef> sequences;      ///< by name
  std::optional<ScheduleDef> schedule;
  TableType type = TableType::kUser;
  TableAccess access = TableAccess::kPublic;
  bool is_event = false;

  /// Position of a column: canonical name first, then source name.
  std::optional<uint16_t> find_column(std::string_view column) const;
  const IndexDef* find_index(std::string_view index) const;
  const SequenceDef* sequence_of_column(uint16_t column) const;
};
struct ReducerDef {
  std::string name;
  std::string qualified_name;
  std::string accessor_name;
  types::AlgebraicType params;  ///< a product; may hold Refs; parameter names are the source's
  std::optional<Lifecycle> lifecycle;
  FunctionVisibility visibility = FunctionVisibility::kClientCallable;
  types::AlgebraicType ok_type;
  types::AlgebraicType err_type = types::AlgebraicType::string();
};
struct ProcedureDef {
  std::string name;
  std::string qualified_name;
  std::string accessor_name;
  types::AlgebraicType params;
  types::AlgebraicType return_type;
  FunctionVisibility visibility = FunctionVisibility::kClientCallable;
};
enum class ViewReturn : uint8_t {
  kOption,  ///< none or one row
  kArray,
  kQuery,  ///< SQL text; `Query<T>`
};
struct ViewDef {
  std::string name;
  std::string qualified_name;
  std::string accessor_name;
  uint32_t index = 0;  ///< as the module numbers it, per kind (anonymous or not)
  bool is_public = true;
  bool is_anonymous = false;
  types::AlgebraicType params;
  types::AlgebraicType return_type;
  ViewReturn returns = ViewReturn::kArray;
  uint32_t product_type_ref = 0;
  types::AlgebraicType row_type;   ///< product without Refs
  std::vector<ColumnDef> columns;  ///< of the rows
  std::vector<ColumnDef> param_columns;
  std::optional<uint16_t> primary_key;

  std::optional<uint16_t> find_column(std::string_view column) const;
};
struct HttpHandlerDef {
  std::string name;
  std::string accessor_name;
};
struct HttpRouteDef {
  std::string handler_name;  ///< canonical
  uint32_t handler_id = 0;
  std::optional<HttpMethod> method;  ///< nothing: any
  std::string path;
};
struct TypeDef {
  std::vector<std::string> scope;
  std::string name;
  uint32_t ref = 0;
  bool custom_ordering = false;
  /// "Scope::Name"
  std::string full_name() const;
};

class ModuleDef;

/// A function found by name or id: its id for the module's entry points, and the module whose
/// typespace its types point into.
template <class Def>
struct Found {
  const Def* def = nullptr;
  uint32_t id = 0;
  const ModuleDef* module = nullptr;
  explicit operator bool() const { return def != nullptr; }
};
struct FoundIndex {
  const TableDef* table = nullptr;
  const IndexDef* index = nullptr;
  explicit operator bool() const { return index != nullptr; }
};

/// What validation fills; see ModuleDef for the meaning.
struct ModuleParts {
  DefVersion version = DefVersion::kV10;
  CaseConversionPolicy policy = CaseConversionPolicy::kSnakeCase;
  std::vector<std::string> path;
  types::Typespace typespace;
  std::vector<TableDef> tables;
  std::vector<ReducerDef> reducers;
  std::vector<ProcedureDef> procedures;
  std::vector<ViewDef> views;
  std::vector<HttpHandlerDef> http_handlers;
  std::vector<HttpRouteDef> http_routes;
  std::vector<TypeDef> types;
  std::vector<std::string> row_level_security;
  std::vector<ModuleDef> submodules;
  std::vector<RawEnvironmentDeclaration> environment;
};

class ModuleDef {
 public:
  /// For validate(): sorts tables, qualifies names with `parts.path` and builds the lookup tables.
  explicit ModuleDef(ModuleParts parts);
  ModuleDef(ModuleDef&&) noexcept = default;
  ModuleDef& operator=(ModuleDef&&) noexcept = default;

  /// The version the module was written in.
  DefVersion version() const { return parts_.version; }
  /// How source names became canonical ones; kNone in version 9.
  CaseConversionPolicy case_conversion_policy() const { return parts_.policy; }
  /// Namespaces from the root down; empty at the root.
  const std::vector<std::string>& path() const { return parts_.path; }
  const types::Typespace& typespace() const { return parts_.typespace; }
  /// This module's own, in the order of their names (bytewise).
  const std::vector<TableDef>& tables() const { return parts_.tables; }
  /// In the order of their ids.
  const std::vector<ReducerDef>& reducers() const { return parts_.reducers; }
  const std::vector<ProcedureDef>& procedures() const { return parts_.procedures; }
  const std::vector<ViewDef>& views() const { return parts_.views; }
  const std::vector<HttpHandlerDef>& http_handlers() const { return parts_.http_handlers; }
  const std::vector<HttpRouteDef>& http_routes() const { return parts_.http_routes; }
  /// By full name.
  const std::vector<TypeDef>& types() const { return parts_.types; }
  /// SQL texts, without duplicates, in the order of the definition. Of the root only.
  const std::vector<std::string>& row_level_security() const { return parts_.row_level_security; }
  const std::vector<ModuleDef>& submodules() const { return parts_.submodules; }
  /// What the module reads of its environment, by name. Of the root only.
  const std::vector<RawEnvironmentDeclaration>& environment() const { return parts_.environment; }

  /// Tables of this module and all submodules, in the order of qualified names: the order in which
  /// to create them.
  std::vector<const TableDef*> all_tables() const;
  std::vector<Found<ViewDef>> all_views() const;
  std::vector<Found<ReducerDef>> all_reducers() const;
  std::vector<Found<ProcedureDef>> all_procedures() const;

  /// A table by qualified name; canonical names first, then aliases. Null where there is none.
  const TableDef* find_table(std::string_view qualified_name) const;
  /// An index by qualified canonical name, then source name.
  FoundIndex find_index(std::string_view qualified_name) const;
  Found<ReducerDef> find_reducer(std::string_view qualified_name) const;
  Found<ProcedureDef> find_procedure(std::string_view qualified_name) const;
  /// The id is what __call_view__ or __call_view_anon__ expects.
  Found<ViewDef> find_view(std::string_view qualified_name) const;
  Found<HttpHandlerDef> find_http_handler(std::string_view name) const;

  Found<ReducerDef> reducer_by_id(uint32_t id) const;
  Found<ProcedureDef> procedure_by_id(uint32_t id) const;
  /// With submodules.
  uint32_t reducer_count() const { return reducer_count_; }
  uint32_t procedure_count() const { return procedure_count_; }
  /// The reducer of a lifecycle event; its id is its position in reducers(). Lifecycle reducers
  /// stand at the root.
  std::optional<uint32_t> lifecycle_reducer(Lifecycle lifecycle) const {
    return lifecycle_[static_cast<size_t>(lifecycle)];
  }
  /// The first route of that method and path.
  const HttpRouteDef* match_route(const HttpMethod& method, std::string_view path) const;
  /// The declared name of a typespace entry; null where it has none.
  const TypeDef* type_of_ref(uint32_t ref) const;
  /// What to tell the publisher about a definition that is accepted.
  std::vector<std::string> warnings() const;

 private:
  using NameMap = std::unordered_map<std::string, uint32_t>;
  struct IndexPlace {
    uint32_t table;
    uint32_t index;
  };

  void qualify();
  void build_lookups();
  void collect_views(std::array<uint32_t, 2> before, std::vector<Found<ViewDef>>* out) const;
  const ModuleDef* submodule(std::string_view name_space) const;

  ModuleParts parts_;
  // Every map from canonical names to positions has one of aliases beside it.
  NameMap tables_, table_aliases_;
  std::unordered_map<std::string, IndexPlace> indexes_, index_aliases_;
  NameMap reducers_, reducer_aliases_;
  NameMap procedures_, procedure_aliases_;
  NameMap views_, view_aliases_;
  std::unordered_map<uint32_t, uint32_t> type_of_ref_;
  std::array<std::optional<uint32_t>, kLifecycleCount> lifecycle_;
  uint32_t reducer_count_ = 0;
  uint32_t procedure_count_ = 0;
  std::array<uint32_t, 2> view_counts_ = {};  ///< with submodules; [1]: anonymous
};

}  // namespace orrery::schema
