// Registration: what the preinit exports of a module call.
#include "registry_data.h"
#include "spacetimedb/contexts.h"

namespace SpacetimeDB::detail {

Registry& registry() {
  // Never destroyed, so that no destructor is registered for it.
  static Registry* const the_registry = new Registry;
  return *the_registry;
}

void add_table(const TableDecl& decl) {
  registry().tables.push_back(&decl);
  if (decl.canonical != nullptr) registry().names.push_back({0, decl.name, decl.canonical});
}

void add_field(const FieldDecl& decl, TableSlot& table, GeneratedColumn* generated) {
  registry().fields.push_back(&decl);
  registry().constraint_order.push_back(&decl);
  if (generated == nullptr) return;
  // The host writes generated columns back in column order.
  GeneratedColumn** place = &table.generated;
  while (*place != nullptr && (*place)->column < generated->column) place = &(*place)->next;
  generated->next = *place;
  *place = generated;
}

void add_multi_index(const MultiIndexDecl& decl) {
  registry().multi_indexes.push_back(&decl);
  registry().constraint_order.push_back(&decl);
  if (decl.canonical != nullptr) registry().names.push_back({2, decl.source_name, decl.canonical});
}

void add_default(const DefaultDecl& decl) { registry().defaults.push_back(&decl); }
void add_schedule(const ScheduleDecl& decl) { registry().schedules.push_back(&decl); }

void add_reducer(const ReducerDecl& decl) {
  registry().reducers.push_back(&decl);
  if (decl.canonical != nullptr) registry().names.push_back({1, decl.name, decl.canonical});
}

void add_procedure(const ProcedureDecl& decl) {
  registry().procedures.push_back(&decl);
  if (decl.canonical != nullptr) registry().names.push_back({1, decl.name, decl.canonical});
}

void add_view(const ViewDecl& decl) {
  registry().views.push_back(&decl);
  (decl.call != nullptr ? registry().sender_views : registry().anonymous_views).push_back(&decl);
  if (decl.canonical != nullptr) registry().names.push_back({1, decl.name, decl.canonical});
}

void add_view_key(const ViewKeyDecl& decl) { registry().view_keys.push_back(&decl); }
void add_row_filter(std::string sql) { registry().row_filters.push_back(std::move(sql)); }
void add_explicit_index_name(const char* source_name, const char* canonical) {
  registry().names.push_back({2, source_name, canonical});
}
void set_case_conversion(CaseConversionPolicy policy) {
  registry().has_case_policy = true;
  registry().case_policy = policy;
}

}  // namespace SpacetimeDB::detail
