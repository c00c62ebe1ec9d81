#include "types/digest.h"

#include <bit>
#include <cstring>

namespace orrery::types {
namespace {

// Roots of the first primes and sines, as the standards define them. SHA-256's round constants are
// the upper halves of SHA-512's.
constexpr uint32_t kMd5Sines[] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
constexpr uint64_t kSha512Rounds[] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};
constexpr uint64_t kSha512Start[] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};
constexpr uint64_t kSha384Start[] = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
};
constexpr uint32_t kSha256Start[] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};
constexpr uint32_t kSha1Start[] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
constexpr uint8_t kMd5Shifts[] = {7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21};

template <class T>
void append_hex(T word, std::string* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 4; shift >= 0; shift -= 4) {
    out->push_back(kDigits[word >> shift & 15]);
  }
}

enum class ByteOrder : uint8_t { kLittle, kBig };

template <class T, ByteOrder kOrder>
T load(const char* p) {
  T word = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    size_t at = kOrder == ByteOrder::kBig ? i : sizeof(T) - 1 - i;
    word = static_cast<T>(word << 8) | static_cast<uint8_t>(p[at]);
  }
  return word;
}

/// Feeds the text and the padding that ends it (1 bit, zeros, length in bits) block by block.
template <size_t kBlock, size_t kLengthBytes, ByteOrder kOrder, class Step>
void for_each_block(std::string_view data, Step step) {
  uint64_t bits = static_cast<uint64_t>(data.size()) * 8;
  while (data.size() >= kBlock) {
    step(data.data());
    data.remove_prefix(kBlock);
  }
  char tail[2 * kBlock] = {};
  if (!data.empty()) std::memcpy(tail, data.data(), data.size());
  tail[data.size()] = static_cast<char>(0x80);
  size_t size = data.size() + 1 + kLengthBytes <= kBlock ? kBlock : 2 * kBlock;
  char* length = tail + size - 8;
  for (int i = 0; i < 8; ++i) {
    int shift = kOrder == ByteOrder::kBig ? 56 - 8 * i : 8 * i;
    length[i] = static_cast<char>(bits >> shift);
  }
  for (size_t at = 0; at < size; at += kBlock) step(tail + at);
}

struct Sha256 {
  using Word = uint32_t;
  static constexpr size_t kRounds = 64;
  static constexpr size_t kBlock = 64;
  static Word round_constant(size_t i) { return static_cast<Word>(kSha512Rounds[i] >> 32); }
  static Word big0(Word x) { return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22); }
  static Word big1(Word x) { return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25); }
  static Word small0(Word x) { return std::rotr(x, 7) ^ std::rotr(x, 18) ^ x >> 3; }
  static Word small1(Word x) { return std::rotr(x, 17) ^ std::rotr(x, 19) ^ x >> 10; }
};
struct Sha512 {
  using Word = uint64_t;
  static constexpr size_t kRounds = 80;
  static constexpr size_t kBlock = 128;
  static Word round_constant(size_t i) { return kSha512Rounds[i]; }
  static Word big0(Word x) { return std::rotr(x, 28) ^ std::rotr(x, 34) ^ std::rotr(x, 39); }
  static Word big1(Word x) { return std::rotr(x, 14) ^ std::rotr(x, 18) ^ std::rotr(x, 41); }
  static Word small0(Word x) { return std::rotr(x, 1) ^ std::rotr(x, 8) ^ x >> 7; }
  static Word small1(Word x) { return std::rotr(x, 19) ^ std::rotr(x, 61) ^ x >> 6; }
};

