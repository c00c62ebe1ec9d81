// Properties of every message: what is written is read again, whatever bytes come are an error or a value.
#include "fdb/wire/message.h"

#include <gtest/gtest.h>

#include <memory>

#include "fdb/allocations_for_test.h"
#include "fdb/wire/all_messages_for_test.h"
#include "fdb/wire/hostile_payload_for_test.h"
#include "fdb/wire/random_message_for_test.h"

namespace orrery::fdb::wire {
namespace {

template <class M>
std::string encoded(const M& message) {
  OutBuffer out;
  encode(message, out);
  return std::string(out.view());
}

/// Written, read, and written again.
template <class M>
void check_both_ways(const M& message) {
  OutBuffer out;
  out.append(3);
  size_t size = encode(message, out, 20);
  ASSERT_EQ(out.size(), 3 + 20 + size);
  EXPECT_EQ(size % 8, 0u);
  EXPECT_EQ(size, encoded_size(message));
  std::string_view payload = out.view().substr(23);
  auto decoded = decode<M>(payload);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, message);
  EXPECT_EQ(encoded(*decoded), payload);
}

void for_all_messages(auto&& call) {
  for_each_message(AllRequests(), call);
  for_each_message(AllReplies(), call);
  for_each_message(OtherMessages(), call);
}

TEST(WireMessage, RandomMessagesComeBack) {
  for_all_messages([]<class M>(std::type_identity<M>) {
    for (uint64_t seed = 0; seed < 100; ++seed) {
      RandomMessages random(seed * 1000003 + M::kFileId);
      check_both_ways(random.make<M>());
      if (::testing::Test::HasFailure()) FAIL() << M::kFileId << " seed " << seed;
    }
  });
}

TEST(WireMessage, RandomRepliesComeBack) {
  for_each_message(AllReplies(), []<class M>(std::type_identity<M>) {
    for (uint64_t seed = 0; seed < 30; ++seed) {
      RandomMessages random(seed * 1000003 + M::kFileId);
      M message = random.make<M>();
      check_both_ways(ErrorOr<M>(message));
      OutBuffer out;
      encode_reply(message, out);
      auto decoded = decode_reply<M>(out.view());
      ASSERT_TRUE(decoded.has_value());
      EXPECT_EQ(*decoded, message);
      out.clear();
      encode_error_reply<M>(Error(static_cast<int>(seed + 1)), out);
      EXPECT_EQ(decode_reply<M>(out.view()).error(), Error(static_cast<int>(seed + 1)));
    }
  });
}

TEST(WireMessage, AnErrorWithoutACodeIsAnError) {
  std::string payload = encoded(ErrorOr<Void>(ErrorCode{0}));
  EXPECT_EQ(decode_reply<Void>(payload).error(), error::unknown_error);
}

TEST(WireMessage, EveryPrefixAndFlipIsAnErrorOrAValue) {
  for_all_messages([]<class M>(std::type_identity<M>) {
    RandomMessages random(M::kFileId);
    for (int round = 0; round < 2; ++round) {
      std::string payload = encoded(random.make<M>());
      for (size_t size = 0; size < payload.size(); ++size) {
        EXPECT_TRUE(check_hostile<M>(std::string_view(payload).substr(0, size)));
      }
      for (size_t at = 0; at < payload.size(); ++at) {
        for (uint8_t flip : {0x01, 0x04, 0x80, 0xff}) {
          std::string flipped = payload;
          flipped[at] = static_cast<char>(flipped[at] ^ flip);
          EXPECT_TRUE(check_hostile<M>(flipped));
        }
      }
    }
  });
}

TEST(WireMessage, EveryPrefixAndFlipOfAReplyIsAnErrorOrAValue) {
  for_each_message(AllReplies(), []<class M>(std::type_identity<M>) {
    RandomMessages random(M::kFileId);
    std::string payload = encoded(ErrorOr<M>(random.make<M>()));
    for (size_t at = 0; at < payload.size(); ++at) {
      EXPECT_TRUE(check_hostile_reply<M>(std::string_view(payload).substr(0, at)));
      for (uint8_t flip : {0x01, 0x04, 0x80, 0xff}) {
        std::string flipped = payload;
        flipped[at] = static_cast<char>(flipped[at] ^ flip);
        EXPECT_TRUE(check_hostile_reply<M>(flipped));
      }
    }
  });
}

TEST(WireMessage, ElementsThatLieOverEachOtherCostNoMoreThanHonestOnes) {
  // A list of shards whose every entry is the same, with a list of servers that is the list of shards again, and so on:
  // as many elements as the product of the counts, if each were checked.
  constexpr uint32_t kCount = 4001;
  std::vector<std::pair<KeyRange, Vector<StorageServerInterface>>> shards(kCount);
  GetKeyServerLocationsReply reply;
  reply.results = shards;
  std::string payload = encoded(reply);
  auto decoded = decode<GetKeyServerLocationsReply>(payload);
  ASSERT_TRUE(decoded.has_value());
  // Finds the vector by its count, which is odd as no offset is, and lets the list of servers of every shard lead to it.
  size_t vector = 0;
  for (size_t at = 0; at + 4 <= payload.size(); at += 4) {
    if (internal::load<uint32_t>(payload.data() + at) == kCount) vector = at;
  }
  ASSERT_NE(vector, 0u);
  size_t first = vector + 4;
  size_t shard = first + internal::load<uint32_t>(payload.data() + first);
  for (uint32_t i = 0; i < kCount; ++i) {
    size_t slot = first + 4 * i;
    // All shards are the one that lies last, whose servers are a vector of kCount elements, too.
    internal::store(payload.data() + slot, static_cast<uint32_t>(shard - slot));
  }
  constexpr size_t kServers = Layout<std::pair<KeyRange, Vector<StorageServerInterface>>>::offset(1);
  internal::store(payload.data() + shard + kServers, static_cast<uint32_t>(vector - (shard + kServers)));
  EXPECT_EQ(decode<GetKeyServerLocationsReply>(payload).error(), error::serialization_failed);
}

struct OldReply {
  static constexpr uint32_t kFileId = 900;
  int64_t version = 7;
  std::string_view name = "default";
  using WireFields = Fields<&OldReply::version, &OldReply::name>;
};
struct NewReply {
  static constexpr uint32_t kFileId = 900;
  int64_t version = 8;
  std::string_view name = "other";
  std::optional<std::string_view> more = "more";
  Uid id{1, 2};
  using WireFields = Fields<&NewReply::version, &NewReply::name, &NewReply::more, &NewReply::id>;
};
struct FirstReply {
  static constexpr uint32_t kFileId = 900;
  int64_t version = 9;
  using WireFields = Fields<&FirstReply::version>;
};

TEST(WireMessage, MembersThatAreNotKnownArePassedOver) {
  std::string payload = encoded(NewReply());
  auto old = decode<OldReply>(payload);
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(old->version, 8);
  EXPECT_EQ(old->name, "other");
}

TEST(WireMessage, MembersThatAreNotSentKeepTheirDefaults) {
  std::string payload = encoded(FirstReply());
  auto reply = decode<NewReply>(payload);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->version, 9);
  EXPECT_EQ(reply->name, "other");
  EXPECT_EQ(reply->more, "more");
  EXPECT_EQ(reply->id, (Uid{1, 2}));
}

