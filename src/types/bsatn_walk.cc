// The BSATN functions that work on encodings in place: validate, skip, compare, hash.
#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "base/hash.h"
#include "base/utf8.h"
#include "types/bsatn.h"
#include "types/bsatn_cursor.h"

namespace orrery::types {
namespace {

enum class Checks : uint8_t { kAll, kBoundsOnly };

template <Checks kChecks>
class Walker {
 public:
  Walker(std::string_view bytes, const Typespace* space) : in_(bytes, space) {}

  Result<size_t> run(const AlgebraicType& type) {
    if (!walk(type, 1)) return in_.error();
    return in_.consumed();
  }

 private:
  bool walk(const AlgebraicType& type, uint32_t depth) {
    if (kChecks == Checks::kBoundsOnly || type.is_plain_bits()) {
      if (auto width = type.fixed_bytes()) return in_.skip(*width, type);
    }
    switch (type.kind()) {
      case TypeKind::kProduct:
        if (!in_.enter(type, depth)) return false;
        for (const TypeElement& e : type.elements()) {
          if (!walk(e.type, depth + 1)) return false;
        }
        return true;
      case TypeKind::kSum: {
        uint8_t tag = 0;
        const AlgebraicType* payload = nullptr;
        return in_.enter(type, depth) && in_.read_tag(type, &tag, &payload) &&
               walk(*payload, depth + 1);
      }
      case TypeKind::kArray:
        return in_.enter(type, depth) && walk_array(type, depth);
      case TypeKind::kString: {
        std::string_view text;
        if (!in_.read_prefixed(&text, type)) return false;
        if (kChecks == Checks::kAll && !utf8_valid(text)) {
          return in_.fail(BsatnProblem::kUtf8, type);
        }
        return true;
      }
      case TypeKind::kBool: {
        uint8_t b = 0;
        return in_.read_bool(&b, type);
      }
      case TypeKind::kRef: {
        if (!in_.enter(type, depth)) return false;
        const AlgebraicType* target = in_.follow(type);
        return target != nullptr && walk(*target, depth + 1);
      }
      default:
        return in_.skip(*type.fixed_bytes(), type);
    }
  }

  bool walk_array(const AlgebraicType& type, uint32_t depth) {
    const AlgebraicType& element = type.array_element();
    uint32_t count = 0;
    if (!in_.read_count(element, &count, type)) return false;
    if (kChecks == Checks::kBoundsOnly || element.is_plain_bits()) {
      if (auto width = element.fixed_bytes()) return in_.skip(uint64_t{*width} * count, type);
    }
    for (uint32_t i = 0; i < count; ++i) {
      size_t before = in_.consumed();
      if (!walk(element, depth + 1)) return false;
      // One element of no width means that none has any: a huge count ends here.
      if (in_.consumed() == before) return true;
    }
    return true;
  }

  BsatnCursor in_;
};

int sign(int c) {
  return c < 0 ? -1 : (c > 0 ? 1 : 0);
}
template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

/// Compares two encodings in step; after a difference the cursors stand anywhere.
class Comparer {
 public:
  Comparer(std::string_view a, std::string_view b, const Typespace* space)
      : a_(a, space), b_(b, space) {}

  bool ok() const { return a_.ok() && b_.ok(); }

  int compare(const AlgebraicType& type, uint32_t depth) {
    switch (type.kind()) {
      case TypeKind::kProduct:
        if (!a_.enter(type, depth)) return 0;
        for (const TypeElement& e : type.elements()) {
          if (int c = compare(e.type, depth + 1); c != 0 || !ok()) return c;
        }
        return 0;
      case TypeKind::kSum: {
        uint8_t ta = 0, tb = 0;
        const AlgebraicType* payload = nullptr;
        if (!a_.enter(type, depth) || !a_.read_tag(type, &ta, &payload)) return 0;
        if (!b_.read_tag(type, &tb, &payload)) return 0;
        return ta != tb ? three_way(ta, tb) : compare(*payload, depth + 1);
      }
      case TypeKind::kArray:
        return a_.enter(type, depth) ? compare_arrays(type, depth) : 0;
      case TypeKind::kString:
        return compare_prefixed(type);
      case TypeKind::kRef: {
        const AlgebraicType* target = a_.enter(type, depth) ? a_.follow(type) : nullptr;
        return target == nullptr ? 0 : compare(*target, depth + 1);
      }
      default:
        return compare_primitive(type);
    }
  }

