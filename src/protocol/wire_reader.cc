#include "protocol/wire_reader.h"

#include "base/assert.h"
#include "base/utf8.h"

namespace orrery::protocol {

std::string_view WireReader::raw(uint64_t size) {
  if (remaining() < size) {
    fail("the message is too short");
    return {};
  }
  std::string_view out(p_, static_cast<size_t>(size));
  p_ += size;
  return out;
}

std::string_view WireReader::text() {
  std::string_view out = bytes();
  size_t valid = utf8_valid_prefix(out);
  if (valid == out.size()) return out;
  fail_at(offset() - out.size() + valid, "invalid UTF-8");
  return {};
}

uint32_t WireReader::count(size_t element_bytes_min) {
  size_t start = offset();
  uint32_t n = u32();
  if (uint64_t{n} * element_bytes_min <= remaining()) return n;
  fail_at(start, "the message is too short for the elements that it announces");
  return 0;
}

uint8_t WireReader::tag(uint8_t variants, std::string_view sum) {
  uint8_t tag = u8();
  if (tag < variants) return tag;
  fail_at(offset() - 1, "unknown tag " + std::to_string(tag) + " of " + std::string(sum));
  return 0;
}

types::Identity WireReader::identity() {
  std::string_view bytes = raw(types::Identity::kSize);
  return ok() ? types::Identity::from_bytes(bytes.data()) : types::Identity();
}

types::ConnectionId WireReader::connection_id() {
  std::string_view bytes = raw(types::ConnectionId::kSize);
  return ok() ? types::ConnectionId::from_bytes(bytes.data()) : types::ConnectionId();
}

void WireReader::fail_at(size_t offset, std::string_view what) {
  if (failed_) return;
  failed_ = true;
  failed_at_ = offset;
  what_ = what;
  // Nothing is left to be read, so loops over what follows end.
  end_ = p_;
}

Error WireReader::error() const {
  ORRERY_ASSERT(failed_);
  return Error(ErrorCode::kDecode,
               "malformed message: " + what_ + " (byte " + std::to_string(failed_at_) + ")");
}

}  // namespace orrery::protocol
