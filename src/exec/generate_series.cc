#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <string>

#include "exec/column_buffer.h"
#include "exec/evaluator.h"
#include "exec/operators.h"
#include "types/cast.h"

namespace orrery::exec {
namespace {

using types::Datum;
using types::TypeId;

constexpr uint64_t kRowsMax = 10'000'000;  // more are cut off, by the dialect's rule
constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

/// Length of a unit named in any number ("day", "days"); 0 = no such unit. Months have 30 days
/// here, years 365.
int64_t unit_nanos(std::string_view unit) {
  struct Unit {
    std::string_view name;
    int64_t nanos;
  };
  static constexpr Unit kUnits[] = {
      {"ns", 1},
      {"nanosecond", 1},
      {"us", 1000},
      {"microsecond", 1000},
      {"ms", 1'000'000},
      {"millisecond", 1'000'000},
      {"s", kSecond},
      {"sec", kSecond},
      {"second", kSecond},
      {"m", 60 * kSecond},
      {"min", 60 * kSecond},
      {"minute", 60 * kSecond},
      {"h", 3600 * kSecond},
      {"hour", 3600 * kSecond},
      {"d", kDay},
      {"day", kDay},
      {"week", 7 * kDay},
      {"month", 30 * kDay},
      {"quarter", 90 * kDay},
      {"year", 365 * kDay},
  };
  for (const Unit& u : kUnits) {
    if (unit == u.name) return u.nanos;
  }
  if (unit.size() > 1 && unit.back() == 's') return unit_nanos(unit.substr(0, unit.size() - 1));
  return 0;
}

/// "1 day", "-2 hours 30 minutes".
bool parse_interval(std::string_view text, int64_t* nanos) {
  double total = 0;
  size_t i = 0;
  bool any = false;
  auto skip_blanks = [&] {
    while (i < text.size() && std::isspace(static_cast<unsigned char>(text[i]))) ++i;
  };
  for (skip_blanks(); i < text.size(); skip_blanks()) {
    size_t begin = i;
    while (i < text.size() && (std::isdigit(static_cast<unsigned char>(text[i])) ||
                               text[i] == '-' || text[i] == '+' || text[i] == '.')) {
      ++i;
    }
    double n = 0;
    if (i == begin || !types::parse_double(text.substr(begin, i - begin), &n)) return false;
    skip_blanks();
    std::string unit;
    while (i < text.size() && std::isalpha(static_cast<unsigned char>(text[i]))) {
      unit += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i++])));
    }
    int64_t length = unit_nanos(unit);
    if (length == 0) return false;
    total += n * static_cast<double>(length);
    any = true;
  }
  if (!any || !(std::fabs(total) < 9e18)) return false;
  *nanos = static_cast<int64_t>(total);
  return true;
}

class GenerateSeries final : public Source {
 public:
  GenerateSeries(const plan::GenerateSeriesNode& node, Scope& scope)
      : Source(node.id), node_(node), scope_(scope), type_(node.output[0].type) {}

  Status open(uint64_t row_goal) override {
    uint32_t size = scope_.run.vector_size;
    batch_ =
        row_goal == 0
            ? size
            : static_cast<uint32_t>(std::min<uint64_t>(std::max<uint64_t>(row_goal, 16), size));
    row_ = 0;
    return set_range();
  }

  Status next(types::Chunk** out) override {
    auto n = static_cast<uint32_t>(std::min<uint64_t>(batch_, count_ - row_));
    *out = nullptr;
    if (n == 0) return {};
    chunk_.reset();
    chunk_.columns.resize(1);
    types::Vector& v = chunk_.columns[0];
    v.reset(type_, capacity_for(n));
    if (type_ == TypeId::kAny) {
      for (uint32_t i = 0; i < n; ++i) v.set_datum(i, value(row_ + i));
    } else if (kind_ == TypeId::kFloat) {
      for (uint32_t i = 0; i < n; ++i) v.data<double>()[i] = float_at(row_ + i);
    } else {
      for (uint32_t i = 0; i < n; ++i) v.data<int64_t>()[i] = int_at(row_ + i);
    }
    chunk_.row_count = n;
    row_ += n;
    batch_ = std::min(batch_ * 2, scope_.run.vector_size);
    *out = &chunk_;
    return {};
  }

 private:
  int64_t int_at(uint64_t i) const {
    return static_cast<int64_t>(static_cast<uint64_t>(start_) + static_cast<uint64_t>(step_) * i);
  }
  double float_at(uint64_t i) const { return float_start_ + static_cast<double>(i) * float_step_; }
  Datum value(uint64_t i) const {
    if (kind_ == TypeId::kFloat) return Datum::floating(float_at(i));
    return kind_ == TypeId::kTimestamp ? Datum::timestamp(int_at(i)) : Datum::integer(int_at(i));
  }

