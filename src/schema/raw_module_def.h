// Raw module definitions: what a module's __describe_module__ writes, as structures, before
// anything is checked.
//
// RawModuleDefV10 is a list of sections in any order; here every section is a field and `order`
// keeps the order in which they stood, so that a definition is written back byte for byte. Names
// are the module's own (source) names. Types may hold Refs into the definition's typespace.
// raw_codec.h reads and writes the bytes, raw_json.h the JSON. Plain values; thread-safe as such.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "types/algebraic_type.h"
#include "types/algebraic_typespace.h"
#include "types/wide_int.h"

namespace orrery::schema {

// The numbers of all enumerations here are the tags of their encodings.
enum class TableType : uint8_t { kSystem = 0, kUser = 1 };
enum class TableAccess : uint8_t { kPublic = 0, kPrivate = 1 };
enum class IndexAlgorithm : uint8_t { kBTree = 0, kHash = 1, kDirect = 2 };
enum class Lifecycle : uint8_t { kInit = 0, kOnConnect = 1, kOnDisconnect = 2 };
inline constexpr uint8_t kLifecycleCount = 3;
enum class FunctionVisibility : uint8_t { kPrivate = 0, kClientCallable = 1 };
enum class CaseConversionPolicy : uint8_t { kNone = 0, kSnakeCase = 1 };
enum class NameKind : uint8_t { kTable = 0, kFunction = 1, kIndex = 2, kNamespace = 3 };
inline constexpr uint8_t kNameKindCount = 4;
enum class EnvironmentKind : uint8_t { kText = 0, kLiteral = 1, kUnion = 2 };

/// "Init", "OnConnect", "OnDisconnect"
std::string_view lifecycle_name(Lifecycle lifecycle);
/// "BTree", "Hash", "Direct"
std::string_view index_algorithm_name(IndexAlgorithm algorithm);

enum class HttpMethodKind : uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kConnect,
  kOptions,
  kTrace,
  kPatch,
  kExtension,
};
struct HttpMethod {
  HttpMethodKind kind = HttpMethodKind::kGet;
  std::string extension;  ///< of kExtension
  friend bool operator==(const HttpMethod&, const HttpMethod&) = default;
  /// "GET", "PATCH", or the extension's text.
  std::string_view token() const;
  static HttpMethod from_token(std::string_view token);
};

/// Positions of columns in a table's row type.
using ColumnList = std::vector<uint16_t>;

