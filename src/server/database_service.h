// DatabaseService: one hosted database with what the server adds to it: live queries, the clients
// that are connected, and what is durable.
//
// It hears every commit on the database's lane, evaluates the subscriptions and hands each client
// its part; what many clients get alike is encoded once. Functions may be called from any thread
// unless they say "on the lane". Lives as long as a client holds it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/sync.h"
#include "host/hosted_database.h"
#include "server/live/live_queries.h"
#include "server/metrics.h"
#include "server/worker_pool.h"
#include "server/ws/server_message.h"
#include "server/ws/socket.h"
#include "subscribe/subscriptions.h"

namespace orrery::server {

/// Makes messages of one commit's evaluation; equal ones are made once. On the lane, during
/// Client::on_update() only.
class UpdateEncoder {
 public:
  explicit UpdateEncoder(const subscribe::Evaluation& evaluation);

  const subscribe::TableRows& result(const subscribe::Delivery& d) const {
    return evaluation_.results[d.result];
  }
  /// TransactionUpdate of v2.
  std::shared_ptr<const ws::ServerMessage> transaction_update(
      std::span<const subscribe::Delivery> deliveries);
  /// The same without its tag, as ReducerResult has it.
  std::string update_body(std::span<const subscribe::Delivery> deliveries);
  /// What a client's kind of message makes of these deliveries; `make` only where nobody asked for
  /// it yet under the same `kind`.
  std::shared_ptr<const ws::ServerMessage> shared(char kind,
                                                  std::span<const subscribe::Delivery> deliveries,
                                                  const std::function<std::string()>& make);

 private:
  const std::string& changes(uint32_t result);

  const subscribe::Evaluation& evaluation_;
  std::vector<std::string> changes_;  ///< by result; made when first asked for
  std::map<std::string, std::shared_ptr<const ws::ServerMessage>> messages_;
  std::string key_;
};

/// A TransactionUpdate's body for rows of one set.
std::string update_body_of(const subscribe::QuerySetRows& rows);

/// A connected client as the service sees it.
class Client {
 public:
  virtual ~Client() = default;
  virtual const host::Caller& caller() const = 0;
  /// On the lane: its part of a commit, at least one delivery.
  virtual void on_update(UpdateEncoder& encoder, std::span<const subscribe::Delivery> deliveries,
                         const host::CommitEvent& event) = 0;
  /// On the lane: a live set is gone.
  virtual void on_set_failed(subscribe::QuerySetId set, const Error& error) = 0;
  /// On the lane: the module was replaced; sets are to be subscribed to anew.
  virtual void on_module_changed() = 0;
  /// Everything up to `seq` is durable. Any thread.
  virtual void on_durable(storage::CommitSeq seq) = 0;
  /// The connection must end. Any thread.
  virtual void on_end(uint16_t code, std::string_view reason) = 0;
  struct Activity {
    std::string_view protocol;
    int64_t connected_micros = 0;  ///< ago
    uint64_t subscriptions = 0;
    uint64_t sent_bytes = 0;
  };
  /// On the lane.
  virtual Activity activity() const = 0;

 private:
  friend class DatabaseService;
  bool waits_for_durable_ = false;  ///< guarded by the service's durable_mutex_
};

class DatabaseService final : public host::CommitObserver,
                              public subscribe::ViewSource,
                              public subscribe::TableWatch,
                              public std::enable_shared_from_this<DatabaseService> {
 public:
  /// Begins to observe. `metrics` and `workers` must outlive it.
  static std::shared_ptr<DatabaseService> start(std::shared_ptr<host::HostedDatabase> database,
                                                Metrics& metrics, WorkerPool& workers);
  ~DatabaseService() override;

  host::HostedDatabase& database() { return *database_; }
  WorkerPool& workers() { return workers_; }
  DatabaseMetrics& metrics() { return metrics_; }
  bool is_owner(const types::Identity& identity) const { return identity == database_->owner(); }
  subscribe::SubscriberId next_subscriber() { return next_subscriber_.fetch_add(1); }
  uint32_t client_count() const { return client_count_.load(std::memory_order_relaxed); }

  /// On the lane.
  void add_client(subscribe::SubscriberId id, std::shared_ptr<Client> client);
  void remove_client(subscribe::SubscriberId id);
  subscribe::Subscriptions& subscriptions() { return subscriptions_; }
  live::LiveQueries& live_queries() { return live_queries_; }
  const std::unordered_map<subscribe::SubscriberId, std::shared_ptr<Client>>& clients() const {
    return clients_;
  }
  /// Of the last commit that was heard of.
  storage::CommitSeq last_seq() const { return last_seq_; }
  void note_seq(storage::CommitSeq seq) { last_seq_ = std::max(last_seq_, seq); }

  /// There is something in the socket's outbox. Of many that come one after the other on the lane,
  /// sockets hear together: what goes to one is then one write.
  void wake(const std::shared_ptr<ws::Socket>& socket);

  bool is_durable(storage::CommitSeq seq) const { return store_->durable_seq() >= seq; }
  /// The same, and where it is false the client is told when that changes.
  bool is_durable(storage::CommitSeq seq, const std::shared_ptr<Client>& client);

  /// Ends all connections; no new ones are taken from now on.
  void close(uint16_t code, std::string_view reason);
  /// After close(): waits until what the lane has to do for it is done. Not on the lane.
  void finish();
  bool closed() const { return closed_.load(std::memory_order_acquire); }

  // host::CommitObserver, on the lane
  void committed(const host::CommitEvent& event) override;
  void module_changed(bool clients_must_reconnect) override;
  // subscribe::ViewSource, subscribe::TableWatch, on the lane
  Result<Instance> use(const schema::ViewDef& view, const types::Identity& caller) override;
  void release(const Instance& instance) override;
  void watch(storage::TableId table, bool watched) override;

 private:
  DatabaseService(std::shared_ptr<host::HostedDatabase> database, Metrics& metrics,
                  WorkerPool& workers);
  void ask_durable(storage::CommitSeq seq);
  void on_durable(storage::CommitSeq seq, Status status);

  const std::shared_ptr<host::HostedDatabase> database_;
  const std::shared_ptr<engine::Database> engine_;  ///< keeps the store
  const std::shared_ptr<storage::Store> store_;
  WorkerPool& workers_;
  DatabaseMetrics metrics_;
  std::atomic<subscribe::SubscriberId> next_subscriber_{1};
  std::atomic<uint32_t> client_count_{0};
  std::atomic<bool> closed_{false};

  // Of the lane.
  subscribe::Subscriptions subscriptions_;
  live::LiveQueries live_queries_;
  std::unordered_map<subscribe::SubscriberId, std::shared_ptr<Client>> clients_;
  storage::CommitSeq last_seq_ = 0;
  std::vector<std::shared_ptr<ws::Socket>> waking_;

  Mutex durable_mutex_;
  storage::CommitSeq durable_seq_ = 0;
  storage::CommitSeq wanted_seq_ = 0;
  bool asking_ = false;
  std::vector<std::weak_ptr<Client>> durable_waiters_;
};

}  // namespace orrery::server
