// Transport: sends messages to the processes of a cluster and brings their answers.
//
// One connection per address carries all requests to it; see peer.h for when connections are made
// and lost. Messages are sent with call.h. Ownership: loop and dialer are borrowed; calls and tasks
// that use a transport end before it does. Thread-safety: inside one loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "env/random.h"
#include "fdb/runtime/loop.h"
#include "fdb/transport/failure_monitor.h"
#include "fdb/transport/peer.h"
#include "fdb/transport/pending_reply.h"
#include "fdb/transport/stream.h"
#include "fdb/transport/transport_options.h"

namespace orrery::fdb {

struct PeerStatus {
  NetworkAddress address;
  bool is_connected = false;
  bool is_compatible = true;
  bool is_failed = false;
  std::optional<ProtocolVersion> protocol;
  std::optional<Error> last_error;
  size_t outstanding = 0;
};

class Transport {
 public:
  Transport(Loop& loop, Dialer& dialer, env::Random& random, const TransportOptions& options = {},
            wire::Encryption encryption = wire::Encryption::kPlain);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  Loop& loop() const { return loop_; }
  /// Which of an endpoint's addresses messages go to.
  const NetworkAddress& address_of(const wire::Endpoint& endpoint) const {
    return endpoint.address(encryption_);
  }
  Peer& peer(const NetworkAddress& address);

  /// Whether requests to the endpoint are useless now. Asking keeps a failed address being tried.
  bool is_failed(const wire::Endpoint& endpoint);
  /// What the process has said of the endpoint; kUsable says nothing of its being reachable.
  EndpointState state_of(const wire::Endpoint& endpoint) const;
  /// Notified when an address or endpoint fails or comes back, and when a peer's version becomes
  /// known.
  Event& changed() { return failures_.changed(); }

  TransportCounters counters() const;
  /// Requests that wait for their answers.
  size_t outstanding() const;
  std::vector<PeerStatus> peers() const;
  /// The version of the process at the address, where it is connected.
  std::optional<ProtocolVersion> protocol_of(const NetworkAddress& address) const;

 private:
  friend class Peer;
  template <class Request>
  friend class Call;
  /// A time with jitter.
  int64_t jittered(int64_t nanos);

  Loop& loop_;
  Dialer& dialer_;
  env::Random& random_;
  const TransportOptions options_;
  const wire::Encryption encryption_;
  TransportCounters counters_;
  FailureMonitor failures_;
  ReplyTable replies_;
  std::unordered_map<NetworkAddress, std::unique_ptr<Peer>, NetworkAddressHash> peers_;
  Peer* last_peer_ = nullptr;  // the one asked for last
};

}  // namespace orrery::fdb
