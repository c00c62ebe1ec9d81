// One table per type: a single column, a list of it, an optional one.
#include "types.h"

// Declares a struct, its table and a reducer that inserts into it.
#define DRAWER(Type, table, ...)                                           \
  struct Type {                                                            \
    __VA_ARGS__ value;                                                     \
  };                                                                       \
  SPACETIMEDB_STRUCT(Type, value)                                          \
  SPACETIMEDB_TABLE(Type, table, Public)                                   \
  SPACETIMEDB_REDUCER(put_##table, ReducerContext ctx, __VA_ARGS__ value) { \
    ctx.db[table].insert(Type{value});                                     \
    return Ok();                                                           \
  }
#define DRAWERS(Name, name, ...)                          \
  DRAWER(One##Name, one_##name, __VA_ARGS__)              \
  DRAWER(Many##Name, many_##name, std::vector<__VA_ARGS__>) \
  DRAWER(Maybe##Name, maybe_##name, std::optional<__VA_ARGS__>)

DRAWERS(U8, u8, uint8_t)
DRAWERS(U16, u16, uint16_t)
DRAWERS(U32, u32, uint32_t)
DRAWERS(U64, u64, uint64_t)
DRAWERS(U128, u128, SpacetimeDB::u128)
DRAWERS(U256, u256, SpacetimeDB::u256)
DRAWERS(I8, i8, int8_t)
DRAWERS(I16, i16, int16_t)
DRAWERS(I32, i32, int32_t)
DRAWERS(I64, i64, int64_t)
DRAWERS(I128, i128, SpacetimeDB::i128)
DRAWERS(I256, i256, SpacetimeDB::i256)
DRAWERS(Bool, bool, bool)
DRAWERS(F32, f32, float)
DRAWERS(F64, f64, double)
DRAWERS(String, string, std::string)
DRAWERS(Identity, identity, SpacetimeDB::Identity)
DRAWERS(Connection, connection, SpacetimeDB::ConnectionId)
DRAWERS(Timestamp, timestamp, SpacetimeDB::Timestamp)
DRAWERS(Duration, duration, SpacetimeDB::TimeDuration)
DRAWERS(Uuid, uuid, SpacetimeDB::Uuid)
DRAWERS(Season, season, Season)
DRAWERS(Shape, shape, Shape)
DRAWERS(Point, point, Point)
DRAWERS(Packed, packed, Packed)
DRAWERS(Everything, everything, Everything)
DRAWERS(Nested, nested, std::optional<std::vector<std::optional<int32_t>>>)

DRAWER(OutcomeNumber, outcome_number, Result<int32_t, std::string>)
DRAWER(OutcomeEverything, outcome_everything, Result<Everything, Season>)
DRAWER(OutcomeSame, outcome_same, Result<std::string, std::string>)

struct TwoBlanks {
  uint32_t id;
  Blank blank;
};
SPACETIMEDB_STRUCT(TwoBlanks, id, blank)
SPACETIMEDB_TABLE(TwoBlanks, with_blank, Public)
SPACETIMEDB_REDUCER(put_with_blank, ReducerContext ctx, uint32_t id, Blank blank) {
  ctx.db[with_blank].insert(TwoBlanks{id, blank});
  return Ok();
}

SPACETIMEDB_TABLE(Swapped, swapped, Public)
SPACETIMEDB_REDUCER(put_swapped, ReducerContext ctx, uint32_t first, uint32_t second) {
  ctx.db[swapped].insert(Swapped{.first = first, .second = second});
  for (const Swapped& row : ctx.db[swapped]) {
    if (row.first == first && row.second == second) return Ok();
  }
  return Err("the fields were read in another order than they were written");
}
