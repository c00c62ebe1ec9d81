// With files and without: the same answers, nothing left behind, and clear errors.
#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "env/environment.h"
#include "env/simulated.h"
#include "exec/plan_for_test.h"
#include "exec/row_spool.h"

namespace orrery::exec::test {
namespace {

using expr::AggregateKind;
using plan::JoinType;

class SpillTest : public testing::Test {
 protected:
  void SetUp() override {
    environment_ = env::system_environment();
    environment_.files = &files_;
    folder_ = "/spill";
  }
  void TearDown() override {
    if (!environment_.files->exists(folder_)) return;
    auto left = environment_.files->list_dir(folder_);
    ASSERT_TRUE(left);
    EXPECT_TRUE(left->empty()) << left->size() << " spill files were left behind";
  }

  RunOptions limited(uint64_t bytes, uint32_t vector_size) {
    RunOptions options;
    options.vector_size = vector_size;
    options.memory_limit = bytes;
    options.spill_directory = folder_;
    options.environment = &environment_;
    return options;
  }

  enum class Order { kKept, kAny };
  /// `make` builds the plan anew; its answer must not depend on the limit.
  void check(const std::function<plan::PlanNodePtr()>& make, Order order) {
    auto want = run(statement(make()));
    ASSERT_TRUE(want) << want.error().message();
    auto want_text = text_of(*want);
    if (order == Order::kAny) std::sort(want_text.begin(), want_text.end());
    for (auto [bytes, size] : {std::pair{1u, 2048u}, std::pair{1u, 7u}, std::pair{20000u, 2048u},
                               std::pair{60000u, 100u}}) {
      auto s = statement(make());
      for (int again = 0; again < 2; ++again) {  // the same operators, used again
        auto got = run(s, limited(bytes, size));
        ASSERT_TRUE(got) << got.error().message();
        auto text = text_of(*got);
        if (order == Order::kAny) std::sort(text.begin(), text.end());
        ASSERT_EQ(text, want_text) << "limit " << bytes << " vectors of " << size;
      }
    }
    // With a limit and nowhere to spill to.
    RunOptions nowhere;
    nowhere.memory_limit = 1;
    auto refused = run(statement(make()), nowhere);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kOutOfMemory);
  }

