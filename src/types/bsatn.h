// BSATN: the binary form of algebraic values. Not self-describing: every function is driven by the
// value's type.
//
// Bool u8 0/1; integers and floats little-endian; String and Array(U8) u32 length and bytes; Array
// u32 count and elements; products their fields in order without framing; sums a u8 tag and the
// payload. Option is a sum: some = 0, none = 1. Floats keep their bits.
//
// Bytes may come from anywhere: what is malformed gives kDecode with the byte offset (kLimit for
// nesting deeper than kValueDepthMax); lengths that lie cost no memory. Bytes behind the value are
// not an error: the functions say how much they used. A type with Refs needs the Typespace they
// point into. Stateless; safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "types/algebraic_type.h"
#include "types/algebraic_typespace.h"
#include "types/algebraic_value.h"

namespace orrery::types {

inline constexpr uint32_t kValueDepthMax =
    128;  ///< bounds recursion over values of recursive types
/// What a decoded value may cost in memory: so many nodes at no charge, and so many more for each byte of input.
/// Without it an array of units, or a product with thousands of them, costs memory here but no bytes there.
inline constexpr uint32_t kValueNodesFree = 1 << 14;
inline constexpr uint32_t kValueNodesPerByte = 16;

/// Reads one value from the front; the reader stands behind it afterwards (anywhere after an
/// error).
Result<AlgebraicValue> bsatn_decode(const AlgebraicType& type, ByteReader* in,
                                    const Typespace* space = nullptr);
Result<AlgebraicValue> bsatn_decode(const AlgebraicType& type, std::string_view bytes,
                                    const Typespace* space = nullptr);
/// Appends the value. kTypeMismatch where it is not of the type; then `out` holds part of it.
Status bsatn_encode(const AlgebraicType& type, const AlgebraicValue& value, ByteWriter* out,
                    const Typespace* space = nullptr);

/// Checks the value at the front completely and returns its length. Builds nothing.
Result<size_t> bsatn_validate(const AlgebraicType& type, std::string_view bytes,
                              const Typespace* space = nullptr);
/// The length of the value at the front. Checks only what it needs to stay inside the bytes (not
/// Bool, not UTF-8).
Result<size_t> bsatn_skip(const AlgebraicType& type, std::string_view bytes,
                          const Typespace* space = nullptr);

/// Orders two valid encodings as AlgebraicValue::compare orders their values: <0, 0, >0. Malformed
/// bytes are safe but give a meaningless order.
int bsatn_compare(const AlgebraicType& type, std::string_view a, std::string_view b,
                  const Typespace* space = nullptr);
/// Equal values have equal hashes. `bytes` is exactly one valid encoding.
uint64_t bsatn_hash(const AlgebraicType& type, std::string_view bytes,
                    const Typespace* space = nullptr);

}  // namespace orrery::types
