#include "expr/eval.h"

#include "base/assert.h"
#include "expr/eval_node.h"
#include "types/cast.h"

namespace orrery::expr {

using types::Chunk;
using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;

namespace {

bool is_concat(const Expr& e) {
  return e.kind == ExprKind::kFunction && e.function->name == "||";
}

/// Calls fn for the arguments of e; those of a || within a || count as its own.
template <class Fn>
void for_each_arg(const Expr& e, Fn&& fn) {
  bool concat = is_concat(e);
  for (const ExprPtr& arg : e.args) {
    if (concat && is_concat(*arg)) {
      for_each_arg(*arg, fn);
    } else {
      fn(*arg);
    }
  }
}

struct Size {
  uint32_t nodes = 0;
  uint32_t depth = 0;
};

void measure(const Expr& e, uint32_t depth, Size* size) {
  ++size->nodes;
  if (depth > size->depth) size->depth = depth;
  if (depth > kExprDepthMax) return;
  for_each_arg(e, [&](const Expr& arg) { measure(arg, depth + 1, size); });
  for (const ExprPtr& arg : e.outer_args) measure(*arg, depth + 1, size);
}

bool is_fixed_kind(const Expr& e) {
  switch (e.kind) {
    case ExprKind::kColumn:
    case ExprKind::kParameter:
    case ExprKind::kOuter:
    case ExprKind::kSubquery:
      return false;
    case ExprKind::kFunction:
      return e.function->volatility == Volatility::kImmutable;
    default:
      return true;
  }
}

bool is_plain_value(const Node& n) {
  bool stored = n.expr->kind == ExprKind::kColumn || n.expr->kind == ExprKind::kConstant ||
                n.expr->kind == ExprKind::kParameter;
  types::Layout layout = types::layout_of(n.expr->type);
  return stored && layout != types::Layout::kString && layout != types::Layout::kDatum;
}

/// See Node::cheap.
bool is_cheap(const Node& n) {
  switch (n.expr->kind) {
    case ExprKind::kColumn:
      return n.expr->type == TypeId::kBoolean;
    case ExprKind::kCompare:
      return n.arg_count == 2 && n.children[0].expr->type == n.children[1].expr->type &&
             is_plain_value(n.children[0]) && is_plain_value(n.children[1]);
    case ExprKind::kIsNull:
      return n.children[0].expr->kind == ExprKind::kColumn;
    case ExprKind::kAnd:
    case ExprKind::kOr:
    case ExprKind::kNot:
      for (uint32_t i = 0; i < n.arg_count; ++i) {
        if (!n.children[i].cheap) return false;
      }
      return true;
    default:
      return false;
  }
}

void build(const Expr& e, Node* node, Node** next) {
  node->expr = &e;
  uint32_t args = 0;
  for_each_arg(e, [&](const Expr&) { ++args; });
  node->arg_count = args;
  node->child_count = args + static_cast<uint32_t>(e.outer_args.size());
  node->children = *next;
  *next += node->child_count;
  node->fixed = is_fixed_kind(e);
  uint32_t i = 0;
  auto child = [&](const Expr& arg) {
    Node* c = &node->children[i++];
    build(arg, c, next);
    node->fixed = node->fixed && c->fixed;
  };
  for_each_arg(e, child);
  for (const ExprPtr& arg : e.outer_args) child(*arg);
  node->cheap = is_cheap(*node);
}

}  // namespace

struct ExprState::Impl {
  std::unique_ptr<Node[]> nodes;
  bool too_deep = false;
  RowBuffers buffers;
};

ExprState::ExprState(const Expr& expr) : expr_(&expr) {}
ExprState::~ExprState() = default;
ExprState::ExprState(ExprState&&) noexcept = default;
ExprState& ExprState::operator=(ExprState&&) noexcept = default;

ExprState::Impl& ExprState::impl() {
  if (impl_ != nullptr) return *impl_;
  impl_ = std::make_unique<Impl>();
  Size size;
  measure(*expr_, 1, &size);
  impl_->too_deep = size.depth > kExprDepthMax;
  if (impl_->too_deep) return *impl_;
  impl_->nodes.reset(new Node[size.nodes]);
  Node* next = impl_->nodes.get() + 1;
  build(*expr_, impl_->nodes.get(), &next);
  return *impl_;
}

namespace {
Error too_deep_error() {
  return Error(ErrorCode::kLimit, "expression is nested too deeply");
}
}  // namespace

Status ExprState::evaluate(EvalContext& context, const Chunk& input, const Selection& rows,
                           Vector& out) {
  if (expr_->kind == ExprKind::kColumn && input.columns[expr_->index].type() == expr_->type) {
    out.reference(input.columns[expr_->index]);
    return {};
  }
  if (expr_->kind == ExprKind::kConstant) {
    out.set_constant(expr_->constant.datum(), expr_->type);
    return {};
  }
  Impl& s = impl();
  if (s.too_deep) return too_deep_error();
  s.buffers.require(input.row_count);
  return Evaluator(context, input, s.buffers).evaluate_into(s.nodes[0], rows, out);
}

Result<uint32_t> ExprState::select(EvalContext& context, const Chunk& input, const Selection& rows,
                                   uint32_t* out_rows) {
  Impl& s = impl();
  if (s.too_deep) return too_deep_error();
  s.buffers.require(input.row_count);
  uint32_t count = 0;
  ORRERY_TRY(Evaluator(context, input, s.buffers).select(s.nodes[0], rows, out_rows, &count));
  return count;
}

Result<types::Value> evaluate_once(const Expr& expr, EvalContext& context) {
  if (expr.kind == ExprKind::kConstant) return expr.constant;
  Chunk none;
  none.row_count = 1;
  ExprState state(expr);
  Vector out;
  ORRERY_TRY(state.evaluate(context, none, first_row(), out));
  return types::Value(out.datum(0));
}

void Evaluator::load_value(Node& node, const Datum& value) {
  TypeId type = node.expr->type;
  if (value.is_null() || value.type() == type || type == TypeId::kAny) {
    node.vec.set_constant(value, type);
    return;
  }
  // A plan is made for one list of parameter types; should another come, its cells must still fit.
  node.vec.reset(type, 1);
  node.vec.set_datum(0, types::cast_datum(value, type, context_.now_nanos, node.vec.strings()));
  node.vec.make_constant();
}

const Vector* Evaluator::in_static_type(Node& node, const Vector& v, const Selection& rows) {
  if (v.type() == node.expr->type) return &v;
  if (node.converted == nullptr) node.converted = std::make_unique<Vector>();
  cast_vector(v, node.expr->type, rows, capacity_, context_.now_nanos, *node.converted);
  return node.converted.get();
}

Status Evaluator::evaluate(Node& node, const Selection& rows, const Vector** out) {
  const Expr& e = *node.expr;
  *out = &node.vec;
  switch (e.kind) {
    case ExprKind::kColumn:
      ORRERY_DCHECK(e.index < input_.columns.size());
      *out = in_static_type(node, input_.columns[e.index], rows);
      return {};
    case ExprKind::kConstant:
      if (!node.ready) load_value(node, e.constant.datum());
      node.ready = true;
      return {};
    case ExprKind::kParameter:
      load_value(node, e.index < context_.parameters.size() ? context_.parameters[e.index]
                                                            : Datum::null());
      return {};
    case ExprKind::kOuter:
      load_value(node, e.index < context_.outer.size() ? context_.outer[e.index] : Datum::null());
      return {};
    default:
      break;
  }
  if (!node.fixed) {
    ORRERY_TRY(evaluate_into(node, rows, node.vec));
    *out = in_static_type(node, node.vec, rows);
    return {};
  }
  if (!node.ready) {
    ORRERY_TRY(evaluate_into(node, first_row(), node.vec));
    node.vec.make_constant();
    node.ready = true;
  }
  *out = in_static_type(node, node.vec, first_row());
  return {};
}

Status Evaluator::evaluate_into(Node& node, const Selection& rows, Vector& out) {
  switch (node.expr->kind) {
    case ExprKind::kConstant:
    case ExprKind::kParameter:
    case ExprKind::kColumn:
    case ExprKind::kOuter: {
      const Vector* v;
      ORRERY_TRY(evaluate(node, rows, &v));
      out.reference(*v);
      return {};
    }
    case ExprKind::kFunction:
      return call_function(node, rows, out);
    case ExprKind::kCompare:
      return compare(node, rows, out);
    case ExprKind::kAnd:
    case ExprKind::kOr:
      return connective(node, rows, out);
    case ExprKind::kNot:
      return negation(node, rows, out);
    case ExprKind::kIsNull:
      return null_test(node, rows, out);
    case ExprKind::kIsBoolean:
      return boolean_test(node, rows, out);
    case ExprKind::kDistinct:
      return distinct_test(node, rows, out);
    case ExprKind::kCase:
      return case_of(node, rows, out);
    case ExprKind::kCoalesce:
      return coalesce(node, rows, out);
    case ExprKind::kCast: {
      const Vector* v;
      ORRERY_TRY(evaluate(node.children[0], rows, &v));
      cast_vector(*v, node.expr->type, rows, capacity_, context_.now_nanos, out);
      return {};
    }
    case ExprKind::kInList:
      return in_list(node, rows, out);
    case ExprKind::kSubquery:
      return subquery(node, rows, out);
    case ExprKind::kRow:
      break;
  }
  return Error(ErrorCode::kBind, "a row value cannot be used here");
}

namespace {

/// Marks the rows NULL where an argument is. Returns false where all are, `out` being constant.
bool propagate_nulls(std::span<const Vector* const> args, uint32_t row_count, Vector& out,
                     bool* some) {
  *some = false;
  uint32_t words = (row_count + 63) / 64;
  for (const Vector* arg : args) {
    if (!arg->has_nulls()) continue;
    if (arg->is_constant()) {
      if (!arg->is_null(0)) continue;
      out.set_constant(Datum::null(), out.type());
      return false;
    }
    uint64_t* mask = out.mutable_validity();
    const uint64_t* from = arg->validity();
    for (uint32_t i = 0; i < words; ++i) mask[i] &= from[i];
    *some = true;
  }
  return true;
}

}  // namespace

Status Evaluator::call_function(Node& node, const Selection& rows, Vector& out) {
  constexpr uint32_t kFewArgs = 6;
  const Vector* few[kFewArgs];
  std::vector<const Vector*> many;
  const Vector** args = few;
  if (node.arg_count > kFewArgs) {
    many.resize(node.arg_count);
    args = many.data();
  }
  bool constant = node.expr->function->volatility != Volatility::kVolatile;
  for (uint32_t i = 0; i < node.arg_count; ++i) {
    ORRERY_TRY(evaluate(node.children[i], rows, &args[i]));
    constant = constant && args[i]->is_constant();
  }
  const ScalarFunction& function = *node.expr->function;
  KernelCall call{context_, *node.expr, {args, node.arg_count}, node.state};
  out.reset(node.expr->type, constant ? 64 : capacity_);
  Selection todo = constant ? first_row() : rows;
  if (function.null_rule == NullRule::kPropagate) {
    bool some;
    if (!propagate_nulls(call.args, constant ? 1 : input_.row_count, out, &some)) return {};
    if (some) {
      ScopedRows kept(buffers_, todo.count);
      const uint64_t* mask = out.validity();
      uint32_t n = filter_rows(todo, kept.data(),
                               [mask](uint32_t r) { return (mask[r >> 6] >> (r & 63) & 1) != 0; });
      if (n < todo.count && out.type() == TypeId::kAny) {
        types::for_each_row(todo, [&](uint32_t r) {
          if (out.is_null(r)) out.set_null(r);
        });
      }
      if (n == 0) return {};
      if (n < todo.count) return function.kernel(call, {kept.data(), n}, out);
    }
  }
  ORRERY_TRY(function.kernel(call, todo, out));
  if (constant) out.make_constant();
  return {};
}

Status Evaluator::subquery(Node& node, const Selection& rows, Vector& out) {
  if (context_.subqueries == nullptr) {
    return Error(ErrorCode::kNotSupported, "subqueries are not allowed here");
  }
  std::vector<const Vector*> left, outer;
  for (uint32_t i = 0; i < node.child_count; ++i) {
    Node& child = node.children[i];
    if (i < node.arg_count && child.expr->kind == ExprKind::kRow) {
      ORRERY_TRY(evaluate_members(child, rows, &left));
      continue;
    }
    const Vector* v;
    ORRERY_TRY(evaluate(child, rows, &v));
    (i < node.arg_count ? left : outer).push_back(v);
  }
  out.reset(node.expr->type, capacity_);
  return context_.subqueries->run(*node.expr, left, outer, rows, out);
}

Status Evaluator::evaluate_members(Node& row, const Selection& rows,
                                   std::vector<const Vector*>* out) {
  for (uint32_t i = 0; i < row.arg_count; ++i) {
    const Vector* v;
    ORRERY_TRY(evaluate(row.children[i], rows, &v));
    out->push_back(v);
  }
  return {};
}

}  // namespace orrery::expr
