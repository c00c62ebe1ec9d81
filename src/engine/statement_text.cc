#include "engine/statement_text.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/utf8.h"
#include "plan/planner.h"

namespace orrery::engine {
namespace {

/// Statements whose parameters change between NULL and not have this many variants at most.
constexpr size_t kPlansPerStatementMax = 8;
/// Longer texts are mostly bulk data that will not come again.
constexpr size_t kCachedTextBytesMax = 16 << 10;

bool is_good_for(const plan::PlannedStatement& plan, uint64_t catalog_version,
                 std::span<const types::Datum> parameters) {
  if (plan.catalog_version != catalog_version) return false;
  if (plan.parameter_types.size() < parameters.size()) return false;
  for (size_t i = 0; i < plan.parameter_types.size(); ++i) {
    // A plan for values of a type is good for NULL too.
    if (i >= parameters.size() || parameters[i].is_null()) continue;
    if (plan.parameter_types[i] != parameters[i].type()) return false;
  }
  return true;
}

}  // namespace

Result<std::shared_ptr<StatementText>> StatementText::parse(std::string_view sql,
                                                            sql::UnknownStatement unknown) {
  if (const size_t valid = utf8_valid_prefix(sql); valid != sql.size()) {
    return Error(ErrorCode::kParse,
                 "invalid UTF-8 in SQL: byte " + std::to_string(valid) + " begins no character");
  }
  sql::ParseOptions options;
  options.unknown_statement = unknown;
  ORRERY_TRY_ASSIGN(std::vector<sql::StatementPtr> parsed, sql::parse_script(sql, options));
  auto text = std::make_shared<StatementText>();
  text->sql_ = std::string(sql);
  for (sql::StatementPtr& statement : parsed) {
    text->parameter_count_ = std::max(text->parameter_count_, statement->parameter_count);
    text->statements_.push_back({std::move(statement), {}});
  }
  return text;
}

bool StatementText::is_plannable(sql::StatementKind kind) {
  switch (kind) {
    case sql::StatementKind::kSelect:
    case sql::StatementKind::kInsert:
    case sql::StatementKind::kUpdate:
    case sql::StatementKind::kDelete:
    case sql::StatementKind::kExpression:
      return true;
    default:
      return false;
  }
}

PlanPtr StatementText::find_plan(size_t index, uint64_t store_epoch, uint64_t catalog_version,
                                 std::span<const types::Datum> parameters) {
  if (store_epoch != store_epoch_) return nullptr;
  std::vector<PlanPtr>& plans = statements_[index].plans;
  for (size_t i = 0; i < plans.size(); ++i) {
    if (!is_good_for(*plans[i], catalog_version, parameters)) continue;
    if (plan::plan_is_outdated(*plans[i])) return nullptr;
    if (i > 0) std::swap(plans[0], plans[i]);
    return plans[0];
  }
  return nullptr;
}

Result<PlanPtr> StatementText::make_plan(size_t index, uint64_t store_epoch,
                                         const std::shared_ptr<const storage::Catalog>& catalog,
                                         std::span<const types::Datum> parameters) {
  if (store_epoch != store_epoch_) {
    for (Entry& other : statements_) other.plans.clear();
    store_epoch_ = store_epoch;
  }
  Entry& entry = statements_[index];
  std::vector<types::TypeId> types;
  types.reserve(parameters.size());
  for (const types::Datum& value : parameters) types.push_back(value.type());
  plan::PlannerInput input;
  input.catalog = catalog;
  input.parameters = types;
  ORRERY_TRY_ASSIGN(std::unique_ptr<plan::PlannedStatement> planned,
                    plan::plan_statement(*entry.ast, input));
  // Plans of older catalogs will never be asked for again, nor those for other sizes of tables.
  std::erase_if(entry.plans, [&](const PlanPtr& old) {
    return old->catalog_version != catalog->version() || plan::plan_is_outdated(*old);
  });
  if (entry.plans.size() >= kPlansPerStatementMax) entry.plans.pop_back();
  entry.plans.insert(entry.plans.begin(), PlanPtr(std::move(planned)));
  return entry.plans.front();
}

size_t StatementCache::Hash::operator()(std::string_view text) const {
  return static_cast<size_t>(hash_bytes(text));
}

Result<std::shared_ptr<StatementText>> StatementCache::get(std::string_view sql) {
  if (auto found = entries_.find(sql); found != entries_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second);
    return recent_.front();
  }
  ORRERY_TRY_ASSIGN(std::shared_ptr<StatementText> text,
                    StatementText::parse(sql, sql::UnknownStatement::kExpression));
  if (sql.size() > kCachedTextBytesMax) return text;
  if (entries_.size() >= capacity_) {
    entries_.erase(recent_.back()->sql());
    recent_.pop_back();
  }
  recent_.push_front(text);
  entries_.emplace(recent_.front()->sql(), recent_.begin());
  return text;
}

}  // namespace orrery::engine
