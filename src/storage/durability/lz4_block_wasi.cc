#include "storage/durability/lz4_block.h"
#include "storage/durability/lz4_portable.h"

namespace orrery::storage {

struct Lz4Encoder::State {
  PortableLz4Encoder encoder;
};

Lz4Encoder::Lz4Encoder() : state_(std::make_unique<State>()) {}
Lz4Encoder::~Lz4Encoder() = default;

bool Lz4Encoder::encode(std::string_view raw, std::string* out) {
  return raw.size() <= kLz4InputMax && state_->encoder.encode(raw, out);
}

bool lz4_decode(std::string_view block, std::span<char> out) {
  return portable_lz4_decode(block, out);
}

}  // namespace orrery::storage
