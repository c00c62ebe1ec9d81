// The rules of include/orrery/stoolap.h, through the interface itself.
#include "orrery/stoolap.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "engine/registry.h"

namespace {

StoolapDB* open(const char* dsn = "memory://") {
  StoolapDB* db = nullptr;
  EXPECT_EQ(stoolap_open(dsn, &db), STOOLAP_OK) << stoolap_errmsg(nullptr);
  return db;
}

int64_t exec(StoolapDB* db, const char* sql) {
  int64_t affected = -7;
  EXPECT_EQ(stoolap_exec(db, sql, &affected), STOOLAP_OK) << stoolap_errmsg(db);
  return affected;
}

StoolapRows* query(StoolapDB* db, const char* sql) {
  StoolapRows* rows = nullptr;
  EXPECT_EQ(stoolap_query(db, sql, &rows), STOOLAP_OK) << stoolap_errmsg(db);
  return rows;
}

int64_t query_int(StoolapDB* db, const char* sql) {
  StoolapRows* rows = query(db, sql);
  EXPECT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
  const int64_t value = stoolap_rows_column_int64(rows, 0);
  stoolap_rows_close(rows);
  return value;
}

StoolapValue int_value(int64_t v) {
  StoolapValue value{};
  value.value_type = STOOLAP_TYPE_INTEGER;
  value.v.integer = v;
  return value;
}
StoolapValue text_value(const char* text, int64_t length) {
  StoolapValue value{};
  value.value_type = STOOLAP_TYPE_TEXT;
  value.v.text.ptr = text;
  value.v.text.len = length;
  return value;
}

TEST(Stoolap, VersionAndLayout) {
  EXPECT_STREQ(stoolap_version(), "0.4.0");
  EXPECT_EQ(sizeof(StoolapValue), 24u);
  EXPECT_EQ(offsetof(StoolapValue, v), 8u);
  EXPECT_EQ(sizeof(StoolapNamedParam), 40u);
  EXPECT_EQ(offsetof(StoolapNamedParam, value), 16u);
}

TEST(Stoolap, NullArguments) {
  StoolapDB* db = open();
  StoolapRows* rows = nullptr;
  StoolapStmt* stmt = nullptr;
  StoolapTx* tx = nullptr;
  int64_t affected = 5;
  EXPECT_EQ(stoolap_exec(nullptr, "SELECT 1", &affected), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_query(nullptr, "SELECT 1", &rows), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_prepare(nullptr, "SELECT 1", &stmt), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_begin(nullptr, &tx), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_begin_with_isolation(nullptr, 0, &tx), STOOLAP_ERROR);
  EXPECT_STRNE(stoolap_errmsg(nullptr), "");
  EXPECT_EQ(stoolap_query(db, "SELECT 1", nullptr), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_prepare(db, "SELECT 1", nullptr), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_begin(db, nullptr), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_open("memory://", nullptr), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_open(nullptr, &db), STOOLAP_ERROR);
  EXPECT_STREQ(stoolap_errmsg(nullptr), "DSN string is NULL");
  EXPECT_EQ(db, nullptr);
  db = open();
  EXPECT_EQ(stoolap_exec(db, nullptr, &affected), STOOLAP_ERROR);
  EXPECT_STREQ(stoolap_errmsg(db), "SQL string is NULL");
  EXPECT_EQ(affected, 5);
  EXPECT_EQ(stoolap_exec(db, "SELECT '\xff'", nullptr), STOOLAP_ERROR);
  EXPECT_EQ(std::strncmp(stoolap_errmsg(db), "invalid UTF-8 in SQL: ", 22), 0);
  EXPECT_EQ(stoolap_exec(db, "SELECT 1", nullptr), STOOLAP_OK);
  EXPECT_STREQ(stoolap_errmsg(db), "");
  EXPECT_EQ(stoolap_rows_next(nullptr), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_rows_column_count(nullptr), 0);
  EXPECT_EQ(stoolap_rows_column_name(nullptr, 0), nullptr);
  EXPECT_EQ(stoolap_rows_column_type(nullptr, 0), 0);
  EXPECT_EQ(stoolap_rows_column_is_null(nullptr, 0), 1);
  EXPECT_EQ(stoolap_rows_column_text(nullptr, 0, nullptr), nullptr);
  EXPECT_EQ(stoolap_tx_commit(nullptr), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_tx_rollback(nullptr), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_close(nullptr), STOOLAP_OK);
  stoolap_rows_close(nullptr);
  stoolap_stmt_finalize(nullptr);
  stoolap_buffer_free(nullptr, 0);
  stoolap_string_free(nullptr);
  EXPECT_EQ(stoolap_close(db), STOOLAP_OK);
}

TEST(Stoolap, ClosedAndForeignHandles) {
  StoolapDB* db = open();
  exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
  StoolapStmt* stmt = nullptr;
  StoolapTx* tx = nullptr;
  ASSERT_EQ(stoolap_prepare(db, "INSERT INTO t VALUES ($1)", &stmt), STOOLAP_OK);
  ASSERT_EQ(stoolap_begin(db, &tx), STOOLAP_OK);
  StoolapRows* rows = query(db, "SELECT 1");
  // A handle of one kind is none of another.
  EXPECT_EQ(stoolap_exec(reinterpret_cast<StoolapDB*>(rows), "SELECT 1", nullptr), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_rows_next(reinterpret_cast<StoolapRows*>(db)), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_tx_commit(reinterpret_cast<StoolapTx*>(stmt)), STOOLAP_ERROR);
  // Neither are other pointers, whatever they point at.
  int64_t on_stack[4] = {};
  EXPECT_EQ(stoolap_exec(reinterpret_cast<StoolapDB*>(on_stack), "SELECT 1", nullptr),
            STOOLAP_ERROR);
  EXPECT_EQ(stoolap_exec(reinterpret_cast<StoolapDB*>(0x1234567), "SELECT 1", nullptr),
            STOOLAP_ERROR);
  EXPECT_EQ(stoolap_tx_commit(reinterpret_cast<StoolapTx*>(0xf200)), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_rows_next(reinterpret_cast<StoolapRows*>(reinterpret_cast<char*>(rows) + 4)),
            STOOLAP_ERROR);
  stoolap_rows_close(rows);
  EXPECT_EQ(stoolap_rows_next(rows), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_rows_column_count(rows), 0);
  EXPECT_STREQ(stoolap_rows_errmsg(rows), "");
  stoolap_rows_close(rows);
  EXPECT_EQ(stoolap_tx_rollback(tx), STOOLAP_OK);
  EXPECT_EQ(stoolap_tx_rollback(tx), STOOLAP_ERROR);
  EXPECT_STREQ(stoolap_errmsg(nullptr), "transaction already ended");
  EXPECT_STREQ(stoolap_tx_errmsg(tx), "");
  EXPECT_EQ(stoolap_tx_exec(tx, "SELECT 1", nullptr), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_tx_commit(tx), STOOLAP_ERROR);
  StoolapValue one = int_value(1);
  stoolap_stmt_finalize(stmt);
  EXPECT_EQ(stoolap_stmt_exec(stmt, &one, 1, nullptr), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_stmt_sql(stmt), nullptr);
  stoolap_stmt_finalize(stmt);
  EXPECT_EQ(stoolap_close(db), STOOLAP_OK);
  EXPECT_EQ(stoolap_close(db), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_exec(db, "SELECT 1", nullptr), STOOLAP_ERROR);
  StoolapDB* clone = nullptr;
  EXPECT_EQ(stoolap_clone(db, &clone), STOOLAP_ERROR);
  EXPECT_EQ(clone, nullptr);
}

TEST(Stoolap, FreedHandlesAreNotReusedSoon) {
  StoolapDB* db = open();
  StoolapRows* first = query(db, "SELECT 1");
  stoolap_rows_close(first);
  for (int i = 0; i < 200; ++i) {
    StoolapRows* rows = query(db, "SELECT 2");
    EXPECT_NE(rows, first);
    stoolap_rows_close(rows);
  }
  std::vector<StoolapRows*> many;
  for (int i = 0; i < 10000; ++i) many.push_back(query(db, "SELECT 3"));
  for (StoolapRows* rows : many) {
    EXPECT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
    stoolap_rows_close(rows);
  }
  stoolap_close(db);
}

TEST(Stoolap, OpenErrors) {
  StoolapDB* db = nullptr;
  EXPECT_EQ(stoolap_open("invalid://x", &db), STOOLAP_ERROR);
  EXPECT_EQ(db, nullptr);
  EXPECT_NE(std::strstr(stoolap_errmsg(nullptr), "Unsupported scheme 'invalid'"), nullptr);
  EXPECT_EQ(stoolap_errcode(nullptr), STOOLAP_ERR_PARSE);
  std::thread other([] { EXPECT_STREQ(stoolap_errmsg(nullptr), ""); });
  other.join();
  EXPECT_EQ(stoolap_open("memory://", &db), STOOLAP_OK);
  EXPECT_STREQ(stoolap_errmsg(nullptr), "");
  stoolap_close(db);
}

TEST(Stoolap, Lifetimes) {
  const size_t before = orrery::engine::registered_database_count();
  StoolapDB* db = open("memory://capi-lifetimes");
  exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  StoolapStmt* stmt = nullptr;
  StoolapTx* tx = nullptr;
  StoolapDB* clone = nullptr;
  ASSERT_EQ(stoolap_prepare(db, "INSERT INTO t VALUES ($1, $2)", &stmt), STOOLAP_OK);
  ASSERT_EQ(stoolap_begin(db, &tx), STOOLAP_OK);
  ASSERT_EQ(stoolap_clone(db, &clone), STOOLAP_OK);
  EXPECT_EQ(stoolap_close(db), STOOLAP_OK);
  StoolapValue values[] = {int_value(1), text_value("one", 3)};
  int64_t affected = 0;
  EXPECT_EQ(stoolap_stmt_exec(stmt, values, 2, &affected), STOOLAP_OK) << stoolap_stmt_errmsg(stmt);
  EXPECT_EQ(affected, 1);
  EXPECT_STREQ(stoolap_stmt_sql(stmt), "INSERT INTO t VALUES ($1, $2)");
  EXPECT_EQ(stoolap_tx_exec(tx, "INSERT INTO t VALUES (2, 'two')", nullptr), STOOLAP_OK);
  EXPECT_EQ(stoolap_tx_commit(tx), STOOLAP_OK);
  stoolap_stmt_finalize(stmt);
  StoolapRows* rows = query(clone, "SELECT v FROM t ORDER BY id");
  EXPECT_EQ(stoolap_close(clone), STOOLAP_OK);
  ASSERT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
  ASSERT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
  EXPECT_STREQ(stoolap_rows_column_text(rows, 0, nullptr), "two");
  EXPECT_EQ(stoolap_rows_next(rows), STOOLAP_DONE);
  EXPECT_EQ(orrery::engine::registered_database_count(), before + 1);
  stoolap_rows_close(rows);
  EXPECT_EQ(orrery::engine::registered_database_count(), before);
}

TEST(Stoolap, ClosingDiscardsTheSqlTransaction) {
  StoolapDB* db = open();
  StoolapDB* clone = nullptr;
  exec(db, "CREATE TABLE t (a INTEGER)");
  ASSERT_EQ(stoolap_clone(db, &clone), STOOLAP_OK);
  exec(clone, "BEGIN; INSERT INTO t VALUES (1)");
  stoolap_close(clone);
  EXPECT_EQ(query_int(db, "SELECT COUNT(*) FROM t"), 0);
  exec(db, "INSERT INTO t VALUES (2)");
  stoolap_close(db);
}

TEST(Stoolap, CellAccessors) {
  StoolapDB* db = open();
  StoolapRows* rows =
      query(db, "SELECT 42, 3.75, '7', TRUE, TIMESTAMP '2024-01-15 10:30:00', NULL, 'abc', ''");
  EXPECT_EQ(stoolap_rows_column_type(rows, 0), STOOLAP_TYPE_NULL);
  EXPECT_EQ(stoolap_rows_column_is_null(rows, 0), 1);
  ASSERT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
  EXPECT_EQ(stoolap_rows_column_int64(rows, 0), 42);
  EXPECT_EQ(stoolap_rows_column_double(rows, 0), 42.0);
  EXPECT_STREQ(stoolap_rows_column_text(rows, 0, nullptr), "42");
  EXPECT_EQ(stoolap_rows_column_int64(rows, 1), 3);
  const char* first = stoolap_rows_column_text(rows, 1, nullptr);
  EXPECT_EQ(stoolap_rows_column_int64(rows, 2), 7);
  EXPECT_EQ(stoolap_rows_column_double(rows, 2), 7.0);
  EXPECT_EQ(stoolap_rows_column_bool(rows, 2), 1);
  EXPECT_EQ(stoolap_rows_column_type(rows, 3), STOOLAP_TYPE_BOOLEAN);
  EXPECT_EQ(stoolap_rows_column_int64(rows, 3), 1);
  EXPECT_STREQ(stoolap_rows_column_text(rows, 3, nullptr), "true");
  EXPECT_EQ(stoolap_rows_column_timestamp(rows, 4), 1705314600000000000);
  EXPECT_EQ(stoolap_rows_column_int64(rows, 4), 1705314600000000000);
  EXPECT_EQ(stoolap_rows_column_double(rows, 4), 0.0);
  EXPECT_STREQ(stoolap_rows_column_text(rows, 4, nullptr), "2024-01-15T10:30:00+00:00");
  int64_t length = 99;
  EXPECT_EQ(stoolap_rows_column_text(rows, 5, &length), nullptr);
  EXPECT_EQ(length, 99);
  EXPECT_EQ(stoolap_rows_column_is_null(rows, 5), 1);
  EXPECT_EQ(stoolap_rows_column_int64(rows, 6), 0);
  EXPECT_EQ(stoolap_rows_column_bool(rows, 6), 0);
  EXPECT_STREQ(stoolap_rows_column_text(rows, 7, &length), "");
  EXPECT_EQ(length, 0);
  EXPECT_EQ(stoolap_rows_column_is_null(rows, 7), 0);
  EXPECT_EQ(stoolap_rows_column_timestamp(rows, 0), 0);
  EXPECT_STREQ(first, "3.75");
  EXPECT_EQ(stoolap_rows_column_type(rows, 8), STOOLAP_TYPE_NULL);
  EXPECT_EQ(stoolap_rows_column_type(rows, -1), STOOLAP_TYPE_NULL);
  EXPECT_EQ(stoolap_rows_column_name(rows, 8), nullptr);
  EXPECT_EQ(stoolap_rows_next(rows), STOOLAP_DONE);
  EXPECT_EQ(stoolap_rows_column_is_null(rows, 0), 1);
  EXPECT_EQ(stoolap_rows_column_count(rows), 8);
  stoolap_rows_close(rows);
  stoolap_close(db);
}

TEST(Stoolap, TextKeepsInnerZeros) {
  StoolapDB* db = open();
  StoolapValue value = text_value("a\0b", 3);
  StoolapRows* rows = nullptr;
  ASSERT_EQ(stoolap_query_params(db, "SELECT $1, LENGTH($1)", &value, 1, &rows), STOOLAP_OK);
  ASSERT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
  int64_t length = 0;
  const char* text = stoolap_rows_column_text(rows, 0, &length);
  EXPECT_EQ(std::string(text, static_cast<size_t>(length)), std::string("a\0b", 3));
  EXPECT_EQ(text[3], '\0');
  EXPECT_EQ(stoolap_rows_column_int64(rows, 1), 3);
  stoolap_rows_close(rows);
  stoolap_close(db);
}

TEST(Stoolap, ValuesThatBecomeNull) {
  StoolapDB* db = open();
  StoolapValue values[6] = {};
  values[0] = text_value(nullptr, 0);
  values[1] = text_value("x", -1);
  values[2] = text_value("\xc3", 1);
  values[3] = text_value("{bad", 4);
  values[3].value_type = STOOLAP_TYPE_JSON;
  values[4].value_type = STOOLAP_TYPE_BLOB;
  values[4].v.blob.ptr = reinterpret_cast<const uint8_t*>("abc");
  values[4].v.blob.len = 3;
  values[5].value_type = 77;
  StoolapRows* rows = nullptr;
  ASSERT_EQ(stoolap_query_params(db, "SELECT $1, $2, $3, $4, $5, $6", values, 6, &rows),
            STOOLAP_OK);
  ASSERT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(stoolap_rows_column_is_null(rows, i), 1) << i;
  stoolap_rows_close(rows);
  values[0] = text_value("", 0);
  ASSERT_EQ(stoolap_query_params(db, "SELECT $1", values, 1, &rows), STOOLAP_OK);
  ASSERT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
  EXPECT_EQ(stoolap_rows_column_is_null(rows, 0), 0);
  stoolap_rows_close(rows);
  ASSERT_EQ(stoolap_query_params(db, "SELECT $1", values, 0, &rows), STOOLAP_OK);
  stoolap_rows_close(rows);
  ASSERT_EQ(stoolap_query_params(db, "SELECT $1", nullptr, 3, &rows), STOOLAP_OK);
  stoolap_rows_close(rows);
  stoolap_close(db);
}

TEST(Stoolap, Vectors) {
  StoolapDB* db = open();
  exec(db, "CREATE TABLE v (id INTEGER PRIMARY KEY, e VECTOR(3))");
  const float floats[] = {1.0f, -2.5f, 0.25f};
  StoolapValue values[2] = {int_value(1), {}};
  values[1].value_type = STOOLAP_TYPE_BLOB;
  values[1].v.blob.ptr = reinterpret_cast<const uint8_t*>(floats);
  values[1].v.blob.len = 12;
  ASSERT_EQ(stoolap_exec_params(db, "INSERT INTO v VALUES ($1, $2)", values, 2, nullptr),
            STOOLAP_OK);
  values[1].v.blob.len = 8;
  EXPECT_EQ(stoolap_exec_params(db, "INSERT INTO v VALUES (2, $2)", values, 2, nullptr),
            STOOLAP_ERROR);
  EXPECT_NE(std::strstr(stoolap_errmsg(db), "Vector dimension mismatch"), nullptr);
  StoolapRows* rows = query(db, "SELECT e, id FROM v");
  ASSERT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
  EXPECT_EQ(stoolap_rows_column_type(rows, 0), STOOLAP_TYPE_BLOB);
  int64_t length = 0;
  const uint8_t* bytes = stoolap_rows_column_blob(rows, 0, &length);
  ASSERT_EQ(length, 12);
  EXPECT_EQ(std::memcmp(bytes, floats, 12), 0);
  EXPECT_STREQ(stoolap_rows_column_text(rows, 0, nullptr), "[1.0, -2.5, 0.25]");
  EXPECT_EQ(stoolap_rows_column_blob(rows, 1, &length), nullptr);
  EXPECT_EQ(length, 0);
  stoolap_rows_close(rows);
  stoolap_close(db);
}

TEST(Stoolap, NamedParameters) {
  StoolapDB* db = open();
  exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  StoolapNamedParam params[3] = {};
  params[0].name = "value";
  params[0].name_len = 5;
  params[0].value = text_value("x", 1);
  params[1].name = "idx";
  params[1].name_len = 2;
  params[1].value = int_value(4);
  params[2].name = nullptr;
  params[2].name_len = 3;
  int64_t affected = 0;
  ASSERT_EQ(stoolap_exec_named(db, "INSERT INTO t VALUES (:id, :value)", params, 3, &affected),
            STOOLAP_OK)
      << stoolap_errmsg(db);
  EXPECT_EQ(affected, 1);
  EXPECT_EQ(query_int(db, "SELECT id FROM t WHERE v = 'x'"), 4);
  params[1].name = ":id";
  params[1].name_len = 3;
  EXPECT_EQ(stoolap_exec_named(db, "INSERT INTO t VALUES (:id, :value)", params, 3, &affected),
            STOOLAP_ERROR);
  stoolap_close(db);
}

TEST(Stoolap, PreparedStatements) {
  StoolapDB* db = open();
  StoolapStmt* stmt = nullptr;
  EXPECT_EQ(stoolap_prepare(db, "INVALID SQL", &stmt), STOOLAP_ERROR);
  EXPECT_EQ(stmt, nullptr);
  EXPECT_EQ(std::strncmp(stoolap_errmsg(db), "parse error", 11), 0);
  ASSERT_EQ(stoolap_prepare(db, "SELECT * FROM missing WHERE a = $1", &stmt), STOOLAP_OK);
  StoolapRows* rows = nullptr;
  EXPECT_EQ(stoolap_stmt_query(stmt, nullptr, 0, &rows), STOOLAP_ERROR);
  EXPECT_STREQ(stoolap_stmt_errmsg(stmt), "Query requires 1 parameters but only 0 provided");
  StoolapValue values[] = {int_value(1), int_value(2)};
  EXPECT_EQ(stoolap_stmt_query(stmt, values, 2, &rows), STOOLAP_ERROR);
  EXPECT_STREQ(stoolap_stmt_errmsg(stmt), "table or view 'missing' not found");
  EXPECT_EQ(stoolap_stmt_errcode(stmt), STOOLAP_ERR_TABLE_NOT_FOUND);
  exec(db, "CREATE TABLE missing (a INTEGER)");
  ASSERT_EQ(stoolap_stmt_query(stmt, values, 2, &rows), STOOLAP_OK);
  EXPECT_STREQ(stoolap_stmt_errmsg(stmt), "");
  stoolap_rows_close(rows);
  stoolap_stmt_finalize(stmt);
  stoolap_close(db);
}

TEST(Stoolap, Batches) {
  StoolapDB* db = open();
  exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  StoolapStmt* stmt = nullptr;
  ASSERT_EQ(stoolap_prepare(db, "INSERT INTO t VALUES ($1, $2)", &stmt), STOOLAP_OK);
  std::vector<StoolapValue> values;
  for (int i = 0; i < 100; ++i) {
    values.push_back(int_value(i));
    values.push_back(text_value("v", 1));
  }
  int64_t total = -1;
  ASSERT_EQ(stoolap_stmt_exec_batch(db, stmt, values.data(), 2, 100, &total), STOOLAP_OK);
  EXPECT_EQ(total, 100);
  values[0] = int_value(500);
  EXPECT_EQ(stoolap_stmt_exec_batch(db, stmt, values.data(), 2, 3, &total), STOOLAP_ERROR);
  EXPECT_NE(std::strstr(stoolap_errmsg(db), "primary key constraint failed"), nullptr);
  EXPECT_EQ(total, 100);
  EXPECT_EQ(query_int(db, "SELECT COUNT(*) FROM t"), 100);
  EXPECT_EQ(stoolap_stmt_exec_batch(db, stmt, nullptr, 2, 0, &total), STOOLAP_OK);
  EXPECT_EQ(total, 0);
  EXPECT_EQ(stoolap_stmt_exec_batch(db, stmt, values.data(), 1, 3, &total), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_stmt_exec_batch(db, nullptr, nullptr, 2, 1, &total), STOOLAP_ERROR);
  stoolap_stmt_finalize(stmt);
  stoolap_close(db);
}

TEST(Stoolap, Transactions) {
  StoolapDB* db = open();
  exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 1)");
  StoolapTx* tx = nullptr;
  EXPECT_EQ(stoolap_begin_with_isolation(db, 9, &tx), STOOLAP_ERROR);
  EXPECT_STREQ(stoolap_errmsg(db), "invalid isolation level");
  ASSERT_EQ(stoolap_begin_with_isolation(db, STOOLAP_ISOLATION_SNAPSHOT, &tx), STOOLAP_OK);
  EXPECT_EQ(stoolap_tx_exec(tx, "DROP TABLE t", nullptr), STOOLAP_ERROR);
  EXPECT_STREQ(stoolap_tx_errmsg(tx),
               "not supported: Only DML statements are supported in transactions");
  EXPECT_EQ(stoolap_tx_errcode(tx), STOOLAP_ERR_NOT_SUPPORTED);
  EXPECT_EQ(stoolap_tx_table_count(tx), 1);
  int64_t affected = 0;
  EXPECT_EQ(stoolap_tx_exec(tx, "UPDATE t SET n = 2", &affected), STOOLAP_OK);
  EXPECT_EQ(affected, 1);
  EXPECT_STREQ(stoolap_tx_errmsg(tx), "");
  EXPECT_EQ(stoolap_tx_savepoint(tx, "here", -1), STOOLAP_OK);
  EXPECT_EQ(stoolap_tx_exec(tx, "INSERT INTO t VALUES (2, 2)", nullptr), STOOLAP_OK);
  EXPECT_EQ(stoolap_tx_rollback_to_savepoint(tx, "here and there", 4), STOOLAP_OK);
  EXPECT_EQ(stoolap_tx_release_savepoint(tx, "here", 4), STOOLAP_OK);
  EXPECT_EQ(stoolap_tx_rollback_to_savepoint(tx, "here", 4), STOOLAP_ERROR);
  EXPECT_EQ(stoolap_exec(db, "UPDATE t SET n = 3", nullptr), STOOLAP_ERROR);
  EXPECT_NE(std::strstr(stoolap_errmsg(db), "row 1 has uncommitted changes"), nullptr);
  EXPECT_EQ(stoolap_errcode(db), STOOLAP_ERR_TX_ABORTED);
  EXPECT_EQ(stoolap_tx_commit(tx), STOOLAP_OK);
  EXPECT_EQ(query_int(db, "SELECT n FROM t WHERE id = 1"), 2);
  ASSERT_EQ(stoolap_begin_with_isolation(db, STOOLAP_ISOLATION_SNAPSHOT, &tx), STOOLAP_OK);
  exec(db, "UPDATE t SET n = 4");
  EXPECT_EQ(stoolap_tx_exec(tx, "UPDATE t SET n = 5", nullptr), STOOLAP_OK);
  EXPECT_EQ(stoolap_tx_commit(tx), STOOLAP_ERROR);
  EXPECT_NE(std::strstr(stoolap_errmsg(nullptr), "write conflict"), nullptr);
  EXPECT_EQ(stoolap_tx_rollback(tx), STOOLAP_ERROR);
  stoolap_close(db);
}

