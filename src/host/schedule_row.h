// ScheduleRow: what a row of a scheduled table says: its id and when it is due. Stateless.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "schema/module_def.h"

namespace orrery::host {

/// 64^6 - 1 milliseconds: no schedule may be further away.
inline constexpr int64_t kScheduleDelayMicrosMax = ((int64_t{1} << 36) - 1) * 1000;

struct ScheduleRow {
  uint64_t id = 0;
  bool is_interval = false;
  int64_t micros = 0;  ///< the interval, never negative, or the time since 1970
};

/// kDecode where the bytes are not a row of the table.
Result<ScheduleRow> read_schedule_row(const schema::TableDef& table, std::string_view row);

/// The first time after `now` that is a whole number of intervals after `intended`.
int64_t next_tick(int64_t intended, int64_t interval, int64_t now);

}  // namespace orrery::host
