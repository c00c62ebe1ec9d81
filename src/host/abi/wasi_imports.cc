#include "host/abi/abi.h"
#include "host/abi/guest.h"
#include "wasm/import_table.h"

namespace orrery::host {
namespace {

using wasm::HostCall;

// Error numbers of WASI preview 1.
constexpr uint32_t kSuccess = 0;
constexpr uint32_t kBadFile = 8;
constexpr uint32_t kInvalid = 28;
constexpr uint32_t kNotSupported = 58;
constexpr uint32_t kNotSeekable = 70;

constexpr std::string_view kProgramName = "module.wasm";
constexpr uint32_t kStderr = 2;
constexpr uint32_t kVectorsMax = 1024;  // of one write

/// A function that looks at nothing and answers with one number.
template <uint32_t Answer, class... A>
uint32_t answer(HostCall&, A...) {
  return Answer;
}

uint32_t store_counts(HostCall& call, uint32_t count_out, uint32_t bytes_out, uint32_t count,
                      uint32_t bytes) {
  Guest guest(call);
  uint8_t* count_at = guest.bytes(count_out, 4);
  uint8_t* bytes_at = guest.bytes(bytes_out, 4);
  if (!guest.ok()) return kInvalid;
  guest.store(count_at, count);
  guest.store(bytes_at, bytes);
  return kSuccess;
}

uint32_t args_sizes_get(HostCall& call, uint32_t count_out, uint32_t bytes_out) {
  return store_counts(call, count_out, bytes_out, 1, kProgramName.size() + 1);
}

uint32_t args_get(HostCall& call, uint32_t pointers, uint32_t text) {
  Guest guest(call);
  uint8_t* pointer_at = guest.bytes(pointers, 4);
  uint8_t* text_at = guest.bytes(text, kProgramName.size() + 1);
  if (!guest.ok()) return kInvalid;
  guest.store(pointer_at, text);
  std::memcpy(text_at, kProgramName.data(), kProgramName.size());
  text_at[kProgramName.size()] = 0;
  return kSuccess;
}

uint32_t environ_sizes_get(HostCall& call, uint32_t count_out, uint32_t bytes_out) {
  return store_counts(call, count_out, bytes_out, 0, 0);
}

uint32_t clock_res_get(HostCall& call, uint32_t, uint32_t out) {
  Guest guest(call);
  uint8_t* at = guest.bytes(out, 8);
  if (!guest.ok()) return kInvalid;
  guest.store(at, uint64_t{1});
  return kSuccess;
}

uint32_t clock_time_get(HostCall& call, uint32_t clock, uint64_t, uint32_t out) {
  constexpr uint32_t kRealtime = 0;
  constexpr uint32_t kThreadTime = 3;
  Guest guest(call);
  uint8_t* at = guest.bytes(out, 8);
  if (!guest.ok() || clock > kThreadTime) return kInvalid;
  env::Clock& clocks = *guest.env().environment().clock;
  guest.store(at, clock == kRealtime ? clocks.wall_nanos() : clocks.monotonic_nanos());
  return kSuccess;
}

uint32_t random_get(HostCall& call, uint32_t buffer, uint32_t size) {
  if (size == 0) return kSuccess;
  Guest guest(call);
  const std::span<uint8_t> out = guest.span(buffer, size);
  if (!guest.ok()) return kInvalid;
  guest.env().environment().random->fill(out);
  return kSuccess;
}

uint32_t fd_close(HostCall&, uint32_t fd) {
  return fd <= kStderr ? kSuccess : kBadFile;
}

uint32_t fd_fdstat_get(HostCall& call, uint32_t fd, uint32_t out) {
  constexpr uint8_t kCharacterDevice = 2;
  constexpr uint64_t kMayRead = uint64_t{1} << 1;
  constexpr uint64_t kMayWrite = uint64_t{1} << 6;
  if (fd > kStderr) return kBadFile;
  Guest guest(call);
  uint8_t* at = guest.bytes(out, 24);
  if (!guest.ok()) return kInvalid;
  std::memset(at, 0, 24);
  at[0] = kCharacterDevice;
  guest.store(at + 8, fd == 0 ? kMayRead : kMayWrite);
  return kSuccess;
}

uint32_t fd_fdstat_set_flags(HostCall&, uint32_t fd, uint32_t) {
  return fd <= kStderr ? kSuccess : kBadFile;
}

uint32_t fd_read(HostCall& call, uint32_t fd, uint32_t, uint32_t, uint32_t out) {
  if (fd != 0) return kBadFile;
  Guest guest(call);
  uint8_t* at = guest.bytes(out, 4);
  if (!guest.ok()) return kInvalid;
  guest.store(at, uint32_t{0});
  return kSuccess;
}

uint32_t fd_seek(HostCall&, uint32_t fd, uint64_t, uint32_t, uint32_t) {
  return fd <= kStderr ? kNotSeekable : kBadFile;
}

uint32_t fd_write(HostCall& call, uint32_t fd, uint32_t vectors, uint32_t count, uint32_t out) {
  if (fd == 0 || fd > kStderr) return kBadFile;
  if (count > kVectorsMax) return kInvalid;
  Guest guest(call);
  uint8_t* out_at = guest.bytes(out, 4);
  if (!guest.ok()) return kInvalid;
  uint32_t written = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t* vector = guest.bytes(vectors + i * 8, 8);
    if (!guest.ok()) return kInvalid;
    const uint32_t size = guest.load<uint32_t>(vector + 4);
    if (size == 0) continue;
    const std::string_view bytes = guest.view(guest.load<uint32_t>(vector), size);
    if (!guest.ok()) return kInvalid;
    guest.env().write_stream(fd, bytes);
    written += size;
  }
  guest.store(out_at, written);
  return kSuccess;
}

/// Everything that is waited for has happened: nothing in a module may sleep here.
uint32_t poll_oneoff(HostCall& call, uint32_t in, uint32_t out, uint32_t count,
                     uint32_t count_out) {
  constexpr uint32_t kSubscriptionBytes = 48;
  constexpr uint32_t kEventBytes = 32;
  if (count == 0 || count > kVectorsMax) return kInvalid;
  Guest guest(call);
  const uint8_t* subscriptions = guest.bytes(in, count * kSubscriptionBytes);
  uint8_t* events = guest.bytes(out, count * kEventBytes);
  uint8_t* count_at = guest.bytes(count_out, 4);
  if (!guest.ok()) return kInvalid;
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t* subscription = subscriptions + size_t{i} * kSubscriptionBytes;
    uint8_t* event = events + size_t{i} * kEventBytes;
    const uint64_t user_data = guest.load<uint64_t>(subscription);
    const uint8_t kind = subscription[8];
    std::memset(event, 0, kEventBytes);
    guest.store(event, user_data);
    event[10] = kind;
  }
  guest.store(count_at, count);
  return kSuccess;
}

