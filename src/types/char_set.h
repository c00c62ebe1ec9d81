// CharSet: a set of code points as sorted, disjoint ranges; the named sets of regular expressions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace orrery::types {

struct CharRange {
  uint32_t first, last;
  friend bool operator==(const CharRange&, const CharRange&) = default;
};

class CharSet {
 public:
  CharSet() = default;
  CharSet(std::initializer_list<CharRange> ranges) : ranges_(ranges) { normalize(); }

  void add(uint32_t first, uint32_t last) {
    ranges_.push_back({first, last});
    normal_ = false;
  }
  void add(const CharSet& other);
  void negate();
  void intersect(const CharSet& other);
  /// Adds every case variant of its members.
  void fold_case();
  bool contains(uint32_t code_point) const;
  const std::vector<CharRange>& ranges() const {
    normalize();
    return ranges_;
  }
  friend bool operator==(const CharSet& a, const CharSet& b) { return a.ranges() == b.ranges(); }

  static const CharSet& words();   ///< \w: letters, marks, digits, _
  static const CharSet& digits();  ///< \d
  static const CharSet& spaces();  ///< \s
  /// POSIX classes ("alpha", ASCII only). False for an unknown name.
  static bool posix(std::string_view name, CharSet* out);
  /// Unicode properties by their short or long names ("L", "Lu", "Nd", "Letter"...), those that the
  /// C library can tell. False for others.
  static bool property(std::string_view name, CharSet* out);

 private:
  void normalize() const;

  // Sorted on the first look after a change.
  mutable std::vector<CharRange> ranges_;
  mutable bool normal_ = true;
};

}  // namespace orrery::types
