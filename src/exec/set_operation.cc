#include <algorithm>
#include <memory>
#include <span>

#include "exec/column_buffer.h"
#include "exec/group_table.h"
#include "exec/operators.h"
#include "exec/row_hash.h"
#include "exec/row_partitions.h"

namespace orrery::exec {
namespace {

using plan::SetOperation;
using types::Chunk;
using types::Selection;
using types::TypeId;
using types::Vector;

/// Brings chunks to a set operation's column types.
class ChunkAdapter {
 public:
  explicit ChunkAdapter(std::vector<TypeId> types) : types_(std::move(types)) {}

  Chunk* adapt(Chunk& in) {
    bool same = true;
    for (size_t c = 0; c < types_.size(); ++c) same &= in.columns[c].type() == types_[c];
    if (same) return &in;
    Selection sel = in.rows();
    out_.reset();
    out_.columns.resize(types_.size());
    for (size_t c = 0; c < types_.size(); ++c) {
      Vector& v = out_.columns[c];
      if (in.columns[c].type() == types_[c]) {
        v.reference(in.columns[c]);
        continue;
      }
      v.reset(types_[c], capacity_for(in.row_count));
      for (uint32_t i = 0; i < sel.count; ++i) convert(in.columns[c].datum(sel[i]), sel[i], &v);
      v.share_strings(in.columns[c]);
    }
    out_.row_count = in.row_count;
    if (in.has_selection) {
      std::copy(sel.rows, sel.rows + sel.count, out_.mutable_selection());
      out_.has_selection = true;
      out_.selected_count = sel.count;
    }
    return &out_;
  }

 private:
  static void convert(const types::Datum& d, uint32_t row, Vector* v) {
    if (v->type() == TypeId::kFloat && d.type() == TypeId::kInteger) {
      v->set_datum(row, types::Datum::floating(static_cast<double>(d.as_int64())));
    } else if (v->type() == TypeId::kAny || d.is_null() || d.type() == v->type()) {
      v->set_datum(row, d);
    } else {
      v->set_null(row);
    }
  }
  const std::vector<TypeId> types_;
  Chunk out_;
};

/// UNION ALL: one input after another.
class Concatenation final : public Source {
 public:
  Concatenation(const plan::SetOperationNode& node, std::vector<std::unique_ptr<Pipeline>> inputs)
      : Source(node.id), inputs_(std::move(inputs)), adapter_(output_types(node)) {}

  Status open(uint64_t row_goal) override {
    row_goal_ = row_goal;
    input_ = 0;
    opened_ = false;
    return {};
  }

  Status next(Chunk** out) override {
    *out = nullptr;
    while (input_ < inputs_.size()) {
      if (!opened_) ORRERY_TRY(inputs_[input_]->open(row_goal_));
      opened_ = true;
      Chunk* in = nullptr;
      ORRERY_TRY(inputs_[input_]->next(&in));
      if (in != nullptr) {
        *out = adapter_.adapt(*in);
        return {};
      }
      ++input_;
      opened_ = false;
    }
    return {};
  }

 private:
  std::vector<std::unique_ptr<Pipeline>> inputs_;
  ChunkAdapter adapter_;
  uint64_t row_goal_ = 0;
  size_t input_ = 0;
  bool opened_ = false;
};

/// INTERSECT and EXCEPT: keeps each distinct row of the first input with the number of times it
/// counts. Past the memory limit all inputs go to files by hash, and partitions take turns.
class CountedRows final : public Source, private Sink {
 public:
  CountedRows(const plan::SetOperationNode& node, Scope& scope,
              std::vector<std::unique_ptr<Pipeline>> inputs)
      : Source(node.id),
        op_(node.op),
        scope_(scope),
        inputs_(std::move(inputs)),
        types_(output_types(node)),
        adapter_(types_) {
    table_.init(types_);
    spilled_types_ = types_;
    spilled_types_.push_back(TypeId::kInteger);
    partitions_.resize(inputs_.size());
  }

  Status open(uint64_t) override {
    ran_ = spilled_ = false;
    partition_ = 0;
    begin_rows();
    for (RowPartitions& p : partitions_) p.clear();
    return {};
  }

  Status next(Chunk** out) override {
    *out = nullptr;
    if (!ran_) ORRERY_TRY(run());
    for (;;) {
      emit(out);
      if (*out != nullptr || !spilled_ || partition_ == RowPartitions::kCount) return {};
      ORRERY_TRY(read_partition(partition_++));
    }
  }

 private:
  void begin_rows() {
    table_.clear();
    counts_.clear();
    next_ = 0;
    left_of_row_ = 0;
    scope_.run.memory.hold(&held_, 0);
  }

  Status run() {
    ran_ = true;
    for (input_ = 0; input_ < inputs_.size(); ++input_) {
      matches_.assign(table_.size(), 0);
      ORRERY_TRY(inputs_[input_]->open());
      ORRERY_TRY(inputs_[input_]->run(*this));
      if (input_ != 0 && !spilled_) combine();
    }
    for (RowPartitions& p : partitions_) ORRERY_TRY(p.finish());
    return {};
  }

  std::span<const Vector* const> row_vectors(const Chunk& in) {
    keys_.clear();
    for (size_t c = 0; c < types_.size(); ++c) keys_.push_back(&in.columns[c]);
    return keys_;
  }

