// Directories in a database: the test double's.
#include "fdb/layers/bound_transaction.h"

#include <gtest/gtest.h>

#include <set>

#include "base/sync.h"
#include "fdb/client/database.h"
#include "fdb/double/cluster.h"
#include "fdb/layers/directory.h"

namespace orrery::fdb {
namespace {

TEST(BoundTransaction, DirectoriesLiveInADatabase) {
  test_double::Cluster cluster;
  DatabaseSettings settings;
  settings.connection_string = cluster.connection_string();
  Result<Database> db = Database::open(settings);
  ASSERT_TRUE(db);
  const Directory root = Directory::root(*env::system_environment().random);
  std::string prefix;
  const Status made = db->run([&](Transaction& tr) -> Status {
    BoundTransaction bound(tr);
    Result<Directory> users = bound
                                  .run<Directory>([&](DirectoryTransaction& in) {
                                    return root.create_or_open(in, {"app", "users"});
                                  })
                                  .get();
    if (!users) return fail(users.error());
    prefix = users->subspace()->key();
    tr.set(users->subspace()->pack(17), "ada");
    return {};
  });
  ASSERT_TRUE(made) << made.error().name();
  Transaction tr = db->transaction();
  BoundTransaction bound(tr);
  auto open = [&](DirectoryTransaction& in) { return root.open(in, {"app", "users"}); };
  const Result<Directory> again = bound.run<Directory>(open).get();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->subspace()->key(), prefix);
  EXPECT_EQ(tr.get(again->subspace()->pack(17)).get()->value().view(), "ada");
  auto other = [&](DirectoryTransaction& in) { return root.open(in, {"app", "others"}); };
  EXPECT_FALSE(bound.run<Directory>(other).get());
}

TEST(BoundTransaction, PrefixesAreTheirOwnWhoeverAllocates) {
  test_double::Cluster cluster;
  DatabaseSettings settings;
  settings.connection_string = cluster.connection_string();
  settings.loops = 2;
  Result<Database> db = Database::open(settings);
  ASSERT_TRUE(db);
  const Directory root = Directory::root(*env::system_environment().random);
  Mutex mutex;
  std::set<std::string> prefixes;
  std::vector<Thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        std::string prefix;
        const std::string name = std::to_string(t * 100 + i);
        const Status made = db->run([&](Transaction& tr) -> Status {
          BoundTransaction bound(tr);
          auto create = [&](DirectoryTransaction& in) { return root.create(in, {name}); };
          Result<Directory> one = bound.run<Directory>(create).get();
          if (!one) return fail(one.error());
          prefix = one->subspace()->key();
          return {};
        });
        EXPECT_TRUE(made) << made.error().name();
        LockGuard<Mutex> lock(mutex);
        EXPECT_TRUE(prefixes.insert(prefix).second);
      }
    });
  }
  for (Thread& each : threads) each.join();
  EXPECT_EQ(prefixes.size(), 80u);
}

}  // namespace
}  // namespace orrery::fdb
