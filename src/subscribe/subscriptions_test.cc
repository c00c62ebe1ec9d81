// What the model test does not go into: who shares what, views, v1 clients, steps of subscribing,
// failures, messages.
#include "subscribe/subscriptions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "subscribe/hosted_tables_for_test.h"

namespace orrery::subscribe {
namespace {

using A = types::AlgebraicType;
using Rows = std::vector<std::string>;

std::vector<TestTable> tables() {
  return {
      {.name = "item",
       .columns = {{"id", A::u32()}, {"owner", A::identity()}, {"n", A::u32()}},
       .indexes = {{{0}, true}, {{1}}}},
      {.name = "tag",
       .columns = {{"item", A::u32()}, {"text", A::string()}},
       .indexes = {{{0}}, {{1}}}},
      {.name = "secret", .columns = {{"a", A::u32()}}, .is_private = true},
      {.name = "mine", .columns = {{"item", A::u32()}}, .indexes = {{{0}}}, .view = true},
      {.name = "free", .columns = {{"a", A::u32()}, {"b", A::u32()}}},
      {.name = "shot",
       .columns = {{"item", A::u32()}, {"at", A::u32()}},
       .indexes = {{{0}}},
       .event = true},
  };
}
std::string item(uint32_t id, uint8_t owner, uint32_t n) {
  return test_u32(id) + std::string(test_identity(owner).bytes()) + test_u32(n);
}
std::string tag(uint32_t id, std::string_view text) {
  return test_u32(id) + test_string(text);
}
Rows rows_of(const protocol::RowList& list) {
  Rows out;
  for (size_t i = 0; i < list.row_count(); ++i) out.emplace_back(list.row(i));
  std::sort(out.begin(), out.end());
  return out;
}

class SubscriptionsTest : public testing::Test {
 protected:
  SubscriptionsTest() { subscriptions.set_definition(host.definition); }
  ~SubscriptionsTest() override { subscriptions.set_definition(nullptr); }

  Evaluation commit(const std::vector<HostedTables::Change>& changes) {
    return subscriptions.evaluate(host.commit(changes));
  }
  QuerySetRows subscribe(SubscriberId who, QuerySetId set, Rows queries,
                         ClientProtocol protocol = ClientProtocol::kV2) {
    auto rows = subscriptions.subscribe(
        who, {test_identity(static_cast<uint8_t>(who)), false, protocol}, set, queries);
    EXPECT_TRUE(rows) << rows.error().message();
    return rows ? std::move(*rows) : QuerySetRows{};
  }
  std::string refusal(Rows queries, ClientProtocol protocol = ClientProtocol::kV2) {
    auto rows = subscriptions.subscribe(99, {test_identity(99), false, protocol}, 1, queries);
    EXPECT_FALSE(rows);
    return rows ? "" : rows.error().message();
  }

