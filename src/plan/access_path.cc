#include "plan/access_path.h"

#include <algorithm>
#include <cmath>

#include "plan/construct.h"
#include "plan/estimate.h"
#include "types/compare.h"

namespace orrery::plan {

using expr::CompareOp;
using expr::Expr;
using expr::ExprKind;
using expr::ExprPtr;
using storage::BoundKind;
using types::Datum;
using types::TypeId;

namespace {

constexpr size_t kRangesMax = 4096;  ///< beyond this an IN list is better tested row by row
constexpr double kTwo53 = 9007199254740992.0;

/// The table column that the expression is, or UINT32_MAX.
uint32_t column_of(const Rel& scan, const Expr& e) {
  if (e.kind != ExprKind::kColumn) return UINT32_MAX;
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    if (scan.columns[i] == e.index) return scan.table_columns[i];
  }
  return UINT32_MAX;
}

/// Fixed while the scan runs: constants, parameters, columns of enclosing rows, scalar subqueries
/// that do not read the table's row.
bool is_fixed_for(const PlanContext& context, const Rel& scan, const Expr& e) {
  switch (e.kind) {
    case ExprKind::kSubquery: {
      if (e.subquery_kind != expr::SubqueryKind::kScalar) return false;
      const ColumnSet& free = context.subqueries[e.index].free;
      return std::none_of(scan.columns.begin(), scan.columns.end(),
                          [&](ColumnId id) { return free.has(id); });
    }
    case ExprKind::kColumn:
      return column_of(scan, e) == UINT32_MAX &&
             std::find(scan.columns.begin(), scan.columns.end(), e.index) == scan.columns.end();
    case ExprKind::kFunction:
      if (e.function->volatility == expr::Volatility::kVolatile) return false;
      break;
    default:
      break;
  }
  return std::all_of(e.args.begin(), e.args.end(),
                     [&](const ExprPtr& arg) { return is_fixed_for(context, scan, *arg); });
}

/// A bound of another type of numbers, for an index of a wide type. One that the column's type does
/// not hold is left to the filter, as is one that is known only when the statement runs.
ExprPtr adapt_wide_bound(const Expr& value, TypeId column) {
  if (value.kind != ExprKind::kConstant || !types::is_whole(value.type)) return nullptr;
  ExprPtr key = cast_to(expr::clone(value), column);
  return is_null_constant(*key) ? nullptr : std::move(key);
}

ExprPtr adapt_float_constant(double value, CompareOp op, bool* exact, CompareOp* new_op) {
  *exact = true;
  *new_op = op;
  if (!(value >= -kTwo53 && value <= kTwo53)) return nullptr;
  if (std::floor(value) == value) return integer_constant(static_cast<int64_t>(value));
  if (op == CompareOp::kGreater || op == CompareOp::kGreaterEqual) {
    *new_op = CompareOp::kGreaterEqual;
    return integer_constant(static_cast<int64_t>(std::ceil(value)));
  }
  if (op == CompareOp::kLess || op == CompareOp::kLessEqual) {
    *new_op = CompareOp::kLessEqual;
    return integer_constant(static_cast<int64_t>(std::floor(value)));
  }
  return nullptr;
}

/// The value of a range bound in the column's type; may turn < into <=.
ExprPtr adapt_bound(const Expr& value, TypeId column, CompareOp op, bool* exact,
                    CompareOp* new_op) {
  *new_op = op;
  if (value.kind == ExprKind::kConstant && value.type == TypeId::kFloat &&
      column == TypeId::kInteger) {
    return adapt_float_constant(value.constant.datum().as_double(), op, exact, new_op);
  }
  bool equal = op == CompareOp::kEqual;
  const bool wide = types::is_wide(value.type) || types::is_wide(column);
  if (!equal && wide && value.type != column) {
    *exact = true;
    return adapt_wide_bound(value, column);
  }
  // Casting a FLOAT that is no number to INTEGER would move a bound.
  if (!equal && column == TypeId::kInteger && value.type == TypeId::kFloat) return nullptr;
  ExprPtr key = adapt_key(value, column, exact);
  if (!*exact && !equal) {
    bool lower = op == CompareOp::kGreater || op == CompareOp::kGreaterEqual;
    *new_op = lower ? CompareOp::kGreaterEqual : CompareOp::kLessEqual;
  }
  return key;
}

}  // namespace

