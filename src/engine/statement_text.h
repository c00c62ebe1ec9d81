// StatementText: SQL text parsed once, with the plans made of it. StatementCache: the texts that a
// session used last.
//
// A plan is good for one catalog and one list of parameter types; a few of them are kept per
// statement, the one used last first. Not thread-safe: guarded by the session.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "sql/ast.h"
#include "sql/parser.h"
#include "storage/catalog.h"
#include "types/datum.h"

namespace orrery::engine {

using PlanPtr = std::shared_ptr<const plan::PlannedStatement>;

class StatementText {
 public:
  static Result<std::shared_ptr<StatementText>> parse(std::string_view sql,
                                                      sql::UnknownStatement unknown);

  const std::string& sql() const { return sql_; }
  size_t statement_count() const { return statements_.size(); }
  const sql::Statement& statement(size_t index) const { return *statements_[index].ast; }
  /// How many values must be given at least.
  uint32_t parameter_count() const { return parameter_count_; }

  /// The plan kept for statement `index`, this catalog and parameters of these types, or null.
  /// `store_epoch` tells stores apart whose catalogs may have the same version.
  PlanPtr find_plan(size_t index, uint64_t store_epoch, uint64_t catalog_version,
                    std::span<const types::Datum> parameters);
  /// Plans statement `index` and keeps the plan.
  Result<PlanPtr> make_plan(size_t index, uint64_t store_epoch,
                            const std::shared_ptr<const storage::Catalog>& catalog,
                            std::span<const types::Datum> parameters);
  /// True where make_plan() accepts the statement.
  static bool is_plannable(sql::StatementKind kind);

 private:
  struct Entry {
    sql::StatementPtr ast;
    std::vector<PlanPtr> plans;
  };
  std::string sql_;
  std::vector<Entry> statements_;
  uint32_t parameter_count_ = 0;
  uint64_t store_epoch_ = 0;  ///< of all plans
};

class StatementCache {
 public:
  explicit StatementCache(size_t capacity) : capacity_(capacity) {}
  /// The text parsed, from the cache where it is there. Long texts are not kept.
  Result<std::shared_ptr<StatementText>> get(std::string_view sql);
  size_t size() const { return entries_.size(); }

 private:
  struct Hash {
    size_t operator()(std::string_view text) const;
  };
  using List = std::list<std::shared_ptr<StatementText>>;
  size_t capacity_;
  List recent_;  ///< the one used last first
  std::unordered_map<std::string_view, List::iterator, Hash> entries_;
};

}  // namespace orrery::engine
