// BsatnCursor: what the BSATN readers share - a place in borrowed bytes, the typespace, and the
// first problem met. Private to the codec. Not thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "types/algebraic_type.h"
#include "types/algebraic_typespace.h"
#include "types/bsatn.h"

namespace orrery::types {

enum class BsatnProblem : uint8_t { kNone, kShort, kTag, kBool, kUtf8, kDepth, kRef, kNodes };

class BsatnCursor {
 public:
  BsatnCursor(std::string_view bytes, const Typespace* space)
      : begin_(bytes.data()), p_(bytes.data()), end_(p_ + bytes.size()), space_(space) {}

  const char* position() const { return p_; }
  size_t consumed() const { return static_cast<size_t>(p_ - begin_); }
  size_t remaining() const { return static_cast<size_t>(end_ - p_); }
  std::string_view rest() const { return {p_, remaining()}; }
  bool ok() const { return problem_ == BsatnProblem::kNone; }

  /// Records the first problem; always false.
  bool fail(BsatnProblem problem, const AlgebraicType& type) {
    if (ok()) {
      problem_ = problem;
      problem_at_ = consumed();
      problem_type_ = type;
    }
    return false;
  }
  bool skip(uint64_t bytes, const AlgebraicType& type) {
    if (remaining() < bytes) return fail(BsatnProblem::kShort, type);
    p_ += bytes;
    return true;
  }
  template <class T>
  bool read(T* out, const AlgebraicType& type) {
    if (remaining() < sizeof(T)) return fail(BsatnProblem::kShort, type);
    std::memcpy(out, p_, sizeof(T));
    p_ += sizeof(T);
    return true;
  }
  /// A u32 length and that many bytes.
  bool read_prefixed(std::string_view* out, const AlgebraicType& type) {
    uint32_t length = 0;
    if (!read(&length, type)) return false;
    if (remaining() < length) return fail(BsatnProblem::kShort, type);
    *out = {p_, length};
    p_ += length;
    return true;
  }
  /// The count of an array whose elements are of `element`, refused where they cannot all be there.
  bool read_count(const AlgebraicType& element, uint32_t* count, const AlgebraicType& type) {
    if (!read(count, type)) return false;
    if (uint64_t{*count} * element.min_bytes() > remaining()) {
      return fail(BsatnProblem::kShort, type);
    }
    return true;
  }
  /// A sum's tag: sets the payload's type.
  bool read_tag(const AlgebraicType& sum, uint8_t* tag, const AlgebraicType** payload) {
    if (!read(tag, sum)) return false;
    std::span<const TypeElement> variants = sum.elements();
    if (*tag >= variants.size()) {
      --p_;
      return fail(BsatnProblem::kTag, sum);
    }
    *payload = &variants[*tag].type;
    return true;
  }
  bool read_bool(uint8_t* out, const AlgebraicType& type) {
    if (!read(out, type)) return false;
    if (*out <= 1) return true;
    --p_;
    return fail(BsatnProblem::kBool, type);
  }
  bool enter(const AlgebraicType& type, uint32_t depth) {
    return depth <= kValueDepthMax || fail(BsatnProblem::kDepth, type);
  }
  /// Counts a node of a value that is built or written out.
  bool spend_node(const AlgebraicType& type) {
    size_t bytes = static_cast<size_t>(end_ - begin_);
    return ++nodes_ <= kValueNodesFree + uint64_t{kValueNodesPerByte} * bytes ||
           fail(BsatnProblem::kNodes, type);
  }
  /// What a Ref points to, or null.
  const AlgebraicType* follow(const AlgebraicType& ref) {
    const AlgebraicType* target = space_ == nullptr ? nullptr : space_->find(ref.ref_index());
    if (target == nullptr) fail(BsatnProblem::kRef, ref);
    return target;
  }
  /// Says byte, problem and type. Asserts that there was one.
  Error error() const;

 private:
  const char* begin_;
  const char* p_;
  const char* end_;
  const Typespace* space_;
  BsatnProblem problem_ = BsatnProblem::kNone;
  size_t problem_at_ = 0;
  uint64_t nodes_ = 0;
  AlgebraicType problem_type_;
};

}  // namespace orrery::types
