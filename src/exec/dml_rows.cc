#include "exec/dml_rows.h"

#include <algorithm>

#include "exec/operators.h"
#include "types/cast.h"

namespace orrery::exec {

using types::Chunk;
using types::Datum;
using types::Selection;
using types::TypeId;
using types::Vector;

TargetColumns::TargetColumns(const storage::Table& table) {
  for (const storage::ColumnDef& def : table.def().columns) {
    const TypeId type = def.sql_type();
    const uint32_t dimension =
        type == TypeId::kVector ? types::without_option(def.type).vector_dimension() : 0;
    const bool checked = type == TypeId::kVector || types::is_beyond_sql(type) ||
                         type == TypeId::kUuid || type == TypeId::kAny;
    columns_.push_back({type, dimension, &def.name, !checked});
    types_.push_back(type);
  }
}

Status TargetColumns::coerce(uint32_t column, const Vector& in, const Selection& sel,
                             int64_t now_nanos, Vector* out) const {
  const Column& c = columns_[column];
  if (in.type() == c.type && c.any_form_fits) {
    if (sel.rows == nullptr) {
      out->reference(in);
    } else {
      take(in, sel.rows, sel.count, out);
    }
    return {};
  }
  out->reset(c.type, capacity_for(sel.count));
  for (uint32_t i = 0; i < sel.count; ++i) {
    Datum value = in.datum(sel[i]);
    if (!value.is_null() && !(value.type() == c.type && c.any_form_fits)) {
      ORRERY_TRY_ASSIGN(value, types::coerce_for_column(value, c.type, c.dimension, *c.name,
                                                        now_nanos, out->strings()));
    }
    out->set_datum(i, value);
  }
  if (in.holds_arenas()) out->share_strings(in);
  return {};
}

Result<Datum> TargetColumns::coerce(uint32_t column, const Datum& value, int64_t now_nanos,
                                    Arena& arena) const {
  const Column& c = columns_[column];
  if (value.is_null() || (value.type() == c.type && c.any_form_fits)) return value;
  return types::coerce_for_column(value, c.type, c.dimension, *c.name, now_nanos, arena);
}

CheckList::CheckList(const std::vector<plan::CheckConstraint>& checks, Scope& scope)
    : checks_(checks), scope_(scope) {
  for (const auto& c : checks) evaluators_.emplace_back(*c.condition);
}

void CheckList::begin_run() {
  for (Evaluator& e : evaluators_) e.begin_run();
}

Status CheckList::test(const Chunk& rows) {
  for (size_t i = 0; i < evaluators_.size(); ++i) {
    const Vector* result = nullptr;
    ORRERY_TRY(evaluators_[i].evaluate(scope_.eval, rows, rows.rows(), &result));
    for (uint32_t r = 0; r < rows.row_count; ++r) {
      Datum d = result->datum(r);
      bool holds =
          d.is_null() || (d.type() == TypeId::kFloat                      ? d.as_double() != 0
                          : layout_of(d.type()) == types::Layout::kString ? false
                                                                          : d.as_int64() != 0);
      if (!holds) return Error(ErrorCode::kCheck, checks_[i].error);
    }
  }
  return {};
}

void read_rows(const storage::Table& table, const storage::ReadView& view,
               std::span<const storage::RowId> ids, Chunk* out, std::vector<uint32_t>* found) {
  std::vector<storage::RowRef> refs;
  refs.reserve(ids.size());
  found->clear();
  storage::ReadLatch latch(table);
  for (uint32_t i = 0; i < ids.size(); ++i) {
    storage::RowRef ref = storage::visible_row(table, ids[i], view);
    if (ref == nullptr) continue;
    refs.push_back(ref);
    found->push_back(i);
  }
  const auto n = static_cast<uint32_t>(refs.size());
  const auto& columns = table.def().columns;
  out->reset();
  out->columns.resize(columns.size());
  for (uint32_t c = 0; c < columns.size(); ++c) {
    out->columns[c].reset(columns[c].sql_type(), capacity_for(n));
    storage::gather(table, c, refs.data(), n, out->columns[c]);
  }
  out->row_count = n;
}

Returning::Returning(const plan::ReturningList& list, const plan::PlanNode& node, Scope& scope)
    : scope_(scope), list_(list.exprs) {
  if (wanted()) rows_.init(output_types(node));
}

void Returning::begin_run() {
  list_.begin_run();
  rows_.clear();
  next_ = 0;
}

Status Returning::add(const Chunk& rows) {
  if (!wanted() || rows.row_count == 0) return {};
  ORRERY_TRY(list_.evaluate(scope_.eval, rows, rows.rows()));
  columns_.clear();
  copies_.resize(list_.size());
  for (size_t i = 0; i < list_.size(); ++i) {
    // The rows outlive the transaction, so their bytes must not be the table's.
    copies_[i].reference(*list_.results()[i]);
    copies_[i].strings();
    columns_.push_back(&copies_[i]);
  }
  rows_.append(columns_, rows.rows());
  return {};
}

void Returning::next(Chunk** out) {
  uint32_t n = std::min(rows_.size() - next_, scope_.run.vector_size);
  *out = nullptr;
  if (n == 0) return;
  rows_.slice(next_, n, rows_.column_count(), &chunk_);
  next_ += n;
  *out = &chunk_;
}

InputRows::InputRows(std::unique_ptr<Pipeline> input, const plan::PlanNode& child, Scope& scope)
    : input_(std::move(input)), scope_(scope) {
  rows_.init(scope.run, output_types(child));
}

void InputRows::begin_run() {
  reader_.reset();
  rows_.clear();
  scope_.run.memory.hold(&held_, 0);
}

Result<Flow> InputRows::consume(Chunk& in) {
  ORRERY_TRY(rows_.append(in, in.rows()));
  scope_.run.memory.hold(&held_, rows_.bytes());
  if (!scope_.run.memory.exceeded() || rows_.spilled()) return Flow::kNeedInput;
  ORRERY_TRY_ASSIGN(bool spill, should_spill(scope_.run, held_.bytes, "the rows to be written"));
  if (spill) ORRERY_TRY(rows_.spill());
  scope_.run.memory.hold(&held_, rows_.bytes());
  return Flow::kNeedInput;
}

Status InputRows::read_all() {
  ORRERY_TRY(input_->open());
  ORRERY_TRY(input_->run(*this));
  ORRERY_TRY(rows_.finish());
  reader_.emplace(rows_);
  return {};
}

Result<Chunk*> InputRows::next() {
  Chunk* chunk = nullptr;
  ORRERY_TRY(reader_->next(scope_.run.vector_size, &chunk));
  return chunk;
}

}  // namespace orrery::exec
