#include "fdb/options.h"

#include <algorithm>
#include <cstddef>

namespace orrery::fdb {
namespace {

namespace rule {

constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();
constexpr int64_t kInt64Max = std::numeric_limits<int64_t>::max();

constexpr ValueRule none() {
  return {};
}
constexpr ValueRule ignored() {
  return {.presence = Presence::kIgnored};
}
constexpr ValueRule integer(int64_t min, int64_t max) {
  return {.kind = ValueKind::kInt, .presence = Presence::kRequired, .min = min, .max = max};
}
constexpr ValueRule ignored_integer() {
  return {.kind = ValueKind::kInt, .presence = Presence::kIgnored};
}
constexpr ValueRule text(Presence presence = Presence::kRequired, int64_t size_min = 0,
                         int64_t size_max = kInt64Max,
                         Error out_of_range = error::invalid_option_value) {
  return {.kind = ValueKind::kString,
          .presence = presence,
          .min = size_min,
          .max = size_max,
          .out_of_range = out_of_range};
}
constexpr ValueRule bytes(int64_t size_min = 0, int64_t size_max = kInt64Max) {
  return {
      .kind = ValueKind::kBytes, .presence = Presence::kRequired, .min = size_min, .max = size_max};
}

}  // namespace rule

constexpr OptionInfo kNetworkOptions[] = {
#define NETWORK_OPTION(name, code, rule, flags) {#name, code, rule, flags, -1},
#include "fdb/options.def"
};
constexpr OptionInfo kDatabaseOptions[] = {
#define DATABASE_OPTION(name, code, rule, default_for) {#name, code, rule, 0, default_for},
#include "fdb/options.def"
};
constexpr OptionInfo kTransactionOptions[] = {
#define TRANSACTION_OPTION(name, code, rule, flags) {#name, code, rule, flags, -1},
#include "fdb/options.def"
};

/// Strictly: no code twice.
constexpr bool sorted_by_code(std::span<const OptionInfo> options) {
  return std::ranges::adjacent_find(options, std::ranges::greater_equal(), &OptionInfo::code) ==
         options.end();
}
static_assert(sorted_by_code(kNetworkOptions));
static_assert(sorted_by_code(kDatabaseOptions));
static_assert(sorted_by_code(kTransactionOptions));

bool is_within(const ValueRule& rule, int64_t number) {
  return number >= rule.min && number <= rule.max;
}

}  // namespace

std::optional<StreamingMode> streaming_mode(int code) {
  if (code < -2 || code > 4) return std::nullopt;
  return static_cast<StreamingMode>(code);
}

std::span<const OptionInfo> network_options() {
  return kNetworkOptions;
}
std::span<const OptionInfo> database_options() {
  return kDatabaseOptions;
}
std::span<const OptionInfo> transaction_options() {
  return kTransactionOptions;
}

const OptionInfo* find_option(std::span<const OptionInfo> options, int code) {
  auto found = std::ranges::lower_bound(options, code, {}, &OptionInfo::code);
  return found != options.end() && found->code == code ? &*found : nullptr;
}

IntBytes option_bytes(int64_t number) {
  IntBytes out;
  auto bits = static_cast<uint64_t>(number);
  for (char& byte : out.bytes) {
    byte = static_cast<char>(bits & 0xff);
    bits >>= 8;
  }
  return out;
}

Result<OptionValue> check_value(const ValueRule& rule, std::optional<std::string_view> value) {
  switch (rule.presence) {
    case Presence::kForbidden:
      if (value && !value->empty()) return fail(error::invalid_option_value);
      return OptionValue{};
    case Presence::kIgnored:
      return OptionValue{};
    case Presence::kOptional:
      if (!value) return OptionValue{};
      break;
    case Presence::kRequired:
      if (!value) return fail(error::invalid_option_value);
      break;
  }
  if (rule.kind == ValueKind::kInt) {
    if (value->size() != 8) return fail(error::invalid_option_value);
    uint64_t bits = 0;
    for (size_t i = 8; i > 0; --i) bits = bits << 8 | static_cast<uint8_t>((*value)[i - 1]);
    auto number = static_cast<int64_t>(bits);
    if (!is_within(rule, number)) return fail(rule.out_of_range);
    return OptionValue{.number = number, .bytes = {}};
  }
  if (!is_within(rule, static_cast<int64_t>(value->size()))) return fail(rule.out_of_range);
  return OptionValue{.number = 0, .bytes = value};
}

}  // namespace orrery::fdb
