// Real processes killed at random times (SIGKILL), over real files: every commit that the process
// had acknowledged is there afterwards, and no transaction is half there. 40 kills; ORRERY_FULL=1
// makes it 1,000.
//
// The child runs threads that commit and report each acknowledgement through a pipe; now and then
// it makes a checkpoint. Each transaction writes the same serial number under several keys.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "env/simulated.h"
#include "storage/durability/kv_test_double.h"

namespace orrery::storage {
namespace {

using testing::KvDatabase;
using testing::KvMap;
using testing::KvWrites;

constexpr uint64_t kThreads = 4;
constexpr uint64_t kKeysPerTransaction = 3;

std::string g_program;  // NOLINT: set once by main

struct Acknowledgement {
  uint64_t thread;
  uint64_t serial;
};

DurabilityOptions options_of(uint64_t seed) {
  DurabilityOptions options;
  options.sync_mode = static_cast<SyncMode>(seed % 3);
  options.sync_interval_ms = 5;
  options.wal_max_size = 4096 << (seed % 5);
  options.wal_flush_trigger = 1000;
  options.checkpoint_interval_ms = 10;
  return options;
}

uint64_t key_of(uint64_t thread, uint64_t i) {
  return thread * 100 + i;
}

std::string text_of(uint64_t serial, uint64_t i) {
  return std::to_string(serial) + std::string(1 + (serial * 7 + i) % 200, '.');
}

uint64_t serial_of(const KvMap& map, uint64_t thread, uint64_t i) {
  const auto it = map.find(key_of(thread, i));
  return it == map.end() ? 0 : std::strtoull(it->second.c_str(), nullptr, 10);
}

int run_child(const std::string& folder, uint64_t seed, int pipe_fd) {
  auto db = KvDatabase::open(folder, options_of(seed), env::posix_environment());
  if (!db) {
    std::fprintf(stderr, "child: %s\n", db.error().message().c_str());
    return 2;
  }
  const KvMap start = db->map();
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t serial = serial_of(start, t, 0) + 1;; ++serial) {
        KvWrites writes;
        for (uint64_t i = 0; i < kKeysPerTransaction; ++i) {
          writes.emplace_back(key_of(t, i), text_of(serial, i));
        }
        const Status done = db->kv()->commit(writes);
        if (!done) {
          std::fprintf(stderr, "child: %s\n", done.error().message().c_str());
          std::_Exit(3);
        }
        const Acknowledgement ack{t, serial};
        if (::write(pipe_fd, &ack, sizeof(ack)) != sizeof(ack)) std::_Exit(4);
      }
    });
  }
  threads[0].join();  // never
  return 0;
}

struct Child {
  pid_t pid = -1;
  int pipe_fd = -1;
};

Child start_child(const std::string& folder, uint64_t seed) {
  std::array<int, 2> ends;
  EXPECT_EQ(::pipe(ends.data()), 0);
  const std::string seed_text = std::to_string(seed);
  const std::string fd_text = std::to_string(ends[1]);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    ::execl(g_program.c_str(), g_program.c_str(), "--child", folder.c_str(), seed_text.c_str(),
            fd_text.c_str(), nullptr);
    std::_Exit(5);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

class KillTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/orrery_kill_XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Lets a child work for a while, kills it, notes what it had acknowledged.
  void run_and_kill(uint64_t seed, int64_t nanos) {
    const Child child = start_child(folder_ + "/db", seed);
    // Beside the child, which would wait for room in the pipe otherwise.
    std::thread reader([&] {
      Acknowledgement ack;
      while (::read(child.pipe_fd, &ack, sizeof(ack)) == sizeof(ack)) {
        acknowledged_[ack.thread] = ack.serial;
        ++acknowledgements_;
      }
    });
    env::posix_environment().clock->sleep_nanos(nanos);
    const int killed = ::kill(child.pid, SIGKILL);
    reader.join();
    ASSERT_EQ(killed, 0);
    ::close(child.pipe_fd);
    int status = 0;
    ASSERT_EQ(::waitpid(child.pid, &status, 0), child.pid);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  }

  void check(uint64_t seed) {
    auto db = KvDatabase::open(folder_ + "/db", options_of(seed), env::posix_environment());
    ASSERT_TRUE(db) << db.error().message();
    replayed_ += db->folder().recovery().commits_replayed;
    if (db->folder().recovery().tail_bytes_cut > 0) ++tails_;
    const KvMap map = db->map();
    for (uint64_t t = 0; t < kThreads; ++t) {
      const uint64_t serial = serial_of(map, t, 0);
      for (uint64_t i = 0; serial > 0 && i < kKeysPerTransaction; ++i) {
        ASSERT_EQ(map.at(key_of(t, i)), text_of(serial, i)) << "half a transaction";
      }
      // Sync mode none promises nothing, but what it had may not be made up.
      if (options_of(seed).sync_mode == SyncMode::kNone) {
        ASSERT_LE(serial, acknowledged_[t] + 1);
      } else {
        ASSERT_GE(serial, acknowledged_[t]);
      }
      acknowledged_[t] = serial;
    }
    ASSERT_TRUE(db->folder().close());
  }

  std::string folder_;
  std::array<uint64_t, kThreads> acknowledged_{};
  uint64_t acknowledgements_ = 0;
  uint64_t replayed_ = 0;
  uint64_t tails_ = 0;
};

