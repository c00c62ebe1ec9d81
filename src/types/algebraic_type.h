// AlgebraicType: the type of every column and value of Orrery (SATS: sums, products, arrays,
// primitives).
//
// A type is an immutable tree; an AlgebraicType is a counted reference to its root, so copying is
// cheap and never fails. Facts that hot code asks for (form, SQL type, width) are computed once
// when the node is built. The SQL types are named forms: INTEGER = I64, FLOAT = F64, TEXT = String,
// BOOLEAN = Bool, BLOB = Array(U8), and products of one field whose name marks them (TIMESTAMP,
// JSON, VECTOR(n), UUID); a nullable column is Option(form).
//
// The factories never fail and trust their caller; bytes and JSON from outside come through
// decode_type() and type_from_json(), which bound depth (kTypeDepthMax) and size (kTypeNodesMax).
// Thread-safety: as a value; nodes are never written after construction and may be shared between
// threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "types/type_id.h"

namespace orrery::types {

/// The numbers are the BSATN tags of a type's own encoding.
enum class TypeKind : uint8_t {
  kRef = 0,
  kSum = 1,
  kProduct = 2,
  kArray = 3,
  kString = 4,
  kBool = 5,
  kI8 = 6,
  kU8 = 7,
  kI16 = 8,
  kU16 = 9,
  kI32 = 10,
  kU32 = 11,
  kI64 = 12,
  kU64 = 13,
  kI128 = 14,
  kU128 = 15,
  kI256 = 16,
  kU256 = 17,
  kF32 = 18,
  kF64 = 19,
};
inline constexpr uint8_t kTypeKindCount = 20;

/// "U32", "Product", ...
std::string_view type_kind_name(TypeKind kind);

/// A shape with a meaning of its own. Recognised by structure and names; Refs are not followed.
enum class TypeForm : uint8_t {
  kPlain,
  kUnit,             ///< product without fields
  kBytes,            ///< Array(U8); SQL's BLOB
  kOption,           ///< sum some(T) | none(unit)
  kResult,           ///< sum ok(T) | err(E)
  kScheduleAt,       ///< sum Interval(TimeDuration) | Time(Timestamp)
  kIdentity,         ///< { __identity__: U256 }
  kConnectionId,     ///< { __connection_id__: U128 }
  kTimestampMicros,  ///< { __timestamp_micros_since_unix_epoch__: I64 }, a module's Timestamp
  kTimeDuration,     ///< { __time_duration_micros__: I64 }
  kUuid,             ///< { __uuid__: U128 }; SQL's UUID
  kQuery,            ///< { __query__: T }, the return type of a view that returns a query
  kTimestampNanos,   ///< { __timestamp_nanos_since_unix_epoch__: I64 }; SQL's TIMESTAMP
  kJson,             ///< { __json__: String }; SQL's JSON
  kVector,  ///< { __vector_N__: Array(F32) }, N left out where the dimension is free; SQL's
            ///< VECTOR(N)
};

inline constexpr uint32_t kTypeDepthMax =
    96;  ///< bounds recursion over types (wasm stacks are small)
inline constexpr uint32_t kTypeNodesMax =
    100000;  ///< bounds the tree a hostile typespace can unfold to
inline constexpr uint32_t kSumVariantsMax = 256;  ///< a sum's tag is one byte

struct TypeElement;

class AlgebraicType {
 public:
  /// The unit type.
  AlgebraicType();

  TypeKind kind() const;
  TypeForm form() const;
  bool is(TypeKind k) const { return kind() == k; }
  bool is(TypeForm f) const { return form() == f; }

  /// Fields of a product, variants of a sum; empty for other kinds. Valid as long as a copy of this
  /// type lives.
  std::span<const TypeElement> elements() const;
  /// Element type of an array. Asserts the kind.
  const AlgebraicType& array_element() const;
  /// Index of a Ref into its typespace. Asserts the kind.
  uint32_t ref_index() const;
  /// Position of the field or variant of that name.
  std::optional<uint32_t> find_element(std::string_view name) const;
  /// See sql_type_of().
  TypeId sql_type() const;
  /// N of VECTOR(N), 0 where free or where the type is no vector.
  uint32_t vector_dimension() const;

