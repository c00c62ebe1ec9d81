// A transaction's commit: what it sends, and what it does when nobody tells whether it happened.
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "fdb/client/ask_proxy.h"
#include "fdb/client/transaction_state.h"
#include "fdb/ryw/versionstamp.h"
#include "fdb/wire/messages/read_version.h"

namespace orrery::fdb {
namespace {

constexpr std::string_view kSelfConflictPrefix{"\xff/SC/", 5};
constexpr size_t kSelfConflictIdBytes = 16;

wire::KeyRange to_wire(const ryw::KeyRange& range) {
  return {range.begin, range.end};
}

wire::Mutation to_wire(const ryw::Mutation& mutation) {
  return {static_cast<wire::MutationType>(mutation.type), mutation.param1, mutation.param2};
}

/// A key that both lists cover; nothing where they have none in common. Both are in order and do
/// not overlap themselves.
std::optional<std::string> common_key(std::vector<wire::KeyRange> a,
                                      std::vector<wire::KeyRange> b) {
  auto by_begin = [](const wire::KeyRange& x, const wire::KeyRange& y) {
    return x.begin < y.begin;
  };
  std::ranges::sort(a, by_begin);
  std::ranges::sort(b, by_begin);
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i].end <= b[j].begin) {
      ++i;
    } else if (b[j].end <= a[i].begin) {
      ++j;
    } else {
      return std::string(std::max(a[i].begin, b[j].begin));
    }
  }
  return std::nullopt;
}

}  // namespace

/// The parts of a commit request; the strings lie in the transaction's data or here.
struct TransactionState::CommitContents {
  std::vector<wire::KeyRange> reads;
  std::vector<wire::KeyRange> writes;
  std::vector<wire::Mutation> mutations;
  /// The key that makes the transaction conflict with itself, and its range's end.
  std::unique_ptr<std::string> own_key;
  std::string_view idempotency_id;
  int64_t bytes = 0;
};

Result<TransactionState::CommitContents> TransactionState::commit_contents() {
  CommitContents contents;
  const ryw::WriteSet& writes = data_.commit_writes();
  contents.mutations.reserve(writes.mutations.size());
  for (const ryw::Mutation& each : writes.mutations) {
    contents.mutations.push_back(to_wire(each));
    contents.bytes += static_cast<int64_t>(each.param1.size() + each.param2.size()) + 12;
  }
  for (const ryw::KeyRange& each : writes.conflicts) {
    contents.writes.push_back(to_wire(each));
    contents.bytes += static_cast<int64_t>(each.begin.size() + each.end.size());
  }
  for (const ryw::KeyRange& each : data_.commit_reads()) {
    contents.reads.push_back(to_wire(each));
    contents.bytes += static_cast<int64_t>(each.begin.size() + each.end.size());
  }
  if (contents.bytes > options_.settings().size_limit) return fail(error::transaction_too_large);
  return contents;
}

Task<Result<void>> TransactionState::commit() {
  FDB_CO_TRY(not_committing());
  phase_ = Phase::kCommitting;
  while (reads_in_flight_ > 0) co_await changed_.wait();
  Result<void> done;
  if (deferred_) {
    done = fail(*deferred_);
  } else {
    done = co_await commit_checked();
  }
  phase_ = Phase::kCommitted;
  if (done) arm_watches();
  if (!versionstamp_) {
    versionstamp_.emplace(
        fail(done ? error::no_commit_version : error::transaction_invalid_version));
  }
  changed_.notify_all();
  co_return std::move(done);
}

