// SessionV1: the messages of v1, in BSATN and in JSON.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "protocol/v1/messages.h"
#include "server/ws/session.h"

namespace orrery::server::ws {

class SessionV1 final : public Session {
 public:
  SessionV1(std::shared_ptr<DatabaseService> service, std::shared_ptr<Socket> socket,
            const host::Caller& caller, SessionOptions options)
      : Session(std::move(service), std::move(socket), caller, std::move(options)) {}

  void on_update(UpdateEncoder& encoder, std::span<const subscribe::Delivery> deliveries,
                 const host::CommitEvent& event) override;
  void on_set_failed(subscribe::QuerySetId set, const Error& error) override;

 protected:
  void decode(MessageKind kind, std::string_view message) override;
  std::string greeting() override;

 private:
  /// Queries of the message Subscribe have no id of their own.
  static constexpr uint32_t kLegacySet = UINT32_MAX;
  enum class Answer : uint8_t { kSingle, kMulti, kLegacy };

  /// What a client called.
  struct Call {
    std::string name;
    std::string arguments;  ///< as they came
    uint32_t request_id = 0;
    protocol::v1::CallNotice notice = protocol::v1::CallNotice::kFullUpdate;
  };
  /// Rows put into the form of DatabaseUpdate; `update` points into the blocks.
  struct TableBlocks {
    std::string name;
    storage::TableId table = 0;
    uint64_t row_count = 0;
    std::vector<std::string> changes;
  };
  using Blocks = std::vector<TableBlocks>;
  struct OwnUpdate {
    Blocks blocks;
    storage::CommitSeq seq = 0;
  };

  protocol::v1::Format format() const {
    return options().protocol == protocol::Subprotocol::kV1Json ? protocol::v1::Format::kJson
                                                                : protocol::v1::Format::kBsatn;
  }
  std::string encode(const protocol::v1::ServerMessage& message) const;
  std::shared_ptr<SessionV1> self() {
    return std::static_pointer_cast<SessionV1>(shared_from_this());
  }

  void carry_out(const protocol::v1::ClientMessage& message);
  void subscribe_set(Answer answer, uint32_t request, uint32_t set,
                     std::vector<std::string> queries);
  void subscribed(Answer answer, uint32_t request, uint32_t set, int64_t micros,
                  Result<subscribe::QuerySetRows> rows);
  void unsubscribe_set(Answer answer, uint32_t request, uint32_t set);
  void one_off(std::string message_id, std::string sql);
  void call_reducer(Call call);
  void reducer_done(const Call& call, const host::CallOutcome& outcome);
  void call_procedure(Call call);
  void execution_error(const Call& call, std::string_view error);
  void subscription_error(std::optional<uint32_t> request, std::optional<uint32_t> set,
                          const Error& error);
  void flush_own_update();

  Result<std::string> bsatn_arguments(const Call& call);
  /// Appends one result; rows go to inserts or, where a set ends, to deletes.
  void add_rows(const subscribe::TableRows& rows, Blocks* blocks);
  static protocol::v1::DatabaseUpdate update_of(const Blocks& blocks);
  std::string light_update(const Blocks& blocks, uint32_t request) const;
  Blocks blocks_of(UpdateEncoder& encoder, std::span<const subscribe::Delivery> deliveries);

  // Of the lane.
  std::optional<OwnUpdate> own_update_;
};

}  // namespace orrery::server::ws
