// Ranges as the module ABI has them, over the columns of an index and over the fields of one column.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "storage/datastore.h"
#include "storage/module_tables_test_double.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;

/// Bounds as the ABI has them, and which values they take, for a list of fields of type i32.
struct Bounds {
  std::vector<int32_t> prefix;
  int lower_tag, upper_tag;
  int32_t lower, upper;
  bool takes(const std::vector<int32_t>& key) const {
    for (size_t i = 0; i < prefix.size(); ++i) {
      if (key[i] != prefix[i]) return false;
    }
    const int32_t at = key[prefix.size()];
    if (lower_tag == 0 && at < lower) return false;
    if (lower_tag == 1 && at <= lower) return false;
    if (upper_tag == 0 && at > upper) return false;
    return upper_tag != 1 || at < upper;
  }
};

TEST(KeyRangeTest, RangesOverColumnsAndOverFieldsOfOneColumn) {
  TableDef def;
  def.name = "t";
  const AlgebraicType i32 = AlgebraicType::i32();
  def.columns = {{"x", i32, "", "", false},
                 {"y", i32, "", "", false},
                 {"z", i32, "", "", false},
                 {"p", AlgebraicType::product({{"x", i32}, {"y", i32}, {"z", i32}}), "", "", false}};
  def.indexes = {{0, "three", IndexKind::kBTree, false, false, false, {0, 1, 2}, ""},
                 {0, "one", IndexKind::kBTree, false, false, false, {3}, ""},
                 {0, "x", IndexKind::kDirect, false, false, false, {0}, ""},
                 {0, "hash", IndexKind::kHash, false, false, false, {0}, ""}};
  Store store;
  auto t = store.begin(Isolation::kReadCommitted);
  ASSERT_TRUE(t->create_table(def));
  auto table = t->catalog()->find_table("t");
  t->begin_statement();
  std::mt19937 random(7);
  const int32_t values[] = {INT32_MIN, -1, 0, 1, 2, INT32_MAX};
  auto any = [&] { return values[random() % 6]; };
  std::vector<std::vector<int32_t>> keys;
  for (int i = 0; i < 300; ++i) {
    keys.push_back({any(), any(), any()});
    const auto& k = keys.back();
    const std::string row = product(k[0], k[1], k[2], k[0], k[1], k[2]);
    ASSERT_TRUE(insert_bsatn(*t, *table, row, nullptr));
  }
  ASSERT_TRUE(t->commit());
  const ReadViewHandle view = store.read_view();
  for (int round = 0; round < 3000; ++round) {
    Bounds b{{}, int(random() % 3), int(random() % 3), any(), any()};
    for (size_t n = random() % 3; n > 0; --n) b.prefix.push_back(any());
    std::string prefix, lower(1, char(b.lower_tag)), upper(1, char(b.upper_tag));
    for (int32_t v : b.prefix) prefix += product(v);
    if (b.lower_tag != 2) lower += product(b.lower);
    if (b.upper_tag != 2) upper += product(b.upper);
    size_t want = 0;
    for (const auto& key : keys) want += b.takes(key) ? 1 : 0;
    for (const char* name : {"three", "one", "x"}) {
      if (name[0] == 'x' && !b.prefix.empty()) continue;
      const Index& index = *table->find_index(name);
      auto range = decode_range(*table, index,
                                {prefix, static_cast<uint32_t>(b.prefix.size()), lower, upper});
      ASSERT_TRUE(range) << range.error().message();
      IndexCursor cursor(*table, index, view.view(), *range);
      ReadLatch latch(*table);
      RowRef rows[512];
      const uint32_t n = cursor.next(rows, nullptr, 512);
      ASSERT_EQ(n, want) << name << " round " << round;
      for (uint32_t i = 0; i < n; ++i) {
        std::vector<int32_t> key(3);
        std::memcpy(key.data(), rows[i], 12);
        ASSERT_TRUE(b.takes(key));
      }
    }
  }
  const Index& one = *table->find_index("one");
  const std::string unbounded(1, '\2');
  // A bound may be a whole product, too.
  auto whole = decode_range(*table, one, {{}, 0, '\0' + product(0, 0, 0), '\0' + product(0, 0, 0)});
  ASSERT_TRUE(whole);
  auto point = decode_point(*table, one, product(0, 0, 0));
  ASSERT_TRUE(point);
  EXPECT_EQ(whole->lower, point->lower);
  EXPECT_EQ(whole->upper, point->upper);
  auto code = [&](const char* name, BsatnRange range) {
    auto got = decode_range(*table, *table->find_index(name), range);
    return got ? ErrorCode::kOk : got.error().code();
  };
  const std::string two = product(1, 2), three = product(1, 2, 3);
  EXPECT_EQ(code("hash", {{}, 0, unbounded, unbounded}), ErrorCode::kNotSupported);
  EXPECT_EQ(code("x", {two, 1, unbounded, unbounded}), ErrorCode::kDecode);
  EXPECT_EQ(code("three", {three, 3, unbounded, unbounded}), ErrorCode::kDecode);
  EXPECT_EQ(code("one", {three, 3, unbounded, unbounded}), ErrorCode::kDecode);
  EXPECT_EQ(code("one", {two, 2, unbounded, unbounded}), ErrorCode::kOk);
  EXPECT_EQ(code("one", {two.substr(1), 2, unbounded, unbounded}), ErrorCode::kDecode);
  EXPECT_EQ(code("one", {two, 1, unbounded, unbounded}), ErrorCode::kDecode);
  EXPECT_EQ(code("one", {"ignored", 0, unbounded, unbounded}), ErrorCode::kOk);
  EXPECT_EQ(code("one", {{}, 0, std::string(), unbounded}), ErrorCode::kDecode);
  EXPECT_EQ(code("one", {{}, 0, std::string(1, '\3'), unbounded}), ErrorCode::kDecode);
  EXPECT_EQ(code("one", {{}, 0, '\0' + two.substr(0, 3), unbounded}), ErrorCode::kDecode);
  EXPECT_EQ(code("one", {{}, 0, unbounded + "x", unbounded}), ErrorCode::kDecode);
}

}  // namespace
}  // namespace orrery::storage
