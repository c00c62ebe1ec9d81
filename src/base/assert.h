// ORRERY_ASSERT guards Orrery's own invariants and is always on; ORRERY_DCHECK is for costly ones in debug
// builds. Bytes from disk, network, SQL or a guest are never asserted: they give an Error.
#pragma once

namespace orrery {
[[noreturn]] void assert_failed(const char* expression, const char* file, int line);
}

#define ORRERY_ASSERT(expr) \
  (static_cast<bool>(expr) ? void(0) : ::orrery::assert_failed(#expr, __FILE__, __LINE__))
#ifdef NDEBUG
#define ORRERY_DCHECK(expr) void(0)
#else
#define ORRERY_DCHECK(expr) ORRERY_ASSERT(expr)
#endif
