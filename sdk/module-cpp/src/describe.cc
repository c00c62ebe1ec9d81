// The module definition: RawModuleDef version 10 as bytes, made from the registered declarations. Sections stand in the order
// typespace, types, tables, reducers, procedures, views, schedules, lifecycle, case policy, explicit names, handlers, routes,
// view keys, row filters; empty ones are left out, except the typespace.
#include <cstring>

#include "registry_data.h"
#include "spacetimedb/abi.h"

namespace SpacetimeDB::detail {
namespace {

enum class Section : uint8_t {
  kTypespace = 0,
  kTypes = 1,
  kTables = 2,
  kReducers = 3,
  kProcedures = 4,
  kViews = 5,
  kSchedules = 6,
  kLifecycle = 7,
  kRowFilters = 8,
  kCasePolicy = 9,
  kExplicitNames = 10,
  kHandlers = 11,
  kRoutes = 12,
  kViewKeys = 13,
};
constexpr uint8_t kDefinitionVersion10 = 2;
constexpr uint8_t kRef = 0;
constexpr uint8_t kSome = 0;
constexpr uint8_t kNone = 1;
constexpr uint32_t kMissingType = 999999;
constexpr uint8_t kPrivate = 0;
constexpr uint8_t kClientCallable = 1;

std::string_view unqualified(const char* name) {
  std::string_view text(name);
  const size_t colons = text.rfind("::");
  return colons == std::string_view::npos ? text : text.substr(colons + 2);
}

bool same(const char* a, const char* b) { return std::strcmp(a, b) == 0; }

/// Part of a definition with a count in front.
struct Items {
  bsatn::Writer bytes;
  uint32_t count = 0;
  void write_to(bsatn::Writer& out) const {
    out.write_u32_le(count);
    out.write_bytes(bytes.data(), bytes.size());
  }
};

class Description {
 public:
  /// What is wrong with the declarations, as the name of an error definition; empty: nothing.
  const std::string& error() const { return error_; }
  void describe(bsatn::Writer& out);

 private:
  void refuse(std::string name) {
    if (error_.empty()) error_ = std::move(name);
  }
  void write_type(bsatn::Writer& out, const TypeDesc* type);
  uint32_t place_in_typespace(const TypeDesc* type);
  void write_body(bsatn::Writer& out, const TypeDesc* type);
  void write_type_def(const TypeDesc* type, uint32_t ref);
  void write_parameters(bsatn::Writer& out, const char* source, const Parameters& types);

  void describe_table(const TableDecl& table);
  void describe_constraints(const TableDecl& table);
  void describe_defaults(const TableDecl& table);
  void describe_functions();
  void describe_views();
  void check_constraints();
  static bool is_internal(const char* function);
  void section(bsatn::Writer& out, Section tag, const Items& items);

