// MIN, MAX, FIRST and LAST.
#include <vector>

#include "exec/aggregate_cells.h"
#include "exec/aggregate_state.h"
#include "types/compare.h"

namespace orrery::exec {
namespace {

using expr::AggregateKind;
using types::Datum;
using types::Layout;
using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

inline bool less(int64_t a, int64_t b) {
  return a < b;
}
inline bool less(uint8_t a, uint8_t b) {
  return a < b;
}
inline bool less(double a, double b) {
  return types::compare_doubles(a, b) < 0;
}
inline bool less(const Datum& a, const Datum& b) {
  return types::total_order(a, b) < 0;
}

/// Fixed-width cells.
template <class T>
class ExtremeState final : public AggregateState {
 public:
  ExtremeState(AggregateKind kind, TypeId type)
      : smallest_(kind == AggregateKind::kMin), type_(type) {}
  void clear() override {
    clear_vector(&best_);
    clear_vector(&seen_);
  }
  void resize(uint32_t count) override {
    best_.resize(count);
    seen_.resize(count);
  }
  void update(const uint32_t* groups, const Vector* arg, const Selection& sel) override {
    if (smallest_) {
      scan(groups, *arg, sel, [](const T& v, const T& best) { return less(v, best); });
    } else {
      scan(groups, *arg, sel, [](const T& v, const T& best) { return less(best, v); });
    }
  }
  void finish(uint32_t first, uint32_t n, Vector& out) override {
    for (uint32_t i = 0; i < n; ++i) {
      if (seen_[first + i] == 0) {
        out.set_null(i);
      } else {
        store_result(out, i, datum(best_[first + i]));
      }
    }
  }
  uint64_t bytes() const override { return best_.capacity() * (sizeof(T) + 1); }

 private:
  template <class Better>
  void scan(const uint32_t* groups, const Vector& arg, const Selection& sel, Better&& better) {
    if (groups == nullptr) {
      T best = best_[0];
      bool seen = seen_[0] != 0;
      each_cell<T>(arg, sel, [&](uint32_t, const T& v) {
        if (!seen || better(v, best)) best = v;
        seen = true;
      });
      best_[0] = best;
      seen_[0] = seen ? 1 : 0;
      return;
    }
    each_cell<T>(arg, sel, [&](uint32_t i, const T& v) {
      uint32_t g = groups[i];
      if (seen_[g] == 0 || better(v, best_[g])) best_[g] = v;
      seen_[g] = 1;
    });
  }
  Datum datum(const T& v) const {
    if constexpr (std::is_same_v<T, double>) {
      return Datum::floating(v);
    } else if constexpr (std::is_same_v<T, uint8_t>) {
      return Datum::boolean(v != 0);
    } else {
      return type_ == TypeId::kTimestamp ? Datum::timestamp(v) : Datum::integer(v);
    }
  }
  const bool smallest_;
  const TypeId type_;
  std::vector<T> best_;
  std::vector<uint8_t> seen_;
};

/// Keeps one cell of any type per group, with its bytes.
class KeptCells {
 public:
  void clear() {
    if (cells_.bytes() > 65536) cells_.release();
    cells_.init(TypeId::kAny);
  }
  void resize(uint32_t count) {
    if (count > cells_.size()) cells_.append_nulls(count - cells_.size());
  }
  bool empty(uint32_t group) const { return cells_.is_null(group); }
  const Datum& get(uint32_t group) const { return cells_.data<Datum>()[group]; }
  void set(uint32_t group, const Datum& d) {
    if (layout_of(d.type()) == Layout::kString) {
      cells_.set_borrowed(group, Datum::string(d.type(), cells_.keep(d.as_string())));
    } else {
      cells_.set_borrowed(group, d);
    }
  }
  void finish(uint32_t first, uint32_t n, Vector& out) const {
    for (uint32_t i = 0; i < n; ++i) {
      if (empty(first + i)) {
        out.set_null(i);
      } else {
        store_result(out, i, get(first + i));
      }
    }
    cells_.hold_strings(&out);
  }
  uint64_t bytes() const { return cells_.bytes(); }

 private:
  ColumnBuffer cells_{TypeId::kAny};
};

class AnyExtremeState final : public AggregateState {
 public:
  explicit AnyExtremeState(AggregateKind kind) : smallest_(kind == AggregateKind::kMin) {}
  void clear() override { best_.clear(); }
  void resize(uint32_t count) override { best_.resize(count); }
  void update(const uint32_t* groups, const Vector* arg, const Selection& sel) override {
    for (uint32_t i = 0; i < sel.count; ++i) {
      Datum d = arg->datum(sel[i]);
      if (d.is_null()) continue;
      uint32_t g = groups == nullptr ? 0 : groups[i];
      if (!best_.empty(g)) {
        const Datum& best = best_.get(g);
        if (smallest_ ? !less(d, best) : !less(best, d)) continue;
      }
      best_.set(g, d);
    }
  }
  void finish(uint32_t first, uint32_t n, Vector& out) override { best_.finish(first, n, out); }
  uint64_t bytes() const override { return best_.bytes(); }

 private:
  const bool smallest_;
  KeptCells best_;
};

class PositionState final : public AggregateState {
 public:
  explicit PositionState(AggregateKind kind) : last_(kind == AggregateKind::kLast) {}
  void clear() override { cells_.clear(); }
  void resize(uint32_t count) override { cells_.resize(count); }
  void update(const uint32_t* groups, const Vector* arg, const Selection& sel) override {
    if (groups == nullptr) {  // one cell of the chunk at most is of interest
      for (uint32_t i = 0; i < sel.count; ++i) {
        uint32_t row = last_ ? sel[sel.count - 1 - i] : sel[i];
        if (!last_ && !cells_.empty(0)) return;
        Datum d = arg->datum(row);
        if (d.is_null()) continue;
        cells_.set(0, d);
        return;
      }
      return;
    }
    for (uint32_t i = 0; i < sel.count; ++i) {
      if (!last_ && !cells_.empty(groups[i])) continue;
      Datum d = arg->datum(sel[i]);
      if (!d.is_null()) cells_.set(groups[i], d);
    }
  }
  void finish(uint32_t first, uint32_t n, Vector& out) override { cells_.finish(first, n, out); }
  uint64_t bytes() const override { return cells_.bytes(); }

 private:
  const bool last_;
  KeptCells cells_;
};

}  // namespace

std::unique_ptr<AggregateState> make_extreme_state(AggregateKind kind, TypeId argument) {
  switch (argument) {
    case TypeId::kInteger:
    case TypeId::kTimestamp:
      return std::make_unique<ExtremeState<int64_t>>(kind, argument);
    case TypeId::kFloat:
      return std::make_unique<ExtremeState<double>>(kind, argument);
    case TypeId::kBoolean:
      return std::make_unique<ExtremeState<uint8_t>>(kind, argument);
    default:
      return std::make_unique<AnyExtremeState>(kind);
  }
}

std::unique_ptr<AggregateState> make_position_state(AggregateKind kind) {
  return std::make_unique<PositionState>(kind);
}

}  // namespace orrery::exec
