#include "base/blake3.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace orrery {
namespace {

constexpr size_t kBlockBytes = 64;
constexpr size_t kChunkBytes = 1024;

using Words8 = std::array<uint32_t, 8>;
using Words16 = std::array<uint32_t, 16>;

// The fractional bits of the square roots of the first eight primes, as in SHA-256.
constexpr Words8 kInitial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr uint8_t kPermutation[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};

constexpr uint32_t kChunkStart = 1, kChunkEnd = 2, kParent = 4, kRoot = 8;

void quarter(Words16* s, int a, int b, int c, int d, uint32_t x, uint32_t y) {
  Words16& v = *s;
  v[a] += v[b] + x;
  v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 12);
  v[a] += v[b] + y;
  v[d] = std::rotr(v[d] ^ v[a], 8);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 7);
}

/// What is left to compress once it is known whether it is the root.
struct Node {
  Words8 chain;
  Words16 block;
  uint64_t counter;
  uint32_t block_bytes;
  uint32_t flags;

  Words8 compress(uint32_t extra_flags) const {
    Words16 m = block;
    Words16 s;
    std::copy(chain.begin(), chain.end(), s.begin());
    std::copy(kInitial.begin(), kInitial.begin() + 4, s.begin() + 8);
    s[12] = static_cast<uint32_t>(counter);
    s[13] = static_cast<uint32_t>(counter >> 32);
    s[14] = block_bytes;
    s[15] = flags | extra_flags;
    for (int round = 0; round < 7; ++round) {
      quarter(&s, 0, 4, 8, 12, m[0], m[1]);
      quarter(&s, 1, 5, 9, 13, m[2], m[3]);
      quarter(&s, 2, 6, 10, 14, m[4], m[5]);
      quarter(&s, 3, 7, 11, 15, m[6], m[7]);
      quarter(&s, 0, 5, 10, 15, m[8], m[9]);
      quarter(&s, 1, 6, 11, 12, m[10], m[11]);
      quarter(&s, 2, 7, 8, 13, m[12], m[13]);
      quarter(&s, 3, 4, 9, 14, m[14], m[15]);
      Words16 permuted;
      for (int i = 0; i < 16; ++i) permuted[i] = m[kPermutation[i]];
      m = permuted;
    }
    Words8 out;
    for (int i = 0; i < 8; ++i) out[i] = s[i] ^ s[i + 8];
    return out;
  }
};

/// All blocks of a chunk but the last are compressed here.
Node chunk_node(std::string_view chunk, uint64_t index) {
  Node node{kInitial, {}, index, 0, kChunkStart};
  while (true) {
    size_t n = std::min(chunk.size(), kBlockBytes);
    node.block = {};
    if (n > 0) std::memcpy(node.block.data(), chunk.data(), n);
    node.block_bytes = static_cast<uint32_t>(n);
    chunk.remove_prefix(n);
    if (chunk.empty()) break;
    node.chain = node.compress(0);
    node.flags = 0;
  }
  node.flags |= kChunkEnd;
  return node;
}

/// The left subtree takes the largest power of two of chunks that leaves something to the right
/// one.
Node tree_node(std::string_view bytes, uint64_t first_chunk) {
  if (bytes.size() <= kChunkBytes) return chunk_node(bytes, first_chunk);
  uint64_t left_chunks = std::bit_floor<uint64_t>((bytes.size() - 1) / kChunkBytes);
  size_t left_bytes = static_cast<size_t>(left_chunks) * kChunkBytes;
  Words8 left = tree_node(bytes.substr(0, left_bytes), first_chunk).compress(0);
  Words8 right = tree_node(bytes.substr(left_bytes), first_chunk + left_chunks).compress(0);
  Node node{kInitial, {}, 0, kBlockBytes, kParent};
  std::copy(left.begin(), left.end(), node.block.begin());
  std::copy(right.begin(), right.end(), node.block.begin() + 8);
  return node;
}

}  // namespace

std::array<uint8_t, 32> blake3(std::string_view bytes) {
  Words8 words = tree_node(bytes, 0).compress(kRoot);
  std::array<uint8_t, 32> out;
  std::memcpy(out.data(), words.data(), out.size());
  return out;
}

}  // namespace orrery
