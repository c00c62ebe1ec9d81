#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "exec/plan_for_test.h"
#include "types/compare.h"

namespace orrery::exec::test {
namespace {

using expr::CompareOp;
using plan::JoinType;

constexpr uint32_t kVectorSizes[] = {2, 7, 2048};

RunOptions sized(uint32_t vector_size) {
  RunOptions options;
  options.vector_size = vector_size;
  return options;
}

std::vector<std::string> sorted(std::vector<std::string> v) {
  std::sort(v.begin(), v.end());
  return v;
}

bool equal_cells(const Datum& a, const Datum& b) {
  return !a.is_null() && !b.is_null() && types::total_order(a, b) == 0;
}

TEST(Execution, FiltersAndProjects) {
  Dice dice(1);
  std::vector<TypeId> types{TypeId::kInteger, TypeId::kText};
  Rows rows = random_rows(dice, types, 5000);
  for (uint32_t size : kVectorSizes) {
    auto filter = over<plan::FilterNode>(values(types, rows));
    filter->condition = cmp(CompareOp::kGreater, col(0), lit(5));
    auto project = over<plan::ProjectNode>(std::move(filter));
    project->output = {{"b", TypeId::kText, true}, {"a", TypeId::kInteger, true}};
    project->exprs.push_back(col(1, TypeId::kText));
    project->exprs.push_back(col(0));
    Rows want;
    for (const Row& r : rows) {
      if (!r[0].is_null() && r[0].datum().as_int64() > 5) want.push_back({r[1], r[0]});
    }
    auto got = run(statement(std::move(project)), sized(size));
    ASSERT_TRUE(got);
    EXPECT_EQ(text_of(*got), text_of(want));
  }
}

TEST(Execution, LimitsAndOffsets) {
  Rows rows;
  for (int64_t i = 0; i < 100; ++i) rows.push_back({Value::integer(i)});
  for (uint32_t size : kVectorSizes) {
    for (int64_t limit : {0, 1, 5, 98, 200}) {
      for (int64_t offset : {0, 1, 3, 99, 100}) {
        auto node = over<plan::LimitNode>(values({TypeId::kInteger}, rows));
        node->limit = lit(limit);
        node->offset = lit(offset);
        auto got = run(statement(std::move(node)), sized(size));
        ASSERT_TRUE(got);
        ASSERT_EQ(static_cast<int64_t>(got->size()),
                  std::min(limit, std::max<int64_t>(100 - offset, 0)));
        if (!got->empty()) EXPECT_EQ((*got)[0][0].datum().as_int64(), offset);
      }
    }
  }
  auto node = over<plan::LimitNode>(values({TypeId::kInteger}, rows));
  node->limit = lit(-1);
  auto got = run(statement(std::move(node)));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message(), "LIMIT must be non-negative, got -1");
}

TEST(Execution, PlansAreReusedWithOtherParameters) {
  Rows rows;
  for (int64_t i = 0; i < 10; ++i) rows.push_back({Value::integer(i)});
  auto filter = over<plan::FilterNode>(values({TypeId::kInteger}, rows));
  auto parameter = std::make_unique<expr::Expr>();
  parameter->kind = expr::ExprKind::kParameter;
  parameter->type = TypeId::kInteger;
  filter->condition = cmp(CompareOp::kEqual, col(0), std::move(parameter));
  auto s = statement(std::move(filter));
  for (int64_t i = 0; i < 12; ++i) {
    RunOptions options;
    options.parameters = {Datum::integer(i)};
    auto got = run(s, options);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->size(), i < 10 ? 1u : 0u);
  }
}