 private:
  int compare_prefixed(const AlgebraicType& type) {
    std::string_view sa, sb;
    if (!a_.read_prefixed(&sa, type) || !b_.read_prefixed(&sb, type)) return 0;
    return sign(sa.compare(sb));
  }

  int compare_arrays(const AlgebraicType& type, uint32_t depth) {
    if (type.is(TypeForm::kBytes)) return compare_prefixed(type);
    const AlgebraicType& element = type.array_element();
    uint32_t na = 0, nb = 0;
    if (!a_.read_count(element, &na, type) || !b_.read_count(element, &nb, type)) return 0;
    for (uint32_t i = 0; i < std::min(na, nb); ++i) {
      size_t before = a_.consumed();
      if (int c = compare(element, depth + 1); c != 0 || !ok()) return c;
      if (a_.consumed() == before) break;  // no element has any width
    }
    return three_way(na, nb);
  }

  template <class T>
  int compare_as(const AlgebraicType& type) {
    T x, y;
    if (!a_.read(&x, type) || !b_.read(&y, type)) return 0;
    return three_way(x, y);
  }
  template <class T>
  int compare_floats_as(const AlgebraicType& type) {
    T x, y;
    if (!a_.read(&x, type) || !b_.read(&y, type)) return 0;
    return compare_floats(x, y);
  }

  int compare_primitive(const AlgebraicType& type) {
    switch (type.kind()) {
      case TypeKind::kBool:
      case TypeKind::kU8:
        return compare_as<uint8_t>(type);
      case TypeKind::kI8:
        return compare_as<int8_t>(type);
      case TypeKind::kI16:
        return compare_as<int16_t>(type);
      case TypeKind::kU16:
        return compare_as<uint16_t>(type);
      case TypeKind::kI32:
        return compare_as<int32_t>(type);
      case TypeKind::kU32:
        return compare_as<uint32_t>(type);
      case TypeKind::kI64:
        return compare_as<int64_t>(type);
      case TypeKind::kU64:
        return compare_as<uint64_t>(type);
      case TypeKind::kI128:
        return compare_as<I128>(type);
      case TypeKind::kU128:
        return compare_as<U128>(type);
      case TypeKind::kI256:
        return compare_as<I256>(type);
      case TypeKind::kU256:
        return compare_as<U256>(type);
      case TypeKind::kF32:
        return compare_floats_as<float>(type);
      case TypeKind::kF64:
        return compare_floats_as<double>(type);
      default:
        return 0;
    }
  }

  BsatnCursor a_;
  BsatnCursor b_;
};

/// Hashes an encoding with floats made canonical. Runs of bytewise types are hashed as they lie.
class Hasher {
 public:
  Hasher(std::string_view bytes, const Typespace* space) : in_(bytes, space), space_(space) {}

  uint64_t run(const AlgebraicType& type) {
    hash(type, 1);
    add(in_.rest());  // empty unless the bytes are malformed
    return h_;
  }

 private:
  void add(std::string_view bytes) { h_ = hash_combine(h_, hash_bytes(bytes)); }

