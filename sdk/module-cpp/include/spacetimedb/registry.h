// What a module declares, as constant records: each macro makes one and hands it to the library from a preinit export, which
// the host calls in the order of the exports' names. Nothing is copied; the records live as long as the instance.
#pragma once

#include "spacetimedb/result.h"
#include "spacetimedb/store.h"
#include "spacetimedb/type_desc.h"

namespace SpacetimeDB {

enum class CaseConversionPolicy : uint8_t { None = 0, SnakeCase = 1 };

namespace Internal {
enum class TableAccess : uint8_t { Public = 0, Private = 1 };
}  // namespace Internal
inline constexpr Internal::TableAccess Public = Internal::TableAccess::Public;
inline constexpr Internal::TableAccess Private = Internal::TableAccess::Private;

/// What a FIELD_ macro asks of a column; the bits combine.
enum class FieldConstraint : uint32_t {
  None = 0,
  Indexed = 1,
  AutoInc = 2,
  Unique = 5,
  Identity = 7,
  PrimaryKey = 13,
  PrimaryKeyAuto = 15,
  NotNull = 16,
};
constexpr FieldConstraint operator|(FieldConstraint a, FieldConstraint b) {
  return static_cast<FieldConstraint>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}
constexpr bool has_constraint(FieldConstraint field, FieldConstraint bits) {
  return (static_cast<uint32_t>(field) & static_cast<uint32_t>(bits)) != 0;
}

struct ReducerContext;
struct ViewContext;
struct AnonymousViewContext;
struct ProcedureContext;
struct HandlerContext;
struct HttpRequest;
struct HttpResponse;
class Router;

namespace detail {

struct TableDecl {
  const char* name;
  const TypeDesc* row;
  Internal::TableAccess access;
  bool is_event;
  const char* canonical;
};

struct FieldDecl {
  const char* table;
  const TypeDesc* row;
  const char* field;
  const char* index;  // its source name
  FieldConstraint bits;
  uint16_t column;
};

struct MultiIndexDecl {
  const char* table;
  const TypeDesc* row;
  const char* accessor;
  const char* source_name;
  const char* canonical;
  const uint16_t* columns;
  uint16_t count;
};

struct DefaultDecl {
  const char* table;
  const char* field;
  uint16_t column;
  void (*write)(bsatn::Writer& out);
};

struct ScheduleDecl {
  const char* table;
  const char* function;
  uint16_t column;
};

/// The types of a function's parameters after the context.
struct Parameters {
  const TypeDesc* const* types;
  uint16_t count;
};

using AnyFunction = void (*)();

struct ReducerDecl {
  const char* name;
  const char* parameters;  // as written in the source
  const char* canonical;
  Parameters types;
  ReducerResult (*call)(AnyFunction function, ReducerContext& context, bsatn::Reader& args);
  AnyFunction function;
  int8_t lifecycle;  // 0 init, 1 connected, 2 disconnected, -1 none
};

struct ProcedureDecl {
  const char* name;
  const char* parameters;
  const char* canonical;
  Parameters types;
  const TypeDesc* returns;
  void (*call)(AnyFunction function, ProcedureContext& context, bsatn::Reader& args, bsatn::Writer& result);
  AnyFunction function;
};

struct ViewDecl {
  const char* name;
  const char* canonical;
  const TypeDesc* returns;  // of a query: its row
  bool is_query;
  void (*call)(AnyFunction function, ViewContext& context, bsatn::Writer& result);  // exactly one of the two
  void (*call_anonymous)(AnyFunction function, AnonymousViewContext& context, bsatn::Writer& result);
  AnyFunction function;
};

struct ViewKeyDecl {
  const char* view;
  const char* field;
};

struct HandlerDecl {
  const char* name;
  const char* canonical;
  HttpResponse (*call)(AnyFunction function, HandlerContext& context, HttpRequest&& request);
  AnyFunction function;
};

void add_table(const TableDecl& decl);
/// `generated` is not null for auto-increment columns.
void add_field(const FieldDecl& decl, TableSlot& table, GeneratedColumn* generated);
void add_multi_index(const MultiIndexDecl& decl);
void add_default(const DefaultDecl& decl);
void add_schedule(const ScheduleDecl& decl);
void add_reducer(const ReducerDecl& decl);
void add_procedure(const ProcedureDecl& decl);
void add_view(const ViewDecl& decl);
void add_view_key(const ViewKeyDecl& decl);
void add_handler(const HandlerDecl& decl);
void add_routes(const Router& router);
void add_row_filter(std::string sql);
void add_explicit_index_name(const char* source_name, const char* canonical);
void set_case_conversion(CaseConversionPolicy policy);

}  // namespace detail
}  // namespace SpacetimeDB

/// A function that the host calls while it starts an instance; `name` decides the order among all of them.
#define ORRERY_PREINIT(symbol, name) \
  extern "C" __attribute__((export_name("__preinit__" name))) void ORRERY_CONCAT(__preinit__, symbol)()
