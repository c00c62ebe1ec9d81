// Statements past memory_limit, from the data source name to the rows.
#include "env/simulated.h"
#include "engine/session_for_test.h"

namespace orrery::engine {
namespace {

/// Larger than the limit by far: 6,000 rows of about 60 bytes.
void fill(Session& session) {
  ASSERT_EQ(
      exec(session, "CREATE TABLE t (id INTEGER PRIMARY KEY, grp INTEGER, name TEXT, f FLOAT)"),
      "0");
  ASSERT_EQ(exec(session,
                 "INSERT INTO t SELECT value, value % 1500, 'a name that is long enough ' || "
                 "(value * 7919 % 4001), value / 7.0 FROM generate_series(1, 6000)"),
            "6000");
}

struct Case {
  const char* what;
  const char* sql;
};
constexpr Case kCases[] = {
    {"sort", "SELECT id, name FROM t ORDER BY name, id DESC"},
    {"hash join",
     "SELECT a.id, b.id FROM t a JOIN t b ON a.name = b.name AND a.id <> b.id ORDER BY a.id, b.id"},
    {"left join",
     "SELECT a.id, b.id FROM t a LEFT JOIN (SELECT id, name FROM t WHERE grp > 700) b "
     "ON a.name = b.name ORDER BY a.id, b.id"},
    {"NOT IN", "SELECT id FROM t WHERE name NOT IN (SELECT name FROM t WHERE grp > 200) ORDER BY id"},
    {"aggregate", "SELECT name, COUNT(*), SUM(grp), MAX(f) FROM t GROUP BY name ORDER BY name"},
    {"aggregate of a sparse key", "SELECT f, COUNT(*) FROM t GROUP BY f ORDER BY f"},
    {"DISTINCT", "SELECT COUNT(*), SUM(LENGTH(name)) FROM (SELECT DISTINCT name, grp FROM t) d"},
    {"COUNT DISTINCT", "SELECT id, COUNT(DISTINCT name) FROM t GROUP BY id ORDER BY 1"},
    {"UNION", "SELECT name FROM t UNION SELECT name || grp FROM t ORDER BY 1"},
    {"INTERSECT",
     "SELECT name FROM t WHERE grp < 900 INTERSECT SELECT name FROM t WHERE grp > 300 ORDER BY 1"},
    {"EXCEPT", "SELECT name, id FROM t EXCEPT SELECT name, id FROM t WHERE grp > 300 ORDER BY 2"},
    {"window",
     "SELECT id, ROW_NUMBER() OVER (PARTITION BY name ORDER BY f DESC), "
     "SUM(grp) OVER (PARTITION BY name) FROM t ORDER BY id"},
    {"CTE read twice",
     "WITH c AS (SELECT id, name, grp FROM t WHERE id % 2 = 0) SELECT COUNT(*), "
     "SUM(x.grp) FROM c x JOIN c y ON x.name = y.name"},
    {"recursion",
     "WITH RECURSIVE r(n, s) AS (SELECT 1, 'some text that makes the rows larger' UNION ALL "
     "SELECT n + 1, s || '.' FROM r WHERE n < 800) SELECT COUNT(*), SUM(a.n), MAX(LENGTH(b.s)) "
     "FROM r a JOIN r b ON a.n = b.n"},
};

bool is_empty(const std::string& folder) {
  return !std::filesystem::exists(folder) || std::filesystem::is_empty(folder);
}

TEST(Spill, FileDatabaseAnswersAsWithoutALimit) {
  auto free = open("memory://");
  fill(*free);
  TemporaryFolder folder;
  const std::string path = folder.path() + "/db";
  for (const char* more : {"", "&vector_size=2"}) {
    std::filesystem::remove_all(path);
    auto limited = open("file://" + path + "?sync_mode=none&memory_limit=64kb" + more);
    fill(*limited);
    for (const Case& c : kCases) {
      const std::string want = query(*free, c.sql);
      ASSERT_NE(want.substr(0, 6), "error:") << c.what << want;
      const std::string got = query(*limited, c.sql);
      EXPECT_TRUE(got == want) << c.what << ": " << got.substr(0, 200);
      EXPECT_TRUE(is_empty(path + "/spill")) << c.what;
    }
  }
}

TEST(Spill, FilesAreThereWhileRowsAreReadAndGoWithThem) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/db";
  auto session = open("file://" + path + "?sync_mode=none&memory_limit=64kb");
  fill(*session);
  for (const char* sql : {"SELECT id, name FROM t ORDER BY name, id",
                          "SELECT name, f, COUNT(*) FROM t GROUP BY name, f",
                          "SELECT a.id FROM t a JOIN t b ON a.name = b.name",
                          "SELECT id, ROW_NUMBER() OVER (PARTITION BY name ORDER BY f) FROM t"}) {
    auto rows = session->query(sql);
    ASSERT_TRUE(rows) << rows.error().message();
    auto one = rows->next();
    ASSERT_TRUE(one && *one) << sql;
    EXPECT_FALSE(is_empty(path + "/spill")) << sql;
    rows = session->query("SELECT 1");  // drops the result half read
    EXPECT_TRUE(is_empty(path + "/spill")) << sql;
  }
}

TEST(Spill, MemoryDatabasesSpillOnlyWhereTheyAreTold) {
  auto free = open("memory://");
  fill(*free);
  auto nowhere = open("memory://?memory_limit=64kb");
  exec(*nowhere, "CREATE TABLE t (id INTEGER PRIMARY KEY, grp INTEGER, name TEXT, f FLOAT)");
  for (int i = 0; i < 6000; i += 100) {  // rows of a table do not count
    exec(*nowhere, "INSERT INTO t SELECT value, value % 1500, 'a name that is long enough ' || "
                   "(value * 7919 % 4001), value / 7.0 FROM generate_series(" +
                       std::to_string(i + 1) + ", " + std::to_string(i + 100) + ")");
  }
  EXPECT_EQ(query(*nowhere, "SELECT COUNT(*) FROM t"), "6000");
  EXPECT_EQ(query(*nowhere, "SELECT id, name FROM t ORDER BY name"),
            "error: memory limit exceeded by a sort, which has no spill_directory to go to");
  EXPECT_EQ(query(*nowhere, "SELECT id FROM t ORDER BY name, id LIMIT 2"),
            query(*free, "SELECT id FROM t ORDER BY name, id LIMIT 2"));

  TemporaryFolder folder;
  const std::string spill = folder.path() + "/for/spilling";
  auto told = open("memory://?memory_limit=64kb&spill_directory=" + spill);
  fill(*told);
  for (const Case& c : kCases) {
    EXPECT_TRUE(query(*told, c.sql) == query(*free, c.sql)) << c.what;
    EXPECT_TRUE(is_empty(spill)) << c.what;
  }
  EXPECT_TRUE(std::filesystem::exists(spill));
}

TEST(Spill, FullDiskIsAnErrorOfTheStatement) {
  env::SimFileSystem files(1);
  env::Environment environment = env::system_environment();
  environment.files = &files;
  auto session = open("memory://?memory_limit=64kb&spill_directory=/spill", environment);
  fill(*session);
  for (const Case& c : kCases) {
    files.set_capacity(20000);
    const std::string got = query(*session, c.sql);
    EXPECT_EQ(got.substr(0, 6), "error:") << c.what;
    EXPECT_NE(got.find("no space left"), std::string::npos) << c.what << ": " << got.substr(0, 200);
    auto left = files.list_dir("/spill");
    ASSERT_TRUE(left);
    EXPECT_TRUE(left->empty()) << c.what;
    files.set_capacity(UINT64_MAX);
    EXPECT_NE(query(*session, c.sql).substr(0, 6), "error:") << c.what;
  }
}

TEST(Spill, WhatAKilledProcessLeftIsRemoved) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/db";
  open("file://" + path).reset();
  std::filesystem::create_directories(path + "/spill");
  for (const char* name : {"spill-0123456789abcdef-1", "spill-0123456789abcdef-2", "other"}) {
    FILE* file = fopen((path + "/spill/" + name).c_str(), "w");
    ASSERT_NE(file, nullptr);
    fclose(file);
  }
  auto session = open("file://" + path);
  EXPECT_FALSE(std::filesystem::exists(path + "/spill/spill-0123456789abcdef-1"));
  EXPECT_FALSE(std::filesystem::exists(path + "/spill/spill-0123456789abcdef-2"));
  EXPECT_TRUE(std::filesystem::exists(path + "/spill/other"));
}

}  // namespace
}  // namespace orrery::engine
