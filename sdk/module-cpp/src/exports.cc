// What the host calls: the description and the dispatch of reducers, views, procedures and HTTP handlers by number.
#include <cstring>
#include <string>

#include "call.h"
#include "registry_data.h"
#include "spacetimedb/abi.h"
#include "spacetimedb/contexts.h"
#include "spacetimedb/error_handling.h"

#define ORRERY_EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace SpacetimeDB {
namespace detail {

HandlerDispatch handler_dispatch = nullptr;

namespace {

constexpr int32_t kOk = 0;
constexpr int32_t kUserError = 1;
constexpr int32_t kViewWithHeader = 2;
constexpr int32_t kUnknown = -1;

constexpr int32_t kSourceExhausted = -1;
constexpr size_t kFirstBytes = 1024;

/// Set by fail_reducer().
std::string* failure = nullptr;

Identity identity_of(uint64_t word0, uint64_t word1, uint64_t word2, uint64_t word3) {
  const uint64_t words[4] = {word0, word1, word2, word3};
  Identity::ByteArray bytes;
  std::memcpy(bytes.data(), words, sizeof(words));
  return Identity(bytes);
}

/// The arguments of a call, read into a buffer that lives as long as the instance; valid until the next call.
bsatn::Reader read_arguments(uint32_t source) {
  static bsatn::Writer* const buffer = new bsatn::Writer;
  buffer->clear();
  if (source == 0) return {};
  // Most arguments come with one call of the host: it tells that there are no more.
  size_t room = kFirstBytes, have = 0;
  buffer->claim(room);
  int32_t status = 0;
  while (status == 0) {
    if (have == room) {
      uint32_t more = 0;
      if (host::bytes_source_remaining_length(source, &more) != StatusCode::OK || more == 0) break;
      buffer->claim(more);
      room += more;
    }
    size_t part = room - have;
    status = host::bytes_source_read(source, buffer->data() + have, &part);
    if (status <= 0) have += part;
  }
  if (status != kSourceExhausted) fail("the arguments cannot be read");
  return {buffer->data(), have};
}

int32_t unknown(const char* what, uint32_t id, uint32_t sink) {
  const std::string message = std::string("Invalid ") + what + " ID: " + std::to_string(id);
  write_sink(sink, message.data(), message.size());
  return kUnknown;
}

}  // namespace

std::vector<uint8_t> read_source(uint32_t source) {
  std::vector<uint8_t> bytes;
  if (source == 0) return bytes;
  uint32_t size = 0;
  if (host::bytes_source_remaining_length(source, &size) != StatusCode::OK) fail("bytes of the host cannot be read");
  bytes.resize(size);
  size_t have = 0;
  while (have < size) {
    size_t part = size - have;
    const int32_t status = host::bytes_source_read(source, bytes.data() + have, &part);
    have += part;
    if (status != 0) break;
  }
  bytes.resize(have);
  return bytes;
}

void write_sink(uint32_t sink, const void* bytes, size_t size) {
  const uint8_t* at = static_cast<const uint8_t*>(bytes);
  while (size != 0) {
    size_t part = size;
    const uint32_t status = host::bytes_sink_write(sink, at, &part);
    if (status != StatusCode::OK || part == 0) fail_status("a result cannot be written", nullptr, status);
    at += part;
    size -= part;
  }
}

}  // namespace detail

using namespace detail;

void fail_reducer(std::string message) {
  delete failure;
  failure = new std::string(std::move(message));
}

ORRERY_EXPORT(__preinit__01_clear_global_state) void orrery_clear_global_state() { registry() = Registry(); }

// Types and constraints are checked when the definition is asked for; what is left to do here is to have the export.
ORRERY_EXPORT(__preinit__99_validate_types) void orrery_validate_types() {}

ORRERY_EXPORT(__describe_module__) void __describe_module__(uint32_t sink) {
  bsatn::Writer out;
  describe_module(out);
  write_sink(sink, out.data(), out.size());
}

ORRERY_EXPORT(__call_reducer__)
int32_t __call_reducer__(uint32_t id, uint64_t sender0, uint64_t sender1, uint64_t sender2, uint64_t sender3,
                         uint64_t connection0, uint64_t connection1, int64_t timestamp, uint32_t args, uint32_t error) {
  const Registry& all = registry();
  if (id >= all.reducers.size()) return unknown("reducer", id, error);
  begin_call(timestamp);
  const ReducerDecl& reducer = *all.reducers[id];
  std::optional<ConnectionId> connection;
  if ((connection0 | connection1) != 0) connection = ConnectionId(u128(connection1, connection0));
  ReducerContext context(identity_of(sender0, sender1, sender2, sender3), connection, Timestamp(timestamp));
  bsatn::Reader in = read_arguments(args);
  const ReducerResult result = reducer.call(reducer.function, context, in);
  if (result.is_ok() && failure == nullptr) return kOk;
  const std::string& message = result.is_err() ? result.error() : *failure;
  write_sink(error, message.data(), message.size());
  delete failure;
  failure = nullptr;
  return kUserError;
}

ORRERY_EXPORT(__call_view__)
int32_t __call_view__(uint32_t id, uint64_t sender0, uint64_t sender1, uint64_t sender2, uint64_t sender3, uint32_t,
                      uint32_t sink) {
  const Registry& all = registry();
  if (id >= all.sender_views.size()) return unknown("view", id, sink);
  begin_call(0);
  const ViewDecl& view = *all.sender_views[id];
  ViewContext context(identity_of(sender0, sender1, sender2, sender3));
  bsatn::Writer result;
  view.call(view.function, context, result);
  write_sink(sink, result.data(), result.size());
  return kViewWithHeader;
}

ORRERY_EXPORT(__call_view_anon__) int32_t __call_view_anon__(uint32_t id, uint32_t, uint32_t sink) {
  const Registry& all = registry();
  if (id >= all.anonymous_views.size()) return unknown("view", id, sink);
  begin_call(0);
  const ViewDecl& view = *all.anonymous_views[id];
  AnonymousViewContext context;
  bsatn::Writer result;
  view.call_anonymous(view.function, context, result);
  write_sink(sink, result.data(), result.size());
  return kViewWithHeader;
}

ORRERY_EXPORT(__call_procedure__)
int32_t __call_procedure__(uint32_t id, uint64_t sender0, uint64_t sender1, uint64_t sender2, uint64_t sender3,
                           uint64_t connection0, uint64_t connection1, int64_t timestamp, uint32_t args, uint32_t sink) {
  const Registry& all = registry();
  if (id >= all.procedures.size()) return unknown("procedure", id, sink);
  begin_call(timestamp);
  const ProcedureDecl& procedure = *all.procedures[id];
  ProcedureContext context(identity_of(sender0, sender1, sender2, sender3), Timestamp(timestamp),
                           ConnectionId(u128(connection1, connection0)));
  bsatn::Reader in = read_arguments(args);
  bsatn::Writer result;
  procedure.call(procedure.function, context, in, result);
  write_sink(sink, result.data(), result.size());
  return kOk;
}

ORRERY_EXPORT(__call_http_handler__)
int32_t __call_http_handler__(uint32_t id, int64_t timestamp, uint32_t request, uint32_t body, uint32_t response_sink,
                              uint32_t body_sink) {
  const Registry& all = registry();
  if (id >= all.handlers.size()) return unknown("HTTP handler", id, response_sink);
  begin_call(timestamp);
  return handler_dispatch(*all.handlers[id], timestamp, request, body, response_sink, body_sink);
}

}  // namespace SpacetimeDB
