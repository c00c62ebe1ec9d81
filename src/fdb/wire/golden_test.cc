// Payloads that FoundationDB 7.3's own serializer and a 7.3.77 server made, read and written.
#include <gtest/gtest.h>

#include "fdb/wire/golden_for_test.h"
#include "fdb/wire/messages/commit.h"
#include "fdb/wire/messages/coordination.h"
#include "fdb/wire/messages/locations.h"
#include "fdb/wire/messages/ping.h"
#include "fdb/wire/messages/point_reads.h"
#include "fdb/wire/messages/range.h"
#include "fdb/wire/messages/read_version.h"
#include "fdb/wire/payload_difference_for_test.h"

namespace orrery::fdb::wire {
namespace {

constexpr Uid kToken{0x1122334455667788u, 0x99aabbcc00000042u};

template <class M>
std::string encoded(const M& message) {
  OutBuffer out;
  size_t size = encode(message, out, 20);
  EXPECT_EQ(size, out.size() - 20);
  EXPECT_EQ(encoded_size(message), size);
  return std::string(out.view().substr(20));
}

/// The payload is read as the message, and the message written as the payload but for the order of its vtables.
template <class M>
void expect_both_ways(const std::string& payload, const M& message) {
  auto decoded = decode<M>(payload);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, message);
  EXPECT_EQ(difference(encoded(message), payload), "");
}

/// A server's answer: its block of vtables may hold some that nothing uses.
template <class M>
void expect_reply(const std::string& payload, const M& message) {
  auto decoded = decode_reply<M>(payload);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, message);
  EXPECT_EQ(objects_difference(encoded(ErrorOr<M>(message)), payload), "");
}

TEST(WireGolden, Ping) {
  std::string payload = bytes_of(
      "14000000 c7d24700 0600 1400 0400 0600 0800 0400 06000000 04000000 0e000000 04000000"
      "1c000000 8877665544332211 42000000ccbbaa99");
  expect_both_ways(payload, PingRequest{{kToken}});
}

TEST(WireGolden, VoidReply) {
  std::string payload = bytes_of(
      "20000000 4aad1e02 000000000000 060006000400 04000400 0800090008000400 08000000 08000000"
      "02 000000 18000000");
  ASSERT_EQ(payload.size(), 48u);
  expect_reply(payload, Void());
  EXPECT_EQ(difference(encoded(ErrorOr<Void>(Void())), payload), "");
}

TEST(WireGolden, ErrorReply) {
  std::string payload = bytes_of(
      "1c000000 4aad1e02 0000 060006000400 04000400 0800090008000400 08000000 08000000 01 000000"
      "1e000000 e903 0000");
  ASSERT_EQ(payload.size(), 48u);
  auto decoded = decode_reply<Void>(payload);
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error(), error::wrong_shard_server);
  OutBuffer out;
  encode_error_reply<Void>(error::wrong_shard_server, out);
  EXPECT_EQ(difference(out.view(), payload), "");
}

TEST(WireGolden, GetValueRequest) {
  std::string payload = bytes_of(
      "54000000 82018100 00000600 14000400 06000800 04000a00 1d000400 14001c00"
      "0a001100 04001000 0c001200 14000400 10001100 08001200 0c001300 18002a00"
      "0c000400 28001000 14001800 1c002900 20002400 44000000 04000000 20000000"
      "05040302 01000000 84000000 00000000 64000000 40000000 24000000 00000000"
      "08000000 00000000 10000000 00000000 00000000 ffffffff ffffffff 7c000000"
      "ffffffff ffffffff 00000000 00000000 00000000 9e000000 00000000 00000000"
      "00000000 00000000 00000000 00000000 00000000 ca000000 88776655 44332211"
      "42000000 ccbbaa99 00000000 05000000 68656c6c 6f000000");
  ASSERT_EQ(payload.size(), 248u);
  GetValueRequest request;
  request.key = "hello";
  request.version = 0x0102030405;
  request.reply = {kToken};
  expect_both_ways(payload, request);
}

