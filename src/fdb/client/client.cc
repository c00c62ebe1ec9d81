#include "fdb/client/client.h"

#include <algorithm>

#include "fdb/client/read_versions.h"

namespace orrery::fdb {

int64_t OutageDelay::next(int64_t now) {
  constexpr int64_t kReset = 5 * kSecond;
  constexpr int64_t kMin = 50 * kMilli;
  if (now - latest_ > kReset) began_ = now;
  const bool is_rare = now - latest_ > kSecond;
  latest_ = now;
  if (is_rare) return kMin;
  // A short outage is watched closely, a long one ever less.
  const int64_t elapsed = now - began_;
  return std::max({kMin, std::min(elapsed / 5, kSecond), std::min(elapsed / 25, 30 * kSecond)});
}

Client::Client(Loop& loop, Dialer& dialer, Resolver& names, const env::Environment& environment,
               ClusterFile file, const Options& options)
    : loop_(loop),
      random_(*environment.random),
      transport_(loop, dialer, random_, options.transport, options.encryption),
      coordinators_(transport_, names, random_, std::move(file), options.coordinators),
      read_versions_(std::make_unique<ReadVersions>(*this)),
      ended_(loop),
      monitor_(ended_, coordinators_.monitor()) {}

Client::~Client() = default;

double Client::random_fraction() {
  return static_cast<double>(random_.next_u64() >> 11) * 0x1p-53;
}

}  // namespace orrery::fdb