template <class Variant>
void sha2_block(const char* block, typename Variant::Word* state) {
  using Word = typename Variant::Word;
  Word w[Variant::kRounds];
  for (size_t i = 0; i < 16; ++i) w[i] = load<Word, ByteOrder::kBig>(block + i * sizeof(Word));
  for (size_t i = 16; i < Variant::kRounds; ++i) {
    w[i] = w[i - 16] + Variant::small0(w[i - 15]) + w[i - 7] + Variant::small1(w[i - 2]);
  }
  Word s[8];
  std::memcpy(s, state, sizeof(s));
  for (size_t i = 0; i < Variant::kRounds; ++i) {
    Word choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
    Word majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
    Word t1 = s[7] + Variant::big1(s[4]) + choice + Variant::round_constant(i) + w[i];
    Word t2 = Variant::big0(s[0]) + majority;
    for (size_t k = 7; k > 0; --k) s[k] = s[k - 1];
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (size_t k = 0; k < 8; ++k) state[k] += s[k];
}

template <class Variant>
void append_sha2(std::string_view data, const typename Variant::Word* start, size_t words,
                 std::string* out) {
  using Word = typename Variant::Word;
  Word state[8];
  std::memcpy(state, start, sizeof(state));
  for_each_block<Variant::kBlock, 2 * sizeof(Word), ByteOrder::kBig>(
      data, [&state](const char* block) { sha2_block<Variant>(block, state); });
  for (size_t k = 0; k < words; ++k) append_hex(state[k], out);
}

void sha1_block(const char* block, uint32_t* state) {
  uint32_t w[80];
  for (size_t i = 0; i < 16; ++i) w[i] = load<uint32_t, ByteOrder::kBig>(block + i * 4);
  for (size_t i = 16; i < 80; ++i) {
    w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (size_t i = 0; i < 80; ++i) {
    uint32_t f = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                 : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                 : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                          : (b ^ c ^ d) + 0xca62c1d6;
    uint32_t next = std::rotl(a, 5) + f + e + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  uint32_t sums[] = {a, b, c, d, e};
  for (size_t k = 0; k < 5; ++k) state[k] += sums[k];
}

void md5_block(const char* block, uint32_t* state) {
  uint32_t w[16];
  for (size_t i = 0; i < 16; ++i) w[i] = load<uint32_t, ByteOrder::kLittle>(block + i * 4);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  for (size_t i = 0; i < 64; ++i) {
    uint32_t f;
    size_t word;
    switch (i / 16) {
      case 0:
        f = (b & c) | (~b & d);
        word = i;
        break;
      case 1:
        f = (d & b) | (~d & c);
        word = 5 * i + 1;
        break;
      case 2:
        f = b ^ c ^ d;
        word = 3 * i + 5;
        break;
      default:
        f = c ^ (b | ~d);
        word = 7 * i;
        break;
    }
    f += a + kMd5Sines[i] + w[word % 16];
    a = d;
    d = c;
    c = b;
    b += std::rotl(f, kMd5Shifts[i / 16 * 4 + i % 4]);
  }
  uint32_t sums[] = {a, b, c, d};
  for (size_t k = 0; k < 4; ++k) state[k] += sums[k];
}

struct CrcTable {
  uint32_t entries[256];
  constexpr CrcTable() : entries() {
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0xedb88320 ^ c >> 1 : c >> 1;
      entries[i] = c;
    }
  }
};
constexpr CrcTable kCrcTable;

}  // namespace

void append_md5(std::string_view data, std::string* out) {
  uint32_t state[4];
  std::memcpy(state, kSha1Start, sizeof(state));
  for_each_block<64, 8, ByteOrder::kLittle>(
      data, [&state](const char* block) { md5_block(block, state); });
  for (uint32_t word : state) append_hex(__builtin_bswap32(word), out);
}

void append_sha1(std::string_view data, std::string* out) {
  uint32_t state[5];
  std::memcpy(state, kSha1Start, sizeof(state));
  for_each_block<64, 8, ByteOrder::kBig>(data,
                                         [&state](const char* block) { sha1_block(block, state); });
  for (uint32_t word : state) append_hex(word, out);
}

void append_sha256(std::string_view data, std::string* out) {
  append_sha2<Sha256>(data, kSha256Start, 8, out);
}

void append_sha384(std::string_view data, std::string* out) {
  append_sha2<Sha512>(data, kSha384Start, 6, out);
}

void append_sha512(std::string_view data, std::string* out) {
  append_sha2<Sha512>(data, kSha512Start, 8, out);
}

uint32_t crc32(std::string_view data) {
  uint32_t c = ~uint32_t{0};
  for (char byte : data) c = kCrcTable.entries[(c ^ static_cast<uint8_t>(byte)) & 255] ^ c >> 8;
  return ~c;
}

}  // namespace orrery::types
