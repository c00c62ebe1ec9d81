#include "types/char_set.h"

#include <algorithm>
#include <utility>

#include "types/unicode.h"

namespace orrery::types {
namespace {

/// No character past this has another case, or is a letter or digit of a script in use.
constexpr uint32_t kCasedMax = 0x1e944;
constexpr uint32_t kLettersMax = 0x323b0;

template <class Test>
CharSet set_of(uint32_t below, Test test) {
  CharSet set;
  uint32_t begin = 0;
  bool inside = false;
  for (uint32_t c = 0; c <= below; ++c) {
    bool in = c < below && test(c);
    if (in == inside) continue;
    if (inside) set.add(begin, c - 1);
    begin = c;
    inside = in;
  }
  return set;
}

struct CaseVariant {
  uint32_t folded, member;
};

/// The members of every set of case variants that has more than one, sorted by what they fold to.
const std::vector<CaseVariant>& case_variants() {
  static const std::vector<CaseVariant>* const all = [] {
    std::vector<CaseVariant> list;
    for (uint32_t c = 0; c < kCasedMax; ++c) {
      uint32_t folded = orrery::types::fold_case(c);
      if (folded == c) continue;
      list.push_back({folded, c});
      list.push_back({folded, folded});
    }
    std::sort(list.begin(), list.end(), [](const CaseVariant& a, const CaseVariant& b) {
      return a.folded != b.folded ? a.folded < b.folded : a.member < b.member;
    });
    list.erase(std::unique(list.begin(), list.end(),
                           [](const CaseVariant& a, const CaseVariant& b) {
                             return a.folded == b.folded && a.member == b.member;
                           }),
               list.end());
    return new std::vector<CaseVariant>(std::move(list));
  }();
  return *all;
}

template <bool (*kTest)(uint32_t)>
const CharSet& letters_where() {
  static const CharSet* const set = new CharSet(set_of(kLettersMax, kTest));
  return *set;
}

/// The variants that fold to `folded`.
std::pair<const CaseVariant*, const CaseVariant*> variants_of(uint32_t folded) {
  const auto& all = case_variants();
  auto less = [](const CaseVariant& v, uint32_t f) { return v.folded < f; };
  auto first = std::lower_bound(all.begin(), all.end(), folded, less);
  auto last = std::lower_bound(first, all.end(), folded + 1, less);
  return {all.data() + (first - all.begin()), all.data() + (last - all.begin())};
}

}  // namespace

void CharSet::normalize() const {
  if (normal_ && std::is_sorted(ranges_.begin(), ranges_.end(),
                                [](auto& a, auto& b) { return a.first < b.first; })) {
    return;
  }
  std::sort(ranges_.begin(), ranges_.end(), [](auto& a, auto& b) { return a.first < b.first; });
  std::vector<CharRange> merged;
  for (const CharRange& r : ranges_) {
    if (!merged.empty() && r.first <= merged.back().last + 1) {
      merged.back().last = std::max(merged.back().last, r.last);
    } else {
      merged.push_back(r);
    }
  }
  ranges_ = std::move(merged);
  normal_ = true;
}

void CharSet::add(const CharSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
  normal_ = false;
}

void CharSet::negate() {
  normalize();
  std::vector<CharRange> gaps;
  uint32_t next = 0;
  for (const CharRange& r : ranges_) {
    if (r.first > next) gaps.push_back({next, r.first - 1});
    next = r.last + 1;
  }
  if (next <= kCodePointMax) gaps.push_back({next, kCodePointMax});
  ranges_ = std::move(gaps);
}

void CharSet::intersect(const CharSet& other) {
  // a ∩ b = not (not a ∪ not b)
  CharSet outside = other;
  outside.negate();
  negate();
  add(outside);
  negate();
}

bool CharSet::contains(uint32_t c) const {
  normalize();
  auto at = std::upper_bound(ranges_.begin(), ranges_.end(), c,
                             [](uint32_t v, const CharRange& r) { return v < r.first; });
  return at != ranges_.begin() && c <= (at - 1)->last;
}

void CharSet::fold_case() {
  constexpr size_t kFewMembers = 300;
  normalize();
  const CharSet before = *this;
  size_t members = 0;
  for (const CharRange& r : before.ranges_) members += r.last - r.first + 1;
  if (members <= kFewMembers) {
    for (const CharRange& r : before.ranges_) {
      for (uint32_t c = r.first; c <= r.last; ++c) {
        auto [first, last] = variants_of(orrery::types::fold_case(c));
        for (; first != last; ++first) add(first->member, first->member);
      }
    }
    normalize();
    return;
  }
  const auto& variants = case_variants();
  for (size_t i = 0; i < variants.size();) {
    size_t end = i;
    bool in = false;
    for (; end < variants.size() && variants[end].folded == variants[i].folded; ++end) {
      in = in || before.contains(variants[end].member);
    }
    for (; i < end; ++i) {
      if (in) add(variants[i].member, variants[i].member);
    }
  }
  normalize();
}

const CharSet& CharSet::words() {
  static const CharSet* const set = new CharSet(set_of(kLettersMax, [](uint32_t c) {
    return c == '_' || is_letter_or_digit(c) || (c >= 0x300 && c <= 0x36f);
  }));
  return *set;
}

const CharSet& CharSet::digits() {
  static const CharSet* const set = new CharSet(set_of(0x1fc00, is_digit));
  return *set;
}

const CharSet& CharSet::spaces() {
  static const CharSet* const set = new CharSet(set_of(0x3001, is_space));
  return *set;
}

bool CharSet::posix(std::string_view name, CharSet* out) {
  struct Class {
    std::string_view name;
    CharSet set;
  };
  static const std::vector<Class>* const classes =
      new std::vector<Class>{{"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
                             {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
                             {"ascii", {{0, 127}}},
                             {"blank", {{'\t', '\t'}, {' ', ' '}}},
                             {"cntrl", {{0, 31}, {127, 127}}},
                             {"digit", {{'0', '9'}}},
                             {"graph", {{'!', '~'}}},
                             {"lower", {{'a', 'z'}}},
                             {"print", {{' ', '~'}}},
                             {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
                             {"space", {{'\t', '\r'}, {' ', ' '}}},
                             {"upper", {{'A', 'Z'}}},
                             {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
                             {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}}};
  for (const Class& c : *classes) {
    if (c.name != name) continue;
    *out = c.set;
    return true;
  }
  return false;
}

bool CharSet::property(std::string_view name, CharSet* out) {
  struct Property {
    std::string_view short_name, long_name;
    const CharSet& (*set)();
  };
  static constexpr Property kProperties[] = {
      {"L", "Letter", letters_where<is_letter>},
      {"Lu", "Uppercase_Letter", letters_where<is_upper_case>},
      {"Ll", "Lowercase_Letter", letters_where<is_lower_case>},
      {"Nd", "Decimal_Number", letters_where<is_digit>},
      {"N", "Number", letters_where<is_digit>},
      {"P", "Punctuation", letters_where<is_punctuation>},
      {"Alphabetic", "Alpha", letters_where<is_letter>},
      {"Uppercase", "Upper", letters_where<is_upper_case>},
      {"Lowercase", "Lower", letters_where<is_lower_case>},
      {"White_Space", "space", letters_where<is_space>},
  };
  for (const Property& p : kProperties) {
    if (name != p.short_name && name != p.long_name) continue;
    *out = p.set();
    return true;
  }
  return false;
}

}  // namespace orrery::types