TEST(WireGolden, GetValueReply) {
  std::string payload = bytes_of(
      "28000000 710a1502 0000 060006000400 1000170004001400 0c00150010001600 0800090008000400"
      "08000000 08000000 02000000 24000000 000000000000f03f 00000000 08000000 00010000"
      "05000000 776f726c64 000000");
  ASSERT_EQ(payload.size(), 88u);
  GetValueReply reply;
  reply.value = "world";
  expect_reply(payload, reply);
  EXPECT_EQ(difference(encoded(ErrorOr<GetValueReply>(reply)), payload), "");
}

struct Words {
  static constexpr uint32_t kFileId = 7;
  static constexpr bool kIsRoot = true;
  Vector<std::string_view> words;
  using WireFields = Fields<&Words::words>;
  friend bool operator==(const Words&, const Words&) = default;
};

TEST(WireGolden, VectorOfStrings) {
  std::string payload = bytes_of(
      "10000000 07000000 0000 060008000400 06000000 04000000 04000000 1c000000 14000000 08000000"
      "0c000000 03000000 42617200 00000000 03000000 466f6f00");
  std::vector<std::string_view> words = {"Foo", "", "Bar", ""};
  Words message;
  message.words = words;
  EXPECT_EQ(hex_of(encoded(message)), hex_of(payload));
  auto decoded = decode<Words>(payload);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, message);
}

TEST(WireGolden, EndpointNotFound) {
  std::string payload = bytes_of(
      "14000000 5bfeed00 000000000000 060014000400 06000000 0100000000000000 0200000000000000");
  expect_both_ways(payload, EndpointNotFound{{1, 2}});
}

TEST(WireGolden, GetReadVersionRequest) {
  std::string payload = bytes_of(
      "34000000 a6cb0c00 00000600 08000400 14002500 0c001000 14002400 18001c00"
      "20000400 06001400 04000a00 1d000400 14001c00 2a000000 04000000 2c000000"
      "ffffffff ffffffff 01000000 00000008 4c000000 00000000 2c000000 08000000"
      "00000000 3a000000 00000000 00000000 00000000 00000000 00000000 00000000"
      "00000000 60000000 88776655 44332211 42000000 ccbbaa99 00000000 00000000");
  GetReadVersionRequest request;
  request.reply = {kToken};
  auto decoded = decode<GetReadVersionRequest>(payload);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, request);
  // The golden bytes have no vtables for what the message might hold but does not.
  EXPECT_EQ(objects_difference(encoded(request), payload), "");
}

TEST(WireGolden, CommitTransactionRequest) {
  std::string payload = bytes_of(
      "70000000 fc6e0100 00000600 08000400 1c002b00 04000800 0c002800 10002900"
      "14002a00 18001c00 20002400 18002400 0c001000 14000400 20002100 22001800"
      "23001c00 08000c00 04000800 0a000d00 0c000400 08000600 14000400 0a001d00"
      "04001400 1c000a00 11000400 10000c00 66000000 04000000 68000000 78000000"
      "5c000000 00000000 00000000 00000000 00000000 28000000 0c000000 d8000000"
      "00000000 3e000000 ffffffff ffffffff 00000000 00000000 00000000 60000000"
      "00000000 00000000 00000000 00000000 00000000 00000000 00000000 86000000"
      "88776655 44332211 42000000 ccbbaa99 00000000 c8000000 e8030000 00000000"
      "60000000 40000000 14000000 00000000 00000000 00000000 00000000 01000000"
      "04000000 d8000000 14000000 08000000 00000000 01000000 76000000 01000000"
      "6b000000 01000000 04000000 08010000 08000000 20000000 02000000 6b000000"
      "01000000 04000000 24010000 0c000000 04000000 00000000 02000000 6b000000");
  ASSERT_EQ(payload.size(), 384u);
  std::vector<KeyRange> ranges = {{"k", std::string_view("k\0", 2)}};
  std::vector<Mutation> mutations = {{MutationType::kSetValue, "k", "v"}};
  CommitTransactionRequest request;
  request.transaction.read_conflict_ranges = ranges;
  request.transaction.write_conflict_ranges = ranges;
  request.transaction.mutations = mutations;
  request.transaction.read_snapshot = 1000;
  request.reply = {kToken};
  auto decoded = decode<CommitTransactionRequest>(payload);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, request);
  EXPECT_EQ(objects_difference(encoded(request), payload), "");
}

