#include "storage/durability/database_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "env/simulated.h"
#include "storage/durability/crc32c.h"
#include "storage/durability/kv_test_double.h"

namespace orrery::storage {
namespace {

using testing::KvDatabase;
using testing::KvMap;

class FolderTest : public ::testing::Test {
 protected:
  Result<KvDatabase> try_open() { return KvDatabase::open("db", options_, sim_.environment()); }
  KvDatabase open() {
    auto db = try_open();
    EXPECT_TRUE(db) << (db ? "" : db.error().message());
    return std::move(*db);
  }
  // The database gets no chance to close.
  void kill(KvDatabase db) {
    sim_.files.stop();
    {
      KvDatabase dying = std::move(db);
    }
    sim_.files.kill_process();
  }
  void power_loss(KvDatabase db) {
    sim_.files.stop();
    {
      KvDatabase dying = std::move(db);
    }
    sim_.files.restart();
  }
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& [path, bytes] : sim_.files.contents()) out.push_back(path);
    return out;
  }
  std::string read(std::string_view path) { return sim_.files.contents()[std::string(path)]; }
  void write(std::string_view path, std::string_view bytes) {
    auto file = sim_.files.open(path, env::OpenMode::kTruncate);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->append(bytes));
    ASSERT_TRUE((*file)->sync());
  }
  static constexpr std::string_view kSegment1 = "db/wal/00000000000000000001.log";

  env::SimEnvironment sim_{1};
  DurabilityOptions options_;
};

TEST_F(FolderTest, CommitsAreThereAfterAReopen) {
  for (const CloseCheckpoint closing : {CloseCheckpoint::kSkip, CloseCheckpoint::kWrite}) {
    options_.checkpoint_on_close = closing;
    KvMap expected;
    {
      KvDatabase db = open();
      expected = db.map();
      for (uint64_t i = 0; i < 100; ++i) {
        ASSERT_TRUE(db.put(i, "value " + std::to_string(i)));
        expected[i] = "value " + std::to_string(i);
      }
      ASSERT_TRUE(db.folder().close());
    }
    KvDatabase db = open();
    EXPECT_EQ(db.map(), expected);
    EXPECT_FALSE(db.folder().recovery().created);
    EXPECT_EQ(db.folder().recovery().tail_bytes_cut, 0u);
    if (closing == CloseCheckpoint::kWrite) {
      EXPECT_EQ(db.folder().recovery().commits_replayed, 0u);
    }
  }
}

TEST_F(FolderTest, ClosingAnUnchangedDatabaseWritesNothing) {
  ASSERT_TRUE(open().put(1, "a"));
  const auto before = sim_.files.contents();
  {
    KvDatabase db = open();
  }
  EXPECT_EQ(sim_.files.contents(), before);
}

