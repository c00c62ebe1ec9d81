// The manifest from hostile bytes, as they are and with the checksum put right: an error, or a
// manifest that encodes to the same bytes; and opening a folder with it does not crash.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "env/simulated.h"
#include "storage/durability/crc32c.h"
#include "storage/durability/kv_test_double.h"
#include "storage/durability/manifest.h"

namespace {

using namespace orrery;           // NOLINT: a program of one file
using namespace orrery::storage;  // NOLINT

void check(const std::string& bytes) {
  const auto manifest = decode_manifest(bytes, "input");
  if (!manifest) {
    if (manifest.error().message().empty()) std::abort();
  } else if (encode_manifest(*manifest) != bytes) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  if (size < kManifestSize) return 0;
  bytes.resize(kManifestSize);
  const uint32_t checksum = crc32c(0, std::string_view(bytes).substr(0, kManifestSize - 4));
  std::memcpy(bytes.data() + kManifestSize - 4, &checksum, sizeof(checksum));
  check(bytes);

  env::SimEnvironment sim(1);
  std::map<std::string, std::string> files;
  {
    auto db = testing::KvDatabase::open("db", {}, sim.environment());
    if (!db || !db->put(1, "one") || !db->folder().checkpoint() || !db->put(2, "two")) {
      std::abort();
    }
  }
  files = sim.files.contents();
  // The identity of the folder, so that the rest of the manifest matters.
  std::memcpy(bytes.data() + 16, files["db/MANIFEST"].data() + 16, 16);
  const uint32_t again = crc32c(0, std::string_view(bytes).substr(0, kManifestSize - 4));
  std::memcpy(bytes.data() + kManifestSize - 4, &again, sizeof(again));
  files["db/MANIFEST"] = bytes;
  sim.files.load(files);
  auto db = testing::KvDatabase::open("db", {}, sim.environment());
  if (db) (void)db->put(3, "three");
  return 0;
}
