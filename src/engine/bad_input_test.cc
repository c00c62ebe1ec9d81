// What nobody would write by hand: each gets an answer or an error with a code and a place, in
// bounded time and memory.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>
#include <vector>

#include "engine/session_for_test.h"

namespace orrery::engine {
namespace {

std::string repeated(std::string_view text, size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}
std::string nested(std::string_view open, std::string_view inner, std::string_view close,
                   size_t depth) {
  return repeated(open, depth) + std::string(inner) + repeated(close, depth);
}
/// "f(0)", "f(1)", ... with `between`.
std::string listed(size_t count, std::string_view between,
                   const std::function<std::string(size_t)>& item) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) out += between;
    out += item(i);
  }
  return out;
}

class BadInput : public ::testing::Test {
 protected:
  BadInput() {
    exec(*session_, "CREATE TABLE t (a INTEGER, b INTEGER); INSERT INTO t VALUES (1,2),(3,4)");
  }
  std::string answer(std::string_view sql) { return query(*session_, sql); }
  /// The error of a statement that must fail when it is run or when its rows are read.
  Error error_of(std::string_view sql, const Parameters& parameters = {}) {
    auto rows = session_->query(sql, parameters);
    if (!rows) return std::move(rows).error();
    for (;;) {
      auto more = rows->next();
      if (!more) return std::move(more).error();
      if (!*more) return Error(ErrorCode::kOk, "no error");
    }
  }
  void expect_error(std::string_view sql, ErrorCode code, std::string_view part,
                    const Parameters& parameters = {}) {
    Error error = error_of(sql, parameters);
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code))
        << sql.substr(0, 80) << ": " << error.message();
    EXPECT_NE(error.message().find(part), std::string::npos)
        << sql.substr(0, 80) << ": " << error.message();
    // Whatever it was, the session goes on.
    EXPECT_EQ(answer("SELECT COUNT(*) FROM t"), "2");
  }
  void expect_parse_error(const std::string& sql, std::string_view part) {
    expect_error(sql, ErrorCode::kParse, part);
    Error error = error_of(sql);
    EXPECT_GT(error.position().line, 0u) << sql.substr(0, 80);
    EXPECT_NE(error.message().find("at position line "), std::string::npos) << error.message();
    EXPECT_LT(error.message().size(), 1000u);
  }

  std::shared_ptr<Session> session_ = open("memory://");
};

TEST_F(BadInput, AMegabyteOfParentheses) {
  expect_parse_error("SELECT " + std::string(1 << 20, '('), "unexpected end");
  expect_parse_error(std::string(1 << 20, ')'), "parse error");
  EXPECT_EQ(answer("SELECT " + nested("(", "1", ")", 1 << 19)), "1");
}

TEST_F(BadInput, LongChainsAreAnswered) {
  auto equal = [](size_t i) { return "a = " + std::to_string(i); };
  EXPECT_EQ(answer("SELECT COUNT(*) FROM t WHERE " + listed(10000, " OR ", equal)), "2");
  EXPECT_EQ(answer("SELECT COUNT(*) FROM t WHERE " + listed(10000, " AND ", equal)), "0");
  auto both = [](size_t i) { return "(a = " + std::to_string(i) + " AND b > 0)"; };
  EXPECT_EQ(answer("SELECT COUNT(*) FROM t WHERE " + listed(10000, " OR ", both)), "2");
  auto number = [](size_t i) { return std::to_string(i); };
  EXPECT_EQ(answer("SELECT COUNT(*) FROM t WHERE a IN (" + listed(50000, ",", number) + ")"), "2");
  auto one = [](size_t) { return std::string("SELECT 1"); };
  EXPECT_EQ(answer("SELECT COUNT(*) FROM (" + listed(2000, " UNION ALL ", one) + ") u"), "2000");
  EXPECT_EQ(answer("SELECT " + repeated("- ", 100000) + "1"), "1");
  auto when = [](size_t i) { return "WHEN " + std::to_string(i) + " THEN 'x'"; };
  EXPECT_EQ(answer("SELECT CASE a " + listed(10000, " ", when) + " END FROM t LIMIT 1"), "x");
  std::string ctes = "WITH c0 AS (SELECT 1 x)";
  for (int i = 1; i < 300; ++i) {
    ctes += ", c" + std::to_string(i) + " AS (SELECT x FROM c" + std::to_string(i - 1) + ")";
  }
  EXPECT_EQ(answer(ctes + " SELECT x FROM c299"), "1");
}

