// A small store with tables, and plans of SQL texts over it, for tests.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plan/explain.h"
#include "plan/planner.h"
#include "sql/parser.h"
#include "storage/store.h"

namespace orrery::plan::test {

using types::Datum;
using types::TypeId;

struct ColumnSpec {
  std::string name;
  TypeId type = TypeId::kInteger;
  bool nullable = false;
};

struct IndexSpec {
  std::string name;
  std::vector<uint16_t> columns;
  bool unique = false;
  storage::IndexKind kind = storage::IndexKind::kBTree;
};

class Database {
 public:
  /// The first column is the primary key if it is an INTEGER that cannot be NULL.
  void create(const std::string& name, const std::vector<ColumnSpec>& columns,
              const std::vector<IndexSpec>& indexes) {
    storage::TableDef def;
    def.name = name;
    for (const ColumnSpec& spec : columns) {
      storage::ColumnDef column;
      column.name = spec.name;
      column.type = *types::algebraic_form_of(spec.type);
      if (spec.nullable) column.type = types::AlgebraicType::option(column.type);
      def.columns.push_back(std::move(column));
    }
    if (columns[0].type == TypeId::kInteger && !columns[0].nullable) {
      storage::IndexDef key;
      key.name = "__pk_" + name + "_" + columns[0].name;
      key.kind = storage::IndexKind::kDirect;
      key.unique = key.primary = key.implicit = true;
      key.columns = {0};
      def.indexes.push_back(std::move(key));
      def.primary_key = 0;
    }
    for (const IndexSpec& spec : indexes) {
      storage::IndexDef index;
      index.name = spec.name;
      index.kind = spec.kind;
      index.unique = spec.unique;
      index.columns = spec.columns;
      def.indexes.push_back(std::move(index));
    }
    auto txn = store_.begin(storage::Isolation::kSnapshot);
    txn->begin_statement();
    EXPECT_TRUE(txn->create_table(std::move(def)).has_value());
    EXPECT_TRUE(txn->end_statement().has_value());
    EXPECT_TRUE(txn->commit().has_value());
  }

  void create_view(const std::string& name, const std::string& sql) {
    auto txn = store_.begin(storage::Isolation::kSnapshot);
    txn->begin_statement();
    EXPECT_TRUE(txn->create_view({name, sql}).has_value());
    EXPECT_TRUE(txn->end_statement().has_value());
    EXPECT_TRUE(txn->commit().has_value());
  }

  /// `make(i)` gives row i of `count`.
  template <class Make>
  void fill(const std::string& name, int64_t count, Make make) {
    auto table = store_.catalog()->find_table(name);
    auto txn = store_.begin(storage::Isolation::kSnapshot);
    txn->begin_statement();
    for (int64_t i = 0; i < count; ++i) {
      std::vector<Datum> row = make(i);
      EXPECT_TRUE(txn->insert(*table, row).has_value());
    }
    EXPECT_TRUE(txn->end_statement().has_value());
    EXPECT_TRUE(txn->commit().has_value());
  }

  Result<std::unique_ptr<PlannedStatement>> plan(std::string_view sql,
                                                 std::vector<TypeId> parameters = {}) {
    ORRERY_TRY_ASSIGN(std::vector<sql::StatementPtr> script, sql::parse_script(sql));
    parameters_ = std::move(parameters);
    PlannerInput input;
    input.catalog = store_.catalog();
    input.parameters = parameters_;
    return plan_statement(*script.at(0), input);
  }

  /// EXPLAIN without costs, one string; an error's message where there is one.
  std::string explain(std::string_view sql, std::vector<TypeId> parameters = {}) {
    auto planned = plan(sql, std::move(parameters));
    if (!planned) return "error: " + planned.error().message();
    std::string out;
    for (std::string line : plan::explain(**planned, {}, 0)) {
      size_t cost = line.find(" (cost=");
      if (cost != std::string::npos) line.resize(cost);
      out += line + "\n";
    }
    return out;
  }

  std::string error(std::string_view sql, std::vector<TypeId> parameters = {}) {
    auto planned = plan(sql, std::move(parameters));
    return planned ? "no error" : planned.error().message();
  }

