// The first parameter of every function of a module: what it may reach. ReducerContext for reducers, TxContext inside a
// transaction of a procedure or handler, ViewContext and AnonymousViewContext for views, ProcedureContext for procedures.
#pragma once

#include "spacetimedb/auth_ctx.h"
#include "spacetimedb/database.h"
#include "spacetimedb/http.h"
#include "spacetimedb/query_builder.h"
#include "spacetimedb/random.h"

namespace SpacetimeDB {
namespace detail {

Identity database_identity();
/// The generator of the running call, seeded by the first context that asks.
StdbRng& call_rng(Timestamp seed);
Uuid call_uuid_v4(Timestamp seed);
Uuid call_uuid_v7(Timestamp seed);

// Transactions of procedures; failures other than a failed commit trap.
Timestamp begin_transaction();
bool commit_transaction();
[[noreturn]] void transaction_refused();
void abort_transaction();

}  // namespace detail

struct ReducerContext {
  std::optional<ConnectionId> connection_id;
  Timestamp timestamp;
  DatabaseContext db;

  ReducerContext() : sender_auth_(AuthCtx::internal()) {}
  ReducerContext(Identity sender, std::optional<ConnectionId> connection, Timestamp at)
      : ReducerContext(sender, connection, at, AuthCtx::from_connection_id_opt(connection, sender)) {}
  ReducerContext(Identity sender, std::optional<ConnectionId> connection, Timestamp at, AuthCtx auth)
      : connection_id(connection), timestamp(at), sender_(sender), sender_auth_(std::move(auth)) {}

  Identity sender() const { return sender_; }
  const AuthCtx& sender_auth() const { return sender_auth_; }
  StdbRng& rng() const { return detail::call_rng(timestamp); }
  Identity database_identity() const { return detail::database_identity(); }
  [[deprecated("use database_identity()")]] Identity identity() const { return database_identity(); }
  Uuid new_uuid_v4() const { return detail::call_uuid_v4(timestamp); }
  Uuid new_uuid_v7() const { return detail::call_uuid_v7(timestamp); }

 private:
  Identity sender_;
  AuthCtx sender_auth_;
};

struct TxContext {
  explicit TxContext(ReducerContext& context)
      : db(context.db), timestamp(context.timestamp), connection_id(context.connection_id), context_(context) {}

  DatabaseContext& db;
  const Timestamp& timestamp;
  const std::optional<ConnectionId>& connection_id;

  Identity sender() const { return context_.sender(); }
  const AuthCtx& sender_auth() const { return context_.sender_auth(); }
  StdbRng& rng() const { return context_.rng(); }
  Identity database_identity() const { return detail::database_identity(); }
  [[deprecated("use database_identity()")]] Identity identity() const { return database_identity(); }
  Uuid new_uuid_v4() const { return context_.new_uuid_v4(); }
  Uuid new_uuid_v7() const { return context_.new_uuid_v7(); }

 private:
  ReducerContext& context_;
};

namespace detail {

/// Whether a transaction whose body gave this value is to be committed.
template <class T>
bool wants_commit(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value;
  } else if constexpr (requires { { value.is_ok() } -> std::same_as<bool>; }) {
    return value.is_ok();
  } else if constexpr (requires { { value.has_value() } -> std::same_as<bool>; }) {
    return value.has_value();
  } else {
    return true;
  }
}

/// Runs a body in a transaction. `context` makes the ReducerContext for the transaction's timestamp. When the commit is
/// refused the body runs once more; a second refusal traps.
template <class MakeContext, class Body>
auto run_transaction(const MakeContext& context, Body& body, bool always_commit) {
  using Value = decltype(body(std::declval<TxContext&>()));
  for (int attempt = 0;; ++attempt) {
    ReducerContext reducer = context(begin_transaction());
    TxContext tx(reducer);
    if constexpr (std::is_void_v<Value>) {
      body(tx);
      if (commit_transaction()) return;
    } else {
      Value value = body(tx);
      if (!always_commit && !wants_commit<std::remove_cvref_t<Value>>(value)) {
        abort_transaction();
        return value;
      }
      if (commit_transaction()) return value;
    }
    if (attempt == 1) transaction_refused();
  }
}

}  // namespace detail

struct ProcedureContext {
  Timestamp timestamp;
  ConnectionId connection_id;
  HttpClient http;

  ProcedureContext() = default;
  ProcedureContext(Identity sender, Timestamp at, ConnectionId connection)
      : timestamp(at), connection_id(connection), sender_(sender) {}

  Identity sender() const { return sender_; }
  Identity database_identity() const { return detail::database_identity(); }
  [[deprecated("use database_identity()")]] Identity identity() const { return database_identity(); }
  StdbRng& rng() const { return detail::call_rng(timestamp); }
  Uuid new_uuid_v4() const { return detail::call_uuid_v4(timestamp); }
  Uuid new_uuid_v7() const { return detail::call_uuid_v7(timestamp); }
  /// Lets other calls run until the given time; updates `timestamp`. Not inside a transaction.
  void sleep_until(Timestamp wake_at);

  /// Runs a body with a transaction and commits it.
  template <class Body>
  auto with_tx(Body&& body) {
    return detail::run_transaction(maker(), body, true);
  }
  /// Commits only when the body's value says so: true, an Outcome that is ok, an optional that holds a value.
  template <class Body>
  auto try_with_tx(Body&& body) {
    return detail::run_transaction(maker(), body, false);
  }

 private:
  struct MakeContext {
    const ProcedureContext* procedure;
    ReducerContext operator()(Timestamp at) const {
      const ConnectionId& connection = procedure->connection_id;
      const bool none = connection == ConnectionId();
      return {procedure->sender_, none ? std::nullopt : std::optional<ConnectionId>(connection), at};
    }
  };
  MakeContext maker() const { return {this}; }
  Identity sender_;
};

/// Of HTTP handlers: no caller and, outside a transaction, no tables.
struct HandlerContext {
  Timestamp timestamp;
  HttpClient http;

  HandlerContext() = default;
  explicit HandlerContext(Timestamp at) : timestamp(at) {}

  Identity database_identity() const { return detail::database_identity(); }
  Identity identity() const { return database_identity(); }
  StdbRng& rng() const { return detail::call_rng(timestamp); }
  Uuid new_uuid_v4() const { return detail::call_uuid_v4(timestamp); }
  Uuid new_uuid_v7() const { return detail::call_uuid_v7(timestamp); }
  template <class Body>
  auto with_tx(Body&& body) {
    return detail::run_transaction(make_context, body, true);
  }
  template <class Body>
  auto try_with_tx(Body&& body) {
    return detail::run_transaction(make_context, body, false);
  }

 private:
  static ReducerContext make_context(Timestamp at) {
    return ReducerContext(Identity(), std::nullopt, at, AuthCtx::internal());
  }
};

struct ViewContext {
  ReadOnlyDatabaseContext db;
  QueryBuilder from;

  ViewContext() = default;
  explicit ViewContext(Identity sender) : sender_(sender) {}
  Identity sender() const { return sender_; }

 private:
  Identity sender_;
};

struct AnonymousViewContext {
  ReadOnlyDatabaseContext db;
  QueryBuilder from;
};

}  // namespace SpacetimeDB
