// Aggregates over frames.
//
// A frame that covers its partition is computed once; counts and integer sums slide, because what
// leaves a frame can be taken out exactly; MIN and MAX keep the candidates that may still win; sums
// of FLOATs come from a tree of partial sums, or from the few rows of a narrow frame. All else is
// fed row by row and begun anew where rows leave the frame.
#include <algorithm>

#include "exec/aggregate_state.h"
#include "exec/group_table.h"
#include "exec/window_rows.h"
#include "types/compare.h"

namespace orrery::exec {

using expr::AggregateKind;
using plan::WindowCall;
using types::Datum;
using types::TypeId;
using types::Vector;

namespace {

/// Whether the row at `i` counts.
class RowFilter {
 public:
  RowFilter(const ColumnBuffer* filter, const ColumnBuffer* arg) : filter_(filter), arg_(arg) {}
  bool passes(uint32_t i) const {
    if (filter_ != nullptr && !is_true(*filter_, i)) return false;
    return arg_ == nullptr || !arg_->is_null(i);
  }
  bool always() const { return filter_ == nullptr && (arg_ == nullptr || !arg_->has_nulls()); }

 private:
  static bool is_true(const ColumnBuffer& c, uint32_t i) {
    Datum d = c.datum(i);
    if (d.is_null() || layout_of(d.type()) == types::Layout::kString) return false;
    return d.type() == TypeId::kFloat ? d.as_double() != 0 : d.as_int64() != 0;
  }
  const ColumnBuffer* filter_;
  const ColumnBuffer* arg_;
};

/// COUNT, and SUM and AVG of INTEGER or BOOLEAN.
class ExactSlider {
 public:
  ExactSlider(AggregateKind kind, const ColumnBuffer* arg, RowFilter filter)
      : kind_(kind), arg_(arg), filter_(filter) {
    counts_only_ = kind == AggregateKind::kCountStar || kind == AggregateKind::kCount;
  }

  void run(std::span<const Frame> frames, ColumnBuffer* out) {
    Frame at;
    for (const Frame& f : frames) {
      if (f.start >= at.end || f.start < at.start) {
        at = {f.start, f.start};
        sum_ = 0;
        count_ = 0;
      }
      for (; at.end < f.end; ++at.end) add(at.end, 1);
      for (; at.start < f.start; ++at.start) add(at.start, -1);
      append_result(out, result());
    }
  }

 private:
  void add(uint32_t i, int sign) {
    if (!filter_.passes(i)) return;
    count_ += sign;
    if (!counts_only_) sum_ += sign * integer(i);
  }
  int64_t integer(uint32_t i) const {
    return arg_->type() == TypeId::kBoolean ? arg_->data<uint8_t>()[i] : arg_->data<int64_t>()[i];
  }
  Datum result() const {
    if (counts_only_) return Datum::integer(count_);
    if (count_ == 0) return Datum::null();
    if (kind_ == AggregateKind::kAvg) {
      return Datum::floating(static_cast<double>(sum_) / static_cast<double>(count_));
    }
    if (sum_ >= INT64_MIN && sum_ <= INT64_MAX) return Datum::integer(static_cast<int64_t>(sum_));
    return Datum::floating(static_cast<double>(sum_));
  }

  const AggregateKind kind_;
  const ColumnBuffer* arg_;
  const RowFilter filter_;
  bool counts_only_ = false;
  __int128 sum_ = 0;
  int64_t count_ = 0;
};

/// SUM and AVG of FLOAT. Nothing is ever subtracted, so no error builds up and infinities leave.
class FloatSummer {
 public:
  FloatSummer(AggregateKind kind, const ColumnBuffer& arg, RowFilter filter)
      : average_(kind == AggregateKind::kAvg) {
    const uint32_t n = arg.size();
    values_.resize(n);
    counted_.resize(n);
    for (uint32_t i = 0; i < n; ++i) {
      counted_[i] = filter.passes(i) ? 1 : 0;
      values_[i] = counted_[i] != 0 ? arg.data<double>()[i] : 0.0;
    }
  }