  std::vector<std::string> labels(std::string_view sql) {
    auto planned = plan(sql);
    EXPECT_TRUE(planned.has_value()) << planned.error().message();
    std::vector<std::string> out;
    if (!planned) return out;
    for (const OutputColumn& column : (*planned)->columns) out.push_back(column.name);
    return out;
  }

  storage::Store& store() { return store_; }

 private:
  storage::Store store_;
  std::vector<TypeId> parameters_;
};

/// The tables of the benchmark, filled by its rules.
class BenchmarkTables {
 public:
  static Database& get() {
    static BenchmarkTables* tables = new BenchmarkTables();
    return tables->database_;
  }

 private:
  BenchmarkTables() {
    database_.create("users",
                     {{"id"},
                      {"name", TypeId::kText},
                      {"email", TypeId::kText},
                      {"age"},
                      {"balance", TypeId::kFloat},
                      {"active", TypeId::kBoolean},
                      {"created_at", TypeId::kText}},
                     {{"idx_users_age", {3}}, {"idx_users_active", {5}}});
    database_.create("orders",
                     {{"id"},
                      {"user_id"},
                      {"amount", TypeId::kFloat},
                      {"status", TypeId::kText},
                      {"order_date", TypeId::kText}},
                     {{"idx_orders_user", {1}}, {"idx_orders_status", {3}}});
    database_.fill("users", 10000, [&](int64_t i) {
      names_.push_back("User_" + std::to_string(i + 1));
      names_.push_back("user" + std::to_string(i + 1) + "@example.com");
      return std::vector<Datum>{Datum::integer(i + 1),
                                Datum::text(names_[names_.size() - 2]),
                                Datum::text(names_.back()),
                                Datum::integer(18 + static_cast<int64_t>(next() % 62)),
                                Datum::floating(static_cast<double>(next() % 100000)),
                                Datum::boolean(next() % 10 < 7),
                                Datum::text("2024-01-01 00:00:00")};
    });
    static constexpr std::string_view kStatus[] = {"pending", "completed", "shipped", "cancelled"};
    database_.fill("orders", 30000, [&](int64_t i) {
      return std::vector<Datum>{Datum::integer(i + 1),
                                Datum::integer(1 + static_cast<int64_t>(next() % 10000)),
                                Datum::floating(10 + static_cast<double>(next() % 990)),
                                Datum::text(kStatus[next() % 4]),
                                Datum::text("2024-01-15")};
    });
  }

  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ >> 11;
  }

  Database database_;
  std::deque<std::string> names_;
  uint64_t state_ = 88172645463325252ull;
};

/// t(id, a?, b, c, d) with an index on each of a and c and one on (b, d); s(id, t_id, v?) with one on
/// t_id; w(k, x?) without any. 5000, 2000 and 300 rows.
class RuleTables {
 public:
  static Database& get() {
    static RuleTables* tables = new RuleTables();
    return tables->database_;
  }

 private:
  RuleTables() {
    database_.create("t",
                     {{"id"},
                      {"a", TypeId::kInteger, true},
                      {"b"},
                      {"c", TypeId::kText},
                      {"d", TypeId::kFloat}},
                     {{"t_a", {1}}, {"t_c", {3}}, {"t_bd", {2, 4}}});
    database_.create("s", {{"id"}, {"t_id"}, {"v", TypeId::kInteger, true}}, {{"s_t", {1}}});
    database_.create("w", {{"k", TypeId::kText}, {"x", TypeId::kInteger, true}}, {});
    database_.fill("t", 5000, [](int64_t i) {
      return std::vector<Datum>{Datum::integer(i), i % 10 == 0 ? Datum() : Datum::integer(i % 500),
                                Datum::integer(i % 50), Datum::text(i % 3 == 0 ? "abc" : "abd"),
                                Datum::floating(static_cast<double>(i % 7))};
    });
    database_.fill("s", 2000, [](int64_t i) {
      return std::vector<Datum>{Datum::integer(i), Datum::integer(i % 1000), Datum::integer(i)};
    });
    database_.fill("w", 300, [](int64_t i) {
      return std::vector<Datum>{Datum::text("k"), Datum::integer(i)};
    });
    database_.create_view("v", "SELECT id, a + 1 AS a1 FROM t WHERE b > 3");
  }

  Database database_;
};

}  // namespace orrery::plan::test
