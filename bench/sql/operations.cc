#include "bench/sql/operations.h"

#include <deque>

namespace bench {
namespace {

/// Text of a parameter lives as long as the program.
std::string_view keep_text(std::string s) {
  static std::deque<std::string> texts;
  return texts.emplace_back(std::move(s));
}

std::vector<Cell> none(uint32_t) { return {}; }

Operation read(std::string name, uint32_t iterations, std::string sql, std::string limit = "") {
  Operation op;
  op.name = std::move(name);
  op.iterations = iterations;
  op.sql = sql + limit;
  if (!limit.empty()) op.verify = std::move(sql);
  op.parameters = none;
  return op;
}

void add_basic(const Engine& e, std::vector<Operation>& out) {
  const std::string yes = "active = " + e.true_literal();
  out.push_back(read("SELECT by ID", 500, "SELECT * FROM users WHERE id = ?"));
  out.back().parameters = [](uint32_t i) { return std::vector<Cell>{integer(i % 500 + 1)}; };
  out.push_back(read("SELECT by index (exact)", 500, "SELECT * FROM users WHERE age = ?"));
  out.back().parameters = [](uint32_t i) { return std::vector<Cell>{integer(i % 62 + 18)}; };
  out.push_back(read("SELECT by index (range)", 500, "SELECT * FROM users WHERE age >= ? AND age <= ?"));
  out.back().parameters = [](uint32_t) { return std::vector<Cell>{integer(30), integer(40)}; };
  out.push_back(read("SELECT complex", 500,
                     "SELECT id, name, balance FROM users WHERE age >= 25 AND age <= 45 AND " + yes + " ORDER BY balance DESC LIMIT 100"));
  out.push_back(read("SELECT * (full scan)", 50, "SELECT * FROM users"));
  auto write = [&](std::string name, std::string sql, std::function<std::vector<Cell>(uint32_t)> parameters) {
    Operation op;
    op.name = std::move(name);
    op.sql = std::move(sql);
    op.verify = "-";
    op.writes = true;
    op.parameters = std::move(parameters);
    out.push_back(std::move(op));
  };
  write("UPDATE by ID", "UPDATE users SET balance = ? WHERE id = ?", [](uint32_t i) {
    Random r{0x9e3779b97f4a7c15ULL + i};
    r.next();
    return std::vector<Cell>{real(r.real(0, 100000)), integer(i % 500 + 1)};
  });
  write("UPDATE complex", "UPDATE users SET balance = ? WHERE age >= ? AND age <= ? AND " + yes, [](uint32_t i) {
    return std::vector<Cell>{real(1000.0 + i), integer(27), integer(28)};
  });
  write("INSERT single", "INSERT INTO users (id, name, email, age, balance, active, created_at) VALUES (?, ?, ?, ?, 100.0, " +
                             e.true_literal() + ", '2024-01-01 00:00:00')",
        [](uint32_t i) {
          int64_t id = 11000 + i;
          return std::vector<Cell>{integer(id), text(keep_text("New_" + std::to_string(id))),
                                   text(keep_text("new" + std::to_string(id) + "@example.com")), integer(i % 62 + 18)};
        });
  write("DELETE by ID", "DELETE FROM users WHERE id = ?", [](uint32_t i) { return std::vector<Cell>{integer(11000 + i)}; });
  write("DELETE complex", "DELETE FROM users WHERE age >= ? AND age <= ? AND " + yes,
        [](uint32_t) { return std::vector<Cell>{integer(25), integer(26)}; });
  out.push_back(read("Aggregation (GROUP BY)", 250, "SELECT age, COUNT(*), AVG(balance) FROM users GROUP BY age"));
}

void add_advanced(const Engine& e, std::vector<Operation>& out) {
  const std::string yes = e.true_literal();
  const std::string limit = " LIMIT 100";
  out.push_back(read("INNER JOIN", 100, "SELECT u.name, o.amount FROM users u INNER JOIN orders o ON u.id = o.user_id WHERE o.status = 'completed'", limit));
  out.push_back(read("LEFT JOIN + GROUP BY", 100, "SELECT u.name, COUNT(o.id), SUM(o.amount) FROM users u LEFT JOIN orders o ON u.id = o.user_id GROUP BY u.id, u.name", limit));
  out.push_back(read("Scalar subquery", 500, "SELECT name, balance, (SELECT AVG(balance) FROM users) FROM users WHERE balance > (SELECT AVG(balance) FROM users)", limit));
  out.push_back(read("IN subquery", 10, "SELECT * FROM users WHERE id IN (SELECT user_id FROM orders WHERE status = 'completed')", limit));
  out.push_back(read("EXISTS subquery", 100, "SELECT * FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.amount > 500)", limit));
  out.push_back(read("CTE + JOIN", 20, "WITH big AS (SELECT user_id, SUM(amount) AS total FROM orders GROUP BY user_id HAVING SUM(amount) > 1000) SELECT u.name, b.total FROM users u INNER JOIN big b ON u.id = b.user_id", limit));
  out.push_back(read("Window ROW_NUMBER", 500, "SELECT name, balance, ROW_NUMBER() OVER (ORDER BY balance DESC) FROM users", limit));
  out.push_back(read("Window ROW_NUMBER (PK)", 500, "SELECT name, ROW_NUMBER() OVER (ORDER BY id) FROM users", limit));
  out.push_back(read("Window PARTITION BY", 500, "SELECT name, age, balance, RANK() OVER (PARTITION BY age ORDER BY balance DESC) FROM users", limit));
  out.push_back(read("UNION ALL", 500, "SELECT name, 'high' AS tier FROM users WHERE balance > 50000 UNION ALL SELECT name, 'low' AS tier FROM users WHERE balance <= 50000", limit));
  out.push_back(read("CASE expression", 500, "SELECT name, CASE WHEN balance > 75000 THEN 'platinum' WHEN balance > 50000 THEN 'gold' WHEN balance > 25000 THEN 'silver' ELSE 'bronze' END FROM users", limit));
  out.push_back(read("Complex JOIN+GROUP+HAVING", 20, "SELECT u.name, COUNT(DISTINCT o.id), SUM(o.amount) FROM users u INNER JOIN orders o ON u.id = o.user_id WHERE u.active = " + yes + " AND o.status IN ('completed', 'shipped') GROUP BY u.id, u.name HAVING COUNT(o.id) > 1", " LIMIT 50"));
  Operation batch;
  batch.name = "Batch INSERT (100 rows)";
  batch.sql = "INSERT INTO orders (id, user_id, amount, status, order_date) VALUES (?, 1, 100.0, 'pending', '2024-02-01')";
  batch.verify = "-";
  batch.writes = true;
  batch.batch = 100;
  batch.parameters = [](uint32_t i) { return std::vector<Cell>{integer(100000 + static_cast<int64_t>(i))}; };
  out.push_back(std::move(batch));
}

void add_hunters_one(std::vector<Operation>& out) {
  const std::string limit = " LIMIT 100";
  out.push_back(read("DISTINCT (no ORDER)", 500, "SELECT DISTINCT age FROM users"));
  out.push_back(read("DISTINCT + ORDER BY", 500, "SELECT DISTINCT age FROM users ORDER BY age"));
  out.push_back(read("COUNT DISTINCT", 500, "SELECT COUNT(DISTINCT age) FROM users"));
  out.push_back(read("LIKE prefix (User_1%)", 500, "SELECT * FROM users WHERE name LIKE 'User_1%'", limit));
  out.push_back(read("LIKE contains (%50%)", 500, "SELECT * FROM users WHERE email LIKE '%50%'", limit));
  out.push_back(read("OR conditions (3 vals)", 500, "SELECT * FROM users WHERE age = 25 OR age = 50 OR age = 75", limit));
  out.push_back(read("IN list (7 values)", 500, "SELECT * FROM users WHERE age IN (20, 25, 30, 35, 40, 45, 50)", limit));
  out.push_back(read("NOT IN subquery", 10, "SELECT * FROM users WHERE id NOT IN (SELECT user_id FROM orders WHERE status = 'cancelled')", limit));
  out.push_back(read("NOT EXISTS subquery", 100, "SELECT * FROM users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND o.status = 'cancelled')", limit));
  out.push_back(read("OFFSET pagination (5000)", 500, "SELECT * FROM users ORDER BY id LIMIT 100 OFFSET 5000"));
  out.push_back(read("Multi-col ORDER BY (3)", 500, "SELECT * FROM users ORDER BY age DESC, balance, name LIMIT 100"));
  out.push_back(read("Self JOIN (same age)", 100, "SELECT u1.name, u2.name FROM users u1 INNER JOIN users u2 ON u1.age = u2.age AND u1.id < u2.id", limit));
  out.push_back(read("Multi window funcs (3)", 500, "SELECT name, balance, ROW_NUMBER() OVER (ORDER BY balance DESC), RANK() OVER (ORDER BY balance DESC), LAG(balance) OVER (ORDER BY balance DESC) FROM users", limit));
  out.push_back(read("Nested subquery (3 lvl)", 20, "SELECT * FROM users WHERE id IN (SELECT user_id FROM orders WHERE amount > (SELECT AVG(amount) FROM orders))", limit));
  out.push_back(read("Multi aggregates (6)", 500, "SELECT COUNT(*), SUM(balance), AVG(balance), MIN(balance), MAX(balance), COUNT(DISTINCT age) FROM users"));
  out.push_back(read("COALESCE + IS NOT NULL", 500, "SELECT name, COALESCE(balance, 0) FROM users WHERE balance IS NOT NULL", limit));
}

void add_hunters_two(const Engine& e, std::vector<Operation>& out) {
  const std::string limit = " LIMIT 100";
  const std::string yes = e.true_literal();
  out.push_back(read("Expr in WHERE (funcs)", 500, "SELECT * FROM users WHERE LENGTH(name) > 7 AND UPPER(name) LIKE 'USER_%'", limit));
  out.push_back(read("Math expressions", 500, "SELECT name, balance * 1.1, ROUND(balance / 1000, 2), ABS(balance - 50000) FROM users", limit));
  out.push_back(read("String concat", 500, "SELECT name || ' (' || email || ')' FROM users", limit));
  out.push_back(read("Large result (no LIMIT)", 20, "SELECT id, name, balance FROM users WHERE active = " + yes));
  out.push_back(read("Multiple CTEs (2)", 100, "WITH young AS (SELECT id, name FROM users WHERE age < 30), rich AS (SELECT id, name FROM users WHERE balance > 70000) SELECT y.name, r.name FROM young y INNER JOIN rich r ON y.id = r.id", " LIMIT 50"));
  out.push_back(read("Correlated in SELECT", 100, "SELECT u.name, (SELECT COUNT(*) FROM orders o WHERE o.user_id = u.id) FROM users u", limit));
  out.push_back(read("BETWEEN (non-indexed)", 500, "SELECT * FROM users WHERE balance BETWEEN 25000 AND 75000", limit));
  out.push_back(read("GROUP BY (2 columns)", 500, "SELECT age, active, COUNT(*), AVG(balance) FROM users GROUP BY age, active"));
  out.push_back(read("CROSS JOIN (limited)", 500, "SELECT u.name, s.status FROM users u CROSS JOIN (SELECT DISTINCT status FROM orders) s", limit));
  out.push_back(read("Derived table (FROM sub)", 500, "SELECT t.age_group, COUNT(*) FROM (SELECT CASE WHEN age < 30 THEN 'young' WHEN age < 50 THEN 'middle' ELSE 'senior' END AS age_group FROM users) t GROUP BY t.age_group"));
  out.push_back(read("Window ROWS frame", 500, "SELECT name, balance, SUM(balance) OVER (ORDER BY balance ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING) FROM users", limit));
  out.push_back(read("HAVING complex", 500, "SELECT age, COUNT(*), AVG(balance) FROM users GROUP BY age HAVING COUNT(*) > 100 AND AVG(balance) > 40000"));
  out.push_back(read("Compare with subquery", 500, "SELECT * FROM users WHERE balance > (SELECT AVG(amount) * 100 FROM orders)", limit));
}

}  // namespace

std::vector<Operation> operations(const Engine& engine) {
  std::vector<Operation> out;
  add_basic(engine, out);
  size_t basic = out.size();
  add_advanced(engine, out);
  add_hunters_one(out);
  add_hunters_two(engine, out);
  for (size_t i = basic; i < out.size(); ++i) out[i].needs_orders = true;
  return out;
}

void load_users(Engine& engine) {
  engine.exec("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, age INTEGER NOT NULL, balance " +
              engine.real_type() + " NOT NULL, active " + engine.boolean_type() + " NOT NULL, created_at TEXT NOT NULL)");
  engine.exec("CREATE INDEX idx_users_age ON users (age)");
  engine.exec("CREATE INDEX idx_users_active ON users (active)");
  Random random;
  auto insert = engine.prepare("INSERT INTO users (id, name, email, age, balance, active, created_at) VALUES (?, ?, ?, ?, ?, ?, '2024-01-01 00:00:00')");
  engine.begin();
  for (int64_t id = 1; id <= 10000; ++id) {
    std::string name = "User_" + std::to_string(id), email = "user" + std::to_string(id) + "@example.com";
    int64_t age = random.between(18, 79);
    double balance = random.real(0, 100000);
    insert->run({integer(id), text(name), text(email), integer(age), real(balance), boolean(random.next() % 10 < 7)});
  }
  engine.commit();
}

void load_orders(Engine& engine) {
  engine.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, amount " + engine.real_type() +
              " NOT NULL, status TEXT NOT NULL, order_date TEXT NOT NULL)");
  engine.exec("CREATE INDEX idx_orders_user ON orders (user_id)");
  engine.exec("CREATE INDEX idx_orders_status ON orders (status)");
  static const std::string_view kStatus[] = {"pending", "completed", "shipped", "cancelled"};
  Random random{0x853c49e6748fea9bULL};
  auto insert = engine.prepare("INSERT INTO orders (id, user_id, amount, status, order_date) VALUES (?, ?, ?, ?, '2024-01-15')");
  engine.begin();
  for (int64_t id = 1; id <= 30000; ++id) {
    int64_t user = random.between(1, 10000);
    double amount = random.real(10, 1000);
    insert->run({integer(id), integer(user), real(amount), text(kStatus[random.next() % 4])});
  }
  engine.commit();
}

}  // namespace bench