TEST(Stoolap, StatementsInTransactions) {
  StoolapDB* db = open();
  exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)");
  StoolapDB* clone = nullptr;
  ASSERT_EQ(stoolap_clone(db, &clone), STOOLAP_OK);
  StoolapStmt* insert = nullptr;
  StoolapStmt* select = nullptr;
  // Statements of one handle run in a transaction of another on the same database.
  ASSERT_EQ(stoolap_prepare(clone, "INSERT INTO t VALUES ($1, $2)", &insert), STOOLAP_OK);
  ASSERT_EQ(stoolap_prepare(clone, "SELECT SUM(n) FROM t WHERE id < $1", &select), STOOLAP_OK);
  StoolapTx* tx = nullptr;
  ASSERT_EQ(stoolap_begin(db, &tx), STOOLAP_OK);
  for (int i = 0; i < 1000; ++i) {
    StoolapValue values[] = {int_value(i), int_value(2)};
    int64_t affected = 0;
    ASSERT_EQ(stoolap_tx_stmt_exec(tx, insert, values, 2, &affected), STOOLAP_OK)
        << stoolap_tx_errmsg(tx);
    ASSERT_EQ(affected, 1);
  }
  StoolapValue limit = int_value(500);
  StoolapRows* rows = nullptr;
  ASSERT_EQ(stoolap_tx_stmt_query(tx, select, &limit, 1, &rows), STOOLAP_OK);
  ASSERT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
  EXPECT_EQ(stoolap_rows_column_int64(rows, 0), 1000);
  stoolap_rows_close(rows);
  EXPECT_EQ(stoolap_tx_stmt_exec(tx, nullptr, nullptr, 0, nullptr), STOOLAP_ERROR);
  EXPECT_STREQ(stoolap_tx_errmsg(tx), "statement handle is NULL");
  EXPECT_EQ(stoolap_tx_commit(tx), STOOLAP_OK);
  stoolap_stmt_finalize(insert);
  stoolap_stmt_finalize(select);
  EXPECT_EQ(query_int(db, "SELECT COUNT(*) FROM t"), 1000);
  stoolap_close(clone);
  stoolap_close(db);
}

