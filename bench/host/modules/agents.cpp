// A game's loop: things that move, and agents that look around themselves.
#include <spacetimedb.h>

#include <bit>

using namespace SpacetimeDB;

struct Velocity {
  uint32_t entity_id;
  float x;
  float y;
  float z;
};
SPACETIMEDB_STRUCT(Velocity, entity_id, x, y, z)
SPACETIMEDB_TABLE(Velocity, velocity, Public)
FIELD_PrimaryKey(velocity, entity_id)

struct Position {
  uint32_t entity_id;
  float x;
  float y;
  float z;
  float vx;
  float vy;
  float vz;
};
SPACETIMEDB_STRUCT(Position, entity_id, x, y, z, vx, vy, vz)
SPACETIMEDB_TABLE(Position, position, Public)
FIELD_PrimaryKey(position, entity_id)

struct AgentState {
  uint64_t entity_id;
  uint64_t next_action;
  uint64_t moves;
};
SPACETIMEDB_STRUCT(AgentState, entity_id, next_action, moves)
SPACETIMEDB_TABLE(AgentState, agent_state, Public)
FIELD_PrimaryKey(agent_state, entity_id)

struct TargetState {
  uint64_t entity_id;
  int64_t quad;
};
SPACETIMEDB_STRUCT(TargetState, entity_id, quad)
SPACETIMEDB_TABLE(TargetState, target_state, Public)
FIELD_PrimaryKey(target_state, entity_id)
SPACETIMEDB_TABLE(TargetState, live_target_state, Public)
FIELD_Unique(live_target_state, entity_id)
FIELD_Index(live_target_state, quad)

struct MobileState {
  uint64_t entity_id;
  int32_t x;
  int32_t y;
  uint64_t moved;
};
SPACETIMEDB_STRUCT(MobileState, entity_id, x, y, moved)
SPACETIMEDB_TABLE(MobileState, mobile_state, Public)
FIELD_PrimaryKey(mobile_state, entity_id)
FIELD_Index(mobile_state, x)

struct EnemyState {
  uint64_t entity_id;
  int32_t herd;
};
SPACETIMEDB_STRUCT(EnemyState, entity_id, herd)
SPACETIMEDB_TABLE(EnemyState, enemy_state, Public)
FIELD_PrimaryKey(enemy_state, entity_id)

struct Herd {
  int32_t id;
  uint32_t dimension;
  int32_t population;
};
SPACETIMEDB_STRUCT(Herd, id, dimension, population)
SPACETIMEDB_TABLE(Herd, herd, Public)
FIELD_PrimaryKey(herd, id)

// What the loops left, so that engines can be compared.
struct Answer {
  uint32_t id;
  uint64_t value;
};
SPACETIMEDB_STRUCT(Answer, id, value)
SPACETIMEDB_TABLE(Answer, answer, Public)
FIELD_PrimaryKey(answer, id)

static uint64_t bits(float value) { return std::bit_cast<uint32_t>(value); }

SPACETIMEDB_REDUCER(sum_up, ReducerContext ctx) {
  uint64_t sum = 0;
  for (const Position& p : ctx.db[position]) sum += (p.entity_id + 1ULL) * (bits(p.x) + 3 * bits(p.y) + 5 * bits(p.z));
  for (const AgentState& a : ctx.db[agent_state]) sum += (a.entity_id + 1) * (a.next_action + 7 * a.moves);
  for (const MobileState& m : ctx.db[mobile_state]) {
    sum += (m.entity_id + 1) * (static_cast<uint32_t>(m.x) + 3ULL * static_cast<uint32_t>(m.y) + 5 * m.moved);
  }
  ctx.db[answer_id].delete_by_key(0U);
  ctx.db[answer].insert(Answer{0, sum});
  return Ok();
}

SPACETIMEDB_REDUCER(insert_bulk_position, ReducerContext ctx, uint32_t count) {
  for (uint32_t id = 0; id < count; ++id) {
    const auto at = static_cast<float>(id);
    ctx.db[position].insert(Position{id, at, at + 5, at * 5, at + 1, at + 2, at + 3});
  }
  return Ok();
}
SPACETIMEDB_REDUCER(insert_bulk_velocity, ReducerContext ctx, uint32_t count) {
  for (uint32_t id = 0; id < count; ++id) {
    const auto at = static_cast<float>(id);
    ctx.db[velocity].insert(Velocity{id, at, at + 5, at * 5});
  }
  return Ok();
}
SPACETIMEDB_REDUCER(update_position_all, ReducerContext ctx) {
  for (Position row : ctx.db[position].collect()) {
    row.x += row.vx;
    row.y += row.vy;
    row.z += row.vz;
    ctx.db[position_entity_id].update(row);
  }
  return Ok();
}
SPACETIMEDB_REDUCER(update_position_with_velocity, ReducerContext ctx) {
  for (const Velocity& speed : ctx.db[velocity]) {
    auto row = ctx.db[position_entity_id].find(speed.entity_id);
    if (!row) continue;
    row->x += speed.x;
    row->y += speed.y;
    row->z += speed.z;
    ctx.db[position_entity_id].update(*row);
  }
  return Ok();
}

SPACETIMEDB_REDUCER(insert_world, ReducerContext ctx, uint64_t players) {
  for (uint64_t id = 0; id < players; ++id) {
    const uint64_t next = id % 2 == 0 ? 0 : 1'000'000;
    ctx.db[agent_state].insert(AgentState{id, next, 0});
    ctx.db[target_state].insert(TargetState{id, static_cast<int64_t>(id / 10)});
    ctx.db[live_target_state].insert(TargetState{id, static_cast<int64_t>(id / 10)});
    ctx.db[mobile_state].insert(MobileState{id, static_cast<int32_t>(id), static_cast<int32_t>(id), 0});
    ctx.db[enemy_state].insert(EnemyState{id, static_cast<int32_t>(id)});
    ctx.db[herd].insert(Herd{static_cast<int32_t>(id), static_cast<uint32_t>(id), static_cast<int32_t>(id * 2)});
  }
  return Ok();
}
SPACETIMEDB_REDUCER(game_loop, ReducerContext ctx, uint64_t players) {
  uint64_t left = players;
  for (AgentState agent : ctx.db[agent_state].collect()) {
    if (left-- == 0) break;
    const auto self = ctx.db[target_state_entity_id].find(agent.entity_id);
    if (!self) return Err("an agent that is nowhere");
    uint64_t near = 0;
    for (const TargetState& other : ctx.db[live_target_state_quad].filter(self->quad)) near += other.entity_id;
    auto enemy = ctx.db[enemy_state_entity_id].find(agent.entity_id);
    auto body = ctx.db[mobile_state_entity_id].find(agent.entity_id);
    if (!enemy || !body) return Err("an agent without a body");
    const auto group = ctx.db[herd_id].find(enemy->herd);
    if (!group) return Err("a herd that is not there");
    agent.next_action += 2000;
    agent.moves += near % 3;
    ctx.db[agent_state_entity_id].update(agent);
    body->x += 1;
    body->y += 2;
    body->moved += 1;
    ctx.db[mobile_state_entity_id].update(*body);
    ctx.db[target_state_entity_id].update(TargetState{self->entity_id, self->quad});
    ctx.db[live_target_state_entity_id].update(TargetState{self->entity_id, self->quad});
    ctx.db[enemy_state_entity_id].update(*enemy);
  }
  return Ok();
}
