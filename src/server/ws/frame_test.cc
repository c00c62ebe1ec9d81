#include "server/ws/frame.h"

#include <gtest/gtest.h>

#include <vector>

#include "server/ws/handshake.h"

namespace orrery::server::ws {
namespace {

using Event = FrameReader::Event;

/// A client's frame.
std::string frame(uint8_t first, std::string_view payload, uint8_t masked = 0x80) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(payload.size() | masked));
  } else if (payload.size() <= 0xFFFF) {
    out.push_back(static_cast<char>(126 | masked));
    for (int i = 1; i >= 0; --i) out.push_back(static_cast<char>(payload.size() >> (8 * i)));
  } else {
    out.push_back(static_cast<char>(127 | masked));
    for (int i = 7; i >= 0; --i) out.push_back(static_cast<char>(payload.size() >> (8 * i)));
  }
  const char mask[] = {0x12, 0x34, 0x56, 0x78};
  if (masked != 0) out.append(mask, 4);
  for (size_t i = 0; i < payload.size(); ++i) {
    out.push_back(masked != 0 ? static_cast<char>(payload[i] ^ mask[i % 4]) : payload[i]);
  }
  return out;
}

struct Seen {
  Event event;
  std::string payload;
};

/// Feeds `bytes` in pieces of `step`.
std::vector<Seen> feed(FrameReader& reader, std::string bytes, size_t step) {
  std::vector<Seen> out;
  for (size_t at = 0; at < bytes.size(); at += step) {
    std::span<char> piece = std::span<char>(bytes).subspan(at, std::min(step, bytes.size() - at));
    while (true) {
      Event event = reader.next(&piece);
      if (event == Event::kNeedMore) break;
      bool last = event == Event::kClose || event == Event::kError;
      out.push_back({event, std::string(last ? reader.reason() : reader.payload())});
      if (last) return out;
    }
  }
  return out;
}

std::vector<Seen> feed_all(std::string_view bytes, uint64_t limit = 1 << 20) {
  FrameReader reader(limit);
  return feed(reader, std::string(bytes), bytes.size());
}

TEST(WsFrame, MessagesOfEveryLengthInPiecesOfEverySize) {
  for (size_t size : {0, 1, 125, 126, 127, 1000, 65535, 65536, 70000}) {
    std::string payload;
    for (size_t i = 0; i < size; ++i) payload.push_back(static_cast<char>(i * 7));
    std::string bytes = frame(0x82, payload) + frame(0x81, "next");
    for (size_t step : {size_t{1}, size_t{3}, size_t{4096}, bytes.size()}) {
      FrameReader reader(1 << 20);
      auto seen = feed(reader, bytes, step);
      ASSERT_EQ(seen.size(), 2u) << size << " in " << step;
      EXPECT_EQ(seen[0].event, Event::kBinary);
      EXPECT_EQ(seen[0].payload, payload);
      EXPECT_EQ(seen[1].event, Event::kText);
      EXPECT_EQ(seen[1].payload, "next");
    }
  }
}

TEST(WsFrame, ControlFramesStandBetweenThePartsOfAMessage) {
  auto seen = feed_all(frame(0x02, "ab") + frame(0x89, "p") + frame(0x00, "cd") + frame(0x8A, "") +
                       frame(0x80, "ef") +
                       frame(0x88, std::string("\x03\xE8"
                                               "bye",
                                               5)));
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0].event, Event::kPing);
  EXPECT_EQ(seen[0].payload, "p");
  EXPECT_EQ(seen[1].event, Event::kPong);
  EXPECT_EQ(seen[2].event, Event::kBinary);
  EXPECT_EQ(seen[2].payload, "abcdef");
  EXPECT_EQ(seen[3].event, Event::kClose);
  EXPECT_EQ(seen[3].payload, "bye");
}

struct BadCase {
  const char* name;
  std::string bytes;
  uint16_t code;
};

TEST(WsFrame, RefusesWhatTheProtocolForbids) {
  std::string long_control(126, 'x');
  const BadCase cases[] = {
      {"reserved bit", frame(0xC2, "x"), kCloseProtocolError},
      {"not masked", frame(0x82, "x", 0), kCloseProtocolError},
      {"unknown opcode", frame(0x83, "x"), kCloseProtocolError},
      {"unknown control", frame(0x8B, "x"), kCloseProtocolError},
      {"nothing to continue", frame(0x80, "x"), kCloseProtocolError},
      {"two messages at once", frame(0x02, "x") + frame(0x82, "y"), kCloseProtocolError},
      {"ping in parts", frame(0x09, "x"), kCloseProtocolError},
      {"long ping", frame(0x89, long_control), kCloseProtocolError},
      {"close of one byte", frame(0x88, "x"), kCloseProtocolError},
      {"close code 1005", frame(0x88, std::string("\x03\xED", 2)), kCloseProtocolError},
      {"close code 999", frame(0x88, std::string("\x03\xE7", 2)), kCloseProtocolError},
      {"close reason", frame(0x88, std::string("\x03\xE8\xFF", 3)), kCloseBadText},
      {"text", frame(0x81, "\xFF"), kCloseBadText},
  };
  for (const BadCase& c : cases) {
    FrameReader reader(1 << 20);
    auto seen = feed(reader, c.bytes, c.bytes.size());
    ASSERT_EQ(seen.size(), 1u) << c.name;
    EXPECT_EQ(seen[0].event, Event::kError) << c.name;
    EXPECT_EQ(reader.code(), c.code) << c.name;
    std::string again = c.bytes;
    std::span<char> more = again;
    EXPECT_EQ(reader.next(&more), Event::kError) << c.name;
  }
}

