#include <algorithm>

#include "exec/evaluator.h"
#include "exec/operators.h"
#include "exec/sort_buffer.h"
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
/// all, the beginning grows: sorted input is read on, unsorted input is read again.
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
  Status read_more();
  Status read_sorted(uint64_t rows);
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
  SortBuffer buffer_;
  std::vector<uint32_t> order_;
  WindowRows rows_;
  std::vector<const types::Vector*> columns_;
  Lookahead ahead_;
  uint64_t goal_ = 0;  ///< rows of the beginning; 0 = all
  bool input_open_ = false;
  bool complete_ = false;  ///< all input is in the buffer
  uint32_t limit_ = 0;     ///< positions below it have final results
  uint32_t next_ = 0;
  uint64_t held_ = 0;
  types::Chunk chunk_;
};

Window::Window(const plan::WindowNode& node, Scope& scope, std::unique_ptr<Pipeline> input)
    : Source(node.id), node_(node), scope_(scope), input_(std::move(input)) {
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
  buffer_.init(std::move(types), std::move(keys));
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
  buffer_.begin(SortBuffer::kAllRows);
  input_open_ = complete_ = false;
  limit_ = next_ = 0;
  held_ = 0;
  return {};
}

Result<Flow> Window::consume(types::Chunk& in) {
  types::Selection sel = in.rows();
  ORRERY_TRY(computed_.evaluate(scope_.eval, in, sel));
  columns_.clear();
  for (size_t c = 0; c < input_columns_; ++c) columns_.push_back(&in.columns[c]);
  for (const types::Vector* v : computed_.results()) columns_.push_back(v);
  buffer_.append(columns_, sel);
  scope_.run.memory.hold(&held_, buffer_.bytes());
  if (scope_.run.memory.exceeded()) {
    return Error(ErrorCode::kOutOfMemory, "memory limit exceeded by a window function");
  }
  return Flow::kNeedInput;
}

Status Window::read_sorted(uint64_t rows) {
  if (!input_open_) ORRERY_TRY(input_->open(rows));
  input_open_ = true;
  while (rows == 0 || buffer_.rows().size() < rows) {
    types::Chunk* chunk = nullptr;
    ORRERY_TRY(input_->next(&chunk));
    if (chunk == nullptr) {
      complete_ = true;
      return {};
    }
    ORRERY_TRY_ASSIGN(Flow flow, consume(*chunk));
    (void)flow;
  }
  return {};
}

/// Makes the beginning larger, or begins.
Status Window::read_more() {
  if (node_.input_sorted) {
    if (input_open_) goal_ = std::max<uint64_t>(goal_ * 2, buffer_.rows().size() * 2 + 64);
    return read_sorted(goal_);
  }
  if (input_open_) goal_ = 0;  // the rows in mind were not enough
  input_open_ = true;
  buffer_.begin(goal_ == 0 ? SortBuffer::kAllRows : goal_);
  ORRERY_TRY(input_->open());
  ORRERY_TRY(input_->run(*this));
  complete_ = goal_ == 0 || buffer_.rows().size() < goal_;
  order_ = buffer_.sort();
  return {};
}

Status Window::compute() {
  const RowBuffer& rows = buffer_.rows();
  rows_.reset(rows, node_.input_sorted ? nullptr : &order_, partition_, sort_);
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
  if (node_.input_sorted) {
    buffer_.rows().slice(next_, n, input_columns_, &chunk_);
  } else {
    buffer_.rows().gather(&order_[next_], n, input_columns_, &chunk_);
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