  void run(std::span<const Frame> frames, ColumnBuffer* out) {
    uint64_t width = 0;
    bool running = true;  // every frame begins where the one before did, or begins a partition
    for (size_t i = 0; i < frames.size(); ++i) {
      width += frames[i].end - frames[i].start;
      running &=
          i == 0 || frames[i].start == frames[i - 1].start || frames[i].start >= frames[i - 1].end;
    }
    const bool narrow = width <= frames.size() * 24;
    if (!running && !narrow) make_tree();
    Part sum;
    Frame at;
    for (const Frame& f : frames) {
      if (running) {
        if (f.start != at.start || f.end < at.end || at.end == 0) {
          at = {f.start, f.start};
          sum = {};
        }
        for (; at.end < f.end; ++at.end) sum.add(values_[at.end], counted_[at.end]);
      } else if (narrow) {
        sum = {};
        for (uint32_t i = f.start; i < f.end; ++i) sum.add(values_[i], counted_[i]);
      } else {
        sum = range(f.start, f.end);
      }
      if (sum.count == 0) {
        out->append_nulls(1);
      } else {
        append_result(
            out, Datum::floating(average_ ? sum.sum / static_cast<double>(sum.count) : sum.sum));
      }
    }
  }

 private:
  struct Part {
    double sum = 0;
    uint64_t count = 0;
    void add(double v, uint64_t n) {
      sum += v;
      count += n;
    }
  };
  void make_tree() {
    leaves_ = 1;
    while (leaves_ < values_.size()) leaves_ *= 2;
    tree_.assign(leaves_ * 2, Part{});
    for (size_t i = 0; i < values_.size(); ++i) tree_[leaves_ + i] = {values_[i], counted_[i]};
    for (size_t i = leaves_; i-- > 1;) {
      tree_[i] = tree_[2 * i];
      tree_[i].add(tree_[2 * i + 1].sum, tree_[2 * i + 1].count);
    }
  }
  Part range(size_t from, size_t to) const {
    Part left, right;
    for (from += leaves_, to += leaves_; from < to; from /= 2, to /= 2) {
      if ((from & 1) != 0) {
        left.add(tree_[from].sum, tree_[from].count);
        ++from;
      }
      if ((to & 1) != 0) {
        --to;
        right.add(tree_[to].sum, tree_[to].count);
      }
    }
    left.add(right.sum, right.count);
    return left;
  }

  const bool average_;
  std::vector<double> values_;
  std::vector<uint8_t> counted_;
  size_t leaves_ = 0;
  std::vector<Part> tree_;
};

/// MIN and MAX: rows that no later row of the frame beats, best first.
class ExtremeQueue {
 public:
  ExtremeQueue(AggregateKind kind, const ColumnBuffer& arg, RowFilter filter)
      : sign_(kind == AggregateKind::kMin ? 1 : -1), arg_(arg), filter_(filter) {}

  void run(std::span<const Frame> frames, ColumnBuffer* out) {
    std::vector<uint32_t> queue(arg_.size());
    size_t head = 0, tail = 0;
    Frame at;
    for (const Frame& f : frames) {
      if (f.start >= at.end || f.start < at.start) {
        at = {f.start, f.start};
        head = tail = 0;
      }
      for (; at.end < f.end; ++at.end) {
        if (!filter_.passes(at.end)) continue;
        while (tail > head && order(queue[tail - 1], at.end) >= 0) --tail;
        if (head == tail) head = tail = 0;
        queue[tail++] = at.end;
      }
      at.start = f.start;
      while (head < tail && queue[head] < f.start) ++head;
      append_result(out, head == tail ? Datum::null() : arg_.datum(queue[head]));
    }
  }

 private:
  int order(uint32_t a, uint32_t b) const {
    return sign_ * types::total_order(arg_.datum(a), arg_.datum(b));
  }
  const int sign_;
  const ColumnBuffer& arg_;
  const RowFilter filter_;
};

/// Everything else, through the state that GROUP BY uses too.
class StateFeeder {
 public:
  StateFeeder(const plan::AggregateCall& call, std::span<const ColumnBuffer> args,
              const ColumnBuffer* filter, uint32_t rows)
      : call_(call), filter_(filter, nullptr) {
    state_ = make_aggregate_state(call, args.empty() ? TypeId::kNull : args[0].type());
    std::vector<TypeId> types;
    for (const ColumnBuffer& a : args) {
      Vector& v = args_.emplace_back(a.type(), rows == 0 ? 1 : rows);
      a.slice(0, rows, &v);
      a.hold_strings(&v);
      types.push_back(a.type());
    }
    for (const Vector& v : args_) keys_.push_back(&v);
    if (call.distinct) seen_.init(types);
    rows_.resize(types::kVectorCapacity);
    groups_.resize(types::kVectorCapacity);
    fresh_.resize(types::kVectorCapacity);
  }

