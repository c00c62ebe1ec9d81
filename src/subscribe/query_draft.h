// From query texts to what plans are made from: bound, restricted, with views brought up to date.
// Private to subscribe; on the lane.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "storage/catalog.h"
#include "subscribe/bound_query.h"
#include "subscribe/join_plan.h"
#include "subscribe/subscriptions.h"

namespace orrery::subscribe {

/// Instances of views that are in use; given back when it goes.
class HeldViews {
 public:
  explicit HeldViews(ViewSource& source) : source_(&source) {}
  HeldViews(HeldViews&& other) noexcept
      : source_(other.source_), held_(std::exchange(other.held_, {})) {}
  ~HeldViews() { release(); }

  /// The instance as `caller` sees it; asks for it once. May commit.
  Result<ViewSource::Instance> use(const schema::ViewDef& view, const types::Identity& caller);
  void release();

 private:
  struct Held {
    const schema::ViewDef* view;
    ViewSource::Instance instance;
  };
  ViewSource* source_;
  std::vector<Held> held_;
};

/// One query: what its plans are made from.
struct QueryDraft {
  std::string sql;
  std::vector<BoundQuery> alternatives;               ///< their rows together are the result
  std::vector<std::vector<storage::TableId>> tables;  ///< of the relations of each
  std::string key;  ///< the same for queries that have the same rows for the same reasons
  std::string table_name;
  storage::TableId table = 0;  ///< whose rows it returns
  bool event = false;
};

/// The query, or for SELECT * FROM * one for each table that the viewer may read and that is no
/// event table. Errors say nothing of the text.
Result<std::vector<QueryDraft>> bind_query(const schema::ModuleDef& definition,
                                           const Viewer& viewer, std::string_view sql);
/// Finds the tables and brings the views up to date, which may commit.
Status resolve_tables(const storage::Catalog& catalog, const Viewer& viewer, HeldViews* views,
                      QueryDraft* draft);
Result<std::vector<std::shared_ptr<const JoinPlan>>> make_plans(const QueryDraft& draft,
                                                                const storage::Catalog& catalog,
                                                                PlanUse use);

}  // namespace orrery::subscribe
