// Version 2 of redo and definitions: its bytes, and what becomes of malformed ones.
#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "storage/datastore.h"
#include "storage/redo.h"
#include "storage/store.h"

namespace orrery::storage {
namespace {

using types::AlgebraicType;

class MemoryLog : public CommitLog {
 public:
  Status append(CommitSeq, CommitKind, std::string_view redo) override {
    commits.emplace_back(redo);
    return {};
  }
  Status wait_durable(CommitSeq) override { return {}; }
  CommitSeq durable_seq() const override { return 0; }
  void sync_soon() override {}
  Status health() const override { return {}; }
  void on_durable(std::function<void()>) override {}
  std::vector<std::string> commits;
};

class SchemaOnly : public CheckpointSink {
 public:
  Status schema(std::string_view bytes) override {
    schema_bytes = bytes;
    return {};
  }
  Status begin_table(TableId, uint64_t) override { return {}; }
  Status rows(std::string_view, uint32_t) override { return {}; }
  Status end_table() override { return {}; }
  std::string schema_bytes;
};

std::string hex(std::string_view bytes) {
  std::string out;
  for (unsigned char c : bytes) {
    out += "0123456789abcdef"[c >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

/// 16 bytes of a number that fits into two.
std::string wide(uint16_t v) {
  return hex({reinterpret_cast<const char*>(&v), 2}) + std::string(28, '0');
}

TableDef numbers() {
  TableDef def;
  def.name = "s";
  def.alias = "S2";
  def.columns = {{"a", AlgebraicType::u32(), "", "", false, "A2"}};
  def.row_set = true;
  def.sequences = {{"q", 0, 1, 1, 1000, 1}};
  return def;
}

class ModuleRedoTest : public ::testing::Test {
 protected:
  ModuleRedoTest() { store_.attach_log(&log_); }
  void begin() {
    t_ = store_.begin(Isolation::kReadCommitted);
    t_->begin_statement();
  }
  void insert(std::string_view row) {
    auto done = insert_bsatn(*t_, *t_->catalog()->find_table("s"), row, nullptr);
    ASSERT_TRUE(done) << done.error().message();
  }
  void commit() { ASSERT_TRUE(t_->commit()); }
  std::string schema() {
    SchemaOnly sink;
    EXPECT_TRUE(store_.write_checkpoint(
        sink, [](void*, CommitSeq) { return Status(); }, nullptr));
    return sink.schema_bytes;
  }
  const std::string zero_ = std::string(4, '\0');
  Store store_;
  MemoryLog log_;
  std::unique_ptr<Transaction> t_;
};

TEST_F(ModuleRedoTest, GoldenBytes) {
  begin();
  ASSERT_TRUE(t_->create_table(numbers()));
  commit();
  begin();
  insert(zero_);
  commit();
  begin();
  insert(zero_);
  insert(zero_);
  commit();
  begin();
  IndexDef index{0, "i", IndexKind::kHash, true, false, false, {0}, "", "I2"};
  ASSERT_TRUE(t_->create_index("s", index));
  commit();
  begin();
  TableDef next = t_->catalog()->find_table("s")->def();
  next.columns.push_back({"b", AlgebraicType::string(), "", "", false});
  std::vector<ColumnSource> sources = {{0, {}}, {-1, {}, std::string("\1\0\0\0x", 5)}};
  ASSERT_TRUE(t_->rewrite_table("s", next, sources));
  commit();
  const std::string sequences =
      "01" "0171" "00" + wide(1) + wide(1) + wide(1000) + wide(1);
  ASSERT_EQ(log_.commits.size(), 5u);
  const std::string definition =
      "10" "0173" "01" "0161" "010b" "00" "00" "00" "00" "00" "01" "025332" "024132" "01";
  EXPECT_EQ(hex(log_.commits[0]), "0204" + definition + sequences);
  // The batch ends where the sequence has come round.
  EXPECT_EQ(hex(log_.commits[1]), "02" "01100001" "01000000" "0c100001" + wide(1000));
  // It is in the log; what is left is as ever.
  EXPECT_EQ(hex(log_.commits[2]), "01" "01100102" "02000000" "03000000");
  EXPECT_EQ(hex(log_.commits[3]), "02" "0710" "01" "0169" "01" "01" "00" "01" "00" "024932");
  EXPECT_EQ(hex(log_.commits[4]),
            "020b" "10" "0173" "02" "0161" "010b" "000000" "0162" "0104" "000000"
            "01" "02" "0169" "01" "01" "00" "01" "00" "024932" "00" "01"
            "025332" "024132" "00" "01" + sequences + "00" "00" "01" "ff05" "0100000078");
  const std::string index_and_rest = "01" "02" "0169" "01" "01" "00" "01" "00" "024932" "00" "01";
  EXPECT_EQ(hex(schema()), "02" "11" "03" "01" "10" "0173" "02" "0161" "010b" "000000" "0162"
                           "0104" "000000" + index_and_rest + "025332" "024132" "00" "01" +
                               sequences + "00" "01" + wide(1000) + "00");
}

TEST_F(ModuleRedoTest, PlainTablesStayInVersionOne) {
  begin();
  TableDef def;
  def.name = "s";
  def.columns = {{"a", AlgebraicType::u32(), "", "", false}};
  ASSERT_TRUE(t_->create_table(def));
  insert(zero_);
  commit();
  EXPECT_EQ(log_.commits[0][0], 1);
  EXPECT_EQ(schema()[0], 1);
}

TEST_F(ModuleRedoTest, NothingOfEventsIsInTheLog) {
  TableDef def = numbers();
  def.event = true;
  def.sequences.clear();
  begin();
  ASSERT_TRUE(t_->create_table(def));
  commit();
  begin();
  insert("abcd");
  commit();
  EXPECT_EQ(log_.commits.size(), 1u);
  Store again;
  ASSERT_TRUE(again.apply_redo(1, log_.commits[0]));
  std::string put = std::string("\1\1\x10\0\1", 5) + "abcd";
  Status refused = again.apply_redo(2, put);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kCorruption);
}

TEST_F(ModuleRedoTest, MalformedBytesAreErrors) {
  begin();
  ASSERT_TRUE(t_->create_table(numbers()));
  insert(zero_);
  TableDef next = t_->catalog()->find_table("s")->def();
  next.columns.push_back({"b", AlgebraicType::string(), "", "", false});
  std::vector<ColumnSource> sources = {{0, {}}, {-1, {}, std::string("\1\0\0\0x", 5)}};
  ASSERT_TRUE(t_->rewrite_table("s", next, sources));
  commit();
  const std::string schema_bytes = schema();
  auto attempt = [](std::string_view bytes, bool is_schema) {
    Store other;
    other.limit_recovered_rows(1 << 16);
    Status applied = is_schema ? other.load_schema(bytes) : other.apply_redo(1, bytes);
    if (applied) applied = other.finish_recovery(1);
    if (!applied) { EXPECT_EQ(applied.error().code(), ErrorCode::kCorruption); }
    return bool(applied);
  };
  for (bool is_schema : {false, true}) {
    const std::string& good = is_schema ? schema_bytes : log_.commits[0];
    EXPECT_TRUE(attempt(good, is_schema));
    for (size_t cut = 0; cut < good.size(); ++cut) {
      const bool passed = attempt(std::string_view(good).substr(0, cut), is_schema);
      if (is_schema) EXPECT_FALSE(passed) << cut;
    }
    for (size_t at = 0; at < good.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
        attempt(bad, is_schema);
      }
    }
  }
}

}  // namespace
}  // namespace orrery::storage