  Status run(std::span<const Frame> frames, ColumnBuffer* out) {
    Vector cell(call_.type, 64);
    Frame at;
    begin();
    bool computed = false;
    for (const Frame& f : frames) {
      const bool same = computed && f.start == at.start && f.end == at.end;
      if (!same) {
        if (f.start != at.start || f.end < at.end) {
          at = {f.start, f.start};
          begin();
        }
        feed(at.end, f.end);
        ORRERY_TRY(state_->status());
        at.end = f.end;
        cell.reset(call_.type, 64);
        state_->finish(0, 1, cell);
        computed = true;
      }
      out->append(cell, {nullptr, 1});
    }
    return {};
  }

 private:
  void begin() {
    state_->clear();
    state_->resize(1);
    if (call_.distinct) seen_.clear();
  }

  void feed(uint32_t from, uint32_t to) {
    while (from < to) {
      uint32_t n = 0;
      for (; from < to && n < types::kVectorCapacity; ++from) {
        rows_[n] = from;
        n += filter_.passes(from) ? 1 : 0;
      }
      types::Selection sel{rows_.data(), n};
      if (call_.distinct && !keys_.empty() && n != 0) {
        const uint32_t before = seen_.size();
        seen_.find_or_add(keys_, sel, groups_.data());
        sel = {fresh_.data(), GroupTable::new_rows(groups_.data(), before, sel, fresh_.data())};
      }
      if (sel.count != 0) state_->update(nullptr, args_.empty() ? nullptr : &args_[0], sel);
    }
  }

  const plan::AggregateCall& call_;
  const RowFilter filter_;
  std::unique_ptr<AggregateState> state_;
  std::vector<Vector> args_;
  std::vector<const Vector*> keys_;
  GroupTable seen_;
  std::vector<uint32_t> rows_, groups_, fresh_;
};

bool is_whole(std::span<const Frame> frames, const WindowRows& rows) {
  auto partitions = rows.partitions();
  for (size_t p = 0; p + 1 < partitions.size(); ++p) {
    for (uint32_t i = partitions[p]; i < partitions[p + 1]; ++i) {
      if (frames[i].start != partitions[p] || frames[i].end != partitions[p + 1]) return false;
    }
  }
  return true;
}

}  // namespace

Status compute_window_aggregate(const WindowCall& call, const FrameOffsets& offsets,
                                std::span<const ColumnBuffer> args, const ColumnBuffer* filter,
                                WindowRows& rows, ColumnBuffer* out) {
  ORRERY_TRY_ASSIGN(std::vector<Frame> frames, find_frames(call, offsets, rows));
  const plan::AggregateCall& aggregate = call.aggregate;
  const ColumnBuffer* arg = args.empty() ? nullptr : &args[0];
  const bool counts =
      aggregate.kind == AggregateKind::kCountStar || aggregate.kind == AggregateKind::kCount;
  const bool sums = aggregate.kind == AggregateKind::kSum || aggregate.kind == AggregateKind::kAvg;
  const TypeId type = arg == nullptr ? TypeId::kNull : arg->type();
  const bool single = !aggregate.distinct && args.size() <= 1 && !is_whole(frames, rows);
  if (single && (counts || (sums && (type == TypeId::kInteger || type == TypeId::kBoolean)))) {
    const ColumnBuffer* nulls =
        counts && aggregate.kind == AggregateKind::kCountStar ? nullptr : arg;
    ExactSlider(aggregate.kind, arg, RowFilter(filter, nulls)).run(frames, out);
  } else if (single && sums && type == TypeId::kFloat) {
    FloatSummer(aggregate.kind, *arg, RowFilter(filter, arg)).run(frames, out);
  } else if (single && arg != nullptr &&
             (aggregate.kind == AggregateKind::kMin || aggregate.kind == AggregateKind::kMax)) {
    ExtremeQueue(aggregate.kind, *arg, RowFilter(filter, arg)).run(frames, out);
  } else {
    return StateFeeder(aggregate, args, filter, rows.size()).run(frames, out);
  }
  return {};
}

}  // namespace orrery::exec
