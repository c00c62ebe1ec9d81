// ClusterView: what coordinators tell clients of a cluster: its proxies, who it is, how tenants are
// used.
//
// Immutable once it is shared. Owns its strings, unlike the message it was made from.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "fdb/wire/messages/coordination.h"

namespace orrery::fdb {

/// A GRV proxy or a commit proxy: the endpoint of its first method.
struct Proxy {
  wire::Endpoint base;
  /// Only for transactions that ask for provisional proxies: the cluster is recovering.
  bool is_provisional = false;

  friend bool operator==(const Proxy&, const Proxy&) = default;
};

struct ClusterView {
  /// Another one whenever anything else is; zeros before a coordinator has answered.
  wire::Uid id;
  std::vector<Proxy> grv_proxies;
  std::vector<Proxy> commit_proxies;
  /// The first that the coordinator named, which a client does not necessarily use otherwise.
  std::vector<Proxy> first_commit_proxy;
  wire::TenantMode::Mode tenant_mode = wire::TenantMode::Mode::kDisabled;
  wire::Uid cluster_id;

  bool is_known() const { return id.is_valid(); }
};
using ClusterViewRef = std::shared_ptr<const ClusterView>;

}  // namespace orrery::fdb
