#include "protocol/envelope.h"

#include <gtest/gtest.h>

#include <random>

#include "protocol/golden_for_test.h"
#include "protocol/payload.h"
#include "protocol/subprotocol.h"

namespace orrery::protocol {
namespace {

constexpr size_t kLimit = size_t{1} << 20;
constexpr Compression kAll[] = {Compression::kNone, Compression::kBrotli, Compression::kGzip};

TEST(Envelope, Golden) {
  types::JsonValue file = load_golden("ws-v2/envelopes.json");
  for (const types::JsonValue& v : file.find("vectors")->items()) {
    SCOPED_TRACE(v.find("name")->as_string());
    std::string frame = unhex(v.find("frame_hex")->as_string());
    std::string buffer;
    auto body = open_envelope(frame, kLimit, &buffer);
    ASSERT_TRUE(body.has_value()) << body.error().message();
    EXPECT_EQ(*body, unhex(v.find("body_hex")->as_string()));
    EXPECT_EQ(frame[0], *v.find("compression_tag")->as_int64());
    // The limit is on what comes out.
    EXPECT_TRUE(open_envelope(frame, body->size(), &buffer).has_value());
    auto less = open_envelope(frame, body->size() - 1, &buffer);
    ASSERT_FALSE(less.has_value());
    EXPECT_EQ(less.error().code(), ErrorCode::kLimit);
  }
  size_t refused = 0;
  for (const types::JsonValue& v : file.find("refused")->items()) {
    SCOPED_TRACE(v.find("name")->as_string());
    std::string frame = unhex(v.find("frame_hex")->as_string());
    std::string buffer;
    auto body = open_envelope(frame, kLimit, &buffer);
    if (body) {
      EXPECT_FALSE(PayloadReader<v2::ServerMessage>(*body, Framing::kManyMessages).next());
    } else {
      EXPECT_EQ(body.error().code(), ErrorCode::kDecode);
    }
    ++refused;
  }
  EXPECT_EQ(refused, 5u);
}

std::string sealed(Compressor* compressor, const std::string& body, Compression wanted) {
  std::string frame = "?" + body;
  compressor->seal(&frame, wanted);
  return frame;
}

TEST(Envelope, SealedOpens) {
  Compressor compressor;
  std::mt19937 random(1);
  for (size_t size : {0u, 1u, 1024u, 1025u, 5000u, 300000u, 1000000u}) {
    std::string body;
    while (body.size() < size) body += static_cast<char>('a' + random() % 4);
    for (Compression wanted : kAll) {
      std::string frame = sealed(&compressor, body, wanted);
      bool compressed = size > kCompressThreshold && wanted != Compression::kNone;
      EXPECT_EQ(frame[0], compressed ? static_cast<char>(wanted) : 0);
      EXPECT_EQ(frame.size() < body.size(), compressed) << size;
      std::string buffer;
      auto opened = open_envelope(frame, kLimit, &buffer);
      ASSERT_TRUE(opened.has_value());
      EXPECT_EQ(*opened, body);
    }
  }
}

/// What does not get shorter goes as it is.
TEST(Envelope, NoiseIsNotCompressed) {
  Compressor compressor;
  std::mt19937 random(1);
  std::string body;
  while (body.size() < 4000) body += static_cast<char>(random());
  for (Compression wanted : kAll) {
    EXPECT_EQ(sealed(&compressor, body, wanted), std::string(1, '\0') + body);
  }
}

TEST(Envelope, DamagedFrames) {
  Compressor compressor;
  std::string body(3000, 'x');
  for (size_t i = 0; i < body.size(); i += 7) body[i] = static_cast<char>(i);
  for (Compression wanted : {Compression::kBrotli, Compression::kGzip}) {
    std::string frame = sealed(&compressor, body, wanted);
    std::string buffer;
    for (size_t size = 1; size < frame.size(); ++size) {
      EXPECT_FALSE(open_envelope(std::string_view(frame).substr(0, size), kLimit, &buffer));
    }
    EXPECT_FALSE(open_envelope(frame + "x", kLimit, &buffer).has_value());
    for (size_t at = 1; at < frame.size(); ++at) {
      std::string flipped = frame;
      flipped[at] = static_cast<char>(flipped[at] ^ 1 << at % 8);
      auto opened = open_envelope(flipped, kLimit, &buffer);
      if (opened) {
        EXPECT_LE(opened->size(), kLimit);
      }
    }
  }
}

/// A small frame that stands for gigabytes costs no more than the limit.
TEST(Envelope, BombIsRefused) {
  std::string zeros(size_t{64} << 20, '\0');
  Compressor compressor;
  for (Compression wanted : {Compression::kBrotli, Compression::kGzip}) {
    std::string frame = sealed(&compressor, zeros, wanted);
    EXPECT_LT(frame.size(), size_t{1} << 20);
    std::string buffer;
    auto opened = open_envelope(frame, kLimit, &buffer);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code(), ErrorCode::kLimit);
    EXPECT_LE(buffer.capacity(), 4 * kLimit);
  }
}

TEST(Envelope, Names) {
  EXPECT_EQ(compression_of_name("None"), Compression::kNone);
  EXPECT_EQ(compression_of_name("Brotli"), Compression::kBrotli);
  EXPECT_EQ(compression_of_name("Gzip"), Compression::kGzip);
  EXPECT_FALSE(compression_of_name("gzip").has_value());
}

TEST(Subprotocol, NewestOffered) {
  EXPECT_EQ(choose_subprotocol("v3.bsatn.spacetimedb, v2.bsatn.spacetimedb"), Subprotocol::kV3);
  EXPECT_EQ(choose_subprotocol("v1.json.spacetimedb,\tv2.bsatn.spacetimedb "), Subprotocol::kV2);
  EXPECT_EQ(choose_subprotocol("v1.json.spacetimedb,v1.bsatn.spacetimedb"), Subprotocol::kV1Bsatn);
  EXPECT_EQ(choose_subprotocol("v1.json.spacetimedb"), Subprotocol::kV1Json);
  EXPECT_FALSE(choose_subprotocol("").has_value());
  EXPECT_FALSE(choose_subprotocol(", ,").has_value());
  EXPECT_FALSE(choose_subprotocol("v2.bsatn.spacetimedbx").has_value());
  for (auto protocol :
       {Subprotocol::kV1Json, Subprotocol::kV1Bsatn, Subprotocol::kV2, Subprotocol::kV3}) {
    EXPECT_EQ(choose_subprotocol(subprotocol_name(protocol)), protocol);
  }
}

}  // namespace
}  // namespace orrery::protocol
