// Wildcard: a compiled pattern of LIKE, ILIKE or GLOB.
//
// Matching takes time proportional to text times pattern at worst and no memory but, for ILIKE on
// text that is not lower case ASCII, one buffer that the object keeps: an object is not to be
// shared between threads. Invalid UTF-8 counts one character a byte.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "types/string_ref.h"

namespace orrery::types {

class Wildcard {
 public:
  enum class Case : uint8_t { kSensitive, kInsensitive };
  /// No escape character.
  static constexpr uint32_t kNoEscape = UINT32_MAX;

  Wildcard() = default;
  /// `%` any characters, `_` one; the escape character takes the next as it is.
  static Wildcard like(std::string_view pattern, uint32_t escape, Case sensitivity);
  /// `*` any characters, `?` one, `[a-z]`, `[!a-z]` and `[^a-z]` one of a set. A `[` without its
  /// `]` stands for itself.
  static Wildcard glob(std::string_view pattern);

  /// What the pattern comes down to.
  enum class Shape : uint8_t { kExact, kPrefix, kSuffix, kContains, kAnything, kGeneral };
  /// Always kGeneral where case does not matter: matches() folds the text.
  Shape shape() const { return sensitivity_ == Case::kSensitive ? shape_ : Shape::kGeneral; }
  /// The bytes of the shapes kExact to kContains.
  std::string_view literal() const { return literal_; }

  bool matches(std::string_view text);
  /// True where the pattern begins with characters of known place (no % in the first twelve bytes,
  /// or a % after fewer): has_start() then tells most texts apart with two comparisons.
  bool has_fixed_start() const { return fixed_.bytes > 0; }
  /// True where nothing but a % follows the fixed start.
  bool is_fixed_start() const { return fixed_.whole; }
  enum class Start : uint8_t { kDiffers, kFits, kUnknown };
  /// Compares the fixed start. kUnknown where a `_` meets a character of several bytes.
  Start compare_start(const StringRef& text) const {
    if (text.size() < fixed_.bytes) return Start::kDiffers;
    // Twelve bytes are there: in the cell (zeros behind a short text), or at the pointer.
    const char* p = text.data();
    uint64_t low;
    uint32_t high;
    std::memcpy(&low, p, 8);
    std::memcpy(&high, p + 8, 4);
    if ((low & fixed_.low_mask) != fixed_.low || (high & fixed_.high_mask) != fixed_.high) {
      return ((low & fixed_.low_skips) | (high & fixed_.high_skips)) != 0 ? Start::kUnknown
                                                                          : Start::kDiffers;
    }
    return ((low & fixed_.low_skips) | (high & fixed_.high_skips)) != 0 ? Start::kUnknown
                                                                        : Start::kFits;
  }

 private:
  enum class PieceKind : uint8_t { kLiteral, kSkip, kSet };
  struct Range {
    uint32_t first, last;
  };
  struct Piece {
    PieceKind kind = PieceKind::kLiteral;
    bool negated = false;       ///< kSet
    uint32_t characters = 0;    ///< kSkip
    std::string literal;        ///< kLiteral
    std::vector<Range> ranges;  ///< kSet
  };
  using Segment = std::vector<Piece>;

  /// The literals of the first bytes, as masks; `skips` has the high bit of every byte that a `_`
  /// stands for.
  struct FixedStart {
    uint32_t bytes = 0;
    bool whole = false;
    uint64_t low = 0, low_mask = 0, low_skips = 0;
    uint32_t high = 0, high_mask = 0, high_skips = 0;
  };

  void begin_segment();
  void find_fixed_start();
  void add_literal(std::string_view bytes);
  void add_skip();
  /// Reads the set after `[` at pattern[at]; false where it has no end.
  bool add_set(std::string_view pattern, size_t* at);
  void finish();
  bool matches_segments(std::string_view text) const;
  /// End of the segment's match at `from`, or npos.
  static size_t match_at(const Segment& segment, std::string_view text, size_t from);
  /// Leftmost match at or after `from`; *end where it ends.
  static bool find(const Segment& segment, std::string_view text, size_t from, size_t* end);

  Case sensitivity_ = Case::kSensitive;
  Shape shape_ = Shape::kExact;
  bool open_start_ = false;  ///< begins with %
  bool open_end_ = false;    ///< ends with %
  FixedStart fixed_;
  std::string literal_;
  std::vector<Segment> segments_;  ///< between runs of %, none empty but where the pattern is
  std::string folded_;
};

}  // namespace orrery::types
