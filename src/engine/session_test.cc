#include "engine/session.h"

#include <gtest/gtest.h>
#include <ctime>
#include <thread>
#include <vector>

#include "engine/session_for_test.h"

namespace orrery::engine {
namespace {

TEST(Session, RunsSql) {
  auto session = open("memory://");
  EXPECT_EQ(query(*session, "SELECT 1, 'x', NULL"), "1,x,NULL");
  EXPECT_EQ(exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"), "0");
  EXPECT_EQ(exec(*session, "INSERT INTO t VALUES (1,'a'),(2,'b')"), "2");
  EXPECT_EQ(query(*session, "SELECT id, v FROM t ORDER BY id"), "1,a;2,b");
  EXPECT_EQ(exec(*session, "SELECT * FROM t"), "0");
  EXPECT_EQ(exec(*session, ""), "0");
  EXPECT_EQ(query(*session, "-- nothing"), "");
}

TEST(Session, AnswersWithTheLastStatement) {
  auto session = open("memory://");
  EXPECT_EQ(query(*session,
                  "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1); "
                  "INSERT INTO t VALUES (2); SELECT SUM(a) FROM t"),
            "3");
  EXPECT_EQ(exec(*session,
                 "INSERT INTO t VALUES (3); INSERT INTO nope VALUES (1); "
                 "INSERT INTO t VALUES (4)"),
            "error: table 'nope' not found");
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t"), "3");
}

TEST(Session, BindsParameters) {
  auto session = open("memory://");
  const types::Datum values[] = {types::Datum::integer(2), types::Datum::text("x")};
  EXPECT_EQ(query(*session, "SELECT $2, $1 + 1", Parameters(values)), "x,3");
  EXPECT_EQ(query(*session, "SELECT $3", Parameters(values)), "NULL");
  const NamedValue named[] = {{"b", types::Datum::integer(5)}, {"a", types::Datum::integer(4)}};
  EXPECT_EQ(query(*session, "SELECT :a, :b, :a, :c", Parameters::of_names(named)), "4,5,4,NULL");
}

TEST(Session, KeepsPlansPerParameterTypes) {
  auto session = open("memory://");
  exec(*session, "CREATE TABLE t (a INTEGER)");
  auto statement = session->prepare("SELECT $1");
  ASSERT_TRUE(statement);
  for (int round = 0; round < 3; ++round) {
    const types::Datum number[] = {types::Datum::integer(7)};
    const types::Datum text[] = {types::Datum::text("seven")};
    const types::Datum null[] = {types::Datum()};
    auto run = [&](const Parameters& parameters) {
      auto rows = session->query(**statement, parameters);
      return rows ? text_of(*std::move(rows)) : rows.error().message();
    };
    EXPECT_EQ(run(Parameters(number)), "7");
    EXPECT_EQ(run(Parameters(text)), "seven");
    EXPECT_EQ(run(Parameters(null)), "NULL");
    EXPECT_EQ(run(Parameters()), "Query requires 1 parameters but only 0 provided");
    exec(*session, "ALTER TABLE t ADD COLUMN c" + std::to_string(round) + " TEXT");
  }
}

TEST(Session, PreparedStatementsFollowDdl) {
  auto session = open("memory://");
  exec(*session, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)");
  auto statement = session->prepare("SELECT * FROM t");
  ASSERT_TRUE(statement);
  auto run = [&] {
    auto rows = session->query(**statement);
    return rows ? text_of(*std::move(rows)) : "error: " + rows.error().message();
  };
  EXPECT_EQ(run(), "1");
  exec(*session, "ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'z'");
  EXPECT_EQ(run(), "1,z");
  exec(*session, "DROP TABLE t");
  EXPECT_EQ(run(), "error: table or view 't' not found");
}

TEST(Session, PrepareChecksSyntaxOnly) {
  auto session = open("memory://");
  EXPECT_TRUE(session->prepare("SELECT * FROM nowhere"));
  EXPECT_TRUE(session->prepare(""));
  EXPECT_FALSE(session->prepare("SELEC 1"));
  EXPECT_FALSE(session->prepare("INVALID SQL"));
}

TEST(Session, TransactionsAreItsOwn) {
  auto session = open("memory://");
  auto other = session->clone();
  exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
  EXPECT_EQ(exec(*session, "BEGIN"), "0");
  EXPECT_TRUE(session->in_transaction());
  EXPECT_EQ(exec(*session, "INSERT INTO t VALUES (1)"), "1");
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t"), "1");
  EXPECT_EQ(query(*other, "SELECT COUNT(*) FROM t"), "0");
  EXPECT_EQ(exec(*session, "COMMIT"), "0");
  EXPECT_FALSE(session->in_transaction());
  EXPECT_EQ(query(*other, "SELECT COUNT(*) FROM t"), "1");
  EXPECT_EQ(exec(*session, "BEGIN; DELETE FROM t; ROLLBACK"), "0");
  EXPECT_EQ(query(*other, "SELECT COUNT(*) FROM t"), "1");
}

/// Threads that each try `sql` until they have had `each` successes; a row in another's hands is no
/// failure.
void repeat_in_threads(Session& session, const std::string& sql, int threads, int each) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      auto own = session.clone();
      for (int done = 0; done < each;) {
        std::string result = exec(*own, sql);
        if (result == "1") {
          ++done;
        } else if (result.find("uncommitted changes from transaction") == std::string::npos) {
          ADD_FAILURE() << result;
          return;
        }
      }
    });
  }
  for (std::thread& thread : running) thread.join();
}

