// TypeUses: which types of a typespace clients can be given. Every product or sum that is no
// special form must be reached by a Ref that has a type definition, and all its elements need
// names.
//
// Also: converting a typespace's names, and resolving Refs with one memory for a whole definition.
// Recursion is bounded whatever the Refs do. Private to validation; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "types/algebraic_type.h"
#include "types/algebraic_typespace.h"

namespace orrery::schema {

struct TypeProblem {
  std::string_view detail;  ///< "NonSpecialTypeNotAUse", ...
  std::string message;
};

class TypeUses {
 public:
  /// Borrows the typespace. `definitions`: the Refs that have a type definition.
  TypeUses(const types::Typespace& space, const std::vector<uint32_t>& definitions);

  /// What keeps `type` from being a field, parameter or result.
  std::optional<TypeProblem> check_use(const types::AlgebraicType& type);
  /// What keeps entry `ref` from being a type definition.
  std::vector<TypeProblem> check_definition(uint32_t ref);

 private:
  enum class State : uint8_t { kNew, kOpen, kGood, kBad };
  std::optional<TypeProblem> visit(const types::AlgebraicType& type, uint32_t depth);
  std::optional<TypeProblem> visit_ref(uint32_t ref, uint32_t depth);

  const types::Typespace& space_;
  std::vector<bool> is_definition_;
  std::vector<State> states_;
};

/// Writes out Refs, each only once however often it is used.
class RefResolver {
 public:
  explicit RefResolver(const types::Typespace& space)
      : space_(space), states_(space.size(), State::kNew), done_(space.size()) {}
  /// kDecode for a dangling Ref or a recursive type, kLimit where the result is deeper or larger
  /// than a type may be.
  Result<types::AlgebraicType> resolve(const types::AlgebraicType& type) { return visit(type, 0); }

 private:
  enum class State : uint8_t { kNew, kOpen, kDone, kFailed };
  Result<types::AlgebraicType> visit(const types::AlgebraicType& type, uint32_t depth);
  Result<types::AlgebraicType> visit_ref(uint32_t ref, uint32_t depth);

  const types::Typespace& space_;
  std::vector<State> states_;
  std::vector<types::AlgebraicType> done_;
};

/// Field names to snake_case and variant names to camelCase; special forms stay as they are.
types::AlgebraicType with_converted_names(const types::AlgebraicType& type);
/// Identity, ConnectionId, Timestamp, TimeDuration, Uuid, ScheduleAt, Option, Result.
bool is_special_form(const types::AlgebraicType& type);

}  // namespace orrery::schema