  env::SimFileSystem files_{1};
  env::Environment environment_;
  std::string folder_;
};

const std::vector<TypeId> kTypes{TypeId::kInteger, TypeId::kText, TypeId::kFloat, TypeId::kAny,
                                 TypeId::kInteger};

Rows numbered(Dice& dice, size_t n) {
  Rows rows = random_rows(dice, kTypes, n);
  for (size_t i = 0; i < n; ++i) rows[i][4] = Value::integer(static_cast<int64_t>(i));
  return rows;
}

TEST_F(SpillTest, Sort) {
  Dice dice(1);
  Rows rows = numbered(dice, 3000);
  for (uint32_t key : {0u, 1u, 2u, 3u}) {
    for (int64_t limit : {-1, 50}) {
      check(
          [&] {
            auto node = over<plan::SortNode>(values(kTypes, rows));
            node->keys.push_back({col(key, kTypes[key]), key == 1, false});
            if (limit >= 0) node->limit = lit(limit);
            return node;
          },
          Order::kKept);
    }
  }
}

TEST_F(SpillTest, HashJoin) {
  Dice dice(2);
  Rows left = numbered(dice, 400), right = numbered(dice, 300);
  for (JoinType type : {JoinType::kInner, JoinType::kLeft, JoinType::kRight, JoinType::kFull,
                        JoinType::kSemi, JoinType::kAnti, JoinType::kNullAwareAnti}) {
    for (uint32_t key : {0u, 1u, 3u}) {
      for (bool residual : {false, true}) {
        check(
            [&] {
              auto join = std::make_unique<plan::HashJoinNode>();
              join->type = type;
              join->children.push_back(values(kTypes, left));
              join->children.push_back(values(kTypes, right));
              join->left_keys.push_back(col(key, kTypes[key]));
              join->right_keys.push_back(col(key, kTypes[key]));
              if (residual) join->residual = cmp(expr::CompareOp::kLess, col(4), col(9));
              join->output = join->children[0]->output;
              bool both = type == JoinType::kInner || type == JoinType::kLeft ||
                          type == JoinType::kRight || type == JoinType::kFull;
              for (const auto& c : join->children[1]->output) {
                if (both) join->output.push_back(c);
              }
              return join;
            },
            // Rows of a right or full join that have no left row come last in any order.
            type == JoinType::kRight || type == JoinType::kFull ? Order::kAny : Order::kKept);
      }
    }
  }
}

TEST_F(SpillTest, Aggregate) {
  Dice dice(3);
  Rows rows = numbered(dice, 3000);
  for (uint32_t key : {0u, 1u, 3u, 4u}) {
    for (bool sets : {false, true}) {
      check(
          [&] {
            auto node = over<plan::AggregateNode>(values(kTypes, rows));
            node->groups.push_back(col(key, kTypes[key]));
            node->groups.push_back(col(2, TypeId::kFloat));
            node->output = {{"k", kTypes[key], true}, {"f", TypeId::kFloat, true}};
            struct Call {
              AggregateKind kind;
              uint32_t column;
              TypeId type;
              bool distinct;
            };
            for (Call c : {Call{AggregateKind::kCountStar, 0, TypeId::kInteger, false},
                           Call{AggregateKind::kSum, 0, TypeId::kInteger, false},
                           Call{AggregateKind::kMax, 1, TypeId::kText, false},
                           Call{AggregateKind::kCount, 3, TypeId::kInteger, true},
                           Call{AggregateKind::kStringAgg, 1, TypeId::kText, false},
                           Call{AggregateKind::kFirst, 4, TypeId::kInteger, false}}) {
              plan::AggregateCall call;
              call.kind = c.kind;
              call.type = c.type;
              call.distinct = c.distinct;
              if (c.kind != AggregateKind::kCountStar) {
                call.args.push_back(col(c.column, kTypes[c.column]));
              }
              node->aggregates.push_back(std::move(call));
              node->output.push_back({"a", c.type, true});
            }
            if (sets) {
              node->grouping_sets = {{0, 1}, {0}, {1}};
              node->grouping = {0, 1};
              node->output.push_back({"g", TypeId::kInteger, false});
              node->output.push_back({"h", TypeId::kInteger, false});
            }
            return node;
          },
          Order::kAny);
    }
  }
}

TEST_F(SpillTest, DistinctKeepsTheOrder) {
  Dice dice(4);
  Rows rows = numbered(dice, 2500);
  for (std::vector<uint32_t> columns : {std::vector<uint32_t>{0}, std::vector<uint32_t>{1, 2},
                                        std::vector<uint32_t>{3, 1}, std::vector<uint32_t>{}}) {
    check(
        [&] {
          auto node = over<plan::DistinctNode>(values(kTypes, rows));
          node->columns = columns;
          return node;
        },
        Order::kKept);
  }
}

TEST_F(SpillTest, SetOperations) {
  Dice dice(5);
  const std::vector<TypeId> types{TypeId::kInteger, TypeId::kAny};
  Rows a = random_rows(dice, types, 900), b = random_rows(dice, types, 700),
       c = random_rows(dice, types, 300);
  using plan::SetOperation;
  for (SetOperation op :
       {SetOperation::kUnion, SetOperation::kIntersect, SetOperation::kIntersectAll,
        SetOperation::kExcept, SetOperation::kExceptAll}) {
    check(
        [&] {
          auto node = std::make_unique<plan::SetOperationNode>();
          node->op = op;
          for (const Rows* rows : {&a, &b, &c}) node->children.push_back(values(types, *rows));
          node->output = node->children[0]->output;
          return node;
        },
        Order::kAny);
  }
}

TEST_F(SpillTest, Window) {
  Dice dice(6);
  Rows rows = numbered(dice, 1500);
  for (uint32_t key : {0u, 3u}) {
    for (bool running : {false, true}) {
      check(
          [&] {
            auto node = over<plan::WindowNode>(values(kTypes, rows));
            node->partition_by.push_back(col(key, kTypes[key]));
            node->order_by.push_back({col(2, TypeId::kFloat), false, false});
            plan::WindowCall rank, sum;
            rank.kind = expr::WindowKind::kRank;
            rank.type = TypeId::kInteger;
            sum.kind = expr::WindowKind::kAggregate;
            sum.aggregate.kind = AggregateKind::kSum;
            sum.type = sum.aggregate.type = TypeId::kInteger;
            sum.aggregate.args.push_back(col(0));
            if (!running) sum.end = plan::FrameBound::kUnboundedFollowing;
            node->calls.push_back(std::move(rank));
            node->calls.push_back(std::move(sum));
            node->output.push_back({"r", TypeId::kInteger, false});
            node->output.push_back({"s", TypeId::kInteger, true});
            return node;
          },
          Order::kKept);
    }
  }
}

/// Counts up to `last` by recursion, next to a text that grows the rows.
plan::PlanNodePtr counting(int64_t last, bool distinct) {
  auto recursive = std::make_unique<plan::RecursiveNode>();
  recursive->cte = 0;
  recursive->distinct = distinct;
  recursive->output = {{"n", TypeId::kInteger, false}};
  recursive->children.push_back(values({TypeId::kInteger}, {{Value::integer(1)}}));
  auto scan = std::make_unique<plan::CteScanNode>();
  scan->cte = 0;
  scan->output = recursive->output;
  auto filter = over<plan::FilterNode>(std::move(scan));
  filter->condition = cmp(expr::CompareOp::kLess, col(0), lit(last));
  auto project = over<plan::ProjectNode>(std::move(filter));
  auto plus = expr::resolve_function("+", std::vector{TypeId::kInteger, TypeId::kInteger});
  std::vector<expr::ExprPtr> args;
  args.push_back(col(0));
  args.push_back(lit(1));
  project->exprs.push_back(expr::make_function(*plus->function, TypeId::kInteger, std::move(args)));
  recursive->children.push_back(std::move(project));
  return recursive;
}

TEST_F(SpillTest, RecursionAndCtes) {
  auto make = [](bool distinct) {
    auto s = std::make_shared<plan::PlannedStatement>();
    plan::CtePlan cte;
    cte.id = 0;
    cte.root = counting(200, distinct);
    s->ctes.push_back(std::move(cte));
    auto join = std::make_unique<plan::HashJoinNode>();
    for (int i = 0; i < 2; ++i) {
      auto scan = std::make_unique<plan::CteScanNode>();
      scan->cte = 0;
      scan->output = {{"n", TypeId::kInteger, false}};
      join->children.push_back(std::move(scan));
    }
    join->left_keys.push_back(col(0));
    join->right_keys.push_back(col(0));
    join->output = {{"a", TypeId::kInteger, false}, {"b", TypeId::kInteger, false}};
    s->root = std::move(join);
    return s;
  };
  for (bool distinct : {false, true}) {
    auto want = run(make(distinct));
    ASSERT_TRUE(want) << want.error().message();
    ASSERT_EQ(want->size(), 200u);
    auto s = make(distinct);
    for (int again = 0; again < 2; ++again) {
      auto got = run(s, limited(1, 7));
      ASSERT_TRUE(got) << got.error().message();
      EXPECT_EQ(text_of(*got), text_of(*want));
    }
  }
}

plan::PlanNodePtr join_and_sort(const Rows& rows) {
  auto join = std::make_unique<plan::HashJoinNode>();
  join->children.push_back(values(kTypes, rows));
  join->children.push_back(values(kTypes, rows));
  join->left_keys.push_back(col(4));
  join->right_keys.push_back(col(4));
  join->output = join->children[0]->output;
  for (const auto& c : join->children[1]->output) join->output.push_back(c);
  auto sort = over<plan::SortNode>(std::move(join));
  sort->keys.push_back({col(1, TypeId::kText), false, false});
  return sort;
}

TEST_F(SpillTest, RealFiles) {
  Dice dice(8);
  Rows rows = numbered(dice, 1000);
  environment_.files = env::system_environment().files;
  folder_ = testing::TempDir() + "/orrery-spill-" +
            std::to_string(environment_.random->next_u64() % 1000000007);
  auto want = run(statement(join_and_sort(rows)));
  auto s = statement(join_and_sort(rows));
  auto got = run(s, limited(30000, 2048));
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(text_of(*got), text_of(*want));
  auto left = environment_.files->list_dir(folder_);  // while the plan still lives
  ASSERT_TRUE(left);
  EXPECT_TRUE(left->empty());
  ASSERT_TRUE(environment_.files->remove(folder_));
}

TEST_F(SpillTest, ManyRunsKeepFewFilesOpen) {
  Dice dice(10);
  Rows rows = numbered(dice, 3000);
  auto make = [&] {
    auto sort = over<plan::SortNode>(values(kTypes, rows));
    sort->keys.push_back({col(0, kTypes[0]), false, false});
    return sort;
  };
  environment_.files = env::system_environment().files;
  folder_ = testing::TempDir() + "/orrery-spill-" +
            std::to_string(environment_.random->next_u64() % 1000000007);
  auto want = run(statement(make()));
  ASSERT_TRUE(want);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 200;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  auto got = run(statement(make()), limited(1, 7));  // more than 400 runs
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(text_of(*got), text_of(*want));
  ASSERT_TRUE(environment_.files->remove(folder_));
}

TEST_F(SpillTest, FailingCallsAndFullDisks) {
  Dice dice(9);
  Rows rows = numbered(dice, 300);
  auto want = text_of(*run(statement(join_and_sort(rows))));
  uint64_t n = 1;
  for (;; n += 1 + n / 20) {
    files_.fail_at(n, env::SimFault::kOnce);
    auto got = run(statement(join_and_sort(rows)), limited(20000, 100));
    const bool hit = files_.fault_happened();
    files_.fail_at(0, env::SimFault::kOnce);
    if (got) {
      // What failed can only have been the removal of a file.
      EXPECT_EQ(text_of(*got), want);
    } else {
      EXPECT_EQ(got.error().code(), ErrorCode::kIo) << got.error().message();
    }
    if (!hit) break;
  }
  EXPECT_GT(n, 50u);
  auto left = files_.list_dir(folder_);
  ASSERT_TRUE(left);
  for (const auto& entry : *left) ASSERT_TRUE(files_.remove(folder_ + "/" + entry.name));
  files_.set_capacity(5000);
  auto got = run(statement(join_and_sort(rows)), limited(20000, 100));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::kDiskFull) << got.error().message();
}

TEST_F(SpillTest, CodecKeepsEveryCellAndRefusesDamage) {
  Dice dice(7);
  RowBuffer rows;
  rows.init(kTypes);
  for (const Row& r : numbered(dice, 200)) {
    for (size_t c = 0; c < r.size(); ++c) rows.column(c).append(r[c].datum());
    rows.set_size(rows.size() + 1);
  }
  std::string bytes;
  encode_rows(rows, 0, rows.size(), &bytes);
  RowBuffer back;
  back.init(kTypes);
  ASSERT_TRUE(decode_rows(bytes, rows.size(), &back));
  for (uint32_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < kTypes.size(); ++c) {
      ASSERT_EQ(text_of(rows.column(c).datum(r)), text_of(back.column(c).datum(r)));
    }
  }
  for (size_t cut = 0; cut < bytes.size(); cut += 97) {
    RowBuffer broken;
    broken.init(kTypes);
    EXPECT_FALSE(decode_rows(std::string_view(bytes).substr(0, cut), rows.size(), &broken));
  }
}

}  // namespace
}  // namespace orrery::exec::test