Task<Result<void>> TransactionState::commit_checked() {
  Result<CommitContents> made = commit_contents();
  if (!made) co_return fail(made.error());
  CommitContents contents = *std::move(made);
  const TransactionSettings& settings = options_.settings();
  if (contents.mutations.empty() && contents.writes.empty()) co_return Result<void>();
  if (settings.read_only) co_return fail(error::transaction_read_only);

  // A transaction that conflicts with itself can be kept from ever being committed again by another
  // one that writes to the same key.
  const std::string& id = options_.texts().idempotency_id;
  std::string own;
  if (!id.empty() || settings.automatic_idempotency) {
    own = id;
    if (own.empty()) {
      own.resize(kSelfConflictIdBytes);
      client().random().fill({reinterpret_cast<uint8_t*>(own.data()), own.size()});
    }
  } else if (!settings.causal_write_risky && !common_key(contents.reads, contents.writes)) {
    own.resize(kSelfConflictIdBytes);
    client().random().fill({reinterpret_cast<uint8_t*>(own.data()), own.size()});
  }
  if (!own.empty()) {
    contents.own_key = std::make_unique<std::string>(std::string(kSelfConflictPrefix) + own + '\0');
    const std::string_view end = *contents.own_key;
    const wire::KeyRange range{end.substr(0, end.size() - 1), end};
    contents.reads.push_back(range);
    contents.writes.push_back(range);
    if (!id.empty() || settings.automatic_idempotency) {
      contents.idempotency_id = end.substr(kSelfConflictPrefix.size(), own.size());
    }
  }
  if (!version_ && !asking_) {
    // Nothing was read, so nobody can tell whether the version is the very latest.
    using Request = wire::GetReadVersionRequest;
    std::vector<std::string> tags = options_.texts().tags;
    asking_.emplace(changed_, client().read_versions().get(
                                  version_flags() | Request::kCausalReadRisky, std::move(tags)));
  }
  FDB_CO_TRY(co_await need_version());
  FDB_CO_TRY(apply_tenant(contents));
  Result<void> sent = co_await send_commit(contents);
  co_return std::move(sent);
}

// A tenant's keys are sent as the cluster stores them.
Status TransactionState::apply_tenant(CommitContents& contents) {
  if (!tenant_) return {};
  auto apply = [this](std::vector<wire::KeyRange>& ranges) {
    for (wire::KeyRange& each : ranges) each = {with_prefix(each.begin), with_prefix(each.end)};
  };
  apply(contents.reads);
  apply(contents.writes);
  for (wire::Mutation& each : contents.mutations) {
    if (each.param1 == ryw::kMetadataVersionKey) continue;
    if (each.type == wire::MutationType::kSetVersionstampedKey) {
      // The stamp has moved with the key.
      std::string moved(with_prefix(each.param1));
      if (moved.size() < ryw::kVersionstampOffsetSize) return fail(error::client_invalid_operation);
      char* at = moved.data() + moved.size() - ryw::kVersionstampOffsetSize;
      uint32_t offset = 0;
      std::memcpy(&offset, at, sizeof offset);
      offset += static_cast<uint32_t>(prefix().size());
      std::memcpy(at, &offset, sizeof offset);
      each.param1 = keep(moved);
      continue;
    }
    each.param1 = with_prefix(each.param1);
    if (each.type == wire::MutationType::kClearRange) each.param2 = with_prefix(each.param2);
  }
  return {};
}

