// Types shared by the translation units of the cabinet: every kind of column.
#pragma once

#include <spacetimedb.h>

using namespace SpacetimeDB;

SPACETIMEDB_ENUM(Season, Spring, Summer, Autumn, Winter)
SPACETIMEDB_NAMESPACE(Season, "Calendar")

SPACETIMEDB_UNIT_TYPE(ShapeNone)
struct Point {
  int32_t x;
  int32_t y;
  bool operator==(const Point&) const = default;
};
SPACETIMEDB_STRUCT(Point, x, y)
SPACETIMEDB_ENUM(Shape, (Nothing, ShapeNone), (Dot, Point), (Path, std::vector<Point>), (Label, std::string),
                 (Tinted, Season), (Size, double), (Owner, Identity))

SPACETIMEDB_UNIT_STRUCT(Blank)

// Every primitive and special type; not all of fixed size, with gaps in memory.
struct Everything {
  uint8_t u8;
  uint16_t u16;
  uint32_t u32;
  uint64_t u64;
  u128 wide_u;
  u256 wider_u;
  int8_t i8;
  int16_t i16;
  int32_t i32;
  int64_t i64;
  i128 wide_i;
  i256 wider_i;
  bool flag;
  float f32;
  double f64;
  std::string text;
  Identity identity;
  ConnectionId connection;
  Timestamp timestamp;
  TimeDuration duration;
  Uuid uuid;
  ScheduleAt schedule;
  Season season;
  Blank blank;
};
SPACETIMEDB_STRUCT(Everything, u8, u16, u32, u64, wide_u, wider_u, i8, i16, i32, i64, wide_i, wider_i, flag, f32, f64, text,
                   identity, connection, timestamp, duration, uuid, schedule, season, blank)

// Fixed size with the layout of its encoding, and the same fields listed in another order than declared.
struct Packed {
  uint32_t a;
  float b;
  uint64_t c;
};
SPACETIMEDB_STRUCT(Packed, a, b, c)
struct Swapped {
  uint32_t first;
  uint32_t second;
};
SPACETIMEDB_STRUCT(Swapped, second, first)
