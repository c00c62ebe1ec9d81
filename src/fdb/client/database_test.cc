// The client against the test double of a cluster: what users do, on one shard and on many, on one
// loop and on two.
#include "fdb/client/database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/sync.h"
#include "fdb/client/tenants.h"
#include "fdb/double/cluster.h"
#include "fdb/transport/resolver.h"

namespace orrery::fdb {
namespace {

using test_double::Cluster;
using test_double::Request;

Database open(const Cluster& cluster, int loops = 1) {
  DatabaseSettings settings;
  settings.connection_string = cluster.connection_string();
  settings.loops = loops;
  Result<Database> database = Database::open(settings);
  EXPECT_TRUE(database);
  return *std::move(database);
}

std::string text(const Result<std::optional<SharedBytes>>& value) {
  if (!value) return std::string(value.error().name());
  return *value ? std::string((*value)->view()) : "absent";
}

std::string text(const Result<RangeResult>& range) {
  if (!range) return std::string(range.error().name());
  std::string out;
  for (const ryw::Row& row : range->rows.list()) {
    out.append(row.key()).append("=").append(row.value()).append(" ");
  }
  if (range->more) out += "...";
  return out;
}

KeySelector at_least(std::string_view key) {
  return KeySelector::first_greater_or_equal(key);
}

std::string number(int i) {
  return std::to_string(1000 + i).substr(1);
}

TEST(FdbDatabase, WhatIsCommittedIsRead) {
  Cluster cluster;
  Database db = open(cluster);
  Transaction tr = db.transaction();
  EXPECT_EQ(text(tr.get("hello").get()), "absent");
  tr.set("hello", "world");
  EXPECT_EQ(text(tr.get("hello").get()), "world");
  ASSERT_TRUE(tr.commit().get());
  EXPECT_GT(tr.committed_version(), 0);
  EXPECT_EQ(cluster.store().get("hello"), "world");
  Transaction other = db.transaction();
  EXPECT_EQ(text(other.get("hello").get()), "world");
  EXPECT_TRUE(other.commit().get());
  EXPECT_EQ(other.committed_version(), -1);
  EXPECT_EQ(cluster.violations(), std::vector<std::string>());
}

TEST(FdbDatabase, ConflictsAreRunAgain) {
  Cluster cluster;
  Database db = open(cluster);
  Transaction first = db.transaction();
  Transaction second = db.transaction();
  EXPECT_EQ(text(first.get("a").get()), "absent");
  EXPECT_EQ(text(second.get("a").get()), "absent");
  first.set("b", "1");
  second.set("a", "2");
  ASSERT_TRUE(second.commit().get());
  const Status lost = first.commit().get();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error(), error::not_committed);
  ASSERT_TRUE(first.on_error(lost.error()).get());
  EXPECT_EQ(text(first.get("a").get()), "2");
  first.set("b", "1");
  EXPECT_TRUE(first.commit().get());
}

TEST(FdbDatabase, RangesCrossShards) {
  test_double::Options options;
  options.storage_servers = 3;
  options.shards = {{"", {0}}, {"k020", {1}}, {"k021", {2, 0}}, {"k070", {1, 2}}};
  Cluster cluster(std::move(options));
  std::string forward, backward;
  for (int i = 0; i < 100; ++i) {
    cluster.store().set("k" + number(i), number(i));
    forward += "k" + number(i) + "=" + number(i) + " ";
    backward = "k" + number(i) + "=" + number(i) + " " + backward;
  }
  Database db = open(cluster);
  Transaction tr = db.transaction();
  auto all = [&](RangeOptions options) {
    std::string out;
    std::string begin = "k", end = "l";
    for (options.iteration = 1;; ++options.iteration) {
      Result<RangeResult> part = tr.get_range(at_least(begin), at_least(end), options).get();
      EXPECT_TRUE(part);
      if (!part) return out;
      for (const ryw::Row& row : part->rows.list()) {
        out.append(row.key()).append("=").append(row.value()).append(" ");
      }
      if (!part->more) return out;
      EXPECT_FALSE(part->rows.empty());
      if (part->rows.empty()) return out;
      if (options.reverse) {
        end = std::string(part->rows.back().key());
      } else {
        begin = std::string(part->rows.back().key()) + '\0';
      }
    }
  };
  for (StreamingMode mode :
       {StreamingMode::kWantAll, StreamingMode::kIterator, StreamingMode::kSmall,
        StreamingMode::kMedium, StreamingMode::kLarge, StreamingMode::kSerial}) {
    EXPECT_EQ(all({.mode = mode}), forward) << static_cast<int>(mode);
    EXPECT_EQ(all({.mode = mode, .reverse = true}), backward) << static_cast<int>(mode);
    tr.reset();
  }
  EXPECT_EQ(text(tr.get_range(at_least("k018"), at_least("k9"),
                              {.limit = 5, .mode = StreamingMode::kExact})
                     .get()),
            "k018=018 k019=019 k020=020 k021=021 k022=022 ...");
  EXPECT_EQ(
      tr.get_range(at_least("a"), at_least("b"), {.mode = StreamingMode::kExact}).get().error(),
      error::exact_mode_without_limits);
  // Selectors walk over shards, too.
  EXPECT_EQ(tr.get_key({"k019", false, 4}).get()->view(), "k022");
  EXPECT_EQ(tr.get_key({"k071", true, -2}).get()->view(), "k069");
  EXPECT_EQ(tr.get_key({"k000", false, 0}).get()->view(), "");
  EXPECT_EQ(tr.get_key({"k099", true, 5}).get()->view(), "\xff");
  EXPECT_EQ(cluster.violations(), std::vector<std::string>());
}

TEST(FdbDatabase, AtomicOperationsAndVersionstamps) {
  Cluster cluster;
  Database db = open(cluster);
  const std::string one("\1\0\0\0\0\0\0\0", 8);
  Transaction tr = db.transaction();
  tr.atomic(AtomicOp::kAdd, "count", one);
  tr.atomic(AtomicOp::kAdd, "count", one);
  tr.atomic(AtomicOp::kSetVersionstampedKey,
            std::string("s") + std::string(14, '\0').replace(10, 1, "\1"), "v");
  auto stamp = tr.get_versionstamp();
  EXPECT_EQ(text(tr.get("count").get()), std::string("\2\0\0\0\0\0\0\0", 8));
  ASSERT_TRUE(tr.commit().get());
  const Result<std::array<char, 10>> told = stamp.get();
  ASSERT_TRUE(told);
  EXPECT_EQ(cluster.store().get(std::string("s") + std::string(told->data(), told->size())), "v");
  EXPECT_EQ(cluster.store().get("count"), std::string("\2\0\0\0\0\0\0\0", 8));
}

TEST(FdbDatabase, ReadsOfOneMomentShareARequestForTheirVersion) {
  Cluster cluster;
  Database db = open(cluster);
  std::vector<Transaction> transactions;
  std::vector<Future<std::optional<SharedBytes>>> values;
  for (int i = 0; i < 50; ++i) transactions.push_back(db.transaction());
  for (Transaction& each : transactions) values.push_back(each.get("k"));
  for (auto& each : values) EXPECT_EQ(text(each.get()), "absent");
  EXPECT_EQ(cluster.counters().read_version_transactions, 50u);
  EXPECT_LE(cluster.counters().of(Request::kGetReadVersion), 5u);
}

TEST(FdbDatabase, ThreadsCommitBesideEachOther) {
  for (int loops : {1, 2}) {
    Cluster cluster;
    Database db = open(cluster, loops);
    std::vector<Thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&db] {
        for (int i = 0; i < 50; ++i) {
          const Status done = db.run([](Transaction& tr) -> Status {
            Result<std::optional<SharedBytes>> value = tr.get("sum").get();
            if (!value) return fail(value.error());
            const int sum = *value ? std::stoi(std::string((*value)->view())) : 0;
            tr.set("sum", std::to_string(sum + 1));
            return {};
          });
          EXPECT_TRUE(done) << done.error().name();
        }
      });
    }
    for (Thread& each : threads) each.join();
    EXPECT_EQ(cluster.store().get("sum"), "200");
  }
}

