#include "fdb/ryw/key_rules.h"

namespace orrery::fdb::ryw {
namespace {

Status check_sizes(std::string_view key, std::string_view value, const KeyAccess& access) {
  if (key.size() > write_key_size_max(key, access)) return fail(error::key_too_large);
  if (value.size() > kValueSizeMax) return fail(error::value_too_large);
  return {};
}

Status check_ends(KeyRange range, std::string_view end) {
  if (range.begin > end || range.end > end) return fail(error::key_outside_legal_range);
  return {};
}

}  // namespace

Status check_read_key(std::string_view key, const KeyAccess& access) {
  if (key >= access.read_end() && key != kMetadataVersionKey) {
    return fail(error::key_outside_legal_range);
  }
  return {};
}

Status check_read_bound(std::string_view key, const KeyAccess& access) {
  if (key > access.read_end()) return fail(error::key_outside_legal_range);
  return {};
}

Status check_set(std::string_view key, std::string_view value, const KeyAccess& access) {
  if (key == kMetadataVersionKey) return fail(error::client_invalid_operation);
  if (key >= access.write_end()) return fail(error::key_outside_legal_range);
  return check_sizes(key, value, access);
}

Result<MutationType> check_atomic(uint32_t code, std::string_view key, std::string_view operand,
                                  const KeyAccess& access) {
  if (key == kMetadataVersionKey) {
    if (code != static_cast<uint32_t>(MutationType::kSetVersionstampedValue) ||
        operand != kMetadataVersionOperand) {
      return fail(error::client_invalid_operation);
    }
  } else if (key >= access.write_end()) {
    return fail(error::key_outside_legal_range);
  }
  const Result<MutationType> type = atomic_operation(code, access.api_version);
  if (!type) return type;
  FDB_TRY(check_sizes(key, operand, access));
  return type;
}

Status check_clear(KeyRange range, const KeyAccess& access) {
  if (range.begin > range.end) return fail(error::inverted_range);
  return check_ends(range, access.write_end());
}

Status check_clear_key(std::string_view key, const KeyAccess& access) {
  if (key >= access.write_end()) return fail(error::key_outside_legal_range);
  return {};
}

Status check_read_conflict(KeyRange range, const KeyAccess& access) {
  if (range.begin > range.end) return fail(error::inverted_range);
  if (access.api_version < 300) return {};
  const bool metadata_version = range.begin == kMetadataVersionKey &&
                                range.end.size() == kMetadataVersionKey.size() + 1 &&
                                range.end.starts_with(kMetadataVersionKey) && range.end.back() == '\0';
  return metadata_version ? Status() : check_ends(range, access.read_end());
}

Status check_write_conflict(KeyRange range, const KeyAccess& access) {
  if (range.begin > range.end) return fail(error::inverted_range);
  if (access.api_version < 300) return {};
  return check_ends(range, access.write_end());
}

Status check_watch(std::string_view key, const KeyAccess& access) {
  const bool beyond = key >= access.read_end() && key != kMetadataVersionKey;
  if (key >= kSpecialKeysBegin || (beyond && access.api_version >= 300)) {
    return fail(error::key_outside_legal_range);
  }
  if (key.size() > write_key_size_max(key, access)) return fail(error::key_too_large);
  return {};
}

}  // namespace orrery::fdb::ryw
