#include "types/algebraic_typespace.h"

#include <optional>
#include <string>
#include <utility>

namespace orrery::types {
namespace {

Error dangling(uint32_t index) {
  return Error(ErrorCode::kDecode,
               "type reference &" + std::to_string(index) + " has no entry in the typespace");
}
Error recursive(uint32_t index) {
  return Error(ErrorCode::kDecode,
               "type &" + std::to_string(index) + " is recursive, so it cannot be written out");
}

}  // namespace

Result<AlgebraicType> Typespace::resolve(const AlgebraicType& type) const {
  AlgebraicType current = type;
  for (uint32_t steps = 0; current.is(TypeKind::kRef); ++steps) {
    if (steps > types_.size()) return recursive(current.ref_index());
    const AlgebraicType* next = find(current.ref_index());
    if (next == nullptr) return dangling(current.ref_index());
    current = *next;
  }
  return current;
}

struct Typespace::Inliner {
  enum class State : uint8_t { kNew, kOpen, kDone };
  const Typespace& space;
  std::vector<State> states;
  std::vector<AlgebraicType> done;

  explicit Inliner(const Typespace& s) : space(s), states(s.size(), State::kNew), done(s.size()) {}

  Result<AlgebraicType> visit_ref(uint32_t index, uint32_t depth) {
    if (index >= space.size()) return dangling(index);
    if (states[index] == State::kOpen) return recursive(index);
    if (states[index] == State::kNew) {
      states[index] = State::kOpen;
      ORRERY_TRY_ASSIGN(done[index], visit(space.types_[index], depth + 1));
      states[index] = State::kDone;
    }
    return done[index];
  }

  // A ref may hang anywhere, so recursion is bounded by the path walked, not by the depth of one
  // type.
  Result<AlgebraicType> visit(const AlgebraicType& type, uint32_t depth) {
    if (depth > 2 * kTypeDepthMax) return Error(ErrorCode::kLimit, "type is nested too deeply");
    if (!type.has_refs()) return type;
    if (type.is(TypeKind::kRef)) return visit_ref(type.ref_index(), depth);
    AlgebraicType out;
    if (type.is(TypeKind::kArray)) {
      ORRERY_TRY_ASSIGN(AlgebraicType element, visit(type.array_element(), depth + 1));
      out = AlgebraicType::array(std::move(element));
    } else {
      std::vector<TypeElement> elements(type.elements().begin(), type.elements().end());
      for (TypeElement& e : elements) {
        ORRERY_TRY_ASSIGN(e.type, visit(e.type, depth + 1));
      }
      out = type.is(TypeKind::kSum) ? AlgebraicType::sum(std::move(elements))
                                    : AlgebraicType::product(std::move(elements));
    }
    if (out.depth() > kTypeDepthMax) return Error(ErrorCode::kLimit, "type is nested too deeply");
    if (out.node_count() > kTypeNodesMax) return Error(ErrorCode::kLimit, "type is too large");
    return out;
  }
};

Result<AlgebraicType> Typespace::inline_refs(const AlgebraicType& type) const {
  if (!type.has_refs()) return type;
  return Inliner(*this).visit(type, 0);
}

}  // namespace orrery::types