  HostedTables host{tables()};
  Subscriptions subscriptions{host.store, host, host};
};

TEST_F(SubscriptionsTest, EqualQueriesAreOnePlanHoweverWritten) {
  subscribe(1, 1, {"SELECT * FROM item WHERE n = 1 AND id > 2"});
  subscribe(2, 1, {"select item.* from \"item\" where (id > 2) and item.n = 1e0"});
  subscribe(3, 7, {"SELECT i.* FROM item i WHERE i.n = 1 AND i.n = 1 AND 2 < i.id"});
  EXPECT_EQ(subscriptions.plan_count(), 1U);
  EXPECT_EQ(subscriptions.subscriber_count(), 3U);
  Evaluation e = commit({{"item", item(3, 1, 1)}, {"item", item(2, 1, 1)}});
  ASSERT_EQ(e.results.size(), 1U);
  EXPECT_EQ(rows_of(*e.results[0].inserts), Rows{item(3, 1, 1)});
  EXPECT_TRUE(e.results[0].deletes->empty());
  ASSERT_EQ(e.deliveries.size(), 3U);
  EXPECT_EQ(e.deliveries[2].subscriber, 3U);
  EXPECT_EQ(e.deliveries[2].set, 7U);
  EXPECT_TRUE(commit({{"item", item(4, 1, 2)}}).deliveries.empty());
}

TEST_F(SubscriptionsTest, TheSenderIsPartOfThePlan) {
  subscribe(1, 1, {"SELECT * FROM item WHERE owner = :sender"});
  subscribe(2, 1, {"SELECT * FROM item WHERE owner = :sender"});
  subscribe(3, 1, {"SELECT * FROM item WHERE owner = 0x" + test_identity(2).to_hex()});
  EXPECT_EQ(subscriptions.plan_count(), 2U);
  Evaluation e = commit({{"item", item(1, 2, 0)}});
  ASSERT_EQ(e.deliveries.size(), 2U);
  EXPECT_EQ(e.deliveries[0].subscriber, 2U);
  EXPECT_EQ(e.deliveries[1].subscriber, 3U);
}

TEST_F(SubscriptionsTest, AnUpdateIsADeleteAndAnInsert) {
  commit({{"item", item(1, 1, 5)}});
  QuerySetRows first = subscribe(1, 1, {"SELECT * FROM item WHERE n >= 5"});
  EXPECT_EQ(rows_of(*first.tables.at(0).inserts), Rows{item(1, 1, 5)});
  Evaluation e = commit({{"item", item(1, 1, 5), false}, {"item", item(1, 1, 6)}});
  EXPECT_EQ(rows_of(*e.results.at(0).deletes), Rows{item(1, 1, 5)});
  EXPECT_EQ(rows_of(*e.results.at(0).inserts), Rows{item(1, 1, 6)});
  e = commit({{"item", item(1, 1, 6), false}, {"item", item(1, 1, 4)}});
  EXPECT_TRUE(e.results.at(0).inserts->empty());
}

TEST_F(SubscriptionsTest, ARowThatMovesBetweenTheSidesOfAJoinStays) {
  commit({{"item", item(1, 1, 0)}, {"tag", tag(1, "a")}, {"tag", tag(2, "a")}});
  QuerySetRows first = subscribe(1, 1, {"SELECT item.* FROM item JOIN tag ON item.id = tag.item"});
  EXPECT_EQ(first.tables.at(0).inserts->row_count(), 1U);
  // The tag that made it visible goes, another comes.
  Evaluation e = commit({{"tag", tag(1, "a"), false}, {"tag", tag(1, "b")}});
  EXPECT_TRUE(e.deliveries.empty());
  // Twice visible, then once.
  e = commit({{"tag", tag(1, "c")}});
  EXPECT_EQ(e.results.at(0).inserts->row_count(), 1U);
  e = commit({{"tag", tag(1, "c"), false}, {"tag", tag(1, "b"), false}, {"tag", tag(2, "b")}});
  EXPECT_EQ(e.results.at(0).deletes->row_count(), 2U);
  // Both sides at once.
  e = commit({{"item", item(2, 1, 0)}, {"tag", tag(2, "c")}});
  EXPECT_EQ(e.results.at(0).inserts->row_count(), 3U);
  EXPECT_TRUE(e.results.at(0).deletes->empty());
}

TEST_F(SubscriptionsTest, PlansOfAJoinAreFoundByTheOtherSidesValue) {
  for (uint32_t i = 0; i < 50; ++i) {
    subscribe(i + 1, 1,
              {"SELECT tag.* FROM tag JOIN item ON tag.item = item.id WHERE item.n = " +
               std::to_string(i)});
  }
  commit({{"item", item(1, 1, 7)}, {"item", item(2, 1, 8)}});
  Evaluation e = commit({{"tag", tag(1, "x")}, {"tag", tag(2, "x")}});
  ASSERT_EQ(e.deliveries.size(), 2U);
  EXPECT_EQ(e.deliveries[0].subscriber, 8U);
  EXPECT_EQ(e.deliveries[1].subscriber, 9U);
  e = commit({{"item", item(1, 1, 7), false}, {"item", item(1, 1, 9)}, {"tag", tag(1, "y")}});
  ASSERT_EQ(e.deliveries.size(), 2U);
  EXPECT_EQ(e.deliveries[0].subscriber, 8U);
  EXPECT_EQ(rows_of(*e.results[e.deliveries[0].result].deletes), Rows{tag(1, "x")});
  EXPECT_EQ(rows_of(*e.results[e.deliveries[1].result].inserts), (Rows{tag(1, "x"), tag(1, "y")}));
}

TEST_F(SubscriptionsTest, ViewsShowTheRowsOfTheirCallerWithoutTheHash) {
  std::string one(test_identity(1).bytes()), two(test_identity(2).bytes());
  commit({{"mine", one + test_u32(5)}, {"mine", two + test_u32(6)}, {"item", item(5, 1, 0)}});
  QuerySetRows first = subscribe(1, 1, {"SELECT * FROM mine"});
  EXPECT_EQ(rows_of(*first.tables.at(0).inserts), Rows{test_u32(5)});
  first = subscribe(2, 1, {"SELECT item.* FROM item JOIN mine ON item.id = mine.item"});
  EXPECT_TRUE(first.tables.at(0).inserts->empty());
  EXPECT_EQ(host.views_in_use, 2);
  Evaluation e = commit({{"mine", one + test_u32(7)}, {"mine", two + test_u32(5)}});
  ASSERT_EQ(e.results.size(), 2U);
  EXPECT_EQ(rows_of(*e.results[0].inserts), Rows{item(5, 1, 0)});
  EXPECT_EQ(rows_of(*e.results[1].inserts), Rows{test_u32(7)});
  subscriptions.drop(1);
  EXPECT_EQ(host.views_in_use, 1);
  auto once = subscriptions.query({test_identity(2)}, "SELECT * FROM mine WHERE item > 5");
  ASSERT_TRUE(once);
  EXPECT_EQ(rows_of(*once->inserts), Rows{test_u32(6)});
  EXPECT_EQ(host.views_in_use, 1);
}

TEST_F(SubscriptionsTest, AllTablesAreThoseThatOneMayRead) {
  commit({{"secret", test_u32(1)}, {"tag", tag(1, "a")}});
  QuerySetRows rows = subscribe(1, 1, {" select * FROM * "});
  ASSERT_EQ(rows.tables.size(), 3U);
  EXPECT_EQ(rows.tables[0].table_name, "free");
  EXPECT_EQ(rows.tables[1].table_name, "item");
  EXPECT_EQ(rows.tables[2].table_name, "tag");
  EXPECT_EQ(rows.tables[2].inserts->row_count(), 1U);
  auto all = subscriptions.subscribe(2, {test_identity(2), true}, 1, Rows{"SELECT * FROM *"});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->tables.size(), 4U);
}

TEST_F(SubscriptionsTest, ASetIsTakenWholeOrNotAtAll) {
  EXPECT_EQ(refusal({"SELECT * FROM item", "SELECT * FROM secret"}),
            "no such table: `secret`. If the table exists, it may be marked private., executing: "
            "`SELECT * FROM secret`");
  EXPECT_EQ(refusal({"SELECT item.* FROM item JOIN free ON item.n = free.a"}),
            "Subscriptions require indexes on join columns, executing: `SELECT item.* FROM item "
            "JOIN free ON item.n = free.a`");
  EXPECT_EQ(refusal({"  "}), "SubscriptionError: Empty string, executing: ``");
  EXPECT_EQ(refusal({"SELECT * FROM mine", "SELECT * FROM nothing"}).substr(0, 13),
            "no such table");
  EXPECT_EQ(subscriptions.plan_count(), 0U);
  EXPECT_EQ(host.views_in_use, 0);
  // A join without an index is fine once.
  EXPECT_TRUE(subscriptions.query({test_identity(1)},
                                  "SELECT item.* FROM item JOIN free ON item.n = free.a"));
  subscribe(1, 1, {"SELECT * FROM item"});
  auto again = subscriptions.subscribe(1, {test_identity(1)}, 1, Rows{"SELECT * FROM tag"});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message(), "Subscription with id 1 already exists for client");
  EXPECT_EQ(subscriptions.plan_count(), 1U);
}

