#include "plan/plan.h"

namespace orrery::plan {

// What is prepared refers to the plan's nodes, so it goes first.
PlannedStatement::~PlannedStatement() { delete prepared.load(); }

}  // namespace orrery::plan
