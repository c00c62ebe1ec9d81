// Session: what one client does over its socket, from the upgrade to the last message.
//
// Messages are decoded on the socket's io thread and carried out on the database's lane in the
// order in which they came; answers and updates go into the outbox in the order in which the lane
// makes them. A request whose answer takes more than one step on the lane (the rows of a new
// subscription) holds back the client's next ones. The dialects (session_v1.h, session_v2.h) decode
// and encode; everything else is here.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.h"
#include "protocol/subprotocol.h"
#include "server/database_service.h"
#include "server/ws/outbox.h"
#include "server/ws/request_rate.h"
#include "server/ws/socket.h"

namespace orrery::server::ws {

enum class Reads : uint8_t { kAsCommitted, kConfirmed };
enum class Updates : uint8_t { kFull, kLight };

struct SessionOptions {
  protocol::Subprotocol protocol = protocol::Subprotocol::kV2;
  Compression compression = Compression::kBrotli;
  Reads reads = Reads::kConfirmed;
  Updates updates = Updates::kFull;  ///< v1
  std::string token;                 ///< that the client is to keep
  std::string token_payload;         ///< for the module
  uint32_t requests_max = 16'384;    ///< that may wait
  uint32_t messages_max = 16'384;    ///< that may wait to be sent
  uint32_t requests_per_second = 0;  ///< 0: as many as it likes
};

class Session : public SocketReader, public Client, public std::enable_shared_from_this<Session> {
 public:
  /// Runs client_connected, then reads; where that refuses, the socket is closed.
  static void begin(std::shared_ptr<DatabaseService> service, std::shared_ptr<Socket> socket,
                    const host::Caller& caller, SessionOptions options);

  const host::Caller& caller() const override { return caller_; }
  void on_set_failed(subscribe::QuerySetId set, const Error& error) override = 0;
  void on_durable(storage::CommitSeq seq) override;
  void on_end(uint16_t code, std::string_view reason) override;
  void on_module_changed() override;
  Activity activity() const override;
  void on_message(MessageKind kind, std::string_view message) override;
  void on_quiet() final;
  void on_closed(std::string_view why) override;

 protected:
  Session(std::shared_ptr<DatabaseService> service, std::shared_ptr<Socket> socket,
          const host::Caller& caller, SessionOptions options);

  /// Decodes a message and submits what it asks for.
  virtual void decode(MessageKind kind, std::string_view message) = 0;
  /// Submits what decode() put aside; no more messages come for now.
  virtual void submit_waiting() {}
  /// The message that tells the client who it is.
  virtual std::string greeting() = 0;

  enum class Order : uint8_t {
    kPosts,  ///< posts to the lane once, and is done
    kHolds,  ///< the client's next request waits until next_request()
  };
  /// Runs `request` when those before it that hold have ended. Each request calls done() when it is
  /// answered.
  template <class Run>
  void submit(Order order, Run&& request) {
    count_input();
    if (take_request()) submit_taken(order, std::forward<Run>(request));
  }
  /// The same for requests that are counted already.
  template <class Run>
  void submit_taken(Order order, Run&& request) {
    {
      LockGuard<Mutex> guard(mutex_);
      if (holding_) {
        held_.push_back({order, std::forward<Run>(request)});
        return;
      }
      holding_ = order == Order::kHolds;
    }
    request();
  }
  void next_request();
  void done() { requests_.fetch_sub(1, std::memory_order_relaxed); }
  /// Counts one request; false where the connection has ended or ends for it.
  bool take_request();

  /// Queues a message; `seq` is the commit that it tells of (0: none).
  void send(std::shared_ptr<const ServerMessage> message, storage::CommitSeq seq);
  void send(std::string message, storage::CommitSeq seq) { send_from(&message, seq); }
  /// The same; what is left in `message` can be used again.
  void send_from(std::string* message, storage::CommitSeq seq);
  void end(uint16_t code, std::string_view reason);

  /// On the lane: between these two, what is sent does not wake the socket, so that it goes out
  /// together.
  void hold_wake() { holds_wake_ = true; }
  void release_wake();

  using Rows = std::function<void(Result<subscribe::QuerySetRows>)>;
  /// On the lane. Makes the set live and gives its rows, on the lane, maybe later; then what
  /// commits brought meanwhile, one call of `late` for each. Small sets block nobody, large ones
  /// are made by a worker.
  void subscribe(subscribe::QuerySetId set, std::vector<std::string> queries, Rows rows,
                 std::function<void(const subscribe::QuerySetRows&)> late,
                 std::function<void()> ended);
  /// On the lane. The rows of one query, as subscribe() does it.
  void query(std::string sql, Rows rows);
  /// On the lane.
  bool has_set(subscribe::QuerySetId set) const { return queries_.contains(set); }
  void forget_queries(subscribe::QuerySetId set) { queries_.erase(set); }

  host::HostedDatabase& database() { return service_->database(); }
  DatabaseService& service() { return *service_; }
  const SessionOptions& options() const { return options_; }
  subscribe::SubscriberId id() const { return id_; }
  subscribe::Viewer viewer() const;
  int64_t now_micros() const;

 private:
  struct Request {
    Order order;
    std::function<void()> run;
  };
  /// Of the io thread: into the metrics, before answers go out.
  void count_input();
  void connect();
  void connected(const host::CallOutcome& outcome);
  uint64_t hold_back(storage::CommitSeq seq);
  void pushed(Outbox::Pushed how);

  const std::shared_ptr<DatabaseService> service_;
  const std::shared_ptr<Socket> socket_;
  const host::Caller caller_;
  const SessionOptions options_;
  const subscribe::SubscriberId id_;
  const std::shared_ptr<Outbox> outbox_;
  const int64_t began_nanos_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> cancelled_{false};
  std::atomic<uint32_t> requests_{0};
  // Of the io thread.
  RequestRate rate_;
  int64_t messages_in_ = 0;  ///< not in the metrics yet
  int64_t bytes_in_ = 0;
  // Of the lane.
  bool holds_wake_ = false;
  bool wake_due_ = false;
  std::map<subscribe::QuerySetId, std::vector<std::string>> queries_;
  /// Sets whose first rows are being made; true where the module changed meanwhile.
  std::map<subscribe::QuerySetId, bool> making_;

  Mutex mutex_;
  bool holding_ = false;
  std::deque<Request> held_;
};

}  // namespace orrery::server::ws
