#include "plan/explain.h"

#include <cstdio>
#include <functional>
#include <unordered_set>

namespace orrery::plan {

using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;

namespace {

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof(text), v < 10 && v != static_cast<int64_t>(v) ? "%.2f" : "%.0f", v);
  return text;
}

std::string duration(uint64_t nanos) {
  char text[40];
  double v = static_cast<double>(nanos);
  if (v < 1e6) {
    std::snprintf(text, sizeof(text), "%.2f\xC2\xB5s", v / 1e3);
  } else if (v < 1e9) {
    std::snprintf(text, sizeof(text), "%.2fms", v / 1e6);
  } else {
    std::snprintf(text, sizeof(text), "%.2fs", v / 1e9);
  }
  return text;
}

std::vector<std::string> names_of(const PlanNode& node) {
  std::vector<std::string> names;
  for (const OutputColumn& column : node.output) names.push_back(column.name);
  return names;
}

std::string_view join_name(JoinType type) {
  switch (type) {
    case JoinType::kInner:
      return "INNER Join";
    case JoinType::kLeft:
      return "LEFT Join";
    case JoinType::kRight:
      return "RIGHT Join";
    case JoinType::kFull:
      return "FULL Join";
    case JoinType::kSemi:
      return "SEMI Join";
    case JoinType::kAnti:
      return "ANTI Join";
    case JoinType::kNullAwareAnti:
      return "ANTI Join, NULL-aware";
  }
  return "";
}

std::string_view set_name(SetOperation op) {
  switch (op) {
    case SetOperation::kUnionAll:
      return "Union All";
    case SetOperation::kUnion:
      return "Union";
    case SetOperation::kIntersect:
      return "Intersect";
    case SetOperation::kIntersectAll:
      return "Intersect All";
    case SetOperation::kExcept:
      return "Except";
    case SetOperation::kExceptAll:
      return "Except All";
  }
  return "";
}

const storage::Index* find_index(const storage::Table& table, storage::IndexId id) {
  for (const auto& index : table.indexes()) {
    if (index->def().id == id) return index.get();
  }
  return nullptr;
}

std::string index_name(const storage::Table& table, const storage::Index& index) {
  const storage::IndexDef& def = index.def();
  if (!def.primary) return def.name;
  return "__pk_" + table.def().name + "_" + table.def().columns[def.columns[0]].name;
}

class Printer {
 public:
  Printer(std::span<const NodeCounters> counters) : counters_(counters) {}

  std::vector<std::string> take() { return std::move(lines_); }
  void line(std::string text) { lines_.push_back(std::move(text)); }

  void node(const PlanNode& n, size_t depth) {
    switch (n.kind) {
      case NodeKind::kScan:
        return scan(static_cast<const ScanNode&>(n), depth);
      case NodeKind::kValues:
        return values(static_cast<const ValuesNode&>(n), depth);
      case NodeKind::kGenerateSeries:
        title(n, depth, "Function Scan on generate_series");
        return args(n, static_cast<const GenerateSeriesNode&>(n).arguments, "Arguments", depth);
      case NodeKind::kCteScan:
        return title(n, depth, "CTE Scan on " + static_cast<const CteScanNode&>(n).name);
      case NodeKind::kFilter:
        return filter(static_cast<const FilterNode&>(n), depth);
      case NodeKind::kProject:
        return project(static_cast<const ProjectNode&>(n), depth);
      case NodeKind::kHashJoin:
        return hash_join(static_cast<const HashJoinNode&>(n), depth);
      case NodeKind::kNestedLoopJoin:
        return nested_loop(static_cast<const NestedLoopJoinNode&>(n), depth);
      case NodeKind::kIndexJoin:
        return index_join(static_cast<const IndexJoinNode&>(n), depth);
      case NodeKind::kAggregate:
        return aggregate(static_cast<const AggregateNode&>(n), depth);
      case NodeKind::kDistinct:
        title(n, depth, "Distinct");
        return children(n, depth);
      case NodeKind::kSort:
        return sort(static_cast<const SortNode&>(n), depth);
      case NodeKind::kLimit:
        return limit(static_cast<const LimitNode&>(n), depth);
      case NodeKind::kWindow:
        return window(static_cast<const WindowNode&>(n), depth);
      case NodeKind::kSetOperation:
        title(n, depth, std::string(set_name(static_cast<const SetOperationNode&>(n).op)));
        return children(n, depth);
      case NodeKind::kRecursive:
        title(n, depth, "Recursive Union");
        return children(n, depth);
      case NodeKind::kInsert:
      case NodeKind::kUpdate:
      case NodeKind::kDelete:
        return children(n, depth);
    }
  }