struct RawIndex {
  std::optional<std::string> name;  ///< V9: the canonical name; V10: the source name, never missing
  std::optional<std::string> accessor_name;
  IndexAlgorithm algorithm = IndexAlgorithm::kBTree;
  ColumnList columns;  ///< of kDirect: exactly one
  friend bool operator==(const RawIndex&, const RawIndex&) = default;
};
/// A unique constraint, the only kind.
struct RawConstraint {
  std::optional<std::string> name;
  ColumnList columns;
  friend bool operator==(const RawConstraint&, const RawConstraint&) = default;
};
struct RawSequence {
  std::optional<std::string> name;
  uint16_t column = 0;
  std::optional<types::I128> start;
  std::optional<types::I128> min_value;
  std::optional<types::I128> max_value;
  types::I128 increment = 1;
  friend bool operator==(const RawSequence&, const RawSequence&) = default;
};
struct RawDefault {
  uint16_t column = 0;
  std::string value;  ///< BSATN
  friend bool operator==(const RawDefault&, const RawDefault&) = default;
};
struct RawSchedule {
  std::optional<std::string> name;
  std::string table_name;  ///< V10 only
  uint16_t at_column = 0;
  std::string function_name;
  friend bool operator==(const RawSchedule&, const RawSchedule&) = default;
};
struct RawTable {
  std::string name;
  uint32_t product_type_ref = 0;
  ColumnList primary_key;
  std::vector<RawIndex> indexes;
  std::vector<RawConstraint> constraints;
  std::vector<RawSequence> sequences;
  std::optional<RawSchedule> schedule;  ///< V9 only
  TableType type = TableType::kUser;
  TableAccess access = TableAccess::kPublic;
  std::vector<RawDefault> defaults;  ///< V10 only
  bool is_event = false;             ///< V10 only
  friend bool operator==(const RawTable&, const RawTable&) = default;
};
struct RawReducer {
  std::string name;
  types::AlgebraicType params;                                          ///< a product
  std::optional<Lifecycle> lifecycle;                                   ///< V9 only
  FunctionVisibility visibility = FunctionVisibility::kClientCallable;  ///< V10 only
  types::AlgebraicType ok_type;                                         ///< V10 only
  types::AlgebraicType err_type = types::AlgebraicType::string();       ///< V10 only
  friend bool operator==(const RawReducer&, const RawReducer&) = default;
};
struct RawProcedure {
  std::string name;
  types::AlgebraicType params;
  types::AlgebraicType return_type;
  FunctionVisibility visibility = FunctionVisibility::kClientCallable;  ///< V10 only
  friend bool operator==(const RawProcedure&, const RawProcedure&) = default;
};
struct RawView {
  std::string name;
  uint32_t index = 0;
  bool is_public = true;
  bool is_anonymous = false;
  types::AlgebraicType params;
  types::AlgebraicType return_type;
  friend bool operator==(const RawView&, const RawView&) = default;
};
struct RawType {
  std::vector<std::string> scope;
  std::string name;
  uint32_t ref = 0;
  bool custom_ordering = false;
  friend bool operator==(const RawType&, const RawType&) = default;
};
struct RawLifecycleReducer {
  Lifecycle lifecycle = Lifecycle::kInit;
  std::string function_name;
  friend bool operator==(const RawLifecycleReducer&, const RawLifecycleReducer&) = default;
};
struct RawExplicitName {
  NameKind kind = NameKind::kTable;
  std::string source_name;
  std::string canonical_name;
  friend bool operator==(const RawExplicitName&, const RawExplicitName&) = default;
};
struct RawHttpRoute {
  std::string handler_function;
  std::optional<HttpMethod> method;  ///< nothing: any method
  std::string path;
  friend bool operator==(const RawHttpRoute&, const RawHttpRoute&) = default;
};
/// The name of a value of the environment: letters, digits and underscores, 256 bytes at most.
bool is_environment_name(std::string_view name);
inline constexpr size_t kEnvironmentValueBytesMax = 8192;
/// A value that whoever publishes the module gives it.
struct RawEnvironmentDeclaration {
  std::string name;
  EnvironmentKind kind = EnvironmentKind::kText;
  std::vector<std::string> allowed;  ///< kLiteral: one; kUnion: what the value may be
  bool optional = false;
  friend bool operator==(const RawEnvironmentDeclaration&,
                         const RawEnvironmentDeclaration&) = default;
};
/// A table whose rows are calls of another database's reducer.
struct RawOutbox {
  std::string table_name;
  std::string remote_reducer;
  uint16_t target_column = 0;
  ColumnList argument_columns;
  std::optional<std::string> on_result_reducer;
  types::U256 signature_hash;
  friend bool operator==(const RawOutbox&, const RawOutbox&) = default;
};
struct RawViewPrimaryKey {
  std::string view_name;
  std::vector<std::string> columns;
  friend bool operator==(const RawViewPrimaryKey&, const RawViewPrimaryKey&) = default;
};
/// Of V9's misc_exports: a default of a column, by table.
struct RawColumnDefaultV9 {
  std::string table;
  uint16_t column = 0;
  std::string value;  ///< BSATN
  friend bool operator==(const RawColumnDefaultV9&, const RawColumnDefaultV9&) = default;
};
using RawMiscExport = std::variant<RawColumnDefaultV9, RawProcedure, RawView>;

struct RawModuleDefV9 {
  types::Typespace typespace;
  std::vector<RawTable> tables;
  std::vector<RawReducer> reducers;
  std::vector<RawType> types;
  std::vector<RawMiscExport> misc_exports;
  std::vector<std::string> row_level_security;  ///< SQL
};

struct RawSubmodule;

enum class SectionKind : uint8_t {
  kTypespace,
  kTypes,
  kTables,
  kReducers,
  kProcedures,
  kViews,
  kSchedules,
  kLifecycleReducers,
  kRowLevelSecurity,
  kCaseConversionPolicy,
  kExplicitNames,
  kHttpHandlers,
  kHttpRoutes,
  kViewPrimaryKeys,
  kSubmodules,
  kEnvironment,
  kOutboxes,
};
inline constexpr uint8_t kSectionKindCount = 17;

struct RawModuleDefV10 {
  /// The sections that are there, as they stood. Of a section that is not listed the field has its
  /// default.
  std::vector<SectionKind> order;
  types::Typespace typespace;
  std::vector<RawType> types;
  std::vector<RawTable> tables;
  std::vector<RawReducer> reducers;
  std::vector<RawProcedure> procedures;
  std::vector<RawView> views;
  std::vector<RawSchedule> schedules;
  std::vector<RawLifecycleReducer> lifecycle_reducers;
  std::vector<std::string> row_level_security;
  CaseConversionPolicy case_conversion_policy = CaseConversionPolicy::kSnakeCase;
  std::vector<RawExplicitName> explicit_names;
  std::vector<std::string> http_handlers;
  std::vector<RawHttpRoute> http_routes;
  std::vector<RawViewPrimaryKey> view_primary_keys;
  std::vector<RawSubmodule> submodules;
  std::vector<RawEnvironmentDeclaration> environment;
  std::vector<RawOutbox> outboxes;

  /// Lists every section that is not empty, in the order of their tags; for definitions made by
  /// code.
  void order_by_tag();
};
struct RawSubmodule {
  std::string name_space;
  RawModuleDefV10 module;
};

using RawModuleDef = std::variant<RawModuleDefV9, RawModuleDefV10>;

}  // namespace orrery::schema
