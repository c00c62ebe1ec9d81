// COUNT, SUM, AVG, and the variances.
#include <cmath>
#include <vector>

#include "exec/aggregate_cells.h"
#include "exec/aggregate_state.h"
#include "types/wide_number.h"

namespace orrery::exec {
namespace {

using expr::AggregateKind;
using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;
using types::WideNumber;

class CountState final : public AggregateState {
 public:
  void clear() override { clear_vector(&counts_); }
  void resize(uint32_t count) override { counts_.resize(count); }
  void update(const uint32_t* groups, const Vector* arg, const Selection& sel) override {
    if (arg != nullptr && (arg->has_nulls() || arg->type() == TypeId::kNull)) {
      for (uint32_t i = 0; i < sel.count; ++i) {
        bool null = arg->type() == TypeId::kNull || arg->is_null(sel[i]);
        counts_[groups == nullptr ? 0 : groups[i]] += null ? 0 : 1;
      }
    } else if (groups == nullptr) {
      counts_[0] += sel.count;
    } else {
      int64_t* counts = counts_.data();
      for (uint32_t i = 0; i < sel.count; ++i) ++counts[groups[i]];
    }
  }
  void finish(uint32_t first, uint32_t n, Vector& out) override {
    for (uint32_t i = 0; i < n; ++i) store_result(out, i, Datum::integer(counts_[first + i]));
  }
  uint64_t bytes() const override { return counts_.capacity() * 8; }

 private:
  std::vector<int64_t> counts_;
};

/// Sums of one kind of number. Integers are added in 128 bits, so their sum is exact.
template <class Cell, class Sum>
class SumState final : public AggregateState {
 public:
  explicit SumState(AggregateKind kind) : average_(kind == AggregateKind::kAvg) {}
  void clear() override { clear_vector(&groups_); }
  void resize(uint32_t count) override { groups_.resize(count); }

  void update(const uint32_t* groups, const Vector* arg, const Selection& sel) override {
    if (groups == nullptr) {
      Sum sum = 0;
      int64_t count = 0;
      each_cell<Cell>(*arg, sel, [&](uint32_t, Cell v) {
        sum += v;
        ++count;
      });
      groups_[0].sum += sum;
      groups_[0].count += count;
      return;
    }
    Group* all = groups_.data();
    each_cell<Cell>(*arg, sel, [&](uint32_t i, Cell v) {
      Group& g = all[groups[i]];
      g.sum += v;
      ++g.count;
    });
  }

  void finish(uint32_t first, uint32_t n, Vector& out) override {
    for (uint32_t i = 0; i < n; ++i) {
      const Group& g = groups_[first + i];
      if (g.count == 0) {
        out.set_null(i);
      } else if (average_) {
        store_result(out, i,
                     Datum::floating(static_cast<double>(g.sum) / static_cast<double>(g.count)));
      } else {
        store_result(out, i, sum_of(g.sum));
      }
    }
  }
  uint64_t bytes() const override { return groups_.capacity() * sizeof(Group); }

 private:
  struct Group {
    Sum sum = 0;
    int64_t count = 0;
  };
  static Datum sum_of(Sum sum) {
    if constexpr (std::is_same_v<Sum, double>) {
      return Datum::floating(sum);
    } else {
      if (sum >= INT64_MIN && sum <= INT64_MAX) return Datum::integer(static_cast<int64_t>(sum));
      return Datum::floating(static_cast<double>(sum));
    }
  }
  const bool average_;
  std::vector<Group> groups_;
};

/// Whole numbers beyond INTEGER. What 256 bits do not hold is an error.
class WideSumState final : public AggregateState {
 public:
  WideSumState(AggregateKind kind, TypeId argument)
      : average_(kind == AggregateKind::kAvg),
        argument_(argument),
        result_(types::sum_type(argument)) {}
  void clear() override {
    clear_vector(&groups_);
    fits_ = true;
  }
  void resize(uint32_t count) override { groups_.resize(count); }
  void update(const uint32_t* groups, const Vector* arg, const Selection& sel) override {
    each_cell<types::StringRef>(*arg, sel, [&](uint32_t i, const types::StringRef& cell) {
      Group& g = groups_[groups == nullptr ? 0 : groups[i]];
      const std::optional<WideNumber> sum =
          types::add(g.sum, types::wide_number(argument_, cell.view()));
      char bytes[sizeof(types::U256)];
      if (sum && (average_ || types::store_wide(*sum, result_, bytes))) {
        g.sum = *sum;
      } else {
        fits_ = false;
      }
      ++g.count;
    });
  }
  void finish(uint32_t first, uint32_t n, Vector& out) override {
    for (uint32_t i = 0; i < n; ++i) {
      const Group& g = groups_[first + i];
      if (g.count == 0) {
        out.set_null(i);
      } else if (average_) {
        store_result(out, i,
                     Datum::floating(types::to_double(g.sum) / static_cast<double>(g.count)));
      } else {
        store_result(out, i,
                     types::wide_datum(g.sum, result_, out.strings()).value_or(Datum::null()));
      }
    }
  }
  uint64_t bytes() const override { return groups_.capacity() * sizeof(Group); }
  Status status() const override {
    if (fits_) return {};
    return Error(ErrorCode::kOverflow, "Integer overflow in arithmetic operation: SUM");
  }

