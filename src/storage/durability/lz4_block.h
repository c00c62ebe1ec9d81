// LZ4 blocks: liblz4 natively, Orrery's own codec on wasi. Both read what either wrote.
//
// An Lz4Encoder is used by one thread at a time; lz4_decode is thread-safe.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace orrery::storage {

/// No block unpacks to more than this many times its size.
inline constexpr size_t kLz4RatioMax = 255;
/// Larger inputs are not accepted.
inline constexpr size_t kLz4InputMax = size_t{1} << 30;

class Lz4Encoder {
 public:
  Lz4Encoder();
  ~Lz4Encoder();
  /// Appends the packed form to `out`, or leaves `out` as it is and returns false where that would
  /// not be smaller than `raw`.
  bool encode(std::string_view raw, std::string* out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// True where `block` unpacks to exactly out.size() bytes. Never reads or writes elsewhere.
[[nodiscard]] bool lz4_decode(std::string_view block, std::span<char> out);

}  // namespace orrery::storage
