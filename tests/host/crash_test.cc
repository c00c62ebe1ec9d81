// Kill -9 at seeded points: what was confirmed is there, nothing is there by halves, schedules go on.
//
// 12 lives; ORRERY_FULL=1 runs 200. The child is this program again, for a fork of many threads
// could not go on.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bank_for_test.h"

namespace orrery::host {
namespace {

constexpr uint32_t kAccounts = 50;

/// Works until it is killed; tells of each confirmed note by writing how many there are.
int work(const std::string& folder, uint64_t seed) {
  Bank bank = Bank::open(bank_options(folder));
  if (bank.database == nullptr) return 1;
  uint64_t notes = bank.rows("ledger");
  uint64_t state = seed;
  const std::string timer = packed(uint64_t{0}, uint8_t{1}, int64_t{0});
  (void)bank.call("later", packed(int64_t{30'000}));
  for (;;) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto from = static_cast<uint32_t>(state >> 33) % kAccounts;
    const auto to = static_cast<uint32_t>(state >> 13) % kAccounts;
    (void)bank.call("transfer", packed(from, to, int64_t{1}));
    const CallOutcome noted = bank.call("tick", timer);
    if (noted.status != CallStatus::kOk) return 2;
    ++notes;
    if ((state >> 60) != 0) continue;
    if (!bank.database->wait_durable(noted.seq)) return 3;
    if (write(STDOUT_FILENO, &notes, sizeof(notes)) != sizeof(notes)) return 4;
  }
}

std::string self() {
  char path[4096];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
  return std::string(path, n > 0 ? static_cast<size_t>(n) : 0);
}

/// Runs a child for a while after its first confirmation, kills it, gives the last number it told.
uint64_t live_and_die(const std::string& folder, uint64_t seed) {
  int pipe_ends[2];
  EXPECT_EQ(pipe(pipe_ends), 0);
  const std::string program = self();
  const std::string number = std::to_string(seed);
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe_ends[1], STDOUT_FILENO);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    execl(program.c_str(), program.c_str(), "--crash-child", folder.c_str(), number.c_str(),
          static_cast<char*>(nullptr));
    _exit(127);
  }
  close(pipe_ends[1]);
  uint64_t last = 0;
  uint64_t told = 0;
  EXPECT_EQ(read(pipe_ends[0], &told, sizeof(told)), static_cast<ssize_t>(sizeof(told)))
      << "the child did not come up";
  last = told;
  usleep(static_cast<useconds_t>(1000 + (seed * 7919) % 60'000));
  kill(child, SIGKILL);
  while (read(pipe_ends[0], &told, sizeof(told)) == static_cast<ssize_t>(sizeof(told))) {
    last = told;
  }
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  return last;
}

TEST(HostCrashTest, NothingConfirmedIsLostAndNothingIsHalfDone) {
  Folder folder;
  {
    Bank bank = Bank::open(bank_options(folder.path()));
    ASSERT_NE(bank.database, nullptr);
    ASSERT_EQ(bank.call("fill", packed(kAccounts)).status, CallStatus::kOk);
    bank.database = nullptr;
  }
  const uint64_t lives = std::getenv("ORRERY_FULL") != nullptr ? 200 : 12;
  for (uint64_t seed = 1; seed <= lives; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const uint64_t confirmed = live_and_die(folder.path(), seed);
    Bank bank = Bank::open(bank_options(folder.path()));
    ASSERT_NE(bank.database, nullptr);
    EXPECT_GE(bank.rows("ledger"), confirmed);
    EXPECT_EQ(bank.total(), int64_t{kAccounts} * 1000);
    for (int i = 0; i < 300 && bank.rows("timer") > 0; ++i) usleep(10'000);
    EXPECT_EQ(bank.rows("timer"), 0u);
    bank.database = nullptr;
  }
}

}  // namespace

int run_crash_child(int argc, char** argv) {
  return argc < 4 ? 64 : work(argv[2], std::strtoull(argv[3], nullptr, 10));
}

}  // namespace orrery::host

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--crash-child") == 0) {
    return orrery::host::run_crash_child(argc, argv);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
