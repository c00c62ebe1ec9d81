#include "exec/aggregate_shortcuts.h"

#include "storage/table.h"

namespace orrery::exec {

namespace {

using expr::AggregateKind;

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

bool is_known(const plan::AggregateCall& call, const plan::ScanNode& scan,
              const storage::ReadView& view, uint64_t* count) {
  if (call.filter != nullptr) return false;
  const storage::Table& table = *scan.table;
  if (call.kind == AggregateKind::kCountStar) return table.exact_row_count(view, count);
  if (call.kind != AggregateKind::kCount || call.args.size() != 1) return false;
  const expr::Expr& arg = *call.args[0];
  if (arg.kind != expr::ExprKind::kColumn || arg.index >= scan.columns.size()) return false;
  const uint32_t column = scan.columns[arg.index];
  if (call.distinct) return count_distinct(table, column, view, count);
  return !table.def().columns[column].nullable() && table.exact_row_count(view, count);
}

}  // namespace

bool answer_from_metadata(const plan::AggregateNode& node, const RunState& run, types::Chunk* out) {
  if (!node.groups.empty() || !node.grouping_sets.empty() || node.children.empty() ||
      node.children[0]->kind != plan::NodeKind::kScan || node.aggregates.empty()) {
    return false;
  }
  const auto& scan = static_cast<const plan::ScanNode&>(*node.children[0]);
  if (scan.filter != nullptr || !scan.paths.empty()) return false;
  out->reset();
  out->columns.resize(node.aggregates.size());
  for (size_t i = 0; i < node.aggregates.size(); ++i) {
    uint64_t count = 0;
    if (!is_known(node.aggregates[i], scan, run.view, &count)) return false;
    out->columns[i].reset(types::TypeId::kInteger, 64);
    out->columns[i].data<int64_t>()[0] = static_cast<int64_t>(count);
  }
  out->row_count = 1;
  return true;
}

}  // namespace orrery::exec
