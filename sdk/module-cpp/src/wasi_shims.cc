// WASI preview 1 for the C library, inside the module: a host gives modules nothing but spacetime functions. Output goes to
// the log (stderr at level Warn, everything else at Info), clocks stand at the time of the call, there are no files, no
// environment and no arguments, and random bytes follow from the call's timestamp.
#include <cstdint>
#include <cstring>

#include "spacetimedb/abi.h"
#include "spacetimedb/contexts.h"
#include "spacetimedb/logger.h"

namespace {

constexpr int32_t kSuccess = 0;
constexpr int32_t kBadFile = 8;
constexpr int32_t kNotSupported = 58;
constexpr int32_t kStderr = 2;
constexpr uint8_t kCharacterDevice = 2;

struct IoVector {
  const uint8_t* bytes;
  size_t size;
};

void log_lines(int32_t file, std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) return;
  SpacetimeDB::log_with_caller_info(
      file == kStderr ? SpacetimeDB::LogLevelValue::WARN : SpacetimeDB::LogLevelValue::INFO, text, "wasi");
}

}  // namespace

// Named in assembly, because headers of the C library may declare these functions with types of their own.
#define ORRERY_WASI(name, ...)                                                      \
  extern "C" int32_t orrery_wasi_##name(__VA_ARGS__) __asm__("__wasi_" #name); \
  int32_t orrery_wasi_##name(__VA_ARGS__)
#define ORRERY_WASI_WITHOUT(name, ...) \
  ORRERY_WASI(name, __VA_ARGS__) { return kNotSupported; }

ORRERY_WASI(fd_write, int32_t file, const IoVector* parts, size_t count, size_t* written) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text.append(reinterpret_cast<const char*>(parts[i].bytes), parts[i].size);
  *written = text.size();
  log_lines(file, text);
  return kSuccess;
}
ORRERY_WASI(fd_fdstat_get, int32_t file, uint8_t* status) {
  constexpr size_t kStatusBytes = 24;
  if (file > kStderr) return kBadFile;
  std::memset(status, 0, kStatusBytes);
  status[0] = kCharacterDevice;  // so that stdout is written line by line
  return kSuccess;
}
ORRERY_WASI(fd_close, int32_t) { return kSuccess; }
ORRERY_WASI(fd_prestat_get, int32_t, void*) { return kBadFile; }
ORRERY_WASI(environ_sizes_get, size_t* count, size_t* size) {
  *count = 0;
  *size = 0;
  return kSuccess;
}
ORRERY_WASI(environ_get, uint8_t**, uint8_t*) { return kSuccess; }
ORRERY_WASI(args_sizes_get, size_t* count, size_t* size) {
  *count = 0;
  *size = 0;
  return kSuccess;
}
ORRERY_WASI(args_get, uint8_t**, uint8_t*) { return kSuccess; }
ORRERY_WASI(clock_time_get, int32_t, uint64_t, uint64_t* nanos) {
  *nanos = static_cast<uint64_t>(SpacetimeDB::Timestamp::now().micros_since_epoch()) * 1000;
  return kSuccess;
}
ORRERY_WASI(clock_res_get, int32_t, uint64_t* nanos) {
  *nanos = 1000;
  return kSuccess;
}
ORRERY_WASI(random_get, uint8_t* bytes, size_t size) {
  SpacetimeDB::detail::call_rng(SpacetimeDB::Timestamp::now()).fill_bytes(bytes, size);
  return kSuccess;
}
ORRERY_WASI(sched_yield) { return kSuccess; }
extern "C" [[noreturn]] void orrery_wasi_proc_exit(int32_t) __asm__("__wasi_proc_exit");
void orrery_wasi_proc_exit(int32_t) { __builtin_trap(); }

ORRERY_WASI_WITHOUT(fd_advise, int32_t, uint64_t, uint64_t, int32_t)
ORRERY_WASI_WITHOUT(fd_allocate, int32_t, uint64_t, uint64_t)
ORRERY_WASI_WITHOUT(fd_datasync, int32_t)
ORRERY_WASI_WITHOUT(fd_fdstat_set_flags, int32_t, int32_t)
ORRERY_WASI_WITHOUT(fd_fdstat_set_rights, int32_t, uint64_t, uint64_t)
ORRERY_WASI_WITHOUT(fd_filestat_get, int32_t, void*)
ORRERY_WASI_WITHOUT(fd_filestat_set_size, int32_t, uint64_t)
ORRERY_WASI_WITHOUT(fd_filestat_set_times, int32_t, uint64_t, uint64_t, int32_t)
ORRERY_WASI_WITHOUT(fd_pread, int32_t, void*, size_t, uint64_t, void*)
ORRERY_WASI_WITHOUT(fd_prestat_dir_name, int32_t, void*, size_t)
ORRERY_WASI_WITHOUT(fd_pwrite, int32_t, void*, size_t, uint64_t, void*)
ORRERY_WASI_WITHOUT(fd_read, int32_t, void*, size_t, void*)
ORRERY_WASI_WITHOUT(fd_readdir, int32_t, void*, size_t, uint64_t, void*)
ORRERY_WASI_WITHOUT(fd_renumber, int32_t, int32_t)
ORRERY_WASI_WITHOUT(fd_seek, int32_t, int64_t, int32_t, void*)
ORRERY_WASI_WITHOUT(fd_sync, int32_t)
ORRERY_WASI_WITHOUT(fd_tell, int32_t, void*)
ORRERY_WASI_WITHOUT(path_create_directory, int32_t, void*)
ORRERY_WASI_WITHOUT(path_filestat_get, int32_t, int32_t, void*, void*)
ORRERY_WASI_WITHOUT(path_filestat_set_times, int32_t, int32_t, void*, uint64_t, uint64_t, int32_t)
ORRERY_WASI_WITHOUT(path_link, int32_t, int32_t, void*, int32_t, void*)
ORRERY_WASI_WITHOUT(path_open, int32_t, int32_t, void*, int32_t, uint64_t, uint64_t, int32_t, void*)
ORRERY_WASI_WITHOUT(path_readlink, int32_t, void*, void*, size_t, void*)
ORRERY_WASI_WITHOUT(path_remove_directory, int32_t, void*)
ORRERY_WASI_WITHOUT(path_rename, int32_t, void*, int32_t, void*)
ORRERY_WASI_WITHOUT(path_symlink, void*, int32_t, void*)
ORRERY_WASI_WITHOUT(path_unlink_file, int32_t, void*)
ORRERY_WASI_WITHOUT(poll_oneoff, void*, void*, size_t, void*)
ORRERY_WASI_WITHOUT(proc_raise, int32_t)
ORRERY_WASI_WITHOUT(sock_accept, int32_t, int32_t, void*)
ORRERY_WASI_WITHOUT(sock_recv, int32_t, void*, size_t, int32_t, void*, void*)
ORRERY_WASI_WITHOUT(sock_send, int32_t, void*, size_t, int32_t, void*)
ORRERY_WASI_WITHOUT(sock_shutdown, int32_t, int32_t)

#ifdef __EMSCRIPTEN__
extern "C" void emscripten_notify_memory_growth(int32_t) {}
#endif
