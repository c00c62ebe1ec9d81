#include "types/algebraic_type.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/assert.h"
#include "base/hash.h"

namespace orrery::types {
namespace {

constexpr std::string_view kKindNames[kTypeKindCount] = {
    "Ref", "Sum", "Product", "Array", "String", "Bool", "I8",   "U8",   "I16", "U16",
    "I32", "U32", "I64",     "U64",   "I128",   "U128", "I256", "U256", "F32", "F64"};

constexpr std::string_view kVectorPrefix = "__vector_";

uint32_t primitive_width(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
    case TypeKind::kI8:
    case TypeKind::kU8:
      return 1;
    case TypeKind::kI16:
    case TypeKind::kU16:
      return 2;
    case TypeKind::kI32:
    case TypeKind::kU32:
    case TypeKind::kF32:
      return 4;
    case TypeKind::kI64:
    case TypeKind::kU64:
    case TypeKind::kF64:
      return 8;
    case TypeKind::kI128:
    case TypeKind::kU128:
      return 16;
    case TypeKind::kI256:
    case TypeKind::kU256:
      return 32;
    case TypeKind::kRef:
    case TypeKind::kSum:
    case TypeKind::kProduct:
    case TypeKind::kArray:
    case TypeKind::kString:
      return 0;
  }
  return 0;
}

struct OneFieldForm {
  std::string_view name;
  TypeKind kind;
  TypeForm form;
};
constexpr OneFieldForm kOneFieldForms[] = {
    {"__identity__", TypeKind::kU256, TypeForm::kIdentity},
    {"__connection_id__", TypeKind::kU128, TypeForm::kConnectionId},
    {"__timestamp_micros_since_unix_epoch__", TypeKind::kI64, TypeForm::kTimestampMicros},
    {"__timestamp_nanos_since_unix_epoch__", TypeKind::kI64, TypeForm::kTimestampNanos},
    {"__time_duration_micros__", TypeKind::kI64, TypeForm::kTimeDuration},
    {"__uuid__", TypeKind::kU128, TypeForm::kUuid},
    {"__json__", TypeKind::kString, TypeForm::kJson},
};

/// Reads N of "__vector_N__" (no leading zeros) or 0 of "__vector__".
bool vector_field_dimension(std::string_view name, uint32_t* dimension) {
  if (!name.starts_with(kVectorPrefix)) return false;
  name.remove_prefix(kVectorPrefix.size());
  *dimension = 0;
  if (name == "_") return true;
  if (!name.ends_with("__")) return false;
  name.remove_suffix(2);
  if (name.empty() || name.size() > 9 || name[0] == '0') return false;
  for (char c : name) {
    if (c < '0' || c > '9') return false;
    *dimension = *dimension * 10 + static_cast<uint32_t>(c - '0');
  }
  return true;
}

TypeForm product_form(std::span<const TypeElement> fields, uint32_t* dimension) {
  if (fields.empty()) return TypeForm::kUnit;
  if (fields.size() != 1 || !fields[0].name) return TypeForm::kPlain;
  std::string_view name = *fields[0].name;
  const AlgebraicType& type = fields[0].type;
  if (!name.starts_with("__")) return TypeForm::kPlain;
  for (const OneFieldForm& f : kOneFieldForms) {
    if (f.name == name) return type.kind() == f.kind ? f.form : TypeForm::kPlain;
  }
  if (name == "__query__") return TypeForm::kQuery;
  if (type.is(TypeKind::kArray) && type.array_element().is(TypeKind::kF32) &&
      vector_field_dimension(name, dimension)) {
    return TypeForm::kVector;
  }
  *dimension = 0;
  return TypeForm::kPlain;
}

TypeForm sum_form(std::span<const TypeElement> variants) {
  if (variants.size() != 2) return TypeForm::kPlain;
  std::string_view first = variants[0].name_or_empty();
  std::string_view second = variants[1].name_or_empty();
  if (first == "some" && second == "none" && variants[1].type.is(TypeForm::kUnit)) {
    return TypeForm::kOption;
  }
  if (first == "ok" && second == "err") return TypeForm::kResult;
  if (first == "Interval" && second == "Time" && variants[0].type.is(TypeForm::kTimeDuration) &&
      variants[1].type.is(TypeForm::kTimestampMicros)) {
    return TypeForm::kScheduleAt;
  }
  return TypeForm::kPlain;
}

std::optional<TypeId> wide_type_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::kU64:
      return TypeId::kU64;
    case TypeKind::kU128:
      return TypeId::kU128;
    case TypeKind::kI128:
      return TypeId::kI128;
    case TypeKind::kU256:
      return TypeId::kU256;
    case TypeKind::kI256:
      return TypeId::kI256;
    default:
      return std::nullopt;
  }
}

