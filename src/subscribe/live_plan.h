// LivePlan: a query that somebody is subscribed to, and Routes: which of them a changed row of a
// table may concern.
//
// Routes are found by value: a plan that wants `column = value` of a table hangs under that value,
// so that a changed row costs one lookup for each such column and not one test for each plan. A
// plan that wants nothing of the changed table itself, but a value of the table that its rows are
// joined with, hangs under that value behind one lookup of the joined row. The rest is tried for
// every row. Private to subscribe; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "base/hash.h"
#include "subscribe/join_plan.h"
#include "subscribe/query_draft.h"
#include "subscribe/subscriptions.h"

namespace orrery::subscribe {

struct QuerySet;

/// Takes result rows with a sign: +1 where they came, -1 where they went.
class ChangedRows {
 public:
  bool empty() const { return rows_.empty(); }
  void clear();
  /// Borrows the bytes until clear().
  void add(std::string_view row, int weight) {
    rows_.push_back({row, weight});
    (weight > 0 ? any_insert_ : any_delete_) = true;
  }
  void add_copy(std::string_view row, int weight) { add(arena_.copy(row), weight); }
  /// Takes rows away that came and went.
  void net();
  Status encode(protocol::RowListBuilder* builder, TableRows* out) const;
  /// Of several for one table: what only comes is told first, what only goes last, so that a row
  /// that leaves one query for another is never away from a client that takes them one by one.
  int turn() const { return any_delete_ ? (any_insert_ ? 1 : 2) : 0; }

 private:
  struct Row {
    std::string_view bytes;
    int64_t weight = 0;
  };
  std::vector<Row> rows_;
  Arena arena_;
  bool any_insert_ = false;
  bool any_delete_ = false;
};

struct LivePlan {
  QueryDraft query;
  uint64_t number = 0;  ///< plans of one table deliver in this order
  std::vector<std::shared_ptr<const JoinPlan>> alternatives;
  std::vector<JoinRun> runs;  ///< by alternative
  bool join = false;
  std::vector<QuerySet*> subscribers;  ///< in order of subscriber and set

  // While one commit is evaluated:
  ChangedRows changed;
  std::unique_ptr<Error> error;
  bool touched = false;
};

struct Route {
  LivePlan* plan = nullptr;
  uint32_t alternative = 0;
  uint32_t relation = 0;
  friend bool operator==(const Route&, const Route&) = default;
};

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view s) const { return hash_bytes(s); }
};
using RouteMap = std::unordered_map<std::string, std::vector<Route>, StringHash, std::equal_to<>>;

/// The routes of one table.
class Routes {
 public:
  explicit Routes(types::AlgebraicType stored_type) : type_(std::move(stored_type)) {}

  void add(const Route& route);
  bool empty() const { return always_.empty() && columns_.empty() && edges_.empty(); }
  /// Appends every route that `row` may concern, each once.
  Status find(std::string_view row, const storage::CommitCapture& commit, std::vector<Route>* out);
  void remove(const Route& route);

 private:
  struct ColumnRoutes {
    uint32_t column = 0;
    uint32_t slot = 0;
    CellType cell = CellType::kU8;
    RouteMap by_value;
  };
  /// Rows are joined by `column` with rows of `other`, which are wanted by their `value_column`.
  struct EdgeRoutes {
    uint32_t column = 0;
    uint32_t slot = 0;
    CellType cell = CellType::kU8;
    std::shared_ptr<storage::Table> other;
    const storage::Index* index = nullptr;
    uint32_t value_column = 0;
    CellType value_cell = CellType::kU8;
    RowShape shape;
    RouteMap by_value;
  };
  bool add_by_column(const Route& route);
  bool add_by_edge(const Route& route);
  void make_shape();
  Status find_by_edge(EdgeRoutes& edge, std::string_view row, const storage::CommitCapture& commit,
                      std::vector<Route>* out);
  Status look_up(EdgeRoutes& edge, std::string_view key, const storage::ReadView& view,
                 std::vector<Route>* out);

  types::AlgebraicType type_;
  std::vector<Route> always_;
  std::vector<ColumnRoutes> columns_;
  std::vector<EdgeRoutes> edges_;
  RowShape shape_;
  std::vector<uint32_t> offsets_;
  std::string scratch_;
};

}  // namespace orrery::subscribe
