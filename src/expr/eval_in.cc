// x IN (list): lists of constants and parameters become a set that is kept from chunk to chunk.
#include <algorithm>

#include "base/hash.h"
#include "expr/eval_node.h"
#include "types/compare.h"

namespace orrery::expr {

using types::Datum;
using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

bool is_textual(TypeId t) {
  return t == TypeId::kText || t == TypeId::kJson;
}

/// An open-addressed set; few items are tried one by one instead.
template <class T, class Hash>
class ItemSet {
 public:
  void assign(std::vector<T> items) {
    items_ = std::move(items);
    slots_.clear();
    if (items_.size() <= kFew) return;
    size_t size = 32;
    while (size < items_.size() * 2) size *= 2;
    slots_.assign(size, 0);
    for (size_t i = 0; i < items_.size(); ++i) {
      size_t s = Hash()(items_[i]) & (size - 1);
      while (slots_[s] != 0) s = (s + 1) & (size - 1);
      slots_[s] = static_cast<uint32_t>(i + 1);
    }
  }
  bool contains(const T& value) const {
    if (slots_.empty()) {
      bool found = false;
      for (const T& item : items_) found |= item == value;
      return found;
    }
    size_t mask = slots_.size() - 1;
    size_t s = Hash()(value) & mask;
    for (; slots_[s] != 0; s = (s + 1) & mask) {
      if (items_[slots_[s] - 1] == value) return true;
    }
    return false;
  }

 private:
  static constexpr size_t kFew = 8;
  std::vector<T> items_;
  std::vector<uint32_t> slots_;  ///< 0 = free, else index + 1
};

struct HashInt {
  uint64_t operator()(int64_t v) const { return types::hash_int64(v); }
};
struct HashString {
  uint64_t operator()(const StringRef& s) const { return hash_bytes(s.view()); }
};
/// Cells that are equal where the dialect says so.
struct Cell {
  Datum datum;
  friend bool operator==(const Cell& a, const Cell& b) {
    return compare_cells(CompareOp::kEqual, a.datum, b.datum);
  }
};
struct HashCell {
  uint64_t operator()(const Cell& c) const { return types::hash_datum(c.datum); }
};

enum class SetKind : uint8_t { kInts, kStrings, kCells };

class InListState final : public KernelState {
 public:
  /// True where the set was made of just these items, for this type of left side.
  bool is_made_of(const std::vector<Datum>& items, TypeId left) const {
    if (left != left_ || items.size() != items_.size()) return false;
    for (size_t i = 0; i < items.size(); ++i) {
      const Datum& mine = items_[i].datum();
      if (mine.type() != items[i].type()) return false;
      if (mine.is_null()) continue;
      bool equal = types::layout_of(mine.type()) == types::Layout::kString
                       ? mine.as_string() == items[i].as_string()
                       : mine.as_int64() == items[i].as_int64();
      if (!equal) return false;
    }
    return true;
  }

  void make(const std::vector<Datum>& items, TypeId left) {
    left_ = left;
    has_null_ = false;
    is_few_ = false;
    items_.clear();
    for (const Datum& d : items) {
      has_null_ = has_null_ || d.is_null();
      items_.emplace_back(d);
    }
    if (is_textual(left) && all([](TypeId t) { return is_textual(t); })) {
      kind_ = SetKind::kStrings;
      std::vector<StringRef> strings;
      for_each([&](const Datum& d) { strings.push_back(d.as_string()); });
      strings_.assign(std::move(strings));
      return;
    }
    bool int_layout = left == TypeId::kInteger || left == TypeId::kTimestamp;
    if (int_layout && all([left](TypeId t) {
          return t == left || (left == TypeId::kInteger && t == TypeId::kFloat);
        })) {
      kind_ = SetKind::kInts;
      std::vector<int64_t> ints;
      for_each([&](const Datum& d) { add_integer(d, &ints); });
      is_few_ = !ints.empty() && ints.size() <= kFewIntegers;
      for (size_t i = 0; is_few_ && i < kFewIntegers; ++i) {
        few_[i] = ints[std::min(i, ints.size() - 1)];
      }
      ints_.assign(std::move(ints));
      return;
    }
    kind_ = SetKind::kCells;
    std::vector<Cell> cells;
    for_each([&](const Datum& d) { cells.push_back({d}); });
    cells_.assign(std::move(cells));
  }

  /// The integers where there are a few, the last repeated to fill the array; or nullptr.
  const int64_t* few_integers() const { return is_few_ ? few_ : nullptr; }
  static constexpr size_t kFewIntegers = 8;

  TypeId left() const { return left_; }
  bool has_null() const { return has_null_; }

  /// hit(row, found) for every row that is not NULL.
  template <class Hit>
  void probe(const Vector& v, const Selection& rows, Hit hit) const {
    switch (kind_) {
      case SetKind::kInts:
        probe_typed<int64_t>(v, rows, ints_, hit);
        break;
      case SetKind::kStrings:
        probe_typed<StringRef>(v, rows, strings_, hit);
        break;
      case SetKind::kCells:
        types::for_each_row(rows, [&](uint32_t r) {
          if (!v.is_null(r)) hit(r, cells_.contains({v.datum(r)}));
        });
        break;
    }
  }