TEST(FdbDatabase, NothingIsDoneWithATransactionOnceItsCommitHasBegun) {
  Cluster cluster;
  Database db = open(cluster);
  auto commit_and = [&](auto use) {
    Transaction tr = db.transaction();
    ASSERT_TRUE(tr.get("a").get());
    tr.set("a", "1");
    Future<void> first = tr.commit();
    use(tr);
    // Whoever ignores that is told by the commit, too, which may have happened.
    EXPECT_EQ(first.get().error(), error::used_during_commit);
    tr.reset();
    EXPECT_TRUE(tr.commit().get());
  };
  commit_and(
      [](Transaction& tr) { EXPECT_EQ(tr.commit().get().error(), error::used_during_commit); });
  commit_and([](Transaction& tr) { EXPECT_EQ(text(tr.get("b").get()), "used_during_commit"); });
  commit_and(
      [](Transaction& tr) { EXPECT_EQ(tr.watch("b").get().error(), error::used_during_commit); });
  commit_and([](Transaction& tr) { tr.set("b", "2"); });
}

TEST(FdbDatabase, CoordinatorsMayBeNamed) {
  struct Names final : NameLookup {
    Result<std::vector<IpAddress>> look_up(const std::string& host) override {
      if (host != "coordinator.test") return fail(error::lookup_failed);
      return std::vector<IpAddress>{IpAddress{0x7F000001u}};
    }
  };
  Cluster cluster;
  DatabaseSettings settings;
  settings.connection_string = cluster.connection_string();
  const size_t at = settings.connection_string.find('@') + 1;
  const size_t port = settings.connection_string.find(':', at);
  settings.connection_string.replace(at, port - at, "coordinator.test");
  settings.names = std::make_shared<Names>();
  Result<Database> db = Database::open(settings);
  ASSERT_TRUE(db) << settings.connection_string;
  Transaction tr = db->transaction();
  EXPECT_EQ(text(tr.get("a").get()), "absent");
}

