// Versionstamps in keys and values: where they go, which keys they may make.
//
// A stamp is ten bytes: the commit's version (8, big-endian) and its number in the batch (2, big-endian). An operand
// ends in the stamp's offset (4 bytes, little-endian), which the cluster strips. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "fdb/error.h"
#include "fdb/ryw/mutation.h"

namespace orrery::fdb::ryw {

inline constexpr size_t kVersionstampSize = 10;
inline constexpr size_t kVersionstampOffsetSize = 4;

/// Writes a stamp.
void place_versionstamp(char* destination, int64_t version, uint16_t batch);

/// The operand in today's form: before API version 520 keys ended in two bytes of offset and values had their stamp
/// at the front. A copy in the arena.
std::string_view versionstamp_operand(MutationType type, std::string_view operand, int api_version,
                                      Arena& arena);

/// Where in the operand (of today's form) the stamp goes; client_invalid_operation where it does not fit.
Result<size_t> versionstamp_offset(std::string_view operand);

/// The keys that a key operand may become if the commit's version is at least `version`; not beyond `key_end`.
Result<KeyRange> versionstamp_key_range(std::string_view operand, int64_t version,
                                        std::string_view key_end, Arena& arena);

/// The operand with the least stamp it can get in place: how a transaction remembers its write. In the arena.
Result<std::string_view> with_least_versionstamp(std::string_view operand, int64_t version, Arena& arena);

/// The key that an operand became by a commit.
Result<std::string_view> with_versionstamp(std::string_view operand, std::string_view stamp, Arena& arena);

}  // namespace orrery::fdb::ryw
