#include "exec/dml_rows.h"
#include "exec/operators.h"
#include "storage/transaction.h"

namespace orrery::exec {
namespace {

using storage::RowId;
using types::Chunk;
using types::Datum;

class Update final : public Source {
 public:
  Update(const plan::UpdateNode& node, Scope& scope, std::unique_ptr<Pipeline> input)
      : Source(node.id),
        node_(node),
        scope_(scope),
        table_(*node.table),
        columns_(table_),
        input_(std::move(input), *node.children[0], scope),
        checks_(node.checks, scope),
        returning_(node.returning, node, scope) {}

  Status open(uint64_t) override {
    ran_ = false;
    input_.begin_run();
    checks_.begin_run();
    returning_.begin_run();
    return {};
  }

  Status next(Chunk** out) override {
    if (!ran_) ORRERY_TRY(run());
    returning_.next(out);
    return {};
  }

 private:
  Status run() {
    ran_ = true;
    ORRERY_TRY(input_.read_all());
    for (;;) {
      ORRERY_TRY(scope_.run.check_cancelled());
      ORRERY_TRY_ASSIGN(Chunk * in, input_.next());
      if (in == nullptr) return {};
      ORRERY_TRY(update_chunk(*in));
    }
  }

  Status update_chunk(Chunk& in) {
    coerced_.resize(node_.columns.size());
    for (size_t i = 0; i < node_.columns.size(); ++i) {
      ORRERY_TRY(columns_.coerce(node_.columns[i], in.columns[1 + i], in.rows(),
                                 scope_.eval.now_nanos, &coerced_[i]));
    }
    const auto* ids = in.columns[0].data<int64_t>();
    if (!checks_.empty()) ORRERY_TRY(check_rows(ids, in.row_count));
    values_.resize(node_.columns.size());
    for (uint32_t r = 0; r < in.row_count; ++r) {
      for (size_t i = 0; i < values_.size(); ++i) values_[i] = coerced_[i].datum(r);
      ORRERY_TRY(scope_.run.transaction->update(*node_.table, static_cast<RowId>(ids[r]),
                                                node_.columns, values_));
    }
    scope_.run.rows_affected += in.row_count;
    if (!returning_.wanted()) return {};
    read_table_rows(ids, in.row_count);
    return returning_.add(rows_);
  }

  void read_table_rows(const int64_t* ids, uint32_t n) {
    std::vector<RowId> row_ids(ids, ids + n);
    read_rows(table_, scope_.run.transaction->view(), row_ids, &rows_, &found_);
  }

  Status check_rows(const int64_t* ids, uint32_t n) {
    read_table_rows(ids, n);
    for (size_t i = 0; i < coerced_.size(); ++i) {
      take(coerced_[i], found_.data(), static_cast<uint32_t>(found_.size()),
           &rows_.columns[node_.columns[i]]);
    }
    return checks_.test(rows_);
  }

  const plan::UpdateNode& node_;
  Scope& scope_;
  const storage::Table& table_;
  TargetColumns columns_;
  InputRows input_;
  CheckList checks_;
  Returning returning_;
  bool ran_ = false;
  Chunk rows_;
  std::vector<uint32_t> found_;
  std::vector<types::Vector> coerced_;
  std::vector<Datum> values_;
};

}  // namespace

std::unique_ptr<Source> make_update(const plan::UpdateNode& node, Scope& scope,
                                    std::unique_ptr<Pipeline> input) {
  return std::make_unique<Update>(node, scope, std::move(input));
}

}  // namespace orrery::exec
