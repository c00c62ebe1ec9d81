#include "exec/row_sorter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "exec/cell_layouts.h"
#include "types/compare.h"

namespace orrery::exec {

using types::Datum;
using types::Layout;
using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

SortColumn sort_column(uint32_t column, const plan::SortKey& key) {
  return {column, key.descending ? SortOrder::kDescending : SortOrder::kAscending,
          key.nulls_first ? NullOrder::kFirst : NullOrder::kLast};
}

namespace {

inline uint64_t encode(int64_t v) {
  return static_cast<uint64_t>(v) ^ (uint64_t{1} << 63);
}
inline uint64_t encode(uint8_t v) {
  return v;
}
inline uint64_t encode(double v) {
  if (v != v) return ~uint64_t{0};
  if (v == 0) v = 0;  // -0.0
  auto bits = std::bit_cast<uint64_t>(v);
  return (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
}
inline uint64_t encode(const StringRef& s) {
  uint64_t word = 0;
  uint32_t n = std::min<uint32_t>(s.size(), 8);
  if (n != 0) std::memcpy(&word, s.data(), n);
  return __builtin_bswap64(word);
}
inline uint64_t encode(const Datum&) {
  return 0;
}

/// Bytes are compared as such only for types whose order is that of their bytes.
bool is_byte_ordered(TypeId type) {
  return !types::is_beyond_sql(type);
}
/// Equal prefixes mean equal cells.
bool is_exact(TypeId type) {
  Layout layout = layout_of(type);
  return layout == Layout::kInt64 || layout == Layout::kDouble || layout == Layout::kBool;
}

int compare_cells(const ColumnBuffer& a, uint32_t row_a, const ColumnBuffer& b, uint32_t row_b) {
  if (a.type() == b.type()) {
    switch (layout_of(a.type())) {
      case Layout::kInt64: {
        int64_t x = a.data<int64_t>()[row_a], y = b.data<int64_t>()[row_b];
        return x < y ? -1 : (x > y ? 1 : 0);
      }
      case Layout::kDouble:
        return types::compare_doubles(a.data<double>()[row_a], b.data<double>()[row_b]);
      case Layout::kBool:
        return int{a.data<uint8_t>()[row_a]} - int{b.data<uint8_t>()[row_b]};
      case Layout::kString:
        if (!is_byte_ordered(a.type())) break;
        return StringRef::compare(a.data<StringRef>()[row_a], b.data<StringRef>()[row_b]);
      case Layout::kDatum:
        break;
    }
  }
  return types::total_order(a.datum(row_a), b.datum(row_b));
}

int compare_key(const ColumnBuffer& a, uint32_t row_a, const ColumnBuffer& b, uint32_t row_b,
                const SortColumn& key) {
  bool null_a = a.is_null(row_a), null_b = b.is_null(row_b);
  if (null_a || null_b) {
    if (null_a && null_b) return 0;
    return null_a == (key.nulls == NullOrder::kFirst) ? -1 : 1;
  }
  int c = compare_cells(a, row_a, b, row_b);
  return key.order == SortOrder::kDescending ? -c : c;
}

struct Entry {
  uint64_t prefix;
  uint32_t row;
};

constexpr size_t kInsertionMax = 24;

/// Stable, by prefix alone. `bits`: how many low bits may still differ.
void radix_sort(Entry* entries, Entry* scratch, size_t n) {
  if (n <= kInsertionMax) {
    for (size_t i = 1; i < n; ++i) {
      Entry e = entries[i];
      size_t k = i;
      for (; k > 0 && entries[k - 1].prefix > e.prefix; --k) entries[k] = entries[k - 1];
      entries[k] = e;
    }
    return;
  }
  uint64_t differ = 0;
  for (size_t i = 1; i < n; ++i) differ |= entries[i].prefix ^ entries[0].prefix;
  if (differ == 0) return;
  const int high = 64 - std::countl_zero(differ);  // bits above are all the same
  const int digit_bits = n >= 4096 ? 11 : 8;
  const int shift = std::max(0, high - digit_bits);
  const uint64_t mask = (uint64_t{1} << digit_bits) - 1;
  uint32_t starts[(1 << 11) + 1] = {};
  for (size_t i = 0; i < n; ++i) ++starts[((entries[i].prefix >> shift) & mask) + 1];
  const size_t buckets = size_t{1} << digit_bits;
  for (size_t b = 1; b <= buckets; ++b) starts[b] += starts[b - 1];
  {
    uint32_t next[1 << 11];
    std::memcpy(next, starts, buckets * sizeof(uint32_t));
    for (size_t i = 0; i < n; ++i) {
      scratch[next[(entries[i].prefix >> shift) & mask]++] = entries[i];
    }
  }
  std::memcpy(static_cast<void*>(entries), scratch, n * sizeof(Entry));
  if (shift == 0) return;
  for (size_t b = 0; b < buckets; ++b) {
    size_t from = starts[b], count = starts[b + 1] - from;
    if (count > 1) radix_sort(entries + from, scratch + from, count);
  }
}

class Sorter {
 public:
  Sorter(const RowBuffer& rows, std::span<const SortColumn> keys) : rows_(rows), keys_(keys) {}

  std::vector<uint32_t> sort() {
    const uint32_t n = rows_.size();
    entries_.resize(n);
    scratch_.resize(n);
    for (uint32_t r = 0; r < n; ++r) entries_[r].row = r;
    sort_range(0, n, 0);
    std::vector<uint32_t> out(n);
    for (uint32_t i = 0; i < n; ++i) out[i] = entries_[i].row;
    return out;
  }

 private:
  /// Entries [from, from + n) are equal in the keys before `k` and in row order.
  void sort_range(size_t from, size_t n, size_t k) {
    if (n < 2 || k == keys_.size()) return;
    const ColumnBuffer& column = rows_.column(keys_[k].column);
    if (column.type() == TypeId::kNull) return sort_range(from, n, k + 1);
    if (column.has_nulls()) {
      bool first = keys_[k].nulls == NullOrder::kFirst;
      size_t left = 0, right = 0;
      for (size_t i = from; i < from + n; ++i) {
        if (column.is_null(entries_[i].row) == first) {
          entries_[from + left++] = entries_[i];
        } else {
          scratch_[right++] = entries_[i];
        }
      }
      std::copy(scratch_.begin(), scratch_.begin() + static_cast<std::ptrdiff_t>(right),
                entries_.begin() + static_cast<std::ptrdiff_t>(from + left));
      size_t nulls_from = first ? from : from + left, nulls = first ? left : n - left;
      sort_range(nulls_from, nulls, k + 1);
      from = first ? from + left : from;
      n -= nulls;
    }
    sort_values(from, n, k, column);
  }

  void sort_values(size_t from, size_t n, size_t k, const ColumnBuffer& column) {
    if (n < 2) return;
    if (column.type() == TypeId::kAny || !is_byte_ordered(column.type())) {
      return compare_range(from, n, k);
    }
    const uint64_t flip = keys_[k].order == SortOrder::kDescending ? ~uint64_t{0} : 0;
    with_cells(column.type(), [&](auto* tag) {
      using T = std::remove_cv_t<std::remove_pointer_t<decltype(tag)>>;
      const T* cells = column.data<T>();
      for (size_t i = from; i < from + n; ++i) {
        entries_[i].prefix = encode(cells[entries_[i].row]) ^ flip;
      }
    });
    radix_sort(entries_.data() + from, scratch_.data() + from, n);
    const bool exact = is_exact(column.type());
    if (exact && k + 1 == keys_.size()) return;
    for (size_t i = from; i < from + n;) {
      size_t end = i + 1;
      while (end < from + n && entries_[end].prefix == entries_[i].prefix) ++end;
      if (end - i > 1) {
        if (exact) {
          sort_range(i, end - i, k + 1);
        } else {
          compare_range(i, end - i, k);
        }
      }
      i = end;
    }
  }

  void compare_range(size_t from, size_t n, size_t k) {
    auto keys = keys_.subspan(k);
    std::sort(entries_.begin() + static_cast<std::ptrdiff_t>(from),
              entries_.begin() + static_cast<std::ptrdiff_t>(from + n),
              [&](const Entry& a, const Entry& b) {
                int c = compare_rows(rows_, a.row, rows_, b.row, keys);
                return c != 0 ? c < 0 : a.row < b.row;
              });
  }

  const RowBuffer& rows_;
  std::span<const SortColumn> keys_;
  std::vector<Entry> entries_;
  std::vector<Entry> scratch_;
};

}  // namespace

int compare_rows(const RowBuffer& a, uint32_t row_a, const RowBuffer& b, uint32_t row_b,
                 std::span<const SortColumn> keys) {
  for (const SortColumn& key : keys) {
    int c = compare_key(a.column(key.column), row_a, b.column(key.column), row_b, key);
    if (c != 0) return c;
  }
  return 0;
}

std::vector<uint32_t> sorted_rows(const RowBuffer& rows, std::span<const SortColumn> keys) {
  return Sorter(rows, keys).sort();
}

uint64_t sort_prefix(const ColumnBuffer& column, uint32_t row, const SortColumn& key) {
  if (column.type() == TypeId::kNull || column.is_null(row)) {
    return key.nulls == NullOrder::kFirst ? 0 : ~uint64_t{0};
  }
  if (!is_byte_ordered(column.type())) {
    const uint64_t middle = uint64_t{1} << 63;
    return key.order == SortOrder::kDescending ? ~middle : middle;
  }
  uint64_t prefix = 0;
  with_cells(column.type(), [&](auto* tag) {
    using T = std::remove_cv_t<std::remove_pointer_t<decltype(tag)>>;
    prefix = std::is_same_v<T, Datum> ? uint64_t{1} << 63 : encode(column.data<T>()[row]);
  });
  return key.order == SortOrder::kDescending ? ~prefix : prefix;
}

void sort_prefixes(const Vector& v, const Selection& sel, const SortColumn& key, uint64_t* out) {
  if (v.type() == TypeId::kAny || v.type() == TypeId::kNull || !is_byte_ordered(v.type())) {
    const uint64_t middle = uint64_t{1} << 63;
    const uint64_t prefix = key.order == SortOrder::kDescending ? ~middle : middle;
    std::fill(out, out + sel.count, prefix);
  } else {
    const uint64_t flip = key.order == SortOrder::kDescending ? ~uint64_t{0} : 0;
    with_cells(v.type(), [&](auto* tag) {
      using T = std::remove_cv_t<std::remove_pointer_t<decltype(tag)>>;
      const T* cells = v.data<T>();
      if (v.is_constant()) {
        std::fill(out, out + sel.count, encode(cells[0]) ^ flip);
      } else {
        for (uint32_t i = 0; i < sel.count; ++i) out[i] = encode(cells[sel[i]]) ^ flip;
      }
    });
  }
  if (!v.has_nulls() && v.type() != TypeId::kNull) return;
  const uint64_t null = key.nulls == NullOrder::kFirst ? 0 : ~uint64_t{0};
  for (uint32_t i = 0; i < sel.count; ++i) {
    if (v.type() == TypeId::kNull || v.is_null(sel[i])) out[i] = null;
  }
}

std::vector<uint32_t> smallest_rows(const RowBuffer& rows, std::span<const SortColumn> keys,
                                    uint32_t count) {
  const uint32_t n = rows.size();
  std::vector<Entry> entries(n);
  for (uint32_t r = 0; r < n; ++r) {
    entries[r] = {keys.empty() ? 0 : sort_prefix(rows.column(keys[0].column), r, keys[0]), r};
  }
  count = std::min(count, n);
  if (count < n) {
    std::nth_element(entries.begin(), entries.begin() + count, entries.end(),
                     [&](const Entry& a, const Entry& b) {
                       if (a.prefix != b.prefix) return a.prefix < b.prefix;
                       int c = compare_rows(rows, a.row, rows, b.row, keys);
                       return c != 0 ? c < 0 : a.row < b.row;
                     });
  }
  std::vector<uint32_t> out(count);
  for (uint32_t i = 0; i < count; ++i) out[i] = entries[i].row;
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace orrery::exec