TEST_F(SubscriptionsTest, QueriesOfASetAreCountedOnceAndOfTwoSetsTwice) {
  commit({{"tag", tag(1, "a")}});
  QuerySetRows rows = subscribe(
      1, 1, {"SELECT * FROM tag", "SELECT * FROM tag", "SELECT * FROM tag WHERE item = 1"});
  EXPECT_EQ(rows.tables.size(), 2U);
  rows = subscribe(1, 2, {"SELECT * FROM tag"});
  EXPECT_EQ(rows.tables.at(0).inserts->row_count(), 1U);
  EXPECT_EQ(commit({{"tag", tag(1, "b")}}).deliveries.size(), 3U);
  auto gone = subscriptions.unsubscribe(1, 1, Subscriptions::DroppedRows::kSend);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->tables.size(), 2U);
  EXPECT_EQ(gone->tables[0].deletes->row_count(), 2U);
  EXPECT_FALSE(subscriptions.unsubscribe(1, 1, Subscriptions::DroppedRows::kOmit));
  gone = subscriptions.unsubscribe(1, 2, Subscriptions::DroppedRows::kOmit);
  ASSERT_TRUE(gone);
  EXPECT_TRUE(gone->tables.empty());
  EXPECT_EQ(subscriptions.plan_count(), 0U);
}

