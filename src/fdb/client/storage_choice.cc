#include "fdb/client/storage_choice.h"

#include <limits>

namespace orrery::fdb {
namespace {

constexpr size_t kBadServersMax = 1;
constexpr double kNormalPenalty = 1.001;

}  // namespace

StorageChoice choose_storage(Client& client, const Shard& shard, wire::StorageMethod method,
                             uint64_t tried) {
  const auto& servers = shard.servers;
  const size_t count = servers.size();
  const int64_t now = client.loop().now();
  StorageChoice choice;
  double best_load = std::numeric_limits<double>::infinity();
  double second_load = best_load;
  size_t bad = 0;
  // Two rounds: servers of the own data center, then the others where too few of those will do. A
  // start at random spreads what is equally loaded.
  const size_t start = count > 1 ? client.random().next_u64() % count : 0;
  for (const bool is_near : {true, false}) {
    if (!is_near && choice.best && (choice.second || bad <= kBadServersMax)) break;
    for (size_t i = 0; i < count; ++i) {
      const size_t at = (start + i) % count;
      StorageServer& server = *servers[at];
      const bool near = client.datacenter().empty() || server.datacenter == client.datacenter();
      if (near != is_near || (at < 64 && (tried >> at & 1) != 0)) continue;
      QueueModel& model = server.model(method);
      if (client.transport().is_failed(server.endpoint(method)) || model.is_avoided(now)) {
        ++bad;
        continue;
      }
      if (model.penalty() > kNormalPenalty) ++bad;
      const double load = model.load(now);
      if (load < best_load) {
        choice.second = choice.best;
        second_load = best_load;
        choice.best = at;
        best_load = load;
      } else if (load < second_load) {
        choice.second = at;
        second_load = load;
      }
    }
  }
  if (choice.best) return choice;
  // Servers that are behind are better than none.
  for (size_t i = 0; i < count; ++i) {
    const size_t at = (start + i) % count;
    if (at < 64 && (tried >> at & 1) != 0) continue;
    if (!client.transport().is_failed(servers[at]->endpoint(method))) {
      choice.best = at;
      break;
    }
  }
  return choice;
}

}  // namespace orrery::fdb