  void detail(size_t depth, const std::string& text) {
    lines_.push_back(std::string(depth * 4 + 5, ' ') + text);
  }

  void ctes(const std::vector<CtePlan>& list, size_t depth) {
    for (const CtePlan& cte : list) {
      lines_.push_back(std::string(depth * 4 + 2, ' ') + "CTE " + cte.name);
      node(*cte.root, depth + 1);
    }
  }

 private:
  void title(const PlanNode& n, size_t depth, const std::string& text) {
    std::string out(depth * 4 + 2, ' ');
    out += "-> " + text + " (cost=" + number(n.estimated_cost) + " rows=" +
           number(n.estimated_rows) + ")";
    if (n.id < counters_.size()) {
      out += " (actual rows=" + std::to_string(counters_[n.id].rows) + ")";
    }
    lines_.push_back(std::move(out));
  }

  void children(const PlanNode& n, size_t depth) {
    for (const PlanNodePtr& child : n.children) node(*child, depth + 1);
  }

  std::string text(const Expr& e, const std::vector<std::string>& names) {
    return expr::to_text(e, names);
  }

  std::string enclosed(const Expr& e, const std::vector<std::string>& names) {
    std::string out = text(e, names);
    return out.empty() || out[0] != '(' ? "(" + out + ")" : out;
  }

  void subplans(const Expr& e, size_t depth) {
    if (e.kind == ExprKind::kSubquery && e.subplan && shown_.insert(e.subplan.get()).second) {
      detail(depth, e.subplan->correlated ? "SubPlan (correlated)" : "SubPlan");
      ctes(e.subplan->ctes, depth + 2);
      node(*e.subplan->root, depth + 2);
    }
    for (const ExprPtr& arg : e.args) subplans(*arg, depth);
  }

  void condition(const ExprPtr& e, const char* label, const std::vector<std::string>& names,
                 size_t depth) {
    if (!e) return;
    detail(depth, std::string(label) + ": " + enclosed(*e, names));
    subplans(*e, depth);
  }

  void args(const PlanNode&, const std::vector<ExprPtr>& list, const char* label, size_t depth) {
    std::string out;
    for (const ExprPtr& e : list) out += (out.empty() ? "" : ", ") + text(*e, {});
    detail(depth, std::string(label) + ": " + out);
  }

  std::string range_text(const IndexRange& range, const storage::Table& table,
                         const storage::Index& index) {
    std::string out;
    auto column = [&](size_t i) { return table.def().columns[index.def().columns[i]].name; };
    for (size_t i = 0; i < range.equal.size(); ++i) {
      if (!out.empty()) out += " AND ";
      out += column(i) + " = " + text(*range.equal[i], {});
    }
    bool lower = range.lower_kind != storage::BoundKind::kUnbounded;
    bool upper = range.upper_kind != storage::BoundKind::kUnbounded;
    if ((lower || upper) && !out.empty()) out += " AND ";
    if (lower || upper) out += column(range.equal.size());
    if (lower) {
      out += range.lower_kind == storage::BoundKind::kIncluded ? " >= " : " > ";
      out += text(*range.lower, {});
    }
    if (lower && upper) out += " AND";
    if (upper) {
      out += range.upper_kind == storage::BoundKind::kIncluded ? " <= " : " < ";
      out += text(*range.upper, {});
    }
    return out;
  }

  std::string ranges_text(const IndexPath& path, const storage::Table& table,
                          const storage::Index& index) {
    constexpr size_t kShown = 20;
    std::string out;
    for (size_t i = 0; i < path.ranges.size(); ++i) {
      if (i == kShown) return out + " OR ...";
      if (i > 0) out += " OR ";
      out += range_text(path.ranges[i], table, index);
    }
    return out;
  }

