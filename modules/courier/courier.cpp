// Procedures and HTTP: values returned, transactions committed and abandoned, requests sent and answered.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Parcel {
  uint32_t weight;
  std::string label;
};
SPACETIMEDB_STRUCT(Parcel, weight, label)
SPACETIMEDB_ENUM(Verdict, (Accepted, uint32_t), (Refused, std::string))

struct Shelf {
  uint64_t id;
  Parcel parcel;
};
SPACETIMEDB_STRUCT(Shelf, id, parcel)
SPACETIMEDB_TABLE(Shelf, shelf, Public)
FIELD_PrimaryKeyAutoInc(shelf, id)

struct Stamp {
  Uuid id;
  Timestamp at;
};
SPACETIMEDB_STRUCT(Stamp, id, at)
SPACETIMEDB_TABLE(Stamp, stamp, Public)
FIELD_PrimaryKey(stamp, id)

SPACETIMEDB_PROCEDURE(uint32_t, add_weights, ProcedureContext ctx, uint32_t left, uint32_t right) {
  (void)ctx;
  return left + right;
}
SPACETIMEDB_PROCEDURE(Parcel, wrap, ProcedureContext& ctx, uint32_t weight, std::string label) {
  (void)ctx;
  return Parcel{weight, label};
}
SPACETIMEDB_PROCEDURE(Verdict, judge, ProcedureContext ctx, Parcel parcel) {
  (void)ctx;
  if (parcel.weight > 100) return Verdict{std::string("too heavy: ") + parcel.label};
  return Verdict{parcel.weight};
}
SPACETIMEDB_PROCEDURE(std::vector<Parcel>, repeat, ProcedureContext ctx, Parcel parcel, uint8_t times) {
  (void)ctx;
  return std::vector<Parcel>(times, parcel);
}
SPACETIMEDB_PROCEDURE(std::optional<std::string>, who_am_i, ProcedureContext ctx) {
  if (ctx.connection_id == ConnectionId()) return std::nullopt;
  return ctx.sender().to_string();
}
SPACETIMEDB_PROCEDURE(Unit, drop_it, ProcedureContext ctx) {
  (void)ctx;
  LOG_PANIC("the parcel was dropped");
  return Unit{};
}

static void put_on_shelf(TxContext& tx) { tx.db[shelf].insert(Shelf{0, Parcel{42, "committed"}}); }

SPACETIMEDB_PROCEDURE(uint64_t, store_one, ProcedureContext ctx) {
  ctx.with_tx(put_on_shelf);
  return ctx.with_tx([](TxContext& tx) { return tx.db[shelf].count(); });
}
SPACETIMEDB_PROCEDURE(uint64_t, store_none, ProcedureContext ctx) {
  const bool kept = ctx.try_with_tx([](TxContext& tx) {
    put_on_shelf(tx);
    return false;
  });
  const Outcome<uint32_t> refused = ctx.try_with_tx([](TxContext& tx) -> Outcome<uint32_t> {
    put_on_shelf(tx);
    return Err<uint32_t>("refused");
  });
  const std::optional<uint32_t> nothing = ctx.try_with_tx([](TxContext& tx) -> std::optional<uint32_t> {
    put_on_shelf(tx);
    return std::nullopt;
  });
  if (kept || refused.is_ok() || nothing) LOG_PANIC("a transaction was not abandoned");
  return ctx.with_tx([](TxContext& tx) { return tx.db[shelf].count(); });
}
SPACETIMEDB_PROCEDURE(uint32_t, store_when_ok, ProcedureContext ctx, uint32_t weight) {
  const Outcome<uint32_t> kept = ctx.try_with_tx([&](TxContext& tx) -> Outcome<uint32_t> {
    if (weight == 0) return Err<uint32_t>("nothing to store");
    return Ok(static_cast<uint32_t>(tx.db[shelf].insert(Shelf{0, Parcel{weight, "kept"}}).id));
  });
  return kept.value_or(0U);
}
SPACETIMEDB_PROCEDURE(Unit, stamp_many, ProcedureContext ctx, uint32_t count) {
  ctx.with_tx([&](TxContext& tx) {
    for (uint32_t i = 0; i < count; ++i) tx.db[stamp].insert(Stamp{tx.new_uuid_v7(), tx.timestamp});
    std::optional<Uuid> last;
    for (const Stamp& each : tx.db[stamp]) {
      if (last && *last >= each.id) LOG_PANIC("stamps are not in order");
      last = each.id;
    }
  });
  return Unit{};
}
SPACETIMEDB_PROCEDURE(TimeDuration, nap, ProcedureContext ctx, TimeDuration length) {
  const Timestamp before = ctx.timestamp;
  ctx.sleep_until(before + length);
  return ctx.timestamp - before;
}
SPACETIMEDB_PROCEDURE(std::string, fetch, ProcedureContext ctx, std::string url) {
  const Outcome<HttpResponse> answer = ctx.http.get(url, TimeDuration::from_seconds(5));
  if (answer.is_err()) return "error: " + answer.error();
  return std::to_string(answer.value().status_code) + " " + answer.value().body.to_string_utf8_lossy();
}
SPACETIMEDB_PROCEDURE(std::string, post_inside_transaction, ProcedureContext ctx, std::string url) {
  return ctx.with_tx([&](TxContext&) {
    HttpRequest request{.uri = url, .method = HttpMethod::post(), .body = HttpBody::from_string("x")};
    const Outcome<HttpResponse> answer = ctx.http.send(request);
    return answer.is_err() ? answer.error() : std::string("sent");
  });
}

SPACETIMEDB_HTTP_HANDLER(count_shelf, HandlerContext ctx, HttpRequest request) {
  (void)request;
  const uint64_t rows = ctx.with_tx([](TxContext& tx) { return tx.db[shelf].count(); });
  return HttpResponse{200, HttpVersion::Http11, {HttpHeader("content-type", "text/plain")},
                      HttpBody::from_string(std::to_string(rows))};
}
SPACETIMEDB_HTTP_HANDLER(echo, HandlerContext ctx, HttpRequest request) {
  (void)ctx;
  std::vector<HttpHeader> headers = request.headers;
  headers.push_back(HttpHeader("x-method", request.method.value));
  headers.push_back(HttpHeader("x-uri", request.uri));
  return HttpResponse{201, request.version, headers, request.body};
}
SPACETIMEDB_HTTP_ROUTER(routes) {
  return Router().get("/shelf/count", count_shelf).nest("/echo", Router().any("/", echo).post("/deep", echo));
}
