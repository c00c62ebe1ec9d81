// A recorded session of FoundationDB's own client with a 7.3.77 server (tests/fdb/data/session.bin): every frame of both
// directions is taken apart, every message decoded and written again.
//
// The file: "FDBCAP1\n", u64 wall clock, then records of u8 kind (0 client to server, 1 server to client, 2 opened,
// 3 closed), u32 connection, u64 time, u32 length, bytes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "fdb/wire/all_messages_for_test.h"
#include "fdb/wire/packed.h"
#include "fdb/wire/payload_difference_for_test.h"

namespace orrery::fdb::wire {
namespace {

struct Frame {
  Uid token;
  std::string payload;
};

/// What one side of a connection sent.
using Stream = std::vector<Frame>;

enum Side : uint8_t { kClient = 0, kServer = 1 };

std::string read_file(const std::string& name) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) + "/tests/fdb/data/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The bytes of each connection and side, in the order in which the connections were opened.
std::map<std::pair<uint32_t, Side>, std::string> bytes_of_session() {
  std::string session = read_file("session.bin");
  std::map<std::pair<uint32_t, Side>, std::string> bytes;
  PackedReader reader(session);
  EXPECT_EQ(reader.take(8), "FDBCAP1\n");
  reader.number<uint64_t>();
  while (!reader.at_end()) {
    auto kind = reader.number<uint8_t>();
    auto connection = reader.number<uint32_t>();
    reader.number<uint64_t>();
    std::string_view chunk = reader.string();
    EXPECT_LE(kind, 3);
    if (kind <= kServer) bytes[{connection, static_cast<Side>(kind)}] += chunk;
  }
  EXPECT_TRUE(reader.ok());
  return bytes;
}

/// Takes a stream's bytes apart: a connect packet, then frames without encryption.
Stream frames_of(std::string_view bytes) {
  Stream frames;
  PackedReader reader(bytes);
  EXPECT_EQ(reader.number<uint32_t>(), 40u);
  EXPECT_EQ(reader.number<uint64_t>(), kProtocolVersion | kObjectFlag);
  reader.take(32);
  while (!reader.at_end()) {
    auto length = reader.number<uint32_t>();
    reader.number<uint64_t>();
    EXPECT_GT(length, 16u);
    Frame& frame = frames.emplace_back();
    frame.token = reader.uid();
    frame.payload = reader.take(length - 16);
  }
  EXPECT_TRUE(reader.ok());
  return frames;
}

template <class M>
std::string encoded(const M& message) {
  OutBuffer out;
  encode(message, out, 28);
  return std::string(out.view().substr(28));
}

/// The file identifier of the reply to each request that has one, by the token that it is to be sent to.
class Expectations {
 public:
  template <class M>
  void add(const M& request) {
    if constexpr (requires { typename M::Reply; }) {
      EXPECT_FALSE(request.reply.token.is_stream());
      replies_[request.reply.token] = reply_file_id(M::Reply::kFileId);
    }
  }
  /// 0 for a token that no request named.
  uint32_t reply_to(const Uid& token) const {
    auto found = replies_.find(token);
    return found == replies_.end() ? 0 : found->second;
  }

