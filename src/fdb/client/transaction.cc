#include "fdb/client/transaction.h"

#include <cstring>
#include <utility>

#include "fdb/client/transaction_state.h"

namespace orrery::fdb {
namespace {

ryw::ReadMode mode_of(Snapshot snapshot) {
  return snapshot == Snapshot::kYes ? ryw::ReadMode::kSnapshot : ryw::ReadMode::kSerializable;
}

}  // namespace

Transaction::Transaction(std::shared_ptr<DatabaseState> database, std::optional<std::string> tenant)
    : database_(std::move(database)) {
  ClientLoop& loop = database_->loop_of_thread();
  auto inside = loop.loop().enter();
  state_ = std::make_unique<TransactionState>(*database_, loop, std::move(tenant));
}

Transaction::Transaction(Transaction&&) noexcept = default;

Transaction& Transaction::operator=(Transaction&& other) noexcept {
  if (this != &other) {
    end();
    state_ = std::move(other.state_);
    database_ = std::move(other.database_);
  }
  return *this;
}

Transaction::~Transaction() {
  end();
}

void Transaction::end() {
  if (state_ == nullptr) return;
  auto inside = state_->loop().enter();
  state_.reset();
}

Loop& Transaction::loop() const {
  return state_->loop();
}

List<OperationBase::Membership>& Transaction::operations() {
  return state_->operations();
}

Future<int64_t> Transaction::get_read_version() {
  return run<int64_t>([](TransactionState& state) { return state.get_read_version(); });
}

void Transaction::set_read_version(int64_t version) {
  auto inside = state_->loop().enter();
  state_->set_read_version(version);
}

Future<std::optional<SharedBytes>> Transaction::get(std::string_view key, Snapshot snapshot) {
  return run<std::optional<SharedBytes>>(
      [&](TransactionState& state) { return state.get(state.keep(key), mode_of(snapshot)); });
}

Future<SharedBytes> Transaction::get_key(KeySelector selector, Snapshot snapshot) {
  return run<SharedBytes>([&](TransactionState& state) {
    selector.key = state.keep(selector.key);
    return state.get_key(selector, mode_of(snapshot));
  });
}

Future<RangeResult> Transaction::get_range(KeySelector begin_selector, KeySelector end_selector,
                                           RangeOptions options) {
  return run<RangeResult>([&](TransactionState& state) {
    begin_selector.key = state.keep(begin_selector.key);
    end_selector.key = state.keep(end_selector.key);
    return state.get_range(begin_selector, end_selector, options);
  });
}

Future<int64_t> Transaction::get_estimated_range_size(std::string_view begin_key,
                                                      std::string_view end_key) {
  return run<int64_t>([&](TransactionState& state) {
    return state.get_estimated_range_size(state.keep(begin_key), state.keep(end_key));
  });
}

Future<std::vector<std::string>> Transaction::get_range_split_points(std::string_view begin_key,
                                                                     std::string_view end_key,
                                                                     int64_t chunk_size) {
  return run<std::vector<std::string>>([&](TransactionState& state) {
    return state.get_range_split_points(state.keep(begin_key), state.keep(end_key), chunk_size);
  });
}

Future<std::vector<std::string>> Transaction::get_addresses_for_key(std::string_view key) {
  return run<std::vector<std::string>>(
      [&](TransactionState& state) { return state.get_addresses_for_key(state.keep(key)); });
}

void Transaction::set(std::string_view key, std::string_view value) {
  auto inside = state_->loop().enter();
  state_->set(key, value);
}

void Transaction::clear(std::string_view key) {
  auto inside = state_->loop().enter();
  state_->clear(key);
}

void Transaction::clear_range(std::string_view begin_key, std::string_view end_key) {
  auto inside = state_->loop().enter();
  state_->clear_range({begin_key, end_key});
}

void Transaction::atomic(AtomicOp operation, std::string_view key, std::string_view operand) {
  auto inside = state_->loop().enter();
  state_->atomic(static_cast<uint32_t>(operation), key, operand);
}

Status Transaction::add_conflict_range(std::string_view begin_key, std::string_view end_key,
                                       ConflictRangeType type) {
  auto inside = state_->loop().enter();
  return state_->add_conflict_range({begin_key, end_key}, type);
}

Future<void> Transaction::commit() {
  return run<void>([](TransactionState& state) { return state.commit(); });
}

Future<void> Transaction::watch(std::string_view key) {
  auto inside = state_->loop().enter();
  return Future<void>(Operation<void>::start(state_->loop(), state_->watch(key)), database_);
}

int64_t Transaction::committed_version() const {
  auto inside = state_->loop().enter();
  return state_->committed_version();
}

Future<std::array<char, 10>> Transaction::get_versionstamp() {
  return run<std::array<char, 10>>(
      [](TransactionState& state) { return state.get_versionstamp(); });
}

int64_t Transaction::approximate_size() const {
  auto inside = state_->loop().enter();
  return state_->approximate_size();
}

Future<void> Transaction::on_error(Error why) {
  auto inside = state_->loop().enter();
  Operation<void>* operation =
      Operation<void>::start(state_->loop(), state_->on_error(why), &state_->recoveries());
  return Future<void>(operation, database_);
}

void Transaction::reset() {
  auto inside = state_->loop().enter();
  state_->reset();
}

void Transaction::cancel() {
  auto inside = state_->loop().enter();
  state_->cancel();
}

Status Transaction::set_option(TransactionOption option, std::optional<std::string_view> value) {
  auto inside = state_->loop().enter();
  return state_->set_option(static_cast<int>(option), value);
}

Status Transaction::set_option(TransactionOption option, int64_t value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  return set_option(option, std::string_view(bytes, sizeof bytes));
}

}  // namespace orrery::fdb
