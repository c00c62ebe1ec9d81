// Comparison of names of the catalog and of option words: ASCII letters without regard to case.
#pragma once

#include <string>
#include <string_view>

namespace orrery::engine {

inline char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower_ascii(a[i]) != lower_ascii(b[i])) return false;
  }
  return true;
}

inline std::string lower_word(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = lower_ascii(c);
  return out;
}

}  // namespace orrery::engine
