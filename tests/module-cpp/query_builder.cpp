// Texts of the query builder, logged one per line as "name: SQL" by the reducer `texts`.
#include <spacetimedb.h>

using namespace SpacetimeDB;

SPACETIMEDB_ENUM(Mood, Calm, Wild)
struct Thing {
  uint64_t id;
  int32_t small;
  std::string name;
  bool on;
  float ratio;
  double exact;
  Identity owner;
  ConnectionId connection;
  Timestamp at;
  Uuid uuid;
  std::vector<uint8_t> bytes;
  u128 wide;
  i256 wider;
};
SPACETIMEDB_STRUCT(Thing, id, small, name, on, ratio, exact, owner, connection, at, uuid, bytes, wide, wider)
SPACETIMEDB_TABLE(Thing, thing, Public)
FIELD_PrimaryKey(thing, id)
FIELD_Index(thing, owner)

struct Link {
  uint64_t id;
  uint64_t thing_id;
  Identity owner;
  uint64_t plain;
};
SPACETIMEDB_STRUCT(Link, id, thing_id, owner, plain)
SPACETIMEDB_TABLE(Link, link, Public)
FIELD_PrimaryKey(link, id)
FIELD_Index(link, thing_id)
FIELD_Index(link, owner)

static void say(const char* name, const std::string& sql) { log_info(std::string(name) + ": " + sql); }

SPACETIMEDB_REDUCER(texts, ReducerContext ctx) {
  const QueryBuilder from;
  const auto things = from[thing];
  const auto links = from[link];
  say("table", things.build().sql());
  say("eq", things.where([](const auto& t) { return t.id.eq(uint64_t{1}); }).into_sql());
  say("ne", things.Where([](const auto& t) { return t.small.Ne(-5); }).into_sql());
  say("gt", things.filter([](const auto& t) { return t.small.gt(5); }).into_sql());
  say("gte", things.Filter([](const auto& t) { return t.small.Gte(5); }).into_sql());
  say("lt", things.where([](const auto& t) { return t.small.lt(5); }).into_sql());
  say("lte", things.where([](const auto& t) { return t.small.lte(t.small); }).into_sql());
  say("string", things.where([](const auto& t) { return t.name.eq("it's"); }).into_sql());
  say("bool", things.where([](const auto& t) { return t.on.eq(false); }).into_sql());
  say("bool column", things.where([](const auto& t) { return t.on; }).into_sql());
  say("bool constant", things.where([](const auto&) { return true; }).into_sql());
  say("float", things.where([](const auto& t) { return t.ratio.eq(0.1F).or_(t.exact.eq(1e21)); }).into_sql());
  say("identity", things.where([&](const auto& t) { return t.owner.eq(ctx.sender()); }).into_sql());
  say("connection", things.where([](const auto& t) { return t.connection.eq(ConnectionId(uint64_t{0xab})); }).into_sql());
  say("timestamp", things.where([](const auto& t) { return t.at.eq(Timestamp(1500000)); }).into_sql());
  say("whole second", things.where([](const auto& t) { return t.at.eq(Timestamp(0)); }).into_sql());
  say("uuid", things.where([](const auto& t) { return t.uuid.eq(Uuid::max()); }).into_sql());
  say("bytes", things.where([](const auto& t) { return t.bytes.eq(std::vector<uint8_t>{1, 255}); }).into_sql());
  say("wide", things.where([](const auto& t) { return t.wide.eq(u128(1, 0)).And(t.wider.eq(i256(~0ULL, ~0ULL, ~0ULL, ~0ULL))); })
                  .into_sql());
  say("logic", things.where([](const auto& t) {
                       return t.id.eq(uint64_t{1}).or_(t.id.eq(uint64_t{2})).and_(t.on.eq(true).not_());
                     }).into_sql());
  say("chained", things.where([](const auto& t) { return t.on; }).where([](const auto& t) { return t.small.eq(1); }).into_sql());
  const auto by_thing = [](const auto& l, const auto& t) { return l.thing_id.eq(t.id); };
  say("left", links.left_semijoin(things, by_thing).into_sql());
  say("right", links.right_semijoin(things, by_thing).into_sql());
  say("left filtered", links.where([](const auto& l) { return l.plain.eq(uint64_t{7}); })
                           .LeftSemijoin(things, by_thing)
                           .where([](const auto& l) { return l.id.gt(uint64_t{1}); })
                           .into_sql());
  say("right filtered", links.where([](const auto& l) { return l.plain.eq(uint64_t{7}); })
                            .RightSemijoin(things, by_thing)
                            .where([](const auto& t) { return t.on; })
                            .filter([](const auto& t) { return t.small.eq(1); })
                            .into_sql());
  say("identities", links.left_semijoin(things, [](const auto& l, const auto& t) { return l.owner.Eq(t.owner); }).into_sql());
  return Ok();
}
