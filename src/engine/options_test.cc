#include "engine/options.h"

#include <gtest/gtest.h>

namespace orrery::engine {
namespace {

std::string error_of(std::string_view dsn) {
  auto options = parse_dsn(dsn);
  return options ? "" : options.error().message();
}

TEST(Dsn, NamesTheStorage) {
  auto memory = parse_dsn("memory://");
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->kind, StorageKind::kMemory);
  EXPECT_EQ(memory->path, "");
  auto named = parse_dsn("memory://shared");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->path, "shared");
  auto relative = parse_dsn("file://a/b");
  ASSERT_TRUE(relative);
  EXPECT_EQ(relative->kind, StorageKind::kFile);
  EXPECT_EQ(relative->path, "a/b");
  EXPECT_EQ(parse_dsn("file:///tmp/x?sync_mode=full")->path, "/tmp/x");
  EXPECT_EQ(parse_dsn("FILE:///tmp/x")->path, "/tmp/x");
}

TEST(Dsn, RefusesWhatIsNone) {
  EXPECT_EQ(error_of("mydb"), "parse error: Invalid DSN format: expected scheme://path");
  EXPECT_EQ(error_of("invalid://x"),
            "parse error: Unsupported scheme 'invalid'. Use 'memory://' or 'file://path'");
  EXPECT_EQ(error_of("file://"), "parse error: file:// scheme requires a non-empty path");
  EXPECT_EQ(error_of("file://?sync_mode=full"),
            "parse error: file:// scheme requires a non-empty path");
  EXPECT_EQ(error_of("memory://\xff"), "invalid UTF-8 in DSN");
  EXPECT_NE(error_of(std::string_view("memory://\0x", 11)), "");
}

TEST(Dsn, ReadsParameters) {
  auto options = parse_dsn(
      "file://d?sync=2&SNAPSHOT_INTERVAL=5&compact_threshold=7&keep_snapshots=0&"
      "wal_compression=no&checkpoint_on_close=off&target_volume_rows=5&memory_limit=64MB&"
      "unknown=1&sync_interval=20&vector_size=2&novalue");
  ASSERT_TRUE(options) << options.error().message();
  EXPECT_EQ(options->durability.sync_mode, storage::SyncMode::kFull);
  EXPECT_EQ(options->durability.checkpoint_interval_ms, 5000u);
  EXPECT_EQ(options->settings.checkpoint_interval_seconds, 5);
  EXPECT_EQ(options->settings.compact_threshold, 7);
  EXPECT_EQ(options->durability.keep_snapshots, 1u);
  EXPECT_EQ(options->durability.wal_compression, storage::Compression::kOff);
  EXPECT_EQ(options->durability.volume_compression, storage::Compression::kLz4);
  EXPECT_EQ(options->durability.checkpoint_on_close, storage::CloseCheckpoint::kSkip);
  EXPECT_EQ(options->settings.target_volume_rows, kTargetVolumeRowsMin);
  EXPECT_EQ(options->memory_limit_bytes, uint64_t{64} << 20);
  EXPECT_EQ(options->durability.sync_interval_ms, 20u);
  EXPECT_EQ(options->vector_size, 2u);
}

TEST(Dsn, UnknownSyncModeIsNormal) {
  EXPECT_EQ(parse_dsn("file://d?sync_mode=whatever")->durability.sync_mode,
            storage::SyncMode::kNormal);
  EXPECT_EQ(parse_dsn("file://d?sync_mode=OFF")->durability.sync_mode, storage::SyncMode::kNone);
}

TEST(Dsn, NamesTheParameterThatIsNoNumber) {
  EXPECT_EQ(error_of("file://d?compact_threshold=abc"),
            "invalid argument: invalid compact_threshold: 'abc'");
  EXPECT_EQ(error_of("file://d?wal_max_size="), "invalid argument: invalid wal_max_size: ''");
  EXPECT_EQ(error_of("file://d?keep_snapshots=-1"),
            "invalid argument: invalid keep_snapshots: '-1'");
  EXPECT_EQ(error_of("file://d?memory_limit=lots"),
            "invalid argument: invalid memory_limit: 'lots'");
  EXPECT_EQ(error_of("memory://?vector_size=0"), "invalid argument: invalid vector_size: '0'");
  EXPECT_EQ(error_of("memory://?vector_size=999999"),
            "invalid argument: invalid vector_size: '999999'");
}

}  // namespace
}  // namespace orrery::engine
