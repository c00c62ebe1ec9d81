// Tables as modules have them: sets of rows, sequences, events, aliases.
#include <gtest/gtest.h>

#include <string>

#include "storage/datastore.h"
#include "storage/module_tables_test_double.h"
#include "storage/store.h"
#include "storage/table_impl.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;
using types::Datum;
using types::I128;

class ModuleTablesTest : public ::testing::Test {
 protected:
  std::shared_ptr<Table> make(const TableDef& def) {
    auto t = store_.begin(Isolation::kReadCommitted);
    auto id = t->create_table(def);
    EXPECT_TRUE(id) << id.error().message();
    EXPECT_TRUE(t->commit());
    auto table = store_.catalog()->find_table(*id);
    table->add_watcher();
    return table;
  }
  void begin() {
    t_ = store_.begin(Isolation::kReadCommitted);
    t_->begin_statement();
  }
  Result<RowId> insert(Table& table, std::string_view row, std::string* generated = nullptr) {
    return insert_bsatn(*t_, table, row, generated);
  }
  uint64_t erase(Table& table, std::string_view row) {
    uint32_t one = 1;
    std::string rows(reinterpret_cast<const char*>(&one), 4);
    auto done = delete_equal_bsatn(*t_, table, rows.append(row));
    EXPECT_TRUE(done);
    return done ? *done : 0;
  }
  ChangeSet commit() {
    EXPECT_TRUE(t_->end_statement());
    CommitCapture capture;
    auto seq = t_->commit_unsynced(&capture);
    EXPECT_TRUE(seq) << (seq ? "" : seq.error().message());
    return std::move(capture.changes);
  }
  std::vector<std::string> scan(const Table& table) {
    return rows_of(table, store_.read_view().view());
  }

  Store store_;
  std::unique_ptr<Transaction> t_;
};

TEST_F(ModuleTablesTest, EqualRowsAreOne) {
  auto table = make(pairs("set"));
  const std::string long_row = product(uint32_t{1}, "a text that is longer than twelve bytes");
  begin();
  auto first = insert(*table, long_row);
  ASSERT_TRUE(first);
  EXPECT_FALSE(t_->insert_met_equal());
  auto again = insert(*table, long_row);
  ASSERT_TRUE(again);
  EXPECT_TRUE(t_->insert_met_equal());
  EXPECT_EQ(*again, *first);
  commit();
  begin();
  ASSERT_TRUE(insert(*table, long_row));
  EXPECT_TRUE(t_->insert_met_equal());
  EXPECT_FALSE(t_->has_writes());
  ASSERT_TRUE(insert(*table, product(uint32_t{2}, "b")));
  EXPECT_FALSE(t_->insert_met_equal());
  EXPECT_EQ(erase(*table, long_row), 1u);
  EXPECT_EQ(t_->row_count(*table), 1u);
  auto back = insert(*table, long_row);  // takes the delete back
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, *first);
  EXPECT_EQ(t_->row_count(*table), 2u);
  ChangeSet changes = commit();
  ASSERT_EQ(changes.tables().size(), 1u);
  EXPECT_TRUE(changes.tables()[0].deletes.empty());
  ASSERT_EQ(changes.tables()[0].inserts.size(), 1u);
  EXPECT_EQ(changes.tables()[0].inserts[0].bytes, product(uint32_t{2}, "b"));
  store_.vacuum();
  EXPECT_EQ(scan(*table).size(), 2u);
  // Gone for good, and back in another transaction.
  begin();
  EXPECT_EQ(erase(*table, long_row), 1u);
  commit();
  store_.vacuum();
  begin();
  ASSERT_TRUE(insert(*table, long_row));
  EXPECT_FALSE(t_->insert_met_equal());
  commit();
  EXPECT_EQ(scan(*table).size(), 2u);
}

