// Window calls: specifications, frames, and their grouping into operators.
#include <string>

#include "plan/bind_select.h"
#include "plan/construct.h"

namespace orrery::plan {

using expr::ExprPtr;
using expr::WindowKind;
using types::TypeId;

namespace {

constexpr uint32_t kWindowNameDepthMax = 64;

FrameBound frame_bound(sql::FrameBoundKind kind) {
  switch (kind) {
    case sql::FrameBoundKind::kUnboundedPreceding:
      return FrameBound::kUnboundedPreceding;
    case sql::FrameBoundKind::kPreceding:
      return FrameBound::kPreceding;
    case sql::FrameBoundKind::kCurrentRow:
      return FrameBound::kCurrentRow;
    case sql::FrameBoundKind::kFollowing:
      return FrameBound::kFollowing;
    case sql::FrameBoundKind::kUnboundedFollowing:
      break;
  }
  return FrameBound::kUnboundedFollowing;
}

bool same_keys(const std::vector<SortKey>& a, const std::vector<SortKey>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].descending != b[i].descending || a[i].nulls_first != b[i].nulls_first ||
        !expr::same(*a[i].expr, *b[i].expr)) {
      return false;
    }
  }
  return true;
}

bool same_exprs(const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!expr::same(*a[i], *b[i])) return false;
  }
  return true;
}

struct Arity {
  size_t min;
  size_t max;
};

Arity arity_of(WindowKind kind) {
  switch (kind) {
    case WindowKind::kRowNumber:
    case WindowKind::kRank:
    case WindowKind::kDenseRank:
    case WindowKind::kPercentRank:
    case WindowKind::kCumeDist:
      return {0, 1};  // an argument is accepted and means nothing
    case WindowKind::kNtile:
    case WindowKind::kFirstValue:
    case WindowKind::kLastValue:
      return {1, 1};
    case WindowKind::kNthValue:
      return {2, 2};
    case WindowKind::kLead:
    case WindowKind::kLag:
      return {1, 3};
    case WindowKind::kAggregate:
      break;
  }
  return {0, 2};
}

}  // namespace

Status SelectBinder::window_parts(const sql::WindowSpec& spec, ExprContext& in, uint32_t depth,
                                  WindowParts* out) {
  if (!spec.base.empty()) {
    const sql::NamedWindow* named = nullptr;
    for (const sql::NamedWindow& window : body_.windows) {
      if (equal_names(window.name.text, spec.base.text)) named = &window;
    }
    if (named == nullptr || depth > kWindowNameDepthMax) {
      return Error(ErrorCode::kNotSupported,
                   "not supported: Unknown window name: " + spec.base.text, spec.position);
    }
    ORRERY_TRY(window_parts(named->spec, in, depth + 1, out));
  }
  for (const sql::ExprPtr& e : spec.partition_by) {
    ORRERY_TRY_ASSIGN(ExprPtr key, binder_.bind(*e, in));
    out->partition_by.push_back(std::move(key));
  }
  for (const sql::OrderItem& item : spec.order_by) {
    ORRERY_TRY_ASSIGN(ExprPtr key, binder_.bind(*item.expr, in));
    out->order_by.push_back(make_sort_key(std::move(key), item));
  }
  if (spec.frame) out->frame = spec.frame.get();
  return {};
}

Result<ExprPtr> SelectBinder::bind_frame_offset(const sql::FrameBound& bound) {
  if (!bound.offset) return ExprPtr();
  Scope nothing;
  ExprContext in{nothing};
  ORRERY_TRY_ASSIGN(ExprPtr offset, binder_.bind(*bound.offset, in));
  bool negative = offset->kind == expr::ExprKind::kConstant &&
                  (offset->type == TypeId::kInteger || offset->type == TypeId::kFloat) &&
                  (offset->type == TypeId::kInteger ? offset->constant.datum().as_int64() < 0
                                                    : offset->constant.datum().as_double() < 0);
  if (negative || is_null_constant(*offset)) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid argument: a frame offset must not be negative or NULL",
                 bound.offset->position);
  }
  return offset;
}