  void scan(const ScanNode& n, size_t depth) {
    const std::string& table = n.table->def().name;
    const storage::Index* index =
        n.paths.empty() ? nullptr : find_index(*n.table, n.paths[0].index);
    if (index == nullptr) {
      title(n, depth, "Seq Scan on " + table);
    } else if (n.paths.size() > 1) {
      title(n, depth, "Multi-Index Scan on " + table + " (OR)");
    } else if (is_lookup(n, *index)) {
      title(n, depth, "PK Lookup on " + table);
    } else {
      std::string how = n.distinct_first_key ? "Index Skip Scan" : "Index Scan";
      if (n.direction == storage::Direction::kBackward) how += " Backward";
      title(n, depth, how + " using " + index_name(*n.table, *index) + " on " + table);
    }
    if (!n.alias.empty() && n.alias != table) detail(depth, "Alias: " + n.alias);
    for (const IndexPath& path : n.paths) {
      const storage::Index* used = find_index(*n.table, path.index);
      if (used == nullptr) continue;
      std::string ranges = ranges_text(path, *n.table, *used);
      if (ranges.empty()) continue;
      if (n.paths.size() > 1) {
        detail(depth, "  -> " + index_name(*n.table, *used) + ": " + ranges);
      } else if (is_lookup(n, *index)) {
        detail(depth, "  " + ranges);
      } else {
        detail(depth, "  Index Cond: " + ranges);
      }
      for (const IndexRange& range : path.ranges) {
        for (const ExprPtr& e : range.equal) subplans(*e, depth);
        if (range.lower) subplans(*range.lower, depth);
        if (range.upper) subplans(*range.upper, depth);
      }
    }
    condition(n.filter, "  Filter", names_of(n), depth);
  }

  static bool is_lookup(const ScanNode& n, const storage::Index& index) {
    if (!index.def().primary || n.paths[0].ranges.size() != 1) return false;
    return n.paths[0].ranges[0].equal.size() == index.def().columns.size();
  }

  void values(const ValuesNode& n, size_t depth) {
    if (n.rows.size() == 1 && n.rows[0].empty()) return title(n, depth, "Result");
    title(n, depth, "Values: " + std::to_string(n.rows.size()) + " row(s)");
    for (const auto& row : n.rows) {
      for (const ExprPtr& e : row) subplans(*e, depth);
    }
  }

  void filter(const FilterNode& n, size_t depth) {
    title(n, depth, "Filter");
    condition(n.condition, "  Filter", names_of(*n.children[0]), depth);
    children(n, depth);
  }

  void project(const ProjectNode& n, size_t depth) {
    title(n, depth, "Project");
    std::vector<std::string> names = names_of(*n.children[0]);
    std::string out;
    for (const ExprPtr& e : n.exprs) out += (out.empty() ? "" : ", ") + text(*e, names);
    detail(depth, "Columns: " + out);
    for (const ExprPtr& e : n.exprs) subplans(*e, depth);
    children(n, depth);
  }

  void hash_join(const HashJoinNode& n, size_t depth) {
    title(n, depth, "Hash Join (" + std::string(join_name(n.type)) + ")");
    std::vector<std::string> left = names_of(*n.children[0]);
    std::vector<std::string> right = names_of(*n.children[1]);
    std::string out;
    for (size_t i = 0; i < n.left_keys.size(); ++i) {
      out += i > 0 ? " AND " : "";
      out += text(*n.left_keys[i], left) + " = " + text(*n.right_keys[i], right);
    }
    detail(depth, "Join Cond: (" + out + ")");
    left.insert(left.end(), right.begin(), right.end());
    condition(n.residual, "Join Filter", left, depth);
    children(n, depth);
  }

  void nested_loop(const NestedLoopJoinNode& n, size_t depth) {
    title(n, depth,
          std::string(n.lateral ? "Lateral Nested Loop (" : "Nested Loop (") +
              std::string(join_name(n.type)) + ")");
    std::vector<std::string> both = names_of(*n.children[0]);
    std::vector<std::string> right = names_of(*n.children[1]);
    both.insert(both.end(), right.begin(), right.end());
    condition(n.condition, "Join Cond", both, depth);
    children(n, depth);
  }

  void index_join(const IndexJoinNode& n, size_t depth) {
    const storage::Index* index = find_index(*n.table, n.index);
    title(n, depth, "Index Nested Loop (" + std::string(join_name(n.type)) + ")");
    std::vector<std::string> names = names_of(*n.children[0]);
    std::string out;
    for (size_t i = 0; i < n.keys.size() && index != nullptr; ++i) {
      out += i > 0 ? " AND " : "";
      out += n.alias + "." + n.table->def().columns[index->def().columns[i]].name + " = " +
             text(*n.keys[i], names);
    }
    detail(depth, "Join Cond: (" + out + ")");
    for (const ExprPtr& key : n.keys) subplans(*key, depth);
    for (uint32_t column : n.columns) names.push_back(n.table->def().columns[column].name);
    condition(n.residual, "Join Filter", names, depth);
    children(n, depth);
    if (index == nullptr) return;
    detail(depth, "Inner: Index Scan using " + index_name(*n.table, *index) + " on " +
                      n.table->def().name);
  }