TEST(FdbDatabase, MayEndInItsOwnCallback) {
  std::atomic<bool> called = false;
  Cluster cluster;
  {
    auto db = std::make_shared<std::optional<Database>>(open(cluster));
    auto tr = std::make_shared<std::optional<Transaction>>((*db)->transaction());
    auto value = std::make_shared<Future<std::optional<SharedBytes>>>((*tr)->get("a"));
    Future<std::optional<SharedBytes>>& future = *value;
    future.on_ready([&called, db = std::move(db), tr = std::move(tr), value = std::move(value)] {
      tr->reset();
      db->reset();
      called = true;
    });
  }
  const int64_t give_up = env::system_environment().clock->monotonic_nanos() + 30 * kSecond;
  while (!called && env::system_environment().clock->monotonic_nanos() < give_up) {
    env::system_environment().clock->sleep_nanos(kMilli);
  }
  EXPECT_TRUE(called);
}

TEST(FdbDatabase, ATimeoutEndsWhatCannotBeDone) {
  Cluster cluster;
  cluster.kill(cluster.coordinator());
  Database db = open(cluster);
  Transaction tr = db.transaction();
  ASSERT_TRUE(tr.set_option(TransactionOption::timeout, 50));
  EXPECT_EQ(text(tr.get("a").get()), "transaction_timed_out");
  EXPECT_EQ(tr.on_error(error::not_committed).get().error(), error::transaction_timed_out);
  tr.reset();
  auto value = tr.get("a");
  tr.cancel();
  EXPECT_EQ(text(value.get()), "transaction_cancelled");
}

TEST(FdbDatabase, WhatServersRefuseForNowIsAskedAgain) {
  test_double::Options options;
  options.storage_servers = 2;
  Cluster cluster(std::move(options));
  cluster.store().set("a", "1");
  Database db = open(cluster);
  for (Error why : {error::wrong_shard_server, error::server_overloaded, error::broken_promise}) {
    cluster.faults().fail_next(Request::kGetValue, why, 3);
    Transaction tr = db.transaction();
    EXPECT_EQ(text(tr.get("a").get()), "1") << why.name();
    EXPECT_EQ(cluster.faults().left(), 0u) << why.name();
  }
  // These are for the caller to handle.
  for (Error why : {error::transaction_too_old, error::future_version}) {
    cluster.faults().fail_next(Request::kGetValue, why, 1);
    Transaction tr = db.transaction();
    EXPECT_EQ(text(tr.get("a").get()), why.name());
    cluster.faults().clear();
  }
}

