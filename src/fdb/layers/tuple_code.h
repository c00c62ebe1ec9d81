// The type codes of the tuple layer (FoundationDB's design/tuple.md). Private to the tuple layer.
#pragma once

#include <cstdint>

namespace orrery::fdb::tuple::code {

inline constexpr uint8_t kNull = 0x00;
inline constexpr uint8_t kBytes = 0x01;
inline constexpr uint8_t kString = 0x02;
inline constexpr uint8_t kTuple = 0x05;
inline constexpr uint8_t kNegativeBig = 0x0b;
/// The code of an integer of n bytes is n above or below.
inline constexpr uint8_t kZero = 0x14;
inline constexpr uint8_t kPositiveBig = 0x1d;
inline constexpr uint8_t kFloat = 0x20;
inline constexpr uint8_t kDouble = 0x21;
inline constexpr uint8_t kFalse = 0x26;
inline constexpr uint8_t kTrue = 0x27;
inline constexpr uint8_t kUuid = 0x30;
inline constexpr uint8_t kVersionstamp = 0x33;
inline constexpr uint8_t kUserMin = 0x40;
inline constexpr uint8_t kUserMax = 0x4f;
/// Follows a zero byte that ends nothing. No type has this code.
inline constexpr uint8_t kEscape = 0xff;

}  // namespace orrery::fdb::tuple::code
