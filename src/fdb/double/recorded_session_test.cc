// What a real client asked a real 7.3.77 server (tests/fdb/data/session.bin) is asked of the
// double, and the answers are compared: not versions, tokens and names, but what was found, which
// error there was, which members are there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "fdb/double/cluster.h"
#include "fdb/double/session_for_test.h"
#include "fdb/wire/messages/metrics.h"
#include "fdb/wire/packed.h"

namespace orrery::fdb::test_double {
namespace {

struct Recorded {
  std::vector<std::string> requests;
  std::map<wire::Uid, std::string> replies;
};

/// The session's messages, requests in the order in which they were sent.
Recorded recorded_session() {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) + "/tests/fdb/data/session.bin",
                     std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  Recorded recorded;
  std::map<std::pair<uint32_t, uint8_t>, FrameReader> sides;
  std::map<std::pair<uint32_t, uint8_t>, size_t> greetings;
  wire::PackedReader reader(bytes);
  EXPECT_EQ(reader.take(8), "FDBCAP1\n");
  reader.number<uint64_t>();
  while (!reader.at_end()) {
    auto kind = reader.number<uint8_t>();
    auto connection = reader.number<uint32_t>();
    reader.number<uint64_t>();
    std::string_view chunk = reader.string();
    if (kind > 1) continue;
    auto [side, is_new] = sides.try_emplace({connection, kind}, FrameForm::kChecked);
    size_t& greeted = greetings[{connection, kind}];
    size_t greeting = std::min(ConnectPacket::kSize - greeted, chunk.size());
    greeted += greeting;
    chunk.remove_prefix(greeting);
    while (!chunk.empty()) {
      auto room = side->second.room();
      size_t size = std::min(room->size(), chunk.size());
      std::copy_n(chunk.data(), size, room->data());
      side->second.received(size);
      chunk.remove_prefix(size);
      while (auto frame = side->second.next()) {
        if (!*frame) break;
        std::string payload((*frame)->payload.view());
        if (kind == 0)
          recorded.requests.push_back(payload);
        else
          recorded.replies[(*frame)->token] = payload;
      }
    }
  }
  EXPECT_TRUE(reader.ok());
  return recorded;
}

/// What is compared of a reply, as text.
std::string text_of(const wire::GetReadVersionReply& reply) {
  return std::string(reply.locked ? "locked " : "") + (reply.metadata_version ? "metadata" : "");
}
std::string text_of(const wire::CommitId& reply) {
  return std::string(reply.version > 0 ? "version " : "conflict ") +
         (reply.metadata_version ? "metadata " : "") + (reply.conflicting_ranges ? "ranges" : "");
}
std::string text_of(const wire::GetKeyServerLocationsReply& reply) {
  std::string text;
  for (const auto& [range, servers] : reply.results) {
    text += std::string(range.begin) + "-" + std::string(range.end) + ":" +
            std::to_string(servers.size()) + " ";
  }
  return text + std::to_string(reply.tag_mapping.size());
}
template <class M>
std::string inline_error(const M& reply) {
  return reply.error ? std::to_string(reply.error->code) + " " : "";
}
std::string text_of(const wire::GetValueReply& reply) {
  return inline_error(reply) + std::string(reply.value.value_or("(none)"));
}
std::string text_of(const wire::GetKeyValuesReply& reply) {
  std::string text = inline_error(reply) + std::to_string(reply.more);
  for (auto [key, value] : reply.data) text += " " + std::string(key) + "=" + std::string(value);
  return text;
}
// Servers estimate sizes from samples, the double counts: only that there is an answer is the same.
std::string text_of(const wire::SplitRangeReply&) {
  return "points";
}
template <class M>
std::string text_of(const Result<M>& reply) {
  return reply ? text_of(*reply) : std::string(reply.error().name());
}

class Replay {
 public:
  Replay()
      : cluster_({.placement = Placement::kOneProcess, .future_version_nanos = 1'000'000}),
        session_(cluster_) {
    // What the server held before.
    cluster_.store().set("hello", "1");
  }

