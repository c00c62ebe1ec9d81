// IoLoop: one io thread with its event loop. Only for the .cc files that do socket I/O.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/sync.h"

namespace orrery::server::http {

/// Connections hold their loop, so that it outlives them; what other threads hold of a connection
/// may therefore post to it at any time.
struct IoLoop : std::enable_shared_from_this<IoLoop> {
  /// Somebody who has something to do on the loop when woken.
  class Sleeper {
   public:
    virtual ~Sleeper() = default;
    virtual void woken() = 0;
  };
  /// From any thread; all who are woken before the loop gets to it are woken in one turn.
  void wake(std::shared_ptr<Sleeper> sleeper) {
    {
      LockGuard<Mutex> lock(woken_mutex);
      woken.push_back(std::move(sleeper));
      if (woken.size() > 1) return;
    }
    boost::asio::post(io, [self = shared_from_this()] {
      std::vector<std::shared_ptr<Sleeper>> all;
      {
        LockGuard<Mutex> lock(self->woken_mutex);
        all.swap(self->woken);
      }
      for (const auto& one : all) one->woken();
    });
  }

  static constexpr size_t kInputBytes = 64 << 10;

  boost::asio::io_context io{1};
  /// For what the loop reads from a socket and uses up at once.
  std::array<char, kInputBytes> input;
  Mutex woken_mutex;
  std::vector<std::shared_ptr<Sleeper>> woken;  ///< guarded
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work{
      boost::asio::make_work_guard(io)};
  Thread thread;
};

}  // namespace orrery::server::http