TEST_F(SubscriptionsTest, OldClientsHaveEveryQueryOnce) {
  commit({{"tag", tag(1, "a")}});
  ClientProtocol v1 = ClientProtocol::kV1;
  EXPECT_EQ(subscribe(1, 5, {"SELECT * FROM tag"}, v1).tables.size(), 1U);
  QuerySetRows rows = subscribe(1, 2, {"SELECT * FROM tag", "SELECT * FROM item"}, v1);
  ASSERT_EQ(rows.tables.size(), 1U);
  EXPECT_EQ(rows.tables[0].table_name, "item");
  EXPECT_EQ(commit({{"tag", tag(1, "b")}}).deliveries.size(), 1U);
  auto gone = subscriptions.unsubscribe(1, 5, Subscriptions::DroppedRows::kSend);
  ASSERT_TRUE(gone);
  EXPECT_TRUE(gone->tables.empty());
  EXPECT_EQ(commit({{"tag", tag(1, "c")}}).deliveries.size(), 1U);
  gone = subscriptions.unsubscribe(1, 2, Subscriptions::DroppedRows::kSend);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->tables.size(), 2U);
}

TEST_F(SubscriptionsTest, ForOldClientsASetThatIsReadyGoesBeforeOneThatIsNot) {
  const Viewer viewer{test_identity(1), false, ClientProtocol::kV1};
  Rows queries = {"SELECT * FROM tag"};
  auto initial = subscriptions.begin_subscribe(1, viewer, 2, queries);
  ASSERT_TRUE(initial);
  subscribe(1, 5, queries, ClientProtocol::kV1);
  const Evaluation e = commit({{"tag", tag(1, "a")}});
  ASSERT_EQ(e.deliveries.size(), 1U);
  EXPECT_EQ(e.deliveries[0].set, 5U);
  auto kept = subscriptions.finish_subscribe(1, 2);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->empty());
}

TEST_F(SubscriptionsTest, EventsComeOnceAndAreNeverThere) {
  commit({{"item", item(1, 1, 0)}});
  std::string shot = test_u32(1) + test_u32(9);
  QuerySetRows first = subscribe(1, 1, {"SELECT * FROM shot WHERE at > 5"});
  EXPECT_TRUE(first.tables.at(0).event);
  subscribe(2, 1, {"SELECT shot.* FROM shot JOIN item ON shot.item = item.id WHERE item.n = 0"});
  Evaluation e = commit({{"shot", shot}, {"shot", test_u32(2) + test_u32(1)}});
  ASSERT_EQ(e.deliveries.size(), 2U);
  for (const TableRows& rows : e.results) {
    EXPECT_TRUE(rows.event);
    EXPECT_EQ(rows_of(*rows.inserts), Rows{shot});
    EXPECT_TRUE(rows.deletes->empty());
  }
  EXPECT_TRUE(subscribe(3, 1, {"SELECT * FROM shot"}).tables.at(0).inserts->empty());
  // The item goes and comes; events that were are not told again.
  EXPECT_TRUE(commit({{"item", item(1, 1, 0), false}}).deliveries.empty());
  EXPECT_TRUE(commit({{"item", item(1, 1, 0)}}).deliveries.empty());
  EXPECT_EQ(commit({{"shot", shot}}).deliveries.size(), 3U);
  EXPECT_EQ(refusal({"SELECT item.* FROM item JOIN shot ON item.id = shot.item"}),
            "Event tables cannot be used as the lookup table in subscription joins, executing: "
            "`SELECT item.* FROM item JOIN shot ON item.id = shot.item`");
  EXPECT_EQ(refusal({"SELECT * FROM shot"}, ClientProtocol::kV1),
            "Subscribing to event tables requires WebSocket v2. Please upgrade your client SDK and "
            "regenerate your module bindings.");
}

