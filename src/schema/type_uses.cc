#include "schema/type_uses.h"

#include <utility>

#include "schema/names.h"
#include "schema/validation_errors.h"

namespace orrery::schema {
namespace {

using types::AlgebraicType;
using types::TypeElement;
using types::TypeForm;
using types::TypeKind;

/// Refs may lead from type to type, so the path is bounded, not only each type on it.
constexpr uint32_t kPathDepthMax = 2 * types::kTypeDepthMax;

bool is_never(const AlgebraicType& type) {
  return type.is(TypeKind::kSum) && type.elements().empty();
}

TypeProblem ref_problem(std::string message) {
  return {"TypeRefError", std::move(message)};
}

}  // namespace

bool is_special_form(const AlgebraicType& type) {
  switch (type.form()) {
    case TypeForm::kIdentity:
    case TypeForm::kConnectionId:
    case TypeForm::kTimestampMicros:
    case TypeForm::kTimeDuration:
    case TypeForm::kUuid:
    case TypeForm::kScheduleAt:
    case TypeForm::kOption:
    case TypeForm::kResult:
      return true;
    case TypeForm::kPlain:
    case TypeForm::kUnit:
    case TypeForm::kBytes:
    case TypeForm::kQuery:
    case TypeForm::kTimestampNanos:
    case TypeForm::kJson:
    case TypeForm::kVector:
      return false;
  }
  return false;
}

AlgebraicType with_converted_names(const AlgebraicType& type) {
  if (is_special_form(type)) return type;
  switch (type.kind()) {
    case TypeKind::kProduct:
    case TypeKind::kSum: {
      bool sum = type.is(TypeKind::kSum);
      std::vector<TypeElement> elements(type.elements().begin(), type.elements().end());
      for (TypeElement& e : elements) {
        if (e.name) e.name = convert_case(*e.name, sum ? NameCase::kCamel : NameCase::kSnake);
        e.type = with_converted_names(e.type);
      }
      return sum ? AlgebraicType::sum(std::move(elements))
                 : AlgebraicType::product(std::move(elements));
    }
    case TypeKind::kArray:
      return AlgebraicType::array(with_converted_names(type.array_element()));
    default:
      return type;
  }
}

TypeUses::TypeUses(const types::Typespace& space, const std::vector<uint32_t>& definitions)
    : space_(space), is_definition_(space.size()), states_(space.size(), State::kNew) {
  for (uint32_t ref : definitions) {
    if (ref < space.size()) is_definition_[ref] = true;
  }
}

std::optional<TypeProblem> TypeUses::check_use(const AlgebraicType& type) {
  return visit(type, 0);
}

std::optional<TypeProblem> TypeUses::visit(const AlgebraicType& type, uint32_t depth) {
  if (depth > kPathDepthMax) return ref_problem("type references lead too deep");
  switch (type.kind()) {
    case TypeKind::kRef:
      return visit_ref(type.ref_index(), depth);
    case TypeKind::kArray:
      return visit(type.array_element(), depth + 1);
    case TypeKind::kProduct:
    case TypeKind::kSum:
      break;
    default:
      return std::nullopt;
  }
  if (type.is(TypeForm::kOption) || type.is(TypeForm::kResult)) {
    for (const TypeElement& e : type.elements()) {
      std::optional<TypeProblem> problem = visit(e.type, depth + 1);
      if (problem) return problem;
    }
    return std::nullopt;
  }
  if (is_special_form(type) || type.is(TypeForm::kUnit) || is_never(type)) return std::nullopt;
  return TypeProblem{"NonSpecialTypeNotAUse",
                     "product or sum type " + type_text(type) +
                         " stands in place; it must be a type of its own that is referred to"};
}

std::optional<TypeProblem> TypeUses::visit_ref(uint32_t ref, uint32_t depth) {
  const AlgebraicType* target = space_.find(ref);
  if (target == nullptr) {
    return ref_problem("type reference &" + std::to_string(ref) + " has no entry in the typespace");
  }
  if (is_definition_[ref]) return std::nullopt;
  switch (states_[ref]) {
    case State::kGood:
      return std::nullopt;
    case State::kOpen:
      return ref_problem("type reference &" + std::to_string(ref) +
                         " leads back to itself without a type definition");
    case State::kBad:
      if (target->is(TypeKind::kProduct) || target->is(TypeKind::kSum)) break;
      return ref_problem("type reference &" + std::to_string(ref) + " leads to a faulty type");
    case State::kNew:
      break;
  }
  states_[ref] = State::kOpen;
  std::optional<TypeProblem> problem = visit(*target, depth + 1);
  states_[ref] = problem ? State::kBad : State::kGood;
  return problem;
}

std::vector<TypeProblem> TypeUses::check_definition(uint32_t ref) {
  const AlgebraicType* type = space_.find(ref);
  if (type == nullptr) {
    return {
        ref_problem("type reference &" + std::to_string(ref) + " has no entry in the typespace")};
  }
  if (!type->is(TypeKind::kProduct) && !type->is(TypeKind::kSum)) {
    return {{"NotValidForDefinition", "type " + type_text(*type) + " is neither product nor sum"}};
  }
  std::vector<TypeProblem> problems;
  for (const TypeElement& e : type->elements()) {
    if (problems.size() >= kValidationErrorsMax) break;
    if (!e.name) {
      problems.push_back(
          {"NamelessTypeDefElement", "every element needs a name: " + type_text(*type)});
    } else if (IdentifierCheck check = check_identifier(*e.name);
               check.problem != IdentifierProblem::kNone) {
      problems.push_back({"NotValidIdentifier",
                          "type " + type_text(*type) + ": " + describe_identifier(*e.name, check)});
    }
    std::optional<TypeProblem> problem = visit(e.type, 0);
    if (problem) problems.push_back(std::move(*problem));
  }
  return problems;
}

Result<AlgebraicType> RefResolver::visit_ref(uint32_t ref, uint32_t depth) {
  auto problem = [ref](std::string_view what) {
    return Error(ErrorCode::kDecode, "type reference &" + std::to_string(ref) + std::string(what));
  };
  if (ref >= space_.size()) return problem(" has no entry in the typespace");
  if (states_[ref] == State::kOpen) return problem(" is recursive, so no column can hold it");
  if (states_[ref] == State::kFailed) return problem(" leads to a type that no column can hold");
  if (states_[ref] == State::kNew) {
    states_[ref] = State::kOpen;
    Result<AlgebraicType> type = visit(*space_.find(ref), depth + 1);
    states_[ref] = type ? State::kDone : State::kFailed;
    if (!type) return type;
    done_[ref] = std::move(*type);
  }
  return done_[ref];
}

Result<AlgebraicType> RefResolver::visit(const AlgebraicType& type, uint32_t depth) {
  if (depth > kPathDepthMax) return Error(ErrorCode::kLimit, "type is nested too deeply");
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
  if (out.depth() > types::kTypeDepthMax) {
    return Error(ErrorCode::kLimit, "type is nested too deeply");
  }
  if (out.node_count() > types::kTypeNodesMax) {
    return Error(ErrorCode::kLimit, "type is too large");
  }
  return out;
}

}  // namespace orrery::schema
