// Within the library: everything that the preinit exports handed over, in the order of registration.
#pragma once

#include <string>
#include <vector>

#include "spacetimedb/registry.h"

namespace SpacetimeDB::detail {

struct FieldEntry {
  const FieldDecl* decl;
};

struct ExplicitName {
  uint8_t kind;  // 0 table, 1 function, 2 index
  const char* source;
  const char* canonical;
};

struct Route {
  std::string handler;
  std::string method;  // empty: any
  std::string path;
};

struct Registry {
  std::vector<const TableDecl*> tables;
  std::vector<const FieldDecl*> fields;
  std::vector<const MultiIndexDecl*> multi_indexes;
  // Indexes and constraints of a table are listed in the order of registration, whichever macro they came from.
  std::vector<const void*> constraint_order;
  std::vector<const DefaultDecl*> defaults;
  std::vector<const ScheduleDecl*> schedules;
  std::vector<const ReducerDecl*> reducers;
  std::vector<const ProcedureDecl*> procedures;
  std::vector<const ViewDecl*> views;
  std::vector<const ViewDecl*> sender_views;  // by the index that the host calls them with
  std::vector<const ViewDecl*> anonymous_views;
  std::vector<const ViewKeyDecl*> view_keys;
  std::vector<const HandlerDecl*> handlers;
  std::vector<Route> routes;
  std::vector<std::string> row_filters;
  std::vector<ExplicitName> names;
  bool has_case_policy = false;
  CaseConversionPolicy case_policy = CaseConversionPolicy::SnakeCase;
};

Registry& registry();

/// Writes the module definition, or the error definition when the declarations contradict each other.
void describe_module(bsatn::Writer& out);

}  // namespace SpacetimeDB::detail
