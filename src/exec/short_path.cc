#include "exec/short_path.h"

#include "exec/scan_ranges.h"
#include "storage/transaction.h"

namespace orrery::exec {

using plan::NodeKind;
using plan::PlanNode;
using types::Datum;
using types::TypeId;

namespace {
/// Rows are read into vectors of the smallest size.
constexpr uint32_t kCapacity = 1;

bool is_value(const expr::Expr& e) {
  return expr::is_row_independent(e) && is_plain(e);
}
}  // namespace

std::unique_ptr<ShortPath> ShortPath::make(const plan::PlannedStatement& statement, RunState& run) {
  if (!statement.ctes.empty()) return nullptr;
  const PlanNode& root = *statement.root;
  std::unique_ptr<ShortPath> path;
  bool fits = false;
  switch (root.kind) {
    case NodeKind::kScan:
    case NodeKind::kProject:
      path.reset(new ShortPath(Kind::kSelect, run));
      fits = !statement.writes && path->recognise_select(root);
      break;
    case NodeKind::kInsert:
      path.reset(new ShortPath(Kind::kInsert, run));
      fits = path->recognise_insert(static_cast<const plan::InsertNode&>(root));
      break;
    case NodeKind::kUpdate:
      path.reset(new ShortPath(Kind::kUpdate, run));
      fits = path->recognise_update(static_cast<const plan::UpdateNode&>(root));
      break;
    case NodeKind::kDelete:
      path.reset(new ShortPath(Kind::kDelete, run));
      fits = path->recognise_delete(static_cast<const plan::DeleteNode&>(root));
      break;
    default:
      break;
  }
  return fits ? std::move(path) : nullptr;
}

/// A scan for at most one row: all columns of a unique index equal to values.
bool ShortPath::recognise_scan(const PlanNode& node) {
  if (node.kind != NodeKind::kScan) return false;
  const auto& scan = static_cast<const plan::ScanNode&>(node);
  if (scan.filter != nullptr || scan.paths.size() != 1 || scan.paths[0].ranges.size() != 1) {
    return false;
  }
  const plan::IndexRange& range = scan.paths[0].ranges[0];
  index_ = find_index(*scan.table, scan.paths[0].index);
  if (index_ == nullptr || !index_->def().unique ||
      index_->def().columns.size() != range.equal.size() ||
      range.lower_kind != storage::BoundKind::kUnbounded ||
      range.upper_kind != storage::BoundKind::kUnbounded) {
    return false;
  }
  for (const auto& e : range.equal) {
    if (!is_value(*e)) return false;
  }
  scan_ = &scan;
  key_.resize(range.equal.size());
  owners_.resize(range.equal.size());
  for (uint32_t c : scan.columns) {
    columns_.push_back(c);
    types_.push_back(scan.table->def().columns[c].sql_type());
  }
  return true;
}

bool ShortPath::recognise_select(const PlanNode& root) {
  if (root.kind == NodeKind::kScan) {
    return recognise_scan(root) && !scan_->emit_row_id;
  }
  if (!recognise_scan(*root.children[0])) return false;
  std::vector<uint32_t> columns;
  std::vector<TypeId> types;
  for (const auto& e : static_cast<const plan::ProjectNode&>(root).exprs) {
    if (e->kind != expr::ExprKind::kColumn || e->index >= columns_.size()) return false;
    columns.push_back(columns_[e->index]);
    types.push_back(types_[e->index]);
  }
  columns_ = std::move(columns);
  types_ = std::move(types);
  return true;
}

bool ShortPath::recognise_insert(const plan::InsertNode& node) {
  const PlanNode& child = *node.children[0];
  if (child.kind != NodeKind::kValues || !node.checks.empty() || !node.returning.exprs.empty() ||
      node.on_conflict != plan::ConflictAction::kError) {
    return false;
  }
  const auto& rows = static_cast<const plan::ValuesNode&>(child).rows;
  if (rows.size() != 1 || rows[0].size() != node.table->def().columns.size()) return false;
  for (const auto& e : rows[0]) {
    if (!is_value(*e)) return false;
    Input& input = inputs_.emplace_back();
    input.expr = e.get();
    input.column = static_cast<uint16_t>(inputs_.size() - 1);
  }
  table_ = node.table;
  targets_ = std::make_unique<TargetColumns>(*table_);
  auto_increment_ = node.auto_increment;
  owners_.resize(inputs_.size());
  values_.resize(inputs_.size());
  return true;
}

bool ShortPath::recognise_update(const plan::UpdateNode& node) {
  const PlanNode& child = *node.children[0];
  if (child.kind != NodeKind::kProject || !node.checks.empty() || !node.returning.exprs.empty()) {
    return false;
  }
  if (!recognise_scan(*child.children[0]) || !scan_->emit_row_id) return false;
  const auto& exprs = static_cast<const plan::ProjectNode&>(child).exprs;
  const auto row_id = static_cast<uint32_t>(columns_.size());
  if (exprs.empty() || exprs[0]->kind != expr::ExprKind::kColumn || exprs[0]->index != row_id ||
      exprs.size() != node.columns.size() + 1) {
    return false;
  }
  wants_columns_ = false;
  for (size_t i = 1; i < exprs.size(); ++i) {
    Input& input = inputs_.emplace_back();
    input.expr = exprs[i].get();
    input.column = node.columns[i - 1];
    if (is_value(*exprs[i])) continue;
    std::vector<uint32_t> read;
    expr::collect_columns(*exprs[i], &read);
    if (!is_plain(*exprs[i]) || (!read.empty() && read.back() >= row_id)) return false;
    input.over_row = std::make_unique<Evaluator>(*exprs[i]);
    wants_columns_ = true;
  }
  table_ = node.table;
  targets_ = std::make_unique<TargetColumns>(*table_);
  written_ = node.columns;
  owners_.resize(key_.size() + inputs_.size());
  values_.resize(inputs_.size());
  return true;
}

bool ShortPath::recognise_delete(const plan::DeleteNode& node) {
  const PlanNode* child = node.children[0].get();
  if (!node.returning.exprs.empty()) return false;
  const plan::ProjectNode* project = nullptr;
  if (child->kind == NodeKind::kProject) {
    project = static_cast<const plan::ProjectNode*>(child);
    child = child->children[0].get();
  }
  if (!recognise_scan(*child) || !scan_->emit_row_id) return false;
  const auto row_id = static_cast<uint32_t>(columns_.size());
  if (project != nullptr) {
    const auto& e = *project->exprs[0];
    if (e.kind != expr::ExprKind::kColumn || e.index != row_id) return false;
  } else if (row_id != 0) {
    return false;  // the id is the first column of the input
  }
  wants_columns_ = false;
  table_ = node.table;
  return true;
}

/// False where a part of the key is NULL.
Result<bool> ShortPath::read_key() {
  const auto& equal = scan_->paths[0].ranges[0].equal;
  for (size_t i = 0; i < key_.size(); ++i) {
    ORRERY_TRY_ASSIGN(key_[i], evaluate_value(*equal[i], scope_.eval, &owners_[i]));
    if (key_[i].is_null()) return false;
  }
  return true;
}

void ShortPath::find_row() {
  storage::RowRef ref = nullptr;
  const storage::Table& table = *scan_->table;
  storage::ReadLatch latch(table);
  found_ = storage::find_unique(table, *index_, key_, scope_.run.view, &ref, &id_);
  if (!found_ || !wants_columns_) return;
  row_.columns.resize(columns_.size());
  for (size_t c = 0; c < columns_.size(); ++c) {
    row_.columns[c].reset(types_[c], kCapacity);
    storage::gather(table, columns_[c], &ref, 1, row_.columns[c]);
  }
  row_.row_count = 1;
}

Status ShortPath::run() {
  scope_.begin();
  found_ = false;
  if (kind_ == Kind::kInsert) return insert();
  ORRERY_TRY(scope_.run.check_cancelled());
  ORRERY_TRY_ASSIGN(bool has_key, read_key());
  if (!has_key) return {};
  find_row();
  if (!found_ || kind_ == Kind::kSelect) return {};
  if (kind_ == Kind::kUpdate) {
    ORRERY_TRY(update());
  } else {
    ORRERY_TRY(scope_.run.transaction->erase(*table_, id_));
  }
  scope_.run.rows_affected = 1;
  return {};
}

Status ShortPath::insert() {
  arena_.reset();
  for (size_t i = 0; i < inputs_.size(); ++i) {
    ORRERY_TRY_ASSIGN(Datum value, evaluate_value(*inputs_[i].expr, scope_.eval, &owners_[i]));
    ORRERY_TRY_ASSIGN(values_[i],
                      targets_->coerce(inputs_[i].column, value, scope_.eval.now_nanos, arena_));
  }
  storage::Transaction& transaction = *scope_.run.transaction;
  if (auto_increment_ >= 0 && values_[static_cast<size_t>(auto_increment_)].is_null()) {
    ORRERY_TRY_ASSIGN(int64_t key, transaction.next_auto_increment(*table_));
    values_[static_cast<size_t>(auto_increment_)] = Datum::integer(key);
  }
  ORRERY_TRY_ASSIGN(id_, transaction.insert(*table_, values_));
  scope_.run.rows_affected = transaction.insert_met_equal() ? 0 : 1;
  return {};
}

Status ShortPath::update() {
  arena_.reset();
  for (size_t i = 0; i < inputs_.size(); ++i) {
    Datum value;
    if (inputs_[i].over_row == nullptr) {
      ORRERY_TRY_ASSIGN(value,
                        evaluate_value(*inputs_[i].expr, scope_.eval, &owners_[key_.size() + i]));
    } else {
      const types::Vector* result = nullptr;
      inputs_[i].over_row->begin_run();
      ORRERY_TRY(inputs_[i].over_row->evaluate(scope_.eval, row_, {nullptr, 1}, &result));
      value = result->datum(0);
    }
    ORRERY_TRY_ASSIGN(values_[i],
                      targets_->coerce(inputs_[i].column, value, scope_.eval.now_nanos, arena_));
  }
  return scope_.run.transaction->update(*table_, id_, written_, values_);
}

}  // namespace orrery::exec
