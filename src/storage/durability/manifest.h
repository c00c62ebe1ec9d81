// The manifest: which checkpoint and which log make up the database. Layout: docs/FORMAT.md.
#pragma once

#include <string>
#include <string_view>

#include "env/environment.h"
#include "storage/durability/log_format.h"

namespace orrery::storage {

inline constexpr std::string_view kManifestName = "MANIFEST";
inline constexpr size_t kManifestSize = 112;

struct Manifest {
  DatabaseId database;
  uint64_t generation = 0;
  uint64_t checkpoint_number = 0;
  uint64_t checkpoint_size = 0;
  uint32_t checkpoint_digest = 0;
  CommitSeq checkpoint_seq = 0;
  uint64_t first_segment = 0;
  LogPosition durable_position = 0;
  CommitSeq durable_seq = 0;
  int64_t wall_nanos = 0;
};

std::string encode_manifest(const Manifest& manifest);
/// `path` is for messages.
Result<Manifest> decode_manifest(std::string_view bytes, std::string_view path);

Result<Manifest> read_manifest(env::FileSystem& files, std::string_view folder);
/// After a failed replacement: the old manifest is in force, or nobody knows which.
enum class ManifestFate : uint8_t { kOld, kUnknown };
/// Replaces the manifest of `folder` in one step; on the device when this returns. `fate` may be
/// null and is set on errors.
Status write_manifest(env::FileSystem& files, std::string_view folder, const Manifest& manifest,
                      ManifestFate* fate);

}  // namespace orrery::storage
