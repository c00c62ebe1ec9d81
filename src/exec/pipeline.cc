#include "exec/pipeline.h"

#include "exec/run_state.h"

namespace orrery::exec {

Status Pipeline::open(uint64_t row_goal) {
  slots_.assign(operators.size(), Slot{});
  finish_at_ = 0;
  source_done_ = false;
  const size_t may_skip = source->can_leave_out() ? first_to_count() : operators.size();
  uint64_t skip = 0;
  for (size_t i = operators.size(); i-- > 0;) {
    ORRERY_TRY(operators[i]->open());
    if (i == may_skip) skip = operators[i]->take_offset();
    row_goal = operators[i]->input_goal(row_goal);
  }
  ORRERY_TRY(source->open(row_goal));
  return skip == 0 ? Status() : source->leave_out(skip);
}

/// The first operator that more or fewer rows may leave than enter.
size_t Pipeline::first_to_count() const {
  size_t i = 0;
  while (i < operators.size() && operators[i]->keeps_row_count()) ++i;
  return i;
}

void Pipeline::count(uint32_t node, const types::Chunk* out, int64_t started) {
  if (node >= run_.counters.size()) return;
  plan::NodeCounters& c = run_.counters[node];
  if (out != nullptr) c.rows += out->size();
  c.nanos += static_cast<uint64_t>(run_.monotonic_nanos() - started);
}

Status Pipeline::pull(types::Chunk** out) {
  if (!run_.collect_counters) return source->next(out);
  int64_t started = run_.monotonic_nanos();
  ORRERY_TRY(source->next(out));
  count(source->node_id, *out, started);
  return {};
}

Result<Flow> Pipeline::push(size_t at, types::Chunk& in, types::Chunk** out) {
  if (!run_.collect_counters) return operators[at]->process(in, out);
  int64_t started = run_.monotonic_nanos();
  Result<Flow> flow = operators[at]->process(in, out);
  if (flow) count(operators[at]->node_id, *out, started);
  return flow;
}

Result<Flow> Pipeline::drain(size_t at, types::Chunk** out) {
  if (!run_.collect_counters) return operators[at]->finish(out);
  int64_t started = run_.monotonic_nanos();
  Result<Flow> flow = operators[at]->finish(out);
  if (flow) count(operators[at]->node_id, *out, started);
  return flow;
}

Status Pipeline::next(types::Chunk** out) {
  const size_t n = operators.size();
  for (;;) {
    // Here and not where input is pulled: a join makes any number of chunks of one input.
    ORRERY_TRY(run_.check_cancelled());
    // The last operator with something left comes first: chunks of earlier ones stay good.
    size_t at = n;
    while (at > finish_at_ && !slots_[at - 1].has_more) --at;
    types::Chunk* chunk = nullptr;
    if (at > finish_at_) {
      --at;
      chunk = slots_[at].input;
    } else if (!source_done_) {
      ORRERY_TRY(pull(&chunk));
      if (chunk == nullptr) {
        source_done_ = true;
        continue;
      }
      if (chunk->size() == 0) continue;
      at = 0;
    } else if (finish_at_ < n) {
      at = finish_at_;
      ORRERY_TRY_ASSIGN(Flow flow, drain(at, &chunk));
      if (flow != Flow::kHaveMore) ++finish_at_;
      if (chunk == nullptr || chunk->size() == 0) continue;
      ++at;
    } else {
      *out = nullptr;
      return {};
    }
    for (; at < n; ++at) {
      types::Chunk* made = nullptr;
      ORRERY_TRY_ASSIGN(Flow flow, push(at, *chunk, &made));
      slots_[at] = {chunk, flow == Flow::kHaveMore};
      if (flow == Flow::kFinished) {
        source_done_ = true;
        if (finish_at_ < at + 1) finish_at_ = at + 1;
      }
      chunk = made;
      if (chunk == nullptr || chunk->size() == 0) break;
    }
    if (at == n) {
      *out = chunk;
      return {};
    }
  }
}

void Pipeline::set_bound(const RowBound* bound) {
  for (const auto& op : operators) {
    if (!op->only_drops_rows()) return;
  }
  source->set_bound(bound);
}

Status Pipeline::run(Sink& sink) {
  for (;;) {
    types::Chunk* chunk = nullptr;
    ORRERY_TRY(next(&chunk));
    if (chunk == nullptr) return {};
    ORRERY_TRY_ASSIGN(Flow flow, sink.consume(*chunk));
    if (flow == Flow::kFinished) return {};
  }
}

}  // namespace orrery::exec
