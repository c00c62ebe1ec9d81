// Window functions against a reference that looks at every row for every row.
#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "exec/plan_for_test.h"
#include "types/compare.h"

namespace orrery::exec::test {
namespace {

using expr::AggregateKind;
using expr::WindowKind;
using plan::FrameBound;
using plan::FrameUnit;

// Columns: partition, key, integer, float, arrival number.
const std::vector<TypeId> kTypes{TypeId::kInteger, TypeId::kInteger, TypeId::kInteger,
                                 TypeId::kFloat, TypeId::kInteger};

struct Shape {
  FrameUnit unit = FrameUnit::kRange;
  FrameBound start = FrameBound::kUnboundedPreceding;
  FrameBound end = FrameBound::kCurrentRow;
  int64_t start_offset = 0, end_offset = 0;
  bool descending = false, nulls_first = false, partitioned = true, ordered = true;
};

int compare(const Datum& a, const Datum& b, bool descending, bool nulls_first) {
  if (a.is_null() || b.is_null()) {
    if (a.is_null() && b.is_null()) return 0;
    return a.is_null() == nulls_first ? -1 : 1;
  }
  int c = types::total_order(a, b);
  return descending ? -c : c;
}

class Reference {
 public:
  Reference(Rows rows, const Shape& shape) : rows_(std::move(rows)), shape_(shape) {
    std::sort(rows_.begin(), rows_.end(), [&](const Row& a, const Row& b) {
      int c = shape.partitioned ? compare(a[0].datum(), b[0].datum(), false, false) : 0;
      if (c == 0) c = key_order(a, b);
      if (c == 0) c = compare(a[4].datum(), b[4].datum(), false, false);
      return c < 0;
    });
  }
  const Rows& rows() const { return rows_; }

  int key_order(const Row& a, const Row& b) const {
    return shape_.ordered
               ? compare(a[1].datum(), b[1].datum(), shape_.descending, shape_.nulls_first)
               : 0;
  }
  bool same_partition(size_t a, size_t b) const {
    return !shape_.partitioned || compare(rows_[a][0].datum(), rows_[b][0].datum(), 0, 0) == 0;
  }
  std::vector<size_t> partition(size_t i) const {
    std::vector<size_t> out;
    for (size_t k = 0; k < rows_.size(); ++k) {
      if (same_partition(i, k)) out.push_back(k);
    }
    return out;
  }

  bool in_frame(size_t i, size_t k) const {
    return bound(i, k, shape_.start, shape_.start_offset, true) &&
           bound(i, k, shape_.end, shape_.end_offset, false);
  }
  std::vector<size_t> frame(size_t i) const {
    std::vector<size_t> out;
    for (size_t k : partition(i)) {
      if (in_frame(i, k)) out.push_back(k);
    }
    return out;
  }

 private:
  /// Row k is at or after the start (at or before the end) of row i's frame.
  bool bound(size_t i, size_t k, FrameBound b, int64_t offset, bool start) const {
    if (b == FrameBound::kUnboundedPreceding || b == FrameBound::kUnboundedFollowing) return true;
    const int64_t sign = b == FrameBound::kPreceding ? -1 : b == FrameBound::kFollowing ? 1 : 0;
    if (shape_.unit == FrameUnit::kRows) {
      int64_t at = static_cast<int64_t>(i) + sign * offset;
      return start ? static_cast<int64_t>(k) >= at : static_cast<int64_t>(k) <= at;
    }
    if (b == FrameBound::kCurrentRow) {
      int c = key_order(rows_[k], rows_[i]);
      return start ? c >= 0 : c <= 0;
    }
    const Value &x = rows_[i][1], &y = rows_[k][1];
    if (x.is_null() || y.is_null()) {
      if (x.is_null() && y.is_null()) return true;
      if (x.is_null())
        return start ? key_order(rows_[k], rows_[i]) >= 0 : key_order(rows_[k], rows_[i]) <= 0;
      return start ? !shape_.nulls_first : shape_.nulls_first;
    }
    int64_t step = shape_.descending ? -sign * offset : sign * offset;
    int64_t limit = x.datum().as_int64() + step, key = y.datum().as_int64();
    if (shape_.descending) return start ? key <= limit : key >= limit;
    return start ? key >= limit : key <= limit;
  }

