// Tables that queries join: two with a primary key, one with a unique column, one with an index, each on a number.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Stone {
  uint32_t n;
  int32_t weight;
};
SPACETIMEDB_STRUCT(Stone, n, weight)
SPACETIMEDB_TABLE(Stone, pebble, Public)
FIELD_PrimaryKey(pebble, n)
SPACETIMEDB_TABLE(Stone, gravel, Public)
FIELD_PrimaryKey(gravel, n)

struct Tag {
  uint32_t n;
  int32_t worth;
};
SPACETIMEDB_STRUCT(Tag, n, worth)
SPACETIMEDB_TABLE(Tag, tag, Public)
FIELD_Unique(tag, n)

struct Grain {
  uint32_t n;
  int32_t weight;
};
SPACETIMEDB_STRUCT(Grain, n, weight)
SPACETIMEDB_TABLE(Grain, grain, Public)
FIELD_Index(grain, n)

SPACETIMEDB_REDUCER(put_pebble, ReducerContext ctx, uint32_t n, int32_t weight) {
  ctx.db[pebble].insert(Stone{n, weight});
  return Ok();
}
SPACETIMEDB_REDUCER(weigh_pebble, ReducerContext ctx, uint32_t n, int32_t weight) {
  if (!ctx.db[pebble_n].update(Stone{n, weight})) return Err("no such pebble");
  return Ok();
}
SPACETIMEDB_REDUCER(drop_pebble, ReducerContext ctx, uint32_t n) {
  if (!ctx.db[pebble_n].delete_by_key(n)) return Err("no such pebble");
  return Ok();
}
SPACETIMEDB_REDUCER(put_tag, ReducerContext ctx, uint32_t n, int32_t worth) {
  ctx.db[tag].insert(Tag{n, worth});
  return Ok();
}
// The joined row comes in the transaction in which the other side changes.
SPACETIMEDB_REDUCER(tag_and_weigh, ReducerContext ctx, uint32_t n, int32_t worth, int32_t weight) {
  ctx.db[tag].insert(Tag{n, worth});
  ctx.db[pebble_n].update(Stone{n, weight});
  return Ok();
}
// A joined row leaves one query and enters another in one transaction.
SPACETIMEDB_REDUCER(crush, ReducerContext ctx, uint32_t n) {
  const auto found = ctx.db[pebble_n].find(n);
  if (!found) return Err("no such pebble");
  ctx.db[pebble_n].delete_by_key(n);
  ctx.db[gravel].insert(*found);
  return Ok();
}
SPACETIMEDB_REDUCER(put_grains, ReducerContext ctx, std::vector<Stone> pebbles, std::vector<Grain> grains) {
  for (const Stone& each : pebbles) ctx.db[pebble].insert(each);
  for (const Grain& each : grains) ctx.db[grain].insert(each);
  return Ok();
}
SPACETIMEDB_REDUCER(drop_grains, ReducerContext ctx, std::vector<Grain> grains) {
  for (const Grain& each : grains) {
    if (ctx.db[grain].delete_by_value(each) == 0) return Err("no such grain");
  }
  return Ok();
}
SPACETIMEDB_REDUCER(sweep, ReducerContext ctx) {
  ctx.db[pebble].clear();
  ctx.db[gravel].clear();
  ctx.db[tag].clear();
  ctx.db[grain].clear();
  return Ok();
}
