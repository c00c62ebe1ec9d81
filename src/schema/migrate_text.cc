// A migration plan as text, plain or with ANSI colours.
#include <algorithm>
#include <set>

#include "schema/migrate.h"
#include "schema/validation_errors.h"
#include "types/sats_json.h"

namespace orrery::schema {
namespace {

using types::AlgebraicType;
using types::TypeElement;
using types::TypeKind;
using Kind = MigrationStepKind;

// SGR codes.
enum class Colour : uint8_t {
  kRed = 31,
  kGreen = 32,
  kYellow = 33,
  kBlue = 34,
  kMagenta = 35,
  kCyan = 36,
  kOnRed = 41
};
enum class Weight : uint8_t { kNormal, kBold };

/// The structure of a type, special forms too; shortened where it is very large.
void append_type(const AlgebraicType& type, std::string* out) {
  if (type.node_count() > 1000) {
    *out += type_text(type);
    return;
  }
  switch (type.kind()) {
    case TypeKind::kArray:
      *out += "Array<";
      append_type(type.array_element(), out);
      *out += ">";
      return;
    case TypeKind::kProduct:
    case TypeKind::kSum: {
      bool product = type.is(TypeKind::kProduct);
      auto elements = type.elements();
      *out += !product && elements.empty() ? "(|" : "(";
      for (size_t i = 0; i < elements.size(); ++i) {
        if (i > 0) *out += product ? ", " : " | ";
        if (elements[i].name) *out += *elements[i].name + ": ";
        if (!elements[i].name && product) *out += std::to_string(i) + ": ";
        append_type(elements[i].type, out);
      }
      *out += ")";
      return;
    }
    default:
      *out += type.to_string();
      return;
  }
}

std::string_view function_kind_text(FunctionKind kind) {
  switch (kind) {
    case FunctionKind::kReducer:
      return "reducer";
    case FunctionKind::kProcedure:
      return "procedure";
    case FunctionKind::kUnknown:
      break;
  }
  return "function";
}

std::string column_list(const TableDef& table, const ColumnList& columns) {
  std::string out = "[";
  for (uint16_t column : columns) {
    if (out.size() > 1) out += ", ";
    out += table.columns[column].name;
  }
  return out + "]";
}

template <class Def>
const Def* by_qualified_name(const std::vector<Def>& defs, const std::string& name) {
  for (const Def& def : defs) {
    if (def.qualified_name == name) return &def;
  }
  return nullptr;
}

class PlanPrinter {
 public:
  PlanPrinter(const MigrationPlan& plan, PlanStyle style) : plan_(plan), style_(style) {}

  std::string print() {
    std::string rule;
    for (int i = 0; i < 60; ++i) rule += "\u2501";
    line(rule);
    paint("Database Migration Plan", Colour::kBlue, Weight::kBold);
    out_ += "\n";
    line(rule);
    out_ += "\n";
    for (const MigrationStep& step : plan_.steps) print_step(step);
    return std::move(out_);
  }

 private:
  enum class Action : uint8_t { kCreated, kRemoved, kChanged };

  void line(std::string_view text) { ((out_ += std::string(4 * indent_, ' ')) += text) += "\n"; }
  void paint(std::string_view text, Colour colour, Weight weight) {
    if (style_ == PlanStyle::kPlain) {
      out_ += text;
      return;
    }
    out_ += "\x1b[0m";
    if (weight == Weight::kBold) out_ += "\x1b[1m";
    out_ += "\x1b[" + std::to_string(static_cast<int>(colour)) + "m";
    (out_ += text) += "\x1b[0m";
  }
  void name(std::string_view text) { paint(text, Colour::kCyan, Weight::kBold); }
  void heading(std::string_view text) {
    out_ += std::string(4 * indent_, ' ');
    paint(text, Colour::kBlue, Weight::kBold);
    out_ += "\n";
  }
  void action(Action what, std::string_view rest) {
    out_ += "\u25b8 ";
    if (what == Action::kCreated) paint("Created", Colour::kGreen, Weight::kBold);
    if (what == Action::kRemoved) paint("Removed", Colour::kRed, Weight::kBold);
    if (what == Action::kChanged) paint("Changed", Colour::kYellow, Weight::kBold);
    (out_ += " ") += rest;
  }
  void bullet(std::string_view mark, std::string_view text, const AlgebraicType& type) {
    ((out_ += std::string(4 * indent_, ' ')) += mark) += text;
    out_ += ": ";
    type_name(type);
    out_ += "\n";
  }
  void type_name(const AlgebraicType& type) {
    std::string text;
    append_type(type, &text);
    paint(text, Colour::kMagenta, Weight::kNormal);
  }

