// What INSERT, UPDATE and DELETE share: coercion to the table's columns, CHECKs, whole rows of a
// table, RETURNING. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "exec/column_buffer.h"
#include "exec/evaluator.h"
#include "exec/pipeline.h"
#include "exec/row_spool.h"
#include "exec/run_state.h"
#include "plan/plan.h"
#include "storage/table.h"

namespace orrery::exec {

/// Table columns as statements write them.
class TargetColumns {
 public:
  explicit TargetColumns(const storage::Table& table);
  /// `out` = the selected cells of `in`, dense, as values of `column`; long text made on the way is
  /// held by `out`.
  Status coerce(uint32_t column, const types::Vector& in, const types::Selection& sel,
                int64_t now_nanos, types::Vector* out) const;
  /// The same for one value; text made on the way is put in `arena`.
  Result<types::Datum> coerce(uint32_t column, const types::Datum& value, int64_t now_nanos,
                              Arena& arena) const;
  types::TypeId type(uint32_t column) const { return columns_[column].type; }
  const std::vector<types::TypeId>& types() const { return types_; }
  size_t size() const { return columns_.size(); }

 private:
  struct Column {
    types::TypeId type;
    uint32_t dimension;
    const std::string* name;
    bool any_form_fits;  ///< every value of the type may be stored as it is
  };
  std::vector<Column> columns_;
  std::vector<types::TypeId> types_;
};

class CheckList {
 public:
  CheckList(const std::vector<plan::CheckConstraint>& checks, Scope& scope);
  bool empty() const { return evaluators_.empty(); }
  void begin_run();
  /// An error where a condition is FALSE for any of the rows.
  Status test(const types::Chunk& rows);

 private:
  const std::vector<plan::CheckConstraint>& checks_;
  Scope& scope_;
  std::vector<Evaluator> evaluators_;
};

/// Rows of a table by id, as the statement sees them now; gone rows are skipped.
/// `out` gets every column of the table; `found` the positions of the ids that were there.
void read_rows(const storage::Table& table, const storage::ReadView& view,
               std::span<const storage::RowId> ids, types::Chunk* out,
               std::vector<uint32_t>* found);

/// Collects RETURNING rows while the statement writes, and gives them out afterwards.
class Returning {
 public:
  Returning(const plan::ReturningList& list, const plan::PlanNode& node, Scope& scope);
  bool wanted() const { return list_.size() != 0; }
  void begin_run();
  /// `rows`: dense chunk of table rows.
  Status add(const types::Chunk& rows);
  void next(types::Chunk** out);

 private:
  Scope& scope_;
  EvaluatorList list_;
  RowBuffer rows_;
  std::vector<const types::Vector*> columns_;
  std::vector<types::Vector> copies_;
  uint32_t next_ = 0;
  types::Chunk chunk_;
};

/// The rows of a DML statement's input, read to the end before the first is written.
class InputRows final : public Sink {
 public:
  InputRows(std::unique_ptr<Pipeline> input, const plan::PlanNode& child, Scope& scope);
  void begin_run();
  Status read_all();
  /// The next rows as a chunk; nullptr at the end.
  Result<types::Chunk*> next();

 private:
  Result<Flow> consume(types::Chunk& in) override;
  std::unique_ptr<Pipeline> input_;
  Scope& scope_;
  RowSpool rows_;
  std::optional<RowSpool::Reader> reader_;
  MemoryBudget::Held held_;
};

}  // namespace orrery::exec
