// Scans, index joins and DML against a store in memory.
#include <algorithm>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "exec/plan_for_test.h"
#include "storage/store.h"
#include "storage/transaction.h"

namespace orrery::exec::test {
namespace {

using expr::CompareOp;
using storage::BoundKind;
using types::AlgebraicType;

storage::TableDef people() {
  storage::TableDef def;
  def.name = "people";
  def.columns = {{"id", AlgebraicType::integer(), "", "", true},
                 {"name", AlgebraicType::option(AlgebraicType::text()), "", "", false},
                 {"age", AlgebraicType::option(AlgebraicType::integer()), "", "", false},
                 {"pay", AlgebraicType::option(AlgebraicType::floating()), "", "", false}};
  def.primary_key = 0;
  def.indexes = {{0, "pk", storage::IndexKind::kBTree, true, true, true, {0}, "BTREE"},
                 {0, "by_age", storage::IndexKind::kBTree, false, false, false, {2}, "BTREE"},
                 {0, "by_name", storage::IndexKind::kBTree, true, false, false, {1}, "BTREE"}};
  return def;
}

const std::vector<TypeId> kRowTypes{TypeId::kInteger, TypeId::kText, TypeId::kInteger,
                                    TypeId::kFloat};

class TablesTest : public testing::Test {
 protected:
  static constexpr int64_t kRows = 3000;

  void SetUp() override {
    auto t = store_.begin(storage::Isolation::kReadCommitted);
    t->begin_statement();
    ASSERT_TRUE(t->create_table(people()));
    ASSERT_TRUE(t->end_statement());
    table_ = t->catalog()->find_table("people");
    t->begin_statement();
    for (int64_t i = 1; i <= kRows; ++i) {
      Row row = make_row(i);
      std::vector<Datum> cells;
      for (const Value& v : row) cells.push_back(v.datum());
      ASSERT_TRUE(t->insert(*table_, cells));
      rows_.push_back(row);
    }
    ASSERT_TRUE(t->end_statement());
    ASSERT_TRUE(t->commit());
    table_ = store_.catalog()->find_table("people");
  }

  static Row make_row(int64_t i) {
    return {Value::integer(i), Value::text("person number " + std::to_string(i)),
            i % 10 == 0 ? Value() : Value::integer(i * 7 % 60),
            i % 11 == 0 ? Value() : Value::floating(static_cast<double>(i) / 4)};
  }

  storage::IndexId index(std::string_view name) { return table_->find_index(name)->def().id; }

  std::unique_ptr<plan::ScanNode> scan(std::vector<uint32_t> columns = {0, 1, 2, 3}) {
    auto node = std::make_unique<plan::ScanNode>();
    node->table = table_;
    for (uint32_t c : columns) {
      const auto& def = table_->def().columns[c];
      node->output.push_back({def.name, def.sql_type(), def.nullable()});
    }
    node->columns = std::move(columns);
    return node;
  }

  Result<Rows> query(plan::PlanNodePtr root, uint32_t vector_size = types::kVectorCapacity) {
    RunOptions options;
    options.store = &store_;
    options.vector_size = vector_size;
    return run(statement(std::move(root)), options);
  }

  /// Runs a writing plan in a transaction of its own.
  Result<Rows> write(plan::PlanNodePtr root, uint64_t* affected = nullptr) {
    auto t = store_.begin(storage::Isolation::kReadCommitted);
    t->begin_statement();
    auto s = statement(std::move(root));
    s->writes = true;
    RunOptions options;
    options.store = &store_;
    options.transaction = t.get();
    auto result = run(s, options, affected);
    if (!result) {
      t->abort_statement();
      return result;
    }
    ORRERY_TRY(t->end_statement());
    ORRERY_TRY_ASSIGN(auto seq, t->commit());
    (void)seq;
    return result;
  }

  std::vector<std::string> all() { return text_of(*query(scan())); }