  void print_step(const MigrationStep& step);
  void created_table(const TableDef& table);
  void view(const ViewDef& view, Action what);
  void columns(std::string_view title, const std::vector<ColumnDef>& columns);
  void index(const MigrationStep& step, const TableDef& table, Action what);
  void constraint(const MigrationStep& step, const TableDef& table, Action what);
  void sequence(const MigrationStep& step, const TableDef& table, Action what);
  void schedule(const TableDef& table, Action what);
  void policy(const MigrationStep& step, Action what);
  void changed_columns(const MigrationStep& step);
  void added_columns(const MigrationStep& step);
  void changed_access(const MigrationStep& step);
  void changed_primary_key(const MigrationStep& step);

  const MigrationPlan& plan_;
  PlanStyle style_;
  std::string out_;
  size_t indent_ = 0;
};

void PlanPrinter::print_step(const MigrationStep& step) {
  switch (step.kind) {
    case Kind::kRemoveIndex:
      return index(step, *step.old_table, Action::kRemoved);
    case Kind::kRemoveConstraint:
      return constraint(step, *step.old_table, Action::kRemoved);
    case Kind::kRemoveSequence:
      return sequence(step, *step.old_table, Action::kRemoved);
    case Kind::kRemoveSchedule:
      return schedule(*step.old_table, Action::kRemoved);
    case Kind::kRemoveView:
      return view(*step.old_view, Action::kRemoved);
    case Kind::kRemoveRowLevelSecurity:
      return policy(step, Action::kRemoved);
    case Kind::kRemoveTable:
      action(Action::kRemoved, "table: ");
      name(step.name);
      out_ += "\n\n";
      return;
    case Kind::kChangeColumns:
      return changed_columns(step);
    case Kind::kReschemaEventTable:
      action(Action::kChanged, "schema of event table ");
      break;
    case Kind::kAddColumns:
      return added_columns(step);
    case Kind::kChangeIndexSourceName:
      return index(step, *step.new_table, Action::kChanged);
    case Kind::kChangeTableAccessorName:
      action(Action::kChanged, "table accessor name for ");
      break;
    case Kind::kChangeColumnAccessorName:
      action(Action::kChanged, "column accessor name for ");
      name(step.name);
      out_ += ".";
      paint(step.column, Colour::kMagenta, Weight::kBold);
      out_ += "\n";
      return;
    case Kind::kAddTable:
      return created_table(*step.new_table);
    case Kind::kAddIndex:
      return index(step, *step.new_table, Action::kCreated);
    case Kind::kAddConstraint:
      return constraint(step, *step.new_table, Action::kCreated);
    case Kind::kAddSequence:
      return sequence(step, *step.new_table, Action::kCreated);
    case Kind::kAddSchedule:
      return schedule(*step.new_table, Action::kCreated);
    case Kind::kAddView:
      return view(*step.new_view, Action::kCreated);
    case Kind::kAddRowLevelSecurity:
      return policy(step, Action::kCreated);
    case Kind::kChangeAccess:
      return changed_access(step);
    case Kind::kChangePrimaryKey:
      return changed_primary_key(step);
    case Kind::kUpdateView:  // Its definition is the same; only what it computes may differ.
      return;
    case Kind::kDisconnectAllUsers:
      paint("!!! Warning: this breaks connected clients; all of them will be disconnected",
            Colour::kOnRed, Weight::kBold);
      out_ += "\n";
      return;
  }
  name(step.name);
  out_ += "\n";
}

void PlanPrinter::columns(std::string_view title, const std::vector<ColumnDef>& columns) {
  if (columns.empty()) return;
  heading(title);
  ++indent_;
  for (const ColumnDef& column : columns) bullet("\u2022 ", column.name, column.resolved_type);
  --indent_;
}

void PlanPrinter::created_table(const TableDef& table) {
  action(Action::kCreated, table.type == TableType::kSystem ? "system table: " : "user table: ");
  name(table.qualified_name);
  out_ += " (";
  paint(table.access == TableAccess::kPublic ? "public" : "private", Colour::kGreen,
        Weight::kNormal);
  out_ += ")\n";
  ++indent_;
  columns("Columns:", table.columns);
  auto section = [&](std::string_view title, const auto& defs, auto text) {
    if (defs.empty()) return;
    heading(title);
    ++indent_;
    for (const auto& def : defs) line("\u2022 " + def.name + " on " + text(def));
    --indent_;
  };
  auto over = [&](const auto& def) { return column_list(table, def.columns); };
  section("Unique constraints:", table.constraints, over);
  section("Indexes:", table.indexes, over);
  section("Auto-increment constraints:", table.sequences,
          [&](const SequenceDef& def) { return table.columns[def.column].name; });
  if (table.schedule) {
    heading("Schedule:");
    ++indent_;
    line("\u2022 Calls " + std::string(function_kind_text(table.schedule->function_kind)) + ": " +
         table.schedule->function_name);
    --indent_;
  }
  --indent_;
  out_ += "\n";
}

void PlanPrinter::view(const ViewDef& view, Action what) {
  action(what, view.is_anonymous ? "anonymous view: " : "view: ");
  name(view.qualified_name);
  out_ += "\n";
  ++indent_;
  columns("Parameters:", view.param_columns);
  columns("Columns:", view.columns);
  --indent_;
  out_ += "\n";
}

void PlanPrinter::index(const MigrationStep& step, const TableDef& table, Action what) {
  const IndexDef* def = by_qualified_name(table.indexes, step.name);
  if (def == nullptr) return;
  action(what, "index " + def->name + " on " + column_list(table, def->columns) + " of table ");
  name(table.qualified_name);
  out_ += "\n";
}

void PlanPrinter::constraint(const MigrationStep& step, const TableDef& table, Action what) {
  const ConstraintDef* def = by_qualified_name(table.constraints, step.name);
  if (def == nullptr) return;
  action(what, "unique constraint " + def->name + " on " + column_list(table, def->columns) +
                   " of table ");
  name(table.qualified_name);
  out_ += "\n";
}

void PlanPrinter::sequence(const MigrationStep& step, const TableDef& table, Action what) {
  const SequenceDef* def = by_qualified_name(table.sequences, step.name);
  if (def == nullptr) return;
  action(what, "auto-increment constraint " + def->name + " on column " +
                   table.columns[def->column].name + " of table ");
  name(table.qualified_name);
  out_ += "\n";
}

void PlanPrinter::schedule(const TableDef& table, Action what) {
  action(what, "schedule for table ");
  name(table.qualified_name);
  out_ += " calling " + std::string(function_kind_text(table.schedule->function_kind)) + " " +
          table.schedule->function_name + "\n";
}

void PlanPrinter::policy(const MigrationStep& step, Action what) {
  // All policies are dropped and made anew; only those that differ are news.
  const std::vector<std::string>& before = plan_.old_def->row_level_security();
  const std::vector<std::string>& after = plan_.new_def->row_level_security();
  bool in_both = std::find(before.begin(), before.end(), step.name) != before.end() &&
                 std::find(after.begin(), after.end(), step.name) != after.end();
  if (in_both) return;
  action(what, "row level security policy:\n    `");
  paint(step.name, Colour::kBlue, Weight::kNormal);
  out_ += "`\n";
}

void PlanPrinter::changed_columns(const MigrationStep& step) {
  action(Action::kChanged, "columns for table ");
  name(step.name);
  out_ += "\n";
  const std::vector<ColumnDef>& before = step.old_table->columns;
  const std::vector<ColumnDef>& after = step.new_table->columns;
  for (size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    if (before[i].resolved_type == after[i].resolved_type) continue;
    out_ += "    ~ Modified: " + after[i].name + " (";
    type_name(before[i].resolved_type);
    out_ += " \u2192 ";
    type_name(after[i].resolved_type);
    out_ += ")\n";
  }
}

void PlanPrinter::added_columns(const MigrationStep& step) {
  const std::vector<ColumnDef>& before = step.old_table->columns;
  const std::vector<ColumnDef>& after = step.new_table->columns;
  action(Action::kCreated,
         after.size() - before.size() > 1 ? "columns in table " : "column in table ");
  name(step.name);
  out_ += "\n";
  for (size_t i = before.size(); i < after.size(); ++i) {
    out_ += "    + " + after[i].name + ": ";
    type_name(after[i].resolved_type);
    std::string value;
    if (after[i].default_value &&
        types::bsatn_to_json(after[i].resolved_type, *after[i].default_value,
                             types::JsonShape::kTyped, &value)) {
      out_ += " (default: " + value + ")";
    }
    out_ += "\n";
  }
}

void PlanPrinter::changed_access(const MigrationStep& step) {
  bool is_table = step.new_table != nullptr;
  bool is_public =
      is_table ? step.new_table->access == TableAccess::kPublic : step.new_view->is_public;
  action(Action::kChanged, is_table ? "access for table " : "access for view ");
  name(step.name);
  out_ += " (";
  paint(is_public ? "private \u2192 public" : "public \u2192 private", Colour::kGreen,
        Weight::kNormal);
  out_ += ")\n";
}

void PlanPrinter::changed_primary_key(const MigrationStep& step) {
  const std::optional<uint16_t>& before = step.old_table->primary_key;
  const std::optional<uint16_t>& after = step.new_table->primary_key;
  action(Action::kChanged, "primary key on table ");
  name(step.name);
  if (!after) {
    out_ += " (removed)\n";
    return;
  }
  out_ += before ? " (changed to column " : " (added on column ";
  out_ += step.new_table->columns[*after].name + ")\n";
}

}  // namespace

std::string_view migration_step_kind_name(MigrationStepKind kind) {
  constexpr std::string_view kNames[] = {"RemoveIndex",
                                         "RemoveConstraint",
                                         "RemoveSequence",
                                         "RemoveSchedule",
                                         "RemoveView",
                                         "RemoveRowLevelSecurity",
                                         "RemoveTable",
                                         "ChangeColumns",
                                         "ReschemaEventTable",
                                         "AddColumns",
                                         "ChangeIndexSourceName",
                                         "ChangeTableAccessorName",
                                         "ChangeColumnAccessorName",
                                         "AddTable",
                                         "AddIndex",
                                         "AddConstraint",
                                         "AddSequence",
                                         "AddSchedule",
                                         "AddView",
                                         "AddRowLevelSecurity",
                                         "ChangeAccess",
                                         "ChangePrimaryKey",
                                         "UpdateView",
                                         "DisconnectAllUsers"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view migration_error_kind_name(MigrationErrorKind kind) {
  constexpr std::string_view kNames[] = {"AddColumn",
                                         "RemoveColumn",
                                         "ReorderTable",
                                         "ChangeColumnType",
                                         "ChangeWithinColumnType",
                                         "ChangeColumnTypeFewerVariants",
                                         "ChangeWithinColumnTypeFewerVariants",
                                         "ChangeColumnTypeRenamedVariant",
                                         "ChangeWithinColumnTypeRenamedVariant",
                                         "ChangeColumnTypeSizeMismatch",
                                         "ChangeWithinColumnTypeSizeMismatch",
                                         "ChangeColumnTypeAlignMismatch",
                                         "ChangeWithinColumnTypeAlignMismatch",
                                         "ChangeColumnTypeFewerFields",
                                         "ChangeWithinColumnTypeFewerFields",
                                         "ChangeColumnTypeRenamedField",
                                         "ChangeWithinColumnTypeRenamedField",
                                         "ChangeUniqueConstraint",
                                         "ChangeTableType",
                                         "ChangeTableEventFlag",
                                         "ChangeIndexAccessor"};
  return kNames[static_cast<size_t>(kind)];
}

std::string migration_plan_text(const MigrationPlan& plan, PlanStyle style) {
  return PlanPrinter(plan, style).print();
}

}  // namespace orrery::schema
