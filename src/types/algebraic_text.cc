#include "types/algebraic_text.h"

#include <algorithm>
#include <cstring>

#include "base/blake3.h"

namespace orrery::types {
namespace {

constexpr int64_t kMicrosPerSecond = 1000000;
constexpr int64_t kSecondsPerDay = 86400;

/// The digits inside 0x... or X'...', or the text itself.
std::string_view unwrap_hex(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) return text.substr(2);
  if (text.size() >= 3 && (text[0] == 'X' || text[0] == 'x') && text[1] == '\'' &&
      text.back() == '\'') {
    return text.substr(2, text.size() - 3);
  }
  return text;
}

std::array<uint8_t, 32> big_endian_bytes(const U256& n) {
  std::array<uint8_t, 32> out;
  std::memcpy(out.data(), &n, out.size());
  std::reverse(out.begin(), out.end());
  return out;
}

struct Date {
  int64_t year;
  uint32_t month;
  uint32_t day;
};

// Days are counted in years that begin on 1 March, so that a leap day is a year's last, in eras of
// 400 years.
constexpr int64_t kDaysPerEra = 146097;
constexpr int64_t kDaysFromEraStartToEpoch = 719468;  // 0000-03-01 to 1970-01-01

Date date_of_day(int64_t day) {
  int64_t z = day + kDaysFromEraStartToEpoch;
  int64_t era = (z >= 0 ? z : z - kDaysPerEra + 1) / kDaysPerEra;
  int64_t in_era = z - era * kDaysPerEra;
  int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
  int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
  int64_t month = (5 * in_year + 2) / 153;
  Date out;
  out.day = static_cast<uint32_t>(in_year - (153 * month + 2) / 5 + 1);
  out.month = static_cast<uint32_t>(month < 10 ? month + 3 : month - 9);
  out.year = era * 400 + year + (out.month <= 2 ? 1 : 0);
  return out;
}

int64_t day_of_date(const Date& date) {
  int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t of_era = year - era * 400;
  int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  int64_t in_year = (153 * month + 2) / 5 + date.day - 1;
  return era * kDaysPerEra + of_era * 365 + of_era / 4 - of_era / 100 + in_year -
         kDaysFromEraStartToEpoch;
}

void append_padded(uint64_t n, size_t digits, std::string* out) {
  std::string text = std::to_string(n);
  if (text.size() < digits) out->append(digits - text.size(), '0');
  out->append(text);
}

/// Reads runs of digits and single characters from the front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool take(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view set, char* out) {
    if (rest_.empty() || set.find(rest_[0]) == std::string_view::npos) return false;
    *out = rest_[0];
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view digits() {
    size_t n = 0;
    while (n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9') ++n;
    std::string_view out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
  }
  bool two_digits(uint32_t max, uint32_t* out) {
    if (rest_.size() < 2) return false;
    std::string_view pair = rest_.substr(0, 2);
    if (pair[0] < '0' || pair[0] > '9' || pair[1] < '0' || pair[1] > '9') return false;
    *out = static_cast<uint32_t>((pair[0] - '0') * 10 + (pair[1] - '0'));
    rest_.remove_prefix(2);
    return *out <= max;
  }

 private:
  std::string_view rest_;
};

/// ".123" as microseconds; digits beyond the sixth are dropped.
bool read_fraction(Scanner* in, int64_t* micros) {
  *micros = 0;
  if (!in->take('.')) return true;
  std::string_view digits = in->digits();
  if (digits.empty()) return false;
  for (size_t i = 0; i < 6; ++i) *micros = *micros * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return true;
}

bool read_date(Scanner* in, Date* date) {
  char sign = '+';
  bool has_sign = in->take_any("+-", &sign);
  std::string_view year = in->digits();
  if (has_sign ? year.size() < 4 || year.size() > 6 : year.size() != 4) return false;
  date->year = 0;
  for (char c : year) date->year = date->year * 10 + (c - '0');
  if (sign == '-') date->year = -date->year;
  if (!in->take('-') || !in->two_digits(12, &date->month)) return false;
  if (!in->take('-') || !in->two_digits(31, &date->day)) return false;
  if (date->month == 0 || date->day == 0) return false;
  Date real = date_of_day(day_of_date(*date));
  return real.month == date->month && real.day == date->day;
}

bool read_offset(Scanner* in, int64_t* seconds) {
  char sign = '\0';
  if (!in->take_any("Zz+-", &sign)) return false;
  *seconds = 0;
  if (sign == 'Z' || sign == 'z') return true;
  uint32_t hours = 0, minutes = 0;
  if (!in->two_digits(23, &hours) || !in->take(':') || !in->two_digits(59, &minutes)) return false;
  *seconds = int64_t{hours} * 3600 + int64_t{minutes} * 60;
  if (sign == '-') *seconds = -*seconds;
  return true;
}

std::optional<int64_t> micros_if_fit(I128 seconds, int64_t fraction) {
  I128 total = seconds * kMicrosPerSecond + fraction;
  if (total > INT64_MAX || total < INT64_MIN) return std::nullopt;
  return static_cast<int64_t>(total);
}

}  // namespace

