#include "fdb/transport/resolver.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/sync.h"
#include "env/environment.h"
#include "fdb/runtime/future.h"

namespace orrery::fdb {
namespace {

/// Names from a table; those that begin with "slow" wait until they are let go.
class TableLookup final : public NameLookup {
 public:
  std::map<std::string, std::vector<const char*>> table;

  Result<std::vector<IpAddress>> look_up(const std::string& host) override {
    UniqueLock<Mutex> lock(mutex_);
    ++calls_;
    while (host.starts_with("slow") && !go_) changed_.wait(lock);
    auto at = table.find(host);
    if (at == table.end()) return fail(error::lookup_failed);
    std::vector<IpAddress> out;
    for (const char* text : at->second) out.push_back(*IpAddress::parse(text));
    return out;
  }
  void go() {
    LockGuard<Mutex> lock(mutex_);
    go_ = true;
    changed_.notify_all();
  }
  int calls() {
    LockGuard<Mutex> lock(mutex_);
    return calls_;
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  bool go_ = false;
  int calls_ = 0;
};

using Addresses = std::vector<NetworkAddress>;

struct World {
  std::shared_ptr<Loop> loop = std::make_shared<Loop>(*env::system_environment().clock);
  std::shared_ptr<TableLookup> table = std::make_shared<TableLookup>();
  std::unique_ptr<Resolver> resolver = std::make_unique<Resolver>(*loop, table);

  Future<Addresses> resolve(const char* host, wire::Encryption how = wire::Encryption::kPlain) {
    auto inside = loop->enter();
    return Future<Addresses>(
        Operation<Addresses>::start(*loop, resolver->resolve(host, 4500, how)), loop);
  }
};

TEST(FdbResolver, GivesEveryAddressOnce) {
  World world;
  world.table->table["db"] = {"::1", "10.0.0.2", "10.0.0.1", "10.0.0.2"};
  Result<Addresses> found = world.resolve("db").get();
  ASSERT_TRUE(found);
  std::vector<std::string> texts;
  for (const NetworkAddress& address : *found) texts.push_back(address.to_string());
  EXPECT_EQ(texts,
            (std::vector<std::string>{"10.0.0.2:4500(fromHostname)", "10.0.0.1:4500(fromHostname)",
                                      "[::1]:4500(fromHostname)"}));
  EXPECT_TRUE(world.resolve("db", wire::Encryption::kTls).get()->front().is_tls());
}

TEST(FdbResolver, NamesThatNobodyKnows) {
  World world;
  world.table->table["empty"] = {};
  EXPECT_EQ(world.resolve("unknown").get().error(), error::lookup_failed);
  EXPECT_EQ(world.resolve("empty").get().error(), error::lookup_failed);
}

TEST(FdbResolver, WhoIsEndedIsNotLookedUp) {
  World world;
  world.table->table["slow"] = {"10.0.0.1"};
  world.table->table["other"] = {"10.0.0.2"};
  Future<Addresses> first = world.resolve("slow");
  {
    Future<Addresses> given_up = world.resolve("other");
  }
  Future<Addresses> last = world.resolve("slow");
  world.table->go();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(last.get());
  EXPECT_EQ(world.table->calls(), 2);
}

TEST(FdbResolver, GoesWhileALookupHangs) {
  auto table = std::make_shared<TableLookup>();
  {
    World world;
    world.table = table;
    world.resolver = std::make_unique<Resolver>(*world.loop, table);
    Future<Addresses> hangs = world.resolve("slow");
    while (table->calls() == 0) std::this_thread::yield();
    hangs.cancel();
    EXPECT_EQ(hangs.get().error(), error::operation_cancelled);
    world.resolver = nullptr;
  }
  table->go();
}

TEST(FdbResolver, TheSystemKnowsNumbers) {
  SystemNameLookup lookup;
  EXPECT_EQ(lookup.look_up("127.0.0.1")->front().to_string(), "127.0.0.1");
  EXPECT_EQ(lookup.look_up("::1")->front().to_string(), "::1");
  EXPECT_EQ(lookup.look_up("no such name.invalid").error(), error::lookup_failed);
}

}  // namespace
}  // namespace orrery::fdb
