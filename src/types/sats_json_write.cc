// SATS-JSON, the writing half.
#include <bit>
#include <string>

#include "base/utf8.h"
#include "types/bsatn.h"
#include "types/bsatn_cursor.h"
#include "types/json_number.h"
#include "types/sats_json.h"
#include "types/wide_int.h"

namespace orrery::types {
namespace {

void append_hex(std::string_view bytes, std::string* out) {
  for (char c : bytes) {
    auto b = static_cast<uint8_t>(c);
    out->push_back("0123456789abcdef"[b >> 4]);
    out->push_back("0123456789abcdef"[b & 15]);
  }
}

class JsonWriter {
 public:
  JsonWriter(std::string_view bytes, JsonShape shape, std::string* out, const Typespace* space)
      : in_(bytes, space), typed_(shape == JsonShape::kTyped), out_(out) {}

  const BsatnCursor& cursor() const { return in_; }

  bool write(const AlgebraicType& type, uint32_t depth) {
    if (!in_.spend_node(type)) return false;
    switch (type.kind()) {
      case TypeKind::kProduct:
        return in_.enter(type, depth) && write_product(type, depth);
      case TypeKind::kSum:
        return in_.enter(type, depth) && write_sum(type, depth);
      case TypeKind::kArray:
        return in_.enter(type, depth) && write_array(type, depth);
      case TypeKind::kString: {
        std::string_view text;
        if (!in_.read_prefixed(&text, type)) return false;
        if (!utf8_valid(text)) return in_.fail(BsatnProblem::kUtf8, type);
        append_json_string(text, out_);
        return true;
      }
      case TypeKind::kRef: {
        const AlgebraicType* target = in_.enter(type, depth) ? in_.follow(type) : nullptr;
        return target != nullptr && write(*target, depth + 1);
      }
      default:
        return write_primitive(type);
    }
  }

 private:
  bool write_product(const AlgebraicType& type, uint32_t depth) {
    std::span<const TypeElement> fields = type.elements();
    bool named = typed_ && !fields.empty();
    for (const TypeElement& e : fields) named = named && e.name.has_value();
    out_->push_back(named ? '{' : '[');
    for (const TypeElement& e : fields) {
      if (&e != fields.data()) out_->push_back(',');
      if (named) {
        append_json_string(*e.name, out_);
        out_->push_back(':');
      }
      if (!write(e.type, depth + 1)) return false;
    }
    out_->push_back(named ? '}' : ']');
    return true;
  }

  bool write_sum(const AlgebraicType& type, uint32_t depth) {
    uint8_t tag = 0;
    const AlgebraicType* payload = nullptr;
    if (!in_.read_tag(type, &tag, &payload)) return false;
    std::string number = std::to_string(tag);
    if (typed_) {
      const TypeElement& variant = type.elements()[tag];
      out_->push_back('{');
      append_json_string(variant.name ? *variant.name : number, out_);
      out_->push_back(':');
    } else {
      out_->append("[").append(number).append(",");
    }
    if (!write(*payload, depth + 1)) return false;
    out_->push_back(typed_ ? '}' : ']');
    return true;
  }

  bool write_array(const AlgebraicType& type, uint32_t depth) {
    if (type.is(TypeForm::kBytes)) {
      std::string_view bytes;
      if (!in_.read_prefixed(&bytes, type)) return false;
      out_->push_back('"');
      append_hex(bytes, out_);
      out_->push_back('"');
      return true;
    }
    const AlgebraicType& element = type.array_element();
    uint32_t count = 0;
    if (!in_.read_count(element, &count, type)) return false;
    out_->push_back('[');
    for (uint32_t i = 0; i < count; ++i) {
      if (i > 0) out_->push_back(',');
      if (!write(element, depth + 1)) return false;
    }
    out_->push_back(']');
    return true;
  }

  template <class T>
  bool write_word(const AlgebraicType& type) {
    T n;
    if (!in_.read(&n, type)) return false;
    out_->append(std::to_string(n));
    return true;
  }
  template <class T, auto format>
  bool write_as(const AlgebraicType& type) {
    T n;
    if (!in_.read(&n, type)) return false;
    out_->append(format(n));
    return true;
  }
  static std::string u256_text(const U256& n) { return "\"0x" + to_hex(n) + "\""; }
  static std::string i256_text(const I256& n) {
    return (n.is_negative() ? "\"-0x" : "\"0x") + to_hex(n.magnitude()) + "\"";
  }