Rows naive_join(const Rows& left, const Rows& right, JoinType type, size_t right_width,
                size_t left_width, const std::function<bool(const Row&, const Row&)>& matches) {
  Rows out;
  std::vector<bool> right_matched(right.size());
  for (const Row& l : left) {
    bool any = false;
    for (size_t r = 0; r < right.size(); ++r) {
      if (!matches(l, right[r])) continue;
      any = true;
      right_matched[r] = true;
      if (type == JoinType::kSemi || type == JoinType::kAnti) continue;
      Row row = l;
      row.insert(row.end(), right[r].begin(), right[r].end());
      out.push_back(row);
    }
    if (any ? type == JoinType::kSemi : type == JoinType::kAnti) out.push_back(l);
    if (!any && (type == JoinType::kLeft || type == JoinType::kFull)) {
      Row row = l;
      row.resize(left_width + right_width);
      out.push_back(row);
    }
  }
  if (type == JoinType::kRight || type == JoinType::kFull) {
    for (size_t r = 0; r < right.size(); ++r) {
      if (right_matched[r]) continue;
      Row row(left_width);
      row.insert(row.end(), right[r].begin(), right[r].end());
      out.push_back(row);
    }
  }
  return out;
}

constexpr JoinType kJoinTypes[] = {JoinType::kInner, JoinType::kLeft, JoinType::kRight,
                                   JoinType::kFull,  JoinType::kSemi, JoinType::kAnti};

void set_join_output(plan::PlanNode& node, JoinType type) {
  node.output = node.children[0]->output;
  if (type == JoinType::kSemi || type == JoinType::kAnti || type == JoinType::kNullAwareAnti)
    return;
  for (const auto& c : node.children[1]->output) node.output.push_back(c);
}

class JoinTest : public testing::TestWithParam<std::pair<TypeId, TypeId>> {};

