// SQL on a hosted database.
#include "host/hosted_database_for_test.h"

namespace orrery::host {
namespace {

TEST_F(HostedDatabaseTest, SqlKnowsTypesAndRights) {
  create();
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  EXPECT_EQ(reducer(*database_, ann_, "keep_secret").status, CallStatus::kOk);
  auto report = sql(*database_, ann_, "SELECT * FROM person WHERE id = 2");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows, person_row(2, "ann", 40));
  EXPECT_EQ(report->schema.to_string(), "(id: U64, name: String, age: U32)");
  report = sql(*database_, ann_, "SELECT COUNT(*) AS n FROM person");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows, raw_bytes<uint64_t>(2));
  EXPECT_EQ(report->schema.to_string(), "(n: U64)");
  report = sql(*database_, ann_, "SELECT * FROM secret");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message(),
            "no such table: `secret`. If the table exists, it may be marked private.");
  EXPECT_FALSE(sql(*database_, ann_, "SELECT * FROM st_client"));
  report = sql(*database_, ann_, "DELETE FROM person");
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message().find("is not authorized to run SQL DML statements"),
            std::string::npos);
  report = sql(*database_, owner_,
               "SELECT * FROM secret WHERE owner = 0x" + ann_.identity.to_hex());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->row_count, 1u);
  report = sql(*database_, owner_, "SELECT * FROM \"secret\" WHERE (\"secret\".\"owner\" = :sender)");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->row_count, 0u);
  report = sql(*database_, owner_, "INSERT INTO person (id, name, age) VALUES (0, 'sql', 7)");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows_inserted, 1u);
  report = sql(*database_, owner_, "UPDATE person SET age = 8 WHERE name = 'sql'");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows_updated, 1u);
  report = sql(*database_, owner_,
               "INSERT INTO secret VALUES (18446744073709551615, X'" + ann_.identity.to_hex() +
                   "')");
  ASSERT_TRUE(report) << report.error().message();
  report = sql(*database_, owner_, "SELECT id FROM secret WHERE id > 9223372036854775807");
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->rows, raw_bytes(UINT64_MAX));
  EXPECT_TRUE(sql(*database_, owner_, "SET row_limit = 2"));
  report = sql(*database_, owner_, "SHOW row_limit");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->rows, raw_bytes<uint64_t>(2));
  report = sql(*database_, ann_, "SELECT * FROM person");
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message().find("exceeds limit (2 rows)"), std::string::npos)
      << report.error().message();
  EXPECT_FALSE(sql(*database_, owner_, "SELECT 1; SELECT 2"));
  EXPECT_FALSE(sql(*database_, owner_, "DROP TABLE person"));
}

FakeModule guarded() {
  FakeModule module;
  add_table(&module.def, "letter",
            {{"id", AlgebraicType::u64()},
             {"owner", AlgebraicType::identity()},
             {"box", AlgebraicType::u64()}},
            {.indexed = {2}});
  add_table(&module.def, "box", {{"id", AlgebraicType::u64()}, {"open", AlgebraicType::boolean()}},
            {.is_private = true});
  module.def.row_level_security = {
      "SELECT * FROM letter WHERE owner = :sender",
      "SELECT letter.* FROM letter JOIN box ON letter.box = box.id WHERE box.open = true",
  };
  add_reducer(&module, "write", {{"box", AlgebraicType::u64()}}, [](FakeCall& call) {
    return outcome_of(call.insert("letter", raw_bytes<uint64_t>(0) +
                                                std::string(call.caller.identity.bytes()) +
                                                std::string(call.arguments)));
  });
  add_reducer(&module, "boxes", {}, [](FakeCall& call) {
    if (!call.insert("box", raw_bytes<uint64_t>(1) + raw_bytes<uint8_t>(1))) return trap();
    return outcome_of(call.insert("box", raw_bytes<uint64_t>(2) + raw_bytes<uint8_t>(0)));
  });
  module.def.order_by_tag();
  return module;
}

TEST_F(HostedDatabaseTest, FiltersHideRowsOfOthers) {
  runtime_->add("guarded", guarded());
  create("guarded");
  EXPECT_EQ(reducer(*database_, ann_, "boxes").status, CallStatus::kOk);
  const Caller bob = caller_of("bob", 2);
  for (uint64_t box : {1, 2}) {
    EXPECT_EQ(reducer(*database_, ann_, "write", raw_bytes(box)).status, CallStatus::kOk);
    EXPECT_EQ(reducer(*database_, bob, "write", raw_bytes(box)).status, CallStatus::kOk);
  }
  auto seen = [&](const Caller& caller, std::string text) -> uint64_t {
    auto report = sql(*database_, caller, std::move(text));
    EXPECT_TRUE(report) << report.error().message();
    return report ? report->row_count : 99;
  };
  EXPECT_EQ(seen(owner_, "SELECT * FROM letter"), 4u);
  EXPECT_EQ(seen(owner_, "SELECT * FROM st_row_level_security r JOIN st_table t "
                         "ON r.table_id = t.table_id WHERE t.table_name = 'letter'"),
            2u);
  // Both of the own, and the other's in the open box.
  EXPECT_EQ(seen(ann_, "SELECT * FROM letter"), 3u);
  EXPECT_EQ(seen(bob, "SELECT l.id FROM letter l WHERE l.box = 2"), 1u);
  EXPECT_EQ(seen(bob, "SELECT * FROM letter WHERE id IN (SELECT id FROM letter)"), 3u);
  EXPECT_FALSE(sql(*database_, bob, "SELECT * FROM box"));
  EXPECT_FALSE(sql(*database_, bob, "SELECT * FROM letter JOIN box ON letter.box = box.id"));
}

