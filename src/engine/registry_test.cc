#include "engine/registry.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/sync.h"
#include "engine/session_for_test.h"

namespace orrery::engine {
namespace {

/// The system's files, where taking the lock of a folder waits until the gate is opened.
class GatedFiles final : public env::FileSystem {
 public:
  Result<std::unique_ptr<env::File>> open(std::string_view path, env::OpenMode mode) override {
    return files_.open(path, mode);
  }
  Status rename(std::string_view from, std::string_view to) override {
    return files_.rename(from, to);
  }
  Status remove(std::string_view path) override { return files_.remove(path); }
  Result<std::vector<env::DirEntry>> list_dir(std::string_view path) override {
    return files_.list_dir(path);
  }
  Status create_dirs(std::string_view path) override { return files_.create_dirs(path); }
  Status sync_dir(std::string_view path) override { return files_.sync_dir(path); }
  bool exists(std::string_view path) override { return files_.exists(path); }
  Result<std::unique_ptr<env::FileLock>> lock_file(std::string_view path) override {
    UniqueLock<Mutex> lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    return files_.lock_file(path);
  }
  Result<uint64_t> available_space(std::string_view path) override {
    return files_.available_space(path);
  }

  void wait_for_caller() {
    UniqueLock<Mutex> lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }
  void open_gate() {
    LockGuard<Mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  int callers() {
    LockGuard<Mutex> lock(mutex_);
    return waiting_;
  }

 private:
  env::FileSystem& files_ = *env::system_environment().files;
  Mutex mutex_;
  ConditionVariable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

TEST(Registry, OpeningOneDatabaseKeepsNobodyElseWaiting) {
  TemporaryFolder folder;
  GatedFiles gated;
  env::Environment slow = env::system_environment();
  slow.files = &gated;
  const std::string dsn = "file://" + folder.path() + "/slow";
  std::shared_ptr<Session> first;
  std::shared_ptr<Session> second;
  std::thread opener([&] { first = open(dsn, slow); });
  gated.wait_for_caller();
  std::thread same([&] { second = open(dsn, slow); });

  // With the gate shut: another folder, a named database in memory, and closing them.
  const size_t before = registered_database_count();
  EXPECT_EQ(before, 1u) << "the one that is being opened";
  {
    auto other = open("file://" + folder.path() + "/other");
    EXPECT_EQ(exec(*other, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)"), "1");
    auto memory = open("memory://registry-other");
    EXPECT_EQ(query(*memory, "SELECT 1"), "1");
    EXPECT_EQ(registered_database_count(), before + 2);
  }
  EXPECT_EQ(registered_database_count(), before);

  gated.open_gate();
  opener.join();
  same.join();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first, second) << "the second waited for the first";
  EXPECT_EQ(gated.callers(), 1) << "and did not open the folder itself";
  EXPECT_EQ(query(*first, "SELECT 1"), "1");
  first.reset();
  second.reset();
  EXPECT_EQ(registered_database_count(), 0u);
}

TEST(Registry, WhoWaitsForAnOpeningThatFailsTriesAgain) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/db";
  auto holder = open("file://" + path + "?sync_mode=none");
  GatedFiles gated;
  env::Environment slow = env::system_environment();
  slow.files = &gated;
  const std::string dsn = "file://" + path;
  std::atomic<int> refused{0};
  auto try_opening = [&] {
    auto session = open_session(dsn, slow);
    if (!session && session.error().code() == ErrorCode::kDbLocked) ++refused;
  };
  std::thread a(try_opening);
  gated.wait_for_caller();
  std::thread b(try_opening);
  gated.open_gate();
  a.join();
  b.join();
  EXPECT_EQ(refused.load(), 2);
  EXPECT_EQ(gated.callers(), 2);
  EXPECT_EQ(registered_database_count(), 1u) << "nothing of the failed ones is left";
  holder->drop_handle();
  holder.reset();
  EXPECT_TRUE(open_session(dsn));
}

}  // namespace
}  // namespace orrery::engine