  void run(const Recorded& recorded) {
    for (const std::string& payload : recorded.requests) {
      one<wire::GetReadVersionRequest>(recorded, payload, session_.grv[0]);
      one<wire::CommitTransactionRequest>(recorded, payload, session_.commits[0]);
      one<wire::GetKeyServerLocationsRequest>(recorded, payload, session_.commits[0]);
      wire::Endpoint storage = session_.locate("");
      one<wire::GetValueRequest>(recorded, payload, storage);
      one<wire::GetKeyValuesRequest>(recorded, payload, storage);
      one<wire::SplitRangeRequest>(recorded, payload, storage);
      watch(recorded, payload, storage);
    }
    // Whatever fired then has fired now.
    RawClient& client = session_.at(cluster_.address(cluster_.storage()));
    for (const wire::Uid& token : watches_) EXPECT_TRUE(client.answer(token));
  }
  std::map<uint32_t, int> compared;

 private:
  template <class R>
  void one(const Recorded& recorded, const std::string& payload, const wire::Endpoint& to) {
    if (wire::payload_file_id(payload) != R::kFileId) return;
    auto request = wire::decode<R>(payload);
    ASSERT_TRUE(request);
    if (reads_system_rows(*request)) return;
    auto found = recorded.replies.find(request->reply.token);
    if constexpr (requires { request->version; }) request->version = ours(request->version);
    if constexpr (requires { request->transaction; }) {
      request->transaction.read_snapshot = ours(request->transaction.read_snapshot);
    }
    auto answer = session_.call(to, *request);
    ASSERT_NE(found, recorded.replies.end());
    auto theirs = wire::decode_reply<typename R::Reply>(found->second);
    EXPECT_EQ(text_of(answer), text_of(theirs)) << "request " << R::kFileId;
    ++compared[R::kFileId];
    if constexpr (!std::is_same_v<R, wire::GetKeyValuesRequest>) {
      if constexpr (requires { theirs->version; }) {
        if (answer && theirs) versions_[theirs->version] = answer->version;
      }
    }
  }
  void watch(const Recorded& recorded, const std::string& payload, const wire::Endpoint& storage) {
    using R = wire::WatchValueRequest;
    if (wire::payload_file_id(payload) != R::kFileId) return;
    auto request = wire::decode<R>(payload);
    ASSERT_TRUE(request);
    auto found = recorded.replies.find(request->reply.token);
    request->version = ours(request->version);
    wire::Uid token = session_.begin(storage, *request);
    ++compared[R::kFileId];
    if (found != recorded.replies.end()) watches_.push_back(token);
  }
  /// The double has none of the rows in which a cluster keeps its own affairs.
  template <class R>
  static bool reads_system_rows(const R& request) {
    std::string_view key;
    if constexpr (requires { request.key; }) key = request.key;
    if constexpr (requires { request.begin.key; }) key = request.begin.key;
    return key.starts_with('\xff');
  }
  int64_t ours(int64_t theirs) const {
    auto found = versions_.find(theirs);
    return found == versions_.end() ? theirs : found->second;
  }

  Cluster cluster_;
  Session session_;
  std::map<int64_t, int64_t> versions_;
  std::vector<wire::Uid> watches_;
};

TEST(FdbDoubleSession, TheDoubleAnswersAsTheServerDid) {
  Recorded recorded = recorded_session();
  ASSERT_GT(recorded.requests.size(), 50u);
  Replay replay;
  replay.run(recorded);
  for (uint32_t kind :
       {wire::GetReadVersionRequest::kFileId, wire::CommitTransactionRequest::kFileId,
        wire::GetKeyServerLocationsRequest::kFileId, wire::GetValueRequest::kFileId,
        wire::GetKeyValuesRequest::kFileId, wire::SplitRangeRequest::kFileId,
        wire::WatchValueRequest::kFileId}) {
    EXPECT_GT(replay.compared[kind], 0) << kind;
  }
}

}  // namespace
}  // namespace orrery::fdb::test_double