  std::vector<std::string> where(const std::function<bool(const Row&)>& passes) {
    Rows out;
    for (const Row& r : rows_) {
      if (passes(r)) out.push_back(r);
    }
    auto lines = text_of(out);
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  static std::vector<std::string> sorted(const Rows& rows) {
    auto lines = text_of(rows);
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  static int64_t age(const Row& r) { return r[2].is_null() ? -1 : r[2].datum().as_int64(); }

  static plan::IndexRange equal_to(int64_t v) {
    plan::IndexRange range;
    range.equal.push_back(lit(v));
    return range;
  }
  static plan::IndexRange between(int64_t low, int64_t high) {
    plan::IndexRange range;
    range.lower_kind = BoundKind::kIncluded;
    range.lower = lit(low);
    range.upper_kind = BoundKind::kExcluded;
    range.upper = lit(high);
    return range;
  }

  storage::Store store_;
  std::shared_ptr<storage::Table> table_;
  Rows rows_;
};

TEST_F(TablesTest, FullScanWithFilter) {
  for (uint32_t size : {2u, 100u, 2048u}) {
    auto node = scan();
    node->filter = cmp(CompareOp::kLess, col(2), lit(5));
    auto got = query(std::move(node), size);
    ASSERT_TRUE(got);
    EXPECT_EQ(sorted(*got), where([](const Row& r) { return age(r) >= 0 && age(r) < 5; }));
  }
  EXPECT_EQ(all().size(), static_cast<size_t>(kRows));
}

TEST_F(TablesTest, IndexRangesAndUnions) {
  for (uint32_t size : {2u, 100u, 2048u}) {
    auto one = scan();
    one->paths.emplace_back();
    one->paths[0].index = index("by_age");
    one->paths[0].ranges.push_back(between(10, 20));
    auto got = query(std::move(one), size);
    ASSERT_TRUE(got);
    EXPECT_EQ(sorted(*got), where([](const Row& r) { return age(r) >= 10 && age(r) < 20; }));
    EXPECT_TRUE(std::is_sorted(got->begin(), got->end(),
                               [](const Row& a, const Row& b) { return age(a) < age(b); }));

    // Overlapping ranges of one index, and the same rows by another.
    auto many = scan();
    many->paths.resize(2);
    many->paths[0].index = index("by_age");
    many->paths[0].ranges.push_back(between(10, 20));
    many->paths[0].ranges.push_back(between(15, 25));
    many->paths[0].ranges.push_back(equal_to(17));
    many->paths[1].index = index("pk");
    many->paths[1].ranges.push_back(between(1, 100));
    got = query(std::move(many), size);
    ASSERT_TRUE(got);
    EXPECT_EQ(sorted(*got), where([](const Row& r) {
                return (age(r) >= 10 && age(r) < 25) || r[0].datum().as_int64() < 100;
              }));

    auto list = scan();
    list->paths.emplace_back();
    list->paths[0].index = index("by_age");
    for (int64_t v : {40, 3, 40, 11}) list->paths[0].ranges.push_back(equal_to(v));
    list->direction = storage::Direction::kBackward;
    got = query(std::move(list), size);
    ASSERT_TRUE(got);
    EXPECT_EQ(sorted(*got),
              where([](const Row& r) { return age(r) == 40 || age(r) == 3 || age(r) == 11; }));
    EXPECT_TRUE(std::is_sorted(got->begin(), got->end(),
                               [](const Row& a, const Row& b) { return age(a) > age(b); }));

    for (auto direction : {storage::Direction::kForward, storage::Direction::kBackward}) {
      auto nested = scan();
      nested->paths.emplace_back();
      nested->paths[0].index = index("by_age");
      nested->paths[0].ranges.push_back(between(10, 50));
      nested->paths[0].ranges.push_back(between(20, 30));
      nested->direction = direction;
      got = query(std::move(nested), size);
      ASSERT_TRUE(got);
      EXPECT_EQ(sorted(*got), where([](const Row& r) { return age(r) >= 10 && age(r) < 50; }));
      EXPECT_TRUE(std::is_sorted(got->begin(), got->end(), [direction](const Row& a, const Row& b) {
        return direction == storage::Direction::kForward ? age(a) < age(b) : age(a) > age(b);
      }));
    }
  }
}

TEST_F(TablesTest, OffsetsAreTheEndOfWhatThereIs) {
  enum class Access { kTable, kIndex, kBackward, kTwoRanges, kMeetingRanges };
  for (Access access : {Access::kTable, Access::kIndex, Access::kBackward, Access::kTwoRanges,
                        Access::kMeetingRanges}) {
    for (bool filtered : {false, true}) {
      auto make = [&]() -> plan::PlanNodePtr {
        auto node = scan();
        if (filtered) node->filter = cmp(CompareOp::kGreater, col(0), lit(300));
        if (access != Access::kTable) {
          node->paths.emplace_back();
          node->paths[0].index = index("by_age");
          node->paths[0].ranges.push_back(between(3, 30));
        }
        if (access == Access::kBackward) node->direction = storage::Direction::kBackward;
        if (access == Access::kTwoRanges) node->paths[0].ranges.push_back(between(40, 60));
        if (access == Access::kMeetingRanges) node->paths[0].ranges.push_back(between(20, 50));
        auto project = over<plan::ProjectNode>(std::move(node));
        for (uint32_t c = 0; c < 4; ++c) project->exprs.push_back(col(c, kRowTypes[c]));
        return project;
      };
      const auto whole = text_of(*query(make()));
      for (int64_t offset : {0, 1, 70, 900, 1200, 5000}) {
        for (int64_t limit : {-1, 0, 1, 100}) {
          auto want = whole;
          want.erase(want.begin(), want.begin() + std::min<ptrdiff_t>(
                                                      offset, static_cast<ptrdiff_t>(want.size())));
          if (limit >= 0) want.resize(std::min(want.size(), static_cast<size_t>(limit)));
          for (uint32_t size : {2u, 100u, 2048u}) {
            auto node = over<plan::LimitNode>(make());
            if (limit >= 0) node->limit = lit(limit);
            node->offset = lit(offset);
            auto got = query(std::move(node), size);
            ASSERT_TRUE(got);
            ASSERT_EQ(text_of(*got), want) << "offset " << offset << " limit " << limit;
          }
        }
      }
    }
  }
}

TEST_F(TablesTest, NullBoundsMatchNothing) {
  auto node = scan();
  node->paths.emplace_back();
  node->paths[0].index = index("by_age");
  plan::IndexRange range;
  range.equal.push_back(expr::make_constant(Datum::null(), TypeId::kInteger));
  node->paths[0].ranges.push_back(std::move(range));
  auto got = query(std::move(node));
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->empty());
}

TEST_F(TablesTest, SkipScanGivesDistinctKeys) {
  auto node = scan({2});
  node->paths.emplace_back();
  node->paths[0].index = index("by_age");
  plan::IndexRange range;
  range.lower_kind = BoundKind::kIncluded;
  range.lower = lit(0);
  node->paths[0].ranges.push_back(std::move(range));
  node->distinct_first_key = true;
  auto got = query(std::move(node));
  ASSERT_TRUE(got);
  std::set<int64_t> want;
  for (const Row& r : rows_) {
    if (age(r) >= 0) want.insert(age(r));
  }
  EXPECT_EQ(got->size(), want.size());
}

TEST_F(TablesTest, IndexJoins) {
  std::vector<TypeId> types{TypeId::kInteger, TypeId::kInteger};
  Dice dice(5);
  Rows left;
  for (int i = 0; i < 120; ++i) {
    left.push_back({dice.below(7) == 0 ? Value() : Value::integer(dice.below(70)),
                    Value::integer(dice.below(4000))});
  }
  using plan::JoinType;
  for (const char* name : {"pk", "by_age"}) {
    const uint32_t left_key = std::string_view(name) == "pk" ? 1 : 0;
    const size_t right_key = std::string_view(name) == "pk" ? 0 : 2;
    for (JoinType type : {JoinType::kInner, JoinType::kLeft, JoinType::kSemi, JoinType::kAnti}) {
      for (bool residual : {false, true}) {
        Rows want;
        for (const Row& l : left) {
          bool any = false;
          for (const Row& r : rows_) {
            if (l[left_key].is_null() || r[right_key].is_null() ||
                l[left_key].datum().as_int64() != r[right_key].datum().as_int64() ||
                (residual && (l[1].datum().as_int64() >= r[0].datum().as_int64()))) {
              continue;
            }
            any = true;
            if (type == JoinType::kInner || type == JoinType::kLeft) {
              want.push_back({l[0], l[1], r[0], r[1]});
            }
          }
          if (type == JoinType::kSemi ? any : (type == JoinType::kAnti && !any)) want.push_back(l);
          if (type == JoinType::kLeft && !any) want.push_back({l[0], l[1], Value(), Value()});
        }
        for (uint32_t size : {2u, 50u, 2048u}) {
          auto join = std::make_unique<plan::IndexJoinNode>();
          join->type = type;
          join->table = table_;
          join->index = index(name);
          join->keys.push_back(col(left_key));
          join->columns = {0, 1};
          if (residual) join->residual = cmp(CompareOp::kLess, col(1), col(2));
          join->children.push_back(values(types, left));
          join->output = join->children[0]->output;
          if (type == JoinType::kInner || type == JoinType::kLeft) {
            join->output.push_back({"id", TypeId::kInteger, true});
            join->output.push_back({"name", TypeId::kText, true});
          }
          auto got = query(std::move(join), size);
          ASSERT_TRUE(got);
          EXPECT_EQ(sorted(*got), sorted(want))
              << name << " type " << int(type) << " residual " << residual << " size " << size;
        }
      }
    }
  }
}

TEST_F(TablesTest, CountsComeFromMetadataAndFromRows) {
  std::unique_ptr<storage::Transaction> w;
  for (bool touched : {false, true}) {
    if (touched) {  // an open change: counts must now be made from rows
      w = store_.begin(storage::Isolation::kReadCommitted);
      w->begin_statement();
      ASSERT_TRUE(w->erase(*table_, 5));
      ASSERT_TRUE(w->end_statement());
    }
    auto node = over<plan::AggregateNode>(scan({2}));
    node->output = {{"n", TypeId::kInteger, false}, {"d", TypeId::kInteger, false}};
    plan::AggregateCall all, distinct;
    all.kind = expr::AggregateKind::kCountStar;
    all.type = distinct.type = TypeId::kInteger;
    distinct.kind = expr::AggregateKind::kCount;
    distinct.distinct = true;
    distinct.args.push_back(col(0));
    node->aggregates.push_back(std::move(all));
    node->aggregates.push_back(std::move(distinct));
    auto got = query(std::move(node));
    ASSERT_TRUE(got);
    std::set<int64_t> ages;
    for (const Row& r : rows_) {
      if (age(r) >= 0) ages.insert(age(r));
    }
    EXPECT_EQ(text_of(*got)[0], std::to_string(kRows) + "|" + std::to_string(ages.size()));
  }
}

std::unique_ptr<plan::InsertNode> insert_into(const std::shared_ptr<storage::Table>& table,
                                              plan::PlanNodePtr child) {
  auto node = std::make_unique<plan::InsertNode>();
  node->table = table;
  node->auto_increment = 0;
  node->children.push_back(std::move(child));
  return node;
}
void return_all(plan::PlanNode& node, plan::ReturningList& list, const storage::Table& table) {
  for (uint32_t c = 0; c < table.def().columns.size(); ++c) {
    list.exprs.push_back(col(c, table.def().columns[c].sql_type()));
    node.output.push_back({"r", table.def().columns[c].sql_type(), true});
  }
}

TEST_F(TablesTest, InsertCoercesNumbersAndReturns) {
  auto node =
      insert_into(table_, values({TypeId::kAny, TypeId::kText, TypeId::kText, TypeId::kInteger},
                                 {{Value(), Value::text("a name that is long enough"),
                                   Value::text("42"), Value::integer(3)},
                                  {Value::integer(9000), Value::text("b"), Value(), Value()},
                                  {Value(), Value::text("c"), Value::text(" 7 "), Value()}}));
  return_all(*node, node->returning, *table_);
  uint64_t affected = 0;
  auto got = write(std::move(node), &affected);
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(affected, 3u);
  ASSERT_EQ(got->size(), 3u);
  EXPECT_EQ(text_of(*got)[0], "3001|a name that is long enough|42|3");
  EXPECT_EQ(text_of(*got)[1], "9000|b|NULL|NULL");
  EXPECT_EQ(all().size(), static_cast<size_t>(kRows) + 3);
}

TEST_F(TablesTest, InsertErrorsLeaveNothing) {
  auto bad = write(
      insert_into(table_, values({TypeId::kInteger, TypeId::kText, TypeId::kText, TypeId::kFloat},
                                 {{Value::integer(9001), Value(), Value(), Value()},
                                  {Value::integer(9002), Value(), Value::text("abc"), Value()}})));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message(), "cannot convert value 'abc' to Integer for column 'age'");
  bad = write(
      insert_into(table_, values(kRowTypes, {{Value::integer(9001), Value(), Value(), Value()},
                                             {Value::integer(1), Value(), Value(), Value()}})));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ErrorCode::kPrimaryKey);
  auto checked =
      insert_into(table_, values(kRowTypes, {{Value(), Value(), Value::integer(-1), Value()}}));
  checked->checks.push_back({cmp(CompareOp::kGreater, col(2), lit(0)),
                             "CHECK constraint failed for column age: (age > 0)"});
  bad = write(std::move(checked));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ErrorCode::kCheck);
  EXPECT_EQ(all().size(), static_cast<size_t>(kRows));
}

