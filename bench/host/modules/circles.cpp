// Circles that eat food: joins by key and nested loops over whole tables.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Vector2 {
  float x;
  float y;
};
SPACETIMEDB_STRUCT(Vector2, x, y)

struct Entity {
  uint32_t id;
  Vector2 position;
  uint32_t mass;
};
SPACETIMEDB_STRUCT(Entity, id, position, mass)
SPACETIMEDB_TABLE(Entity, entity, Public)
FIELD_PrimaryKeyAutoInc(entity, id)

struct Circle {
  uint32_t entity_id;
  uint32_t player_id;
  Vector2 direction;
  float magnitude;
  Timestamp last_split;
};
SPACETIMEDB_STRUCT(Circle, entity_id, player_id, direction, magnitude, last_split)
SPACETIMEDB_TABLE(Circle, circle, Public)
FIELD_PrimaryKey(circle, entity_id)
FIELD_Index(circle, player_id)

struct Food {
  uint32_t entity_id;
};
SPACETIMEDB_STRUCT(Food, entity_id)
SPACETIMEDB_TABLE(Food, food, Public)
FIELD_PrimaryKey(food, entity_id)

// What the last join counted, so that engines can be compared.
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

static bool overlap(const Entity& a, const Entity& b) {
  const float x = a.position.x - b.position.x;
  const float y = a.position.y - b.position.y;
  const float reach = std::sqrt(static_cast<float>(a.mass)) + std::sqrt(static_cast<float>(b.mass));
  return x * x + y * y <= reach * reach;
}

SPACETIMEDB_REDUCER(insert_bulk_entity, ReducerContext ctx, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    const auto at = static_cast<float>(i);
    ctx.db[entity].insert(Entity{0, Vector2{at, at + 5}, i * 5});
  }
  return Ok();
}
SPACETIMEDB_REDUCER(insert_bulk_circle, ReducerContext ctx, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    const auto at = static_cast<float>(i);
    ctx.db[circle].insert(Circle{i, i, Vector2{at, at + 5}, at * 5, ctx.timestamp});
  }
  return Ok();
}
SPACETIMEDB_REDUCER(insert_bulk_food, ReducerContext ctx, uint32_t count) {
  for (uint32_t id = 1; id <= count; ++id) ctx.db[food].insert(Food{id});
  return Ok();
}

SPACETIMEDB_REDUCER(cross_join_circle_food, ReducerContext ctx) {
  uint64_t met = 0;
  for (const Circle& each : ctx.db[circle]) {
    const auto self = ctx.db[entity_id].find(each.entity_id);
    if (!self) continue;
    for (const Food& meal : ctx.db[food]) {
      const auto other = ctx.db[entity_id].find(meal.entity_id);
      if (other && overlap(*self, *other)) ++met;
    }
  }
  keep(ctx, met);
  return Ok();
}

SPACETIMEDB_REDUCER(cross_join_all, ReducerContext ctx) {
  uint64_t sum = 0;
  for (const Circle& a : ctx.db[circle]) {
    for (const Entity& b : ctx.db[entity]) {
      for (const Food& c : ctx.db[food]) sum += a.player_id ^ (b.mass + c.entity_id);
    }
  }
  keep(ctx, sum);
  return Ok();
}
