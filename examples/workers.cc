// One database, many threads: each has a handle of its own. Two writers of one row conflict, and the loser tries again.
#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "orrery/orrery.hpp"

using orrery::embed::Database;
using orrery::embed::Isolation;

namespace {

constexpr int kThreads = 4, kRounds = 100;

/// True once the counter was raised; false where another was faster.
bool raise(Database& db) {
  auto tx = db.begin(Isolation::kSnapshot);
  if (!tx) return false;
  auto rows = tx->query("SELECT n FROM counter WHERE id = 1");
  if (!rows || !rows->next()) return false;
  int64_t n = rows->integer(0);
  auto done = tx->exec("UPDATE counter SET n = $1 WHERE id = 1", n + 1);
  if (!done) return false;
  return static_cast<bool>(tx->commit());
}

}  // namespace

int main() {
  auto db = Database::open("memory://");
  if (!db || !db->exec("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL); INSERT INTO counter VALUES (1, 0)")) return 1;
  std::atomic<int> conflicts{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&db, &conflicts] {
      auto own = db->clone();
      if (!own) return;
      for (int round = 0; round < kRounds; ++round) {
        while (!raise(*own)) ++conflicts;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  auto rows = db->query("SELECT n FROM counter");
  if (!rows || !rows->next()) return 1;
  std::printf("%d threads counted to %lld\n", kThreads, static_cast<long long>(rows->integer(0)));
  return rows->integer(0) == kThreads * kRounds ? 0 : 1;
}
