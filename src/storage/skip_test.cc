// Passing over rows must come to the same place as reading them.
#include <gtest/gtest.h>

#include "storage/store.h"
#include "storage/table.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;
using types::Datum;

constexpr int64_t kRows = 20000;

class SkipTest : public testing::Test {
 protected:
  void SetUp() override {
    TableDef def;
    def.name = "t";
    def.columns = {{"id", AlgebraicType::integer(), "", "", false},
                   {"name", AlgebraicType::option(AlgebraicType::text()), "", "", false},
                   {"age", AlgebraicType::option(AlgebraicType::integer()), "", "", false},
                   {"twice", AlgebraicType::option(AlgebraicType::integer()), "", "", false}};
    def.primary_key = 0;
    def.indexes = {{0, "pk", IndexKind::kBTree, true, true, true, {0}, "BTREE"},
                   {0, "by_name", IndexKind::kBTree, false, false, false, {1}, "BTREE"},
                   {0, "by_age", IndexKind::kBTree, false, false, false, {2}, "BTREE"},
                   {0, "by_both", IndexKind::kBTree, false, false, false, {2, 1}, "BTREE"},
                   {0, "direct", IndexKind::kDirect, false, false, false, {3}, "BTREE"}};
    auto t = store_.begin(Isolation::kReadCommitted);
    t->begin_statement();
    ASSERT_TRUE(t->create_table(def));
    ASSERT_TRUE(t->end_statement());
    for (int64_t i = 0; i < kRows; ++i) {
      t->begin_statement();
      const std::string name = "name number " + std::to_string(i * 7919 % 3000);
      // Keys below and far above the dense run, gaps in it, and two rows of a key in some pages.
      const int64_t id = i < 200 ? i - 200 : i > 19000 ? i * 1000 : i + i / 3;
      const bool double_key = i / 5000 == 1;
      ASSERT_TRUE(t->insert(
          *t->catalog()->find_table("t"),
          std::initializer_list<Datum>{Datum::integer(id),
                                       i % 50 == 3 ? Datum::null() : Datum::text(name),
                                       i % 40 == 2 ? Datum::null() : Datum::integer(i % 100 - 50),
                                       i % 90 == 7 ? Datum::null()
                                                   : Datum::integer(double_key ? i / 2 : i)}));
    }
    ASSERT_TRUE(t->commit());
    table_ = store_.catalog()->find_table("t");
  }

  template <class Make>
  void check(std::string_view what, Make&& make) {
    std::vector<RowId> all = read(make());
    for (uint64_t n : {0, 1, 63, 64, 65, 5000, 12345, 19999, 20000, 30000}) {
      auto cursor = make();
      uint64_t passed = 0;
      {
        ReadLatch latch(*table_);
        passed = cursor.skip(n / 3);
        passed += cursor.skip(n - n / 3);
      }
      ASSERT_EQ(passed, std::min<uint64_t>(n, all.size())) << what;
      std::vector<RowId> rest(all.begin() + static_cast<ptrdiff_t>(passed), all.end());
      ASSERT_TRUE(read(std::move(cursor)) == rest) << what << " after " << n;
    }
  }

  void check_all() {
    auto handle = store_.read_view();
    const ReadView& view = handle.view();
    check("scan", [&] { return TableCursor(*table_, view); });
    for (const auto& index : table_->indexes()) {
      for (Direction d : {Direction::kForward, Direction::kBackward}) {
        check(index->def().name,
              [&] { return IndexCursor(*table_, *index, view, index->make_range({}, {}, {}), d); });
        if (index->def().name == "by_name") continue;
        for (int64_t low : {-100, 10, 600, 9000}) {
          KeyBound a{BoundKind::kIncluded, Datum::integer(low)};
          KeyBound b{BoundKind::kExcluded, Datum::integer(low * 2 + 300)};
          check(index->def().name,
                [&] { return IndexCursor(*table_, *index, view, index->make_range({}, a, b), d); });
        }
      }
    }
  }

  template <class Cursor>
  std::vector<RowId> read(Cursor cursor) {
    std::vector<RowId> out;
    RowRef rows[100];
    RowId ids[100];
    ReadLatch latch(*table_);
    while (uint32_t n = cursor.next(rows, ids, 100)) out.insert(out.end(), ids, ids + n);
    return out;
  }

  Store store_;
  std::shared_ptr<Table> table_;
};

TEST_F(SkipTest, SettledTable) { check_all(); }

TEST_F(SkipTest, WithVersionsAndDeletedRows) {
  auto keeps_versions = store_.read_view();
  auto t = store_.begin(Isolation::kReadCommitted);
  t->begin_statement();
  uint16_t column = 2;
  for (RowId row = 0; row < kRows; row += 7) {
    Datum value = Datum::integer(static_cast<int64_t>(row) % 30);
    ASSERT_TRUE(row % 3 == 0 ? t->erase(*table_, row)
                             : t->update(*table_, row, {&column, 1}, {&value, 1}));
  }
  ASSERT_TRUE(t->end_statement());
  check_all();  // as before: nothing is committed
  ASSERT_TRUE(t->commit());
  check_all();
}

}  // namespace
}  // namespace orrery::storage
