#include <lz4.h>

#include "storage/durability/lz4_block.h"

namespace orrery::storage {

struct Lz4Encoder::State {
  State() { LZ4_initStream(&stream, sizeof(stream)); }
  LZ4_stream_t stream;
};

Lz4Encoder::Lz4Encoder() : state_(std::make_unique<State>()) {}
Lz4Encoder::~Lz4Encoder() = default;

bool Lz4Encoder::encode(std::string_view raw, std::string* out) {
  if (raw.size() > kLz4InputMax || raw.size() < 2) return false;
  const size_t start = out->size();
  out->resize(start + raw.size() - 1);
  // Reusing the stream's table saves clearing 16 KiB for every small record.
  LZ4_resetStream_fast(&state_->stream);
  const int size =
      LZ4_compress_fast_continue(&state_->stream, raw.data(), out->data() + start,
                                 static_cast<int>(raw.size()), static_cast<int>(raw.size() - 1), 1);
  if (size <= 0) {
    // After a failure the stream's state is undefined.
    LZ4_initStream(&state_->stream, sizeof(state_->stream));
    out->resize(start);
    return false;
  }
  out->resize(start + static_cast<size_t>(size));
  return true;
}

bool lz4_decode(std::string_view block, std::span<char> out) {
  if (block.size() > kLz4InputMax || out.size() > kLz4InputMax) return false;
  const int size = LZ4_decompress_safe(block.data(), out.data(), static_cast<int>(block.size()),
                                       static_cast<int>(out.size()));
  return size >= 0 && static_cast<size_t>(size) == out.size();
}

}  // namespace orrery::storage
