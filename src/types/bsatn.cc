// The BSATN functions that build and write AlgebraicValues.
#include "types/bsatn.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "types/bsatn_cursor.h"

namespace orrery::types {
namespace {

class Decoder {
 public:
  Decoder(std::string_view bytes, const Typespace* space) : in_(bytes, space) {}

  const BsatnCursor& cursor() const { return in_; }

  bool decode(const AlgebraicType& type, uint32_t depth, AlgebraicValue* out) {
    if (!in_.spend_node(type)) return false;
    switch (type.kind()) {
      case TypeKind::kProduct:
        return in_.enter(type, depth) && decode_product(type, depth, out);
      case TypeKind::kSum: {
        uint8_t tag = 0;
        const AlgebraicType* payload_type = nullptr;
        AlgebraicValue payload;
        if (!in_.enter(type, depth) || !in_.read_tag(type, &tag, &payload_type)) return false;
        if (!decode(*payload_type, depth + 1, &payload)) return false;
        *out = AlgebraicValue::sum(tag, std::move(payload));
        return true;
      }
      case TypeKind::kArray:
        return in_.enter(type, depth) && decode_array(type, depth, out);
      case TypeKind::kString: {
        std::string_view text;
        if (!in_.read_prefixed(&text, type)) return false;
        if (!utf8_valid(text)) return in_.fail(BsatnProblem::kUtf8, type);
        *out = AlgebraicValue::string(std::string(text));
        return true;
      }
      case TypeKind::kRef: {
        const AlgebraicType* target = in_.enter(type, depth) ? in_.follow(type) : nullptr;
        return target != nullptr && decode(*target, depth + 1, out);
      }
      default:
        return decode_primitive(type, out);
    }
  }

 private:
  bool decode_product(const AlgebraicType& type, uint32_t depth, AlgebraicValue* out) {
    std::vector<AlgebraicValue> fields;
    fields.reserve(type.elements().size());
    for (const TypeElement& e : type.elements()) {
      if (!decode(e.type, depth + 1, &fields.emplace_back())) return false;
    }
    *out = AlgebraicValue::product(std::move(fields));
    return true;
  }

  bool decode_array(const AlgebraicType& type, uint32_t depth, AlgebraicValue* out) {
    if (type.is(TypeForm::kBytes)) {
      std::string_view bytes;
      if (!in_.read_prefixed(&bytes, type)) return false;
      *out = AlgebraicValue::bytes(std::string(bytes));
      return true;
    }
    const AlgebraicType& element = type.array_element();
    uint32_t count = 0;
    if (!in_.read_count(element, &count, type)) return false;
    std::vector<AlgebraicValue> elements;
    elements.reserve(std::min<size_t>(count, in_.remaining() / std::max(1u, element.min_bytes())));
    for (uint32_t i = 0; i < count; ++i) {
      if (!decode(element, depth + 1, &elements.emplace_back())) return false;
    }
    *out = AlgebraicValue::array(std::move(elements));
    return true;
  }

  template <class T>
  bool decode_word(const AlgebraicType& type, AlgebraicValue* out) {
    T n;
    if (!in_.read(&n, type)) return false;
    if constexpr (std::is_signed_v<T>) {
      *out = AlgebraicValue::signed_integer(type.kind(), n);
    } else {
      *out = AlgebraicValue::unsigned_integer(type.kind(), n);
    }
    return true;
  }

  template <class T, auto make>
  bool decode_as(const AlgebraicType& type, AlgebraicValue* out) {
    T n;
    if (!in_.read(&n, type)) return false;
    *out = make(n);
    return true;
  }

  bool decode_primitive(const AlgebraicType& type, AlgebraicValue* out) {
    switch (type.kind()) {
      case TypeKind::kBool: {
        uint8_t b = 0;
        if (!in_.read_bool(&b, type)) return false;
        *out = AlgebraicValue::boolean(b);
        return true;
      }
      case TypeKind::kI8:
        return decode_word<int8_t>(type, out);
      case TypeKind::kU8:
        return decode_word<uint8_t>(type, out);
      case TypeKind::kI16:
        return decode_word<int16_t>(type, out);
      case TypeKind::kU16:
        return decode_word<uint16_t>(type, out);
      case TypeKind::kI32:
        return decode_word<int32_t>(type, out);
      case TypeKind::kU32:
        return decode_word<uint32_t>(type, out);
      case TypeKind::kI64:
        return decode_word<int64_t>(type, out);
      case TypeKind::kU64:
        return decode_word<uint64_t>(type, out);
      case TypeKind::kI128:
        return decode_as<I128, AlgebraicValue::i128>(type, out);
      case TypeKind::kU128:
        return decode_as<U128, AlgebraicValue::u128>(type, out);
      case TypeKind::kI256:
        return decode_as<I256, AlgebraicValue::i256>(type, out);
      case TypeKind::kU256:
        return decode_as<U256, AlgebraicValue::u256>(type, out);
      case TypeKind::kF32:
        return decode_as<uint32_t, AlgebraicValue::f32_bits>(type, out);
      case TypeKind::kF64:
        return decode_as<uint64_t, AlgebraicValue::f64_bits>(type, out);
      default:
        return false;
    }
  }

