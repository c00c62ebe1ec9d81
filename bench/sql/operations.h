// The 53 operations on users and orders: statements, parameters, iterations, in their order of execution.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/lib/engine.h"

namespace bench {

/// One generator for all engines (xorshift64), so that all hold the same rows.
struct Random {
  uint64_t state = 0x2545f4914f6cdd1dULL;
  uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }
  double real(double low, double high) { return low + (high - low) * (static_cast<double>(next() >> 11) / 9007199254740992.0); }
};

struct Operation {
  std::string name;
  uint32_t iterations = 500;
  std::string sql;
  std::string verify;  ///< the statement whose whole result must be equal; empty = sql; "-" = a write
  std::function<std::vector<Cell>(uint32_t)> parameters;
  bool writes = false;
  /// Batch writes: the statement is run this many times between begin and commit, with parameters(i * batch + j).
  uint32_t batch = 0;
  bool needs_orders = false;
};

std::vector<Operation> operations(const Engine& engine);
void load_users(Engine& engine);
void load_orders(Engine& engine);

}  // namespace bench
