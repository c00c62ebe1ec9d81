// LiveSession: one client of live SELECTs over its socket (see live_message.h).
//
// The owner of the database looks at it from outside: the module does not hear of his connection.
// Anybody else is a client of the module like any other, who may be refused by client_connected.
// Limits: size and rate of requests, queries of one socket; a client that does not read what was
// sent to it is let go of with a reason.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "server/database_service.h"
#include "server/live/live_message.h"
#include "server/ws/outbox.h"
#include "server/ws/request_rate.h"
#include "server/ws/socket.h"

namespace orrery::server::live {

struct LiveOptions {
  std::string token_payload;  ///< for the module
  uint32_t requests_per_second = 0;  ///< 0: as many as it likes
  uint32_t requests_max = 16'384;    ///< that may wait
  uint32_t queries_max = 64;
  int64_t patience_micros = 10'000'000;  ///< with a client that does not read
};

class LiveSession final : public ws::SocketReader,
                          public Client,
                          public LiveClient,
                          public std::enable_shared_from_this<LiveSession> {
 public:
  static void begin(std::shared_ptr<DatabaseService> service, std::shared_ptr<ws::Socket> socket,
                    const host::Caller& caller, LiveOptions options);
  LiveSession(std::shared_ptr<DatabaseService> service, std::shared_ptr<ws::Socket> socket,
              const host::Caller& caller, LiveOptions options);

  const host::Caller& caller() const override { return caller_; }
  // Client
  void on_update(UpdateEncoder&, std::span<const subscribe::Delivery>,
                 const host::CommitEvent&) override {}
  void on_set_failed(subscribe::QuerySetId, const Error&) override {}
  void on_module_changed() override {}
  void on_durable(storage::CommitSeq) override {}
  void on_end(uint16_t code, std::string_view reason) override { end(code, reason); }
  Activity activity() const override;
  // LiveClient
  void on_live(std::shared_ptr<const ws::ServerMessage> message) override;
  bool keeps_up() override;
  // ws::SocketReader
  void on_message(ws::MessageKind kind, std::string_view message) override;
  void on_closed(std::string_view why) override;

 private:
  void connect();
  void connected(const host::CallOutcome& outcome);
  void refuse(uint64_t id, const Error& error);
  void carry_out(LiveRequest request);
  void end(uint16_t code, std::string_view reason);

  const std::shared_ptr<DatabaseService> service_;
  const std::shared_ptr<ws::Socket> socket_;
  const host::Caller caller_;
  const LiveOptions options_;
  const bool owner_;
  const subscribe::SubscriberId id_;
  const std::shared_ptr<ws::Outbox> outbox_;
  const int64_t began_nanos_;
  std::atomic<bool> ended_{false};
  std::atomic<uint32_t> requests_{0};
  ws::RequestRate rate_;  ///< of the io thread
  // Of the lane.
  uint64_t taken_before_ = 0;  ///< by the socket, when it was last seen to take something
  int64_t taken_nanos_ = 0;    ///< when that was
};

}  // namespace orrery::server::live
