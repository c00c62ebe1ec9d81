#include "schema/export.h"

#include <algorithm>
#include <utility>

namespace orrery::schema {
namespace {

RawSequence raw_sequence(const SequenceDef& def) {
  return {def.name, def.column, def.start, def.min_value, def.max_value, def.increment};
}

/// Without what differs between the versions.
RawTable raw_table(const TableDef& def) {
  RawTable out;
  out.product_type_ref = def.product_type_ref;
  if (def.primary_key) out.primary_key = {*def.primary_key};
  for (const ConstraintDef& constraint : def.constraints) {
    out.constraints.push_back({constraint.name, constraint.columns});
  }
  for (const SequenceDef& sequence : def.sequences) {
    out.sequences.push_back(raw_sequence(sequence));
  }
  out.type = def.type;
  out.access = def.access;
  return out;
}

RawType raw_type(const TypeDef& def) {
  return {def.scope, def.name, def.ref, def.custom_ordering};
}

RawView raw_view(const ViewDef& def, const std::string& name) {
  return {name, def.index, def.is_public, def.is_anonymous, def.params, def.return_type};
}

class V10Writer {
 public:
  explicit V10Writer(const ModuleDef& def) : def_(def) {}

  RawModuleDefV10 write() {
    out_.typespace = def_.typespace();
    // Columns and fields have no explicit names, so they must not be converted again.
    out_.case_conversion_policy = def_.case_conversion_policy();
    for (const TypeDef& type : def_.types()) out_.types.push_back(raw_type(type));
    for (const TableDef& table : def_.tables()) add_table(table);
    for (const ReducerDef& reducer : def_.reducers()) add_reducer(reducer);
    for (const ProcedureDef& procedure : def_.procedures()) {
      name(NameKind::kFunction, procedure.accessor_name, procedure.name);
      out_.procedures.push_back(
          {procedure.accessor_name, procedure.params, procedure.return_type, procedure.visibility});
    }
    for (const HttpHandlerDef& handler : def_.http_handlers()) {
      name(NameKind::kFunction, handler.accessor_name, handler.name);
      out_.http_handlers.push_back(handler.accessor_name);
    }
    for (const HttpRouteDef& route : def_.http_routes()) {
      const HttpHandlerDef& handler = def_.http_handlers()[route.handler_id];
      out_.http_routes.push_back({handler.accessor_name, route.method, route.path});
    }
    for (const ViewDef& view : def_.views()) add_view(view);
    out_.row_level_security = def_.row_level_security();
    out_.environment = def_.environment();
    for (const ModuleDef& sub : def_.submodules()) {
      out_.submodules.push_back({sub.path().back(), to_raw_v10(sub)});
    }
    out_.order_by_tag();
    return std::move(out_);
  }

 private:
  void name(NameKind kind, const std::string& source, const std::string& canonical) {
    out_.explicit_names.push_back({kind, source, canonical});
  }

  void add_table(const TableDef& table) {
    RawTable raw = raw_table(table);
    raw.name = table.accessor_name;
    name(NameKind::kTable, table.accessor_name, table.name);
    for (const IndexDef& index : table.indexes) {
      raw.indexes.push_back(
          {index.source_name, index.accessor_name, index.algorithm, index.columns});
      name(NameKind::kIndex, index.source_name, index.name);
    }
    for (size_t i = 0; i < table.columns.size(); ++i) {
      const std::optional<std::string>& value = table.columns[i].default_value;
      if (value) raw.defaults.push_back({static_cast<uint16_t>(i), *value});
    }
    raw.is_event = table.is_event;
    if (table.schedule) {
      out_.schedules.push_back({table.schedule->name, table.accessor_name,
                                table.schedule->at_column, source_of_function(*table.schedule)});
    }
    out_.tables.push_back(std::move(raw));
  }

  std::string source_of_function(const ScheduleDef& schedule) const {
    if (auto reducer = def_.find_reducer(schedule.function_name)) return reducer.def->accessor_name;
    if (auto found = def_.find_procedure(schedule.function_name)) return found.def->accessor_name;
    return schedule.function_name;
  }

  void add_reducer(const ReducerDef& reducer) {
    name(NameKind::kFunction, reducer.accessor_name, reducer.name);
    RawReducer raw;
    raw.name = reducer.accessor_name;
    raw.params = reducer.params;
    raw.visibility = reducer.visibility;
    raw.ok_type = reducer.ok_type;
    raw.err_type = reducer.err_type;
    out_.reducers.push_back(std::move(raw));
    if (reducer.lifecycle) {
      out_.lifecycle_reducers.push_back({*reducer.lifecycle, reducer.accessor_name});
    }
  }

  void add_view(const ViewDef& view) {
    name(NameKind::kFunction, view.accessor_name, view.name);
    out_.views.push_back(raw_view(view, view.accessor_name));
    // The key of a query's view is inferred again. Names of columns are canonical in the typespace
    // that is written, so here too.
    if (view.returns == ViewReturn::kQuery || !view.primary_key) return;
    out_.view_primary_keys.push_back({view.accessor_name, {view.columns[*view.primary_key].name}});
  }

  const ModuleDef& def_;
  RawModuleDefV10 out_;
};

}  // namespace

RawModuleDefV9 to_raw_v9(const ModuleDef& def) {
  RawModuleDefV9 out;
  out.typespace = def.typespace();
  for (const TypeDef& type : def.types()) out.types.push_back(raw_type(type));
  for (const TableDef& table : def.tables()) {
    RawTable raw = raw_table(table);
    raw.name = table.name;
    for (const IndexDef& index : table.indexes) {
      raw.indexes.push_back({index.name, index.accessor_name, index.algorithm, index.columns});
    }
    if (table.schedule) {
      raw.schedule = RawSchedule{
          table.schedule->name, {}, table.schedule->at_column, table.schedule->function_name};
    }
    for (size_t i = 0; i < table.columns.size(); ++i) {
      const std::optional<std::string>& value = table.columns[i].default_value;
      if (!value) continue;
      out.misc_exports.push_back(RawColumnDefaultV9{table.name, static_cast<uint16_t>(i), *value});
    }
    out.tables.push_back(std::move(raw));
  }
  for (const ReducerDef& reducer : def.reducers()) {
    RawReducer raw;
    raw.name = reducer.name;
    raw.params = reducer.params;
    raw.lifecycle = reducer.lifecycle;
    out.reducers.push_back(std::move(raw));
  }
  for (const ProcedureDef& procedure : def.procedures()) {
    RawProcedure raw;
    raw.name = procedure.name;
    raw.params = procedure.params;
    raw.return_type = procedure.return_type;
    out.misc_exports.push_back(std::move(raw));
  }
  for (const ViewDef& view : def.views()) out.misc_exports.push_back(raw_view(view, view.name));
  out.row_level_security = def.row_level_security();
  return out;
}

RawModuleDefV10 to_raw_v10(const ModuleDef& def) {
  return V10Writer(def).write();
}

Result<std::string> schema_json(const ModuleDef& def, DefVersion version) {
  if (version == DefVersion::kV9) return module_def_to_json(to_raw_v9(def));
  return module_def_to_json(to_raw_v10(def));
}

}  // namespace orrery::schema