TEST_F(BadInput, DeepNestingIsRefusedWithItsPlace) {
  constexpr size_t kDeep = 20000;
  for (const std::string& sql : {
           "SELECT " + nested("(SELECT ", "1", ")", kDeep),
           nested("SELECT * FROM (", "SELECT 1", ") x", kDeep),
           nested("WITH c AS (", "SELECT 1", ") SELECT * FROM c", kDeep),
           "SELECT " + nested("CASE WHEN TRUE THEN ", "1", " END", kDeep),
           "SELECT " + nested("ABS(", "1", ")", kDeep),
           "SELECT " + nested("CAST(", "1", " AS INTEGER)", kDeep),
           "SELECT " + nested("1 IN (", "1", ")", kDeep),
           "SELECT 1 WHERE " + nested("EXISTS (SELECT 1 WHERE ", "TRUE", ")", kDeep),
           "SELECT * FROM " + nested("(", "t", ")", kDeep),
           nested("(", "SELECT 1", ")", kDeep),
       }) {
    expect_parse_error(sql, "nests too deeply");
  }
  for (const std::string& sql : {
           "SELECT " + repeated("NOT ", kDeep) + "a FROM t",
           "SELECT " + repeated("~", kDeep) + "a FROM t",
           "SELECT 1" + repeated(" + 1", kDeep),
           "SELECT 'x'" + repeated(" || 'x'", kDeep),
           "SELECT 1" + repeated(" IS NULL", kDeep),
           "SELECT '{}'" + repeated(" -> 'a'", kDeep),
           "SELECT " + repeated("1 BETWEEN 0 AND ", kDeep) + "1",
       }) {
    expect_parse_error(sql, "too complex");
  }
}

TEST_F(BadInput, PatternsDoNotExplode) {
  // Backtracking would take longer than anybody waits.
  EXPECT_EQ(answer("SELECT REPEAT('a', 100000) LIKE '" + repeated("%a", 5000) + "%b'"), "false");
  EXPECT_EQ(answer("SELECT REPEAT('a', 100000) LIKE '" + repeated("%a_%", 2000) + "b'"), "false");
  EXPECT_EQ(answer("SELECT REPEAT('a', 100000) GLOB '" + repeated("*a", 5000) + "b'"), "false");
  EXPECT_EQ(answer("SELECT REPEAT('a', 30000) REGEXP '(a*)*b'"), "false");
  EXPECT_EQ(answer("SELECT REPEAT('a', 30000) REGEXP '^(a|aa)+$b'"), "false");
  EXPECT_EQ(answer("SELECT REPEAT('a', 30000) REGEXP '(x+x+)+y|(a?){100}a{100}z'"), "false");
  expect_error("SELECT 'a' REGEXP 'a{1000}{1000}{1000}'", ErrorCode::kLimit, "Invalid regex");
  expect_error("SELECT 'a' REGEXP '" + nested("(", "a", ")", 50000) + "'",
               ErrorCode::kInvalidArgument, "Invalid regex: nested too deeply");
}

TEST_F(BadInput, DeepJson) {
  EXPECT_EQ(answer("SELECT JSON_VALID('" + std::string(1000000, '[') + "')"), "0");
  EXPECT_EQ(answer("SELECT JSON_EXTRACT('" + nested("[", "", "]", 100000) + "', '$[0]')"), "NULL");
  EXPECT_EQ(answer("SELECT JSON_EXTRACT('{}', '$" + repeated(".a", 100000) + "')"), "NULL");
  exec(*session_, "CREATE TABLE j (v JSON)");
  expect_error("INSERT INTO j VALUES ('" + nested("[", "", "]", 100000) + "')",
               ErrorCode::kTypeMismatch, "to Json for column 'v'");
}

