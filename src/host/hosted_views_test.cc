// Views and what they are made of.
#include "host/hosted_database_for_test.h"

namespace orrery::host {
namespace {

TEST_F(HostedDatabaseTest, ViewsFollowTheirReadSets) {
  create();
  Recorder recorder;
  database_->set_observer(&recorder);
  const auto definition = database_->definition();
  HostedDatabase::ViewInstance adults, mine;
  on_lane(*database_, [&] {
    auto used = database_->use_view(*definition->find_view("adults").def, ann_.identity);
    ASSERT_TRUE(used) << used.error().message();
    adults = *used;
    database_->watch(adults.table, true);
    auto namesakes = database_->use_view(*definition->find_view("namesakes").def, ann_.identity);
    ASSERT_TRUE(namesakes) << namesakes.error().message();
    mine = *namesakes;
    database_->watch(mine.table, true);
  });
  EXPECT_EQ(counters_->adults, 1);
  EXPECT_EQ(add("kid", 5).status, CallStatus::kOk);
  EXPECT_EQ(counters_->adults, 2);
  EXPECT_TRUE(recorder.inserts[adults.table].empty());
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  ASSERT_EQ(recorder.inserts[adults.table].size(), 1u);
  EXPECT_EQ(recorder.inserts[adults.table][0].substr(0, 32), adults.argument_hash);
  ASSERT_EQ(recorder.inserts[mine.table].size(), 1u);
  EXPECT_EQ(reducer(*database_, ann_, "say", text_bytes("hello")).status, CallStatus::kOk);
  EXPECT_EQ(counters_->adults, 3);
  // A view that fails takes the transaction with it.
  EXPECT_EQ(add("bad", 66).status, CallStatus::kInternalError);
  EXPECT_EQ(names(ann_), "founder,kid,ann");
  EXPECT_TRUE(sql(*database_, owner_, "DELETE FROM person WHERE name = 'ann'"));
  EXPECT_EQ(recorder.deletes[adults.table].size(), 1u);
  EXPECT_EQ(recorder.deletes[mine.table].size(), 1u);
  on_lane(*database_, [&] {
    database_->release_view(adults);
    database_->release_view(mine);
  });
  database_->set_observer(nullptr);
}

TEST_F(HostedDatabaseTest, ViewsAreMadeAnewInAnOrderThatCanBeRepeated) {
  std::vector<types::Identity> asked;
  FakeModule module = people(counters_);
  add_view(&module, "noted", false, 0, [&](FakeCall& call) {
    asked.push_back(call.caller.identity);
    return ok(rows_array(split_people(call.scan("person"))));
  });
  module.def.order_by_tag();
  runtime_->add("noted", std::move(module));
  create("noted");
  const auto definition = database_->definition();
  std::map<std::string, types::Identity> by_hash;
  on_lane(*database_, [&] {
    for (int i = 0; i < 24; ++i) {
      const types::Identity caller = identity_of("caller " + std::to_string(i));
      auto used = database_->use_view(*definition->find_view("noted").def, caller);
      ASSERT_TRUE(used) << used.error().message();
      by_hash[used->argument_hash] = caller;
    }
  });
  asked.clear();
  EXPECT_EQ(add("Ann", 30).status, CallStatus::kOk);
  std::vector<types::Identity> expected;
  for (const auto& [hash, caller] : by_hash) expected.push_back(caller);
  EXPECT_EQ(asked, expected);
}

TEST_F(HostedDatabaseTest, ViewsInSql) {
  create();
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  auto report = sql(*database_, ann_, "SELECT * FROM adults");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->row_count, 2u);
  EXPECT_EQ(report->schema.elements().size(), 3u);
  report = sql(*database_, ann_, "SELECT a.name FROM adults_sql a WHERE a.age < 90");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows, text_bytes("ann"));
  report = sql(*database_, ann_, "SELECT name FROM namesakes");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows, text_bytes("ann"));
  report = sql(*database_, caller_of("bob"), "SELECT name FROM namesakes");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->row_count, 0u);
}