TEST(WireMessage, AUnionWithATagThatIsNotKnownIsMalformed) {
  // The tag of a reply is the first byte of its root's union.
  std::string payload = encoded(ErrorOr<Void>(Void()));
  size_t root = internal::load<uint32_t>(payload.data());
  for (uint8_t tag : {0, 3, 255}) {
    payload[root + LayoutOf<ErrorOr<Void>>::offset(0)] = static_cast<char>(tag);
    EXPECT_EQ(decode_reply<Void>(payload).error(), error::serialization_failed);
  }
}

TEST(WireMessage, NothingIsAllocatedForAGet) {
  OutBuffer out;
  out.append(4096);
  const char* block = out.data();
  GetValueReply answer;
  answer.value = "value";
  std::string payload = encoded(ErrorOr<GetValueReply>(answer));
  GetValueRequest request;
  request.key = "key";
  uint64_t before = allocations_of_this_thread();
  out.clear();
  encode(request, out, 28);
  auto reply = decode_reply<GetValueReply>(payload);
  EXPECT_EQ(allocations_of_this_thread() - before, 0u);
  EXPECT_EQ(out.data(), block);
  EXPECT_EQ(reply->value, "value");
}

TEST(WireMessage, NothingIsAllocatedForRowsAndVectors) {
  KeyValueListBuilder rows;
  for (int i = 0; i < 10000; ++i) rows.append("key" + std::to_string(i), "value");
  GetKeyValuesReply answer;
  answer.data = rows.list();
  std::string payload = encoded(ErrorOr<GetKeyValuesReply>(answer));
  RandomMessages random(1);
  std::string locations = encoded(ErrorOr<GetKeyServerLocationsReply>(random.make<GetKeyServerLocationsReply>()));
  uint64_t before = allocations_of_this_thread();
  auto reply = decode_reply<GetKeyValuesReply>(payload);
  size_t bytes = 0;
  for (KeyValue row : reply->data) bytes += row.key.size() + row.value.size();
  auto shards = decode_reply<GetKeyServerLocationsReply>(locations);
  for (const auto& shard : shards->results) {
    for (const StorageServerInterface& server : shard.second) bytes += server.locality.entries.size();
  }
  EXPECT_EQ(allocations_of_this_thread() - before, 0u);
  EXPECT_EQ(reply->data.size(), 10000u);
  EXPECT_GT(bytes, 10000u * 9);
}