ExprPtr adapt_key(const Expr& value, TypeId column, bool* exact) {
  *exact = true;
  if (value.type == column) return expr::clone(value);
  if (column == TypeId::kFloat && value.type == TypeId::kInteger) {
    bool small = value.kind == ExprKind::kConstant &&
                 std::abs(static_cast<double>(value.constant.datum().as_int64())) <= kTwo53;
    *exact = small;
    return cast_to(expr::clone(value), TypeId::kFloat);
  }
  if (column == TypeId::kInteger && value.type == TypeId::kFloat) {
    *exact = false;
    return cast_to(expr::clone(value), TypeId::kInteger);
  }
  if (types::is_number(value.type) && types::is_number(column) &&
      (types::is_wide(value.type) || types::is_wide(column))) {
    // What does not fit is NULL, which no key equals.
    *exact = types::is_whole(value.type) && types::is_whole(column);
    return cast_to(expr::clone(value), column);
  }
  return nullptr;
}

namespace {

void add_comparison(const PlanContext& context, const Rel& scan, const Expr& column,
                    const Expr& value, CompareOp op, size_t conjunct, std::vector<Sarg>* out) {
  uint32_t table_column = column_of(scan, column);
  if (table_column == UINT32_MAX || table_column == kRowIdColumn) return;
  if (op == CompareOp::kNotEqual || !is_fixed_for(context, scan, value)) return;
  Sarg sarg;
  CompareOp adapted = op;
  ExprPtr key = adapt_bound(value, column.type, op, &sarg.exact, &adapted);
  if (!key) return;
  sarg.column = table_column;
  sarg.conjunct = conjunct;
  sarg.included = adapted != CompareOp::kLess && adapted != CompareOp::kGreater;
  switch (adapted) {
    case CompareOp::kEqual:
      sarg.kind = SargKind::kEqual;
      break;
    case CompareOp::kLess:
    case CompareOp::kLessEqual:
      sarg.kind = SargKind::kUpper;
      break;
    case CompareOp::kGreater:
    case CompareOp::kGreaterEqual:
      sarg.kind = SargKind::kLower;
      break;
    case CompareOp::kNotEqual:
      return;
  }
  sarg.values.push_back(std::move(key));
  out->push_back(std::move(sarg));
}

void add_in_list(const PlanContext& context, const Rel& scan, const Expr& e, size_t conjunct,
                 std::vector<Sarg>* out) {
  uint32_t table_column = column_of(scan, *e.args[0]);
  if (table_column == UINT32_MAX || e.negated || e.args.size() > kRangesMax) return;
  Sarg sarg;
  sarg.kind = SargKind::kIn;
  sarg.column = table_column;
  sarg.conjunct = conjunct;
  for (size_t i = 1; i < e.args.size(); ++i) {
    if (!is_fixed_for(context, scan, *e.args[i])) return;
    if (is_null_constant(*e.args[i])) continue;
    bool exact = true;
    CompareOp op = CompareOp::kEqual;
    ExprPtr key = adapt_bound(*e.args[i], e.args[0]->type, op, &exact, &op);
    if (!key) {
      bool misses = e.args[i]->kind == ExprKind::kConstant && e.args[i]->type == TypeId::kFloat &&
                    e.args[0]->type == TypeId::kInteger &&
                    std::abs(e.args[i]->constant.datum().as_double()) < kTwo53;
      if (misses) continue;  // no integer is 1.5
      return;
    }
    sarg.exact = sarg.exact && exact;
    bool repeated = std::any_of(sarg.values.begin(), sarg.values.end(),
                                [&](const ExprPtr& v) { return expr::same(*v, *key); });
    if (!repeated || sarg.values.size() > 64) sarg.values.push_back(std::move(key));
  }
  if (!sarg.values.empty()) out->push_back(std::move(sarg));
}

ExprPtr next_prefix(std::string prefix) {
  while (!prefix.empty()) {
    auto last = static_cast<unsigned char>(prefix.back());
    if (last < 0x7f) {
      prefix.back() = static_cast<char>(last + 1);
      return text_constant(prefix);
    }
    prefix.pop_back();
  }
  return nullptr;
}

/// column LIKE 'abc%' lies between 'abc' and 'abd'.
void add_like(const Rel& scan, const Expr& e, size_t conjunct, std::vector<Sarg>* out) {
  if (e.function->name != "LIKE" || e.args.size() != 2) return;
  uint32_t table_column = column_of(scan, *e.args[0]);
  const Expr& pattern = *e.args[1];
  if (table_column == UINT32_MAX || e.args[0]->type != TypeId::kText) return;
  if (pattern.kind != ExprKind::kConstant || pattern.type != TypeId::kText) return;
  std::string_view text = pattern.constant.datum().view();
  size_t length = std::min(text.find_first_of("%_\\"), text.size());
  if (length == 0) return;
  ExprPtr end = next_prefix(std::string(text.substr(0, length)));
  if (!end) return;
  Sarg lower;
  lower.kind = SargKind::kLower;
  lower.column = table_column;
  lower.conjunct = conjunct;
  lower.exact = length + 1 == text.size() && text.back() == '%';
  Sarg upper;
  upper.kind = SargKind::kUpper;
  upper.column = table_column;
  upper.conjunct = conjunct;
  upper.included = false;
  upper.exact = lower.exact;
  lower.values.push_back(text_constant(text.substr(0, length)));
  upper.values.push_back(std::move(end));
  out->push_back(std::move(lower));
  out->push_back(std::move(upper));
}

void add_boolean(const PlanContext& context, const Rel& scan, const Expr& column, bool value,
                 size_t conjunct, std::vector<Sarg>* out) {
  if (column.type != TypeId::kBoolean) return;
  ExprPtr constant = boolean_constant(value);
  add_comparison(context, scan, column, *constant, CompareOp::kEqual, conjunct, out);
}

}  // namespace

