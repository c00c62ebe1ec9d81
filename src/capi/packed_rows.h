// The packed form of a result: all rows in one buffer (layout: include/orrery/stoolap.h,
// stoolap_rows_fetch_all).
#pragma once

#include <cstdint>

#include "base/result.h"
#include "engine/rows.h"

namespace orrery::capi {

struct PackedRows {
  uint8_t* bytes = nullptr;  ///< of malloc; the receiver's
  uint64_t size = 0;
};

/// Packs the rows not yet stepped over.
Result<PackedRows> pack_rows(engine::Rows& rows);

}  // namespace orrery::capi
