#include <algorithm>
#include <optional>
#include <string>

#include "exec/column_buffer.h"
#include "exec/evaluator.h"
#include "exec/operators.h"
#include "exec/row_sorter.h"
#include "exec/scan_ranges.h"

namespace orrery::exec {
namespace {

using storage::RowId;
using storage::RowRef;
using types::TypeId;

/// Batches: row references are found under the table's latch, the filter's columns are gathered and
/// tested there, and the other columns only for the rows that pass.
class Scan final : public Source {
 public:
  Scan(const plan::ScanNode& node, Scope& scope);
  Status open(uint64_t row_goal) override;
  Status next(types::Chunk** out) override;
  void set_bound(const RowBound* bound) override { bound_ = bound; }
  bool can_leave_out() const override { return node_.filter == nullptr || filter_early_; }
  Status leave_out(uint64_t rows) override;

 private:
  uint32_t next_rows(uint32_t max);
  void gather_columns(const std::vector<uint32_t>& columns, uint32_t n);
  void gather_row_ids(uint32_t n);
  Result<uint32_t> filter_early(uint32_t n);
  bool is_bounded() const {
    return bound_ != nullptr && bound_->active && bound_->key.column < node_.columns.size();
  }
  uint32_t drop_beyond_bound(uint32_t n);
  void keep_rows(const uint32_t* selected, uint32_t kept);
  uint32_t drop_first(uint32_t n);

  const plan::ScanNode& node_;
  Scope& scope_;
  const storage::Table& table_;
  std::vector<TypeId> types_;
  std::optional<Evaluator> filter_;
  bool filter_early_ = false;             ///< may run under the latch
  std::vector<uint32_t> filter_columns_;  ///< output columns that the filter reads
  std::vector<uint32_t> other_columns_;
  bool filter_reads_id_ = false;

  const RowBound* bound_ = nullptr;
  bool bound_gathered_ = false;  ///< the bound's column is in the chunk, besides the filter's
  std::vector<uint64_t> prefixes_;

