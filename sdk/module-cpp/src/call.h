// Within the library: byte streams of the host, and the dispatch of HTTP handlers.
#pragma once

#include <cstdint>
#include <vector>

#include "spacetimedb/registry.h"

namespace SpacetimeDB::detail {

/// All bytes of a source; source 0 is empty.
std::vector<uint8_t> read_source(uint32_t source);
void write_sink(uint32_t sink, const void* bytes, size_t size);

/// Set when a handler is registered, so that modules without handlers do not carry the code for HTTP.
using HandlerDispatch = int32_t (*)(const HandlerDecl& handler, int64_t timestamp, uint32_t request_source,
                                    uint32_t body_source, uint32_t response_sink, uint32_t body_sink);
extern HandlerDispatch handler_dispatch;

/// Begins the call of a function: what the previous call left is forgotten.
void begin_call(int64_t timestamp);

}  // namespace SpacetimeDB::detail