TEST(WireGolden, GetKeyServerLocationsRequest) {
  std::string payload = bytes_of(
      "44000000 68898b00 00000000 00000600 08000400 16002600 0c002400 10001400"
      "25001800 1c002000 04000600 14000400 0a001d00 04001400 1c000a00 11000400"
      "10000c00 36000000 04000000 38000000 feffffff ffffffff 68000000 00000000"
      "64000000 48000000 24000000 08000000 00000000 3a000000 ffffffff ffffffff"
      "00000000 00000000 00000000 5c000000 00000000 00000000 00000000 00000000"
      "00000000 00000000 00000000 82000000 88776655 44332211 42000000 ccbbaa99"
      "01000000 6b000000");
  GetKeyServerLocationsRequest request;
  request.begin = "k";
  request.limit = 100;
  request.reply = {kToken};
  expect_both_ways(payload, request);
  EXPECT_EQ(hex_of(encoded(request)), hex_of(payload));
}

TEST(WireGolden, GetReadVersionReply) {
  std::string payload = bytes_of(
      "48000000 ccb4ef02 06000800 04000800 09000800 04000600 06000400 08000c00"
      "04000800 08001400 04000c00 1c004000 2c001400 3c003d00 30003400 1c003e00"
      "3f003800 04002400 3a000000 08000000 02000000 28000000 03cfb898 9e068339"
      "96000000 921a8c47 f14d995f 00000000 98b10100 00000000 00000000 00000000"
      "999c0000 2c000000 24000000 0c000000 00010000 00000000 10000000 00000000"
      "00000000 ffffffff ffffffff 00000000 0a000000 00000000 2f134125 00000000");
  GetReadVersionReply reply;
  reply.process_busy_time = 40089;
  reply.version = 1603882481;
  reply.metadata_version = std::string_view("\0\0\0\0\x2f\x13\x41\x25\0\0", 10);
  reply.mid_shard_size = 111000;
  reply.proxy_id = {0x3983069e98b8cf03u, 0x478c1a9200000096u};
  expect_reply(payload, reply);
}

TEST(WireGolden, GetValueReplies) {
  std::string head =
      "30000000 710a1502 00000000 06000800 04000800 09000800 04000600 06000400"
      "10001700 04001400 0c001500 10001600 1e000000 08000000 02000000 1c000000";
  GetValueReply reply;
  reply.value = "1";
  expect_reply(bytes_of(head + "00000000 0000f03f 00000000 0c000000 00010000 00000000 01000000 31000000"), reply);
  reply.value.reset();
  expect_reply(bytes_of(head + "00000000 0000f03f 00000000 00000000 00000000 00000000"), reply);
  reply.error = ErrorCode{1007};
  expect_reply(bytes_of(head + "00000000 0000f03f 10000000 00000000 01000000 00000000 3e000000 ef030000"), reply);
}

TEST(WireGolden, GetKeyValuesReply) {
  std::string payload = bytes_of(
      "28000000 1a351b02 08000900 08000400 06000600 04001200 1f000400 1c001400"
      "18000c00 1d001e00 20000000 08000000 02000000 1e000000 00000000 0000f03f"
      "f14d995f 00000000 00000000 0c000000 00000000 00000000 1b000000 02000000"
      "03000000 672f6101 00000031 03000000 672f6200 00000000");
  KeyValueListBuilder rows;
  rows.append("g/a", "1");
  rows.append("g/b", "");
  GetKeyValuesReply reply;
  reply.data = rows.list();
  reply.version = 1603882481;
  expect_reply(payload, reply);
  auto decoded = decode_reply<GetKeyValuesReply>(payload);
  auto row = decoded->data.begin();
  EXPECT_EQ(*row++, (KeyValue{"g/a", "1"}));
  EXPECT_EQ(*row++, (KeyValue{"g/b", ""}));
  EXPECT_EQ(row, decoded->data.end());
}

