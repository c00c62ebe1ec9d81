// Mutations: the codes of the wire and what a commit carries.
//
// A Mutation borrows its bytes. The codes are those of MutationRef::Type of FoundationDB 7.3; users name atomic
// operations by the same numbers. Thread-safety: values.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "fdb/error.h"

namespace orrery::fdb::ryw {

enum class MutationType : uint8_t {
  kSetValue = 0,
  kClearRange = 1,
  kAddValue = 2,
  kDebugKeyRange = 3,
  kDebugKey = 4,
  kNoOp = 5,
  kAnd = 6,
  kOr = 7,
  kXor = 8,
  kAppendIfFits = 9,
  kAvailableForReuse = 10,
  kLogProtocolMessage = 11,
  kMax = 12,
  kMin = 13,
  kSetVersionstampedKey = 14,
  kSetVersionstampedValue = 15,
  kByteMin = 16,
  kByteMax = 17,
  kMinV2 = 18,
  kAndV2 = 19,
  kCompareAndClear = 20,
  kSpanContextMessage = 21,
  kOtelSpanContextMessage = 22,
  kEncrypted = 23,
};

/// One past the last code.
inline constexpr uint32_t kMutationTypeEnd = 24;

/// True for the codes that a user may give to an atomic operation.
constexpr bool is_atomic(uint32_t code) {
  constexpr uint32_t kAtomic = 1u << 2 | 1u << 6 | 1u << 7 | 1u << 8 | 1u << 9 | 0x1ff000u;
  return code < kMutationTypeEnd && (kAtomic >> code & 1) != 0;
}
constexpr bool is_atomic(MutationType type) { return is_atomic(static_cast<uint32_t>(type)); }

/// The mutation that a user's atomic operation stands for: from API version 510 on Min and And mean the forms that
/// treat an absent value as the operand. invalid_mutation_type where the code is none of an atomic operation.
Result<MutationType> atomic_operation(uint32_t code, int api_version);

/// One mutation of a commit. ClearRange: [param1, param2); all others: key and operand.
struct Mutation {
  MutationType type = MutationType::kNoOp;
  std::string_view param1;
  std::string_view param2;
  friend bool operator==(const Mutation&, const Mutation&) = default;
};

/// The keys from begin up to, not including, end.
struct KeyRange {
  std::string_view begin;
  std::string_view end;
  bool empty() const { return begin >= end; }
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

/// What a transaction asks the database to do, in order; views into the transaction's arena.
struct WriteSet {
  std::vector<Mutation> mutations;
  std::vector<KeyRange> conflicts;
};

/// Whether a write makes other transactions that read its keys fail.
enum class WriteConflict : uint8_t { kNone, kAdd };

}  // namespace orrery::fdb::ryw
