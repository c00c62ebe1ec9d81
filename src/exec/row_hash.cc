#include "exec/row_hash.h"

#include <algorithm>

#include "base/hash.h"
#include "exec/cell_layouts.h"
#include "types/compare.h"

namespace orrery::exec {

using types::Datum;
using types::Layout;
using types::layout_of;
using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

inline uint64_t hash_cell(int64_t v) {
  return types::hash_int64(v);
}
inline uint64_t hash_cell(double v) {
  return types::hash_double(v);
}
inline uint64_t hash_cell(uint8_t v) {
  return types::hash_int64(v);
}
inline uint64_t hash_cell(const StringRef& v) {
  return hash_bytes(v.view());
}
inline uint64_t hash_cell(const Datum& v) {
  return types::hash_datum(v);
}

/// row_of(i) names the cell of position i, is_null(row) says whether it is NULL.
template <class T, class RowOf, class IsNull>
void hash_cells(const T* cells, uint32_t n, bool first, bool nulls, RowOf&& row_of,
                IsNull&& is_null, uint64_t* hashes) {
  for (uint32_t i = 0; i < n; ++i) {
    uint32_t row = row_of(i);
    uint64_t h = nulls && is_null(row) ? kNullHash : hash_cell(cells[row]);
    hashes[i] = first ? h : hash_combine(hashes[i], h);
  }
}

/// Their bytes are not what equal numbers of other types share. `cells`: a Vector or a ColumnBuffer.
template <class Cells, class RowOf>
void hash_wide_cells(const Cells& cells, uint32_t n, bool first, RowOf&& row_of,
                     uint64_t* hashes) {
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t row = row_of(i);
    const uint64_t h = cells.is_null(row) ? kNullHash : types::hash_datum(cells.datum(row));
    hashes[i] = first ? h : hash_combine(hashes[i], h);
  }
}

void hash_vector(const Vector& v, const Selection& sel, bool first, uint64_t* hashes) {
  if (v.is_constant()) {
    uint64_t h =
        v.type() == TypeId::kNull || v.is_null(0) ? kNullHash : types::hash_datum(v.datum(0));
    for (uint32_t i = 0; i < sel.count; ++i) hashes[i] = first ? h : hash_combine(hashes[i], h);
    return;
  }
  if (v.type() == TypeId::kNull) {
    for (uint32_t i = 0; i < sel.count; ++i) {
      hashes[i] = first ? kNullHash : hash_combine(hashes[i], kNullHash);
    }
    return;
  }
  if (types::is_wide(v.type())) {
    hash_wide_cells(v, sel.count, first, [&](uint32_t i) { return sel[i]; }, hashes);
    return;
  }
  with_cells(v.type(), [&](auto* tag) {
    using T = std::remove_cv_t<std::remove_pointer_t<decltype(tag)>>;
    auto is_null = [&](uint32_t row) { return v.is_null(row); };
    if (sel.rows == nullptr) {
      hash_cells(
          v.data<T>(), sel.count, first, v.has_nulls(), [](uint32_t i) { return i; }, is_null,
          hashes);
    } else {
      hash_cells(
          v.data<T>(), sel.count, first, v.has_nulls(), [&](uint32_t i) { return sel.rows[i]; },
          is_null, hashes);
    }
  });
}

inline bool equal_cell(int64_t a, int64_t b) {
  return a == b;
}
inline bool equal_cell(double a, double b) {
  return a == b || (a != a && b != b);
}
inline bool equal_cell(uint8_t a, uint8_t b) {
  return a == b;
}
inline bool equal_cell(const StringRef& a, const StringRef& b) {
  return a == b;
}
inline bool equal_cell(const Datum& a, const Datum& b) {
  return types::total_order(a, b) == 0;
}

}  // namespace

void hash_rows(std::span<const Vector* const> keys, const Selection& sel, uint64_t* hashes) {
  if (keys.empty()) std::fill(hashes, hashes + sel.count, 0);
  for (size_t k = 0; k < keys.size(); ++k) hash_vector(*keys[k], sel, k == 0, hashes);
}

