#include "host/abi/instance_env.h"

#include <algorithm>

#include "base/utf8.h"
#include "wasm/engine.h"
#include "wasm/import_table.h"
#include "wasm/instance.h"
#include "wasm/module.h"

namespace orrery::host {
namespace {

constexpr std::string_view kWasiTarget = "wasi";
constexpr size_t kLineBytesMax = 16 << 10;  // longer ones are logged in parts

}  // namespace

void InstanceEnv::resume(wasm::Instance& instance, int64_t began_nanos) {
  const int64_t now = environment_.clock->monotonic_nanos();
  ends_at_nanos_ += now - began_nanos;
  instance.set_deadline_ticks(instance.module().module().engine()->ticks_of(ends_at_nanos_ - now));
}

void InstanceEnv::log_unfinished_lines() {
  for (uint32_t stream : {1, 2}) {
    std::string& rest = unfinished_lines_[stream - 1];
    if (!rest.empty()) log_line(stream, rest);
    rest.clear();
  }
  has_unfinished_line_ = false;
}

Errno InstanceEnv::errno_of(wasm::HostCall& call, const Error& error) {
  switch (error.code()) {
    case ErrorCode::kDecode:
      return Errno::kDecode;
    case ErrorCode::kUnique:
    case ErrorCode::kPrimaryKey:
      return Errno::kUniqueAlreadyExists;
    default:
      call.trap(error.message());
      return Errno::kHostCallFailure;
  }
}

void InstanceEnv::log(LogRecord record) {
  end_panic({});  // records stay in their order
  record.function = call_->function;
  if (record.level != LogLevel::kPanic) {
    host_.log().write(record);
    return;
  }
  panic_ = std::make_unique<Panic>();
  panic_->message = record.message;
  panic_->target = record.target;
  panic_->filename = record.filename;
  panic_->line = record.line;
}

void InstanceEnv::end_panic(std::string_view backtrace) {
  if (panic_ == nullptr) return;
  const std::unique_ptr<Panic> panic = std::move(panic_);
  LogRecord record;
  record.level = LogLevel::kPanic;
  record.message = panic->message;
  record.target = panic->target;
  record.filename = panic->filename;
  record.line = panic->line;
  record.function = call_->function;
  record.backtrace = backtrace;
  host_.log().write(record);
}

uint32_t InstanceEnv::start_timer(std::string_view name) {
  constexpr size_t kNameBytesMax = 4096;
  size_t slot = 0;
  while (slot < timers_.size() && timers_[slot].running) ++slot;
  if (slot == kTimersMax) return 0;
  if (slot == timers_.size()) timers_.emplace_back();
  name = name.substr(0, kNameBytesMax);
  timers_[slot] = {.running = true,
                   .name = std::string(name.substr(0, utf8_valid_prefix(name))),
                   .start_nanos = environment_.clock->monotonic_nanos()};
  return static_cast<uint32_t>(slot + 1);
}

bool InstanceEnv::end_timer(uint32_t number) {
  if (number == 0 || number > timers_.size() || !timers_[number - 1].running) return false;
  Timer& timer = timers_[number - 1];
  timer.running = false;
  const int64_t spent = environment_.clock->monotonic_nanos() - timer.start_nanos;
  const std::string text = "Timing span \"" + timer.name + "\": " + duration_text(spent);
  LogRecord record;
  record.message = text;
  log(record);
  return true;
}

void InstanceEnv::log_line(uint32_t stream, std::string_view line) {
  const std::string text = lossy_text(line);
  LogRecord record;
  record.level = stream == 2 ? LogLevel::kWarn : LogLevel::kInfo;
  record.target = kWasiTarget;
  record.message = text;
  log(record);
}

void InstanceEnv::write_stream(uint32_t stream, std::string_view bytes) {
  std::string& rest = unfinished_lines_[stream == 2 ? 1 : 0];
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const size_t room = kLineBytesMax - std::min(kLineBytesMax, rest.size());
    const size_t take = std::min({end, bytes.size(), room});
    rest.append(bytes.substr(0, take));
    bytes.remove_prefix(take);
    const bool ended = !bytes.empty() && bytes.front() == '\n';
    if (ended) bytes.remove_prefix(1);
    if (!ended && rest.size() < kLineBytesMax) {
      has_unfinished_line_ = true;
      return;
    }
    log_line(stream, rest);
    rest.clear();
  }
}

std::string lossy_text(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t valid = utf8_valid_prefix(bytes);
    out.append(bytes.substr(0, valid));
    bytes.remove_prefix(valid);
    if (bytes.empty()) break;
    utf8_append(0xFFFD, &out);
    bytes.remove_prefix(1);
    while (!bytes.empty() && (static_cast<uint8_t>(bytes.front()) & 0xC0) == 0x80) {
      bytes.remove_prefix(1);
    }
  }
  return out;
}

std::string duration_text(int64_t nanos) {
  struct Unit {
    int64_t nanos;
    std::string_view name;
  };
  constexpr Unit kUnits[] = {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "µs"}, {1, "ns"}};
  for (const Unit& unit : kUnits) {
    if (nanos < unit.nanos && unit.nanos > 1) continue;
    std::string out = std::to_string(nanos / unit.nanos);
    std::string digits = std::to_string(unit.nanos + nanos % unit.nanos).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (!digits.empty()) out += "." + digits;
    return out + std::string(unit.name);
  }
  return {};
}

}  // namespace orrery::host
