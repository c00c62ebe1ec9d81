// Real processes killed at random times (SIGKILL), over real files: every commit that the process
// had acknowledged is there afterwards, and no transaction is half there. 40 kills of the log alone
// and 20 of a store with tables; ORRERY_FULL=1 makes it 10,000 and 300.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "child_process.h"
#include "env/simulated.h"
#include "storage/durability/durable_store.h"
#include "storage/durability/kv_test_double.h"
#include "storage/store.h"
#include "storage/table.h"

namespace orrery::storage {
namespace {

using testing::Acknowledgement;
using testing::ChildProcess;
using testing::KvDatabase;
using testing::KvMap;
using testing::KvWrites;
using testing::ScratchFolder;
using types::AlgebraicType;
using types::Datum;

constexpr uint64_t kThreads = 4;
constexpr uint64_t kKeysPerTransaction = 3;
// Seeds from here on are for the store with tables.
constexpr uint64_t kBankSeed = 1'000'000;
constexpr int64_t kAccounts = 20;
constexpr int64_t kStartBalance = 1000;

std::string g_program;  // NOLINT: set once by main

bool full() {
  return std::getenv("ORRERY_FULL") != nullptr;
}

DurabilityOptions options_of(uint64_t seed) {
  DurabilityOptions options;
  options.sync_mode = static_cast<SyncMode>(seed % 3);
  options.sync_interval_ms = 5;
  options.wal_max_size = 4096 << (seed % 5);
  options.wal_flush_trigger = 1000;
  options.checkpoint_interval_ms = 10;
  return options;
}

[[noreturn]] void die(const Error& error) {
  std::fprintf(stderr, "child: %s\n", error.message().c_str());
  std::_Exit(3);
}

// --- Keys and texts: each transaction writes the same serial number under several keys. ---

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

void run_kv_child(const std::string& folder, uint64_t seed, int pipe_fd) {
  auto db = KvDatabase::open(folder, options_of(seed), env::posix_environment());
  if (!db) die(db.error());
  const KvMap start = db->map();
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t serial = serial_of(start, t, 0) + 1;; ++serial) {
        KvWrites writes;
        for (uint64_t i = 0; i < kKeysPerTransaction; ++i) {
          writes.emplace_back(key_of(t, i), text_of(serial, i));
        }
        if (const Status done = db->kv()->commit(writes); !done) die(done.error());
        if (!testing::report(pipe_fd, {t, serial})) std::_Exit(4);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Kill, EveryAcknowledgedCommitSurvives) {
  const ScratchFolder scratch;
  const std::string folder = scratch.path() + "/db";
  const uint64_t kills = full() ? 10'000 : 40;
  env::SeededRandom random(1);
  std::array<uint64_t, kThreads> acknowledged{};
  uint64_t acknowledgements = 0;
  uint64_t replayed = 0;
  for (uint64_t seed = 0; seed < kills; ++seed) {
    ChildProcess child(g_program, folder, seed);
    const int64_t nanos = static_cast<int64_t>(random.below(60)) * env::kNanosPerMilli;
    ASSERT_TRUE(child.run_and_kill(nanos, [&](const Acknowledgement& ack) {
      acknowledged[ack.thread] = ack.serial;
      ++acknowledgements;
    })) << "the child ended by itself";
    auto db = KvDatabase::open(folder, options_of(seed), env::posix_environment());
    ASSERT_TRUE(db) << db.error().message();
    replayed += db->folder().recovery().commits_replayed;
    const KvMap map = db->map();
    for (uint64_t t = 0; t < kThreads; ++t) {
      const uint64_t serial = serial_of(map, t, 0);
      for (uint64_t i = 0; serial > 0 && i < kKeysPerTransaction; ++i) {
        ASSERT_EQ(map.at(key_of(t, i)), text_of(serial, i)) << "half a transaction";
      }
      // Sync mode none promises nothing, but what there is may not be made up.
      if (options_of(seed).sync_mode == SyncMode::kNone) {
        ASSERT_LE(serial, acknowledged[t] + 1);
      } else {
        ASSERT_GE(serial, acknowledged[t]);
      }
      acknowledged[t] = serial;
    }
    ASSERT_TRUE(db->folder().close());
  }
  std::printf("%llu kills, %llu acknowledged commits, %llu replayed\n",
              static_cast<unsigned long long>(kills),
              static_cast<unsigned long long>(acknowledgements),
              static_cast<unsigned long long>(replayed));
  EXPECT_GT(acknowledgements, kills);
}

TEST(Kill, AnotherProcessCannotOpenWhatOneHasOpen) {
  const ScratchFolder scratch;
  const std::string folder = scratch.path() + "/db";
  ChildProcess child(g_program, folder, 1);
  Acknowledgement ack;
  ASSERT_TRUE(child.next(&ack));
  const auto second =
      KvDatabase::open(scratch.path() + "/./db", options_of(1), env::posix_environment());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kDbLocked);
  EXPECT_EQ(second.error().message(),
            "database is locked by another process: '" + scratch.path() + "/./db'");
  ASSERT_TRUE(child.kill());
  EXPECT_TRUE(KvDatabase::open(folder, options_of(1), env::posix_environment()));
}

TEST(Kill, CommittersShareSyncs) {
  const ScratchFolder scratch;
  DurabilityOptions options;
  options.sync_mode = SyncMode::kFull;
  auto db = KvDatabase::open(scratch.path() + "/db", options, env::posix_environment());
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

// --- Tables: transfers between accounts, each with an entry in a ledger. ---

TableDef accounts_def() {
  TableDef def;
  def.name = "accounts";
  def.columns = {{"id", AlgebraicType::integer(), "", "", false},
                 {"balance", AlgebraicType::integer(), "", "", false}};
  def.primary_key = 0;
  def.indexes = {{0, "pk", IndexKind::kBTree, true, true, true, {0}, "BTREE"}};
  return def;
}

TableDef ledger_def() {
  TableDef def;
  def.name = "ledger";
  def.columns = {{"id", AlgebraicType::integer(), "", "", false},
                 {"source", AlgebraicType::integer(), "", "", false},
                 {"target", AlgebraicType::integer(), "", "", false},
                 {"amount", AlgebraicType::integer(), "", "", false}};
  def.primary_key = 0;
  def.indexes = {{0, "pk", IndexKind::kBTree, true, true, true, {0}, "BTREE"},
                 {0, "by_source", IndexKind::kBTree, false, false, false, {1}, "BTREE"}};
  return def;
}

constexpr int64_t kSerialsPerThread = int64_t{1} << 40;

Status make_bank(Store& store) {
  if (store.catalog()->find_table("accounts") != nullptr) return {};
  auto t = store.begin(Isolation::kSnapshot);
  t->begin_statement();
  ORRERY_TRY_ASSIGN(const TableId accounts, t->create_table(accounts_def()));
  ORRERY_TRY_ASSIGN(const TableId ledger, t->create_table(ledger_def()));
  (void)accounts;
  (void)ledger;
  const auto table = t->catalog()->find_table("accounts");
  for (int64_t i = 0; i < kAccounts; ++i) {
    const Datum row[] = {Datum::integer(i), Datum::integer(kStartBalance)};
    ORRERY_TRY_ASSIGN(const RowId id, t->insert(*table, row));
    (void)id;
  }
  ORRERY_TRY(t->end_statement());
  ORRERY_TRY_ASSIGN(const CommitSeq seq, t->commit());
  (void)seq;
  return {};
}

Status add_to_balance(Transaction& t, Table& accounts, int64_t account, int64_t amount) {
  RowId id = 0;
  int64_t balance = 0;
  {
    const ReadLatch latch(accounts);
    RowRef row = nullptr;
    const Datum key = Datum::integer(account);
    if (!find_unique(accounts, *accounts.primary_index(), {&key, 1}, t.view(), &row, &id)) {
      return Error(ErrorCode::kInternal, "no account");
    }
    balance = read_cell(accounts, 1, row).as_int64();
  }
  const uint16_t column = 1;
  const Datum value = Datum::integer(balance + amount);
  return t.update(accounts, id, {&column, 1}, {&value, 1});
}

Status transfer(Store& store, uint64_t thread, int64_t serial, env::SeededRandom* random) {
  auto t = store.begin(Isolation::kSnapshot);
  t->begin_statement();
  const auto accounts = t->catalog()->find_table("accounts");
  const auto ledger = t->catalog()->find_table("ledger");
  const auto source = static_cast<int64_t>(random->below(kAccounts));
  const auto target = static_cast<int64_t>(random->below(kAccounts));
  const auto amount = static_cast<int64_t>(random->below(100));
  ORRERY_TRY(add_to_balance(*t, *accounts, source, -amount));
  ORRERY_TRY(add_to_balance(*t, *accounts, target, amount));
  const Datum row[] = {Datum::integer(static_cast<int64_t>(thread) * kSerialsPerThread + serial),
                       Datum::integer(source), Datum::integer(target), Datum::integer(amount)};
  ORRERY_TRY_ASSIGN(const RowId id, t->insert(*ledger, row));
  (void)id;
  ORRERY_TRY(t->end_statement());
  ORRERY_TRY_ASSIGN(const CommitSeq seq, t->commit());
  (void)seq;
  return {};
}

// A bank as the ledger has it, which the accounts must agree with.
struct Bank {
  std::map<int64_t, int64_t> balances;
  std::array<int64_t, kThreads> last{};     ///< serial of each thread
  std::array<int64_t, kThreads> entries{};  ///< of each thread
};

void read_ledger(Store& store, Bank* bank) {
  for (int64_t i = 0; i < kAccounts; ++i) bank->balances[i] = kStartBalance;
  const auto ledger = store.catalog()->find_table("ledger");
  const ReadViewHandle view = store.read_view();
  TableCursor cursor(*ledger, view.view());
  RowRef rows[256];
  const ReadLatch latch(*ledger);
  while (const uint32_t n = cursor.next(rows, nullptr, 256)) {
    for (uint32_t i = 0; i < n; ++i) {
      const int64_t id = read_cell(*ledger, 0, rows[i]).as_int64();
      const auto thread = static_cast<size_t>(id / kSerialsPerThread);
      bank->last[thread] = std::max(bank->last[thread], id % kSerialsPerThread);
      ++bank->entries[thread];
      const int64_t amount = read_cell(*ledger, 3, rows[i]).as_int64();
      bank->balances[read_cell(*ledger, 1, rows[i]).as_int64()] -= amount;
      bank->balances[read_cell(*ledger, 2, rows[i]).as_int64()] += amount;
    }
  }
}

void run_bank_child(const std::string& folder, uint64_t seed, int pipe_fd) {
  auto db = DurableStore::open(folder, options_of(seed), env::posix_environment());
  if (!db) die(db.error());
  const auto store = (*db)->store();
  if (const Status made = make_bank(*store); !made) die(made.error());
  Bank bank;
  read_ledger(*store, &bank);
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      env::SeededRandom random(seed * kThreads + t);
      for (int64_t serial = bank.last[t] + 1;;) {
        const Status done = transfer(*store, t, serial, &random);
        if (!done && done.error().code() == ErrorCode::kConflict) continue;
        if (!done) die(done.error());
        if (!testing::report(pipe_fd, {t, static_cast<uint64_t>(serial)})) std::_Exit(4);
        ++serial;
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Kill, TablesAgreeAndKeepEveryAcknowledgedTransfer) {
  const ScratchFolder scratch;
  const std::string folder = scratch.path() + "/db";
  const uint64_t kills = full() ? 300 : 20;
  env::SeededRandom random(2);
  std::array<int64_t, kThreads> acknowledged{};
  uint64_t acknowledgements = 0;
  for (uint64_t seed = kBankSeed; seed < kBankSeed + kills; ++seed) {
    ChildProcess child(g_program, folder, seed);
    const int64_t nanos = static_cast<int64_t>(random.below(80)) * env::kNanosPerMilli;
    ASSERT_TRUE(child.run_and_kill(nanos, [&](const Acknowledgement& ack) {
      acknowledged[ack.thread] = static_cast<int64_t>(ack.serial);
      ++acknowledgements;
    })) << "the child ended by itself";
    auto db = DurableStore::open(folder, options_of(seed), env::posix_environment());
    ASSERT_TRUE(db) << db.error().message();
    const auto store = (*db)->store();
    const auto accounts = store->catalog()->find_table("accounts");
    if (accounts == nullptr) continue;  // killed before it had made them
    Bank bank;
    read_ledger(*store, &bank);
    const ReadViewHandle view = store->read_view();
    for (const auto& [account, balance] : bank.balances) {
      const ReadLatch latch(*accounts);
      RowRef row = nullptr;
      RowId id = 0;
      const Datum key = Datum::integer(account);
      ASSERT_TRUE(
          find_unique(*accounts, *accounts->primary_index(), {&key, 1}, view.view(), &row, &id));
      ASSERT_EQ(read_cell(*accounts, 1, row).as_int64(), balance) << "account " << account;
    }
    for (uint64_t t = 0; t < kThreads; ++t) {
      ASSERT_EQ(bank.entries[t], bank.last[t]) << "a transfer in the middle is gone";
      if (options_of(seed).sync_mode != SyncMode::kNone) {
        ASSERT_GE(bank.last[t], acknowledged[t]);
      }
      acknowledged[t] = bank.last[t];
    }
  }
  std::printf("%llu kills, %llu acknowledged transfers\n", static_cast<unsigned long long>(kills),
              static_cast<unsigned long long>(acknowledgements));
  EXPECT_GT(acknowledgements, kills);
}

}  // namespace
}  // namespace orrery::storage

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == "--child") {
    const uint64_t seed = std::strtoull(argv[3], nullptr, 10);
    const int pipe_fd = std::atoi(argv[4]);
    if (seed < orrery::storage::kBankSeed) {
      orrery::storage::run_kv_child(argv[2], seed, pipe_fd);
    } else {
      orrery::storage::run_bank_child(argv[2], seed, pipe_fd);
    }
    return 0;
  }
  orrery::storage::g_program = std::filesystem::absolute(argv[0]).string();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
