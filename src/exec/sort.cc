#include <vector>

#include "exec/evaluator.h"
#include "exec/operators.h"
#include "exec/spilling_sorter.h"

namespace orrery::exec {
namespace {

class Sort final : public Source, private Sink {
 public:
  Sort(const plan::SortNode& node, Scope& scope, std::unique_ptr<Pipeline> input)
      : Source(node.id),
        node_(node),
        scope_(scope),
        input_(std::move(input)),
        sorter_(scope.run, "a sort") {
    std::vector<types::TypeId> types = output_types(node);
    output_columns_ = types.size();
    std::vector<SortColumn> keys;
    for (const plan::SortKey& key : node.keys) {
      if (key.expr->kind == expr::ExprKind::kColumn) {
        keys.push_back(sort_column(key.expr->index, key));
      } else {
        keys.push_back(sort_column(static_cast<uint32_t>(types.size()), key));
        types.push_back(key.expr->type);
        computed_.add(*key.expr);
      }
    }
    // A key that is computed here is unknown below.
    if (!keys.empty() && keys[0].column < output_columns_) input_->set_bound(&sorter_.bound());
    sorter_.init(std::move(types), std::move(keys));
  }

  Status open(uint64_t) override {
    ran_ = false;
    computed_.begin_run();
    wanted_ = SortBuffer::kAllRows;
    if (node_.limit != nullptr) {
      ORRERY_TRY_ASSIGN(uint64_t limit,
                        evaluate_row_limit(node_.limit.get(), "LIMIT", UINT64_MAX, scope_.eval));
      ORRERY_TRY_ASSIGN(uint64_t offset,
                        evaluate_row_limit(node_.offset.get(), "OFFSET", 0, scope_.eval));
      wanted_ = limit > UINT64_MAX - offset ? UINT64_MAX : limit + offset;
    }
    sorter_.begin(wanted_);
    return {};
  }

  Status next(types::Chunk** out) override {
    *out = nullptr;
    if (!ran_) ORRERY_TRY(run());
    return sorter_.next(scope_.run.vector_size, output_columns_, &chunk_, out);
  }

 private:
  Status run() {
    ran_ = true;
    if (wanted_ != 0) {
      ORRERY_TRY(input_->open());
      ORRERY_TRY(input_->run(*this));
    }
    return sorter_.finish();
  }

  Result<Flow> consume(types::Chunk& in) override {
    types::Selection sel = in.rows();
    ORRERY_TRY(computed_.evaluate(scope_.eval, in, sel));
    columns_.clear();
    for (size_t c = 0; c < output_columns_; ++c) columns_.push_back(&in.columns[c]);
    for (const types::Vector* v : computed_.results()) columns_.push_back(v);
    ORRERY_TRY(sorter_.append(columns_, sel));
    return Flow::kNeedInput;
  }

  const plan::SortNode& node_;
  Scope& scope_;
  std::unique_ptr<Pipeline> input_;
  size_t output_columns_ = 0;
  EvaluatorList computed_;  ///< keys that are not columns
  SpillingSorter sorter_;
  std::vector<const types::Vector*> columns_;
  bool ran_ = false;
  uint64_t wanted_ = 0;
  types::Chunk chunk_;
};

}  // namespace

std::unique_ptr<Source> make_sort(const plan::SortNode& node, Scope& scope,
                                  std::unique_ptr<Pipeline> input) {
  return std::make_unique<Sort>(node, scope, std::move(input));
}

}  // namespace orrery::exec