TEST(WireGolden, GetKeyReply) {
  std::string payload = bytes_of(
      "38000000 914dab02 00000000 06000800 04000800 09000800 04000600 06000400"
      "0e001600 04001400 0c001000 15000a00 0d000400 0c000800 26000000 08000000"
      "02000000 24000000 00000000 0000f03f 00000000 0c000000 00000000 00000000"
      "32000000 0c000000 00000000 01000000 03000000 672f6100");
  GetKeyReply reply;
  reply.selector = {"g/a", true, 0};
  expect_reply(payload, reply);
}

TEST(WireGolden, CommitId) {
  std::string head =
      "30000000 4f83d902 00000000 06000800 04000800 09000800 04000600 06000400"
      "10001800 04001400 16000c00 17001000 1e000000 08000000 02000000 1c000000";
  CommitId reply;
  reply.version = 1603887607;
  reply.metadata_version = std::string_view("\0\0\0\0\x2f\x13\x41\x25\0\0", 10);
  expect_reply(bytes_of(head + "f761995f 00000000 10000000 00000000 00000100 00000000 0a000000 00000000 2f134125 00000000"), reply);
  std::vector<int32_t> conflicting = {0};
  reply = {};
  reply.version = CommitId::kConflict;
  reply.conflicting_ranges = Vector<int32_t>(conflicting);
  expect_reply(bytes_of(head + "ffffffff ffffffff 00000000 0c000000 00000001 00000000 01000000 00000000"), reply);
  auto conflict = decode_reply<CommitId>(bytes_of(
      "2c000000 4f83d902 06000800 04000800 09000800 04000600 06000400 10001800"
      "04001400 16000c00 17001000 1e000000 08000000 01000000 22000000 fc030000"));
  ASSERT_FALSE(conflict.has_value());
  EXPECT_EQ(conflict.error(), error::not_committed);
}

TEST(WireGolden, GetKeyServerLocationsReply) {
  std::string payload = bytes_of(
      "70000000 f74aa202 00000000 06000800 04000800 09000800 04000600 06000400"
      "0a000d00 04000c00 08000800 0c000400 08000a00 10000400 08000c00 08001800"
      "14000400 0c000d00 04000800 0a000c00 08001800 04001400 10002200 04001400"
      "18002000 1c002100 08001800 04001400 5e000000 08000000 02000000 4a000000"
      "30000000 b8010000 04000000 01000000 04000000 2c000000 e156c5a6 d1425126"
      "82dee573 b208bb87 00000000 00000000 01000000 04000000 8e000000 6c010000"
      "04000000 01000000 04000000 74000000 e156c5a6 d1425126 82dee573 b208bb87"
      "68000000 10000000 00000000 00010000 00000000 e8000000 04000000 c0000000"
      "4daa14c3 38c27f45 42000000 0d75b1eb 08000000 00000000 f8000000 0c000000"
      "00000000 00000000 e4000000 0c000000 53120000 00000000 26010000 08000000"
      "01000000 0100007f 3c010000 04000000 03000000 90000000 48000000 04000000"
      "40010000 30000000 08000000 01000000 20000000 61313734 65346636 38366263"
      "36393530 32636536 65633961 63383361 38613765 06000000 7a6f6e65 69640000"
      "80010000 30000000 08000000 01000000 20000000 30663765 39346161 33643737"
      "61366436 65613331 30353362 33643935 35633863 09000000 70726f63 65737369"
      "64000000 c4010000 30000000 08000000 01000000 20000000 61313734 65346636"
      "38366263 36393530 32636536 65633961 63383361 38613765 09000000 6d616368"
      "696e6569 64000000 fe010000 10000000 04000000 02000000 ffff0000 00000000");
  auto decoded = decode_reply<GetKeyServerLocationsReply>(payload);
  ASSERT_TRUE(decoded.has_value());
  ASSERT_EQ(decoded->results.size(), 1u);
  auto [range, servers] = decoded->results[0];
  EXPECT_EQ(range, (KeyRange{"", "\xff\xff"}));
  ASSERT_EQ(servers.size(), 1u);
  StorageServerInterface server = servers[0];
  Uid id{0x265142d1a6c556e1u, 0x87bb08b273e5de82u};
  EXPECT_EQ(server.id, id);
  EXPECT_EQ(server.locality.entries.size(), 3u);
  EXPECT_EQ(server.locality.get("processid"), "0f7e94aa3d77a6d6ea31053b3d955c8c");
  EXPECT_EQ(server.locality.get("dcid"), std::nullopt);
  EXPECT_EQ(server.get_value.endpoint.address().to_string(), "127.0.0.1:4691");
  EXPECT_EQ(server.endpoint(StorageMethod::kGetKeyValues).token,
            (Uid{0x457fc23ac314aa4du, 0xebb1750d00000044u}));
  EXPECT_TRUE(decoded->tss_mapping.empty());
  ASSERT_EQ(decoded->tag_mapping.size(), 1u);
  EXPECT_EQ(decoded->tag_mapping[0], (std::pair<Uid, Tag>{id, {0, 0}}));
  EXPECT_EQ(objects_difference(encoded(ErrorOr<GetKeyServerLocationsReply>(*decoded)), payload), "");
}

