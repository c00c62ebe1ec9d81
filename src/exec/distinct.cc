#include <algorithm>
#include <memory>

#include "exec/group_table.h"
#include "exec/operators.h"
#include "exec/row_hash.h"
#include "exec/row_partitions.h"
#include "exec/spilling_sorter.h"

namespace orrery::exec {
namespace {

using types::Chunk;
using types::Selection;
using types::TypeId;
using types::Vector;

/// Passes the first row of each key. Past the memory limit rows with keys not seen before go to
/// files with their number; what is distinct among them comes out at the end, in their order.
class Distinct final : public Operator {
 public:
  Distinct(uint32_t node, std::vector<TypeId> types, std::vector<uint32_t> columns, Scope& scope)
      : Operator(node),
        scope_(scope),
        types_(std::move(types)),
        columns_(std::move(columns)),
        late_(scope.run, "DISTINCT") {
    if (columns_.empty()) {
      for (uint32_t c = 0; c < types_.size(); ++c) columns_.push_back(c);
    }
    std::vector<TypeId> key_types;
    for (uint32_t c : columns_) key_types.push_back(types_[c]);
    table_.init(key_types);
    spilled_types_ = types_;
    spilled_types_.push_back(TypeId::kInteger);
  }

  Status open() override {
    table_.clear();
    scope_.run.memory.hold(&held_, 0);
    seen_any_ = false;
    full_ = false;
    finished_ = false;
    level_ = 0;
    row_number_ = 0;
    partitions_.clear();
    pending_.clear();
    return {};
  }

  Result<Flow> process(Chunk& in, Chunk** out) override {
    *out = nullptr;
    if (columns_.empty()) return process_without_columns(in, out);
    Selection sel = in.rows();
    set_keys(in);
    groups_.resize(types::kVectorCapacity);
    if (full_) {
      number_rows(sel);
      return put_aside(in, sel, numbers_);
    }
    const uint32_t before = table_.size();
    table_.find_or_add(keys_, sel, groups_.data());
    row_number_ += sel.count;
    const uint32_t n = GroupTable::new_rows(groups_.data(), before, sel, in.mutable_selection());
    if (n < sel.count || in.has_selection) {
      in.has_selection = true;
      in.selected_count = n;
    }
    ORRERY_TRY(account());
    if (n != 0) *out = &in;
    return Flow::kNeedInput;
  }

  Result<Flow> finish(Chunk** out) override {
    *out = nullptr;
    if (!full_ && !finished_) return Flow::kNeedInput;
    if (!finished_) {
      finished_ = true;
      ORRERY_TRY(finish_partitions());
    }
    ORRERY_TRY(late_.next(scope_.run.vector_size, types_.size(), &out_, out));
    return *out == nullptr ? Flow::kNeedInput : Flow::kHaveMore;
  }

 private:
  struct Pending {
    std::unique_ptr<RowSpool> rows;
    uint32_t level;
  };

  /// Rows without columns are all the same.
  Result<Flow> process_without_columns(Chunk& in, Chunk** out) {
    if (seen_any_) return Flow::kFinished;
    seen_any_ = true;
    uint32_t first = in.rows()[0];
    in.mutable_selection()[0] = first;
    in.has_selection = true;
    in.selected_count = 1;
    *out = &in;
    return Flow::kFinished;
  }

  void set_keys(const Chunk& in) {
    keys_.clear();
    for (uint32_t c : columns_) keys_.push_back(&in.columns[c]);
  }

  Status account() {
    scope_.run.memory.hold(&held_, table_.bytes());
    if (!scope_.run.memory.exceeded() || full_ || level_ == RowPartitions::kLevelsMax) return {};
    ORRERY_TRY_ASSIGN(full_, should_spill(scope_.run, held_.bytes, "DISTINCT"));
    if (full_) partitions_.init(scope_.run, spilled_types_, level_);
    return {};
  }

  void number_rows(const Selection& sel) {
    numbers_.reset(TypeId::kInteger);
    for (uint32_t i = 0; i < sel.count; ++i) {
      numbers_.data<int64_t>()[sel[i]] = static_cast<int64_t>(row_number_++);
    }
  }

