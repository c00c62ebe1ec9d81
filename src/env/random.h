// Random: the only source of unpredictable bytes. Thread-safe.
#pragma once

#include <cstdint>
#include <span>

namespace orrery::env {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<uint8_t> out) = 0;

  uint64_t next_u64() {
    uint64_t value = 0;
    fill({reinterpret_cast<uint8_t*>(&value), sizeof(value)});
    return value;
  }
};

}  // namespace orrery::env