TEST(WireGolden, ClientDbInfo) {
  std::string payload = bytes_of(
      "80000000 48b65102 06000800 04000800 09000800 04000600 06000400 0a000d00"
      "04000c00 08000a00 0d000c00 04000800 08001000 0c000400 08001800 14000400"
      "0c000d00 04000800 0a000c00 0c000e00 0c000400 0d000800 0a001c00 14000400"
      "18001e00 47002400 28000400 44002c00 30003400 45003800 14003c00 46004000"
      "72000000 08000000 02000000 2a000000 be45c929 d9191336 837e6620 5a78928d"
      "a3c0a1bb 8d822f51 e494b1c1 f2fc4cbe c4000000 30000000 00000000 24000000"
      "18000000 00000000 00000000 00000000 00000000 00000000 d0000000 01000000"
      "00000000 01000000 04000000 a0000000 60000000 08000000 01000000 f4000000"
      "04000000 cc000000 bd38c634 6235e255 89000000 97909d05 08000000 00000000"
      "04010000 0c000000 00000000 00000000 f0000000 0c000000 53120000 00000000"
      "32010000 08000000 01000000 0100007f 20000000 30663765 39346161 33643737"
      "61366436 65613331 30353362 33643935 35633863 01000000 04000000 30010000"
      "5c000000 08000000 01000000 84010000 04000000 5c010000 03cfb898 9e068339"
      "96000000 921a8c47 04000000 90010000 0c000000 00000000 00000000 7c010000"
      "0c000000 53120000 00000000 be010000 08000000 01000000 0100007f 20000000"
      "30663765 39346161 33643737 61366436 65613331 30353362 33643935 35633863");
  auto decoded = decode_reply<ClientDbInfo>(payload);
  ASSERT_TRUE(decoded.has_value());
  ASSERT_EQ(decoded->grv_proxies.size(), 1u);
  ASSERT_EQ(decoded->commit_proxies.size(), 1u);
  EXPECT_EQ(decoded->grv_proxies[0].process_id, "0f7e94aa3d77a6d6ea31053b3d955c8c");
  EXPECT_EQ(decoded->grv_proxies[0].get_read_version.endpoint.token,
            (Uid{0x3983069e98b8cf03u, 0x478c1a9200000096u}));
  EXPECT_EQ(decoded->commit_proxies[0].commit.endpoint.token,
            (Uid{0x55e2356234c638bdu, 0x059d909700000089u}));
  EXPECT_EQ(decoded->tenant_mode.mode, TenantMode::Mode::kOptional);
  EXPECT_EQ(decoded->cluster_type, ClusterType::kStandalone);
  EXPECT_FALSE(decoded->forward.has_value());
  EXPECT_EQ(objects_difference(encoded(ErrorOr<ClientDbInfo>(*decoded)), payload), "");
}

TEST(WireGolden, AnotherMessageIsRefused) {
  OutBuffer out;
  encode(PingRequest{{kToken}}, out);
  EXPECT_EQ(decode<ProtocolInfoRequest>(out.view()).error(), error::serialization_failed);
  EXPECT_EQ(decode_reply<Void>(out.view()).error(), error::serialization_failed);
  EXPECT_EQ(payload_file_id(out.view()), PingRequest::kFileId);
}

}  // namespace
}  // namespace orrery::fdb::wire
