#include <algorithm>

#include "exec/column_buffer.h"
#include "exec/group_table.h"
#include "exec/operators.h"

namespace orrery::exec {
namespace {

using plan::SetOperation;

/// UNION ALL passes its inputs on one after another; the others keep one row per distinct row with
/// the number of times it counts.
class SetOperator final : public Source, private Sink {
 public:
  SetOperator(const plan::SetOperationNode& node, Scope& scope,
              std::vector<std::unique_ptr<Pipeline>> inputs)
      : Source(node.id),
        op_(node.op),
        scope_(scope),
        inputs_(std::move(inputs)),
        types_(output_types(node)) {
    table_.init(types_);
  }

  Status open(uint64_t row_goal) override {
    row_goal_ = row_goal;
    input_ = 0;
    opened_ = false;
    ran_ = false;
    next_ = 0;
    left_of_row_ = 0;
    table_.clear();
    counts_.clear();
    held_ = 0;
    return {};
  }

  Status next(types::Chunk** out) override {
    switch (op_) {
      case SetOperation::kUnionAll:
      case SetOperation::kUnion:
        return next_union(out);
      case SetOperation::kIntersect:
      case SetOperation::kIntersectAll:
      case SetOperation::kExcept:
      case SetOperation::kExceptAll:
        break;
    }
    if (!ran_) ORRERY_TRY(run());
    return emit_counted(out);
  }

 private:
  Status next_union(types::Chunk** out) {
    *out = nullptr;
    while (input_ < inputs_.size()) {
      if (!opened_) {
        ORRERY_TRY(inputs_[input_]->open(row_goal_));
        opened_ = true;
      }
      types::Chunk* in = nullptr;
      ORRERY_TRY(inputs_[input_]->next(&in));
      if (in == nullptr) {
        ++input_;
        opened_ = false;
        continue;
      }
      types::Chunk* made = adapt(*in);
      if (op_ == SetOperation::kUnion) keep_new(*made);
      if (made->size() == 0) continue;
      ORRERY_TRY(account());
      *out = made;
      return {};
    }
    return {};
  }

  Status account() {
    scope_.run.memory.hold(&held_, table_.bytes() + counts_.capacity() * 8);
    if (scope_.run.memory.exceeded()) {
      return Error(ErrorCode::kOutOfMemory, "memory limit exceeded by a set operation");
    }
    return {};
  }

  /// The chunk with the node's column types.
  types::Chunk* adapt(types::Chunk& in) {
    bool same = true;
    for (size_t c = 0; c < types_.size(); ++c) same &= in.columns[c].type() == types_[c];
    if (same) return &in;
    types::Selection sel = in.rows();
    adapted_.reset();
    adapted_.columns.resize(types_.size());
    for (size_t c = 0; c < types_.size(); ++c) {
      types::Vector& v = adapted_.columns[c];
      if (in.columns[c].type() == types_[c]) {
        v.reference(in.columns[c]);
        continue;
      }
      v.reset(types_[c], capacity_for(in.row_count));
      for (uint32_t i = 0; i < sel.count; ++i) convert(in.columns[c].datum(sel[i]), sel[i], &v);
      v.share_strings(in.columns[c]);
    }
    adapted_.row_count = in.row_count;
    if (in.has_selection) {
      std::copy(sel.rows, sel.rows + sel.count, adapted_.mutable_selection());
      adapted_.has_selection = true;
      adapted_.selected_count = sel.count;
    }
    return &adapted_;
  }

  static void convert(const types::Datum& d, uint32_t row, types::Vector* v) {
    if (v->type() == types::TypeId::kFloat && d.type() == types::TypeId::kInteger) {
      v->set_datum(row, types::Datum::floating(static_cast<double>(d.as_int64())));
    } else if (v->type() == types::TypeId::kAny || d.is_null() || d.type() == v->type()) {
      v->set_datum(row, d);
    } else {
      v->set_null(row);
    }
  }

  std::span<const types::Vector* const> key_vectors(const types::Chunk& in) {
    keys_.clear();
    for (size_t c = 0; c < types_.size(); ++c) keys_.push_back(&in.columns[c]);
    return keys_;
  }

  void keep_new(types::Chunk& in) {
    types::Selection sel = in.rows();
    groups_.resize(types::kVectorCapacity);
    const uint32_t before = table_.size();
    table_.find_or_add(key_vectors(in), sel, groups_.data());
    uint32_t n = GroupTable::new_rows(groups_.data(), before, sel, in.mutable_selection());
    in.has_selection = true;
    in.selected_count = n;
  }

  Status run() {
    ran_ = true;
    for (input_ = 0; input_ < inputs_.size(); ++input_) {
      matches_.assign(table_.size(), 0);
      ORRERY_TRY(inputs_[input_]->open());
      ORRERY_TRY(inputs_[input_]->run(*this));
      if (input_ != 0) combine();
    }
    return {};
  }

  Result<Flow> consume(types::Chunk& chunk) override {
    types::Chunk& in = *adapt(chunk);
    types::Selection sel = in.rows();
    groups_.resize(types::kVectorCapacity);
    if (input_ == 0) {
      table_.find_or_add(key_vectors(in), sel, groups_.data());
      counts_.resize(table_.size());
      for (uint32_t i = 0; i < sel.count; ++i) ++counts_[groups_[i]];
    } else {
      table_.find(key_vectors(in), sel, groups_.data());
      for (uint32_t i = 0; i < sel.count; ++i) {
        if (groups_[i] != GroupTable::kNone) ++matches_[groups_[i]];
      }
    }
    ORRERY_TRY(account());
    return Flow::kNeedInput;
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

  Status emit_counted(types::Chunk** out) {
    *out = nullptr;
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
    if (n == 0) return {};
    table_.keys().gather(groups_.data(), n, types_.size(), &out_);
    *out = &out_;
    return {};
  }

  const SetOperation op_;
  Scope& scope_;
  std::vector<std::unique_ptr<Pipeline>> inputs_;
  const std::vector<types::TypeId> types_;
  uint64_t row_goal_ = 0;
  size_t input_ = 0;
  bool opened_ = false;
  bool ran_ = false;
  GroupTable table_;
  std::vector<int64_t> counts_;   ///< per distinct row: how often it is in the result
  std::vector<int64_t> matches_;  ///< per distinct row: how often the current input has it
  size_t next_ = 0;
  int64_t left_of_row_ = 0;
  std::vector<const types::Vector*> keys_;
  std::vector<uint32_t> groups_;
  uint64_t held_ = 0;
  types::Chunk adapted_;
  types::Chunk out_;
};

}  // namespace

std::unique_ptr<Source> make_set_operation(const plan::SetOperationNode& node, Scope& scope,
                                           std::vector<std::unique_ptr<Pipeline>> inputs) {
  return std::make_unique<SetOperator>(node, scope, std::move(inputs));
}

}  // namespace orrery::exec
