// Fixed-size rows in numbers: scans within scans, and rows larger than a chunk.
#include "map.h"

struct Tile {
  uint32_t id;
  Cell cell;
  float value;
};
SPACETIMEDB_STRUCT(Tile, id, cell, value)
SPACETIMEDB_TABLE(Tile, tile, Public)
FIELD_PrimaryKey(tile, id)

struct Sheet {
  uint32_t id;
  std::vector<uint8_t> pixels;
};
SPACETIMEDB_STRUCT(Sheet, id, pixels)
SPACETIMEDB_TABLE(Sheet, sheet, Public)
FIELD_PrimaryKey(sheet, id)

struct Tally {
  std::string what;
  uint64_t count;
};
SPACETIMEDB_STRUCT(Tally, what, count)
SPACETIMEDB_TABLE(Tally, tally, Public)
FIELD_PrimaryKey(tally, what)

SPACETIMEDB_REDUCER(lay_tiles, ReducerContext ctx, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    ctx.db[tile].insert(Tile{i, Cell{static_cast<int32_t>(i), -1}, static_cast<float>(i)});
  }
  return Ok();
}
SPACETIMEDB_REDUCER(cross_tiles, ReducerContext ctx) {
  uint64_t pairs = 0;
  for (const Tile& left : ctx.db[tile]) {
    for (const Tile& right : ctx.db[tile]) {
      if (left.id < right.id && left.cell.x < right.cell.x) ++pairs;
    }
  }
  ctx.db[tally_what].try_insert_or_update(Tally{"pairs", pairs});
  return Ok();
}
SPACETIMEDB_REDUCER(first_tile, ReducerContext ctx) {
  for (auto each : ctx.db[tile]) {
    ctx.db[tally_what].try_insert_or_update(Tally{"first", each.id});
    break;  // the rest of the scan is given back to the host
  }
  return Ok();
}
SPACETIMEDB_REDUCER(print_sheet, ReducerContext ctx, uint32_t id, uint32_t size) {
  ctx.db[sheet].insert(Sheet{id, std::vector<uint8_t>(size, static_cast<uint8_t>(id))});
  return Ok();
}
SPACETIMEDB_REDUCER(weigh_sheets, ReducerContext ctx) {
  uint64_t bytes = 0;
  for (const Sheet& each : ctx.db[sheet]) {
    for (const uint8_t pixel : each.pixels) bytes += pixel == static_cast<uint8_t>(each.id) ? 1 : 1000000;
  }
  ctx.db[tally_what].try_insert_or_update(Tally{"bytes", bytes});
  return Ok();
}
