#include "fdb/client/ask_proxy.h"

namespace orrery::fdb {

size_t pick_proxy(Client& client, const std::vector<Proxy>& proxies, size_t not_this) {
  const size_t count = proxies.size();
  const size_t first = client.random().next_u64() % count;
  size_t fallback = count;
  for (size_t i = 0; i < count; ++i) {
    const size_t pick = (first + i) % count;
    if (client.transport().is_failed(proxies[pick].base)) continue;
    if (pick != not_this) return pick;
    fallback = pick;
  }
  return fallback;
}

}  // namespace orrery::fdb