std::vector<Sarg> find_sargs(const PlanContext& context, const Rel& scan, const Expr& e,
                             size_t conjunct) {
  std::vector<Sarg> out;
  switch (e.kind) {
    case ExprKind::kCompare:
      add_comparison(context, scan, *e.args[0], *e.args[1], e.compare_op, conjunct, &out);
      if (out.empty()) {
        add_comparison(context, scan, *e.args[1], *e.args[0], mirrored(e.compare_op), conjunct,
                       &out);
      }
      break;
    case ExprKind::kInList:
      add_in_list(context, scan, e, conjunct, &out);
      break;
    case ExprKind::kFunction:
      add_like(scan, e, conjunct, &out);
      break;
    case ExprKind::kColumn:
      add_boolean(context, scan, e, true, conjunct, &out);
      break;
    case ExprKind::kNot:
      add_boolean(context, scan, *e.args[0], false, conjunct, &out);
      break;
    case ExprKind::kIsBoolean:
      if (!e.negated) add_boolean(context, scan, *e.args[0], e.index == 1, conjunct, &out);
      break;
    default:
      break;
  }
  return out;
}

namespace {

const Sarg* find_sarg(const std::vector<Sarg>& sargs, uint32_t column, SargKind kind) {
  for (const Sarg& sarg : sargs) {
    if (sarg.column == column && sarg.kind == kind) return &sarg;
  }
  return nullptr;
}

bool is_answered(const AccessPath& path, size_t conjunct) {
  return std::find(path.answered.begin(), path.answered.end(), conjunct) != path.answered.end();
}

/// Multiplies the ranges by the members of an IN.
void add_members(const Sarg& sarg, std::vector<PathRange>* ranges) {
  std::vector<PathRange> product;
  for (const PathRange& range : *ranges) {
    for (size_t i = 0; i < sarg.values.size(); ++i) {
      product.push_back(range);
      product.back().equal.push_back(&sarg);
      product.back().member.push_back(i);
    }
  }
  *ranges = std::move(product);
}

/// Share of an index column's values between two constants, as far as integers tell.
double range_share(const Sarg* lower, const Sarg* upper, double distinct) {
  auto value = [](const Sarg* sarg) -> const Expr* {
    const Expr* e = sarg == nullptr ? nullptr : sarg->values[0].get();
    bool known = e != nullptr && e->kind == ExprKind::kConstant && e->type == TypeId::kInteger;
    return known ? e : nullptr;
  };
  const Expr* low = value(lower);
  const Expr* high = value(upper);
  if (low != nullptr && high != nullptr) {
    double width = static_cast<double>(high->constant.datum().as_int64()) -
                   static_cast<double>(low->constant.datum().as_int64()) + 1;
    return std::clamp(width / std::max(distinct, 1.0), 0.0, 1.0);
  }
  return lower != nullptr && upper != nullptr ? 0.1 : 0.3;
}

}  // namespace

