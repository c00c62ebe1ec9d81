// The bytes of every format, held against docs/FORMAT.md: the expected ones were worked out from
// that page alone.
#include <gtest/gtest.h>

#include <string>

#include "env/simulated.h"
#include "storage/durability/checkpoint_file.h"
#include "storage/durability/log_format.h"
#include "storage/durability/log_replay.h"
#include "storage/durability/manifest.h"

namespace orrery::storage {
namespace {

constexpr DatabaseId kDatabase{.low = 0x1122334455667788, .high = 0x99aabbccddeeff00};
constexpr int64_t kWall = 1'700'000'000'000'000'000;

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

std::string unhex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    out += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  }
  return out;
}

constexpr std::string_view kManifestBytes =
    "4f5252594d414e310100000070000000887766554433221100ffeeddccbbaa990300000000000000"
    "0200000000000000e803000000000000efbeadde000000004d000000000000000500000000000000"
    "0010000000000000500000000000000000002a36fe9c971700000000d5be3f22";
constexpr std::string_view kSegmentBytes =
    "4f52525957414c310100000040000000887766554433221100ffeeddccbbaa990500000000000000"
    "c00f0000000000004d0000000000000020000000a1e20981";
constexpr std::string_view kRecordBytes =
    "058bb178050000004e00000000000000600000000000524c68656c6c6f";
// Packed by hand: two literals, a match of 13 at distance 2, five literals.
constexpr std::string_view kPackedRecordBytes =
    "09e6defd0f0000004f00000000000000000000000100524c14000000296162020050787978797a";
constexpr std::string_view kCheckpointBytes =
    "4f525259434b50310100000040000000887766554433221100ffeeddccbbaa990200000000000000"
    "00002a36fe9c971700000000000000000000000004c50ae78047bf45060000000600000001000000"
    "0000000000000000736368656d6174d8fd5d08000000080000000200000007000000000000000300"
    "000000000000f5f43553080000000800000003000000070000000200000074776f20726f7773f867"
    "a0fe080000000800000004000000070000000000000002000000000000005121c9e6200000002000"
    "00000500000000000000000000004d00000000000000010000000000000002000000000000000400"
    "000000000000";

TEST(FormatGolden, Manifest) {
  const Manifest manifest{.database = kDatabase,
                          .generation = 3,
                          .checkpoint_number = 2,
                          .checkpoint_size = 1000,
                          .checkpoint_digest = 0xdeadbeef,
                          .checkpoint_seq = 77,
                          .first_segment = 5,
                          .durable_position = 4096,
                          .durable_seq = 80,
                          .wall_nanos = kWall};
  EXPECT_EQ(hex(encode_manifest(manifest)), kManifestBytes);
  const auto read = decode_manifest(unhex(kManifestBytes), "golden");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->database, kDatabase);
  EXPECT_EQ(read->generation, 3u);
  EXPECT_EQ(read->checkpoint_number, 2u);
  EXPECT_EQ(read->checkpoint_size, 1000u);
  EXPECT_EQ(read->checkpoint_digest, 0xdeadbeefu);
  EXPECT_EQ(read->checkpoint_seq, 77u);
  EXPECT_EQ(read->first_segment, 5u);
  EXPECT_EQ(read->durable_position, 4096u);
  EXPECT_EQ(read->durable_seq, 80u);
  EXPECT_EQ(read->wall_nanos, kWall);
}

TEST(FormatGolden, LogSegment) {
  const SegmentHeader header{
      .database = kDatabase, .number = 5, .start = 4032, .base_seq = 77, .undurable = 32};
  EXPECT_EQ(hex(encode_segment_header(header)), kSegmentBytes);
  std::string record;
  encode_record(RecordPlace(kDatabase, 5), kSegmentHeaderSize,
                {.checksum = 0, .stored_size = 0, .seq = 78, .undurable = 96, .flags = 0}, "hello",
                &record);
  EXPECT_EQ(hex(record), kRecordBytes);

  env::SimFileSystem files(1);
  const std::string bytes = unhex(kSegmentBytes) + unhex(kRecordBytes) + unhex(kPackedRecordBytes);
  files.load({{"wal/" + segment_file_name(5), bytes}});
  LogReplay replay(&files, {.folder = "wal",
                            .database = kDatabase,
                            .first_segment = 5,
                            .after_seq = 77,
                            .known_durable = 4032 + bytes.size()});
  std::string seen;
  const Status done = replay.run(
      [&](CommitSeq seq, std::string_view redo) {
        seen += std::to_string(seq) + " " + std::string(redo) + "; ";
        return Status();
      },
      nullptr);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(seen, "78 hello; 79 abababababababaxyxyz; ");
  EXPECT_EQ(replay.end().offset, bytes.size());
  EXPECT_EQ(replay.end().segment_start, 4032u);
}

class ListingTarget final : public CheckpointTarget {
 public:
  Status load_schema(std::string_view bytes) override {
    seen += "schema " + std::string(bytes) + "; ";
    return {};
  }
  Status load_rows(TableId table, std::string_view block, uint32_t row_count) override {
    seen += std::to_string(table) + ": " + std::to_string(row_count) + " " + std::string(block);
    return {};
  }
  std::string seen;
};

TEST(FormatGolden, Checkpoint) {
  env::SimFileSystem files(1);
  auto writer = CheckpointWriter::create(files, "c",
                                         {.database = kDatabase,
                                          .number = 2,
                                          .wall_nanos = kWall,
                                          .compression = Compression::kOff,
                                          .compression_threshold = 0});
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->schema("schema"));
  ASSERT_TRUE((*writer)->begin_table(7, 3));
  ASSERT_TRUE((*writer)->rows("two rows", 2));
  ASSERT_TRUE((*writer)->end_table());
  const auto written = (*writer)->finish(77);
  ASSERT_TRUE(written);
  EXPECT_EQ(hex(files.contents()["c"]), kCheckpointBytes);
  EXPECT_EQ(written->digest, 0xfdfc78c0u);
  ListingTarget target;
  const auto read = read_checkpoint(files, "c", kDatabase, 2, target, nullptr);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(target.seen, "schema schema; 7: 2 two rows");
  EXPECT_EQ(read->digest, written->digest);
  EXPECT_EQ(read->seq, 77u);
  EXPECT_EQ(read->table_count, 1u);
  EXPECT_EQ(read->row_count, 2u);
  // The same bytes are nothing in another place.
  EXPECT_FALSE(read_checkpoint(files, "c", kDatabase, 3, target, nullptr));
}

TEST(FormatGolden, FileNames) {
  EXPECT_EQ(segment_file_name(7), "00000000000000000007.log");
  EXPECT_EQ(checkpoint_file_name(UINT64_MAX), "18446744073709551615.ckpt");
  EXPECT_EQ(parse_file_name("00000000000000000007.log", kSegmentSuffix), 7u);
  EXPECT_EQ(parse_file_name("18446744073709551615.ckpt", kCheckpointSuffix), UINT64_MAX);
  for (const std::string_view name :
       {"7.log", "0000000000000000000x.log", "00000000000000000007.ckpt", "", ".log",
        "18446744073709551616.log", "00000000000000000000.log", "00000000000000000007.log.tmp"}) {
    EXPECT_EQ(parse_file_name(name, kSegmentSuffix), 0u) << name;
  }
}

}  // namespace
}  // namespace orrery::storage
