// ColumnSet: a set of column ids of one statement, as a bitmap.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace orrery::plan {

/// Names one column of one statement wherever it stands in the logical plan.
using ColumnId = uint32_t;
inline constexpr ColumnId kNoColumn = UINT32_MAX;

class ColumnSet {
 public:
  void add(ColumnId id) {
    size_t word = id >> 6;
    if (word >= words_.size()) words_.resize(word + 1, 0);
    words_[word] |= uint64_t{1} << (id & 63);
  }
  void add(const ColumnSet& other) {
    if (other.words_.size() > words_.size()) words_.resize(other.words_.size(), 0);
    for (size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  }
  void add(const std::vector<ColumnId>& ids) {
    for (ColumnId id : ids) add(id);
  }
  void remove(const ColumnSet& other) {
    size_t n = words_.size() < other.words_.size() ? words_.size() : other.words_.size();
    for (size_t i = 0; i < n; ++i) words_[i] &= ~other.words_[i];
  }
  bool has(ColumnId id) const {
    size_t word = id >> 6;
    return word < words_.size() && ((words_[word] >> (id & 63)) & 1) != 0;
  }
  bool intersects(const ColumnSet& other) const {
    size_t n = words_.size() < other.words_.size() ? words_.size() : other.words_.size();
    for (size_t i = 0; i < n; ++i) {
      if ((words_[i] & other.words_[i]) != 0) return true;
    }
    return false;
  }
  bool contains(const ColumnSet& other) const {
    for (size_t i = 0; i < other.words_.size(); ++i) {
      uint64_t mine = i < words_.size() ? words_[i] : 0;
      if ((other.words_[i] & ~mine) != 0) return false;
    }
    return true;
  }
  bool empty() const {
    for (uint64_t word : words_) {
      if (word != 0) return false;
    }
    return true;
  }
  /// Ascending.
  std::vector<ColumnId> ids() const {
    std::vector<ColumnId> out;
    for (size_t i = 0; i < words_.size(); ++i) {
      for (uint64_t w = words_[i]; w != 0; w &= w - 1) {
        out.push_back(static_cast<ColumnId>(i * 64 + static_cast<size_t>(std::countr_zero(w))));
      }
    }
    return out;
  }

 private:
  std::vector<uint64_t> words_;
};

}  // namespace orrery::plan
