// BSATN of types themselves: an AlgebraicType as the sum that describes it (u8 kind, then its
// parts), a product or sum as an array of (optional name, type), a Typespace as an array of types.
//
// Reading checks everything and bounds depth and size; what it accepts, writing gives back byte for
// byte. Errors are kDecode with the byte offset, or kLimit. Stateless.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "types/algebraic_type.h"
#include "types/algebraic_typespace.h"

namespace orrery::types {

void encode_type(const AlgebraicType& type, ByteWriter* out);
/// Reads one type from the front; the reader stands behind it afterwards.
Result<AlgebraicType> decode_type(ByteReader* in);
/// The elements of a product or sum without the kind byte, as product types stand in module
/// definitions.
void encode_type_elements(std::span<const TypeElement> elements, ByteWriter* out);
/// A product type without the kind byte.
Result<AlgebraicType> decode_product_type(ByteReader* in);
void encode_typespace(const Typespace& space, ByteWriter* out);
Result<Typespace> decode_typespace(ByteReader* in);

}  // namespace orrery::types
