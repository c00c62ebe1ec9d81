// A block is a run of sequences: a token (upper four bits: literals, lower four: match length - 4;
// 15 means that bytes follow which add up, until one is not 255), the literals, the match's
// distance back as u16, the match's further length bytes. The last sequence has literals only. The
// format asks that the last 5 bytes are literals and that no match starts in the last 12.

#include "storage/durability/lz4_portable.h"

#include <cstring>

namespace orrery::storage {
namespace {

constexpr size_t kMatchMin = 4;
constexpr size_t kLastLiterals = 5;
constexpr size_t kMatchStartMargin = 12;
constexpr size_t kDistanceMax = 65535;
constexpr size_t kNibbleMax = 15;

uint32_t load_u32(const char* p) {
  uint32_t word;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

void put_length(std::string* out, size_t beyond_nibble) {
  for (; beyond_nibble >= 255; beyond_nibble -= 255) out->push_back(static_cast<char>(255));
  out->push_back(static_cast<char>(beyond_nibble));
}

void put_literals(std::string* out, std::string_view literals, size_t match_nibble) {
  const size_t literal_nibble = literals.size() < kNibbleMax ? literals.size() : kNibbleMax;
  out->push_back(static_cast<char>((literal_nibble << 4) | match_nibble));
  if (literal_nibble == kNibbleMax) put_length(out, literals.size() - kNibbleMax);
  out->append(literals);
}

void put_sequence(std::string* out, std::string_view literals, size_t distance, size_t length) {
  const size_t rest = length - kMatchMin;
  const size_t nibble = rest < kNibbleMax ? rest : kNibbleMax;
  put_literals(out, literals, nibble);
  out->push_back(static_cast<char>(distance & 0xff));
  out->push_back(static_cast<char>(distance >> 8));
  if (nibble == kNibbleMax) put_length(out, rest - kNibbleMax);
}

// Adds the length bytes that follow a full nibble.
bool take_length(std::string_view block, size_t* at, size_t* length) {
  for (;;) {
    if (*at >= block.size()) return false;
    const auto byte = static_cast<uint8_t>(block[(*at)++]);
    *length += byte;
    if (byte != 255) return true;
  }
}

}  // namespace

bool PortableLz4Encoder::encode(std::string_view raw, std::string* out) {
  const size_t start = out->size();
  const char* p = raw.data();
  size_t literals_from = 0;
  if (raw.size() > kMatchStartMargin) {
    last_seen_.fill(0);
    const size_t match_start_end = raw.size() - kMatchStartMargin;
    const size_t match_end = raw.size() - kLastLiterals;
    size_t at = 0;
    while (at < match_start_end) {
      const uint32_t word = load_u32(p + at);
      uint32_t& slot = last_seen_[(word * 2654435761U) >> (32 - kHashBits)];
      const size_t candidate = slot;
      slot = static_cast<uint32_t>(at + 1);
      if (candidate == 0 || at - (candidate - 1) > kDistanceMax ||
          load_u32(p + candidate - 1) != word) {
        // Skips faster the longer nothing has matched.
        at += 1 + ((at - literals_from) >> 6);
        continue;
      }
      const size_t distance = at - (candidate - 1);
      size_t length = kMatchMin;
      while (at + length < match_end && p[at + length] == p[at + length - distance]) ++length;
      put_sequence(out, raw.substr(literals_from, at - literals_from), distance, length);
      at += length;
      literals_from = at;
      if (out->size() - start >= raw.size()) break;
    }
  }
  put_literals(out, raw.substr(literals_from), 0);
  if (out->size() - start < raw.size()) return true;
  out->resize(start);
  return false;
}

bool portable_lz4_decode(std::string_view block, std::span<char> out) {
  size_t at = 0;
  size_t done = 0;
  while (at < block.size()) {
    const auto token = static_cast<uint8_t>(block[at++]);
    size_t literals = token >> 4;
    if (literals == kNibbleMax && !take_length(block, &at, &literals)) return false;
    if (literals > block.size() - at || literals > out.size() - done) return false;
    if (literals > 0) std::memcpy(out.data() + done, block.data() + at, literals);
    at += literals;
    done += literals;
    if (at == block.size()) return done == out.size() && (token & kNibbleMax) == 0;
    if (block.size() - at < 2) return false;
    const size_t distance = static_cast<uint8_t>(block[at]) |
                            (static_cast<size_t>(static_cast<uint8_t>(block[at + 1])) << 8);
    at += 2;
    size_t length = token & kNibbleMax;
    if (length == kNibbleMax && !take_length(block, &at, &length)) return false;
    length += kMatchMin;
    if (distance == 0 || distance > done || length > out.size() - done) return false;
    // Byte by byte: source and target may overlap, which repeats the pattern.
    for (size_t i = 0; i < length; ++i, ++done) out[done] = out[done - distance];
  }
  return false;
}

}  // namespace orrery::storage
