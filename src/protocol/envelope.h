// The envelope of binary payloads from server to client: a byte that says how the body behind it is
// compressed. (Clients send bodies alone, and v1.json has no envelope.)
//
// Compressor keeps the working memory of zlib between messages: one per connection or thread, not
// thread-safe. Decompression is stateless and stops at a limit; what is malformed gives kDecode,
// what is longer than allowed kLimit. A body that was compressed is followed by nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orrery::protocol {

/// The values are the envelope's byte.
enum class Compression : uint8_t { kNone = 0, kBrotli = 1, kGzip = 2 };

/// Bodies up to this are sent as they are.
inline constexpr size_t kCompressThreshold = 1024;

/// Of the query parameter `compression`: "None", "Brotli" or "Gzip".
std::optional<Compression> compression_of_name(std::string_view name);

class Compressor {
 public:
  Compressor();
  ~Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;

  /// Appends the compressed bytes, made for speed. False, and nothing appended, where that failed,
  /// would not be shorter, or is not asked for (kNone).
  bool compress(std::string_view bytes, Compression compression, std::string* out);
  /// `frame` is a byte to be overwritten and a body. Compresses it where that is asked for and
  /// worth it, and sets the byte.
  void seal(std::string* frame, Compression wanted);

 private:
  struct Gzip;
  bool gzip(std::string_view bytes, std::string* out);

  std::unique_ptr<Gzip> gzip_;
  std::string scratch_;
};

/// Appends what the bytes decompress to, which is `limit` bytes at most.
Status decompress(std::string_view bytes, Compression compression, size_t limit, std::string* out);
/// The body of a frame: part of the frame, or of *buffer where it had to be decompressed.
Result<std::string_view> open_envelope(std::string_view frame, size_t limit, std::string* buffer);

}  // namespace orrery::protocol
