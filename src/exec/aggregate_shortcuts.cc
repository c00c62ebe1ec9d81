#include "exec/aggregate_shortcuts.h"

#include "storage/table.h"

namespace orrery::exec {

using expr::AggregateKind;

namespace {

bool count_distinct(const storage::Table& table, uint32_t column, const storage::ReadView& view,
                    uint64_t* count) {
  for (const auto& index : table.indexes()) {
    const auto& columns = index->def().columns;
    if (columns.size() == 1 && columns[0] == column && index->exact_distinct_count(view, count)) {
      return true;
    }
  }
  return false;
}

/// The table's column that a COUNT(c) counts; -1 where it counts something else.
int64_t counted_column(const plan::AggregateCall& call, const plan::ScanNode& scan) {
  if (call.kind != AggregateKind::kCount || call.args.size() != 1) return -1;
  const expr::Expr& arg = *call.args[0];
  if (arg.kind != expr::ExprKind::kColumn || arg.index >= scan.columns.size()) return -1;
  return scan.columns[arg.index];
}

/// Whether the call counts the rows of the scan: each of them once.
bool counts_rows(const plan::AggregateCall& call, const plan::ScanNode& scan) {
  if (call.kind == AggregateKind::kCountStar) return true;
  int64_t column = counted_column(call, scan);
  return column >= 0 && !call.distinct &&
         !scan.table->def().columns[static_cast<size_t>(column)].nullable();
}

bool may_be_known(const plan::AggregateCall& call, const plan::ScanNode& scan) {
  if (call.filter != nullptr) return false;
  if (counts_rows(call, scan)) return true;
  return call.distinct && scan.paths.empty() && counted_column(call, scan) >= 0;
}

}  // namespace

KnownCounts::KnownCounts(const plan::AggregateNode& node, Scope& scope)
    : node_(node), scope_(scope) {
  if (!node.groups.empty() || !node.grouping_sets.empty() || node.aggregates.empty() ||
      node.children[0]->kind != plan::NodeKind::kScan) {
    return;
  }
  const auto& scan = static_cast<const plan::ScanNode&>(*node.children[0]);
  if (scan.filter != nullptr || scan.distinct_first_key) return;
  for (const auto& call : node.aggregates) {
    if (!may_be_known(call, scan)) return;
  }
  scan_ = &scan;
  if (!scan.paths.empty()) ranges_ = std::make_unique<ScanRanges>(scan, scope);
}

Result<bool> KnownCounts::count(const plan::AggregateCall& call, uint64_t* n) {
  const storage::Table& table = *scan_->table;
  const storage::ReadView& view = scope_.run.view;
  if (ranges_ != nullptr) {
    ORRERY_TRY(ranges_->open());
    return ranges_->count(n);
  }
  if (counts_rows(call, *scan_)) return table.exact_row_count(view, n);
  return count_distinct(table, static_cast<uint32_t>(counted_column(call, *scan_)), view, n);
}

Result<bool> KnownCounts::answer(types::Chunk* out) {
  if (scan_ == nullptr) return false;
  out->reset();
  out->columns.resize(node_.aggregates.size());
  for (size_t i = 0; i < node_.aggregates.size(); ++i) {
    uint64_t n = 0;
    ORRERY_TRY_ASSIGN(bool known, count(node_.aggregates[i], &n));
    if (!known) return false;
    out->columns[i].reset(types::TypeId::kInteger, 1);
    out->columns[i].data<int64_t>()[0] = static_cast<int64_t>(n);
  }
  out->row_count = 1;
  return true;
}

}  // namespace orrery::exec