  Rows rows_;
  Shape shape_;
};

struct Wanted {
  WindowKind kind;
  AggregateKind aggregate = AggregateKind::kCountStar;
  uint32_t column = 2;
  bool filter = false, distinct = false;
};

Value expected(const Reference& ref, const Wanted& w, size_t i) {
  const Rows& rows = ref.rows();
  auto partition = ref.partition(i);
  const size_t place = i - partition[0];
  auto less = [&](size_t k) { return ref.key_order(rows[k], rows[i]) < 0; };
  auto not_more = [&](size_t k) { return ref.key_order(rows[k], rows[i]) <= 0; };
  const auto before = std::count_if(partition.begin(), partition.end(), less);
  const auto up_to = std::count_if(partition.begin(), partition.end(), not_more);
  const double n = static_cast<double>(partition.size());
  auto frame = ref.frame(i);
  switch (w.kind) {
    case WindowKind::kRowNumber:
      return Value::integer(static_cast<int64_t>(place) + 1);
    case WindowKind::kRank:
      return Value::integer(before + 1);
    case WindowKind::kDenseRank: {
      int64_t dense = 1;
      for (size_t k = partition[0]; k < i; ++k) {
        if (ref.key_order(rows[k], rows[k + 1]) != 0) ++dense;
      }
      return Value::integer(dense);
    }
    case WindowKind::kPercentRank:
      return Value::floating(n == 1 ? 0.0 : static_cast<double>(before) / (n - 1));
    case WindowKind::kCumeDist:
      return Value::floating(static_cast<double>(up_to) / n);
    case WindowKind::kNtile: {
      const size_t k = 3, small = partition.size() / k, large = partition.size() % k;
      size_t at = 0, bucket = 0;
      for (;; ++bucket) {
        at += small + (bucket < large ? 1 : 0);
        if (place < at) break;
      }
      return Value::integer(static_cast<int64_t>(bucket) + 1);
    }
    case WindowKind::kLead:
      return place + 2 < partition.size() ? rows[i + 2][w.column] : Value::integer(-99);
    case WindowKind::kLag:
      return place >= 2 ? rows[i - 2][w.column] : Value::integer(-99);
    case WindowKind::kFirstValue:
      return frame.empty() ? Value() : rows[frame[0]][w.column];
    case WindowKind::kLastValue:
      return frame.empty() ? Value() : rows[frame.back()][w.column];
    case WindowKind::kNthValue:
      return frame.size() < 2 ? Value() : rows[frame[1]][w.column];
    case WindowKind::kAggregate:
      break;
  }
  std::vector<Datum> cells;
  int64_t all = 0;
  std::set<std::string> seen;
  for (size_t k : frame) {
    if (w.filter && (rows[k][4].datum().as_int64() % 3) != 0) continue;
    ++all;
    const Datum& d = rows[k][w.column].datum();
    if (d.is_null() || (w.distinct && !seen.insert(text_of(d)).second)) continue;
    cells.push_back(d);
  }
  auto number = [](const Datum& d) {
    return d.type() == TypeId::kFloat ? d.as_double() : static_cast<double>(d.as_int64());
  };
  auto order = [](const Datum& a, const Datum& b) { return types::total_order(a, b) < 0; };
  double sum = 0;
  for (const Datum& d : cells) sum += number(d);
  switch (w.aggregate) {
    case AggregateKind::kCountStar:
      return Value::integer(all);
    case AggregateKind::kCount:
      return Value::integer(static_cast<int64_t>(cells.size()));
    case AggregateKind::kSum:
      if (cells.empty()) return Value();
      return w.column == 3 ? Value::floating(sum) : Value::integer(static_cast<int64_t>(sum));
    case AggregateKind::kAvg:
      return cells.empty() ? Value() : Value::floating(sum / static_cast<double>(cells.size()));
    case AggregateKind::kMin:
      return cells.empty() ? Value() : Value(*std::min_element(cells.begin(), cells.end(), order));
    case AggregateKind::kMax:
      return cells.empty() ? Value() : Value(*std::max_element(cells.begin(), cells.end(), order));
    case AggregateKind::kMedian: {
      if (cells.empty()) return Value();
      std::sort(cells.begin(), cells.end(), order);
      double m = number(cells[cells.size() / 2]);
      if (cells.size() % 2 == 0) m = (m + number(cells[cells.size() / 2 - 1])) / 2;
      return Value::floating(m);
    }
    default:
      return Value();
  }
}

std::vector<Wanted> wanted_calls() {
  std::vector<Wanted> out;
  for (WindowKind k :
       {WindowKind::kRowNumber, WindowKind::kRank, WindowKind::kDenseRank, WindowKind::kPercentRank,
        WindowKind::kCumeDist, WindowKind::kNtile, WindowKind::kLead, WindowKind::kLag,
        WindowKind::kFirstValue, WindowKind::kLastValue, WindowKind::kNthValue}) {
    out.push_back({k});
  }
  for (AggregateKind a :
       {AggregateKind::kCountStar, AggregateKind::kCount, AggregateKind::kSum, AggregateKind::kAvg,
        AggregateKind::kMin, AggregateKind::kMax, AggregateKind::kMedian}) {
    for (uint32_t column : {2u, 3u}) {
      out.push_back({WindowKind::kAggregate, a, column, false, false});
      out.push_back({WindowKind::kAggregate, a, column, true, false});
      if (a != AggregateKind::kCountStar) {
        out.push_back({WindowKind::kAggregate, a, column, false, true});
      }
    }
  }
  return out;
}

plan::WindowCall make_call(const Wanted& w, const Shape& shape) {
  plan::WindowCall call;
  call.kind = w.kind;
  call.type = TypeId::kInteger;
  call.unit = shape.unit;
  call.start = shape.start;
  call.end = shape.end;
  if (shape.start == FrameBound::kPreceding || shape.start == FrameBound::kFollowing) {
    call.start_offset = lit(shape.start_offset);
  }
  if (shape.end == FrameBound::kPreceding || shape.end == FrameBound::kFollowing) {
    call.end_offset = lit(shape.end_offset);
  }
  switch (w.kind) {
    case WindowKind::kPercentRank:
    case WindowKind::kCumeDist:
      call.type = TypeId::kFloat;
      break;
    case WindowKind::kNtile:
      call.args.push_back(lit(3));
      break;
    case WindowKind::kLead:
    case WindowKind::kLag:
      call.args.push_back(col(w.column));
      call.args.push_back(lit(2));
      call.args.push_back(lit(-99));
      break;
    case WindowKind::kNthValue:
      call.args.push_back(col(w.column));
      call.args.push_back(lit(2));
      break;
    case WindowKind::kFirstValue:
    case WindowKind::kLastValue:
      call.args.push_back(col(w.column));
      break;
    case WindowKind::kAggregate:
      call.aggregate.kind = w.aggregate;
      call.aggregate.distinct = w.distinct;
      call.aggregate.type = TypeId::kInteger;
      if (w.aggregate == AggregateKind::kAvg || w.aggregate == AggregateKind::kMedian ||
          (w.column == 3 && w.aggregate != AggregateKind::kCount &&
           w.aggregate != AggregateKind::kCountStar)) {
        call.aggregate.type = TypeId::kFloat;
      }
      if (w.aggregate != AggregateKind::kCountStar) {
        call.aggregate.args.push_back(col(w.column, kTypes[w.column]));
      }
      if (w.filter) call.aggregate.filter = col(5, TypeId::kBoolean);
      call.type = call.aggregate.type;
      break;
    default:
      break;
  }
  return call;
}

/// The rows with a sixth column: whether the arrival number is a multiple of three.
plan::PlanNodePtr input(const Rows& rows) {
  std::vector<TypeId> types = kTypes;
  types.push_back(TypeId::kBoolean);
  Rows wide = rows;
  for (Row& r : wide) r.push_back(Value::boolean(r[4].datum().as_int64() % 3 == 0));
  return values(types, wide);
}

void expect_same(const Rows& got, const Reference& ref, const std::vector<Wanted>& calls,
                 const std::string& what) {
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(text_of(got[i][4].datum()), text_of(ref.rows()[i][4].datum()))
        << what << " row " << i;
    for (size_t c = 0; c < calls.size(); ++c) {
      Value want = expected(ref, calls[c], i);
      const Datum &a = got[i][6 + c].datum(), &b = want.datum();
      if (!a.is_null() && !b.is_null() && a.type() == TypeId::kFloat) {
        ASSERT_NEAR(a.as_double(), b.as_double(), 1e-9) << what << " call " << c << " row " << i;
      } else {
        ASSERT_EQ(text_of(a), text_of(b)) << what << " call " << c << " row " << i;
      }
    }
  }
}

void check(const Rows& rows, const Shape& shape, uint32_t vector_size, bool sorted_input,
           int64_t limit) {
  auto calls = wanted_calls();
  Reference ref(rows, shape);
  auto node = std::make_unique<plan::WindowNode>();
  node->output = input({})->output;
  if (shape.partitioned) node->partition_by.push_back(col(0));
  if (shape.ordered) node->order_by.push_back({col(1), shape.descending, shape.nulls_first});
  // Without a limit all at once; with one a single call, so that its lookahead counts.
  if (limit >= 0) calls = {calls[static_cast<size_t>(limit) % calls.size()]};
  for (const Wanted& w : calls) {
    node->calls.push_back(make_call(w, shape));
    node->output.push_back({"w", node->calls.back().type, true});
  }
  node->input_sorted = sorted_input;
  if (sorted_input) {
    auto sort = over<plan::SortNode>(input(rows));
    if (shape.partitioned) sort->keys.push_back({col(0), false, false});
    if (shape.ordered) sort->keys.push_back({col(1), shape.descending, shape.nulls_first});
    node->children.push_back(std::move(sort));
  } else {
    node->children.push_back(input(rows));
  }
  plan::PlanNodePtr root = std::move(node);
  if (limit >= 0) {
    auto limited = over<plan::LimitNode>(std::move(root));
    limited->limit = lit(limit);
    root = std::move(limited);
  }
  RunOptions options;
  options.vector_size = vector_size;
  auto got = run(statement(std::move(root)), options);
  std::string what =
      "unit " + std::to_string(int(shape.unit)) + " frame " + std::to_string(int(shape.start)) +
      ":" + std::to_string(shape.start_offset) + ".." + std::to_string(int(shape.end)) + ":" +
      std::to_string(shape.end_offset) + " desc " + std::to_string(shape.descending) + " limit " +
      std::to_string(limit) + " sorted " + std::to_string(sorted_input);
  ASSERT_TRUE(got) << what << got.error().message();
  const size_t want = limit < 0 ? rows.size() : std::min(rows.size(), static_cast<size_t>(limit));
  ASSERT_EQ(got->size(), want) << what;
  expect_same(*got, ref, calls, what);
}

Rows make_rows(Dice& dice, size_t n) {
  Rows rows = random_rows(dice, kTypes, n);
  for (size_t i = 0; i < n; ++i) {
    if (!rows[i][0].is_null()) rows[i][0] = Value::integer(dice.below(4));
    rows[i][4] = Value::integer(static_cast<int64_t>(i));
  }
  return rows;
}

bool is_valid(const Shape& s) {
  return s.start <= s.end && s.start != FrameBound::kUnboundedFollowing &&
         s.end != FrameBound::kUnboundedPreceding;
}

TEST(Window, AgreesWithReference) {
  Dice dice(3);
  Rows rows = make_rows(dice, 90);
  for (int unit = 0; unit < 2; ++unit) {
    for (int start = 0; start < 5; ++start) {
      for (int end = 0; end < 5; ++end) {
        Shape shape;
        shape.unit = static_cast<FrameUnit>(unit);
        shape.start = static_cast<FrameBound>(start);
        shape.end = static_cast<FrameBound>(end);
        if (!is_valid(shape)) continue;
        for (int variant = 0; variant < 4; ++variant) {
          shape.start_offset = dice.below(5);
          shape.end_offset = dice.below(5);
          shape.descending = (variant & 1) != 0;
          shape.nulls_first = (variant & 2) != 0;
          shape.partitioned = variant != 3;
          check(rows, shape, variant == 0 ? 2048 : 2, variant == 1, -1);
        }
      }
    }
  }
}

TEST(Window, WideFrames) {
  Dice dice(14);
  Rows rows = make_rows(dice, 300);
  Shape shape;
  shape.unit = FrameUnit::kRows;
  shape.start = FrameBound::kPreceding;
  shape.end = FrameBound::kFollowing;
  shape.start_offset = 40;
  shape.end_offset = 25;
  shape.partitioned = false;
  check(rows, shape, 2048, false, -1);
  shape.end = FrameBound::kPreceding;  // ends before it starts: empty
  shape.end_offset = 60;
  check(rows, shape, 2048, false, -1);
}

TEST(Window, WholePartitionWithoutOrder) {
  Dice dice(4);
  Rows rows = make_rows(dice, 70);
  Shape shape;
  shape.ordered = false;
  check(rows, shape, 2048, false, -1);
  shape.partitioned = false;
  check(rows, shape, 2, false, -1);
  check({}, shape, 2048, false, -1);
}

TEST(Window, FewRowsWantedAgreesWithAll) {
  Dice dice(8);
  Rows rows = make_rows(dice, 120);
  for (int64_t limit = 0; limit < 52; ++limit) {
    for (int variant = 0; variant < 3; ++variant) {
      Shape shape;
      if (variant == 1) {
        shape.unit = FrameUnit::kRows;
        shape.start = FrameBound::kPreceding;
        shape.end = FrameBound::kFollowing;
        shape.start_offset = 2;
        shape.end_offset = 3;
      }
      if (variant == 2) shape.end = FrameBound::kUnboundedFollowing;
      shape.partitioned = limit % 2 == 0;
      check(rows, shape, 2, false, limit);
      check(rows, shape, 7, true, limit);
    }
  }
}

TEST(Window, RefusesInvertedFrames) {
  for (auto [start, end] : {std::pair{FrameBound::kUnboundedFollowing, FrameBound::kCurrentRow},
                            std::pair{FrameBound::kFollowing, FrameBound::kPreceding},
                            std::pair{FrameBound::kCurrentRow, FrameBound::kPreceding}}) {
    Shape shape;
    shape.unit = FrameUnit::kRows;
    shape.start = start;
    shape.end = end;
    auto node = over<plan::WindowNode>(input({}));
    node->calls.push_back(make_call({WindowKind::kAggregate}, shape));
    node->output.push_back({"w", TypeId::kInteger, true});
    auto got = run(statement(std::move(node)));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace orrery::exec::test
