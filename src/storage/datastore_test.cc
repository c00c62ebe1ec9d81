#include "storage/datastore.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "storage/row_layout.h"
#include "storage/store.h"
#include "types/bsatn.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;
using types::TypeElement;
using types::TypeKind;

/// A random BSATN value of a type.
void append_random(const AlgebraicType& type, std::mt19937_64& random, std::string* out) {
  auto number = [&](uint64_t v, size_t bytes) {
    std::string s(bytes, '\0');
    std::memcpy(s.data(), &v, std::min<size_t>(bytes, 8));
    *out += s;
  };
  switch (type.kind()) {
    case TypeKind::kBool:
      number(random() % 2, 1);
      return;
    case TypeKind::kString:
    case TypeKind::kArray: {
      uint32_t n = random() % 3 == 0 ? static_cast<uint32_t>(random() % 40) : random() % 3;
      number(n, 4);
      for (uint32_t i = 0; i < n; ++i) {
        if (type.is(TypeKind::kString)) {
          out->push_back(static_cast<char>(random() % 4 == 0 ? 0 : 'a' + random() % 3));
        } else {
          append_random(type.array_element(), random, out);
        }
      }
      return;
    }
    case TypeKind::kSum: {
      uint64_t tag = random() % type.elements().size();
      number(tag, 1);
      append_random(type.elements()[tag].type, random, out);
      return;
    }
    case TypeKind::kProduct:
      for (const TypeElement& e : type.elements()) append_random(e.type, random, out);
      return;
    case TypeKind::kF32: {
      float v = static_cast<float>(static_cast<int64_t>(random() % 7)) - 3.5f;
      out->append(reinterpret_cast<const char*>(&v), 4);
      return;
    }
    case TypeKind::kF64: {
      double v = static_cast<double>(static_cast<int64_t>(random() % 7)) - 3.5;
      out->append(reinterpret_cast<const char*>(&v), 8);
      return;
    }
    default: {
      size_t bytes = *type.fixed_bytes();
      uint64_t v = random() % 5 == 0 ? random() : random() % 6;
      std::string s(bytes, random() % 4 == 0 ? '\xff' : '\0');
      std::memcpy(s.data(), &v, std::min<size_t>(bytes, 8));
      *out += s;
      return;
    }
  }
}

AlgebraicType shape() {
  return AlgebraicType::sum({{"None", AlgebraicType::unit()},
                             {"Circle", AlgebraicType::f32()},
                             {"Named", AlgebraicType::string()}});
}

std::vector<AlgebraicType> all_types() {
  using A = AlgebraicType;
  std::vector<AlgebraicType> out = {A::boolean(),
                                    A::i8(),
                                    A::u8(),
                                    A::i16(),
                                    A::u16(),
                                    A::i32(),
                                    A::u32(),
                                    A::i64(),
                                    A::u64(),
                                    A::i128(),
                                    A::u128(),
                                    A::i256(),
                                    A::u256(),
                                    A::f32(),
                                    A::f64(),
                                    A::string(),
                                    A::bytes(),
                                    A::identity(),
                                    A::connection_id(),
                                    A::timestamp_micros(),
                                    A::timestamp(),
                                    A::uuid(),
                                    A::json(),
                                    A::vector(0),
                                    A::array(A::string()),
                                    A::array(A::u32()),
                                    shape(),
                                    A::product({{"x", A::i32()}, {"y", A::f64()}}),
                                    A::product({{"s", A::string()}, {"b", A::boolean()}}),
                                    A::plain_enum(std::vector<std::string_view>{"a", "b", "c"}),
                                    A::schedule_at()};
  size_t n = out.size();
  for (size_t i = 0; i < n; ++i) out.push_back(A::option(out[i]));
  return out;
}

struct Fixture {
  explicit Fixture(TableDef def) {
    auto t = store.begin(Isolation::kReadCommitted);
    EXPECT_TRUE(t->create_table(def));
    EXPECT_TRUE(t->commit());
    table = store.catalog()->find_table(def.name);
  }
  std::vector<std::string> scan(BsatnScan scan, size_t buffer_bytes) {
    AlgebraicType row = row_type();
    std::vector<std::string> out;
    std::vector<uint8_t> buffer(buffer_bytes);
    for (;;) {
      BsatnScan::Filled filled = scan.fill(buffer);
      if (filled.state == BsatnScan::State::kBufferTooSmall) {
        EXPECT_GT(filled.needed, buffer.size());
        buffer.resize(filled.needed);
        continue;
      }
      std::string_view bytes(reinterpret_cast<const char*>(buffer.data()), filled.bytes);
      for (uint64_t i = 0; i < filled.rows; ++i) {
        size_t n = *types::bsatn_validate(row, bytes);
        out.emplace_back(bytes.substr(0, n));
        bytes.remove_prefix(n);
      }
      EXPECT_TRUE(bytes.empty());
      if (filled.state == BsatnScan::State::kDone) return out;
    }
  }
  AlgebraicType row_type() const {
    std::vector<TypeElement> fields;
    for (const ColumnDef& c : table->def().columns) fields.emplace_back(c.name, c.type);
    return AlgebraicType::product(fields);
  }
  Store store;
  std::shared_ptr<Table> table;
};

