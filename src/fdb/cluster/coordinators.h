// Coordinators: keeps a client's view of its cluster up to date.
//
// One coordinator at a time is asked what it knows and answers when that is news. When it fails the
// next one is asked; when all have failed, again after a while, and with the cluster file's new
// contents where it has changed. A coordinator that forwards makes the new connection string the
// one in use, which is written to the file once it was seen to work. What stands in the way is told
// by status(). Ownership: transport, resolver and random are borrowed. Inside one loop only.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/random.h"
#include "fdb/cluster/cluster_file.h"
#include "fdb/cluster/cluster_view.h"
#include "fdb/runtime/event.h"
#include "fdb/transport/resolver.h"
#include "fdb/transport/transport.h"

namespace orrery::fdb {

class Coordinators {
 public:
  struct Options {
    /// A client talks to no more proxies of a kind than these.
    size_t commit_proxies_max = 5;
    size_t grv_proxies_max = 3;
    /// After all coordinators have failed.
    int64_t retry_delay = kSecond;
    /// For the first answer of a coordinator; later ones come when there is news.
    int64_t first_answer_timeout = 5 * kSecond;
    std::string log_group = "default";
  };
  struct Status {
    /// The last coordinator answered.
    bool is_reachable = false;
    /// Why the last one that did not answer did not.
    std::optional<Error> last_error;
    /// The cluster file says something else than what is in use, or could not be written.
    bool file_differs = false;
  };

  Coordinators(Transport& transport, Resolver& names, env::Random& random, ClusterFile file,
               Options options);

  /// Goes on until it is destroyed.
  Task<Done> monitor();

  /// Never null.
  const ClusterViewRef& view() const { return view_; }
  /// Notified when view() is another one.
  Event& changed() { return changed_; }
  const ClusterFile& file() const { return file_; }
  const Status& status() const { return status_; }
  /// The addresses of the connection string in use; those of names as they were resolved last.
  const std::vector<NetworkAddress>& addresses() const { return addresses_; }

 private:
  enum class Outcome : uint8_t { kForwarded, kNews, kFailed };
  Task<Done> one_generation();
  Task<Done> resolve();
  Task<Outcome> ask(NetworkAddress coordinator);
  void take(const wire::ClientDbInfo& told);
  void persist();
  std::vector<Proxy> some_of(std::vector<Proxy> all, size_t limit);
  void shuffle(std::vector<NetworkAddress>& addresses);

  Transport& transport_;
  Resolver& names_;
  env::Random& random_;
  ClusterFile file_;
  const Options options_;
  ClusterViewRef view_ = std::make_shared<const ClusterView>();
  Event changed_;
  Status status_;
  std::vector<NetworkAddress> addresses_;
  std::vector<Proxy> all_grv_proxies_;
  std::vector<Proxy> all_commit_proxies_;
};

}  // namespace orrery::fdb