std::string identity_to_text(const U256& identity) {
  return to_hex_padded(identity, 64);
}
std::optional<U256> parse_identity(std::string_view text) {
  std::string_view digits = unwrap_hex(text);
  if (digits.size() != 64) return std::nullopt;
  return parse_hex_u256(digits);
}

std::string connection_id_to_text(U128 id) {
  return to_hex_padded(U256::from(id), 32);
}
std::optional<U128> parse_connection_id(std::string_view text) {
  std::string_view digits = unwrap_hex(text);
  if (digits.size() != 32) return std::nullopt;
  std::optional<U256> n = parse_hex_u256(digits);
  if (!n) return std::nullopt;
  return n->low128();
}

std::string digest_to_text(const std::array<uint8_t, 32>& digest) {
  std::string out;
  for (uint8_t b : digest) {
    out.push_back("0123456789abcdef"[b >> 4]);
    out.push_back("0123456789abcdef"[b & 15]);
  }
  return out;
}

std::string uuid_to_text(U128 uuid) {
  std::string out = to_hex_padded(U256::from(uuid), 32);
  for (size_t at : {20, 16, 12, 8}) out.insert(at, 1, '-');
  return out;
}

std::optional<U128> parse_uuid(std::string_view text) {
  std::string digits(text);
  if (text.size() == 36) {
    for (size_t at : {23, 18, 13, 8}) {
      if (digits[at] != '-') return std::nullopt;
      digits.erase(at, 1);
    }
  }
  if (digits.size() != 32) return std::nullopt;
  std::optional<U256> n = parse_hex_u256(digits);
  if (!n) return std::nullopt;
  return n->low128();
}

std::string timestamp_micros_to_text(int64_t micros) {
  int64_t seconds = micros / kMicrosPerSecond;
  int64_t fraction = micros % kMicrosPerSecond;
  if (fraction < 0) {
    fraction += kMicrosPerSecond;
    --seconds;
  }
  int64_t day = seconds / kSecondsPerDay;
  int64_t in_day = seconds % kSecondsPerDay;
  if (in_day < 0) {
    in_day += kSecondsPerDay;
    --day;
  }
  Date date = date_of_day(day);
  std::string out;
  if (date.year < 0 || date.year > 9999) out.push_back(date.year < 0 ? '-' : '+');
  append_padded(static_cast<uint64_t>(date.year < 0 ? -date.year : date.year), 4, &out);
  out.push_back('-');
  append_padded(date.month, 2, &out);
  out.push_back('-');
  append_padded(date.day, 2, &out);
  out.push_back('T');
  append_padded(static_cast<uint64_t>(in_day / 3600), 2, &out);
  out.push_back(':');
  append_padded(static_cast<uint64_t>(in_day / 60 % 60), 2, &out);
  out.push_back(':');
  append_padded(static_cast<uint64_t>(in_day % 60), 2, &out);
  if (fraction % 1000 != 0) {
    out.push_back('.');
    append_padded(static_cast<uint64_t>(fraction), 6, &out);
  } else if (fraction != 0) {
    out.push_back('.');
    append_padded(static_cast<uint64_t>(fraction / 1000), 3, &out);
  }
  return out + "+00:00";
}

