// KeyValueList: the rows of a range read, packed in one run of bytes: a count, then of each row the key's length, the
// key, the value's length, the value.
//
// The bytes were checked when they were assigned, so iterating cannot fail; keys and values are views into them.
// Thread-safety: as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "fdb/wire/types.h"

namespace orrery::fdb::wire {

class KeyValueList {
 public:
  class Iterator {
   public:
    using difference_type = ptrdiff_t;
    using value_type = KeyValue;

    Iterator() = default;
    Iterator(const char* at, size_t left) : at_(at), left_(left) {}
    KeyValue operator*() const {
      uint32_t key = length(at_);
      const char* value = at_ + 4 + key;
      return {{at_ + 4, key}, {value + 4, length(value)}};
    }
    Iterator& operator++() {
      at_ += 4 + length(at_);
      at_ += 4 + length(at_);
      --left_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.left_ == b.left_; }

   private:
    static uint32_t length(const char* from) {
      uint32_t length = 0;
      std::memcpy(&length, from, sizeof length);
      return length;
    }
    const char* at_ = nullptr;
    size_t left_ = 0;
  };

  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// The bytes of the rows alone.
  size_t byte_size() const { return bytes_.size() < 4 ? 0 : bytes_.size() - 4; }
  Iterator begin() const { return {bytes_.data() + 4, count_}; }
  Iterator end() const { return {nullptr, 0}; }

  std::string_view wire_bytes() const { return bytes_; }
  /// False for bytes that are no list; no bytes are an empty one.
  bool assign_wire_bytes(std::string_view bytes);

  friend bool operator==(const KeyValueList& a, const KeyValueList& b) {
    return a.count_ == b.count_ && (a.count_ == 0 || a.bytes_ == b.bytes_);
  }

 private:
  std::string_view bytes_;
  uint32_t count_ = 0;
};

/// Packs rows; what it made is good until it is changed.
class KeyValueListBuilder {
 public:
  void append(std::string_view key, std::string_view value);
  size_t size() const { return count_; }
  KeyValueList list() const;

 private:
  std::string bytes_ = std::string(4, '\0');
  uint32_t count_ = 0;
};

}  // namespace orrery::fdb::wire
