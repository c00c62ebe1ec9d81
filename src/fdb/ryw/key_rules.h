// The limits of keys, values and ranges, and which keys a transaction may name. Servers check none of them.
//
// Pure functions; errors are the codes that the official client gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fdb/error.h"
#include "fdb/ryw/atomic.h"
#include "fdb/ryw/mutation.h"

namespace orrery::fdb::ryw {

inline constexpr size_t kKeySizeMax = 10'000;
inline constexpr size_t kSystemKeySizeMax = 30'000;
/// What a tenant's prefix adds to keys; reads and ranges allow for it.
inline constexpr size_t kTenantPrefixSize = 8;
inline constexpr std::string_view kSystemKeysBegin{"\xff", 1};
inline constexpr std::string_view kSpecialKeysBegin{"\xff\xff", 2};
inline constexpr std::string_view kSpecialKeysEnd{"\xff\xff\xff", 3};
inline constexpr std::string_view kMetadataVersionKey{"\xff/metadataVersion"};
/// The only operand with which the metadata version may be written: a stamp at offset 0.
inline constexpr std::string_view kMetadataVersionOperand{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 14};

/// Which keys a transaction may touch, as its options and the API version say.
struct KeyAccess {
  bool read_system_keys = false;
  bool write_system_keys = false;
  bool raw_access = false;
  int api_version = 730;

  /// One past the last key that may be read (written).
  std::string_view read_end() const { return read_system_keys ? kSpecialKeysBegin : kSystemKeysBegin; }
  std::string_view write_end() const {
    return write_system_keys ? kSpecialKeysBegin : kSystemKeysBegin;
  }
};

inline bool is_special_key(std::string_view key) {
  return key >= kSpecialKeysBegin && key < kSpecialKeysEnd;
}
/// No key of the database is longer; longer ones in reads and ranges stand for the place behind all keys they begin
/// with.
inline size_t read_key_size_max(std::string_view key) {
  return key.starts_with(kSystemKeysBegin) ? kSystemKeySizeMax : kKeySizeMax + kTenantPrefixSize;
}
inline size_t write_key_size_max(std::string_view key, const KeyAccess& access) {
  if (key.starts_with(kSystemKeysBegin)) return kSystemKeySizeMax;
  return kKeySizeMax + (access.raw_access ? kTenantPrefixSize : 0);
}
/// The key, cut where it is longer than any key can be, so that it keeps its place among those that can.
inline std::string_view cut_key(std::string_view key) {
  return key.substr(0, read_key_size_max(key) + 1);
}

/// Whether the key may be read: key_outside_legal_range.
Status check_read_key(std::string_view key, const KeyAccess& access);
/// Whether the key of a selector, or an end of a range, may be named in a read.
Status check_read_bound(std::string_view key, const KeyAccess& access);
/// Whether a value may be set: key_outside_legal_range, key_too_large, value_too_large, and client_invalid_operation
/// for the metadata version.
Status check_set(std::string_view key, std::string_view value, const KeyAccess& access);
/// The same of an atomic operation by the user's code; returns what it is. Versionstamps' offsets are versionstamp.h's.
Result<MutationType> check_atomic(uint32_t code, std::string_view key, std::string_view operand,
                                  const KeyAccess& access);
/// Whether the range may be cleared: inverted_range, key_outside_legal_range.
Status check_clear(KeyRange range, const KeyAccess& access);
Status check_clear_key(std::string_view key, const KeyAccess& access);
/// Whether the range may be added to the read (write) conflicts.
Status check_read_conflict(KeyRange range, const KeyAccess& access);
Status check_write_conflict(KeyRange range, const KeyAccess& access);
/// Whether the key may be watched: key_outside_legal_range, key_too_large.
Status check_watch(std::string_view key, const KeyAccess& access);

}  // namespace orrery::fdb::ryw
