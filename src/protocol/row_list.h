// Row lists: the rows of one query result or change, as all binary messages carry them.
//
//   size hint   0 u16 n           every row has n bytes (n is not 0)
//               1 u32 k, k x u64  where each row starts; the last ends with the data
//   data        u32 length, bytes: BSATN rows one after the other
//
// RowListBuilder makes one, RowList owns one ready to be sent any number of times (shared between
// threads as a const), RowListView borrows one from a message or a RowList. Decoding refuses hints
// that do not fit the data, with kDecode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/wire_reader.h"

namespace orrery::protocol {

class RowListView {
 public:
  static constexpr size_t kEncodedBytesMin = 7;

  RowListView() = default;  ///< no rows
  /// The row list at the front. No rows where the reader failed.
  static RowListView read(WireReader* in);

  size_t row_count() const {
    return fixed_size_ != 0 ? data_.size() / fixed_size_ : offsets_.size() / sizeof(uint64_t);
  }
  bool empty() const { return row_count() == 0; }
  /// `i` is less than row_count().
  std::string_view row(size_t i) const {
    if (fixed_size_ != 0) return data_.substr(i * fixed_size_, fixed_size_);
    size_t end = (i + 1) * sizeof(uint64_t) < offsets_.size() ? offset(i + 1) : data_.size();
    return data_.substr(offset(i), end - offset(i));
  }
  /// All rows one after the other.
  std::string_view data() const { return data_; }
  /// The size of every row, or 0 where the list has the place of each.
  uint16_t fixed_size() const { return fixed_size_; }
  size_t encoded_size() const {
    return kEncodedBytesMin + (fixed_size_ != 0 ? 0 : 2 + offsets_.size()) + data_.size();
  }
  void append_to(std::string* out) const;
  friend bool operator==(const RowListView&, const RowListView&) = default;

 private:
  friend class RowList;
  size_t offset(size_t i) const {
    uint64_t at = 0;
    std::memcpy(&at, offsets_.data() + i * sizeof(at), sizeof(at));
    return static_cast<size_t>(at);
  }
  bool consistent() const;

  uint16_t fixed_size_ = 0;
  std::string_view offsets_;  ///< u64 each, not aligned
  std::string_view data_;
};

/// Immutable once made. A moved-from list has no rows.
class RowList {
 public:
  RowList() = default;  ///< no rows

  size_t row_count() const { return view().row_count(); }
  bool empty() const { return view().empty(); }
  std::string_view row(size_t i) const { return view().row(i); }
  RowListView view() const {
    RowListView out;
    out.fixed_size_ = fixed_size_;
    out.offsets_ = offsets_;
    out.data_ = data_;
    return out;
  }
  size_t encoded_size() const { return view().encoded_size(); }
  void append_to(std::string* out) const { view().append_to(out); }

 private:
  friend class RowListBuilder;
  uint16_t fixed_size_ = 0;
  std::string offsets_;
  std::string data_;
};

/// Takes rows in BSATN and finds the form the original server would send: a fixed size where all
/// rows have the same one and it is from 1 to 65535, else the place of each row.
class RowListBuilder {
 public:
  void add(std::string_view row) {
    data_.append(row);
    end_row();
  }
  /// Where the next row's bytes may be appended instead; end_row() after each row.
  std::string* row_bytes() { return &data_; }
  void end_row() {
    size_t size = data_.size() - row_start_;
    if (size != fixed_size_) note_other_size(size);
    row_start_ = data_.size();
    ++row_count_;
  }
  /// Rows of the same size (not 0), one after the other.
  void add_equal_rows(std::string_view rows, size_t row_size);

  size_t row_count() const { return row_count_; }
  bool empty() const { return row_count_ == 0; }
  void reserve(size_t bytes) { data_.reserve(bytes); }
  /// The list; the builder starts anew. kLimit where it is longer than a message can say.
  Result<RowList> finish();

 private:
  /// Of a list that has no rows yet or rows of different sizes.
  static constexpr size_t kNoFixedSize = SIZE_MAX;

  void note_other_size(size_t size);
  void make_offsets();

  std::string data_;
  std::string offsets_;
  size_t row_start_ = 0;
  size_t row_count_ = 0;
  size_t fixed_size_ = kNoFixedSize;
};

}  // namespace orrery::protocol
