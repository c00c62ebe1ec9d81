#include <algorithm>
#include <optional>

#include "exec/column_buffer.h"
#include "exec/match_join.h"
#include "exec/operators.h"
#include "exec/scan_ranges.h"
#include "storage/table.h"

namespace orrery::exec {
namespace {

std::vector<types::TypeId> table_types(const plan::IndexJoinNode& node) {
  std::vector<types::TypeId> types;
  for (uint32_t c : node.columns) types.push_back(node.table->def().columns[c].sql_type());
  return types;
}

/// Looks each left row's key up in an index. The rows found for one batch are read under one latch.
class IndexJoin final : public MatchJoin {
 public:
  IndexJoin(const plan::IndexJoinNode& node, Scope& scope)
      : MatchJoin(node, scope, node.type, node.residual.get(), table_types(node)),
        node_(node),
        table_(*node.table),
        index_(find_index(table_, node.index)),
        keys_(node.keys) {
    unique_ = index_ != nullptr && index_->def().unique &&
              index_->def().columns.size() == node.keys.size();
    key_.resize(node.keys.size());
  }

 protected:
  Status open_join() override {
    if (index_ == nullptr) return Error(ErrorCode::kInternal, "plan names an index that is gone");
    keys_.begin_run();
    cursor_.reset();
    return {};
  }

  Status prepare(bool*) override {
    if (refs_ == nullptr) refs_.reset(new storage::RowRef[types::kVectorCapacity]);
    return {};
  }

  Status begin_chunk(types::Chunk& in) override {
    cursor_.reset();
    return keys_.evaluate(scope_.eval, in, rows_);
  }

  Status find_pairs() override {
    found_ = 0;
    storage::ReadLatch latch(table_);
    while (position_ < rows_.count && has_room()) {
      if (unique_) {
        look_up();
      } else if (!walk()) {
        break;
      }
      next_row();
    }
    right_.columns.resize(right_types_.size());
    for (size_t c = 0; c < right_types_.size(); ++c) {
      right_.columns[c].reset(right_types_[c], capacity_for(found_));
      storage::gather(table_, node_.columns[c], refs_.get(), found_, right_.columns[c]);
    }
    return {};
  }

  void gather_right(const uint32_t* rows, uint32_t n, types::Chunk* out) override {
    bool identity = true;
    for (uint32_t i = 0; i < n && identity; ++i) identity = rows[i] == i;
    for (size_t c = 0; c < right_types_.size(); ++c) {
      types::Vector& v = out->columns[left_types_.size() + c];
      if (identity) {
        v.reference(right_.columns[c]);
      } else {
        take(right_.columns[c], rows, n, &v);
      }
    }
  }

 private:
  /// False where a part of the key is NULL: such a row has no match.
  bool read_key() {
    auto values = keys_.results();
    for (size_t k = 0; k < key_.size(); ++k) {
      key_[k] = values[k]->datum(row_at_position());
      if (key_[k].is_null()) return false;
    }
    return true;
  }

  void look_up() {
    storage::RowId id = 0;
    if (!read_key()) return;
    if (!storage::find_unique(table_, *index_, key_, scope_.run.view, &refs_[found_], &id)) return;
    add_pair(found_++);
  }

  /// The candidates of the row at position_; false where they are too many for this batch.
  bool walk() {
    if (cursor_ && is_decided()) {
      cursor_.reset();
      return true;
    }
    if (!cursor_) {
      if (!read_key()) return true;
      cursor_.emplace(table_, *index_, scope_.run.view, index_->make_range(key_, {}, {}));
    }
    for (;;) {
      uint32_t want = wants_one_match() ? std::min(1u, room()) : room();
      uint32_t n = want != 0 ? cursor_->next(&refs_[found_], nullptr, want) : 0;
      if (n == 0) break;
      for (uint32_t i = 0; i < n; ++i) add_pair(found_++);
      if (wants_one_match()) break;
    }
    if (!has_room()) return false;
    cursor_.reset();
    return true;
  }

  const plan::IndexJoinNode& node_;
  const storage::Table& table_;
  const storage::Index* index_;
  EvaluatorList keys_;
  bool unique_ = false;
  std::vector<types::Datum> key_;
  std::optional<storage::IndexCursor> cursor_;
  std::unique_ptr<storage::RowRef[]> refs_;
  uint32_t found_ = 0;
  types::Chunk right_;
};

}  // namespace

std::unique_ptr<Operator> make_index_join(const plan::IndexJoinNode& node, Scope& scope) {
  return std::make_unique<IndexJoin>(node, scope);
}

}  // namespace orrery::exec
