#include <algorithm>

#include "exec/cte_store.h"
#include "exec/operators.h"

namespace orrery::exec {

CteStore::Entry& CteStore::entry(uint32_t id) {
  if (id >= entries_.size()) entries_.resize(id + 1);
  if (entries_[id] == nullptr) entries_[id] = std::make_unique<Entry>();
  return *entries_[id];
}

Status CteStore::declare(const plan::CtePlan& cte, Scope& scope) {
  ORRERY_TRY_ASSIGN(auto pipeline, build_pipeline(*cte.root, scope));
  Entry& e = entry(cte.id);
  e.pipeline = std::move(pipeline);
  e.memory = &run_.memory;
  e.buffer.init(output_types(*cte.root));
  return {};
}

void CteStore::invalidate(uint32_t id) {
  Entry& e = entry(id);
  e.ready = false;
  e.buffer.clear();
  e.held = 0;
}

Result<Flow> CteStore::Entry::consume(types::Chunk& in) {
  buffer.append(in, in.rows());
  memory->hold(&held, buffer.bytes());
  if (memory->exceeded()) {
    return Error(ErrorCode::kOutOfMemory, "memory limit exceeded by the rows of a CTE");
  }
  return Flow::kNeedInput;
}

Result<const RowBuffer*> CteStore::rows(uint32_t id) {
  Entry& e = entry(id);
  if (e.working != nullptr) return e.working;
  if (e.ready) return &e.buffer;
  if (e.pipeline == nullptr || e.running) {
    return Error(ErrorCode::kInternal, "CTE is read before it is declared");
  }
  e.running = true;
  e.buffer.clear();
  Status status = e.pipeline->open();
  if (status) status = e.pipeline->run(e);
  e.running = false;
  if (!status) return std::move(status).error();
  e.ready = true;
  return &e.buffer;
}

void CteStore::set_working_table(uint32_t id, const RowBuffer* rows) {
  entry(id).working = rows;
}

namespace {
class CteScan final : public Source {
 public:
  CteScan(const plan::CteScanNode& node, Scope& scope)
      : Source(node.id), cte_(node.cte), run_(scope.run) {}

  Status open(uint64_t row_goal) override {
    rows_ = nullptr;
    next_ = 0;
    batch_ = row_goal == 0 ? run_.vector_size
                           : static_cast<uint32_t>(std::min<uint64_t>(
                                 std::max<uint64_t>(row_goal, 16), run_.vector_size));
    if (batch_ > run_.vector_size) batch_ = run_.vector_size;
    return {};
  }

  Status next(types::Chunk** out) override {
    if (rows_ == nullptr) {
      ORRERY_TRY_ASSIGN(rows_, run_.ctes->rows(cte_));
    }
    uint32_t n = std::min(batch_, rows_->size() - next_);
    *out = nullptr;
    if (n == 0) return {};
    rows_->slice(next_, n, rows_->column_count(), &chunk_);
    next_ += n;
    batch_ = std::min(batch_ * 2, run_.vector_size);
    *out = &chunk_;
    return {};
  }

 private:
  const uint32_t cte_;
  RunState& run_;
  const RowBuffer* rows_ = nullptr;
  uint32_t next_ = 0;
  uint32_t batch_ = 0;
  types::Chunk chunk_;
};
}  // namespace

std::unique_ptr<Source> make_cte_scan(const plan::CteScanNode& node, Scope& scope) {
  return std::make_unique<CteScan>(node, scope);
}

}  // namespace orrery::exec
