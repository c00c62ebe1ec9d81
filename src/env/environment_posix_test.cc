#include <gtest/gtest.h>
#include <sys/stat.h>
#include <stdlib.h>

#include <atomic>
#include <string>

#include "env/environment.h"

namespace orrery::env {
namespace {

class PosixFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/orrery_env_XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    root_ = name;
  }
  void TearDown() override { remove_tree(root_); }
  void remove_tree(const std::string& path) {
    auto entries = files_.list_dir(path);
    ASSERT_TRUE(entries);
    for (const DirEntry& entry : *entries) {
      const std::string child = join_path(path, entry.name);
      if (entry.kind == FileKind::kDirectory) {
        remove_tree(child);
      } else {
        ASSERT_TRUE(files_.remove(child));
      }
    }
    ASSERT_TRUE(files_.remove(path));
  }
  FileSystem& files_ = *posix_environment().files;
  std::string root_;
};

TEST_F(PosixFilesTest, PositionalReadsAndWrites) {
  const std::string path = join_path(root_, "a");
  auto file = files_.open(path, OpenMode::kCreateNew);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->append("hello"));
  ASSERT_TRUE((*file)->append(" world"));
  ASSERT_TRUE((*file)->write_at(0, "J"));
  ASSERT_TRUE((*file)->write_at(20, "x"));
  EXPECT_EQ(*(*file)->size(), 21u);
  char out[64];
  auto n = (*file)->read_at(0, out);
  ASSERT_TRUE(n);
  EXPECT_EQ(std::string(out, *n), std::string("Jello world\0\0\0\0\0\0\0\0\0x", 21));
  EXPECT_EQ(*(*file)->read_at(21, out), 0u);
  ASSERT_TRUE((*file)->truncate(5));
  ASSERT_TRUE((*file)->sync());
  ASSERT_TRUE((*file)->close());
  EXPECT_EQ(*read_file(files_, path, 100), "Jello");
  EXPECT_EQ(read_file(files_, path, 4).error().code(), ErrorCode::kLimit);
}

TEST_F(PosixFilesTest, OpenModesTellMissingAndExisting) {
  const std::string path = join_path(root_, "a");
  EXPECT_EQ(files_.open(path, OpenMode::kReadOnly).error().code(), ErrorCode::kIo);
  EXPECT_FALSE(files_.open(path, OpenMode::kReadWrite));
  EXPECT_FALSE(files_.exists(path));
  ASSERT_TRUE(files_.open(path, OpenMode::kCreate).value()->append("abc"));
  EXPECT_TRUE(files_.exists(path));
  EXPECT_FALSE(files_.open(path, OpenMode::kCreateNew));
  EXPECT_EQ(*files_.open(path, OpenMode::kCreate).value()->size(), 3u);
  EXPECT_EQ(*files_.open(path, OpenMode::kTruncate).value()->size(), 0u);
  EXPECT_FALSE(files_.open(path, OpenMode::kReadOnly).value()->append("x"));
  const Error error = std::move(files_.open(join_path(root_, "no/b"), OpenMode::kCreate)).error();
  EXPECT_NE(error.message().find(root_ + "/no/b"), std::string::npos) << error.message();
}

TEST_F(PosixFilesTest, SecretFilesAreForTheirOwner) {
  const std::string path = join_path(root_, "key");
  ASSERT_TRUE(files_.open(path, OpenMode::kCreateSecret).value()->append("x"));
  struct stat status = {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_FALSE(files_.open(path, OpenMode::kCreateSecret));
}

TEST_F(PosixFilesTest, DirectoriesRenameAndRemove) {
  ASSERT_TRUE(files_.create_dirs(join_path(root_, "x/y/z")));
  ASSERT_TRUE(files_.create_dirs(join_path(root_, "x/y/z")));
  ASSERT_TRUE(files_.open(join_path(root_, "x/b"), OpenMode::kCreate));
  ASSERT_TRUE(files_.open(join_path(root_, "x/a"), OpenMode::kCreate).value()->append("A"));
  ASSERT_TRUE(files_.rename(join_path(root_, "x/a"), join_path(root_, "x/b")));
  ASSERT_TRUE(files_.sync_dir(join_path(root_, "x")));
  auto entries = files_.list_dir(join_path(root_, "x"));
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].name, "b");
  EXPECT_EQ((*entries)[0].kind, FileKind::kFile);
  EXPECT_EQ((*entries)[1].name, "y");
  EXPECT_EQ((*entries)[1].kind, FileKind::kDirectory);
  EXPECT_EQ(*read_file(files_, join_path(root_, "x/b"), 10), "A");
  EXPECT_FALSE(files_.remove(join_path(root_, "x")));
  EXPECT_FALSE(files_.create_dirs(join_path(root_, "x/b")));
  EXPECT_FALSE(files_.create_dirs(join_path(root_, "x/b/c")));
  EXPECT_FALSE(files_.list_dir(join_path(root_, "nothing")));
}