void proc_exit(HostCall& call, uint32_t code) {
  call.trap("the module ended itself with exit code " + std::to_string(code));
}

uint32_t proc_raise(HostCall& call, uint32_t signal) {
  call.trap("the module raised signal " + std::to_string(signal));
  return kNotSupported;
}

void memory_has_grown(HostCall&, uint32_t) {}

using I = uint32_t;
using L = uint64_t;

/// What answers with one number whatever is asked.
void define_refusals(wasm::ImportTable& table, std::string_view wasi) {
  table.define<answer<kBadFile, I, L, L, I>>(wasi, "fd_advise");
  table.define<answer<kBadFile, I, L, L>>(wasi, "fd_allocate");
  table.define<answer<kBadFile, I>>(wasi, "fd_datasync");
  table.define<answer<kBadFile, I, L, L>>(wasi, "fd_fdstat_set_rights");
  table.define<answer<kBadFile, I, I>>(wasi, "fd_filestat_get");
  table.define<answer<kBadFile, I, L>>(wasi, "fd_filestat_set_size");
  table.define<answer<kBadFile, I, L, L, I>>(wasi, "fd_filestat_set_times");
  table.define<answer<kBadFile, I, I, I, L, I>>(wasi, "fd_pread");
  table.define<answer<kBadFile, I, I>>(wasi, "fd_prestat_get");
  table.define<answer<kBadFile, I, I, I>>(wasi, "fd_prestat_dir_name");
  table.define<answer<kBadFile, I, I, I, L, I>>(wasi, "fd_pwrite");
  table.define<answer<kBadFile, I, I, I, L, I>>(wasi, "fd_readdir");
  table.define<answer<kBadFile, I, I>>(wasi, "fd_renumber");
  table.define<answer<kBadFile, I>>(wasi, "fd_sync");
  table.define<answer<kBadFile, I, I>>(wasi, "fd_tell");
  table.define<answer<kBadFile, I, I, I>>(wasi, "path_create_directory");
  table.define<answer<kBadFile, I, I, I, I, I>>(wasi, "path_filestat_get");
  table.define<answer<kBadFile, I, I, I, I, L, L, I>>(wasi, "path_filestat_set_times");
  table.define<answer<kBadFile, I, I, I, I, I, I, I>>(wasi, "path_link");
  table.define<answer<kBadFile, I, I, I, I, I, L, L, I, I>>(wasi, "path_open");
  table.define<answer<kBadFile, I, I, I, I, I, I>>(wasi, "path_readlink");
  table.define<answer<kBadFile, I, I, I>>(wasi, "path_remove_directory");
  table.define<answer<kBadFile, I, I, I, I, I, I>>(wasi, "path_rename");
  table.define<answer<kBadFile, I, I, I, I, I>>(wasi, "path_symlink");
  table.define<answer<kBadFile, I, I, I>>(wasi, "path_unlink_file");
  table.define<answer<kNotSupported, I, I, I>>(wasi, "sock_accept");
  table.define<answer<kNotSupported, I, I, I, I, I, I>>(wasi, "sock_recv");
  table.define<answer<kNotSupported, I, I, I, I, I>>(wasi, "sock_send");
  table.define<answer<kNotSupported, I, I>>(wasi, "sock_shutdown");
}

}  // namespace

