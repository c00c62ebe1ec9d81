// Allocation: operator new gives up by itself, because the C++ library's would bring printf into every module.
#include <cstdlib>
#include <new>

#include "spacetimedb/fail.h"

void* operator new(std::size_t size) {
  void* const place = std::malloc(size != 0 ? size : 1);
  if (place == nullptr) SpacetimeDB::detail::fail("out of memory");
  return place;
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* place) noexcept { std::free(place); }
void operator delete[](void* place) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }
void operator delete[](void* place, std::size_t) noexcept { std::free(place); }

// Some distributions' libc++ for wasm32-wasi throws (Ubuntu 24.04's does, Debian's does not) where its caller broke its
// contract, such as vector::at(), while none ships what would catch it.
extern "C" __attribute__((weak)) void* __cxa_allocate_exception(std::size_t) {
  SpacetimeDB::detail::fail("the C++ library threw an exception");
}
extern "C" __attribute__((weak)) void __cxa_throw(void*, void*, void (*)(void*)) {
  SpacetimeDB::detail::fail("the C++ library threw an exception");
}
