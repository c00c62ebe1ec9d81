// Resolver: addresses of host names, looked up on a thread of its own because the system's way to
// do it blocks.
//
// Names are looked up one after another; the thread begins with the first of them. Ownership: the
// loop is borrowed; the lookup is shared with the thread, which may be in the middle of a lookup
// when the resolver goes. Destroyed outside the loop, after the tasks that wait. Errors: 1041
// lookup_failed. Thread-safety: resolve() inside the loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fdb/error.h"
#include "fdb/network_address.h"
#include "fdb/runtime/event.h"
#include "fdb/runtime/loop.h"
#include "fdb/wire/types.h"

namespace orrery::fdb {

/// How names are looked up; tests have their own. Called on any thread, one call at a time; may
/// block.
class NameLookup {
 public:
  virtual ~NameLookup() = default;
  virtual Result<std::vector<IpAddress>> look_up(const std::string& host) = 0;
};

/// As the system does it.
class SystemNameLookup final : public NameLookup {
 public:
  Result<std::vector<IpAddress>> look_up(const std::string& host) override;
};

class Resolver {
 public:
  explicit Resolver(Loop& loop,
                    std::shared_ptr<NameLookup> lookup = std::make_shared<SystemNameLookup>());
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Every address of the name, without repetitions, IPv4 first; at least one. They are marked as
  /// resolved from a name.
  Task<Result<std::vector<NetworkAddress>>> resolve(std::string host, uint16_t port,
                                                    wire::Encryption encryption);

 private:
  struct Job;
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);

  Event done_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace orrery::fdb
