#include "types/algebraic_value.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"

namespace orrery::types {
namespace {

template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}
bool is_signed_word(TypeKind kind) {
  return kind == TypeKind::kI8 || kind == TypeKind::kI16 || kind == TypeKind::kI32 ||
         kind == TypeKind::kI64;
}
bool is_unsigned_word(TypeKind kind) {
  return kind == TypeKind::kU8 || kind == TypeKind::kU16 || kind == TypeKind::kU32 ||
         kind == TypeKind::kU64;
}

}  // namespace

uint32_t canonical_f32_bits(uint32_t bits) {
  float x = std::bit_cast<float>(bits);
  if (x != x) return 0x7FC00000U;
  return x == 0 ? 0 : bits;
}
uint64_t canonical_f64_bits(uint64_t bits) {
  double x = std::bit_cast<double>(bits);
  if (x != x) return 0x7FF8000000000000ULL;
  return x == 0 ? 0 : bits;
}

AlgebraicValue AlgebraicValue::array(std::vector<AlgebraicValue> elements) {
  auto is_u8 = [](const AlgebraicValue& v) { return v.kind_ == TypeKind::kU8; };
  if (!elements.empty() && std::all_of(elements.begin(), elements.end(), is_u8)) {
    std::string packed;
    for (const AlgebraicValue& v : elements) packed.push_back(static_cast<char>(v.as_unsigned()));
    return bytes(std::move(packed));
  }
  return {TypeKind::kArray, std::move(elements)};
}

AlgebraicValue AlgebraicValue::sum(uint8_t tag, AlgebraicValue payload) {
  std::vector<AlgebraicValue> one;
  one.push_back(std::move(payload));
  AlgebraicValue out(TypeKind::kSum, std::move(one));
  out.tag_ = tag;
  return out;
}

int64_t AlgebraicValue::as_signed() const {
  ORRERY_ASSERT(is_signed_word(kind_));
  return static_cast<int64_t>(*std::get_if<uint64_t>(&rep_));
}
uint64_t AlgebraicValue::as_unsigned() const {
  ORRERY_ASSERT(is_unsigned_word(kind_));
  return *std::get_if<uint64_t>(&rep_);
}
const std::string& AlgebraicValue::as_string() const {
  ORRERY_ASSERT(kind_ == TypeKind::kString);
  return *std::get_if<std::string>(&rep_);
}
const std::string& AlgebraicValue::as_bytes() const {
  ORRERY_ASSERT(is_bytes());
  return *std::get_if<std::string>(&rep_);
}
std::span<const AlgebraicValue> AlgebraicValue::elements() const {
  ORRERY_ASSERT(kind_ == TypeKind::kProduct || (kind_ == TypeKind::kArray && !is_bytes()));
  return *std::get_if<std::vector<AlgebraicValue>>(&rep_);
}
uint8_t AlgebraicValue::tag() const {
  ORRERY_ASSERT(kind_ == TypeKind::kSum);
  return tag_;
}
const AlgebraicValue& AlgebraicValue::payload() const {
  ORRERY_ASSERT(kind_ == TypeKind::kSum);
  return (*std::get_if<std::vector<AlgebraicValue>>(&rep_))[0];
}

U256 AlgebraicValue::integer_bits() const {
  if (const auto* w = std::get_if<U256>(&rep_)) return *w;
  const auto* w = std::get_if<uint64_t>(&rep_);
  ORRERY_ASSERT(w != nullptr);
  if (is_signed_word(kind_)) return I256::from(static_cast<int64_t>(*w)).bits;
  return U256::from(*w);
}

size_t AlgebraicValue::element_count() const {
  if (const auto* s = std::get_if<std::string>(&rep_)) return s->size();
  return std::get_if<std::vector<AlgebraicValue>>(&rep_)->size();
}

int AlgebraicValue::compare_elements(const AlgebraicValue& a, const AlgebraicValue& b) {
  size_t na = a.element_count();
  size_t nb = b.element_count();
  // An empty array does not know whether its elements would have been bytes.
  if (na == 0 || nb == 0) return three_way(na, nb);
  if (a.rep_.index() != b.rep_.index()) return three_way(a.rep_.index(), b.rep_.index());
  if (a.is_bytes()) return three_way(a.as_bytes().compare(b.as_bytes()), 0);
  const auto& va = *std::get_if<std::vector<AlgebraicValue>>(&a.rep_);
  const auto& vb = *std::get_if<std::vector<AlgebraicValue>>(&b.rep_);
  for (size_t i = 0; i < na && i < nb; ++i) {
    if (int c = compare(va[i], vb[i]); c != 0) return c;
  }
  return three_way(na, nb);
}

int AlgebraicValue::compare(const AlgebraicValue& a, const AlgebraicValue& b) {
  if (a.kind_ != b.kind_) return three_way(a.kind_, b.kind_);
  switch (a.kind_) {
    case TypeKind::kSum:
      if (a.tag_ != b.tag_) return three_way(a.tag_, b.tag_);
      return compare(a.payload(), b.payload());
    case TypeKind::kProduct:
    case TypeKind::kArray:
      return compare_elements(a, b);
    case TypeKind::kString:
      return three_way(a.as_string().compare(b.as_string()), 0);
    case TypeKind::kI8:
    case TypeKind::kI16:
    case TypeKind::kI32:
    case TypeKind::kI64:
      return three_way(a.as_signed(), b.as_signed());
    case TypeKind::kBool:
    case TypeKind::kU8:
    case TypeKind::kU16:
    case TypeKind::kU32:
    case TypeKind::kU64:
      return three_way(*std::get_if<uint64_t>(&a.rep_), *std::get_if<uint64_t>(&b.rep_));
    case TypeKind::kI128:
    case TypeKind::kI256:
      return three_way(I256{a.integer_bits()}, I256{b.integer_bits()});
    case TypeKind::kU128:
    case TypeKind::kU256:
      return three_way(a.integer_bits(), b.integer_bits());
    case TypeKind::kF32:
      return compare_floats(a.as_f32(), b.as_f32());
    case TypeKind::kF64:
      return compare_floats(a.as_f64(), b.as_f64());
    case TypeKind::kRef:
      break;
  }
  return 0;
}

uint64_t AlgebraicValue::hash() const {
  uint64_t h = hash_u64(static_cast<uint64_t>(kind_) * 256 + tag_);
  if (kind_ == TypeKind::kF32) return hash_combine(h, canonical_f32_bits(as_f32_bits()));
  if (kind_ == TypeKind::kF64) return hash_combine(h, canonical_f64_bits(as_f64_bits()));
  if (const auto* w = std::get_if<uint64_t>(&rep_)) return hash_combine(h, *w);
  if (const auto* w = std::get_if<U256>(&rep_)) {
    for (uint64_t limb : w->limbs) h = hash_combine(h, limb);
    return h;
  }
  if (element_count() == 0) return h;
  if (const auto* s = std::get_if<std::string>(&rep_)) return hash_combine(h, hash_bytes(*s));
  for (const AlgebraicValue& v : *std::get_if<std::vector<AlgebraicValue>>(&rep_)) {
    h = hash_combine(h, v.hash());
  }
  return h;
}

}  // namespace orrery::types
