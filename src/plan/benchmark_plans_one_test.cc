// The plans of the 53 benchmark operations, as EXPLAIN prints them without costs.
#include "plan/database_for_test.h"

namespace orrery::plan {
namespace {

using types::TypeId;

constexpr TypeId kInt = TypeId::kInteger;
constexpr TypeId kFloat = TypeId::kFloat;
constexpr TypeId kText = TypeId::kText;

struct Case {
  const char* name;
  std::string_view sql;
  std::vector<TypeId> parameters;
  std::string_view plan;
};

const Case kCases[] = {
    {"SELECT by ID",
     "SELECT * FROM users WHERE id = ?",
     {kInt},
     R"(
  -> PK Lookup on users
       id = $1
)"},
    {"SELECT by index (exact)",
     "SELECT * FROM users WHERE age = ?",
     {kInt},
     R"(
  -> Index Scan using idx_users_age on users
       Index Cond: age = $1
)"},
    {"SELECT by index (range)",
     "SELECT * FROM users WHERE age >= ? AND age <= ?",
     {kInt, kInt},
     R"(
  -> Index Scan using idx_users_age on users
       Index Cond: age >= $1 AND <= $2
)"},
    {"SELECT complex",
     "SELECT id, name, balance FROM users WHERE age >= 25 AND age <= 45 AND active = TRUE "
     "ORDER BY balance DESC LIMIT 100",
     {},
     R"(
  -> Project
     Columns: id, name, balance
      -> Limit
         Limit: 100
          -> Top-N Sort
             Order By: balance DESC
              -> Index Scan using idx_users_age on users
                   Index Cond: age >= 25 AND <= 45
                   Filter: (active = true)
)"},
    {"SELECT * (full scan)",
     "SELECT * FROM users",
     {},
     R"(
  -> Seq Scan on users
)"},
    {"UPDATE by ID",
     "UPDATE users SET balance = ? WHERE id = ?",
     {kFloat, kInt},
     R"(
  -> Project
     Columns: row id, $1
      -> PK Lookup on users
           id = $2
)"},
    {"UPDATE complex",
     "UPDATE users SET balance = ? WHERE age >= ? AND age <= ? AND active = TRUE",
     {kFloat, kInt, kInt},
     R"(
  -> Project
     Columns: row id, $1
      -> Index Scan using idx_users_age on users
           Index Cond: age >= $2 AND <= $3
           Filter: (active = true)
)"},
    {"INSERT single",
     "INSERT INTO users (id, name, email, age, balance, active, created_at) VALUES (?, ?, "
     "?, ?, 100.0, TRUE, '2024-01-01 00:00:00')",
     {kInt, kText, kText, kInt},
     R"(
  -> Values: 1 row(s)
)"},
    {"DELETE by ID",
     "DELETE FROM users WHERE id = ?",
     {kInt},
     R"(
  -> PK Lookup on users
       id = $1
)"},
    {"DELETE complex",
     "DELETE FROM users WHERE age >= ? AND age <= ? AND active = TRUE",
     {kInt, kInt},
     R"(
  -> Project
     Columns: row id
      -> Index Scan using idx_users_age on users
           Index Cond: age >= $1 AND <= $2
           Filter: (active = true)
)"},
    {"Aggregation (GROUP BY)",
     "SELECT age, COUNT(*), AVG(balance) FROM users GROUP BY age",
     {},
     R"(
  -> Hash Aggregate
     Group By: age
      -> Seq Scan on users
)"},
    {"INNER JOIN",
     "SELECT u.name, o.amount FROM users u INNER JOIN orders o ON u.id = o.user_id WHERE "
     "o.status = 'completed' LIMIT 100",
     {},
     R"(
  -> Project
     Columns: u.name, o.amount
      -> Limit
         Limit: 100
          -> Index Nested Loop (INNER Join)
             Join Cond: (u.id = o.user_id)
              -> Index Scan using idx_orders_status on orders
                 Alias: o
                   Index Cond: status = 'completed'
             Inner: Index Scan using __pk_users_id on users
)"},
    {"LEFT JOIN + GROUP BY",
     "SELECT u.name, COUNT(o.id), SUM(o.amount) FROM users u LEFT JOIN orders o ON u.id = "
     "o.user_id GROUP BY u.id, u.name LIMIT 100",
     {},
     R"(
  -> Project
     Columns: name, COUNT(o.id), SUM(o.amount)
      -> Limit
         Limit: 100
          -> Streaming Aggregate
             Group By: u.id
              -> Index Nested Loop (LEFT Join)
                 Join Cond: (o.user_id = u.id)
                  -> Seq Scan on users
                     Alias: u
                 Inner: Index Scan using idx_orders_user on orders
)"},
    {"Scalar subquery",
     "SELECT name, balance, (SELECT AVG(balance) FROM users) FROM users WHERE balance > "
     "(SELECT AVG(balance) FROM users) LIMIT 100",
     {},
     R"(
  -> Project
     Columns: users.name, users.balance, (<subquery>)
     SubPlan
          -> Aggregate
              -> Seq Scan on users
      -> Limit
         Limit: 100
          -> Seq Scan on users
               Filter: (users.balance > (<subquery>))
)"},
    {"IN subquery",
     "SELECT * FROM users WHERE id IN (SELECT user_id FROM orders WHERE status = "
     "'completed') LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Index Nested Loop (SEMI Join)
         Join Cond: (orders.user_id = users.id)
         Join Filter: (status = 'completed')
          -> Seq Scan on users
         Inner: Index Scan using idx_orders_user on orders
)"},
    {"EXISTS subquery",
     "SELECT * FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id "
     "AND o.amount > 500) LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Index Nested Loop (SEMI Join)
         Join Cond: (o.user_id = u.id)
         Join Filter: (amount > 500)
          -> Seq Scan on users
             Alias: u
         Inner: Index Scan using idx_orders_user on orders
)"},
    {"CTE + JOIN",
     "WITH big AS (SELECT user_id, SUM(amount) AS total FROM orders GROUP BY user_id "
     "HAVING SUM(amount) > 1000) SELECT u.name, b.total FROM users u INNER JOIN big b ON "
     "u.id = b.user_id LIMIT 100",
     {},
     R"(
  -> Project
     Columns: u.name, SUM(amount)
      -> Limit
         Limit: 100
          -> Index Nested Loop (INNER Join)
             Join Cond: (u.id = user_id)
              -> Filter
                   Filter: (SUM(amount) > 1000)
                  -> Streaming Aggregate
                     Group By: orders.user_id
                      -> Index Scan using idx_orders_user on orders
             Inner: Index Scan using __pk_users_id on users
)"},
    {"Window ROW_NUMBER",
     "SELECT name, balance, ROW_NUMBER() OVER (ORDER BY balance DESC) FROM users LIMIT 100",
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
    {"Window ROW_NUMBER (PK)",
     "SELECT name, ROW_NUMBER() OVER (ORDER BY id) FROM users LIMIT 100",
     {},
     R"(
  -> Project
     Columns: name, ROW_NUMBER()
      -> Limit
         Limit: 100
          -> Streaming Window
             Order By: id
              -> Index Scan using __pk_users_id on users
)"},
    {"Window PARTITION BY",
     "SELECT name, age, balance, RANK() OVER (PARTITION BY age ORDER BY balance DESC) FROM "
     "users LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Streaming Window
         Partition By: age
         Order By: balance DESC
          -> Top-N Sort
             Order By: age, balance DESC
             Presorted: 1
              -> Index Scan using idx_users_age on users
)"},
    {"UNION ALL",
     "SELECT name, 'high' AS tier FROM users WHERE balance > 50000 UNION ALL SELECT name, "
     "'low' AS tier FROM users WHERE balance <= 50000 LIMIT 100",
     {},
     R"(
  -> Limit
     Limit: 100
      -> Union All
          -> Project
             Columns: users.name, 'high'
              -> Seq Scan on users
                   Filter: (users.balance > 50000)
          -> Project
             Columns: users.name, 'low'
              -> Seq Scan on users
                   Filter: (users.balance <= 50000)
)"},
    {"CASE expression",
     "SELECT name, CASE WHEN balance > 75000 THEN 'platinum' WHEN balance > 50000 THEN "
     "'gold' WHEN balance > 25000 THEN 'silver' ELSE 'bronze' END FROM users LIMIT 100",
     {},
     R"(
  -> Project
     Columns: name, CASE WHEN (balance > 75000) THEN 'platinum' WHEN (balance > 50000) THEN 'gold' WHEN (balance > 25000) THEN 'silver' ELSE 'bronze' END
      -> Limit
         Limit: 100
          -> Seq Scan on users
)"},
    {"Complex JOIN+GROUP+HAVING",
     "SELECT u.name, COUNT(DISTINCT o.id), SUM(o.amount) FROM users u INNER JOIN orders o "
     "ON u.id = o.user_id WHERE u.active = TRUE AND o.status IN ('completed', 'shipped') "
     "GROUP BY u.id, u.name HAVING COUNT(o.id) > 1 LIMIT 50",
     {},
     R"(
  -> Project
     Columns: name, COUNT(o.id), SUM(o.amount)
      -> Limit
         Limit: 50
          -> Filter
               Filter: (COUNT(o.id) > 1)
              -> Streaming Aggregate
                 Group By: u.id
                  -> Index Nested Loop (INNER Join)
                     Join Cond: (o.user_id = u.id)
                     Join Filter: (status IN ('completed', 'shipped'))
                      -> Seq Scan on users
                         Alias: u
                           Filter: (u.active = true)
                     Inner: Index Scan using idx_orders_user on orders
)"},
    {"Batch INSERT",
     "INSERT INTO orders (id, user_id, amount, status, order_date) VALUES (?, 1, 100.0, "
     "'pending', '2024-02-01')",
     {kInt},
     R"(
  -> Values: 1 row(s)
)"},
    {"DISTINCT (no ORDER)",
     "SELECT DISTINCT age FROM users",
     {},
     R"(
  -> Distinct
      -> Index Skip Scan using idx_users_age on users
)"},
    {"DISTINCT + ORDER BY",
     "SELECT DISTINCT age FROM users ORDER BY age",
     {},
     R"(
  -> Distinct
      -> Index Skip Scan using idx_users_age on users
)"},
    {"COUNT DISTINCT",
     "SELECT COUNT(DISTINCT age) FROM users",
     {},
     R"(
  -> Aggregate
      -> Seq Scan on users
)"},
};

TEST(BenchmarkPlans1, Snapshots) {
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
