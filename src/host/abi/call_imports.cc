#include "host/abi/call_imports.h"

#include "base/bytes.h"
#include "host/abi/guest.h"

namespace orrery::host::abi {
namespace {

constexpr uint32_t number(Errno value) {
  return static_cast<uint32_t>(value);
}
constexpr uint32_t kNoLine = UINT32_MAX;

/// Text that may be absent: a null pointer.
std::string optional_text(Guest& guest, uint32_t address, uint32_t size) {
  return address == 0 ? std::string() : lossy_text(guest.view(address, size));
}

/// The number of a new source with these bytes; a trap where a call has too many.
uint32_t add_source(Guest& guest, std::string bytes) {
  const uint32_t number = guest.env().streams().add_owned(std::move(bytes));
  if (number == ByteStreams::kNoRoom) [[unlikely]] {
    guest.call().trap("too many bytes wait to be read by the module");
  }
  return number;
}

/// What a procedure may ask for; a trap for everything else, which runs with nothing to wait on.
ProcedureHost* procedure_of(Guest& guest, std::string_view what) {
  ProcedureHost* host = guest.env().procedure();
  if (host == nullptr) guest.call().trap(std::string(what) + " is for procedures only");
  return host;
}

}  // namespace

int32_t bytes_source_read(HostCall& call, uint32_t source, uint32_t buffer, uint32_t size) {
  Guest guest(call);
  uint8_t* size_at = guest.bytes(size, 4);
  if (!guest.ok()) return 0;
  const std::span<uint8_t> out = guest.span(buffer, guest.load<uint32_t>(size_at));
  if (!guest.ok()) return 0;
  uint32_t used = 0;
  const int32_t state = guest.env().streams().read(source, out, &used);
  if (state <= 0) guest.store(size_at, used);
  return state;
}

uint32_t bytes_source_remaining_length(HostCall& call, uint32_t source, uint32_t out) {
  Guest guest(call);
  uint8_t* result = guest.bytes(out, 4);
  if (!guest.ok()) return 0;
  uint32_t bytes = 0;
  const Errno error = guest.env().streams().remaining(source, &bytes);
  if (error == Errno::kOk) guest.store(result, bytes);
  return number(error);
}

uint32_t bytes_sink_write(HostCall& call, uint32_t sink, uint32_t buffer, uint32_t size) {
  Guest guest(call);
  uint8_t* size_at = guest.bytes(size, 4);
  if (!guest.ok()) return 0;
  const std::string_view bytes = guest.view(buffer, guest.load<uint32_t>(size_at));
  if (!guest.ok()) return 0;
  uint32_t used = 0;
  const Errno error = guest.env().streams().write(sink, bytes, &used);
  if (error == Errno::kOk) guest.store(size_at, used);
  return number(error);
}

void console_log(HostCall& call, uint32_t level, uint32_t target, uint32_t target_size,
                 uint32_t file, uint32_t file_size, uint32_t line, uint32_t message,
                 uint32_t message_size) {
  Guest guest(call);
  const std::string target_text = optional_text(guest, target, target_size);
  const std::string file_text = optional_text(guest, file, file_size);
  const std::string text = lossy_text(guest.view(message, message_size));
  if (!guest.ok()) return;
  LogRecord record;
  record.level = log_level_of(level);
  if (target != 0) record.target = target_text;
  if (file != 0) record.filename = file_text;
  if (line != kNoLine) record.line = line;
  record.message = text;
  guest.env().log(record);
}

uint32_t console_timer_start(HostCall& call, uint32_t name, uint32_t size) {
  Guest guest(call);
  const std::string_view text = guest.text(name, size);
  if (!guest.ok()) return 0;
  const uint32_t timer = guest.env().start_timer(text);
  if (timer == 0) {
    call.trap("more than " + std::to_string(InstanceEnv::kTimersMax) + " timers run");
  }
  return timer;
}

uint32_t console_timer_end(HostCall& call, uint32_t timer) {
  Guest guest(call);
  return number(guest.env().end_timer(timer) ? Errno::kOk : Errno::kNoSuchConsoleTimer);
}

void identity(HostCall& call, uint32_t out) {
  Guest guest(call);
  uint8_t* result = guest.bytes(out, types::Identity::kSize);
  if (guest.ok()) guest.store(result, guest.env().host().identity());
}

void volatile_nonatomic_schedule_immediate(HostCall& call, uint32_t name, uint32_t name_size,
                                           uint32_t arguments, uint32_t arguments_size) {
  Guest guest(call);
  const std::string_view text = guest.text(name, name_size);
  const std::string_view bytes = guest.view(arguments, arguments_size);
  if (!guest.ok()) return;
  const Status queued =
      guest.env().host().schedule_immediate(std::string(text), std::string(bytes));
  if (!queued) call.trap(queued.error().message());
}

uint32_t get_jwt(HostCall& call, uint32_t connection, uint32_t out) {
  Guest guest(call);
  const uint8_t* id = guest.bytes(connection, types::ConnectionId::kSize);
  uint8_t* result = guest.bytes(out, 4);
  if (!guest.ok()) return 0;
  storage::Transaction* transaction = guest.env().call().transaction;
  if (transaction == nullptr) return number(Errno::kNotInTransaction);
  auto payload = guest.env().host().jwt_payload(*transaction, types::ConnectionId::from_bytes(id));
  if (!payload) return number(guest.env().errno_of(call, payload.error()));
  std::optional<std::string> text = *std::move(payload);
  guest.store(result, text ? add_source(guest, *std::move(text)) : 0u);
  return 0;
}

uint32_t env_get(HostCall& call, uint32_t key, uint32_t size, uint32_t out) {
  Guest guest(call);
  const std::string_view name = guest.text(key, size);
  uint8_t* result = guest.bytes(out, 4);
  if (!guest.ok()) return 0;
  if (guest.env().call().transaction == nullptr && guest.env().procedure() == nullptr) {
    return number(Errno::kNotInTransaction);
  }
  Result<std::optional<std::string>> value = guest.env().host().environment_value(name);
  if (!value) return number(Errno::kHostCallFailure);
  std::optional<std::string> text = *std::move(value);
  guest.store(result, text ? guest.env().streams().add_owned(*std::move(text)) : 0u);
  return 0;
}

int64_t procedure_sleep_until(HostCall& call, int64_t micros) {
  Guest guest(call);
  ProcedureHost* host = procedure_of(guest, "procedure_sleep_until");
  if (host == nullptr) return 0;
  auto now = guest.env().blocking(call.instance(), [&] { return host->sleep_until(micros); });
  if (now) return *now;
  call.trap(now.error().message());
  return 0;
}

uint32_t procedure_start_mut_tx(HostCall& call, uint32_t out) {
  Guest guest(call);
  uint8_t* result = guest.bytes(out, 8);
  if (!guest.ok()) return 0;
  if (guest.env().call().transaction != nullptr) return number(Errno::kWouldBlockTransaction);
  ProcedureHost* host = procedure_of(guest, "procedure_start_mut_tx");
  if (host == nullptr) return 0;
  auto begun = guest.env().blocking(call.instance(), [&] { return host->start_transaction(); });
  if (begun) {
    guest.store(result, *begun);
    return 0;
  }
  if (begun.error().code() == ErrorCode::kTxnClosed) return number(Errno::kWouldBlockTransaction);
  call.trap(begun.error().message());
  return 0;
}

uint32_t procedure_commit_mut_tx(HostCall& call) {
  Guest guest(call);
  ProcedureHost* host = guest.env().procedure();
  if (host == nullptr || host->call().transaction == nullptr) {
    return number(Errno::kTransactionNotAnonymous);
  }
  guest.env().iterators().close_all();
  const Status done = host->commit_transaction();
  if (!done) call.trap(done.error().message());
  return 0;
}

uint32_t procedure_abort_mut_tx(HostCall& call) {
  Guest guest(call);
  ProcedureHost* host = guest.env().procedure();
  if (host == nullptr || host->call().transaction == nullptr) {
    return number(Errno::kTransactionNotAnonymous);
  }
  guest.env().iterators().close_all();
  const Status done = host->abort_transaction();
  if (!done) call.trap(done.error().message());
  return 0;
}

uint32_t procedure_http_request(HostCall& call, uint32_t request, uint32_t request_size,
                                uint32_t body, uint32_t body_size, uint32_t out) {
  Guest guest(call);
  const std::string_view request_bytes = guest.view(request, request_size);
  // Bindings pass the pointer of an empty vector.
  const std::string_view body_bytes =
      body_size == 0 ? std::string_view() : guest.view(body, body_size);
  uint8_t* result = guest.bytes(out, 8);
  if (!guest.ok()) return 0;
  if (guest.env().call().transaction != nullptr) return number(Errno::kWouldBlockTransaction);
  ProcedureHost* host = procedure_of(guest, "procedure_http_request");
  if (host == nullptr) return 0;
  auto answered = guest.env().blocking(
      call.instance(), [&] { return host->http_request(request_bytes, body_bytes); });
  if (!answered) {
    if (answered.error().code() == ErrorCode::kTxnClosed) {
      return number(Errno::kWouldBlockTransaction);
    }
    return number(guest.env().errno_of(call, answered.error()));
  }
  HttpAnswer answer = *std::move(answered);
  if (!answer.ok) {
    ByteWriter text;
    text.write_prefixed(answer.response);
    guest.store(result, add_source(guest, std::move(text.buffer())));
    return number(Errno::kHttpError);
  }
  guest.store(result, add_source(guest, std::move(answer.response)));
  guest.store(result + 4, add_source(guest, std::move(answer.body)));
  return 0;
}

}  // namespace orrery::host::abi
