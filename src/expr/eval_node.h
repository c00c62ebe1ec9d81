// The evaluator's inside: one Node per expression, and the walk over them for one chunk.
#pragma once

#include <memory>
#include <vector>

#include "expr/eval.h"
#include "expr/function.h"
#include "types/vector.h"

namespace orrery::expr {

/// One expression with the memory of its results. Nodes of a state lie in one array.
struct Node {
  const Expr* expr = nullptr;
  Node* children = nullptr;  ///< args (chains of || flattened), then outer_args
  uint32_t child_count = 0;
  uint32_t arg_count = 0;
  bool fixed = false;  ///< depends on constants only: evaluated once per state
  bool cheap =
      false;  ///< a truth value that costs less to compute than to leave out, and cannot fail
  bool ready = false;  ///< fixed, and `vec` holds the result
  types::Vector vec;
  std::unique_ptr<types::Vector> converted;  ///< `vec` as BOOLEAN, or in the static type
  std::unique_ptr<KernelState> state;
};

/// Buffers for selections, kept from call to call.
class RowBuffers {
 public:
  std::unique_ptr<uint32_t[]> take() {
    if (free_.empty()) return std::unique_ptr<uint32_t[]>(new uint32_t[capacity_]);
    auto buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  void give(std::unique_ptr<uint32_t[]> buffer) { free_.push_back(std::move(buffer)); }
  /// No buffer may be out.
  void require(uint32_t rows) {
    if (rows <= capacity_) return;
    free_.clear();
    capacity_ = rows;
  }

 private:
  uint32_t capacity_ = types::kVectorCapacity;
  std::vector<std::unique_ptr<uint32_t[]>> free_;
};

/// A selection's memory for the time of a scope; small ones need no buffer.
class ScopedRows {
 public:
  ScopedRows(RowBuffers& buffers, uint32_t rows) : buffers_(buffers) {
    if (rows > kInline) buffer_ = buffers.take();
    data_ = buffer_ ? buffer_.get() : inline_;
  }
  ~ScopedRows() {
    if (buffer_) buffers_.give(std::move(buffer_));
  }
  ScopedRows(const ScopedRows&) = delete;
  ScopedRows& operator=(const ScopedRows&) = delete;
  uint32_t* data() { return data_; }

 private:
  static constexpr uint32_t kInline = 64;
  RowBuffers& buffers_;
  std::unique_ptr<uint32_t[]> buffer_;
  uint32_t* data_;
  uint32_t inline_[kInline];
};

/// Evaluates nodes over one chunk.
class Evaluator {
 public:
  Evaluator(EvalContext& context, const types::Chunk& input, RowBuffers& buffers)
      : context_(context), input_(input), buffers_(buffers) {
    capacity_ = input.row_count < 64 ? 64 : input.row_count;
  }

  /// *out: the node's cells, in the static type. Valid until the node is evaluated again.
  Status evaluate(Node& node, const types::Selection& rows, const types::Vector** out);
  /// The same, written to `out` (or `out` referring to cells elsewhere).
  Status evaluate_into(Node& node, const types::Selection& rows, types::Vector& out);
  /// The rows where the node is TRUE, ascending; out_rows may be rows.rows.
  Status select(Node& node, const types::Selection& rows, uint32_t* out_rows, uint32_t* count);

 private:
  /// The node's truth as BOOLEAN: numbers are TRUE where not 0, other kinds FALSE.
  Status truth(Node& node, const types::Selection& rows, const types::Vector** out);
  const types::Vector* in_static_type(Node& node, const types::Vector& v,
                                      const types::Selection& rows);
  void load_value(Node& node, const types::Datum& value);