TEST_F(TablesTest, UpsertUpdatesOrSkips) {
  auto make = [&](plan::ConflictAction action) {
    auto node = insert_into(
        table_,
        values(kRowTypes, {{Value::integer(1), Value::text("x"), Value::integer(99), Value()},
                           {Value::integer(9001), Value::text("y"), Value(), Value()},
                           {Value::integer(9001), Value::text("z"), Value::integer(5), Value()}}));
    node->on_conflict = action;
    node->conflict_indexes = {index("pk")};
    if (action == plan::ConflictAction::kDoUpdate) {
      node->update_columns = {2};
      node->update_values.push_back(col(4 + 2));  // EXCLUDED.age
    }
    return node;
  };
  uint64_t affected = 0;
  ASSERT_TRUE(write(make(plan::ConflictAction::kDoNothing), &affected));
  EXPECT_EQ(affected, 1u);
  ASSERT_TRUE(write(make(plan::ConflictAction::kDoUpdate), &affected));
  EXPECT_EQ(affected, 3u);
  auto node = scan();
  node->filter = cmp(CompareOp::kEqual, col(0), lit(9001));
  EXPECT_EQ(text_of(*query(std::move(node)))[0], "9001|y|5|NULL");
  node = scan();
  node->filter = cmp(CompareOp::kEqual, col(0), lit(1));
  EXPECT_EQ(text_of(*query(std::move(node)))[0], "1|person number 1|99|0.25");
}

