// Answers: how the test double's servers answer, and how faults spoil that.
//
// Part of the test double (see cluster.h). Thread-safety: the caller's mutex, which is the
// network's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fdb/double/faults.h"
#include "fdb/double/network.h"
#include "fdb/double/topology.h"
#include "fdb/error.h"
#include "fdb/wire/message.h"

namespace orrery::fdb::test_double {

/// Whom to answer, now or later.
struct Asker {
  uint64_t connection = 0;
  wire::Uid token;
  Request request = Request::kEnd;
  /// Who was asked. Null for requests to a process, not to a role.
  RoleInstance* role = nullptr;
  /// What spoils the answer. Shared by an asker's copies, which wait in several places.
  std::shared_ptr<const Fault> fault = {};
};

class Answers {
 public:
  explicit Answers(Network& network) : network_(network) {}

  template <class M>
  void reply(const Asker& to, const M& message) {
    send(to,
         [&](wire::OutBuffer& out, size_t room) { return wire::encode_reply(message, out, room); });
  }
  /// Answers a request of type R with an error, where servers of its kind put it.
  template <class R>
  void refuse(const Asker& to, Error error) {
    using M = typename R::Reply;
    if constexpr (requires(M reply) { reply.error; }) {
      M reply;
      reply.penalty = to.role == nullptr ? 1.0 : to.role->penalty;
      reply.error = wire::ErrorCode{static_cast<uint16_t>(error.code())};
      this->reply(to, reply);
    } else {
      refuse_at_root<M>(to, error);
    }
  }
  template <class M>
  void refuse_at_root(const Asker& to, Error error) {
    send(to, [&](wire::OutBuffer& out, size_t room) {
      return wire::encode_error_reply<M>(error, out, room);
    });
  }
  /// Sends a message that answers nothing.
  template <class M>
  void tell(Connection& to, const wire::Uid& token, const M& message) {
    wire::OutBuffer& out = network_.out(to);
    network_.finish(to, wire::encode(message, out, frame_header_size(to.form())), token);
  }
  /// Closes an asker's connection.
  void hang_up(const Asker& on);

 private:
  template <class Encode>
  void send(const Asker& to, Encode encode) {
    Connection* connection = network_.find(to.connection);
    if (connection == nullptr) return;
    if (to.fault == nullptr) [[likely]] {
      wire::OutBuffer& out = network_.out(*connection);
      network_.finish(*connection, encode(out, frame_header_size(connection->form())), to.token);
      return;
    }
    wire::OutBuffer out;
    size_t size = encode(out, kFrameRoom);
    send_spoilt(to, *connection, std::move(out), size);
  }
  void send_spoilt(const Asker& to, Connection& connection, wire::OutBuffer out, size_t size);
  void send_late(uint64_t connection, std::string frame, int64_t delay_nanos);
  void send_frame(uint64_t connection, const std::string& frame);

  Network& network_;
  std::vector<std::pair<uint64_t, std::string>> held_;
};

}  // namespace orrery::fdb::test_double
