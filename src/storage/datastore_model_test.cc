// The BSATN door against a model: random operations of transactions that commit, roll back or go
// back to a savepoint, with malformed bytes between them.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "base/bytes.h"
#include "storage/datastore.h"
#include "storage/row_layout.h"
#include "storage/store.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;

struct Item {
  uint64_t id;
  std::optional<std::string> name;
  int32_t n;
  bool operator==(const Item&) const = default;
};
using Items = std::map<uint64_t, Item>;

std::string encode(const Item& item) {
  ByteWriter w;
  w.write(item.id);
  w.write(static_cast<uint8_t>(item.name ? 0 : 1));
  if (item.name) w.write_prefixed(*item.name);
  w.write(item.n);
  return w.buffer();
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (unsigned char c : bytes) {
    out += "0123456789abcdef"[c >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

template <class T>
std::string bytes_of(T v) {
  return {reinterpret_cast<const char*>(&v), sizeof(v)};
}

class DatastoreModelTest : public ::testing::Test {
 protected:
  DatastoreModelTest() {
    TableDef def;
    def.name = "items";
    def.columns = {{"id", AlgebraicType::u64(), "", "", true},
                   {"name", AlgebraicType::option(AlgebraicType::string()), "", "", false},
                   {"n", AlgebraicType::i32(), "", "", false}};
    def.indexes = {{0, "id", IndexKind::kDirect, true, true, true, {0}, ""},
                   {0, "name", IndexKind::kBTree, true, false, false, {1}, ""},
                   {0, "n", IndexKind::kBTree, false, false, false, {2}, ""}};
    auto t = store_.begin(Isolation::kReadCommitted);
    EXPECT_TRUE(t->create_table(def));
    EXPECT_TRUE(t->commit());
    table_ = store_.catalog()->find_table("items");
  }
  const Index& index(std::string_view name) const { return *table_->find_index(name); }

  static std::vector<std::string> drain(BsatnScan scan) {
    std::vector<std::string> rows;
    uint8_t buffer[160];
    for (;;) {
      BsatnScan::Filled filled = scan.fill(buffer);
      EXPECT_NE(filled.state, BsatnScan::State::kBufferTooSmall);
      size_t at = 0;
      for (uint64_t i = 0; i < filled.rows; ++i) {
        size_t size = 8 + 1 + 4;
        if (buffer[at + 8] == 0) {
          uint32_t name;
          std::memcpy(&name, buffer + at + 9, 4);
          size += 4 + name;
        }
        rows.emplace_back(reinterpret_cast<char*>(buffer) + at, size);
        at += size;
      }
      EXPECT_EQ(at, filled.bytes);
      if (filled.state != BsatnScan::State::kMore) break;
    }
    return rows;
  }
  std::vector<std::string> sorted_scan(const ReadView& view) const {
    std::vector<std::string> rows = drain(BsatnScan(*table_, view));
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  static std::vector<std::string> sorted(const Items& items) {
    std::vector<std::string> rows;
    for (const auto& [id, item] : items) rows.push_back(encode(item));
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  /// Every way of reading, against the model.
  void check(const Items& items, const ReadView& view, std::mt19937_64& random) {
    ASSERT_EQ(sorted_scan(view), sorted(items));
    uint64_t id = random() % 40;
    {
      ReadLatch latch(*table_);
      auto row = find_unique_bsatn(*table_, index("id"), bytes_of(id), view, nullptr);
      ASSERT_TRUE(row);
      auto at = items.find(id);
      ASSERT_EQ(*row != nullptr, at != items.end());
      if (*row != nullptr) {
        std::string bytes;
        table_->layout().append_bsatn(*row, &bytes);
        ASSERT_EQ(bytes, encode(at->second));
      }
    }
    int32_t low = static_cast<int32_t>(random() % 9) - 4;
    int32_t high = low + static_cast<int32_t>(random() % 4);
    std::string lower = '\0' + bytes_of(low), upper = '\1' + bytes_of(high);
    auto range = decode_range(*table_, index("n"), {{}, 0, lower, upper});
    ASSERT_TRUE(range);
    std::vector<std::string> got =
        drain(BsatnScan(*table_, index("n"), view, std::move(*range), Direction::kBackward));
    std::vector<std::string> want;
    for (const auto& [key, item] : items) {
      if (item.n >= low && item.n < high) want.push_back(encode(item));
    }
    ASSERT_TRUE(std::is_sorted(got.begin(), got.end(), [](const auto& a, const auto& b) {
      int32_t x, y;
      std::memcpy(&x, a.data() + a.size() - 4, 4);
      std::memcpy(&y, b.data() + b.size() - 4, 4);
      return x > y;
    }));
    std::sort(got.begin(), got.end());
    std::sort(want.begin(), want.end());
    ASSERT_EQ(got, want);
  }

  static Item random_item(std::mt19937_64& random) {
    Item item{1 + random() % 30, std::nullopt, static_cast<int32_t>(random() % 9) - 4};
    uint32_t kind = random() % 4;
    if (kind > 0) item.name = "n" + std::to_string(random() % 40);
    if (kind > 2) *item.name += " which is longer than a reference";
    return item;
  }
  static bool name_is_taken(const Items& items, const Item& item) {
    return item.name && std::any_of(items.begin(), items.end(), [&](const auto& other) {
             return other.first != item.id && other.second.name == item.name;
           });
  }
  void step(Transaction& t, Items* items, std::mt19937_64& random);
  void insert(Transaction& t, Items* items, Item item, std::mt19937_64& random);

  Store store_;
  std::shared_ptr<Table> table_;
  uint64_t largest_key_ = 0;
};

void DatastoreModelTest::insert(Transaction& t, Items* items, Item item, std::mt19937_64& random) {
  if (random() % 3 == 0) item.id = 0;
  bool automatic = item.id == 0;
  std::string generated;
  auto row = insert_bsatn(t, *table_, encode(item), &generated);
  if (automatic) {
    // A key is used up whether or not the row can be stored.
    item.id = ++largest_key_;
    ASSERT_EQ(generated, bytes_of(item.id));
  }
  if (items->contains(item.id)) {
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().code(), ErrorCode::kPrimaryKey);
  } else if (name_is_taken(*items, item)) {
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().code(), ErrorCode::kUnique);
  } else {
    ASSERT_TRUE(row) << row.error().message();
    largest_key_ = std::max(largest_key_, item.id);
    items->emplace(item.id, item);
  }
}

void DatastoreModelTest::step(Transaction& t, Items* items, std::mt19937_64& random) {
  Item item = random_item(random);
  t.begin_statement();
  Items before = *items;
  bool failed = false;
  switch (random() % 5) {
    case 0:
    case 1:
      insert(t, items, item, random);
      break;
    case 2: {
      auto updated = update_bsatn(t, *table_, index("id"), encode(item), nullptr);
      ASSERT_TRUE(updated) << updated.error().message();
      bool there = items->contains(item.id);
      ASSERT_EQ(*updated, there ? UpdateOutcome::kUpdated : UpdateOutcome::kNoSuchRow);
      if (!there) break;
      failed = name_is_taken(*items, item);
      (*items)[item.id] = item;
      break;
    }
    case 3: {
      // One row that is there, if any, one that differs from it, one at random.
      std::string relation = bytes_of(uint32_t{3});
      Item there = items->empty() ? item : items->begin()->second, other = there;
      other.n += 100;
      relation += encode(other) + encode(there) + encode(item);
      uint64_t want = 0;
      for (const Item& gone : {there, item}) {
        auto at = items->find(gone.id);
        if (at == items->end() || !(at->second == gone)) continue;
        items->erase(at);
        ++want;
      }
      auto deleted = delete_equal_bsatn(t, *table_, relation);
      ASSERT_TRUE(deleted);
      ASSERT_EQ(*deleted, want);
      break;
    }
    default: {
      std::string bound = '\0' + bytes_of(item.n);
      auto range = decode_range(*table_, index("n"), {{}, 0, bound, bound});
      ASSERT_TRUE(range);
      if (random() % 3 != 0) break;
      auto deleted = delete_range_bsatn(t, *table_, index("n"), *range);
      ASSERT_TRUE(deleted);
      ASSERT_EQ(*deleted,
                std::erase_if(*items, [&](const auto& i) { return i.second.n == item.n; }));
      break;
    }
  }
  Status ended = t.end_statement();
  ASSERT_EQ(!ended, failed);
  if (failed) {
    t.abort_statement();
    *items = before;
  }
}

TEST_F(DatastoreModelTest, RandomTransactions) {
  std::mt19937_64 random(41);
  Items committed;
  for (int round = 0; round < 400; ++round) {
    ReadViewHandle before = store_.read_view();
    Items now = committed;
    auto t = store_.begin(round % 2 == 0 ? Isolation::kSnapshot : Isolation::kReadCommitted);
    Savepoint savepoint = t->savepoint();
    Items saved = now;
    for (uint64_t n = random() % 12; n > 0; --n) {
      step(*t, &now, random);
      if (HasFatalFailure()) return;
      if (random() % 6 == 0) {
        savepoint = t->savepoint();
        saved = now;
      }
      if (random() % 9 == 0) {
        ASSERT_TRUE(t->rollback_to(savepoint));
        now = saved;
      }
      t->begin_statement();
      check(now, t->view(), random);
      ASSERT_TRUE(t->end_statement());
      if (HasFatalFailure()) return;
    }
    // Nobody else sees any of it before the commit, and a view from before not even then.
    check(committed, store_.read_view().view(), random);
    Items old = committed;
    if (random() % 4 == 0) {
      t->rollback();
    } else {
      ASSERT_TRUE(t->commit());
      committed = now;
    }
    check(committed, store_.read_view().view(), random);
    check(old, before.view(), random);
    if (HasFatalFailure()) return;
  }
}

TEST_F(DatastoreModelTest, GoldenBytes) {
  auto t = store_.begin(Isolation::kReadCommitted);
  t->begin_statement();
  std::string generated;
  ASSERT_TRUE(insert_bsatn(*t, *table_, encode({0, "ab", -2}), &generated));
  ASSERT_TRUE(insert_bsatn(*t, *table_, encode({258, std::nullopt, 1}), nullptr));
  EXPECT_EQ(hex(generated), "0100000000000000");
  ASSERT_TRUE(t->commit());
  std::vector<std::string> rows = drain(BsatnScan(*table_, store_.read_view().view()));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(hex(rows[0]),
            "01000000000000000002000000"
            "6162"
            "feffffff");
  EXPECT_EQ(hex(rows[1]), "02010000000000000101000000");
}

TEST_F(DatastoreModelTest, MalformedBytesAreErrorsAndChangeNothing) {
  std::mt19937_64 random(5);
  Items items;
  auto t = store_.begin(Isolation::kReadCommitted);
  t->begin_statement();
  for (uint64_t id = 1; id <= 20; ++id) {
    Item item{id, "name " + std::to_string(id), static_cast<int32_t>(id % 5)};
    ASSERT_TRUE(insert_bsatn(*t, *table_, encode(item), nullptr));
    items.emplace(id, item);
  }
  largest_key_ = 20;
  auto refused = [&](const auto& result) {
    if (!result) EXPECT_EQ(result.error().code(), ErrorCode::kDecode);
    return !result;
  };
  std::string row = encode({99, "longer than what a reference holds", 1});
  std::string relation =
      bytes_of(uint32_t{3}) + encode(items[1]) + encode(items[2]) + encode(items[3]);
  std::string bound = '\0' + bytes_of(int32_t{2});
  BsatnRange good{{}, 0, bound, bound};
  for (size_t cut = 0; cut < row.size(); ++cut) {
    EXPECT_TRUE(refused(insert_bsatn(*t, *table_, row.substr(0, cut), nullptr))) << cut;
    EXPECT_TRUE(refused(update_bsatn(*t, *table_, index("id"), row.substr(0, cut), nullptr)));
  }
  EXPECT_TRUE(refused(insert_bsatn(*t, *table_, row + '\0', nullptr)));
  EXPECT_TRUE(refused(update_bsatn(*t, *table_, index("id"), row + '\0', nullptr)));
  for (size_t cut = 0; cut < relation.size(); ++cut) {
    EXPECT_TRUE(refused(delete_equal_bsatn(*t, *table_, relation.substr(0, cut)))) << cut;
  }
  EXPECT_TRUE(refused(delete_equal_bsatn(*t, *table_, relation + '\0')));
  std::string too_many = bytes_of(UINT32_MAX) + relation.substr(4);
  EXPECT_TRUE(refused(delete_equal_bsatn(*t, *table_, too_many)));
  // A tag of an Option that is neither, text that is no UTF-8, a length beyond the end.
  for (auto [at, byte] : {std::pair<size_t, char>{8, 2}, {13, '\xff'}, {12, '\x7f'}}) {
    std::string bad = row;
    bad[at] = byte;
    EXPECT_TRUE(refused(insert_bsatn(*t, *table_, bad, nullptr))) << at;
    EXPECT_TRUE(
        refused(delete_equal_bsatn(*t, *table_, bytes_of(uint32_t{2}) + encode(items[1]) + bad)));
  }
  for (size_t cut = 0; cut < bound.size(); ++cut) {
    BsatnRange bad = good;
    bad.lower = std::string_view(bound).substr(0, cut);
    EXPECT_TRUE(refused(decode_range(*table_, index("n"), bad)));
    bad = good;
    bad.upper = std::string_view(bound).substr(0, cut);
    EXPECT_TRUE(refused(decode_range(*table_, index("n"), bad)));
  }
  for (std::string_view bad_bound :
       {std::string_view("\3\0\0\0\0", 5), std::string_view("\2\0", 2)}) {
    BsatnRange bad = good;
    bad.lower = bad_bound;
    EXPECT_TRUE(refused(decode_range(*table_, index("n"), bad)));
  }
  BsatnRange bad = good;
  bad.prefix_columns = 1;
  EXPECT_TRUE(refused(decode_range(*table_, index("n"), bad)));
  for (size_t bytes : {0, 3, 5}) {
    EXPECT_TRUE(refused(decode_point(*table_, index("n"), std::string(bytes, '\0'))));
  }
  // Whatever random bytes mean, they crash nothing; what they change is undone.
  Savepoint savepoint = t->savepoint();
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = i % 2 == 0 ? row : relation;
    for (uint64_t n = 1 + random() % 3; n > 0; --n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    if (i % 2 == 0) {
      (void)insert_bsatn(*t, *table_, bytes, nullptr);
    } else {
      (void)delete_equal_bsatn(*t, *table_, bytes);
    }
  }
  ASSERT_TRUE(t->rollback_to(savepoint));
  t->begin_statement();
  check(items, t->view(), random);
  ASSERT_TRUE(t->commit());
  check(items, store_.read_view().view(), random);
}

TEST_F(DatastoreModelTest, TheFirstOfTwoWritersWins) {
  auto first = store_.begin(Isolation::kSnapshot);
  first->begin_statement();
  ASSERT_TRUE(insert_bsatn(*first, *table_, encode({1, "a", 1}), nullptr));
  ASSERT_TRUE(first->commit());
  std::string one = bytes_of(uint32_t{1}) + encode({1, "a", 1});
  auto a = store_.begin(Isolation::kSnapshot), b = store_.begin(Isolation::kSnapshot);
  auto late = store_.begin(Isolation::kSnapshot);
  for (auto* t : {a.get(), b.get(), late.get()}) t->begin_statement();
  ASSERT_TRUE(update_bsatn(*a, *table_, index("id"), encode({1, "b", 2}), nullptr));
  // A row that another is changing refuses at once.
  auto updated = update_bsatn(*b, *table_, index("id"), encode({1, "c", 3}), nullptr);
  ASSERT_FALSE(updated);
  EXPECT_EQ(updated.error().code(), ErrorCode::kConflict);
  auto deleted = delete_equal_bsatn(*b, *table_, one);
  ASSERT_FALSE(deleted);
  EXPECT_EQ(deleted.error().code(), ErrorCode::kConflict);
  b->rollback();
  ASSERT_TRUE(a->commit());
  // One that began before that commit goes on with what it saw, and fails at its own.
  deleted = delete_equal_bsatn(*late, *table_, one);
  ASSERT_TRUE(deleted);
  EXPECT_EQ(*deleted, 1u);
  auto committed = late->commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(sorted_scan(store_.read_view().view()), sorted({{1, {1, "b", 2}}}));
}

TEST_F(DatastoreModelTest, AScanTakesTheViewItWasGiven) {
  auto t = store_.begin(Isolation::kReadCommitted);
  t->begin_statement();
  for (uint64_t id = 1; id <= 1000; ++id) {
    ASSERT_TRUE(insert_bsatn(*t, *table_, encode({id, std::nullopt, 1}), nullptr));
  }
  ASSERT_TRUE(t->commit());
  ReadViewHandle view = store_.read_view();
  BsatnScan scan(*table_, view.view());
  uint8_t buffer[100];
  BsatnScan::Filled filled = scan.fill(buffer);
  ASSERT_EQ(filled.rows, 7u);
  // Half of what the scan has still to give goes, and more comes.
  t = store_.begin(Isolation::kReadCommitted);
  t->begin_statement();
  for (uint64_t id = 1; id <= 1000; id += 2) {
    ASSERT_TRUE(
        delete_equal_bsatn(*t, *table_, bytes_of(uint32_t{1}) + encode({id, std::nullopt, 1})));
    ASSERT_TRUE(insert_bsatn(*t, *table_, encode({5000 + id, std::nullopt, 1}), nullptr));
  }
  ASSERT_TRUE(t->commit());
  EXPECT_EQ(drain(std::move(scan)).size(), 993u);
  EXPECT_EQ(sorted_scan(store_.read_view().view()).size(), 1000u);
}

}  // namespace
}  // namespace orrery::storage
