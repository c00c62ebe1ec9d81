// FailureMonitor: which addresses cannot be reached, which endpoints are gone for good.
//
// An address that is not known counts as reachable. Thread-safety: inside one loop.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <unordered_set>

#include "fdb/network_address.h"
#include "fdb/runtime/event.h"
#include "fdb/wire/types.h"

namespace orrery::fdb {

/// Why an endpoint that was there is not to be asked again.
enum class EndpointState : uint8_t {
  kUsable,
  kNotFound,      // the process answers, and has no such endpoint (any more)
  kUnauthorized,  // the process does not let us
};

class FailureMonitor {
 public:
  explicit FailureMonitor(Loop& loop) : changed_(loop) {}

  bool is_failed(const NetworkAddress& address) const {
    return !failed_.empty() && failed_.contains(address);
  }
  EndpointState state_of(const NetworkAddress& address, const wire::Uid& token) const;
  void set_failed(const NetworkAddress& address);
  void set_reachable(const NetworkAddress& address);
  /// Well-known endpoints are of every process, so nothing is noted of them.
  void set_endpoint(const NetworkAddress& address, const wire::Uid& token, EndpointState state);

  /// Notified whenever any of this changes.
  Event& changed() { return changed_; }

 private:
  struct Key {
    NetworkAddress address;
    wire::Uid token;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return NetworkAddressHash()(key.address) ^ wire::UidHash()(key.token);
    }
  };

  Event changed_;
  std::unordered_set<NetworkAddress, NetworkAddressHash> failed_;
  std::unordered_map<Key, EndpointState, KeyHash> endpoints_;
};

}  // namespace orrery::fdb
