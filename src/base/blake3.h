// BLAKE3 (unkeyed, 32-byte digest), portable and single-threaded: identities and view arguments are
// short. Stateless.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace orrery {

std::array<uint8_t, 32> blake3(std::string_view bytes);

}  // namespace orrery
