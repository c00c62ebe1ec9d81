// Subqueries: runs the subqueries of a statement's expressions.
//
// One without outer slots is run once per execution and its result kept (a value, or a set for IN
// and the quantified comparisons). A correlated one is run once per different outer row, with the
// results of the last so many rows remembered. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "exec/build.h"
#include "exec/column_buffer.h"
#include "exec/group_table.h"
#include "exec/run_state.h"
#include "expr/eval.h"

namespace orrery::exec {

/// The rows of a subquery as IN, ANY and ALL look at them.
class QuantifiedSet {
 public:
  /// `types`: of the columns compared.
  void init(std::span<const types::TypeId> types);
  void clear();
  void add(const types::Chunk& rows);
  /// Makes what test() needs.
  void finish();
  /// Results at the selected rows; `left` has a vector per column.
  void test(const expr::Expr& subquery, std::span<const types::Vector* const> left,
            const types::Selection& rows, types::Vector& out);

 private:
  enum class Truth : uint8_t { kFalse, kTrue, kUnknown };
  Truth contains(std::span<const types::Vector* const> left, uint32_t row, uint32_t found) const;
  Truth compare_any(expr::CompareOp op, const types::Datum& x, Truth in_set) const;
  Truth compare_all(expr::CompareOp op, const types::Datum& x, Truth in_set) const;
  bool may_equal(std::span<const types::Vector* const> left, uint32_t row, uint32_t member) const;

  GroupTable members_;
  std::vector<uint32_t> with_null_;  ///< members with a NULL in some column
  types::Datum smallest_, largest_;  ///< of a single column, without NULLs
  std::vector<const types::Vector*> keys_;
  std::vector<uint32_t> groups_;
};

class Subqueries final : public expr::SubqueryRunner {
 public:
  explicit Subqueries(RunState& run) : run_(run) {}
  Status run(const expr::Expr& subquery, std::span<const types::Vector* const> left,
             std::span<const types::Vector* const> outer, const types::Selection& rows,
             types::Vector& out) override;
  RunState& run_state() { return run_; }

 private:
  struct State {
    std::unique_ptr<Subtree> tree;
    bool one_row = false;     ///< never gives a second row
    uint64_t generation = 0;  ///< execution that the contents below belong to
    types::Value value;       ///< scalar, EXISTS
    QuantifiedSet set;
    GroupTable memo_keys;  ///< outer values, then left values
    std::vector<types::Value> memo;
    std::vector<const types::Vector*> keys;
    std::vector<uint32_t> groups;
  };
  Result<State*> state_of(const expr::Expr& subquery);
  Status run_once(const expr::Expr& subquery, State& state,
                  std::span<const types::Vector* const> left, const types::Selection& rows,
                  types::Vector& out);
  Status run_correlated(const expr::Expr& subquery, State& state,
                        std::span<const types::Vector* const> left,
                        std::span<const types::Vector* const> outer, const types::Selection& rows,
                        types::Vector& out);
  Result<types::Value> single_value(const expr::Expr& subquery, State& state);
  Status fill_set(State& state);

  RunState& run_;
  /// By expression; by plan where a scalar subquery depends on nothing outside, since equal ones
  /// share a plan and need be run once.
  std::unordered_map<const void*, std::unique_ptr<State>> states_;
};

}  // namespace orrery::exec