void hash_column(const ColumnBuffer& column, uint32_t first, uint32_t n, HashStart start,
                 uint64_t* hashes) {
  const bool replace = start == HashStart::kFirstColumn;
  if (column.type() == TypeId::kNull) {
    for (uint32_t i = 0; i < n; ++i) {
      hashes[i] = replace ? kNullHash : hash_combine(hashes[i], kNullHash);
    }
    return;
  }
  if (types::is_wide(column.type())) {
    hash_wide_cells(column, n, replace, [&](uint32_t i) { return first + i; }, hashes);
    return;
  }
  with_cells(column.type(), [&](auto* tag) {
    using T = std::remove_cv_t<std::remove_pointer_t<decltype(tag)>>;
    hash_cells(
        column.data<T>(), n, replace, column.has_nulls(), [&](uint32_t i) { return first + i; },
        [&](uint32_t row) { return column.is_null(row); }, hashes);
  });
}

uint64_t hash_row(std::span<const Datum> keys) {
  uint64_t hash = 0;
  for (size_t k = 0; k < keys.size(); ++k) {
    uint64_t h = keys[k].is_null() ? kNullHash : types::hash_datum(keys[k]);
    hash = k == 0 ? h : hash_combine(hash, h);
  }
  return hash;
}

bool cells_equal(const Vector& a, uint32_t row_a, const ColumnBuffer& b, uint32_t row_b) {
  bool null_a = a.type() == TypeId::kNull || a.is_null(row_a);
  if (null_a || b.is_null(row_b)) return null_a && b.is_null(row_b);
  if (a.type() != b.type()) return types::total_order(a.datum(row_a), b.datum(row_b)) == 0;
  bool equal = false;
  with_cells(a.type(), [&](auto* tag) {
    using T = std::remove_cv_t<std::remove_pointer_t<decltype(tag)>>;
    equal = equal_cell(a.cell<T>(row_a), b.data<T>()[row_b]);
  });
  return equal;
}

bool cells_equal(const Vector& v, uint32_t a, uint32_t b) {
  if (v.is_constant() || v.type() == TypeId::kNull) return true;
  if (v.has_nulls() && (v.is_null(a) || v.is_null(b))) return v.is_null(a) == v.is_null(b);
  bool equal = false;
  with_cells(v.type(), [&](auto* tag) {
    using T = std::remove_cv_t<std::remove_pointer_t<decltype(tag)>>;
    equal = equal_cell(v.data<T>()[a], v.data<T>()[b]);
  });
  return equal;
}

uint32_t keep_equal(const Vector& a, const ColumnBuffer& b, uint32_t* a_rows, uint32_t* b_rows,
                    uint32_t n) {
  uint32_t kept = 0;
  if (a.type() != b.type() || a.has_nulls() || b.has_nulls() || a.is_constant()) {
    for (uint32_t i = 0; i < n; ++i) {
      if (!cells_equal(a, a_rows[i], b, b_rows[i])) continue;
      a_rows[kept] = a_rows[i];
      b_rows[kept++] = b_rows[i];
    }
    return kept;
  }
  with_cells(a.type(), [&](auto* tag) {
    using T = std::remove_cv_t<std::remove_pointer_t<decltype(tag)>>;
    const T* x = a.data<T>();
    const T* y = b.data<T>();
    for (uint32_t i = 0; i < n; ++i) {
      uint32_t ra = a_rows[i], rb = b_rows[i];
      a_rows[kept] = ra;
      b_rows[kept] = rb;
      kept += equal_cell(x[ra], y[rb]) ? 1 : 0;
    }
  });
  return kept;
}

uint32_t rows_without_nulls(std::span<const Vector* const> keys, const Selection& sel,
                            uint32_t* out_rows) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < sel.count; ++i) {
    uint32_t row = sel[i];
    bool null = false;
    for (const Vector* v : keys) {
      null |= v->type() == TypeId::kNull || (v->has_nulls() && v->is_null(row));
    }
    out_rows[kept] = row;
    kept += null ? 0 : 1;
  }
  return kept;
}

}  // namespace orrery::exec