TEST_F(SubscriptionsTest, WhatCommitsBringMeanwhileIsKeptBack) {
  commit({{"tag", tag(1, "a")}});
  Rows queries = {"SELECT * FROM tag", "SELECT * FROM item"};
  auto initial = subscriptions.begin_subscribe(1, {test_identity(1)}, 1, queries);
  ASSERT_TRUE(initial);
  EXPECT_TRUE(commit({{"tag", tag(1, "b")}, {"item", item(1, 1, 1)}}).deliveries.empty());
  EXPECT_TRUE(commit({{"secret", test_u32(1)}}).deliveries.empty());
  EXPECT_TRUE(commit({{"tag", tag(1, "a"), false}}).deliveries.empty());
  auto rows = (*initial)->produce(nullptr);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->subscriber, 1U);
  EXPECT_EQ(rows_of(*rows->tables.at(1).inserts), Rows{tag(1, "a")});
  EXPECT_TRUE(rows->tables.at(0).inserts->empty());
  auto backlog = subscriptions.finish_subscribe(1, 1);
  ASSERT_TRUE(backlog);
  ASSERT_EQ(backlog->size(), 2U);
  EXPECT_EQ(backlog->at(0).tables.size(), 2U);
  EXPECT_EQ(rows_of(*backlog->at(1).tables.at(0).deletes), Rows{tag(1, "a")});
  EXPECT_EQ(commit({{"tag", tag(1, "c")}}).deliveries.size(), 1U);
  EXPECT_FALSE(subscriptions.finish_subscribe(1, 2));
}

TEST_F(SubscriptionsTest, RowsAreMadeBesideCommits) {
  constexpr uint32_t kRows = 20000;
  std::vector<HostedTables::Change> all;
  for (uint32_t i = 0; i < kRows; ++i) all.push_back({"tag", tag(i, std::to_string(i))});
  host.commit(all);
  Rows queries = {"SELECT * FROM tag WHERE item >= 0"};
  auto initial = subscriptions.begin_subscribe(1, {test_identity(1)}, 1, queries);
  ASSERT_TRUE(initial);
  std::set<std::string> got;
  std::thread maker([&] {
    auto rows = (*initial)->produce(nullptr);
    ASSERT_TRUE(rows);
    for (const std::string& row : rows_of(*rows->tables.at(0).inserts)) got.insert(row);
  });
  for (uint32_t i = 0; i < 100; ++i) {
    EXPECT_TRUE(commit({{"tag", tag(i * 7, std::to_string(i * 7)), false}, {"tag", tag(i, "new")}})
                    .deliveries.empty());
  }
  maker.join();
  EXPECT_EQ(got.size(), size_t{kRows});
  auto backlog = subscriptions.finish_subscribe(1, 1);
  ASSERT_TRUE(backlog);
  EXPECT_EQ(backlog->size(), 100U);
  for (const QuerySetRows& commit : *backlog) {
    for (const std::string& row : rows_of(*commit.tables.at(0).deletes)) {
      EXPECT_EQ(got.erase(row), 1U);
    }
    for (const std::string& row : rows_of(*commit.tables.at(0).inserts)) got.insert(row);
  }
  auto now = subscriptions.query({test_identity(1)}, "SELECT * FROM tag");
  ASSERT_TRUE(now);
  EXPECT_EQ(Rows(got.begin(), got.end()), rows_of(*now->inserts));
}

TEST_F(SubscriptionsTest, ProducingRowsCanBeGivenUp) {
  auto initial = subscriptions.begin_subscribe(1, {test_identity(1)}, 1, Rows{"SELECT * FROM tag"});
  ASSERT_TRUE(initial);
  std::atomic<bool> cancelled = true;
  auto rows = (*initial)->produce(&cancelled);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code(), ErrorCode::kCancelled);
  // The rows may outlive what they are of.
  subscriptions.set_definition(nullptr);
  EXPECT_EQ(subscriptions.plan_count(), 0U);
  EXPECT_TRUE((*initial)->produce(nullptr));
}

