// SPACETIMEDB_REDUCER, _INIT, _CLIENT_CONNECTED, _CLIENT_DISCONNECTED, _VIEW, _PROCEDURE and the HTTP handlers: each defines an
// ordinary function and a preinit export that registers it. Functions of the same signature share the code that decodes
// their arguments.
#pragma once

#include "spacetimedb/contexts.h"
#include "spacetimedb/for_each.h"
#include "spacetimedb/types.h"

namespace SpacetimeDB::detail {

template <class... A>
struct ParameterTypes {
  static constexpr bool kEncodable = (bsatn::Serializable<A> && ...);
  static constexpr const TypeDesc* kTypes[] = {type_of<A>()...};
  static constexpr Parameters kParameters{kTypes, sizeof...(A)};
};
template <>
struct ParameterTypes<> {
  static constexpr bool kEncodable = true;
  static constexpr Parameters kParameters{nullptr, 0};
};

template <class T>
T read_argument(bsatn::Reader& args) {
  T value{};
  args(value);
  return value;
}

/// Calls a function in its constructor: a braced list is evaluated from left to right, which the arguments of a call are not.
template <class R>
struct Invoke {
  template <class F, class Context, class... A>
  Invoke(F function, Context& context, A&&... args) : result(function(context, std::forward<A>(args)...)) {}
  R result;
};

// What each kind of function looks like; the general case is what a wrong signature gives.
template <class F>
struct ReducerShape {
  static constexpr bool kValid = false;
};
template <class C, class... A>
  requires std::is_same_v<std::remove_cvref_t<C>, ReducerContext>
struct ReducerShape<ReducerResult (*)(C, A...)> {
  static constexpr bool kValid = true;
  using Types = ParameterTypes<std::remove_cvref_t<A>...>;
  static ReducerResult call(AnyFunction function, ReducerContext& context, [[maybe_unused]] bsatn::Reader& args) {
    const auto typed = reinterpret_cast<ReducerResult (*)(C, A...)>(function);
    return Invoke<ReducerResult>{typed, context, read_argument<std::remove_cvref_t<A>>(args)...}.result;
  }
};

template <class F>
struct ProcedureShape {
  static constexpr bool kValid = false;
};
template <class R, class C, class... A>
  requires std::is_same_v<std::remove_cvref_t<C>, ProcedureContext>
struct ProcedureShape<R (*)(C, A...)> {
  static constexpr bool kValid = bsatn::Serializable<R>;
  using Returned = R;
  using Types = ParameterTypes<std::remove_cvref_t<A>...>;
  static void call(AnyFunction function, ProcedureContext& context, [[maybe_unused]] bsatn::Reader& args,
                   bsatn::Writer& result) {
    const auto typed = reinterpret_cast<R (*)(C, A...)>(function);
    result(Invoke<R>{typed, context, read_argument<std::remove_cvref_t<A>>(args)...}.result);
  }
};

/// What a view may return: rows, at most one row, or a query; Row is the type of the rows.
template <class R>
struct ViewReturn {
  static constexpr bool kValid = false;
};
template <class T>
struct ViewReturn<std::vector<T>> {
  static constexpr bool kValid = Registered<T>;
  static constexpr bool kIsQuery = false;
  using Row = T;
  static const TypeDesc* type() { return &bsatn_traits<std::vector<T>>::desc; }
  static void write(bsatn::Writer& out, const std::vector<T>& rows) {
    out.write_u8(0);
    out(rows);
  }
};
template <class T>
struct ViewReturn<std::optional<T>> {
  static constexpr bool kValid = Registered<T>;
  static constexpr bool kIsQuery = false;
  using Row = T;
  static const TypeDesc* type() { return &bsatn_traits<std::optional<T>>::desc; }
  static void write(bsatn::Writer& out, const std::optional<T>& row) {
    out.write_u8(0);
    out.write_u32_le(row.has_value() ? 1 : 0);
    if (row.has_value()) out(*row);
  }
};
template <class R>
  requires query_builder::QueryBuilderReturn<R>
struct ViewReturn<R> {
  using Row = query_builder::query_row_type_t<R>;
  static constexpr bool kValid = Registered<Row>;
  static constexpr bool kIsQuery = true;
  static const TypeDesc* type() { return &bsatn_traits<Row>::desc; }
  static void write(bsatn::Writer& out, const R& query) {
    out.write_u8(1);
    out.write_string(query.into_sql());
  }
};

template <class F>
struct ViewShape {
  static constexpr bool kValid = false;
};
template <class R, class C>
  requires(std::is_same_v<std::remove_cvref_t<C>, ViewContext> ||
           std::is_same_v<std::remove_cvref_t<C>, AnonymousViewContext>)
struct ViewShape<R (*)(C)> {
  using Context = std::remove_cvref_t<C>;
  static constexpr bool kValid = true;
  static constexpr bool kAnonymous = std::is_same_v<Context, AnonymousViewContext>;
  static void call(AnyFunction function, Context& context, bsatn::Writer& result) {
    ViewReturn<R>::write(result, reinterpret_cast<R (*)(C)>(function)(context));
  }
  static void add(const char* name, const char* canonical, AnyFunction function, ViewDecl& decl) {
    decl.name = name;
    decl.canonical = canonical;
    decl.returns = ViewReturn<R>::type();
    decl.is_query = ViewReturn<R>::kIsQuery;
    if constexpr (kAnonymous) {
      decl.call_anonymous = &call;
    } else {
      decl.call = &call;
    }
    decl.function = function;
    add_view(decl);
  }
};

template <class F>
inline constexpr bool kIsHandler = std::is_same_v<F, HttpResponse (*)(HandlerContext, HttpRequest)>;

/// What `ctx.from[name_view]` starts from.
template <class T>
struct ViewSource {
  using type = T;
  const char* __table_name_internal;
};
struct NoViewSource {};
template <class R>
constexpr auto view_source([[maybe_unused]] const char* name) {
  if constexpr (ViewReturn<R>::kValid) {
    return ViewSource<typename ViewReturn<R>::Row>{name};
  } else {
    return NoViewSource{};
  }
}

}  // namespace SpacetimeDB::detail

