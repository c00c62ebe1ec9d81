// CteStore: the rows of a statement's CTEs, computed when first read, and the working tables of
// recursive ones. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "exec/pipeline.h"
#include "exec/row_spool.h"
#include "exec/run_state.h"
#include "plan/plan.h"

namespace orrery::exec {

class CteStore {
 public:
  explicit CteStore(RunState& run) : run_(run) {}
  /// Builds its pipeline; `scope` is that of the plan that declares it.
  Status declare(const plan::CtePlan& cte, Scope& scope);
  /// Its rows must be computed anew.
  void invalidate(uint32_t id);
  /// The rows, computed now where they are not yet.
  Result<const RowSpool*> rows(uint32_t id);
  /// Names the rows that scans of a recursive `id` read from now on.
  void set_working_table(uint32_t id, const RowSpool* rows);

 private:
  struct Entry final : Sink {
    Result<Flow> consume(types::Chunk& in) override;
    RunState* run = nullptr;
    std::unique_ptr<Pipeline> pipeline;
    RowSpool spool;
    MemoryBudget::Held held;
    bool ready = false;
    bool running = false;
    const RowSpool* working = nullptr;
  };
  Entry& entry(uint32_t id);

  RunState& run_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace orrery::exec