TEST(Session, ReadCommittedLosesNoUpdate) {
  auto session = open("memory://");
  exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, m INTEGER)");
  exec(*session, "INSERT INTO t VALUES (1, 0, 0)");
  repeat_in_threads(*session, "UPDATE t SET n = n + 1 WHERE id = 1", 4, 3000);
  EXPECT_EQ(query(*session, "SELECT n FROM t"), "12000");
  repeat_in_threads(*session, "UPDATE t SET m = m + 1 WHERE n > 0", 4, 3000);
  EXPECT_EQ(query(*session, "SELECT m FROM t"), "12000");
}

TEST(Session, UpsertsOfOneKeyLoseNothing) {
  auto session = open("memory://");
  exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)");
  exec(*session, "INSERT INTO t VALUES (1, 0)");
  repeat_in_threads(
      *session, "INSERT INTO t VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = t.n + 1", 4, 2000);
  EXPECT_EQ(query(*session, "SELECT n FROM t"), "8000");
}

TEST(Session, Savepoints) {
  auto session = open("memory://");
  exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
  EXPECT_EQ(exec(*session, "SAVEPOINT a"),
            "error: SAVEPOINT can only be used within a transaction (after BEGIN)");
  exec(*session, "BEGIN; INSERT INTO t VALUES (1); SAVEPOINT a; INSERT INTO t VALUES (2)");
  exec(*session, "SAVEPOINT b; INSERT INTO t VALUES (3)");
  EXPECT_EQ(exec(*session, "ROLLBACK TO SAVEPOINT a"), "0");
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t"), "1");
  EXPECT_EQ(exec(*session, "ROLLBACK TO b"),
            "error: invalid argument: savepoint 'b' does not exist");
  EXPECT_EQ(exec(*session, "RELEASE SAVEPOINT a"), "0");
  EXPECT_EQ(exec(*session, "ROLLBACK TO a"),
            "error: invalid argument: savepoint 'a' does not exist");
  EXPECT_EQ(exec(*session, "COMMIT"), "0");
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t"), "1");
}

TEST(Session, DdlIsTransactional) {
  auto session = open("memory://");
  exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1,'a')");
  exec(*session,
       "BEGIN; CREATE TABLE u (a INTEGER); ALTER TABLE t ADD COLUMN w INTEGER; "
       "CREATE INDEX tv ON t (v); CREATE VIEW vw AS SELECT 1; TRUNCATE TABLE t; "
       "DROP TABLE t");
  EXPECT_EQ(query(*session, "SHOW TABLES"), "u");
  exec(*session, "ROLLBACK");
  EXPECT_EQ(query(*session, "SHOW TABLES"), "t");
  EXPECT_EQ(query(*session, "SHOW VIEWS"), "");
  EXPECT_EQ(query(*session, "SHOW INDEXES FROM t"), "");
  EXPECT_EQ(query(*session, "SELECT * FROM t"), "1,a");
}

TEST(Session, FailedStatementLeavesNothingBehind) {
  auto session = open("memory://");
  exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (9); BEGIN");
  EXPECT_NE(exec(*session, "INSERT INTO t VALUES (5),(6),(9)").find("error"), std::string::npos);
  EXPECT_EQ(exec(*session, "INSERT INTO t VALUES (7)"), "1");
  exec(*session, "COMMIT");
  EXPECT_EQ(query(*session, "SELECT id FROM t ORDER BY id"), "7;9");
}