// The type of a function, by which one among overloads is meant: a reducer may be called `remove`, as a C function is.
#define ORRERY_SIGNATURE(name) name##_orrery_signature*
#define ORRERY_DECLARE(returns, name, ...)                     \
  returns name(__VA_ARGS__);                                   \
  using name##_orrery_signature = returns(__VA_ARGS__);
#define ORRERY_ANY_FUNCTION(name) \
  reinterpret_cast<::SpacetimeDB::detail::AnyFunction>(static_cast<ORRERY_SIGNATURE(name)>(&name))

#define ORRERY_REDUCER(name, symbol, export, canonical, lifecycle, ctx, ...)                                          \
  ORRERY_DECLARE(::SpacetimeDB::ReducerResult, name, ctx __VA_OPT__(, ) __VA_ARGS__)                                  \
  static_assert(::SpacetimeDB::detail::ReducerShape<ORRERY_SIGNATURE(name)>::kValid,                                         \
                "reducer '" #name "': its first parameter has to be ReducerContext");                                 \
  static_assert(::SpacetimeDB::detail::ReducerShape<ORRERY_SIGNATURE(name)>::Types::kEncodable,                              \
                "reducer '" #name "': a parameter has a type that cannot be sent: use a primitive, std::string, "     \
                "std::vector, std::optional or a type with SPACETIMEDB_STRUCT or SPACETIMEDB_ENUM");                  \
  ORRERY_PREINIT(symbol, export) {                                                                                    \
    using orrery_shape = ::SpacetimeDB::detail::ReducerShape<ORRERY_SIGNATURE(name)>;                                               \
    static constinit ::SpacetimeDB::detail::ReducerDecl orrery_decl{#name,                #__VA_ARGS__, canonical,           \
                                                             orrery_shape::Types::kParameters, &orrery_shape::call, nullptr, lifecycle}; \
    orrery_decl.function = ORRERY_ANY_FUNCTION(name);                                                                        \
    ::SpacetimeDB::detail::add_reducer(orrery_decl);                                                                         \
  }                                                                                                                   \
  ::SpacetimeDB::ReducerResult name(ctx __VA_OPT__(, ) __VA_ARGS__)

/// SPACETIMEDB_REDUCER(name, ReducerContext ctx, parameters...) { ... return Ok(); }
#define SPACETIMEDB_REDUCER(name, ctx, ...) \
  ORRERY_REDUCER(name, 30_reducer_##name, "30_reducer_" #name, nullptr, -1, ctx __VA_OPT__(, ) __VA_ARGS__)
#define SPACETIMEDB_REDUCER_NAMED(name, canonical, ctx, ...) \
  ORRERY_REDUCER(name, 30_reducer_##name, "30_reducer_" #name, canonical, -1, ctx __VA_OPT__(, ) __VA_ARGS__)
#define SPACETIMEDB_INIT(name, ctx) ORRERY_REDUCER(name, 20_reducer_init, "20_reducer_init", nullptr, 0, ctx)
#define SPACETIMEDB_CLIENT_CONNECTED(name, ctx) \
  ORRERY_REDUCER(name, 20_reducer_client_connected, "20_reducer_client_connected", nullptr, 1, ctx)
#define SPACETIMEDB_CLIENT_DISCONNECTED(name, ctx) \
  ORRERY_REDUCER(name, 20_reducer_client_disconnected, "20_reducer_client_disconnected", nullptr, 2, ctx)

#define ORRERY_VIEW(returns, name, source, canonical, access, ctx)                                                   \
  static_assert((access) == ::SpacetimeDB::Public, "view '" #name "': views are Public, private ones do not exist"); \
  static_assert(::SpacetimeDB::detail::ViewReturn<returns>::kValid,                                                  \
                "view '" #name "': it has to return std::vector<T>, std::optional<T> or Query<T> of a T with "       \
                "SPACETIMEDB_STRUCT");                                                                               \
  ORRERY_DECLARE(returns, name, ctx)                                                                                 \
  static_assert(::SpacetimeDB::detail::ViewShape<ORRERY_SIGNATURE(name)>::kValid,                                           \
                "view '" #name "': its only parameter is ViewContext or AnonymousViewContext");                      \
  [[maybe_unused]] inline constexpr auto name##_view = ::SpacetimeDB::detail::view_source<returns>(source);          \
  ORRERY_PREINIT(40_view_##name, "40_view_" #name) {                                                                 \
    static ::SpacetimeDB::detail::ViewDecl orrery_decl;                                                                     \
    ::SpacetimeDB::detail::ViewShape<ORRERY_SIGNATURE(name)>::add(#name, canonical, ORRERY_ANY_FUNCTION(name), orrery_decl);       \
  }                                                                                                                  \
  returns name(ctx)
/// SPACETIMEDB_VIEW(Returns, name, Public, ViewContext ctx) { ... }
#define SPACETIMEDB_VIEW(returns, name, access, ctx) ORRERY_VIEW(returns, name, #name, nullptr, access, ctx)
#define SPACETIMEDB_VIEW_NAMED(returns, name, canonical, access, ctx) \
  ORRERY_VIEW(returns, name, canonical, canonical, access, ctx)

/// The field by which clients tell the rows of a view apart.
#define VIEW_PrimaryKey(view, field)                                                                            \
  static_assert(::SpacetimeDB::FilterableValue<decltype(ORRERY_TABLE_ROW(view##_view)::field)>,                 \
                "view '" #view "', field '" #field "': a field of this type cannot be a key");                  \
  std::true_type orrery_indexed_member(::SpacetimeDB::detail::MemberTag<ORRERY_TABLE_ROW(view##_view),          \
                                                                        &ORRERY_TABLE_ROW(view##_view)::field>); \
  ORRERY_PREINIT(ORRERY_CONCAT(41_view_primary_key_##view##_##field##_line_, __LINE__),                         \
                 "41_view_primary_key_" #view "_" #field "_line_" ORRERY_TEXT(__LINE__)) {                      \
    static constexpr ::SpacetimeDB::detail::ViewKeyDecl orrery_decl{#view, #field};                                    \
    ::SpacetimeDB::detail::add_view_key(orrery_decl);                                                                  \
  }

#define ORRERY_PROCEDURE(returns, name, canonical, ctx, ...)                                                           \
  ORRERY_DECLARE(returns, name, ctx __VA_OPT__(, ) __VA_ARGS__)                                                        \
  static_assert(::SpacetimeDB::detail::ProcedureShape<ORRERY_SIGNATURE(name)>::kValid,                                        \
                "procedure '" #name "': its first parameter has to be ProcedureContext and what it returns a type "    \
                "that can be sent (Unit for nothing)");                                                                \
  static_assert(::SpacetimeDB::detail::ProcedureShape<ORRERY_SIGNATURE(name)>::Types::kEncodable,                             \
                "procedure '" #name "': a parameter has a type that cannot be sent");                                  \
  ORRERY_PREINIT(50_proc_##name, "50_proc_" #name) {                                                                   \
    using orrery_shape = ::SpacetimeDB::detail::ProcedureShape<ORRERY_SIGNATURE(name)>;                                              \
    static constinit ::SpacetimeDB::detail::ProcedureDecl orrery_decl{                                                        \
        #name, #__VA_ARGS__, canonical, orrery_shape::Types::kParameters,                                                     \
        ::SpacetimeDB::detail::type_of<orrery_shape::Returned>(), &orrery_shape::call, nullptr};                                     \
    orrery_decl.function = ORRERY_ANY_FUNCTION(name);                                                                         \
    ::SpacetimeDB::detail::add_procedure(orrery_decl);                                                                        \
  }                                                                                                                    \
  returns name(ctx __VA_OPT__(, ) __VA_ARGS__)
/// SPACETIMEDB_PROCEDURE(Returns, name, ProcedureContext ctx, parameters...) { ... }
#define SPACETIMEDB_PROCEDURE(returns, name, ctx, ...) \
  ORRERY_PROCEDURE(returns, name, nullptr, ctx __VA_OPT__(, ) __VA_ARGS__)
#define SPACETIMEDB_PROCEDURE_NAMED(returns, name, canonical, ctx, ...) \
  ORRERY_PROCEDURE(returns, name, canonical, ctx __VA_OPT__(, ) __VA_ARGS__)

#ifdef SPACETIMEDB_UNSTABLE_FEATURES

#define ORRERY_HANDLER(name, canonical, ctx, request)                                                              \
  ORRERY_DECLARE(::SpacetimeDB::HttpResponse, name, ctx, request)                                                  \
  static_assert(::SpacetimeDB::detail::kIsHandler<ORRERY_SIGNATURE(name)>,                                                \
                "HTTP handler '" #name "': its parameters are HandlerContext and HttpRequest, both by value");     \
  ORRERY_PREINIT(60_http_handler_##name, "60_http_handler_" #name) {                                               \
    static constinit ::SpacetimeDB::detail::HandlerDecl orrery_decl{                                                      \
        #name, canonical,                                                                                          \
        [](::SpacetimeDB::detail::AnyFunction function, ::SpacetimeDB::HandlerContext& context,                    \
           ::SpacetimeDB::HttpRequest&& request_in) {                                                              \
          return reinterpret_cast<ORRERY_SIGNATURE(name)>(function)(context, std::move(request_in));                      \
        },                                                                                                         \
        nullptr};                                                                                                  \
    orrery_decl.function = ORRERY_ANY_FUNCTION(name);                                                                     \
    ::SpacetimeDB::detail::add_handler(orrery_decl);                                                                      \
  }                                                                                                                \
  ::SpacetimeDB::HttpResponse name(ctx, request)
/// SPACETIMEDB_HTTP_HANDLER(name, HandlerContext ctx, HttpRequest request) { ... return HttpResponse{...}; }
#define SPACETIMEDB_HTTP_HANDLER(name, ctx, request) ORRERY_HANDLER(name, nullptr, ctx, request)
#define SPACETIMEDB_HTTP_HANDLER_NAMED(name, canonical, ctx, request) ORRERY_HANDLER(name, canonical, ctx, request)

/// SPACETIMEDB_HTTP_ROUTER(name) { return Router().get("/path", handler); }
#define SPACETIMEDB_HTTP_ROUTER(name)                                    \
  ::SpacetimeDB::Router name();                                          \
  ORRERY_PREINIT(61_http_router_##name, "61_http_router_" #name) {       \
    ::SpacetimeDB::detail::add_routes(name());                           \
  }                                                                      \
  ::SpacetimeDB::Router name()

#endif  // SPACETIMEDB_UNSTABLE_FEATURES
