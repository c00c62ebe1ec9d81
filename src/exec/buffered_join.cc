#include "exec/buffered_join.h"

namespace orrery::exec {

void BufferedJoin::gather_right(const uint32_t* rows, uint32_t n, types::Chunk* out) {
  const RowBuffer& buffer = right_rows();
  for (size_t c = 0; c < right_types_.size(); ++c) {
    types::Vector& v = out->columns[left_types_.size() + c];
    v.reset(right_types_[c], capacity_for(n));
    buffer.column(c).gather(rows, n, &v, 0);
    buffer.column(c).hold_strings(&v);
  }
}

void BufferedJoin::mark_matched(const uint32_t* rows, uint32_t n) {
  right_matched_.resize(right_rows().size());
  for (uint32_t i = 0; i < n; ++i) {
    if (rows[i] != kNoRow) right_matched_[rows[i]] = 1;
  }
}

uint32_t BufferedJoin::unmatched_rows(uint32_t* from, uint32_t* rows, uint32_t max) {
  const uint32_t size = right_rows().size();
  right_matched_.resize(size);
  uint32_t n = 0;
  for (; *from < size && n < max; ++*from) {
    if (right_matched_[*from] == 0) rows[n++] = *from;
  }
  return n;
}

}  // namespace orrery::exec