TEST_F(BadInput, NumbersAtTheEdge) {
  expect_error("SELECT 9223372036854775807 + 1", ErrorCode::kOverflow, "Integer overflow");
  expect_error("SELECT a + 9223372036854775807 FROM t", ErrorCode::kOverflow, "Integer overflow");
  expect_error("SELECT -9223372036854775808 / -1", ErrorCode::kOverflow, "Integer overflow");
  EXPECT_EQ(answer("SELECT -9223372036854775808 % -1, 1 / 0, 1 % 0, 1.0 / 0"), "0,NULL,NULL,NULL");
  EXPECT_EQ(answer("SELECT * FROM t LIMIT 9223372036854775807 OFFSET 9223372036854775807"), "");
  EXPECT_EQ(answer("SELECT COUNT(*) FROM (SELECT * FROM t LIMIT 99999999999999999999) x"), "2");
  expect_parse_error("SELECT * FROM t LIMIT -1", "LIMIT must be non-negative");
  expect_parse_error("SELECT * FROM t LIMIT 'abc'", "LIMIT must be an integer");
  EXPECT_EQ(answer("SELECT SUM(a) OVER (ORDER BY a ROWS BETWEEN 9223372036854775807 PRECEDING AND "
                   "9223372036854775807 FOLLOWING) FROM t LIMIT 1"),
            "4");
  EXPECT_EQ(answer("SELECT SUBSTR('abc', -9223372036854775807, 9223372036854775807), "
                   "ROUND(1.5, 9223372036854775807), 1 << 9223372036854775807"),
            "abc,1.5,-9223372036854775808");
}

TEST_F(BadInput, TextsThatAreNotDates) {
  EXPECT_EQ(answer("SELECT CAST('2024-02-30' AS TIMESTAMP), CAST('9999-12-31' AS TIMESTAMP), "
                   "DATE_ADD('2024-01-01', 9223372036854775807, 'year')"),
            "NULL,NULL,NULL");
  EXPECT_EQ(answer("SELECT TIMESTAMP '2024-01-01' + INTERVAL '9223372036854775807 year'"), "NULL");
  exec(*session_, "CREATE TABLE d (at TIMESTAMP)");
  for (const char* text : {"2024-13-01", "2024-02-30", "24:00:01", "99999-01-01", "soon"}) {
    expect_error("INSERT INTO d VALUES ('" + std::string(text) + "')", ErrorCode::kTypeMismatch,
                 "to Timestamp for column 'at'");
  }
}

TEST_F(BadInput, TextsDoNotFillTheMemory) {
  EXPECT_EQ(answer("SELECT LENGTH(REPEAT('x', 9223372036854775807))"), "10485760");
  EXPECT_EQ(answer("SELECT LENGTH(LPAD('x', 9223372036854775807, 'ab')), "
                   "LENGTH(RPAD('x', 9223372036854775807, 'ab'))"),
            "2621440,2621440");
  expect_error("SELECT LENGTH(REPLACE(REPEAT('a', 1000000), 'a', REPEAT('b', 1000000)))",
               ErrorCode::kLimit, "REPLACE makes a text longer than 10 MiB");
  auto long_text = [](size_t) { return std::string("s"); };
  const std::string from = " FROM (SELECT REPEAT('x', 10000000) AS s) q";
  expect_error("SELECT LENGTH(CONCAT(" + listed(200, ", ", long_text) + "))" + from,
               ErrorCode::kLimit, "CONCAT makes more than 1 GiB of text at once");
  expect_error("SELECT LENGTH(CONCAT_WS('-', " + listed(200, ", ", long_text) + "))" + from,
               ErrorCode::kLimit, "CONCAT_WS makes more than 1 GiB of text at once");
  expect_error("SELECT LENGTH(" + listed(200, " || ", long_text) + ")" + from, ErrorCode::kLimit,
               "|| makes more than 1 GiB of text at once");
  expect_error("SELECT GENERATE_SERIES(1, 100000000)", ErrorCode::kLimit,
               "GENERATE_SERIES makes a text longer than 10 MiB");
}