  Result<Flow> consume(Chunk& chunk) override {
    Chunk& in = *adapter_.adapt(chunk);
    Selection sel = in.rows();
    if (spilled_) {
      count_column_.set_constant(types::Datum::integer(1), TypeId::kInteger);
      ORRERY_TRY(put_aside(in, sel, count_column_, input_));
      return Flow::kNeedInput;
    }
    add(in, sel, nullptr);
    scope_.run.memory.hold(&held_, table_.bytes() + counts_.capacity() * 8);
    if (input_ != 0 || !scope_.run.memory.exceeded()) return Flow::kNeedInput;
    ORRERY_TRY_ASSIGN(spilled_, should_spill(scope_.run, held_.bytes, "a set operation"));
    if (spilled_) ORRERY_TRY(spill_table());
    return Flow::kNeedInput;
  }

  /// Counts rows of the input at hand; `times` says how often each counts.
  void add(const Chunk& in, const Selection& sel, const Vector* times) {
    groups_.resize(types::kVectorCapacity);
    auto count_of = [&](uint32_t row) { return times == nullptr ? 1 : times->cell<int64_t>(row); };
    if (input_ == 0) {
      table_.find_or_add(row_vectors(in), sel, groups_.data());
      counts_.resize(table_.size());
      for (uint32_t i = 0; i < sel.count; ++i) counts_[groups_[i]] += count_of(sel[i]);
      return;
    }
    table_.find(row_vectors(in), sel, groups_.data());
    for (uint32_t i = 0; i < sel.count; ++i) {
      if (groups_[i] != GroupTable::kNone) matches_[groups_[i]] += count_of(sel[i]);
    }
  }

  Status put_aside(const Chunk& in, const Selection& sel, const Vector& times, size_t input) {
    hashes_.resize(sel.count);
    hash_rows(row_vectors(in), sel, hashes_.data());
    keys_.push_back(&times);
    return partitions_[input].append(keys_, sel, hashes_.data());
  }

  Status spill_table() {
    for (RowPartitions& p : partitions_) p.init(scope_.run, spilled_types_, 0);
    Chunk chunk;
    Vector times;
    for (uint32_t at = 0; at < table_.size(); at += types::kVectorCapacity) {
      const uint32_t n = std::min(table_.size() - at, types::kVectorCapacity);
      table_.keys().slice(at, n, types_.size(), &chunk);
      times.reset(TypeId::kInteger);
      for (uint32_t i = 0; i < n; ++i) times.data<int64_t>()[i] = counts_[at + i];
      ORRERY_TRY(put_aside(chunk, {nullptr, n}, times, 0));
    }
    begin_rows();
    return {};
  }

  Status read_partition(uint32_t partition) {
    begin_rows();
    for (input_ = 0; input_ < inputs_.size(); ++input_) {
      matches_.assign(table_.size(), 0);
      if (auto spool = partitions_[input_].take(partition)) {
        RowSpool::Reader reader(*spool);
        for (;;) {
          ORRERY_TRY(scope_.run.check_cancelled());
          Chunk* chunk = nullptr;
          ORRERY_TRY(reader.next(scope_.run.vector_size, &chunk));
          if (chunk == nullptr) break;
          add(*chunk, chunk->rows(), &chunk->columns[types_.size()]);
        }
      }
      if (input_ != 0) combine();
    }
    return {};
  }

  void combine() {
    for (size_t g = 0; g < counts_.size(); ++g) {
      int64_t left = counts_[g], right = matches_[g];
      switch (op_) {
        case SetOperation::kIntersect:
          counts_[g] = left != 0 && right != 0 ? 1 : 0;
          break;
        case SetOperation::kIntersectAll:
          counts_[g] = std::min(left, right);
          break;
        case SetOperation::kExcept:
          counts_[g] = left != 0 && right == 0 ? 1 : 0;
          break;
        case SetOperation::kExceptAll:
          counts_[g] = std::max<int64_t>(left - right, 0);
          break;
        case SetOperation::kUnionAll:
        case SetOperation::kUnion:
          break;
      }
    }
  }

  void emit(Chunk** out) {
    groups_.resize(types::kVectorCapacity);
    uint32_t n = 0;
    while (n < scope_.run.vector_size) {
      if (left_of_row_ == 0) {
        if (next_ == counts_.size()) break;
        left_of_row_ = counts_[next_++];
        continue;
      }
      groups_[n++] = static_cast<uint32_t>(next_ - 1);
      --left_of_row_;
    }
    if (n == 0) return;
    table_.keys().gather(groups_.data(), n, types_.size(), &out_);
    *out = &out_;
  }

  const SetOperation op_;
  Scope& scope_;
  std::vector<std::unique_ptr<Pipeline>> inputs_;
  const std::vector<TypeId> types_;
  ChunkAdapter adapter_;
  size_t input_ = 0;
  bool ran_ = false;
  GroupTable table_;
  std::vector<int64_t> counts_;   ///< per distinct row: how often it is in the result
  std::vector<int64_t> matches_;  ///< per distinct row: how often the current input has it
  size_t next_ = 0;
  int64_t left_of_row_ = 0;
  std::vector<const Vector*> keys_;
  std::vector<uint32_t> groups_;
  MemoryBudget::Held held_;
  // Spilling.
  bool spilled_ = false;
  uint32_t partition_ = 0;
  std::vector<TypeId> spilled_types_;  ///< with how often a row counts at the end
  std::vector<RowPartitions> partitions_;
  std::vector<uint64_t> hashes_;
  Vector count_column_;
  Chunk out_;
};

}  // namespace

std::unique_ptr<Source> make_set_operation(const plan::SetOperationNode& node, Scope& scope,
                                           std::vector<std::unique_ptr<Pipeline>> inputs) {
  if (node.op == SetOperation::kUnionAll || node.op == SetOperation::kUnion) {
    return std::make_unique<Concatenation>(node, std::move(inputs));
  }
  return std::make_unique<CountedRows>(node, scope, std::move(inputs));
}

}  // namespace orrery::exec
