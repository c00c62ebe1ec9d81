// What hosts of the WebAssembly module need beside the C interface: memory for arguments, a start
// function, and a guard behind the heap.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#define WASM_EXPORT(name) extern "C" __attribute__((export_name(name)))

extern "C" void __wasm_call_ctors(void);

namespace {

constexpr uintptr_t kPageBytes = 65536;

/// End of the heap: one page before the end of memory. Hosts read C strings in fetches of 256 bytes
/// and give up where a fetch passes the end of memory, so every string must lie well before it.
uintptr_t heap_end = 0;

void set_up_guard() {
  if (heap_end != 0) return;
  heap_end = __builtin_wasm_memory_size(0) * kPageBytes;
  if (__builtin_wasm_memory_grow(0, 1) == SIZE_MAX) std::abort();
}

}  // namespace

/// Runs before anything else: hosts call this and no other initialiser. Returns, so that the other
/// exports can be called afterwards. Called again, it does nothing.
WASM_EXPORT("_start") void orrery_wasm_start(void) {
  static bool started = false;
  if (started) return;
  started = true;
  set_up_guard();
  __wasm_call_ctors();
}

/// In place of the C library's: grows memory as it does, but leaves the guard behind the heap.
extern "C" void* sbrk(intptr_t increment) {
  set_up_guard();
  if (increment == 0) return reinterpret_cast<void*>(heap_end);
  if (increment < 0 || increment % static_cast<intptr_t>(kPageBytes) != 0) std::abort();
  const auto pages = static_cast<size_t>(increment) / kPageBytes;
  if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX) return reinterpret_cast<void*>(-1);
  const uintptr_t old_end = heap_end;
  heap_end += static_cast<uintptr_t>(increment);
  return reinterpret_cast<void*>(old_end);
}

/// Never moves; null where memory is out or the alignment is none.
WASM_EXPORT("__wbindgen_malloc") void* orrery_wasm_malloc(size_t size, size_t align) {
  if (align > alignof(std::max_align_t)) {
    const size_t rounded = (size + align - 1) / align * align;
    return std::aligned_alloc(align, rounded == 0 ? align : rounded);
  }
  return std::malloc(size == 0 ? 1 : size);
}

WASM_EXPORT("__wbindgen_free") void orrery_wasm_free(void* pointer, size_t, size_t) {
  std::free(pointer);
}

// libc++abi of the distribution's wasi build lacks it. There is one thread, which ends with the process: what would run
// then need not run.
extern "C" int __cxa_thread_atexit(void (*)(void*), void*, void*) { return 0; }

/// Some distributions' libc++ for wasm32-wasi throws (Ubuntu 24.04's does, Debian's does not) where
/// it is out of memory or its caller broke its contract, while none ships what would catch it.
extern "C" __attribute__((weak)) void* __cxa_allocate_exception(size_t) { std::abort(); }
extern "C" __attribute__((weak)) void __cxa_throw(void*, void*, void (*)(void*)) { std::abort(); }