TEST(Rows, AreStableWhileTheTransactionGoesOn) {
  auto session = open("memory://?vector_size=2");
  exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  exec(*session,
       "INSERT INTO t SELECT value, 'a rather long text ' || value FROM "
       "generate_series(1, 7)");
  exec(*session, "BEGIN");
  auto rows = session->query("SELECT id, v FROM t ORDER BY id");
  ASSERT_TRUE(rows);
  ASSERT_TRUE(*rows->next());
  EXPECT_EQ(exec(*session, "UPDATE t SET v = 'changed'; DELETE FROM t WHERE id > 3"), "4");
  EXPECT_EQ(rows->cell(1).view(), "a rather long text 1");
  EXPECT_EQ(text_of(*std::move(rows)),
            "2,a rather long text 2;3,a rather long text 3;4,a rather long text 4;"
            "5,a rather long text 5;6,a rather long text 6;7,a rather long text 7");
  auto after = session->query("SELECT id, v FROM t ORDER BY id");
  ASSERT_TRUE(after);
  exec(*session, "ROLLBACK");
  EXPECT_EQ(text_of(*std::move(after)), "1,changed;2,changed;3,changed");
}

TEST(Rows, OutliveTheirSession) {
  std::optional<Rows> rows;
  {
    auto session = open("memory://");
    exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1),(2)");
    const types::Datum least[] = {types::Datum::integer(1)};
    auto opened = session->query("SELECT id FROM t WHERE id >= $1 ORDER BY id", Parameters(least));
    ASSERT_TRUE(opened);
    rows.emplace(*std::move(opened));
    session->drop_handle();
  }
  EXPECT_EQ(text_of(*std::move(rows)), "1;2");
}

TEST(Rows, GiveBatches) {
  auto session = open("memory://?vector_size=4");
  auto rows = session->query("SELECT value FROM generate_series(1, 10)");
  ASSERT_TRUE(rows);
  ASSERT_TRUE(*rows->next());
  uint64_t count = 1;
  for (;;) {
    auto batch = rows->next_batch();
    ASSERT_TRUE(batch);
    if (batch->chunk == nullptr) break;
    count += batch->end_row - batch->first_row;
  }
  EXPECT_EQ(count, 10u);
  EXPECT_FALSE(*rows->next());
}

TEST(Registry, SharesTheSameText) {
  auto a = open("memory://registry-test");
  auto b = open("memory://registry-test");
  EXPECT_EQ(a, b);
  exec(*a, "CREATE TABLE t (a INTEGER)");
  EXPECT_EQ(query(*b, "SHOW TABLES"), "t");
  a->drop_handle();
  a.reset();
  EXPECT_EQ(query(*b, "SHOW TABLES"), "t");
  b->drop_handle();
  b.reset();
  auto fresh = open("memory://registry-test");
  EXPECT_EQ(query(*fresh, "SHOW TABLES"), "");
}

TEST(Registry, UnnamedMemoryIsAlwaysNew) {
  auto a = open("memory://");
  auto b = open("memory://");
  exec(*a, "CREATE TABLE t (a INTEGER)");
  EXPECT_EQ(query(*b, "SHOW TABLES"), "");
}

TEST(Registry, ClonesKeepTheDatabase) {
  const size_t before = registered_database_count();
  auto a = open("memory://registry-clone");
  exec(*a, "CREATE TABLE t (a INTEGER)");
  auto clone = a->clone();
  a->drop_handle();
  a.reset();
  EXPECT_EQ(registered_database_count(), before + 1);
  auto again = open("memory://registry-clone");
  EXPECT_EQ(query(*again, "SHOW TABLES"), "t");
  again->drop_handle();
  again.reset();
  auto statement = clone->prepare("SELECT COUNT(*) FROM t");
  ASSERT_TRUE(statement);
  clone.reset();
  EXPECT_EQ(registered_database_count(), before + 1);
  statement = Result<std::shared_ptr<Statement>>(std::shared_ptr<Statement>());
  EXPECT_EQ(registered_database_count(), before);
}

TEST(Registry, FolderIsLockedUnderAnotherText) {
  TemporaryFolder folder;
  auto a = open("file://" + folder.path() + "/db");
  auto second = open_session("file://" + folder.path() + "/db?sync_mode=full");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kDbLocked);
  a->drop_handle();
  a.reset();
  EXPECT_TRUE(open_session("file://" + folder.path() + "/db?sync_mode=full"));
}

