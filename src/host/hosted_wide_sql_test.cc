// SQL on the whole numbers of a module that INTEGER does not hold.
#include <cstdlib>
#include <fstream>

#include "host/hosted_database_for_test.h"
#include "types/sats_json.h"

namespace orrery::host {
namespace {

FakeModule numbers() {
  FakeModule module;
  const std::vector<types::TypeElement> columns = {
      {"id", AlgebraicType::u64()},   {"a", AlgebraicType::u64()},  {"d", AlgebraicType::u128()},
      {"b", AlgebraicType::i128()},   {"c", AlgebraicType::u256()}, {"e", AlgebraicType::i256()},
      {"n", AlgebraicType::i32()},
  };
  add_table(&module.def, "indexed", columns, {.indexed = {1, 2, 3, 4, 5}});
  add_table(&module.def, "plain", columns);
  add_table(&module.def, "maybe",
            {{"id", AlgebraicType::u64()}, {"a", AlgebraicType::option(AlgebraicType::u64())}},
            {.indexed = {1}});
  module.def.order_by_tag();
  return module;
}

class WideSqlTest : public HostedDatabaseTest {
 protected:
  void SetUp() override {
    HostedDatabaseTest::SetUp();
    runtime_->add("numbers", numbers());
    create("numbers");
  }
  /// The rows as "id:1,x:2 id:2,x:3", or "! " and the error.
  std::string rows(std::string text) {
    auto report = sql(*database_, owner_, std::move(text));
    if (!report) return "! " + report.error().message();
    std::string json;
    std::string_view left = report->rows;
    for (uint64_t i = 0; i < report->row_count; ++i) {
      if (i != 0) json += " ";
      auto used = types::bsatn_to_json(report->schema, left, types::JsonShape::kTyped, &json);
      EXPECT_TRUE(used);
      if (used) left.remove_prefix(*used);
    }
    std::string out;
    for (size_t i = 0; i < json.size(); ++i) {
      if (std::string_view("{}[]\"").find(json[i]) != std::string_view::npos) continue;
      if (std::string_view(json).substr(i).starts_with("some\":")) {
        i += 5;
        continue;
      }
      out += json[i];
    }
    return out;
  }
  void expect_rows(const std::string& text, std::string_view expected) {
    const std::string found = rows(text);
    if (expected.starts_with("! ")) {
      EXPECT_TRUE(found.starts_with(expected)) << text << "\n" << found;
    } else {
      EXPECT_EQ(found, expected) << text;
    }
  }
  std::string plan(const std::string& text) { return rows("EXPLAIN " + text); }
  std::string type_of(const std::string& text) {
    auto report = sql(*database_, owner_, text);
    return report ? report->schema.to_string() : "! " + report.error().message();
  }
  void run(const std::string& text) {
    auto report = sql(*database_, owner_, text);
    EXPECT_TRUE(report) << text << "\n" << report.error().message();
  }
};

TEST_F(WideSqlTest, GivesWhatPythonGives) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");  // set by ctest
  const std::string here = __FILE__;
  const std::string folder =
      root != nullptr ? std::string(root) + "/src/host" : here.substr(0, here.rfind('/'));
  std::ifstream in(folder + "/testdata/wide_sql.txt");
  ASSERT_TRUE(in.good());
  int count = 0;
  std::string expected;
  for (std::string line; std::getline(in, line) && std::getline(in, expected); ++count) {
    if (expected.starts_with("= ")) expected.erase(0, 2);
    for (const char* table : {"indexed", "plain"}) {
      std::string text = line;
      for (size_t at; (at = text.find("{t}")) != std::string::npos;) text.replace(at, 3, table);
      expect_rows(text, expected);
    }
  }
  EXPECT_GT(count, 1000);
}

TEST_F(WideSqlTest, IndexesAnswer) {
  for (int i = 1; i <= 50; ++i) {
    const std::string n = std::to_string(i);
    run("INSERT INTO indexed VALUES (" + n + ", " + n + ", " + n + ", -" + n + ", " + n + ", -" + n +
        ", " + n + ")");
  }
  for (const char* test : {"id = 7", "a = 7", "a > 45", "45 < a", "a BETWEEN 3 AND 5", "a IN (3, 5)",
                           "a = 0x07", "b < -45", "b = -7", "c >= 48", "c = 48", "d < 3", "e <= -48",
                           "e BETWEEN -5 AND -3", "a > 3 AND a < 6", "id = 3 OR id = 7",
                           "c > 0xFFFFFFFFFFFFFFFFFFFFFFFF"}) {
    const std::string text = std::string("SELECT * FROM indexed WHERE ") + test;
    EXPECT_NE(plan(text).find("Index"), std::string::npos) << text << "\n" << plan(text);
  }
  for (const char* order : {"id", "a", "a DESC", "b", "c DESC", "d", "e"}) {
    const std::string text =
        std::string("SELECT id FROM indexed ORDER BY ") + order + " LIMIT 3";
    EXPECT_EQ(plan(text).find("Sort"), std::string::npos) << text << "\n" << plan(text);
  }
  const std::string join =
      "SELECT p.id FROM plain p JOIN indexed i ON i.a = p.a WHERE p.id = 3";
  EXPECT_NE(plan(join).find("Index"), std::string::npos) << plan(join);
}

TEST_F(WideSqlTest, TypesOfResults) {
  run("INSERT INTO plain VALUES (1, 255, 7, -5, 9, -9, 3)");
  EXPECT_EQ(type_of("SELECT a, a + 1 AS p, a * b AS q, -a AS r, c - d AS s, a / 2.0 AS t, ABS(b) AS u "
                    "FROM plain"),
            "(a: U64, p: Option<U64>, q: Option<I128>, r: Option<I128>, s: Option<U256>, "
            "t: Option<F64>, u: Option<I128>)");
  EXPECT_EQ(type_of("SELECT SUM(a) AS p, SUM(d) AS q, SUM(b) AS r, AVG(a) AS s, MAX(c) AS t FROM plain"),
            "(p: Option<U128>, q: Option<U256>, r: Option<I256>, s: Option<F64>, t: Option<U256>)");
  EXPECT_EQ(type_of("SELECT CASE WHEN n = 3 THEN a ELSE 0 END AS p, CASE WHEN n = 3 THEN a ELSE n END "
                    "AS q FROM plain"),
            "(p: U64, q: I128)");
  EXPECT_EQ(type_of("SELECT COALESCE(m.a, 0) AS p FROM maybe m"), "(p: U64)");
  EXPECT_EQ(type_of("SELECT a + 18446744073709551616 AS p FROM plain"), "(p: Option<I128>)");
  EXPECT_EQ(type_of("SELECT a + 1 FROM plain"), "(expr1: Option<U64>)");
  EXPECT_EQ(type_of("SELECT 18446744073709551615 AS p, -9223372036854775809 AS q FROM plain"),
            "(p: U64, q: I128)");
}

TEST_F(WideSqlTest, ByHand) {
  run("INSERT INTO plain VALUES (1, 255, 7, -5, 9, -9, 3)");
  run("INSERT INTO plain VALUES (2, 18446744073709551615, 8, 5, 9, 9, 4)");
  run("INSERT INTO maybe VALUES (1, NULL)");
  run("INSERT INTO maybe VALUES (2, 256)");
  run("INSERT INTO maybe VALUES (3, 255)");
  EXPECT_EQ(rows("SELECT id FROM maybe ORDER BY a NULLS FIRST"), "id:1 id:3 id:2");
  EXPECT_EQ(rows("SELECT id FROM maybe WHERE a >= 255 ORDER BY a DESC"), "id:2 id:3");
  EXPECT_EQ(rows("SELECT SUM(a) AS s, COUNT(a) AS k FROM maybe"), "s:511,k:2");
  EXPECT_EQ(rows("SELECT id FROM maybe WHERE a IS NULL"), "id:1");
  EXPECT_EQ(rows("SELECT AVG(a) AS s FROM maybe"), "s:255.5");
  EXPECT_EQ(rows("SELECT COALESCE(a, 0) AS s FROM maybe ORDER BY id"), "s:0 s:256 s:255");
  EXPECT_EQ(rows("SELECT a * 0.5 AS s FROM plain WHERE id = 1"), "s:127.5");
  EXPECT_EQ(rows("SELECT id FROM plain WHERE a + 0 < 255.5"), "id:1");
  EXPECT_EQ(rows("SELECT a - 1 AS s FROM plain ORDER BY a - 1 DESC"),
            "s:18446744073709551614 s:254");
  EXPECT_EQ(rows("SELECT n + 1 AS x FROM (SELECT COUNT(*) AS n FROM plain) t WHERE n = 2 AND n > 1"),
            "x:3");
  EXPECT_EQ(rows("SELECT CAST('18446744073709551616' AS FLOAT) > a AS x FROM plain WHERE id = 2"),
            "x:true");
  EXPECT_EQ(rows("SELECT CAST(a AS INTEGER) AS x FROM plain ORDER BY id"), "x:255 x:none:");
  EXPECT_EQ(rows("SELECT SUM(a) OVER (ORDER BY id) AS x FROM plain ORDER BY id"),
            "x:255 x:18446744073709551870");
  EXPECT_EQ(rows("SELECT ROW_NUMBER() OVER (ORDER BY a DESC) AS x FROM plain ORDER BY id"), "x:2 x:1");
  EXPECT_EQ(rows("SELECT id FROM plain WHERE a IN (SELECT a FROM maybe)"), "id:1");
  EXPECT_EQ(rows("SELECT id FROM plain WHERE a > ALL (SELECT a FROM maybe WHERE id > 1)"), "id:2");
  EXPECT_EQ(rows("SELECT CAST(a AS TEXT) AS x FROM plain UNION SELECT CAST(n AS TEXT) FROM plain "
                 "ORDER BY 1"),
            "x:18446744073709551615 x:255 x:3 x:4");
  EXPECT_EQ(rows("SELECT a AS x FROM plain UNION SELECT n FROM plain ORDER BY x"),
            "x:3 x:4 x:255 x:18446744073709551615");
}

TEST_F(WideSqlTest, ErrorsAreClear) {
  run("INSERT INTO plain VALUES (1, 255, 7, -5, 9, -9, 3)");
  expect_rows("SELECT a + 18446744073709551615 AS x FROM plain",
              "! Integer overflow in arithmetic operation: 255 and 18446744073709551615");
  expect_rows("SELECT a - 256 AS x FROM plain",
              "! Integer overflow in arithmetic operation: 255 and 256");
  expect_rows("SELECT * FROM plain WHERE a = -1",
              "! The literal expression `-1` cannot be parsed as type `U64`");
  expect_rows("SELECT * FROM plain WHERE a = 1.5",
              "! The literal expression `1.5` cannot be parsed as type `U64`");
  expect_rows("SELECT * FROM plain WHERE a = 18446744073709551616",
              "! The literal expression `18446744073709551616` cannot be parsed as type `U64`");
  expect_rows("SELECT * FROM plain WHERE a = 'many'",
              "! The literal expression `many` cannot be parsed as type `U64`");
  expect_rows("INSERT INTO plain VALUES (2, -1, 7, -5, 9, -9, 3)",
              "! The literal expression `-1` cannot be parsed as type `U64`");
  expect_rows("UPDATE plain SET a = n - 4", "! cannot convert value '-1' to U64 for column 'a'");
  expect_rows("UPDATE plain SET a = a - 256", "! Integer overflow in arithmetic operation");
  expect_rows("SELECT SUM(c) AS x FROM (SELECT "
              "115792089237316195423570985008687907853269984665640564039457584007913129639935 AS c "
              "FROM plain UNION ALL SELECT c FROM plain) t",
              "! Integer overflow in arithmetic operation: SUM");
}

TEST_F(WideSqlTest, Writes) {
  for (const char* row : {"(1, 255, 0, 0, 0, 0, 1)", "(2, 256, 0, 0, 0, 0, 2)",
                          "(3, 18446744073709551615, 0, 0, 0, 0, 3)"}) {
    run(std::string("INSERT INTO indexed VALUES ") + row);
  }
  run("UPDATE indexed SET a = a + 1 WHERE id = 1");
  run("UPDATE indexed SET a = n + 40, b = -a WHERE id = 2");
  EXPECT_EQ(rows("SELECT a, b FROM indexed WHERE id < 3 ORDER BY id"), "a:256,b:0 a:42,b:-256");
  run("DELETE FROM indexed WHERE a >= 9223372036854775808");
  EXPECT_EQ(rows("SELECT id FROM indexed ORDER BY id"), "id:1 id:2");
}

}  // namespace
}  // namespace orrery::host
