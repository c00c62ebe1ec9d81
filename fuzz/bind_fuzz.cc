// Input: SQL text. A statement of it is bound, optimised and planned against a small schema, and
// explained instead of run: whatever it is, it ends with a plan or an error.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "engine/registry.h"
#include "sql/parser.h"
#include "sql/to_sql.h"

namespace {

using namespace orrery;

constexpr const char* kSchema = R"(
CREATE TABLE dept (code TEXT UNIQUE, title TEXT NOT NULL, budget FLOAT, storey INTEGER);
CREATE TABLE emp (id INTEGER PRIMARY KEY AUTO_INCREMENT, name TEXT NOT NULL, dept TEXT DEFAULT 'x',
                  boss INTEGER, pay INTEGER CHECK (pay > 0), bonus FLOAT, hired TIMESTAMP, active BOOLEAN, info JSON);
CREATE INDEX emp_dept ON emp (dept, pay);
CREATE INDEX emp_pay ON emp (pay);
CREATE TABLE pair (a INTEGER, b TEXT, PRIMARY KEY (a, b));
CREATE VIEW busy AS SELECT d.title, COUNT(*) AS n FROM emp e JOIN dept d ON d.code = e.dept GROUP BY d.title;
INSERT INTO dept VALUES ('A', 'Art', 1.5, 1), ('B', 'Build', NULL, 2);
INSERT INTO emp (name, dept, boss, pay) VALUES ('x', 'A', NULL, 10), ('y', 'B', 1, 20), ('z', NULL, 1, 30);
INSERT INTO pair VALUES (1, 'one'), (2, 'two');
)";

engine::Session& session() {
  static const std::shared_ptr<engine::Session> instance = [] {
    auto opened = engine::open_memory_session();
    ORRERY_ASSERT(opened.has_value());
    auto made = (*opened)->execute(kSchema);
    ORRERY_ASSERT(made.has_value());
    return *opened;
  }();
  return *instance;
}

void explain(const sql::Statement& statement) {
  auto rows = session().query("EXPLAIN " + sql::to_sql(statement));
  if (!rows) {
    ORRERY_ASSERT(!rows.error().message().empty());
    ORRERY_ASSERT(rows.error().code() != ErrorCode::kInternal);
    return;
  }
  for (auto more = rows->next(); more.has_value() && *more; more = rows->next()) {
    ORRERY_ASSERT(!rows->cell(0).is_null());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto script = sql::parse_script(text);
  if (!script) return 0;
  for (const sql::StatementPtr& statement : *script) explain(*statement);
  return 0;
}
