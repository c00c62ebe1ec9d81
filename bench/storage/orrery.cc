#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bench/storage/tables.h"
#include "storage/datastore.h"
#include "storage/row_layout.h"
#include "storage/store.h"

namespace bench {
namespace {

using namespace orrery::storage;  // NOLINT: a benchmark of exactly this
using orrery::types::AlgebraicType;

template <class T>
T must(orrery::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "orrery: %s\n", result.error().message().c_str());
    std::exit(1);
  }
  return std::move(result).value();
}

ColumnDef column(const char* name, AlgebraicType type) {
  return {name, std::move(type), "", "", false};
}

uint64_t load(const uint8_t* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

class Orrery final : public StorageEngine {
 public:
  uint64_t insert_narrow(uint64_t rows) override {
    narrow_rows_ = rows;
    narrow_ = make_table(narrow_def("narrow"));
    auto t = store_.begin(Isolation::kReadCommitted);
    t->begin_statement();
    for (uint64_t id = 1; id <= rows; ++id) insert_row(*t, *narrow_, id);
    must(t->commit());
    return rows;
  }
  uint64_t insert_each(uint64_t rows) override {
    auto table = make_table(narrow_def("each_row"));
    for (uint64_t id = 1; id <= rows; ++id) {
      auto t = store_.begin(Isolation::kReadCommitted);
      t->begin_statement();
      insert_row(*t, *table, id);
      must(t->commit());
    }
    return rows;
  }
  uint64_t insert_generated(uint64_t rows) override {
    TableDef def = narrow_def("generated");
    def.columns[0].auto_increment = true;
    auto table = make_table(def);
    auto t = store_.begin(Isolation::kReadCommitted);
    t->begin_statement();
    uint64_t sum = 0;
    std::string generated;
    for (uint64_t i = 1; i <= rows; ++i) {
      int64_t row[] = {0, narrow_a(i), narrow_b(i)};
      generated.clear();
      must(insert_bsatn(*t, *table, {reinterpret_cast<const char*>(row), sizeof row}, &generated));
      sum += i * load(reinterpret_cast<const uint8_t*>(generated.data()));
    }
    must(t->commit());
    return sum;
  }
  uint64_t insert_people(uint64_t rows) override {
    people_rows_ = rows;
    TableDef def;
    def.name = "people";
    def.columns = {column("id", AlgebraicType::i64()), column("name", AlgebraicType::string()),
                   column("age", AlgebraicType::i64()), column("email", AlgebraicType::string())};
    def.primary_key = 0;
    def.indexes = {{0, "pk", IndexKind::kDirect, true, true, true, {0}, ""},
                   {0, "name", IndexKind::kBTree, true, false, true, {1}, ""},
                   {0, "age", IndexKind::kBTree, false, false, false, {2}, ""}};
    people_ = make_table(def);
    auto t = store_.begin(Isolation::kReadCommitted);
    t->begin_statement();
    char row[256];
    for (uint64_t id = 1; id <= rows; ++id) {
      char* p = row;
      auto number = [&p](uint64_t v, size_t n) {
        std::memcpy(p, &v, n);
        p += n;
      };
      number(id, 8);
      uint32_t n = person_name(id, p + 4);
      number(n, 4);
      p += n;
      number(static_cast<uint64_t>(person_age(id)), 8);
      n = person_email(id, p + 4);
      number(n, 4);
      p += n;
      must(insert_bsatn(*t, *people_, {row, static_cast<size_t>(p - row)}, nullptr));
    }
    must(t->commit());
    return rows;
  }
  uint64_t read_narrow(uint64_t count) override {
    const Index& pk = *narrow_->primary_index();
    Draw draw;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t id = 1 + draw.below(narrow_rows_);
      sum += sum_narrow(read_unique(*narrow_, pk, {reinterpret_cast<const char*>(&id), 8}));
    }
    return sum;
  }
  uint64_t read_people(uint64_t count) override {
    const Index& pk = *people_->primary_index();
    Draw draw;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t id = 1 + draw.below(people_rows_);
      sum += sum_people(read_unique(*people_, pk, {reinterpret_cast<const char*>(&id), 8}));
    }
    return sum;
  }
  uint64_t read_by_name(uint64_t count) override {
    const Index& index = *people_->find_index("name");
    Draw draw;
    uint64_t sum = 0;
    char key[64];
    for (uint64_t i = 0; i < count; ++i) {
      uint32_t n = person_name(1 + draw.below(people_rows_), key + 4);
      std::memcpy(key, &n, 4);
      sum += sum_people(read_unique(*people_, index, {key, n + 4u}));
    }
    return sum;
  }
  uint64_t range_narrow(uint64_t count) override {
    Draw draw;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t from = 1 + draw.below(narrow_rows_ - 100);
      scan(range(*narrow_, *narrow_->primary_index(), from, '\0', from + 100, '\1'),
           [&](size_t bytes) { sum += sum_narrow(bytes); });
    }
    return sum;
  }
  uint64_t range_people(uint64_t count) override {
    const Index& age = *people_->find_index("age");
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t from = 18 + i % 60;
      scan(range(*people_, age, from, '\0', from + 1, '\0'),
           [&](size_t bytes) { sum += sum_people(bytes); });
    }
    return sum;
  }
  uint64_t scan_narrow() override {
    ReadViewHandle view = store_.read_view();
    uint64_t sum = 0;
    scan(BsatnScan(*narrow_, view.view()), [&](size_t bytes) { sum += sum_narrow(bytes); });
    return sum;
  }
  uint64_t scan_people() override {
    ReadViewHandle view = store_.read_view();
    uint64_t sum = 0;
    scan(BsatnScan(*people_, view.view()), [&](size_t bytes) { sum += sum_people(bytes); });
    return sum;
  }
  uint64_t update_narrow(uint64_t count) override {
    const Index& pk = *narrow_->primary_index();
    auto t = store_.begin(Isolation::kReadCommitted);
    t->begin_statement();
    Draw draw;
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t id = 1 + draw.below(narrow_rows_);
      int64_t row[] = {static_cast<int64_t>(id), narrow_a(id) + 1, narrow_b(id)};
      must(update_bsatn(*t, *narrow_, pk, {reinterpret_cast<const char*>(row), sizeof row},
                        nullptr));
    }
    must(t->commit());
    return count;
  }
  uint64_t delete_narrow(uint64_t count) override {
    const Index& pk = *narrow_->primary_index();
    auto t = store_.begin(Isolation::kReadCommitted);
    t->begin_statement();
    Draw draw;
    uint64_t deleted = 0;
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t id = 1 + draw.below(narrow_rows_);
      KeyRange key = must(decode_point(*narrow_, pk, {reinterpret_cast<const char*>(&id), 8}));
      deleted += must(delete_range_bsatn(*t, *narrow_, pk, key));
    }
    t->rollback();
    return deleted;
  }
  uint64_t delete_equal(uint64_t count) override {
    auto t = store_.begin(Isolation::kReadCommitted);
    t->begin_statement();
    Draw draw;
    uint64_t deleted = 0;
    for (uint64_t i = 0; i < count; ++i) {
      uint64_t id = 1 + draw.below(narrow_rows_);
      char rows[28] = {1};
      int64_t row[] = {static_cast<int64_t>(id), narrow_a(id) + static_cast<int64_t>(i % 2),
                       narrow_b(id)};
      std::memcpy(rows + 4, row, sizeof row);
      deleted += must(delete_equal_bsatn(*t, *narrow_, {rows, sizeof rows}));
    }
    t->rollback();
    return deleted;
  }

 private:
  static TableDef narrow_def(const char* name) {
    TableDef def;
    def.name = name;
    def.columns = {column("id", AlgebraicType::i64()), column("a", AlgebraicType::i64()),
                   column("b", AlgebraicType::i64())};
    def.primary_key = 0;
    def.indexes = {{0, "pk", IndexKind::kDirect, true, true, true, {0}, ""}};
    return def;
  }
  std::shared_ptr<Table> make_table(TableDef def) {
    auto t = store_.begin(Isolation::kReadCommitted);
    if (t->catalog()->find_table(def.name) != nullptr && !t->drop_table(def.name)) std::exit(1);
    must(t->create_table(def));
    must(t->commit());
    return store_.catalog()->find_table(def.name);
  }
  static void insert_row(Transaction& t, Table& table, uint64_t id) {
    int64_t row[] = {static_cast<int64_t>(id), narrow_a(id), narrow_b(id)};
    must(insert_bsatn(t, table, {reinterpret_cast<const char*>(row), sizeof row}, nullptr));
  }
  /// Leaves the row in buffer_; its length.
  size_t read_unique(const Table& table, const Index& index, std::string_view key) {
    ReadViewHandle view = store_.read_view();
    ReadLatch latch(table);
    RowRef row = must(find_unique_bsatn(table, index, key, view.view(), nullptr));
    if (row == nullptr) std::exit(1);
    return static_cast<size_t>(table.layout().write_bsatn(row, buffer_) - buffer_);
  }
  BsatnScan range(const Table& table, const Index& index, uint64_t from, char from_tag, uint64_t to,
                  char to_tag) {
    char lower[9], upper[9];
    lower[0] = from_tag;
    std::memcpy(lower + 1, &from, 8);
    upper[0] = to_tag;
    std::memcpy(upper + 1, &to, 8);
    BsatnRange bounds;
    bounds.lower = {lower, 9};
    bounds.upper = {upper, 9};
    view_ = store_.read_view();
    return BsatnScan(table, index, view_.view(), must(decode_range(table, index, bounds)));
  }
  template <class Fn>
  void scan(BsatnScan scan, Fn&& each) {
    for (;;) {
      BsatnScan::Filled filled = scan.fill({buffer_, sizeof buffer_});
      each(filled.bytes);
      if (filled.state != BsatnScan::State::kMore) return;
    }
  }
  uint64_t sum_narrow(size_t bytes) const {
    uint64_t sum = 0;
    for (size_t at = 0; at < bytes; at += 24) {
      sum += load(buffer_ + at) + load(buffer_ + at + 8) + load(buffer_ + at + 16);
    }
    return sum;
  }
  uint64_t sum_people(size_t bytes) const {
    uint64_t sum = 0;
    for (const uint8_t *p = buffer_, *end = p + bytes; p < end;) {
      uint32_t name, email;
      sum += load(p);
      std::memcpy(&name, p + 8, 4);
      sum += name + p[12] + load(p + 12 + name);
      p += 20 + name;
      std::memcpy(&email, p, 4);
      sum += email + p[4];
      p += 4 + email;
    }
    return sum;
  }

  Store store_;
  std::shared_ptr<Table> narrow_, people_;
  ReadViewHandle view_;
  uint8_t buffer_[64 << 10];
};

}  // namespace

std::unique_ptr<StorageEngine> make_orrery() {
  return std::make_unique<Orrery>();
}

}  // namespace bench
