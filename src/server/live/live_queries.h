// LiveQueries: the live SELECTs of one database: when each is run again, and what its client hears.
//
// A commit marks the queries that read one of its tables. A marked query is run by a worker against
// a view pinned on the lane, compared there with what its client has, and only the finished message
// comes back to the lane. So that many commits or a costly query do not take the machine: a query
// rests between two runs for as long as the last one took (kRestMicros at least), few run at once,
// and one whose client has not read what came before waits. Whatever is left out then is in the next
// run. Everything here but the worker's part is on the database's lane.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "host/caller.h"
#include "host/select_run.h"
#include "server/ws/server_message.h"
#include "storage/change_set.h"
#include "subscribe/live_rows.h"
#include "subscribe/subscriptions.h"

namespace orrery::server {
class DatabaseService;
}

namespace orrery::server::live {

inline constexpr size_t kRowsMax = 100'000;      ///< of one query
inline constexpr uint64_t kBytesMax = 64 << 20;  ///< of one query's rows
inline constexpr int64_t kRunNanosMax = 10'000'000'000;
inline constexpr int64_t kRestMicros = 20'000;
inline constexpr uint32_t kRunsMax = 2;  ///< at a time, of one database

/// Whom a live query is for. On the lane.
class LiveClient {
 public:
  virtual ~LiveClient() = default;
  virtual const host::Caller& caller() const = 0;
  virtual void on_live(std::shared_ptr<const ws::ServerMessage> message) = 0;
  /// False where enough waits to be read; asked again until it is read.
  virtual bool keeps_up() = 0;
};

class LiveQueries {
 public:
  explicit LiveQueries(DatabaseService& service) : service_(service) {}

  /// Its rows, or why there are none, come by on_live(). Replaces the client's query of that id.
  void subscribe(subscribe::SubscriberId subscriber, uint64_t id,
                 std::shared_ptr<LiveClient> client, std::string sql);
  void unsubscribe(subscribe::SubscriberId subscriber, uint64_t id);
  void drop(subscribe::SubscriberId subscriber);

  void note(const storage::ChangeSet& changes);
  void module_changed();

  size_t count() const { return queries_.size(); }
  size_t count(subscribe::SubscriberId subscriber) const;
  bool has(subscribe::SubscriberId subscriber, uint64_t id) const {
    return queries_.contains({subscriber, id});
  }

 private:
  using Key = std::pair<subscribe::SubscriberId, uint64_t>;
  struct Query {
    Key key;
    std::shared_ptr<LiveClient> client;
    std::string sql;
    std::vector<storage::TableId> inputs;  ///< watched
    bool gone = false;
    bool queued = false;
    bool running = false;
    bool dirty = false;
    int64_t due_nanos = 0;
    std::atomic<bool> cancelled{false};
    // Of whoever runs it.
    subscribe::LiveRows rows;
    types::AlgebraicType schema = types::AlgebraicType::unit();
    bool answered = false;
  };
  using QueryPtr = std::shared_ptr<Query>;
  struct Outcome {
    std::shared_ptr<const ws::ServerMessage> message;  ///< null: nothing changed
    bool failed = false;
    int64_t nanos = 0;
  };

  static Outcome run(Query& query, host::SelectRun& run);
  void set_inputs(const QueryPtr& query, std::vector<storage::TableId> inputs);
  void mark(const QueryPtr& query);
  void wake();
  void start_what_is_due();
  /// True where it left the queue.
  bool try_start(const QueryPtr& query, int64_t now);
  void finished(const QueryPtr& query, Outcome outcome);
  void remove(const QueryPtr& query);
  void fail(const QueryPtr& query, const Error& error);
  void wake_at(int64_t nanos);

  DatabaseService& service_;
  std::map<Key, QueryPtr> queries_;
  std::unordered_map<storage::TableId, std::vector<QueryPtr>> readers_;
  std::deque<QueryPtr> queue_;
  uint32_t runs_ = 0;
  bool woken_ = false;
  int64_t timer_nanos_ = 0;  ///< when a timer goes off; 0: none is set
};

}  // namespace orrery::server::live
