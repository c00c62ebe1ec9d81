// SessionV2: the messages of v2 and v3.
#pragma once

#include <optional>
#include <string>

#include "protocol/v2/messages.h"
#include "server/ws/call_batch.h"
#include "server/ws/session.h"

namespace orrery::server::ws {

class SessionV2 final : public Session {
 public:
  using Session::Session;
  SessionV2(std::shared_ptr<DatabaseService> service, std::shared_ptr<Socket> socket,
            const host::Caller& caller, SessionOptions options)
      : Session(std::move(service), std::move(socket), caller, std::move(options)) {}

  void on_update(UpdateEncoder& encoder, std::span<const subscribe::Delivery> deliveries,
                 const host::CommitEvent& event) override;
  void on_set_failed(subscribe::QuerySetId set, const Error& error) override;

 protected:
  void decode(MessageKind kind, std::string_view message) override;
  void submit_waiting() override { submit_calls(); }
  std::string greeting() override;

 private:
  /// The part of a commit that belongs into the answer to the call that made it.
  struct OwnUpdate {
    std::string body;
    storage::CommitSeq seq = 0;
  };

  struct CallTask;

  /// Anything but a reducer call.
  void carry_out(const protocol::v2::ClientMessage& message);
  void subscribe_set(uint32_t request, uint32_t set, std::vector<std::string> queries);
  void unsubscribe_set(uint32_t request, uint32_t set, subscribe::Subscriptions::DroppedRows rows);
  void one_off(uint32_t request, std::string sql);
  void one_off_sql(uint32_t request, std::string sql);
  /// Calls that came one after the other cost the lane one task.
  void submit_calls();
  void post_calls(CallBatch calls);
  void run_calls(CallBatch* calls);
  void call_procedure(uint32_t request, std::string name, std::string arguments);
  /// What calls of one batch share.
  struct Answers {
    std::string message;
    // Not in the metrics yet.
    int64_t calls = 0;
    int64_t failures = 0;
    int64_t micros = 0;
    int64_t energy = 0;
  };
  void reducer_done(uint32_t request, const host::CallOutcome& outcome, Answers* answers);
  void count(Answers* answers);
  void procedure_done(uint32_t request, const host::CallOutcome& outcome);
  void refuse_set(std::optional<uint32_t> request, uint32_t set, const Error& error);
  void flush_own_update();

  CallBatch calls_;  ///< of the io thread: those that wait for more of them
  // Of the lane.
  std::optional<OwnUpdate> own_update_;
};

}  // namespace orrery::server::ws
