// DatabaseState: what a database is made of: its loops, their clients, its options. Shared by all
// who use it.
//
// Each transaction lives on one loop, which is chosen by the thread that makes it. Options apply to
// what begins after they were set. Thread-safety: as told per member.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "env/environment.h"
#include "fdb/client/client.h"
#include "fdb/database_options.h"
#include "fdb/runtime/loop.h"
#include "fdb/transport/resolver.h"

namespace orrery::fdb {

/// A loop, the thread that runs it, and the client on it.
class ClientLoop {
 public:
  ClientLoop(env::Clock& clock, std::shared_ptr<NameLookup> names);
  ~ClientLoop();
  ClientLoop(const ClientLoop&) = delete;
  ClientLoop& operator=(const ClientLoop&) = delete;

  Loop& loop() { return loop_; }
  /// Inside the loop; made by make_client().
  Client& client() { return *client_; }
  void make_client(Dialer& dialer, const env::Environment& environment, ClusterFile file,
                   const Client::Options& options);

 private:
  Loop loop_;
  Resolver resolver_;
  std::unique_ptr<Client> client_;
  Thread thread_;
};

class DatabaseState {
 public:
  struct Parts {
    std::shared_ptr<Dialer> dialer;
    std::shared_ptr<NameLookup> names;
    env::Environment environment;
    int api_version = 730;
    int loops = 1;
    Client::Options client;
  };
  DatabaseState(Parts parts, const ClusterFile& file);
  ~DatabaseState();

  /// The loop for what the calling thread begins. From any thread.
  ClientLoop& loop_of_thread();
  int api_version() const { return parts_.api_version; }

  /// From any thread.
  Status set_option(int code, std::optional<std::string_view> value);
  DatabaseOptions options() const;

  std::atomic<int> outstanding_watches = 0;

 private:
  Parts parts_;
  mutable Mutex mutex_;
  DatabaseOptions options_;
  std::vector<std::unique_ptr<ClientLoop>> loops_;
};

}  // namespace orrery::fdb