plan::PlanNodePtr new_ages(std::unique_ptr<plan::ScanNode> scan, int64_t age) {
  scan->emit_row_id = true;
  const auto id = static_cast<uint32_t>(scan->output.size());
  scan->output.push_back({"rowid", TypeId::kInteger, false});
  auto project = over<plan::ProjectNode>(std::move(scan));
  project->output = {{"rowid", TypeId::kInteger, false}, {"age", TypeId::kInteger, true}};
  project->exprs.push_back(col(id));
  project->exprs.push_back(lit(age));
  return project;
}

TEST_F(TablesTest, UpdateAndDelete) {
  auto from = scan({2});
  from->filter = cmp(CompareOp::kEqual, col(0), lit(7));
  auto update = std::make_unique<plan::UpdateNode>();
  update->table = table_;
  update->columns = {2};
  update->children.push_back(new_ages(std::move(from), 777));
  return_all(*update, update->returning, *table_);
  uint64_t affected = 0;
  auto got = write(std::move(update), &affected);
  ASSERT_TRUE(got) << got.error().message();
  const size_t sevens = where([](const Row& r) { return age(r) == 7; }).size();
  EXPECT_EQ(affected, sevens);
  ASSERT_EQ(got->size(), sevens);
  EXPECT_EQ((*got)[0][2].datum().as_int64(), 777);

  auto gone = scan({2});
  gone->filter = cmp(CompareOp::kEqual, col(0), lit(777));
  gone->emit_row_id = true;
  gone->output.push_back({"rowid", TypeId::kInteger, false});
  auto ids = over<plan::ProjectNode>(std::move(gone));
  ids->output = {{"rowid", TypeId::kInteger, false}};
  ids->exprs.push_back(col(1));
  auto erase = std::make_unique<plan::DeleteNode>();
  erase->table = table_;
  erase->children.push_back(std::move(ids));
  return_all(*erase, erase->returning, *table_);
  got = write(std::move(erase), &affected);
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(affected, sevens);
  EXPECT_EQ((*got)[0][2].datum().as_int64(), 777);
  EXPECT_EQ(all().size(), static_cast<size_t>(kRows) - sevens);
}

