#include "protocol/row_list.h"

#include <gtest/gtest.h>

#include <random>

#include "protocol/golden_for_test.h"
#include "types/bsatn.h"
#include "types/sats_json.h"

namespace orrery::protocol {
namespace {

RowListView read(std::string_view bytes) {
  WireReader in(bytes);
  RowListView out = RowListView::read(&in);
  EXPECT_TRUE(in.ok()) << (in.ok() ? "" : in.error().message());
  EXPECT_TRUE(in.at_end());
  return out;
}

std::string encoded(const RowListView& rows) {
  std::string out;
  rows.append_to(&out);
  EXPECT_EQ(out.size(), rows.encoded_size());
  return out;
}

std::string built(const std::vector<std::string>& rows) {
  RowListBuilder builder;
  for (const std::string& row : rows) builder.add(row);
  EXPECT_EQ(builder.row_count(), rows.size());
  auto list = builder.finish();
  EXPECT_TRUE(list.has_value());
  EXPECT_TRUE(builder.empty());
  EXPECT_EQ(list->row_count(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(list->row(i), rows[i]);
  return encoded(list->view());
}

TEST(RowList, Golden) {
  types::JsonValue file = load_golden("ws-v2/row-lists.json");
  size_t choices = 0;
  for (const types::JsonValue& v : file.find("vectors")->items()) {
    SCOPED_TRACE(v.find("name")->as_string());
    std::string bytes = unhex(v.find("hex")->as_string());
    RowListView rows = read(bytes);
    EXPECT_EQ(MessageJson::of_rows(rows), v.find("value")->to_string());
    EXPECT_EQ(encoded(rows), bytes);

    auto type = types::type_from_json(*v.find("row_type"));
    ASSERT_TRUE(type.has_value());
    const auto& expected = v.find("rows")->items();
    ASSERT_EQ(rows.row_count(), expected.size());
    std::vector<std::string> encoded_rows;
    for (size_t i = 0; i < expected.size(); ++i) {
      ByteWriter row;
      ASSERT_TRUE(types::json_to_bsatn(*type, expected[i], &row).has_value());
      EXPECT_EQ(rows.row(i), row.buffer());
      encoded_rows.push_back(row.buffer());
    }
    if (v.find("name")->as_string().starts_with("server_choice_")) {
      ++choices;
      EXPECT_EQ(built(encoded_rows), bytes);
    }
  }
  EXPECT_GE(choices, 7u);
}

/// The form that the rules give, written down another way.
std::string expected_form(const std::vector<std::string>& rows) {
  bool same = !rows.empty();
  for (const std::string& row : rows) same = same && row.size() == rows[0].size();
  bool fixed = same && !rows[0].empty() && rows[0].size() <= 65535;
  std::string data, offsets;
  for (const std::string& row : rows) {
    uint64_t at = data.size();
    offsets.append(reinterpret_cast<const char*>(&at), 8);
    data += row;
  }
  std::string out(1, fixed ? '\0' : '\1');
  auto put = [&out](auto n) { out.append(reinterpret_cast<const char*>(&n), sizeof(n)); };
  if (fixed) {
    put(static_cast<uint16_t>(rows[0].size()));
  } else {
    put(static_cast<uint32_t>(rows.size()));
    out += offsets;
  }
  put(static_cast<uint32_t>(data.size()));
  return out + data;
}

TEST(RowList, BuilderFollowsTheRules) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> rows(random() % 6);
    size_t common = random() % 4;
    for (std::string& row : rows) {
      size_t size = random() % 4 == 0 ? random() % 4 : common;
      row.assign(size, static_cast<char>(random()));
    }
    EXPECT_EQ(built(rows), expected_form(rows));
  }
  for (size_t size : {65535u, 65536u}) {
    std::vector<std::string> rows = {std::string(size, 'a'), std::string(size, 'b')};
    EXPECT_EQ(built(rows), expected_form(rows));
  }
}

TEST(RowList, RowsInPlaceAndEqualRows) {
  RowListBuilder builder;
  builder.row_bytes()->append("ab");
  builder.end_row();
  builder.add_equal_rows("cdef", 2);
  builder.add_equal_rows("", 5);
  EXPECT_EQ(encoded(builder.finish()->view()), expected_form({"ab", "cd", "ef"}));
  builder.add_equal_rows("xyz", 1);
  builder.add_equal_rows("aabb", 2);
  builder.row_bytes()->append("!");
  builder.end_row();
  EXPECT_EQ(encoded(builder.finish()->view()), expected_form({"x", "y", "z", "aa", "bb", "!"}));
}

TEST(RowList, RefusesHintsThatDoNotFit) {
  for (std::string_view hex : {
           "",
           "02",                                    // no such hint
           "0000",                                  // cut
           "0000000000000000",                      // fixed size of 0
           "00020003000000010203",                  // 3 bytes in rows of 2
           "000200ffffffff0102",                    // length that lies
           "01ffffffff",                            // count that lies
           "01000000000100000001",                  // data but no rows
           "0101000000010000000000000001000000aa",  // does not start at 0
           "010200000000000000000000000200000000000000"
           "01000000aa"  // starts behind the end
       }) {
    std::string bytes = unhex(hex);
    WireReader in(bytes);
    RowListView rows = RowListView::read(&in);
    ASSERT_FALSE(in.ok()) << hex;
    EXPECT_EQ(in.error().code(), ErrorCode::kDecode);
    EXPECT_TRUE(rows.empty());
  }
  // Rows that do not follow each other.
  std::string bytes = unhex(
      "0103000000000000000000000002000000000000000100000000000000"
      "03000000aabbcc");
  WireReader in(bytes);
  RowListView::read(&in);
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace orrery::protocol
