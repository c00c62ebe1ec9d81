// The imports of the module ABI around a call: its arguments and results, the log, timers, who it
// is, and what procedures may do. Names and parameters as the ABI has them. They return an Errno
// unless said otherwise.
#pragma once

#include <cstdint>

#include "host/abi/errno.h"

namespace orrery::wasm {
class HostCall;
}

namespace orrery::host::abi {

using wasm::HostCall;

/// kExhausted with the last bytes.
int32_t bytes_source_read(HostCall& call, uint32_t source, uint32_t buffer, uint32_t size);
uint32_t bytes_source_remaining_length(HostCall& call, uint32_t source, uint32_t out);
uint32_t bytes_sink_write(HostCall& call, uint32_t sink, uint32_t buffer, uint32_t size);

void console_log(HostCall& call, uint32_t level, uint32_t target, uint32_t target_size,
                 uint32_t file, uint32_t file_size, uint32_t line, uint32_t message,
                 uint32_t message_size);
/// The number of a timer.
uint32_t console_timer_start(HostCall& call, uint32_t name, uint32_t size);
uint32_t console_timer_end(HostCall& call, uint32_t timer);

void identity(HostCall& call, uint32_t out);
void volatile_nonatomic_schedule_immediate(HostCall& call, uint32_t name, uint32_t name_size,
                                           uint32_t arguments, uint32_t arguments_size);
uint32_t get_jwt(HostCall& call, uint32_t connection, uint32_t out);
/// No values are given to databases yet: every key is one that is missing.
uint32_t env_get(HostCall& call, uint32_t key, uint32_t size, uint32_t out);

/// Microseconds since 1970.
int64_t procedure_sleep_until(HostCall& call, int64_t micros);
uint32_t procedure_start_mut_tx(HostCall& call, uint32_t out);
uint32_t procedure_commit_mut_tx(HostCall& call);
uint32_t procedure_abort_mut_tx(HostCall& call);
uint32_t procedure_http_request(HostCall& call, uint32_t request, uint32_t request_size,
                                uint32_t body, uint32_t body_size, uint32_t out);

}  // namespace orrery::host::abi