TEST_F(TablesTest, TopRowsOfAScanAgreeWithTheWholeSort) {
  for (uint32_t key : {0u, 1u, 2u, 3u}) {
    for (bool filtered : {false, true}) {
      auto make = [&](int64_t limit) {
        auto from = scan();
        if (filtered) from->filter = cmp(CompareOp::kGreater, col(2), lit(20));
        auto sort = over<plan::SortNode>(std::move(from));
        sort->keys.push_back({col(key, kRowTypes[key]), key != 1, false});
        if (limit >= 0) sort->limit = lit(limit);
        return sort;
      };
      auto all = text_of(*query(make(-1)));
      for (int64_t limit : {1, 10, 100}) {
        auto want = all;
        want.resize(std::min(want.size(), static_cast<size_t>(limit)));
        for (uint32_t size : {2u, 200u, 2048u}) {
          auto got = query(make(limit), size);
          ASSERT_TRUE(got);
          EXPECT_EQ(text_of(*got), want) << "key " << key << " limit " << limit;
        }
      }
    }
  }
}

expr::ExprPtr parameter(uint32_t index, TypeId type) {
  auto e = std::make_unique<expr::Expr>();
  e->kind = expr::ExprKind::kParameter;
  e->index = index;
  e->type = type;
  return e;
}