 private:
  template <class T, class Set, class Hit>
  static void probe_typed(const Vector& v, const Selection& rows, const Set& set, Hit hit) {
    const T* cells = v.data<T>();
    types::for_each_row(rows, [&](uint32_t r) {
      if (!v.is_null(r)) hit(r, set.contains(cells[v.at(r)]));
    });
  }

  template <class Fits>
  bool all(Fits fits) const {
    return std::all_of(items_.begin(), items_.end(), [&](const types::Value& item) {
      return item.is_null() || fits(item.type());
    });
  }
  template <class Fn>
  void for_each(Fn fn) const {
    for (const types::Value& item : items_) {
      if (!item.is_null()) fn(item.datum());
    }
  }
  /// A FLOAT that is no integer equals none.
  static void add_integer(const Datum& d, std::vector<int64_t>* out) {
    if (d.type() != TypeId::kFloat) {
      out->push_back(d.as_int64());
      return;
    }
    double v = d.as_double();
    if (!(v >= -9223372036854775808.0 && v < 9223372036854775808.0)) return;
    auto whole = static_cast<int64_t>(v);
    if (types::compare_int_float(whole, v) == 0) out->push_back(whole);
  }

  TypeId left_ = TypeId::kNull;
  bool has_null_ = false;
  bool is_few_ = false;
  int64_t few_[kFewIntegers] = {};
  SetKind kind_ = SetKind::kCells;
  std::vector<types::Value> items_;
  ItemSet<int64_t, HashInt> ints_;
  ItemSet<StringRef, HashString> strings_;
  ItemSet<Cell, HashCell> cells_;
};

/// One pass without branches over the integers of a column.
void probe_few(const int64_t* few, const Vector& left, const Selection& rows, bool negated,
               uint8_t* cells) {
  static_assert(InListState::kFewIntegers == 8);
  const int64_t f[8] = {few[0], few[1], few[2], few[3], few[4], few[5], few[6], few[7]};
  const int64_t* x = left.data<int64_t>();
  types::for_each_row(rows, [=](uint32_t r) {
    int64_t v = x[r];
    bool found = (v == f[0]) | (v == f[1]) | (v == f[2]) | (v == f[3]) | (v == f[4]) | (v == f[5]) |
                 (v == f[6]) | (v == f[7]);
    cells[r] = found != negated;
  });
}

/// Members that differ from row to row: every item is tried.
void try_items(const Vector& left, const std::vector<const Vector*>& items, const Selection& rows,
               bool negated, Vector& out) {
  types::for_each_row(rows, [&](uint32_t r) {
    Datum x = left.datum(r);
    bool found = false, unknown = x.is_null();
    for (size_t i = 0; i < items.size() && !found && !x.is_null(); ++i) {
      Datum item = items[i]->datum(r);
      if (item.is_null()) {
        unknown = true;
      } else {
        found = compare_cells(CompareOp::kEqual, x, item);
      }
    }
    if (!found && unknown) {
      out.set_null(r);
    } else {
      out.data<uint8_t>()[r] = found != negated;
    }
  });
}

}  // namespace

Status Evaluator::in_list(Node& node, const Selection& rows, Vector& out) {
  if (node.children[0].expr->kind == ExprKind::kRow) return in_list_of_rows(node, rows, out);
  const Vector* left;
  ORRERY_TRY(evaluate(node.children[0], rows, &left));
  if (left->type() == TypeId::kNull || (left->is_constant() && left->is_null(0))) {
    out.set_constant(Datum::null(), TypeId::kBoolean);
    return {};
  }
  bool fixed = true;
  for (uint32_t i = 1; i < node.arg_count; ++i) fixed = fixed && node.children[i].fixed;
  auto* state = static_cast<InListState*>(node.state.get());
  const bool negated = node.expr->negated;
  if (!fixed || state == nullptr || state->left() != left->type()) {
    std::vector<const Vector*> items(node.arg_count - 1);
    std::vector<Datum> values;
    for (uint32_t i = 1; i < node.arg_count; ++i) {
      ORRERY_TRY(evaluate(node.children[i], rows, &items[i - 1]));
      if (items[i - 1]->is_constant()) values.push_back(items[i - 1]->datum(0));
    }
    if (values.size() != items.size()) {
      out.reset(TypeId::kBoolean, capacity_);
      try_items(*left, items, rows, negated, out);
      return {};
    }
    if (state == nullptr) {
      node.state = std::make_unique<InListState>();
      state = static_cast<InListState*>(node.state.get());
    }
    if (!state->is_made_of(values, left->type())) state->make(values, left->type());
  }
  const bool constant = left->is_constant();
  out.reset(TypeId::kBoolean, constant ? 64 : capacity_);
  if (left->has_nulls() && !constant) {
    std::memcpy(out.mutable_validity(), left->validity(), (input_.row_count + 63) / 64 * 8);
  }
  uint8_t* cells = out.data<uint8_t>();
  const bool has_null = state->has_null();
  if (!constant && !has_null && state->few_integers() != nullptr) {
    // Integers under a NULL may be looked at; their results are NULL already.
    probe_few(state->few_integers(), *left, rows, negated, cells);
    return {};
  }
  state->probe(*left, constant ? first_row() : rows, [&](uint32_t r, bool found) {
    cells[r] = found != negated;
    if (!found && has_null) out.set_null(r);
  });
  if (constant) out.make_constant();
  return {};
}

}  // namespace orrery::expr