TEST_F(FolderTest, CheckpointDropsTheLogBeforeIt) {
  options_.wal_max_size = 2048;
  options_.wal_compression = Compression::kOff;
  KvDatabase db = open();
  for (uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(db.put(i % 10, std::string(50, 'x')));
  EXPECT_GT(names().size(), 6u) << "several segments";
  EXPECT_GT(db.folder().log_status().log_bytes, 5000u);
  ASSERT_TRUE(db.folder().checkpoint());
  EXPECT_EQ(db.folder().log_status().log_bytes, 0u);
  ASSERT_TRUE(db.put(77, "after"));
  KvMap expected = db.map();
  // Only the new segment, the checkpoint, manifest and lock are left.
  EXPECT_EQ(names().size(), 4u);
  ASSERT_TRUE(db.folder().checkpoint());
  ASSERT_TRUE(db.folder().checkpoint()) << "nothing new: nothing to do";
  EXPECT_EQ(db.folder().log_status().checkpoints, 2u);
  power_loss(std::move(db));
  KvDatabase again = open();
  EXPECT_EQ(again.map(), expected);
}

TEST_F(FolderTest, CheckpointsComeByThemselvesBySizeAndTime) {
  options_.wal_max_size = 2048;
  options_.checkpoint_interval_ms = 1000;
  KvDatabase db = open();
  for (uint64_t i = 0; i < 60; ++i) {
    ASSERT_TRUE(db.put(i, std::string(50, static_cast<char>('a' + i % 26))));
    sim_.executor.run_triggered();
  }
  EXPECT_GE(db.folder().log_status().checkpoints, 1u);
  const uint64_t by_size = db.folder().log_status().checkpoints;
  for (uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(db.put(i, "b"));
  sim_.executor.advance(1100 * env::kNanosPerMilli);
  EXPECT_EQ(db.folder().log_status().checkpoints, by_size + 1);
  sim_.executor.advance(5000 * env::kNanosPerMilli);
  EXPECT_EQ(db.folder().log_status().checkpoints, by_size + 1) << "nothing new";
}

TEST_F(FolderTest, TheCheckpointIntervalCanBeChanged) {
  options_.checkpoint_interval_ms = 60'000;
  KvDatabase db = open();
  ASSERT_TRUE(db.put(1, "a"));
  db.folder().set_checkpoint_interval(500);
  sim_.executor.advance(499 * env::kNanosPerMilli);
  EXPECT_EQ(db.folder().log_status().checkpoints, 0u);
  sim_.executor.advance(env::kNanosPerMilli);
  EXPECT_EQ(db.folder().log_status().checkpoints, 1u);
  ASSERT_TRUE(db.put(2, "b"));
  db.folder().set_checkpoint_interval(0);
  sim_.executor.advance(600'000 * env::kNanosPerMilli);
  EXPECT_EQ(db.folder().log_status().checkpoints, 1u) << "0 = never by time";
}

TEST_F(FolderTest, NormalModeSyncsWithinTheIntervalAndSchemaAtOnce) {
  options_.sync_mode = SyncMode::kNormal;
  options_.checkpoint_interval_ms = 0;
  KvDatabase db = open();
  const uint64_t at_start = db.folder().log_status().syncs;
  for (uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(db.put(i, "a"));
  EXPECT_EQ(db.folder().log_status().syncs, at_start);
  sim_.executor.advance(1000 * env::kNanosPerMilli);
  EXPECT_EQ(db.folder().log_status().syncs, at_start + 1);
  sim_.executor.advance(3000 * env::kNanosPerMilli);
  EXPECT_EQ(db.folder().log_status().syncs, at_start + 1) << "nothing to sync";
  ASSERT_TRUE(db.kv()->commit({{1, "b"}}, CommitKind::kSchema));
  EXPECT_EQ(db.folder().log_status().syncs, at_start + 2);
  const KvMap synced = db.map();
  power_loss(std::move(db));
  EXPECT_EQ(open().map(), synced);
}

TEST_F(FolderTest, FullModeSyncsEveryCommit) {
  options_.sync_mode = SyncMode::kFull;
  KvDatabase db = open();
  const uint64_t at_start = db.folder().log_status().syncs;
  for (uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(db.put(i, "a"));
  EXPECT_EQ(db.folder().log_status().syncs, at_start + 10);
}

TEST_F(FolderTest, NoneModeBuffersAndClosingWrites) {
  options_.sync_mode = SyncMode::kNone;
  options_.checkpoint_on_close = CloseCheckpoint::kSkip;
  KvMap expected;
  {
    KvDatabase db = open();
    ASSERT_TRUE(db.put(1, "a"));
    EXPECT_EQ(read(kSegment1).size(), kSegmentHeaderSize);
    for (uint64_t i = 0; i < 100; ++i) {
      std::string text(500, '\0');
      sim_.random.fill({reinterpret_cast<uint8_t*>(text.data()), text.size()});
      ASSERT_TRUE(db.put(i, text));
    }
    EXPECT_GT(read(kSegment1).size(), options_.wal_flush_trigger);
    expected = db.map();
  }
  sim_.files.restart();
  EXPECT_EQ(open().map(), expected);
}

TEST_F(FolderTest, HugeCommitIsSplitAndJoined) {
  options_.sync_mode = SyncMode::kFull;
  std::string text(3 * kRecordRawMax / 2, '\0');
  sim_.random.fill({reinterpret_cast<uint8_t*>(text.data()), text.size() / 2});
  {
    KvDatabase db = open();
    ASSERT_TRUE(db.put(1, "before"));
    ASSERT_TRUE(db.put(2, text));
    ASSERT_TRUE(db.put(3, "after"));
    power_loss(std::move(db));
  }
  {
    KvDatabase db = open();
    EXPECT_TRUE(db.map() == (KvMap{{1, "before"}, {2, text}, {3, "after"}}));
    EXPECT_EQ(db.folder().recovery().commits_replayed, 3u);
    kill(std::move(db));
  }
  // Half of it is as good as nothing.
  const std::string whole = read(kSegment1);
  std::string cut = whole.substr(0, kSegmentHeaderSize + kRecordRawMax * 3 / 4);
  env::SimEnvironment other(2);
  other.files.load({{"db/MANIFEST", read("db/MANIFEST")},
                    {std::string(kSegment1), cut},
                    {"db/checkpoints/x", ""}});
  auto db = KvDatabase::open("db", options_, other.environment());
  ASSERT_TRUE(db) << db.error().message();
  EXPECT_EQ(db->map(), (KvMap{{1, "before"}}));
  EXPECT_EQ(db->folder().recovery().tail_bytes_cut,
            cut.size() - db->folder().log_status().log_bytes - kSegmentHeaderSize);
}

TEST_F(FolderTest, SecondOpenerIsRefused) {
  KvDatabase db = open();
  const auto second = KvDatabase::open("./db//", options_, sim_.environment());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kDbLocked);
  EXPECT_EQ(second.error().message(), "database is locked by another process: './db//'");
  ASSERT_TRUE(db.folder().close());
  EXPECT_TRUE(try_open());
}

TEST_F(FolderTest, AFailedSyncEndsCommitsButNotReads) {
  options_.sync_mode = SyncMode::kFull;
  options_.checkpoint_on_close = CloseCheckpoint::kSkip;
  {
    KvDatabase db = open();
    ASSERT_TRUE(db.put(1, "a"));
    sim_.files.fail_at(2, env::SimFault::kOnce);  // the write goes through, the sync does not
    const Status failed = db.put(2, "b");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), ErrorCode::kIo);
    const Status later = db.put(3, "c");
    ASSERT_FALSE(later);
    EXPECT_NE(later.error().message().find("until the database is opened again"),
              std::string::npos);
    EXPECT_FALSE(db.folder().checkpoint());
    EXPECT_EQ(db.map().at(1), "a");
    EXPECT_FALSE(db.folder().close());
  }
  KvDatabase db = open();
  EXPECT_EQ(db.map().at(1), "a");
  ASSERT_TRUE(db.put(4, "d"));
}

TEST_F(FolderTest, AFullDiskFailsCommitsUntilThereIsSpace) {
  for (const SyncMode mode : {SyncMode::kNone, SyncMode::kNormal, SyncMode::kFull}) {
    sim_.files.load({});
    sim_.files.set_capacity(UINT64_MAX);
    options_.sync_mode = mode;
    options_.wal_flush_trigger = 100;
    options_.checkpoint_on_close = CloseCheckpoint::kSkip;
    KvMap expected;
    {
      KvDatabase db = open();
      ASSERT_TRUE(db.put(1, "a"));
      ASSERT_TRUE(db.folder().sync());
      sim_.files.set_capacity(sim_.files.bytes_used() + 20);
      Status failed;
      for (int i = 0; i < 10 && failed; ++i) failed = db.put(2, "b");
      ASSERT_FALSE(failed);
      EXPECT_EQ(failed.error().code(), ErrorCode::kDiskFull);
      EXPECT_FALSE(db.folder().checkpoint());
      EXPECT_EQ(db.map().at(1), "a");
      sim_.files.set_capacity(UINT64_MAX);
      ASSERT_TRUE(db.put(3, "c"));
      expected = db.map();
      EXPECT_TRUE(db.folder().close());
    }
    sim_.files.restart();
    EXPECT_EQ(open().map(), expected);
  }
}

TEST_F(FolderTest, DamageInTheMiddleIsAnErrorThatNamesThePlace) {
  options_.sync_mode = SyncMode::kFull;
  options_.wal_compression = Compression::kOff;
  options_.checkpoint_on_close = CloseCheckpoint::kSkip;
  {
    KvDatabase db = open();
    for (uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(db.put(i, "text"));
    kill(std::move(db));
  }
  const uint64_t record_size = (read(kSegment1).size() - kSegmentHeaderSize) / 5;
  std::string bytes = read(kSegment1);
  bytes[kSegmentHeaderSize + record_size + 30] ^= 1;
  write(kSegment1, bytes);
  const auto db = try_open();
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code(), ErrorCode::kCorruption);
  EXPECT_NE(db.error().message().find(kSegment1), std::string::npos) << db.error().message();
  EXPECT_NE(db.error().message().find("offset " + std::to_string(kSegmentHeaderSize + record_size)),
            std::string::npos)
      << db.error().message();
  EXPECT_EQ(read(kSegment1), bytes) << "damage is left as it is";
}

TEST_F(FolderTest, ATornTailIsCut) {
  options_.sync_mode = SyncMode::kFull;
  {
    KvDatabase db = open();
    for (uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(db.put(i, "text"));
    kill(std::move(db));
  }
  const std::string bytes = read(kSegment1);
  write(kSegment1, bytes.substr(0, bytes.size() - 3));
  {
    KvDatabase db = open();
    EXPECT_EQ(db.map().size(), 4u);
    EXPECT_GT(db.folder().recovery().tail_bytes_cut, 0u);
    ASSERT_TRUE(db.put(9, "new"));
    kill(std::move(db));
  }
  KvDatabase db = open();
  EXPECT_EQ(db.map().size(), 5u);
  EXPECT_EQ(db.map().at(9), "new");
}

TEST_F(FolderTest, MissingFilesAreErrors) {
  options_.checkpoint_on_close = CloseCheckpoint::kSkip;
  {
    KvDatabase db = open();
    ASSERT_TRUE(db.put(1, "a"));
    ASSERT_TRUE(db.folder().checkpoint());
    ASSERT_TRUE(db.put(2, "b"));
  }
  const auto files = sim_.files.contents();
  for (const auto& [path, bytes] : files) {
    if (path == "db/db.lock") continue;
    auto less = files;
    less.erase(path);
    sim_.files.load(less);
    const auto db = try_open();
    ASSERT_FALSE(db) << path;
    EXPECT_NE(db.error().message().find(path), std::string::npos) << db.error().message();
  }
  EXPECT_EQ(files.size(), 4u);
}

TEST_F(FolderTest, LeftoversAreRemoved) {
  options_.checkpoint_on_close = CloseCheckpoint::kSkip;
  {
    KvDatabase db = open();
    ASSERT_TRUE(db.put(1, "a"));
    ASSERT_TRUE(db.folder().checkpoint());
    ASSERT_TRUE(db.put(2, "b"));
  }
  const auto files = sim_.files.contents();
  auto more = files;
  more["db/MANIFEST.tmp"] = "half";
  more["db/checkpoints/00000000000000000009.ckpt"] = "orphan";
  more["db/checkpoints/00000000000000000009.ckpt.tmp"] = "half";
  more[std::string(kSegment1)] = "orphan";
  more["db/wal/00000000000000000003.log"] = "";
  more["db/snapshots/20260101-000000.000.tmp/data.ckpt"] = "half";
  sim_.files.load(more);
  KvDatabase db = open();
  EXPECT_EQ(db.map(), (KvMap{{1, "a"}, {2, "b"}}));
  EXPECT_EQ(db.folder().recovery().leftovers_removed, 6u);
  EXPECT_EQ(sim_.files.contents(), files);
}

TEST_F(FolderTest, ForeignFoldersAreLeftAlone) {
  sim_.files.load({{"db/wal/wal-1-lsn-0.log", "of something else"}});
  const auto db = try_open();
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code(), ErrorCode::kNotSupported);
  EXPECT_EQ(read("db/wal/wal-1-lsn-0.log"), "of something else");
}

TEST_F(FolderTest, FilesOfAnotherDatabaseAreRefused) {
  options_.checkpoint_on_close = CloseCheckpoint::kSkip;
  ASSERT_TRUE(open().put(1, "a"));
  auto files = sim_.files.contents();
  env::SimEnvironment other(99);
  {
    auto db = KvDatabase::open("db", options_, other.environment());
    ASSERT_TRUE(db);
    ASSERT_TRUE(db->put(1, "b"));
  }
  files[std::string(kSegment1)] = other.files.contents()[std::string(kSegment1)];
  sim_.files.load(files);
  const auto db = try_open();
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code(), ErrorCode::kCorruption);
  EXPECT_NE(db.error().message().find("another database"), std::string::npos);
}

TEST_F(FolderTest, NewerVersionsAreRefusedByName) {
  {
    KvDatabase db = open();
  }
  std::string bytes = read("db/MANIFEST");
  bytes[8] = 2;
  const uint32_t checksum = crc32c(0, std::string_view(bytes).substr(0, kManifestSize - 4));
  std::memcpy(bytes.data() + kManifestSize - 4, &checksum, sizeof(checksum));
  write("db/MANIFEST", bytes);
  const auto db = try_open();
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code(), ErrorCode::kNotSupported);
  EXPECT_NE(db.error().message().find("newer version"), std::string::npos);
}