 private:
  struct Group {
    WideNumber sum;
    int64_t count = 0;
  };
  const bool average_;
  const TypeId argument_;
  const TypeId result_;
  std::vector<Group> groups_;
  bool fits_ = true;
};

/// Cells of any type: numbers and booleans count, the rest does not.
class AnySumState final : public AggregateState {
 public:
  explicit AnySumState(AggregateKind kind) : average_(kind == AggregateKind::kAvg) {}
  void clear() override { clear_vector(&groups_); }
  void resize(uint32_t count) override { groups_.resize(count); }
  void update(const uint32_t* groups, const Vector* arg, const Selection& sel) override {
    each_cell<Datum>(*arg, sel, [&](uint32_t i, const Datum& d) {
      Group& g = groups_[groups == nullptr ? 0 : groups[i]];
      if (d.type() == TypeId::kFloat) {
        g.floats += d.as_double();
        g.has_float = true;
      } else if (d.type() == TypeId::kInteger || d.type() == TypeId::kBoolean) {
        g.integers += d.as_int64();
      } else if (types::is_wide(d.type())) {  // has no type in common with the others
        g.floats += types::to_double(types::wide_number(d));
        g.has_float = true;
      } else {
        return;
      }
      ++g.count;
    });
  }
  void finish(uint32_t first, uint32_t n, Vector& out) override {
    for (uint32_t i = 0; i < n; ++i) {
      const Group& g = groups_[first + i];
      double sum = g.floats + static_cast<double>(g.integers);
      if (g.count == 0) {
        out.set_null(i);
      } else if (average_) {
        store_result(out, i, Datum::floating(sum / static_cast<double>(g.count)));
      } else if (!g.has_float && g.integers >= INT64_MIN && g.integers <= INT64_MAX) {
        store_result(out, i, Datum::integer(static_cast<int64_t>(g.integers)));
      } else {
        store_result(out, i, Datum::floating(sum));
      }
    }
  }
  uint64_t bytes() const override { return groups_.capacity() * sizeof(Group); }

 private:
  struct Group {
    __int128 integers = 0;
    double floats = 0;
    int64_t count = 0;
    bool has_float = false;
  };
  const bool average_;
  std::vector<Group> groups_;
};

/// Mean and sum of squared distances, kept numerically stable one value at a time.
class VarianceState final : public AggregateState {
 public:
  explicit VarianceState(AggregateKind kind)
      : sample_(kind == AggregateKind::kStddevSamp || kind == AggregateKind::kVarSamp),
        root_(kind == AggregateKind::kStddevSamp || kind == AggregateKind::kStddevPop) {}
  void clear() override { clear_vector(&groups_); }
  void resize(uint32_t count) override { groups_.resize(count); }
  void update(const uint32_t* groups, const Vector* arg, const Selection& sel) override {
    auto add = [&](uint32_t i, double v) {
      Group& g = groups_[groups == nullptr ? 0 : groups[i]];
      g.count += 1;
      double delta = v - g.mean;
      g.mean += delta / g.count;
      g.squares += delta * (v - g.mean);
    };
    switch (arg->type()) {
      case TypeId::kInteger:
        each_cell<int64_t>(*arg, sel,
                           [&](uint32_t i, int64_t v) { add(i, static_cast<double>(v)); });
        break;
      case TypeId::kFloat:
        each_cell<double>(*arg, sel, add);
        break;
      case TypeId::kAny:
        each_cell<Datum>(*arg, sel, [&](uint32_t i, const Datum& d) {
          if (d.type() == TypeId::kFloat) add(i, d.as_double());
          if (d.type() == TypeId::kInteger) add(i, static_cast<double>(d.as_int64()));
        });
        break;
      default:
        break;
    }
  }
  void finish(uint32_t first, uint32_t n, Vector& out) override {
    for (uint32_t i = 0; i < n; ++i) {
      const Group& g = groups_[first + i];
      double divisor = sample_ ? g.count - 1 : g.count;
      if (divisor < 1) {
        out.set_null(i);
        continue;
      }
      double variance = g.squares / divisor;
      store_result(out, i, Datum::floating(root_ ? std::sqrt(variance) : variance));
    }
  }
  uint64_t bytes() const override { return groups_.capacity() * sizeof(Group); }

 private:
  struct Group {
    double count = 0;
    double mean = 0;
    double squares = 0;
  };
  const bool sample_;
  const bool root_;
  std::vector<Group> groups_;
};

class NullState final : public AggregateState {
 public:
  void clear() override {}
  void resize(uint32_t) override {}
  void update(const uint32_t*, const Vector*, const Selection&) override {}
  void finish(uint32_t, uint32_t n, Vector& out) override {
    for (uint32_t i = 0; i < n; ++i) out.set_null(i);
  }
  uint64_t bytes() const override { return 0; }
};

}  // namespace

std::unique_ptr<AggregateState> make_count_state() {
  return std::make_unique<CountState>();
}
std::unique_ptr<AggregateState> make_null_state() {
  return std::make_unique<NullState>();
}

std::unique_ptr<AggregateState> make_sum_state(AggregateKind kind, TypeId argument) {
  switch (argument) {
    case TypeId::kInteger:
      return std::make_unique<SumState<int64_t, __int128>>(kind);
    case TypeId::kBoolean:
      return std::make_unique<SumState<uint8_t, __int128>>(kind);
    case TypeId::kFloat:
      return std::make_unique<SumState<double, double>>(kind);
    case TypeId::kAny:
      return std::make_unique<AnySumState>(kind);
    case TypeId::kU64:
    case TypeId::kU128:
    case TypeId::kI128:
    case TypeId::kU256:
    case TypeId::kI256:
      return std::make_unique<WideSumState>(kind, argument);
    default:
      return make_null_state();
  }
}

std::unique_ptr<AggregateState> make_variance_state(AggregateKind kind, TypeId argument) {
  if (argument != TypeId::kInteger && argument != TypeId::kFloat && argument != TypeId::kAny) {
    return make_null_state();
  }
  return std::make_unique<VarianceState>(kind);
}

}  // namespace orrery::exec
