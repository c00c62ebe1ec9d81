// What the tests of sessions share: opening, answers as text, a folder that is removed again.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/registry.h"
#include "types/cast.h"

namespace orrery::engine {

inline std::shared_ptr<Session> open(
    std::string_view dsn, const env::Environment& environment = env::system_environment()) {
  auto session = open_session(dsn, environment);
  EXPECT_TRUE(session) << session.error().message();
  (*session)->add_handle();
  return *std::move(session);
}

/// A result as text: cells by commas, rows by semicolons.
inline std::string text_of(Rows rows) {
  std::string out;
  for (;;) {
    auto more = rows.next();
    if (!more) return "error: " + more.error().message();
    if (!*more) return out;
    if (!out.empty()) out += ";";
    for (uint32_t i = 0; i < rows.columns().size(); ++i) {
      if (i > 0) out += ",";
      types::Datum cell = rows.cell(i);
      if (cell.is_null()) {
        out += "NULL";
      } else {
        types::append_text(cell, &out);
      }
    }
  }
}

inline std::string query(Session& session, std::string_view sql,
                         const Parameters& parameters = {}) {
  auto rows = session.query(sql, parameters);
  return rows ? text_of(*std::move(rows)) : "error: " + rows.error().message();
}

inline std::string exec(Session& session, std::string_view sql, const Parameters& parameters = {}) {
  auto affected = session.execute(sql, parameters);
  return affected ? std::to_string(*affected) : "error: " + affected.error().message();
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/orrery-engine-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace orrery::engine