Status SelectBinder::bind_frame(const sql::WindowFrame* frame, const WindowParts& parts,
                                WindowCall* call) {
  if (frame == nullptr) {
    bool ordered = !parts.order_by.empty();
    call->unit = ordered ? FrameUnit::kRange : FrameUnit::kRows;
    call->start = FrameBound::kUnboundedPreceding;
    call->end = ordered ? FrameBound::kCurrentRow : FrameBound::kUnboundedFollowing;
    return {};
  }
  call->unit = frame->unit == sql::FrameUnit::kRows ? FrameUnit::kRows : FrameUnit::kRange;
  call->start = frame_bound(frame->start.kind);
  call->end = frame_bound(frame->end.kind);
  if (call->start > call->end || call->start == FrameBound::kUnboundedFollowing ||
      call->end == FrameBound::kUnboundedPreceding) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid argument: the window frame ends before it starts");
  }
  ORRERY_TRY_ASSIGN(call->start_offset, bind_frame_offset(frame->start));
  ORRERY_TRY_ASSIGN(call->end_offset, bind_frame_offset(frame->end));
  bool offsets = call->start_offset || call->end_offset;
  if (offsets && call->unit == FrameUnit::kRange && parts.order_by.size() != 1) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid argument: RANGE with an offset needs exactly one ORDER BY expression");
  }
  return {};
}

Status SelectBinder::bind_window_call(const sql::FunctionExpr& e, ExprContext& in,
                                      WindowCall* call) {
  expr::AggregateKind aggregate;
  if (expr::find_aggregate(e.name, &aggregate)) {
    call->kind = WindowKind::kAggregate;
    ORRERY_TRY(bind_aggregate_arguments(e, aggregate, in, &call->aggregate));
    call->aggregate.type = type_of_aggregate(call->aggregate, true);
    call->type = call->aggregate.type;
    return {};
  }
  if (!expr::find_window_function(e.name, &call->kind)) {
    return Error(ErrorCode::kFunctionNotFound, "Compile error: Function not found: " + e.name,
                 e.position);
  }
  Arity arity = arity_of(call->kind);
  if (e.arguments.size() < arity.min || e.arguments.size() > arity.max || e.distinct || e.filter) {
    return Error(ErrorCode::kInvalidArgument, "invalid argument: wrong arguments for " + e.name,
                 e.position);
  }
  ORRERY_TRY_ASSIGN(call->args, binder_.bind_list(e.arguments, in));
  switch (call->kind) {
    case WindowKind::kRowNumber:
    case WindowKind::kRank:
    case WindowKind::kDenseRank:
    case WindowKind::kNtile:
      call->type = TypeId::kInteger;
      break;
    case WindowKind::kPercentRank:
    case WindowKind::kCumeDist:
      call->type = TypeId::kFloat;
      break;
    case WindowKind::kLead:
    case WindowKind::kLag:
      call->type = call->args[0]->type;
      if (call->args.size() == 3) {
        call->type = merge_types(call->type, call->args[2]->type);
        call->args[2] = widen(std::move(call->args[2]), call->type);
        call->args[0] = widen(std::move(call->args[0]), call->type);
      }
      break;
    case WindowKind::kFirstValue:
    case WindowKind::kLastValue:
    case WindowKind::kNthValue:
    case WindowKind::kAggregate:
      call->type = call->args[0]->type;
      break;
  }
  return {};
}

Result<ExprPtr> SelectBinder::add_window(const sql::FunctionExpr& e, ExprContext& in) {
  if (in_window_) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid argument: window functions cannot be nested", e.position);
  }
  in_window_ = true;
  WindowParts parts;
  WindowCall call;
  Status bound = window_parts(*e.over, in, 0, &parts);
  if (bound) bound = bind_window_call(e, in, &call);
  if (bound) bound = bind_frame(parts.frame, parts, &call);
  in_window_ = false;
  ORRERY_TRY(std::move(bound));

  bool counts = call.type == TypeId::kInteger && call.kind != WindowKind::kLead &&
                call.kind != WindowKind::kLag && call.args.empty() && call.aggregate.args.empty();
  ColumnId id = context_.new_column(context_.keep_name(e.name + "()"), call.type, !counts);
  Window* window = nullptr;
  for (Window& candidate : windows_) {
    if (same_exprs(candidate.partition_by, parts.partition_by) &&
        same_keys(candidate.order_by, parts.order_by)) {
      window = &candidate;
    }
  }
  if (window == nullptr) {
    windows_.emplace_back();
    window = &windows_.back();
    window->partition_by = std::move(parts.partition_by);
    window->order_by = std::move(parts.order_by);
  }
  window->calls.push_back(std::move(call));
  window->ids.push_back(id);
  return context_.column_ref(id);
}

RelPtr SelectBinder::build_windows(RelPtr rel) {
  for (Window& window : windows_) {
    auto node = std::make_unique<Rel>(RelKind::kWindow);
    node->columns = std::move(window.ids);
    node->exprs = std::move(window.partition_by);
    node->sort_keys = std::move(window.order_by);
    node->calls = std::move(window.calls);
    node->inputs.push_back(std::move(rel));
    rel = std::move(node);
  }
  return rel;
}

}  // namespace orrery::plan
