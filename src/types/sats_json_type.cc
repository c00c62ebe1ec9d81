// SATS-JSON of types, the reading half.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "types/sats_json.h"

namespace orrery::types {
namespace {

Error bad_type(std::string_view what) {
  return Error(ErrorCode::kDecode, "JSON of a type: " + std::string(what));
}

std::optional<TypeKind> kind_by_name(std::string_view name) {
  for (uint8_t k = 0; k < kTypeKindCount; ++k) {
    if (type_kind_name(static_cast<TypeKind>(k)) == name) return static_cast<TypeKind>(k);
  }
  return std::nullopt;
}

class TypeReader {
 public:
  Result<AlgebraicType> read(const JsonValue& json, uint32_t depth) {
    if (depth > kTypeDepthMax) return Error(ErrorCode::kLimit, "type is nested too deeply");
    if (++nodes_ > kTypeNodesMax) return Error(ErrorCode::kLimit, "type is too large");
    if (!json.is(JsonKind::kObject) || json.members().size() != 1) {
      return bad_type("expected an object with one key");
    }
    const auto& [name, body] = json.members()[0];
    std::optional<TypeKind> kind = kind_by_name(name);
    if (!kind) return bad_type("unknown kind '" + name + "'");
    switch (*kind) {
      case TypeKind::kRef: {
        std::optional<int64_t> index = body.as_int64();
        if (!index || *index < 0 || *index > UINT32_MAX) return bad_type("bad reference");
        return AlgebraicType::ref(static_cast<uint32_t>(*index));
      }
      case TypeKind::kArray: {
        ORRERY_TRY_ASSIGN(AlgebraicType element, read(body, depth + 1));
        return AlgebraicType::array(std::move(element));
      }
      case TypeKind::kSum:
      case TypeKind::kProduct:
        return read_elements(*kind, body, depth);
      default:
        return AlgebraicType::primitive(*kind);
    }
  }

 private:
  Result<AlgebraicType> read_elements(TypeKind kind, const JsonValue& body, uint32_t depth) {
    const JsonValue* list = body.find(kind == TypeKind::kSum ? "variants" : "elements");
    if (list == nullptr || !list->is(JsonKind::kArray)) return bad_type("elements are missing");
    if (kind == TypeKind::kSum && list->items().size() > kSumVariantsMax) {
      return bad_type("sum with over 256 variants");
    }
    std::vector<TypeElement> elements;
    for (const JsonValue& item : list->items()) {
      const JsonValue* name = item.find("name");
      const JsonValue* type = item.find("algebraic_type");
      if (type == nullptr) return bad_type("algebraic_type is missing");
      TypeElement element;
      if (name != nullptr) {
        ORRERY_TRY(read_name(*name, &element.name));
      }
      ORRERY_TRY_ASSIGN(element.type, read(*type, depth + 1));
      elements.push_back(std::move(element));
    }
    return kind == TypeKind::kSum ? AlgebraicType::sum(std::move(elements))
                                  : AlgebraicType::product(std::move(elements));
  }

  static Status read_name(const JsonValue& json, std::optional<std::string>* out) {
    const JsonValue* some = json.find("some");
    if (some != nullptr && some->is(JsonKind::kString)) {
      *out = some->as_string();
    } else if (json.is(JsonKind::kString)) {
      *out = json.as_string();
    } else if (!json.is(JsonKind::kNull) && json.find("none") == nullptr) {
      return bad_type("bad name");
    }
    return {};
  }

  uint32_t nodes_ = 0;
};

}  // namespace

Result<AlgebraicType> type_from_json(const JsonValue& json) {
  return TypeReader().read(json, 1);
}

Result<Typespace> typespace_from_json(const JsonValue& json) {
  const JsonValue* list = json.is(JsonKind::kObject) ? json.find("types") : &json;
  if (list == nullptr || !list->is(JsonKind::kArray)) return bad_type("no array of types");
  TypeReader reader;
  Typespace space;
  for (const JsonValue& item : list->items()) {
    ORRERY_TRY_ASSIGN(AlgebraicType type, reader.read(item, 1));
    space.add(std::move(type));
  }
  return space;
}

}  // namespace orrery::types
