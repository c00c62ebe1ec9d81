// IoLoop: one io thread with its event loop. Only for the .cc files that do socket I/O.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "base/sync.h"

namespace orrery::server::http {

/// Connections hold their loop, so that it outlives them; what other threads hold of a connection
/// may therefore post to it at any time.
struct IoLoop {
  boost::asio::io_context io{1};
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work{
      boost::asio::make_work_guard(io)};
  Thread thread;
};

}  // namespace orrery::server::http