TypeId sql_type_of_node(TypeKind kind, TypeForm form, std::span<const TypeElement> elements) {
  switch (form) {
    case TypeForm::kBytes:
      return TypeId::kBlob;
    case TypeForm::kTimestampMicros:
    case TypeForm::kTimestampNanos:
      return TypeId::kTimestamp;
    case TypeForm::kUuid:
      return TypeId::kUuid;
    case TypeForm::kJson:
      return TypeId::kJson;
    case TypeForm::kVector:
      return TypeId::kVector;
    case TypeForm::kOption: {
      const AlgebraicType& some = elements[0].type;
      return some.is(TypeForm::kOption) ? TypeId::kAlgebraic : sql_type_of(some);
    }
    case TypeForm::kPlain:
    case TypeForm::kUnit:
    case TypeForm::kResult:
    case TypeForm::kScheduleAt:
    case TypeForm::kIdentity:
    case TypeForm::kConnectionId:
    case TypeForm::kTimeDuration:
    case TypeForm::kQuery:
      break;
  }
  if (kind == TypeKind::kString) return TypeId::kText;
  if (kind == TypeKind::kBool) return TypeId::kBoolean;
  if (kind == TypeKind::kF32 || kind == TypeKind::kF64) return TypeId::kFloat;
  if (kind >= TypeKind::kI8 && kind <= TypeKind::kI64) return TypeId::kInteger;
  return wide_type_of(kind).value_or(TypeId::kAlgebraic);
}

uint32_t saturate(uint64_t n) {
  return static_cast<uint32_t>(std::min<uint64_t>(n, UINT32_MAX));
}

}  // namespace

std::string_view type_kind_name(TypeKind kind) {
  return kKindNames[static_cast<uint8_t>(kind)];
}

void AlgebraicType::derive_from_children(Node* node) {
  uint64_t count = 1;
  uint32_t depth = 0;
  uint64_t hash = hash_combine(hash_u64(static_cast<uint64_t>(node->kind) + 1), node->ref);
  for (const TypeElement& e : node->elements) {
    const Node& child = *e.type.node_;
    count += child.node_count;
    depth = std::max(depth, child.depth);
    node->refs = node->refs || child.refs;
    node->bytewise = node->bytewise && child.bytewise;
    hash = hash_combine(hash, e.name ? hash_bytes(*e.name) : 0);
    hash = hash_combine(hash, child.hash);
  }
  node->depth = depth + 1;
  node->node_count = saturate(count);
  node->hash = hash;
}

void AlgebraicType::derive_product(Node* node) {
  uint64_t least = 0, width = 0;
  bool fixed = true, bits = true;
  for (const TypeElement& e : node->elements) {
    const Node& child = *e.type.node_;
    least += child.min_bytes;
    width += child.width;
    fixed = fixed && child.fixed;
    bits = bits && child.plain_bits;
  }
  node->form = product_form(node->elements, &node->dimension);
  node->fixed = fixed && width <= INT32_MAX;
  node->width = node->fixed ? static_cast<uint32_t>(width) : 0;
  node->plain_bits = node->fixed && bits;
  node->min_bytes = saturate(least);
}

void AlgebraicType::derive_sum(Node* node) {
  uint64_t least = node->elements.empty() ? 0 : UINT32_MAX;
  bool fixed = !node->elements.empty();
  for (const TypeElement& e : node->elements) {
    const Node& child = *e.type.node_;
    least = std::min<uint64_t>(least, child.min_bytes);
    fixed = fixed && child.fixed && child.width == node->elements[0].type.node_->width;
  }
  node->form = sum_form(node->elements);
  node->fixed = fixed;
  node->width = fixed ? 1 + node->elements[0].type.node_->width : 0;
  node->min_bytes = saturate(1 + least);
}

void AlgebraicType::derive_facts(Node* node) {
  derive_from_children(node);
  node->form = TypeForm::kPlain;
  switch (node->kind) {
    case TypeKind::kProduct:
      derive_product(node);
      break;
    case TypeKind::kSum:
      derive_sum(node);
      break;
    case TypeKind::kArray:
      if (node->elements[0].type.is(TypeKind::kU8)) node->form = TypeForm::kBytes;
      node->min_bytes = 4;
      break;
    case TypeKind::kString:
      node->min_bytes = 4;
      break;
    case TypeKind::kRef:
      node->refs = true;
      node->bytewise = false;
      break;
    default:
      node->fixed = true;
      node->width = primitive_width(node->kind);
      node->min_bytes = node->width;
      node->plain_bits = node->kind != TypeKind::kBool;
      node->bytewise = node->kind != TypeKind::kF32 && node->kind != TypeKind::kF64;
      break;
  }
  node->sql_type = sql_type_of_node(node->kind, node->form, node->elements);
}

