#include "server/ws/outbox.h"

#include <gtest/gtest.h>

#include "protocol/envelope.h"
#include "server/ws/frame.h"

namespace orrery::server::ws {
namespace {

using Pushed = Outbox::Pushed;

/// The payloads of the frames in a batch.
std::vector<std::string> payloads(const Outbox::Batch& batch) {
  std::string bytes;
  for (std::string_view part : batch.parts) bytes += part;
  EXPECT_EQ(bytes.size(), batch.bytes);
  std::vector<std::string> out;
  for (size_t at = 0; at < bytes.size();) {
    EXPECT_TRUE(bytes[at] == '\x82' || bytes[at] == '\x81');
    uint64_t size = static_cast<uint8_t>(bytes[at + 1]);
    size_t length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (length_bytes != 0) size = 0;
    for (size_t i = 0; i < length_bytes; ++i) {
      size = size << 8 | static_cast<uint8_t>(bytes[at + 2 + i]);
    }
    at += 2 + length_bytes;
    out.push_back(bytes.substr(at, size));
    at += size;
  }
  return out;
}

std::string body_of(const std::string& payload) {
  std::string buffer;
  auto body = protocol::open_envelope(payload, 64 << 20, &buffer);
  EXPECT_TRUE(body) << body.error().message();
  return body ? std::string(*body) : "";
}

std::string noise(size_t n) {
  std::string out;
  uint32_t x = 12345;
  for (size_t i = 0; i < n; ++i) {
    x = x * 1664525 + 1013904223;
    out.push_back(static_cast<char>('a' + (x >> 24) % 8));
  }
  return out;
}

TEST(WsOutbox, OneMessageAFrameWithItsTag) {
  Outbox outbox(Envelope::kTagged, Compression::kNone, 10);
  Outbox::Batch batch;
  EXPECT_FALSE(outbox.take(&batch, 1000));
  EXPECT_EQ(outbox.push(make_message("one"), 0), Pushed::kWake);
  EXPECT_EQ(outbox.push(make_message("two"), 0), Pushed::kQueued);
  ASSERT_TRUE(outbox.take(&batch, 1000));
  EXPECT_EQ(payloads(batch),
            (std::vector<std::string>{std::string("\0one", 4), std::string("\0two", 4)}));
  EXPECT_EQ(batch.messages, 2u);
  EXPECT_FALSE(outbox.take(&batch, 1000));
  EXPECT_EQ(outbox.push(make_message("three"), 0), Pushed::kWake);
}

TEST(WsOutbox, TextHasNoTag) {
  Outbox outbox(Envelope::kText, Compression::kGzip, 10);
  Outbox::Batch batch;
  (void)outbox.push(make_message("{}"), 0);
  std::string big = noise(5000);
  (void)outbox.push(make_message(big), 0);
  ASSERT_TRUE(outbox.take(&batch, 100'000));
  EXPECT_EQ(payloads(batch), (std::vector<std::string>{"{}", big}));
}

TEST(WsOutbox, V3PutsMessagesTogether) {
  Outbox outbox(Envelope::kCoalesced, Compression::kNone, 1000);
  Outbox::Batch batch;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    std::string message = "message " + std::to_string(i);
    expected += message;
    (void)outbox.push(make_message(message), 0);
  }
  ASSERT_TRUE(outbox.take(&batch, 1 << 20));
  ASSERT_EQ(payloads(batch).size(), 1u);
  EXPECT_EQ(body_of(payloads(batch)[0]), expected);
  // Up to a size.
  for (int i = 0; i < 3; ++i) (void)outbox.push(make_message(noise(300 << 10)), 0);
  ASSERT_TRUE(outbox.take(&batch, 2 << 20));
  EXPECT_EQ(payloads(batch).size(), 3u);
}

TEST(WsOutbox, CompressesLongBodiesOnly) {
  for (Compression compression : {Compression::kGzip, Compression::kBrotli}) {
    Outbox outbox(Envelope::kTagged, compression, 10);
    Outbox::Batch batch;
    std::string at_limit = noise(1024);
    std::string beyond = noise(20'000);
    (void)outbox.push(make_message(at_limit), 0);
    (void)outbox.push(make_message(beyond), 0);
    ASSERT_TRUE(outbox.take(&batch, 1 << 20));
    auto frames = payloads(batch);
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_EQ(frames[0], std::string(1, '\0') + at_limit);
    EXPECT_EQ(frames[1][0], static_cast<char>(compression));
    EXPECT_LT(frames[1].size(), beyond.size());
    EXPECT_EQ(body_of(frames[1]), beyond);
  }
}

TEST(WsOutbox, V3CompressesWhatItPutTogether) {
  Outbox outbox(Envelope::kCoalesced, Compression::kGzip, 100);
  Outbox::Batch batch;
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    expected += noise(100);
    (void)outbox.push(make_message(noise(100)), 0);
  }
  ASSERT_TRUE(outbox.take(&batch, 1 << 20));
  ASSERT_EQ(payloads(batch).size(), 1u);
  EXPECT_EQ(payloads(batch)[0][0], '\x02');
  EXPECT_EQ(body_of(payloads(batch)[0]), expected);
}

TEST(WsOutbox, SharedMessagesAreCompressedOnce) {
  auto message = make_message(noise(20'000));
  EXPECT_EQ(message->payload(Compression::kGzip), message->payload(Compression::kGzip));
  EXPECT_NE(message->payload(Compression::kGzip), message->payload(Compression::kBrotli));
}

TEST(WsOutbox, HoldsBackWhatIsNotDurableAndAllBehindIt) {
  Outbox outbox(Envelope::kTagged, Compression::kNone, 10);
  Outbox::Batch batch;
  EXPECT_EQ(outbox.push(make_message("a"), 0), Pushed::kWake);
  EXPECT_EQ(outbox.push(make_message("b"), 5), Pushed::kQueued);
  EXPECT_EQ(outbox.push(make_message("c"), 0), Pushed::kQueued);
  EXPECT_EQ(outbox.push(make_message("d"), 7), Pushed::kQueued);
  ASSERT_TRUE(outbox.take(&batch, 1000));
  EXPECT_EQ(payloads(batch).size(), 1u);
  EXPECT_FALSE(outbox.take(&batch, 1000));
  EXPECT_FALSE(outbox.durable(4));
  EXPECT_TRUE(outbox.durable(6));
  EXPECT_FALSE(outbox.durable(6));
  ASSERT_TRUE(outbox.take(&batch, 1000));
  EXPECT_EQ(payloads(batch).size(), 2u);
  EXPECT_FALSE(outbox.take(&batch, 1000));
  EXPECT_TRUE(outbox.durable(7));
  ASSERT_TRUE(outbox.take(&batch, 1000));
  EXPECT_EQ(payloads(batch), std::vector<std::string>{std::string("\0d", 2)});
}

TEST(WsOutbox, IsBoundedAndCloses) {
  Outbox outbox(Envelope::kTagged, Compression::kNone, 2);
  (void)outbox.push(make_message("a"), 0);
  (void)outbox.push(make_message("b"), 0);
  EXPECT_EQ(outbox.push(make_message("c"), 0), Pushed::kFull);
  outbox.close();
  EXPECT_EQ(outbox.push(make_message("d"), 0), Pushed::kClosed);
  Outbox::Batch batch;
  ASSERT_TRUE(outbox.take(&batch, 1000));
  EXPECT_EQ(batch.messages, 2u);
}

TEST(WsOutbox, BoundsTheBytesBehindTheFirstMessage) {
  Outbox outbox(Envelope::kTagged, Compression::kNone, 100, 10);
  const std::string large(1000, 'x');
  EXPECT_EQ(outbox.push(make_message(large), 0), Pushed::kWake);
  EXPECT_EQ(outbox.push(make_message("123456"), 0), Pushed::kQueued);
  EXPECT_EQ(outbox.push(make_message("12345"), 0), Pushed::kFull);
  EXPECT_EQ(outbox.push(make_message("1234"), 0), Pushed::kQueued);
  Outbox::Batch batch;
  ASSERT_TRUE(outbox.take(&batch, 1));
  EXPECT_EQ(batch.messages, 1u);
  EXPECT_EQ(outbox.push(make_message("123456"), 0), Pushed::kQueued);
  EXPECT_EQ(outbox.push(make_message("1"), 0), Pushed::kFull);
  ASSERT_TRUE(outbox.take(&batch, 100));
  EXPECT_EQ(outbox.push(make_message(large), 0), Pushed::kQueued);
}

TEST(WsOutbox, SmallMessagesKeepTheirPlaceBetweenSharedOnes) {
  for (Envelope envelope : {Envelope::kTagged, Envelope::kCoalesced}) {
    Outbox outbox(envelope, Compression::kNone, 10'000);
    Outbox::Batch batch;
    std::string expected, got;
    auto take = [&](size_t bytes) {
      if (!outbox.take(&batch, bytes)) return false;
      for (const std::string& payload : payloads(batch)) got += payload.substr(1);
      return true;
    };
    for (int i = 0; i < 2000; ++i) {
      const std::string message = std::to_string(i) + noise(static_cast<size_t>(i % 50)) + ">";
      expected += message;
      // What is taken ends in the middle of what is held back, and what is ready behind it.
      const uint64_t seq = i < 1000 ? 0 : static_cast<uint64_t>(i);
      if (i % 3 == 0) {
        (void)outbox.push(make_message(message), seq);
      } else {
        (void)outbox.push_small(message, seq);
      }
      if (i % 7 == 0) take(60);
      if (i % 11 == 0) (void)outbox.durable(static_cast<uint64_t>(i) / 2);
    }
    EXPECT_LT(got.size(), expected.size());
    EXPECT_EQ(expected.substr(0, got.size()), got);
    (void)outbox.durable(2000);
    while (take(1000)) {
    }
    EXPECT_EQ(got, expected);
    EXPECT_EQ(outbox.waiting(), 0u);
    EXPECT_EQ(outbox.waiting_bytes(), 0u);
  }
}

TEST(WsOutbox, BatchesCanBeMoved) {
  Outbox outbox(Envelope::kTagged, Compression::kNone, 10);
  (void)outbox.push_small("small", 0);
  (void)outbox.push(make_message(noise(5000)), 0);
  Outbox::Batch batch;
  ASSERT_TRUE(outbox.take(&batch, 100'000));
  const auto moved = std::make_unique<Outbox::Batch>(std::exchange(batch, {}));
  (void)outbox.push_small("later", 0);
  ASSERT_TRUE(outbox.take(&batch, 100'000));
  EXPECT_EQ(payloads(*moved),
            (std::vector<std::string>{std::string("\0small", 6), '\0' + noise(5000)}));
  EXPECT_EQ(payloads(batch), std::vector<std::string>{std::string("\0later", 6)});
}

TEST(WsOutbox, ManySmallMessagesMakeFewPieces) {
  Outbox outbox(Envelope::kTagged, Compression::kNone, 20'000);
  Outbox::Batch batch;
  for (int i = 0; i < 10'000; ++i) (void)outbox.push(make_message("0123456789"), 0);
  ASSERT_TRUE(outbox.take(&batch, 100'000));
  EXPECT_EQ(payloads(batch).size(), 10'000u);
  EXPECT_LT(batch.parts.size(), 10u);
}

}  // namespace
}  // namespace orrery::server::ws