TEST(DatastoreTest, EveryTypeGoesInAndComesOut) {
  TableDef def;
  def.name = "all";
  for (const AlgebraicType& type : all_types()) {
    def.columns.push_back({"c" + std::to_string(def.columns.size()), type, "", "", false});
  }
  Fixture f(def);
  std::mt19937_64 random(7);
  std::vector<std::string> rows;
  auto t = f.store.begin(Isolation::kReadCommitted);
  for (int i = 0; i < 300; ++i) {
    std::string row;
    append_random(f.row_type(), random, &row);
    auto inserted = insert_bsatn(*t, *f.table, row, nullptr);
    ASSERT_TRUE(inserted) << inserted.error().message();
    rows.push_back(row);
    // Cut or longer rows are refused and leave nothing.
    EXPECT_FALSE(insert_bsatn(*t, *f.table, row.substr(0, random() % row.size()), nullptr));
    EXPECT_FALSE(insert_bsatn(*t, *f.table, row + "x", nullptr));
  }
  ASSERT_TRUE(t->commit());
  for (size_t buffer : {1, 3000, 1 << 20}) {
    EXPECT_TRUE(f.scan(BsatnScan(*f.table, f.store.read_view().view()), buffer) == rows);
  }
}

TEST(DatastoreTest, IndexesFollowTheOrderOfTheTypes) {
  std::mt19937_64 random(11);
  std::vector<AlgebraicType> types = all_types();
  // SQL orders vectors by their bytes, not by their numbers.
  std::erase_if(types, [](const AlgebraicType& t) {
    return types::sql_type_of(t) == types::TypeId::kVector;
  });
  for (size_t which = 0; which < types.size(); ++which) {
    TableDef def;
    def.name = "t";
    def.columns = {{"id", AlgebraicType::u32(), "", "", false},
                   {"a", types[which], "", "", false},
                   {"b", types[random() % types.size()], "", "", false}};
    def.indexes = {{0, "a", IndexKind::kBTree, false, false, false, {1}, ""},
                   {0, "ab", IndexKind::kBTree, false, false, false, {1, 2}, ""},
                   {0, "ba", IndexKind::kBTree, false, false, false, {2, 1}, ""}};
    Fixture f(def);
    SCOPED_TRACE(def.columns[1].type.to_string() + " " + def.columns[2].type.to_string());
    struct Row {
      uint32_t id;
      std::string cells[3];
    };
    std::vector<Row> rows;
    auto t = f.store.begin(Isolation::kReadCommitted);
    for (uint32_t i = 0; i < 60; ++i) {
      Row r;
      r.id = i;
      r.cells[0].assign(reinterpret_cast<const char*>(&i), 4);
      append_random(def.columns[1].type, random, &r.cells[1]);
      append_random(def.columns[2].type, random, &r.cells[2]);
      ASSERT_TRUE(insert_bsatn(*t, *f.table, r.cells[0] + r.cells[1] + r.cells[2], nullptr));
      rows.push_back(r);
    }
    ASSERT_TRUE(t->commit());
    ReadViewHandle view = f.store.read_view();
    auto ids = [&](KeyRange range, const Index& index) {
      std::vector<uint32_t> out;
      BsatnScan scan(*f.table, index, view.view(), std::move(range));
      for (const std::string& row : f.scan(std::move(scan), 64)) {
        uint32_t id;
        std::memcpy(&id, row.data(), 4);
        out.push_back(id);
      }
      return out;
    };
    for (const auto& index : f.table->indexes()) {
      const auto& columns = index->def().columns;
      auto compare = [&](const Row& x, const Row& y, size_t n) {
        for (size_t i = 0; i < n; ++i) {
          int c = types::bsatn_compare(def.columns[columns[i]].type, x.cells[columns[i]],
                                       y.cells[columns[i]]);
          if (c != 0) return c;
        }
        return 0;
      };
      std::vector<uint32_t> got = ids(index->make_range({}, {}, {}), *index);
      ASSERT_EQ(got.size(), rows.size());
      for (size_t i = 1; i < got.size(); ++i) {
        EXPECT_LE(compare(rows[got[i - 1]], rows[got[i]], columns.size()), 0) << index->def().name;
      }
      for (int round = 0; round < 20; ++round) {
        const Row& low = rows[random() % rows.size()];
        const Row& high = rows[random() % rows.size()];
        std::string key;
        for (uint16_t c : columns) key += low.cells[c];
        auto point = decode_point(*f.table, *index, key);
        ASSERT_TRUE(point) << point.error().message();
        got = ids(std::move(*point), *index);
        size_t want = 0;
        for (const Row& r : rows) want += compare(r, low, columns.size()) == 0 ? 1 : 0;
        EXPECT_EQ(got.size(), want);
        uint32_t prefix = columns.size() == 2 ? random() % 2 : 0;
        uint8_t low_tag = random() % 3, high_tag = random() % 3;
        BsatnRange range;
        if (prefix == 1) range.prefix = low.cells[columns[0]];
        range.prefix_columns = prefix;
        uint16_t next = columns[prefix];
        std::string lower(1, static_cast<char>(low_tag)), upper(1, static_cast<char>(high_tag));
        if (low_tag < 2) lower += low.cells[next];
        if (high_tag < 2) upper += high.cells[next];
        range.lower = lower;
        range.upper = upper;
        auto decoded = decode_range(*f.table, *index, range);
        ASSERT_TRUE(decoded) << decoded.error().message();
        got = ids(std::move(*decoded), *index);
        want = 0;
        for (const Row& r : rows) {
          if (compare(r, low, prefix) != 0) continue;
          int l = types::bsatn_compare(def.columns[next].type, r.cells[next], low.cells[next]);
          int h = types::bsatn_compare(def.columns[next].type, r.cells[next], high.cells[next]);
          if (low_tag < 2 && (low_tag == 0 ? l < 0 : l <= 0)) continue;
          if (high_tag < 2 && (high_tag == 0 ? h > 0 : h >= 0)) continue;
          ++want;
        }
        EXPECT_EQ(got.size(), want) << index->def().name << " " << int(low_tag) << int(high_tag);
        BsatnRange bad = range;
        bad.prefix_columns = 2;
        EXPECT_FALSE(decode_range(*f.table, *index, bad));
      }
    }
  }
}