  /// Bytes of every BSATN encoding of this type where they are all equally long.
  std::optional<uint32_t> fixed_bytes() const;
  /// No BSATN encoding is shorter. Refs count 0.
  uint32_t min_bytes() const;
  /// True where the type has a fixed width and every run of so many bytes is a value: integers,
  /// floats, products of such.
  bool is_plain_bits() const;
  /// True where values are equal exactly if their encodings are: no floats (-0.0, NaNs) and no Refs
  /// inside.
  bool is_bytewise() const;
  bool has_refs() const;
  /// Nodes on the longest way down; 1 for a primitive.
  uint32_t depth() const;
  /// Nodes of the unfolded tree.
  uint32_t node_count() const;

  /// Structural, names included.
  friend bool operator==(const AlgebraicType& a, const AlgebraicType& b);
  uint64_t hash() const;
  /// "I64", "Option<String>", "(x: I32, y: I32)", "(A: U8 | B)", "Identity", "VECTOR(3)".
  std::string to_string() const;
  /// True for the same node: implies ==, costs nothing.
  bool same_node(const AlgebraicType& other) const { return node_ == other.node_; }

  // Structural factories.
  static AlgebraicType primitive(TypeKind kind);  ///< String, Bool, integers, floats
  static AlgebraicType ref(uint32_t index);
  static AlgebraicType array(AlgebraicType element);
  static AlgebraicType product(std::vector<TypeElement> fields);
  static AlgebraicType sum(std::vector<TypeElement> variants);
  /// A sum whose variants carry nothing.
  static AlgebraicType plain_enum(std::span<const std::string_view> names);
  static AlgebraicType i8() { return primitive(TypeKind::kI8); }
  static AlgebraicType u8() { return primitive(TypeKind::kU8); }
  static AlgebraicType i16() { return primitive(TypeKind::kI16); }
  static AlgebraicType u16() { return primitive(TypeKind::kU16); }
  static AlgebraicType i32() { return primitive(TypeKind::kI32); }
  static AlgebraicType u32() { return primitive(TypeKind::kU32); }
  static AlgebraicType i64() { return primitive(TypeKind::kI64); }
  static AlgebraicType u64() { return primitive(TypeKind::kU64); }
  static AlgebraicType i128() { return primitive(TypeKind::kI128); }
  static AlgebraicType u128() { return primitive(TypeKind::kU128); }
  static AlgebraicType i256() { return primitive(TypeKind::kI256); }
  static AlgebraicType u256() { return primitive(TypeKind::kU256); }
  static AlgebraicType f32() { return primitive(TypeKind::kF32); }
  static AlgebraicType f64() { return primitive(TypeKind::kF64); }
  static AlgebraicType string() { return primitive(TypeKind::kString); }
  static AlgebraicType boolean() { return primitive(TypeKind::kBool); }

  // Forms with a meaning.
  static AlgebraicType unit() { return AlgebraicType(); }
  static AlgebraicType bytes();
  static AlgebraicType option(AlgebraicType some);
  static AlgebraicType result(AlgebraicType ok, AlgebraicType err);
  static AlgebraicType identity();
  static AlgebraicType connection_id();
  static AlgebraicType timestamp_micros();
  static AlgebraicType time_duration();
  static AlgebraicType schedule_at();

  // SQL's names.
  static AlgebraicType integer() { return i64(); }
  static AlgebraicType floating() { return f64(); }
  static AlgebraicType text() { return string(); }
  static AlgebraicType timestamp();  ///< nanoseconds
  static AlgebraicType json();
  static AlgebraicType vector(uint32_t dimension);  ///< 0 = any
  static AlgebraicType blob() { return bytes(); }
  static AlgebraicType uuid();