ScanPaths::ScanPaths(const PlanContext& context, const Estimator& estimator, const Rel& scan)
    : context_(context),
      estimator_(estimator),
      scan_(scan),
      table_rows_(estimator.table_rows(*scan.table)) {
  if (scan.table->indexes().empty()) return;
  for (size_t i = 0; i < scan.exprs.size(); ++i) {
    std::vector<Sarg> found = find_sargs(context, scan, *scan.exprs[i], i);
    for (Sarg& sarg : found) sargs_.push_back(std::move(sarg));
  }
  tighten();
  find_contradiction();
  add_index_paths();
  for (size_t i = 0; i < scan.exprs.size(); ++i) {
    if (scan.exprs[i]->kind == ExprKind::kOr) add_or_path(i);
  }
}

namespace {

/// The constant that the sarg compares with, or nullptr.
const Datum* constant_of(const Sarg& sarg) {
  if (sarg.kind == SargKind::kIn || sarg.values[0]->kind != ExprKind::kConstant) return nullptr;
  const Datum& value = sarg.values[0]->constant.datum();
  return value.is_null() ? nullptr : &value;
}

bool is_tighter(const Sarg& a, const Sarg& b) {
  int order = types::total_order(*constant_of(a), *constant_of(b));
  if (order == 0) return !a.included && b.included;
  return (order > 0) == (a.kind == SargKind::kLower);
}

bool is_bound(const Sarg& sarg) {
  return sarg.kind == SargKind::kLower || sarg.kind == SargKind::kUpper;
}

}  // namespace

/// Of constant bounds of the same kind only the tightest stays.
void ScanPaths::tighten() {
  std::vector<Sarg> kept;
  for (Sarg& sarg : sargs_) {
    bool alone = std::count_if(sargs_.begin(), sargs_.end(), [&](const Sarg& other) {
                   return other.conjunct == sarg.conjunct;
                 }) == 1;  // LIKE has two
    bool merged = false;
    for (Sarg& other : kept) {
      bool pair = is_bound(sarg) && other.kind == sarg.kind && other.column == sarg.column &&
                  alone && sarg.exact && other.exact && constant_of(sarg) != nullptr &&
                  constant_of(other) != nullptr;
      if (!pair) continue;
      if (is_tighter(sarg, other)) std::swap(sarg, other);
      other.implied.push_back(sarg.conjunct);
      for (size_t conjunct : sarg.implied) other.implied.push_back(conjunct);
      merged = true;
      break;
    }
    if (!merged) kept.push_back(std::move(sarg));
  }
  sargs_ = std::move(kept);
}

