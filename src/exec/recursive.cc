#include <optional>
#include <string>

#include "exec/cte_store.h"
#include "exec/group_table.h"
#include "exec/operators.h"
#include "exec/row_spool.h"

namespace orrery::exec {
namespace {

/// What the rows of a recursion may take where the database has no memory limit: they can double in
/// each round.
constexpr uint64_t kUnlimitedBytesMax = uint64_t{1} << 30;

/// The longest chain that is followed; one that never ends is stopped within seconds.
constexpr uint32_t kRoundsMax = 1'000'000;

/// WITH RECURSIVE: gives out each round's rows as they are; a round reads those of the round
/// before.
class Recursive final : public Source, private Sink {
 public:
  Recursive(const plan::RecursiveNode& node, Scope& scope, std::unique_ptr<Pipeline> anchor,
            std::unique_ptr<Pipeline> step)
      : Source(node.id),
        node_(node),
        scope_(scope),
        anchor_(std::move(anchor)),
        step_(std::move(step)),
        types_(output_types(node)) {
    current_.init(scope.run, types_);
    coming_.init(scope.run, types_);
    seen_.init(types_);
  }

  Status open(uint64_t) override {
    started_ = false;
    round_ = 0;
    reader_.reset();
    current_.clear();
    coming_.clear();
    seen_.clear();
    scope_.run.memory.hold(&held_, 0);
    return {};
  }

  Status next(types::Chunk** out) override {
    *out = nullptr;
    if (!started_) {
      started_ = true;
      ORRERY_TRY(anchor_->open());
      ORRERY_TRY(anchor_->run(*this));
      ORRERY_TRY(begin_round());
    }
    for (;;) {
      ORRERY_TRY(reader_->next(scope_.run.vector_size, out));
      if (*out != nullptr) return {};
      if (current_.rows() == 0) return {};
      ++round_;
      ORRERY_TRY(run_step());
      // Rows left out would look like an answer.
      if (round_ > kRoundsMax && current_.rows() != 0) {
        return Error(ErrorCode::kLimit, "a recursive query did not end within " +
                                            std::to_string(kRoundsMax) + " rounds");
      }
    }
  }

 private:
  Status run_step() {
    coming_.clear();
    scope_.run.ctes->set_working_table(node_.cte, &current_);
    Status status = step_->open();
    if (status) status = step_->run(*this);
    scope_.run.ctes->set_working_table(node_.cte, nullptr);
    if (!status) return std::move(status).error();
    return begin_round();
  }

  Status begin_round() {
    ORRERY_TRY(coming_.finish());
    reader_.reset();
    std::swap(current_, coming_);
    reader_.emplace(current_);
    return {};
  }

  Result<Flow> consume(types::Chunk& in) override {
    types::Selection sel = in.rows();
    if (node_.distinct && !types_.empty()) {
      keys_.clear();
      for (size_t c = 0; c < types_.size(); ++c) keys_.push_back(&in.columns[c]);
      groups_.resize(types::kVectorCapacity);
      rows_.resize(types::kVectorCapacity);
      const uint32_t before = seen_.size();
      seen_.find_or_add(keys_, sel, groups_.data());
      sel = {rows_.data(), GroupTable::new_rows(groups_.data(), before, sel, rows_.data())};
    }
    ORRERY_TRY(coming_.append(in, sel));
    auto account = [&] {
      scope_.run.memory.hold(&held_, coming_.bytes() + current_.bytes() + seen_.bytes());
      return scope_.run.memory.exceeded();
    };
    const bool exceeded = account();
    if (scope_.run.memory.limit() == 0 && held_.bytes > kUnlimitedBytesMax) {
      return Error(ErrorCode::kOutOfMemory,
                   "the rows of a recursive query take more than 1 GiB; with a memory_limit they "
                   "would go on in files");
    }
    if (!exceeded || coming_.spilled()) return Flow::kNeedInput;
    ORRERY_TRY_ASSIGN(bool spill, should_spill(scope_.run, held_.bytes, "a recursive query"));
    if (spill) ORRERY_TRY(coming_.spill());
    account();
    return Flow::kNeedInput;
  }

  const plan::RecursiveNode& node_;
  Scope& scope_;
  std::unique_ptr<Pipeline> anchor_;
  std::unique_ptr<Pipeline> step_;
  const std::vector<types::TypeId> types_;
  RowSpool current_;  ///< the round that is given out and read by the next
  RowSpool coming_;
  std::optional<RowSpool::Reader> reader_;
  GroupTable seen_;
  std::vector<const types::Vector*> keys_;
  std::vector<uint32_t> groups_;
  std::vector<uint32_t> rows_;
  bool started_ = false;
  uint32_t round_ = 0;
  MemoryBudget::Held held_;
};

}  // namespace

std::unique_ptr<Source> make_recursive(const plan::RecursiveNode& node, Scope& scope,
                                       std::unique_ptr<Pipeline> anchor,
                                       std::unique_ptr<Pipeline> step) {
  return std::make_unique<Recursive>(node, scope, std::move(anchor), std::move(step));
}

}  // namespace orrery::exec
