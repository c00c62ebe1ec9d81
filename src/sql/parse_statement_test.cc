#include <string>

#include "sql/parse_test_support.h"

namespace orrery::sql {
namespace {

TEST(ParseStatement, InsertSources) {
  EXPECT_EQ(canonical("insert into t (a, b) values (1, default), (2, (select 3))"),
            "INSERT INTO t (a, b) VALUES (1, DEFAULT), (2, (SELECT 3))");
  EXPECT_EQ(canonical("insert into t select * from u"), "INSERT INTO t SELECT * FROM u");
  EXPECT_EQ(canonical("insert into t (select 1)"), "INSERT INTO t SELECT 1");
  EXPECT_EQ(canonical("insert into t (a) with u as (select 1) select * from u"),
            "INSERT INTO t (a) WITH u AS (SELECT 1) SELECT * FROM u");
  EXPECT_EQ(canonical("with u as (select 1) insert into t select * from u"),
            "WITH u AS (SELECT 1) INSERT INTO t SELECT * FROM u");
  EXPECT_EQ(canonical("insert into t default values"), "INSERT INTO t DEFAULT VALUES");
  for (const char* bad : {"INSERT INTO t VALUES", "INSERT INTO t (id) (9)",
                          "INSERT OR REPLACE INTO t VALUES (1)", "INSERT IGNORE INTO t VALUES (1)",
                          "INSERT INTO t VALUES (1) (2)", "INSERT INTO t VALUES ()"}) {
    EXPECT_NE(parse_error(bad), "no error") << bad;
  }
}

TEST(ParseStatement, Upserts) {
  EXPECT_EQ(canonical("insert into t values (1) on conflict (a, b) do update set c = excluded.c, d "
                      "= d + 1 where c > 0 "
                      "returning *, a + 1 as n"),
            "INSERT INTO t VALUES (1) ON CONFLICT (a, b) DO UPDATE SET c = excluded.c, d = d + 1 "
            "WHERE (c > 0) "
            "RETURNING *, a + 1 AS n");
  EXPECT_EQ(canonical("insert into t values (1) on conflict do nothing"),
            "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING");
  EXPECT_EQ(canonical("insert into t values (1) on duplicate key update a = 2"),
            "INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 2");
  EXPECT_EQ(canonical("insert into t select a.x from a join b on conflict (x) do nothing"),
            "INSERT INTO t SELECT a.x FROM a JOIN b ON CONFLICT (x) DO NOTHING");
}

TEST(ParseStatement, UpdateAndDelete) {
  EXPECT_EQ(canonical("update t set a = a + 1, b = default where c in (select 1) returning a"),
            "UPDATE t SET a = a + 1, b = DEFAULT WHERE (c IN (SELECT 1)) RETURNING a");
  EXPECT_EQ(
      canonical(
          "with u as (select 1) delete from t x where exists (select * from u) returning x.a"),
      "WITH u AS (SELECT 1) DELETE FROM t AS x WHERE EXISTS (SELECT * FROM u) RETURNING x.a");
  EXPECT_EQ(canonical("with u as (select 1) update t set a = 1"),
            "WITH u AS (SELECT 1) UPDATE t SET a = 1");
  for (const char* bad :
       {"UPDATE", "UPDATE t e SET a = 1", "UPDATE t SET (a, b) = (1, 2)", "UPDATE t SET a",
        "UPDATE t SET a = 1 LIMIT 1", "DELETE t", "DELETE FROM t LIMIT 1"}) {
    EXPECT_NE(parse_error(bad), "no error") << bad;
  }
}

TEST(ParseStatement, TruncateAndCopy) {
  EXPECT_EQ(canonical("truncate t"), "TRUNCATE TABLE t");
  EXPECT_EQ(canonical("truncate table t"), "TRUNCATE TABLE t");
  EXPECT_EQ(
      canonical(
          "copy t (a, b) from '/x.csv' with (format csv, header false, delimiter ';', null '\\N')"),
      "COPY t (a, b) FROM '/x.csv' WITH (FORMAT CSV, HEADER FALSE, DELIMITER ';', NULL '\\N')");
  auto copy = parse_one("COPY t FROM 'x' (FORMAT JSON, HEADER)");
  EXPECT_EQ(as<CopyStatement>(*copy).format, CopyFormat::kJson);
  EXPECT_TRUE(as<CopyStatement>(*copy).header);
  EXPECT_NE(parse_error("COPY t FROM 'x' WITH (DELIMITER 'ab')"), "no error");
  EXPECT_NE(parse_error("COPY t TO 'x'"), "no error");
}

TEST(ParseStatement, CreateTable) {
  EXPECT_EQ(canonical("create table if not exists t (id integer primary key auto_increment, n "
                      "varchar(10) not null unique "
                      "default 'x' check (n <> ''), v vector(3), p int(11) references par on "
                      "delete cascade on update set "
                      "null, d double precision default -1.5, primary key (id, n), unique (p, d), "
                      "check (p > 0), foreign key "
                      "(p) references q(r) on delete no action)"),
            "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY AUTO_INCREMENT, n VARCHAR(10) "
            "NOT NULL UNIQUE DEFAULT 'x' "
            "CHECK (n <> ''), v VECTOR(3), p INT(11) REFERENCES par ON DELETE CASCADE ON UPDATE "
            "SET NULL, d DOUBLE PRECISION "
            "DEFAULT -1.5, PRIMARY KEY (id, n), UNIQUE (p, d), CHECK (p > 0), FOREIGN KEY (p) "
            "REFERENCES q(r) ON DELETE NO "
            "ACTION ON UPDATE RESTRICT)");
  EXPECT_EQ(canonical("create table t as select 1 as a"), "CREATE TABLE t AS SELECT 1 AS a");
  for (const char* bad :
       {"CREATE TABLE", "CREATE TABLE t", "CREATE TABLE t ()", "CREATE TABLE t (a INTEGER,)",
        "CREATE TABLE 1t (a INTEGER)", "CREATE TEMP TABLE t (a INTEGER)", "CREATE TABLE t LIKE u",
        "CREATE TABLE t (a INTEGER, CONSTRAINT u UNIQUE (a))", "CREATE TABLE t (a NOPE)",
        "CREATE TABLE t (a INTEGER GENERATED ALWAYS AS (1))", "CREATE SCHEMA s",
        "CREATE TABLE t (a INTEGER REFERENCES p(id) ON DELETE SET DEFAULT)",
        "CREATE TABLE t (a INTEGER, b INTEGER, FOREIGN KEY (a, b) REFERENCES p(x))"}) {
    EXPECT_NE(parse_error(bad), "no error") << bad;
  }
  EXPECT_NE(parse_error("CREATE TABLE t (e VECTOR(0))")
                .find("VECTOR dimension must be between 1 and 65535, got '0'"),
            std::string::npos);
}

TEST(ParseStatement, TypesMapToTheEngines) {
  auto type = [](std::string_view name) {
    auto statement = parse_one("CREATE TABLE t (a " + std::string(name) + ")");
    return as<CreateTableStatement>(*statement).columns[0].type.type;
  };
  using types::TypeId;
  EXPECT_EQ(type("bigint"), TypeId::kInteger);
  EXPECT_EQ(type("DECIMAL(10,2)"), TypeId::kFloat);
  EXPECT_EQ(type("CHAR(5)"), TypeId::kText);
  EXPECT_EQ(type("bool"), TypeId::kBoolean);
  EXPECT_EQ(type("TIMESTAMPTZ"), TypeId::kTimestamp);
  EXPECT_EQ(type("TIMESTAMP WITH TIME ZONE"), TypeId::kTimestamp);
  EXPECT_EQ(type("DATE"), TypeId::kTimestamp);
  EXPECT_EQ(type("JSON"), TypeId::kJson);
  EXPECT_EQ(type("VECTOR"), TypeId::kVector);
  EXPECT_EQ(type("uuid"), TypeId::kUuid);
}

TEST(ParseStatement, AlterTable) {
  EXPECT_EQ(canonical("alter table t add c integer not null default 3"),
            "ALTER TABLE t ADD COLUMN c INTEGER NOT NULL DEFAULT 3");
  EXPECT_EQ(canonical("alter table t add column c text unique"),
            "ALTER TABLE t ADD COLUMN c TEXT UNIQUE");
  EXPECT_EQ(canonical("alter table t drop column c"), "ALTER TABLE t DROP COLUMN c");
  EXPECT_EQ(canonical("alter table t rename column a to b"), "ALTER TABLE t RENAME COLUMN a TO b");
  EXPECT_EQ(canonical("alter table t rename to u"), "ALTER TABLE t RENAME TO u");
  EXPECT_EQ(canonical("alter table t modify column c float not null"),
            "ALTER TABLE t MODIFY COLUMN c FLOAT NOT NULL");
  EXPECT_NE(parse_error("ALTER TABLE t FROB x").find("expected ALTER action"), std::string::npos);
}

TEST(ParseStatement, IndexesAndViews) {
  EXPECT_EQ(canonical("create unique index if not exists i on t (a, b) using hnsw with (m = 8, "
                      "metric = 'cosine', x = -1.5)"),
            "CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a, b) USING HNSW WITH (m = '8', metric = "
            "'cosine', x = '-1.5')");
  EXPECT_EQ(canonical("drop index if exists i on t"), "DROP INDEX IF EXISTS i ON t");
  EXPECT_EQ(canonical("drop index i"), "DROP INDEX i");
  EXPECT_EQ(canonical("drop table if exists t"), "DROP TABLE IF EXISTS t");
  EXPECT_EQ(canonical("create view if not exists v as with t as (select 1) select * from t"),
            "CREATE VIEW IF NOT EXISTS v AS WITH t AS (SELECT 1) SELECT * FROM t");
  EXPECT_EQ(canonical("drop view v"), "DROP VIEW v");
  for (const char* bad :
       {"CREATE INDEX i ON t ()", "CREATE INDEX i ON t (a DESC)",
        "CREATE INDEX i ON t (a) WHERE a > 1", "CREATE INDEX ON t (a)",
        "CREATE VIEW v (a) AS SELECT 1", "CREATE OR REPLACE VIEW v AS SELECT 1",
        "CREATE VIEW v AS INSERT INTO t VALUES (1)", "DROP", "DROP TABLE", "DROP TABLE a, b"}) {
    EXPECT_NE(parse_error(bad), "no error") << bad;
  }
  EXPECT_NE(parse_error("CREATE INDEX i ON t (a) USING NOPE")
                .find("unknown index method 'NOPE'. Supported methods: BTREE, HASH, BITMAP, HNSW"),
            std::string::npos);
}

TEST(ParseStatement, Transactions) {
  for (const char* sql : {"BEGIN", "BEGIN TRANSACTION", "BEGIN WORK", "START TRANSACTION"})
    EXPECT_EQ(canonical(sql), "BEGIN");
  EXPECT_EQ(canonical("begin transaction isolation level read committed"),
            "BEGIN ISOLATION LEVEL READ COMMITTED");
  EXPECT_EQ(canonical("begin isolation level snapshot"), "BEGIN ISOLATION LEVEL SNAPSHOT");
  EXPECT_EQ(canonical("commit transaction"), "COMMIT");
  EXPECT_EQ(canonical("rollback work"), "ROLLBACK");
  EXPECT_EQ(canonical("savepoint S1"), "SAVEPOINT S1");
  EXPECT_EQ(canonical("rollback to s"), "ROLLBACK TO SAVEPOINT s");
  EXPECT_EQ(canonical("rollback transaction to savepoint s"), "ROLLBACK TO SAVEPOINT s");
  EXPECT_EQ(canonical("release savepoint s"), "RELEASE SAVEPOINT s");
  EXPECT_EQ(canonical("release s"), "RELEASE SAVEPOINT s");
  EXPECT_NE(
      parse_error("BEGIN TRANSACTION ISOLATION LEVEL NOPE").find("invalid isolation level: NOPE"),
      std::string::npos);
  EXPECT_NE(parse_error("SET TRANSACTION ISOLATION LEVEL SNAPSHOT"), "no error");
  EXPECT_NE(parse_error("END"), "no error");
}

TEST(ParseStatement, Settings) {
  EXPECT_EQ(canonical("set isolation_level = 'SNAPSHOT'"), "SET isolation_level = 'SNAPSHOT'");
  EXPECT_EQ(canonical("set x to 5"), "SET x = 5");
  EXPECT_EQ(canonical("pragma Checkpoint_Interval = -5"), "PRAGMA Checkpoint_Interval = -5");
  EXPECT_EQ(canonical("pragma checkpoint"), "PRAGMA checkpoint");
  auto set = parse_one("SET isolation_level = READ COMMITTED");
  EXPECT_EQ(as<ColumnExpr>(*as<SetStatement>(*set).value).name.text, "READ COMMITTED");
  EXPECT_NE(parse_error("PRAGMA"), "no error");
}

TEST(ParseStatement, ShowAndDescribe) {
  EXPECT_EQ(canonical("show tables"), "SHOW TABLES");
  EXPECT_EQ(canonical("show views"), "SHOW VIEWS");
  EXPECT_EQ(canonical("show index from t"), "SHOW INDEXES FROM t");
  EXPECT_EQ(canonical("show create table t"), "SHOW CREATE TABLE t");
  EXPECT_EQ(canonical("show create view v"), "SHOW CREATE VIEW v");
  EXPECT_EQ(canonical("desc table t"), "DESCRIBE TABLE t");
  EXPECT_EQ(canonical("describe t"), "DESCRIBE TABLE t");
  EXPECT_NE(parse_error("DESCRIBE"), "no error");
}

TEST(ParseStatement, AnalyzeVacuumExplain) {
  EXPECT_EQ(canonical("analyze"), "ANALYZE");
  EXPECT_EQ(canonical("analyze t"), "ANALYZE t");
  EXPECT_EQ(canonical("vacuum t"), "VACUUM t");
  EXPECT_EQ(canonical("explain analyze select 1"), "EXPLAIN ANALYZE SELECT 1");
  EXPECT_EQ(canonical("explain delete from t"), "EXPLAIN DELETE FROM t");
  EXPECT_EQ(parse_script("EXPLAIN")->size(), 0u);
  EXPECT_NE(parse_error("EXPLAIN SELECT"), "no error");
}

TEST(ParseStatement, Scripts) {
  EXPECT_EQ(parse_script("")->size(), 0u);
  EXPECT_EQ(parse_script(" -- only comment\n;;")->size(), 0u);
  std::string sql = "SELECT 1;;  SELECT 3 ; ";
  auto script = parse_script(sql);
  ASSERT_EQ(script->size(), 2u);
  const Statement& second = *(*script)[1];
  EXPECT_EQ(sql.substr(second.source_begin, second.source_end - second.source_begin), "SELECT 3");
  EXPECT_NE(parse_error("SELECT 1 SELECT 2"), "no error");
}

TEST(ParseStatement, UnknownStatements) {
  auto statement = parse_one("SELEC 1");
  ASSERT_EQ(statement->kind, StatementKind::kExpression);
  EXPECT_EQ(to_sql(*as<ExpressionStatement>(*statement).expr), "SELEC");
  EXPECT_EQ(canonical("(BEGIN )"), "(BEGIN)");
  EXPECT_EQ(parse_one("(BEGIN)")->kind, StatementKind::kExpression);
  EXPECT_EQ(parse_one("1 + 1")->kind, StatementKind::kExpression);
  EXPECT_EQ(parse_one("BOGUS STATEMENT")->kind, StatementKind::kExpression);
  EXPECT_EQ(parse_script("SELEC 1 (; SELECT 2")->size(), 2u);
  EXPECT_NE(parse_error("FROM x").find("'FROM' cannot be used here, expected expression"),
            std::string::npos);
  EXPECT_NE(parse_error("VALUES (1, 2)"), "no error");
  EXPECT_NE(parse_error("1 2"), "no error");
  ParseOptions prepare{.unknown_statement = UnknownStatement::kError};
  EXPECT_EQ(
      parse_error("SELECT 1; SELEC 1 ;", prepare),
      "parse error: invalid SQL: unrecognised statement: SELEC 1 at position line 1, column 11");
  EXPECT_EQ(parse_error("(SELECT 1)", prepare), "no error");
}

}  // namespace
}  // namespace orrery::sql
