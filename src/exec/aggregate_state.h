// AggregateState: the running values of one aggregate function for every group, as columns.
// AggregateSet: all aggregates of a node, with DISTINCT, FILTER and ORDER BY.
//
// Groups are numbered from 0; groups == nullptr means that all rows belong to group 0.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "exec/column_buffer.h"
#include "exec/evaluator.h"
#include "exec/group_table.h"
#include "exec/run_state.h"
#include "plan/plan.h"

namespace orrery::exec {

class AggregateState {
 public:
  virtual ~AggregateState() = default;
  /// Forgets all groups.
  virtual void clear() = 0;
  /// Makes room for groups up to `count`; new ones are empty.
  virtual void resize(uint32_t count) = 0;
  /// groups[i] is that of the i-th selected row. `arg` is nullptr for COUNT(*).
  virtual void update(const uint32_t* groups, const types::Vector* arg,
                      const types::Selection& sel) = 0;
  /// Results of groups [first, first + n) to out cells [0, n).
  virtual void finish(uint32_t first, uint32_t n, types::Vector& out) = 0;
  virtual uint64_t bytes() const = 0;
  /// An error where a result cannot be given; to be asked after update().
  virtual Status status() const { return {}; }
};

/// `argument`: static type of the first argument.
std::unique_ptr<AggregateState> make_aggregate_state(const plan::AggregateCall& call,
                                                     types::TypeId argument);
// By family, for make_aggregate_state.
std::unique_ptr<AggregateState> make_count_state();
std::unique_ptr<AggregateState> make_sum_state(expr::AggregateKind kind, types::TypeId argument);
std::unique_ptr<AggregateState> make_variance_state(expr::AggregateKind kind,
                                                    types::TypeId argument);
std::unique_ptr<AggregateState> make_extreme_state(expr::AggregateKind kind,
                                                   types::TypeId argument);
std::unique_ptr<AggregateState> make_position_state(expr::AggregateKind kind);
std::unique_ptr<AggregateState> make_median_state(types::TypeId argument);
std::unique_ptr<AggregateState> make_text_state(const plan::AggregateCall& call);
/// Always NULL: a number was wanted from a type that has none.
std::unique_ptr<AggregateState> make_null_state();

/// Writes a result cell, turning INTEGER into FLOAT and the other way round where the cell's type
/// asks for it.
void store_result(types::Vector& out, uint32_t at, const types::Datum& value);

class AggregateSet {
 public:
  AggregateSet(const std::vector<plan::AggregateCall>& calls, Scope& scope);
  size_t size() const { return calls_.size(); }
  void begin_run();
  /// Forgets all groups.
  void clear();
  void resize(uint32_t groups);
  /// groups[i] is that of the i-th selected row; nullptr = 0 for all.
  Status update(const types::Chunk& in, const types::Selection& rows, const uint32_t* groups);
  /// After the last update of the groups that are to be read.
  Status finish_input();
  void result(size_t call, uint32_t first, uint32_t n, types::Vector& out);
  uint64_t bytes() const;

 private:
  struct Call {
    const plan::AggregateCall* plan = nullptr;
    EvaluatorList args;
    std::optional<Evaluator> filter;
    EvaluatorList order_keys;
    std::unique_ptr<AggregateState> state;
    GroupTable seen;      ///< DISTINCT: (group, arguments)
    RowBuffer collected;  ///< ORDER BY: group, keys, argument
  };
  Status update_call(Call& call, const types::Chunk& in, types::Selection rows,
                     const uint32_t* groups);
  Status collect(Call& call, const types::Chunk& in, const types::Selection& rows,
                 const uint32_t* groups);
  void keep_distinct(Call& call, types::Selection* rows, const uint32_t** groups);
  const types::Vector& group_vector(const types::Selection& rows, const uint32_t* groups);

  Scope& scope_;
  std::vector<Call> calls_;
  // Scratch of one update.
  std::vector<uint32_t> rows_a_, rows_b_, groups_a_, groups_b_, found_;
  types::Vector group_column_;
};

}  // namespace orrery::exec
