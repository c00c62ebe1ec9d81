#include "exec/dml_rows.h"
#include "exec/operators.h"
#include "storage/transaction.h"

namespace orrery::exec {
namespace {

using storage::RowId;
using types::Chunk;

class Delete final : public Source {
 public:
  Delete(const plan::DeleteNode& node, Scope& scope, std::unique_ptr<Pipeline> input)
      : Source(node.id),
        node_(node),
        scope_(scope),
        input_(std::move(input), *node.children[0], scope),
        returning_(node.returning, node, scope) {}

  Status open(uint64_t) override {
    ran_ = false;
    input_.begin_run();
    returning_.begin_run();
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
      const auto* ids = in->columns[0].data<int64_t>();
      if (returning_.wanted()) {
        std::vector<RowId> row_ids(ids, ids + in->row_count);
        read_rows(*node_.table, scope_.run.transaction->view(), row_ids, &rows_, &found_);
        ORRERY_TRY(returning_.add(rows_));
      }
      for (uint32_t r = 0; r < in->row_count; ++r) {
        ORRERY_TRY(scope_.run.transaction->erase(*node_.table, static_cast<RowId>(ids[r])));
      }
      scope_.run.rows_affected += in->row_count;
    }
  }

  const plan::DeleteNode& node_;
  Scope& scope_;
  InputRows input_;
  Returning returning_;
  bool ran_ = false;
  Chunk rows_;
  std::vector<uint32_t> found_;
};

}  // namespace

std::unique_ptr<Source> make_delete(const plan::DeleteNode& node, Scope& scope,
                                    std::unique_ptr<Pipeline> input) {
  return std::make_unique<Delete>(node, scope, std::move(input));
}

}  // namespace orrery::exec
