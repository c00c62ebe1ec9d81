// FoundationDB's other format: values one behind the other, without a word about what they are.
//
// Integers little-endian, a truth value one byte, strings and vectors behind a count of 4 bytes. Errors: reading past the
// end, or a count of what cannot be there, makes the reader fail for good; ask ok() once at the end. Thread-safety: none
// shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "fdb/wire/types.h"

namespace orrery::fdb::wire {

class PackedReader {
 public:
  explicit PackedReader(std::string_view bytes) : left_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return left_.empty(); }
  /// True when nothing failed and nothing is left.
  bool done() const { return ok_ && left_.empty(); }

  /// A number, or 0 where there is none.
  template <class T>
    requires std::is_arithmetic_v<T>
  T number() {
    T value{};
    std::string_view bytes = take(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  bool truth() { return number<uint8_t>() != 0; }
  std::string_view string() { return take(number<uint32_t>()); }
  Uid uid() {
    Uid uid;
    uid.first = number<uint64_t>();
    uid.second = number<uint64_t>();
    return uid;
  }
  Tag tag() {
    Tag tag;
    tag.locality = number<int8_t>();
    tag.id = number<uint16_t>();
    return tag;
  }
  /// How many elements of `bytes_each` follow; fails where the rest cannot hold them.
  size_t count(size_t bytes_each) {
    size_t count = number<uint32_t>();
    if (count <= left_.size() / bytes_each) return count;
    fail();
    return 0;
  }

  /// `bytes` bytes, or none where there are fewer.
  std::string_view take(size_t bytes) {
    if (bytes > left_.size()) {
      fail();
      return {};
    }
    std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }

 private:
  void fail() {
    ok_ = false;
    left_ = {};
  }

  std::string_view left_;
  bool ok_ = true;
};

class PackedWriter {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  void number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void truth(bool value) { number<uint8_t>(value ? 1 : 0); }
  void string(std::string_view value) {
    number(static_cast<uint32_t>(value.size()));
    bytes_.append(value);
  }
  void uid(const Uid& value) {
    number(value.first);
    number(value.second);
  }
  void tag(const Tag& value) {
    number(value.locality);
    number(value.id);
  }
  void raw(std::string_view bytes) { bytes_.append(bytes); }

  const std::string& bytes() const { return bytes_; }
  std::string release() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace orrery::fdb::wire
