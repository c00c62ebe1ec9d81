// Multi-column indexes, ranges and defaults.
#include "map.h"

struct Place {
  uint32_t id;
  std::string region;
  int64_t height;
  uint8_t kind;
  Cell cell;
  float richness;
};
SPACETIMEDB_STRUCT(Place, id, region, height, kind, cell, richness)
SPACETIMEDB_TABLE(Place, place, Public)
FIELD_PrimaryKeyAutoInc(place, id)
FIELD_Index(place, height)
FIELD_Index(place, region)
FIELD_MultiColumnIndex(place, by_region, region, height, kind)
FIELD_NamedMultiColumnIndex(place, by_kind, kind, height)
FIELD_MultiColumnIndex(place, by_richness, kind, richness)
FIELD_Default(place, richness, 1.5f)
FIELD_Default(place, kind, 7)
FIELD_Default(place, region, "nowhere")

struct Found {
  std::string query;
  std::vector<uint32_t> ids;
};
SPACETIMEDB_STRUCT(Found, query, ids)
SPACETIMEDB_TABLE(Found, found, Public)
FIELD_PrimaryKey(found, query)

SPACETIMEDB_REDUCER(add_place, ReducerContext ctx, std::string region, int64_t height, uint8_t kind) {
  ctx.db[place].insert(Place{0, region, height, kind, Cell{1, 2}, 0.5F});
  return Ok();
}

template <class Rows>
static void note(ReducerContext& ctx, const char* query, Rows rows) {
  Found line{query, {}};
  for (const Place& each : rows) line.ids.push_back(each.id);
  ctx.db[found_query].try_insert_or_update(line);
}

SPACETIMEDB_REDUCER(survey, ReducerContext& ctx) {
  note(ctx, "height = 5", ctx.db[place_height].filter(5));
  note(ctx, "2 <= height < 5", ctx.db[place_height].filter(range(2, 5)));
  note(ctx, "2 <= height <= 5", ctx.db[place_height].filter(range_inclusive(int64_t{2}, int64_t{5})));
  note(ctx, "height >= 5", ctx.db[place_height].filter(range_from(5)));
  note(ctx, "height < 2", ctx.db[place_height].filter(range_to(2)));
  note(ctx, "height <= 2", ctx.db[place_height].filter(range_to_inclusive(2)));
  note(ctx, "any height", ctx.db[place_height].filter(range_full<int64_t>()));
  note(ctx, "region = hill", ctx.db[place_region].filter("hill"));
  note(ctx, "b <= region < i", ctx.db[place_region].filter(range(std::string("b"), std::string("i"))));
  note(ctx, "hill", ctx.db[place_by_region].filter("hill"));
  note(ctx, "hill, 5", ctx.db[place_by_region].filter(std::tuple("hill", 5)));
  note(ctx, "hill, 5, 2", ctx.db[place_by_region].filter(std::tuple("hill", 5, 2)));
  note(ctx, "hill, 3..", ctx.db[place_by_region].filter(std::tuple("hill", range_from(3))));
  note(ctx, "hill, 5, 1..=2", ctx.db[place_by_region].filter(std::tuple("hill", 5, range_inclusive(1, 2))));
  note(ctx, "kind 2, ..5", ctx.db[place_by_kind].filter(std::tuple(2, range_to(5))));
  note(ctx, "kind 1..=2", ctx.db[place_by_kind].filter(range_inclusive(1, 2)));
  note(ctx, "kind 2, richness 0.5", ctx.db[place_by_richness].filter(std::tuple(2, 0.5F)));
  note(ctx, "whole table", ctx.db.table<Place>("place"));
  return Ok();
}

SPACETIMEDB_REDUCER(flatten, ReducerContext ctx, int64_t height) {
  const uint32_t deleted = ctx.db[place_height].delete_by_value(height);
  if (deleted == 0) return Err("nothing has this height");
  LOG_INFO_F("%u places of height %lld", deleted, static_cast<long long>(height));
  return Ok();
}
