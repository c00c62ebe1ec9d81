#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace orrery {
void assert_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "orrery: assertion failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}
}  // namespace orrery