TEST_F(KillTest, EveryAcknowledgedCommitSurvives) {
  const uint64_t kills = std::getenv("ORRERY_FULL") != nullptr ? 1000 : 40;
  env::SeededRandom random(1);
  for (uint64_t seed = 0; seed < kills; ++seed) {
    run_and_kill(seed, static_cast<int64_t>(random.below(60)) * env::kNanosPerMilli);
    if (HasFatalFailure()) return;
    check(seed);
    if (HasFatalFailure()) return;
  }
  std::printf("%llu kills, %llu acknowledged commits, %llu replayed, %llu torn tails\n",
              static_cast<unsigned long long>(kills),
              static_cast<unsigned long long>(acknowledgements_),
              static_cast<unsigned long long>(replayed_), static_cast<unsigned long long>(tails_));
  EXPECT_GT(acknowledgements_, kills);
}

TEST_F(KillTest, AnotherProcessCannotOpenWhatOneHasOpen) {
  const Child child = start_child(folder_ + "/db", 1);
  Acknowledgement ack;
  ASSERT_EQ(::read(child.pipe_fd, &ack, sizeof(ack)), static_cast<ssize_t>(sizeof(ack)));
  const auto second = KvDatabase::open(
      folder_ + "/../" + std::filesystem::path(folder_).filename().string() + "/db", options_of(1),
      env::posix_environment());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kDbLocked);
  EXPECT_NE(second.error().message().find("database is locked by another process"),
            std::string::npos);
  ASSERT_EQ(::kill(child.pid, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child.pid, nullptr, 0), child.pid);
  ::close(child.pipe_fd);
  EXPECT_TRUE(KvDatabase::open(folder_ + "/db", options_of(1), env::posix_environment()));
}

TEST_F(KillTest, CommittersShareSyncs) {
  DurabilityOptions options;
  options.sync_mode = SyncMode::kFull;
  auto db = KvDatabase::open(folder_ + "/db", options, env::posix_environment());
  ASSERT_TRUE(db) << db.error().message();
  constexpr uint64_t kCommits = 100;
  std::vector<std::thread> threads;
  std::atomic<uint64_t> failures{0};
  for (uint64_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < kCommits; ++i) {
        if (!db->put(t, std::to_string(i))) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures.load(), 0u);
  const LogStatus status = db->folder().log_status();
  EXPECT_EQ(status.commits, 8 * kCommits);
  std::printf("%llu commits of 8 threads by %llu syncs\n",
              static_cast<unsigned long long>(status.commits),
              static_cast<unsigned long long>(status.syncs));
  EXPECT_LT(status.syncs, status.commits);
}

}  // namespace
}  // namespace orrery::storage

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == "--child") {
    return orrery::storage::run_child(argv[2], std::strtoull(argv[3], nullptr, 10),
                                      std::atoi(argv[4]));
  }
  orrery::storage::g_program = std::filesystem::absolute(argv[0]).string();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
