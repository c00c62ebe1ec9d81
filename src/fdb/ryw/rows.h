// Rows: key-value pairs that lie in the buffers they were received in; limits and results of range reads.
//
// A Row is laid out as FDBKeyValue of the C API, so a result's rows can be handed out as they are. Rows hold the
// buffers; a Row alone borrows. Thread-safety: values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fdb/shared_bytes.h"

namespace orrery::fdb::ryw {

#pragma pack(push, 4)
class Row {
 public:
  Row() = default;
  Row(std::string_view key, std::string_view value)
      : key_(key.data()),
        key_size_(static_cast<int32_t>(key.size())),
        value_(value.data()),
        value_size_(static_cast<int32_t>(value.size())) {}
  std::string_view key() const { return {key_, static_cast<size_t>(key_size_)}; }
  std::string_view value() const { return {value_, static_cast<size_t>(value_size_)}; }

 private:
  const char* key_ = nullptr;
  int32_t key_size_ = 0;
  const char* value_ = nullptr;
  int32_t value_size_ = 0;
};
#pragma pack(pop)
static_assert(sizeof(Row) == 24);

/// Rows in order, with the buffers that they lie in.
class Rows {
 public:
  const std::vector<Row>& list() const { return rows_; }
  size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  const Row& operator[](size_t i) const { return rows_[i]; }
  const Row& front() const { return rows_.front(); }
  const Row& back() const { return rows_.back(); }

  void reserve(size_t n) { rows_.reserve(n); }
  /// Takes over rows that lie in `buffer`, or, where it is null, in memory that outlives them.
  void append(std::vector<Row>&& rows, BufferRef buffer) {
    if (rows_.empty()) {
      rows_ = std::move(rows);
    } else {
      rows_.insert(rows_.end(), rows.begin(), rows.end());
    }
    hold(std::move(buffer));
  }
  void append(std::span<const Row> rows, const BufferRef& buffer) {
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    hold(buffer);
  }
  void append(const Row& row, const BufferRef& buffer) {
    rows_.push_back(row);
    hold(buffer);
  }
  /// Keeps the first n rows.
  void truncate(size_t n) {
    if (n < rows_.size()) rows_.resize(n);
  }
  void reverse() {
    std::reverse(rows_.begin(), rows_.end());
    std::reverse(parts_.begin(), parts_.end());
    size_t end = 0;
    for (size_t i = 0; i < parts_.size(); i++) {
      const size_t count = parts_[i].count;
      end += count;
      parts_[i].end = end;
    }
  }
  /// The buffer that row i lies in.
  const BufferRef& buffer_of(size_t i) const {
    const auto part = std::upper_bound(parts_.begin(), parts_.end(), i,
                                       [](size_t row, const Part& p) { return row < p.end; });
    return part->buffer;
  }
  /// Calls visit(rows, buffer) for each run of rows [from, to) that lies in one buffer.
  template <class Visit>
  void for_each_run(size_t from, size_t to, Visit visit) const {
    size_t at = from;
    for (const Part& part : parts_) {
      if (part.end <= at) continue;
      if (at >= to) return;
      const size_t end = std::min(part.end, to);
      visit(std::span<const Row>(rows_.data() + at, end - at), part.buffer);
      at = end;
    }
  }

 private:
  struct Part {
    BufferRef buffer;
    size_t count;
    size_t end;  // one past its last row
  };
  /// Notes that the rows behind the last part lie in `buffer`.
  void hold(BufferRef buffer) {
    const size_t before = parts_.empty() ? 0 : parts_.back().end;
    if (rows_.size() == before) return;
    if (!parts_.empty() && parts_.back().buffer.get() == buffer.get()) {
      parts_.back().count += rows_.size() - before;
      parts_.back().end = rows_.size();
      return;
    }
    parts_.push_back({std::move(buffer), rows_.size() - before, rows_.size()});
  }

  std::vector<Row> rows_;
  std::vector<Part> parts_;
};

enum class Direction : uint8_t { kForward, kReverse };

/// How much of a range is asked for.
struct RangeLimits {
  static constexpr int kUnlimited = -1;
  int rows = kUnlimited;
  int min_rows = 1;
  int bytes = kUnlimited;

  bool has_rows() const { return rows != kUnlimited; }
  bool has_bytes() const { return bytes != kUnlimited; }
  bool valid() const {
    return rows >= kUnlimited && bytes >= kUnlimited && min_rows >= 0 && (!has_rows() || min_rows <= rows);
  }
  /// Nothing more is wanted.
  bool reached() const { return rows == 0 || (bytes == 0 && min_rows == 0); }
  bool satisfied_min_rows() const { return has_bytes() && min_rows == 0; }
  void count(const Row& row) {
    min_rows = std::max(0, min_rows - 1);
    if (has_rows()) rows--;
    if (has_bytes()) {
      bytes = std::max(0, bytes - 8 - static_cast<int>(row.key().size() + row.value().size()));
    }
  }
};

/// What a range read answers: of a transaction, or of the database below it.
struct RangeResult {
  Rows rows;
  /// There may be more in the range.
  bool more = false;
  /// The beginning (end) of the database was reached.
  bool read_to_begin = false;
  bool read_through_end = false;
  /// Of the database below: all is known up to (reverse: down to) here, which is behind the last row.
  std::optional<std::string> read_through;
};

}  // namespace orrery::fdb::ryw
