#include "fdb/client/database_state.h"

#include <algorithm>
#include <utility>

namespace orrery::fdb {

ClientLoop::ClientLoop(env::Clock& clock, std::shared_ptr<NameLookup> names)
    : loop_(clock), resolver_(loop_, std::move(names)), thread_([this] { loop_.run(); }) {}

ClientLoop::~ClientLoop() {
  loop_.stop();
  thread_.join();
  auto inside = loop_.enter();
  loop_.end_spawned();
  client_.reset();
}

void ClientLoop::make_client(Dialer& dialer, const env::Environment& environment, ClusterFile file,
                             const Client::Options& options) {
  auto inside = loop_.enter();
  client_ =
      std::make_unique<Client>(loop_, dialer, resolver_, environment, std::move(file), options);
}

DatabaseState::DatabaseState(Parts parts, const ClusterFile& file)
    : parts_(std::move(parts)), options_(parts_.api_version) {
  for (int i = 0; i < parts_.loops; ++i) {
    loops_.push_back(std::make_unique<ClientLoop>(*parts_.environment.clock, parts_.names));
    loops_.back()->make_client(*parts_.dialer, parts_.environment, file, parts_.client);
  }
}

DatabaseState::~DatabaseState() {
  const bool from_inside =
      std::ranges::any_of(loops_, [](const auto& each) { return each->loop().is_own_thread(); });
  if (!from_inside) return;
  // The last who used it went in a callback, and a loop's thread cannot wait for its own end.
  Thread([loops = std::move(loops_), parts = parts_]() mutable { loops.clear(); }).detach();
}

ClientLoop& DatabaseState::loop_of_thread() {
  // Threads are spread over the loops in the order in which they come.
  static std::atomic<size_t> threads = 0;
  thread_local const size_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return *loops_[number % loops_.size()];
}

Status DatabaseState::set_option(int code, std::optional<std::string_view> value) {
  {
    LockGuard<Mutex> lock(mutex_);
    FDB_TRY(options_.set(code, value));
  }
  for (auto& each : loops_) {
    auto inside = each->loop().enter();
    const DatabaseOptions now = options();
    each->client().locations().set_limit(static_cast<size_t>(now.location_cache_size()));
    each->client().datacenter() = now.datacenter_id().value_or("");
  }
  return {};
}

DatabaseOptions DatabaseState::options() const {
  LockGuard<Mutex> lock(mutex_);
  return options_;
}

}  // namespace orrery::fdb
