// Aggregates that a table or its indexes know without reading rows.
#pragma once

#include "exec/run_state.h"
#include "plan/plan.h"
#include "types/vector.h"

namespace orrery::exec {

/// True (and the one row of the result in `out`) where every aggregate of `node` is known exactly:
/// COUNT(*) of a whole table, COUNT(DISTINCT c) of an indexed column.
bool answer_from_metadata(const plan::AggregateNode& node, const RunState& run, types::Chunk* out);

}  // namespace orrery::exec