  void aggregate(const AggregateNode& n, size_t depth) {
    std::string how = n.groups.empty() ? "Aggregate"
                      : n.input_sorted ? "Streaming Aggregate"
                                       : "Hash Aggregate";
    if (!n.grouping_sets.empty()) how = "Grouping Sets";
    title(n, depth, how);
    std::vector<std::string> names = names_of(*n.children[0]);
    std::string out;
    for (const ExprPtr& e : n.groups) out += (out.empty() ? "" : ", ") + text(*e, names);
    if (!out.empty()) detail(depth, "Group By: " + out);
    for (const AggregateCall& call : n.aggregates) {
      for (const ExprPtr& arg : call.args) subplans(*arg, depth);
    }
    children(n, depth);
  }

  std::string keys_text(const std::vector<SortKey>& keys, const std::vector<std::string>& names) {
    std::string out;
    for (const SortKey& key : keys) {
      out += out.empty() ? "" : ", ";
      out += text(*key.expr, names);
      if (key.descending) out += " DESC";
      if (key.nulls_first != key.descending) out += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
    return out;
  }

  void sort(const SortNode& n, size_t depth) {
    title(n, depth, n.limit ? "Top-N Sort" : "Sort");
    std::vector<std::string> names = names_of(*n.children[0]);
    detail(depth, "Order By: " + keys_text(n.keys, names));
    if (n.sorted_prefix > 0) detail(depth, "Presorted: " + std::to_string(n.sorted_prefix));
    children(n, depth);
  }

  void limit(const LimitNode& n, size_t depth) {
    title(n, depth, "Limit");
    if (n.limit) detail(depth, "Limit: " + text(*n.limit, {}));
    if (n.offset) detail(depth, "Offset: " + text(*n.offset, {}));
    children(n, depth);
  }

  void window(const WindowNode& n, size_t depth) {
    title(n, depth, n.input_sorted ? "Streaming Window" : "Window");
    std::vector<std::string> names = names_of(*n.children[0]);
    std::string partition;
    for (const ExprPtr& e : n.partition_by) {
      partition += (partition.empty() ? "" : ", ") + text(*e, names);
    }
    if (!partition.empty()) detail(depth, "Partition By: " + partition);
    if (!n.order_by.empty()) detail(depth, "Order By: " + keys_text(n.order_by, names));
    children(n, depth);
  }

  std::span<const NodeCounters> counters_;
  std::vector<std::string> lines_;
  std::unordered_set<const expr::Subplan*> shown_;  ///< equal subqueries share a plan
};

std::string header(const PlannedStatement& statement) {
  const PlanNode& root = *statement.root;
  switch (root.kind) {
    case NodeKind::kInsert:
      return "INSERT INTO " + static_cast<const InsertNode&>(root).table->def().name;
    case NodeKind::kUpdate:
      return "UPDATE " + static_cast<const UpdateNode&>(root).table->def().name;
    case NodeKind::kDelete:
      return "DELETE FROM " + static_cast<const DeleteNode&>(root).table->def().name;
    default:
      return "SELECT";
  }
}

}  // namespace

std::vector<std::string> explain(const PlannedStatement& statement,
                                 std::span<const NodeCounters> counters, uint64_t total_nanos) {
  Printer printer(counters);
  const PlanNode& root = *statement.root;
  std::string first = header(statement);
  if (!counters.empty()) {
    uint64_t rows = root.id < counters.size() ? counters[root.id].rows : 0;
    first += " (actual time=" + duration(total_nanos) + ", rows=" + std::to_string(rows) + ")";
  }
  printer.line(std::move(first));
  if (root.kind == NodeKind::kUpdate) {
    printer.line("  Set: " + std::to_string(static_cast<const UpdateNode&>(root).columns.size()) +
                 " column(s)");
  }
  bool reads = root.kind != NodeKind::kInsert && root.kind != NodeKind::kUpdate &&
               root.kind != NodeKind::kDelete;
  if (reads && !statement.columns.empty()) {
    std::string columns;
    for (const OutputColumn& column : statement.columns) {
      columns += (columns.empty() ? "" : ", ") + column.name;
    }
    printer.line("  Columns: " + columns);
  }
  printer.ctes(statement.ctes, 0);
  if (reads) {
    printer.node(root, 0);
  } else {
    for (const PlanNodePtr& child : root.children) printer.node(*child, 0);
  }
  return printer.take();
}

}  // namespace orrery::plan
