// Validation of reducers, procedures, views and HTTP handlers.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "schema/names.h"
#include "schema/validator.h"

namespace orrery::schema {

using types::AlgebraicType;
using types::TypeElement;
using types::TypeForm;
using types::TypeKind;

namespace {

/// The row type of a view's result: Option<Ref>, Array<Ref> or { __query__: Ref }.
std::optional<std::pair<uint32_t, ViewReturn>> view_row(const AlgebraicType& type) {
  const AlgebraicType* row = nullptr;
  ViewReturn returns = ViewReturn::kArray;
  if (type.is(TypeForm::kQuery)) {
    row = &type.elements()[0].type;
    returns = ViewReturn::kQuery;
  } else if (type.is(TypeForm::kOption)) {
    row = &type.elements()[0].type;
    returns = ViewReturn::kOption;
  } else if (type.is(TypeKind::kArray)) {
    row = &type.array_element();
  }
  if (row == nullptr || !row->is(TypeKind::kRef)) return std::nullopt;
  return std::pair(row->ref_index(), returns);
}

bool is_route_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-_~/").find(c) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> Validator::params(const AlgebraicType& params, const std::string& owner) {
  std::vector<std::string> names;
  auto elements = params.elements();
  for (size_t i = 0; i < elements.size(); ++i) {
    std::string location = owner + " argument " + std::to_string(i);
    std::string name;
    if (elements[i].name) {
      location += " (" + quoted(*elements[i].name) + ")";
      name = identifier(with_policy(*elements[i].name)).value_or(*elements[i].name);
    } else {
      report(Kind::kClientCodegenError, location + ": every parameter needs a name",
             "NamelessReducerParam");
    }
    check_use(elements[i].type, location);
    names.push_back(std::move(name));
  }
  return names;
}

void Validator::reducers() {
  for (const RawReducer& raw : raw_.reducers) {
    params(raw.params, "reducer " + quoted(raw.name));
    if (!raw.ok_type.is(TypeForm::kUnit) || !raw.err_type.is(TypeKind::kString)) {
      report(Kind::kInvalidReducerReturnType,
             "reducer " + quoted(raw.name) + " returns Result<" + type_text(raw.ok_type) + ", " +
                 type_text(raw.err_type) + ">; it must be Result<(), String>");
    }
    identifier(raw.name);
    ReducerDef def;
    def.name = converted(raw.name, NameKind::kFunction).value_or(raw.name);
    def.accessor_name = raw.name;
    def.params = raw.params;
    def.visibility = raw.visibility;
    def.ok_type = raw.ok_type;
    def.err_type = raw.err_type;
    reducer_positions_.emplace(def.name, parts_.reducers.size());
    parts_.reducers.push_back(std::move(def));
  }
}

void Validator::procedures() {
  for (const RawProcedure& raw : raw_.procedures) {
    std::string owner = "procedure " + quoted(raw.name);
    params(raw.params, owner);
    check_use(raw.return_type, owner + " return value");
    identifier(raw.name);
    ProcedureDef def;
    def.name = converted(raw.name, NameKind::kFunction).value_or(raw.name);
    def.accessor_name = raw.name;
    def.params = raw.params;
    def.return_type = raw.return_type;
    def.visibility = raw.visibility;
    procedure_positions_.emplace(def.name, parts_.procedures.size());
    parts_.procedures.push_back(std::move(def));
  }
}

void Validator::views() {
  for (const RawView& raw : raw_.views) view(raw);
}

void Validator::view(const RawView& raw) {
  std::string owner = "view " + quoted(raw.name);
  auto row_of_result = view_row(raw.return_type);
  if (!row_of_result) {
    report(Kind::kInvalidViewReturnType,
           owner + " returns " + type_text(raw.return_type) +
               "; it must return an Option, an array or a query of a row type");
    return;
  }
  auto [row_ref, returns] = *row_of_result;
  const AlgebraicType* row = parts_.typespace.find(row_ref);
  if (row == nullptr || !row->is(TypeKind::kProduct) || row->elements().size() > UINT16_MAX) {
    report(Kind::kInvalidProductTypeRef, owner + " returns rows of &" + std::to_string(row_ref) +
                                             ", which is no product of at most " +
                                             std::to_string(UINT16_MAX) + " columns");
    return;
  }
  std::optional<std::string> name = converted(raw.name, NameKind::kFunction);
  if (!name) return;
  std::vector<std::string> param_names = params(raw.params, owner);
  check_use(AlgebraicType::array(AlgebraicType::ref(row_ref)), owner + " return value");
  add_global(*name);
  identifier(raw.name);
  ViewDef def;
  def.name = *name;
  def.accessor_name = raw.name;
  def.index = raw.index;
  def.is_public = raw.is_public;
  def.is_anonymous = raw.is_anonymous;
  def.params = raw.params;
  def.return_type = raw.return_type;
  def.returns = returns;
  def.product_type_ref = row_ref;
  def.columns = columns(row_ref, owner);
  std::vector<TypeElement> fields;
  for (const ColumnDef& column : def.columns) {
    fields.emplace_back(column.name, column.resolved_type);
  }
  def.row_type = AlgebraicType::product(std::move(fields));
  for (size_t i = 0; i < param_names.size(); ++i) {
    const TypeElement& param = raw.params.elements()[i];
    ColumnDef column;
    column.name = param_names[i];
    column.accessor_name = std::string(param.name_or_empty());
    column.type = param.type;
    column.resolved_type = resolved(param.type, owner + " argument " + std::to_string(i));
    def.param_columns.push_back(std::move(column));
  }
  parts_.views.push_back(std::move(def));
}

void Validator::lifecycles() {
  std::array<bool, kLifecycleCount> assigned = {};
  for (const RawLifecycleReducer& raw : raw_.lifecycle_reducers) {
    std::string event(lifecycle_name(raw.lifecycle));
    std::optional<std::string> name = converted(raw.function_name, NameKind::kFunction);
    if (!name) continue;
    auto it = reducer_positions_.find(*name);
    if (it == reducer_positions_.end()) {
      report(Kind::kLifecycleWithoutReducer, "lifecycle event " + event + " calls " +
                                                 quoted(raw.function_name) +
                                                 ", but there is no reducer of that name");
      continue;
    }
    ReducerDef& reducer = parts_.reducers[it->second];
    bool twice = std::exchange(assigned[static_cast<size_t>(raw.lifecycle)], true);
    if (twice || reducer.lifecycle) {
      report(Kind::kDuplicateLifecycle,
             twice ? "lifecycle event " + event + " has more than one reducer"
                   : "reducer " + quoted(raw.function_name) +
                         " is assigned to more than one lifecycle event, " + event + " among them");
      continue;
    }
    reducer.lifecycle = raw.lifecycle;
    reducer.visibility = FunctionVisibility::kPrivate;
  }
}

void Validator::function_names() {
  std::set<std::string_view> names;
  auto take = [&](const std::string& name) {
    if (names.insert(name).second) return;
    report(Kind::kDuplicateFunctionName,
           "name " + quoted(name) + " is taken by more than one reducer, procedure or view");
  };
  for (const ReducerDef& def : parts_.reducers) take(def.name);
  for (const ProcedureDef& def : parts_.procedures) take(def.name);
  for (const ViewDef& def : parts_.views) take(def.name);
}

void Validator::view_primary_keys() {
  std::unordered_map<std::string_view, ViewDef*> by_source_name;
  for (ViewDef& view : parts_.views) by_source_name.emplace(view.accessor_name, &view);
  std::set<std::string_view> seen;
  for (const RawViewPrimaryKey& raw : raw_.view_primary_keys) {
    std::string shown = "view " + quoted(raw.view_name);
    if (!seen.insert(raw.view_name).second) {
      report(Kind::kRepeatedViewPrimaryKey, shown + " declares more than one primary key");
      continue;
    }
    if (raw.columns.size() > 1) {
      report(Kind::kMultipleViewPrimaryKeyColumns,
             shown + " declares a primary key of more than one column");
      continue;
    }
    if (raw.columns.empty()) continue;
    auto it = by_source_name.find(raw.view_name);
    if (it == by_source_name.end()) {
      report(Kind::kViewPrimaryKeyViewNotFound,
             shown + " is given a primary key but does not exist");
      continue;
    }
    std::vector<ColumnDef>& columns = it->second->columns;
    auto column = std::find_if(columns.begin(), columns.end(), [&](const ColumnDef& c) {
      return c.accessor_name == raw.columns[0];
    });
    if (column == columns.end()) {
      report(Kind::kViewPrimaryKeyColumnNotFound,
             shown + " has no column " + quoted(raw.columns[0]) + ", which its primary key names");
      continue;
    }
    it->second->primary_key = static_cast<uint16_t>(column - columns.begin());
  }
}

void Validator::inferred_view_primary_keys() {
  // A query returns rows of the tables with its row type; where these disagree there is no key.
  std::map<uint32_t, std::set<uint16_t>> keys;
  for (const TableDef& table : parts_.tables) {
    if (table.primary_key) keys[table.product_type_ref].insert(*table.primary_key);
  }
  for (ViewDef& view : parts_.views) {
    if (view.returns != ViewReturn::kQuery || view.primary_key) continue;
    auto it = keys.find(view.product_type_ref);
    if (it != keys.end() && it->second.size() == 1) view.primary_key = *it->second.begin();
  }
}

void Validator::http_handlers() {
  std::set<std::string> names;
  for (const std::string& source_name : raw_.http_handlers) {
    identifier(source_name);
    std::optional<std::string> name = converted(source_name, NameKind::kFunction);
    if (!name) continue;
    if (!names.insert(*name).second) {
      report(Kind::kDuplicateHttpHandlerName,
             "name " + quoted(*name) + " is taken by more than one HTTP handler");
      continue;
    }
    parts_.http_handlers.push_back({*name, source_name});
  }
}

void Validator::http_routes() {
  std::unordered_map<std::string_view, uint32_t> handlers;
  for (uint32_t i = 0; i < parts_.http_handlers.size(); ++i) {
    handlers.emplace(parts_.http_handlers[i].name, i);
  }
  std::map<std::string_view, std::set<std::string_view>> methods_of_path;
  for (const RawHttpRoute& raw : raw_.http_routes) {
    const std::string& path = raw.path;
    if ((!path.empty() && path[0] != '/') ||
        !std::all_of(path.begin(), path.end(), is_route_character)) {
      report(Kind::kInvalidHttpRoutePath,
             "HTTP route " + quoted(path) +
                 " must be empty or begin with '/', and may hold a-z, 0-9 and -_~/ only");
      continue;
    }
    std::optional<std::string> name = converted(raw.handler_function, NameKind::kFunction);
    if (!name) continue;
    auto it = handlers.find(*name);
    if (it == handlers.end()) {
      report(Kind::kMissingHttpHandler, "HTTP route " + quoted(path) + " calls " +
                                            quoted(raw.handler_function) +
                                            ", but there is no HTTP handler of that name");
      continue;
    }
    std::string_view method = raw.method ? raw.method->token() : "*";
    std::set<std::string_view>& taken = methods_of_path[path];
    bool overlaps = raw.method ? taken.contains(method) || taken.contains("*") : !taken.empty();
    if (overlaps) {
      report(Kind::kDuplicateHttpRoute, "HTTP route " + quoted(path) +
                                            " is taken more than once (" +
                                            (raw.method ? quoted(method) : "any method") + ")");
    }
    taken.insert(method);
    parts_.http_routes.push_back({*name, it->second, raw.method, path});
  }
}

}  // namespace orrery::schema
