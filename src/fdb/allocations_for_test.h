// Counts what a thread allocates by operator new. The definition replaces that of the whole test program.
#pragma once

#include <cstdint>

namespace orrery::fdb {

/// How often this thread has allocated so far.
uint64_t allocations_of_this_thread();

}  // namespace orrery::fdb
