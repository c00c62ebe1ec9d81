// A checkpoint, and the redo of commits, from hostile bytes into a store with tables: an error or
// tables, never a crash.
//
// Input: a byte of mode, then a checkpoint file as it is; or blocks with right checksums around the
// input's payloads; or redo.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/bytes.h"
#include "env/simulated.h"
#include "storage/durability/checkpoint_file.h"
#include "storage/durability/crc32c.h"
#include "storage/store.h"

namespace {

using namespace orrery;           // NOLINT: a program of one file
using namespace orrery::storage;  // NOLINT

constexpr DatabaseId kDatabase{.low = 1, .high = 2};
constexpr uint64_t kNumber = 1;

class StoreTarget final : public CheckpointTarget {
 public:
  // A row id that takes gigabytes of empty slots would only end the run.
  StoreTarget() { store.limit_recovered_rows(uint64_t{1} << 16); }
  Status load_schema(std::string_view bytes) override { return store.load_schema(bytes); }
  Status load_rows(TableId table, std::string_view block, uint32_t row_count) override {
    return store.load_rows(table, block, row_count);
  }
  Store store;
};

std::string build(ByteReader in) {
  env::SimFileSystem files(1);
  auto writer = CheckpointWriter::create(files, "c",
                                         {.database = kDatabase,
                                          .number = kNumber,
                                          .wall_nanos = 0,
                                          .compression = Compression::kLz4,
                                          .compression_threshold = 64});
  if (!writer) std::abort();
  std::string out = files.contents()["c"];
  // Only the header of it is wanted; blocks follow in any order and with any kind.
  if (!(*writer)->schema("") || !(*writer)->finish(0)) std::abort();
  out = files.contents()["c"].substr(0, 64);
  uint8_t kind = 0;
  while (in.read(&kind)) {
    uint8_t table = 0;
    uint8_t rows = 0;
    uint16_t size = 0;
    if (!in.read(&table) || !in.read(&rows) || !in.read(&size)) break;
    std::string_view payload;
    (void)in.read_bytes(std::min<size_t>(size, in.remaining()), &payload);
    ByteWriter block;
    block.write(static_cast<uint32_t>(payload.size()));
    block.write(static_cast<uint32_t>(payload.size()));
    block.write(static_cast<uint8_t>(kind % 7));
    block.write(uint8_t{0});
    block.write(uint16_t{0});
    block.write(uint32_t{table});
    block.write(uint32_t{rows});
    block.write_bytes(payload);
    const uint32_t checksum = RecordPlace(kDatabase, kNumber).checksum(out.size(), block.buffer());
    out.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum)).append(block.buffer());
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  StoreTarget target;
  if (data[0] % 3 == 2) {
    ByteReader in(rest);
    uint16_t length = 0;
    CommitSeq seq = 0;
    while (in.read(&length)) {
      std::string_view redo;
      (void)in.read_bytes(std::min<size_t>(length, in.remaining()), &redo);
      if (!target.store.apply_redo(++seq, redo)) return 0;
    }
    (void)target.store.finish_recovery(seq);
    return 0;
  }
  env::SimFileSystem files(1);
  files.load({{"c", data[0] % 3 == 0 ? std::string(rest) : build(ByteReader(rest))}});
  const auto read = read_checkpoint(files, "c", kDatabase, kNumber, target, nullptr);
  if (read) (void)target.store.finish_recovery(read->seq);
  return 0;
}
