// The headers in which a publish carries the module's environment: `spacetime-environment`, lists of
// KEY=VALUE as a shell writes them, and `spacetime-environment-remove`, lists of keys or "*" alone.
// Stateless.
#pragma once

#include <optional>

#include "host/published_environment.h"
#include "server/http/message.h"

namespace orrery::server {

/// Nothing where a header is malformed, or has a key twice.
std::optional<host::EnvironmentUpdate> read_environment_headers(const http::Headers& headers);

}  // namespace orrery::server
