#include <gtest/gtest.h>

#include <set>

#include "protocol/golden_for_test.h"
#include "protocol/v1/types_for_test.h"
#include "types/bsatn.h"

namespace orrery::protocol::v1 {
namespace {

using types::JsonShape;
using types::JsonValue;

std::string oracle_bytes(std::string_view json, Format format) {
  auto value = JsonValue::parse(json);
  EXPECT_TRUE(value.has_value()) << json;
  ByteWriter out;
  auto written = types::json_to_bsatn(client_message_type(format), *value, &out);
  EXPECT_TRUE(written.has_value()) << json << ": " << (written ? "" : written.error().message());
  return out.buffer();
}

constexpr std::string_view kClientMessages[] = {
    R"({"CallReducer":{"reducer":"add","args":"[\"x\",1]","request_id":1,"flags":0}})",
    R"({"CallReducer":{"flags":1,"args":"[]","request_id":4294967295,"reducer":"r\u00e9\n"}})",
    R"({"CallReducer":["add","[]",7,1]})",
    R"(["CallReducer",["add","[]",7,1]])",
    R"([0,{"reducer":"add","args":"[]","request_id":1,"flags":0}])",
    R"({"0":["add","[]",7,1]})",
    R"({"Subscribe":{"query_strings":["SELECT * FROM t","","é"],"request_id":2}})",
    R"({"Subscribe":{"query_strings":[],"request_id":2}})",
    R"({"OneOffQuery":{"message_id":"00ff10","query_string":"SELECT * FROM t"}})",
    R"({"OneOffQuery":{"message_id":[0,255,16],"query_string":"SELECT * FROM t"}})",
    R"({"OneOffQuery":{"message_id":"","query_string":""}})",
    R"({"SubscribeSingle":{"query":"SELECT * FROM t","request_id":3,"query_id":{"id":9}}})",
    R"({"SubscribeMulti":{"query_strings":["a","b"],"request_id":3,"query_id":[9]}})",
    R"( { "Unsubscribe" : { "request_id" : 4 , "query_id" : { "id" : 9 } } } )",
    R"({"UnsubscribeMulti":{"request_id":4,"query_id":{"id":9}}})",
    R"({"CallProcedure":{"procedure":"p","args":"[]","request_id":5,"flags":0}})",
};

TEST(V1Client, JsonIsWhatItsTypeSays) {
  for (std::string_view json : kClientMessages) {
    SCOPED_TRACE(json);
    std::string buffer;
    auto message = decode_json(json, &buffer);
    ASSERT_TRUE(message.has_value()) << message.error().message();
    EXPECT_EQ(buffer, oracle_bytes(json, Format::kJson));
  }
}

TEST(V1Client, Fields) {
  std::string buffer;
  auto message = decode_json(kClientMessages[1], &buffer);
  const auto* call = std::get_if<CallReducer>(&*message);
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->reducer, "ré\n");
  EXPECT_EQ(call->arguments, "[]");
  EXPECT_EQ(call->request_id, 4294967295u);
  EXPECT_EQ(call->notice, CallNotice::kNoSuccessNotify);
  message = decode_json(kClientMessages[12], &buffer);
  const auto* multi = std::get_if<SubscribeMulti>(&*message);
  ASSERT_NE(multi, nullptr);
  EXPECT_EQ(multi->queries, (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(multi->request_id, 3u);
  EXPECT_EQ(multi->query_id, 9u);
  message = decode_json(kClientMessages[9], &buffer);
  const auto* query = std::get_if<OneOffQuery>(&*message);
  ASSERT_NE(query, nullptr);
  EXPECT_EQ(query->message_id, std::string_view("\x00\xff\x10", 3));
}

TEST(V1Client, JsonToRefuse) {
  for (std::string_view json : {
           R"()",
           R"(1)",
           R"({})",
           R"([])",
           R"([0])",
           R"({"CallReducer":1})",
           R"({"Nothing":{}})",
           R"({"8":{}})",
           R"({"256":{}})",
           R"({"Unsubscribe":{"request_id":4,"query_id":{"id":9}},"x":1})",
           R"([5,{"request_id":4,"query_id":{"id":9}},1])",
           R"({"Unsubscribe":{"request_id":4,"query_id":{"id":9}}} x)",
           R"({"Unsubscribe":{"request_id":4}})",
           R"({"Unsubscribe":{"request_id":4,"request_id":4,"query_id":{"id":9}}})",
           R"({"Unsubscribe":{"request_id":4,"query_id":{"id":9},"more":1}})",
           R"({"Unsubscribe":[4]})",
           R"({"Unsubscribe":[4,[9],1]})",
           R"({"Unsubscribe":{"request_id":-1,"query_id":{"id":9}}})",
           R"({"Unsubscribe":{"request_id":4294967296,"query_id":{"id":9}}})",
           R"({"Unsubscribe":{"request_id":1.5,"query_id":{"id":9}}})",
           R"({"Unsubscribe":{"request_id":"4","query_id":{"id":9}}})",
           R"({"CallReducer":{"reducer":"add","args":[],"request_id":1,"flags":0}})",
           R"({"CallReducer":{"reducer":"add","args":"[]","request_id":1,"flags":2}})",
           R"({"CallProcedure":{"procedure":"p","args":"[]","request_id":5,"flags":1}})",
           R"({"Subscribe":{"query_strings":"a","request_id":2}})",
           R"({"Subscribe":{"query_strings":[1],"request_id":2}})",
           R"({"OneOffQuery":{"message_id":"0","query_string":""}})",
           R"({"OneOffQuery":{"message_id":"0g","query_string":""}})",
           R"({"OneOffQuery":{"message_id":[256],"query_string":""}})",
       }) {
    std::string buffer;
    auto message = decode_json(json, &buffer);
    ASSERT_FALSE(message.has_value()) << json;
    EXPECT_EQ(message.error().code(), ErrorCode::kDecode) << json;
  }
}

TEST(V1Client, DamagedMessages) {
  for (std::string_view json : kClientMessages) {
    std::string text(json);
    std::string bytes = oracle_bytes(json, Format::kJson);
    std::string buffer;
    EXPECT_TRUE(decode_bsatn(bytes).has_value());
    EXPECT_TRUE(decode_bsatn(bytes + "x").has_value());
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decode_bsatn(std::string_view(bytes).substr(0, size)).has_value());
    }
    size_t end = text.find_last_not_of(' ');
    for (size_t size = 0; size < end; ++size) {
      EXPECT_FALSE(decode_json(std::string_view(text).substr(0, size), &buffer).has_value());
    }
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string flipped = bytes;
        flipped[at] = static_cast<char>(flipped[at] ^ 1 << bit);
        (void)decode_bsatn(flipped);
      }
    }
    for (size_t at = 0; at < text.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string flipped = text;
        flipped[at] = static_cast<char>(flipped[at] ^ 1 << bit);
        (void)decode_json(flipped, &buffer);
      }
    }
  }
}

