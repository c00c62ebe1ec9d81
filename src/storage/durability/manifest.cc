#include "storage/durability/manifest.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "storage/durability/crc32c.h"

namespace orrery::storage {
namespace {

constexpr std::string_view kMagic = "ORRYMAN1";

Error damaged(std::string_view path, std::string_view what) {
  return Error(ErrorCode::kCorruption,
               "manifest '" + std::string(path) + "' is damaged: " + std::string(what));
}

}  // namespace

std::string encode_manifest(const Manifest& manifest) {
  ByteWriter out;
  out.write_bytes(kMagic);
  out.write(kFormatVersion);
  out.write(static_cast<uint32_t>(kManifestSize));
  out.write(manifest.database.low);
  out.write(manifest.database.high);
  out.write(manifest.generation);
  out.write(manifest.checkpoint_number);
  out.write(manifest.checkpoint_size);
  out.write(manifest.checkpoint_digest);
  out.write(uint32_t{0});
  out.write(manifest.checkpoint_seq);
  out.write(manifest.first_segment);
  out.write(manifest.durable_position);
  out.write(manifest.durable_seq);
  out.write(manifest.wall_nanos);
  out.write(uint32_t{0});
  out.write(crc32c(0, out.buffer()));
  ORRERY_ASSERT(out.size() == kManifestSize);
  return std::move(out.buffer());
}

Result<Manifest> decode_manifest(std::string_view bytes, std::string_view path) {
  ByteReader in(bytes);
  std::string_view magic;
  uint32_t version = 0;
  uint32_t size = 0;
  if (!in.read_bytes(kMagic.size(), &magic) || !in.read(&version) || !in.read(&size)) {
    return damaged(path, "it is too short");
  }
  if (magic != kMagic) return damaged(path, "it does not begin like one");
  if (bytes.size() != kManifestSize) {
    // The size is part of a version, so a later one may differ; its checksum always comes last.
    if (version > kFormatVersion && size == bytes.size()) {
      return Error(ErrorCode::kNotSupported,
                   "manifest '" + std::string(path) + "' was written by a newer version of Orrery");
    }
    return damaged(path, "it has " + std::to_string(bytes.size()) + " bytes, not " +
                             std::to_string(kManifestSize));
  }
  Manifest m;
  uint32_t zero = 0;
  uint32_t zero_too = 0;
  uint32_t checksum = 0;
  const bool whole = in.read(&m.database.low) && in.read(&m.database.high) &&
                     in.read(&m.generation) && in.read(&m.checkpoint_number) &&
                     in.read(&m.checkpoint_size) && in.read(&m.checkpoint_digest) &&
                     in.read(&zero) && in.read(&m.checkpoint_seq) && in.read(&m.first_segment) &&
                     in.read(&m.durable_position) && in.read(&m.durable_seq) &&
                     in.read(&m.wall_nanos) && in.read(&zero_too) && in.read(&checksum);
  ORRERY_ASSERT(whole);
  if (checksum != crc32c(0, bytes.substr(0, kManifestSize - sizeof(checksum)))) {
    return damaged(path, "it does not match its checksum");
  }
  if (version != kFormatVersion) {
    return Error(ErrorCode::kNotSupported,
                 "manifest '" + std::string(path) + "' was written by a newer version of Orrery");
  }
  bool sane = size == kManifestSize && zero == 0 && zero_too == 0;
  for (const uint64_t number :
       {m.generation, m.checkpoint_number, m.checkpoint_size, m.checkpoint_seq, m.first_segment,
        m.durable_position, m.durable_seq}) {
    sane = sane && number < kNumberMax;
  }
  if (!sane) return damaged(path, "it makes no sense");
  return m;
}

Result<Manifest> read_manifest(env::FileSystem& files, std::string_view folder) {
  const std::string path = env::join_path(folder, kManifestName);
  constexpr uint64_t kSizeMax = 4096;
  auto bytes = env::read_file(files, path, kSizeMax);
  if (!bytes) {
    if (bytes.error().code() == ErrorCode::kLimit) return damaged(path, "it is too long");
    return std::move(bytes).error();
  }
  return decode_manifest(*bytes, path);
}

Status write_manifest(env::FileSystem& files, std::string_view folder, const Manifest& manifest,
                      ManifestFate* fate) {
  const std::string path = env::join_path(folder, kManifestName);
  const std::string temp = path + ".tmp";
  if (fate != nullptr) *fate = ManifestFate::kOld;
  {
    ORRERY_TRY_ASSIGN(auto file, files.open(temp, env::OpenMode::kTruncate));
    ORRERY_TRY(file->write_at(0, encode_manifest(manifest)));
    ORRERY_TRY(file->sync());
    ORRERY_TRY(file->close());
  }
  if (fate != nullptr) *fate = ManifestFate::kUnknown;
  ORRERY_TRY(files.rename(temp, path));
  return files.sync_dir(folder);
}

}  // namespace orrery::storage