TEST(WsFrame, LimitsMessagesBeforeTheyCome) {
  // A header that announces more than is allowed, or than there is memory.
  std::string huge(
      "\x82\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
      "abcd",
      14);
  FrameReader reader(1000);
  std::span<char> input = huge;
  EXPECT_EQ(reader.next(&input), Event::kError);
  EXPECT_EQ(reader.code(), kCloseTooBig);
  EXPECT_EQ(feed_all(frame(0x82, std::string(1000, 'x')), 1000)[0].event, Event::kBinary);
  EXPECT_EQ(feed_all(frame(0x82, std::string(1001, 'x')), 1000)[0].event, Event::kError);
  // The sum of the parts counts.
  auto parts =
      feed_all(frame(0x02, std::string(600, 'x')) + frame(0x80, std::string(600, 'y')), 1000);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].event, Event::kError);
}

TEST(WsFrame, HeadersAndCloseFramesOfTheServer) {
  std::string out;
  append_frame_header(Opcode::kBinary, 125, &out);
  EXPECT_EQ(out, std::string("\x82\x7D", 2));
  out.clear();
  append_frame_header(Opcode::kText, 126, &out);
  EXPECT_EQ(out, std::string("\x81\x7E\x00\x7E", 4));
  out.clear();
  append_frame_header(Opcode::kBinary, 65536, &out);
  EXPECT_EQ(out, std::string("\x82\x7F\0\0\0\0\0\x01\0\0", 10));
  std::string euro;
  for (int i = 0; i < 50; ++i) euro += "\xE2\x82\xAC";
  std::string close = close_frame(1011, euro);
  EXPECT_EQ(close.size(), 2 + 2 + 123u);
  EXPECT_EQ(close_frame(1011, std::string(122, 'x') + euro).size(), 2 + 2 + 122u);
}

TEST(WsFrame, ClientFramesAreReadByAServer) {
  const uint8_t mask[4] = {0x37, 0xFA, 0x21, 0x3D};
  std::string bytes;
  append_client_frame(Opcode::kText, "Hello", mask, &bytes);
  // The example of RFC 6455, section 5.7.
  EXPECT_EQ(bytes, std::string("\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58", 11));
  std::string large(70'000, 'x');
  append_client_frame(Opcode::kBinary, large, mask, &bytes);
  FrameReader server(1 << 20);
  std::span<char> input = bytes;
  ASSERT_EQ(server.next(&input), FrameReader::Event::kText);
  EXPECT_EQ(server.payload(), "Hello");
  ASSERT_EQ(server.next(&input), FrameReader::Event::kBinary);
  EXPECT_EQ(server.payload(), large);
}

TEST(WsFrame, AWholeMessageIsReadWhereItIs) {
  std::string bytes = frame(0x82, "whole") + frame(0x02, "in ") + frame(0x80, "parts");
  FrameReader reader(1 << 20);
  std::span<char> input = bytes;
  ASSERT_EQ(reader.next(&input), Event::kBinary);
  EXPECT_EQ(reader.payload(), "whole");
  EXPECT_EQ(reader.payload().data(), bytes.data() + 6);
  ASSERT_EQ(reader.next(&input), Event::kBinary);
  EXPECT_EQ(reader.payload(), "in parts");
  EXPECT_TRUE(input.empty());
}

TEST(WsFrame, AServersFramesAreNotMasked) {
  std::string bytes;
  append_frame_header(Opcode::kText, 5, &bytes);
  bytes += "Hello";
  FrameReader client(1 << 20, FrameSender::kServer);
  std::span<char> input = bytes;
  ASSERT_EQ(client.next(&input), FrameReader::Event::kText);
  EXPECT_EQ(client.payload(), "Hello");
  const uint8_t mask[4] = {1, 2, 3, 4};
  std::string masked;
  append_client_frame(Opcode::kText, "Hello", mask, &masked);
  input = masked;
  EXPECT_EQ(client.next(&input), FrameReader::Event::kError);
  EXPECT_EQ(client.code(), kCloseProtocolError);
}

TEST(WsHandshake, AcceptsTheKeyOfTheStandard) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WsHandshake, SaysWhatIsMissing) {
  http::Request request;
  auto error = [&] {
    Status status = check_upgrade(request);
    return status ? "" : status.error().message();
  };
  EXPECT_NE(error().find("Connection"), std::string::npos);
  request.headers.add("connection", "keep-alive, Upgrade");
  EXPECT_NE(error().find("`Upgrade`"), std::string::npos);
  request.headers.add("upgrade", "WebSocket");
  EXPECT_NE(error().find("Version"), std::string::npos);
  request.headers.add("sec-websocket-version", "13");
  EXPECT_NE(error().find("Key"), std::string::npos);
  request.headers.add("sec-websocket-key", "short");
  EXPECT_NE(error(), "");
  request.headers.set("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(error(), "");
}

}  // namespace
}  // namespace orrery::server::ws