  Result<Flow> put_aside(const Chunk& in, const Selection& sel, const Vector& numbers) {
    table_.find(keys_, sel, groups_.data());
    hashes_.resize(sel.count);
    hash_rows(keys_, sel, hashes_.data());
    others_.clear();
    for (uint32_t i = 0; i < sel.count; ++i) {
      if (groups_[i] != GroupTable::kNone) continue;
      hashes_[others_.size()] = hashes_[i];
      others_.push_back(sel[i]);
    }
    columns_of(in, numbers);
    ORRERY_TRY(partitions_.append(row_, {others_.data(), static_cast<uint32_t>(others_.size())},
                                  hashes_.data()));
    return Flow::kNeedInput;
  }

  void columns_of(const Chunk& in, const Vector& numbers) {
    row_.clear();
    for (size_t c = 0; c < types_.size(); ++c) row_.push_back(&in.columns[c]);
    row_.push_back(&numbers);
  }

  Status keep_partitions() {
    if (!full_) return {};
    ORRERY_TRY(partitions_.finish());
    for (uint32_t p = 0; p < RowPartitions::kCount; ++p) {
      if (auto rows = partitions_.take(p)) pending_.push_back({std::move(rows), level_ + 1});
    }
    return {};
  }

  Status finish_partitions() {
    const auto number = static_cast<uint32_t>(types_.size());
    late_.init(spilled_types_, {{number, SortOrder::kAscending, NullOrder::kLast}});
    late_.begin(SortBuffer::kAllRows);
    ORRERY_TRY(keep_partitions());
    while (!pending_.empty()) {
      Pending pending = std::move(pending_.back());
      pending_.pop_back();
      table_.clear();
      scope_.run.memory.hold(&held_, 0);
      full_ = false;
      level_ = pending.level;
      RowSpool::Reader reader(*pending.rows);
      for (;;) {
        Chunk* chunk = nullptr;
        ORRERY_TRY(reader.next(scope_.run.vector_size, &chunk));
        if (chunk == nullptr) break;
        ORRERY_TRY(read_back(*chunk));
      }
      ORRERY_TRY(keep_partitions());
    }
    return late_.finish();
  }

  Status read_back(Chunk& chunk) {
    ORRERY_TRY(scope_.run.check_cancelled());
    Selection sel = chunk.rows();
    set_keys(chunk);
    const Vector& numbers = chunk.columns[types_.size()];
    if (full_) {
      ORRERY_TRY_ASSIGN(Flow flow, put_aside(chunk, sel, numbers));
      (void)flow;
      return {};
    }
    const uint32_t before = table_.size();
    table_.find_or_add(keys_, sel, groups_.data());
    others_.resize(sel.count);
    const uint32_t n = GroupTable::new_rows(groups_.data(), before, sel, others_.data());
    columns_of(chunk, numbers);
    ORRERY_TRY(late_.append(row_, {others_.data(), n}));
    return account();
  }

  Scope& scope_;
  const std::vector<TypeId> types_;
  std::vector<uint32_t> columns_;
  GroupTable table_;
  std::vector<const Vector*> keys_;
  std::vector<uint32_t> groups_;
  MemoryBudget::Held held_;
  bool seen_any_ = false;
  // Spilling.
  bool full_ = false;
  bool finished_ = false;
  uint32_t level_ = 0;
  uint64_t row_number_ = 0;
  std::vector<TypeId> spilled_types_;  ///< with the row's number at the end
  RowPartitions partitions_;
  std::vector<Pending> pending_;
  SpillingSorter late_;
  Vector numbers_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> others_;
  std::vector<const Vector*> row_;
  Chunk out_;
};

}  // namespace

std::unique_ptr<Operator> make_distinct(const plan::DistinctNode& node, Scope& scope) {
  return std::make_unique<Distinct>(node.id, output_types(*node.children[0]), node.columns, scope);
}

std::unique_ptr<Operator> make_distinct_rows(const plan::PlanNode& node, Scope& scope) {
  return std::make_unique<Distinct>(node.id, output_types(node), std::vector<uint32_t>(), scope);
}

}  // namespace orrery::exec
