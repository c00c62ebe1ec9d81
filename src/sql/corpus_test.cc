// Every statement of tests/data/sql-conformance parses, unless its case expects a parse error; and
// its text reads back.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sql/parser.h"
#include "sql/to_sql.h"
#include "sql/tree.h"
#include "types/json.h"

namespace orrery::sql {
namespace {

using types::JsonKind;
using types::JsonValue;

// Cases whose error comes after parsing here: binding, regular expressions and constraints complain
// of them.
constexpr std::string_view kRefusedLater[] = {
    "CREATE TABLE t (id TEXT PRIMARY KEY)",
    "CREATE TABLE t (id FLOAT PRIMARY KEY)",
    "INSERT INTO kv DEFAULT VALUES",
    "REPLACE INTO kv VALUES (1,'x',1,'y')",
    "GRANT ALL ON x",
    "SELECT 'a' REGEXP '[' AS r",
};

std::filesystem::path corpus_folder() {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");
  return std::filesystem::path(root ? root : ".") / "tests/data/sql-conformance";
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Expectation {
  std::string sql;
  std::string where;
  bool may_fail = false;
  bool must_fail = false;
};

/// A step of a set-up list: SQL, an object with SQL, or a reference to a fixture or a control step
/// (no SQL).
void add_step(const JsonValue& step, const std::string& where, std::vector<Expectation>* out) {
  if (step.is(JsonKind::kString)) {
    if (!step.as_string().starts_with("@")) out->push_back({step.as_string(), where});
  } else if (const JsonValue* sql = step.find("sql")) {
    out->push_back({sql->as_string(), where, step.find("fails") != nullptr});
  }
}

void add_case(const JsonValue& c, std::vector<Expectation>* out) {
  std::string where = c.find("id")->as_string();
  for (const JsonValue& step : c.find("setup")->items()) add_step(step, where, out);
  const JsonValue* sql = c.find("sql");
  if (sql == nullptr || !sql->is(JsonKind::kString)) return;
  // defects.jsonl records a wrong answer and, under `right`, the one to give; without it the case
  // only describes.
  const JsonValue* right = c.find("right");
  bool described_only = right != nullptr && !right->is(JsonKind::kObject);
  const JsonValue* error = right != nullptr ? right->find("error") : c.find("error");
  Expectation e{sql->as_string(), where, described_only || error != nullptr};
  bool parse_error = error != nullptr && error->find("class")->as_string() == "parse";
  e.must_fail = parse_error && std::ranges::find(kRefusedLater, e.sql) == std::end(kRefusedLater);
  out->push_back(std::move(e));
}

std::vector<Expectation> load_corpus() {
  std::vector<Expectation> out;
  for (const auto& entry : std::filesystem::directory_iterator(corpus_folder())) {
    if (entry.path().extension() != ".jsonl") continue;
    std::istringstream lines(read_file(entry.path()));
    for (std::string line; std::getline(lines, line);) {
      auto parsed = JsonValue::parse(line);
      EXPECT_TRUE(parsed.has_value()) << entry.path() << line;
      if (parsed) add_case(*parsed, &out);
    }
  }
  auto fixtures = JsonValue::parse(read_file(corpus_folder() / "fixtures.json"));
  EXPECT_TRUE(fixtures.has_value());
  if (!fixtures) return out;
  for (const auto& [name, steps] : fixtures->members()) {
    for (const JsonValue& step : steps.items()) add_step(step, "fixture " + name, &out);
  }
  return out;
}

TEST(Corpus, StatementsParseAndReadBack) {
  ASSERT_TRUE(std::filesystem::exists(corpus_folder()))
      << corpus_folder() << " (set ORRERY_SOURCE_DIR)";
  size_t parsed_count = 0;
  size_t refused_count = 0;
  for (const Expectation& e : load_corpus()) {
    auto script = parse_script(e.sql);
    if (!script) {
      ++refused_count;
      EXPECT_TRUE(e.may_fail) << e.where << ": " << e.sql << "\n" << script.error().message();
      EXPECT_TRUE(script.error().message().starts_with("parse error: "));
      EXPECT_NE(script.error().message().find(" at position line "), std::string::npos);
      continue;
    }
    ++parsed_count;
    EXPECT_FALSE(e.must_fail) << e.where << ": " << e.sql;
    for (const StatementPtr& statement : *script) {
      std::string text = to_sql(*statement);
      auto again = parse_script(text);
      ASSERT_TRUE(again.has_value()) << e.sql << "\n" << text << "\n" << again.error().message();
      ASSERT_EQ(again->size(), 1u) << text;
      EXPECT_TRUE(same_statement(*statement, *(*again)[0])) << e.sql << "\n"
                                                            << text << "\n"
                                                            << to_sql(*(*again)[0]);
    }
  }
  EXPECT_GT(parsed_count, 6500u);
  EXPECT_GT(refused_count, 80u);
}

TEST(Corpus, MessagesHoldWhatCallersLookFor) {
  for (auto [sql, wanted] :
       {std::pair("SELECT id FROM emp ORDER BY id LIMIT -1", "must be non-negative"),
        std::pair("SELECT EXTRACT(CENTURY FROM a)", "invalid EXTRACT field"),
        std::pair("SELECT * FROM kv AS OF", "expected TRANSACTION or TIMESTAMP after AS OF")}) {
    auto script = parse_script(sql);
    ASSERT_FALSE(script.has_value());
    EXPECT_NE(script.error().message().find(wanted), std::string::npos);
  }
}

}  // namespace
}  // namespace orrery::sql