TEST(FdbDatabase, ProxiesMayBeReplaced) {
  Cluster cluster;
  Database db = open(cluster);
  for (int i = 0; i < 5; ++i) {
    const Status done = db.run([&](Transaction& tr) -> Status {
      tr.set("k" + number(i), "v");
      return {};
    });
    ASSERT_TRUE(done) << done.error().name();
    ASSERT_TRUE(cluster.replace_proxies(2, 2));
  }
  EXPECT_EQ(cluster.store().rows("k", "l").size(), 5u);
}

TEST(FdbDatabase, ACommitWhoseAnswerIsLostIsUnknown) {
  for (test_double::Spoil spoil :
       {test_double::Spoil::kCloseAfter, test_double::Spoil::kCloseBefore}) {
    Cluster cluster;
    Database db = open(cluster);
    Transaction tr = db.transaction();
    EXPECT_EQ(text(tr.get("a").get()), "absent");
    tr.set("a", "1");
    cluster.faults().drop_next(Request::kCommit, spoil);
    const Status done = tr.commit().get();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error(), error::commit_unknown_result);
    // The barrier has been committed: whatever became of it is final.
    const bool is_there = cluster.store().get("a").has_value();
    EXPECT_EQ(is_there, spoil == test_double::Spoil::kCloseAfter);
    EXPECT_EQ(cluster.counters().of(Request::kCommit), 2u);
  }
}

bool ready_soon(const Future<void>& future) {
  const int64_t give_up = env::system_environment().clock->monotonic_nanos() + 20 * kSecond;
  while (!future.is_ready() && env::system_environment().clock->monotonic_nanos() < give_up) {
    env::system_environment().clock->sleep_nanos(kMilli);
  }
  return future.is_ready();
}

TEST(FdbWatch, FiresWhenTheValueIsAnother) {
  Cluster cluster;
  cluster.store().set("k", "1");
  Database db = open(cluster);
  Transaction tr = db.transaction();
  Future<void> watch = tr.watch("k");
  Future<void> other = tr.watch("other");
  EXPECT_TRUE(tr.commit().get());
  ASSERT_TRUE(cluster.wait_until([](const test_double::Counters& counters) {
    return counters.of(Request::kWatchValue) == 2;
  }));
  EXPECT_FALSE(watch.is_ready());
  const Status done = db.run([](Transaction& writer) -> Status {
    writer.set("k", "2");
    return {};
  });
  ASSERT_TRUE(done);
  EXPECT_TRUE(ready_soon(watch));
  EXPECT_TRUE(watch.get());
  EXPECT_FALSE(other.is_ready());
}

TEST(FdbWatch, IsTheTransactionsUntilItsCommit) {
  Cluster cluster;
  cluster.store().set("k", "1");
  Database db = open(cluster);
  Transaction tr = db.transaction();
  Future<void> watch = tr.watch("k");
  EXPECT_EQ(text(tr.get("k").get()), "1");
  tr.reset();
  EXPECT_EQ(watch.get().error(), error::transaction_cancelled);
  // What the transaction itself writes fires it at once, but not where it is the same.
  Future<void> own = tr.watch("k");
  EXPECT_EQ(text(tr.get("k").get()), "1");
  tr.set("k", "1");
  EXPECT_FALSE(own.is_ready());
  tr.set("k", "2");
  EXPECT_TRUE(ready_soon(own));
  EXPECT_TRUE(own.get());
  {
    Transaction gone = db.transaction();
    own = gone.watch("k");
  }
  EXPECT_EQ(own.get().error(), error::transaction_cancelled);
}