void define_wasi_imports(wasm::ImportTable& table) {
  constexpr std::string_view kWasi = "wasi_snapshot_preview1";
  define_refusals(table, kWasi);
  table.define<args_get>(kWasi, "args_get");
  table.define<args_sizes_get>(kWasi, "args_sizes_get");
  table.define<answer<kSuccess, I, I>>(kWasi, "environ_get");
  table.define<environ_sizes_get>(kWasi, "environ_sizes_get");
  table.define<clock_res_get>(kWasi, "clock_res_get");
  table.define<clock_time_get>(kWasi, "clock_time_get");
  table.define<fd_close>(kWasi, "fd_close");
  table.define<fd_fdstat_get>(kWasi, "fd_fdstat_get");
  table.define<fd_fdstat_set_flags>(kWasi, "fd_fdstat_set_flags");
  table.define<fd_read>(kWasi, "fd_read");
  table.define<fd_seek>(kWasi, "fd_seek");
  table.define<fd_write>(kWasi, "fd_write");
  table.define<poll_oneoff>(kWasi, "poll_oneoff");
  table.define<proc_exit>(kWasi, "proc_exit");
  table.define<proc_raise>(kWasi, "proc_raise");
  table.define<answer<kSuccess>>(kWasi, "sched_yield");
  table.define<random_get>(kWasi, "random_get");
  table.define<memory_has_grown>("env", "emscripten_notify_memory_growth");
}

}  // namespace orrery::host