TEST(Stoolap, PackedRows) {
  StoolapDB* db = open();
  StoolapRows* rows = query(db, "SELECT 1 AS a, 'xy' AS bc UNION ALL SELECT NULL, ''");
  uint8_t* buffer = nullptr;
  int64_t length = 0;
  ASSERT_EQ(stoolap_rows_fetch_all(rows, &buffer, &length), STOOLAP_OK);
  const std::string expected(
      "\2\0\0\0"
      "\1\0a"
      "\2\0bc"
      "\2\0\0\0"
      "\1\1\0\0\0\0\0\0\0"
      "\3\2\0\0\0xy"
      "\0"
      "\3\0\0\0\0",
      37);
  EXPECT_EQ(std::string(reinterpret_cast<char*>(buffer), static_cast<size_t>(length)), expected);
  stoolap_buffer_free(buffer, length);
  // Again: the header and no rows.
  ASSERT_EQ(stoolap_rows_fetch_all(rows, &buffer, &length), STOOLAP_OK);
  EXPECT_EQ(length, 4 + 3 + 4 + 4);
  stoolap_buffer_free(buffer, length);
  EXPECT_EQ(stoolap_rows_next(rows), STOOLAP_DONE);
  stoolap_rows_close(rows);
  rows = query(db, "SELECT value FROM generate_series(1, 5000)");
  ASSERT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
  ASSERT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
  ASSERT_EQ(stoolap_rows_fetch_all(rows, &buffer, &length), STOOLAP_OK);
  EXPECT_EQ(length, 4 + 2 + 5 + 4 + 4998 * 9);
  stoolap_buffer_free(buffer, length);
  stoolap_rows_close(rows);
  // A label longer than its length field can say is cut between characters.
  std::string sql = "SELECT 1 AS \"";
  for (int i = 0; i < 40000; ++i) sql += "é";
  rows = query(db, (sql + "\"").c_str());
  ASSERT_EQ(stoolap_rows_fetch_all(rows, &buffer, &length), STOOLAP_OK);
  EXPECT_EQ(length, 4 + 2 + 65534 + 4 + 9);
  stoolap_buffer_free(buffer, length);
  stoolap_rows_close(rows);
  rows = query(db, "BEGIN");
  ASSERT_EQ(stoolap_rows_fetch_all(rows, &buffer, &length), STOOLAP_OK);
  EXPECT_EQ(length, 8);
  stoolap_buffer_free(buffer, length);
  stoolap_rows_close(rows);
  stoolap_close(db);
}

