// The arithmetic of atomic operations, as storage servers do it, so that a transaction sees what it will commit.
//
// Absent and empty values differ only where an operation says so. Results are views of the operand, of the existing
// value or of new bytes in the arena. Thread-safety: pure functions; the arena is the caller's.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/arena.h"
#include "fdb/ryw/mutation.h"

namespace orrery::fdb::ryw {

/// Values longer than this are refused by writes and not made by AppendIfFits.
inline constexpr size_t kValueSizeMax = 100'000;

using Value = std::optional<std::string_view>;

/// True where two operations of the type on one key can be joined into one only if their operands are equally long.
bool joins_equal_sizes_only(MutationType type);

/// What `type` with `operand` makes of `existing`. `type` is one of the twelve atomic operations that are no
/// versionstamps; for others the operand is the result.
Value apply_atomic(MutationType type, Value existing, std::string_view operand, Arena& arena);

}  // namespace orrery::fdb::ryw
