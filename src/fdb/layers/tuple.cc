#include "fdb/layers/tuple.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace orrery::fdb::tuple {
namespace {

/// The order of the encodings of IEEE numbers: negative ones by falling, others by rising bits.
template <class Bits>
std::strong_ordering compare_floats(Bits a, Bits b) {
  constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
  auto place = [](Bits bits) -> Bits { return (bits & kSign) != 0 ? ~bits : bits | kSign; };
  return place(a) <=> place(b);
}

std::strong_ordering compare_magnitudes(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::string big_endian(uint64_t value) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) {
    if (value >> shift != 0) out += static_cast<char>(value >> shift & 0xff);
  }
  return out;
}

std::optional<uint64_t> to_number(std::string_view magnitude) {
  if (magnitude.size() > 8) return std::nullopt;
  uint64_t out = 0;
  for (char c : magnitude) out = out << 8 | static_cast<uint8_t>(c);
  return out;
}

}  // namespace

Result<Versionstamp> Versionstamp::from_bytes(std::string_view bytes) {
  if (bytes.size() != kSize) return fail(error::invalid_versionstamp_size);
  Versionstamp out;
  std::memcpy(out.transaction.data(), bytes.data(), kTransactionSize);
  out.user =
      static_cast<uint16_t>(static_cast<uint8_t>(bytes[10]) << 8 | static_cast<uint8_t>(bytes[11]));
  return out;
}

BigInt::BigInt(int64_t value) : negative_(value < 0) {
  auto bits = static_cast<uint64_t>(value);
  magnitude_ = big_endian(negative_ ? 0 - bits : bits);
}

BigInt BigInt::from_uint64(uint64_t value) {
  BigInt out;
  out.magnitude_ = big_endian(value);
  return out;
}

Result<BigInt> BigInt::make(Sign sign, std::string_view magnitude) {
  magnitude.remove_prefix(std::min(magnitude.find_first_not_of('\0'), magnitude.size()));
  if (magnitude.size() > kSizeMax) return fail(error::invalid_tuple_data_type);
  BigInt out;
  out.negative_ = sign == Sign::kNegative && !magnitude.empty();
  out.magnitude_ = magnitude;
  return out;
}

std::optional<int64_t> BigInt::to_int64() const {
  constexpr uint64_t kMin = uint64_t{1} << 63;
  std::optional<uint64_t> number = to_number(magnitude_);
  if (!number || *number > kMin || (*number == kMin && !negative_)) return std::nullopt;
  return static_cast<int64_t>(negative_ ? 0 - *number : *number);
}

std::optional<uint64_t> BigInt::to_uint64() const {
  return negative_ ? std::nullopt : to_number(magnitude_);
}

std::strong_ordering operator<=>(const BigInt& a, const BigInt& b) {
  if (a.negative_ != b.negative_) return b.negative_ <=> a.negative_;
  return a.negative_ ? compare_magnitudes(b.magnitude_, a.magnitude_)
                     : compare_magnitudes(a.magnitude_, b.magnitude_);
}

Tuple::Tuple(std::initializer_list<Element> elements) : elements_(elements) {}
size_t Tuple::size() const {
  return elements_.size();
}
const Element& Tuple::operator[](size_t index) const {
  return elements_[index];
}
const Element* Tuple::begin() const {
  return elements_.data();
}
const Element* Tuple::end() const {
  return elements_.data() + elements_.size();
}

Tuple& Tuple::add(Element element) {
  elements_.push_back(std::move(element));
  return *this;
}

void Tuple::append(const Tuple& other) {
  elements_.insert(elements_.end(), other.elements_.begin(), other.elements_.end());
}

bool operator==(const Tuple& a, const Tuple& b) {
  return a.elements_ == b.elements_;
}

std::strong_ordering operator<=>(const Tuple& a, const Tuple& b) {
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

Element::Element(BigInt value) {
  if (std::optional<int64_t> small = value.to_int64()) {
    value_ = *small;
  } else {
    value_ = std::move(value);
  }
}

Kind Element::kind() const {
  constexpr Kind kKinds[] = {Kind::kNull,    Kind::kBytes,   Kind::kString,       Kind::kTuple,
                             Kind::kInteger, Kind::kInteger, Kind::kFloat,        Kind::kDouble,
                             Kind::kBool,    Kind::kUuid,    Kind::kVersionstamp, Kind::kUser};
  static_assert(std::size(kKinds) == std::variant_size_v<decltype(value_)>);
  return kKinds[value_.index()];
}

const std::string* Element::bytes() const {
  const auto* owned = std::get_if<OwnedBytes>(&value_);
  return owned != nullptr ? &owned->bytes : nullptr;
}

std::optional<int64_t> Element::int64() const {
  const auto* value = std::get_if<int64_t>(&value_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<uint64_t> Element::uint64() const {
  if (std::optional<int64_t> value = int64()) {
    return *value >= 0 ? std::optional(static_cast<uint64_t>(*value)) : std::nullopt;
  }
  const auto* big = std::get_if<BigInt>(&value_);
  return big != nullptr ? big->to_uint64() : std::nullopt;
}

std::optional<BigInt> Element::big_int() const {
  if (std::optional<int64_t> value = int64()) return BigInt(*value);
  const auto* big = std::get_if<BigInt>(&value_);
  return big != nullptr ? std::optional(*big) : std::nullopt;
}

std::optional<float> Element::single() const {
  const auto* value = std::get_if<float>(&value_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<double> Element::number() const {
  const auto* value = std::get_if<double>(&value_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::optional<bool> Element::boolean() const {
  const auto* value = std::get_if<bool>(&value_);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::strong_ordering operator<=>(const Element& a, const Element& b) {
  if (auto by_kind = a.kind() <=> b.kind(); by_kind != 0) return by_kind;
  switch (a.kind()) {
    case Kind::kNull:
      return std::strong_ordering::equal;
    case Kind::kBytes:
      return *a.bytes() <=> *b.bytes();
    case Kind::kString:
      return *a.string() <=> *b.string();
    case Kind::kTuple:
      return *a.tuple() <=> *b.tuple();
    case Kind::kInteger:
      if (a.int64() && b.int64()) return *a.int64() <=> *b.int64();
      return *a.big_int() <=> *b.big_int();
    case Kind::kFloat:
      return compare_floats(std::bit_cast<uint32_t>(*a.single()),
                            std::bit_cast<uint32_t>(*b.single()));
    case Kind::kDouble:
      return compare_floats(std::bit_cast<uint64_t>(*a.number()),
                            std::bit_cast<uint64_t>(*b.number()));
    case Kind::kBool:
      return *a.boolean() <=> *b.boolean();
    case Kind::kUuid:
      return *a.uuid() <=> *b.uuid();
    case Kind::kVersionstamp:
      return *a.versionstamp() <=> *b.versionstamp();
    case Kind::kUser:
      return *a.user() <=> *b.user();
  }
  return std::strong_ordering::equal;
}

}  // namespace orrery::fdb::tuple