  struct Placed {
    const TypeDesc* type;
    uint32_t ref;
  };
  std::vector<Placed> placed_;
  std::vector<const TypeDesc*> open_;  // being placed: meeting one again is a cycle
  Items typespace_, types_, tables_, reducers_, procedures_, views_;
  uint32_t sections_ = 0;
  std::string error_;
};

void Description::write_type(bsatn::Writer& out, const TypeDesc* type) {
  if (type->name == nullptr) {
    write_body(out, type);
    return;
  }
  const uint32_t ref = place_in_typespace(type);
  out.write_u8(kRef);
  out.write_u32_le(ref);
}

void Description::write_body(bsatn::Writer& out, const TypeDesc* type) {
  out.write_u8(static_cast<uint8_t>(type->kind));
  if (type->kind == TypeKind::kArray) {
    write_type(out, type->elements->type);
  } else if (type->kind == TypeKind::kProduct || type->kind == TypeKind::kSum) {
    out.write_u32_le(type->count);
    for (uint16_t i = 0; i < type->count; ++i) {
      out.write_u8(kSome);
      out.write_string(type->elements[i].name);
      write_type(out, type->elements[i].type);
    }
  }
}

uint32_t Description::place_in_typespace(const TypeDesc* type) {
  for (const Placed& each : placed_) {
    if (each.type == type || (each.type->elements == type->elements && same(each.type->name, type->name))) return each.ref;
  }
  for (const TypeDesc* each : open_) {
    if (each == type) {
      refuse("ERROR_CIRCULAR_REFERENCE_" + std::string(unqualified(type->name)));
      return kMissingType;
    }
  }
  // Types that this one uses come before it.
  open_.push_back(type);
  bsatn::Writer body;
  write_body(body, type);
  open_.pop_back();
  const uint32_t ref = typespace_.count++;
  typespace_.bytes.write_bytes(body.data(), body.size());
  placed_.push_back({type, ref});
  write_type_def(type, ref);
  return ref;
}

void Description::write_type_def(const TypeDesc* type, uint32_t ref) {
  bsatn::Writer& out = types_.bytes;
  ++types_.count;
  Items scope;
  std::string_view rest(type->scope != nullptr ? type->scope : "");
  while (!rest.empty()) {
    const size_t dot = rest.find('.');
    if (dot != 0) {
      scope.bytes.write_string(rest.substr(0, dot));
      ++scope.count;
    }
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  scope.write_to(out);
  out.write_string(unqualified(type->name));
  out.write_u32_le(ref);
  out.write_bool(true);
}

/// Calls use(declaration) for each parameter in the text between the parentheses of a function.
template <class Use>
void split_parameters(std::string_view text, Use use) {
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    if (c == '<' || c == '(' || c == '[' || c == '{') ++depth;
    if (c == '>' || c == ')' || c == ']' || c == '}') --depth;
    if (c == ',' && (depth == 0 || i == text.size())) {
      use(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<uint8_t>(c) >= 0x80;
}

/// The last word of a declaration.
std::string_view parameter_name(std::string_view declaration) {
  declaration = declaration.substr(0, declaration.find('='));
  size_t end = declaration.size();
  while (end > 0 && !is_name_character(declaration[end - 1])) --end;
  size_t begin = end;
  while (begin > 0 && is_name_character(declaration[begin - 1])) --begin;
  return declaration.substr(begin, end - begin);
}

void Description::write_parameters(bsatn::Writer& out, const char* source, const Parameters& types) {
  out.write_u32_le(types.count);
  if (types.count == 0) return;
  uint16_t next = 0;
  split_parameters(source, [&](std::string_view declaration) {
    if (next == types.count) return;
    out.write_u8(kSome);
    out.write_string(parameter_name(declaration));
    write_type(out, types.types[next++]);
  });
}

void write_columns(bsatn::Writer& out, const uint16_t* columns, uint16_t count) {
  out.write_u32_le(count);
  for (uint16_t i = 0; i < count; ++i) out.write_u16_le(columns[i]);
}

void write_btree(Items& indexes, const char* source, const char* accessor, const uint16_t* columns, uint16_t count) {
  ++indexes.count;
  indexes.bytes.write_u8(kSome);
  indexes.bytes.write_string(source);
  indexes.bytes.write_u8(kSome);
  indexes.bytes.write_string(accessor);
  indexes.bytes.write_u8(0);  // a B-tree
  write_columns(indexes.bytes, columns, count);
}

void Description::describe_constraints(const TableDecl& table) {
  Items primary_key, indexes, constraints, sequences;
  const Registry& all = registry();
  size_t next_field = 0;
  size_t next_multi = 0;
  for (const void* each : all.constraint_order) {
    if (next_field < all.fields.size() && each == all.fields[next_field]) {
      const FieldDecl& field = *all.fields[next_field++];
      if (!same(field.table, table.name)) continue;
      const uint32_t bits = static_cast<uint32_t>(field.bits);
      const bool unique = (bits & 4) != 0;
      if ((bits & 8) != 0) {
        ++primary_key.count;
        primary_key.bytes.write_u16_le(field.column);
      }
      if (unique) {
        ++constraints.count;
        constraints.bytes.write_u8(kNone);
        constraints.bytes.write_u8(0);  // unique
        write_columns(constraints.bytes, &field.column, 1);
      }
      if ((bits & 1) != 0) write_btree(indexes, field.index, field.field, &field.column, 1);
      if ((bits & 2) != 0) {
        ++sequences.count;
        sequences.bytes.write_u8(kNone);
        sequences.bytes.write_u16_le(field.column);
        for (int i = 0; i < 3; ++i) sequences.bytes.write_u8(kNone);  // start, least, greatest
        sequences.bytes.write_u64_le(1);                              // increment, 128 bits
        sequences.bytes.write_u64_le(0);
      }
    } else {
      const MultiIndexDecl& index = *all.multi_indexes[next_multi++];
      if (same(index.table, table.name)) {
        write_btree(indexes, index.source_name, index.accessor, index.columns, index.count);
      }
    }
  }
  for (const Items* each : {&primary_key, &indexes, &constraints, &sequences}) each->write_to(tables_.bytes);
}

void Description::describe_defaults(const TableDecl& table) {
  Items defaults;
  for (const DefaultDecl* each : registry().defaults) {
    if (!same(each->table, table.name)) continue;
    bsatn::Writer value;
    each->write(value);
    ++defaults.count;
    defaults.bytes.write_u16_le(each->column);
    defaults.bytes.write_u32_le(static_cast<uint32_t>(value.size()));
    defaults.bytes.write_bytes(value.data(), value.size());
  }
  defaults.write_to(tables_.bytes);
}

void Description::describe_table(const TableDecl& table) {
  const uint32_t row = place_in_typespace(table.row);
  bsatn::Writer& out = tables_.bytes;
  ++tables_.count;
  out.write_string(table.name);
  out.write_u32_le(row);
  describe_constraints(table);
  out.write_u8(1);  // a user's table
  out.write_u8(static_cast<uint8_t>(table.access));
  describe_defaults(table);
  out.write_bool(table.is_event);
}

bool Description::is_internal(const char* function) {
  for (const ScheduleDecl* each : registry().schedules) {
    if (same(each->function, function)) return true;
  }
  return false;
}

void Description::describe_functions() {
  for (const ReducerDecl* each : registry().reducers) {
    bsatn::Writer& out = reducers_.bytes;
    ++reducers_.count;
    out.write_string(each->name);
    write_parameters(out, each->parameters, each->types);
    out.write_u8(each->lifecycle >= 0 || is_internal(each->name) ? kPrivate : kClientCallable);
    write_body(out, &kUnitType);
    out.write_u8(static_cast<uint8_t>(TypeKind::kString));
  }
}

void Description::describe_views() {
  uint32_t next_sender = 0;
  uint32_t next_anonymous = 0;
  for (const ViewDecl* each : registry().views) {
    bsatn::Writer& out = views_.bytes;
    ++views_.count;
    const bool anonymous = each->call_anonymous != nullptr;
    out.write_string(each->name);
    out.write_u32_le(anonymous ? next_anonymous++ : next_sender++);
    out.write_bool(true);
    out.write_bool(anonymous);
    out.write_u32_le(0);  // no parameters
    if (each->is_query) {
      out.write_u8(static_cast<uint8_t>(TypeKind::kProduct));
      out.write_u32_le(1);
      out.write_u8(kSome);
      out.write_string("__query__");
    }
    write_type(out, each->returns);
  }
}

void Description::check_constraints() {
  const Registry& all = registry();
  for (size_t i = 0; i < all.fields.size(); ++i) {
    if ((static_cast<uint32_t>(all.fields[i]->bits) & 8) == 0) continue;
    for (size_t j = 0; j < i; ++j) {
      if ((static_cast<uint32_t>(all.fields[j]->bits) & 8) != 0 && same(all.fields[i]->table, all.fields[j]->table)) {
        refuse(std::string("ERROR_MULTIPLE_PRIMARY_KEYS_") + all.fields[i]->table);
      }
    }
  }
  for (const DefaultDecl* each : all.defaults) {
    for (const FieldDecl* field : all.fields) {
      if (!same(field->table, each->table) || field->column != each->column) continue;
      const uint32_t bits = static_cast<uint32_t>(field->bits);
      if ((bits & 8) != 0) {
        refuse("ERROR_CONSTRAINT_REGISTRATION_DEFAULT_ON_PRIMARY_KEY");
      } else if ((bits & 4) != 0) {
        refuse("ERROR_CONSTRAINT_REGISTRATION_DEFAULT_ON_UNIQUE");
      } else if ((bits & 2) != 0) {
        refuse("ERROR_CONSTRAINT_REGISTRATION_DEFAULT_ON_AUTOINC");
      }
    }
  }
}

void Description::section(bsatn::Writer& out, Section tag, const Items& items) {
  if (items.count == 0 && tag != Section::kTypespace) return;
  ++sections_;
  out.write_u8(static_cast<uint8_t>(tag));
  items.write_to(out);
}

void write_schedules(Items& schedules) {
  for (const ScheduleDecl* each : registry().schedules) {
    ++schedules.count;
    schedules.bytes.write_u8(kSome);
    schedules.bytes.write_string(std::string(each->table) + "_sched");
    schedules.bytes.write_string(each->table);
    schedules.bytes.write_u16_le(each->column);
    schedules.bytes.write_string(each->function);
  }
}

void write_lifecycle(Items& lifecycle) {
  for (const ReducerDecl* each : registry().reducers) {
    if (each->lifecycle < 0) continue;
    ++lifecycle.count;
    lifecycle.bytes.write_u8(static_cast<uint8_t>(each->lifecycle));
    lifecycle.bytes.write_string(each->name);
  }
}

void write_names(Items& names) {
  for (const ExplicitName& each : registry().names) {
    ++names.count;
    names.bytes.write_u8(each.kind);
    names.bytes.write_string(each.source);
    names.bytes.write_string(each.canonical);
  }
}

void write_http(Items& handlers, Items& routes) {
  for (const HandlerDecl* each : registry().handlers) {
    ++handlers.count;
    handlers.bytes.write_string(each->name);
  }
  static constexpr const char* kMethods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                             "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  for (const Route& each : registry().routes) {
    ++routes.count;
    routes.bytes.write_string(each.handler);
    routes.bytes.write_u8(each.method.empty() ? 0 : 1);
    for (uint8_t i = 0; i < sizeof(kMethods) / sizeof(kMethods[0]); ++i) {
      if (each.method == kMethods[i]) routes.bytes.write_u8(i);
    }
    routes.bytes.write_string(each.path);
  }
}

void write_view_keys(Items& keys) {
  for (const ViewKeyDecl* each : registry().view_keys) {
    ++keys.count;
    keys.bytes.write_string(each->view);
    keys.bytes.write_u32_le(1);
    keys.bytes.write_string(each->field);
  }
}

void Description::describe(bsatn::Writer& out) {
  const Registry& all = registry();
  for (const TableDecl* each : all.tables) describe_table(*each);
  check_constraints();
  describe_functions();
  describe_views();
  for (const ProcedureDecl* each : all.procedures) {
    bsatn::Writer parameters;
    bsatn::Writer returns;
    write_type(returns, each->returns);  // the type that is returned is placed before those of the parameters
    write_parameters(parameters, each->parameters, each->types);
    ++procedures_.count;
    procedures_.bytes.write_string(each->name);
    procedures_.bytes.write_bytes(parameters.data(), parameters.size());
    procedures_.bytes.write_bytes(returns.data(), returns.size());
    procedures_.bytes.write_u8(is_internal(each->name) ? kPrivate : kClientCallable);
  }
  Items schedules, lifecycle, names, handlers, routes, view_keys, row_filters;
  write_schedules(schedules);
  write_lifecycle(lifecycle);
  write_names(names);
  write_http(handlers, routes);
  write_view_keys(view_keys);
  for (const std::string& each : all.row_filters) {
    ++row_filters.count;
    row_filters.bytes.write_string(each);
  }
  section(out, Section::kTypespace, typespace_);
  section(out, Section::kTypes, types_);
  section(out, Section::kTables, tables_);
  section(out, Section::kReducers, reducers_);
  section(out, Section::kProcedures, procedures_);
  section(out, Section::kViews, views_);
  section(out, Section::kSchedules, schedules);
  section(out, Section::kLifecycle, lifecycle);
  if (all.has_case_policy) {
    ++sections_;
    out.write_u8(static_cast<uint8_t>(Section::kCasePolicy));
    out.write_u8(static_cast<uint8_t>(all.case_policy));
  }
  section(out, Section::kExplicitNames, names);
  section(out, Section::kHandlers, handlers);
  section(out, Section::kRoutes, routes);
  section(out, Section::kViewKeys, view_keys);
  section(out, Section::kRowFilters, row_filters);
  std::memcpy(out.data() + 1, &sections_, 4);
}

/// A definition that no host accepts: its one type points nowhere, and its name says why.
void write_error_definition(bsatn::Writer& out, const std::string& error) {
  constexpr std::string_view kTarget = "orrery";
  const std::string message = "this module cannot be published: " + error;
  host::console_log(0, kTarget.data(), kTarget.size(), nullptr, 0, UINT32_MAX, message.data(), message.size());
  out.clear();
  out.write_u8(kDefinitionVersion10);
  out.write_u32_le(2);
  out.write_u8(static_cast<uint8_t>(Section::kTypespace));
  out.write_u32_le(0);
  out.write_u8(static_cast<uint8_t>(Section::kTypes));
  out.write_u32_le(1);
  out.write_u32_le(0);  // no scope
  out.write_string(error);
  out.write_u32_le(kMissingType);
  out.write_bool(false);
}

}  // namespace

void describe_module(bsatn::Writer& out) {
  out.write_u8(kDefinitionVersion10);
  out.write_u32_le(0);  // the number of sections, set at the end
  Description description;
  description.describe(out);
  if (!description.error().empty()) write_error_definition(out, description.error());
}

}  // namespace SpacetimeDB::detail
