#include "exec/run_state.h"

#include "env/environment.h"
#include "exec/cte_store.h"
#include "exec/spill.h"
#include "exec/subqueries.h"

namespace orrery::exec {

RunState::RunState()
    : ctes(std::make_unique<CteStore>(*this)),
      subqueries(std::make_unique<Subqueries>(*this)),
      spill(std::make_unique<SpillSpace>(*this)) {}
RunState::~RunState() = default;

Error RunState::cancel_error() {
  return Error(ErrorCode::kCancelled, "query cancelled");
}

Error RunState::late_error() {
  return Error(ErrorCode::kLimit, "the statement took too long");
}

int64_t RunState::monotonic_nanos() const {
  if (environment == nullptr || environment->clock == nullptr) return 0;
  return environment->clock->monotonic_nanos();
}

}  // namespace orrery::exec
