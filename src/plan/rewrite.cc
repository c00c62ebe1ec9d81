#include "plan/rewrite.h"

namespace orrery::plan {

RelPtr optimize(PlanContext& context, RelPtr rel) {
  rel = push_down(context, std::move(rel), {});
  return rel;
}

}  // namespace orrery::plan