// --- server messages --------------------------------------------------------------------------

std::string encoded(const ServerMessage& message, Format format) {
  std::string out;
  append(message, format, &out);
  return out;
}

/// The typed JSON of a message in BSATN, of which all bytes are used.
std::string described(std::string_view bytes) {
  std::string out;
  auto used =
      types::bsatn_to_json(server_message_type(Format::kBsatn), bytes, JsonShape::kTyped, &out);
  EXPECT_TRUE(used.has_value()) << used.error().message();
  EXPECT_EQ(*used, bytes.size());
  return out;
}

/// Messages without rows, arguments and values, so that both formats say the same.
std::vector<ServerMessage> plain_messages() {
  types::Identity identity = types::Identity::from_claims("localhost", "alice");
  types::ConnectionId connection = *types::ConnectionId::parse("0123456789abcdef0011223344556677");
  TableUpdate table{4097, "us\"er", 0, {}};
  DatabaseUpdate update{{table, {4098, "b", 0, {}}}};
  types::U128 energy = (types::U128{1} << 100) + 7;
  ReducerCall call{"add", 3, "", 9};
  return {
      InitialSubscription{update, 1, 250},
      InitialSubscription{{}, 0, -1},
      TransactionUpdate{update, 1700000000123456, identity, connection, call, energy, 12},
      TransactionUpdate{Failed{"no"}, -5, identity, connection, call, 0, 0},
      TransactionUpdate{OutOfEnergy{}, 0, {}, {}, {}, 0, 0},
      TransactionUpdateLight{7, update},
      IdentityToken{identity, "eyJ.x.y", connection},
      OneOffQueryResponse{std::string_view("\x00\xfe", 2), "bad\nquery", {}, 5},
      OneOffQueryResponse{"", std::nullopt, {}, 5},
      SingleApplied{SingleApplied::Kind::kSubscribe, 1, 2, 3, table},
      SingleApplied{SingleApplied::Kind::kUnsubscribe, 1, UINT64_MAX, 3, table},
      SubscriptionError{1, 2, 3, 4, "é"},
      SubscriptionError{1, std::nullopt, std::nullopt, std::nullopt, ""},
      MultiApplied{MultiApplied::Kind::kSubscribe, 1, 2, 3, update},
      MultiApplied{MultiApplied::Kind::kUnsubscribe, 1, 2, 3, update},
      ProcedureResult{ProcedureReturn{""}, 1, 2, 3},
      ProcedureResult{OutOfEnergy{}, 1, 2, 3},
      ProcedureResult{InternalError{"boom"}, 1, 2, 3},
  };
}

