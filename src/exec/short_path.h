// ShortPath: statements that touch one row by a unique key, and INSERT of one row, without
// pipelines: no operators, no allocation but what the result needs.
//
// Recognised once per plan; belongs to one execution at a time. Not thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "base/arena.h"
#include "exec/dml_rows.h"
#include "exec/evaluator.h"
#include "exec/run_state.h"
#include "plan/plan.h"
#include "storage/table.h"

namespace orrery::exec {

class ShortPath {
 public:
  /// nullptr where the statement is not of the kind.
  static std::unique_ptr<ShortPath> make(const plan::PlannedStatement& statement, RunState& run);

  /// All of a write, and the row of a read.
  Status run();
  /// The row of a read; nullptr where there is none.
  types::Chunk* row() { return found_ && kind_ == Kind::kSelect ? &row_ : nullptr; }

 private:
  enum class Kind : uint8_t { kSelect, kInsert, kUpdate, kDelete };
  /// One value that a statement writes.
  struct Input {
    const expr::Expr* expr = nullptr;
    std::unique_ptr<Evaluator> over_row;  ///< where it reads the row's columns
    uint16_t column = 0;
  };
  ShortPath(Kind kind, RunState& run) : kind_(kind), scope_(run) {}
  bool recognise_select(const plan::PlanNode& root);
  bool recognise_insert(const plan::InsertNode& node);
  bool recognise_update(const plan::UpdateNode& node);
  bool recognise_delete(const plan::DeleteNode& node);
  bool recognise_scan(const plan::PlanNode& node);
  Result<bool> read_key();
  void find_row();
  Status insert();
  Status update();

  const Kind kind_;
  Scope scope_;
  // Finding the row.
  const plan::ScanNode* scan_ = nullptr;
  const storage::Index* index_ = nullptr;
  std::vector<types::Datum> key_;
  std::vector<types::Value> owners_;
  bool wants_columns_ = true;
  std::vector<uint32_t> columns_;     ///< of the table, in the order of row_
  std::vector<types::TypeId> types_;  ///< theirs
  bool found_ = false;
  storage::RowId id_ = 0;
  types::Chunk row_;
  // Writing.
  std::shared_ptr<storage::Table> table_;
  std::unique_ptr<TargetColumns> targets_;
  int32_t auto_increment_ = -1;
  std::vector<Input> inputs_;
  std::vector<uint16_t> written_;
  std::vector<types::Datum> values_;
  Arena arena_;
};

}  // namespace orrery::exec
