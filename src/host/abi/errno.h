// The error numbers of the module ABI: what an import returns. Other failures trap.
#pragma once

#include <cstdint>

namespace orrery::host {

enum class Errno : uint32_t {
  kOk = 0,
  kHostCallFailure = 1,
  kNotInTransaction = 2,
  kDecode = 3,
  kNoSuchTable = 4,
  kNoSuchIndex = 5,
  kNoSuchIter = 6,
  kNoSuchConsoleTimer = 7,
  kNoSuchBytes = 8,
  kNoSpace = 9,
  kWrongIndexAlgorithm = 10,
  kBufferTooSmall = 11,
  kUniqueAlreadyExists = 12,
  kScheduleDelayTooLong = 13,
  kIndexNotUnique = 14,
  kNoSuchRow = 15,
  kAutoIncrementOverflow = 16,
  kWouldBlockTransaction = 17,
  kTransactionNotAnonymous = 18,
  kTransactionIsReadOnly = 19,
  kTransactionIsMutable = 20,
  kHttpError = 21,
};

/// What row_iter_bsatn_advance and bytes_source_read return with the last bytes.
inline constexpr int32_t kExhausted = -1;

}  // namespace orrery::host