TEST_F(TablesTest, OneRowByItsKey) {
  auto by_id = [&](std::vector<uint32_t> columns) {
    auto node = scan(std::move(columns));
    node->paths.emplace_back();
    node->paths[0].index = index("pk");
    node->paths[0].ranges.emplace_back();
    node->paths[0].ranges[0].equal.push_back(parameter(0, TypeId::kInteger));
    return node;
  };
  auto project = over<plan::ProjectNode>(by_id({1, 3}));
  std::swap(project->output[0], project->output[1]);
  project->exprs.push_back(col(1, TypeId::kFloat));
  project->exprs.push_back(col(0, TypeId::kText));
  auto select = statement(std::move(project));
  RunOptions options;
  options.store = &store_;
  for (int64_t id : {1, 7, 2999, 0, 5000}) {
    options.parameters = {Datum::integer(id)};
    auto got = run(select, options);
    ASSERT_TRUE(got);
    if (id < 1 || id > kRows) {
      EXPECT_TRUE(got->empty());
    } else {
      const Row& want = rows_[static_cast<size_t>(id) - 1];
      EXPECT_EQ(text_of(*got), text_of(Rows{{want[3], want[1]}}));
    }
  }
  options.parameters = {Datum::null()};
  EXPECT_TRUE(run(select, options)->empty());

  // A value that reads the row, and one that does not.
  auto from = by_id({2});
  from->emit_row_id = true;
  from->output.push_back({"rowid", TypeId::kInteger, false});
  auto values_of = over<plan::ProjectNode>(std::move(from));
  values_of->output = {{"rowid", TypeId::kInteger, false},
                       {"age", TypeId::kInteger, true},
                       {"pay", TypeId::kText, true}};
  values_of->exprs.push_back(col(1));
  auto plus = expr::resolve_function("+", std::vector{TypeId::kInteger, TypeId::kInteger});
  std::vector<expr::ExprPtr> args;
  args.push_back(col(0));
  args.push_back(lit(1000));
  values_of->exprs.push_back(
      expr::make_function(*plus->function, TypeId::kInteger, std::move(args)));
  values_of->exprs.push_back(parameter(1, TypeId::kText));
  auto update_node = std::make_unique<plan::UpdateNode>();
  update_node->table = table_;
  update_node->columns = {2, 3};
  update_node->children.push_back(std::move(values_of));
  auto update = statement(std::move(update_node));
  update->writes = true;
  auto write_with = [&](const std::shared_ptr<plan::PlannedStatement>& s,
                        std::vector<Datum> parameters, uint64_t* affected) -> Status {
    auto t = store_.begin(storage::Isolation::kReadCommitted);
    t->begin_statement();
    RunOptions with;
    with.store = &store_;
    with.transaction = t.get();
    with.parameters = std::move(parameters);
    ORRERY_TRY_ASSIGN(Rows rows, run(s, with, affected));
    EXPECT_TRUE(rows.empty());
    ORRERY_TRY(t->end_statement());
    ORRERY_TRY_ASSIGN(auto seq, t->commit());
    (void)seq;
    return {};
  };
  uint64_t affected = 9;
  ASSERT_TRUE(write_with(update, {Datum::integer(7), Datum::text("2.5")}, &affected));
  EXPECT_EQ(affected, 1u);
  ASSERT_TRUE(write_with(update, {Datum::integer(99999), Datum::text("2.5")}, &affected));
  EXPECT_EQ(affected, 0u);
  auto bad = write_with(update, {Datum::integer(8), Datum::text("much")}, &affected);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message(), "cannot convert value 'much' to Float for column 'pay'");
  auto line_of = [&](int64_t id) {
    auto node = scan();
    node->filter = cmp(CompareOp::kEqual, col(0), lit(id));
    auto lines = text_of(*query(std::move(node)));
    return lines.empty() ? std::string() : lines[0];
  };
  EXPECT_EQ(line_of(7), "7|person number 7|1049|2.5");

  auto gone = by_id({});
  gone->emit_row_id = true;
  gone->output.push_back({"rowid", TypeId::kInteger, false});
  auto erase_node = std::make_unique<plan::DeleteNode>();
  erase_node->table = table_;
  erase_node->children.push_back(std::move(gone));
  auto erase = statement(std::move(erase_node));
  erase->writes = true;
  ASSERT_TRUE(write_with(erase, {Datum::integer(7)}, &affected));
  EXPECT_EQ(affected, 1u);
  EXPECT_EQ(line_of(7), "");
  ASSERT_TRUE(write_with(erase, {Datum::integer(7)}, &affected));
  EXPECT_EQ(affected, 0u);

  auto row = std::make_unique<plan::ValuesNode>();
  row->rows.emplace_back();
  for (uint32_t i = 0; i < 4; ++i) {
    row->rows[0].push_back(parameter(i, kRowTypes[i]));
    row->output.push_back({"c", kRowTypes[i], true});
  }
  auto insert = statement(insert_into(table_, std::move(row)));
  insert->writes = true;
  ASSERT_TRUE(write_with(
      insert,
      {Datum::null(), Datum::text("a new and rather long name"), Datum::integer(3), Datum::null()},
      &affected));
  EXPECT_EQ(affected, 1u);
  EXPECT_EQ(line_of(3001), "3001|a new and rather long name|3|NULL");
  bad = write_with(insert, {Datum::integer(1), Datum::null(), Datum::null(), Datum::null()},
                   &affected);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ErrorCode::kPrimaryKey);
}

TEST_F(TablesTest, UpdateChecksTheNewRow) {
  auto update = std::make_unique<plan::UpdateNode>();
  update->table = table_;
  update->columns = {2};
  update->children.push_back(new_ages(scan({2}), -5));
  update->checks.push_back({cmp(CompareOp::kGreater, col(2), lit(0)), "age must be positive"});
  auto got = write(std::move(update));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message(), "age must be positive");
}

}  // namespace
}  // namespace orrery::exec::test
