#include "server/live/live_queries.h"

#include <algorithm>

#include "env/environment.h"
#include "server/database_service.h"
#include "server/live/live_message.h"

namespace orrery::server::live {
namespace {

/// Until a client that does not keep up, or a worker pool that is full, is asked again.
constexpr int64_t kAgainNanos = 20'000'000;

int64_t now_nanos() {
  return env::system_environment().clock->monotonic_nanos();
}

}  // namespace

void LiveQueries::subscribe(subscribe::SubscriberId subscriber, uint64_t id,
                            std::shared_ptr<LiveClient> client, std::string sql) {
  unsubscribe(subscriber, id);
  auto query = std::make_shared<Query>();
  query->key = {subscriber, id};
  query->client = std::move(client);
  query->sql = std::move(sql);
  queries_.emplace(query->key, query);
  mark(query);
}

void LiveQueries::unsubscribe(subscribe::SubscriberId subscriber, uint64_t id) {
  auto it = queries_.find({subscriber, id});
  if (it != queries_.end()) remove(QueryPtr(it->second));
}

void LiveQueries::drop(subscribe::SubscriberId subscriber) {
  while (true) {
    auto it = queries_.lower_bound({subscriber, 0});
    if (it == queries_.end() || it->first.first != subscriber) return;
    remove(QueryPtr(it->second));
  }
}

size_t LiveQueries::count(subscribe::SubscriberId subscriber) const {
  size_t out = 0;
  for (auto it = queries_.lower_bound({subscriber, 0});
       it != queries_.end() && it->first.first == subscriber; ++it) {
    ++out;
  }
  return out;
}

void LiveQueries::remove(const QueryPtr& query) {
  query->gone = true;
  query->cancelled.store(true, std::memory_order_relaxed);
  set_inputs(query, {});
  query->client = nullptr;
  queries_.erase(query->key);
}

void LiveQueries::fail(const QueryPtr& query, const Error& error) {
  query->client->on_live(ws::make_message(error_message(query->key.second, error, query->sql)));
  remove(query);
}

void LiveQueries::set_inputs(const QueryPtr& query, std::vector<storage::TableId> inputs) {
  if (query->inputs == inputs) return;
  for (storage::TableId table : inputs) {
    service_.watch(table, true);
    readers_[table].push_back(query);
  }
  for (storage::TableId table : query->inputs) {
    service_.watch(table, false);
    auto readers = readers_.find(table);
    auto it = std::find(readers->second.begin(), readers->second.end(), query);
    readers->second.erase(it);
    if (readers->second.empty()) readers_.erase(readers);
  }
  query->inputs = std::move(inputs);
}

void LiveQueries::note(const storage::ChangeSet& changes) {
  if (readers_.empty()) return;
  auto touch = [this](storage::TableId table) {
    auto readers = readers_.find(table);
    if (readers == readers_.end()) return;
    for (const QueryPtr& query : readers->second) mark(query);
  };
  for (const storage::ChangeSet::Table& table : changes.tables()) touch(table.id);
  for (storage::TableId table : changes.redefined()) touch(table);
}

void LiveQueries::module_changed() {
  for (auto& [key, query] : queries_) {
    // Tables may be others under the same ids.
    set_inputs(query, {});
    mark(query);
  }
}

void LiveQueries::mark(const QueryPtr& query) {
  query->dirty = true;
  if (query->queued || query->running) return;
  query->queued = true;
  queue_.push_back(query);
  wake();
}

/// A commit is being told of where this is called: what it leads to comes after it.
void LiveQueries::wake() {
  if (std::exchange(woken_, true)) return;
  service_.database().post([service = service_.shared_from_this(), this] {
    woken_ = false;
    start_what_is_due();
  });
}

void LiveQueries::wake_at(int64_t nanos) {
  if (timer_nanos_ != 0 && timer_nanos_ <= nanos) return;
  timer_nanos_ = nanos;
  const int64_t micros = std::max<int64_t>(0, nanos - now_nanos()) / 1000 + 1;
  service_.database().post_after(micros, [service = service_.shared_from_this(), this, nanos] {
    if (timer_nanos_ != nanos) return;  // an earlier one was set since
    timer_nanos_ = 0;
    start_what_is_due();
  });
}

void LiveQueries::start_what_is_due() {
  if (service_.closed()) return;
  const int64_t now = now_nanos();
  int64_t next = INT64_MAX;
  // Those that become marked meanwhile come behind.
  for (size_t left = queue_.size(); left > 0 && runs_ < kRunsMax; --left) {
    QueryPtr query = std::move(queue_.front());
    queue_.pop_front();
    if (query->gone || try_start(query, now)) continue;
    next = std::min(next, query->due_nanos);
    queue_.push_back(std::move(query));
  }
  if (next != INT64_MAX && runs_ < kRunsMax) wake_at(next);
}

bool LiveQueries::try_start(const QueryPtr& query, int64_t now) {
  if (query->due_nanos > now) return false;
  if (!query->client->keeps_up()) {
    query->due_nanos = now + kAgainNanos;
    return false;
  }
  query->dirty = false;
  auto begun = service_.database().begin_select(query->client->caller(), query->sql);
  if (!begun) {
    fail(query, begun.error());
    return true;
  }
  set_inputs(query, (*begun)->inputs());
  std::shared_ptr<host::SelectRun> select = std::move(*begun);
  auto work = [service = service_.shared_from_this(), this, query, select]() mutable {
    auto outcome = std::make_shared<Outcome>(run(*query, *select));
    select = nullptr;  // and what it pins
    service->database().post([service, this, query, outcome] { finished(query, std::move(*outcome)); });
  };
  if (service_.workers().post(std::move(work)) != WorkerPool::Posted::kTaken) {
    query->dirty = true;
    query->due_nanos = now + kAgainNanos;
    return false;
  }
  query->queued = false;
  query->running = true;
  ++runs_;
  return true;
}

/// On a worker.
LiveQueries::Outcome LiveQueries::run(Query& query, host::SelectRun& run) {
  Outcome out;
  const int64_t started = now_nanos();
  const uint64_t id = query.key.second;
  host::SelectLimits limits;
  limits.rows_max = kRowsMax;
  limits.bytes_max = kBytesMax;
  limits.deadline_nanos = started + kRunNanosMax;
  auto rows = run.run(limits, &query.cancelled);
  Result<std::string> message = std::string();
  if (!rows) {
    message = std::move(rows).error();
  } else if (!query.answered || !(query.schema == rows->schema)) {
    query.schema = std::move(rows->schema);
    query.rows = {};
    (void)query.rows.replace(std::move(rows->rows), subscribe::RowOrder::kMatters);
    query.answered = true;
    message = result_message(id, query.schema, query.rows.rows());
  } else {
    const subscribe::LiveChange change = query.rows.replace(
        std::move(rows->rows), run.order() == host::SelectRun::Order::kAsWritten
                                   ? subscribe::RowOrder::kMatters
                                   : subscribe::RowOrder::kAny);
    if (!change.empty()) message = change_message(id, query.schema, change, query.rows.rows());
  }
  if (!message) {
    out.failed = true;
    message = error_message(id, message.error(), query.sql);
  }
  if (!message->empty()) out.message = ws::make_message(std::move(*message));
  out.nanos = now_nanos() - started;
  return out;
}

void LiveQueries::finished(const QueryPtr& query, Outcome outcome) {
  --runs_;
  query->running = false;
  if (!query->gone) {
    query->due_nanos = now_nanos() + std::max(outcome.nanos, kRestMicros * 1000);
    if (outcome.message != nullptr) query->client->on_live(std::move(outcome.message));
    if (outcome.failed) {
      if (!query->gone) remove(query);
    } else if (query->dirty && !query->gone) {
      mark(query);
    }
  }
  start_what_is_due();
}

}  // namespace orrery::server::live
