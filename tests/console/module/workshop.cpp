// What the tests of the console look at: rows that come, change and go, arguments of every type, a log, a procedure.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Gauge {
  uint64_t id;
  std::string name;
  int32_t value;
  Timestamp read;
};
SPACETIMEDB_STRUCT(Gauge, id, name, value, read)
SPACETIMEDB_TABLE(Gauge, gauge, Public)
FIELD_PrimaryKeyAutoInc(gauge, id)

struct Note {
  uint32_t id;
  std::string text;
};
SPACETIMEDB_STRUCT(Note, id, text)
SPACETIMEDB_TABLE(Note, secret_note, Private)
FIELD_PrimaryKey(secret_note, id)

struct Tick {
  uint32_t number;
};
SPACETIMEDB_STRUCT(Tick, number)
SPACETIMEDB_TABLE(Tick, tick, Public, true)

SPACETIMEDB_ENUM(Season, Spring, Summer, Autumn, Winter)
struct Point {
  int32_t x;
  int32_t y;
};
SPACETIMEDB_STRUCT(Point, x, y)
SPACETIMEDB_UNIT_TYPE(ShapeNone)
SPACETIMEDB_ENUM(Shape, (Nothing, ShapeNone), (Dot, Point), (Path, std::vector<Point>), (Label, std::string))

struct Chest {
  uint8_t small;
  uint64_t large;
  u128 wide;
  u256 wider;
  int64_t low;
  i128 wide_low;
  i256 wider_low;
  bool flag;
  float single;
  double real;
  std::string text;
  std::vector<uint8_t> bytes;
  Identity owner;
  ConnectionId connection;
  Timestamp at;
  TimeDuration lasting;
  Uuid uuid;
  ScheduleAt schedule;
  Season season;
  Shape shape;
  std::optional<Point> corner;
  std::vector<std::optional<int32_t>> numbers;
};
SPACETIMEDB_STRUCT(Chest, small, large, wide, wider, low, wide_low, wider_low, flag, single, real, text, bytes, owner, connection, at,
                   lasting, uuid, schedule, season, shape, corner, numbers)
SPACETIMEDB_TABLE(Chest, chest, Public)

SPACETIMEDB_REDUCER(add_gauge, ReducerContext ctx, std::string name, int32_t value) {
  ctx.db[gauge].insert(Gauge{0, name, value, ctx.timestamp});
  LOG_INFO("added " + name);
  return Ok();
}

SPACETIMEDB_REDUCER(set_gauge, ReducerContext ctx, uint64_t id, int32_t value) {
  auto found = ctx.db[gauge_id].find(id);
  if (!found) return Err("there is no gauge " + std::to_string(id));
  found->value = value;
  ctx.db[gauge_id].update(*found);
  return Ok();
}

SPACETIMEDB_REDUCER(drop_gauge, ReducerContext ctx, uint64_t id) {
  if (!ctx.db[gauge_id].delete_by_key(id)) return Err("there is no gauge " + std::to_string(id));
  LOG_WARN("dropped gauge " + std::to_string(id));
  return Ok();
}

SPACETIMEDB_REDUCER(fill, ReducerContext ctx, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    ctx.db[gauge].insert(Gauge{0, "filler " + std::to_string(i), static_cast<int32_t>(i % 1000), ctx.timestamp});
  }
  return Ok();
}

SPACETIMEDB_REDUCER(keep, ReducerContext ctx, Chest chest_to_keep) {
  ctx.db[chest].insert(chest_to_keep);
  return Ok();
}

SPACETIMEDB_REDUCER(strike, ReducerContext ctx, uint32_t number) {
  ctx.db[tick].insert(Tick{number});
  LOG_ERROR("struck " + std::to_string(number));
  return Ok();
}

SPACETIMEDB_INIT(init, ReducerContext ctx) {
  ctx.db[secret_note].insert(Note{1, "only the owner reads this"});
  return Ok();
}

SPACETIMEDB_PROCEDURE(uint64_t, twice, ProcedureContext ctx, uint64_t number) {
  (void)ctx;
  return number * 2;
}

SPACETIMEDB_VIEW(std::vector<Gauge>, first_gauge, Public, AnonymousViewContext ctx) {
  std::vector<Gauge> out;
  if (auto found = ctx.db[gauge_id].find(1)) out.push_back(*found);
  return out;
}
