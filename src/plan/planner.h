// Binder and planner: syntax tree in, physical plan out.
//
// Names are resolved against one catalog; parameters get the types of the values at hand. Errors
// carry the position in the SQL text. Thread-safety: free functions without state.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "sql/ast.h"
#include "storage/catalog.h"

namespace orrery::plan {

struct PlannerInput {
  std::shared_ptr<const storage::Catalog> catalog;
  /// Type of each parameter value; a parameter past the end is NULL.
  std::span<const types::TypeId> parameters;
};

/// SELECT, INSERT, UPDATE, DELETE and expression statements. Anything else is kInternal.
Result<std::unique_ptr<PlannedStatement>> plan_statement(const sql::Statement& statement,
                                                         const PlannerInput& input);
/// A query by itself (CREATE TABLE AS, COPY, view validation).
Result<std::unique_ptr<PlannedStatement>> plan_query(const sql::Query& query,
                                                     const PlannerInput& input);

/// True where a table of the plan has more than 4 times as many or as few rows as when it was made,
/// so that making it again may pay. A glance at each table; at none for plans good at any size.
bool plan_is_outdated(const PlannedStatement& statement);

/// Binds an expression that may use no columns (DEFAULT, PRAGMA values).
Result<expr::ExprPtr> bind_constant(const sql::Expr& expr, const PlannerInput& input);
/// Binds a CHECK text over the columns of a table.
Result<expr::ExprPtr> bind_check(std::string_view sql, const storage::TableDef& table);
/// Binds a DEFAULT text; an empty one gives a NULL constant.
Result<expr::ExprPtr> bind_default(std::string_view sql);

}  // namespace orrery::plan
