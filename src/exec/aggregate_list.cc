// MEDIAN, STRING_AGG and ARRAY_AGG: aggregates that keep what they saw.
#include <algorithm>
#include <string>
#include <vector>

#include "exec/aggregate_cells.h"
#include "exec/aggregate_state.h"
#include "types/cast.h"
#include "types/compare.h"
#include "types/json.h"

namespace orrery::exec {
namespace {

using expr::AggregateKind;
using types::Datum;
using types::Layout;
using types::Selection;
using types::TypeId;
using types::Vector;

class MedianState final : public AggregateState {
 public:
  void clear() override { clear_vector(&groups_); }
  void resize(uint32_t count) override { groups_.resize(count); }
  void update(const uint32_t* groups, const Vector* arg, const Selection& sel) override {
    auto add = [&](uint32_t i, double v) {
      groups_[groups == nullptr ? 0 : groups[i]].push_back(v);
    };
    if (arg->type() == TypeId::kInteger) {
      each_cell<int64_t>(*arg, sel, [&](uint32_t i, int64_t v) { add(i, static_cast<double>(v)); });
    } else if (arg->type() == TypeId::kFloat) {
      each_cell<double>(*arg, sel, add);
    } else if (arg->type() == TypeId::kAny) {
      each_cell<Datum>(*arg, sel, [&](uint32_t i, const Datum& d) {
        if (d.type() == TypeId::kFloat) add(i, d.as_double());
        if (d.type() == TypeId::kInteger) add(i, static_cast<double>(d.as_int64()));
      });
    }
  }
  void finish(uint32_t first, uint32_t n, Vector& out) override {
    auto less = [](double a, double b) { return types::compare_doubles(a, b) < 0; };
    for (uint32_t i = 0; i < n; ++i) {
      std::vector<double>& v = groups_[first + i];
      if (v.empty()) {
        out.set_null(i);
        continue;
      }
      auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
      std::nth_element(v.begin(), middle, v.end(), less);
      double median = *middle;
      if (v.size() % 2 == 0) median = (median + *std::max_element(v.begin(), middle, less)) / 2;
      store_result(out, i, Datum::floating(median));
    }
  }
  uint64_t bytes() const override {
    uint64_t n = groups_.capacity() * sizeof(std::vector<double>);
    for (const auto& g : groups_) n += g.capacity() * 8;
    return n;
  }

 private:
  std::vector<std::vector<double>> groups_;
};

void append_plain(const Datum& d, std::string* out) {
  size_t from = out->size();
  types::append_text(d, out);
  if (d.type() != TypeId::kTimestamp) return;
  // These two print timestamps in a form of their own: "2015-03-01 09:00:00 UTC".
  if (size_t t = out->find('T', from); t != std::string::npos) (*out)[t] = ' ';
  if (out->size() >= from + 6 && out->ends_with("+00:00")) {
    out->replace(out->size() - 6, 6, " UTC");
  }
}

/// Cells count their bytes in 32 bits, and nobody reads a longer text.
constexpr size_t kListedTextBytesMax = size_t{1} << 30;

class TextState final : public AggregateState {
 public:
  explicit TextState(const plan::AggregateCall& call)
      : array_(call.kind == AggregateKind::kArrayAgg), separator_(array_ ? "," : call.separator) {}
  void clear() override {
    clear_vector(&groups_);
    bytes_ = 0;
    too_long_ = false;
  }
  void resize(uint32_t count) override { groups_.resize(count); }
  void update(const uint32_t* groups, const Vector* arg, const Selection& sel) override {
    for (uint32_t i = 0; i < sel.count; ++i) {
      Datum d = arg->datum(sel[i]);
      if (d.is_null()) continue;
      Group& g = groups_[groups == nullptr ? 0 : groups[i]];
      size_t before = g.text.size();
      too_long_ = too_long_ || before > kListedTextBytesMax;
      if (too_long_) return;
      if (g.any) g.text += separator_;
      g.any = true;
      bool quoted =
          array_ && (d.type() == TypeId::kTimestamp ||
                     (layout_of(d.type()) == Layout::kString && d.type() != TypeId::kJson));
      if (quoted) {
        scratch_.clear();
        append_plain(d, &scratch_);
        types::append_json_string(scratch_, &g.text);
      } else {
        append_plain(d, &g.text);
      }
      bytes_ += g.text.size() - before;
    }
  }
  void finish(uint32_t first, uint32_t n, Vector& out) override {
    for (uint32_t i = 0; i < n; ++i) {
      const Group& g = groups_[first + i];
      if (!g.any) {
        out.set_null(i);
        continue;
      }
      types::StringRef s;
      if (array_) {
        scratch_ = "[";
        scratch_ += g.text;
        scratch_ += ']';
        s = out.add_string(scratch_);
      } else {
        s = out.add_string(g.text);
      }
      store_result(out, i, Datum::string(TypeId::kText, s));
    }
  }
  uint64_t bytes() const override { return bytes_ + groups_.capacity() * sizeof(Group); }
  Status status() const override {
    if (!too_long_) return {};
    return Error(ErrorCode::kLimit, std::string(array_ ? "ARRAY_AGG" : "STRING_AGG") +
                                        " makes a text longer than 1 GiB");
  }

 private:
  struct Group {
    std::string text;
    bool any = false;
  };
  const bool array_;
  const std::string separator_;
  std::vector<Group> groups_;
  std::string scratch_;
  uint64_t bytes_ = 0;
  bool too_long_ = false;
};

}  // namespace

std::unique_ptr<AggregateState> make_median_state(TypeId argument) {
  if (argument != TypeId::kInteger && argument != TypeId::kFloat && argument != TypeId::kAny) {
    return make_null_state();
  }
  return std::make_unique<MedianState>();
}

std::unique_ptr<AggregateState> make_text_state(const plan::AggregateCall& call) {
  return std::make_unique<TextState>(call);
}

}  // namespace orrery::exec
