#include "fdb/ryw/versionstamp.h"

#include <algorithm>
#include <cstring>

namespace orrery::fdb::ryw {

void place_versionstamp(char* destination, int64_t version, uint16_t batch) {
  const uint64_t bits = static_cast<uint64_t>(version);
  for (int i = 0; i < 8; i++) destination[i] = static_cast<char>(bits >> (56 - 8 * i));
  destination[8] = static_cast<char>(batch >> 8);
  destination[9] = static_cast<char>(batch);
}

std::string_view versionstamp_operand(MutationType type, std::string_view operand, int api_version,
                                      Arena& arena) {
  if (api_version >= 520) return arena.copy(operand);
  const size_t zeros = type == MutationType::kSetVersionstampedKey ? 2 : kVersionstampOffsetSize;
  char* out = static_cast<char*>(arena.allocate(operand.size() + zeros));
  if (!operand.empty()) std::memcpy(out, operand.data(), operand.size());
  std::memset(out + operand.size(), 0, zeros);
  return {out, operand.size() + zeros};
}

Result<size_t> versionstamp_offset(std::string_view operand) {
  if (operand.size() < kVersionstampOffsetSize) return fail(error::client_invalid_operation);
  const size_t size = operand.size() - kVersionstampOffsetSize;
  uint32_t offset = 0;
  for (size_t i = kVersionstampOffsetSize; i-- > 0;) {
    offset = offset << 8 | static_cast<uint8_t>(operand[size + i]);
  }
  // A negative offset is a large one here.
  if (offset > size || size - offset < kVersionstampSize) return fail(error::client_invalid_operation);
  return size_t{offset};
}

Result<KeyRange> versionstamp_key_range(std::string_view operand, int64_t version,
                                        std::string_view key_end, Arena& arena) {
  const auto offset = versionstamp_offset(operand);
  if (!offset) return std::unexpected(offset.error());
  const size_t size = operand.size() - kVersionstampOffsetSize;
  char* first = static_cast<char*>(arena.allocate(size));
  std::memcpy(first, operand.data(), size);
  place_versionstamp(first + *offset, version, 0);
  char* last = static_cast<char*>(arena.allocate(size + 1));
  std::memcpy(last, operand.data(), size);
  std::memset(last + *offset, 0xff, kVersionstampSize);
  last[size] = '\0';
  return KeyRange{{first, size}, std::min(std::string_view(last, size + 1), key_end)};
}

Result<std::string_view> with_least_versionstamp(std::string_view operand, int64_t version,
                                                 Arena& arena) {
  const auto offset = versionstamp_offset(operand);
  if (!offset) return std::unexpected(offset.error());
  char* out = static_cast<char*>(arena.allocate(operand.size()));
  std::memcpy(out, operand.data(), operand.size());
  place_versionstamp(out + *offset, version, 0);
  return std::string_view(out, operand.size());
}

Result<std::string_view> with_versionstamp(std::string_view operand, std::string_view stamp,
                                           Arena& arena) {
  const auto offset = versionstamp_offset(operand);
  if (!offset) return std::unexpected(offset.error());
  if (stamp.size() != kVersionstampSize) return fail(error::client_invalid_operation);
  const size_t size = operand.size() - kVersionstampOffsetSize;
  char* out = static_cast<char*>(arena.allocate(size));
  std::memcpy(out, operand.data(), size);
  std::memcpy(out + *offset, stamp.data(), kVersionstampSize);
  return std::string_view(out, size);
}

}  // namespace orrery::fdb::ryw
