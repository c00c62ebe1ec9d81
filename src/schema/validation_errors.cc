#include "schema/validation_errors.h"

#include <algorithm>

#include "base/assert.h"

namespace orrery::schema {
namespace {

constexpr size_t kQuoteBytesMax = 200;
constexpr uint32_t kTypeTextNodesMax = 200;
constexpr size_t kTypeTextBytesMax = 2000;

/// Cuts at a character's beginning.
std::string shortened(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  while (bytes_max > 0 && (static_cast<uint8_t>(text[bytes_max]) & 0xc0) == 0x80) --bytes_max;
  return std::string(text.substr(0, bytes_max)) + "...";
}

}  // namespace

std::string_view validation_error_kind_name(ValidationErrorKind kind) {
  switch (kind) {
#define X(name)                      \
  case ValidationErrorKind::k##name: \
    return #name;
#include "schema/validation_errors.def"
#undef X
  }
  return "";
}

void sort_validation_errors(ValidationErrors* errors) {
  std::sort(errors->begin(), errors->end());
  errors->erase(std::unique(errors->begin(), errors->end()), errors->end());
}

Error validation_error(const ValidationErrors& errors) {
  ORRERY_ASSERT(!errors.empty());
  std::string text;
  for (const ValidationError& error : errors) {
    if (!text.empty()) text += '\n';
    text += error.message;
  }
  return Error(ErrorCode::kInvalidArgument, std::move(text));
}

std::string quoted(std::string_view name) {
  return "`" + shortened(name, kQuoteBytesMax) + "`";
}

std::string type_text(const types::AlgebraicType& type) {
  if (type.node_count() > kTypeTextNodesMax) {
    return "(a type of " + std::to_string(type.node_count()) + " parts)";
  }
  return shortened(type.to_string(), kTypeTextBytesMax);
}

}  // namespace orrery::schema
