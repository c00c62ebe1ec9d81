#include "schema/migrate.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "schema/validation_errors.h"
#include "types/algebraic_text.h"

namespace orrery::schema {
namespace {

using Kind = MigrationStepKind;
using ErrorKind = MigrationErrorKind;

/// What a table holds, with the table.
template <class Def>
struct Placed {
  const TableDef* table;
  const Def* def;
};
template <class Def>
using PlacedMap = std::map<std::string, Placed<Def>>;

template <class Def>
PlacedMap<Def> collect(const ModuleDef& module, std::vector<Def> TableDef::* parts) {
  PlacedMap<Def> out;
  for (const TableDef* table : module.all_tables()) {
    for (const Def& def : table->*parts) out.emplace(def.qualified_name, Placed<Def>{table, &def});
  }
  return out;
}

bool same_sequence(const SequenceDef& a, const SequenceDef& b) {
  return a.column == b.column && a.start == b.start && a.min_value == b.min_value &&
         a.max_value == b.max_value && a.increment == b.increment;
}

bool same_schedule(const std::optional<ScheduleDef>& a, const std::optional<ScheduleDef>& b) {
  if (!a || !b) return !a && !b;
  return a->name == b->name && a->at_column == b->at_column && a->id_column == b->id_column &&
         a->function_name == b->function_name && a->function_kind == b->function_kind;
}

class Planner {
 public:
  Planner(const ModuleDef& old_def, const ModuleDef& new_def, MigrationErrors* errors)
      : old_(old_def), new_(new_def), errors_(*errors) {
    plan_.old_def = &old_def;
    plan_.new_def = &new_def;
    for (const TableDef* table : old_def.all_tables()) {
      old_tables_.emplace(table->qualified_name, table);
    }
    for (const TableDef* table : new_def.all_tables()) {
      new_tables_.emplace(table->qualified_name, table);
    }
  }

  MigrationPlan run() {
    views();
    tables();
    indexes();
    sequences();
    constraints();
    row_level_security();
    if (disconnects_) plan_.steps.push_back({Kind::kDisconnectAllUsers, {}, {}});
    sort_steps();
    return std::move(plan_);
  }

 private:
  void report(ErrorKind kind, std::string message) {
    if (errors_.size() < kValidationErrorsMax) errors_.push_back({kind, std::move(message)});
  }
  const TableDef* old_table(const std::string& name) const {
    auto it = old_tables_.find(name);
    return it == old_tables_.end() ? nullptr : it->second;
  }
  const TableDef* new_table(const std::string& name) const {
    auto it = new_tables_.find(name);
    return it == new_tables_.end() ? nullptr : it->second;
  }
  void table_step(Kind kind, const std::string& name, const std::string& table,
                  std::string column = {}) {
    plan_.steps.push_back({kind, name, std::move(column), old_table(table), new_table(table)});
  }
  void view_step(Kind kind, const ViewDef* before, const ViewDef* after) {
    MigrationStep step{kind, (before != nullptr ? before : after)->qualified_name, {}};
    step.old_view = before;
    step.new_view = after;
    plan_.steps.push_back(std::move(step));
  }

  void views();
  void view(const ViewDef& before, const ViewDef& after);
  void tables();
  void table(const TableDef& before, const TableDef& after);
  void columns(const TableDef& before, const TableDef& after);
  void indexes();
  void index(const Placed<IndexDef>& before, const Placed<IndexDef>& after);
  void sequences();
  void add_sequence(const Placed<SequenceDef>& sequence);
  void constraints();
  void row_level_security();
  void sort_steps();