TEST(Stoolap, AffectedRows) {
  StoolapDB* db = open();
  exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
  EXPECT_EQ(exec(db, "INSERT INTO t VALUES (1),(2),(3)"), 3);
  EXPECT_EQ(exec(db, "INSERT INTO t VALUES (4) RETURNING id"), 0);
  EXPECT_EQ(exec(db, "SELECT * FROM t"), 0);
  StoolapRows* rows = query(db, "DELETE FROM t WHERE id > 2");
  EXPECT_EQ(stoolap_rows_column_count(rows), 0);
  EXPECT_EQ(stoolap_rows_affected(rows), 2);
  EXPECT_EQ(stoolap_rows_next(rows), STOOLAP_DONE);
  stoolap_rows_close(rows);
  EXPECT_EQ(stoolap_table_count(db), 1);
  stoolap_close(db);
}

TEST(Stoolap, ErrorDetails) {
  StoolapDB* db = open();
  EXPECT_EQ(stoolap_exec(db, "SELECT * FROM nope", nullptr), STOOLAP_ERROR);
  StoolapErrorDetails details;
  ASSERT_EQ(stoolap_errdetails(db, &details), STOOLAP_OK);
  EXPECT_EQ(details.code, STOOLAP_ERR_TABLE_NOT_FOUND);
  EXPECT_STREQ(details.message, "table or view 'nope' not found");
  EXPECT_EQ(stoolap_errdetails(db, nullptr), STOOLAP_ERROR);
  struct {
    const char* sql;
    int32_t code;
  } cases[] = {
      {"SELECT FROM WHERE", STOOLAP_ERR_PARSE},
      {"CREATE TABLE t (id INTEGER PRIMARY KEY, e TEXT UNIQUE NOT NULL, c INTEGER CHECK (c > 0))",
       0},
      {"CREATE TABLE t (a INTEGER)", STOOLAP_ERR_TABLE_EXISTS},
      {"INSERT INTO t VALUES (1, 'a', 1)", 0},
      {"INSERT INTO t VALUES (1, 'b', 1)", STOOLAP_ERR_PRIMARY_KEY},
      {"INSERT INTO t VALUES (2, 'a', 1)", STOOLAP_ERR_UNIQUE},
      {"INSERT INTO t VALUES (2, NULL, 1)", STOOLAP_ERR_NOT_NULL},
      {"INSERT INTO t VALUES (2, 'b', 0)", STOOLAP_ERR_CHECK},
      {"INSERT INTO t VALUES ('x', 'b', 1)", STOOLAP_ERR_TYPE_MISMATCH},
      {"SELECT zz FROM t", STOOLAP_ERR_COLUMN_NOT_FOUND},
      {"DROP INDEX nope ON t", STOOLAP_ERR_INDEX_NOT_FOUND},
      {"DROP VIEW nope", STOOLAP_ERR_VIEW_NOT_FOUND},
  };
  for (const auto& each : cases) {
    stoolap_exec(db, each.sql, nullptr);
    EXPECT_EQ(stoolap_errcode(db), each.code) << each.sql << ": " << stoolap_errmsg(db);
  }
  stoolap_close(db);
}