TEST_F(ModuleTablesTest, AnotherRowWithTheKeyIsRefused) {
  TableDef def = pairs("keyed");
  def.indexes = {{0, "a", IndexKind::kBTree, true, false, false, {0}, ""}};
  auto table = make(def);
  EXPECT_EQ(impl_of(*table).row_set_index(), nullptr);
  begin();
  ASSERT_TRUE(insert(*table, product(uint32_t{1}, "x")));
  ASSERT_TRUE(insert(*table, product(uint32_t{1}, "x")));
  EXPECT_TRUE(t_->insert_met_equal());
  auto other = insert(*table, product(uint32_t{1}, "y"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::kUnique);
  commit();
  begin();
  erase(*table, product(uint32_t{1}, "x"));
  ASSERT_TRUE(insert(*table, product(uint32_t{1}, "y")));
  auto back = insert(*table, product(uint32_t{1}, "x"));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code(), ErrorCode::kUnique);
  auto same = update_bsatn(*t_, *table, *table->find_index("a"), product(uint32_t{1}, "y"), nullptr);
  ASSERT_TRUE(same);
  EXPECT_EQ(*same, UpdateOutcome::kUpdated);
  commit();
}

TEST_F(ModuleTablesTest, UpdatesThatMakeRowsEqualMergeThem) {
  auto table = make(pairs("set"));
  begin();
  ASSERT_TRUE(insert(*table, product(uint32_t{1}, "x")));
  ASSERT_TRUE(insert(*table, product(uint32_t{2}, "x")));
  ASSERT_TRUE(insert(*table, product(uint32_t{3}, "x")));
  commit();
  begin();
  const uint16_t column = 0;
  const Datum one = Datum::integer(1);
  for (RowId row = 0; row < 3; ++row) ASSERT_TRUE(t_->update(*table, row, {&column, 1}, {&one, 1}));
  ChangeSet changes = commit();
  EXPECT_EQ(changes.tables()[0].deletes.size(), 2u);
  EXPECT_EQ(scan(*table), std::vector<std::string>{product(uint32_t{1}, "x")});
}

TEST_F(ModuleTablesTest, TwoTransactionsInsertTheSameRow) {
  auto table = make(pairs("set"));
  auto a = store_.begin(Isolation::kReadCommitted), b = store_.begin(Isolation::kReadCommitted);
  a->begin_statement();
  b->begin_statement();
  const std::string row = product(uint32_t{1}, "x");
  ASSERT_TRUE(insert_bsatn(*a, *table, row, nullptr));
  ASSERT_TRUE(insert_bsatn(*b, *table, row, nullptr));
  EXPECT_TRUE(a->commit());
  auto late = b->commit();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(scan(*table).size(), 1u);
}

TEST_F(ModuleTablesTest, MemoryOfTheHiddenIndex) {
  TableDef def = pairs("set");
  def.columns[1].type = AlgebraicType::u32();
  auto table = make(def);
  begin();
  for (uint32_t i = 0; i < 100000; ++i) ASSERT_TRUE(insert(*table, product(i, i)));
  const IndexImpl* index = impl_of(*table).row_set_index();
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(index->entries(), 100000u);
  EXPECT_LE(index->memory_bytes(), 16u * 100000u);
  commit();
  begin();
  for (uint32_t i = 0; i < 100000; ++i) ASSERT_EQ(erase(*table, product(i, i)), 1u);
  commit();
  store_.vacuum();
  EXPECT_EQ(index->entries(), 0u);
  EXPECT_LE(index->memory_bytes(), 1024u);
}

TEST_F(ModuleTablesTest, SequencesOfEveryWidth) {
  TableDef def;
  def.name = "wide";
  using A = AlgebraicType;
  const AlgebraicType types[] = {A::i8(),  A::u8(),   A::i16(),  A::u16(),  A::i32(),  A::u32(),
                                 A::i64(), A::u64(),  A::i128(), A::u128(), A::i256(), A::u256()};
  size_t bytes = 0;
  for (uint16_t i = 0; i < 12; ++i) {
    def.columns.push_back({"c" + std::to_string(i), types[i], "", "", false});
    def.sequences.push_back(sequence(i, -3, -5, 300));
    bytes += *types[i].fixed_bytes();
  }
  std::swap(def.sequences[2], def.sequences[7]);  // their order does not matter
  auto table = make(def);
  begin();
  std::string zero(bytes, '\0');
  for (int n = 0; n < 700; ++n) {
    std::string generated;
    ASSERT_TRUE(insert(*table, zero, &generated));
    const I128 value = (n + 2) % 306 - 5;
    std::string want;
    for (const AlgebraicType& type : types) {
      std::string wide(32, value < 0 ? '\xff' : '\0');
      std::memcpy(wide.data(), &value, 16);
      want += wide.substr(0, *type.fixed_bytes());
    }
    ASSERT_EQ(generated, want) << n;
  }
  commit();
}

