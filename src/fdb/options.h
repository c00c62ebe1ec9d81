// The options of FoundationDB as data: codes, names, what values they take; and the enumerations of
// its interface.
//
// A value is bytes or nothing; integers are 8 bytes, little-endian. Errors: 2007 invalid_option for
// a code that does not exist, 2006 invalid_option_value (or what the option's rule says) for a
// value that it does not take. Thread-safety: all of this is constant.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "fdb/error.h"

namespace orrery::fdb {

enum class NetworkOption : int {
#define NETWORK_OPTION(name, code, rule, flags) name = code,
#include "fdb/options.def"
};

enum class DatabaseOption : int {
#define DATABASE_OPTION(name, code, rule, default_for) name = code,
#include "fdb/options.def"
};

enum class TransactionOption : int {
#define TRANSACTION_OPTION(name, code, rule, flags) name = code,
#include "fdb/options.def"
};

enum class StreamingMode : int {
  kWantAll = -2,
  kIterator = -1,
  kExact = 0,
  kSmall = 1,
  kMedium = 2,
  kLarge = 3,
  kSerial = 4,
};

/// What users name atomic operations by. Which codes are taken, and what they mean at an API
/// version: fdb/ryw.
enum class AtomicOp : int {
  kAdd = 2,
  kBitAnd = 6,
  kBitOr = 7,
  kBitXor = 8,
  kAppendIfFits = 9,
  kMax = 12,
  kMin = 13,
  kSetVersionstampedKey = 14,
  kSetVersionstampedValue = 15,
  kByteMin = 16,
  kByteMax = 17,
  kCompareAndClear = 20,
};

enum class ConflictRangeType : int { kRead = 0, kWrite = 1 };

enum class ErrorPredicate : int {
  kRetryable = 50000,
  kMaybeCommitted = 50001,
  kRetryableNotCommitted = 50002,
};

/// nullopt for numbers that are none of the enumeration's, which is error 2000.
std::optional<StreamingMode> streaming_mode(int code);

/// What the bindings are told a value is.
enum class ValueKind : uint8_t { kNone, kInt, kString, kBytes };

enum class Presence : uint8_t {
  kForbidden,  ///< no value, or an empty one
  kIgnored,    ///< anything, and nobody looks at it
  kOptional,
  kRequired,
};

struct ValueRule {
  ValueKind kind = ValueKind::kNone;
  Presence presence = Presence::kForbidden;
  /// Of the integer, or of the size of the bytes.
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  /// Where it is not within these.
  Error out_of_range = error::invalid_option_value;
};

inline constexpr uint8_t kPersistent = 1;    ///< stays through on_error
inline constexpr uint8_t kSensitive = 2;     ///< its value is wiped from memory
inline constexpr uint8_t kHidden = 4;        ///< for FoundationDB's own tools and layers
inline constexpr uint8_t kDeprecated = 8;    ///< taken, without effect or by another name
inline constexpr uint8_t kBeforeSetup = 16;  ///< 2007 once the network is set up

struct OptionInfo {
  std::string_view name;
  int code = 0;
  ValueRule rule;
  uint8_t flags = 0;
  /// The transaction option that a database option is the default of, or -1.
  int default_for = -1;
};

/// Sorted by code. The name enable_slow_task_profiling is a second one for 71 and not listed.
std::span<const OptionInfo> network_options();
std::span<const OptionInfo> database_options();
std::span<const OptionInfo> transaction_options();
/// Null where no option has the code.
const OptionInfo* find_option(std::span<const OptionInfo> options, int code);

/// A value as an option's rule has it.
struct OptionValue {
  /// Of integers.
  int64_t number = 0;
  /// Of strings and bytes; nullopt where an optional one is missing.
  std::optional<std::string_view> bytes;
};

/// An integer as set() of the options takes it.
struct IntBytes {
  char bytes[8];
  std::string_view view() const { return {bytes, sizeof(bytes)}; }
};
IntBytes option_bytes(int64_t number);

Result<OptionValue> check_value(const ValueRule& rule, std::optional<std::string_view> value);

}  // namespace orrery::fdb
