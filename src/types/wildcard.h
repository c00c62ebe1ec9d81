// Wildcard: a compiled pattern of LIKE, ILIKE or GLOB.
//
// Matching takes time proportional to text times pattern at worst and no memory but, for ILIKE on
// text that is not lower case ASCII, one buffer that the object keeps: an object is not to be
// shared between threads. Invalid UTF-8 counts one character a byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

  void begin_segment();
  void add_literal(std::string_view bytes);
  void add_skip();
  /// Reads the set after `[` at pattern[at]; false where it has no end.
  bool add_set(std::string_view pattern, size_t* at);
  void finish();
  bool matches_folded(std::string_view text) const;
  /// End of the segment's match at `from`, or npos.
  static size_t match_at(const Segment& segment, std::string_view text, size_t from);
  /// Leftmost match at or after `from`; *end where it ends.
  static bool find(const Segment& segment, std::string_view text, size_t from, size_t* end);

  Case sensitivity_ = Case::kSensitive;
  Shape shape_ = Shape::kExact;
  bool open_start_ = false;  ///< begins with %
  bool open_end_ = false;    ///< ends with %
  std::string literal_;
  std::vector<Segment> segments_;  ///< between runs of %, none empty but where the pattern is
  std::string folded_;
};

}  // namespace orrery::types
