// A regular expression as a program for the matcher in regex.cc: what the parser makes. Private to
// types/regex*.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "types/char_set.h"

namespace orrery::types {

inline constexpr uint32_t kRegexInstructionsMax = 10'000;  ///< bounds time per character
inline constexpr uint32_t kRegexDepthMax = 100;            ///< groups and classes inside each other
inline constexpr uint32_t kRegexStackedMax = 5;            ///< repetitions of repetitions: a**
inline constexpr uint32_t kRegexRepeatMax = 1'000;         ///< n of {n}
inline constexpr uint32_t kRegexSetsMax = 500;             ///< different classes in one pattern

enum class RegexOp : uint8_t {
  kSet,     ///< one character of sets[a], then the next instruction
  kSplit,   ///< goes on at a and at b
  kJump,    ///< goes on at a
  kAssert,  ///< goes on at the next instruction where RegexAssert(a) holds
  kMatch,
};

enum class RegexAssert : uint8_t {
  kTextStart,
  kTextEnd,
  kLineStart,
  kLineEnd,
  kWordBoundary,
  kNotWordBoundary,
};

inline constexpr uint32_t kRegexRangesMax = 200'000;  ///< of all classes as they are written
/// Ranges of all different classes times classes: bounds the time to set a matcher up.
inline constexpr uint64_t kRegexAlphabetWorkMax = 4'000'000;

struct RegexInstruction {
  RegexOp op;
  uint32_t a = 0;
  uint32_t b = 0;
};

struct RegexProgram {
  std::vector<RegexInstruction> code;  ///< starts at 0
  std::vector<CharSet> sets;           ///< all different
  bool anchored = false;               ///< matches only at the start of the text
  bool has_word_boundary = false;
};

/// Errors: kInvalidArgument, "Invalid regex: ...".
Result<RegexProgram> compile_regex(std::string_view pattern);

}  // namespace orrery::types