TEST(Registry, OpenCloseAtOnceFromManyThreads) {
  TemporaryFolder folder;
  const std::string dsn = "file://" + folder.path() + "/db";
  open(dsn)->execute("CREATE TABLE t (a INTEGER)").value();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        auto session = open_session(dsn);
        ASSERT_TRUE(session) << session.error().message();
        EXPECT_EQ(query(**session, "SHOW TABLES"), "t");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Session, FilesSurviveReopening) {
  TemporaryFolder folder;
  const std::string dsn = "file://" + folder.path() + "/db";
  {
    auto session = open(dsn);
    exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    exec(*session, "INSERT INTO t VALUES (1,'a'),(2,'b'); PRAGMA checkpoint");
    exec(*session, "INSERT INTO t VALUES (3,'c')");
  }
  auto session = open(dsn);
  EXPECT_EQ(query(*session, "SELECT * FROM t ORDER BY id"), "1,a;2,b;3,c");
}

TEST(Session, LastHandleRollsBack) {
  auto session = open("memory://");
  auto clone = session->clone();
  exec(*session, "CREATE TABLE t (a INTEGER); BEGIN; INSERT INTO t VALUES (1)");
  session->drop_handle();
  EXPECT_FALSE(session->in_transaction());
  EXPECT_EQ(query(*clone, "SELECT COUNT(*) FROM t"), "0");
}

// Takes a fraction of a second, unless each is looked for among all others.
TEST(Session, ManySavepoints) {
  auto session = open("memory://");
  exec(*session, "CREATE TABLE t (a INTEGER); BEGIN");
  constexpr int kCount = 100000;
  const std::clock_t start = std::clock();  // not the time that others had the machine
  for (int i = 0; i < kCount; ++i) {
    if (i % 1000 == 0) exec(*session, "INSERT INTO t VALUES (1)");
    ASSERT_EQ(exec(*session, "SAVEPOINT s" + std::to_string(i)), "0");
  }
  for (int i = 0; i < kCount; i += 2) {
    ASSERT_EQ(exec(*session, "SAVEPOINT s" + std::to_string(i)), "0");
  }
  EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 5);
  exec(*session, "INSERT INTO t VALUES (1)");
  EXPECT_EQ(exec(*session, "ROLLBACK TO SAVEPOINT s0"), "0");
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t"), "100");
  EXPECT_NE(exec(*session, "RELEASE SAVEPOINT s2").find("does not exist"), std::string::npos);
  EXPECT_EQ(exec(*session, "ROLLBACK TO SAVEPOINT s1001"), "0");
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t"), "2");
  EXPECT_NE(exec(*session, "RELEASE SAVEPOINT s0").find("does not exist"), std::string::npos);
  EXPECT_EQ(exec(*session, "RELEASE SAVEPOINT s3"), "0");
  EXPECT_NE(exec(*session, "RELEASE SAVEPOINT s1001").find("does not exist"), std::string::npos);
  EXPECT_EQ(exec(*session, "RELEASE SAVEPOINT s1; COMMIT"), "0");
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t"), "2");
}

