// Where a request goes: an http or https URI taken apart. Plain values.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace orrery::server::http {

struct Target {
  bool secure = false;
  std::string host;  ///< without brackets
  std::string port;
  std::string path;  ///< with the query
  /// Without the query, for messages.
  std::string shown() const;
  /// What the Host header says: the port only where it is not the usual one.
  std::string host_header() const;
};

/// kInvalidArgument for anything else than an http or https URI.
Result<Target> parse_target(std::string_view uri);

}  // namespace orrery::server::http