 private:
  std::map<Uid, uint32_t> replies_;
};

/// Decodes a request and writes it again; false where it is none of ours.
bool check_request(const Frame& frame, Expectations& expectations, std::map<std::string, int>& seen) {
  bool known = false;
  for_each_message(AllRequests(), [&]<class M>(std::type_identity<M>) {
    if (payload_file_id(frame.payload) != M::kFileId) return;
    known = true;
    ++seen["request " + std::to_string(M::kFileId)];
    auto request = decode<M>(frame.payload);
    ASSERT_TRUE(request.has_value()) << hex_of(frame.payload);
    std::string again = encoded(*request);
    EXPECT_EQ(difference(again, frame.payload), "") << M::kFileId;
    EXPECT_EQ(*decode<M>(again), *request);
    expectations.add(*request);
  });
  return known;
}

bool check_reply(const Frame& frame, uint32_t expected, std::map<std::string, int>& seen) {
  bool known = false;
  EXPECT_EQ(payload_file_id(frame.payload), expected);
  for_each_message(AllReplies(), [&]<class M>(std::type_identity<M>) {
    // Frames of a stream have the identifier of another reply; this client asks for none.
    if (std::is_same_v<M, GetKeyValuesStreamReply>) return;
    if (payload_file_id(frame.payload) != reply_file_id(M::kFileId)) return;
    known = true;
    auto whole = decode<ErrorOr<M>>(frame.payload);
    ASSERT_TRUE(whole.has_value()) << hex_of(frame.payload);
    auto reply = decode_reply<M>(frame.payload);
    ASSERT_EQ(reply.has_value(), whole->index() == 1);
    if (reply) {
      EXPECT_EQ(*reply, std::get<1>(*whole));
    }
    ++seen[(reply ? "reply " : "error reply ") + std::to_string(M::kFileId)];
    EXPECT_EQ(objects_difference(encoded(*whole), frame.payload), "") << M::kFileId;
    EXPECT_EQ(missing_vtables(encoded(*whole), frame.payload), "");
  });
  return known;
}

TEST(WireCapture, EveryMessageOfTheSessionIsReadAndWritten) {
  std::map<std::string, int> seen;
  auto session = bytes_of_session();
  ASSERT_FALSE(session.empty());
  int frames = 0;
  for (const auto& [key, bytes] : session) {
    auto [connection, side] = key;
    if (side != kClient) continue;
    Expectations from_server;
    for (const Frame& frame : frames_of(bytes)) {
      ++frames;
      ASSERT_TRUE(check_request(frame, from_server, seen)) << payload_file_id(frame.payload);
    }
    for (const Frame& frame : frames_of(session[{connection, kServer}])) {
      ++frames;
      ASSERT_TRUE(check_reply(frame, from_server.reply_to(frame.token), seen)) << payload_file_id(frame.payload);
    }
  }
  EXPECT_EQ(frames, 194);
  // 14 kinds of requests and as many of replies, one of them also with an error.
  EXPECT_EQ(seen.size(), 29u);
  EXPECT_EQ(seen["request 8454530"], 8) << "GetValue";
  EXPECT_EQ(seen["request 93948"], 19) << "commits";
  EXPECT_EQ(seen["reply 14254927"], 18);
  EXPECT_EQ(seen["error reply 14254927"], 1);
}

TEST(WireCapture, TheLeaderIsAnInterfaceWithMoreThanAClientKnows) {
  int leaders = 0;
  for (const auto& [key, bytes] : bytes_of_session()) {
    if (key.second != kServer) continue;
    for (const Frame& frame : frames_of(bytes)) {
      if (payload_file_id(frame.payload) != reply_file_id(GetLeaderReply::kFileId)) continue;
      auto reply = decode_reply<GetLeaderReply>(frame.payload);
      ASSERT_TRUE(reply.has_value() && reply->leader.has_value());
      ++leaders;
      EXPECT_FALSE(reply->leader->forward);
      auto controller = decode_versioned<ClusterControllerClientInterface>(reply->leader->serialized_info);
      ASSERT_TRUE(controller.has_value());
      EXPECT_EQ(controller->client_interface.database_status.endpoint.address().to_string(), "127.0.0.1:4500");
      OutBuffer out;
      encode_versioned(*controller, out);
      EXPECT_EQ(out.view().substr(0, 8), reply->leader->serialized_info.substr(0, 8));
      EXPECT_EQ(difference(out.view().substr(8), reply->leader->serialized_info.substr(8)), "");
    }
  }
  EXPECT_EQ(leaders, 2);
}

TEST(WireCapture, RowsAreWhatTheClientWasGiven) {
  size_t most_rows = 0;
  for (const auto& [key, bytes] : bytes_of_session()) {
    if (key.second != kServer) continue;
    for (const Frame& frame : frames_of(bytes)) {
      auto reply = decode_reply<GetKeyValuesReply>(frame.payload);
      if (!reply) continue;
      std::string_view last;
      for (KeyValue row : reply->data) {
        EXPECT_TRUE(last.empty() || last != row.key);
        last = row.key;
      }
      most_rows = std::max(most_rows, reply->data.size());
    }
  }
  EXPECT_EQ(most_rows, 1000u);
}

}  // namespace
}  // namespace orrery::fdb::wire
