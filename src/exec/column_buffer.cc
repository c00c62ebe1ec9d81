#include "exec/column_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace orrery::exec {

using types::Datum;
using types::Layout;
using types::layout_of;
using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

RawMemory& RawMemory::operator=(RawMemory&& other) noexcept {
  std::swap(p_, other.p_);
  std::swap(bytes_, other.bytes_);
  return *this;
}
RawMemory::~RawMemory() {
  std::free(p_);
}

void RawMemory::grow(size_t bytes) {
  size_t want = std::max<size_t>(bytes_ * 2, 256);
  while (want < bytes) want *= 2;
  auto* p = static_cast<uint8_t*>(std::realloc(p_, want));
  ORRERY_ASSERT(p != nullptr);
  p_ = p;
  bytes_ = want;
}
void RawMemory::release() {
  std::free(p_);
  p_ = nullptr;
  bytes_ = 0;
}

void ColumnBuffer::init(TypeId type) {
  type_ = type;
  width_ = types::cell_width(layout_of(type));
  clear();
}

void ColumnBuffer::clear() {
  size_ = 0;
  has_nulls_ = false;
  if (strings_ != nullptr) {
    if (strings_.use_count() == 1) {
      strings_->reset();
    } else {
      strings_.reset();
    }
  }
}

void ColumnBuffer::release() {
  clear();
  cells_.release();
  validity_.release();
  strings_.reset();
}

uint64_t ColumnBuffer::bytes() const {
  return cells_.bytes() + validity_.bytes() +
         (strings_ == nullptr ? 0 : strings_->allocated_bytes());
}

StringRef ColumnBuffer::keep(StringRef s) {
  if (s.is_inline()) return s;
  if (strings_ == nullptr) strings_ = std::make_shared<Arena>();
  return StringRef(strings_->copy(s.view()));
}

void ColumnBuffer::keep_strings(uint32_t from, uint32_t n) {
  if (layout_of(type_) == Layout::kString) {
    auto* s = data<StringRef>();
    for (uint32_t i = from; i < from + n; ++i) {
      if (!s[i].is_inline() && !is_null(i)) s[i] = keep(s[i]);
    }
  } else if (type_ == TypeId::kAny) {
    auto* d = data<Datum>();
    for (uint32_t i = from; i < from + n; ++i) {
      if (!d[i].is_null() && layout_of(d[i].type()) == Layout::kString) {
        d[i] = Datum::string(d[i].type(), keep(d[i].as_string()));
      }
    }
  }
}

/// From here on the bitmap covers all cells; new cells must set their bit.
void ColumnBuffer::make_validity() {
  validity_.reserve((size_ / 64 + 2) * 8);
  if (has_nulls_) return;
  std::memset(validity_.data(), 0xff, (size_ / 64 + 1) * 8);
  has_nulls_ = true;
}

void ColumnBuffer::set_null(uint32_t row) {
  make_validity();
  reinterpret_cast<uint64_t*>(validity_.data())[row >> 6] &= ~(uint64_t{1} << (row & 63));
  if (type_ == TypeId::kAny) data<Datum>()[row] = Datum::null();
}

namespace {
/// Sets bits [from, from + n) of a bitmap that is already large enough.
void set_bits(uint64_t* bits, uint32_t from, uint32_t n) {
  uint32_t end = from + n;
  while (from < end && (from & 63) != 0) {
    bits[from >> 6] |= uint64_t{1} << (from & 63);
    ++from;
  }
  while (from + 64 <= end) {
    bits[from >> 6] = ~uint64_t{0};
    from += 64;
  }
  if (from < end) {
    if ((from & 63) == 0) bits[from >> 6] = 0;
    for (; from < end; ++from) bits[from >> 6] |= uint64_t{1} << (from & 63);
  }
}

template <class T>
void copy_cells(T* to, const T* from, bool constant, const Selection& sel) {
  if (constant) {
    std::fill(to, to + sel.count, from[0]);
  } else if (sel.rows == nullptr) {
    if (sel.count == 0) return;  // an empty column may have no memory
    std::memcpy(static_cast<void*>(to), from, sel.count * sizeof(T));
  } else {
    for (uint32_t i = 0; i < sel.count; ++i) to[i] = from[sel.rows[i]];
  }
}

/// fn(pointer of the cell's width) with a common type of that width.
template <class Fn>
void with_width(uint32_t width, Fn&& fn) {
  switch (width) {
    case 1:
      fn(static_cast<uint8_t*>(nullptr));
      break;
    case 8:
      fn(static_cast<uint64_t*>(nullptr));
      break;
    case 16:
      fn(static_cast<StringRef*>(nullptr));
      break;
    default:
      fn(static_cast<Datum*>(nullptr));
      break;
  }
}
}  // namespace

