#include "schema/names.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "types/unicode.h"

namespace orrery::schema {
namespace {

#include "schema/identifier_tables.inc"

/// `boundaries` alternate between where a property begins and where it ends.
template <size_t N>
bool in_table(const uint32_t (&boundaries)[N], uint32_t c) {
  auto after = std::upper_bound(std::begin(boundaries), std::end(boundaries), c);
  return (after - std::begin(boundaries)) % 2 == 1;
}

uint32_t combining_class(uint32_t c) {
  if (c < 0x300) return 0;
  size_t low = 0;
  size_t high = std::size(kCombiningClasses) / 3;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (kCombiningClasses[3 * middle + 1] < c) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == std::size(kCombiningClasses) / 3 || kCombiningClasses[3 * low] > c) return 0;
  return kCombiningClasses[3 * low + 2];
}

bool composes(uint32_t a, uint32_t b) {
  constexpr uint32_t kLeading = 0x1100, kVowel = 0x1161, kTrailing = 0x11a7, kSyllable = 0xac00;
  constexpr uint32_t kLeadingCount = 19, kVowelCount = 21, kTrailingCount = 28;
  if (a >= kLeading && a < kLeading + kLeadingCount) {
    return b >= kVowel && b < kVowel + kVowelCount;
  }
  if (a >= kSyllable && a < kSyllable + kLeadingCount * kVowelCount * kTrailingCount) {
    return (a - kSyllable) % kTrailingCount == 0 && b > kTrailing && b < kTrailing + kTrailingCount;
  }
  size_t low = 0;
  size_t high = std::size(kCompositions) / 2;
  while (low < high) {
    size_t middle = (low + high) / 2;
    std::pair<uint32_t, uint32_t> pair(kCompositions[2 * middle], kCompositions[2 * middle + 1]);
    if (pair == std::pair(a, b)) return true;
    if (pair < std::pair(a, b)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

std::vector<uint32_t> decode(std::string_view text) {
  std::vector<uint32_t> out;
  const char* end = text.data() + text.size();
  for (const char* p = text.data(); p < end;) {
    uint32_t c = 0;
    p += types::decode_utf8(p, end, &c);
    out.push_back(c);
  }
  return out;
}

enum class Kind : uint8_t { kSeparator, kDigit, kUpper, kLower, kOther };

/// A character with the marks that combine with it; letter case is that of the base.
struct Unit {
  Kind kind;
  std::string text;
};

Kind kind_of(uint32_t c) {
  if (c == '_' || c == '-' || c == ' ') return Kind::kSeparator;
  if (c >= '0' && c <= '9') return Kind::kDigit;
  if (c >= types::kInvalidByte) return Kind::kOther;
  std::string itself, upper, lower;  // texts, because some letters turn into two
  types::append_utf8(c, &itself);
  types::append_upper(itself, &upper);
  types::append_lower(itself, &lower);
  if (upper == lower) return Kind::kOther;
  if (itself == upper) return Kind::kUpper;
  return itself == lower ? Kind::kLower : Kind::kOther;
}

std::vector<Unit> units_of(std::string_view name) {
  std::vector<Unit> units;
  for (uint32_t c : decode(name)) {
    if (units.empty() || combining_class(c) == 0) units.push_back({kind_of(c), {}});
    types::append_utf8(c, &units.back().text);
  }
  return units;
}

bool boundary_between(Kind a, Kind b) {
  bool a_letter = a == Kind::kUpper || a == Kind::kLower;
  bool b_letter = b == Kind::kUpper || b == Kind::kLower;
  return (a == Kind::kLower && b == Kind::kUpper) || (a_letter && b == Kind::kDigit) ||
         (a == Kind::kDigit && b_letter);
}

std::string column_name(const types::AlgebraicType& row, uint16_t column) {
  auto elements = row.elements();
  if (column < elements.size() && elements[column].name) return *elements[column].name;
  return "col_" + std::to_string(column);
}

std::string column_names(const types::AlgebraicType& row, const ColumnList& columns) {
  std::string out;
  for (size_t i = 0; i < columns.size() && out.size() <= kGeneratedNameBytesMax; ++i) {
    if (i > 0) out += '_';
    out += column_name(row, columns[i]);
  }
  return out;
}

/// Upper-case words no name may be. SpacetimeDB reserves none so far; the rule stands for when that
/// changes.
constexpr std::array<std::string_view, 0> kReserved = {};

bool is_reserved(std::string_view name) {
  std::string upper;
  types::append_upper(name, &upper);
  return std::find(kReserved.begin(), kReserved.end(), upper) != kReserved.end();
}

/// The common case, quickly: ASCII letters, digits and '_'.
bool is_plain_identifier(std::string_view name) {
  auto letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  if (!kReserved.empty() || !(letter(name[0]) || name[0] == '_')) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || c == '_' || (c >= '0' && c <= '9'); });
}

}  // namespace

std::vector<std::string> split_words(std::string_view name) {
  std::vector<Unit> units = units_of(name);
  std::vector<std::string> words;
  std::string word;
  auto cut = [&] {
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (size_t i = 0; i < units.size(); ++i) {
    Kind kind = units[i].kind;
    if (kind == Kind::kSeparator) {
      cut();
      continue;
    }
    bool acronym_ends = i > 0 && i + 1 < units.size() && units[i - 1].kind == Kind::kUpper &&
                        kind == Kind::kUpper && units[i + 1].kind == Kind::kLower;
    if (i > 0 && (acronym_ends || boundary_between(units[i - 1].kind, kind))) cut();
    word += units[i].text;
  }
  cut();
  return words;
}

std::string convert_case(std::string_view name, NameCase to) {
  if (to == NameCase::kAsIs) return std::string(name);
  std::string out;
  bool first = true;
  for (const std::string& word : split_words(name)) {
    if (to == NameCase::kSnake || (to == NameCase::kCamel && first)) {
      if (!first) out += '_';
      types::append_lower(word, &out);
    } else {
      size_t head = types::utf8_length(word.data(), word.data() + word.size());
      types::append_upper(std::string_view(word).substr(0, head), &out);
      types::append_lower(std::string_view(word).substr(head), &out);
    }
    first = false;
  }
  return out;
}

bool is_normalized(std::string_view text) {
  if (types::is_ascii(text)) return true;
  std::optional<uint32_t> starter;
  uint32_t previous_class = 0;
  bool adjacent = false;  // nothing stands between the starter and this character
  for (uint32_t c : decode(text)) {
    if (in_table(kNeverComposed, c)) return false;
    uint32_t own_class = combining_class(c);
    if (own_class != 0 && previous_class > own_class) return false;
    bool blocked = !adjacent && (previous_class == 0 || previous_class >= own_class);
    if (starter && !blocked && composes(*starter, c)) return false;
    if (own_class == 0) starter = c;
    adjacent = own_class == 0;
    previous_class = own_class;
  }
  return true;
}

IdentifierCheck check_identifier(std::string_view name) {
  if (name.empty()) return {IdentifierProblem::kEmpty, 0};
  if (is_plain_identifier(name)) return {};
  if (!is_normalized(name)) return {IdentifierProblem::kNotCanonical, 0};
  std::vector<uint32_t> characters = decode(name);
  if (characters[0] != '_' && !in_table(kXidStart, characters[0])) {
    return {IdentifierProblem::kInvalidStart, characters[0]};
  }
  for (size_t i = 1; i < characters.size(); ++i) {
    if (!in_table(kXidContinue, characters[i])) {
      return {IdentifierProblem::kInvalidContinue, characters[i]};
    }
  }
  if (is_reserved(name)) return {IdentifierProblem::kReserved, 0};
  return {};
}

std::string describe_identifier(std::string_view name, const IdentifierCheck& check) {
  std::string quoted = "`" + std::string(name) + "`";
  std::string character;
  if (check.character != 0) types::append_utf8(check.character, &character);
  switch (check.problem) {
    case IdentifierProblem::kNone:
      return quoted + " is a valid identifier";
    case IdentifierProblem::kEmpty:
      return "an identifier may not be empty";
    case IdentifierProblem::kNotCanonical:
      return "identifier " + quoted + " is not in Unicode normalization form C";
    case IdentifierProblem::kInvalidStart:
      return "identifier " + quoted + " begins with '" + character +
             "', which is neither an underscore nor an XID_Start character";
    case IdentifierProblem::kInvalidContinue:
      return "identifier " + quoted + " contains '" + character +
             "', which is not an XID_Continue character";
    case IdentifierProblem::kReserved:
      return "identifier " + quoted + " is a reserved word";
  }
  return quoted;
}

std::string generated_index_name(std::string_view table, const types::AlgebraicType& row,
                                 IndexAlgorithm algorithm, const ColumnList& columns) {
  std::string out = std::string(table) + "_" + column_names(row, columns) + "_idx_";
  types::append_lower(index_algorithm_name(algorithm), &out);
  return out;
}

std::string generated_constraint_name(std::string_view table, const types::AlgebraicType& row,
                                      const ColumnList& columns) {
  return std::string(table) + "_" + column_names(row, columns) + "_key";
}

std::string generated_sequence_name(std::string_view table, const types::AlgebraicType& row,
                                    uint16_t column) {
  return std::string(table) + "_" + column_name(row, column) + "_seq";
}

std::string generated_schedule_name(std::string_view table) {
  return std::string(table) + "_sched";
}

}  // namespace orrery::schema