class ViewsOfViewsTest : public HostedDatabaseTest {
 protected:
  static FakeFunction query(std::string sql) {
    return [sql](FakeCall&) { return ok(std::string("\1", 1) + text_bytes(sql)); };
  }
  void SetUp() override {
    HostedDatabaseTest::SetUp();
    FakeModule module = people(counters_);
    add("first_adults", true, "SELECT * FROM adults WHERE name < 'c'", &module);
    add("second_adults", true, "SELECT * FROM first_adults WHERE age > 20", &module);
    add("of_mine", false, "SELECT * FROM namesakes WHERE age > 20", &module);
    add("of_whom", true, "SELECT * FROM namesakes", &module);
    add("chicken", true, "SELECT * FROM egg", &module);
    add("egg", true, "SELECT * FROM chicken", &module);
    module.def.order_by_tag();
    runtime_->add("views of views", std::move(module));
    create("views of views");
  }
  static void add(std::string name, bool anonymous, std::string sql, FakeModule* module) {
    add_view(module, std::move(name), anonymous, 0, query(std::move(sql)));
    module->def.views.back().return_type = product({{"__query__", AlgebraicType::ref(0)}});
  }
  uint64_t seen(const Caller& caller, std::string text) {
    auto report = sql(*database_, caller, std::move(text));
    EXPECT_TRUE(report) << report.error().message();
    return report ? report->row_count : 99;
  }
};

TEST_F(ViewsOfViewsTest, FollowWhatTheyReadInTheSameTransaction) {
  Recorder recorder;
  database_->set_observer(&recorder);
  HostedDatabase::ViewInstance second;
  on_lane(*database_, [&] {
    auto used = database_->use_view(*database_->definition()->find_view("second_adults").def,
                                    ann_.identity);
    ASSERT_TRUE(used) << used.error().message();
    second = *used;
    database_->watch(second.table, true);
  });
  EXPECT_EQ(HostedDatabaseTest::add("ann", 40).status, CallStatus::kOk);
  ASSERT_EQ(recorder.inserts[second.table].size(), 1u);
  EXPECT_EQ(HostedDatabaseTest::add("amy", 19).status, CallStatus::kOk);
  EXPECT_EQ(HostedDatabaseTest::add("zoe", 50).status, CallStatus::kOk);
  EXPECT_EQ(recorder.inserts[second.table].size(), 1u);
  EXPECT_TRUE(sql(*database_, owner_, "UPDATE person SET age = 41 WHERE name = 'ann'"));
  EXPECT_EQ(recorder.inserts[second.table].size(), 2u);
  EXPECT_EQ(recorder.deletes[second.table].size(), 1u);
  EXPECT_EQ(seen(ann_, "SELECT * FROM second_adults"), 1u);
  on_lane(*database_, [&] { database_->release_view(second); });
  database_->set_observer(nullptr);
}

TEST_F(ViewsOfViewsTest, AreForWhoAsks) {
  EXPECT_EQ(HostedDatabaseTest::add("ann", 40).status, CallStatus::kOk);
  EXPECT_EQ(HostedDatabaseTest::add("bob", 30).status, CallStatus::kOk);
  EXPECT_EQ(HostedDatabaseTest::add("bob", 31).status, CallStatus::kOk);
  EXPECT_EQ(seen(ann_, "SELECT * FROM of_mine"), 1u);
  EXPECT_EQ(seen(caller_of("bob"), "SELECT * FROM of_mine"), 2u);
  auto refused = sql(*database_, ann_, "SELECT * FROM of_whom");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("depends on who asks"), std::string::npos);
}

TEST_F(ViewsOfViewsTest, MayNotReadEachOtherInCircles) {
  auto refused = sql(*database_, ann_, "SELECT * FROM chicken");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("reads itself"), std::string::npos)
      << refused.error().message();
  // And the database goes on.
  EXPECT_EQ(HostedDatabaseTest::add("ann", 40).status, CallStatus::kOk);
  EXPECT_FALSE(sql(*database_, ann_, "SELECT * FROM egg"));
  EXPECT_EQ(seen(ann_, "SELECT * FROM first_adults"), 1u);
}

TEST_F(ViewsOfViewsTest, KeepWhatTheyReadWhileTheyAreUsed) {
  database_->stop();
  options_.view_idle_micros = 50'000;
  create("views of views");
  EXPECT_EQ(HostedDatabaseTest::add("ann", 40).status, CallStatus::kOk);
  HostedDatabase::ViewInstance second;
  on_lane(*database_, [&] {
    auto used = database_->use_view(*database_->definition()->find_view("second_adults").def,
                                    ann_.identity);
    ASSERT_TRUE(used) << used.error().message();
    second = *used;
  });
  const int before = counters_->adults;
  usleep(300'000);
  // `adults` itself is used by nobody but the views.
  EXPECT_EQ(HostedDatabaseTest::add("abe", 60).status, CallStatus::kOk);
  EXPECT_EQ(counters_->adults, before + 1);
  EXPECT_EQ(seen(ann_, "SELECT * FROM second_adults"), 2u);
  on_lane(*database_, [&] { database_->release_view(second); });
}

}  // namespace
}  // namespace orrery::host
