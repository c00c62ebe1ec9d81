#include "base/error.h"

#include <utility>

namespace orrery {
namespace {

struct Row {
  std::string_view name;
  std::string_view sqlstate;
  bool retryable;
};

constexpr Row kRows[] = {
#define X(name, sqlstate, retryable) {#name, sqlstate, retryable},
#include "base/errors.def"
#undef X
};

const Row& row_of(ErrorCode code) {
  auto index = static_cast<size_t>(code);
  constexpr size_t kCount = sizeof(kRows) / sizeof(kRows[0]);
  return kRows[index < kCount ? index : static_cast<size_t>(ErrorCode::kInternal)];
}

}  // namespace

std::string_view error_code_name(ErrorCode code) { return row_of(code).name.substr(1); }
std::string_view error_sqlstate(ErrorCode code) { return row_of(code).sqlstate; }
bool error_is_retryable(ErrorCode code) { return row_of(code).retryable; }

Error::Error(ErrorCode code, std::string message, SourcePosition position)
    : detail_(new Detail{code, position, std::move(message)}) {}

}  // namespace orrery
