#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "engine/registry.h"
#include "engine/session.h"
#include "types/cast.h"

namespace orrery::engine {
namespace {

class Copy : public ::testing::Test {
 protected:
  Copy() : session_(open_session("memory://").value()) {
    char name[] = "/tmp/orrery-copy-XXXXXX";
    const int fd = mkstemp(name);
    EXPECT_GE(fd, 0);
    close(fd);
    path_ = name;
  }
  ~Copy() override { std::remove(path_.c_str()); }

  void write(const std::string& text) {
    std::FILE* file = std::fopen(path_.c_str(), "wb");
    ASSERT_NE(file, nullptr);
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
  std::string exec(const std::string& sql) {
    auto affected = session_->execute(sql);
    return affected ? std::to_string(*affected) : "error: " + affected.error().message();
  }
  std::string copy(const std::string& options) {
    return exec("COPY t FROM '" + path_ + "' " + options);
  }
  std::string query(const std::string& sql) {
    auto rows = session_->query(sql);
    if (!rows) return "error: " + rows.error().message();
    std::string out;
    while (rows->next().value()) {
      out += out.empty() ? "" : ";";
      for (uint32_t i = 0; i < rows->columns().size(); ++i) {
        if (i > 0) out += ",";
        if (rows->cell(i).is_null()) {
          out += "NULL";
        } else {
          types::append_text(rows->cell(i), &out);
        }
      }
    }
    return out;
  }

  std::shared_ptr<Session> session_;
  std::string path_;
};

TEST_F(Copy, ReadsCsvByHeader) {
  exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, price FLOAT, note TEXT DEFAULT 'd')");
  write("NAME,id,Price,extra\r\n\"a, \"\"b\"\"\",1,2.5,x\nplain,2,,y\n\n\"two\nlines\",3,1,z");
  EXPECT_EQ(copy(""), "3");
  EXPECT_EQ(query("SELECT * FROM t ORDER BY id"),
            "1,a, \"b\",2.5,d;2,plain,NULL,d;3,two\nlines,1,d");
}

TEST_F(Copy, ReadsCsvWithOptions) {
  exec("CREATE TABLE t (a INTEGER, b TEXT)");
  write("1;x\n2;-\n3;\"-\"\n");
  EXPECT_EQ(copy("WITH (FORMAT CSV, HEADER false, DELIMITER ';', NULL '-')"), "3");
  EXPECT_EQ(query("SELECT * FROM t ORDER BY a"), "1,x;2,NULL;3,-");
}

TEST_F(Copy, ReadsJsonArraysAndLines) {
  exec("CREATE TABLE t (a INTEGER, b TEXT DEFAULT 'none', j JSON)");
  write(R"([{"A": 1, "b": "x", "j": {"k": [1]}}, {"a": 2, "zzz": 1}, {"a": 3, "b": null}])");
  EXPECT_EQ(copy("WITH (FORMAT JSON)"), "3");
  EXPECT_EQ(query("SELECT a, b, j FROM t ORDER BY a"), "1,x,{\"k\":[1]};2,none,NULL;3,NULL,NULL");
  write("{\"a\": 4}\n\n{\"a\": 5, \"b\": \"y\"}\n");
  EXPECT_EQ(copy("WITH (FORMAT JSON)"), "2");
  EXPECT_EQ(query("SELECT COUNT(*) FROM t"), "5");
}

TEST_F(Copy, JsonRowsMayTakeTurnsInTheirKeys) {
  exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'd', c FLOAT)");
  std::string rows;
  for (int i = 0; i < 300; ++i) {
    const std::string a = "{\"a\": " + std::to_string(i);
    rows += a + (i % 3 == 0 ? "}\n" : i % 3 == 1 ? ", \"b\": \"x\"}\n" : ", \"c\": 0.5}\n");
  }
  write(rows);
  EXPECT_EQ(copy("WITH (FORMAT JSON)"), "300");
  EXPECT_EQ(query("SELECT b, c, COUNT(*) FROM t GROUP BY b, c ORDER BY b, c"),
            "d,0.5,100;d,NULL,100;x,NULL,100");
}

TEST_F(Copy, IsAllOrNothing) {
  exec("CREATE TABLE t (a INTEGER CHECK (a > 0))");
  write("a\n1\n2\nthree\n");
  EXPECT_NE(copy("").find("error: "), std::string::npos);
  write("a\n1\n-1\n");
  EXPECT_NE(copy("").find("CHECK constraint failed"), std::string::npos);
  write("a\n1\n2,3\n");
  EXPECT_NE(copy("").find("CSV line 3 has 2 fields, expected 1"), std::string::npos);
  write("a\n\"open\n");
  EXPECT_NE(copy("").find("does not end"), std::string::npos);
  EXPECT_EQ(query("SELECT COUNT(*) FROM t"), "0");
}

TEST_F(Copy, RefusesWhatItCannotDo) {
  exec("CREATE TABLE t (a INTEGER)");
  EXPECT_EQ(exec("COPY t FROM '/nowhere/x.csv'").find("error: invalid argument: cannot open file"),
            0u);
  EXPECT_EQ(exec("COPY nope FROM '" + path_ + "'"), "error: table 'nope' not found");
  exec("BEGIN");
  EXPECT_NE(copy("").find("explicit transaction"), std::string::npos);
}

}  // namespace
}  // namespace orrery::engine
