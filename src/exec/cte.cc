#include <algorithm>
#include <optional>

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
  e.run = &run_;
  e.spool.init(run_, output_types(*cte.root));
  return {};
}

void CteStore::invalidate(uint32_t id) {
  Entry& e = entry(id);
  e.ready = false;
  e.spool.clear();
  run_.memory.hold(&e.held, 0);
}

Result<Flow> CteStore::Entry::consume(types::Chunk& in) {
  ORRERY_TRY(spool.append(in, in.rows()));
  run->memory.hold(&held, spool.bytes());
  if (!run->memory.exceeded()) return Flow::kNeedInput;
  ORRERY_TRY_ASSIGN(bool spill, should_spill(*run, held.bytes, "the rows of a CTE"));
  if (spill) ORRERY_TRY(spool.spill());
  run->memory.hold(&held, spool.bytes());
  return Flow::kNeedInput;
}

Result<const RowSpool*> CteStore::rows(uint32_t id) {
  Entry& e = entry(id);
  if (e.working != nullptr) return e.working;
  if (e.ready) return &e.spool;
  if (e.pipeline == nullptr || e.running) {
    return Error(ErrorCode::kInternal, "CTE is read before it is declared");
  }
  e.running = true;
  e.spool.clear();
  Status status = e.pipeline->open();
  if (status) status = e.pipeline->run(e);
  if (status) status = e.spool.finish();
  e.running = false;
  if (!status) return std::move(status).error();
  e.ready = true;
  return &e.spool;
}

void CteStore::set_working_table(uint32_t id, const RowSpool* rows) {
  entry(id).working = rows;
}

namespace {
class CteScan final : public Source {
 public:
  CteScan(const plan::CteScanNode& node, Scope& scope)
      : Source(node.id), cte_(node.cte), run_(scope.run) {}

  Status open(uint64_t row_goal) override {
    reader_.reset();
    batch_ = row_goal == 0 ? run_.vector_size
                           : static_cast<uint32_t>(std::min<uint64_t>(
                                 std::max<uint64_t>(row_goal, 16), run_.vector_size));
    if (batch_ > run_.vector_size) batch_ = run_.vector_size;
    return {};
  }

  Status next(types::Chunk** out) override {
    if (!reader_) {
      ORRERY_TRY_ASSIGN(const RowSpool* rows, run_.ctes->rows(cte_));
      reader_.emplace(*rows);
    }
    ORRERY_TRY(reader_->next(batch_, out));
    batch_ = std::min(batch_ * 2, run_.vector_size);
    return {};
  }

 private:
  const uint32_t cte_;
  RunState& run_;
  std::optional<RowSpool::Reader> reader_;
  uint32_t batch_ = 0;
};
}  // namespace

std::unique_ptr<Source> make_cte_scan(const plan::CteScanNode& node, Scope& scope) {
  return std::make_unique<CteScan>(node, scope);
}

}  // namespace orrery::exec
