#include "server/ws/handshake.h"

#include <array>
#include <bit>
#include <cstdint>

namespace orrery::server::ws {
namespace {

constexpr std::string_view kAcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

uint32_t big_endian(const uint8_t* p) {
  return uint32_t{p[0]} << 24 | uint32_t{p[1]} << 16 | uint32_t{p[2]} << 8 | uint32_t{p[3]};
}

void sha1_block(const uint8_t* block, std::array<uint32_t, 5>& state) {
  uint32_t w[80];
  for (size_t i = 0; i < 16; ++i) w[i] = big_endian(block + 4 * i);
  for (size_t i = 16; i < 80; ++i) {
    w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  }
  auto [a, b, c, d, e] = state;
  for (size_t i = 0; i < 80; ++i) {
    uint32_t f = 0;
    uint32_t k = 0;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5A827999;
    } else if (i < 40) {
      f = b ^ c ^ d;
      k = 0x6ED9EBA1;
    } else if (i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8F1BBCDC;
    } else {
      f = b ^ c ^ d;
      k = 0xCA62C1D6;
    }
    uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

/// Only what the handshake asks for; it protects nothing.
std::array<uint8_t, 20> sha1(std::string_view text) {
  std::string padded(text);
  padded.push_back(static_cast<char>(0x80));
  while (padded.size() % 64 != 56) padded.push_back('\0');
  uint64_t bits = uint64_t{text.size()} * 8;
  for (int i = 7; i >= 0; --i) padded.push_back(static_cast<char>(bits >> (8 * i)));
  std::array<uint32_t, 5> state = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  for (size_t at = 0; at < padded.size(); at += 64) {
    sha1_block(reinterpret_cast<const uint8_t*>(padded.data()) + at, state);
  }
  std::array<uint8_t, 20> out;
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  }
  return out;
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

template <size_t kSize>
std::string base64(const std::array<uint8_t, kSize>& bytes) {
  std::string out;
  for (size_t i = 0; i < kSize; i += 3) {
    size_t n = kSize - i < 3 ? kSize - i : 3;
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < n ? bytes[i + j] : 0);
    for (size_t j = 0; j < 4; ++j) {
      out.push_back(j <= n ? kBase64[group >> (18 - 6 * j) & 63] : '=');
    }
  }
  return out;
}

/// 16 bytes in base64.
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") &&
         key.substr(0, 22).find_first_not_of(kBase64) == std::string_view::npos;
}

}  // namespace

Status check_upgrade(const http::Request& request) {
  auto refuse = [](std::string_view what) {
    return Error(ErrorCode::kInvalidArgument, std::string(what));
  };
  const std::string* connection = request.headers.find("connection");
  if (connection == nullptr || !http::list_has_token(*connection, "upgrade")) {
    return refuse("Connection header did not include 'upgrade'");
  }
  const std::string* upgrade = request.headers.find("upgrade");
  if (upgrade == nullptr || !http::list_has_token(*upgrade, "websocket")) {
    return refuse("`Upgrade` header did not include 'websocket'");
  }
  const std::string* version = request.headers.find("sec-websocket-version");
  if (version == nullptr || http::trim_blanks(*version) != "13") {
    return refuse("`Sec-WebSocket-Version` header did not include '13'");
  }
  const std::string* key = request.headers.find("sec-websocket-key");
  if (key == nullptr || !is_key(http::trim_blanks(*key))) {
    return refuse("`Sec-WebSocket-Key` header missing");
  }
  if (request.version_minor == 0) return refuse("a WebSocket needs HTTP/1.1");
  return {};
}

std::string accept_key(std::string_view client_key) {
  return base64(sha1(std::string(client_key) + std::string(kAcceptSuffix)));
}

http::Response upgrade_response(const http::Request& request, std::string_view subprotocol) {
  http::Response out;
  out.status = 101;
  out.headers.add("connection", "Upgrade");
  out.headers.add("upgrade", "websocket");
  out.headers.add("sec-websocket-accept",
                  accept_key(http::trim_blanks(*request.headers.find("sec-websocket-key"))));
  out.headers.add("sec-websocket-protocol", subprotocol);
  return out;
}

}  // namespace orrery::server::ws