TEST_F(HostedDatabaseTest, ASelectIsRunByWhoeverAsks) {
  runtime_->add("guarded", guarded());
  create("guarded");
  EXPECT_EQ(reducer(*database_, ann_, "boxes").status, CallStatus::kOk);
  for (uint64_t box : {1, 2, 2}) {
    EXPECT_EQ(reducer(*database_, ann_, "write", raw_bytes(box)).status, CallStatus::kOk);
  }
  std::unique_ptr<SelectRun> letters, ordered, again, limited;
  storage::TableId letter = 0, box = 0;
  on_lane(*database_, [&] {
    auto begin = [&](const Caller& caller, std::string_view text) {
      auto begun = database_->begin_select(caller, text);
      EXPECT_TRUE(begun) << begun.error().message();
      return begun ? std::move(*begun) : nullptr;
    };
    letters = begin(caller_of("bob"), "SELECT * FROM letter");
    ordered = begin(owner_, "SELECT box FROM letter ORDER BY box DESC");
    again = begin(owner_, "SELECT * FROM letter");
    limited = begin(owner_, "SELECT * FROM letter");
    auto refused = database_->begin_select(owner_, "DELETE FROM letter");
    EXPECT_FALSE(refused);
    EXPECT_FALSE(database_->begin_select(caller_of("bob"), "SELECT * FROM box"));
    const auto catalog = database_->engine()->store()->catalog();
    letter = catalog->find_table("letter")->def().id;
    box = catalog->find_table("box")->def().id;
  });
  EXPECT_EQ(reducer(*database_, ann_, "write", raw_bytes<uint64_t>(1)).status, CallStatus::kOk);
  // What the filters read changes the result too.
  EXPECT_EQ(letters->inputs(),
            (std::vector<storage::TableId>{std::min(letter, box), std::max(letter, box)}));
  EXPECT_EQ(letters->order(), SelectRun::Order::kAny);
  EXPECT_EQ(ordered->inputs(), std::vector<storage::TableId>{letter});
  EXPECT_EQ(ordered->order(), SelectRun::Order::kAsWritten);
  auto rows = letters->run({}, nullptr);
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(rows->rows.size(), 1u);  // as of when it was begun
  rows = ordered->run({}, nullptr);
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(rows->rows, (std::vector<std::string>{raw_bytes<uint64_t>(2), raw_bytes<uint64_t>(2),
                                                  raw_bytes<uint64_t>(1)}));
  std::atomic<bool> cancelled{true};
  EXPECT_EQ(again->run({}, &cancelled).error().code(), ErrorCode::kCancelled);
  SelectLimits limits;
  limits.rows_max = 2;
  EXPECT_EQ(limited->run(limits, nullptr).error().code(), ErrorCode::kLimit);
}

constexpr char kEndless[] =
    "SELECT COUNT(*) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b";

TEST_F(HostedDatabaseTest, AStatementThatTakesTooLongIsGivenUp) {
  options_.sql_nanos_max = 30'000'000;
  options_.sql_owner_nanos_max = 60'000'000;
  create();
  const std::vector<std::string> statements = {
      kEndless, "SELECT SLEEP(1000)", std::string("EXPLAIN ANALYZE ") + kEndless,
      "SELECT COUNT(*) FROM (SELECT a.value % 7 AS v FROM generate_series(1, 10000000) a, "
      "generate_series(1, 10000000) b ORDER BY v) q"};
  for (const Caller& caller : {owner_, ann_}) {
    for (const std::string& text : statements) {
      auto report = sql(*database_, caller, text);
      ASSERT_FALSE(report) << text;
      EXPECT_EQ(report.error().code(), ErrorCode::kLimit) << text << report.error().message();
    }
  }
  EXPECT_FALSE(sql(*database_, owner_,
                   "INSERT INTO person SELECT a.value, 'x', 1 FROM generate_series(1, 10000000) a, "
                   "generate_series(1, 10000000) b WHERE a.value + b.value < 0"));
  // Nobody else's turn came late, and nothing is left of them.
  EXPECT_EQ(add("Ann", 30).status, CallStatus::kOk);
  EXPECT_EQ(names(ann_), "founder,Ann");
}

TEST_F(HostedDatabaseTest, TheOwnerAsksWhileOthersKeepTheServerBusyAndStoppingWaitsForNobody) {
  options_.sql_nanos_max = INT64_MAX / 2;
  create();
  EXPECT_EQ(add("Ann", 30).status, CallStatus::kOk);
  Answer<Result<SqlReport>> endless;
  database_->run_sql(ann_, kEndless, [&](Result<SqlReport> r) { endless.set(std::move(r)); });
  EXPECT_EQ(names(owner_), "founder,Ann");
  database_->stop();
  EXPECT_FALSE(endless.take());
}

TEST_F(HostedDatabaseTest, RowsOfOneAnswerAreLimitedInBytes) {
  options_.sql_rows_bytes_max = 1 << 20;
  create();
  auto report = sql(*database_, ann_, "SELECT * FROM generate_series(1, 10000000)");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kLimit);
  EXPECT_TRUE(sql(*database_, ann_, "SELECT * FROM generate_series(1, 1000)"));
}

}  // namespace
}  // namespace orrery::host
