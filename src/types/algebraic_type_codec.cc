#include "types/algebraic_type_codec.h"

#include <string>
#include <utility>

#include "base/utf8.h"

namespace orrery::types {
namespace {

constexpr uint8_t kSomeTag = 0;
constexpr uint8_t kNoneTag = 1;

class TypeDecoder {
 public:
  explicit TypeDecoder(ByteReader* in) : in_(in), start_(in->position()) {}

  Result<AlgebraicType> read_type(uint32_t depth) {
    if (depth > kTypeDepthMax) return Error(ErrorCode::kLimit, "type is nested too deeply");
    if (++nodes_ > kTypeNodesMax) return Error(ErrorCode::kLimit, "type is too large");
    uint8_t tag = 0;
    if (!in_->read(&tag)) return fail("buffer too short for a type");
    if (tag >= kTypeKindCount) return fail("invalid type tag " + std::to_string(tag));
    auto kind = static_cast<TypeKind>(tag);
    switch (kind) {
      case TypeKind::kRef: {
        uint32_t index = 0;
        if (!in_->read(&index)) return fail("buffer too short for a type reference");
        return AlgebraicType::ref(index);
      }
      case TypeKind::kArray: {
        ORRERY_TRY_ASSIGN(AlgebraicType element, read_type(depth + 1));
        return AlgebraicType::array(std::move(element));
      }
      case TypeKind::kSum:
      case TypeKind::kProduct:
        return read_elements(kind, depth);
      default:
        return AlgebraicType::primitive(kind);
    }
  }

  Result<AlgebraicType> read_elements(TypeKind kind, uint32_t depth) {
    uint32_t count = 0;
    if (!in_->read(&count)) return fail("buffer too short for a count");
    // An element takes at least its two tags, so a count that lies is refused before it costs
    // memory.
    if (count > in_->remaining() / 2) return fail("buffer too short for its elements");
    if (kind == TypeKind::kSum && count > kSumVariantsMax)
      return fail("sum with over 256 variants");
    std::vector<TypeElement> elements;
    for (uint32_t i = 0; i < count; ++i) {
      TypeElement element;
      ORRERY_TRY(read_name(&element.name));
      ORRERY_TRY_ASSIGN(element.type, read_type(depth + 1));
      elements.push_back(std::move(element));
    }
    return kind == TypeKind::kSum ? AlgebraicType::sum(std::move(elements))
                                  : AlgebraicType::product(std::move(elements));
  }

  Error fail(std::string what) const {
    return Error(ErrorCode::kDecode,
                 "BSATN type, byte " + std::to_string(in_->position() - start_) + ": " + what);
  }

 private:
  Status read_name(std::optional<std::string>* name) {
    uint8_t tag = 0;
    if (!in_->read(&tag)) return fail("buffer too short for a name");
    if (tag == kNoneTag) return {};
    if (tag != kSomeTag) return fail("invalid option tag " + std::to_string(tag));
    std::string_view text;
    if (!in_->read_prefixed(&text)) return fail("buffer too short for a name");
    if (!utf8_valid(text)) return fail("name is not UTF-8");
    *name = std::string(text);
    return {};
  }

  ByteReader* in_;
  const uint8_t* start_;
  uint32_t nodes_ = 0;
};

}  // namespace

void encode_type(const AlgebraicType& type, ByteWriter* out) {
  out->write(static_cast<uint8_t>(type.kind()));
  switch (type.kind()) {
    case TypeKind::kRef:
      out->write(type.ref_index());
      return;
    case TypeKind::kArray:
      encode_type(type.array_element(), out);
      return;
    case TypeKind::kSum:
    case TypeKind::kProduct:
      encode_type_elements(type.elements(), out);
      return;
    default:
      return;
  }
}

void encode_type_elements(std::span<const TypeElement> elements, ByteWriter* out) {
  out->write(static_cast<uint32_t>(elements.size()));
  for (const TypeElement& e : elements) {
    out->write(e.name ? kSomeTag : kNoneTag);
    if (e.name) out->write_prefixed(*e.name);
    encode_type(e.type, out);
  }
}

Result<AlgebraicType> decode_type(ByteReader* in) {
  return TypeDecoder(in).read_type(1);
}

Result<AlgebraicType> decode_product_type(ByteReader* in) {
  return TypeDecoder(in).read_elements(TypeKind::kProduct, 1);
}

void encode_typespace(const Typespace& space, ByteWriter* out) {
  out->write(space.size());
  for (const AlgebraicType& type : space.types()) encode_type(type, out);
}

Result<Typespace> decode_typespace(ByteReader* in) {
  uint32_t count = 0;
  TypeDecoder decoder(in);
  if (!in->read(&count)) return decoder.fail("buffer too short for a count");
  if (count > in->remaining()) return decoder.fail("buffer too short for its types");
  Typespace space;
  for (uint32_t i = 0; i < count; ++i) {
    ORRERY_TRY_ASSIGN(AlgebraicType type, decoder.read_type(1));
    space.add(std::move(type));
  }
  return space;
}

}  // namespace orrery::types
