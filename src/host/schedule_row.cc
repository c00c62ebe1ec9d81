#include "host/schedule_row.h"

#include <algorithm>
#include <cstring>

#include "types/bsatn.h"

namespace orrery::host {

Result<ScheduleRow> read_schedule_row(const schema::TableDef& table, std::string_view row) {
  ScheduleRow out;
  bool has_time = false;
  bool has_id = false;
  for (uint16_t i = 0; i < table.columns.size(); ++i) {
    ORRERY_TRY_ASSIGN(size_t used, types::bsatn_skip(table.columns[i].resolved_type, row));
    if (i == table.schedule->at_column && used == 1 + sizeof(int64_t)) {
      out.is_interval = row[0] == 0;
      std::memcpy(&out.micros, row.data() + 1, sizeof(out.micros));
      has_time = true;
    }
    if (i == table.schedule->id_column && used == sizeof(uint64_t)) {
      std::memcpy(&out.id, row.data(), sizeof(out.id));
      has_id = true;
    }
    row.remove_prefix(used);
  }
  if (!has_time || !has_id) {
    return Error(ErrorCode::kDecode, "no schedule in a row of table '" + table.qualified_name + "'");
  }
  if (out.is_interval && out.micros < 0) {
    out.micros = out.micros == INT64_MIN ? INT64_MAX : -out.micros;
  }
  return out;
}

int64_t next_tick(int64_t intended, int64_t interval, int64_t now) {
  interval = std::max<int64_t>(interval, 1);
  if (now < intended) return intended;
  const int64_t ticks = (now - intended) / interval + 1;
  int64_t ahead = 0;
  if (__builtin_mul_overflow(ticks, interval, &ahead)) return INT64_MAX;
  return __builtin_add_overflow(intended, ahead, &ahead) ? INT64_MAX : ahead;
}

}  // namespace orrery::host
