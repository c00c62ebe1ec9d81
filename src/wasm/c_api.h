// The library's C API, for this folder only, and its objects as owners that free them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <wasm.h>
#include <wasmtime.h>

#include "base/error.h"
#include "wasm/value.h"

namespace orrery::wasm {

template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* raw) const {
    Free(raw);
  }
};

inline std::string_view view_of(const wasm_byte_vec_t& bytes) {
  return {bytes.data, bytes.size};
}
inline const uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

/// A vector of bytes that the library made.
struct OwnedBytes {
  wasm_byte_vec_t raw{.size = 0, .data = nullptr};
  OwnedBytes() = default;
  OwnedBytes(const OwnedBytes&) = delete;
  OwnedBytes& operator=(const OwnedBytes&) = delete;
  ~OwnedBytes() { wasm_byte_vec_delete(&raw); }
  std::string_view view() const { return view_of(raw); }
};

/// Takes the error over.
Error error_of(ErrorCode code, std::string_view what, wasmtime_error_t* raw);

FunctionType function_type_of(const wasm_functype_t* raw);
std::unique_ptr<wasm_functype_t, FreeBy<wasm_functype_delete>> raw_function_type(
    const FunctionType& type);

}  // namespace orrery::wasm
