// Must fail: replaying its kept input shows that the fuzz targets are built so that a failure is
// seen.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ORRERY_ASSERT(std::string_view(reinterpret_cast<const char*>(data), size) != "canary");
  return 0;
}