TEST(Session, CancelStopsAQuery) {
  auto session = open("memory://");
  std::atomic<bool> done{false};
  std::thread canceller([&] {
    while (!done.load()) {
      session->cancel();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  const std::string answer = query(*session,
                                   "SELECT COUNT(*) FROM generate_series(1, 10000000) a, "
                                   "generate_series(1, 10000) b WHERE a.value + b.value < 0");
  done.store(true);
  canceller.join();
  EXPECT_NE(answer.find("error"), std::string::npos) << answer;
  EXPECT_EQ(query(*session, "SELECT 1"), "1");
}

// Takes less than a second, unless each table costs a copy of the whole catalog.
TEST(Session, ManyTables) {
  auto session = open("memory://");
  constexpr int kThousands = 10;
  std::vector<std::clock_t> took;
  for (int thousand = 0; thousand < kThousands; ++thousand) {
    const std::clock_t start = std::clock();
    for (int i = thousand * 1000; i < (thousand + 1) * 1000; ++i) {
      ASSERT_EQ(exec(*session, "CREATE TABLE t" + std::to_string(i) + " (id INTEGER PRIMARY KEY)"),
                "0");
    }
    took.push_back(std::clock() - start);
  }
  // A table costs what the first ones did; with work for each that is there it were 19 times that.
  EXPECT_LT(took.back(), took.front() * 8);
  exec(*session, "INSERT INTO T9999 VALUES (1)");
  EXPECT_EQ(exec(*session, "ALTER TABLE t9999 RENAME TO u; DROP TABLE t5000"), "0");
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM u"), "1");
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t4999"), "0");
  for (const char* gone : {"t9999", "t5000"}) {
    EXPECT_NE(query(*session, std::string("SELECT 1 FROM ") + gone).find("error"),
              std::string::npos);
  }
  EXPECT_EQ(exec(*session, "CREATE TABLE t9999 (id INTEGER)"), "0");
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t9999"), "0");
}

// The table is big enough for the flag to be set on the way.
TEST(Session, CancelStopsIndexesBeingMade) {
  auto session = open("memory://");
  exec(*session,
       "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, s TEXT); INSERT INTO t SELECT value, "
       "-value, 'the text number ' || value FROM generate_series(1, 300000) g");
  std::atomic<bool> done{false};
  std::thread canceller([&] {
    while (!done.load()) {
      session->cancel();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  std::string answers[3];
  answers[0] = exec(*session, "CREATE INDEX by_s ON t (s)");
  answers[1] = exec(*session, "CREATE UNIQUE INDEX by_a ON t (a, s)");
  answers[2] = exec(*session, "ALTER TABLE t MODIFY COLUMN a TEXT");
  done.store(true);
  canceller.join();
  for (const std::string& answer : answers) {
    EXPECT_NE(answer.find("query cancelled"), std::string::npos) << answer;
  }
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t WHERE a < 0"), "300000");
  EXPECT_EQ(exec(*session, "INSERT INTO t VALUES (0, 0, 'the text number 7')"), "1");
  EXPECT_EQ(exec(*session, "CREATE INDEX by_s ON t (s)"), "0");
  EXPECT_EQ(query(*session, "SELECT id FROM t WHERE s = 'the text number 7' ORDER BY id"), "0;7");
}

TEST(ApiTransaction, CommitsAndRollsBack) {
  auto session = open("memory://");
  exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
  auto first = session->begin();
  ASSERT_TRUE(first);
  EXPECT_EQ((*first)->execute("INSERT INTO t VALUES (1)").value(), 1u);
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t"), "0");
  EXPECT_TRUE((*first)->commit());
  auto ended = (*first)->execute("INSERT INTO t VALUES (2)");
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message(), "transaction already ended");
  auto second = session->begin(storage::Isolation::kSnapshot);
  ASSERT_TRUE(second);
  EXPECT_TRUE((*second)->savepoint("s"));
  EXPECT_TRUE((*second)->execute("DELETE FROM t"));
  EXPECT_TRUE((*second)->rollback_to("s"));
  EXPECT_EQ(text_of((*second)->query("SELECT COUNT(*) FROM t").value()), "1");
  auto refused = (*second)->execute("DROP TABLE t");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "not supported: Only DML statements are supported in transactions");
  EXPECT_TRUE((*second)->rollback());
}

TEST(Concurrency, ClonesInsertAtOnce) {
  auto session = open("memory://");
  exec(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY, who INTEGER)");
  constexpr int kThreads = 8;
  constexpr int kRows = 200;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      auto mine = session->clone();
      auto statement = mine->prepare("INSERT INTO t VALUES ($1, $2)");
      ASSERT_TRUE(statement);
      for (int row = 0; row < kRows; ++row) {
        const types::Datum values[] = {types::Datum::integer(i * kRows + row),
                                       types::Datum::integer(i)};
        auto affected = mine->execute(**statement, Parameters(values));
        ASSERT_TRUE(affected) << affected.error().message();
        if (row % 50 == 0) {
          EXPECT_EQ(query(*mine, "SELECT COUNT(*) FROM t WHERE who = " + std::to_string(i)),
                    std::to_string(row + 1));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(query(*session, "SELECT COUNT(*), COUNT(DISTINCT who) FROM t"), "1600,8");
}

TEST(Concurrency, SharedSessionTakesOneCallAtATime) {
  auto session = open("memory://concurrency-shared");
  exec(*session, "CREATE TABLE t (a INTEGER)");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int row = 0; row < 50; ++row) {
        EXPECT_EQ(exec(*session, "INSERT INTO t VALUES (1)"), "1");
        EXPECT_NE(query(*session, "SELECT SUM(a) FROM t"), "NULL");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t"), "200");
}

TEST(Bad, TextThatIsNotUtf8) {
  auto session = open("memory://");
  EXPECT_EQ(exec(*session, "SELECT '\xff'").find("error: invalid UTF-8 in SQL"), 0u);
}

}  // namespace
}  // namespace orrery::engine