TEST_P(JoinTest, HashJoinAgreesWithNaive) {
  auto [left_type, right_type] = GetParam();
  Dice dice(7);
  for (size_t left_size : {0, 1, 150}) {
    for (size_t right_size : {0, 1, 90}) {
      std::vector<TypeId> lt{left_type, TypeId::kInteger}, rt{TypeId::kInteger, right_type};
      Rows left = random_rows(dice, lt, left_size), right = random_rows(dice, rt, right_size);
      for (JoinType type : kJoinTypes) {
        for (bool residual : {false, true}) {
          Rows want = naive_join(left, right, type, 2, 2, [&](const Row& l, const Row& r) {
            return equal_cells(l[0].datum(), r[1].datum()) &&
                   (!residual || (!l[1].is_null() && !r[0].is_null() &&
                                  l[1].datum().as_int64() < r[0].datum().as_int64()));
          });
          for (uint32_t size : kVectorSizes) {
            auto join = std::make_unique<plan::HashJoinNode>();
            join->type = type;
            join->children.push_back(values(lt, left));
            join->children.push_back(values(rt, right));
            join->left_keys.push_back(col(0, left_type));
            join->right_keys.push_back(col(1, right_type));
            if (residual) join->residual = cmp(CompareOp::kLess, col(1), col(2));
            set_join_output(*join, type);
            auto got = run(statement(std::move(join)), sized(size));
            ASSERT_TRUE(got);
            EXPECT_EQ(sorted(text_of(*got)), sorted(text_of(want)))
                << "join type " << int(type) << " residual " << residual << " vectors " << size;
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, JoinTest,
                         testing::Values(std::pair{TypeId::kInteger, TypeId::kInteger},
                                         std::pair{TypeId::kInteger, TypeId::kFloat},
                                         std::pair{TypeId::kFloat, TypeId::kFloat},
                                         std::pair{TypeId::kText, TypeId::kText},
                                         std::pair{TypeId::kBoolean, TypeId::kBoolean},
                                         std::pair{TypeId::kAny, TypeId::kAny},
                                         std::pair{TypeId::kAny, TypeId::kInteger}));

TEST(Joins, NestedLoopAgreesWithNaive) {
  Dice dice(9);
  std::vector<TypeId> types{TypeId::kInteger, TypeId::kInteger};
  Rows left = random_rows(dice, types, 70), right = random_rows(dice, types, 40);
  for (JoinType type : kJoinTypes) {
    for (bool condition : {false, true}) {
      Rows want = naive_join(left, right, type, 2, 2, [&](const Row& l, const Row& r) {
        return !condition || (!l[1].is_null() && !r[0].is_null() &&
                              l[1].datum().as_int64() < r[0].datum().as_int64());
      });
      for (uint32_t size : kVectorSizes) {
        auto join = std::make_unique<plan::NestedLoopJoinNode>();
        join->type = type;
        join->children.push_back(values(types, left));
        join->children.push_back(values(types, right));
        if (condition) join->condition = cmp(CompareOp::kLess, col(1), col(2));
        set_join_output(*join, type);
        auto got = run(statement(std::move(join)), sized(size));
        ASSERT_TRUE(got);
        EXPECT_EQ(sorted(text_of(*got)), sorted(text_of(want))) << int(type) << condition << size;
      }
    }
  }
}

TEST(Joins, LeftJoinKeepsTheLeftOrder) {
  Dice dice(4);
  std::vector<TypeId> types{TypeId::kInteger, TypeId::kInteger};
  Rows left;
  for (int64_t i = 0; i < 300; ++i) left.push_back({Value::integer(i % 40), Value::integer(i)});
  Rows right = random_rows(dice, types, 60);
  for (bool residual : {false, true}) {
    for (uint32_t size : kVectorSizes) {
      auto join = std::make_unique<plan::HashJoinNode>();
      join->type = JoinType::kLeft;
      join->children.push_back(values(types, left));
      join->children.push_back(values(types, right));
      join->left_keys.push_back(col(0));
      join->right_keys.push_back(col(0));
      if (residual) join->residual = cmp(CompareOp::kLess, col(3), lit(0));
      set_join_output(*join, JoinType::kLeft);
      auto got = run(statement(std::move(join)), sized(size));
      ASSERT_TRUE(got);
      int64_t last = -1;
      std::set<int64_t> seen;
      for (const Row& r : *got) {
        EXPECT_LE(last, r[1].datum().as_int64());
        last = r[1].datum().as_int64();
        seen.insert(last);
      }
      EXPECT_EQ(seen.size(), left.size());
    }
  }
}

TEST(Joins, NotInKnowsNulls) {
  Rows left{{Value::integer(1)}, {Value()}, {Value::integer(3)}};
  struct Case {
    Rows right;
    std::vector<std::string> want;
  };
  std::vector<Case> cases{{{}, {"1", "NULL", "3"}},
                          {{{Value::integer(3)}}, {"1"}},
                          {{{Value::integer(3)}, {Value()}}, {}}};
  for (const Case& c : cases) {
    auto join = std::make_unique<plan::HashJoinNode>();
    join->type = JoinType::kNullAwareAnti;
    join->children.push_back(values({TypeId::kInteger}, left));
    join->children.push_back(values({TypeId::kInteger}, c.right));
    join->left_keys.push_back(col(0));
    join->right_keys.push_back(col(0));
    set_join_output(*join, JoinType::kNullAwareAnti);
    auto got = run(statement(std::move(join)));
    ASSERT_TRUE(got);
    EXPECT_EQ(text_of(*got), c.want);
  }
}

TEST(Joins, LateralSeesTheLeftRow) {
  Rows left;
  for (int64_t i = 0; i < 20; ++i) left.push_back({Value::integer(i)});
  for (JoinType type : {JoinType::kInner, JoinType::kLeft}) {
    for (uint32_t size : kVectorSizes) {
      auto series = std::make_unique<plan::GenerateSeriesNode>();
      series->output.push_back({"value", TypeId::kInteger, false});
      auto outer = std::make_unique<expr::Expr>();
      outer->kind = expr::ExprKind::kOuter;
      outer->type = TypeId::kInteger;
      series->arguments.push_back(lit(3));
      series->arguments.push_back(std::move(outer));
      series->arguments.push_back(lit(1));
      auto join = std::make_unique<plan::NestedLoopJoinNode>();
      join->type = type;
      join->lateral = true;
      join->lateral_args.push_back(col(0));
      join->children.push_back(values({TypeId::kInteger}, left));
      join->children.push_back(std::move(series));
      set_join_output(*join, type);
      std::vector<std::string> want;
      for (int64_t i = 0; i < 20; ++i) {
        for (int64_t k = 3; k <= i; ++k)
          want.push_back(std::to_string(i) + "|" + std::to_string(k));
        if (i < 3 && type == JoinType::kLeft) want.push_back(std::to_string(i) + "|NULL");
      }
      auto got = run(statement(std::move(join)), sized(size));
      ASSERT_TRUE(got);
      EXPECT_EQ(text_of(*got), want);
    }
  }
}

class SortTest : public testing::TestWithParam<TypeId> {};

TEST_P(SortTest, AgreesWithStableSort) {
  Dice dice(11);
  std::vector<TypeId> types{GetParam(), TypeId::kText, TypeId::kInteger};
  for (size_t n : {0, 1, 30, 6000}) {
    Rows rows = random_rows(dice, types, n);
    for (size_t i = 0; i < n; ++i) rows[i][2] = Value::integer(static_cast<int64_t>(i));
    for (int variant = 0; variant < 4; ++variant) {
      const bool descending = (variant & 1) != 0, nulls_first = (variant & 2) != 0;
      Rows want = rows;
      auto compare = [&](const Datum& a, const Datum& b, bool desc, bool first) {
        if (a.is_null() || b.is_null()) {
          if (a.is_null() && b.is_null()) return 0;
          return a.is_null() == first ? -1 : 1;
        }
        int c = types::total_order(a, b);
        return desc ? -c : c;
      };
      std::sort(want.begin(), want.end(), [&](const Row& a, const Row& b) {
        int c = compare(a[0].datum(), b[0].datum(), descending, nulls_first);
        if (c == 0) c = compare(a[1].datum(), b[1].datum(), !descending, false);
        if (c == 0) c = compare(a[2].datum(), b[2].datum(), false, false);  // the order they came
        return c < 0;
      });
      for (int64_t limit : {-1, 0, 3, 100}) {
        auto sort = over<plan::SortNode>(values(types, rows));
        sort->keys.push_back({col(0, GetParam()), descending, nulls_first});
        sort->keys.push_back({col(1, TypeId::kText), !descending, false});
        Rows expected = want;
        if (limit >= 0) {
          sort->limit = lit(limit);
          expected.resize(std::min(expected.size(), static_cast<size_t>(limit)));
        }
        auto got = run(statement(std::move(sort)), sized(n > 100 ? 2048u : 2u));
        ASSERT_TRUE(got);
        EXPECT_EQ(text_of(*got), text_of(expected)) << n << " " << variant << " " << limit;
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Types, SortTest,
                         testing::Values(TypeId::kInteger, TypeId::kFloat, TypeId::kText,
                                         TypeId::kBoolean, TypeId::kAny));

TEST(SortRuns, AgreesWithTheWholeSort) {
  Dice dice(31);
  std::vector<TypeId> types{TypeId::kInteger, TypeId::kText, TypeId::kInteger};
  for (size_t n : {0, 1, 500, 7000}) {
    Rows rows = random_rows(dice, types, n);
    for (size_t i = 0; i < n; ++i) rows[i][2] = Value::integer(static_cast<int64_t>(i));
    for (int64_t limit : {-1, 0, 1, 40, 5000}) {
      auto make = [&](bool by_runs) {
        auto below = over<plan::SortNode>(values(types, rows));
        below->keys.push_back({col(0), true, false});
        auto sort = by_runs ? over<plan::SortNode>(std::move(below))
                            : over<plan::SortNode>(values(types, rows));
        sort->keys.push_back({col(0), true, false});
        sort->keys.push_back({col(1, TypeId::kText), false, true});
        sort->keys.push_back({col(2), false, true});
        if (by_runs) sort->sorted_prefix = 1;
        if (limit >= 0) sort->limit = lit(limit);
        return statement(std::move(sort));
      };
      auto want = run(make(false));
      for (uint32_t size : kVectorSizes) {
        auto got = run(make(true), sized(size));
        ASSERT_TRUE(got);
        EXPECT_EQ(text_of(*got), text_of(*want)) << n << " rows, limit " << limit;
      }
    }
  }
}

class AggregateTest : public testing::TestWithParam<std::vector<TypeId>> {};

TEST_P(AggregateTest, AgreesWithNaive) {
  const std::vector<TypeId>& keys = GetParam();
  Dice dice(21);
  std::vector<TypeId> types = keys;
  const auto value = static_cast<uint32_t>(keys.size());
  types.push_back(TypeId::kInteger);
  for (size_t n : {0, 1, 5000}) {
    Rows rows = random_rows(dice, types, n);
    struct Group {
      Row key;
      int64_t rows = 0, count = 0, sum = 0;
      std::set<int64_t> distinct;
    };
    std::vector<Group> groups;
    for (const Row& row : rows) {
      auto at = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
        for (size_t k = 0; k < keys.size(); ++k) {
          const Datum &a = g.key[k].datum(), &b = row[k].datum();
          if (a.is_null() != b.is_null() || (!a.is_null() && types::total_order(a, b) != 0)) {
            return false;
          }
        }
        return true;
      });
      if (at == groups.end()) {
        groups.push_back({Row(row.begin(), row.begin() + value), 0, 0, 0, {}});
        at = groups.end() - 1;
      }
      ++at->rows;
      if (row[value].is_null()) continue;
      ++at->count;
      at->sum += row[value].datum().as_int64();
      at->distinct.insert(row[value].datum().as_int64());
    }
    Rows want;
    for (const Group& g : groups) {
      Row row = g.key;
      row.push_back(Value::integer(g.rows));
      row.push_back(Value::integer(g.count));
      row.push_back(g.count == 0 ? Value() : Value::integer(g.sum));
      row.push_back(g.count == 0 ? Value() : Value::integer(*g.distinct.begin()));
      row.push_back(g.count == 0 ? Value() : Value::integer(*g.distinct.rbegin()));
      row.push_back(Value::integer(static_cast<int64_t>(g.distinct.size())));
      want.push_back(row);
    }
    for (uint32_t size : kVectorSizes) {
      auto node = over<plan::AggregateNode>(values(types, rows));
      node->output.clear();
      for (uint32_t k = 0; k < keys.size(); ++k) {
        node->groups.push_back(col(k, keys[k]));
        node->output.push_back({"k", keys[k], true});
      }
      using K = expr::AggregateKind;
      for (K kind : {K::kCountStar, K::kCount, K::kSum, K::kMin, K::kMax, K::kCount}) {
        plan::AggregateCall call;
        call.kind = kind;
        call.type = TypeId::kInteger;
        call.distinct = node->aggregates.size() == 5;
        if (kind != K::kCountStar) call.args.push_back(col(value));
        node->aggregates.push_back(std::move(call));
        node->output.push_back({"a", TypeId::kInteger, true});
      }
      auto got = run(statement(std::move(node)), sized(size));
      ASSERT_TRUE(got);
      EXPECT_EQ(sorted(text_of(*got)), sorted(text_of(want))) << n << " " << size;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Keys, AggregateTest,
                         testing::Values(std::vector{TypeId::kInteger}, std::vector{TypeId::kFloat},
                                         std::vector{TypeId::kText}, std::vector{TypeId::kAny},
                                         std::vector{TypeId::kInteger, TypeId::kBoolean},
                                         std::vector{TypeId::kText, TypeId::kInteger},
                                         std::vector{TypeId::kBoolean, TypeId::kFloat,
                                                     TypeId::kInteger}));

}  // namespace
}  // namespace orrery::exec::test
