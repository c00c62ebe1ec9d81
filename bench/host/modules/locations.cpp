// A million places in chunks, found through four kinds of index.
#include <spacetimedb.h>

using namespace SpacetimeDB;

constexpr uint64_t kChunks = 1000;
constexpr uint64_t kPerChunk = 1200;

struct Location {
  uint64_t id;
  uint64_t chunk;
  int32_t x;
  int32_t z;
  uint32_t dimension;
};
SPACETIMEDB_STRUCT(Location, id, chunk, x, z, dimension)
SPACETIMEDB_TABLE(Location, location, Public)
FIELD_PrimaryKey(location, id)
FIELD_Index(location, chunk)
FIELD_Index(location, x)
FIELD_MultiColumnIndex(location, coordinates, x, z, dimension)

struct Answer {
  uint32_t id;
  uint64_t value;
};
SPACETIMEDB_STRUCT(Answer, id, value)
SPACETIMEDB_TABLE(Answer, answer, Public)
FIELD_PrimaryKey(answer, id)

static void keep(ReducerContext& ctx, uint64_t value) {
  ctx.db[answer_id].delete_by_key(0U);
  ctx.db[answer].insert(Answer{0, value});
}

template <class Rows>
static uint64_t sum_of(Rows&& rows) {
  uint64_t sum = 0;
  for (const Location& row : rows) sum += row.id;
  return sum;
}

SPACETIMEDB_REDUCER(load, ReducerContext ctx) {
  for (uint64_t chunk = 0; chunk < kChunks; ++chunk) {
    for (uint64_t i = 0; i < kPerChunk; ++i) {
      ctx.db[location].insert(Location{chunk * kPerChunk + i, chunk, static_cast<int32_t>(chunk),
                                       static_cast<int32_t>(chunk), static_cast<uint32_t>(i)});
    }
  }
  return Ok();
}
SPACETIMEDB_REDUCER(by_id, ReducerContext ctx, uint64_t id) {
  const auto found = ctx.db[location_id].find(id);
  keep(ctx, found ? found->id : 0);
  return Ok();
}
SPACETIMEDB_REDUCER(by_chunk, ReducerContext ctx, uint64_t chunk) {
  keep(ctx, sum_of(ctx.db[location_chunk].filter(chunk)));
  return Ok();
}
SPACETIMEDB_REDUCER(by_three, ReducerContext ctx, int32_t x, int32_t z, uint32_t dimension) {
  keep(ctx, sum_of(ctx.db[location_coordinates].filter(std::tuple(x, z, dimension))));
  return Ok();
}
SPACETIMEDB_REDUCER(by_two, ReducerContext ctx, int32_t x, int32_t z) {
  keep(ctx, sum_of(ctx.db[location_coordinates].filter(std::tuple(x, z))));
  return Ok();
}