  Status call_function(Node& node, const types::Selection& rows, types::Vector& out);
  Status compare(Node& node, const types::Selection& rows, types::Vector& out);
  Status compare_rows(Node& node, const types::Selection& rows, types::Vector& out);
  Status cheap_connective(Node& node, const types::Selection& rows, types::Vector& out, bool* done);
  Status connective(Node& node, const types::Selection& rows, types::Vector& out);
  Status negation(Node& node, const types::Selection& rows, types::Vector& out);
  Status null_test(Node& node, const types::Selection& rows, types::Vector& out);
  Status boolean_test(Node& node, const types::Selection& rows, types::Vector& out);
  Status distinct_test(Node& node, const types::Selection& rows, types::Vector& out);
  Status case_of(Node& node, const types::Selection& rows, types::Vector& out);
  Status case_of_constants(Node& node, const types::Selection& rows, types::Vector& out,
                           bool* done);
  Status coalesce(Node& node, const types::Selection& rows, types::Vector& out);
  Status in_list(Node& node, const types::Selection& rows, types::Vector& out);
  Status in_list_of_rows(Node& node, const types::Selection& rows, types::Vector& out);
  Status subquery(Node& node, const types::Selection& rows, types::Vector& out);
  Status evaluate_members(Node& row, const types::Selection& rows,
                          std::vector<const types::Vector*>* out);

  Status select_and(Node& node, const types::Selection& rows, uint32_t* out_rows, uint32_t* count);
  Status select_or(Node& node, const types::Selection& rows, uint32_t* out_rows, uint32_t* count);
  Status select_compare(Node& node, const types::Selection& rows, uint32_t* out_rows,
                        uint32_t* count);
  Status select_null_test(Node& node, const types::Selection& rows, uint32_t* out_rows,
                          uint32_t* count);

  EvalContext& context_;
  const types::Chunk& input_;
  RowBuffers& buffers_;
  uint32_t capacity_;
};

// What the evaluator's parts share.

/// CAST of a whole vector; `out` becomes flat (constant where `in` is), or refers to `in`.
void cast_vector(const types::Vector& in, types::TypeId to, const types::Selection& rows,
                 uint32_t capacity, int64_t now_nanos, types::Vector& out);
/// Copies cells to the same rows of `out`, converting to its type; `out` keeps their strings alive.
void copy_rows(const types::Vector& from, const types::Selection& rows, int64_t now_nanos,
               types::Vector& out);
/// out[row] = a op b at every row; NULL where either is.
void compare_vectors(CompareOp op, const types::Vector& a, const types::Vector& b,
                     const types::Selection& rows, uint32_t capacity, types::Vector& out);
uint32_t select_compared(CompareOp op, const types::Vector& a, const types::Vector& b,
                         const types::Selection& rows, uint32_t* out_rows);
/// Rows of `rows` where the BOOLEAN vector is TRUE.
uint32_t select_true(const types::Vector& v, const types::Selection& rows, uint32_t* out_rows);
/// The one row that stands for all where every operand is constant.
inline types::Selection first_row() {
  return {nullptr, 1};
}
/// How filter_rows() goes: four rows at once where a test is a few instructions, one by one where
/// it mostly ends at a branch that is foreseen.
enum class Stride : uint8_t { kFour, kOne };

/// Writes the rows that `keep(row)` picks, ascending; `out` may be rows.rows.
template <Stride kStride = Stride::kFour, class Keep>
inline uint32_t filter_rows(const types::Selection& rows, uint32_t* out, Keep keep) {
  const uint32_t* const from = rows.rows;
  const uint32_t count = rows.count;
  uint32_t n = 0;
  // Four rows are tested before the first is written: from row to row only the sum is handed on.
  auto four = [&n, out, &keep](uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    const uint32_t ka = keep(a) ? 1 : 0, kb = keep(b) ? 1 : 0;
    const uint32_t kc = keep(c) ? 1 : 0, kd = keep(d) ? 1 : 0;
    const uint32_t nb = n + ka, nc = nb + kb, nd = nc + kc;
    out[n] = a;
    out[nb] = b;
    out[nc] = c;
    out[nd] = d;
    n = nd + kd;
  };
  auto one = [&n, out, &keep](uint32_t row) {
    out[n] = row;
    n += keep(row) ? 1 : 0;
  };
  uint32_t i = 0;
  if (from == nullptr) {
    for (; kStride == Stride::kFour && i + 4 <= count; i += 4) four(i, i + 1, i + 2, i + 3);
    for (; i < count; ++i) one(i);
  } else {
    for (; kStride == Stride::kFour && i + 4 <= count; i += 4) {
      four(from[i], from[i + 1], from[i + 2], from[i + 3]);
    }
    for (; i < count; ++i) one(from[i]);
  }
  return n;
}

}  // namespace orrery::expr