Task<Result<void>> TransactionState::send_commit(CommitContents& contents) {
  using Request = wire::CommitTransactionRequest;
  const TransactionSettings& settings = options_.settings();
  Request request;
  request.transaction.read_conflict_ranges = contents.reads;
  request.transaction.write_conflict_ranges = contents.writes;
  request.transaction.mutations = contents.mutations;
  request.transaction.read_snapshot = (*version_)->version;
  request.transaction.report_conflicting_keys = settings.report_conflicting_keys;
  request.transaction.lock_aware = settings.lock_aware;
  if (settings.lock_aware) request.flags |= Request::kLockAware;
  if (settings.first_in_batch) request.flags |= Request::kFirstInBatch;
  if (settings.bypass_storage_quota) request.flags |= Request::kBypassStorageQuota;
  request.idempotency_id = contents.idempotency_id;
  request.tenant_info = read_parameters().tenant;

  Event wake(loop());
  Link news(client().coordinators().changed(), wake);
  Link failures(client().transport().changed(), wake);
  const Provisional provisional =
      settings.use_provisional_proxies ? Provisional::kToo : Provisional::kNever;
  for (;;) {
    const ClusterViewRef view = client().view();
    const std::vector<Proxy>& proxies =
        settings.commit_on_first_proxy ? view->first_commit_proxy : view->commit_proxies;
    if (!may_use(proxies, provisional)) {
      co_await wake.wait();
      continue;
    }
    const size_t pick = pick_proxy(client(), proxies, SIZE_MAX);
    if (pick == proxies.size()) {
      co_await wake.wait();
      continue;
    }
    const wire::Endpoint to = proxies[pick].base.adjusted(static_cast<uint32_t>(Request::kMethod));
    Call<Request> call(wake, client().transport(), to, request, Delivery::kAtMostOnce);
    // Of a proxy that is gone from the cluster no answer will come that could be believed.
    while (!call.done() &&
           (client().view() == view || client().view()->commit_proxies == view->commit_proxies)) {
      co_await wake.wait();
    }
    Result<Answer<wire::CommitId>> answer = fail(error::request_maybe_delivered);
    if (call.done()) {
      answer = call.take();
      if (!answer && !call.maybe_delivered()) continue;
    }
    if (answer) {
      if (answer->message.version == wire::CommitId::kConflict)
        co_return fail(error::not_committed);
      committed(answer->message);
      co_return Result<void>();
    }
    const Error why = answer.error();
    const bool is_unknown = why == error::request_maybe_delivered || why == error::broken_promise ||
                            why == error::commit_unknown_result;
    if (!is_unknown) co_return fail(note_tenant(why));
    std::optional<std::string> key = common_key(contents.reads, contents.writes);
    if (key && (!settings.causal_write_risky || !contents.idempotency_id.empty())) {
      co_await wait_for_barrier(*std::move(key));
    }
    co_return fail(error::commit_unknown_result);
  }
}

void TransactionState::committed(const wire::CommitId& told) {
  committed_version_ = told.version;
  std::array<char, 10> stamp;
  ryw::place_versionstamp(stamp.data(), told.version, told.batch_id);
  versionstamp_.emplace(stamp);
  client().read_versions().note_version(told.version);
}

// Commits another transaction that conflicts with this one at `key`. Once that is done this one is
// either committed or never will be: what comes back to the user cannot change any more behind its
// back.
Task<Done> TransactionState::wait_for_barrier(std::string key) {
  key.push_back('\0');
  const std::string_view end = key;
  const std::vector<wire::KeyRange> range = {{end.substr(0, end.size() - 1), end}};
  int64_t backoff = 10 * kMilli;
  for (;;) {
    using Version = wire::GetReadVersionRequest;
    const uint32_t flags =
        uint32_t{Version::kPriorityDefault} | uint32_t{Version::kCausalReadRisky};
    Result<ReadVersion> version = co_await client().read_versions().get(flags, {});
    if (version) {
      wire::CommitTransactionRequest request;
      request.transaction.read_conflict_ranges = range;
      request.transaction.write_conflict_ranges = range;
      request.transaction.read_snapshot = version->version;
      request.transaction.lock_aware = true;
      request.tenant_info.tenant_id = tenant_id_;
      request.flags = wire::CommitTransactionRequest::kLockAware;
      // A barrier may well be committed twice.
      Result<Answer<wire::CommitId>> answer =
          co_await ask_proxy(client(), ProxyKind::kCommit, request, Provisional::kNever);
      if (answer && answer->message.version != wire::CommitId::kConflict) co_return Done{};
      // What trying again does not mend leaves the caller no wiser, but not waiting for ever.
      if (!answer && !answer.error().is_retryable()) co_return Done{};
    }
    co_await loop().sleep(backoff);
    backoff = std::min(2 * backoff, kSecond);
  }
}

Task<Result<std::array<char, 10>>> TransactionState::get_versionstamp() {
  FDB_CO_TRY(usable());
  while (!versionstamp_) co_await changed_.wait();
  co_return *versionstamp_;
}

}  // namespace orrery::fdb