// Every look at the clock takes 50 ms.
class SlowClock final : public env::Clock {
 public:
  int64_t wall_nanos() override { return 0; }
  int64_t monotonic_nanos() override { return now_ += 50 * env::kNanosPerMilli; }
  void sleep_nanos(int64_t) override {}

 private:
  int64_t now_ = 0;
};

TEST_F(FolderTest, LongRecoveryReportsProgressAtMostTenTimesASecond) {
  options_.checkpoint_on_close = CloseCheckpoint::kSkip;
  {
    KvDatabase db = open();
    for (uint64_t i = 0; i < 50; ++i) ASSERT_TRUE(db.put(i, "a"));
    ASSERT_TRUE(db.folder().checkpoint());
    for (uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(db.put(i, "b"));
  }
  std::vector<RecoveryProgress> seen;
  options_.on_progress = [&](const RecoveryProgress& p) { seen.push_back(p); };
  {
    KvDatabase db = open();
  }
  EXPECT_TRUE(seen.empty()) << "it took less than a second";
  SlowClock clock;
  env::Environment slow = sim_.environment();
  slow.clock = &clock;
  {
    ASSERT_TRUE(KvDatabase::open("db", options_, slow));
  }
  // About 110 looks in all; the first 20 are the first second, then every other one reports.
  EXPECT_GT(seen.size(), 35u);
  EXPECT_LT(seen.size(), 60u);
  for (size_t i = 1; i < seen.size(); ++i) {
    EXPECT_GE(seen[i].bytes_done, seen[i - 1].bytes_done);
    EXPECT_LE(seen[i].bytes_done, seen[i].bytes_total);
  }
}

TEST_F(FolderTest, SnapshotAndRestore) {
  options_.keep_snapshots = 2;
  options_.sync_mode = SyncMode::kFull;
  KvDatabase db = open();
  EXPECT_EQ(db.folder().restore("").error().message(), "No matching snapshots found");
  ASSERT_TRUE(db.put(1, "one"));
  const auto first = db.folder().snapshot();
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(*first, "20231114-221320.000");
  ASSERT_TRUE(db.put(2, "two"));
  const auto second = db.folder().snapshot();
  ASSERT_TRUE(second);
  EXPECT_LT(*first, *second);
  ASSERT_TRUE(db.put(3, "three"));

  auto old = db.kv();
  const auto restored = db.folder().restore(*first);
  ASSERT_TRUE(restored) << restored.error().message();
  EXPECT_EQ(restored->timestamp, *first);
  EXPECT_EQ(restored->table_count, 1u);
  EXPECT_EQ(restored->row_count, 1u);
  EXPECT_EQ(db.map(), (KvMap{{1, "one"}}));
  EXPECT_EQ(old->map().size(), 3u) << "whoever still reads the old contents can";
  EXPECT_EQ(old->commit({{4, "x"}}).error().code(), ErrorCode::kReopenRequired);
  EXPECT_GE(db.kv()->last_commit(), 3u) << "sequences do not go back";
  ASSERT_TRUE(db.put(5, "five"));

  ASSERT_TRUE(db.folder().restore(""));
  EXPECT_EQ(db.map(), (KvMap{{1, "one"}, {2, "two"}}));
  ASSERT_TRUE(db.put(6, "six"));
  const auto third = db.folder().snapshot();
  ASSERT_TRUE(third);
  EXPECT_EQ(db.folder().restore(*first).error().message(), "No matching snapshots found")
      << "only two are kept";
  power_loss(std::move(db));
  KvDatabase again = open();
  EXPECT_EQ(again.map(), (KvMap{{1, "one"}, {2, "two"}, {6, "six"}}));
}

TEST_F(FolderTest, DamagedSnapshotIsRefusedAndChangesNothing) {
  KvDatabase db = open();
  ASSERT_TRUE(db.put(1, "one"));
  const auto name = db.folder().snapshot();
  ASSERT_TRUE(name);
  ASSERT_TRUE(db.put(2, "two"));
  const std::string path = "db/snapshots/" + *name + "/data.ckpt";
  std::string bytes = read(path);
  bytes[bytes.size() / 2] ^= 1;
  write(path, bytes);
  const auto restored = db.folder().restore("");
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), ErrorCode::kCorruption);
  EXPECT_NE(restored.error().message().find(path), std::string::npos);
  EXPECT_EQ(db.map().size(), 2u);
  ASSERT_TRUE(db.put(3, "three"));
}