TableDef items() {
  TableDef def;
  def.name = "items";
  def.columns = {{"id", AlgebraicType::u64(), "", "", true},
                 {"name", AlgebraicType::string(), "", "", false},
                 {"n", AlgebraicType::i32(), "", "", false}};
  def.indexes = {{0, "id", IndexKind::kDirect, true, true, true, {0}, ""},
                 {0, "name", IndexKind::kBTree, true, false, false, {1}, ""},
                 {0, "n", IndexKind::kBTree, false, false, false, {2}, ""},
                 {0, "n_hash", IndexKind::kHash, false, false, false, {2}, ""}};
  return def;
}

std::string item(uint64_t id, std::string_view name, int32_t n) {
  ByteWriter w;
  w.write(id);
  w.write_prefixed(name);
  w.write(n);
  return w.buffer();
}

template <class T>
std::string bytes_of(T v) {
  return {reinterpret_cast<const char*>(&v), sizeof(v)};
}

TEST(DatastoreTest, KeysAreGeneratedAndRowsReplaced) {
  Fixture f(items());
  auto t = f.store.begin(Isolation::kReadCommitted);
  Table& table = *f.table;
  std::string generated;
  ASSERT_TRUE(insert_bsatn(*t, table, item(0, "a", 1), &generated));
  EXPECT_EQ(generated, bytes_of<uint64_t>(1));
  generated.clear();
  ASSERT_TRUE(insert_bsatn(*t, table, item(0, "a name that is longer", 1), &generated));
  EXPECT_EQ(generated, bytes_of<uint64_t>(2));
  auto twice = insert_bsatn(*t, table, item(2, "c", 1), nullptr);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code(), ErrorCode::kPrimaryKey);
  const Index& id = *table.find_index("id");
  auto updated = update_bsatn(*t, table, id, item(2, "a name that is longer", 5), nullptr);
  ASSERT_TRUE(updated);
  EXPECT_EQ(*updated, UpdateOutcome::kUpdated);
  updated = update_bsatn(*t, table, id, item(9, "x", 5), nullptr);
  ASSERT_TRUE(updated);
  EXPECT_EQ(*updated, UpdateOutcome::kNoSuchRow);
  EXPECT_FALSE(update_bsatn(*t, table, *table.find_index("n"), item(1, "x", 1), nullptr));
  ASSERT_TRUE(t->commit());
  ReadViewHandle view = f.store.read_view();
  {
    ReadLatch latch(table);
    auto row = find_unique_bsatn(table, id, bytes_of<uint64_t>(2), view.view(), nullptr);
    ASSERT_TRUE(row && *row != nullptr);
    std::string bytes;
    table.layout().append_bsatn(*row, &bytes);
    EXPECT_EQ(bytes, item(2, "a name that is longer", 5));
    row = find_unique_bsatn(table, id, bytes_of<uint64_t>(3), view.view(), nullptr);
    EXPECT_TRUE(row && *row == nullptr);
    EXPECT_FALSE(find_unique_bsatn(table, id, "abc", view.view(), nullptr));
    EXPECT_FALSE(find_unique_bsatn(table, id, "123456789", view.view(), nullptr));
  }
  BsatnRange range;
  range.lower = range.upper = std::string_view("\2", 1);
  auto refused = decode_range(table, *table.find_index("n_hash"), range);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kNotSupported);
}

