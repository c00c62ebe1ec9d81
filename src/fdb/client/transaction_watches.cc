// A transaction's watches, up to the commit that lets them go.
#include <utility>

#include "fdb/client/transaction_state.h"
#include "fdb/ryw/key_rules.h"

namespace orrery::fdb {
namespace {

Task<Result<void>> refused(Error why) {
  co_return fail(why);
}

}  // namespace

Task<Result<void>> TransactionState::watch(std::string_view key) {
  if (const Status status = usable(); !status) return refused(status.error());
  if (!data_.read_your_writes()) return refused(error::watches_disabled);
  if (const Status status = ryw::check_watch(key, data_.access()); !status) {
    return refused(status.error());
  }
  const int limit = database_.options().max_watches();
  if (database_.outstanding_watches.load(std::memory_order_relaxed) >= limit) {
    return refused(error::too_many_watches);
  }
  auto watch = std::make_shared<Watch>(loop(), std::string(key), database_.outstanding_watches);
  watches_.push_back(std::unique_ptr<PendingWatch>(
      new PendingWatch{watch, Running<Done>(changed_, read_for(watch))}));
  return Watch::run(client(), std::move(watch));
}

Task<Done> TransactionState::read_for(std::shared_ptr<Watch> watch) {
  Result<std::optional<SharedBytes>> value =
      co_await get(watch->key(), ryw::ReadMode::kSerializable);
  if (!value) {
    watch->end(value.error());
  } else if (*value) {
    watch->know_value(std::string((*value)->view()));
  } else {
    watch->know_value(std::nullopt);
  }
  co_return Done{};
}

void TransactionState::tell_watches(std::string_view begin, std::string_view end,
                                    const std::optional<std::optional<std::string_view>>& value) {
  for (auto& each : watches_) {
    const std::string_view key = each->watch->key();
    if (begin <= key && key < end) each->watch->written(value);
  }
}

void TransactionState::arm_watches() {
  if (watches_.empty()) return;
  // Without a version no watch has read its key: each has ended with the error.
  if (!version_ || !*version_) return end_watches(error::transaction_cancelled);
  const int64_t version = committed_version_ >= 0 ? committed_version_ : (*version_)->version;
  for (auto& each : watches_) each->watch->arm(version, read_parameters());
  watches_.clear();
}

void TransactionState::end_watches(Error why) {
  for (auto& each : watches_) each->watch->end(why);
  watches_.clear();
}

}  // namespace orrery::fdb