TEST(Stoolap, CancelFromAnotherThread) {
  StoolapDB* db = open();
  std::atomic<bool> done{false};
  std::thread canceller([&] {
    while (!done.load()) {
      stoolap_cancel(db);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  const int32_t code = stoolap_exec(
      db,
      "SELECT COUNT(*) FROM generate_series(1, 10000000) a, generate_series(1, 10000) b "
      "WHERE a.value + b.value < 0",
      nullptr);
  done.store(true);
  canceller.join();
  EXPECT_EQ(code, STOOLAP_ERROR);
  EXPECT_EQ(stoolap_errcode(db), STOOLAP_ERR_QUERY_CANCELLED);
  EXPECT_EQ(query_int(db, "SELECT 1"), 1);
  stoolap_close(db);
}

TEST(Stoolap, EightThreadsWithClones) {
  StoolapDB* db = open("memory://capi-threads");
  exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, who INTEGER, v TEXT)");
  std::vector<std::thread> threads;
  for (int who = 0; who < 8; ++who) {
    threads.emplace_back([db, who] {
      StoolapDB* mine = nullptr;
      ASSERT_EQ(stoolap_clone(db, &mine), STOOLAP_OK);
      for (int i = 0; i < 100; ++i) {
        StoolapValue values[] = {int_value(who * 1000 + i), int_value(who), text_value("text", 4)};
        int64_t affected = 0;
        ASSERT_EQ(
            stoolap_exec_params(mine, "INSERT INTO t VALUES ($1, $2, $3)", values, 3, &affected),
            STOOLAP_OK)
            << stoolap_errmsg(mine);
        StoolapRows* rows = nullptr;
        ASSERT_EQ(stoolap_query_params(mine, "SELECT v FROM t WHERE id = $1", values, 1, &rows),
                  STOOLAP_OK);
        ASSERT_EQ(stoolap_rows_next(rows), STOOLAP_ROW);
        stoolap_rows_close(rows);
      }
      StoolapTx* tx = nullptr;
      ASSERT_EQ(stoolap_begin(mine, &tx), STOOLAP_OK);
      EXPECT_EQ(stoolap_tx_exec(tx, "SELECT COUNT(*) FROM t", nullptr), STOOLAP_OK);
      EXPECT_EQ(stoolap_tx_rollback(tx), STOOLAP_OK);
      EXPECT_EQ(stoolap_close(mine), STOOLAP_OK);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(query_int(db, "SELECT COUNT(*) FROM t"), 800);
  stoolap_close(db);
}

}  // namespace
