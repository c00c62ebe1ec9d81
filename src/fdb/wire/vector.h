// Vector<T>: a vector member of a message, in either direction, without storage of its own.
//
// To be encoded it refers to elements in the sender's memory. Decoded it refers to the payload and makes each element
// when it is asked for; the payload was checked as a whole by decode(), so that this cannot fail. Whoever holds a
// Vector keeps the elements or the payload alive. Thread-safety: as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace orrery::fdb::wire {

template <class T>
class Vector;

/// Element `index` of the vector whose elements begin at `position` of a checked payload. Defined by reader.h.
template <class T>
T read_element(std::string_view payload, size_t position, size_t index);

template <class T>
class Vector {
 public:
  class Iterator {
   public:
    using difference_type = ptrdiff_t;
    using value_type = T;

    Iterator() = default;
    Iterator(const Vector* vector, size_t index) : vector_(vector), index_(index) {}
    T operator*() const { return (*vector_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(vector_, index_++); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

   private:
    const Vector* vector_ = nullptr;
    size_t index_ = 0;
  };

  Vector() = default;
  Vector(std::span<const T> elements)  // NOLINT: stands for its elements
      : count_(static_cast<uint32_t>(elements.size())), elements_(elements.data()) {}
  Vector(const std::vector<T>& elements) : Vector(std::span<const T>(elements)) {}  // NOLINT: as above
  Vector(std::vector<T>&&) = delete;
  /// The vector of `count` elements that begin at `position` of a payload, which the reader has checked.
  static Vector in_payload(std::string_view payload, size_t position, size_t count) {
    Vector vector;
    vector.payload_ = payload.data();
    vector.payload_size_ = static_cast<uint32_t>(payload.size());
    vector.position_ = static_cast<uint32_t>(position);
    vector.count_ = static_cast<uint32_t>(count);
    return vector;
  }

  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// By value: of a decoded vector, the element is made now.
  T operator[](size_t index) const {
    if (elements_ != nullptr) return elements_[index];
    return read_element<T>({payload_, payload_size_}, position_, index);
  }
  T front() const { return (*this)[0]; }
  T back() const { return (*this)[count_ - 1]; }
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, count_}; }

  /// The elements where they lie in the sender's memory; null for a decoded vector.
  const T* elements() const { return elements_; }
  /// Copies the elements; what they refer to stays where it is.
  std::vector<T> to_vector() const {
    std::vector<T> copy;
    copy.reserve(count_);
    for (size_t i = 0; i < count_; ++i) copy.push_back((*this)[i]);
    return copy;
  }

  friend bool operator==(const Vector& a, const Vector& b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i) {
      if (!(a[i] == b[i])) return false;
    }
    return true;
  }

 private:
  uint32_t count_ = 0;
  uint32_t payload_size_ = 0;
  uint32_t position_ = 0;
  const T* elements_ = nullptr;
  const char* payload_ = nullptr;
};

}  // namespace orrery::fdb::wire
