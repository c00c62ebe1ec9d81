#include "fdb/transport/failure_monitor.h"

namespace orrery::fdb {
namespace {

/// Endpoints that are gone stay known until there are this many; then they are found out anew.
constexpr size_t kEndpointsMax = 100'000;

}  // namespace

EndpointState FailureMonitor::state_of(const NetworkAddress& address,
                                       const wire::Uid& token) const {
  if (endpoints_.empty()) return EndpointState::kUsable;
  auto at = endpoints_.find({address, token});
  return at == endpoints_.end() ? EndpointState::kUsable : at->second;
}

void FailureMonitor::set_failed(const NetworkAddress& address) {
  if (failed_.insert(address).second) changed_.notify_all();
}

void FailureMonitor::set_reachable(const NetworkAddress& address) {
  if (failed_.erase(address) != 0) changed_.notify_all();
}

void FailureMonitor::set_endpoint(const NetworkAddress& address, const wire::Uid& token,
                                  EndpointState state) {
  if (token.is_well_known()) return;
  if (endpoints_.size() >= kEndpointsMax) endpoints_.clear();
  endpoints_[{address, token}] = state;
  changed_.notify_all();
}

}  // namespace orrery::fdb