TEST_F(PosixFilesTest, LockRefusesASecondHolderByAnyName) {
  const std::string path = join_path(root_, "db.lock");
  auto lock = files_.lock_file(path);
  ASSERT_TRUE(lock);
  EXPECT_EQ(files_.lock_file(path).error().code(), ErrorCode::kDbLocked);
  EXPECT_EQ(files_.lock_file(join_path(root_, "./db.lock")).error().code(), ErrorCode::kDbLocked);
  lock->reset();
  EXPECT_TRUE(files_.lock_file(path));
  EXPECT_GT(*files_.available_space(root_), 0u);
}

TEST(PosixFullDisk, IsToldApart) {
  auto file = posix_environment().files->open("/dev/full", OpenMode::kReadWrite);
  if (!file) GTEST_SKIP() << "no /dev/full";
  EXPECT_EQ((*file)->write_at(0, "x").error().code(), ErrorCode::kDiskFull);
}

TEST(PosixClockAndRandom, Work) {
  Clock& clock = *posix_environment().clock;
  const int64_t start = clock.monotonic_nanos();
  clock.sleep_nanos(2 * kNanosPerMilli);
  EXPECT_GE(clock.monotonic_nanos() - start, 2 * kNanosPerMilli);
  EXPECT_GT(clock.wall_nanos(), 1'600'000'000 * kNanosPerSecond);
  EXPECT_NE(posix_environment().random->next_u64(), posix_environment().random->next_u64());
}

TEST(PosixExecutor, RunsPeriodicallyWhenTriggeredAndNow) {
  Executor& executor = *posix_environment().executor;
  Clock& clock = *posix_environment().clock;
  std::atomic<int> periodic{0};
  std::atomic<int> triggered{0};
  auto a = executor.start(kNanosPerMilli, [&] { ++periodic; });
  auto b = executor.start(0, [&] { ++triggered; });
  b->run_now();
  EXPECT_EQ(triggered.load(), 1);
  b->trigger();
  for (int i = 0; i < 5000 && (periodic < 3 || triggered < 2); ++i) {
    clock.sleep_nanos(kNanosPerMilli);
  }
  EXPECT_GE(periodic.load(), 3);
  EXPECT_EQ(triggered.load(), 2);
  a.reset();
  const int at_stop = periodic;
  clock.sleep_nanos(5 * kNanosPerMilli);
  EXPECT_EQ(periodic.load(), at_stop);
}

TEST(PosixExecutor, TheIntervalCanBeChanged) {
  Executor& executor = *posix_environment().executor;
  Clock& clock = *posix_environment().clock;
  std::atomic<int> passes{0};
  auto task = executor.start(3600 * kNanosPerSecond, [&] { ++passes; });
  task->set_interval(kNanosPerMilli);
  for (int i = 0; i < 5000 && passes < 3; ++i) clock.sleep_nanos(kNanosPerMilli);
  EXPECT_GE(passes.load(), 3);
  task->set_interval(0);
  task->run_now();  // whatever was under way has ended
  const int at_stop = passes;
  clock.sleep_nanos(10 * kNanosPerMilli);
  EXPECT_LE(passes.load(), at_stop + 1) << "at most a pass that had begun before";
  task->trigger();
  for (int i = 0; i < 5000 && passes <= at_stop; ++i) clock.sleep_nanos(kNanosPerMilli);
  EXPECT_GT(passes.load(), at_stop);
}

TEST(Paths, JoinAndParent) {
  EXPECT_EQ(join_path("a", "b"), "a/b");
  EXPECT_EQ(join_path("a/", "b"), "a/b");
  EXPECT_EQ(join_path("", "b"), "b");
  EXPECT_EQ(parent_path("a/b"), "a");
  EXPECT_EQ(parent_path("a/b//"), "a");
  EXPECT_EQ(parent_path("/a"), "/");
  EXPECT_EQ(parent_path("a"), ".");
}

}  // namespace
}  // namespace orrery::env
