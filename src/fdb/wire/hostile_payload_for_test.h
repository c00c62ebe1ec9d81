// What has to hold for any bytes at all, for property tests and fuzz targets: decoding them is an error or a value, reads
// nothing outside of them (they are copied into a block of just their size, so that a sanitizer sees it), and a value can
// be gone through and written again.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

#include "fdb/wire/message.h"

namespace orrery::fdb::wire {

inline constexpr size_t kWrittenMax = size_t{4} << 20;

/// False where what was read is not what is read again once it was written.
template <class M>
bool check_hostile(std::string_view bytes) {
  std::unique_ptr<char[]> block(new char[bytes.size()]);
  if (!bytes.empty()) std::memcpy(block.get(), bytes.data(), bytes.size());
  auto decoded = decode<M>({block.get(), bytes.size()});
  if (!decoded) return decoded.error() == error::serialization_failed;
  // Elements that lie over each other may come to far more than the bytes they lie in.
  if (encoded_size(*decoded) > kWrittenMax) return true;
  // Compared as bytes, since a number that is none equals nothing.
  OutBuffer first;
  encode(*decoded, first);
  auto again = decode<M>(first.view());
  if (!again) return false;
  OutBuffer second;
  encode(*again, second);
  return first.view() == second.view();
}

template <class M>
bool check_hostile_reply(std::string_view bytes) {
  std::unique_ptr<char[]> block(new char[bytes.size()]);
  if (!bytes.empty()) std::memcpy(block.get(), bytes.data(), bytes.size());
  auto reply = decode_reply<M>({block.get(), bytes.size()});
  auto whole = decode<ErrorOr<M>>(bytes);
  // An answer that is neither is malformed; the variant stays at its default.
  if (!whole) return !reply && reply.error() == error::serialization_failed;
  return check_hostile<ErrorOr<M>>(bytes);
}

}  // namespace orrery::fdb::wire
