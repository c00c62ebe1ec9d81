#include "types/wildcard.h"

#include <cstring>

#include "types/byte_search.h"
#include "types/unicode.h"

namespace orrery::types {
namespace {

constexpr size_t kNowhere = std::string_view::npos;

/// Folds to one case variant per character. Returns the text itself where that changes nothing.
std::string_view fold(std::string_view text, std::string* buffer) {
  bool plain = true;
  for (char c : text) plain &= static_cast<signed char>(c) >= 0 && !(c >= 'A' && c <= 'Z');
  if (plain) return text;
  buffer->clear();
  const char* p = text.data();
  const char* end = p + text.size();
  while (p < end) {
    uint32_t c;
    p += decode_utf8(p, end, &c);
    append_utf8(fold_case(c), buffer);
  }
  return *buffer;
}

}  // namespace

void Wildcard::begin_segment() {
  if (segments_.empty() || !segments_.back().empty()) segments_.emplace_back();
}

void Wildcard::add_literal(std::string_view bytes) {
  if (segments_.empty()) segments_.emplace_back();
  Segment& segment = segments_.back();
  if (segment.empty() || segment.back().kind != PieceKind::kLiteral) segment.emplace_back();
  segment.back().literal.append(bytes);
}

void Wildcard::add_skip() {
  if (segments_.empty()) segments_.emplace_back();
  Segment& segment = segments_.back();
  if (segment.empty() || segment.back().kind != PieceKind::kSkip) {
    segment.emplace_back();
    segment.back().kind = PieceKind::kSkip;
  }
  ++segment.back().characters;
}

Wildcard Wildcard::like(std::string_view pattern, uint32_t escape, Case sensitivity) {
  Wildcard w;
  w.sensitivity_ = sensitivity;
  const char* p = pattern.data();
  const char* end = p + pattern.size();
  std::string folded;
  auto literal = [&](uint32_t c) {
    folded.clear();
    append_utf8(sensitivity == Case::kSensitive ? c : fold_case(c), &folded);
    w.add_literal(folded);
    w.open_end_ = false;
  };
  while (p < end) {
    uint32_t c;
    p += decode_utf8(p, end, &c);
    if (c == escape) {
      if (p < end) p += decode_utf8(p, end, &c);
      literal(c);
    } else if (c == '%') {
      w.open_start_ = w.open_start_ || w.segments_.empty();
      w.open_end_ = true;
      w.begin_segment();
    } else if (c == '_') {
      w.add_skip();
      w.open_end_ = false;
    } else {
      literal(c);
    }
  }
  w.finish();
  return w;
}

bool Wildcard::add_set(std::string_view pattern, size_t* at) {
  const char* p = pattern.data() + *at;
  const char* end = pattern.data() + pattern.size();
  Piece piece;
  piece.kind = PieceKind::kSet;
  if (p < end && (*p == '!' || *p == '^')) {
    piece.negated = true;
    ++p;
  }
  bool first = true;  // a ] right at the start is a member
  while (p < end && (first || *p != ']')) {
    first = false;
    Range range;
    p += decode_utf8(p, end, &range.first);
    range.last = range.first;
    if (end - p >= 2 && *p == '-' && p[1] != ']') {
      ++p;
      p += decode_utf8(p, end, &range.last);
    }
    piece.ranges.push_back(range);
  }
  if (p == end) return false;
  *at = static_cast<size_t>(p + 1 - pattern.data());
  if (segments_.empty()) segments_.emplace_back();
  segments_.back().push_back(std::move(piece));
  return true;
}

Wildcard Wildcard::glob(std::string_view pattern) {
  Wildcard w;
  for (size_t i = 0; i < pattern.size();) {
    char c = pattern[i++];
    if (c == '*') {
      w.open_start_ = w.open_start_ || w.segments_.empty();
      w.open_end_ = true;
      w.begin_segment();
      continue;
    }
    w.open_end_ = false;
    if (c == '?') {
      w.add_skip();
    } else if (c != '[' || !w.add_set(pattern, &i)) {
      w.add_literal({&c, 1});
    }
  }
  w.finish();
  return w;
}

void Wildcard::finish() {
  if (!segments_.empty() && segments_.back().empty()) segments_.pop_back();
  find_fixed_start();
  shape_ = Shape::kGeneral;
  if (segments_.empty()) {
    shape_ = open_end_ ? Shape::kAnything : Shape::kExact;
    return;
  }
  const Segment& only = segments_[0];
  if (segments_.size() > 1 || only.size() > 1 || only[0].kind != PieceKind::kLiteral) return;
  literal_ = only[0].literal;
  if (open_start_) {
    shape_ = open_end_ ? Shape::kContains : Shape::kSuffix;
  } else {
    shape_ = open_end_ ? Shape::kPrefix : Shape::kExact;
  }
}

void Wildcard::find_fixed_start() {
  if (open_start_ || segments_.empty() || sensitivity_ != Case::kSensitive) return;
  char bytes[12] = {}, mask[12] = {}, skips[12] = {};
  uint32_t n = 0;
  bool whole = segments_.size() == 1 && open_end_;
  for (const Piece& piece : segments_[0]) {
    uint32_t size = piece.kind == PieceKind::kLiteral ? static_cast<uint32_t>(piece.literal.size())
                    : piece.kind == PieceKind::kSkip  ? piece.characters
                                                      : 12;
    if (piece.kind == PieceKind::kSet || n + size > 12) {
      whole = false;
      break;
    }
    for (uint32_t i = 0; i < size; ++i, ++n) {
      bool literal = piece.kind == PieceKind::kLiteral;
      bytes[n] = literal ? piece.literal[i] : '\0';
      mask[n] = literal ? static_cast<char>(0xff) : '\0';
      skips[n] = literal ? '\0' : static_cast<char>(0x80);
    }
  }
  fixed_.bytes = n;
  fixed_.whole = whole;
  std::memcpy(&fixed_.low, bytes, 8);
  std::memcpy(&fixed_.high, bytes + 8, 4);
  std::memcpy(&fixed_.low_mask, mask, 8);
  std::memcpy(&fixed_.high_mask, mask + 8, 4);
  std::memcpy(&fixed_.low_skips, skips, 8);
  std::memcpy(&fixed_.high_skips, skips + 8, 4);
}

size_t Wildcard::match_at(const Segment& segment, std::string_view text, size_t from) {
  const char* p = text.data() + from;
  const char* end = text.data() + text.size();
  for (const Piece& piece : segment) {
    switch (piece.kind) {
      case PieceKind::kLiteral: {
        size_t n = piece.literal.size();
        if (static_cast<size_t>(end - p) < n || std::memcmp(p, piece.literal.data(), n) != 0) {
          return kNowhere;
        }
        p += n;
        break;
      }
      case PieceKind::kSkip:
        for (uint32_t i = 0; i < piece.characters; ++i) {
          if (p == end) return kNowhere;
          p += utf8_length(p, end);
        }
        break;
      case PieceKind::kSet: {
        if (p == end) return kNowhere;
        uint32_t c;
        p += decode_utf8(p, end, &c);
        bool in = false;
        for (const Range& r : piece.ranges) in |= c >= r.first && c <= r.last;
        if (in == piece.negated) return kNowhere;
        break;
      }
    }
  }
  return static_cast<size_t>(p - text.data());
}

bool Wildcard::find(const Segment& segment, std::string_view text, size_t from, size_t* end) {
  const bool literal_first = segment[0].kind == PieceKind::kLiteral;
  while (true) {
    if (literal_first) {
      from = find_bytes(text, segment[0].literal, from);
      if (from == kNowhere) return false;
    }
    *end = match_at(segment, text, from);
    if (*end != kNowhere) return true;
    if (from >= text.size()) return false;
    from += utf8_length(text.data() + from, text.data() + text.size());
  }
}

bool Wildcard::matches(std::string_view text) {
  if (sensitivity_ == Case::kInsensitive) text = fold(text, &folded_);
  switch (shape_) {
    case Shape::kExact:
      return text == literal_;
    case Shape::kPrefix:
      return text.starts_with(literal_);
    case Shape::kSuffix:
      return text.ends_with(literal_);
    case Shape::kContains:
      return find_bytes(text, literal_) != kNowhere;
    case Shape::kAnything:
      return true;
    case Shape::kGeneral:
      break;
  }
  return matches_segments(text);
}

bool Wildcard::matches_segments(std::string_view text) const {
  if (segments_.empty()) return open_end_ || text.empty();
  // The leftmost match of each segment is as good as any: what follows has the most room.
  size_t at = 0;
  size_t i = 0;
  if (!open_start_) {
    at = match_at(segments_[0], text, 0);
    if (at == kNowhere) return false;
    if (segments_.size() == 1) return open_end_ || at == text.size();
    i = 1;
  }
  const size_t last = open_end_ ? segments_.size() : segments_.size() - 1;
  for (; i < last; ++i) {
    if (!find(segments_[i], text, at, &at)) return false;
  }
  if (open_end_) return true;
  const char* end = text.data() + text.size();
  while (true) {
    if (match_at(segments_[last], text, at) == text.size()) return true;
    if (at >= text.size()) return false;
    at += utf8_length(text.data() + at, end);
  }
}

}  // namespace orrery::types
