#include "fdb/layers/directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <coroutine>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "env/simulated.h"
#include "fdb/layers/memory_transaction_for_test.h"
#include "fdb/layers/prefix_allocator.h"

namespace orrery::fdb {
namespace {

using std::literals::operator""s;

struct DirectoryTest : testing::Test {
  env::SeededRandom random{5};
  MemoryTransaction tr;
  Directory root = Directory::root(random);

  template <class T>
  static Error error_of(const T& result) {
    return result ? Error(0) : Error(result.error());
  }
  Directory make(DirectoryPath path, std::string layer = {}) {
    return *run_now(root.create_or_open(tr, std::move(path), std::move(layer)));
  }
};

TEST_F(DirectoryTest, IsCreatedOpenedAndFound) {
  EXPECT_FALSE(*run_now(root.exists(tr, {"app"})));
  EXPECT_TRUE(*run_now(root.exists(tr)));
  EXPECT_EQ(tr.rows.size(), 0u);
  Directory users = make({"app", "users"}, "table");
  EXPECT_EQ(users.path(), (DirectoryPath{"app", "users"}));
  EXPECT_EQ(users.layer(), "table");
  Directory again = *run_now(root.open(tr, {"app", "users"}, "table"));
  EXPECT_EQ(again.subspace()->key(), users.subspace()->key());
  EXPECT_EQ(run_now(root.open(tr, {"app"}))->layer(), "");
  EXPECT_NE(make({"app"}).subspace()->key(), users.subspace()->key());
  EXPECT_TRUE(*run_now(make({"app"}).exists(tr, {"users"})));
  EXPECT_EQ(*run_now(root.list(tr)), (std::vector<std::string>{"app"}));
  make({"app", "a"});
  EXPECT_EQ(*run_now(root.list(tr, {"app"})), (std::vector<std::string>{"a", "users"}));
}

TEST_F(DirectoryTest, FailsWithTheErrorsOfTheBindings) {
  make({"a", "b"}, "l");
  EXPECT_EQ(error_of(run_now(root.open(tr, {}))), error::cannot_open_root_directory);
  EXPECT_EQ(error_of(run_now(root.open(tr, {"x"}))), error::directory_does_not_exist);
  EXPECT_EQ(error_of(run_now(root.open(tr, {"a", "b"}, "m"))), error::mismatched_layer);
  EXPECT_EQ(error_of(run_now(root.create_or_open(tr, {"a", "b"}, "m"))), error::mismatched_layer);
  EXPECT_EQ(error_of(run_now(root.create(tr, {"a", "b"}))), error::directory_already_exists);
  EXPECT_EQ(error_of(run_now(root.create(tr, {"c"}, "", "pre"))),
            error::manual_prefixes_not_enabled);
  EXPECT_EQ(error_of(run_now(root.move(tr, {"a"}, {"a", "c"}))),
            error::invalid_destination_directory);
  EXPECT_EQ(error_of(run_now(root.move(tr, {"a"}, {"a"}))), error::invalid_destination_directory);
  EXPECT_EQ(error_of(run_now(root.move(tr, {"x"}, {"y"}))), error::directory_does_not_exist);
  EXPECT_EQ(error_of(run_now(root.move(tr, {"a", "b"}, {"x", "y"}))),
            error::parent_directory_does_not_exist);
  EXPECT_EQ(error_of(run_now(root.move(tr, {"a", "b"}, {"a"}))), error::directory_already_exists);
  EXPECT_EQ(error_of(run_now(root.move(tr, {"a", "b"}, {}))), error::directory_already_exists);
  EXPECT_EQ(error_of(run_now(root.move_to(tr, {"z"}))), error::cannot_modify_root_directory);
  EXPECT_EQ(error_of(run_now(root.remove(tr))), error::cannot_modify_root_directory);
  EXPECT_EQ(error_of(run_now(root.remove(tr, {"x"}))), error::directory_does_not_exist);
  EXPECT_FALSE(*run_now(root.remove_if_exists(tr, {"x"})));
  EXPECT_EQ(error_of(run_now(root.list(tr, {"x"}))), error::directory_does_not_exist);
  EXPECT_EQ(error_of(root.subspace()), error::cannot_open_root_directory);
}

TEST_F(DirectoryTest, MovesWithItsKeys) {
  Directory b = make({"a", "b"}, "l");
  make({"c"});
  Directory moved = *run_now(b.move_to(tr, {"c", "d"}));
  EXPECT_EQ(moved.path(), (DirectoryPath{"c", "d"}));
  EXPECT_EQ(moved.layer(), "l");
  EXPECT_EQ(*moved.subspace(), *b.subspace());
  EXPECT_FALSE(*run_now(root.exists(tr, {"a", "b"})));
  EXPECT_TRUE(*run_now(moved.exists(tr)));
  EXPECT_FALSE(*run_now(b.exists(tr)));
  Directory inner = *run_now(make({"c"}).move(tr, {"d"}, {"e"}));
  EXPECT_EQ(inner.path(), (DirectoryPath{"c", "e"}));
}

TEST_F(DirectoryTest, IsRemovedWithAllInIt) {
  make({"keep"});
  auto before = tr.rows;
  Directory a = make({"a"});
  Directory c = make({"a", "b", "c"});
  ASSERT_TRUE(tr.set(c.subspace()->pack(1), "x"));
  ASSERT_TRUE(tr.set(a.subspace()->pack(1), "x"));
  EXPECT_TRUE(run_now(a.remove(tr)));
  EXPECT_FALSE(*run_now(root.exists(tr, {"a"})));
  // What stays is what the allocator remembers.
  for (const auto& [key, value] : tr.rows) {
    EXPECT_TRUE(before.contains(key) || key.find("hca") != key.npos);
  }
}

TEST_F(DirectoryTest, PartitionsStandForThemselves) {
  Directory p = make({"p"}, "partition");
  EXPECT_TRUE(p.is_partition());
  EXPECT_EQ(error_of(p.subspace()), error::cannot_use_partition_as_subspace);
  Directory in = *run_now(p.create_or_open(tr, {"x", "y"}));
  EXPECT_EQ(in.path(), (DirectoryPath{"p", "x", "y"}));
  EXPECT_FALSE(in.is_partition());
  EXPECT_EQ(*run_now(root.open(tr, {"p", "x", "y"}))->subspace(), *in.subspace());
  EXPECT_EQ(*run_now(root.list(tr, {"p"})), (std::vector<std::string>{"x"}));
  EXPECT_EQ(error_of(run_now(p.create(tr, {"z"}, "", "q"))), error::prefix_in_partition);
  make({"out"});
  EXPECT_EQ(error_of(run_now(root.move(tr, {"p", "x"}, {"out", "x"}))),
            error::cannot_move_directory_between_partitions);
  EXPECT_EQ(error_of(run_now(root.move(tr, {"out"}, {"p", "out"}))),
            error::cannot_move_directory_between_partitions);
  EXPECT_EQ(error_of(run_now(in.move_to(tr, {"out", "y"}))),
            error::cannot_move_directory_between_partitions);
  Directory moved = *run_now(in.move_to(tr, {"p", "y"}));
  EXPECT_EQ(moved.path(), (DirectoryPath{"p", "y"}));
  Directory renamed = *run_now(p.move_to(tr, {"q"}));
  EXPECT_TRUE(renamed.is_partition());
  EXPECT_EQ(*run_now(root.open(tr, {"q", "y"}))->subspace(), *in.subspace());
  EXPECT_EQ(error_of(run_now(renamed.open(tr, {}))), error::cannot_open_root_directory);
  ASSERT_TRUE(tr.set(in.subspace()->pack(1), "v"));
  EXPECT_TRUE(run_now(renamed.remove(tr)));
  EXPECT_FALSE(*run_now(root.exists(tr, {"q"})));
  EXPECT_FALSE(tr.rows.contains(in.subspace()->pack(1)));
}

TEST_F(DirectoryTest, PrefixesMayBeGiven) {
  Directory open_root = Directory::root(random, {.manual_prefixes = ManualPrefixes::kAllowed});
  Directory given = *run_now(open_root.create(tr, {"g"}, "", "abc"));
  EXPECT_EQ(given.subspace()->key(), "abc");
  for (const char* taken : {"abc", "abcd", "ab", "a", "", "\xfe", "\xfe\x01"}) {
    EXPECT_EQ(error_of(run_now(open_root.create(tr, {"h"}, "", taken))),
              error::directory_prefix_in_use)
        << taken;
  }
  EXPECT_EQ(run_now(open_root.create(tr, {"h"}, "", "abd"))->subspace()->key(), "abd");
}

TEST_F(DirectoryTest, AllocatedPrefixesMustBeUnused) {
  for (int number = 0; number < 64; ++number) {
    ASSERT_TRUE(tr.set(tuple::pack(number) + "x", ""));
  }
  EXPECT_EQ(error_of(run_now(root.create(tr, {"a"}))), error::directory_prefix_not_empty);
}

TEST_F(DirectoryTest, VersionsAreChecked) {
  make({"a"});
  std::string key = Subspace("\xfe").sub(tuple::Bytes{"\xfe"}).pack(tuple::Bytes{"version"});
  EXPECT_EQ(tr.rows[key], "\1\0\0\0\0\0\0\0\0\0\0\0"s);
  tr.rows[key] = "\1\0\0\0\1\0\0\0\0\0\0\0"s;
  EXPECT_TRUE(*run_now(root.exists(tr, {"a"})));
  EXPECT_EQ(error_of(run_now(root.create(tr, {"b"}))), error::incompatible_directory_version);
  tr.rows[key] = "\2\0\0\0\0\0\0\0\0\0\0\0"s;
  EXPECT_EQ(error_of(run_now(root.exists(tr, {"a"}))), error::incompatible_directory_version);
  tr.rows[key] = "1";
  EXPECT_EQ(error_of(run_now(root.list(tr))), error::invalid_directory_layer_metadata);
}

TEST_F(DirectoryTest, BrokenTreesEnd) {
  Directory a = make({"a"});
  make({"a", "b"});
  Subspace nodes("\xfe");
  auto children = [&](const std::string& prefix) { return nodes.sub(tuple::Bytes{prefix}).sub(0); };
  // b's child is a.
  std::string b = run_now(root.open(tr, {"a", "b"}))->subspace()->key();
  tr.rows[children(b).pack("loop")] = a.subspace()->key();
  EXPECT_TRUE(*run_now(root.exists(tr, {"a", "b", "loop", "b", "loop"})));
  tr.rows[children(b).pack(7)] = "";
  EXPECT_EQ(error_of(run_now(root.list(tr, {"a", "b"}))), error::invalid_directory_layer_metadata);
  EXPECT_EQ(error_of(run_now(root.remove(tr, {"a"}))), error::invalid_directory_layer_metadata);
  tr.rows.erase(children(b).pack(7));
  EXPECT_TRUE(run_now(root.remove(tr, {"a"})));
  std::string counters = nodes.sub(tuple::Bytes{"\xfe"}).sub(tuple::Bytes{"hca"}).sub(0).key();
  tr.rows[counters + tuple::pack(2.5)] = "";
  EXPECT_EQ(error_of(run_now(root.create(tr, {"c"}))), error::invalid_directory_layer_metadata);
}

TEST_F(DirectoryTest, EveryFailingReadIsTold) {
  make({"p"}, "partition");
  make({"p", "a", "b"});
  auto rows = tr.rows;
  std::vector<std::function<Error(MemoryTransaction&)>> operations = {
      [&](MemoryTransaction& t) { return error_of(run_now(root.create(t, {"p", "c", "d"}))); },
      [&](MemoryTransaction& t) { return error_of(run_now(root.open(t, {"p", "a", "b"}))); },
      [&](MemoryTransaction& t) { return error_of(run_now(root.move(t, {"p", "a"}, {"p", "z"}))); },
      [&](MemoryTransaction& t) { return error_of(run_now(root.remove(t, {"p", "a"}))); },
      [&](MemoryTransaction& t) { return error_of(run_now(root.exists(t, {"p", "a"}))); },
      [&](MemoryTransaction& t) { return error_of(run_now(root.list(t, {"p", "a"}))); },
  };
  for (const auto& operation : operations) {
    uint64_t n = 1;
    for (;; ++n) {
      MemoryTransaction failing;
      failing.rows = rows;
      failing.fail_read = n;
      Error error = operation(failing);
      if (failing.reads < n) {
        EXPECT_EQ(error, Error(0));
        break;
      }
      ASSERT_EQ(error, error::transaction_too_old) << n;
    }
    EXPECT_GT(n, 5u);
  }
}

TEST_F(DirectoryTest, AllocationsConflictOnTheirNumberAlone) {
  PrefixAllocator allocator(Subspace("h"), random);
  for (int i = 0; i < 40; ++i) {
    tr.write_conflicts.clear();
    tr.read_conflicts.clear();
    std::string allocated = *run_now(allocator.allocate(tr));
    std::string recent = Subspace("h").sub(1).key() + allocated;
    EXPECT_TRUE(std::ranges::count(tr.write_conflicts, recent) == 1);
    EXPECT_TRUE(std::ranges::count(tr.read_conflicts, recent) == 1);
    for (const std::string& key : tr.write_conflicts) {
      // Counters conflict with nobody: they are read in snapshots.
      EXPECT_TRUE(key == recent || key.starts_with(Subspace("h").sub(0).key()));
    }
  }
}

/// Its reads wait until they are let go.
class WaitingTransaction final : public MemoryTransaction {
 public:
  Task<Result<std::optional<std::string>>> get(std::string key, ReadMode mode) override {
    co_await Gate{*this};
    auto value = co_await MemoryTransaction::get(std::move(key), mode);
    co_return value;
  }
  Task<Result<std::vector<Row>>> get_range(KeyRange range, size_t limit, ScanOrder order,
                                           ReadMode mode) override {
    co_await Gate{*this};
    auto rows = co_await MemoryTransaction::get_range(std::move(range), limit, order, mode);
    co_return rows;
  }
  size_t waiting() const { return waiting_.size(); }
  void let_go(size_t index) {
    std::coroutine_handle<> next = waiting_[index];
    waiting_.erase(waiting_.begin() + static_cast<ptrdiff_t>(index));
    next.resume();
  }
  void forget_all() { waiting_.clear(); }

