#include "types/vector.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace orrery::types {

Vector& Vector::operator=(Vector&& other) noexcept {
  if (this == &other) return *this;
  const bool single = other.data_ == reinterpret_cast<uint8_t*>(other.single_);
  const bool single_validity = other.validity_ == &other.single_validity_;
  type_ = other.type_;
  constant_ = other.constant_;
  capacity_ = other.capacity_;
  std::memcpy(single_, other.single_, sizeof(single_));
  single_validity_ = other.single_validity_;
  data_ = single ? reinterpret_cast<uint8_t*>(single_) : other.data_;
  validity_ = single_validity ? &single_validity_ : other.validity_;
  owned_data_ = std::move(other.owned_data_);
  owned_data_words_ = std::exchange(other.owned_data_words_, 0);
  owned_validity_ = std::move(other.owned_validity_);
  owned_validity_words_ = std::exchange(other.owned_validity_words_, 0);
  strings_ = std::move(other.strings_);
  shared_strings_ = std::move(other.shared_strings_);
  other.data_ = nullptr;
  other.validity_ = nullptr;
  return *this;
}

void Vector::reset(TypeId type, uint32_t capacity) {
  type_ = type;
  constant_ = false;
  capacity_ = capacity;
  uint32_t words = (capacity * cell_width(layout_of(type)) + 7) / 8;
  if (capacity == 1) {
    data_ = reinterpret_cast<uint8_t*>(single_);
  } else {
    if (words > owned_data_words_) {
      owned_data_.reset(new uint64_t[words]());
      owned_data_words_ = words;
    }
    data_ = reinterpret_cast<uint8_t*>(owned_data_.get());
  }
  validity_ = nullptr;
  shared_strings_.clear();
  if (strings_ != nullptr) {
    if (strings_.use_count() == 1) {
      strings_->reset();
    } else {
      strings_.reset();
    }
  }
}

void Vector::set_constant(const Datum& value, TypeId as) {
  reset(as, 1);
  constant_ = true;
  if (value.is_null()) {
    mutable_validity()[0] = 0;
    if (as == TypeId::kAny) {
      data<Datum>()[0] = Datum::null();
    } else {
      std::memset(data_, 0, cell_width(layout_of(as)));
    }
    return;
  }
  set_datum(0, value);
}

void Vector::reference(const Vector& other) {
  type_ = other.type_;
  constant_ = other.constant_;
  capacity_ = other.capacity_;
  data_ = other.data_;
  validity_ = other.validity_;
  // What lies inside of the other object is copied, so that the other may move.
  if (other.data_ == reinterpret_cast<const uint8_t*>(other.single_)) {
    std::memcpy(single_, other.single_, sizeof(single_));
    data_ = reinterpret_cast<uint8_t*>(single_);
  }
  if (other.validity_ == &other.single_validity_) {
    single_validity_ = other.single_validity_;
    validity_ = &single_validity_;
  }
  shared_strings_ = other.shared_strings_;
  if (other.strings_ != nullptr) shared_strings_.push_back(other.strings_);
}

uint64_t* Vector::mutable_validity() {
  if (validity_ != nullptr &&
      (validity_ == owned_validity_.get() || validity_ == &single_validity_)) {
    return validity_;
  }
  if (capacity_ == 1) {
    single_validity_ = validity_ != nullptr ? validity_[0] : ~uint64_t{0};
    return validity_ = &single_validity_;
  }
  uint32_t words = (capacity_ + 63) / 64;
  if (words > owned_validity_words_) {
    owned_validity_.reset(new uint64_t[words]);
    owned_validity_words_ = words;
  }
  if (validity_ != nullptr) {
    std::memcpy(owned_validity_.get(), validity_, words * 8);
  } else {
    std::memset(owned_validity_.get(), 0xff, words * 8);
  }
  validity_ = owned_validity_.get();
  return validity_;
}

void Vector::set_null(uint32_t row) {
  mutable_validity()[row >> 6] &= ~(uint64_t{1} << (row & 63));
  if (type_ == TypeId::kAny) data<Datum>()[row] = Datum::null();
}