TEST_F(ModuleTablesTest, NumbersAreGivenOutOnce) {
  TableDef def = pairs("numbered");
  def.sequences = {sequence(0)};
  def.columns.push_back({"n", AlgebraicType::i16(), "", "", false});
  def.sequences.push_back(sequence(2, 5, 1, 10, -3));
  def.indexes = {{0, "a", IndexKind::kBTree, true, true, true, {0}, ""}};
  auto table = make(def);
  begin();
  std::string got;
  ASSERT_TRUE(insert(*table, product(uint32_t{0}, "x", int16_t{0}), &got));
  EXPECT_EQ(got, product(uint32_t{1}, int16_t{5}));
  got.clear();
  ASSERT_TRUE(insert(*table, product(uint32_t{7}, "x", int16_t{0}), &got));
  EXPECT_EQ(got, product(int16_t{2}));  // 7 is kept, and the sequence stays
  got.clear();
  ASSERT_TRUE(insert(*table, product(uint32_t{0}, "x", int16_t{9}), &got));
  EXPECT_EQ(got, product(uint32_t{2}));
  t_->rollback();
  begin();
  got.clear();
  ASSERT_TRUE(insert(*table, product(uint32_t{0}, "x", int16_t{0}), &got));
  EXPECT_EQ(got, product(uint32_t{3}, int16_t{9}));  // nothing is given back; 2 - 3 wraps to 9
  got.clear();
  ASSERT_TRUE(update_bsatn(*t_, *table, *table->find_index("a"),
                           product(uint32_t{3}, "y", int16_t{0}), &got));
  EXPECT_EQ(got, product(int16_t{6}));
  // SQL: NULL is a 0, even where the column cannot hold it.
  const Datum row[] = {Datum::null(), Datum::text("sql"), Datum::integer(0)};
  ASSERT_TRUE(t_->insert(*table, row));
  EXPECT_EQ(rows_of(*table, t_->view()).back(), product(uint32_t{4}, "sql", int16_t{3}));
  const Datum bad[] = {Datum::null(), Datum::null(), Datum::integer(0)};
  auto refused = t_->insert(*table, bad);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kNotNull);
  commit();
}

TEST_F(ModuleTablesTest, SequencesOfARewrittenTable) {
  TableDef def = pairs("t");
  def.columns.insert(def.columns.begin(), {"big", AlgebraicType::i256(), "", "", false});
  def.sequences = {sequence(1)};
  auto table = make(def);
  const std::string minus_one(32, '\xff'), zero(32, '\0');
  begin();
  ASSERT_TRUE(insert(*table, minus_one + product(uint32_t{0}, "x")));
  ASSERT_TRUE(insert(*table, zero + product(uint32_t{0}, "x")));
  commit();
  begin();
  TableDef next = table->def();
  std::vector<ColumnSource> same = {{0, {}}, {1, {}}, {2, {}}};
  // Values in the range of a new sequence are in its way, others are not.
  next.sequences.push_back({"new", 0, -1, -1, 5, 1});
  EXPECT_FALSE(t_->rewrite_table("t", next, same));
  next.sequences.back() = {"new", 0, 1, 0, 5, 1};
  EXPECT_FALSE(t_->rewrite_table("t", next, same));
  next.sequences.back() = {"new", 0, 1, 1, 5, 1};
  Status done = t_->rewrite_table("t", next, same);
  ASSERT_TRUE(done) << done.error().message();
  // The column moves, the sequence goes on.
  next.columns.erase(next.columns.begin());
  next.sequences.pop_back();
  next.sequences[0].column = 0;
  std::vector<ColumnSource> moved = {{1, {}}, {2, {}}};
  done = t_->rewrite_table("t", next, moved);
  ASSERT_TRUE(done) << done.error().message();
  std::string generated;
  ASSERT_TRUE(insert(*t_->catalog()->find_table("t"), product(uint32_t{0}, "y"), &generated));
  EXPECT_EQ(generated, product(uint32_t{3}));
  commit();
}