TEST(WireMessage, ManyMutationsAreWrittenInPlace) {
  std::vector<Mutation> mutations;
  std::vector<KeyRange> ranges;
  RandomMessages random(2);
  for (int i = 0; i < 5000; ++i) {
    mutations.push_back(random.make<Mutation>());
    ranges.push_back(random.make<KeyRange>());
  }
  CommitTransactionRequest request;
  request.transaction.mutations = mutations;
  request.transaction.read_conflict_ranges = ranges;
  request.transaction.write_conflict_ranges = ranges;
  OutBuffer out;
  out.append(encoded_size(request));
  out.clear();
  uint64_t before = allocations_of_this_thread();
  encode(request, out);
  EXPECT_EQ(allocations_of_this_thread() - before, 0u);
  auto decoded = decode<CommitTransactionRequest>(out.view());
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(*decoded, request);
}

TEST(WireMessage, RangesOfOneKeyAreShort) {
  CommitTransactionRequest request;
  std::vector<Mutation> whole = {{MutationType::kClearRange, "key", "kez"}};
  std::vector<Mutation> one = {{MutationType::kClearRange, "key", std::string_view("key\0", 4)}};
  request.transaction.mutations = whole;
  size_t long_form = encoded_size(request);
  request.transaction.mutations = one;
  // The end is a byte longer than the begin was, within its padding; what is empty is there anyhow.
  EXPECT_EQ(encoded_size(request) + 8, long_form);
}

TEST(WireMessage, AnEndpointGivesThePlainAddressUnlessAskedForTheOther) {
  Endpoint endpoint;
  endpoint.addresses.address = *NetworkAddress::parse("1.2.3.4:4500:tls");
  EXPECT_EQ(endpoint.address().to_string(), "1.2.3.4:4500:tls");
  endpoint.addresses.secondary = *NetworkAddress::parse("1.2.3.4:4501");
  EXPECT_EQ(endpoint.address().to_string(), "1.2.3.4:4501");
  EXPECT_EQ(endpoint.address(Encryption::kTls).to_string(), "1.2.3.4:4500:tls");
}

}  // namespace
}  // namespace orrery::fdb::wire
