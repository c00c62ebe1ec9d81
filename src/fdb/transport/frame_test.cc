#include "fdb/transport/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fdb/transport/frame_checksum.h"

namespace orrery::fdb {
namespace {

struct Message {
  wire::Uid token;
  std::string payload;
  friend bool operator==(const Message&, const Message&) = default;
};

std::string frame_of(const Message& message, FrameForm form) {
  std::string room(kFrameRoom, '\xee');
  room += message.payload;
  return std::string(
      finish_frame(room.data() + kFrameRoom, message.payload.size(), message.token, form));
}

std::string stream_of(const std::vector<Message>& messages, FrameForm form) {
  std::string out;
  for (const Message& message : messages) out += frame_of(message, form);
  return out;
}

struct Outcome {
  std::vector<Message> messages;
  std::optional<Error> error;
  size_t unread = 0;
};

/// Gives the reader the stream, at most `step` bytes at a time.
Outcome read_all(std::string_view stream, FrameForm form, size_t step) {
  FrameReader reader(form);
  Outcome out;
  while (!stream.empty()) {
    auto room = reader.room();
    size_t size = std::min({step, room->size(), stream.size()});
    std::copy_n(stream.data(), size, room->data());
    reader.received(size);
    stream.remove_prefix(size);
    while (true) {
      auto frame = reader.next();
      if (!frame) {
        out.error = frame.error();
        EXPECT_EQ(reader.next().error(), frame.error()) << "an error is final";
        return out;
      }
      if (!*frame) break;
      out.messages.push_back({(*frame)->token, std::string((*frame)->payload.view())});
    }
  }
  out.unread = reader.unread().size();
  return out;
}

std::string letters(size_t size, char first) {
  std::string out(size, ' ');
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(first + i % 23);
  return out;
}

const std::vector<Message> kMessages = {
    {{1, 2}, "a"},
    {wire::well_known_token(wire::WellKnown::kPing), letters(31, 'b')},
    {{~uint64_t{0}, 77}, letters(300, 'c')},
    {{0x1122334455667788, 0x99aabbcc00000042}, letters(8, 'd')}};

TEST(FdbFrame, ChecksumIsXxh3) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes.push_back(static_cast<char>(i));
  for (auto [size, sum] : {std::pair<size_t, uint64_t>{0, 0x2d06800538d394c2},
                           {1, 0xc44bdff4074eecdb},
                           {3, 0x5f4299fc161c9cbb},
                           {8, 0x3a1c2d7c85af88f8},
                           {16, 0x8355e3a6f61770db},
                           {17, 0x9ef341a99de37328},
                           {64, 0x6187eb9089b0ed55},
                           {128, 0x85c6174c7ff4c46b},
                           {129, 0xec7642b431ba3e5a},
                           {240, 0x375a384d957fe865},
                           {241, 0x02e8cd95421c6d02},
                           {256, 0x9408a4433b952d71},
                           {300, 0xd44052f5a3485425}}) {
    EXPECT_EQ(frame_checksum(std::string_view(bytes).substr(0, size)), sum) << size;
  }
}

/// The answer to a ping of a real server, as it sent it.
TEST(FdbFrame, GoldenBytes) {
  const std::string golden(
      "\x40\0\0\0\xf2\xd7\x51\xa3\xd5\xc5\xa8\x7f\xd2\x04\0\0\0\0\0\0\x2e\x16\0\0\0\0\0\0"
      "\x20\0\0\0\x4a\xad\x1e\x02\0\0\0\0\0\0\x08\0\x09\0\x08\0\x04\0\x06\0\x06\0\x04\0\x04\0\x04\0"
      "\x12\0\0\0\x08\0\0\0\x02\0\0\0\x10\0\0\0",
      76);
  Outcome out = read_all(golden, FrameForm::kChecked, golden.size());
  ASSERT_EQ(out.messages.size(), 1u);
  EXPECT_EQ(out.messages[0].token, (wire::Uid{0x4d2, 0x162e}));
  EXPECT_EQ(out.messages[0].payload, golden.substr(28));
  EXPECT_EQ(frame_of(out.messages[0], FrameForm::kChecked), golden);
}

TEST(FdbFrame, TheFormOfTlsIsWithoutAChecksum) {
  std::string frame = frame_of({{1, 2}, "xy"}, FrameForm::kUnchecked);
  EXPECT_EQ(frame, std::string("\x12\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0xy", 22));
}

TEST(FdbFrame, AStreamIsTheSameHoweverItIsCut) {
  for (FrameForm form : {FrameForm::kChecked, FrameForm::kUnchecked}) {
    std::string stream = stream_of(kMessages, form);
    for (size_t step = 1; step <= stream.size(); ++step) {
      Outcome out = read_all(stream, form, step);
      ASSERT_FALSE(out.error);
      ASSERT_EQ(out.messages, kMessages) << step;
      ASSERT_EQ(out.unread, 0u);
    }
  }
}

TEST(FdbFrame, EveryPrefixGivesTheFramesThatItHasWholly) {
  for (FrameForm form : {FrameForm::kChecked, FrameForm::kUnchecked}) {
    std::string stream = stream_of(kMessages, form);
    for (size_t size = 0; size <= stream.size(); ++size) {
      Outcome out = read_all(stream.substr(0, size), form, size);
      ASSERT_FALSE(out.error) << size;
      size_t whole = 0;
      size_t count = 0;
      for (const Message& message : kMessages) {
        size_t frame = frame_header_size(form) + message.payload.size();
        if (whole + frame > size) break;
        whole += frame;
        ++count;
      }
      ASSERT_EQ(out.messages,
                std::vector(kMessages.begin(), kMessages.begin() + static_cast<ptrdiff_t>(count)));
      ASSERT_EQ(out.unread, size - whole);
    }
  }
}

TEST(FdbFrame, EveryFlippedBitIsSeen) {
  std::string stream = stream_of(kMessages, FrameForm::kChecked);
  for (size_t bit = 0; bit < stream.size() * 8; ++bit) {
    std::string flipped = stream;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    Outcome out = read_all(flipped, FrameForm::kChecked, 64);
    // Either an error, or a length that promises more than comes; never a message that was not
    // sent.
    EXPECT_TRUE(out.error || out.unread != 0) << bit;
    ASSERT_LT(out.messages.size(), kMessages.size());
    ASSERT_TRUE(std::ranges::equal(
        out.messages,
        std::vector(kMessages.begin(),
                    kMessages.begin() + static_cast<ptrdiff_t>(out.messages.size()))));
  }
}

TEST(FdbFrame, FlippedBitsUnderTlsNeverReadPastTheStream) {
  std::string stream = stream_of(kMessages, FrameForm::kUnchecked);
  for (size_t bit = 0; bit < stream.size() * 8; ++bit) {
    std::string flipped = stream;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    Outcome out = read_all(flipped, FrameForm::kUnchecked, 64);
    size_t bytes = out.unread;
    for (const Message& message : out.messages) bytes += message.payload.size() + 20;
    EXPECT_TRUE(out.error || bytes == stream.size()) << bit;
  }
}

TEST(FdbFrame, LengthsOutOfRange) {
  for (uint32_t length :
       {0u, 1u, 15u, 16u, (100u << 20) + 1, 101u << 20, 0x7fffffffu, 0xffffffffu}) {
    std::string stream(reinterpret_cast<const char*>(&length), 4);
    Outcome out = read_all(stream, FrameForm::kChecked, 4);
    EXPECT_EQ(out.error, error::serialization_failed) << length;
  }
  for (uint32_t length : {17u, 100u << 20}) {
    std::string stream(reinterpret_cast<const char*>(&length), 4);
    EXPECT_FALSE(read_all(stream, FrameForm::kChecked, 4).error) << length;
  }
}

TEST(FdbFrame, ALyingLengthDoesNotTakeItsMemory) {
  FrameReader reader(FrameForm::kChecked);
  uint32_t length = 100u << 20;
  auto room = reader.room();
  std::copy_n(reinterpret_cast<const char*>(&length), 4, room->data());
  reader.received(4);
  ASSERT_TRUE(reader.next());
  size_t received = 4;
  while (received < (5u << 20)) {
    room = reader.room();
    ASSERT_FALSE(room->empty());
    EXPECT_LE(room->size(), std::max(size_t{1} << 20, 4 * received));
    std::ranges::fill(*room, 'x');
    reader.received(room->size());
    received += room->size();
    ASSERT_FALSE(reader.next()->has_value());
  }
}

TEST(FdbFrame, LongFramesComeThroughUnbroken) {
  std::vector<Message> messages;
  for (size_t size : {5000, 40'000, 100, 1 << 20, (5 << 20) + 7, 1, 33'000}) {
    messages.push_back({{size, 1}, letters(size, 'A')});
  }
  for (FrameForm form : {FrameForm::kChecked, FrameForm::kUnchecked}) {
    std::string stream = stream_of(messages, form);
    for (size_t step : {size_t{1500}, size_t{65'536}, stream.size()}) {
      EXPECT_EQ(read_all(stream, form, step).messages, messages);
    }
  }
}

/// Payloads are views of what was received, and stay what they are while the reader goes on.
TEST(FdbFrame, PayloadsKeepTheirBuffer) {
  std::vector<Message> messages;
  for (uint64_t i = 0; i < 2000; ++i) messages.push_back({{i, 0}, letters(1 + i % 700, 'a')});
  std::string stream = stream_of(messages, FrameForm::kChecked);
  FrameReader reader(FrameForm::kChecked);
  std::vector<Frame> kept;
  size_t in_place = 0;
  for (std::string_view left = stream; !left.empty();) {
    auto room = reader.room();
    size_t size = std::min({size_t{3000}, room->size(), left.size()});
    std::copy_n(left.data(), size, room->data());
    reader.received(size);
    left.remove_prefix(size);
    while (true) {
      const char* at = reader.unread().data();
      auto frame = reader.next();
      ASSERT_TRUE(frame);
      if (!*frame) break;
      in_place += (*frame)->payload.view().data() == at + 28;
      // Every third is kept.
      if ((*frame)->token.first % 3 == 0) kept.push_back(*std::move(*frame));
    }
  }
  EXPECT_EQ(in_place, messages.size());
  ASSERT_EQ(kept.size(), (messages.size() + 2) / 3);
  for (size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i].payload.view(), messages[3 * i].payload);
  }
}

TEST(FdbFrame, ABufferThatNobodyHoldsIsUsedAgain) {
  FrameReader reader(FrameForm::kChecked);
  std::string frame = frame_of(kMessages[2], FrameForm::kChecked);
  const char* buffer = reader.room()->data();
  for (int i = 0; i < 1000; ++i) {
    auto room = reader.room();
    ASSERT_EQ(room->data(), buffer);
    std::copy_n(frame.data(), frame.size(), room->data());
    reader.received(frame.size());
    ASSERT_TRUE(reader.next()->has_value());
  }
}

}  // namespace
}  // namespace orrery::fdb