 private:
  struct Node;
  explicit AlgebraicType(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  static std::shared_ptr<const Node> make_node(TypeKind kind, uint32_t ref,
                                               std::vector<TypeElement> elements);
  static void derive_from_children(Node* node);
  static void derive_product(Node* node);
  static void derive_sum(Node* node);
  static void derive_facts(Node* node);
  bool print_form(std::string* out) const;
  void print(std::string* out) const;

  // Shared because one type hangs in many schemas, plans and caches with unrelated lifetimes.
  // Primitive nodes are static and have no counter.
  std::shared_ptr<const Node> node_;
};

/// A field of a product or a variant of a sum.
struct TypeElement {
  std::optional<std::string> name;
  AlgebraicType type;

  TypeElement() = default;
  TypeElement(std::string_view field_name, AlgebraicType field_type)
      : name(field_name), type(std::move(field_type)) {}
  explicit TypeElement(AlgebraicType nameless) : type(std::move(nameless)) {}
  /// The name, or "" where there is none.
  std::string_view name_or_empty() const {
    return name ? std::string_view(*name) : std::string_view();
  }
  friend bool operator==(const TypeElement&, const TypeElement&) = default;
};

struct AlgebraicType::Node {
  TypeKind kind = TypeKind::kProduct;
  TypeForm form = TypeForm::kUnit;
  TypeId sql_type = TypeId::kAlgebraic;
  bool fixed = false;
  bool plain_bits = false;
  bool bytewise = true;
  bool refs = false;
  uint32_t width = 0;  ///< where fixed
  uint32_t min_bytes = 0;
  uint32_t ref = 0;
  uint32_t dimension = 0;
  uint32_t depth = 1;
  uint32_t node_count = 1;
  uint64_t hash = 0;
  std::vector<TypeElement> elements;  ///< of an array: one, nameless
};

/// What SQL calls the type: one Option is looked through; TypeId::kAlgebraic where SQL has no word.
/// A module's Timestamp (microseconds) reads as TIMESTAMP too; form() tells them apart.
inline TypeId sql_type_of(const AlgebraicType& type) {
  return type.sql_type();
}
/// True for Option(T).
inline bool is_nullable(const AlgebraicType& type) {
  return type.is(TypeForm::kOption);
}
/// T of Option(T), and any other type itself. The reference lives as long as `type`.
const AlgebraicType& without_option(const AlgebraicType& type);
/// True, and the bytes, for types whose BSATN encodings are all equally long.
bool fixed_width(const AlgebraicType& type, uint32_t* bytes);
/// The algebraic form of a SQL type; nothing for kNull, kAlgebraic and kAny. `dimension` matters to
/// VECTOR only.
std::optional<AlgebraicType> algebraic_form_of(TypeId type, uint32_t dimension = 0);

inline TypeKind AlgebraicType::kind() const {
  return node_->kind;
}
inline TypeForm AlgebraicType::form() const {
  return node_->form;
}
inline std::span<const TypeElement> AlgebraicType::elements() const {
  if (node_->kind == TypeKind::kArray) return {};
  return node_->elements;
}
inline TypeId AlgebraicType::sql_type() const {
  return node_->sql_type;
}
inline uint32_t AlgebraicType::vector_dimension() const {
  return node_->dimension;
}
inline std::optional<uint32_t> AlgebraicType::fixed_bytes() const {
  if (!node_->fixed) return std::nullopt;
  return node_->width;
}
inline uint32_t AlgebraicType::min_bytes() const {
  return node_->min_bytes;
}
inline bool AlgebraicType::is_plain_bits() const {
  return node_->plain_bits;
}
inline bool AlgebraicType::is_bytewise() const {
  return node_->bytewise;
}
inline bool AlgebraicType::has_refs() const {
  return node_->refs;
}
inline uint32_t AlgebraicType::depth() const {
  return node_->depth;
}
inline uint32_t AlgebraicType::node_count() const {
  return node_->node_count;
}
inline uint64_t AlgebraicType::hash() const {
  return node_->hash;
}

}  // namespace orrery::types
