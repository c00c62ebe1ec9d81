// Loops that kernels are made of: a body per row, with the cells of flat or constant arguments.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "types/vector.h"

namespace orrery::expr {

/// body(row, a) for every selected row.
template <class A, class Body>
inline void unary_rows(const types::Vector& a, const types::Selection& rows, Body body) {
  const A* x = a.data<A>();
  if (a.is_constant()) {
    types::for_each_row(rows, [&](uint32_t r) { body(r, x[0]); });
  } else {
    types::for_each_row(rows, [&](uint32_t r) { body(r, x[r]); });
  }
}

/// body(row, a, b) for every selected row. The common shapes get loops of their own.
template <class A, class B, class Body>
inline void binary_rows(const types::Vector& a, const types::Vector& b,
                        const types::Selection& rows, Body body) {
  const A* const x = a.data<A>();
  const B* const y = b.data<B>();
  if (rows.rows != nullptr) {
    // One loop for all shapes: a constant's index is masked to 0.
    const uint32_t mx = a.is_constant() ? 0 : ~uint32_t{0};
    const uint32_t my = b.is_constant() ? 0 : ~uint32_t{0};
    types::for_each_row(rows, [&](uint32_t r) { body(r, x[r & mx], y[r & my]); });
  } else if (b.is_constant()) {
    const B c = y[0];
    if (a.is_constant()) {
      const A d = x[0];
      types::for_each_row(rows, [&](uint32_t r) { body(r, d, c); });
    } else {
      types::for_each_row(rows, [&](uint32_t r) { body(r, x[r], c); });
    }
  } else if (a.is_constant()) {
    const A c = x[0];
    types::for_each_row(rows, [&](uint32_t r) { body(r, c, y[r]); });
  } else {
    types::for_each_row(rows, [&](uint32_t r) { body(r, x[r], y[r]); });
  }
}

/// A string cell of `size` bytes that fill(char*) writes; short ones need no memory.
template <class Fill>
inline types::StringRef build_string(types::Vector& out, size_t size, Fill fill) {
  if (size <= types::StringRef::kInlineBytes) {
    char bytes[types::StringRef::kInlineBytes];
    fill(bytes);
    return types::StringRef(bytes, static_cast<uint32_t>(size));
  }
  char* bytes = static_cast<char*>(out.strings().allocate(size));
  fill(bytes);
  return types::StringRef(bytes, static_cast<uint32_t>(size));
}

/// No function makes a longer text out of a short one.
inline constexpr size_t kTextBytesMax = 10u << 20;

/// What the texts that one call makes may take together: a chunk of long ones would fill the memory
/// before anything could stop it, and cells count their bytes in 32 bits.
class TextBudget {
 public:
  /// False, from then on, where `bytes` more are too many.
  bool take(size_t bytes) {
    if (bytes > left_) left_ = 0;
    fits_ = fits_ && bytes <= left_;
    left_ -= fits_ ? bytes : 0;
    return fits_;
  }
  Status status(std::string_view function) const {
    if (fits_) return {};
    return Error(ErrorCode::kLimit,
                 std::string(function) + " makes more than 1 GiB of text at once");
  }

 private:
  size_t left_ = size_t{1} << 30;
  bool fits_ = true;
};

}  // namespace orrery::expr