TEST_F(FolderTest, AClosedDatabaseRefusesWork) {
  KvDatabase db = open();
  ASSERT_TRUE(db.put(1, "a"));
  ASSERT_TRUE(db.folder().close());
  ASSERT_TRUE(db.folder().close());
  EXPECT_EQ(db.put(2, "b").error().code(), ErrorCode::kReopenRequired);
  EXPECT_FALSE(db.folder().checkpoint());
  EXPECT_FALSE(db.folder().snapshot());
  EXPECT_FALSE(db.folder().restore(""));
}

TEST_F(FolderTest, ConcurrentCommitsAndCheckpoints) {
  options_.sync_mode = SyncMode::kFull;
  KvDatabase db = open();
  constexpr int kThreads = 8;
  constexpr int kCommits = 50;
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCommits; ++i) {
        if (!db.put(static_cast<uint64_t>(t * kCommits + i), "x")) ++failures;
        if (i % 20 == 0 && !db.folder().checkpoint()) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures.load(), 0);
  EXPECT_EQ(db.folder().log_status().commits, uint64_t{kThreads * kCommits});
  power_loss(std::move(db));
  KvDatabase again = open();
  EXPECT_EQ(again.map().size(), size_t{kThreads * kCommits});
}

}  // namespace
}  // namespace orrery::storage
