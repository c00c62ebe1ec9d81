// Typespace: the numbered types that a Ref points into. Owns its types. Thread-safe while nobody
// adds.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "types/algebraic_type.h"

namespace orrery::types {

class Typespace {
 public:
  Typespace() = default;
  explicit Typespace(std::vector<AlgebraicType> types) : types_(std::move(types)) {}

  /// Returns the index of the new entry.
  uint32_t add(AlgebraicType type) {
    types_.push_back(std::move(type));
    return static_cast<uint32_t>(types_.size() - 1);
  }
  uint32_t size() const { return static_cast<uint32_t>(types_.size()); }
  const std::vector<AlgebraicType>& types() const { return types_; }
  /// Entry `index`, or nothing. Borrowed; adding may move it.
  const AlgebraicType* find(uint32_t index) const {
    return index < types_.size() ? &types_[index] : nullptr;
  }
  /// Follows Refs at the top of `type` (not inside it). kDecode where one dangles or they run in a
  /// circle.
  Result<AlgebraicType> resolve(const AlgebraicType& type) const;
  /// `type` with every Ref replaced by what it points to. kDecode for a dangling Ref or a recursive
  /// type, kLimit where the result would be deeper or larger than a type may be.
  Result<AlgebraicType> inline_refs(const AlgebraicType& type) const;

 private:
  struct Inliner;
  std::vector<AlgebraicType> types_;
};

}  // namespace orrery::types