  bool hash(const AlgebraicType& type, uint32_t depth) {
    if (type.is_bytewise()) return hash_as_it_lies(type);
    switch (type.kind()) {
      case TypeKind::kProduct:
        if (!in_.enter(type, depth)) return false;
        for (const TypeElement& e : type.elements()) {
          if (!hash(e.type, depth + 1)) return false;
        }
        return true;
      case TypeKind::kSum: {
        uint8_t tag = 0;
        const AlgebraicType* payload = nullptr;
        if (!in_.enter(type, depth) || !in_.read_tag(type, &tag, &payload)) return false;
        h_ = hash_combine(h_, tag);
        return hash(*payload, depth + 1);
      }
      case TypeKind::kArray:
        return in_.enter(type, depth) && hash_array(type, depth);
      case TypeKind::kRef: {
        const AlgebraicType* target = in_.enter(type, depth) ? in_.follow(type) : nullptr;
        return target != nullptr && hash(*target, depth + 1);
      }
      case TypeKind::kF32: {
        uint32_t bits = 0;
        if (!in_.read(&bits, type)) return false;
        h_ = hash_combine(h_, canonical_f32_bits(bits));
        return true;
      }
      case TypeKind::kF64: {
        uint64_t bits = 0;
        if (!in_.read(&bits, type)) return false;
        h_ = hash_combine(h_, canonical_f64_bits(bits));
        return true;
      }
      default:
        return hash_as_it_lies(type);
    }
  }

  bool hash_array(const AlgebraicType& type, uint32_t depth) {
    const AlgebraicType& element = type.array_element();
    uint32_t count = 0;
    if (!in_.read_count(element, &count, type)) return false;
    h_ = hash_combine(h_, count);
    for (uint32_t i = 0; i < count; ++i) {
      size_t before = in_.consumed();
      if (!hash(element, depth + 1)) return false;
      if (in_.consumed() == before) break;
    }
    return true;
  }

  bool hash_as_it_lies(const AlgebraicType& type) {
    Result<size_t> length = bsatn_skip(type, in_.rest(), space_);
    if (!length) return false;
    add(in_.rest().substr(0, *length));
    return in_.skip(*length, type);
  }

  BsatnCursor in_;
  const Typespace* space_;
  uint64_t h_ = 0x5d1f0a7c3b29e845ULL;
};

}  // namespace

Error BsatnCursor::error() const {
  ORRERY_ASSERT(!ok());
  std::string type = problem_type_.node_count() > 64 ? "large type" : problem_type_.to_string();
  ErrorCode code = ErrorCode::kDecode;
  std::string what;
  switch (problem_) {
    case BsatnProblem::kNone:
      break;
    case BsatnProblem::kShort:
      what = "buffer too short for " + type;
      break;
    case BsatnProblem::kTag:
      what = "invalid sum tag " + std::to_string(static_cast<uint8_t>(begin_[problem_at_])) +
             " of " + type;
      break;
    case BsatnProblem::kBool:
      what = "invalid bool " + std::to_string(static_cast<uint8_t>(begin_[problem_at_]));
      break;
    case BsatnProblem::kUtf8:
      what = "invalid UTF-8 in the string that ends here";
      break;
    case BsatnProblem::kDepth:
      code = ErrorCode::kLimit;
      what = "value is nested deeper than " + std::to_string(kValueDepthMax);
      break;
    case BsatnProblem::kRef:
      what = "type reference " + type + " has no entry in the typespace";
      break;
    case BsatnProblem::kNodes:
      code = ErrorCode::kLimit;
      what = "value has far more parts than bytes";
      break;
  }
  return Error(code, "BSATN byte " + std::to_string(problem_at_) + ": " + what);
}

Result<size_t> bsatn_validate(const AlgebraicType& type, std::string_view bytes,
                              const Typespace* space) {
  return Walker<Checks::kAll>(bytes, space).run(type);
}

Result<size_t> bsatn_skip(const AlgebraicType& type, std::string_view bytes,
                          const Typespace* space) {
  return Walker<Checks::kBoundsOnly>(bytes, space).run(type);
}

int bsatn_compare(const AlgebraicType& type, std::string_view a, std::string_view b,
                  const Typespace* space) {
  Comparer comparer(a, b, space);
  int c = comparer.compare(type, 1);
  return comparer.ok() ? c : sign(a.compare(b));
}

uint64_t bsatn_hash(const AlgebraicType& type, std::string_view bytes, const Typespace* space) {
  if (type.is_bytewise()) return hash_bytes(bytes);
  return Hasher(bytes, space).run(type);
}

}  // namespace orrery::types