TEST_F(ModuleTablesTest, SequencesThatMakeNoSense) {
  auto refuse = [&](TableDef def) {
    auto t = store_.begin(Isolation::kReadCommitted);
    auto made = t->create_table(std::move(def));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), ErrorCode::kInvalidArgument);
  };
  TableDef def = pairs("bad");
  const SequenceDef bad[] = {sequence(1),           sequence(5),           sequence(0, 0, 1, 9),
                             sequence(0, 1, 1, 1),  sequence(0, 1, 2, 1),  sequence(0, 1, 1, 9, 0),
                             sequence(0, 1, 1, 9, 8), sequence(0, 1, 1, 9, -8)};
  for (const SequenceDef& s : bad) {
    def.sequences = {s};
    refuse(def);
  }
  def.sequences = {sequence(0), sequence(0)};
  refuse(def);
}

TEST_F(ModuleTablesTest, NoOverflowAtTheEndsOfI128) {
  const I128 largest = static_cast<I128>(~types::U128{0} >> 1), least = -largest - 1;
  Sequence up(sequence(0, largest - 1, least, largest, largest));
  EXPECT_EQ(up.take(), largest - 1);
  EXPECT_EQ(up.take(), least + largest - 2);
  Sequence down(sequence(0, least, least, largest, least + 1));
  EXPECT_EQ(down.take(), least);
  EXPECT_EQ(down.take(), largest + (least + 1) + 1);
}

TEST_F(ModuleTablesTest, EventsAreOnlyInTheChangeSet) {
  TableDef def = pairs("events");
  def.event = true;
  def.sequences = {sequence(0)};
  def.indexes = {{0, "b", IndexKind::kBTree, true, false, false, {1}, ""}};
  auto table = make(def);
  TableDef plain = pairs("plain");
  auto other = make(plain);
  for (int round = 0; round < 3; ++round) {
    auto neighbour = store_.begin(Isolation::kReadCommitted);
    neighbour->begin_statement();
    ASSERT_TRUE(insert_bsatn(*neighbour, *table, product(uint32_t{0}, "one"), nullptr));
    begin();
    EXPECT_EQ(t_->row_count(*table), 0u);
    ASSERT_TRUE(insert(*table, product(uint32_t{0}, "one")));
    ASSERT_TRUE(insert(*other, product(uint32_t{1}, "row " + std::to_string(round))));
    ASSERT_TRUE(insert(*table, product(uint32_t{0}, "a second event, with a long text")));
    ASSERT_TRUE(insert(*table, product(uint32_t{0}, "gone")));
    auto twice = insert(*table, product(uint32_t{0}, "one"));
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code(), ErrorCode::kUnique);
    auto range = decode_point(*table, *table->find_index("b"), product("gone"));
    ASSERT_TRUE(range);
    auto gone = delete_range_bsatn(*t_, *table, *table->find_index("b"), *range);
    ASSERT_TRUE(gone);
    EXPECT_EQ(*gone, 1u);
    EXPECT_EQ(t_->row_count(*table), 2u);
    EXPECT_EQ(rows_of(*table, t_->view()).size(), 2u);
    ChangeSet changes = commit();
    ASSERT_EQ(changes.tables().size(), 2u);
    EXPECT_TRUE(changes.tables()[0].event);
    EXPECT_TRUE(changes.tables()[0].deletes.empty());
    EXPECT_EQ(changes.tables()[0].inserts.size(), 2u);
    EXPECT_FALSE(changes.tables()[1].event);
    EXPECT_TRUE(scan(*table).empty());
    EXPECT_EQ(scan(*other).size(), size_t(round) + 1);
    EXPECT_TRUE(neighbour->commit());
    EXPECT_TRUE(scan(*table).empty());
  }
  CommitSeq last = store_.last_commit();
  begin();
  ASSERT_TRUE(insert(*table, product(uint32_t{0}, "alone")));
  EXPECT_GT(commit().seq(), last);
  store_.vacuum();
  EXPECT_EQ(table->approximate_row_count(), 0u);
}