  std::optional<storage::TableCursor> cursor_;
  ScanRanges ranges_;
  uint32_t batch_ = 0;
  uint64_t skip_ = 0;  ///< rows of the filter's result that are not wanted
  std::unique_ptr<RowRef[]> rows_;
  std::unique_ptr<RowId[]> ids_;
  uint32_t rows_capacity_ = 0;
  types::Chunk chunk_;
};

Scan::Scan(const plan::ScanNode& node, Scope& scope)
    : Source(node.id), node_(node), scope_(scope), table_(*node.table), ranges_(node, scope) {
  for (uint32_t c : node.columns) types_.push_back(table_.def().columns[c].sql_type());
  const auto column_count = static_cast<uint32_t>(node.columns.size());
  if (node.filter != nullptr) {
    filter_.emplace(*node.filter);
    filter_early_ = is_plain(*node.filter);
    expr::collect_columns(*node.filter, &filter_columns_);
    if (!filter_columns_.empty() && filter_columns_.back() == column_count) {
      filter_reads_id_ = true;
      filter_columns_.pop_back();
    }
  }
  if (!filter_early_) filter_columns_.clear();
  for (uint32_t i = 0; i < column_count; ++i) {
    if (!std::binary_search(filter_columns_.begin(), filter_columns_.end(), i)) {
      other_columns_.push_back(i);
    }
  }
}

Status Scan::open(uint64_t row_goal) {
  if (node_.row_goal != 0)
    row_goal = row_goal == 0 ? node_.row_goal : std::min(row_goal, node_.row_goal);
  skip_ = 0;
  batch_ = scope_.run.vector_size;
  if (row_goal != 0) {
    // Exactly what is wanted at first; a filter is likely to drop some.
    uint64_t first = node_.filter == nullptr ? row_goal : std::max<uint64_t>(row_goal, 64);
    batch_ = static_cast<uint32_t>(std::min<uint64_t>(first, batch_));
  }
  if (filter_) filter_->begin_run();
  cursor_.reset();
  if (node_.paths.empty()) {
    cursor_.emplace(table_, scope_.run.view);
    return {};
  }
  return ranges_.open();
}

Status Scan::leave_out(uint64_t rows) {
  skip_ = rows;
  if (node_.filter == nullptr) {
    storage::ReadLatch latch(table_);
    skip_ -= cursor_ ? cursor_->skip(skip_) : ranges_.skip(skip_);
  }
  // Rows have to be looked at after all: not in small steps.
  if (skip_ != 0) batch_ = scope_.run.vector_size;
  return {};
}

uint32_t Scan::next_rows(uint32_t max) {
  RowId* ids = node_.emit_row_id ? ids_.get() : nullptr;
  if (cursor_) return cursor_->next(rows_.get(), ids, max);
  return ranges_.next(rows_.get(), ids_.get(), ids != nullptr, max);
}

void Scan::gather_columns(const std::vector<uint32_t>& columns, uint32_t n) {
  uint32_t capacity = capacity_for(n);
  for (uint32_t c : columns) {
    if (bound_gathered_ && c == bound_->key.column) continue;
    types::Vector& v = chunk_.columns[c];
    v.reset(types_[c], capacity);
    storage::gather(table_, node_.columns[c], rows_.get(), n, v);
  }
}

void Scan::gather_row_ids(uint32_t n) {
  if (!node_.emit_row_id) return;
  types::Vector& v = chunk_.columns.back();
  v.reset(TypeId::kInteger, capacity_for(n));
  for (uint32_t i = 0; i < n; ++i) v.data<int64_t>()[i] = static_cast<int64_t>(ids_[i]);
}

/// Drops the rows that do not pass; the filter's columns keep those that do.
Result<uint32_t> Scan::filter_early(uint32_t n) {
  gather_columns(filter_columns_, n);
  if (filter_reads_id_) gather_row_ids(n);
  chunk_.row_count = n;
  uint32_t* selected = chunk_.mutable_selection();
  ORRERY_TRY_ASSIGN(uint32_t kept, filter_->select(scope_.eval, chunk_, {nullptr, n}, selected));
  if (kept < n && kept != 0) keep_rows(selected, kept);
  return kept;
}

/// Narrows the rows at hand, and the columns gathered so far.
void Scan::keep_rows(const uint32_t* selected, uint32_t kept) {
  for (uint32_t i = 0; i < kept; ++i) rows_[i] = rows_[selected[i]];
  if (node_.emit_row_id) {
    for (uint32_t i = 0; i < kept; ++i) ids_[i] = ids_[selected[i]];
  }
  for (uint32_t c : filter_columns_) compact(&chunk_.columns[c], selected, kept);
  if (bound_gathered_) compact(&chunk_.columns[bound_->key.column], selected, kept);
}

/// What is left of n rows where the first ones are not wanted.
uint32_t Scan::drop_first(uint32_t n) {
  const auto dropped = static_cast<uint32_t>(std::min<uint64_t>(skip_, n));
  skip_ -= dropped;
  if (dropped == n) return 0;
  uint32_t* selected = chunk_.mutable_selection();
  for (uint32_t i = dropped; i < n; ++i) selected[i - dropped] = i;
  keep_rows(selected, n - dropped);
  return n - dropped;
}

uint32_t Scan::drop_beyond_bound(uint32_t n) {
  const uint32_t c = bound_->key.column;
  types::Vector& v = chunk_.columns[c];
  if (!std::binary_search(filter_columns_.begin(), filter_columns_.end(), c)) {
    v.reset(types_[c], capacity_for(n));
    storage::gather(table_, node_.columns[c], rows_.get(), n, v);
    bound_gathered_ = true;
  }
  prefixes_.resize(n);
  sort_prefixes(v, {nullptr, n}, bound_->key, prefixes_.data());
  uint32_t* selected = chunk_.mutable_selection();
  uint32_t kept = 0;
  for (uint32_t i = 0; i < n; ++i) {
    selected[kept] = i;
    kept += prefixes_[i] <= bound_->prefix ? 1 : 0;
  }
  if (kept < n && kept != 0) keep_rows(selected, kept);
  return kept;
}

Status Scan::next(types::Chunk** out) {
  *out = nullptr;
  if (rows_capacity_ < batch_) {
    rows_capacity_ = capacity_for(batch_);
    rows_.reset(new RowRef[rows_capacity_]);
    ids_.reset(new RowId[rows_capacity_]);
  }
  chunk_.columns.resize(node_.columns.size() + (node_.emit_row_id ? 1 : 0));
  chunk_.reset();
  for (;;) {
    uint32_t n = 0;
    {
      storage::ReadLatch latch(table_);
      n = next_rows(batch_);
      if (n == 0) return {};
      bound_gathered_ = false;
      if (filter_early_) {
        ORRERY_TRY_ASSIGN(n, filter_early(n));
      }
      if (n != 0 && skip_ != 0) n = drop_first(n);
      if (n != 0 && is_bounded()) n = drop_beyond_bound(n);
      if (n != 0) gather_columns(other_columns_, n);
    }
    if (n == 0) {
      ORRERY_TRY(scope_.run.check_cancelled());
      continue;
    }
    gather_row_ids(n);
    chunk_.row_count = n;
    break;
  }
  if (filter_ && !filter_early_) {
    uint32_t* selected = chunk_.mutable_selection();
    ORRERY_TRY_ASSIGN(uint32_t kept,
                      filter_->select(scope_.eval, chunk_, {nullptr, chunk_.row_count}, selected));
    chunk_.has_selection = kept < chunk_.row_count;
    chunk_.selected_count = kept;
  }
  batch_ = std::min(batch_ * 2, scope_.run.vector_size);
  if (batch_ < 64) batch_ = std::min<uint32_t>(64, scope_.run.vector_size);
  *out = &chunk_;
  return {};
}

}  // namespace

std::unique_ptr<Source> make_scan(const plan::ScanNode& node, Scope& scope) {
  return std::make_unique<Scan>(node, scope);
}

}  // namespace orrery::exec
