// Engine: takes what comes to the test double's processes to the roles that answer it.
//
// Part of the test double (see cluster.h), which owns it. Thread-safety: the members that say so
// take the mutex themselves; all others want it held.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/double/answers.h"
#include "fdb/double/coordination.h"
#include "fdb/double/faults.h"
#include "fdb/double/network.h"
#include "fdb/double/options.h"
#include "fdb/double/proxies.h"
#include "fdb/double/storage_servers.h"
#include "fdb/double/topology.h"
#include "fdb/double/world.h"
#include "fdb/transport/tls.h"

namespace orrery::fdb::test_double {

class Engine final : private Network::Handler {
 public:
  explicit Engine(Options options);
  ~Engine() { network.stop(); }

  /// Makes processes and roles, and begins; takes the mutex itself. False where the system refuses.
  bool start();

  std::string connection_string();
  void kill(ProcessId process);
  bool restart(ProcessId process, Tokens tokens);
  /// Listens with a process that was just added.
  bool bring_up(Process& process);
  void set_layout(std::vector<Shard> shards);
  void ping_clients();

  Options options;
  env::Clock& clock;
  Network network;
  Topology topology;
  Database database;
  Layout layout;
  Answers answers;
  Faults faults;
  std::vector<std::string> violations;
  World world;
  Coordination coordination;
  Proxies proxies;
  StorageServers storage;
  /// Called for each request that came, before any fault. Payloads are good during the call.
  std::function<void(Request, ProcessId, std::string_view payload)> observer;

 private:
  /// A request on its way to its role, maybe not for the first time.
  struct Call {
    uint64_t connection = 0;
    ProcessId process = 0;
    Binding binding = {};
    SharedBytes payload = {};
    /// It was counted and met faults.
    bool admitted = false;
    std::shared_ptr<const Fault> fault = {};
    /// Until when it may wait for a version.
    int64_t version_deadline = 0;
  };

  std::unique_ptr<Stream> wrap(ProcessId process, std::unique_ptr<Stream> stream) override;
  FrameForm form(ProcessId process) override;
  ConnectPacket hello(ProcessId process) override;
  void on_frame(Connection& from, Frame frame) override;

  static Request well_known(const wire::Uid& token);
  void dispatch(Call call);
  void dispatch_storage(Call& call);
  void dispatch_proxy(Call& call);
  void dispatch_cluster(Call& call);
  template <class R, class Do>
  void serve(Call& call, Do what);
  template <class R, class Do>
  void serve_at_version(Call& call, Do what);
  template <class R>
  bool spoil_request(Call& call, const Asker& asker);
  bool waits_for_version(Call& call, int64_t version);
  void later(Call call, int64_t delay_nanos);
  void reboot(ProcessId process);

  std::shared_ptr<const TlsContext> tls_;
};

}  // namespace orrery::fdb::test_double
