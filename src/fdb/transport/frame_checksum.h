// The checksum of frames: XXH3-64, unseeded. Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace orrery::fdb {

uint64_t frame_checksum(std::string_view bytes);

}  // namespace orrery::fdb
