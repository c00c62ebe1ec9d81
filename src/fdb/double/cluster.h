// Cluster: a test double of a FoundationDB 7.3 cluster, in this process, on loopback TCP. NOT a
// database: it keeps everything in memory and forgets it with the object. It is linked to tests,
// fuzz targets and benchmarks only.
//
//   Cluster cluster({.storage_servers = 2});
//   ... a client that is given cluster.connection_string() ...
//   cluster.faults().fail_next(Request::kGetValue, error::wrong_shard_server, 2);
//
// It answers the protocol as a 7.3.77 server does, as far as a client can tell: coordinators with
// their long polls, GRV proxies, commit proxies (conflicts, atomic operations, versionstamps,
// tenants, the database lock), storage servers (point and range reads at versions, who owns which
// keys, watches, sizes). Each process is a listening socket of its own. Known differences:
// - Read versions are the clock's; commits are made one by one, never in batches.
// - Mapped ranges answer unsupported_operation; sizes are exact, not estimates.
// - It does not refuse commits for a tenant mode; \xff/keyServers/ and its kin hold no rows.
// - Requests that end a real server close the connection and are noted in violations().
//
// Ownership: the options' clock is borrowed; everything else is the cluster's. Errors: ok() is
// false where the system refuses sockets. Thread-safety: every member from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/double/faults.h"
#include "fdb/double/options.h"
#include "fdb/double/proxies.h"
#include "fdb/double/request.h"
#include "fdb/double/topology.h"
#include "fdb/network_address.h"
#include "fdb/transport/protocol_version.h"

namespace orrery::fdb::test_double {

class Engine;

/// What came from clients so far.
struct Counters {
  uint64_t requests[kRequestKinds] = {};
  /// Pings of ours that clients answered.
  uint64_t pongs = 0;
  uint64_t connections_accepted = 0;
  uint64_t read_version_transactions = 0;
  uint32_t largest_read_version_batch = 0;

  uint64_t of(Request request) const { return requests[static_cast<size_t>(request)]; }
};

/// What the cluster holds, for tests: to fill it and to look.
class Store {
 public:
  explicit Store(Engine& engine) : engine_(engine) {}
  std::optional<std::string> get(std::string_view key);
  /// Of keys in [begin, end).
  std::vector<std::pair<std::string, std::string>> rows(std::string_view begin,
                                                        std::string_view end);
  void set(std::string_view key, std::string_view value);
  void clear(std::string_view begin, std::string_view end);
  int64_t version();
  /// As if so many millionths of a second had passed.
  void advance(int64_t versions);
  void lock_database();
  void unlock_database();
  /// The tenant's id.
  int64_t create_tenant(std::string_view name);

 private:
  Engine& engine_;
};

class Cluster {
 public:
  explicit Cluster(Options options = {});
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  bool ok() const { return ok_; }

  std::string connection_string() const;
  Faults& faults();
  Store& store() { return store_; }

  ProcessId coordinator(size_t index = 0) const { return process_of(Role::kCoordinator, index); }
  ProcessId controller() const { return process_of(Role::kController, 0); }
  ProcessId grv_proxy(size_t index = 0) const { return process_of(Role::kGrvProxy, index); }
  ProcessId commit_proxy(size_t index = 0) const { return process_of(Role::kCommitProxy, index); }
  ProcessId storage(size_t index = 0) const { return process_of(Role::kStorage, index); }
  NetworkAddress address(ProcessId process) const;

  // --- processes
  /// Its connections close, and nobody listens at its address any more.
  void kill(ProcessId process);
  /// At the same address; with new tokens, proxies become known by a new view, storage servers by
  /// locations. Also for processes that run.
  bool restart(ProcessId process, Tokens tokens = Tokens::kSame);
  /// Its connections close; it goes on.
  void disconnect(ProcessId process);
  /// It accepts connections and neither reads nor answers, until resume().
  void hang(ProcessId process);
  void resume(ProcessId process);
  /// From now on it speaks another protocol with who connects. Its connections close.
  void set_protocol_version(ProcessId process, ProtocolVersion version);
  /// Pings every client.
  void ping_clients();
  size_t open_connections(ProcessId process) const;

  // --- the view
  /// All proxies begin again with new tokens, in the processes that they had.
  void recover();
  /// The proxies that there are end; others begin in new processes. False where there are no
  /// sockets.
  bool replace_proxies(size_t grv_proxies, size_t commit_proxies);
  /// Clients are told of no proxies, as during a recovery, or of none but provisional ones.
  void hide_proxies();
  void show_provisional_proxies();
  void show_proxies();
  /// New coordinators, and a new id in the connection string; those of before tell it to everyone.
  bool move_coordinators(size_t count);
  /// The coordinators tell everyone to use another connection string, whatever is there.
  void forward_to(const std::string& connection_string);
  /// Long polls that wait for news.
  size_t parked_polls() const;
  void set_status_json(std::string json);

  // --- storage
  /// Who holds what from now on; sorted, the first begins at "".
  void set_shards(std::vector<Shard> shards);
  /// What replies of a storage server tell of its load.
  void set_penalty(size_t storage_server, double penalty);
  size_t outstanding_watches() const;

  // --- GRV proxies
  void set_throttling(Proxies::Throttling throttling);

  // --- what clients did
  Counters counters() const;
  /// Of one process; what is no request of a process is left 0.
  Counters counters(ProcessId process) const;
  std::vector<std::string> violations() const;
  /// Called on the cluster's thread, inside of it, for each request that comes: it must not call
  /// the cluster. Payloads are good during the call.
  void observe(std::function<void(Request, ProcessId, std::string_view payload)> observer);
  /// Waits until `what` holds of the counters; false where it does not within the time.
  bool wait_until(const std::function<bool(const Counters&)>& what,
                  int64_t nanos_max = 5 * env::kNanosPerSecond) const;

 private:
  ProcessId process_of(Role role, size_t index) const;

  std::unique_ptr<Engine> engine_;
  Store store_;
  bool ok_ = false;
};

}  // namespace orrery::fdb::test_double
