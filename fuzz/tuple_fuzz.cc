// Input: a packed tuple. What is read must be packed and read again as the same, and sort alike.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "fdb/layers/subspace.h"
#include "fdb/layers/tuple_pack.h"
#include "fdb/layers/tuple_reader.h"

namespace {

using namespace orrery::fdb;

/// Nullopt where the tuple has versionstamps that are to be filled in.
std::optional<std::string> packed_again(const Tuple& tuple) {
  Result<std::string> packed = tuple::pack(tuple);
  ORRERY_ASSERT(packed.has_value() == (tuple::incomplete_versionstamps(tuple) == 0));
  if (!packed) return std::nullopt;
  return *std::move(packed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string_view first_half = bytes.substr(0, size / 2);
  Result<Tuple> whole = tuple::unpack(bytes);
  Result<Tuple> half = tuple::unpack(first_half);
  (void)tuple::unpack_as<int64_t, std::string, std::optional<double>>(bytes);
  if (!whole) return 0;
  auto again = packed_again(*whole);
  if (!again) return 0;
  ORRERY_ASSERT(*tuple::unpack(*again) == *whole);
  ORRERY_ASSERT(tuple::range(*whole)->begin == *again + '\0');
  ORRERY_ASSERT(*Subspace("p").unpack("p" + *again) == *whole);
  if (!half) return 0;
  if (auto half_again = packed_again(*half)) {
    ORRERY_ASSERT((*half <=> *whole) == (*half_again <=> *again));
  }
  return 0;
}
