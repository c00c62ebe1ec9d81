// Ranking functions and those that pick a value of another row.
#include <algorithm>

#include "exec/window_rows.h"

namespace orrery::exec {

using expr::WindowKind;
using plan::WindowCall;
using types::Datum;
using types::TypeId;

void append_result(ColumnBuffer* out, const Datum& value) {
  if (!value.is_null() && out->type() != TypeId::kAny && value.type() != out->type()) {
    if (out->type() == TypeId::kFloat && value.type() == TypeId::kInteger) {
      out->append(Datum::floating(static_cast<double>(value.as_int64())));
      return;
    }
    if (out->type() == TypeId::kInteger && value.type() == TypeId::kFloat) {
      double d = value.as_double();
      out->append(Datum::integer(d >= 9.2e18    ? INT64_MAX
                                 : d <= -9.2e18 ? INT64_MIN
                                                : static_cast<int64_t>(d)));
      return;
    }
    if (out->type() == TypeId::kNull) {
      out->append_nulls(1);
      return;
    }
  }
  out->append(value);
}

namespace {

/// fn(first, end) for each partition.
template <class Fn>
Status each_partition(const WindowRows& rows, Fn&& fn) {
  auto partitions = rows.partitions();
  for (size_t p = 0; p + 1 < partitions.size(); ++p)
    ORRERY_TRY(fn(partitions[p], partitions[p + 1]));
  return {};
}

Status rank(WindowKind kind, WindowRows& rows, ColumnBuffer* out) {
  auto starts = rows.peer_starts();
  auto ends = rows.peer_ends();
  return each_partition(rows, [&](uint32_t first, uint32_t end) -> Status {
    const uint32_t n = end - first;
    int64_t dense = 0;
    for (uint32_t i = first; i < end; ++i) {
      if (starts[i] == i) ++dense;
      const int64_t place = starts[i] - first + 1;
      switch (kind) {
        case WindowKind::kRank:
          append_result(out, Datum::integer(place));
          break;
        case WindowKind::kDenseRank:
          append_result(out, Datum::integer(dense));
          break;
        case WindowKind::kPercentRank:
          append_result(out,
                        Datum::floating(n == 1 ? 0.0 : static_cast<double>(place - 1) / (n - 1)));
          break;
        default:
          append_result(out, Datum::floating(static_cast<double>(ends[i] - first) / n));
          break;
      }
    }
    return {};
  });
}

Status ntile(const ColumnBuffer& buckets, WindowRows& rows, ColumnBuffer* out) {
  return each_partition(rows, [&](uint32_t first, uint32_t end) -> Status {
    const int64_t n = end - first;
    Datum count = buckets.datum(first);
    if (count.is_null() || count.type() != TypeId::kInteger) {
      out->append_nulls(end - first);
      return {};
    }
    const int64_t k = count.as_int64();
    if (k <= 0) return Error(ErrorCode::kInvalidArgument, "NTILE needs a positive number");
    // The first n % k buckets have one row more.
    const int64_t small = n / k, large = n % k;
    for (int64_t i = 0; i < n; ++i) {
      int64_t bucket =
          i < large * (small + 1) ? i / (small + 1) : large + (i - large * (small + 1)) / small;
      append_result(out, Datum::integer(bucket + 1));
    }
    return {};
  });
}

/// LEAD and LAG.
Status shifted(bool forward, std::span<const ColumnBuffer> args, WindowRows& rows,
               ColumnBuffer* out) {
  return each_partition(rows, [&](uint32_t first, uint32_t end) -> Status {
    for (uint32_t i = first; i < end; ++i) {
      int64_t distance = 1;
      if (args.size() > 1) {
        Datum d = args[1].datum(i);
        if (d.type() != TypeId::kInteger) {
          out->append_nulls(1);
          continue;
        }
        distance = std::clamp<int64_t>(d.as_int64(), INT32_MIN, INT32_MAX);
      }
      const int64_t at = forward ? int64_t{i} + distance : int64_t{i} - distance;
      if (at >= first && at < end) {
        append_result(out, args[0].datum(static_cast<uint32_t>(at)));
      } else {
        append_result(out, args.size() > 2 ? args[2].datum(i) : Datum::null());
      }
    }
    return {};
  });
}

Status picked(const WindowCall& call, const FrameOffsets& offsets,
              std::span<const ColumnBuffer> args, WindowRows& rows, ColumnBuffer* out) {
  ORRERY_TRY_ASSIGN(std::vector<Frame> frames, find_frames(call, offsets, rows));
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const Frame& f = frames[i];
    uint64_t at = UINT64_MAX;
    if (call.kind == WindowKind::kFirstValue) {
      at = f.start;
    } else if (call.kind == WindowKind::kLastValue) {
      if (f.end > f.start) at = f.end - 1;
    } else {
      Datum n = args[1].datum(i);
      if (n.type() == TypeId::kInteger && n.as_int64() > 0) {
        at = f.start + static_cast<uint64_t>(n.as_int64()) - 1;
      }
    }
    if (at >= f.end) {
      out->append_nulls(1);
    } else {
      append_result(out, args[0].datum(static_cast<uint32_t>(at)));
    }
  }
  return {};
}

}  // namespace

Status compute_window_function(const WindowCall& call, const FrameOffsets& offsets,
                               std::span<const ColumnBuffer> args, WindowRows& rows,
                               ColumnBuffer* out) {
  switch (call.kind) {
    case WindowKind::kRowNumber:
      return each_partition(rows, [&](uint32_t first, uint32_t end) -> Status {
        for (uint32_t i = first; i < end; ++i) append_result(out, Datum::integer(i - first + 1));
        return {};
      });
    case WindowKind::kRank:
    case WindowKind::kDenseRank:
    case WindowKind::kPercentRank:
    case WindowKind::kCumeDist:
      return rank(call.kind, rows, out);
    case WindowKind::kNtile:
      return ntile(args[0], rows, out);
    case WindowKind::kLead:
      return shifted(true, args, rows, out);
    case WindowKind::kLag:
      return shifted(false, args, rows, out);
    case WindowKind::kFirstValue:
    case WindowKind::kLastValue:
    case WindowKind::kNthValue:
      return picked(call, offsets, args, rows, out);
    case WindowKind::kAggregate:
      break;
  }
  return Error(ErrorCode::kInternal, "not a window function");
}

}  // namespace orrery::exec
