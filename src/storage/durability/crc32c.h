// CRC-32C (Castagnoli): the checksum of all files of a database. Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace orrery::storage {

/// The checksum of what `crc` is the checksum of, followed by `bytes`; `crc` 0 is that of nothing.
uint32_t crc32c(uint32_t crc, std::string_view bytes);

template <class T>
  requires std::is_integral_v<T>
uint32_t crc32c_value(uint32_t crc, T value) {
  return crc32c(crc, {reinterpret_cast<const char*>(&value), sizeof(value)});
}

/// The same by tables, for machines without an instruction for it; here so that it can be tested.
uint32_t crc32c_portable(uint32_t crc, std::string_view bytes);

}  // namespace orrery::storage
