// Energy: what a call has cost, in the unit in which limits of calls are told, about one for each
// instruction of a module.
//
// The runtime counts no instructions, as that would slow down every one of them; calls are charged
// for their time, waiting for the transaction's end included. Nobody is billed here.
#pragma once

#include <cstdint>

namespace orrery::host {

inline constexpr uint64_t kEnergyPerSecond = 2'000'000'000;

inline uint64_t energy_of(int64_t nanos) {
  if (nanos <= 0) return 0;
  constexpr uint64_t kPerMicro = kEnergyPerSecond / 1'000'000;
  return static_cast<uint64_t>(nanos) * kPerMicro / 1000;
}

}  // namespace orrery::host
