// ConnectionString: the name of a cluster and its coordinators, "description:id@item,item...".
//
// An item is "1.2.3.4:4500", "[::1]:4500" or "name:4500", each with ":tls" behind it where the
// coordinator speaks TLS. Blanks are dropped wherever they stand, "#" starts a comment that ends
// with its line. No coordinator may be named twice and there is at least one. Printed are the
// addresses first and then the names, each in the order they were given. Errors: 2104
// connection_string_invalid for everything else. Thread-safety: as values.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/error.h"
#include "fdb/network_address.h"

namespace orrery::fdb {

/// A coordinator that is named, not numbered.
struct Hostname {
  std::string host;
  uint16_t port = 0;
  bool is_tls = false;

  std::string to_string() const;
  static Result<Hostname> parse(std::string_view text);

  friend bool operator==(const Hostname&, const Hostname&) = default;
  friend auto operator<=>(const Hostname&, const Hostname&) = default;
};

class ConnectionString {
 public:
  static Result<ConnectionString> parse(std::string_view text);
  /// `cluster_key` is "description:id".
  static Result<ConnectionString> make(std::string_view cluster_key,
                                       std::vector<NetworkAddress> addresses,
                                       std::vector<Hostname> hostnames);

  std::string to_string() const;
  /// "description:id": what coordinators know the cluster by.
  const std::string& cluster_key() const { return cluster_key_; }
  std::string_view description() const;
  std::string_view id() const;
  const std::vector<NetworkAddress>& addresses() const { return addresses_; }
  const std::vector<Hostname>& hostnames() const { return hostnames_; }
  size_t coordinator_count() const { return addresses_.size() + hostnames_.size(); }

  /// Whether both would be printed alike.
  friend bool operator==(const ConnectionString& a, const ConnectionString& b) {
    return a.to_string() == b.to_string();
  }

 private:
  ConnectionString() = default;

  std::string cluster_key_;
  std::vector<NetworkAddress> addresses_;
  std::vector<Hostname> hostnames_;
};

}  // namespace orrery::fdb
