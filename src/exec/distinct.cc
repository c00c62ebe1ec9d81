#include <algorithm>

#include "exec/group_table.h"
#include "exec/operators.h"

namespace orrery::exec {
namespace {

class Distinct final : public Operator {
 public:
  Distinct(const plan::DistinctNode& node, Scope& scope)
      : Operator(node.id), scope_(scope), columns_(node.columns) {
    if (columns_.empty()) {
      for (uint32_t c = 0; c < node.children[0]->output.size(); ++c) columns_.push_back(c);
    }
    std::vector<types::TypeId> types;
    for (uint32_t c : columns_) types.push_back(node.children[0]->output[c].type);
    table_.init(types);
  }

  Status open() override {
    table_.clear();
    held_ = 0;
    seen_any_ = false;
    return {};
  }

  Result<Flow> process(types::Chunk& in, types::Chunk** out) override {
    types::Selection sel = in.rows();
    *out = nullptr;
    if (columns_.empty()) {  // rows without columns are all the same
      if (seen_any_) return Flow::kFinished;
      seen_any_ = true;
      uint32_t first = sel[0];
      in.mutable_selection()[0] = first;
      in.has_selection = true;
      in.selected_count = 1;
      *out = &in;
      return Flow::kFinished;
    }
    keys_.clear();
    for (uint32_t c : columns_) keys_.push_back(&in.columns[c]);
    groups_.resize(types::kVectorCapacity);
    const uint32_t before = table_.size();
    table_.find_or_add(keys_, sel, groups_.data());
    uint32_t n = GroupTable::new_rows(groups_.data(), before, sel, in.mutable_selection());
    if (n < sel.count || in.has_selection) {
      in.has_selection = true;
      in.selected_count = n;
    }
    scope_.run.memory.hold(&held_, table_.bytes());
    if (scope_.run.memory.exceeded()) {
      return Error(ErrorCode::kOutOfMemory, "memory limit exceeded by DISTINCT");
    }
    if (n != 0) *out = &in;
    return Flow::kNeedInput;
  }

 private:
  Scope& scope_;
  std::vector<uint32_t> columns_;
  GroupTable table_;
  std::vector<const types::Vector*> keys_;
  std::vector<uint32_t> groups_;
  uint64_t held_ = 0;
  bool seen_any_ = false;
};

}  // namespace

std::unique_ptr<Operator> make_distinct(const plan::DistinctNode& node, Scope& scope) {
  return std::make_unique<Distinct>(node, scope);
}

}  // namespace orrery::exec
