#include "fdb/layers/tuple_reader.h"

#include <bit>
#include <cstring>

#include "base/utf8.h"
#include "fdb/layers/tuple_code.h"

namespace orrery::fdb::tuple {
namespace {

constexpr Error kMalformed = error::invalid_tuple_data_type;

bool is_small_integer(uint8_t code) {
  return code > code::kNegativeBig && code < code::kPositiveBig;
}
bool is_integer(uint8_t code) {
  return code >= code::kNegativeBig && code <= code::kPositiveBig;
}
bool is_negative(uint8_t code) {
  return code < code::kZero;
}
bool is_user(uint8_t code) {
  return code >= code::kUserMin && code <= code::kUserMax;
}

uint64_t big_endian(std::string_view bytes) {
  uint64_t out = 0;
  for (char c : bytes) out = out << 8 | static_cast<uint8_t>(c);
  return out;
}

}  // namespace

std::optional<Kind> Reader::next_kind() const {
  const auto code = static_cast<uint8_t>(rest_.front());
  if (is_integer(code)) return Kind::kInteger;
  if (is_user(code)) return Kind::kUser;
  switch (code) {
    case code::kNull:
      return Kind::kNull;
    case code::kBytes:
      return Kind::kBytes;
    case code::kString:
      return Kind::kString;
    case code::kTuple:
      return Kind::kTuple;
    case code::kFloat:
      return Kind::kFloat;
    case code::kDouble:
      return Kind::kDouble;
    case code::kFalse:
    case code::kTrue:
      return Kind::kBool;
    case code::kUuid:
      return Kind::kUuid;
    case code::kVersionstamp:
      return Kind::kVersionstamp;
    default:
      return std::nullopt;
  }
}

Result<Reader::Item> Reader::take_string(uint8_t code) {
  size_t escapes = 0;
  for (size_t from = 1;; from += 2, ++escapes) {
    from = rest_.find('\0', from);
    if (from == rest_.npos) return fail(kMalformed);
    if (from + 1 < rest_.size() && static_cast<uint8_t>(rest_[from + 1]) == code::kEscape) continue;
    Item item{.code = code, .body = rest_.substr(1, from - 1), .escapes = escapes};
    rest_.remove_prefix(from + 1);
    return item;
  }
}

Result<Reader::Item> Reader::take_fixed(uint8_t code, size_t header, size_t size) {
  if (rest_.size() - header < size) return fail(kMalformed);
  Item item{.code = code, .body = rest_.substr(header, size)};
  rest_.remove_prefix(header + size);
  return item;
}

/// The body of a nested tuple is not taken, only its code.
Result<Reader::Item> Reader::take(Place place) {
  const auto code = static_cast<uint8_t>(rest_.front());
  if (is_small_integer(code)) {
    size_t size = is_negative(code) ? code::kZero - code : code - code::kZero;
    return take_fixed(code, 1, size);
  }
  switch (code) {
    case code::kBytes:
    case code::kString:
      return take_string(code);
    case code::kNull:
      // The caller has seen to it that in a tuple the escape follows.
      return take_fixed(code, place == Place::kNested ? 2 : 1, 0);
    case code::kTuple:
    case code::kFalse:
    case code::kTrue:
      return take_fixed(code, 1, 0);
    case code::kFloat:
      return take_fixed(code, 1, 4);
    case code::kDouble:
      return take_fixed(code, 1, 8);
    case code::kUuid:
      return take_fixed(code, 1, 16);
    case code::kVersionstamp:
      return take_fixed(code, 1, Versionstamp::kSize);
    case code::kNegativeBig:
    case code::kPositiveBig: {
      if (rest_.size() < 2) return fail(kMalformed);
      auto size = static_cast<uint8_t>(rest_[1]);
      return take_fixed(code, 2, is_negative(code) ? size ^ 0xff : size);
    }
    default:
      break;
  }
  if (!is_user(code) || options_.user_size == nullptr) return fail(kMalformed);
  Result<size_t> size = options_.user_size(code, rest_.substr(1));
  if (!size) return fail(kMalformed);
  return take_fixed(code, 1, *size);
}

std::string Reader::unescaped(const Item& item) {
  if (item.escapes == 0) return std::string(item.body);
  std::string out;
  out.reserve(item.body.size() - item.escapes);
  std::string_view left = item.body;
  while (!left.empty()) {
    size_t zero = left.find('\0');
    if (zero == left.npos) break;
    out.append(left.substr(0, zero + 1));
    left.remove_prefix(zero + 2);
  }
  return out.append(left);
}

bool Reader::is_text(const Item& item) {
  return item.code == code::kString;
}

Result<std::string> Reader::text(const Item& item) {
  std::string out = unescaped(item);
  if (!utf8_valid(out)) return fail(kMalformed);
  return out;
}

std::optional<int64_t> Reader::small_integer(const Item& item) {
  if (!is_small_integer(item.code)) return std::nullopt;
  uint64_t bits = big_endian(item.body);
  if (!is_negative(item.code)) {
    return std::in_range<int64_t>(bits) ? std::optional(static_cast<int64_t>(bits)) : std::nullopt;
  }
  const size_t size = item.body.size();
  if (size < 8) return static_cast<int64_t>(bits) - ((int64_t{1} << (8 * size)) - 1);
  // bits stands for bits - (2^64 - 1); its magnitude is ~bits.
  uint64_t magnitude = ~bits;
  if (magnitude > uint64_t{1} << 63) return std::nullopt;
  return static_cast<int64_t>(0 - magnitude);
}

Result<BigInt> Reader::integer(const Item& item) {
  if (!is_negative(item.code)) return BigInt::make(BigInt::Sign::kPositive, item.body);
  std::string magnitude(item.body);
  for (char& c : magnitude) c = static_cast<char>(~c);
  return BigInt::make(BigInt::Sign::kNegative, magnitude);
}

Result<Tuple> Reader::tuple_body(int depth) {
  if (depth > kDepthMax) return fail(kMalformed);
  Tuple out;
  while (true) {
    if (rest_.empty()) return fail(kMalformed);
    if (rest_.front() == '\0' &&
        (rest_.size() < 2 || static_cast<uint8_t>(rest_[1]) != code::kEscape)) {
      rest_.remove_prefix(1);
      return out;
    }
    Result<Item> item = take(Place::kNested);
    if (!item) return fail(item.error());
    Result<Element> nested = element(*item, depth);
    if (!nested) return fail(nested.error());
    out.add(*std::move(nested));
  }
}

Result<Element> Reader::element(const Item& item, int depth) {
  if (auto number = small_integer(item)) return Element(*number);
  if (is_integer(item.code)) {
    Result<BigInt> number = integer(item);
    if (!number) return fail(number.error());
    return Element(*std::move(number));
  }
  switch (item.code) {
    case code::kNull:
      return Element();
    case code::kBytes:
      return Element(OwnedBytes{unescaped(item)});
    case code::kString: {
      Result<std::string> value = text(item);
      if (!value) return fail(value.error());
      return Element(*std::move(value));
    }
    case code::kTuple: {
      Result<Tuple> value = tuple_body(depth + 1);
      if (!value) return fail(value.error());
      return Element(*std::move(value));
    }
    case code::kFloat: {
      auto bits = static_cast<uint32_t>(big_endian(item.body));
      bits = (bits >> 31) != 0 ? bits ^ uint32_t { 1 } << 31 : ~bits;
      return Element(std::bit_cast<float>(bits));
    }
    case code::kDouble: {
      uint64_t bits = big_endian(item.body);
      bits = (bits >> 63) != 0 ? bits ^ uint64_t { 1 } << 63 : ~bits;
      return Element(std::bit_cast<double>(bits));
    }
    case code::kFalse:
      return Element(false);
    case code::kTrue:
      return Element(true);
    case code::kUuid: {
      Uuid value;
      std::memcpy(value.bytes.data(), item.body.data(), value.bytes.size());
      return Element(value);
    }
    case code::kVersionstamp: {
      Result<Versionstamp> value = Versionstamp::from_bytes(item.body);
      if (!value) return fail(value.error());
      return Element(*value);
    }
    default:
      return Element(UserValue{.code = item.code, .payload = std::string(item.body)});
  }
}

Result<Element> Reader::read() {
  if (at_end()) return fail(error::invalid_tuple_index);
  Result<Item> item = take(Place::kTop);
  if (!item) return fail(item.error());
  return element(*item, 0);
}

Status Reader::skip() {
  Result<Element> passed = read();
  if (!passed) return fail(passed.error());
  return {};
}

Result<Tuple> unpack(std::string_view packed, const UnpackOptions& options) {
  Reader reader(packed, options);
  Tuple out;
  while (!reader.at_end()) {
    Result<Element> element = reader.read();
    if (!element) return fail(element.error());
    out.add(*std::move(element));
  }
  return out;
}

}  // namespace orrery::fdb::tuple
