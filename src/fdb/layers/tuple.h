// Tuple: what FoundationDB's tuple layer encodes: values of several types whose encodings sort as
// they do.
//
// Elements own their bytes. A text is a UTF-8 string, Bytes is a string of bytes; they are of
// different types and sort apart. Elements compare as their encodings: by type first (null, bytes,
// string, tuple, integer, float, double, bool, UUID, versionstamp, user's types), then by value;
// floating-point numbers are in IEEE total order, so every NaN has a place. Encoding: tuple_pack.h.
// Decoding: tuple_reader.h. Thread-safety: as values.
#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fdb/error.h"

namespace orrery::fdb::tuple {

/// Nested tuples deeper than this are neither packed nor unpacked.
inline constexpr int kDepthMax = 100;

struct Null {
  friend auto operator<=>(Null, Null) = default;
};

/// Marks bytes that are no text; a view, for arguments.
struct Bytes {
  std::string_view view;
};

struct OwnedBytes {
  std::string bytes;
  friend auto operator<=>(const OwnedBytes&, const OwnedBytes&) = default;
};

struct Uuid {
  std::array<uint8_t, 16> bytes{};
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// What a commit will have put in place (10 bytes), and a number that orders keys of one
/// transaction.
struct Versionstamp {
  static constexpr size_t kTransactionSize = 10;
  static constexpr size_t kSize = 12;

  std::array<uint8_t, kTransactionSize> transaction = kIncomplete;
  uint16_t user = 0;

  /// One whose 10 bytes the commit fills in.
  static constexpr Versionstamp incomplete(uint16_t user = 0) { return {kIncomplete, user}; }
  /// From 12 bytes; 2269 for any other size.
  static Result<Versionstamp> from_bytes(std::string_view bytes);
  constexpr bool is_complete() const { return transaction != kIncomplete; }
  friend auto operator<=>(const Versionstamp&, const Versionstamp&) = default;

  static constexpr std::array<uint8_t, kTransactionSize> kIncomplete = {
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
};

/// An integer of up to 255 bytes.
class BigInt {
 public:
  enum class Sign : uint8_t { kPositive, kNegative };
  static constexpr size_t kSizeMax = 255;

  BigInt() = default;
  BigInt(int64_t value);  // NOLINT: an integer is one
  static BigInt from_uint64(uint64_t value);
  /// `magnitude` is big-endian; 2250 where it needs more than 255 bytes.
  static Result<BigInt> make(Sign sign, std::string_view magnitude);

  bool is_negative() const { return negative_; }
  /// Big-endian, without leading zeros; empty for zero.
  std::string_view magnitude() const { return magnitude_; }
  std::optional<int64_t> to_int64() const;
  std::optional<uint64_t> to_uint64() const;

  friend bool operator==(const BigInt&, const BigInt&) = default;
  friend std::strong_ordering operator<=>(const BigInt& a, const BigInt& b);

 private:
  bool negative_ = false;
  std::string magnitude_;
};

/// A value of one of the type codes 0x40 to 0x4f, whose encoding is its user's; `payload` is
/// written as it is.
struct UserValue {
  uint8_t code = 0x40;
  std::string payload;
  friend auto operator<=>(const UserValue&, const UserValue&) = default;
};

class Element;

class Tuple {
 public:
  Tuple() = default;
  Tuple(std::initializer_list<Element> elements);
  /// Also where braces would copy: Tuple::of(other) holds one element, a tuple.
  template <class... Ts>
  static Tuple of(Ts&&... values);

  size_t size() const;
  bool empty() const { return size() == 0; }
  const Element& operator[](size_t index) const;
  const Element* begin() const;
  const Element* end() const;
  Tuple& add(Element element);
  void append(const Tuple& other);

  friend bool operator==(const Tuple& a, const Tuple& b);
  friend std::strong_ordering operator<=>(const Tuple& a, const Tuple& b);

 private:
  std::vector<Element> elements_;
};

/// In the order of their codes.
enum class Kind : uint8_t {
  kNull,
  kBytes,
  kString,
  kTuple,
  kInteger,
  kFloat,
  kDouble,
  kBool,
  kUuid,
  kVersionstamp,
  kUser,
};

template <class T>
concept TupleInteger = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                       !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                       !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

// Converts from whatever can be an element, so that Tuple{1, "a", 2.5} is one.
class Element {
 public:
  Element() = default;
  Element(std::nullptr_t) {}                                             // NOLINT
  Element(Null) {}                                                       // NOLINT
  Element(Bytes value) : value_(OwnedBytes{std::string(value.view)}) {}  // NOLINT
  Element(OwnedBytes value) : value_(std::move(value)) {}                // NOLINT
  Element(const char* text) : value_(std::string(text)) {}               // NOLINT
  Element(std::string_view text) : value_(std::string(text)) {}          // NOLINT
  Element(std::string text) : value_(std::move(text)) {}                 // NOLINT
  Element(Tuple value) : value_(std::move(value)) {}                     // NOLINT
  Element(BigInt value);                                                 // NOLINT
  template <TupleInteger T>
  Element(T value) {  // NOLINT
    if (std::in_range<int64_t>(value)) {
      value_ = static_cast<int64_t>(value);
    } else {
      value_ = BigInt::from_uint64(static_cast<uint64_t>(value));
    }
  }
  Element(float value) : value_(value) {}                    // NOLINT
  Element(double value) : value_(value) {}                   // NOLINT
  Element(std::same_as<bool> auto value) : value_(value) {}  // NOLINT: nothing else becomes a bool
  Element(Uuid value) : value_(value) {}                     // NOLINT
  Element(Versionstamp value) : value_(value) {}             // NOLINT
  Element(UserValue value) : value_(std::move(value)) {}     // NOLINT

  Kind kind() const;
  bool is_null() const { return kind() == Kind::kNull; }

  /// Null or nullopt where the element is of another kind, or no integer of that size.
  const std::string* bytes() const;
  const std::string* string() const { return std::get_if<std::string>(&value_); }
  const Tuple* tuple() const { return std::get_if<Tuple>(&value_); }
  std::optional<int64_t> int64() const;
  std::optional<uint64_t> uint64() const;
  std::optional<BigInt> big_int() const;
  std::optional<float> single() const;
  std::optional<double> number() const;
  std::optional<bool> boolean() const;
  const Uuid* uuid() const { return std::get_if<Uuid>(&value_); }
  const Versionstamp* versionstamp() const { return std::get_if<Versionstamp>(&value_); }
  const UserValue* user() const { return std::get_if<UserValue>(&value_); }

  friend bool operator==(const Element& a, const Element& b) { return (a <=> b) == 0; }
  friend std::strong_ordering operator<=>(const Element& a, const Element& b);

 private:
  friend class Packer;
  /// Integers are a BigInt only where they are not within int64_t.
  std::variant<Null, OwnedBytes, std::string, Tuple, int64_t, BigInt, float, double, bool, Uuid,
               Versionstamp, UserValue>
      value_;
};

template <class... Ts>
Tuple Tuple::of(Ts&&... values) {
  Tuple out;
  out.elements_.reserve(sizeof...(values));
  (out.elements_.emplace_back(std::forward<Ts>(values)), ...);
  return out;
}

}  // namespace orrery::fdb::tuple

namespace orrery::fdb {
using tuple::Tuple;
using tuple::Versionstamp;
}  // namespace orrery::fdb