 private:
  struct Gate {
    WaitingTransaction& tr;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> reader) { tr.waiting_.push_back(reader); }
    void await_resume() const {}
  };
  std::vector<std::coroutine_handle<>> waiting_;
};

struct Nobody final : TaskListener {
  void task_ended() override {}
};

TEST_F(DirectoryTest, AllocationsOfOneTransactionAtOnceDiffer) {
  Nobody nobody;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    env::SeededRandom order(seed);
    WaitingTransaction waiting;
    PrefixAllocator allocator(Subspace("h"), random);
    std::vector<Task<Result<std::string>>> tasks;
    for (int i = 0; i < 60; ++i) tasks.push_back(allocator.allocate(waiting));
    for (auto& task : tasks) task.start(nobody);
    while (waiting.waiting() > 0) waiting.let_go(order.below(waiting.waiting()));
    std::set<std::string> given;
    for (auto& task : tasks) {
      ASSERT_TRUE(task.done());
      given.insert(*task.take());
    }
    ASSERT_EQ(given.size(), 60u);
  }
}

TEST_F(DirectoryTest, TasksMayEndAnywhere) {
  Nobody nobody;
  WaitingTransaction waiting;
  for (size_t steps = 0; steps < 30; ++steps) {
    auto task = root.create_or_open(waiting, {"a", "b", std::to_string(steps)}, "l");
    task.start(nobody);
    for (size_t i = 0; i < steps && waiting.waiting() > 0; ++i) waiting.let_go(0);
    waiting.forget_all();
  }
  // A Directory may go before its tasks run.
  std::optional<Directory> gone = root;
  auto task = gone->create_or_open(waiting, {"after"});
  gone.reset();
  task.start(nobody);
  while (waiting.waiting() > 0) waiting.let_go(0);
  ASSERT_TRUE(task.done());
  EXPECT_TRUE(task.take());
}

}  // namespace
}  // namespace orrery::fdb
