#include "host/abi/byte_streams.h"

#include <algorithm>

#include "base/short_copy.h"

namespace orrery::host {
namespace {

/// One large answer must not be paid for ever after.
constexpr size_t kKeptBytes = 1 << 16;

}  // namespace

void ByteStreams::reset() {
  for (uint32_t i = 0; i < source_count_; ++i) {
    Source& source = sources_[i];
    source.rest = {};
    if (source.owned.capacity() > kKeptBytes) source.owned = std::string();
    source.owned.clear();
  }
  for (uint32_t i = 0; i < sink_count_; ++i) {
    if (sinks_[i].capacity() > kKeptBytes) sinks_[i] = std::string();
    sinks_[i].clear();
  }
  source_count_ = 0;
  owned_bytes_ = 0;
  sink_count_ = 0;
}

uint32_t ByteStreams::add_borrowed(std::string_view bytes) {
  if (bytes.empty()) return 0;
  if (source_count_ == sources_.size()) sources_.emplace_back();
  sources_[source_count_].rest = bytes;
  return ++source_count_;
}

uint32_t ByteStreams::add_owned(std::string bytes) {
  if (bytes.empty()) return 0;
  if (source_count_ == kSourcesMax || bytes.size() > kOwnedBytesMax - owned_bytes_) return kNoRoom;
  owned_bytes_ += bytes.size();
  if (source_count_ == sources_.size()) sources_.emplace_back();
  Source& source = sources_[source_count_];
  source.owned = std::move(bytes);
  source.rest = source.owned;
  return ++source_count_;
}

uint32_t ByteStreams::add_sink() {
  if (sink_count_ == sinks_.size()) sinks_.emplace_back();
  return ++sink_count_;
}

int32_t ByteStreams::read(uint32_t source, std::span<uint8_t> out, uint32_t* used) {
  if (source == 0 || source > source_count_ || sources_[source - 1].rest.empty()) {
    return static_cast<int32_t>(Errno::kNoSuchBytes);
  }
  Source& from = sources_[source - 1];
  const size_t n = std::min(from.rest.size(), out.size());
  copy_short(out.data(), from.rest.data(), n);
  from.rest.remove_prefix(n);
  *used = static_cast<uint32_t>(n);
  if (!from.rest.empty()) return 0;
  owned_bytes_ -= from.owned.size();
  if (from.owned.capacity() > kKeptBytes) from.owned = std::string();
  from.owned.clear();
  return kExhausted;
}

Errno ByteStreams::remaining(uint32_t source, uint32_t* bytes) const {
  if (source == 0 || source > source_count_ || sources_[source - 1].rest.empty()) {
    return Errno::kNoSuchBytes;
  }
  *bytes = static_cast<uint32_t>(sources_[source - 1].rest.size());
  return Errno::kOk;
}

Errno ByteStreams::write(uint32_t sink, std::string_view bytes, uint32_t* used) {
  if (sink == 0 || sink > sink_count_) return Errno::kNoSuchBytes;
  std::string& out = sinks_[sink - 1];
  if (bytes.size() > kSinkBytesMax - std::min(kSinkBytesMax, out.size())) return Errno::kNoSpace;
  out.append(bytes);
  *used = static_cast<uint32_t>(bytes.size());
  return Errno::kOk;
}

}  // namespace orrery::host
