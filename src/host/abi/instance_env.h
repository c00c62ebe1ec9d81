// InstanceEnv: the host's side of one module instance: what its imports act on.
//
// Holds the call under way (at most one), its byte streams, row iterators and timers. One thread at
// a time, the one that runs the instance. Errors that the ABI has a number for become that; all
// others end the guest's call by a trap.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "env/environment.h"
#include "host/abi/byte_streams.h"
#include "host/abi/errno.h"
#include "host/abi/row_iterators.h"
#include "host/module_instance.h"
#include "host/module_log.h"

namespace orrery::wasm {
class HostCall;
class Instance;
}  // namespace orrery::wasm

namespace orrery::host {

class InstanceEnv {
 public:
  InstanceEnv(GuestHost& host, const env::Environment& environment)
      : host_(host), environment_(environment) {}
  InstanceEnv(const InstanceEnv&) = delete;
  InstanceEnv& operator=(const InstanceEnv&) = delete;

  /// `procedure` is null but for procedures and HTTP handlers. Both must live until end_call().
  void begin_call(GuestCall& call, ProcedureHost* procedure) {
    streams_.reset();
    call_ = &call;
    procedure_ = procedure;
  }
  /// For procedures: the call ends after so much time, not counting that in which it waits.
  void limit_time(int64_t nanos) { ends_at_nanos_ = environment_.clock->monotonic_nanos() + nanos; }
  /// Runs `wait`, which may block, and moves the end of the guest's time by as long as it took.
  template <class Wait>
  auto blocking(wasm::Instance& instance, Wait wait) {
    const int64_t began = environment_.clock->monotonic_nanos();
    auto result = wait();
    resume(instance, began);
    return result;
  }
  /// Closes what the guest left open; timers too.
  void end_call() {
    if (panic_ != nullptr) [[unlikely]] {
      end_panic({});
    }
    if (iterators_.any_open()) iterators_.close_all();
    if (!timers_.empty()) [[unlikely]] {
      timers_.clear();
    }
    if (has_unfinished_line_) [[unlikely]] {
      log_unfinished_lines();
    }
    call_ = &no_call_;
    procedure_ = nullptr;
  }

  GuestHost& host() { return host_; }
  const env::Environment& environment() const { return environment_; }
  GuestCall& call() { return *call_; }
  ProcedureHost* procedure() { return procedure_; }
  ByteStreams& streams() { return streams_; }
  RowIterators& iterators() { return iterators_; }
  std::string& scratch() { return scratch_; }

  /// The number for an error of a table operation; traps where there is none (any value then).
  Errno errno_of(wasm::HostCall& call, const Error& error);

  /// Adds the running function's name. A panic is kept until something else happens: mostly the
  /// guest traps at once, and end_panic() then adds where.
  void log(LogRecord record);
  void end_panic(std::string_view backtrace);
  /// That may run at a time.
  static constexpr size_t kTimersMax = 1024;
  /// Its number; 0 where kTimersMax run. Of a long name the beginning is kept.
  uint32_t start_timer(std::string_view name);
  /// False for an unknown number.
  bool end_timer(uint32_t number);
  /// Text that a WASI module wrote to stdout (1) or stderr (2): logged line by line.
  void write_stream(uint32_t stream, std::string_view bytes);

 private:
  struct Timer {
    bool running = false;
    std::string name;
    int64_t start_nanos = 0;
  };
  struct Panic {
    std::string message;
    std::optional<std::string> target;
    std::optional<std::string> filename;
    std::optional<uint32_t> line;
  };
  void log_line(uint32_t stream, std::string_view line);
  void log_unfinished_lines();
  void resume(wasm::Instance& instance, int64_t began_nanos);

  GuestHost& host_;
  const env::Environment environment_;
  GuestCall no_call_;
  GuestCall* call_ = &no_call_;
  ProcedureHost* procedure_ = nullptr;
  int64_t ends_at_nanos_ = 0;
  ByteStreams streams_;
  RowIterators iterators_;
  std::string scratch_;
  std::vector<Timer> timers_;
  std::unique_ptr<Panic> panic_;
  std::string unfinished_lines_[2];
  bool has_unfinished_line_ = false;
};

/// Invalid bytes become U+FFFD.
std::string lossy_text(std::string_view bytes);
/// As people read spans of time: "1.5ms", "12s".
std::string duration_text(int64_t nanos);

}  // namespace orrery::host
