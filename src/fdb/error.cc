#include "fdb/error.h"

#include <algorithm>
#include <iterator>

namespace orrery::fdb {
namespace {

struct Row {
  uint16_t code;
  std::string_view name;
  std::string_view text;
};

constexpr Row kTable[] = {
#define X(name, code, text) Row{code, #name, text},
#include "fdb/errors.def"
#undef X
};
static_assert(std::ranges::is_sorted(kTable, {}, &Row::code));

const Row* find(int code) {
  const auto* row = std::ranges::lower_bound(kTable, code, {}, &Row::code);
  return row != std::end(kTable) && row->code == code ? row : nullptr;
}

}  // namespace

std::string_view Error::name() const {
  const Row* row = find(code_);
  return row != nullptr ? row->name : "unknown_error";
}

std::string_view Error::message() const {
  const Row* row = find(code_);
  return row != nullptr ? row->text : "An unknown error occurred";
}

bool Error::is_maybe_committed() const {
  return *this == error::commit_unknown_result || *this == error::cluster_version_changed;
}

bool Error::is_retryable_not_committed() const {
  switch (code_) {
    case error::transaction_too_old.code():
    case error::future_version.code():
    case error::not_committed.code():
    case error::process_behind.code():
    case error::database_locked.code():
    case error::commit_proxy_memory_limit_exceeded.code():
    case error::grv_proxy_memory_limit_exceeded.code():
    case error::batch_transaction_throttled.code():
    case error::tag_throttled.code():
    case error::proxy_tag_throttled.code():
      return true;
    default:
      return false;
  }
}

bool Error::is_retryable() const {
  return is_maybe_committed() || is_retryable_not_committed();
}

}  // namespace orrery::fdb
