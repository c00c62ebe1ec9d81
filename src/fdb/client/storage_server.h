// StorageServer: a storage server as one loop of the client knows it; StorageServers: all of them.
//
// A server that is told of again is the same object while its interface is the same, so that what
// was learned of its load stays. Ownership: shared by the shards of the location cache and by
// requests on their way. Inside one loop only.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include "fdb/client/queue_model.h"
#include "fdb/wire/messages/interfaces.h"

namespace orrery::fdb {

struct StorageServer {
  /// Methods have models of their own: a slow range read says little of point reads.
  static constexpr size_t kModels = 15;

  wire::Uid id;
  wire::Endpoint base;  ///< of the first method
  std::string datacenter;
  std::array<QueueModel, kModels> models;

  wire::Endpoint endpoint(wire::StorageMethod method) const {
    return base.adjusted(static_cast<uint32_t>(method));
  }
  QueueModel& model(wire::StorageMethod method) { return models[static_cast<size_t>(method)]; }
};

class StorageServers {
 public:
  std::shared_ptr<StorageServer> of(const wire::StorageServerInterface& told);
  /// How many are alive.
  size_t size() const;

 private:
  void forget_the_dead();
  std::unordered_map<wire::Uid, std::weak_ptr<StorageServer>, wire::UidHash> known_;
  size_t forget_at_ = 64;
};

}  // namespace orrery::fdb
