// Validation of JSON text: one pass, no memory but a bit per level of nesting.
#include <cstdint>

#include "types/cast.h"

namespace orrery::types {
namespace {

constexpr uint32_t kJsonDepthMax = 128;

class JsonScanner {
 public:
  explicit JsonScanner(std::string_view s) : p_(s.data()), end_(s.data() + s.size()) {}

  bool document() {
    skip_blanks();
    if (!value()) return false;
    skip_blanks();
    return p_ == end_;
  }

 private:
  enum class Next : uint8_t { kValue, kAfterValue };

  /// A value with everything in it; the open brackets are bits of is_object_.
  bool value() {
    Next next = Next::kValue;
    do {
      skip_blanks();
      if (p_ == end_) return false;
      if (next == Next::kValue) {
        if (!open_or_scalar(&next)) return false;
      } else if (!separator_or_close(&next)) {
        return false;
      }
    } while (depth_ > 0);
    return true;
  }

  bool open_or_scalar(Next* next) {
    *next = Next::kAfterValue;
    char c = *p_;
    if (c != '{' && c != '[') return scalar(c);
    if (depth_ == kJsonDepthMax) return false;
    ++p_;
    uint64_t bit = uint64_t{1} << (depth_ & 63);
    if (c == '{') {
      is_object_[depth_ >> 6] |= bit;
    } else {
      is_object_[depth_ >> 6] &= ~bit;
    }
    ++depth_;
    skip_blanks();
    if (p_ == end_) return false;
    if (*p_ == (c == '{' ? '}' : ']')) {
      ++p_;
      --depth_;
      return true;
    }
    *next = Next::kValue;
    return c == '[' || key();
  }

  bool separator_or_close(Next* next) {
    bool object = (is_object_[(depth_ - 1) >> 6] >> ((depth_ - 1) & 63) & 1) != 0;
    if (*p_ == ',') {
      ++p_;
      *next = Next::kValue;
      return !object || key();
    }
    if (*p_ != (object ? '}' : ']')) return false;
    ++p_;
    --depth_;
    return true;
  }

  bool key() {
    skip_blanks();
    if (p_ == end_ || *p_ != '"' || !string()) return false;
    skip_blanks();
    if (p_ == end_ || *p_ != ':') return false;
    ++p_;
    return true;
  }

  bool scalar(char c) {
    switch (c) {
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool word(std::string_view w) {
    if (static_cast<size_t>(end_ - p_) < w.size() || std::string_view(p_, w.size()) != w) {
      return false;
    }
    p_ += w.size();
    return true;
  }

  bool string() {
    ++p_;
    while (p_ < end_) {
      auto c = static_cast<unsigned char>(*p_++);
      if (c == '"') return true;
      if (c < 0x20) return false;
      if (c != '\\') continue;
      if (p_ == end_) return false;
      char escape = *p_++;
      if (escape == 'u') {
        if (end_ - p_ < 4) return false;
        for (int i = 0; i < 4; ++i) {
          char h = *p_++;
          bool hex = (h >= '0' && h <= '9') || (h >= 'a' && h <= 'f') || (h >= 'A' && h <= 'F');
          if (!hex) return false;
        }
      } else if (std::string_view("\"\\/bfnrt").find(escape) == std::string_view::npos) {
        return false;
      }
    }
    return false;
  }

  bool digits() {
    const char* start = p_;
    while (p_ < end_ && *p_ >= '0' && *p_ <= '9') ++p_;
    return p_ > start;
  }

  bool number() {
    if (p_ < end_ && *p_ == '-') ++p_;
    if (p_ < end_ && *p_ == '0') {
      ++p_;
    } else if (!digits()) {
      return false;
    }
    if (p_ < end_ && *p_ == '.') {
      ++p_;
      if (!digits()) return false;
    }
    if (p_ < end_ && (*p_ == 'e' || *p_ == 'E')) {
      ++p_;
      if (p_ < end_ && (*p_ == '+' || *p_ == '-')) ++p_;
      if (!digits()) return false;
    }
    return true;
  }

  void skip_blanks() {
    while (p_ < end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\t' || *p_ == '\r')) ++p_;
  }

  const char* p_;
  const char* end_;
  uint32_t depth_ = 0;
  uint64_t is_object_[kJsonDepthMax / 64] = {};
};

}  // namespace

bool is_valid_json(std::string_view text) {
  return JsonScanner(text).document();
}

}  // namespace orrery::types
