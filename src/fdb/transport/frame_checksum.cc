#include "fdb/transport/frame_checksum.h"

// The whole of libxxhash is in its header: nothing of it is linked, and its symbols stay in this
// file.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace orrery::fdb {

uint64_t frame_checksum(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace orrery::fdb
