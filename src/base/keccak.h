// Keccak-256 with the original padding (not SHA3-256): the hash of module programs. Stateless.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace orrery {

std::array<uint8_t, 32> keccak256(std::string_view bytes);

}  // namespace orrery
