#include <algorithm>

#include "exec/evaluator.h"
#include "exec/operators.h"
#include "exec/spill.h"
#include "exec/spilling_sorter.h"
#include "exec/window_rows.h"

namespace orrery::exec {
namespace {

using expr::WindowKind;
using plan::FrameBound;
using plan::FrameUnit;
using plan::WindowCall;

/// How far beyond a row its results may depend on.
struct Lookahead {
  uint64_t rows = 0;
  bool peers = false;      ///< up to the last row with the same sort keys
  bool partition = false;  ///< up to the partition's end
};

/// Collects its input, puts it in window order, and computes all calls over it.
///
/// Where few rows are wanted, only a beginning of the window order is computed: what lies within
/// every call's lookahead of the beginning's end is not given out. If more rows are wanted after
/// all, sorted input is read on, and partitions that are done with are dropped; unsorted input is
/// read again. Past the memory limit the input is sorted in files, and then is sorted input.
class Window final : public Source, private Sink {
 public:
  Window(const plan::WindowNode& node, Scope& scope, std::unique_ptr<Pipeline> input);
  Status open(uint64_t row_goal) override;
  Status next(types::Chunk** out) override;

 private:
  struct Call {
    const WindowCall* plan = nullptr;
    std::vector<uint32_t> args;  ///< columns of the buffer
    int64_t filter = -1;         ///< column of the buffer
    FrameOffsets offsets;
    types::Value start_owner, end_owner;
    ColumnBuffer results;
  };
  uint32_t add_column(const expr::Expr& e, std::vector<types::TypeId>* types);
  Lookahead lookahead(const Call& call) const;
  bool streams() const { return node_.input_sorted || sorter_.spilled(); }
  Status read_more();
  Status read_unsorted();
  Status read_stream();
  void drop_given();
  Status compute();
  void find_limit();
  Result<Flow> consume(types::Chunk& in) override;