  bool write_primitive(const AlgebraicType& type) {
    switch (type.kind()) {
      case TypeKind::kBool: {
        uint8_t b = 0;
        if (!in_.read_bool(&b, type)) return false;
        out_->append(b != 0 ? "true" : "false");
        return true;
      }
      case TypeKind::kI8:
        return write_word<int8_t>(type);
      case TypeKind::kU8:
        return write_word<uint8_t>(type);
      case TypeKind::kI16:
        return write_word<int16_t>(type);
      case TypeKind::kU16:
        return write_word<uint16_t>(type);
      case TypeKind::kI32:
        return write_word<int32_t>(type);
      case TypeKind::kU32:
        return write_word<uint32_t>(type);
      case TypeKind::kI64:
        return write_word<int64_t>(type);
      case TypeKind::kU64:
        return write_word<uint64_t>(type);
      case TypeKind::kI128:
        return write_as<I128, to_decimal_i128>(type);
      case TypeKind::kU128:
        return write_as<U128, to_decimal_u128>(type);
      case TypeKind::kI256:
        return write_as<I256, i256_text>(type);
      case TypeKind::kU256:
        return write_as<U256, u256_text>(type);
      case TypeKind::kF32: {
        float x = 0;
        if (!in_.read(&x, type)) return false;
        append_json_f32(x, out_);
        return true;
      }
      case TypeKind::kF64: {
        double x = 0;
        if (!in_.read(&x, type)) return false;
        append_json_f64(x, out_);
        return true;
      }
      default:
        return false;
    }
  }

  BsatnCursor in_;
  bool typed_;
  std::string* out_;
};

void append_elements_json(std::span<const TypeElement> elements, std::string* out) {
  out->push_back('[');
  for (const TypeElement& e : elements) {
    if (&e != elements.data()) out->push_back(',');
    out->append("{\"name\":");
    if (e.name) {
      out->append("{\"some\":");
      append_json_string(*e.name, out);
      out->push_back('}');
    } else {
      out->append("{\"none\":[]}");
    }
    out->append(",\"algebraic_type\":");
    append_type_json(e.type, out);
    out->push_back('}');
  }
  out->push_back(']');
}

}  // namespace

Result<size_t> bsatn_to_json(const AlgebraicType& type, std::string_view bytes, JsonShape shape,
                             std::string* out, const Typespace* space) {
  JsonWriter writer(bytes, shape, out, space);
  if (!writer.write(type, 1)) return writer.cursor().error();
  return writer.cursor().consumed();
}

Result<std::string> value_to_json(const AlgebraicType& type, const AlgebraicValue& value,
                                  JsonShape shape, const Typespace* space) {
  ByteWriter bytes;
  ORRERY_TRY(bsatn_encode(type, value, &bytes, space));
  std::string out;
  ORRERY_TRY(bsatn_to_json(type, bytes.buffer(), shape, &out, space));
  return out;
}

void append_type_json(const AlgebraicType& type, std::string* out) {
  out->append("{\"").append(type_kind_name(type.kind())).append("\":");
  switch (type.kind()) {
    case TypeKind::kRef:
      out->append(std::to_string(type.ref_index()));
      break;
    case TypeKind::kArray:
      append_type_json(type.array_element(), out);
      break;
    case TypeKind::kSum:
      out->append("{\"variants\":");
      append_elements_json(type.elements(), out);
      out->push_back('}');
      break;
    case TypeKind::kProduct:
      out->append("{\"elements\":");
      append_elements_json(type.elements(), out);
      out->push_back('}');
      break;
    default:
      out->append("[]");
      break;
  }
  out->push_back('}');
}

void append_typespace_json(const Typespace& space, std::string* out) {
  out->append("{\"types\":[");
  for (const AlgebraicType& type : space.types()) {
    if (&type != space.types().data()) out->push_back(',');
    append_type_json(type, out);
  }
  out->append("]}");
}

}  // namespace orrery::types
