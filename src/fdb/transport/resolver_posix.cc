#include "fdb/transport/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>

#include "base/sync.h"

namespace orrery::fdb {

struct Resolver::Job {
  std::string host;
  // Written inside the loop.
  bool done = false;
  Result<std::vector<IpAddress>> found;
};

/// What the resolver and its thread have in common. The loop's mutex is taken before this one,
/// never after it.
struct Resolver::Shared {
  Shared(Resolver& resolver, std::shared_ptr<NameLookup> how)
      : owner(resolver), lookup(std::move(how)) {}

  Resolver& owner;  // is there while `delivering` or not `closed`
  const std::shared_ptr<NameLookup> lookup;
  Mutex mutex;
  ConditionVariable changed;
  std::deque<std::shared_ptr<Job>> jobs;
  bool started = false;
  bool closed = false;
  bool delivering = false;
};

Result<std::vector<IpAddress>> SystemNameLookup::look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return fail(error::lookup_failed);
  std::vector<IpAddress> out;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    if (at->ai_family == AF_INET) {
      sockaddr_in four{};
      std::memcpy(&four, at->ai_addr, sizeof(four));
      out.push_back({ntohl(four.sin_addr.s_addr)});
    } else if (at->ai_family == AF_INET6) {
      sockaddr_in6 six{};
      std::memcpy(&six, at->ai_addr, sizeof(six));
      IpAddress::V6 bytes;
      std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
      out.push_back({bytes});
    }
  }
  freeaddrinfo(list);
  return out;
}

Resolver::Resolver(Loop& loop, std::shared_ptr<NameLookup> lookup)
    : done_(loop), shared_(std::make_shared<Shared>(*this, std::move(lookup))) {}

Resolver::~Resolver() {
  UniqueLock<Mutex> lock(shared_->mutex);
  shared_->closed = true;
  shared_->changed.notify_all();
  // A lookup that is under way goes on alone: nothing can end it, and it may take a minute.
  while (shared_->delivering) shared_->changed.wait(lock);
}

void Resolver::run(const std::shared_ptr<Shared>& shared) {
  UniqueLock<Mutex> lock(shared->mutex);
  while (true) {
    while (!shared->closed && shared->jobs.empty()) shared->changed.wait(lock);
    if (shared->closed) return;
    std::shared_ptr<Job> job = std::move(shared->jobs.front());
    shared->jobs.pop_front();
    lock.unlock();
    // Nobody waits for it any more: who did was the other owner.
    const bool wanted = job.use_count() > 1;
    Result<std::vector<IpAddress>> found;
    if (wanted) found = shared->lookup->look_up(job->host);
    lock.lock();
    if (shared->closed) return;
    shared->delivering = true;
    lock.unlock();
    {
      auto inside = shared->owner.done_.loop().enter();
      job->found = std::move(found);
      job->done = true;
      job = nullptr;
      shared->owner.done_.notify_all();
    }
    lock.lock();
    shared->delivering = false;
    shared->changed.notify_all();
  }
}

Task<Result<std::vector<NetworkAddress>>> Resolver::resolve(std::string host, uint16_t port,
                                                            wire::Encryption encryption) {
  auto job = std::make_shared<Job>();
  job->host = std::move(host);
  {
    LockGuard<Mutex> lock(shared_->mutex);
    shared_->jobs.push_back(job);
    if (!std::exchange(shared_->started, true)) {
      Thread([shared = shared_] { run(shared); }).detach();
    }
    shared_->changed.notify_all();
  }
  while (!job->done) {
    Event::Awaiter change = done_.wait();
    co_await change;
  }
  Result<std::vector<IpAddress>>& found = job->found;
  if (!found) co_return fail(found.error());
  std::vector<NetworkAddress> out;
  for (bool is_v6 : {false, true}) {
    for (const IpAddress& ip : *found) {
      NetworkAddress address;
      address.ip = ip;
      address.port = port;
      address.flags = encryption == wire::Encryption::kTls ? NetworkAddress::kTls : 0;
      address.from_hostname = true;
      const bool is_new = std::ranges::find(out, address) == out.end();
      if (ip.is_v6() == is_v6 && is_new) out.push_back(address);
    }
  }
  if (out.empty()) co_return fail(error::lookup_failed);
  co_return std::move(out);
}

}  // namespace orrery::fdb
