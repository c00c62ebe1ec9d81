// Memory of coroutine frames: small blocks are kept by the thread that frees them and given out
// again.
//
// An operation runs through a handful of frames of the same sizes all the time; taking them from
// the allocator each time would be most of its allocations. Thread-safe: each thread keeps its own
// blocks, up to a bound.
#pragma once

#include <cstddef>

namespace orrery::fdb {

/// Never null: the process ends where there is no memory.
void* allocate_frame(size_t size);
void free_frame(void* frame, size_t size);

}  // namespace orrery::fdb
