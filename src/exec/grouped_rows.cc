#include "exec/grouped_rows.h"

#include <algorithm>

#include "exec/operators.h"
#include "exec/row_hash.h"

namespace orrery::exec {

using types::TypeId;
using types::Vector;

GroupedRows::GroupedRows(const plan::AggregateNode& node, std::vector<uint32_t> columns,
                         Scope& scope)
    : node_(node), columns_(std::move(columns)), scope_(scope), states_(node.aggregates, scope) {
  std::vector<TypeId> types;
  for (uint32_t c : columns_) types.push_back(node.groups[c]->type);
  table_.init(types);
}

void GroupedRows::begin_run() {
  scope_.run.memory.hold(&held_, 0);
  table_.clear();
  states_.begin_run();
  if (columns_.empty()) states_.resize(1);
  next_ = 0;
  full_ = false;
  level_ = 0;
  partitions_.clear();
  pending_.clear();
}

Status GroupedRows::consume(const types::Chunk& in, std::span<const Vector* const> groups) {
  types::Selection sel = in.rows();
  if (columns_.empty()) {
    ORRERY_TRY(states_.update(in, sel, nullptr));
    return account();
  }
  keys_.clear();
  for (uint32_t c : columns_) keys_.push_back(groups[c]);
  numbers_.resize(types::kVectorCapacity);
  if (full_) return consume_known(in, sel);
  table_.find_or_add(keys_, sel, numbers_.data());
  states_.resize(table_.size());
  ORRERY_TRY(states_.update(in, sel, numbers_.data()));
  return account();
}

Status GroupedRows::account() {
  MemoryBudget& memory = scope_.run.memory;
  memory.hold(&held_, table_.bytes() + states_.bytes());
  if (!memory.exceeded() || full_) return {};
  if (columns_.empty()) return check_memory(scope_.run, held_.bytes, "an aggregate");
  if (level_ == RowPartitions::kLevelsMax) return {};
  ORRERY_TRY_ASSIGN(full_, should_spill(scope_.run, held_.bytes, "an aggregate"));
  if (full_) partitions_.init(scope_.run, output_types(*node_.children[0]), level_);
  return {};
}

/// Aggregates the rows of the groups that are there, and puts the others aside.
Status GroupedRows::consume_known(const types::Chunk& in, const types::Selection& sel) {
  table_.find(keys_, sel, numbers_.data());
  hashes_.resize(sel.count);
  hash_rows(keys_, sel, hashes_.data());
  known_rows_.clear();
  known_groups_.clear();
  other_rows_.clear();
  uint32_t others = 0;
  for (uint32_t i = 0; i < sel.count; ++i) {
    if (numbers_[i] != GroupTable::kNone) {
      known_rows_.push_back(sel[i]);
      known_groups_.push_back(numbers_[i]);
    } else {
      other_rows_.push_back(sel[i]);
      hashes_[others++] = hashes_[i];
    }
  }
  if (!known_rows_.empty()) {
    ORRERY_TRY(states_.update(in, {known_rows_.data(), static_cast<uint32_t>(known_rows_.size())},
                              known_groups_.data()));
  }
  input_columns_.clear();
  for (const Vector& v : in.columns) input_columns_.push_back(&v);
  return partitions_.append(input_columns_, {other_rows_.data(), others}, hashes_.data());
}

Status GroupedRows::keep_partitions() {
  if (!full_) return {};
  ORRERY_TRY(partitions_.finish());
  for (uint32_t p = 0; p < RowPartitions::kCount; ++p) {
    if (auto rows = partitions_.take(p)) pending_.push_back({std::move(rows), level_ + 1});
  }
  return {};
}

Status GroupedRows::finish_input() {
  ORRERY_TRY(keep_partitions());
  return states_.finish_input();
}

Status GroupedRows::read_pending(EvaluatorList& groups) {
  Pending pending = std::move(pending_.back());
  pending_.pop_back();
  table_.clear();
  states_.clear();
  scope_.run.memory.hold(&held_, 0);
  full_ = false;
  level_ = pending.level;
  next_ = 0;
  RowSpool::Reader reader(*pending.rows);
  for (;;) {
    ORRERY_TRY(scope_.run.check_cancelled());
    types::Chunk* chunk = nullptr;
    ORRERY_TRY(reader.next(scope_.run.vector_size, &chunk));
    if (chunk == nullptr) break;
    ORRERY_TRY(groups.evaluate(scope_.eval, *chunk, chunk->rows()));
    ORRERY_TRY(consume(*chunk, groups.results()));
  }
  return finish_input();
}

Status GroupedRows::next(EvaluatorList& groups, types::Chunk* chunk, types::Chunk** out) {
  *out = nullptr;
  while (next_ == group_count()) {
    if (pending_.empty()) return {};
    ORRERY_TRY(read_pending(groups));
  }
  const uint32_t n = std::min(group_count() - next_, scope_.run.vector_size);
  emit(n, chunk);
  next_ += n;
  *out = chunk;
  return {};
}

void GroupedRows::emit(uint32_t n, types::Chunk* chunk) {
  const size_t group_columns = node_.groups.size(), calls = node_.aggregates.size();
  chunk->reset();
  chunk->columns.resize(group_columns + calls + node_.grouping.size());
  for (size_t g = 0; g < group_columns; ++g) {
    Vector& v = chunk->columns[g];
    auto at = std::find(columns_.begin(), columns_.end(), g);
    if (at == columns_.end()) {
      v.set_constant(types::Datum::null(), node_.groups[g]->type);
      continue;
    }
    const ColumnBuffer& keys = table_.keys().column(static_cast<size_t>(at - columns_.begin()));
    v.reset(keys.type(), capacity_for(n));
    keys.slice(next_, n, &v);
    keys.hold_strings(&v);
  }
  for (size_t c = 0; c < calls; ++c) {
    Vector& v = chunk->columns[group_columns + c];
    v.reset(node_.aggregates[c].type, capacity_for(n));
    states_.result(c, next_, n, v);
  }
  for (size_t i = 0; i < node_.grouping.size(); ++i) {
    const bool told_apart =
        std::find(columns_.begin(), columns_.end(), node_.grouping[i]) != columns_.end();
    chunk->columns[group_columns + calls + i].set_constant(
        types::Datum::integer(told_apart ? 0 : 1), TypeId::kInteger);
  }
  chunk->row_count = n;
}

}  // namespace orrery::exec
