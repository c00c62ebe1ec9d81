#include "env/simulated.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace orrery::env {
namespace {

std::unique_ptr<File> must_open(FileSystem& files, std::string_view path,
                                OpenMode mode = OpenMode::kCreate) {
  auto file = files.open(path, mode);
  EXPECT_TRUE(file) << (file ? "" : file.error().message());
  return file ? std::move(*file) : nullptr;
}

TEST(SimFiles, SyncedBytesAndNamesSurviveARestart) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimFileSystem files(seed);
    ASSERT_TRUE(files.create_dirs("db/wal"));
    auto file = must_open(files, "db/wal/1");
    ASSERT_TRUE(file->append("synced"));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(files.sync_dir("db/wal"));
    ASSERT_TRUE(file->append(" not"));
    files.restart();
    const std::string bytes = *read_file(files, "db/wal/1", 100);
    EXPECT_EQ(bytes.substr(0, 6), "synced");
    EXPECT_FALSE(file->append("x")) << "a file of before the restart";
  }
}

TEST(SimFiles, UnsyncedWritesAreLostKeptAndTornAtSectors) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SimFileSystem files(seed);
    auto file = must_open(files, "f");
    ASSERT_TRUE(file->append(std::string(100, 'a')));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(files.sync_dir(""));
    ASSERT_TRUE(file->append(std::string(1000, 'b')));
    ASSERT_TRUE(file->append(std::string(1000, 'c')));
    files.restart();
    const std::string bytes = *read_file(files, "f", 10000);
    ASSERT_EQ(bytes.substr(0, 100), std::string(100, 'a'));
    seen.insert(bytes);
    // Within a sector the bytes of one write live or die together.
    for (size_t i = 100; i < bytes.size(); ++i) {
      if (i % 512 != 0 && i != 100 && i != 1100) {
        ASSERT_EQ(bytes[i], bytes[i - 1]) << seed << " " << i;
      }
    }
  }
  const std::string a(100, 'a');
  const std::string b(1000, 'b');
  const std::string c(1000, 'c');
  EXPECT_TRUE(seen.count(a));
  EXPECT_TRUE(seen.count(a + b + c));
  EXPECT_TRUE(seen.count(a + b.substr(0, 412)));
  EXPECT_TRUE(seen.count(a + std::string(2000, '\0')));
  EXPECT_GT(seen.size(), 20u);
}

TEST(SimFiles, UnsyncedNamesComeAndGoButRenameIsWhole) {
  int old_content = 0;
  int new_content = 0;
  int reordered = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SimFileSystem files(seed);
    ASSERT_TRUE(must_open(files, "m")->append("old"));
    ASSERT_TRUE(must_open(files, "m")->sync());
    ASSERT_TRUE(files.sync_dir(""));
    auto temp = must_open(files, "m.tmp");
    ASSERT_TRUE(temp->append("new"));
    ASSERT_TRUE(temp->sync());
    ASSERT_TRUE(files.rename("m.tmp", "m"));
    ASSERT_TRUE(must_open(files, "later"));
    files.restart();
    const std::string content = *read_file(files, "m", 10);
    ASSERT_TRUE(content == "old" || content == "new") << content;
    (content == "old" ? old_content : new_content)++;
    if (content == "old" && files.exists("later")) ++reordered;
  }
  EXPECT_GT(old_content, 30);
  EXPECT_GT(new_content, 30);
  EXPECT_GT(reordered, 10);
}

TEST(SimFiles, FaultsHitTheNthCall) {
  SimFileSystem files(1);
  auto file = must_open(files, "f");
  files.fail_at(2, SimFault::kOnce);
  EXPECT_TRUE(file->append("a"));
  EXPECT_FALSE(files.fault_happened());
  EXPECT_FALSE(file->sync());
  EXPECT_TRUE(files.fault_happened());
  EXPECT_TRUE(file->sync());
  files.fail_at(1, SimFault::kForever);
  EXPECT_FALSE(file->sync());
  EXPECT_FALSE(file->sync());
  files.fail_at(0, SimFault::kOnce);
  EXPECT_TRUE(file->sync());
  files.fail_at(1, SimFault::kCrash);
  EXPECT_FALSE(files.rename("f", "g"));
  EXPECT_FALSE(files.list_dir(""));
  files.restart();
  EXPECT_TRUE(files.list_dir(""));
}

TEST(SimFiles, AFailedSyncMayForgetForGood) {
  int lost = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimFileSystem files(seed);
    auto file = must_open(files, "f");
    ASSERT_TRUE(files.sync_dir(""));
    ASSERT_TRUE(file->append("abc"));
    files.fail_at(1, SimFault::kOnce);
    ASSERT_FALSE(file->sync());
    ASSERT_TRUE(file->sync());
    ASSERT_EQ(*read_file(files, "f", 10), "abc");
    files.restart();
    if (*read_file(files, "f", 10) != "abc") ++lost;
  }
  EXPECT_GT(lost, 20);
  EXPECT_LT(lost, 80);
}

TEST(SimFiles, CapacityCutsTheWriteThatDoesNotFit) {
  SimFileSystem files(1);
  auto file = must_open(files, "f");
  files.set_capacity(10);
  ASSERT_TRUE(file->append("12345678"));
  EXPECT_EQ(file->append("abcd").error().code(), ErrorCode::kDiskFull);
  EXPECT_EQ(*read_file(files, "f", 100), "12345678ab");
  EXPECT_EQ(*files.available_space(""), 0u);
  ASSERT_TRUE(file->truncate(8));
  EXPECT_EQ(*files.available_space(""), 2u);
  ASSERT_TRUE(file->append("zz"));
  ASSERT_TRUE(files.remove("f"));
  EXPECT_EQ(files.bytes_used(), 0u);
}

TEST(SimFiles, LocksAndProcessDeath) {
  SimFileSystem files(1);
  auto lock = files.lock_file("l");
  ASSERT_TRUE(lock);
  EXPECT_EQ(files.lock_file("./l").error().code(), ErrorCode::kDbLocked);
  auto file = must_open(files, "f");
  ASSERT_TRUE(file->append("kept"));
  files.kill_process();
  EXPECT_EQ(*read_file(files, "f", 10), "kept");
  auto again = files.lock_file("l");
  ASSERT_TRUE(again);
  lock->reset();
  EXPECT_FALSE(files.lock_file("l")) << "a dead lock's end must not free the new one";
}

TEST(SimExecutor, RunsTasksInTheOrderOfTime) {
  SimEnvironment sim(7);
  std::string log;
  auto a = sim.executor.start(300, [&] { log += 'a'; });
  auto b = sim.executor.start(200, [&] { log += 'b'; });
  auto c = sim.executor.start(0, [&] { log += 'c'; });
  sim.executor.advance(650);
  // 200 b, 300 a, 400 b, 600 a and b: of two at the same time the one started first.
  EXPECT_EQ(log, "babab");
  c->trigger();
  sim.executor.run_triggered();
  EXPECT_EQ(log.back(), 'c');
  EXPECT_EQ(sim.clock.now(), 650);
}

TEST(SimFiles, LoadAndContents) {
  SimFileSystem files(1);
  files.load({{"db/a", "1"}, {"db/wal/b", "22"}});
  EXPECT_EQ(files.bytes_used(), 3u);
  files.restart();
  EXPECT_EQ(files.contents(),
            (std::map<std::string, std::string>{{"db/a", "1"}, {"db/wal/b", "22"}}));
}

}  // namespace
}  // namespace orrery::env
