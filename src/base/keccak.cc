#include "base/keccak.h"

#include <bit>
#include <cstring>

namespace orrery {
namespace {

constexpr size_t kRateBytes = 136;  // 1600 bits less twice the 256 of the digest
constexpr int kRounds = 24;

/// Round constants come from a linear feedback shift register over x^8+x^6+x^5+x^4+1.
constexpr std::array<uint64_t, kRounds> make_round_constants() {
  std::array<uint64_t, kRounds> out{};
  uint32_t lfsr = 1;
  for (uint64_t& constant : out) {
    for (int j = 0; j < 7; ++j) {
      if (lfsr & 1) constant |= uint64_t{1} << ((1 << j) - 1);
      lfsr = (lfsr << 1) ^ ((lfsr >> 7) * 0x171);
    }
  }
  return out;
}
constexpr auto kRoundConstants = make_round_constants();

/// Lane (x, y) is state[x + 5 * y].
void permute(uint64_t* state) {
  for (uint64_t constant : kRoundConstants) {
    uint64_t parity[5];
    for (int x = 0; x < 5; ++x) {
      parity[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
    }
    for (int x = 0; x < 5; ++x) {
      uint64_t mix = parity[(x + 4) % 5] ^ std::rotl(parity[(x + 1) % 5], 1);
      for (int y = 0; y < 25; y += 5) state[x + y] ^= mix;
    }
    // Rotate each lane and move it: (x, y) -> (y, 2x + 3y).
    uint64_t carried = state[1];
    int x = 1, y = 0;
    for (int t = 0; t < 24; ++t) {
      int next_y = (2 * x + 3 * y) % 5;
      x = y;
      y = next_y;
      uint64_t displaced = state[x + 5 * y];
      state[x + 5 * y] = std::rotl(carried, (t + 1) * (t + 2) / 2 % 64);
      carried = displaced;
    }
    for (int row = 0; row < 25; row += 5) {
      uint64_t lane[5];
      std::memcpy(lane, state + row, sizeof(lane));
      for (int i = 0; i < 5; ++i) {
        state[row + i] = lane[i] ^ (~lane[(i + 1) % 5] & lane[(i + 2) % 5]);
      }
    }
    state[0] ^= constant;
  }
}

void absorb(uint64_t* state, const char* block) {
  for (size_t i = 0; i < kRateBytes / 8; ++i) {
    uint64_t lane;
    std::memcpy(&lane, block + i * 8, 8);
    state[i] ^= lane;
  }
  permute(state);
}

}  // namespace

std::array<uint8_t, 32> keccak256(std::string_view bytes) {
  uint64_t state[25] = {};
  while (bytes.size() >= kRateBytes) {
    absorb(state, bytes.data());
    bytes.remove_prefix(kRateBytes);
  }
  char last[kRateBytes] = {};
  if (!bytes.empty()) std::memcpy(last, bytes.data(), bytes.size());
  last[bytes.size()] = 0x01;
  last[kRateBytes - 1] = static_cast<char>(last[kRateBytes - 1] | 0x80);
  absorb(state, last);
  std::array<uint8_t, 32> out;
  std::memcpy(out.data(), state, out.size());
  return out;
}

}  // namespace orrery