  const ModuleDef& old_;
  const ModuleDef& new_;
  MigrationErrors& errors_;
  MigrationPlan plan_;
  std::map<std::string, const TableDef*> old_tables_, new_tables_;
  bool disconnects_ = false;
};

void Planner::views() {
  std::map<std::string, const ViewDef*> before, after;
  for (const Found<ViewDef>& view : old_.all_views()) {
    before.emplace(view.def->qualified_name, view.def);
  }
  for (const Found<ViewDef>& view : new_.all_views()) {
    after.emplace(view.def->qualified_name, view.def);
  }
  for (const auto& [name, old_view] : before) {
    auto it = after.find(name);
    if (it != after.end()) {
      view(*old_view, *it->second);
    } else {
      view_step(Kind::kRemoveView, old_view, nullptr);
      disconnects_ = true;
    }
  }
  for (const auto& [name, new_view] : after) {
    if (!before.contains(name)) view_step(Kind::kAddView, nullptr, new_view);
  }
}

/// True where a client that knows the old columns can read the new ones.
bool compatible_columns(const std::vector<ColumnDef>& before, const std::vector<ColumnDef>& after) {
  if (before.size() != after.size()) return false;
  for (size_t i = 0; i < before.size(); ++i) {
    MigrationErrors errors;
    if (before[i].name != after[i].name) return false;
    bool changed = check_type_change("", before[i].name, before[i].resolved_type,
                                     after[i].resolved_type, &errors);
    if (changed || !errors.empty()) return false;
  }
  return true;
}

void Planner::view(const ViewDef& before, const ViewDef& after) {
  if (before.is_public != after.is_public) view_step(Kind::kChangeAccess, &before, &after);
  bool same = before.is_anonymous == after.is_anonymous &&
              before.primary_key == after.primary_key &&
              compatible_columns(before.columns, after.columns) &&
              compatible_columns(before.param_columns, after.param_columns);
  if (same) return view_step(Kind::kUpdateView, &before, &after);
  view_step(Kind::kRemoveView, &before, &after);
  view_step(Kind::kAddView, &before, &after);
  disconnects_ = true;
}

void Planner::tables() {
  for (const auto& [name, before] : old_tables_) {
    const TableDef* after = new_table(name);
    if (after != nullptr) {
      table(*before, *after);
      continue;
    }
    table_step(Kind::kRemoveTable, name, name);
    plan_.prechecks.push_back({MigrationPrecheckKind::kTableIsEmpty, name, name, {}});
    disconnects_ = true;
  }
  for (const auto& [name, after] : new_tables_) {
    if (old_table(name) == nullptr) table_step(Kind::kAddTable, name, name);
  }
}

void Planner::table(const TableDef& before, const TableDef& after) {
  const std::string& name = after.qualified_name;
  if (before.type != after.type) {
    report(ErrorKind::kChangeTableType,
           "turning table " + quoted(name) + " from a " +
               (before.type == TableType::kSystem ? "system" : "user") + " table into a " +
               (after.type == TableType::kSystem ? "system" : "user") +
               " table needs a manual migration");
  }
  if (before.is_event != after.is_event) {
    report(ErrorKind::kChangeTableEventFlag,
           "table " + quoted(name) + " " +
               (after.is_event ? "becomes an event table" : "is no event table any more") +
               ", which needs a manual migration");
  }
  if (before.access != after.access) table_step(Kind::kChangeAccess, name, name);
  if (before.primary_key != after.primary_key) table_step(Kind::kChangePrimaryKey, name, name);
  if (before.accessor_name != after.accessor_name) {
    table_step(Kind::kChangeTableAccessorName, name, name);
  }
  if (!same_schedule(before.schedule, after.schedule)) {
    if (before.schedule) {
      table_step(Kind::kRemoveSchedule, before.schedule->qualified_name, name);
    }
    if (after.schedule) table_step(Kind::kAddSchedule, after.schedule->qualified_name, name);
  }
  columns(before, after);
}

void Planner::columns(const TableDef& before, const TableDef& after) {
  const std::string& name = after.qualified_name;
  std::map<std::string_view, size_t> new_positions, old_positions;
  for (size_t i = 0; i < after.columns.size(); ++i) new_positions[after.columns[i].name] = i;
  for (size_t i = 0; i < before.columns.size(); ++i) old_positions[before.columns[i].name] = i;
  bool added = false, types_changed = false, reschema = false;
  for (size_t i = 0; i < before.columns.size(); ++i) {
    const ColumnDef& column = before.columns[i];
    auto it = new_positions.find(column.name);
    if (it == new_positions.end()) {
      reschema = true;
      if (before.is_event) continue;
      report(ErrorKind::kRemoveColumn, "removing column " + quoted(column.name) + " of table " +
                                           quoted(name) + " needs a manual migration");
      continue;
    }
    const ColumnDef& same = after.columns[it->second];
    if (column.accessor_name != same.accessor_name) {
      table_step(Kind::kChangeColumnAccessorName, name, name, column.name);
    }
    MigrationErrors problems;
    if (check_type_change(name, column.name, column.resolved_type, same.resolved_type, &problems)) {
      types_changed = true;
    }
    // Event tables keep no rows, so anything goes.
    if (!problems.empty()) reschema = true;
    if (it->second != i) {
      reschema = true;
      problems.push_back({ErrorKind::kReorderTable, "changing the order of the columns of table " +
                                                        quoted(name) +
                                                        " needs a manual migration"});
    }
    if (before.is_event) continue;
    for (MigrationError& problem : problems) report(problem.kind, std::move(problem.message));
  }
  for (const ColumnDef& column : after.columns) {
    if (old_positions.contains(column.name)) continue;
    added = true;
    if (before.is_event || column.default_value) continue;
    report(ErrorKind::kAddColumn, "adding column " + quoted(column.name) + " to table " +
                                      quoted(name) + " needs a default value for it");
  }
  if (before.is_event) {
    if (!reschema && !added && !types_changed) return;
    table_step(Kind::kReschemaEventTable, name, name);
    disconnects_ = true;
  } else if (added) {
    table_step(Kind::kAddColumns, name, name);
    disconnects_ = true;
  } else if (types_changed) {
    table_step(Kind::kChangeColumns, name, name);
  }
}

void Planner::indexes() {
  PlacedMap<IndexDef> before = collect(old_, &TableDef::indexes);
  PlacedMap<IndexDef> after = collect(new_, &TableDef::indexes);
  for (const auto& [name, placed] : before) {
    auto it = after.find(name);
    if (it != after.end()) {
      index(placed, it->second);
    } else if (new_table(placed.table->qualified_name) != nullptr) {
      table_step(Kind::kRemoveIndex, name, placed.table->qualified_name);
    }
  }
  for (const auto& [name, placed] : after) {
    if (!before.contains(name) && old_table(placed.table->qualified_name) != nullptr) {
      table_step(Kind::kAddIndex, name, placed.table->qualified_name);
    }
  }
}

void Planner::index(const Placed<IndexDef>& before, const Placed<IndexDef>& after) {
  const std::string& name = after.def->qualified_name;
  const std::string& table = after.table->qualified_name;
  if (before.def->accessor_name != after.def->accessor_name) {
    report(ErrorKind::kChangeIndexAccessor,
           "changing the accessor of index " + quoted(name) + " from " +
               quoted(before.def->accessor_name.value_or("(none)")) + " to " +
               quoted(after.def->accessor_name.value_or("(none)")) + " needs a manual migration");
  } else if (before.def->algorithm != after.def->algorithm ||
             before.def->columns != after.def->columns) {
    table_step(Kind::kRemoveIndex, name, before.table->qualified_name);
    table_step(Kind::kAddIndex, name, table);
  } else if (before.def->source_name != after.def->source_name) {
    table_step(Kind::kChangeIndexSourceName, name, table);
  }
}

void Planner::sequences() {
  PlacedMap<SequenceDef> before = collect(old_, &TableDef::sequences);
  PlacedMap<SequenceDef> after = collect(new_, &TableDef::sequences);
  for (const auto& [name, placed] : before) {
    if (!after.contains(name) && new_table(placed.table->qualified_name) != nullptr) {
      table_step(Kind::kRemoveSequence, name, placed.table->qualified_name);
    }
  }
  for (const auto& [name, placed] : after) {
    auto it = before.find(name);
    if (it == before.end()) {
      if (old_table(placed.table->qualified_name) != nullptr) add_sequence(placed);
    } else if (!same_sequence(*it->second.def, *placed.def)) {
      table_step(Kind::kRemoveSequence, name, it->second.table->qualified_name);
      add_sequence(placed);
    }
  }
}

void Planner::add_sequence(const Placed<SequenceDef>& sequence) {
  const SequenceDef& def = *sequence.def;
  const std::string& table = sequence.table->qualified_name;
  table_step(Kind::kAddSequence, def.qualified_name, table);
  plan_.prechecks.push_back({MigrationPrecheckKind::kSequenceRangeIsUnused,
                             table,
                             def.qualified_name,
                             {def.column},
                             def.min_or_default(),
                             def.max_or_default()});
}

void Planner::constraints() {
  PlacedMap<ConstraintDef> before = collect(old_, &TableDef::constraints);
  PlacedMap<ConstraintDef> after = collect(new_, &TableDef::constraints);
  for (const auto& [name, placed] : after) {
    const std::string& table = placed.table->qualified_name;
    auto it = before.find(name);
    if (it == before.end()) {
      if (old_table(table) == nullptr) continue;
      table_step(Kind::kAddConstraint, name, table);
      plan_.prechecks.push_back(
          {MigrationPrecheckKind::kUniqueConstraintHolds, table, name, placed.def->columns});
    } else if (it->second.def->columns != placed.def->columns) {
      report(ErrorKind::kChangeUniqueConstraint,
             "changing unique constraint " + quoted(name) + " needs a manual migration");
    }
  }
  for (const auto& [name, placed] : before) {
    if (!after.contains(name) && new_table(placed.table->qualified_name) != nullptr) {
      table_step(Kind::kRemoveConstraint, name, placed.table->qualified_name);
    }
  }
}

// The texts may name any table, so all are dropped before tables change and come back afterwards.
void Planner::row_level_security() {
  const std::vector<std::string>& before = old_.row_level_security();
  const std::vector<std::string>& after = new_.row_level_security();
  for (const std::string& sql : before) {
    plan_.steps.push_back({Kind::kRemoveRowLevelSecurity, sql, {}});
  }
  for (const std::string& sql : after) {
    plan_.steps.push_back({Kind::kAddRowLevelSecurity, sql, {}});
  }
  std::set<std::string> old_set(before.begin(), before.end());
  if (old_set != std::set<std::string>(after.begin(), after.end())) disconnects_ = true;
}

void Planner::sort_steps() {
  // Within a kind the root's things come first, then namespace by namespace.
  auto key = [](const MigrationStep& step) {
    std::string_view name = step.name;
    bool sql =
        step.kind == Kind::kRemoveRowLevelSecurity || step.kind == Kind::kAddRowLevelSecurity;
    size_t dot = sql ? std::string_view::npos : name.rfind('.');
    std::string_view space = dot == std::string_view::npos ? "" : name.substr(0, dot);
    return std::tuple(step.kind, space, name, std::string_view(step.column));
  };
  std::sort(plan_.steps.begin(), plan_.steps.end(),
            [&](const MigrationStep& a, const MigrationStep& b) { return key(a) < key(b); });
}

}  // namespace

bool MigrationPlan::breaks_clients() const {
  return std::any_of(steps.begin(), steps.end(), [](const MigrationStep& step) {
    return step.kind == MigrationStepKind::kDisconnectAllUsers;
  });
}

Result<MigrationPlan> plan_migration(const ModuleDef& old_def, const ModuleDef& new_def,
                                     MigrationErrors* errors) {
  errors->clear();
  MigrationPlan plan = Planner(old_def, new_def, errors).run();
  if (errors->empty()) return plan;
  std::sort(errors->begin(), errors->end());
  errors->erase(std::unique(errors->begin(), errors->end()), errors->end());
  std::string text;
  for (const MigrationError& error : *errors) {
    if (!text.empty()) text += '\n';
    text += error.message;
  }
  return Error(ErrorCode::kInvalidArgument, std::move(text));
}

Result<MigrationPlan> plan_migration(const ModuleDef& old_def, const ModuleDef& new_def) {
  MigrationErrors errors;
  return plan_migration(old_def, new_def, &errors);
}

}  // namespace orrery::schema
