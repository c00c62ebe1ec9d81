#include "server/database_service.h"

#include <algorithm>

#include "protocol/v2/update_writer.h"
#include "server/ws/socket.h"

namespace orrery::server {
namespace v2 = protocol::v2;
using subscribe::Delivery;

namespace {

v2::RowChanges changes_of(const subscribe::TableRows& rows) {
  v2::RowChanges out;
  out.kind = rows.event ? v2::RowChanges::Kind::kEvent : v2::RowChanges::Kind::kPersistent;
  out.inserts = rows.inserts->view();
  if (!rows.event) out.deletes = rows.deletes->view();
  return out;
}

}  // namespace

UpdateEncoder::UpdateEncoder(const subscribe::Evaluation& evaluation)
    : evaluation_(evaluation), changes_(evaluation.results.size()) {}

const std::string& UpdateEncoder::changes(uint32_t result) {
  std::string& out = changes_[result];
  if (out.empty()) v2::append_row_changes(changes_of(evaluation_.results[result]), &out);
  return out;
}

std::shared_ptr<const ws::ServerMessage> UpdateEncoder::shared(
    char kind, std::span<const Delivery> deliveries, const std::function<std::string()>& make) {
  key_.clear();
  key_.push_back(kind);
  for (const Delivery& d : deliveries) {
    key_.append(reinterpret_cast<const char*>(&d.set), sizeof(d.set));
    key_.append(reinterpret_cast<const char*>(&d.result), sizeof(d.result));
  }
  auto& message = messages_[key_];
  if (message == nullptr) message = ws::make_message(make());
  return message;
}

std::shared_ptr<const ws::ServerMessage> UpdateEncoder::transaction_update(
    std::span<const Delivery> deliveries) {
  return shared('2', deliveries, [&] {
    std::string out;
    v2::begin_transaction_update(&out);
    out += update_body(deliveries);
    return out;
  });
}

std::string UpdateEncoder::update_body(std::span<const Delivery> deliveries) {
  std::string out;
  v2::UpdateWriter writer(&out);
  const Delivery* last = nullptr;
  for (const Delivery& d : deliveries) {
    if (last == nullptr || last->set != d.set) writer.begin_query_set(d.set);
    writer.add(result(d).table_name, changes(d.result));
    last = &d;
  }
  return out;
}

std::string update_body_of(const subscribe::QuerySetRows& rows) {
  std::string out;
  v2::UpdateWriter writer(&out);
  writer.begin_query_set(rows.set);
  std::string changes;
  for (const subscribe::TableRows& table : rows.tables) {
    changes.clear();
    v2::append_row_changes(changes_of(table), &changes);
    writer.add(table.table_name, changes);
  }
  return out;
}

std::shared_ptr<DatabaseService> DatabaseService::start(
    std::shared_ptr<host::HostedDatabase> database, Metrics& metrics, WorkerPool& workers) {
  std::shared_ptr<DatabaseService> out(new DatabaseService(std::move(database), metrics, workers));
  // Commits that go on meanwhile are before all subscriptions.
  out->database_->post([out] {
    if (out->closed()) return;
    out->subscriptions_.set_definition(out->database_->definition());
    out->database_->set_observer(out.get());
  });
  return out;
}

DatabaseService::DatabaseService(std::shared_ptr<host::HostedDatabase> database, Metrics& metrics,
                                 WorkerPool& workers)
    : database_(std::move(database)),
      engine_(database_->engine()),
      store_(engine_->store()),
      workers_(workers),
      metrics_(metrics, database_->identity().to_hex()),
      subscriptions_(*store_, *this, *this),
      live_queries_(*this) {}

DatabaseService::~DatabaseService() = default;

void DatabaseService::add_client(subscribe::SubscriberId id, std::shared_ptr<Client> client) {
  if (closed()) return;
  clients_.emplace(id, std::move(client));
  client_count_.fetch_add(1, std::memory_order_relaxed);
  metrics_.clients.add();
  metrics_.clients_total.add();
}

void DatabaseService::remove_client(subscribe::SubscriberId id) {
  if (clients_.erase(id) == 0) return;
  client_count_.fetch_sub(1, std::memory_order_relaxed);
  metrics_.clients.add(-1);
  subscriptions_.drop(id);
  live_queries_.drop(id);
  metrics_.subscriptions.set(static_cast<int64_t>(subscriptions_.plan_count()));
}

void DatabaseService::committed(const host::CommitEvent& event) {
  note_seq(event.seq);
  metrics_.commits.add();
  live_queries_.note(event.commit.changes);
  using Redefined = subscribe::Subscriptions::Redefined;
  subscribe::Evaluation evaluation = subscriptions_.evaluate(
      event.commit, event.cause == host::CommitCause::kModuleChange ? Redefined::kKeepsRows
                                                                    : Redefined::kFails);
  UpdateEncoder encoder(evaluation);
  std::span<const Delivery> left = evaluation.deliveries;
  while (!left.empty()) {
    size_t n = 1;
    while (n < left.size() && left[n].subscriber == left[0].subscriber) ++n;
    auto client = clients_.find(left[0].subscriber);
    if (client != clients_.end()) client->second->on_update(encoder, left.first(n), event);
    left = left.subspan(n);
  }
  for (const subscribe::FailedSet& failed : evaluation.failures) {
    auto client = clients_.find(failed.subscriber);
    if (client != clients_.end()) client->second->on_set_failed(failed.set, failed.error);
  }
}

void DatabaseService::module_changed(bool clients_must_reconnect) {
  subscriptions_.set_definition(database_->definition());
  live_queries_.module_changed();
  for (auto& [id, client] : clients_) {
    if (clients_must_reconnect) {
      client->on_end(ws::kCloseAway, "module exited");
    } else {
      client->on_module_changed();
    }
  }
}

Result<subscribe::ViewSource::Instance> DatabaseService::use(const schema::ViewDef& view,
                                                             const types::Identity& caller) {
  ORRERY_TRY_ASSIGN(host::HostedDatabase::ViewInstance instance, database_->use_view(view, caller));
  return Instance{instance.table, std::move(instance.argument_hash)};
}

void DatabaseService::release(const Instance& instance) {
  database_->release_view({instance.table, instance.argument_hash});
}

void DatabaseService::watch(storage::TableId table, bool watched) {
  database_->watch(table, watched);
}

void DatabaseService::wake(const std::shared_ptr<ws::Socket>& socket) {
  if (!database_->on_lane()) return socket->wake();
  waking_.push_back(socket);
  if (waking_.size() > 1) return;
  database_->at_pause([self = shared_from_this()] {
    std::vector<std::shared_ptr<ws::Socket>> sockets = std::move(self->waking_);
    self->waking_.clear();
    for (const auto& one : sockets) one->wake();
    sockets.clear();
    if (self->waking_.empty()) self->waking_ = std::move(sockets);  // its memory
  });
}

bool DatabaseService::is_durable(storage::CommitSeq seq, const std::shared_ptr<Client>& client) {
  if (store_->durable_seq() >= seq) return true;
  {
    LockGuard<Mutex> guard(durable_mutex_);
    if (seq <= durable_seq_) return true;
    if (!client->waits_for_durable_) {
      client->waits_for_durable_ = true;
      durable_waiters_.push_back(client);
    }
    wanted_seq_ = std::max(wanted_seq_, seq);
    if (asking_) return false;
    asking_ = true;
  }
  ask_durable(seq);
  return false;
}

/// One question is under way at a time: the answer to it is often that to the next ones too.
void DatabaseService::ask_durable(storage::CommitSeq seq) {
  database_->when_durable(seq, [self = shared_from_this(), seq](Status status) {
    self->on_durable(seq, std::move(status));
  });
}

void DatabaseService::on_durable(storage::CommitSeq seq, Status status) {
  if (!status) {
    close(ws::kCloseError, "commits cannot be made durable: " + status.error().message());
    return;
  }
  std::vector<std::shared_ptr<Client>> waiters;
  storage::CommitSeq next = 0;
  {
    LockGuard<Mutex> guard(durable_mutex_);
    durable_seq_ = std::max(durable_seq_, seq);
    asking_ = wanted_seq_ > durable_seq_;
    next = wanted_seq_;
    waiters.reserve(durable_waiters_.size());
    for (auto& waiter : durable_waiters_) {
      if (auto client = waiter.lock()) waiters.push_back(std::move(client));
    }
    durable_waiters_.clear();
    // Who waits for more than this is told again.
    for (auto& client : waiters) {
      client->waits_for_durable_ = asking_;
      if (asking_) durable_waiters_.push_back(client);
    }
  }
  for (auto& client : waiters) client->on_durable(seq);
  if (next > seq) ask_durable(next);
}

void DatabaseService::close(uint16_t code, std::string_view reason) {
  closed_.store(true, std::memory_order_release);
  database_->post([self = shared_from_this(), code, reason = std::string(reason)] {
    self->database_->set_observer(nullptr);
    for (auto& [id, client] : self->clients_) client->on_end(code, reason);
    // The lane may end before the sockets do, and with it every other chance to let go of them.
    while (!self->clients_.empty()) self->remove_client(self->clients_.begin()->first);
  });
}

void DatabaseService::finish() {
  database_->set_observer(nullptr);  // waits for its turn
}

}  // namespace orrery::server
