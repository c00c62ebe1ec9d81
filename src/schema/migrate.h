// Migration plans: what has to change in a database when a module is published over another one,
// or why that cannot be done automatically.
//
// Things are matched by their qualified canonical names. The steps stand in the order in which they
// must be executed: removals first, then changes to tables, then additions. The definitions are
// trusted (they come from validate()); the contents of the database are not known here, so what
// depends on them is listed as prechecks. A plan borrows both definitions. Stateless; safe from any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/module_def.h"
#include "types/wide_int.h"

namespace orrery::schema {

/// In the order of execution.
enum class MigrationStepKind : uint8_t {
  kRemoveIndex,
  kRemoveConstraint,
  kRemoveSequence,
  kRemoveSchedule,
  kRemoveView,
  kRemoveRowLevelSecurity,
  kRemoveTable,  ///< only an empty one, see the prechecks
  kChangeColumns,
  kReschemaEventTable,
  kAddColumns,  ///< at the end; all have default values. Types of older columns may change too
  kChangeIndexSourceName,
  kChangeTableAccessorName,
  kChangeColumnAccessorName,
  kAddTable,  ///< with all its indexes, constraints, sequences and its schedule
  kAddIndex,
  kAddConstraint,
  kAddSequence,
  kAddSchedule,
  kAddView,
  kAddRowLevelSecurity,
  kChangeAccess,  ///< of a table or view
  kChangePrimaryKey,
  kUpdateView,
  kDisconnectAllUsers,
};
std::string_view migration_step_kind_name(MigrationStepKind kind);

struct MigrationStep {
  MigrationStepKind kind;
  std::string name;    ///< qualified canonical name of what changes; the SQL of row-level security
  std::string column;  ///< of kChangeColumnAccessorName: its canonical name
  // The tables or views that `name` is, or stands in; null where there is none in that definition.
  const TableDef* old_table = nullptr;
  const TableDef* new_table = nullptr;
  const ViewDef* old_view = nullptr;
  const ViewDef* new_view = nullptr;
};

enum class MigrationPrecheckKind : uint8_t {
  kTableIsEmpty,           ///< a table that is removed
  kSequenceRangeIsUnused,  ///< no value of the column lies within [min, max]
  kUniqueConstraintHolds,  ///< no two rows agree in `columns`
};
/// To be looked up in the database before the first step; `table` is the qualified name.
struct MigrationPrecheck {
  MigrationPrecheckKind kind;
  std::string table;
  std::string name;  ///< of the sequence or constraint
  ColumnList columns;
  types::I128 min = 0;
  types::I128 max = 0;
};

enum class MigrationErrorKind : uint8_t {
  kAddColumn,
  kRemoveColumn,
  kReorderTable,
  kChangeColumnType,
  kChangeWithinColumnType,
  kChangeColumnTypeFewerVariants,
  kChangeWithinColumnTypeFewerVariants,
  kChangeColumnTypeRenamedVariant,
  kChangeWithinColumnTypeRenamedVariant,
  kChangeColumnTypeSizeMismatch,
  kChangeWithinColumnTypeSizeMismatch,
  kChangeColumnTypeAlignMismatch,
  kChangeWithinColumnTypeAlignMismatch,
  kChangeColumnTypeFewerFields,
  kChangeWithinColumnTypeFewerFields,
  kChangeColumnTypeRenamedField,
  kChangeWithinColumnTypeRenamedField,
  kChangeUniqueConstraint,
  kChangeTableType,
  kChangeTableEventFlag,
  kChangeIndexAccessor,
};
std::string_view migration_error_kind_name(MigrationErrorKind kind);

struct MigrationError {
  MigrationErrorKind kind;
  std::string message;
  friend bool operator==(const MigrationError&, const MigrationError&) = default;
  friend auto operator<=>(const MigrationError&, const MigrationError&) = default;
};
using MigrationErrors = std::vector<MigrationError>;

struct MigrationPlan {
  const ModuleDef* old_def = nullptr;
  const ModuleDef* new_def = nullptr;
  std::vector<MigrationStep> steps;
  std::vector<MigrationPrecheck> prechecks;

  /// True where clients that are connected cannot go on: they are disconnected at the end.
  bool breaks_clients() const;
};

/// Gives the plan, or fills `errors` (sorted, without duplicates) and gives kInvalidArgument with
/// all messages, one per line.
Result<MigrationPlan> plan_migration(const ModuleDef& old_def, const ModuleDef& new_def,
                                     MigrationErrors* errors);
Result<MigrationPlan> plan_migration(const ModuleDef& old_def, const ModuleDef& new_def);

enum class PlanStyle : uint8_t { kPlain, kAnsiColor };
/// The plan for a person to read before publishing.
std::string migration_plan_text(const MigrationPlan& plan, PlanStyle style);

/// True for a value type that needs rewriting to hold `new_type`; reports to `errors` what keeps
/// values of `old_type` from becoming values of `new_type`. The types hold no Refs.
bool check_type_change(std::string_view table, std::string_view column,
                       const types::AlgebraicType& old_type, const types::AlgebraicType& new_type,
                       MigrationErrors* errors);

}  // namespace orrery::schema
