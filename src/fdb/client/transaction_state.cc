#include "fdb/client/transaction_state.h"

#include <algorithm>
#include <utility>

#include "fdb/wire/messages/read_version.h"

namespace orrery::fdb {
namespace {

constexpr double kBackoffMin = 0.01;
constexpr double kBackoffGrowth = 2.0;
constexpr double kMemoryBackoffMax = 30.0;
constexpr double kFutureVersionDelay = 0.01;
constexpr size_t kFirstBlockBytes = 512;

int64_t nanos(double seconds) {
  return static_cast<int64_t>(seconds * 1e9);
}

}  // namespace

TransactionState::Timeout::Timeout(TimerHeap& heap, TransactionState& its_owner)
    : Timer(heap,
            [](Timer& self) {
              TransactionState& owner = static_cast<Timeout&>(self).owner;
              owner.ended_ = error::transaction_timed_out;
              owner.end_operations(error::transaction_timed_out);
            }),
      owner(its_owner) {}

TransactionState::TransactionState(DatabaseState& database, ClientLoop& loop,
                                   std::optional<std::string> tenant)
    : database_(database),
      loop_(loop),
      kept_(kFirstBlockBytes),
      data_({.api_version = database.api_version()}, 1),
      options_(database.api_version()),
      tenant_(std::move(tenant)),
      changed_(loop.loop()),
      created_at_(loop.loop().now()),
      timeout_(loop.loop().timers(), *this) {
  note_failure(options_.apply_defaults(database_.options(), situation()));
  data_.reset(key_access(), options_.settings().snapshot_ryw_count);
  options_changed();
}

TransactionState::~TransactionState() {
  end_operations(error::transaction_cancelled);
}

// Each leaves the list as it ends.
void TransactionState::end_list(List<OperationBase::Membership>& list, Error why) {
  while (OperationBase::Membership* each = list.pop_front()) each->self->end_with(why);
}

void TransactionState::end_operations(Error why) {
  end_list(operations_, why);
  end_list(recoveries_, why);
  end_watches(why);
  asking_.reset();
}

// For whatever must not happen any more once the commit has begun: what is written then would be
// lost or, worse, half committed, and what is read would guard nothing.
Status TransactionState::not_committing() {
  if (ended_) return fail(*ended_);
  if (phase_ == Phase::kActive) return {};
  if (options_.settings().used_during_commit_protection) {
    ended_ = error::used_during_commit;
    end_operations(error::used_during_commit);
  }
  return fail(error::used_during_commit);
}

Status TransactionState::usable() {
  FDB_TRY(not_committing());
  if (deferred_) return fail(*deferred_);
  return {};
}

void TransactionState::note_failure(const Status& status) {
  if (!status && !deferred_) deferred_ = status.error();
}

TransactionSituation TransactionState::situation() const {
  return {.has_tenant = tenant_.has_value(),
          .has_operations = reads_in_flight_ > 0 || !data_.writes_nothing(),
          .has_read_version = asking_.has_value() || version_.has_value(),
          .grv_cache_available = true,
          .error_count = retries_};
}

ryw::KeyAccess TransactionState::key_access() const {
  const TransactionSettings& settings = options_.settings();
  return {.read_system_keys = settings.read_system_keys,
          .write_system_keys = settings.write_system_keys,
          .raw_access = settings.raw_access,
          .api_version = database_.api_version()};
}

Status TransactionState::set_option(int code, std::optional<std::string_view> value) {
  const int snapshot_ryw = options_.settings().snapshot_ryw_count;
  const bool ryw = options_.settings().read_your_writes;
  FDB_TRY(options_.set(code, value, situation()));
  const TransactionSettings& settings = options_.settings();
  if (ryw && !settings.read_your_writes) FDB_TRY(data_.disable_read_your_writes(reads_in_flight_));
  data_.change_snapshot_ryw(settings.snapshot_ryw_count - snapshot_ryw);
  options_changed();
  return {};
}

// What of the options is kept elsewhere.
void TransactionState::options_changed() {
  const TransactionSettings& settings = options_.settings();
  data_.access() = key_access();
  if (settings.bypass_unreadable) data_.allow_unreadable();
  if (options_.take_next_write_no_conflict()) data_.no_conflict_for_next_write();
  start_timer();
}

void TransactionState::start_timer() {
  const int64_t timeout = options_.settings().timeout_ms * kMilli;
  if (timeout == 0) return timeout_.stop();
  timeout_.start(created_at_ + timeout);
}

// Nothing runs that refers to the contents.
void TransactionState::reset_contents() {
  asking_.reset();
  end_watches(error::transaction_cancelled);
  version_.reset();
  reads_in_flight_ = 0;
  phase_ = Phase::kActive;
  deferred_.reset();
  committed_version_ = -1;
  versionstamp_.reset();
  kept_.reset();
}

void TransactionState::reset() {
  end_operations(error::transaction_cancelled);
  reset_contents();
  ended_.reset();
  retries_ = 0;
  backoff_ = kBackoffMin;
  created_at_ = loop().now();
  note_failure(options_.apply_defaults(database_.options(), situation()));
  data_.reset(key_access(), options_.settings().snapshot_ryw_count);
  options_changed();
}

void TransactionState::cancel() {
  ended_ = error::transaction_cancelled;
  end_operations(error::transaction_cancelled);
}

uint32_t TransactionState::version_flags() const {
  using Request = wire::GetReadVersionRequest;
  const TransactionSettings& settings = options_.settings();
  uint32_t flags = Request::kPriorityDefault;
  if (settings.priority == TransactionPriority::kBatch) flags = Request::kPriorityBatch;
  if (settings.priority == TransactionPriority::kImmediate) {
    flags = Request::kPrioritySystemImmediate;
  }
  if (settings.causal_read_risky) flags |= Request::kCausalReadRisky;
  if (settings.use_provisional_proxies) flags |= Request::kUseProvisionalProxies;
  return flags;
}

// Asks for the read version once, however many operations need it.
Task<Result<void>> TransactionState::need_version() {
  if (!version_ && !asking_) {
    if (options_.settings().read_version_zero) {
      version_.emplace(ReadVersion{});
    } else {
      std::vector<std::string> tags = options_.texts().tags;
      asking_.emplace(changed_, client().read_versions().get(version_flags(), std::move(tags)));
    }
  }
  while (!version_ && asking_ && !asking_->done()) co_await changed_.wait();
  if (!version_) {
    version_.emplace(asking_->take());
    if (*version_ && (*version_)->is_locked && !options_.settings().lock_aware) {
      version_.emplace(fail(error::database_locked));
    }
    // The others that wait for it.
    changed_.notify_all();
  }
  if (!*version_) co_return fail(version_->error());
  if (tenant_ && tenant_id_ == wire::TenantInfo::kNoTenant) FDB_CO_TRY(co_await need_tenant());
  co_return Result<void>();
}

Task<Result<void>> TransactionState::need_tenant() {
  if (tenant_->starts_with('\xff') || tenant_->empty()) co_return fail(error::invalid_tenant_name);
  Result<int64_t> id = co_await client().tenants().id_of(client(), *tenant_);
  if (!id) co_return fail(id.error());
  tenant_id_ = *id;
  tenant_prefix_ = fdb::tenant_prefix(*id);
  co_return Result<void>();
}

Error TransactionState::note_tenant(Error why) {
  if (tenant_ && (why == error::tenant_not_found || why == error::tenant_removed)) {
    client().tenants().forget(*tenant_);
    tenant_id_ = wire::TenantInfo::kNoTenant;
  }
  return why;
}

std::string_view TransactionState::with_prefix(std::string_view key) {
  if (!tenant_) return key;
  std::string whole(prefix());
  whole.append(key);
  return keep(whole);
}

void TransactionState::set_read_version(int64_t version) {
  if (Status status = usable(); !status) return note_failure(status);
  if (version <= 0) return note_failure(fail(error::version_invalid));
  if (version_ || asking_) return note_failure(fail(error::read_version_already_set));
  version_.emplace(ReadVersion{.version = version, .is_locked = false});
}

Task<Result<int64_t>> TransactionState::get_read_version() {
  if (ended_) co_return fail(*ended_);
  Result<void> known = co_await need_version();
  if (!known) co_return fail(known.error());
  co_return (*version_)->version;
}

void TransactionState::set(std::string_view key, std::string_view value) {
  if (Status status = not_committing(); !status) return note_failure(status);
  const Status done = data_.set(key, value);
  if (done && !watches_.empty()) tell_watches(key, ryw::Edge(key, 1).in(kept_), value);
  note_failure(done);
}

void TransactionState::clear(std::string_view key) {
  if (Status status = not_committing(); !status) return note_failure(status);
  const Status done = data_.clear(key);
  if (done && !watches_.empty())
    tell_watches(key, ryw::Edge(key, 1).in(kept_), std::optional<std::string_view>());
  note_failure(done);
}

void TransactionState::clear_range(ryw::KeyRange range) {
  if (Status status = not_committing(); !status) return note_failure(status);
  const Status done = data_.clear_range(range);
  if (done) tell_watches(range.begin, range.end, std::optional<std::string_view>());
  note_failure(done);
}

void TransactionState::atomic(uint32_t code, std::string_view key, std::string_view operand) {
  if (Status status = not_committing(); !status) return note_failure(status);
  const int64_t version = version_ && *version_ ? (*version_)->version : 0;
  const Status done = data_.atomic(code, key, operand, version);
  // What it will make of the value is not known.
  if (done && !watches_.empty()) tell_watches(key, ryw::Edge(key, 1).in(kept_), std::nullopt);
  note_failure(done);
}

Status TransactionState::add_conflict_range(ryw::KeyRange range, ConflictRangeType type) {
  FDB_TRY(not_committing());
  return type == ConflictRangeType::kRead ? data_.add_read_conflict(range)
                                          : data_.add_write_conflict(range);
}

double TransactionState::take_backoff(double cap_seconds) {
  const double delay = backoff_ * client().random_fraction();
  backoff_ = std::min(backoff_ * kBackoffGrowth, cap_seconds);
  return delay;
}

Task<Result<void>> TransactionState::on_error(Error why) {
  if (ended_) co_return fail(*ended_);
  if (why.code() == 0) co_return fail(error::client_invalid_operation);
  const TransactionSettings& settings = options_.settings();
  const double longest = settings.max_retry_delay_ms * 1e-3;
  const bool is_granule = why == error::blob_granule_request_failed;
  const bool may_retry = why.is_retryable() || is_granule;
  if (!may_retry || (settings.retry_limit >= 0 && retries_ >= settings.retry_limit)) {
    if (database_.api_version() >= 610) {
      ended_ = error::transaction_cancelled;
    } else {
      reset();
    }
    co_return fail(why);
  }
  ++retries_;
  double delay = 0;
  if (why == error::transaction_too_old || why == error::future_version) {
    delay = std::min(kFutureVersionDelay, longest);
  } else if (why == error::commit_proxy_memory_limit_exceeded ||
             why == error::grv_proxy_memory_limit_exceeded) {
    delay = take_backoff(kMemoryBackoffMax);
  } else if (why != error::cluster_version_changed) {
    delay = take_backoff(longest);
  }
  co_await loop().sleep(nanos(delay));
  end_list(operations_, error::transaction_cancelled);
  reset_contents();
  note_failure(options_.prepare_retry(database_.options(), situation()));
  data_.reset(key_access(), options_.settings().snapshot_ryw_count);
  options_changed();
  co_return Result<void>();
}

}  // namespace orrery::fdb