TEST(FdbWatch, ThereAreOnlySoMany) {
  Cluster cluster;
  Database db = open(cluster);
  ASSERT_TRUE(db.set_option(DatabaseOption::max_watches, 2));
  Transaction tr = db.transaction();
  Future<void> a = tr.watch("a");
  Future<void> b = tr.watch("b");
  EXPECT_EQ(tr.watch("c").get().error(), error::too_many_watches);
  EXPECT_TRUE(tr.commit().get());
  a.cancel();
  EXPECT_EQ(a.get().error(), error::operation_cancelled);
  tr.reset();
  Future<void> c = tr.watch("c");
  EXPECT_TRUE(tr.commit().get());
  Transaction blind = db.transaction();
  ASSERT_TRUE(blind.set_option(TransactionOption::read_your_writes_disable));
  EXPECT_EQ(blind.watch("d").get().error(), error::watches_disabled);
}

TEST(FdbTenant, HasKeysOfItsOwn) {
  Cluster cluster;
  const int64_t id = cluster.store().create_tenant("one");
  cluster.store().create_tenant("two");
  Database db = open(cluster);
  Transaction tr = db.tenant_transaction("one");
  tr.set("k", "1");
  tr.atomic(AtomicOp::kSetVersionstampedKey,
            std::string("s") + std::string(14, '\0').replace(10, 1, "\1"), "v");
  auto stamp = tr.get_versionstamp();
  ASSERT_TRUE(tr.commit().get());
  const TenantPrefix bytes = tenant_prefix(id);
  const std::string prefix(bytes.data(), bytes.size());
  EXPECT_EQ(cluster.store().get(prefix + "k"), "1");
  const Result<std::array<char, 10>> told = stamp.get();
  ASSERT_TRUE(told);
  EXPECT_EQ(cluster.store().get(prefix + "s" + std::string(told->data(), told->size())), "v");
  tr.reset();
  EXPECT_EQ(text(tr.get("k").get()), "1");
  EXPECT_EQ(text(tr.get_range(at_least(""), at_least("l"), {}).get()), "k=1 ");
  EXPECT_EQ(tr.get_key({"k", true, 1}).get()->view().substr(0, 1), "s");
  EXPECT_EQ(text(db.tenant_transaction("two").get("k").get()), "absent");
  EXPECT_EQ(text(db.tenant_transaction("three").get("k").get()), "tenant_not_found");
  EXPECT_EQ(text(db.tenant_transaction("\xff").get("k").get()), "invalid_tenant_name");
  // Conflicts are told apart by tenant.
  Transaction first = db.tenant_transaction("one");
  EXPECT_EQ(text(first.get("k").get()), "1");
  const Status other = db.run([](Transaction& writer) -> Status {
    writer.set("k", "of nobody");
    return {};
  });
  ASSERT_TRUE(other);
  first.set("j", "");
  EXPECT_TRUE(first.commit().get());
  EXPECT_EQ(cluster.violations(), std::vector<std::string>());
}

TEST(FdbDatabase, TellsSizesAndPlaces) {
  test_double::Options options;
  options.storage_servers = 2;
  options.shards = {{"", {0}}, {"k050", {1}}};
  Cluster cluster(std::move(options));
  for (int i = 0; i < 100; ++i) cluster.store().set("k" + number(i), std::string(96, 'v'));
  Database db = open(cluster);
  Transaction tr = db.transaction();
  const Result<int64_t> size = tr.get_estimated_range_size("k", "l").get();
  ASSERT_TRUE(size);
  EXPECT_EQ(*size, 100 * 100);
  EXPECT_EQ(tr.get_estimated_range_size("l", "k").get().error(), error::inverted_range);
  const Result<std::vector<std::string>> points = tr.get_range_split_points("k", "l", 1000).get();
  ASSERT_TRUE(points);
  EXPECT_EQ(points->front(), "k");
  EXPECT_EQ(points->back(), "l");
  EXPECT_GT(points->size(), 8u);
  EXPECT_TRUE(std::ranges::is_sorted(*points));
  EXPECT_TRUE(std::ranges::find(*points, "k050") != points->end()) << "where a shard begins";
  const Result<std::vector<std::string>> places = tr.get_addresses_for_key("k070").get();
  ASSERT_TRUE(places);
  EXPECT_EQ(*places, std::vector{cluster.address(cluster.storage(1)).to_string()});
}

}  // namespace
}  // namespace orrery::fdb
