// Values and function types as they cross the border between host and guest. Plain values.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

namespace orrery::wasm {

enum class ValueType : uint8_t { kI32, kI64, kF32, kF64, kOther };

/// One parameter or result: no tag, only bits; whoever reads it knows the function's type.
struct alignas(8) Slot {
  uint64_t low = 0;
  uint64_t high = 0;  ///< of a 128-bit vector

  static Slot of(uint64_t value) { return {.low = value}; }
  template <class T>
  T get() const {
    T out;
    std::memcpy(&out, &low, sizeof(T));
    return out;
  }
  template <class T>
  void set(T value) {
    low = 0;
    std::memcpy(&low, &value, sizeof(T));
  }
};

template <class T>
constexpr ValueType value_type_of() {
  if constexpr (std::is_same_v<T, float>) return ValueType::kF32;
  if constexpr (std::is_same_v<T, double>) return ValueType::kF64;
  static_assert(std::is_arithmetic_v<T> && sizeof(T) >= 4, "guests know 32 and 64 bits");
  return sizeof(T) == 4 ? ValueType::kI32 : ValueType::kI64;
}

struct FunctionType {
  std::vector<ValueType> parameters;
  std::vector<ValueType> results;

  bool operator==(const FunctionType&) const = default;
  /// "(i32, i64) -> i32"
  std::string text() const;
};

}  // namespace orrery::wasm
