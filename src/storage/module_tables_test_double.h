// Tables as modules have them, for tests.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "storage/row_layout.h"
#include "storage/store.h"
#include "storage/table.h"

namespace orrery::storage {

/// BSATN of a product of numbers and strings.
template <class... T>
std::string product(T... fields) {
  ByteWriter w;
  auto put = [&](auto v) {
    if constexpr (std::is_convertible_v<decltype(v), std::string_view>) {
      w.write_prefixed(std::string_view(v));
    } else {
      w.write(v);
    }
  };
  (put(fields), ...);
  return w.buffer();
}

/// BSATN, in the order of a scan.
inline std::vector<std::string> rows_of(const Table& table, const ReadView& view) {
  std::vector<std::string> out;
  TableCursor cursor(table, view);
  RowRef rows[64];
  ReadLatch latch(table);
  while (uint32_t n = cursor.next(rows, nullptr, 64)) {
    for (uint32_t i = 0; i < n; ++i) table.layout().append_bsatn(rows[i], &out.emplace_back());
  }
  return out;
}

/// A set of (a: U32, b: String).
inline TableDef pairs(std::string_view name) {
  TableDef def;
  def.name = name;
  def.columns = {{"a", types::AlgebraicType::u32(), "", "", false},
                 {"b", types::AlgebraicType::string(), "", "", false}};
  def.row_set = true;
  return def;
}

inline SequenceDef sequence(uint16_t column, types::I128 start = 1, types::I128 min = 1,
                     types::I128 max = static_cast<types::I128>(~types::U128{0} >> 1), types::I128 increment = 1) {
  return {"seq" + std::to_string(column), column, start, min, max, increment};
}

}  // namespace orrery::storage
