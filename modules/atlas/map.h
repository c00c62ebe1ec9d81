// The map that the translation units of the atlas share.
#pragma once

#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Cell {
  int32_t x;
  int32_t y;
};
SPACETIMEDB_STRUCT(Cell, x, y)
