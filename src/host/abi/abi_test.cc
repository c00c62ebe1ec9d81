#include <gtest/gtest.h>

#include <algorithm>

#include "host/abi/probe_for_test.h"
#include "storage/transaction.h"
#include "wasm/module.h"

namespace orrery::host {

namespace {

template <class T>
std::string le(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}
std::string str(std::string_view text) {
  return le(static_cast<uint32_t>(text.size())) + std::string(text);
}
/// A row of the table "item".
std::string item(uint64_t id, std::string_view name, uint32_t n) {
  return le(id) + str(name) + le(n);
}

/// A store with the tables item(id u64 auto, name string, n u32) and note(text string), and a
/// probe.
class AbiTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(tables_, nullptr);
    auto loaded = test_runtime().load(probe_program());
    ASSERT_TRUE(loaded) << loaded.error().message();
    auto made = (*loaded)->instantiate(host_);
    ASSERT_TRUE(made) << made.error().message();
    instance_ = *std::move(made);
    begin();
  }

  void begin() {
    transaction_ = store_.begin(storage::Isolation::kSnapshot);
    call_.tables = tables_.get();
    call_.transaction = transaction_.get();
    call_.function = "test";
  }
  Ran run(const Script& script) {
    Ran out;
    out.steps = script.count();
    out.outcome = instance_->call_view(call_, 0, nullptr, script.bytes());
    return out;
  }
  /// One step alone; its result.
  int64_t one(Script& script, Import import, std::initializer_list<uint32_t> arguments) {
    script.step(import, arguments);
    Ran ran = run(script);
    EXPECT_TRUE(ran.ok()) << ran.outcome.message;
    return ran.result(script.count() - 1);
  }
  /// What a script of one step traps with.
  std::string trap(Import import, std::initializer_list<uint32_t> arguments) {
    Script script;
    script.step(import, arguments);
    Ran ran = run(script);
    EXPECT_EQ(ran.outcome.status, GuestStatus::kFailed);
    EXPECT_TRUE(instance_->broken());
    instance_ = (*test_runtime().load(probe_program()))->instantiate(host_).value();
    return ran.outcome.message;
  }
  uint32_t table_id(std::string_view name) { return tables_->find_table(name)->id; }
  uint32_t index_id(std::string_view name) { return tables_->find_index(name)->id; }
  /// Inserts rows into "item".
  void fill(std::initializer_list<std::string> rows) {
    for (const std::string& row : rows) {
      Script script;
      EXPECT_EQ(
          one(script, Import::kInsert,
              {table_id("item"), script.data(row), script.word(static_cast<uint32_t>(row.size()))}),
          0);
    }
  }
  /// The rows that a scan gives, in one script with room for all of them.
  std::string scan(Import import, std::initializer_list<uint32_t> arguments, Script& script) {
    const uint32_t out = script.word();
    std::vector<uint32_t> words(arguments);
    words.push_back(out);
    const uint32_t opened = script.step(import, {});
    script.set_arguments(opened, words);
    const uint32_t buffer = script.room(8192);
    const uint32_t size = script.word(8192);
    script.step(Import::kCopy, {Script::argument(opened + 2, 0), out});
    script.step(Import::kAdvance, {0, buffer, size});
    Ran ran = run(script);
    EXPECT_TRUE(ran.ok()) << ran.outcome.message;
    last_result_ = ran.result(opened);
    if (last_result_ != 0) return {};
    EXPECT_EQ(static_cast<int32_t>(ran.result(opened + 2)), -1);
    return ran.bytes(buffer, ran.word(size));
  }
  std::string all_items() {
    Script script;
    return scan(Import::kTableScan, {table_id("item")}, script);
  }

  ProbeTables data_;
  storage::Store& store_ = data_.store;
  const std::shared_ptr<const BoundTables>& tables_ = data_.tables;
  TestHost host_;
  std::unique_ptr<storage::Transaction> transaction_;
  GuestCall call_;
  std::unique_ptr<ModuleInstance> instance_;
  int64_t last_result_ = 0;
};

TEST_F(AbiTest, StartsInOrder) {
  auto order = instance_->describe();
  ASSERT_TRUE(order) << order.error().message();
  EXPECT_EQ(*order, "i1234s");
}