void ColumnBuffer::append_validity(const Vector& source, const Selection& sel) {
  bool nulls = source.has_nulls();
  if (!nulls && !has_nulls_) return;
  make_validity();
  validity_.reserve(((size_ + sel.count) / 64 + 2) * 8);
  auto* bits = reinterpret_cast<uint64_t*>(validity_.data());
  set_bits(bits, size_, sel.count);
  if (!nulls) return;
  for (uint32_t i = 0; i < sel.count; ++i) {
    if (source.is_null(sel[i])) {
      uint32_t r = size_ + i;
      bits[r >> 6] &= ~(uint64_t{1} << (r & 63));
    }
  }
}

void ColumnBuffer::append(const Vector& source, const Selection& sel) {
  if (type_ == TypeId::kNull) {
    append_nulls(sel.count);
    return;
  }
  if (source.type() != type_) {
    for (uint32_t i = 0; i < sel.count; ++i) append(source.datum(sel[i]));
    return;
  }
  cells_.reserve(size_t{size_ + sel.count} * width_);
  with_width(width_, [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    copy_cells(data<T>() + size_, source.data<T>(), source.is_constant(), sel);
  });
  append_validity(source, sel);
  uint32_t from = size_;
  size_ += sel.count;
  if (source.holds_arenas()) keep_strings(from, sel.count);
}

void ColumnBuffer::append(const Datum& value) {
  cells_.reserve(size_t{size_ + 1} * width_);
  if (value.is_null()) {
    append_nulls(1);
    return;
  }
  if (has_nulls_) {
    validity_.reserve(((size_ + 1) / 64 + 2) * 8);
    set_bits(reinterpret_cast<uint64_t*>(validity_.data()), size_, 1);
  }
  uint32_t row = size_++;
  set_borrowed(row, value);
  keep_strings(row, 1);
}

void ColumnBuffer::set_borrowed(uint32_t row, const Datum& value) {
  if (value.is_null()) {
    set_null(row);
    return;
  }
  if (has_nulls_) {
    reinterpret_cast<uint64_t*>(validity_.data())[row >> 6] |= uint64_t{1} << (row & 63);
  }
  switch (layout_of(type_)) {
    case Layout::kInt64:
      data<int64_t>()[row] = value.as_int64();
      break;
    case Layout::kDouble:
      data<double>()[row] = value.type() == TypeId::kInteger ? static_cast<double>(value.as_int64())
                                                             : value.as_double();
      break;
    case Layout::kBool:
      data<uint8_t>()[row] = value.as_bool() ? 1 : 0;
      break;
    case Layout::kString:
      data<StringRef>()[row] = value.as_string();
      break;
    case Layout::kDatum:
      data<Datum>()[row] = value;
      break;
  }
}

void ColumnBuffer::append_nulls(uint32_t n) {
  cells_.reserve(size_t{size_ + n} * width_);
  make_validity();
  validity_.reserve(((size_ + n) / 64 + 2) * 8);
  auto* bits = reinterpret_cast<uint64_t*>(validity_.data());
  set_bits(bits, size_, n);
  std::memset(cells_.data() + size_t{size_} * width_, 0, size_t{n} * width_);
  for (uint32_t r = size_; r < size_ + n; ++r) bits[r >> 6] &= ~(uint64_t{1} << (r & 63));
  size_ += n;
}

void ColumnBuffer::append(const ColumnBuffer& source, const uint32_t* rows, uint32_t first,
                          uint32_t n) {
  ORRERY_DCHECK(source.type_ == type_);
  cells_.reserve(size_t{size_ + n} * width_);
  with_width(width_, [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    Selection sel{rows, n};
    const T* from = source.data<T>();
    copy_cells(data<T>() + size_, rows == nullptr ? from + first : from, false, sel);
  });
  if (source.has_nulls_ || has_nulls_) {
    make_validity();
    validity_.reserve(((size_ + n) / 64 + 2) * 8);
    auto* bits = reinterpret_cast<uint64_t*>(validity_.data());
    set_bits(bits, size_, n);
    for (uint32_t i = 0; source.has_nulls_ && i < n; ++i) {
      uint32_t r = size_ + i;
      if (source.is_null(rows == nullptr ? first + i : rows[i])) {
        bits[r >> 6] &= ~(uint64_t{1} << (r & 63));
      }
    }
  }
  uint32_t from = size_;
  size_ += n;
  if (source.strings_ != nullptr) keep_strings(from, n);
}

void ColumnBuffer::gather(const uint32_t* rows, uint32_t n, Vector* out, uint32_t at) const {
  ORRERY_DCHECK(out->type() == type_);
  bool missing = false;
  with_width(width_, [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    T* to = out->data<T>() + at;
    const T* from = data<T>();
    for (uint32_t i = 0; i < n; ++i) {
      if (rows[i] == kNullRow) {
        missing = true;
        to[i] = T{};
      } else {
        to[i] = from[rows[i]];
      }
    }
  });
  if (!has_nulls_ && !missing) return;
  for (uint32_t i = 0; i < n; ++i) {
    if (rows[i] == kNullRow || is_null(rows[i])) out->set_null(at + i);
  }
}

void ColumnBuffer::slice(uint32_t first, uint32_t n, Vector* out) const {
  if (n == 0) return;  // an empty buffer may have no memory
  std::memcpy(out->data<uint8_t>(), cells_.data() + size_t{first} * width_, size_t{n} * width_);
  if (!has_nulls_) return;
  for (uint32_t i = 0; i < n; ++i) {
    if (is_null(first + i)) out->set_null(i);
  }
}