std::shared_ptr<const AlgebraicType::Node> AlgebraicType::make_node(
    TypeKind kind, uint32_t ref, std::vector<TypeElement> elements) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->ref = ref;
  node->elements = std::move(elements);
  derive_facts(node.get());
  return node;
}

AlgebraicType AlgebraicType::primitive(TypeKind kind) {
  ORRERY_ASSERT(kind >= TypeKind::kString);
  // Never destroyed: types may outlive static destructors.
  static const auto* nodes = [] {
    auto* all = new std::array<Node, kTypeKindCount>();
    for (uint8_t k = static_cast<uint8_t>(TypeKind::kString); k < kTypeKindCount; ++k) {
      (*all)[k].kind = static_cast<TypeKind>(k);
      derive_facts(&(*all)[k]);
    }
    return all;
  }();
  const Node* node = &(*nodes)[static_cast<uint8_t>(kind)];
  return AlgebraicType(std::shared_ptr<const Node>(std::shared_ptr<const Node>(), node));
}

AlgebraicType::AlgebraicType() {
  static const Node* unit = [] {
    auto* node = new Node();
    derive_facts(node);
    return node;
  }();
  node_ = std::shared_ptr<const Node>(std::shared_ptr<const Node>(), unit);
}

AlgebraicType AlgebraicType::ref(uint32_t index) {
  return AlgebraicType(make_node(TypeKind::kRef, index, {}));
}

AlgebraicType AlgebraicType::array(AlgebraicType element) {
  std::vector<TypeElement> elements;
  elements.push_back(TypeElement(std::move(element)));
  return AlgebraicType(make_node(TypeKind::kArray, 0, std::move(elements)));
}

AlgebraicType AlgebraicType::product(std::vector<TypeElement> fields) {
  if (fields.empty()) return AlgebraicType();
  return AlgebraicType(make_node(TypeKind::kProduct, 0, std::move(fields)));
}

AlgebraicType AlgebraicType::sum(std::vector<TypeElement> variants) {
  ORRERY_ASSERT(variants.size() <= kSumVariantsMax);
  return AlgebraicType(make_node(TypeKind::kSum, 0, std::move(variants)));
}

AlgebraicType AlgebraicType::plain_enum(std::span<const std::string_view> names) {
  std::vector<TypeElement> variants;
  for (std::string_view name : names) variants.emplace_back(name, AlgebraicType());
  return sum(std::move(variants));
}

AlgebraicType AlgebraicType::bytes() {
  static const auto* type = new AlgebraicType(array(u8()));
  return *type;
}
AlgebraicType AlgebraicType::option(AlgebraicType some) {
  return sum({{"some", std::move(some)}, {"none", unit()}});
}
AlgebraicType AlgebraicType::result(AlgebraicType ok, AlgebraicType err) {
  return sum({{"ok", std::move(ok)}, {"err", std::move(err)}});
}
AlgebraicType AlgebraicType::identity() {
  static const auto* type = new AlgebraicType(product({{"__identity__", u256()}}));
  return *type;
}
AlgebraicType AlgebraicType::connection_id() {
  static const auto* type = new AlgebraicType(product({{"__connection_id__", u128()}}));
  return *type;
}
AlgebraicType AlgebraicType::timestamp_micros() {
  static const auto* type =
      new AlgebraicType(product({{"__timestamp_micros_since_unix_epoch__", i64()}}));
  return *type;
}
AlgebraicType AlgebraicType::time_duration() {
  static const auto* type = new AlgebraicType(product({{"__time_duration_micros__", i64()}}));
  return *type;
}
AlgebraicType AlgebraicType::schedule_at() {
  static const auto* type =
      new AlgebraicType(sum({{"Interval", time_duration()}, {"Time", timestamp_micros()}}));
  return *type;
}
AlgebraicType AlgebraicType::timestamp() {
  static const auto* type =
      new AlgebraicType(product({{"__timestamp_nanos_since_unix_epoch__", i64()}}));
  return *type;
}
AlgebraicType AlgebraicType::json() {
  static const auto* type = new AlgebraicType(product({{"__json__", string()}}));
  return *type;
}
AlgebraicType AlgebraicType::uuid() {
  static const auto* type = new AlgebraicType(product({{"__uuid__", u128()}}));
  return *type;
}
AlgebraicType AlgebraicType::vector(uint32_t dimension) {
  std::string name =
      dimension == 0 ? "__vector__" : std::string(kVectorPrefix) + std::to_string(dimension) + "__";
  return product({{name, array(f32())}});
}

