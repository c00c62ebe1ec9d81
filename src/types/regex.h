// Regex: a compiled regular expression that answers whether it matches anywhere in a text.
//
// The syntax is that of Rust's regex crate: classes, (?i) and other flags, anchors, word
// boundaries, alternation, counted repetition, Unicode; no look-around and no back references. A
// search takes time proportional to the text (times the pattern at worst): the pattern runs as a
// deterministic automaton whose states are made when they are first needed and kept within
// kRegexCacheBytesMax.
//
// Not thread-safe: a search writes to the cache of states.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace orrery::types {

inline constexpr size_t kRegexCacheBytesMax = 2u << 20;

class Regex {
 public:
  /// Errors: kInvalidArgument or kLimit, "Invalid regex: ...".
  static Result<Regex> compile(std::string_view pattern);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  bool search(std::string_view text);

 private:
  class Automaton;
  explicit Regex(std::unique_ptr<Automaton> automaton);
  std::unique_ptr<Automaton> automaton_;
};

}  // namespace orrery::types