Datum ColumnBuffer::datum(uint32_t row) const {
  if (is_null(row)) return Datum::null();
  switch (layout_of(type_)) {
    case Layout::kInt64:
      if (type_ == TypeId::kNull) return Datum::null();
      return type_ == TypeId::kTimestamp ? Datum::timestamp(data<int64_t>()[row])
                                         : Datum::integer(data<int64_t>()[row]);
    case Layout::kDouble:
      return Datum::floating(data<double>()[row]);
    case Layout::kBool:
      return Datum::boolean(data<uint8_t>()[row] != 0);
    case Layout::kString:
      return Datum::string(type_, data<StringRef>()[row]);
    case Layout::kDatum:
      return data<Datum>()[row];
  }
  return Datum::null();
}

void RowBuffer::init(std::span<const TypeId> types) {
  columns_.resize(types.size());
  for (size_t i = 0; i < types.size(); ++i) columns_[i].init(types[i]);
  size_ = 0;
}
void RowBuffer::clear() {
  for (ColumnBuffer& c : columns_) c.clear();
  size_ = 0;
}
void RowBuffer::release() {
  for (ColumnBuffer& c : columns_) c.release();
  size_ = 0;
}
uint64_t RowBuffer::bytes() const {
  uint64_t n = 0;
  for (const ColumnBuffer& c : columns_) n += c.bytes();
  return n;
}

void RowBuffer::append(std::span<const Vector* const> vectors, const Selection& sel) {
  for (size_t i = 0; i < columns_.size(); ++i) columns_[i].append(*vectors[i], sel);
  size_ += sel.count;
}
void RowBuffer::append(const types::Chunk& chunk, const Selection& sel) {
  for (size_t i = 0; i < columns_.size(); ++i) columns_[i].append(chunk.columns[i], sel);
  size_ += sel.count;
}
void RowBuffer::append(const RowBuffer& source, const uint32_t* rows, uint32_t first, uint32_t n) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].append(source.columns_[i], rows, first, n);
  }
  size_ += n;
}

void RowBuffer::gather(const uint32_t* rows, uint32_t n, size_t columns, types::Chunk* out) const {
  out->reset();
  out->columns.resize(columns);
  for (size_t i = 0; i < columns; ++i) {
    out->columns[i].reset(columns_[i].type(), capacity_for(n));
    columns_[i].gather(rows, n, &out->columns[i], 0);
    columns_[i].hold_strings(&out->columns[i]);
  }
  out->row_count = n;
}
void RowBuffer::slice(uint32_t first, uint32_t n, size_t columns, types::Chunk* out) const {
  out->reset();
  out->columns.resize(columns);
  for (size_t i = 0; i < columns; ++i) {
    out->columns[i].reset(columns_[i].type(), capacity_for(n));
    columns_[i].slice(first, n, &out->columns[i]);
    columns_[i].hold_strings(&out->columns[i]);
  }
  out->row_count = n;
}

void take(const Vector& source, const uint32_t* rows, uint32_t n, Vector* out) {
  out->reset(source.type(), capacity_for(n));
  bool missing = false;
  for (uint32_t i = 0; i < n; ++i) missing |= rows[i] == ColumnBuffer::kNullRow;
  with_width(types::cell_width(layout_of(source.type())), [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    T* to = out->data<T>();
    const T* from = source.data<T>();
    if (source.is_constant()) {
      std::fill(to, to + n, from[0]);
    } else if (missing) {
      for (uint32_t i = 0; i < n; ++i) {
        to[i] = rows[i] == ColumnBuffer::kNullRow ? T{} : from[rows[i]];
      }
    } else {
      for (uint32_t i = 0; i < n; ++i) to[i] = from[rows[i]];
    }
  });
  if (missing || source.has_nulls()) {
    for (uint32_t i = 0; i < n; ++i) {
      if (rows[i] == ColumnBuffer::kNullRow || source.is_null(rows[i])) out->set_null(i);
    }
  }
  if (source.holds_arenas()) out->share_strings(source);
}

namespace {
template <class T>
void compact_cells(T* cells, const uint32_t* rows, uint32_t n) {
  for (uint32_t i = 0; i < n; ++i) cells[i] = cells[rows[i]];
}
}  // namespace

void compact(Vector* v, const uint32_t* rows, uint32_t n) {
  if (v->is_constant()) return;
  with_width(types::cell_width(layout_of(v->type())), [&](auto* tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    compact_cells(v->data<T>(), rows, n);
  });
  if (!v->has_nulls()) return;
  uint64_t* bits = v->mutable_validity();
  for (uint32_t i = 0; i < n; ++i) {
    uint64_t bit = (bits[rows[i] >> 6] >> (rows[i] & 63)) & 1;
    bits[i >> 6] = (bits[i >> 6] & ~(uint64_t{1} << (i & 63))) | (bit << (i & 63));
  }
}

}  // namespace orrery::exec
