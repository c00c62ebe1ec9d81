#include <algorithm>
#include <string>
#include <utility>

#include "exec/evaluator.h"
#include "exec/operators.h"
#include "types/cast.h"

namespace orrery::exec {

namespace {
Error not_a_number(std::string_view clause, const types::Datum& value) {
  std::string text(clause);
  text += " must be an integer, got ";
  if (value.is_null()) {
    text += "Null(Null)";
  } else {
    text += types::type_display_name(value.type());
    text += "(\"";
    types::append_text(value, &text);
    text += "\")";
  }
  return Error(ErrorCode::kParse, text);
}
}  // namespace

Result<uint64_t> evaluate_row_limit(const expr::Expr* e, std::string_view clause, uint64_t absent,
                                    expr::EvalContext& context) {
  if (e == nullptr) return absent;
  types::Value owner;
  ORRERY_TRY_ASSIGN(types::Datum value, evaluate_value(*e, context, &owner));
  int64_t n = 0;
  if (value.type() == types::TypeId::kInteger) {
    n = value.as_int64();
  } else if (value.type() == types::TypeId::kFloat) {
    double d = value.as_double();
    if (d != d) return not_a_number(clause, value);
    n = d >= 9e18 ? INT64_MAX : (d <= -9e18 ? INT64_MIN : static_cast<int64_t>(d));
  } else {
    return not_a_number(clause, value);
  }
  if (n < 0) {
    return Error(ErrorCode::kParse,
                 std::string(clause) + " must be non-negative, got " + std::to_string(n));
  }
  return static_cast<uint64_t>(n);
}

namespace {

class Limit final : public Operator {
 public:
  Limit(const plan::LimitNode& node, Scope& scope)
      : Operator(node.id), node_(node), scope_(scope) {}

  Status open() override {
    ORRERY_TRY_ASSIGN(left_,
                      evaluate_row_limit(node_.limit.get(), "LIMIT", UINT64_MAX, scope_.eval));
    ORRERY_TRY_ASSIGN(skip_, evaluate_row_limit(node_.offset.get(), "OFFSET", 0, scope_.eval));
    return {};
  }

  Result<Flow> process(types::Chunk& in, types::Chunk** out) override {
    *out = nullptr;
    if (left_ == 0) return Flow::kFinished;
    uint32_t n = in.size();
    if (skip_ >= n) {
      skip_ -= n;
      return Flow::kNeedInput;
    }
    auto from = static_cast<uint32_t>(skip_);
    skip_ = 0;
    auto give = static_cast<uint32_t>(std::min<uint64_t>(n - from, left_));
    left_ -= give;
    narrow(in, from, give);
    *out = &in;
    return left_ == 0 ? Flow::kFinished : Flow::kNeedInput;
  }

  uint64_t take_offset() override { return std::exchange(skip_, 0); }
  uint64_t input_goal(uint64_t row_goal) override {
    uint64_t rows = left_ == UINT64_MAX ? UINT64_MAX : left_ + std::min(skip_, UINT64_MAX - left_);
    if (rows == UINT64_MAX) return row_goal;
    rows = std::max<uint64_t>(rows, 1);
    return row_goal == 0 ? rows : std::min(row_goal + skip_, rows);
  }

 private:
  static void narrow(types::Chunk& in, uint32_t from, uint32_t count) {
    if (in.has_selection) {
      uint32_t* rows = in.selection.get();
      if (from != 0) std::copy(rows + from, rows + from + count, rows);
      in.selected_count = count;
    } else if (from == 0) {
      in.row_count = count;
    } else {
      uint32_t* rows = in.mutable_selection();
      for (uint32_t i = 0; i < count; ++i) rows[i] = from + i;
      in.has_selection = true;
      in.selected_count = count;
    }
  }

  const plan::LimitNode& node_;
  Scope& scope_;
  uint64_t left_ = 0;
  uint64_t skip_ = 0;
};

}  // namespace

std::unique_ptr<Operator> make_limit(const plan::LimitNode& node, Scope& scope) {
  return std::make_unique<Limit>(node, scope);
}

}  // namespace orrery::exec