Datum Vector::datum(uint32_t row) const {
  if (is_null(row)) return Datum::null();
  uint32_t i = at(row);
  switch (layout_of(type_)) {
    case Layout::kInt64:
      if (type_ == TypeId::kNull) return Datum::null();
      return type_ == TypeId::kTimestamp ? Datum::timestamp(data<int64_t>()[i])
                                         : Datum::integer(data<int64_t>()[i]);
    case Layout::kDouble:
      return Datum::floating(data<double>()[i]);
    case Layout::kBool:
      return Datum::boolean(data<uint8_t>()[i] != 0);
    case Layout::kString:
      return Datum::string(type_, data<StringRef>()[i]);
    case Layout::kDatum:
      return data<Datum>()[i];
  }
  return Datum::null();
}

void Vector::set_datum(uint32_t row, const Datum& value) {
  if (value.is_null()) {
    set_null(row);
    return;
  }
  set_valid(row);
  switch (layout_of(type_)) {
    case Layout::kInt64:
      data<int64_t>()[row] = value.as_int64();
      break;
    case Layout::kDouble:
      data<double>()[row] = value.as_double();
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

Arena& Vector::strings() {
  if (strings_ == nullptr) strings_ = std::make_shared<Arena>();
  return *strings_;
}

void Vector::share_strings(const Vector& other) {
  if (other.strings_ != nullptr && other.strings_ != strings_) {
    shared_strings_.push_back(other.strings_);
  }
  shared_strings_.insert(shared_strings_.end(), other.shared_strings_.begin(),
                         other.shared_strings_.end());
}

namespace {
template <class T>
void copy_cells(T* to, const Vector& source, const Selection& sel) {
  const T* from = source.data<T>();
  if (source.is_constant()) {
    std::fill(to, to + sel.count, from[0]);
  } else if (sel.rows == nullptr) {
    std::memcpy(static_cast<void*>(to), from, sel.count * sizeof(T));
  } else {
    for (uint32_t i = 0; i < sel.count; ++i) to[i] = from[sel.rows[i]];
  }
}
}  // namespace

void Vector::copy_selected(const Vector& source, const Selection& sel, uint32_t to_row,
                           CopyStrings copy) {
  ORRERY_DCHECK(to_row + sel.count <= capacity_);
  if (type_ != source.type_) {
    for (uint32_t i = 0; i < sel.count; ++i) {
      Datum d = source.datum(sel[i]);
      if (copy == CopyStrings::kYes && layout_of(d.type()) == Layout::kString) {
        d = Datum::string(d.type(), add_string(d.view()));
      }
      set_datum(to_row + i, d);
    }
    return;
  }
  switch (layout_of(type_)) {
    case Layout::kInt64:
    case Layout::kDouble:
      copy_cells(data<uint64_t>() + to_row, source, sel);
      break;
    case Layout::kBool:
      copy_cells(data<uint8_t>() + to_row, source, sel);
      break;
    case Layout::kString:
      copy_cells(data<StringRef>() + to_row, source, sel);
      break;
    case Layout::kDatum:
      copy_cells(data<Datum>() + to_row, source, sel);
      break;
  }
  for (uint32_t i = 0; i < sel.count; ++i) {
    if (source.is_null(sel[i])) {
      set_null(to_row + i);
    } else {
      set_valid(to_row + i);
      if (copy == CopyStrings::kYes) {
        if (type_ == TypeId::kAny) {
          Datum& d = data<Datum>()[to_row + i];
          if (layout_of(d.type()) == Layout::kString && !d.as_string().is_inline()) {
            d = Datum::string(d.type(), add_string(d.view()));
          }
        } else if (layout_of(type_) == Layout::kString) {
          StringRef& s = data<StringRef>()[to_row + i];
          if (!s.is_inline()) s = add_string(s.view());
        }
      }
    }
  }
}

}  // namespace orrery::types
