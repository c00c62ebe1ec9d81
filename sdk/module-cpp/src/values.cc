// Texts of the value types, and UUIDs.
#include <cstring>

#include "spacetimedb/uuid.h"

namespace SpacetimeDB {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

void append_hex(std::string& out, uint8_t byte) {
  out.push_back(kHexDigits[byte >> 4]);
  out.push_back(kHexDigits[byte & 15]);
}

/// The decimal digits of a little-endian number, which is used up.
std::string decimal(uint8_t* bytes, size_t size) {
  char digits[80];
  char* at = digits + sizeof(digits);
  bool zero = false;
  while (!zero) {
    unsigned remainder = 0;
    zero = true;
    for (size_t i = size; i-- > 0;) {
      const unsigned part = remainder * 256 + bytes[i];
      bytes[i] = static_cast<uint8_t>(part / 10);
      remainder = part % 10;
      zero = zero && bytes[i] == 0;
    }
    *--at = static_cast<char>('0' + remainder);
  }
  return std::string(at, digits + sizeof(digits));
}

std::string signed_decimal(uint8_t* bytes, size_t size) {
  if ((bytes[size - 1] & 0x80) == 0) return decimal(bytes, size);
  unsigned carry = 1;
  for (size_t i = 0; i < size; ++i) {
    const unsigned part = static_cast<uint8_t>(~bytes[i]) + carry;
    bytes[i] = static_cast<uint8_t>(part);
    carry = part >> 8;
  }
  return "-" + decimal(bytes, size);
}

/// `value` in decimal, at least `width` digits, zeros in front.
void append_padded(std::string& out, uint64_t value, int width) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count < width) digits[count++] = '0';
  while (count > 0) out.push_back(digits[--count]);
}

constexpr int64_t kMicrosPerSecond = 1000000;
constexpr int64_t kSecondsPerDay = 86400;

}  // namespace

std::string u128::to_string() const {
  uint8_t bytes[16];
  std::memcpy(bytes, this, 16);
  return decimal(bytes, 16);
}
std::string i128::to_string() const {
  uint8_t bytes[16];
  std::memcpy(bytes, this, 16);
  return signed_decimal(bytes, 16);
}
std::string u256::to_string() const {
  std::array<uint8_t, 32> bytes = data;
  return decimal(bytes.data(), 32);
}
std::string i256::to_string() const {
  std::array<uint8_t, 32> bytes = data;
  return signed_decimal(bytes.data(), 32);
}

std::string Identity::to_hex_string() const {
  std::string out;
  out.reserve(64);
  for (size_t i = bytes_.size(); i-- > 0;) append_hex(out, bytes_[i]);
  return out;
}

std::string ConnectionId::to_string() const {
  std::string out;
  out.reserve(32);
  for (const uint64_t word : {id.high, id.low}) {
    for (int shift = 56; shift >= 0; shift -= 8) append_hex(out, static_cast<uint8_t>(word >> shift));
  }
  return out;
}

std::string TimeDuration::to_string() const {
  std::string out(1, micros_ < 0 ? '-' : '+');
  const uint64_t magnitude = micros_ < 0 ? 0 - static_cast<uint64_t>(micros_) : static_cast<uint64_t>(micros_);
  append_padded(out, magnitude / kMicrosPerSecond, 1);
  out.push_back('.');
  append_padded(out, magnitude % kMicrosPerSecond, 6);
  return out;
}

std::string Timestamp::to_string() const {
  int64_t seconds = micros_ / kMicrosPerSecond;
  int64_t fraction = micros_ % kMicrosPerSecond;
  if (fraction < 0) {
    fraction += kMicrosPerSecond;
    --seconds;
  }
  int64_t days = seconds / kSecondsPerDay;
  int64_t second = seconds % kSecondsPerDay;
  if (second < 0) {
    second += kSecondsPerDay;
    --days;
  }
  // Civil date from days, in eras of 400 years that begin on 1 March.
  const int64_t from_march = days + 719468;
  const int64_t era = (from_march >= 0 ? from_march : from_march - 146096) / 146097;
  const int64_t day_of_era = from_march - era * 146097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
  const int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);

  std::string out;
  out.reserve(32);
  if (year < 0) out.push_back('-');
  append_padded(out, static_cast<uint64_t>(year < 0 ? -year : year), 4);
  out.push_back('-');
  append_padded(out, static_cast<uint64_t>(month), 2);
  out.push_back('-');
  append_padded(out, static_cast<uint64_t>(day), 2);
  out.push_back('T');
  append_padded(out, static_cast<uint64_t>(second / 3600), 2);
  out.push_back(':');
  append_padded(out, static_cast<uint64_t>(second / 60 % 60), 2);
  out.push_back(':');
  append_padded(out, static_cast<uint64_t>(second % 60), 2);
  out.push_back('.');
  append_padded(out, static_cast<uint64_t>(fraction), 6);
  out += "+00:00";
  return out;
}

