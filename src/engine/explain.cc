// EXPLAIN and EXPLAIN ANALYZE.
#include <string>
#include <utility>
#include <vector>

#include "engine/dispatch.h"
#include "plan/explain.h"
#include "plan/planner.h"
#include "sql/to_sql.h"

namespace orrery::engine {
namespace {

Rows plan_lines(const std::vector<std::string>& lines) {
  ResultTable out({{"plan", types::TypeId::kText, false}});
  for (const std::string& line : lines) {
    const types::Datum row[] = {types::Datum::text(line)};
    out.add_row(row);
  }
  return out.finish();
}

}  // namespace

Result<Rows> run_explain(const StatementContext& context, const sql::ExplainStatement& statement) {
  if (statement.statement == nullptr) return Rows();
  const sql::Statement& inner = *statement.statement;
  if (!StatementText::is_plannable(inner.kind)) {
    if (statement.analyze) {
      return Error(ErrorCode::kNotSupported,
                   "not supported: EXPLAIN ANALYZE of a statement without a plan");
    }
    return plan_lines({"Statement: " + sql::to_sql(inner)});
  }
  std::vector<types::TypeId> types;
  for (const types::Datum& parameter : context.parameters) types.push_back(parameter.type());
  plan::PlannerInput input;
  input.catalog = context.session.catalog();
  input.parameters = types;
  Result<std::unique_ptr<plan::PlannedStatement>> planned = plan::plan_statement(inner, input);
  if (!planned) {
    // Programs expect EXPLAIN to answer with rows whatever the statement names.
    if (statement.analyze) return std::move(planned).error();
    return plan_lines({"Error: " + planned.error().message()});
  }
  PlanPtr plan(*std::move(planned));
  if (!statement.analyze) return plan_lines(plan::explain(*plan, {}, 0));
  ORRERY_TRY_ASSIGN(AnalyzedRun run,
                    run_analyzed(context.session.target(), plan, context.parameters));
  return plan_lines(plan::explain(*plan, run.counters, run.total_nanos));
}

}  // namespace orrery::engine
