// The LZ4 block format without a library, for builds that have none; compiled natively too, where
// tests hold it against liblz4. Interface and rules as in lz4_block.h.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace orrery::storage {

class PortableLz4Encoder {
 public:
  bool encode(std::string_view raw, std::string* out);

 private:
  static constexpr int kHashBits = 12;
  std::array<uint32_t, size_t{1} << kHashBits> last_seen_;  ///< position + 1; 0 = never
};

[[nodiscard]] bool portable_lz4_decode(std::string_view block, std::span<char> out);

}  // namespace orrery::storage