Uuid Uuid::from_bytes_be(const std::array<uint8_t, 16>& bytes) {
  uint64_t words[2] = {0, 0};
  for (size_t i = 0; i < 16; ++i) words[i / 8] = words[i / 8] << 8 | bytes[i];
  return {words[0], words[1]};
}

std::array<uint8_t, 16> Uuid::to_bytes_be() const {
  std::array<uint8_t, 16> bytes;
  for (size_t i = 0; i < 16; ++i) {
    bytes[i] = static_cast<uint8_t>((i < 8 ? value_.high : value_.low) >> (56 - i % 8 * 8));
  }
  return bytes;
}

Uuid Uuid::from_random_bytes_v4(const std::array<uint8_t, 16>& random_bytes) {
  std::array<uint8_t, 16> bytes = random_bytes;
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);
  return from_bytes_be(bytes);
}

Uuid Uuid::from_counter_v7(uint32_t& counter, const Timestamp& now, const std::array<uint8_t, 4>& random_bytes) {
  constexpr uint32_t kCounterMask = 0x7FFFFFFF;
  const uint64_t millis = static_cast<uint64_t>(now.millis_since_epoch());
  const uint32_t count = counter & kCounterMask;
  counter = (count + 1) & kCounterMask;
  std::array<uint8_t, 16> bytes;
  for (size_t i = 0; i < 6; ++i) bytes[i] = static_cast<uint8_t>(millis >> (40 - 8 * i));
  bytes[6] = 0x70;
  bytes[7] = static_cast<uint8_t>(count >> 23);
  bytes[8] = 0x80;
  bytes[9] = static_cast<uint8_t>(count >> 15);
  bytes[10] = static_cast<uint8_t>(count >> 7);
  bytes[11] = static_cast<uint8_t>((count & 0x7F) << 1);
  bytes[12] = random_bytes[0] & 0x7F;
  for (size_t i = 1; i < 4; ++i) bytes[12 + i] = random_bytes[i];
  return from_bytes_be(bytes);
}

std::optional<Uuid> Uuid::parse_str(std::string_view text) {
  constexpr size_t kLength = 36;
  if (text.size() != kLength) return std::nullopt;
  std::array<uint8_t, 16> bytes{};
  size_t digits = 0;
  for (size_t i = 0; i < kLength; ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    uint8_t value = 0;
    if (c >= '0' && c <= '9') {
      value = static_cast<uint8_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = static_cast<uint8_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      value = static_cast<uint8_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
    bytes[digits / 2] = static_cast<uint8_t>(bytes[digits / 2] << 4 | value);
    ++digits;
  }
  return from_bytes_be(bytes);
}

std::optional<Uuid::Version> Uuid::get_version() const {
  if (*this == nil()) return Version::Nil;
  if (*this == max()) return Version::Max;
  switch (to_bytes_be()[6] >> 4) {
    case 4:
      return Version::V4;
    case 7:
      return Version::V7;
    default:
      return std::nullopt;
  }
}

int32_t Uuid::get_counter() const {
  const std::array<uint8_t, 16> bytes = to_bytes_be();
  return static_cast<int32_t>(static_cast<uint32_t>(bytes[7]) << 23 | static_cast<uint32_t>(bytes[9]) << 15 |
                              static_cast<uint32_t>(bytes[10]) << 7 | static_cast<uint32_t>(bytes[11]) >> 1);
}

std::string Uuid::to_string() const {
  const std::array<uint8_t, 16> bytes = to_bytes_be();
  std::string out;
  out.reserve(36);
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    append_hex(out, bytes[i]);
  }
  return out;
}

}  // namespace SpacetimeDB