TEST_F(AbiTest, ReducersAnswer) {
  Caller caller{{{{0x11, 0x22, 0x33, 0x44}}}, {types::U128{0x55} | types::U128{0x66} << 64}};
  auto call = [&](uint32_t id, std::string_view arguments = {}) {
    return instance_->call_reducer(call_, id, caller, 0x77, arguments);
  };
  EXPECT_EQ(call(0).status, GuestStatus::kOk);
  GuestOutcome refused = call(1);
  EXPECT_EQ(refused.status, GuestStatus::kUserError);
  EXPECT_EQ(refused.message, "no luck");
  GuestOutcome odd = call(6);
  EXPECT_EQ(odd.status, GuestStatus::kFailed);
  EXPECT_NE(odd.message.find("return code 7"), std::string::npos) << odd.message;
  EXPECT_NE(odd.message.find("odd"), std::string::npos);
  EXPECT_EQ(call(8, "hello").message, "hello");
  EXPECT_EQ(call(8, "bad \xff utf").message, "bad \xEF\xBF\xBD utf");
  EXPECT_EQ(call(8, std::string(300'000, 'x')).message.size(), 300'000u);
  std::string words;
  for (const char* word : {"11", "22", "33", "44", "55", "66", "77"}) {
    words += std::string(14, '0') + word;
  }
  EXPECT_EQ(call(9).message, words);
  EXPECT_FALSE(instance_->broken());
}

TEST_F(AbiTest, ViewsProceduresAndHandlersAnswer) {
  types::Identity sender{{{1, 2, 3, 4}}};
  EXPECT_EQ(instance_->call_view(call_, 0, &sender, {}).value,
            le(uint64_t{1}) + le(uint64_t{2}) + le(uint64_t{3}) + le(uint64_t{4}));
  GuestOutcome plain = instance_->call_view(call_, 1, nullptr, {});
  EXPECT_TRUE(plain.legacy_view);
  EXPECT_EQ(plain.value, "plain");
  GuestOutcome refused = instance_->call_view(call_, 2, nullptr, {});
  EXPECT_EQ(refused.status, GuestStatus::kUserError);
  EXPECT_EQ(refused.message, "no view");
  EXPECT_EQ(instance_->call_view(call_, 3, nullptr, {}).status, GuestStatus::kFailed);
}

TEST_F(AbiTest, GuestsThatMisbehaveEndAndTheNextInstanceWorks) {
  struct Case {
    uint32_t id;
    GuestStatus status;
    const char* function;
  };
  auto loaded = test_runtime().load(probe_program());
  for (const Case& one :
       {Case{2, GuestStatus::kFailed, "call_reducer"}, Case{3, GuestStatus::kLimit, "call_reducer"},
        Case{4, GuestStatus::kFailed, "descend"}}) {
    GuestOutcome outcome = instance_->call_reducer(call_, one.id, {}, 0, {});
    EXPECT_EQ(outcome.status, one.status) << one.id << outcome.message;
    ASSERT_FALSE(outcome.trace.empty());
    EXPECT_NE(outcome.trace[0].function.find(one.function), std::string::npos)
        << outcome.trace[0].function;
    EXPECT_TRUE(instance_->broken());
    instance_ = (*loaded)->instantiate(host_).value();
    EXPECT_EQ(instance_->call_reducer(call_, 0, {}, 0, {}).status, GuestStatus::kOk);
  }
  // Memory is refused at the limit; the guest goes on without it.
  EXPECT_EQ(instance_->call_reducer(call_, 5, {}, 0, {}).status, GuestStatus::kOk);
  EXPECT_FALSE(instance_->broken());
}

TEST_F(AbiTest, APanicTellsWhereItTrapped) {
  Script script;
  const uint32_t text = script.data("oh dear");
  script.step(Import::kLog, {101, 0, 0, 0, 0, 1, text, 7});
  script.step(Import::kTableId, {0, 4, 0});  // a null pointer ends the call
  EXPECT_EQ(run(script).outcome.status, GuestStatus::kFailed);
  instance_ = (*test_runtime().load(probe_program()))->instantiate(host_).value();
  const std::string log = host_.logged();
  const size_t panic = log.find("oh dear");
  ASSERT_NE(panic, std::string::npos) << log;
  const std::string record = log.substr(log.rfind('\n', panic) + 1, log.find('\n', panic) - panic);
  EXPECT_NE(record.find("\"level\":\"Panic\""), std::string::npos) << log;
  EXPECT_NE(log.find("func_name", panic), std::string::npos) << log;
  // One that is no trap's is not lost, and keeps its place.
  Script calm;
  const uint32_t first = calm.data("first");
  const uint32_t second = calm.data("second");
  calm.step(Import::kLog, {101, 0, 0, 0, 0, 1, first, 5});
  calm.step(Import::kLog, {2, 0, 0, 0, 0, 1, second, 6});
  calm.step(Import::kLog, {101, 0, 0, 0, 0, 1, first, 5});
  EXPECT_TRUE(run(calm).ok());
  const std::string later = host_.logged();
  EXPECT_LT(later.find("first"), later.find("second"));
  EXPECT_LT(later.find("second"), later.rfind("first"));
}

TEST_F(AbiTest, NamesAreFoundCanonicalOrNot) {
  for (const char* name : {"item", "Item", "note"}) {
    Script script;
    const uint32_t out = script.word();
    const uint32_t text = script.data(name);
    script.step(Import::kTableId, {text, static_cast<uint32_t>(strlen(name)), out});
    Ran ran = run(script);
    EXPECT_EQ(ran.result(0), 0);
    EXPECT_EQ(ran.word(out), table_id(name));
  }
  for (const char* name : {"item_id", "Item_id_idx", "Item_n_idx"}) {
    Script script;
    const uint32_t out = script.word();
    const uint32_t text = script.data(name);
    script.step(Import::kIndexId, {text, static_cast<uint32_t>(strlen(name)), out});
    Ran ran = run(script);
    EXPECT_EQ(ran.result(0), 0);
    EXPECT_EQ(ran.word(out), index_id(name));
  }
  Script script;
  const uint32_t name = script.data("nothing");
  const uint32_t out = script.word();
  EXPECT_EQ(one(script, Import::kTableId, {name, 7, out}), 4);
  EXPECT_EQ(one(script, Import::kIndexId, {name, 7, out}), 5);
}

TEST_F(AbiTest, WithoutATransactionThereAreNoTables) {
  call_.transaction = nullptr;
  Script script;
  const uint32_t at = script.room(64);
  const uint32_t size = script.word(4);
  const std::vector<uint32_t> results = {
      script.step(Import::kTableId, {at, 4, at}),
      script.step(Import::kIndexId, {at, 4, at}),
      script.step(Import::kRowCount, {1, at}),
      script.step(Import::kTableScan, {1, at}),
      script.step(Import::kRangeScan, {1, 0, 0, 0, at, 1, at, 1, at}),
      script.step(Import::kPointScan, {1, at, 1, at}),
      script.step(Import::kDeleteRange, {1, 0, 0, 0, at, 1, at, 1, at}),
      script.step(Import::kDeletePoint, {1, at, 1, at}),
      script.step(Import::kDeleteEqual, {1, at, 4, at}),
      script.step(Import::kInsert, {1, at, size}),
      script.step(Import::kUpdate, {1, 1, at, size}),
      script.step(Import::kClear, {1, at}),
      script.step(Import::kJwt, {at, at}),
  };
  // The names must be valid for the errno to be this one.
  std::string bytes = script.bytes();
  Ran ran;
  ran.steps = script.count();
  std::replace(bytes.begin(), bytes.end(), '\xEE', 'x');
  ran.outcome = instance_->call_view(call_, 0, nullptr, bytes);
  ASSERT_TRUE(ran.ok()) << ran.outcome.message;
  for (uint32_t step : results) EXPECT_EQ(ran.result(step), 2) << step;
}

TEST_F(AbiTest, ReadOnlyCallsCannotWrite) {
  fill({item(1, "a", 1)});
  call_.access = GuestAccess::kReadOnly;
  Script script;
  const std::string row = item(2, "b", 2);
  const uint32_t at = script.data(row);
  const uint32_t size = script.word(static_cast<uint32_t>(row.size()));
  const uint32_t out = script.room(8);
  script.step(Import::kInsert, {table_id("item"), at, size});
  script.step(Import::kUpdate, {table_id("item"), index_id("item_id"), at, size});
  script.step(Import::kClear, {table_id("item"), out});
  script.step(Import::kDeleteEqual, {table_id("item"), at, 4, out});
  script.step(Import::kRowCount, {table_id("item"), out});
  Ran ran = run(script);
  for (uint32_t step = 0; step < 4; ++step) EXPECT_EQ(ran.result(step), 19);
  EXPECT_EQ(ran.result(4), 0);
  EXPECT_EQ(ran.word(out), 1u);
}

TEST_F(AbiTest, InsertGivesBackWhatWasGenerated) {
  Script script;
  const std::string row = item(0, "first", 5);
  const uint32_t at = script.data(row);
  const uint32_t size = script.word(static_cast<uint32_t>(row.size()));
  EXPECT_EQ(one(script, Import::kInsert, {table_id("item"), at, size}), 0);
  Ran ran = run(script);  // and once more
  EXPECT_EQ(ran.word(size), 8u);
  EXPECT_EQ(ran.bytes(at, 8), le(uint64_t{2}));
  EXPECT_EQ(ran.bytes(at + 8, 4), row.substr(8, 4)) << "the rest of the buffer stays";
  EXPECT_EQ(all_items(), item(1, "first", 5) + item(2, "first", 5));

  Script plain;
  const uint32_t text = plain.data(str("near"));
  const uint32_t text_size = plain.word(8);
  EXPECT_EQ(one(plain, Import::kInsert, {table_id("note"), text, text_size}), 0);
  EXPECT_EQ(run(plain).word(text_size), 0u);
}

TEST_F(AbiTest, NumbersThatWereGivenAreNotWrittenBack) {
  Script script;
  const std::string row = item(7, "given", 1);
  const uint32_t at = script.data(row);
  const uint32_t size = script.word(static_cast<uint32_t>(row.size()));
  const uint32_t update_size = script.word(static_cast<uint32_t>(row.size()));
  script.step(Import::kInsert, {table_id("item"), at, size});
  script.step(Import::kUpdate, {table_id("item"), index_id("item_id"), at, update_size});
  Ran ran = run(script);
  EXPECT_EQ(ran.result(0), 0);
  EXPECT_EQ(ran.word(size), 0u);
  EXPECT_EQ(ran.result(1), 0);
  EXPECT_EQ(ran.word(update_size), 0u);
  EXPECT_EQ(ran.bytes(at, 8), le(uint64_t{7}));
}

TEST_F(AbiTest, InsertRefuses) {
  fill({item(1, "a", 1)});
  Script script;
  const std::string row = item(1, "b", 2);
  const uint32_t at = script.data(row);
  const uint32_t size = script.word(static_cast<uint32_t>(row.size()));
  const uint32_t cut = script.word(9);
  EXPECT_EQ(one(script, Import::kInsert, {table_id("item"), at, size}), 12);
  EXPECT_EQ(one(script, Import::kInsert, {table_id("item"), at, cut}), 3);
  EXPECT_EQ(one(script, Import::kInsert, {9999, at, size}), 4);
  const uint32_t far = script.data(str("far"));
  const uint32_t far_size = script.word(7);
  EXPECT_EQ(one(script, Import::kInsert, {table_id("note"), far, far_size}), 13);
  EXPECT_EQ(all_items(), item(1, "a", 1)) << "nothing is left of what failed";
}

TEST_F(AbiTest, UpdateReplacesByAUniqueKey) {
  fill({item(1, "a", 1), item(2, "b", 2)});
  Script script;
  const std::string row = item(2, "changed", 20);
  const uint32_t at = script.data(row);
  const uint32_t size = script.word(static_cast<uint32_t>(row.size()));
  const uint32_t cut = script.word(9);
  EXPECT_EQ(one(script, Import::kUpdate, {table_id("item"), index_id("item_id"), at, cut}), 3);
  const uint32_t items = table_id("item");
  EXPECT_EQ(one(script, Import::kUpdate, {items, index_id("item_name"), at, size}), 14);
  EXPECT_EQ(one(script, Import::kUpdate, {items, 9999, at, size}), 5);
  EXPECT_EQ(one(script, Import::kUpdate, {items, index_id("note_text"), at, size}), 5);
  EXPECT_EQ(one(script, Import::kUpdate, {9999, index_id("item_id"), at, size}), 4);
  Script good;
  const uint32_t good_at = good.data(row);
  const uint32_t good_size = good.word(static_cast<uint32_t>(row.size()));
  EXPECT_EQ(one(good, Import::kUpdate, {items, index_id("item_id"), good_at, good_size}), 0);
  EXPECT_EQ(all_items(), item(1, "a", 1) + row);
  Script missing;
  const std::string other = item(3, "c", 3);
  const uint32_t other_at = missing.data(other);
  const uint32_t other_size = missing.word(static_cast<uint32_t>(other.size()));
  EXPECT_EQ(one(missing, Import::kUpdate, {items, index_id("item_id"), other_at, other_size}), 15);
}

TEST_F(AbiTest, ScansByRangeAndPoint) {
  fill({item(1, "a", 3), item(2, "b", 2), item(3, "b", 1), item(4, "c", 9)});
  const std::string b1 = item(3, "b", 1), b2 = item(2, "b", 2);
  for (Import import : {Import::kRangeScan, Import::kBtreeScan}) {
    // The prefix "b", any number behind it, in order.
    Script prefix;
    const uint32_t p = prefix.data(str("b"));
    const uint32_t open = prefix.data("\x02");
    EXPECT_EQ(scan(import, {index_id("item_name"), p, 5, 1, open, 1, open, 1}, prefix), b1 + b2);
    // From "b" included to "c" excluded; a prefix pointer that is null does not matter.
    Script range;
    const uint32_t from = range.data(std::string(1, '\0') + str("b"));
    const uint32_t to = range.data("\x01" + str("c"));
    EXPECT_EQ(scan(import, {index_id("item_name"), 0, 77, 0, from, 6, to, 6}, range), b1 + b2);
    // Upside down: no rows, no error.
    Script inverted;
    const uint32_t high = inverted.data(std::string(1, '\0') + str("c"));
    const uint32_t low = inverted.data(std::string(1, '\0') + str("a"));
    EXPECT_EQ(scan(import, {index_id("item_name"), 0, 0, 0, high, 6, low, 6}, inverted), "");
    EXPECT_EQ(last_result_, 0);
  }
  Script unique;
  const uint32_t key = unique.data(le(uint64_t{4}));
  EXPECT_EQ(scan(Import::kPointScan, {index_id("item_id"), key, 8}, unique), item(4, "c", 9));
  Script missing;
  const uint32_t none = missing.data(le(uint64_t{5}));
  EXPECT_EQ(scan(Import::kPointScan, {index_id("item_id"), none, 8}, missing), "");
  Script hash;
  const uint32_t n = hash.data(le(uint32_t{2}));
  EXPECT_EQ(scan(Import::kPointScan, {index_id("item_n"), n, 4}, hash), b2);
  Script both;
  const uint32_t product = both.data(str("b") + le(uint32_t{1}));
  EXPECT_EQ(scan(Import::kPointScan, {index_id("item_name"), product, 9}, both), b1);
}

TEST_F(AbiTest, ScansRefuse) {
  Script script;
  const uint32_t open = script.data("\x02");
  const uint32_t bad = script.data("\x09");
  const uint32_t out = script.word();
  const uint32_t name = index_id("item_name");
  EXPECT_EQ(one(script, Import::kTableScan, {9999, out}), 4);
  EXPECT_EQ(one(script, Import::kRowCount, {9999, out}), 4);
  EXPECT_EQ(one(script, Import::kRangeScan, {9999, 0, 0, 0, open, 1, open, 1, out}), 5);
  EXPECT_EQ(one(script, Import::kRangeScan, {index_id("item_n"), 0, 0, 0, open, 1, open, 1, out}),
            10);
  EXPECT_EQ(one(script, Import::kDeleteRange, {index_id("item_n"), 0, 0, 0, open, 1, open, 1, out}),
            10);
  EXPECT_EQ(one(script, Import::kRangeScan, {name, 0, 0, 0, bad, 1, open, 1, out}), 3);
  const uint32_t two = script.data(str("b") + le(uint32_t{1}));
  EXPECT_EQ(one(script, Import::kRangeScan, {name, two, 9, 2, open, 1, open, 1, out}), 3);
  EXPECT_EQ(one(script, Import::kPointScan, {9999, two, 9, out}), 5);
  EXPECT_EQ(one(script, Import::kPointScan, {name, two, 8, out}), 3);
  EXPECT_EQ(one(script, Import::kPointScan, {index_id("item_id"), two, 3, out}), 3);
  EXPECT_EQ(one(script, Import::kDeletePoint, {9999, two, 9, out}), 5);
  EXPECT_EQ(one(script, Import::kDeleteEqual, {9999, two, 9, out}), 4);
  EXPECT_EQ(one(script, Import::kClear, {9999, out}), 4);
}

TEST_F(AbiTest, DeletesCount) {
  fill({item(1, "a", 1), item(2, "b", 2), item(3, "b", 3), item(4, "c", 4), item(5, "d", 5)});
  Script script;
  const uint32_t out = script.word();
  const uint32_t prefix = script.data(str("b"));
  const uint32_t open = script.data("\x02");
  EXPECT_EQ(one(script, Import::kDeleteRange,
                {index_id("item_name"), prefix, 5, 1, open, 1, open, 1, out}),
            0);
  EXPECT_EQ(all_items(), item(1, "a", 1) + item(4, "c", 4) + item(5, "d", 5));
  Script point;
  const uint32_t key = point.data(le(uint64_t{4}));
  const uint32_t count = point.word();
  point.step(Import::kDeletePoint, {index_id("item_id"), key, 8, count});
  EXPECT_EQ(run(point).word(count), 1u);
  EXPECT_EQ(run(point).word(count), 0u);
  Script equal;
  const std::string rows = le(uint32_t{2}) + item(1, "a", 1) + item(5, "d", 6);
  const uint32_t at = equal.data(rows);
  const uint32_t deleted = equal.word();
  equal.step(Import::kDeleteEqual,
             {table_id("item"), at, static_cast<uint32_t>(rows.size()), deleted});
  EXPECT_EQ(run(equal).word(deleted), 1u);
  Script cut;
  const uint32_t cut_at = cut.data(rows);
  EXPECT_EQ(one(cut, Import::kDeleteEqual, {table_id("item"), cut_at, 9, cut.word()}), 3);
  Script clear;
  const uint32_t cleared = clear.room(8);
  clear.step(Import::kClear, {table_id("item"), cleared});
  EXPECT_EQ(run(clear).bytes(cleared, 8), le(uint64_t{1}));
  EXPECT_EQ(all_items(), "");
}

TEST_F(AbiTest, IteratorsGiveWholeRowsAndEndWithTheLast) {
  std::string all;
  for (uint32_t i = 1; i <= 20; ++i) {
    fill({item(i, std::string(i, 'x'), i)});
    all += item(i, std::string(i, 'x'), i);
  }
  Script script;
  const uint32_t out = script.word();
  script.step(Import::kTableScan, {table_id("item"), out});
  // Room for some rows at a time; the first advance has too little for any.
  const uint32_t buffer = script.room(100);
  std::vector<uint32_t> steps, sizes;
  for (uint32_t room : {10, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100}) {
    sizes.push_back(script.word(room));
    const uint32_t to = script.room(100);
    const uint32_t step = script.count() + 1;
    script.step(Import::kCopy, {Script::argument(step, 0), out});
    steps.push_back(script.step(Import::kAdvance, {0, to, sizes.back()}));
  }
  const uint32_t after = script.count() + 1;
  script.step(Import::kCopy, {Script::argument(after, 0), out});
  script.step(Import::kCloseIter, {0});
  (void)buffer;
  Ran ran = run(script);
  ASSERT_TRUE(ran.ok()) << ran.outcome.message;
  EXPECT_EQ(ran.result(steps[0]), 11);
  EXPECT_EQ(ran.word(sizes[0]), item(1, "x", 1).size());
  std::string got;
  bool ended = false;
  for (size_t i = 1; i < steps.size(); ++i) {
    const int32_t state = static_cast<int32_t>(ran.result(steps[i]));
    if (ended) {
      EXPECT_EQ(state, 6) << "the iterator is gone";
      continue;
    }
    got += ran.bytes(sizes[i] + 4, ran.word(sizes[i]));
    ended = state == -1;
    if (!ended) {
      EXPECT_EQ(state, 0);
    }
  }
  EXPECT_TRUE(ended);
  EXPECT_EQ(got, all);
  EXPECT_EQ(ran.result(after), 6);
}

TEST_F(AbiTest, IteratorsShowWhatWasThereWhenTheyWereOpened) {
  fill({item(1, "a", 1), item(2, "b", 2), item(3, "c", 3)});
  Script script;
  constexpr uint32_t kFirstScan = 9;  // behind the numbers of rows found by their keys
  const uint32_t out = script.word();
  const uint32_t deleted = script.word();
  const std::string row = item(9, "new", 9);
  const uint32_t at = script.data(row);
  const uint32_t size = script.word(static_cast<uint32_t>(row.size()));
  const uint32_t key = script.data(le(uint64_t{2}));
  const uint32_t first = script.room(40);
  const uint32_t first_size = script.word(20);
  const uint32_t others = script.room(400);
  const uint32_t others_size = script.word(400);
  script.step(Import::kTableScan, {table_id("item"), out});
  script.step(Import::kAdvance, {kFirstScan, first, first_size});
  script.step(Import::kInsert, {table_id("item"), at, size});
  script.step(Import::kDeletePoint, {index_id("item_id"), key, 8, deleted});
  const uint32_t last = script.step(Import::kAdvance, {kFirstScan, others, others_size});
  Ran ran = run(script);
  ASSERT_TRUE(ran.ok()) << ran.outcome.message;
  ASSERT_EQ(ran.word(out), kFirstScan);
  EXPECT_EQ(static_cast<int32_t>(ran.result(last)), -1);
  EXPECT_EQ(ran.bytes(first, ran.word(first_size)) + ran.bytes(others, ran.word(others_size)),
            item(1, "a", 1) + item(2, "b", 2) + item(3, "c", 3));
}

TEST_F(AbiTest, BadPointersTrap) {
  constexpr uint32_t kOut = Script::kBase;
  const uint32_t items = table_id("item");
  EXPECT_NE(trap(Import::kTableId, {0, 4, kOut}).find("null pointer"), std::string::npos);
  EXPECT_NE(trap(Import::kTableId, {kOut, 4, 0}).find("null pointer"), std::string::npos);
  for (uint32_t address : {0xFFFFFFFFu, 64u << 20}) {
    EXPECT_NE(trap(Import::kTableId, {address, 4, kOut}).find("outside"), std::string::npos);
    trap(Import::kIndexId, {kOut, 4, address});
    trap(Import::kRowCount, {items, address});
    trap(Import::kTableScan, {items, address});
    trap(Import::kAdvance, {1, kOut, address});
    trap(Import::kInsert, {items, address, kOut});
    trap(Import::kUpdate, {items, 1, kOut, address});
    trap(Import::kPointScan, {index_id("item_id"), address, 8, kOut});
    trap(Import::kDeletePoint, {index_id("item_id"), kOut, 8, address});
    trap(Import::kDeleteEqual, {items, address, 9, kOut});
    trap(Import::kRangeScan, {index_id("item_id"), 0, 0, 0, address, 1, kOut, 1, kOut});
    trap(Import::kReadSource, {1, kOut, address});
    trap(Import::kWriteSink, {1, address, kOut});
    trap(Import::kLog, {0, kOut, 1, kOut, 1, 1, address, 4});
    trap(Import::kIdentity, {address});
    trap(Import::kJwt, {address, kOut});
    trap(Import::kClear, {items, address});
  }
  trap(Import::kTableId, {kOut, 0xFFFFFFFF, kOut});
  trap(Import::kRangeScan, {index_id("item_id"), 0, 0, 0, 0, 0, kOut, 1, kOut});
  EXPECT_NE(trap(Import::kRangeScan, {index_id("item_id"), kOut, 1, 70000, kOut, 1, kOut, 1, kOut})
                .find("70000"),
            std::string::npos);
  Script script;
  const uint32_t invalid = script.data("\xff\xfe");
  script.step(Import::kTableId, {invalid, 2, kOut});
  EXPECT_EQ(run(script).outcome.status, GuestStatus::kFailed);
}

TEST_F(AbiTest, SourcesAndSinks) {
  Script script;
  const uint32_t out = script.word();
  EXPECT_EQ(one(script, Import::kReadSource, {0, out, out}), 8);
  EXPECT_EQ(one(script, Import::kReadSource, {1, out, out}), 8) << "the script itself is read";
  EXPECT_EQ(one(script, Import::kRemaining, {0, out}), 8);
  EXPECT_EQ(one(script, Import::kRemaining, {5, out}), 8);
  EXPECT_EQ(one(script, Import::kWriteSink, {0, out, out}), 8);
  EXPECT_EQ(one(script, Import::kWriteSink, {2, out, out}), 8);

  Script jwt;
  const uint32_t connection = jwt.data(le(types::U128{7}));
  const uint32_t source = jwt.word();
  const uint32_t left = jwt.word();
  const uint32_t part = jwt.room(16);
  const uint32_t part_size = jwt.word(5);
  const uint32_t last = jwt.room(16);
  const uint32_t last_size = jwt.word(16);
  const uint32_t none = jwt.data(le(types::U128{8}));
  const uint32_t nothing = jwt.word(99);
  jwt.step(Import::kJwt, {connection, source});
  jwt.step(Import::kRemaining, {2, left});
  const uint32_t first_read = jwt.step(Import::kReadSource, {2, part, part_size});
  const uint32_t last_read = jwt.step(Import::kReadSource, {2, last, last_size});
  const uint32_t gone = jwt.step(Import::kRemaining, {2, left});
  jwt.step(Import::kJwt, {none, nothing});
  Ran ran = run(jwt);
  ASSERT_TRUE(ran.ok()) << ran.outcome.message;
  EXPECT_EQ(ran.word(source), 2u);
  EXPECT_EQ(ran.word(left), 12u);
  EXPECT_EQ(ran.result(first_read), 0);
  EXPECT_EQ(static_cast<int32_t>(ran.result(last_read)), -1);
  EXPECT_EQ(ran.bytes(part, 5) + ran.bytes(last, ran.word(last_size)), "{\"sub\":\"me\"}");
  EXPECT_EQ(ran.result(gone), 8);
  EXPECT_EQ(ran.word(nothing), 0u);
}

TEST_F(AbiTest, LogsTimersAndIdentity) {
  Script script;
  const uint32_t text = script.data("target file.c message \xff");
  const uint32_t me = script.room(32);
  script.step(Import::kLog, {1, text, 6, text + 7, 6, 42, text + 14, 9});
  script.step(Import::kLog, {77, 0, 9, 0, 9, UINT32_MAX, text + 14, 7});
  const uint32_t timer = script.step(Import::kTimerStart, {text, 6});
  const uint32_t other = script.step(Import::kTimerStart, {text, 4});
  const uint32_t ended = script.step(Import::kTimerEnd, {1});
  const uint32_t again = script.step(Import::kTimerEnd, {1});
  const uint32_t unknown = script.step(Import::kTimerEnd, {0});
  script.step(Import::kIdentity, {me});
  script.step(Import::kScheduleImmediate, {text, 6, text + 7, 4});
  Ran ran = run(script);
  ASSERT_TRUE(ran.ok()) << ran.outcome.message;
  EXPECT_EQ(ran.result(timer), 1);
  EXPECT_EQ(ran.result(other), 2);
  EXPECT_EQ(ran.result(ended), 0);
  EXPECT_EQ(ran.result(again), 7);
  EXPECT_EQ(ran.result(unknown), 7);
  EXPECT_EQ(ran.bytes(me, 32), host_.identity().bytes());
  EXPECT_EQ(host_.scheduled, "target(file)");
  const std::string log = host_.logged();
  for (const char* part : {"Warn", "target", "file.c", "42", "message \xEF\xBF\xBD", "Debug",
                           "Timing span \\\"target\\\": ", "test"}) {
    EXPECT_NE(log.find(part), std::string::npos) << part << " in " << log;
  }
}

TEST_F(AbiTest, ReducersMayNotDoWhatProceduresMay) {
  Script script;
  const uint32_t out = script.room(8);
  EXPECT_EQ(one(script, Import::kStartTx, {out}), 17);
  EXPECT_EQ(one(script, Import::kCommitTx, {}), 18);
  EXPECT_EQ(one(script, Import::kAbortTx, {}), 18);
  EXPECT_EQ(one(script, Import::kHttp, {out, 1, out, 1, out}), 17);
  EXPECT_NE(trap(Import::kSleep, {1, 0}).find("for procedures only"), std::string::npos);
}

}  // namespace
}  // namespace orrery::host
