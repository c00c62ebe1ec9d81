#include "engine/statement_text.h"

#include <gtest/gtest.h>

#include "engine/database.h"
#include "engine/registry.h"
#include "engine/session.h"
#include "plan/explain.h"

namespace orrery::engine {
namespace {

/// Statements of one text over the tables of one session.
class PlansOf {
 public:
  PlansOf(const std::shared_ptr<Session>& session, std::string_view sql)
      : open_(hold_store(session->database())),
        text_(*StatementText::parse(sql, sql::UnknownStatement::kExpression)) {}

  PlanPtr kept() {
    return text_->find_plan(0, open_->epoch, open_->store->catalog_version(), {});
  }
  PlanPtr make() {
    std::shared_ptr<const storage::Catalog> catalog;
    auto view = open_->store->read_view(&catalog);
    auto plan = text_->make_plan(0, open_->epoch, catalog, {});
    EXPECT_TRUE(plan) << plan.error().message();
    return plan ? *plan : nullptr;
  }

 private:
  std::shared_ptr<const OpenStore> open_;
  std::shared_ptr<StatementText> text_;
};

std::shared_ptr<Session> open_memory() {
  auto session = open_session("memory://");
  EXPECT_TRUE(session);
  (*session)->add_handle();
  return *session;
}

void run(Session& session, std::string_view sql) {
  auto done = session.execute(sql);
  ASSERT_TRUE(done) << done.error().message();
}

TEST(StatementText, PlansAreMadeAgainForOtherSizes) {
  auto session = open_memory();
  run(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)");
  run(*session, "CREATE TABLE s (id INTEGER PRIMARY KEY, a INTEGER)");
  PlansOf joined(session, "SELECT COUNT(*) FROM t JOIN s ON t.a = s.a");
  PlansOf by_key(session, "SELECT a FROM t WHERE id = 3");
  EXPECT_EQ(joined.kept(), nullptr);
  PlanPtr first = joined.make();
  PlanPtr key = by_key.make();
  EXPECT_EQ(joined.kept(), first);

  run(*session, "INSERT INTO t SELECT value, value FROM generate_series(1, 3000) AS g");
  EXPECT_EQ(joined.kept(), first) << "three times more is not a lot";
  run(*session, "INSERT INTO t SELECT value, value FROM generate_series(3001, 9000) AS g");
  EXPECT_EQ(joined.kept(), nullptr);
  EXPECT_EQ(by_key.kept(), key) << "a key is looked up in a table of any size";
  PlanPtr second = joined.make();
  EXPECT_EQ(joined.kept(), second);

  run(*session, "DELETE FROM t WHERE id > 1500");
  EXPECT_EQ(joined.kept(), nullptr) << "shrinking counts as well";
}

TEST(StatementText, PreparedStatementsSeeGrowth) {
  auto session = open_memory();
  run(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)");
  run(*session, "CREATE TABLE s (id INTEGER PRIMARY KEY, a INTEGER)");
  auto statement = session->prepare("SELECT COUNT(*) FROM t JOIN s ON t.a = s.a");
  ASSERT_TRUE(statement);
  auto count = [&] {
    auto rows = session->query(**statement);
    EXPECT_TRUE(rows && rows->next());
    return rows ? rows->cell(0).as_int64() : -1;
  };
  EXPECT_EQ(count(), 0);
  run(*session, "INSERT INTO t SELECT value, value FROM generate_series(1, 20000) AS g");
  run(*session, "INSERT INTO s SELECT value, value * 2 FROM generate_series(1, 5000) AS g");
  EXPECT_EQ(count(), 5000);
  run(*session, "DELETE FROM t WHERE id > 10");
  EXPECT_EQ(count(), 5);
}

}  // namespace
}  // namespace orrery::engine