  Status set_range() {
    Datum args[3];
    types::Value owners[3];
    size_t n = std::min<size_t>(node_.arguments.size(), 3);
    bool has_float = false, has_text = false, has_timestamp = false;
    for (size_t i = 0; i < n; ++i) {
      ORRERY_TRY_ASSIGN(args[i], evaluate_value(*node_.arguments[i], scope_.eval, &owners[i]));
      if (args[i].is_null()) {
        return Error(ErrorCode::kInvalidArgument, "GENERATE_SERIES arguments must not be NULL");
      }
      has_float |= args[i].type() == TypeId::kFloat;
      if (i < 2) has_text |= layout_of(args[i].type()) == types::Layout::kString;
      has_timestamp |= args[i].type() == TypeId::kTimestamp;
    }
    if (has_timestamp || has_text || type_ == TypeId::kTimestamp) return set_timestamps(args, n);
    for (size_t i = 0; i < n; ++i) {
      if (args[i].type() != TypeId::kInteger && args[i].type() != TypeId::kFloat) {
        return Error(ErrorCode::kInvalidArgument,
                     "GENERATE_SERIES arguments must be numbers or timestamps");
      }
    }
    if (has_float || type_ == TypeId::kFloat) return set_floats(args, n);
    kind_ = TypeId::kInteger;
    start_ = args[0].as_int64();
    int64_t stop = args[1].as_int64();
    step_ = n == 3 ? args[2].as_int64() : (stop >= start_ ? 1 : -1);
    return count_steps(stop);
  }

  Status zero_step() {
    return Error(ErrorCode::kInvalidArgument, "GENERATE_SERIES step must not be zero");
  }

  Status count_steps(int64_t stop) {
    if (step_ == 0) return zero_step();
    count_ = 0;
    if (step_ > 0 ? start_ > stop : start_ < stop) return {};
    uint64_t distance = step_ > 0 ? static_cast<uint64_t>(stop) - static_cast<uint64_t>(start_)
                                  : static_cast<uint64_t>(start_) - static_cast<uint64_t>(stop);
    uint64_t stride = step_ > 0 ? static_cast<uint64_t>(step_) : 0 - static_cast<uint64_t>(step_);
    count_ = std::min(distance / stride, kRowsMax - 1) + 1;
    return {};
  }

  Status set_floats(const Datum* args, size_t n) {
    kind_ = TypeId::kFloat;
    double values[3] = {0, 0, 0};
    for (size_t i = 0; i < n; ++i) {
      values[i] = args[i].type() == TypeId::kFloat ? args[i].as_double()
                                                   : static_cast<double>(args[i].as_int64());
    }
    float_start_ = values[0];
    float_step_ = n == 3 ? values[2] : (values[1] >= values[0] ? 1.0 : -1.0);
    if (float_step_ == 0) return zero_step();
    double steps = (values[1] - values[0]) / float_step_;
    count_ = 0;
    if (!(steps >= 0)) return {};  // the wrong direction, or NaN
    // A stop that is missed by rounding alone still belongs to the series.
    double whole = std::floor(steps + 1e-9 * std::max(1.0, steps));
    count_ = whole >= static_cast<double>(kRowsMax) ? kRowsMax : static_cast<uint64_t>(whole) + 1;
    count_ = std::min(count_, kRowsMax);
    return {};
  }

  Status set_timestamps(const Datum* args, size_t n) {
    kind_ = TypeId::kTimestamp;
    int64_t ends[2];
    for (size_t i = 0; i < 2; ++i) {
      if (layout_of(args[i].type()) == types::Layout::kString) {
        if (!types::parse_timestamp(args[i].view(), scope_.eval.now_nanos, &ends[i])) {
          return Error(ErrorCode::kInvalidArgument, "GENERATE_SERIES cannot read the timestamp '" +
                                                        std::string(args[i].view()) + "'");
        }
      } else if (args[i].type() == TypeId::kTimestamp) {
        ends[i] = args[i].as_int64();
      } else {
        return Error(ErrorCode::kInvalidArgument, "GENERATE_SERIES arguments must be of one kind");
      }
    }
    start_ = ends[0];
    step_ = ends[1] >= ends[0] ? kDay : -kDay;
    if (n == 3) {
      if (layout_of(args[2].type()) != types::Layout::kString ||
          !parse_interval(args[2].view(), &step_)) {
        return Error(ErrorCode::kInvalidArgument,
                     "GENERATE_SERIES over timestamps needs a step like '1 day'");
      }
    }
    return count_steps(ends[1]);
  }

  const plan::GenerateSeriesNode& node_;
  Scope& scope_;
  const TypeId type_;
  TypeId kind_ = TypeId::kInteger;
  int64_t start_ = 0, step_ = 1;
  double float_start_ = 0, float_step_ = 1;
  uint64_t count_ = 0;
  uint64_t row_ = 0;
  uint32_t batch_ = 0;
  types::Chunk chunk_;
};

}  // namespace

std::unique_ptr<Source> make_generate_series(const plan::GenerateSeriesNode& node, Scope& scope) {
  return std::make_unique<GenerateSeries>(node, scope);
}

}  // namespace orrery::exec