void ScanPaths::find_contradiction() {
  for (const Sarg& a : sargs_) {
    for (const Sarg& b : sargs_) {
      if (&a == &b || a.column != b.column) continue;
      const Datum* x = constant_of(a);
      const Datum* y = constant_of(b);
      if (x == nullptr || y == nullptr || a.kind == SargKind::kUpper) continue;
      int order = types::total_order(*x, *y);
      bool open = !a.included || !b.included;
      bool crossed = b.kind == SargKind::kUpper && (order > 0 || (order == 0 && open));
      bool below = a.kind == SargKind::kEqual && b.kind == SargKind::kLower &&
                   (order < 0 || (order == 0 && open));
      bool differ = a.kind == SargKind::kEqual && b.kind == SargKind::kEqual && order != 0;
      impossible_ = impossible_ || crossed || below || differ;
    }
  }
}

bool ScanPaths::match_index(const storage::Index& index, const std::vector<Sarg>& sargs,
                            AccessPath* path) const {
  const storage::IndexDef& def = index.def();
  PathPart part;
  part.index = &index;
  part.ranges.emplace_back();
  double rows = table_rows_;
  size_t fixed = 0;
  size_t single = 0;  // leading columns with one value
  bool all_equal = true;
  std::vector<const Sarg*> used;
  for (; fixed < def.columns.size(); ++fixed) {
    const Sarg* equal = find_sarg(sargs, def.columns[fixed], SargKind::kEqual);
    const Sarg* in = equal != nullptr ? nullptr : find_sarg(sargs, def.columns[fixed], SargKind::kIn);
    if (equal == nullptr && in == nullptr) break;
    const Sarg* chosen = equal != nullptr ? equal : in;
    if (in != nullptr && part.ranges.size() * in->values.size() > kRangesMax) break;
    all_equal = all_equal && in == nullptr;
    if (all_equal) ++single;
    used.push_back(chosen);
    add_members(*chosen, &part.ranges);
    ColumnId id = kNoColumn;
    for (size_t i = 0; i < scan_.columns.size(); ++i) {
      if (scan_.table_columns[i] == def.columns[fixed]) id = scan_.columns[i];
    }
    double different = id == kNoColumn ? 10 : estimator_.distinct(id);
    rows *= std::min(1.0, static_cast<double>(chosen->values.size()) / different);
  }
  bool whole = fixed == def.columns.size();
  if (!index.ordered() && !whole) return false;
  if (!whole) {
    const Sarg* lower = find_sarg(sargs, def.columns[fixed], SargKind::kLower);
    const Sarg* upper = find_sarg(sargs, def.columns[fixed], SargKind::kUpper);
    if (lower != nullptr) used.push_back(lower);
    if (upper != nullptr) used.push_back(upper);
    for (PathRange& range : part.ranges) {
      range.lower = lower;
      range.upper = upper;
    }
    if (lower != nullptr || upper != nullptr) {
      rows *= range_share(lower, upper, static_cast<double>(index.approximate_distinct()));
    }
  }
  if (used.empty()) return false;
  if (whole && def.unique) {
    rows = std::min(rows, static_cast<double>(part.ranges.size()));
    path->single_row = all_equal;
  }
  for (const Sarg* sarg : used) {
    auto same_conjunct = [&](size_t conjunct) { return conjunct == sarg->conjunct; };
    auto wanted = std::count_if(sargs.begin(), sargs.end(), [&](const Sarg& other) {
      return same_conjunct(other.conjunct);
    });
    auto taken = std::count_if(used.begin(), used.end(), [&](const Sarg* other) {
      return same_conjunct(other->conjunct);
    });
    if (!sarg->exact || wanted != taken) continue;  // LIKE needs both its bounds
    if (!is_answered(*path, sarg->conjunct)) path->answered.push_back(sarg->conjunct);
    path->answered.insert(path->answered.end(), sarg->implied.begin(), sarg->implied.end());
  }
  path->order_skip = single;  // the executor takes several ranges in the order of the index
  path->rows = std::max(rows, 0.01);
  path->cost = static_cast<double>(part.ranges.size()) * cost::kDescend +
               path->rows * (cost::kIndexRow +
                             cost::kTest * static_cast<double>(scan_.exprs.size() -
                                                               path->answered.size()));
  path->parts.push_back(std::move(part));
  return true;
}

