// Validation of names, types and submodules, and the order of the steps. Tables and functions have
// files of their own.
#include "schema/validate.h"

#include <algorithm>
#include <set>
#include <utility>

#include "schema/names.h"
#include "schema/raw_codec.h"
#include "schema/validator.h"

namespace orrery::schema {
namespace {

using types::AlgebraicType;
using types::TypeElement;
using types::Typespace;

constexpr size_t kNamespaceBytesMax = 63;

Typespace converted_typespace(const Typespace& space, CaseConversionPolicy policy) {
  if (policy == CaseConversionPolicy::kNone) return space;
  std::vector<AlgebraicType> types;
  for (const AlgebraicType& type : space.types()) types.push_back(with_converted_names(type));
  return Typespace(std::move(types));
}

std::vector<uint32_t> definition_refs(const std::vector<RawType>& types) {
  std::vector<uint32_t> refs;
  for (const RawType& type : types) refs.push_back(type.ref);
  return refs;
}

ModuleParts initial_parts(const RawModuleDefV10& raw, DefVersion version,
                          std::vector<std::string> path) {
  ModuleParts parts;
  parts.version = version;
  parts.policy = raw.case_conversion_policy;
  parts.path = std::move(path);
  parts.typespace = converted_typespace(raw.typespace, raw.case_conversion_policy);
  return parts;
}

/// Elements without names come first, then the names in their order.
bool has_default_order(const AlgebraicType& type) {
  auto elements = type.elements();
  for (size_t i = 1; i < elements.size(); ++i) {
    const auto& before = elements[i - 1].name;
    const auto& name = elements[i].name;
    if (before && (!name || *name < *before)) return false;
  }
  return true;
}

std::string scoped_name(const std::vector<std::string>& scope, const std::string& name) {
  std::string out;
  for (const std::string& segment : scope) out += segment + "::";
  return out + name;
}

}  // namespace

Validator::Validator(const RawModuleDefV10& raw, DefVersion version, std::vector<std::string> path,
                     ValidationErrors* errors)
    : raw_(raw),
      version_(version),
      errors_(errors),
      parts_(initial_parts(raw, version, std::move(path))),
      uses_(raw.typespace, definition_refs(raw.types)),
      resolver_(parts_.typespace) {
  for (const RawExplicitName& entry : raw.explicit_names) {
    Names* names = nullptr;
    switch (entry.kind) {
      case NameKind::kTable:
        names = &table_names_;
        break;
      case NameKind::kFunction:
        names = &function_names_;
        break;
      case NameKind::kIndex:
        names = &index_names_;
        break;
      case NameKind::kNamespace:
        names = &namespace_names_;
        break;
    }
    names->insert_or_assign(entry.source_name, entry.canonical_name);
  }
}

ModuleParts Validator::run() {
  reducers();
  procedures();
  http_handlers();
  views();
  tables();
  types();
  schedules();
  lifecycles();
  http_routes();
  function_names();
  view_primary_keys();
  inferred_view_primary_keys();
  std::set<std::string_view> seen;
  for (const std::string& sql : raw_.row_level_security) {
    if (seen.insert(sql).second) parts_.row_level_security.push_back(sql);
  }
  submodules();
  environment();
  if (!raw_.outboxes.empty()) {
    report(Kind::kOutboxesNotSupported,
           "table " + quoted(raw_.outboxes[0].table_name) +
               " is an outbox: calls of other databases' reducers are not supported yet");
  }
  return std::move(parts_);
}

void Validator::report(Kind kind, std::string message, std::string_view detail) {
  if (errors_->size() >= kValidationErrorsMax) return;
  if (!parts_.path.empty()) {
    std::string where = "in submodule `";
    for (const std::string& segment : parts_.path) where += segment + ".";
    where.back() = '`';
    message = where + ": " + message;
  }
  errors_->push_back({kind, detail, std::move(message)});
}

std::optional<std::string> Validator::identifier(const std::string& name) {
  IdentifierCheck check = check_identifier(name);
  std::string_view detail;
  switch (check.problem) {
    case IdentifierProblem::kNone:
      return name;
    case IdentifierProblem::kEmpty:
      detail = "Empty";
      break;
    case IdentifierProblem::kNotCanonical:
      detail = "NotCanonicalized";
      break;
    case IdentifierProblem::kReserved:
      detail = "Reserved";
      break;
    case IdentifierProblem::kInvalidStart:
      detail = "InvalidStart";
      break;
    case IdentifierProblem::kInvalidContinue:
      detail = "InvalidContinue";
      break;
  }
  report(Kind::kIdentifierError, describe_identifier(name, check), detail);
  return std::nullopt;
}

std::string Validator::with_policy(const std::string& source) const {
  bool snake = raw_.case_conversion_policy == CaseConversionPolicy::kSnakeCase;
  return convert_case(source, snake ? NameCase::kSnake : NameCase::kAsIs);
}

std::optional<std::string> Validator::resolve(const std::string& source,
                                              const Names& explicit_names) {
  auto it = explicit_names.find(source);
  return identifier(it != explicit_names.end() ? it->second : with_policy(source));
}

std::optional<std::string> Validator::converted(const std::string& source, NameKind kind) {
  switch (kind) {
    case NameKind::kTable:
      return resolve(source, table_names_);
    case NameKind::kFunction:
      return resolve(source, function_names_);
    case NameKind::kIndex:
      return resolve(source, index_names_);
    case NameKind::kNamespace:
      return resolve(source, namespace_names_);
  }
  return std::nullopt;
}

void Validator::add_global(const std::string& name) {
  if (global_.insert(name).second) return;
  report(Kind::kDuplicateName, "name " + quoted(name) +
                                   " is taken more than once by tables, views, indexes, "
                                   "constraints, sequences or schedules");
}

std::string Validator::bounded(std::string generated_name) {
  if (generated_name.size() > kGeneratedNameBytesMax) {
    report(Kind::kIdentifierError, "generated name " + quoted(generated_name) + " is too long",
           "TooLong");
    generated_name.resize(kGeneratedNameBytesMax);
  }
  return generated_name;
}

void Validator::check_use(const AlgebraicType& type, const std::string& location) {
  std::optional<TypeProblem> problem = uses_.check_use(type);
  if (!problem) return;
  report(Kind::kClientCodegenError, location + ": " + problem->message, problem->detail);
}

AlgebraicType Validator::resolved(const AlgebraicType& type, const std::string& location) {
  Result<AlgebraicType> out = resolver_.resolve(type);
  if (out) return std::move(*out);
  // Faulty references have been reported by check_use(); what is left is what a column cannot hold.
  if (!uses_.check_use(type)) {
    report(Kind::kClientCodegenError, location + ": " + out.error().message(), "TypeRefError");
  }
  return {};
}

void Validator::types() {
  std::set<std::pair<std::vector<std::string>, std::string>> names;
  for (const RawType& raw : raw_.types) {
    TypeDef def;
    check_type(raw, &def);
    if (!names.emplace(def.scope, def.name).second) {
      report(Kind::kDuplicateTypeName,
             "name " + quoted(def.full_name()) + " is taken by more than one type");
    }
    parts_.types.push_back(std::move(def));
  }
}

void Validator::check_type(const RawType& raw, TypeDef* out) {
  std::string shown = quoted(scoped_name(raw.scope, raw.name));
  const AlgebraicType* type = parts_.typespace.find(raw.ref);
  if (type == nullptr) {
    report(Kind::kInvalidTypeRef, "type " + shown + " refers to &" + std::to_string(raw.ref) +
                                      ", which is not in the typespace");
  } else {
    auto [known, first] = checked_types_.try_emplace(raw.ref, false);
    if (first) known->second = has_default_order(*type);
    if (!raw.custom_ordering && !known->second) {
      report(Kind::kTypeHasIncorrectOrdering,
             "type " + shown +
                 " declares no order of its own but is not ordered by name: " + type_text(*type));
    }
    std::vector<TypeProblem> problems;
    if (first) problems = uses_.check_definition(raw.ref);
    for (TypeProblem& problem : problems) {
      report(Kind::kClientCodegenError,
             "typespace entry &" + std::to_string(raw.ref) + ": " + problem.message,
             problem.detail);
    }
  }
  NameCase to = raw_.case_conversion_policy == CaseConversionPolicy::kNone ? NameCase::kAsIs
                                                                           : NameCase::kPascal;
  for (const std::string& segment : raw.scope) {
    out->scope.push_back(identifier(convert_case(segment, to)).value_or(segment));
  }
  out->name = identifier(convert_case(raw.name, to)).value_or(raw.name);
  out->ref = raw.ref;
  out->custom_ordering = raw.custom_ordering;
}

void Validator::environment() {
  constexpr size_t kDeclarationsMax = 256;
  auto refuse = [this](const std::string& what) {
    report(Kind::kInvalidEnvironment, "environment " + what);
  };
  if (!parts_.path.empty() && !raw_.environment.empty()) {
    refuse("declarations may stand in the root module only");
  }
  if (raw_.environment.size() > kDeclarationsMax) {
    return refuse("has more than " + std::to_string(kDeclarationsMax) + " declarations");
  }
  std::set<std::string_view> seen;
  for (const RawEnvironmentDeclaration& raw : raw_.environment) {
    // What is no name may be anything, a secret too.
    if (!is_environment_name(raw.name)) {
      refuse("declares something that is no name");
      continue;
    }
    const std::string key = "key " + quoted(raw.name);
    if (!seen.insert(raw.name).second) refuse(key + " is declared twice");
    if (raw.kind == EnvironmentKind::kUnion && raw.allowed.empty()) {
      refuse(key + " may have no value at all");
    }
    if (raw.allowed.size() > kDeclarationsMax) refuse(key + " has too many values");
    for (const std::string& value : raw.allowed) {
      if (value.size() > kEnvironmentValueBytesMax) refuse(key + " has a value that is too long");
    }
    parts_.environment.push_back(raw);
  }
}

void Validator::submodules() {
  std::set<std::string_view> seen;
  for (const RawSubmodule& raw : raw_.submodules) {
    const std::string& name = raw.name_space;
    if (name.size() > kNamespaceBytesMax) {
      report(Kind::kNamespaceTooLong, "submodule namespace " + quoted(name) + " has " +
                                          std::to_string(name.size()) + " bytes; the limit is " +
                                          std::to_string(kNamespaceBytesMax));
    }
    if (!identifier(name)) continue;
    if (!seen.insert(name).second) {
      report(Kind::kDuplicateName,
             "name " + quoted(name) + " is the namespace of more than one submodule");
      continue;
    }
    for (const RawLifecycleReducer& lifecycle : raw.module.lifecycle_reducers) {
      report(Kind::kLifecycleInSubmodule, "submodule " + quoted(name) +
                                              " declares a reducer for lifecycle event " +
                                              std::string(lifecycle_name(lifecycle.lifecycle)) +
                                              "; only the root module may have one");
    }
    std::vector<std::string> path = parts_.path;
    const auto given = namespace_names_.find(name);
    const std::string& canonical = given == namespace_names_.end() ? name : given->second;
    if (!identifier(canonical)) continue;
    path.push_back(canonical);
    Validator inner(raw.module, DefVersion::kV10, std::move(path), errors_);
    ModuleParts parts = inner.run();
    if (errors_->empty()) parts_.submodules.emplace_back(std::move(parts));
  }
}

Result<ModuleDef> validate(const RawModuleDef& raw, ValidationErrors* errors,
                           const ValidationOptions& options) {
  errors->clear();
  ModuleParts parts;
  if (const auto* v9 = std::get_if<RawModuleDefV9>(&raw)) {
    RawModuleDefV10 as_v10 = v9_as_v10(*v9, errors);
    parts = Validator(as_v10, DefVersion::kV9, {}, errors).run();
  } else if (const auto* v10 = std::get_if<RawModuleDefV10>(&raw)) {
    parts = Validator(*v10, DefVersion::kV10, {}, errors).run();
  }
  if (!errors->empty()) {
    sort_validation_errors(errors);
    return validation_error(*errors);
  }
  ModuleDef def(std::move(parts));
  if (options.check_row_level_security) {
    for (const std::string& sql : def.row_level_security()) {
      Status ok = options.check_row_level_security(def, sql);
      if (ok) continue;
      errors->push_back({Kind::kInvalidRowLevelQuery,
                         {},
                         "row-level security " + quoted(sql) + ": " + ok.error().message()});
    }
    sort_validation_errors(errors);
    if (!errors->empty()) return validation_error(*errors);
  }
  return def;
}

Result<ModuleDef> validate(const RawModuleDef& raw, const ValidationOptions& options) {
  ValidationErrors errors;
  return validate(raw, &errors, options);
}

Result<ModuleDef> load_module_def(std::string_view bytes, const ValidationOptions& options) {
  ORRERY_TRY_ASSIGN(RawModuleDef raw, decode_module_def(bytes));
  return validate(raw, options);
}

RawModuleDefV10 v9_as_v10(const RawModuleDefV9& raw, ValidationErrors* errors) {
  RawModuleDefV10 out;
  out.case_conversion_policy = CaseConversionPolicy::kNone;
  out.typespace = raw.typespace;
  out.types = raw.types;
  out.tables = raw.tables;
  out.reducers = raw.reducers;
  out.row_level_security = raw.row_level_security;
  std::unordered_map<std::string, size_t> tables;
  for (size_t i = 0; i < out.tables.size(); ++i) {
    RawTable& table = out.tables[i];
    tables.emplace(table.name, i);
    if (!table.schedule) continue;
    table.schedule->table_name = table.name;
    out.schedules.push_back(*table.schedule);
  }
  for (RawReducer& reducer : out.reducers) {
    if (!reducer.lifecycle) continue;
    out.lifecycle_reducers.push_back({*reducer.lifecycle, reducer.name});
  }
  for (const RawMiscExport& entry : raw.misc_exports) {
    if (const auto* procedure = std::get_if<RawProcedure>(&entry)) {
      out.procedures.push_back(*procedure);
    } else if (const auto* view = std::get_if<RawView>(&entry)) {
      out.views.push_back(*view);
    } else if (const auto* value = std::get_if<RawColumnDefaultV9>(&entry)) {
      auto it = tables.find(value->table);
      if (it != tables.end()) {
        out.tables[it->second].defaults.push_back({value->column, value->value});
      } else if (errors->size() < kValidationErrorsMax) {
        errors->push_back(
            {Kind::kTableNotFound,
             {},
             "table " + quoted(value->table) + " is given a default value but does not exist"});
      }
    }
  }
  return out;
}

}  // namespace orrery::schema
