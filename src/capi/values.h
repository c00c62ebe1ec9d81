// Parameter values of the C interface as cells of the engine. Borrows the caller's bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/parameters.h"
#include "orrery/stoolap.h"
#include "types/datum.h"

namespace orrery::capi {

types::Datum to_datum(const StoolapValue& value);

/// The cells of a list of values; a few of them without allocation.
class BoundValues {
 public:
  BoundValues(const StoolapValue* values, int64_t count);
  BoundValues(const BoundValues&) = delete;
  BoundValues& operator=(const BoundValues&) = delete;
  std::span<const types::Datum> values() const {
    return {many_ == nullptr ? few_ : many_.get(), count_};
  }

 private:
  static constexpr size_t kFew = 8;
  types::Datum few_[kFew];
  std::unique_ptr<types::Datum[]> many_;
  size_t count_ = 0;
};

/// Entries without a usable name are left out.
std::vector<engine::NamedValue> to_named_values(const StoolapNamedParam* params, int32_t count);

}  // namespace orrery::capi