TEST_F(SubscriptionsTest, ATableThatIsRedefinedEndsItsSets) {
  subscribe(1, 1, {"SELECT * FROM free"});
  subscribe(1, 2, {"SELECT * FROM tag"});
  auto transaction = host.store.begin(storage::Isolation::kSnapshot);
  ASSERT_TRUE(transaction->truncate_table("free"));
  storage::CommitCapture capture;
  ASSERT_TRUE(transaction->commit_unsynced(&capture));
  Evaluation e = subscriptions.evaluate(capture);
  ASSERT_EQ(e.failures.size(), 1U);
  EXPECT_EQ(e.failures[0].set, 1U);
  EXPECT_EQ(e.failures[0].error.message(),
            "a table of the query was redefined; subscribe to it again, executing: `SELECT * FROM "
            "free`");
  EXPECT_EQ(subscriptions.plan_count(), 1U);
  EXPECT_EQ(commit({{"tag", tag(1, "b")}}).deliveries.size(), 1U);
}

TEST_F(SubscriptionsTest, AnIndexMadeLaterIsUsedAndSubscriptionsGoOn) {
  subscribe(1, 1, {"SELECT * FROM free WHERE a = 1"});
  auto transaction = host.store.begin(storage::Isolation::kSnapshot);
  storage::IndexDef index;
  index.name = "free_a";
  index.columns = {0};
  transaction->begin_statement();
  ASSERT_TRUE(transaction->create_index("free", index));
  ASSERT_TRUE(transaction->end_statement());
  storage::CommitCapture capture;
  ASSERT_TRUE(transaction->commit_unsynced(&capture));
  EXPECT_TRUE(subscriptions.evaluate(capture).failures.empty());
  Evaluation e = commit({{"free", test_u32(1) + test_u32(2)}});
  EXPECT_EQ(e.deliveries.size(), 1U);
}

TEST(RowLevelSecurity, OwnersSeeAllAndCirclesAreRefused) {
  HostedTables host(tables(), {"SELECT * FROM item WHERE owner = :sender",
                               "SELECT tag.* FROM tag JOIN item ON tag.item = item.id"});
  Subscriptions subscriptions(host.store, host, host);
  subscriptions.set_definition(host.definition);
  host.commit({{"item", item(1, 1, 0)},
               {"item", item(2, 2, 0)},
               {"tag", tag(1, "a")},
               {"tag", tag(2, "b")},
               {"tag", tag(3, "c")}});
  auto rows = subscriptions.query({test_identity(1)}, "SELECT * FROM tag");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows_of(*rows->inserts), Rows{tag(1, "a")});
  rows = subscriptions.query({test_identity(1), true}, "SELECT * FROM tag");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->inserts->row_count(), 3U);
  rows = subscriptions.query({test_identity(2)},
                             "SELECT item.* FROM tag JOIN item ON tag.item = item.id");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows_of(*rows->inserts), Rows{item(2, 2, 0)});

  schema::ModuleDef circle =
      make_test_definition(tables(), {"SELECT item.* FROM item JOIN tag ON item.id = tag.item",
                                      "SELECT tag.* FROM tag JOIN item ON tag.item = item.id"});
  Subscriptions others(host.store, host, host);
  others.set_definition(std::make_shared<const schema::ModuleDef>(std::move(circle)));
  rows = others.query({test_identity(1)}, "SELECT * FROM tag");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().message().substr(0, 57),
            "Discovered cyclic dependency when resolving RLS rules for");
}

TEST(RowLevelSecurity, RulesThatMultiplyAreRefused) {
  Rows rules;
  for (int i = 0; i < 9; ++i) {
    rules.push_back("SELECT * FROM tag WHERE item = " + std::to_string(i));
  }
  HostedTables host(tables(), rules);
  Subscriptions subscriptions(host.store, host, host);
  subscriptions.set_definition(host.definition);
  EXPECT_TRUE(subscriptions.query({test_identity(1)}, "SELECT * FROM tag"));
  auto rows = subscriptions.query({test_identity(1)},
                                  "SELECT a.* FROM tag a JOIN tag b ON a.item = b.item");
  ASSERT_FALSE(rows) << "81 queries in one";
  EXPECT_EQ(rows.error().code(), ErrorCode::kLimit);
}

}  // namespace
}  // namespace orrery::subscribe
