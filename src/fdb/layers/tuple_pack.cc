#include "fdb/layers/tuple_pack.h"

#include <algorithm>
#include <optional>

namespace orrery::fdb::tuple {

namespace detail {

size_t string_size(std::string_view bytes) {
  return bytes.size() + static_cast<size_t>(std::ranges::count(bytes, '\0')) + 2;
}

char* put_string(char* out, uint8_t code, std::string_view bytes) {
  out = put_byte(out, code);
  while (!bytes.empty()) {
    size_t run = std::min(bytes.find('\0'), bytes.size());
    if (run > 0) std::memcpy(out, bytes.data(), run);
    out += run;
    bytes.remove_prefix(run);
    if (!bytes.empty()) {
      out = put_byte(put_byte(out, code::kNull), code::kEscape);
      bytes.remove_prefix(1);
    }
  }
  return put_byte(out, code::kNull);
}

}  // namespace detail

namespace {

enum class Place : uint8_t { kTop, kNested };

size_t size_of(const BigInt& value) {
  size_t size = value.magnitude().size();
  return size <= 8 ? 1 + size : 2 + size;
}

char* put(char* out, const BigInt& value) {
  const std::string_view magnitude = value.magnitude();
  const auto size = static_cast<uint8_t>(magnitude.size());
  const auto flip = static_cast<uint8_t>(value.is_negative() ? 0xff : 0);
  if (size <= 8) {
    int code = value.is_negative() ? code::kZero - size : code::kZero + size;
    out = detail::put_byte(out, static_cast<uint8_t>(code));
  } else {
    out = detail::put_byte(out, value.is_negative() ? code::kNegativeBig : code::kPositiveBig);
    out = detail::put_byte(out, size ^ flip);
  }
  for (char c : magnitude) out = detail::put_byte(out, static_cast<uint8_t>(c) ^ flip);
  return out;
}

}  // namespace

/// Measures a tuple and then writes it.
class Packer {
 public:
  /// False where the tuple cannot be packed; else size() and stamps() hold.
  bool measure(const Tuple& tuple, Place place, int depth) {
    if (depth > kDepthMax) return false;
    for (const Element& element : tuple) {
      if (!measure(element, place, depth)) return false;
    }
    return true;
  }

  void write(const Tuple& tuple, Place place) {
    for (const Element& element : tuple) write(element, place);
  }

  size_t size() const { return size_; }
  size_t stamps() const { return stamps_; }
  /// Of the last incomplete versionstamp, from the beginning of the tuple.
  size_t stamp_offset() const { return stamp_offset_; }
  void begin_at(char* out) { out_ = out; }

 private:
  bool measure(const Element& element, Place place, int depth) {
    return std::visit([&](const auto& value) { return measure_value(value, place, depth); },
                      element.value_);
  }

  template <class T>
  bool measure_value(const T& value, Place place, int depth) {
    if constexpr (std::same_as<T, Null>) {
      size_ += place == Place::kNested ? 2 : 1;
    } else if constexpr (std::same_as<T, Tuple>) {
      ++size_;
      if (!measure(value, Place::kNested, depth + 1)) return false;
      ++size_;
    } else if constexpr (std::same_as<T, BigInt>) {
      size_ += size_of(value);
    } else if constexpr (std::same_as<T, Versionstamp>) {
      if (!value.is_complete()) {
        ++stamps_;
        stamp_offset_ = size_ + 1;
      }
      size_ += 1 + Versionstamp::kSize;
    } else if constexpr (std::same_as<T, UserValue>) {
      if (value.code < code::kUserMin || value.code > code::kUserMax) return false;
      size_ += 1 + value.payload.size();
    } else {
      size_ += detail::size_of(value);
    }
    return true;
  }

  void write(const Element& element, Place place) {
    std::visit([&](const auto& value) { write_value(value, place); }, element.value_);
  }

  template <class T>
  void write_value(const T& value, Place place) {
    if constexpr (std::same_as<T, Null>) {
      out_ = detail::put_byte(out_, code::kNull);
      if (place == Place::kNested) out_ = detail::put_byte(out_, code::kEscape);
    } else if constexpr (std::same_as<T, Tuple>) {
      out_ = detail::put_byte(out_, code::kTuple);
      write(value, Place::kNested);
      out_ = detail::put_byte(out_, code::kNull);
    } else if constexpr (std::same_as<T, BigInt>) {
      out_ = put(out_, value);
    } else if constexpr (std::same_as<T, Versionstamp>) {
      out_ = detail::put_byte(out_, code::kVersionstamp);
      std::memcpy(out_, value.transaction.data(), Versionstamp::kTransactionSize);
      out_ = detail::put_big_endian(out_ + Versionstamp::kTransactionSize, value.user, 2);
    } else if constexpr (std::same_as<T, UserValue>) {
      out_ = detail::put_byte(out_, value.code);
      out_ = std::copy(value.payload.begin(), value.payload.end(), out_);
    } else {
      out_ = detail::put(out_, value);
    }
  }

  size_t size_ = 0;
  size_t stamps_ = 0;
  size_t stamp_offset_ = 0;
  char* out_ = nullptr;
};

namespace {

std::string write_packed(const Tuple& tuple, std::string_view prefix, Packer& packer,
                         size_t extra) {
  std::string out;
  out.reserve(prefix.size() + packer.size() + extra);
  out = prefix;
  out.resize(prefix.size() + packer.size());
  packer.begin_at(out.data() + prefix.size());
  packer.write(tuple, Place::kTop);
  return out;
}

}  // namespace

Result<std::string> pack(const Tuple& tuple, std::string_view prefix) {
  Packer packer;
  if (!packer.measure(tuple, Place::kTop, 0) || packer.stamps() != 0) {
    return fail(error::client_invalid_operation);
  }
  return write_packed(tuple, prefix, packer, 0);
}

Result<KeyRange> range(const Tuple& tuple, std::string_view prefix) {
  Result<std::string> packed = pack(tuple, prefix);
  if (!packed) return fail(packed.error());
  return KeyRange{.begin = *packed + '\x00', .end = *packed + '\xff'};
}

Result<std::string> pack_with_versionstamp(const Tuple& tuple, std::string_view prefix,
                                           int api_version) {
  Packer packer;
  if (!packer.measure(tuple, Place::kTop, 0) || packer.stamps() != 1) {
    return fail(error::client_invalid_operation);
  }
  const size_t offset_size = api_version < 520 ? 2 : 4;
  const uint64_t offset = prefix.size() + packer.stamp_offset();
  if (offset >> (8 * offset_size) != 0) return fail(error::client_invalid_operation);
  std::string out = write_packed(tuple, prefix, packer, offset_size);
  for (size_t i = 0; i < offset_size; ++i) out += static_cast<char>(offset >> (8 * i) & 0xff);
  return out;
}

size_t incomplete_versionstamps(const Tuple& tuple) {
  size_t count = 0;
  for (const Element& element : tuple) {
    if (const Tuple* nested = element.tuple()) count += incomplete_versionstamps(*nested);
    if (const Versionstamp* stamp = element.versionstamp()) count += stamp->is_complete() ? 0 : 1;
  }
  return count;
}

}  // namespace orrery::fdb::tuple
