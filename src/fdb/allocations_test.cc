#include "fdb/allocations_for_test.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>

// Sanitizers have operators of their own, which cannot be replaced: there nothing is counted.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ORRERY_SANITIZED 1
#endif
#endif

namespace orrery::fdb {
namespace {

thread_local uint64_t allocations = 0;

[[maybe_unused]] void* counted(size_t size) {
  ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

uint64_t allocations_of_this_thread() { return allocations; }

TEST(FdbAllocations, AreCounted) {
#ifdef ORRERY_SANITIZED
  GTEST_SKIP() << "sanitizers count for themselves";
#endif
  uint64_t before = allocations_of_this_thread();
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int[]>(100);
  EXPECT_EQ(allocations_of_this_thread() - before, 2u);
}

}  // namespace orrery::fdb

#ifndef ORRERY_SANITIZED
void* operator new(size_t size) { return orrery::fdb::counted(size); }
void* operator new[](size_t size) { return orrery::fdb::counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
#endif
