// BufferedJoin: a join whose right rows lie in a RowBuffer. Not thread-safe.
#pragma once

#include "exec/column_buffer.h"
#include "exec/match_join.h"

namespace orrery::exec {

class BufferedJoin : public MatchJoin {
 protected:
  using MatchJoin::MatchJoin;
  virtual const RowBuffer& right_rows() const = 0;
  void gather_right(const uint32_t* rows, uint32_t n, types::Chunk* out) final;
  void mark_matched(const uint32_t* rows, uint32_t n) final;
  uint32_t unmatched_rows(uint32_t* from, uint32_t* rows, uint32_t max) final;
  void clear_matched() { right_matched_.clear(); }

 private:
  std::vector<uint8_t> right_matched_;
};

}  // namespace orrery::exec