  const plan::WindowNode& node_;
  Scope& scope_;
  std::unique_ptr<Pipeline> input_;
  size_t input_columns_ = 0;
  EvaluatorList computed_;
  std::vector<SortColumn> partition_, sort_;
  std::vector<Call> calls_;
  size_t all_columns_ = 0;
  SpillingSorter sorter_;
  RowBuffer stream_;  ///< rows of sorted input at hand
  WindowRows rows_;
  std::vector<const types::Vector*> columns_;
  Lookahead ahead_;
  uint64_t goal_ = 0;  ///< rows of the beginning; 0 = all
  bool begun_ = false;
  bool complete_ = false;  ///< nothing comes after the rows at hand
  uint32_t limit_ = 0;     ///< positions below it have final results
  uint32_t next_ = 0;
  MemoryBudget::Held held_;
  types::Chunk chunk_;
  types::Chunk sorted_;
};

Window::Window(const plan::WindowNode& node, Scope& scope, std::unique_ptr<Pipeline> input)
    : Source(node.id),
      node_(node),
      scope_(scope),
      input_(std::move(input)),
      sorter_(scope.run, "a window function") {
  std::vector<types::TypeId> types = output_types(*node.children[0]);
  input_columns_ = types.size();
  for (const auto& e : node.partition_by) {
    partition_.push_back({add_column(*e, &types), SortOrder::kAscending, NullOrder::kLast});
  }
  for (const plan::SortKey& key : node.order_by) {
    sort_.push_back(sort_column(add_column(*key.expr, &types), key));
  }
  for (const WindowCall& plan : node.calls) {
    Call& call = calls_.emplace_back();
    call.plan = &plan;
    const bool aggregate = plan.kind == WindowKind::kAggregate;
    for (const auto& a : aggregate ? plan.aggregate.args : plan.args) {
      call.args.push_back(add_column(*a, &types));
    }
    if (aggregate && plan.aggregate.filter != nullptr) {
      call.filter = add_column(*plan.aggregate.filter, &types);
    }
    call.results.init(aggregate ? plan.aggregate.type : plan.type);
  }
  std::vector<SortColumn> keys = partition_;
  keys.insert(keys.end(), sort_.begin(), sort_.end());
  if (!node.input_sorted && !keys.empty() && keys[0].column < input_columns_) {
    input_->set_bound(&sorter_.bound());
  }
  all_columns_ = types.size();
  stream_.init(types);
  sorter_.init(std::move(types), std::move(keys));
}

uint32_t Window::add_column(const expr::Expr& e, std::vector<types::TypeId>* types) {
  if (e.kind == expr::ExprKind::kColumn) return e.index;
  computed_.add(e);
  types->push_back(e.type);
  return static_cast<uint32_t>(types->size() - 1);
}

Lookahead Window::lookahead(const Call& call) const {
  const WindowCall& plan = *call.plan;
  Lookahead ahead;
  auto constant_rows = [](const expr::Expr& e) -> int64_t {
    return e.kind == expr::ExprKind::kConstant && e.type == types::TypeId::kInteger &&
                   !e.constant.is_null()
               ? e.constant.datum().as_int64()
               : INT64_MIN;
  };
  switch (plan.kind) {
    case WindowKind::kRowNumber:
    case WindowKind::kRank:
    case WindowKind::kDenseRank:
      return ahead;
    case WindowKind::kLead:
    case WindowKind::kLag: {
      int64_t distance = plan.args.size() > 1 ? constant_rows(*plan.args[1]) : 1;
      if (distance == INT64_MIN) {
        ahead.partition = true;
      } else {
        if (plan.kind == WindowKind::kLag) distance = -distance;
        ahead.rows = distance > 0 ? static_cast<uint64_t>(distance) : 0;
      }
      return ahead;
    }
    case WindowKind::kNtile:
    case WindowKind::kPercentRank:
    case WindowKind::kCumeDist:
      ahead.partition = true;
      return ahead;
    case WindowKind::kFirstValue:
    case WindowKind::kLastValue:
    case WindowKind::kNthValue:
    case WindowKind::kAggregate:
      break;
  }
  if (plan.end == FrameBound::kUnboundedFollowing) {
    ahead.partition = true;
  } else if (plan.unit == FrameUnit::kRange) {
    ahead.peers = plan.end == FrameBound::kCurrentRow;
    ahead.partition = plan.end != FrameBound::kCurrentRow;
  } else if (plan.end == FrameBound::kFollowing) {
    ahead.rows = static_cast<uint64_t>(std::max<int64_t>(call.offsets.end.as_int64(), 0));
  }
  return ahead;
}

Status Window::open(uint64_t row_goal) {
  computed_.begin_run();
  ahead_ = {};
  for (Call& call : calls_) {
    if (call.plan->start_offset != nullptr) {
      ORRERY_TRY_ASSIGN(call.offsets.start,
                        evaluate_value(*call.plan->start_offset, scope_.eval, &call.start_owner));
    }
    if (call.plan->end_offset != nullptr) {
      ORRERY_TRY_ASSIGN(call.offsets.end,
                        evaluate_value(*call.plan->end_offset, scope_.eval, &call.end_owner));
    }
    ORRERY_TRY(check_frame(*call.plan, call.offsets));
    Lookahead one = lookahead(call);
    ahead_.rows = std::max(ahead_.rows, one.rows);
    ahead_.peers |= one.peers;
    ahead_.partition |= one.partition;
  }
  if (node_.row_goal != 0 && (row_goal == 0 || node_.row_goal < row_goal))
    row_goal = node_.row_goal;
  goal_ = row_goal == 0 ? 0 : row_goal + ahead_.rows;
  // Which rows come first is known from sorted input, or by selecting them.
  const bool whole_groups = ahead_.peers || ahead_.partition;
  if (!node_.input_sorted && (whole_groups || goal_ > 65536)) goal_ = 0;
  sorter_.begin(SortBuffer::kAllRows);
  stream_.clear();
  begun_ = complete_ = false;
  limit_ = next_ = 0;
  scope_.run.memory.hold(&held_, 0);
  return {};
}

Result<Flow> Window::consume(types::Chunk& in) {
  types::Selection sel = in.rows();
  ORRERY_TRY(computed_.evaluate(scope_.eval, in, sel));
  columns_.clear();
  for (size_t c = 0; c < input_columns_; ++c) columns_.push_back(&in.columns[c]);
  for (const types::Vector* v : computed_.results()) columns_.push_back(v);
  if (!node_.input_sorted) {
    ORRERY_TRY(sorter_.append(columns_, sel));
    return Flow::kNeedInput;
  }
  stream_.append(columns_, sel);
  scope_.run.memory.hold(&held_, stream_.bytes());
  // One partition has to fit; where files may be used, the limit is for what can go to them.
  if (!scope_.run.spill->available()) {
    ORRERY_TRY(check_memory(scope_.run, held_.bytes, "a window function"));
  }
  return Flow::kNeedInput;
}

/// Forgets the partitions before that of the next row to be given out.
void Window::drop_given() {
  if (stream_.size() == 0) return;
  auto partitions = rows_.partitions();
  auto starts = partitions.first(partitions.size() - 1);
  const uint32_t first = *(std::upper_bound(starts.begin(), starts.end(), next_) - 1);
  if (first == 0) return;
  RowBuffer kept;
  std::vector<types::TypeId> types;
  for (size_t c = 0; c < all_columns_; ++c) types.push_back(stream_.column(c).type());
  kept.init(types);
  kept.append(stream_, nullptr, first, stream_.size() - first);
  stream_ = std::move(kept);
  next_ -= first;
}

Status Window::read_stream() {
  uint64_t rows = UINT64_MAX;
  if (!begun_ && node_.input_sorted) {
    ORRERY_TRY(input_->open(goal_));
    if (goal_ != 0) rows = goal_;
  } else {
    drop_given();
    rows = std::max<uint64_t>(uint64_t{stream_.size()} * 2, types::kVectorCapacity * 2);
  }
  begun_ = true;
  while (stream_.size() < rows) {
    types::Chunk* chunk = nullptr;
    if (node_.input_sorted) {
      ORRERY_TRY(input_->next(&chunk));
    } else {
      ORRERY_TRY(sorter_.next(scope_.run.vector_size, all_columns_, &sorted_, &chunk));
    }
    if (chunk == nullptr) {
      complete_ = true;
      return {};
    }
    if (node_.input_sorted) {
      ORRERY_TRY_ASSIGN(Flow flow, consume(*chunk));
      (void)flow;
    } else {
      stream_.append(*chunk, chunk->rows());
    }
  }
  return {};
}

Status Window::read_unsorted() {
  if (begun_) goal_ = 0;  // the rows in mind were not enough
  begun_ = true;
  sorter_.begin(goal_ == 0 ? SortBuffer::kAllRows : goal_);
  ORRERY_TRY(input_->open());
  ORRERY_TRY(input_->run(*this));
  ORRERY_TRY(sorter_.finish());
  if (!sorter_.spilled()) {
    complete_ = goal_ == 0 || sorter_.order().size() < goal_;
    return {};
  }
  // Too large for a beginning in memory: all of it, as a stream.
  return goal_ != 0 ? read_unsorted() : Status();
}

Status Window::read_more() {
  return streams() ? read_stream() : read_unsorted();
}

Status Window::compute() {
  if (streams()) {
    rows_.reset(stream_, nullptr, partition_, sort_);
  } else {
    rows_.reset(sorter_.rows(), &sorter_.order(), partition_, sort_);
  }
  std::vector<ColumnBuffer> args;
  for (Call& call : calls_) {
    args.clear();
    for (uint32_t c : call.args) args.push_back(rows_.column(c));
    call.results.clear();
    if (call.plan->kind != WindowKind::kAggregate) {
      ORRERY_TRY(compute_window_function(*call.plan, call.offsets, args, rows_, &call.results));
      continue;
    }
    ColumnBuffer filter;
    if (call.filter >= 0) filter = rows_.column(static_cast<uint32_t>(call.filter));
    ORRERY_TRY(compute_window_aggregate(*call.plan, call.offsets, args,
                                        call.filter >= 0 ? &filter : nullptr, rows_,
                                        &call.results));
  }
  find_limit();
  return {};
}

void Window::find_limit() {
  const uint32_t n = rows_.size();
  limit_ = n;
  if (complete_ || n == 0) return;
  limit_ = n > ahead_.rows ? static_cast<uint32_t>(n - ahead_.rows) : 0;
  if (ahead_.peers) limit_ = std::min(limit_, rows_.peer_starts()[n - 1]);
  if (ahead_.partition) {
    auto partitions = rows_.partitions();
    limit_ = std::min(limit_, partitions[partitions.size() - 2]);
  }
}

Status Window::next(types::Chunk** out) {
  *out = nullptr;
  while (next_ >= limit_) {
    if (complete_) return {};
    ORRERY_TRY(read_more());
    ORRERY_TRY(compute());
  }
  const uint32_t n = std::min(limit_ - next_, scope_.run.vector_size);
  if (streams()) {
    stream_.slice(next_, n, input_columns_, &chunk_);
  } else {
    sorter_.rows().gather(&sorter_.order()[next_], n, input_columns_, &chunk_);
  }
  chunk_.columns.resize(input_columns_ + calls_.size());
  for (size_t c = 0; c < calls_.size(); ++c) {
    types::Vector& v = chunk_.columns[input_columns_ + c];
    v.reset(calls_[c].results.type(), capacity_for(n));
    calls_[c].results.slice(next_, n, &v);
    calls_[c].results.hold_strings(&v);
  }
  next_ += n;
  *out = &chunk_;
  return {};
}

}  // namespace

std::unique_ptr<Source> make_window(const plan::WindowNode& node, Scope& scope,
                                    std::unique_ptr<Pipeline> input) {
  return std::make_unique<Window>(node, scope, std::move(input));
}

}  // namespace orrery::exec
