#include "fdb/ryw/atomic.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace orrery::fdb::ryw {
namespace {

uint8_t byte_at(std::string_view bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

/// A result as long as the operand, to be filled.
char* result_bytes(std::string_view operand, Arena& arena) {
  return static_cast<char*>(arena.allocate(operand.size()));
}

/// `value` cut or padded with zeros to `size` bytes.
std::string_view resized(std::string_view value, size_t size, Arena& arena) {
  char* out = static_cast<char*>(arena.allocate(size));
  const size_t kept = std::min(value.size(), size);
  if (kept > 0) std::memcpy(out, value.data(), kept);
  std::memset(out + kept, 0, size - kept);
  return {out, size};
}

std::string_view add(std::string_view existing, std::string_view operand, Arena& arena) {
  if (existing.empty() || operand.empty()) return operand;
  char* out = result_bytes(operand, arena);
  unsigned carry = 0;
  for (size_t i = 0; i < operand.size(); i++) {
    carry += byte_at(operand, i) + (i < existing.size() ? byte_at(existing, i) : 0u);
    out[i] = static_cast<char>(carry);
    carry >>= 8;
  }
  return {out, operand.size()};
}

std::string_view bit_and(std::string_view existing, std::string_view operand, Arena& arena) {
  char* out = result_bytes(operand, arena);
  for (size_t i = 0; i < operand.size(); i++) {
    out[i] = i < existing.size() ? static_cast<char>(existing[i] & operand[i]) : '\0';
  }
  return {out, operand.size()};
}

/// Or and Xor: what is beyond the existing value comes from the operand.
template <class Combine>
std::string_view bit_combine(std::string_view existing, std::string_view operand, Arena& arena,
                             Combine combine) {
  if (existing.empty() || operand.empty()) return operand;
  char* out = result_bytes(operand, arena);
  for (size_t i = 0; i < operand.size(); i++) {
    out[i] = i < existing.size() ? static_cast<char>(combine(existing[i], operand[i])) : operand[i];
  }
  return {out, operand.size()};
}

std::string_view append_if_fits(std::string_view existing, std::string_view operand, Arena& arena) {
  if (existing.empty()) return operand;
  if (operand.empty() || existing.size() + operand.size() > kValueSizeMax) return existing;
  char* out = static_cast<char*>(arena.allocate(existing.size() + operand.size()));
  std::memcpy(out, existing.data(), existing.size());
  std::memcpy(out + existing.size(), operand.data(), operand.size());
  return {out, existing.size() + operand.size()};
}

/// Compares `existing`, cut or padded to the operand's size, with the operand, as little-endian numbers.
int compare_numbers(std::string_view existing, std::string_view operand) {
  for (size_t i = operand.size(); i-- > 0;) {
    const uint8_t a = i < existing.size() ? byte_at(existing, i) : 0;
    const uint8_t b = byte_at(operand, i);
    if (a != b) return a < b ? -1 : 1;
  }
  return 0;
}

std::string_view max(std::string_view existing, std::string_view operand, Arena& arena) {
  if (existing.empty() || compare_numbers(existing, operand) <= 0) return operand;
  return resized(existing, operand.size(), arena);
}

std::string_view min(std::string_view existing, std::string_view operand, Arena& arena) {
  if (compare_numbers(existing, operand) >= 0) return operand;
  return resized(existing, operand.size(), arena);
}

}  // namespace

Result<MutationType> atomic_operation(uint32_t code, int api_version) {
  if (!is_atomic(code)) return fail(error::invalid_mutation_type);
  const MutationType type = static_cast<MutationType>(code);
  if (api_version >= 510 && type == MutationType::kMin) return MutationType::kMinV2;
  if (api_version >= 510 && type == MutationType::kAnd) return MutationType::kAndV2;
  return type;
}

bool joins_equal_sizes_only(MutationType type) {
  switch (type) {
    case MutationType::kAnd:
    case MutationType::kAndV2:
    case MutationType::kAppendIfFits:
    case MutationType::kByteMin:
    case MutationType::kByteMax: return false;
    default: return is_atomic(type);
  }
}

Value apply_atomic(MutationType type, Value existing, std::string_view operand, Arena& arena) {
  const std::string_view value = existing.value_or(std::string_view());
  switch (type) {
    case MutationType::kAddValue: return add(value, operand, arena);
    case MutationType::kAnd: return bit_and(value, operand, arena);
    case MutationType::kAndV2: return existing ? bit_and(value, operand, arena) : operand;
    case MutationType::kOr:
      return bit_combine(value, operand, arena, [](char a, char b) { return a | b; });
    case MutationType::kXor:
      return bit_combine(value, operand, arena, [](char a, char b) { return a ^ b; });
    case MutationType::kAppendIfFits: return append_if_fits(value, operand, arena);
    case MutationType::kMax: return max(value, operand, arena);
    case MutationType::kMin: return min(value, operand, arena);
    case MutationType::kMinV2: return existing ? min(value, operand, arena) : operand;
    case MutationType::kByteMin: return existing && value < operand ? value : operand;
    case MutationType::kByteMax: return existing && value > operand ? value : operand;
    case MutationType::kCompareAndClear:
      return !existing || value == operand ? std::nullopt : existing;
    default: return operand;
  }
}

}  // namespace orrery::fdb::ryw
