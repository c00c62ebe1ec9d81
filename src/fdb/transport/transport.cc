#include "fdb/transport/transport.h"

#include <utility>

namespace orrery::fdb {

Transport::Transport(Loop& loop, Dialer& dialer, env::Random& random,
                     const TransportOptions& options, wire::Encryption encryption)
    : loop_(loop),
      dialer_(dialer),
      random_(random),
      options_(options),
      encryption_(encryption),
      failures_(loop),
      replies_(random.next_u64()) {}

Transport::~Transport() = default;

Peer& Transport::peer(const NetworkAddress& address) {
  if (last_peer_ != nullptr && last_peer_->address() == address) return *last_peer_;
  std::unique_ptr<Peer>& at = peers_[address];
  if (at == nullptr) at = std::make_unique<Peer>(*this, address);
  last_peer_ = at.get();
  return *at;
}

bool Transport::is_failed(const wire::Endpoint& endpoint) {
  const NetworkAddress& address = address_of(endpoint);
  if (failures_.is_failed(address)) {
    peer(address).note_interest();
    return true;
  }
  return failures_.state_of(address, endpoint.token) != EndpointState::kUsable;
}

EndpointState Transport::state_of(const wire::Endpoint& endpoint) const {
  return failures_.state_of(address_of(endpoint), endpoint.token);
}

TransportCounters Transport::counters() const {
  TransportCounters out = counters_;
  for (const auto& [address, peer] : peers_) {
    const Connection* connection = peer->connection();
    if (connection == nullptr) continue;
    out.bytes_sent += connection->bytes_sent();
    out.bytes_received += connection->bytes_received();
  }
  return out;
}

size_t Transport::outstanding() const {
  size_t out = 0;
  for (const auto& [address, peer] : peers_) out += peer->outstanding();
  return out;
}

std::vector<PeerStatus> Transport::peers() const {
  std::vector<PeerStatus> out;
  for (const auto& [address, peer] : peers_) {
    out.push_back({address, peer->is_connected(), peer->is_compatible(),
                   failures_.is_failed(address), peer->protocol(), peer->last_error(),
                   peer->outstanding()});
  }
  return out;
}

std::optional<ProtocolVersion> Transport::protocol_of(const NetworkAddress& address) const {
  auto at = peers_.find(address);
  return at == peers_.end() ? std::nullopt : at->second->protocol();
}

int64_t Transport::jittered(int64_t nanos) {
  const double unit = static_cast<double>(random_.next_u64() >> 11) * 0x1p-53;
  return static_cast<int64_t>(static_cast<double>(nanos) * (1 + options_.jitter * (2 * unit - 1)));
}

}  // namespace orrery::fdb
