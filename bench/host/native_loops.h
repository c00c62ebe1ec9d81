// The loops of the modules circles and agents as a program has them that needs no database: rows in
// arrays by their key. With the same answers.
#pragma once

#include <cstdint>

namespace bench {

class NativeCircles {
 public:
  NativeCircles(uint32_t entities, uint32_t circles, uint32_t foods);
  ~NativeCircles();
  NativeCircles(const NativeCircles&) = delete;
  NativeCircles& operator=(const NativeCircles&) = delete;
  uint64_t cross_join_circle_food() const;
  uint64_t cross_join_all() const;

 private:
  struct Rows;
  Rows* const rows_;
};

class NativeAgents {
 public:
  NativeAgents(uint32_t positions, uint32_t velocities, uint64_t players);
  ~NativeAgents();
  NativeAgents(const NativeAgents&) = delete;
  NativeAgents& operator=(const NativeAgents&) = delete;
  void update_position_all();
  void update_position_with_velocity();
  void game_loop(uint64_t players);
  /// Of all that they left, as the module sums it up.
  uint64_t checksum() const;

 private:
  struct Rows;
  Rows* const rows_;
};

}  // namespace bench
