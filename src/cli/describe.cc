// orrery describe.
#include <cstdio>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/project_config.h"
#include "cli/remote_schema.h"
#include "schema/export.h"
#include "types/json.h"
#include "types/sats_json.h"

namespace orrery::cli {
using schema::ModuleDef;
using schema::TableDef;

namespace {

constexpr Option kOptions[] = {
    {.name = "json", .help = "the definition as the server has it, for programs"},
    kServerOption,
    kAnonymousOption,
    kNoConfigOption,
    kYesOption,
    kHelpOption,
};

std::string columns_of(const TableDef& table, const schema::ColumnList& columns) {
  std::string out;
  for (uint16_t column : columns) {
    out += (out.empty() ? "" : ", ") + table.columns[column].name;
  }
  return out;
}

void print_table(const ModuleDef& module, const TableDef& table) {
  std::printf("table %s%s%s\n", table.qualified_name.c_str(),
              table.access == schema::TableAccess::kPrivate ? ", private" : "",
              table.is_event ? ", events" : "");
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const schema::ColumnDef& column = table.columns[i];
    std::string line = "  " + column.name + ": " + type_text(module, column.type);
    if (table.primary_key && *table.primary_key == i) line += ", primary key";
    if (table.sequence_of_column(static_cast<uint16_t>(i)) != nullptr) line += ", auto-increment";
    std::printf("%s\n", line.c_str());
  }
  for (const schema::IndexDef& index : table.indexes) {
    std::printf("  index (%s), %s%s\n", columns_of(table, index.columns).c_str(),
                std::string(schema::index_algorithm_name(index.algorithm)).c_str(),
                index.is_unique ? ", unique" : "");
  }
  if (table.schedule) {
    std::printf("  schedules %s\n", table.schedule->qualified_function_name.c_str());
  }
}

enum class What : uint8_t { kAll, kTables, kReducers, kProcedures, kViews };

Result<What> what_of(const std::vector<std::string>& words) {
  if (words.empty()) return What::kAll;
  const std::string& kind = words[0];
  if (kind == "table") return What::kTables;
  if (kind == "reducer") return What::kReducers;
  if (kind == "procedure") return What::kProcedures;
  if (kind == "view") return What::kViews;
  return usage_error("describe knows table, reducer, procedure and view, not '" + kind + "'");
}

/// Prints what is asked for; the number of things printed.
int print_module(const ModuleDef& module, What what, const std::string& name) {
  int printed = 0;
  auto wanted = [&](What kind, const std::string& own) {
    bool is = (what == What::kAll || what == kind) && (name.empty() || name == own);
    if (is) ++printed;
    return is;
  };
  for (const TableDef* table : module.all_tables()) {
    if (wanted(What::kTables, table->qualified_name)) print_table(module, *table);
  }
  for (const auto& view : module.all_views()) {
    if (!wanted(What::kViews, view.def->qualified_name)) continue;
    std::printf("view %s%s -> %s\n", view.def->qualified_name.c_str(),
                parameters_text(*view.module, view.def->params).c_str(),
                type_text(*view.module, view.def->return_type).c_str());
  }
  for (const auto& reducer : module.all_reducers()) {
    if (!wanted(What::kReducers, reducer.def->qualified_name)) continue;
    std::string note;
    if (reducer.def->lifecycle) {
      note = ", " + std::string(schema::lifecycle_name(*reducer.def->lifecycle));
    } else if (reducer.def->visibility == schema::FunctionVisibility::kPrivate) {
      note = ", private";
    }
    std::printf("reducer %s%s%s\n", reducer.def->qualified_name.c_str(),
                parameters_text(*reducer.module, reducer.def->params).c_str(), note.c_str());
  }
  for (const auto& procedure : module.all_procedures()) {
    if (!wanted(What::kProcedures, procedure.def->qualified_name)) continue;
    std::printf("procedure %s%s -> %s\n", procedure.def->qualified_name.c_str(),
                parameters_text(*procedure.module, procedure.def->params).c_str(),
                type_text(*procedure.module, procedure.def->return_type).c_str());
  }
  return printed;
}

/// The entry of that kind and name in the definition's JSON (version 9, which has canonical names).
Result<int> print_entity_json(const std::string& text, What what, const std::string& name) {
  auto json = types::JsonValue::parse(text);
  const types::JsonValue* list =
      json ? json->find(what == What::kTables ? "tables" : "reducers") : nullptr;
  if (what != What::kTables && what != What::kReducers) {
    return usage_error("with --json one entity is a table or a reducer");
  }
  if (list == nullptr || !list->is(types::JsonKind::kArray)) {
    return failed_error("the server's answer is no module definition");
  }
  for (const types::JsonValue& item : list->items()) {
    const types::JsonValue* own = item.find("name");
    if (own == nullptr || !own->is(types::JsonKind::kString) || own->as_string() != name) continue;
    std::printf("%s\n", item.to_string().c_str());
    return kExitOk;
  }
  return not_found_error("nothing of that kind is called '" + name + "'");
}

Result<int> run(const Arguments& arguments) {
  // [DATABASE] [KIND NAME]
  size_t count = arguments.positional().size() >= 2 ? 2 : 0;
  ORRERY_TRY_ASSIGN(DatabaseWords words, take_database(arguments, Rest::kExactly, count, ""));
  ORRERY_TRY_ASSIGN(What what, what_of(words.rest));
  std::string name = words.rest.size() > 1 ? words.rest[1] : "";
  ORRERY_TRY_ASSIGN(ServerClient client,
                    ServerClient::open(arguments, words.server, Login::kIfThere));
  if (arguments.has("json")) {
    ORRERY_TRY_ASSIGN(std::string text,
                      fetch_schema_text(client, words.database, schema::DefVersion::kV9));
    if (what != What::kAll) return print_entity_json(text, what, name);
    std::printf("%s\n", text.c_str());
    return kExitOk;
  }
  ORRERY_TRY_ASSIGN(ModuleDef module, fetch_schema(client, words.database));
  if (print_module(module, what, name) == 0 && !name.empty()) {
    return not_found_error("'" + words.database + "' has no " + words.rest[0] + " '" + name + "'");
  }
  return kExitOk;
}

}  // namespace

constexpr Command kDescribeCommand = {
    .name = "describe",
    .summary = "show the tables and functions of a database",
    .usage = "[DATABASE] [table|reducer|procedure|view NAME] [options]",
    .about =
        "Shows what a database's module has: tables with columns and indexes, views, reducers\n"
        "and procedures with their parameters. With --json its definition, version 9.\n",
    .options = kOptions,
    .examples =
        "  orrery describe chat\n"
        "  orrery describe chat table message\n"
        "  orrery describe chat --json | jq '.reducers[].name'\n",
    .run = run,
};

}  // namespace orrery::cli