TEST_F(ModuleTablesTest, AliasesAreNamesToo) {
  TableDef def = pairs("the_table");
  def.alias = "TheTable2";
  def.columns[1].alias = "theB";
  def.indexes = {{0, "the_table_b_idx", IndexKind::kBTree, false, false, false, {1}, "", "theB_idx"}};
  auto table = make(def);
  EXPECT_EQ(store_.catalog()->find_table("thetable2"), table);
  EXPECT_EQ(table->def().find_column("theB"), 1);
  EXPECT_NE(table->find_index("theb_IDX"), nullptr);
  begin();
  TableDef next = table->def();
  next.alias = "Other";
  std::vector<ColumnSource> sources = {{0, {}}, {1, {}}};
  ASSERT_TRUE(t_->rewrite_table("the_table", next, sources));
  ASSERT_TRUE(t_->create_table(pairs("TheTable2")));
  commit();
  EXPECT_EQ(store_.catalog()->find_table("other")->def().id, table->def().id);
  EXPECT_EQ(store_.catalog()->find_table("TheTable2")->def().name, "TheTable2");
}

AlgebraicType colour(bool more) {
  std::vector<types::TypeElement> variants = {{"red", AlgebraicType::unit()},
                                              {"grey", AlgebraicType::unit()}};
  if (more) {
    variants.emplace_back("mixed", AlgebraicType::array(AlgebraicType::u8()));
    variants.emplace_back("blue", AlgebraicType::unit());
  }
  return AlgebraicType::sum(variants);
}

TEST_F(ModuleTablesTest, SumsGrowAndColumnsComeWithDefaults) {
  TableDef def;
  def.name = "t";
  def.columns = {{"id", AlgebraicType::u64(), "", "", false},
                 {"c", colour(false), "", "", false},
                 {"list", AlgebraicType::array(colour(false)), "", "", false}};
  def.indexes = {{0, "id", IndexKind::kBTree, true, true, true, {0}, ""},
                 {0, "c", IndexKind::kBTree, false, false, false, {1}, ""}};
  def.row_set = true;
  def.sequences = {sequence(0)};
  make(def);
  auto table = store_.catalog()->find_table("t");
  begin();
  const std::string list = product(uint32_t{2}, uint8_t{1}, uint8_t{0});
  ASSERT_TRUE(insert(*table, product(uint64_t{0}, uint8_t{1}) + list));
  ASSERT_TRUE(insert(*table, product(uint64_t{0}, uint8_t{0}) + list));
  commit();
  begin();
  TableDef next = table->def();
  next.columns[1].type = colour(true);
  next.columns[2].type = AlgebraicType::array(colour(true));
  next.columns.push_back({"p", AlgebraicType::product({{"x", AlgebraicType::string()},
                                                       {"y", AlgebraicType::u8()}}),
                          "", "", false});
  next.columns.push_back({"o", AlgebraicType::option(AlgebraicType::u64()), "", "", false});
  const std::string fill = product("a default that is long enough", uint8_t{9});
  std::vector<ColumnSource> sources = {
      {0, {}}, {1, {}}, {2, {}}, {-1, {}, fill}, {-1, {}, product(uint8_t{0}, uint64_t{5})}};
  auto bad = sources;
  bad[3].fill_bsatn = fill + "x";
  EXPECT_FALSE(t_->rewrite_table("t", next, bad));
  bad[3].fill_bsatn = fill.substr(0, 9);
  EXPECT_FALSE(t_->rewrite_table("t", next, bad));
  Status done = t_->rewrite_table("t", next, sources);
  ASSERT_TRUE(done) << done.error().message();
  table = t_->catalog()->find_table("t");
  std::string generated;
  const std::string tail = fill + product(uint8_t{0}, uint64_t{5});
  ASSERT_TRUE(insert(*table, product(uint64_t{0}, uint8_t{3}) + list + tail, &generated));
  EXPECT_EQ(generated, product(uint64_t{3}));  // the sequence goes on
  commit();
  EXPECT_EQ(scan(*table),
            (std::vector<std::string>{product(uint64_t{1}, uint8_t{1}) + list + tail,
                                      product(uint64_t{2}, uint8_t{0}) + list + tail,
                                      product(uint64_t{3}, uint8_t{3}) + list + tail}));
}

}  // namespace
}  // namespace orrery::storage
