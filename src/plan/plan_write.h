// INSERT, UPDATE and DELETE: bound and lowered in one go.
#pragma once

#include "plan/context.h"

namespace orrery::plan {

Result<std::unique_ptr<PlannedStatement>> plan_insert(PlanContext& context,
                                                      const sql::InsertStatement& statement);
Result<std::unique_ptr<PlannedStatement>> plan_update(PlanContext& context,
                                                      const sql::UpdateStatement& statement);
Result<std::unique_ptr<PlannedStatement>> plan_delete(PlanContext& context,
                                                      const sql::DeleteStatement& statement);

}  // namespace orrery::plan
