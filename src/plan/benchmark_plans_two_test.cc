// The plans of the 53 benchmark operations, as EXPLAIN prints them without costs.
#include "plan/database_for_test.h"

namespace orrery::plan {
namespace {

using types::TypeId;

struct Case {
  const char* name;
  std::string_view sql;
  std::vector<TypeId> parameters;
  std::string_view plan;
};

const Case kCases[] = {
    {"LIKE prefix (User_1%)",
     "SELECT * FROM users WHERE name LIKE 'User_1%' LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Seq Scan on users
           Filter: (name LIKE 'User_1%')
)"},
    {"LIKE contains (%50%)",
     "SELECT * FROM users WHERE email LIKE '%50%' LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Seq Scan on users
           Filter: (email LIKE '%50%')
)"},
    {"OR conditions (3 vals)",
     "SELECT * FROM users WHERE age = 25 OR age = 50 OR age = 75 LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Index Scan using idx_users_age on users
           Index Cond: age = 25 OR age = 50 OR age = 75
)"},
    {"IN list (7 values)",
     "SELECT * FROM users WHERE age IN (20, 25, 30, 35, 40, 45, 50) LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Index Scan using idx_users_age on users
           Index Cond: age = 20 OR age = 25 OR age = 30 OR age = 35 OR age = 40 OR age = 45 OR age = 50
)"},
    {"NOT IN subquery",
     "SELECT * FROM users WHERE id NOT IN (SELECT user_id FROM orders WHERE status = "
     "'cancelled') LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Index Nested Loop (ANTI Join)
         Join Cond: (orders.user_id = users.id)
         Join Filter: (status = 'cancelled')
          -> Seq Scan on users
         Inner: Index Scan using idx_orders_user on orders
)"},
    {"NOT EXISTS subquery",
     "SELECT * FROM users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = "
     "u.id AND o.status = 'cancelled') LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Index Nested Loop (ANTI Join)
         Join Cond: (o.user_id = u.id)
         Join Filter: (status = 'cancelled')
          -> Seq Scan on users
             Alias: u
         Inner: Index Scan using idx_orders_user on orders
)"},
    {"OFFSET pagination (5000)",
     "SELECT * FROM users ORDER BY id LIMIT 100 OFFSET 5000",
     {},
     R"(
  -> Limit
     Limit: 100
     Offset: 5000
      -> Index Scan using __pk_users_id on users
)"},
    {"Multi-col ORDER BY (3)",
     "SELECT * FROM users ORDER BY age DESC, balance, name LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Top-N Sort
         Order By: age DESC, balance, name
         Presorted: 1
          -> Index Scan Backward using idx_users_age on users
)"},
    {"Self JOIN (same age)",
     "SELECT u1.name, u2.name FROM users u1 INNER JOIN users u2 ON u1.age = u2.age AND "
     "u1.id < u2.id LIMIT 100",
     {},
     R"(
  -> Project
     Columns: u1.name, u2.name
      -> Limit
         Limit: 100
          -> Index Nested Loop (INNER Join)
             Join Cond: (u2.age = u1.age)
             Join Filter: (u1.id < id)
              -> Seq Scan on users
                 Alias: u1
             Inner: Index Scan using idx_users_age on users
)"},
    {"Multi window funcs (3)",
     "SELECT name, balance, ROW_NUMBER() OVER (ORDER BY balance DESC), RANK() OVER (ORDER "
     "BY balance DESC), LAG(balance) OVER (ORDER BY balance DESC) FROM users LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Streaming Window
         Order By: balance DESC
          -> Top-N Sort
             Order By: balance DESC
              -> Seq Scan on users
)"},
    {"Nested subquery (3 lvl)",
     "SELECT * FROM users WHERE id IN (SELECT user_id FROM orders WHERE amount > (SELECT "
     "AVG(amount) FROM orders)) LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Index Nested Loop (SEMI Join)
         Join Cond: (orders.user_id = users.id)
         Join Filter: (amount > (<subquery>))
         SubPlan
              -> Aggregate
                  -> Seq Scan on orders
          -> Seq Scan on users
         Inner: Index Scan using idx_orders_user on orders
)"},
    {"Multi aggregates (6)",
     "SELECT COUNT(*), SUM(balance), AVG(balance), MIN(balance), MAX(balance), "
     "COUNT(DISTINCT age) FROM users",
     {},
     R"(
  -> Aggregate
      -> Seq Scan on users
)"},
    {"COALESCE + IS NOT NULL",
     "SELECT name, COALESCE(balance, 0) FROM users WHERE balance IS NOT NULL LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Seq Scan on users
)"},
    {"Expr in WHERE (funcs)",
     "SELECT * FROM users WHERE LENGTH(name) > 7 AND UPPER(name) LIKE 'USER_%' LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Seq Scan on users
           Filter: ((LENGTH(name) > 7) AND (UPPER(name) LIKE 'USER_%'))
)"},
    {"Math expressions",
     "SELECT name, balance * 1.1, ROUND(balance / 1000, 2), ABS(balance - 50000) FROM "
     "users LIMIT 100",
     {},
     R"(
  -> Project
     Columns: name, (balance * 1.1), ROUND((balance / 1000), 2), ABS((balance - 50000))
      -> Limit
         Limit: 100
          -> Seq Scan on users
)"},
    {"String concat",
     "SELECT name || ' (' || email || ')' FROM users LIMIT 100",
     {},
     R"(
  -> Project
     Columns: (name || ' (' || email || ')')
      -> Limit
         Limit: 100
          -> Seq Scan on users
)"},
    {"Large result (no LIMIT)",
     "SELECT id, name, balance FROM users WHERE active = TRUE",
     {},
     R"(
  -> Project
     Columns: id, name, balance
      -> Seq Scan on users
           Filter: (active = true)
)"},
    {"Multiple CTEs (2)",
     "WITH young AS (SELECT id, name FROM users WHERE age < 30), rich AS (SELECT id, name "
     "FROM users WHERE balance > 70000) SELECT y.name, r.name FROM young y INNER JOIN rich "
     "r ON y.id = r.id LIMIT 50",
     {},
     R"(
  -> Project
     Columns: users.name, users.name
      -> Limit
         Limit: 50
          -> Index Nested Loop (INNER Join)
             Join Cond: (users.id = users.id)
             Join Filter: (balance > 70000)
              -> Index Scan using idx_users_age on users
                   Index Cond: age < 30
             Inner: Index Scan using __pk_users_id on users
)"},
    {"Correlated in SELECT",
     "SELECT u.name, (SELECT COUNT(*) FROM orders o WHERE o.user_id = u.id) FROM users u "
     "LIMIT 100",
     {},
     R"(
  -> Project
     Columns: u.name, (<subquery>)
     SubPlan (correlated)
          -> Aggregate
              -> Index Scan using idx_orders_user on orders
                 Alias: o
                   Index Cond: user_id = outer.0
      -> Limit
         Limit: 100
          -> Seq Scan on users
             Alias: u
)"},
    {"BETWEEN (non-indexed)",
     "SELECT * FROM users WHERE balance BETWEEN 25000 AND 75000 LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Seq Scan on users
           Filter: ((balance >= 25000) AND (balance <= 75000))
)"},
    {"GROUP BY (2 columns)",
     "SELECT age, active, COUNT(*), AVG(balance) FROM users GROUP BY age, active",
     {},
     R"(
  -> Hash Aggregate
     Group By: age, active
      -> Seq Scan on users
)"},
    {"CROSS JOIN (limited)",
     "SELECT u.name, s.status FROM users u CROSS JOIN (SELECT DISTINCT status FROM orders) "
     "s LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Nested Loop (INNER Join)
          -> Seq Scan on users
             Alias: u
          -> Distinct
              -> Index Skip Scan using idx_orders_status on orders
)"},
    {"Derived table (FROM sub)",
     "SELECT t.age_group, COUNT(*) FROM (SELECT CASE WHEN age < 30 THEN 'young' WHEN age < "
     "50 THEN 'middle' ELSE 'senior' END AS age_group FROM users) t GROUP BY t.age_group",
     {},
     R"(
  -> Hash Aggregate
     Group By: CASE WHEN (age < 30) THEN 'young' WHEN (age < 50) THEN 'middle' ELSE 'senior' END
      -> Hash Aggregate
         Group By: age
          -> Seq Scan on users
)"},
    {"Window ROWS frame",
     "SELECT name, balance, SUM(balance) OVER (ORDER BY balance ROWS BETWEEN 2 PRECEDING "
     "AND 2 FOLLOWING) FROM users LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Streaming Window
         Order By: balance
          -> Top-N Sort
             Order By: balance
              -> Seq Scan on users
)"},
    {"HAVING complex",
     "SELECT age, COUNT(*), AVG(balance) FROM users GROUP BY age HAVING COUNT(*) > 100 AND "
     "AVG(balance) > 40000",
     {},
     R"(
  -> Filter
       Filter: ((COUNT(*) > 100) AND (AVG(balance) > 40000))
      -> Hash Aggregate
         Group By: age
          -> Seq Scan on users
)"},
    {"Compare with subquery",
     "SELECT * FROM users WHERE balance > (SELECT AVG(amount) * 100 FROM orders) LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Seq Scan on users
           Filter: (users.balance > (<subquery>))
         SubPlan
              -> Project
                 Columns: (AVG(amount) * 100)
                  -> Aggregate
                      -> Seq Scan on orders
)"},
};

TEST(BenchmarkPlans2, Snapshots) {
  test::Database& database = test::BenchmarkTables::get();
  for (const Case& c : kCases) {
    std::string plan = database.explain(c.sql, c.parameters);
    size_t header = plan.find("  -> ");
    if (header != std::string::npos) plan = "\n" + plan.substr(header);
    EXPECT_EQ(plan, c.plan) << c.name;
  }
}

}  // namespace
}  // namespace orrery::plan
