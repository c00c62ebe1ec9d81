#include "fdb/client/storage_server.h"

#include <algorithm>

namespace orrery::fdb {

std::shared_ptr<StorageServer> StorageServers::of(const wire::StorageServerInterface& told) {
  auto& slot = known_[told.id];
  const wire::Endpoint& base = told.get_value.endpoint;
  if (auto known = slot.lock(); known && known->base == base) return known;
  auto server = std::make_shared<StorageServer>();
  server->id = told.id;
  server->base = base;
  server->datacenter = std::string(told.locality.get("dcid").value_or(""));
  slot = server;
  if (known_.size() > forget_at_) forget_the_dead();
  return server;
}

size_t StorageServers::size() const {
  return static_cast<size_t>(
      std::ranges::count_if(known_, [](const auto& entry) { return !entry.second.expired(); }));
}

void StorageServers::forget_the_dead() {
  std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  forget_at_ = std::max<size_t>(64, known_.size() * 2);
}

}  // namespace orrery::fdb