std::optional<int64_t> parse_timestamp_micros(std::string_view text) {
  Scanner in(text);
  Date date;
  uint32_t hour = 0, minute = 0, second = 0;
  int64_t fraction = 0, offset = 0;
  char separator = '\0';
  if (!read_date(&in, &date) || !in.take_any("Tt ", &separator)) return std::nullopt;
  if (!in.two_digits(23, &hour) || !in.take(':')) return std::nullopt;
  if (!in.two_digits(59, &minute) || !in.take(':')) return std::nullopt;
  // A leap second counts as the second after it.
  if (!in.two_digits(60, &second) || !read_fraction(&in, &fraction)) return std::nullopt;
  if (!read_offset(&in, &offset) || !in.done()) return std::nullopt;
  int64_t seconds = day_of_date(date) * kSecondsPerDay + int64_t{hour} * 3600 +
                    int64_t{minute} * 60 + second - offset;
  return micros_if_fit(seconds, fraction);
}

std::string time_duration_to_text(int64_t micros) {
  uint64_t magnitude =
      micros < 0 ? 0 - static_cast<uint64_t>(micros) : static_cast<uint64_t>(micros);
  std::string out(1, micros < 0 ? '-' : '+');
  out += std::to_string(magnitude / kMicrosPerSecond) + ".";
  append_padded(magnitude % kMicrosPerSecond, 6, &out);
  return out;
}

std::optional<int64_t> parse_time_duration(std::string_view text) {
  Scanner in(text);
  char sign = '+';
  in.take_any("+-", &sign);
  std::string_view digits = in.digits();
  int64_t fraction = 0;
  if (digits.empty() || digits.size() > 18 || !read_fraction(&in, &fraction) || !in.done()) {
    return std::nullopt;
  }
  I128 seconds = 0;
  for (char c : digits) seconds = seconds * 10 + (c - '0');
  return sign == '-' ? micros_if_fit(-seconds, -fraction) : micros_if_fit(seconds, fraction);
}

U256 identity_from_claims(std::string_view issuer, std::string_view subject) {
  std::string claims(issuer);
  claims += '|';
  claims += subject;
  std::array<uint8_t, 32> hash = blake3(claims);
  char checked[28] = {'\xC2', '\x00'};
  std::memcpy(checked + 2, hash.data(), 26);
  std::array<uint8_t, 32> checksum = blake3({checked, sizeof(checked)});
  std::array<uint8_t, 32> bytes = {0xC2, 0x00};
  std::memcpy(bytes.data() + 2, checksum.data(), 4);
  std::memcpy(bytes.data() + 6, hash.data(), 26);
  std::reverse(bytes.begin(), bytes.end());
  U256 out;
  std::memcpy(&out, bytes.data(), bytes.size());
  return out;
}

bool is_claims_identity(const U256& identity) {
  std::array<uint8_t, 32> bytes = big_endian_bytes(identity);
  if (bytes[0] != 0xC2 || bytes[1] != 0x00) return false;
  char checked[28] = {'\xC2', '\x00'};
  std::memcpy(checked + 2, bytes.data() + 6, 26);
  std::array<uint8_t, 32> checksum = blake3({checked, sizeof(checked)});
  return std::memcmp(checksum.data(), bytes.data() + 2, 4) == 0;
}

}  // namespace orrery::types
