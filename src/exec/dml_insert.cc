#include <algorithm>
#include <optional>

#include "exec/dml_rows.h"
#include "exec/operators.h"
#include "exec/scan_ranges.h"
#include "storage/transaction.h"

namespace orrery::exec {
namespace {

using storage::RowId;
using types::Chunk;
using types::Datum;

class Insert final : public Source {
 public:
  Insert(const plan::InsertNode& node, Scope& scope, std::unique_ptr<Pipeline> input)
      : Source(node.id),
        node_(node),
        scope_(scope),
        table_(*node.table),
        columns_(table_),
        input_(std::move(input), *node.children[0], scope),
        checks_(node.checks, scope),
        returning_(node.returning, node, scope),
        update_values_(node.update_values) {
    if (node.update_where != nullptr) update_where_.emplace(*node.update_where);
    for (storage::IndexId id : node.conflict_indexes) {
      if (const storage::Index* index = find_index(table_, id)) covered_.push_back(index);
    }
  }

  Status open(uint64_t) override {
    ran_ = false;
    input_.begin_run();
    checks_.begin_run();
    returning_.begin_run();
    update_values_.begin_run();
    if (update_where_) update_where_->begin_run();
    return {};
  }

  Status next(Chunk** out) override {
    if (!ran_) ORRERY_TRY(run());
    returning_.next(out);
    return {};
  }

 private:
  Status run() {
    ran_ = true;
    ORRERY_TRY(input_.read_all());
    for (;;) {
      ORRERY_TRY(scope_.run.check_cancelled());
      ORRERY_TRY_ASSIGN(Chunk * in, input_.next());
      if (in == nullptr) return {};
      ORRERY_TRY(insert_chunk(*in));
    }
  }

  Status insert_chunk(Chunk& in) {
    rows_.reset();
    rows_.columns.resize(columns_.size());
    for (uint32_t c = 0; c < columns_.size(); ++c) {
      ORRERY_TRY(
          columns_.coerce(c, in.columns[c], in.rows(), scope_.eval.now_nanos, &rows_.columns[c]));
    }
    rows_.row_count = in.size();
    if (node_.auto_increment >= 0) ORRERY_TRY(fill_automatic_keys());
    ORRERY_TRY(checks_.test(rows_));
    row_.resize(columns_.size());
    done_.clear();
    for (uint32_t r = 0; r < rows_.row_count; ++r) {
      for (size_t c = 0; c < columns_.size(); ++c) row_[c] = rows_.columns[c].datum(r);
      ORRERY_TRY(insert_row());
    }
    return return_rows();
  }

  Status fill_automatic_keys() {
    const auto c = static_cast<size_t>(node_.auto_increment);
    if (!rows_.columns[c].has_nulls()) return {};
    types::Vector filled(types::TypeId::kInteger, capacity_for(rows_.row_count));
    for (uint32_t r = 0; r < rows_.row_count; ++r) {
      int64_t key = 0;
      if (rows_.columns[c].is_null(r)) {
        ORRERY_TRY_ASSIGN(key, scope_.run.transaction->next_auto_increment(*node_.table));
      } else {
        key = rows_.columns[c].cell<int64_t>(r);
      }
      filled.data<int64_t>()[r] = key;
    }
    rows_.columns[c] = std::move(filled);
    return {};
  }

  Status insert_row() {
    storage::Transaction& txn = *scope_.run.transaction;
    if (node_.on_conflict != plan::ConflictAction::kError) {
      RowId existing = 0;
      const storage::Index* index = txn.find_conflict(table_, row_, nullptr, &existing);
      if (index != nullptr &&
          std::find(covered_.begin(), covered_.end(), index) != covered_.end()) {
        if (node_.on_conflict == plan::ConflictAction::kDoNothing) return {};
        return update_existing(existing);
      }
      // Not covered by the clause: inserting gives the constraint's own error.
    }
    ORRERY_TRY_ASSIGN(RowId id, txn.insert(*node_.table, row_));
    if (!txn.insert_met_equal()) ++scope_.run.rows_affected;
    if (returning_.wanted()) done_.push_back(id);
    return {};
  }

  /// DO UPDATE: expressions see the existing row, then the proposed one.
  Status update_existing(RowId existing) {
    std::vector<uint32_t> found;
    read_rows(table_, scope_.run.transaction->view(), {&existing, 1}, &both_, &found);
    if (found.empty()) return Error(ErrorCode::kConflict, "the conflicting row is gone");
    const size_t n = columns_.size();
    both_.columns.resize(2 * n);
    for (size_t c = 0; c < n; ++c) both_.columns[n + c].set_constant(row_[c], columns_.type(c));
    const types::Selection one{nullptr, 1};
    if (update_where_) {
      uint32_t selected = 0;
      ORRERY_TRY_ASSIGN(uint32_t passes, update_where_->select(scope_.eval, both_, one, &selected));
      if (passes == 0) return {};
    }
    ORRERY_TRY(update_values_.evaluate(scope_.eval, both_, one));
    coerced_.resize(update_values_.size());
    values_.resize(update_values_.size());
    for (size_t i = 0; i < values_.size(); ++i) {
      const uint16_t column = node_.update_columns[i];
      ORRERY_TRY(columns_.coerce(column, *update_values_.results()[i], one, scope_.eval.now_nanos,
                                 &coerced_[i]));
      values_[i] = coerced_[i].datum(0);
    }
    if (!checks_.empty()) {
      for (size_t i = 0; i < values_.size(); ++i) {
        both_.columns[node_.update_columns[i]].reference(coerced_[i]);
      }
      ORRERY_TRY(checks_.test(both_));
    }
    ORRERY_TRY(
        scope_.run.transaction->update(*node_.table, existing, node_.update_columns, values_));
    ++scope_.run.rows_affected;
    if (returning_.wanted()) done_.push_back(existing);
    return {};
  }

  Status return_rows() {
    if (!returning_.wanted()) return {};
    std::vector<uint32_t> found;
    read_rows(table_, scope_.run.transaction->view(), done_, &both_, &found);
    return returning_.add(both_);
  }

  const plan::InsertNode& node_;
  Scope& scope_;
  const storage::Table& table_;
  TargetColumns columns_;
  InputRows input_;
  CheckList checks_;
  Returning returning_;
  EvaluatorList update_values_;
  std::optional<Evaluator> update_where_;
  std::vector<const storage::Index*> covered_;
  bool ran_ = false;
  Chunk rows_;
  Chunk both_;
  std::vector<Datum> row_;
  std::vector<RowId> done_;
  std::vector<types::Vector> coerced_;
  std::vector<Datum> values_;
};

}  // namespace

std::unique_ptr<Source> make_insert(const plan::InsertNode& node, Scope& scope,
                                    std::unique_ptr<Pipeline> input) {
  return std::make_unique<Insert>(node, scope, std::move(input));
}

}  // namespace orrery::exec
