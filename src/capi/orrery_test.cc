// Orrery's own C++ interface, and through it the C interface below.
#include "orrery/orrery.hpp"

#include <gtest/gtest.h>

namespace {

using orrery::embed::Database;
using orrery::embed::Isolation;

TEST(Embed, QueriesAndParameters) {
  auto db = Database::open("memory://");
  ASSERT_TRUE(db) << db.error().message();
  ASSERT_TRUE(
      db->exec("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price FLOAT, "
               "sold BOOLEAN, at TIMESTAMP, info JSON, e VECTOR(2))"));
  const float floats[] = {1, 2};
  auto affected = db->exec("INSERT INTO item VALUES ($1, $2, $3, $4, $5, $6, $7)", 1,
                           "a longer name here", 2.5, true, orrery::embed::Timestamp{5},
                           orrery::embed::Json{R"({"k":1})"}, orrery::embed::VectorView{floats, 2});
  ASSERT_TRUE(affected) << affected.error().message();
  EXPECT_EQ(*affected, 1u);
  ASSERT_TRUE(db->exec("INSERT INTO item (id, name) VALUES ($1, $2)", 2, nullptr));
  ASSERT_TRUE(
      db->exec("INSERT INTO item (id, name) VALUES ($1, $2)", 3, std::optional<std::string>()));
  auto rows = db->query("SELECT * FROM item WHERE id = $1", 1);
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(rows->column_count(), 7);
  EXPECT_EQ(rows->column_name(1), "name");
  ASSERT_TRUE(rows->next());
  EXPECT_EQ(rows->integer(0), 1);
  EXPECT_EQ(rows->bytes(1), "a longer name here");
  EXPECT_EQ(rows->real(2), 2.5);
  EXPECT_TRUE(rows->boolean(3));
  EXPECT_EQ(rows->timestamp(4).nanos, 5);
  EXPECT_EQ(rows->type(5), ORRERY_TYPE_JSON);
  EXPECT_EQ(rows->text(5), R"({"k":1})");
  EXPECT_EQ(rows->bytes(6).size(), 8u);
  EXPECT_FALSE(rows->next());
  EXPECT_FALSE(rows->error());
}

TEST(Embed, ErrorsSayWhere) {
  auto db = Database::open("memory://");
  ASSERT_TRUE(db);
  auto rows = db->query("SELECT 1\n  FROM FROM");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code(), ORRERY_PARSE);
  EXPECT_EQ(rows.error().sqlstate(), "42601");
  EXPECT_EQ(rows.error().line(), 2u);
  EXPECT_FALSE(rows.error().is_retryable());
  EXPECT_FALSE(Database::open("nowhere://"));
  auto bad = db->query("SELECT $1", std::string_view("\xff", 1));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ORRERY_INVALID_ARGUMENT);
}

TEST(Embed, StatementsAndTransactions) {
  auto db = Database::open("memory://");
  ASSERT_TRUE(db);
  ASSERT_TRUE(db->exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)"));
  auto insert = db->prepare("INSERT INTO t VALUES ($1, $2)");
  ASSERT_TRUE(insert);
  EXPECT_EQ(insert->parameter_count(), 2);
  ASSERT_TRUE(insert->exec(1, 10));
  {
    auto tx = db->begin(Isolation::kSnapshot);
    ASSERT_TRUE(tx);
    ASSERT_TRUE(tx->exec(*insert, 2, 20));
    ASSERT_TRUE(tx->savepoint("s"));
    ASSERT_TRUE(tx->exec("DELETE FROM t"));
    ASSERT_TRUE(tx->rollback_to("s"));
    auto rows = tx->query("SELECT COUNT(*) FROM t");
    ASSERT_TRUE(rows && rows->next());
    EXPECT_EQ(rows->integer(0), 2);
    // Goes out of scope: rolled back.
  }
  auto clone = db->clone();
  ASSERT_TRUE(clone);
  auto rows = clone->query("SELECT COUNT(*) FROM t");
  ASSERT_TRUE(rows && rows->next());
  EXPECT_EQ(rows->integer(0), 1);
  auto tx = db->begin();
  ASSERT_TRUE(tx);
  ASSERT_TRUE(tx->exec("INSERT INTO t VALUES (5, 5)"));
  ASSERT_TRUE(tx->commit());
  auto again = tx->exec("INSERT INTO t VALUES (6, 6)");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ORRERY_INVALID_ARGUMENT);
}

TEST(Embed, HandlesAreChecked) {
  orrery_db* db = nullptr;
  orrery_error* error = nullptr;
  ASSERT_EQ(orrery_open("memory://", &db, &error), ORRERY_OK);
  orrery_rows* rows = nullptr;
  ASSERT_EQ(orrery_query(db, "SELECT 1", ORRERY_TERMINATED, nullptr, 0, &rows, nullptr), ORRERY_OK);
  EXPECT_EQ(orrery_rows_close(rows), ORRERY_OK);
  EXPECT_EQ(orrery_rows_close(rows), ORRERY_INVALID_ARGUMENT);
  int32_t has_row = 1;
  EXPECT_EQ(orrery_rows_next(rows, &has_row, &error), ORRERY_INVALID_ARGUMENT);
  EXPECT_EQ(has_row, 0);
  ASSERT_NE(error, nullptr);
  EXPECT_STREQ(orrery_error_message(error), "the handle is closed or was never one");
  orrery_error_free(error);
  EXPECT_EQ(orrery_exec(db, nullptr, 0, nullptr, 0, nullptr, nullptr), ORRERY_INVALID_ARGUMENT);
  EXPECT_EQ(orrery_exec(db, "SELECT $1", 9, nullptr, 2, nullptr, nullptr), ORRERY_INVALID_ARGUMENT);
  EXPECT_EQ(orrery_open("memory://", nullptr, nullptr), ORRERY_INVALID_ARGUMENT);
  EXPECT_EQ(orrery_close(db), ORRERY_OK);
  EXPECT_EQ(orrery_close(db), ORRERY_INVALID_ARGUMENT);
  EXPECT_EQ(orrery_close(nullptr), ORRERY_OK);
  EXPECT_STRNE(orrery_version(), "");
}

}  // namespace