TEST_F(BadInput, RowsWithoutEnd) {
  // A recursion of too many rounds is an error, never the rows of the first ones ...
  const std::string endless = answer(
      "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT COUNT(*) FROM r");
  EXPECT_NE(endless.find("did not end within 1000000 rounds"), std::string::npos) << endless;
  EXPECT_EQ(answer("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) "
                   "SELECT n FROM r LIMIT 3"),
            "1;2;3");
  // ... or where its rows, twice as many each time, are too many.
  auto small = open("memory://bad-input-small?memory_limit=4mb");
  const std::string doubled = query(*small,
                                    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r, "
                                    "generate_series(1, 2)) SELECT COUNT(*) FROM r");
  EXPECT_NE(doubled.find("memory limit exceeded by a recursive query"), std::string::npos)
      << doubled;
  EXPECT_EQ(answer("SELECT COUNT(*) FROM generate_series(1, 9223372036854775807)"), "10000000");
  EXPECT_EQ(answer("SELECT value FROM generate_series(-9223372036854775807, 9223372036854775807) "
                   "LIMIT 1"),
            "-9223372036854775807");
}

TEST_F(BadInput, WhatNeverEndsCanBeCancelled) {
  for (const char* sql :
       {"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r, generate_series(1, 2)) "
        "SELECT COUNT(*) FROM r",
        "SELECT COUNT(*) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b",
        "SELECT SLEEP(600)",
        "SELECT MAX(LENGTH(REPEAT('x', 1000 + a.value % 7))) FROM generate_series(1, 10000000) a, "
        "generate_series(1, 10000000) b"}) {
    std::atomic<bool> done{false};
    std::thread canceller([&] {
      while (!done.load()) {
        session_->cancel();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
    Error error = error_of(sql);
    done.store(true);
    canceller.join();
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(ErrorCode::kCancelled))
        << sql << ": " << error.message();
  }
  EXPECT_EQ(answer("SELECT 1"), "1");
}

TEST_F(BadInput, GiantStatements) {
  auto row = [](size_t i) { return "(" + std::to_string(i) + ", 'some text')"; };
  EXPECT_EQ(exec(*session_, "CREATE TABLE big (a INTEGER PRIMARY KEY, s TEXT)"), "0");
  EXPECT_EQ(exec(*session_, "INSERT INTO big VALUES " + listed(100000, ",", row)), "100000");
  auto one = [](size_t) { return std::string("1"); };
  expect_error("INSERT INTO t VALUES (" + listed(100000, ",", one) + ")",
               ErrorCode::kInvalidArgument, "INSERT has 2 columns but 100000 values provided");
  auto column = [](size_t i) { return "c" + std::to_string(i) + " INTEGER"; };
  EXPECT_EQ(exec(*session_, "CREATE TABLE wide (" + listed(5000, ",", column) + ")"), "0");
  expect_error("CREATE TABLE wider (" + listed(65536, ",", column) + ")", ErrorCode::kLimit,
               "at most 65535 columns");
  auto table = [](size_t i) { return "t t" + std::to_string(i); };
  expect_error("SELECT COUNT(*) FROM " + listed(500, ", ", table), ErrorCode::kLimit,
               "too many tables in FROM");
  EXPECT_EQ(answer("SELECT LENGTH('" + std::string(5000000, 'a') + "')"), "5000000");
  expect_parse_error("SELECT '" + std::string(1000000, 'a'), "parse error");
}

TEST_F(BadInput, Parameters) {
  expect_parse_error("SELECT $0", "Invalid parameter");
  expect_parse_error("SELECT $99999999999", "Invalid parameter");
  auto statement = session_->prepare("SELECT $1 + $2");
  ASSERT_TRUE(statement) << statement.error().message();
  const types::Datum one[] = {types::Datum::integer(1)};
  auto few = session_->query(**statement, Parameters(one));
  ASSERT_FALSE(few);
  EXPECT_NE(few.error().message().find("requires 2 parameters but only 1 provided"),
            std::string::npos)
      << few.error().message();
  const types::Datum text[] = {types::Datum::text("x")};
  expect_error("INSERT INTO t (a) VALUES ($1)", ErrorCode::kTypeMismatch,
               "cannot convert value 'x' to Integer for column 'a'", Parameters(text));
  expect_error("SELECT * FROM t LIMIT $1", ErrorCode::kParse, "LIMIT must be an integer",
               Parameters(text));
}

TEST_F(BadInput, NotText) {
  for (const char* bytes : {"\xff", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    expect_error("SELECT '" + std::string(bytes) + "'", ErrorCode::kParse, "invalid UTF-8 in SQL");
  }
  expect_error(std::string_view("SELECT 'a\0b'", 12), ErrorCode::kParse, "NULL byte");
}

TEST_F(BadInput, DefinitionsThatConflict) {
  exec(*session_, "CREATE VIEW v AS SELECT a FROM t; CREATE INDEX i ON t (a)");
  expect_error("CREATE TABLE t (x INTEGER)", ErrorCode::kTableExists, "table 't' already exists");
  expect_error("CREATE TABLE v (x INTEGER)", ErrorCode::kViewExists,
               "a view with the same name exists");
  expect_error("CREATE VIEW t AS SELECT 1", ErrorCode::kTableExists, "'t' already exists");
  expect_error("CREATE TABLE x (a INTEGER, A TEXT)", ErrorCode::kInvalidArgument, "duplicate");
  expect_error("CREATE INDEX i ON t (b)", ErrorCode::kIndexExists, "index already exists");
  expect_error("CREATE INDEX j ON t (nope)", ErrorCode::kColumnNotFound, "nope");
  expect_error("DROP TABLE nope", ErrorCode::kTableNotFound, "table 'nope' not found");
  expect_error("ALTER TABLE t ADD COLUMN a TEXT", ErrorCode::kInvalidArgument, "duplicate");
  expect_error("ALTER TABLE t DROP COLUMN nope", ErrorCode::kColumnNotFound, "nope");
  exec(*session_, "CREATE VIEW w AS SELECT nope FROM t");  // looked into when it is read
  expect_error("SELECT * FROM w", ErrorCode::kColumnNotFound, "nope");
  exec(*session_, "CREATE VIEW deep0 AS SELECT a FROM t");
  std::string last;
  for (int i = 1; i < 50 && last.find("error") == std::string::npos; ++i) {
    exec(*session_,
         "CREATE VIEW deep" + std::to_string(i) + " AS SELECT a FROM deep" + std::to_string(i - 1));
    last = answer("SELECT COUNT(*) FROM deep" + std::to_string(i));
  }
  EXPECT_NE(last.find("error"), std::string::npos) << "views nest at most 32 deep";
}

/// Opening gives an error that names the file; never a database without those rows.
class DamagedFiles : public ::testing::Test {
 protected:
  DamagedFiles() {
    auto session = open(dsn_);
    exec(*session,
         "CREATE TABLE t (a INTEGER); INSERT INTO t SELECT value FROM "
         "generate_series(1, 1000)");
    exec(*session, "PRAGMA checkpoint; INSERT INTO t VALUES (-1)");
    session->drop_handle();
  }
  void expect_refusal(const std::filesystem::path& file, ErrorCode code, std::string_view what) {
    auto session = open_session(dsn_);
    ASSERT_FALSE(session) << file << " " << what;
    EXPECT_EQ(static_cast<int>(session.error().code()), static_cast<int>(code))
        << session.error().message();
    EXPECT_NE(session.error().message().find(file.filename().string()), std::string::npos)
        << what << ": " << session.error().message();
  }

  TemporaryFolder folder_;
  const std::string dsn_ = "file://" + folder_.path() + "/db?checkpoint_on_close=off";
};

TEST_F(DamagedFiles, AreNamed) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() + "/db")) {
    const bool lock = entry.path().filename().string().find("lock") != std::string::npos;
    if (entry.is_regular_file() && !lock) files.push_back(entry.path());
  }
  ASSERT_GE(files.size(), 3u) << "manifest, checkpoint, log";
  for (const std::filesystem::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    auto write = [&](std::string text) {
      std::ofstream out(file, std::ios::binary | std::ios::trunc);
      out << text;
    };
    std::string changed = bytes;
    changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 0x10);
    write(changed);
    expect_refusal(file, ErrorCode::kCorruption, "changed");
    std::filesystem::remove(file);
    const bool is_checkpoint = file.extension() == ".ckpt";
    expect_refusal(file, is_checkpoint ? ErrorCode::kIo : ErrorCode::kCorruption, "missing");
    write(bytes);
  }
  auto session = open(dsn_);
  EXPECT_EQ(query(*session, "SELECT COUNT(*) FROM t"), "1001");
}

}  // namespace
}  // namespace orrery::engine