  BsatnCursor in_;
};

class Encoder {
 public:
  Encoder(ByteWriter* out, const Typespace* space) : out_(out), space_(space) {}

  Status encode(const AlgebraicType& type, const AlgebraicValue& value, uint32_t depth) {
    if (depth > kValueDepthMax) return Error(ErrorCode::kLimit, "value is nested too deeply");
    if (type.is(TypeKind::kRef)) {
      const AlgebraicType* target = space_ == nullptr ? nullptr : space_->find(type.ref_index());
      if (target == nullptr) {
        return Error(ErrorCode::kDecode,
                     "type reference " + type.to_string() + " has no entry in the typespace");
      }
      return encode(*target, value, depth + 1);
    }
    if (type.kind() != value.kind()) return mismatch(type, value);
    switch (type.kind()) {
      case TypeKind::kProduct: {
        std::span<const AlgebraicValue> fields = value.elements();
        if (fields.size() != type.elements().size()) return mismatch(type, value);
        for (size_t i = 0; i < fields.size(); ++i) {
          ORRERY_TRY(encode(type.elements()[i].type, fields[i], depth + 1));
        }
        return {};
      }
      case TypeKind::kSum:
        if (value.tag() >= type.elements().size()) return mismatch(type, value);
        out_->write(value.tag());
        return encode(type.elements()[value.tag()].type, value.payload(), depth + 1);
      case TypeKind::kArray:
        return encode_array(type, value, depth);
      case TypeKind::kString:
        return encode_prefixed(value.as_string());
      case TypeKind::kF32:
        out_->write(value.as_f32_bits());
        return {};
      case TypeKind::kF64:
        out_->write(value.as_f64_bits());
        return {};
      default: {
        U256 bits = value.integer_bits();
        const char* bytes = reinterpret_cast<const char*>(&bits);
        out_->write_bytes({bytes, *type.fixed_bytes()});
        return {};
      }
    }
  }

 private:
  Status encode_array(const AlgebraicType& type, const AlgebraicValue& value, uint32_t depth) {
    if (value.is_bytes()) {
      if (!type.is(TypeForm::kBytes) && !value.as_bytes().empty()) return mismatch(type, value);
      return encode_prefixed(value.as_bytes());
    }
    std::span<const AlgebraicValue> elements = value.elements();
    if (elements.size() > UINT32_MAX) return too_long();
    out_->write(static_cast<uint32_t>(elements.size()));
    for (const AlgebraicValue& v : elements) {
      ORRERY_TRY(encode(type.array_element(), v, depth + 1));
    }
    return {};
  }

  Status encode_prefixed(std::string_view bytes) {
    if (bytes.size() > UINT32_MAX) return too_long();
    out_->write_prefixed(bytes);
    return {};
  }

  static Error too_long() { return Error(ErrorCode::kLimit, "BSATN lengths end at 4294967295"); }
  static Error mismatch(const AlgebraicType& type, const AlgebraicValue& value) {
    return Error(ErrorCode::kTypeMismatch, "a value of kind " +
                                               std::string(type_kind_name(value.kind())) +
                                               " is not of type " + type.to_string());
  }

  ByteWriter* out_;
  const Typespace* space_;
};

}  // namespace

Result<AlgebraicValue> bsatn_decode(const AlgebraicType& type, ByteReader* in,
                                    const Typespace* space) {
  const char* bytes = reinterpret_cast<const char*>(in->position());
  Decoder decoder({bytes, in->remaining()}, space);
  AlgebraicValue out;
  if (!decoder.decode(type, 1, &out)) return decoder.cursor().error();
  ORRERY_ASSERT(in->skip(decoder.cursor().consumed()));
  return out;
}

Result<AlgebraicValue> bsatn_decode(const AlgebraicType& type, std::string_view bytes,
                                    const Typespace* space) {
  ByteReader in(bytes);
  return bsatn_decode(type, &in, space);
}

Status bsatn_encode(const AlgebraicType& type, const AlgebraicValue& value, ByteWriter* out,
                    const Typespace* space) {
  return Encoder(out, space).encode(type, value, 1);
}

}  // namespace orrery::types