TEST(V1Server, BothFormatsAreWhatTheirTypeSays) {
  std::set<char> tags;
  for (const ServerMessage& message : plain_messages()) {
    std::string bytes = encoded(message, Format::kBsatn);
    std::string json = encoded(message, Format::kJson);
    SCOPED_TRACE(json);
    EXPECT_EQ(described(bytes), json);
    tags.insert(bytes[0]);
  }
  EXPECT_EQ(tags.size(), 11u);
}

TEST(V1Server, Rows) {
  AlgebraicType row = AlgebraicType::product(
      {{"id", AlgebraicType::u32()}, {"name", AlgebraicType::option(AlgebraicType::string())}});
  RowListBuilder builder;
  builder.add(unhex("0100000000020000006122"));
  builder.add(unhex("0200000001"));
  auto inserts = builder.finish();
  builder.add(unhex("0300000001"));
  auto deletes = builder.finish();

  std::string changes;
  append_row_changes(deletes->view(), inserts->view(), Compression::kNone, nullptr, &changes);
  std::string rows;
  inserts->append_to(&rows);
  ServerMessage update = TransactionUpdateLight{7, {{{5, "t", 3, {changes, changes}}}}};
  std::string deleted = R"({"size_hint":{"FixedSize":5},"rows_data":"0300000001"})";
  std::string inserted =
      R"({"size_hint":{"RowOffsets":[0,11]},"rows_data":"01000000000200000061220200000001"})";
  std::string both =
      R"({"Uncompressed":{"deletes":)" + deleted + R"(,"inserts":)" + inserted + "}}";
  EXPECT_EQ(described(encoded(update, Format::kBsatn)),
            R"({"TransactionUpdateLight":{"request_id":7,"update":{"tables":[{"table_id":5,)"
            R"("table_name":"t","num_rows":3,"updates":[)" +
                both + "," + both + "]}]}}}");
  ServerMessage answer = OneOffQueryResponse{"", std::nullopt, {{"t", rows}}, 5};
  EXPECT_NE(described(encoded(answer, Format::kBsatn)).find(inserted), std::string::npos);

  RowFormat format{.type = &row, .space = nullptr, .shape = JsonShape::kPositional};
  std::string json;
  ASSERT_TRUE(append_row_changes_json(format, deletes->view(), inserts->view(), &json).has_value());
  EXPECT_EQ(json, R"({"deletes":["[3,[1,[]]]"],"inserts":["[1,[0,\"a\\\"\"]]","[2,[1,[]]]"]})");
  update = TransactionUpdateLight{7, {{{5, "t", 3, {json}}}}};
  std::string text = encoded(update, Format::kJson);
  auto parsed = JsonValue::parse(text);
  ASSERT_TRUE(parsed.has_value());
  ByteWriter bytes;
  EXPECT_TRUE(types::json_to_bsatn(server_message_type(Format::kJson), *parsed, &bytes));
  json.clear();
  ASSERT_TRUE(append_rows_json(format, RowListView(), &json).has_value());
  EXPECT_EQ(json, "[]");
  AlgebraicType longer = AlgebraicType::product({{"id", AlgebraicType::u64()}});
  format.type = &longer;
  EXPECT_FALSE(append_rows_json(format, deletes->view(), &json).has_value());
}

TEST(V1Server, ArgumentsAndValues) {
  TransactionUpdate m;
  m.call.arguments = "[1,\"a\"]";
  EXPECT_NE(encoded(m, Format::kJson).find(R"("args":"[1,\"a\"]")"), std::string::npos);
  EXPECT_NE(described(encoded(m, Format::kBsatn)).find(R"("args":"5b312c2261225d")"),
            std::string::npos);
  ProcedureResult p{ProcedureReturn{"3"}, 0, 0, 0};
  EXPECT_NE(encoded(p, Format::kJson).find(R"({"Returned":"3"})"), std::string::npos);
  EXPECT_NE(described(encoded(p, Format::kBsatn)).find(R"({"Returned":"33"})"), std::string::npos);
}

TEST(V1Server, CompressedChanges) {
  RowListBuilder builder;
  builder.add(std::string(5000, 'x'));
  auto inserts = builder.finish();
  Compressor compressor;
  std::string plain;
  append_row_changes({}, inserts->view(), Compression::kNone, &compressor, &plain);
  for (Compression compression : {Compression::kBrotli, Compression::kGzip}) {
    std::string out;
    append_row_changes({}, inserts->view(), compression, &compressor, &out);
    EXPECT_LT(out.size(), 500u);
    WireReader in(out);
    EXPECT_EQ(in.u8(), static_cast<uint8_t>(compression));
    std::string_view compressed = in.bytes();
    EXPECT_TRUE(in.ok() && in.at_end());
    std::string again;
    ASSERT_TRUE(decompress(compressed, compression, 10000, &again).has_value());
    EXPECT_EQ(again, plain.substr(1));
  }
}

}  // namespace
}  // namespace orrery::protocol::v1