TEST(DatastoreTest, AutomaticKeysOfEveryWidth) {
  using A = AlgebraicType;
  for (const AlgebraicType& type : {A::i8(), A::u8(), A::i16(), A::u16(), A::i32(), A::u32(),
                                    A::i64(), A::u64(), A::i128(), A::u128()}) {
    SCOPED_TRACE(type.to_string());
    TableDef def;
    def.name = "keys";
    def.columns = {{"id", type, "", "", true}};
    def.indexes = {{0, "id", IndexKind::kBTree, true, true, true, {0}, ""}};
    Fixture f(def);
    const size_t width = *type.fixed_bytes();
    auto key = [&](int64_t v) {
      std::string s(width, v < 0 ? '\xff' : '\0');
      std::memcpy(s.data(), &v, std::min<size_t>(width, 8));
      return s;
    };
    auto t = f.store.begin(Isolation::kReadCommitted);
    std::string generated;
    auto next = [&] {
      generated.clear();
      return insert_bsatn(*t, *f.table, key(0), &generated).has_value() ? generated : "";
    };
    EXPECT_EQ(next(), key(1));
    // Keys that are given count; negative ones and those beyond 2^63 do not.
    ASSERT_TRUE(insert_bsatn(*t, *f.table, key(100), &generated));
    ASSERT_TRUE(insert_bsatn(*t, *f.table, std::string(width, '\x80'), nullptr));
    bool is_small = type.is(TypeKind::kU8) || type.is(TypeKind::kU16) || type.is(TypeKind::kU32);
    if (!is_small) EXPECT_EQ(next(), key(101));
    if (width == 16) {
      std::string high = key(0);
      high[9] = 1;
      generated.clear();
      ASSERT_TRUE(insert_bsatn(*t, *f.table, high, &generated));
      EXPECT_EQ(generated, "") << "it is not 0";
    }
    if (width == 1) {
      int64_t largest = is_small ? 255 : 127;
      (void)insert_bsatn(*t, *f.table, key(largest), nullptr);
      auto refused = insert_bsatn(*t, *f.table, key(0), nullptr);
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code(), ErrorCode::kOverflow);
    }
    ASSERT_TRUE(t->commit());
  }
}

TEST(DatastoreTest, DeletesByRowAndByRange) {
  Fixture f(items());
  Table& table = *f.table;
  auto t = f.store.begin(Isolation::kReadCommitted);
  for (int i = 1; i <= 100; ++i) {
    ASSERT_TRUE(insert_bsatn(*t, table, item(0, "name " + std::to_string(i), i % 10), nullptr));
  }
  std::string relation =
      bytes_of<uint32_t>(3) + item(5, "name 5", 5) + item(6, "name 6", 7) + item(7, "name 7", 7);
  auto deleted = delete_equal_bsatn(*t, table, relation);
  ASSERT_TRUE(deleted);
  EXPECT_EQ(*deleted, 2u);
  EXPECT_FALSE(delete_equal_bsatn(*t, table, relation.substr(0, relation.size() - 1)));
  EXPECT_FALSE(delete_equal_bsatn(*t, table, relation + "x"));
  BsatnRange range;
  std::string low = std::string(1, '\0') + bytes_of<int32_t>(3);
  std::string high = std::string(1, '\1') + bytes_of<int32_t>(5);
  range.lower = low;
  range.upper = high;
  auto decoded = decode_range(table, *table.find_index("n"), range);
  ASSERT_TRUE(decoded);
  deleted = delete_range_bsatn(*t, table, *table.find_index("n"), *decoded);
  ASSERT_TRUE(deleted);
  EXPECT_EQ(*deleted, 20u);
  BsatnScan scan(table, t->view());
  EXPECT_EQ(f.scan(std::move(scan), 100).size(), 78u);
  ASSERT_TRUE(t->commit());
}

}  // namespace
}  // namespace orrery::storage