void ScanPaths::add_index_paths() {
  for (const auto& index : scan_.table->indexes()) {
    AccessPath path;
    if (match_index(*index, sargs_, &path)) paths_.push_back(std::move(path));
  }
}

/// Every term of an OR must be answered by some index; the rows of all of them are united.
void ScanPaths::add_or_path(size_t conjunct) {
  AccessPath out;
  const Expr& e = *scan_.exprs[conjunct];
  if (e.args.size() > kRangesMax) return;
  bool exact = true;
  for (const ExprPtr& term : e.args) {
    or_sargs_.emplace_back();
    std::vector<Sarg>& sargs = or_sargs_.back();
    size_t parts = term->kind == ExprKind::kAnd ? term->args.size() : 1;
    for (size_t i = 0; i < parts; ++i) {
      const Expr& part = term->kind == ExprKind::kAnd ? *term->args[i] : *term;
      for (Sarg& sarg : find_sargs(context_, scan_, part, i)) sargs.push_back(std::move(sarg));
    }
    AccessPath best;
    for (const auto& index : scan_.table->indexes()) {
      AccessPath path;
      if (!match_index(*index, sargs, &path)) continue;
      if (best.parts.empty() || path.cost < best.cost) best = std::move(path);
    }
    if (best.parts.empty()) return;
    exact = exact && best.answered.size() == parts;
    out.rows += best.rows;
    out.cost += best.cost;
    PathPart& part = best.parts[0];
    bool merged = false;
    for (PathPart& other : out.parts) {
      if (other.index != part.index) continue;
      for (PathRange& range : part.ranges) other.ranges.push_back(std::move(range));
      merged = true;
      break;
    }
    if (!merged) out.parts.push_back(std::move(part));
  }
  out.rows = std::min(out.rows, table_rows_);
  out.cost += out.rows * cost::kTest;
  bool points = out.parts.size() == 1 &&
                std::all_of(out.parts[0].ranges.begin(), out.parts[0].ranges.end(),
                            [](const PathRange& range) {
                              return range.lower == nullptr && range.upper == nullptr;
                            });
  out.order_skip = points ? 0 : SIZE_MAX;
  if (exact) out.answered.push_back(conjunct);
  paths_.push_back(std::move(out));
}

std::vector<IndexPath> make_index_paths(const AccessPath& path) {
  std::vector<IndexPath> out;
  for (const PathPart& part : path.parts) {
    IndexPath index_path;
    index_path.index = part.index->def().id;
    for (const PathRange& range : part.ranges) {
      IndexRange bound;
      for (size_t i = 0; i < range.equal.size(); ++i) {
        bound.equal.push_back(expr::clone(*range.equal[i]->values[range.member[i]]));
      }
      if (range.lower != nullptr) {
        bound.lower_kind = range.lower->included ? BoundKind::kIncluded : BoundKind::kExcluded;
        bound.lower = expr::clone(*range.lower->values[0]);
      }
      if (range.upper != nullptr) {
        bound.upper_kind = range.upper->included ? BoundKind::kIncluded : BoundKind::kExcluded;
        bound.upper = expr::clone(*range.upper->values[0]);
      }
      index_path.ranges.push_back(std::move(bound));
    }
    out.push_back(std::move(index_path));
  }
  return out;
}

}  // namespace orrery::plan
