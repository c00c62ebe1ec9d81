// Validator: the state that the steps of validation share. Private to validate*.cc; one object per
// module (submodules have their own), used once, by one thread.
//
// A step that finds something wrong reports it and goes on; what it builds is thrown away as soon
// as there is any error, so steps may leave defaults where a part is missing.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "schema/module_def.h"
#include "schema/raw_module_def.h"
#include "schema/type_uses.h"
#include "schema/validation_errors.h"

namespace orrery::schema {

using Kind = ValidationErrorKind;

class Validator {
 public:
  /// Borrows all; `raw` of version 9 has been brought into the form of version 10.
  Validator(const RawModuleDefV10& raw, DefVersion version, std::vector<std::string> path,
            ValidationErrors* errors);

  /// The parts of the definition. Only worth something where no error was reported.
  ModuleParts run();

 private:
  using Names = std::unordered_map<std::string, std::string>;

  struct TableContext;
  static constexpr uint64_t kColumnBytesMax = 256u << 20;
  static constexpr uint64_t kDefaultNodesMax = 10'000'000;

  void report(Kind kind, std::string message, std::string_view detail = {});
  /// Reports and gives nothing where `name` is no identifier.
  std::optional<std::string> identifier(const std::string& name);
  std::optional<std::string> resolve(const std::string& source, const Names& explicit_names);
  std::optional<std::string> converted(const std::string& source, NameKind kind);
  std::string with_policy(const std::string& source) const;
  /// Reports DuplicateName where something has the name already.
  void add_global(const std::string& name);
  void check_use(const types::AlgebraicType& type, const std::string& location);
  types::AlgebraicType resolved(const types::AlgebraicType& type, const std::string& location);

  void types();
  void environment();
  void check_type(const RawType& raw, TypeDef* out);

  // Tables.
  void tables();
  void table(const RawTable& raw);
  std::vector<ColumnDef> columns(uint32_t product_type_ref, const std::string& owner);
  std::vector<ColumnDef> new_columns(uint32_t product_type_ref, const std::string& owner);
  /// False where all columns together cost more memory than a definition may: many tables can
  /// share one row type.
  bool spend_columns(std::span<const types::TypeElement> fields);
  std::string bounded(std::string generated_name);
  void index(const RawIndex& raw, TableContext* t);
  void constraint(const RawConstraint& raw, TableContext* t);
  void sequence(const RawSequence& raw, TableContext* t);
  void primary_key(const RawTable& raw, TableContext* t);
  void defaults(const RawTable& raw, TableContext* t);
  void unique_constraints_have_indexes(TableContext* t);
  bool column_exists(const TableContext& t, const std::string& def, uint16_t column);
  bool columns_exist(const TableContext& t, const std::string& def, const ColumnList& columns);
  void direct_index_type(const TableContext& t, const IndexDef& index);
  void schedules();
  void schedule(const RawSchedule& raw, TableDef* table);
  void scheduled_function(const TableDef& table, ScheduleDef* schedule);

  // Functions.
  void reducers();
  void procedures();
  void views();
  void view(const RawView& raw);
  std::vector<std::string> params(const types::AlgebraicType& params, const std::string& owner);
  void lifecycles();
  void function_names();
  void view_primary_keys();
  void inferred_view_primary_keys();
  void http_handlers();
  void http_routes();
  void submodules();

  const RawModuleDefV10& raw_;
  const DefVersion version_;
  ValidationErrors* errors_;
  ModuleParts parts_;
  TypeUses uses_;
  RefResolver resolver_;
  Names table_names_, function_names_, index_names_, namespace_names_;
  std::unordered_set<std::string> global_;
  // By canonical name; of duplicates the first.
  std::unordered_map<std::string, size_t> table_positions_, reducer_positions_,
      procedure_positions_;
  /// Of typespace entries that were looked at: whether they are in default order.
  std::unordered_map<uint32_t, bool> checked_types_;
  std::unordered_map<uint32_t, std::vector<ColumnDef>> columns_of_;  ///< by row type
  uint64_t column_bytes_ = 0;
  uint64_t default_nodes_ = 0;
};

/// V9 as V10: misc exports, schedules and lifecycles go to their sections. Defaults of tables that
/// do not exist are reported.
RawModuleDefV10 v9_as_v10(const RawModuleDefV9& raw, ValidationErrors* errors);

}  // namespace orrery::schema
