#include "bench/host/native_loops.h"

#include <bit>
#include <cmath>
#include <unordered_map>
#include <vector>

namespace bench {
namespace {

struct Entity {
  uint32_t id;
  float x, y;
  uint32_t mass;
};
struct Circle {
  uint32_t entity_id, player_id;
};

bool overlap(const Entity& a, const Entity& b) {
  const float x = a.x - b.x;
  const float y = a.y - b.y;
  const float reach = std::sqrt(static_cast<float>(a.mass)) + std::sqrt(static_cast<float>(b.mass));
  return x * x + y * y <= reach * reach;
}

}  // namespace

struct NativeCircles::Rows {
  std::vector<Entity> entities;  ///< by id - 1
  std::vector<Circle> circles;
  std::vector<uint32_t> foods;

  const Entity* find(uint32_t id) const {
    return id == 0 || id > entities.size() ? nullptr : &entities[id - 1];
  }
};

NativeCircles::NativeCircles(uint32_t entities, uint32_t circles, uint32_t foods)
    : rows_(new Rows) {
  for (uint32_t i = 0; i < entities; ++i) {
    const auto at = static_cast<float>(i);
    rows_->entities.push_back({i + 1, at, at + 5, i * 5});
  }
  for (uint32_t i = 0; i < circles; ++i) rows_->circles.push_back({i, i});
  for (uint32_t id = 1; id <= foods; ++id) rows_->foods.push_back(id);
}
NativeCircles::~NativeCircles() { delete rows_; }

uint64_t NativeCircles::cross_join_circle_food() const {
  uint64_t met = 0;
  for (const Circle& each : rows_->circles) {
    const Entity* self = rows_->find(each.entity_id);
    if (self == nullptr) continue;
    for (uint32_t meal : rows_->foods) {
      const Entity* other = rows_->find(meal);
      if (other != nullptr && overlap(*self, *other)) ++met;
    }
  }
  return met;
}

uint64_t NativeCircles::cross_join_all() const {
  uint64_t sum = 0;
  for (const Circle& a : rows_->circles) {
    for (const Entity& b : rows_->entities) {
      for (uint32_t c : rows_->foods) {
        sum += a.player_id ^ (b.mass + c);
        asm volatile("" : "+r"(sum));  // a row is looked at by itself, as in the module
      }
    }
  }
  return sum;
}

struct NativeAgents::Rows {
  struct Position {
    float x, y, z, vx, vy, vz;
  };
  struct Velocity {
    uint32_t id;
    float x, y, z;
  };
  struct Agent {
    uint64_t next_action, moves;
  };
  struct Mobile {
    int32_t x, y;
    uint64_t moved;
  };
  std::vector<Position> positions;
  std::vector<Velocity> velocities;
  std::vector<Agent> agents;
  std::vector<int64_t> targets;
  std::unordered_map<int64_t, std::vector<uint64_t>> by_quad;
  std::vector<Mobile> mobiles;
  std::vector<int32_t> enemies;
  std::vector<int32_t> herds;
};

NativeAgents::NativeAgents(uint32_t positions, uint32_t velocities, uint64_t players)
    : rows_(new Rows) {
  Rows& r = *rows_;
  for (uint32_t id = 0; id < positions; ++id) {
    const auto at = static_cast<float>(id);
    r.positions.push_back({at, at + 5, at * 5, at + 1, at + 2, at + 3});
  }
  for (uint32_t id = 0; id < velocities; ++id) {
    const auto at = static_cast<float>(id);
    r.velocities.push_back({id, at, at + 5, at * 5});
  }
  for (uint64_t id = 0; id < players; ++id) {
    r.agents.push_back({id % 2 == 0 ? 0U : 1'000'000U, 0});
    r.targets.push_back(static_cast<int64_t>(id / 10));
    r.by_quad[static_cast<int64_t>(id / 10)].push_back(id);
    r.mobiles.push_back({static_cast<int32_t>(id), static_cast<int32_t>(id), 0});
    r.enemies.push_back(static_cast<int32_t>(id));
    r.herds.push_back(static_cast<int32_t>(id * 2));
  }
}
NativeAgents::~NativeAgents() { delete rows_; }

void NativeAgents::update_position_all() {
  for (Rows::Position& p : rows_->positions) {
    p.x += p.vx;
    p.y += p.vy;
    p.z += p.vz;
  }
  asm volatile("" : : "r"(rows_->positions.data()) : "memory");
}

void NativeAgents::update_position_with_velocity() {
  for (const Rows::Velocity& v : rows_->velocities) {
    Rows::Position& p = rows_->positions[v.id];
    p.x += v.x;
    p.y += v.y;
    p.z += v.z;
  }
  asm volatile("" : : "r"(rows_->positions.data()) : "memory");
}

void NativeAgents::game_loop(uint64_t players) {
  Rows& r = *rows_;
  for (uint64_t id = 0; id < players && id < r.agents.size(); ++id) {
    uint64_t near = 0;
    for (uint64_t other : r.by_quad[r.targets[id]]) near += other;
    Rows::Mobile& body = r.mobiles[id];
    asm volatile("" : : "r"(r.herds[static_cast<size_t>(r.enemies[id])]));
    r.agents[id].next_action += 2000;
    r.agents[id].moves += near % 3;
    body.x += 1;
    body.y += 2;
    body.moved += 1;
  }
  asm volatile("" : : "r"(r.agents.data()) : "memory");
}

uint64_t NativeAgents::checksum() const {
  const Rows& r = *rows_;
  auto bits = [](float value) { return uint64_t{std::bit_cast<uint32_t>(value)}; };
  uint64_t sum = 0;
  for (uint64_t id = 0; id < r.positions.size(); ++id) {
    const Rows::Position& p = r.positions[id];
    sum += (id + 1) * (bits(p.x) + 3 * bits(p.y) + 5 * bits(p.z));
  }
  for (uint64_t id = 0; id < r.agents.size(); ++id) {
    const Rows::Mobile& m = r.mobiles[id];
    sum += (id + 1) * (r.agents[id].next_action + 7 * r.agents[id].moves);
    sum += (id + 1) * (static_cast<uint32_t>(m.x) + 3ULL * static_cast<uint32_t>(m.y) + 5 * m.moved);
  }
  return sum;
}

}  // namespace bench