const AlgebraicType& AlgebraicType::array_element() const {
  ORRERY_ASSERT(kind() == TypeKind::kArray);
  return node_->elements[0].type;
}

uint32_t AlgebraicType::ref_index() const {
  ORRERY_ASSERT(kind() == TypeKind::kRef);
  return node_->ref;
}

std::optional<uint32_t> AlgebraicType::find_element(std::string_view name) const {
  std::span<const TypeElement> all = elements();
  for (uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].name && *all[i].name == name) return i;
  }
  return std::nullopt;
}

bool operator==(const AlgebraicType& a, const AlgebraicType& b) {
  if (a.node_ == b.node_) return true;
  const AlgebraicType::Node& x = *a.node_;
  const AlgebraicType::Node& y = *b.node_;
  return x.hash == y.hash && x.kind == y.kind && x.ref == y.ref && x.elements == y.elements;
}

/// True where the form has a word of its own.
bool AlgebraicType::print_form(std::string* out) const {
  constexpr std::string_view kWords[] = {"",          "()",           "Bytes",    "Option",
                                         "Result",    "ScheduleAt",   "Identity", "ConnectionId",
                                         "Timestamp", "TimeDuration", "UUID",     "",
                                         "TIMESTAMP", "JSON",         "VECTOR"};
  static_assert(std::size(kWords) == static_cast<size_t>(TypeForm::kVector) + 1);
  std::string_view word = kWords[static_cast<size_t>(form())];
  if (word.empty()) return false;
  *out += word;
  if (vector_dimension() > 0) *out += "(" + std::to_string(vector_dimension()) + ")";
  if (form() == TypeForm::kOption || form() == TypeForm::kResult) {
    *out += "<";
    node_->elements[0].type.print(out);
    if (form() == TypeForm::kResult) {
      *out += ", ";
      node_->elements[1].type.print(out);
    }
    *out += ">";
  }
  return true;
}

void AlgebraicType::print(std::string* out) const {
  if (print_form(out)) return;
  const bool is_sum = kind() == TypeKind::kSum;
  if (kind() == TypeKind::kRef) {
    *out += "&" + std::to_string(node_->ref);
  } else if (kind() == TypeKind::kArray) {
    *out += "Array<";
    array_element().print(out);
    *out += ">";
  } else if (kind() == TypeKind::kProduct || is_sum) {
    *out += "(";
    for (size_t i = 0; i < node_->elements.size(); ++i) {
      const TypeElement& e = node_->elements[i];
      if (i > 0) *out += is_sum ? " | " : ", ";
      *out += e.name_or_empty();
      if (is_sum && e.name && e.type.is(TypeForm::kUnit)) continue;
      if (e.name) *out += ": ";
      e.type.print(out);
    }
    *out += is_sum && node_->elements.size() < 2 ? " |)" : ")";
  } else {
    *out += type_kind_name(kind());
  }
}

std::string AlgebraicType::to_string() const {
  std::string out;
  print(&out);
  return out;
}

const AlgebraicType& without_option(const AlgebraicType& type) {
  return type.is(TypeForm::kOption) ? type.elements()[0].type : type;
}

bool fixed_width(const AlgebraicType& type, uint32_t* bytes) {
  std::optional<uint32_t> width = type.fixed_bytes();
  if (width) *bytes = *width;
  return width.has_value();
}

std::optional<AlgebraicType> algebraic_form_of(TypeId type, uint32_t dimension) {
  switch (type) {
    case TypeId::kInteger:
      return AlgebraicType::integer();
    case TypeId::kFloat:
      return AlgebraicType::floating();
    case TypeId::kText:
      return AlgebraicType::text();
    case TypeId::kBoolean:
      return AlgebraicType::boolean();
    case TypeId::kTimestamp:
      return AlgebraicType::timestamp();
    case TypeId::kJson:
      return AlgebraicType::json();
    case TypeId::kVector:
      return AlgebraicType::vector(dimension);
    case TypeId::kBlob:
      return AlgebraicType::blob();
    case TypeId::kUuid:
      return AlgebraicType::uuid();
    case TypeId::kU64:
      return AlgebraicType::u64();
    case TypeId::kU128:
      return AlgebraicType::u128();
    case TypeId::kI128:
      return AlgebraicType::i128();
    case TypeId::kU256:
      return AlgebraicType::u256();
    case TypeId::kI256:
      return AlgebraicType::i256();
    case TypeId::kNull:
    case TypeId::kAlgebraic:
    case TypeId::kAny:
      break;
  }
  return std::nullopt;
}

}  // namespace orrery::types
