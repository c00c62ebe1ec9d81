#include "subscribe/initial_rows.h"

#include <algorithm>
#include <utility>

#include "storage/row_layout.h"

namespace orrery::subscribe {
namespace {

constexpr uint32_t kBatch = 1024;

class BuilderSink final : public RowSink {
 public:
  explicit BuilderSink(protocol::RowListBuilder* builder) : builder_(builder) {}
  void row(std::string_view bytes) override { builder_->add(bytes); }

 private:
  protocol::RowListBuilder* builder_;
};

bool is_whole_table(const JoinPlan& plan) {
  if (plan.is_join() || plan.has_event) return false;
  const JoinStep& step = plan.orders[0].steps[0];
  return step.filter.always() && plan.relations[0].hidden_bytes == 0;
}

/// Every row of a table: straight from its pages into the list.
Status add_table(const storage::Table& table, const storage::ReadView& view,
                 const std::atomic<bool>* cancelled, protocol::RowListBuilder* builder) {
  const storage::RowLayout& layout = table.layout();
  uint32_t fixed = layout.fixed_bsatn_bytes();
  storage::TableCursor cursor(table, view);
  std::unique_ptr<storage::RowRef[]> rows(new storage::RowRef[kBatch]);
  std::string packed(size_t{fixed} * kBatch, '\0');
  if (fixed != 0) builder->reserve(table.approximate_row_count() * fixed);
  while (true) {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed)) {
      return Error(ErrorCode::kCancelled, "the subscription was given up");
    }
    storage::ReadLatch latch(table);
    uint32_t n = cursor.next(rows.get(), nullptr, kBatch);
    if (n == 0) return {};
    if (fixed != 0) {
      layout.write_fixed_rows(rows.get(), n, reinterpret_cast<uint8_t*>(packed.data()));
      builder->add_equal_rows(std::string_view(packed).substr(0, size_t{fixed} * n), fixed);
      continue;
    }
    for (uint32_t i = 0; i < n; ++i) {
      layout.append_bsatn(rows[i], builder->row_bytes());
      builder->end_row();
    }
  }
}

}  // namespace

const std::shared_ptr<const protocol::RowList>& no_rows() {
  // Given to every subscriber of every commit: never destroyed.
  static const auto* const rows =
      new std::shared_ptr<const protocol::RowList>(std::make_shared<const protocol::RowList>());
  return *rows;
}

void RowProduction::add(const QueryDraft& query,
                        std::vector<std::shared_ptr<const JoinPlan>> plans) {
  auto place = std::upper_bound(
      items_.begin(), items_.end(), query.table_name,
      [](const std::string& name, const Item& item) { return name < item.table_name; });
  items_.insert(place, {query.table_name, query.table, query.event, std::move(plans)});
}

Result<TableRows> RowProduction::produce_item(const Item& item,
                                              const std::atomic<bool>* cancelled) {
  protocol::RowListBuilder builder;
  BuilderSink sink(&builder);
  for (const std::shared_ptr<const JoinPlan>& plan : item.plans) {
    if (is_whole_table(*plan)) {
      ORRERY_TRY(add_table(*plan->relations[0].table, view_.view(), cancelled, &builder));
    } else {
      ORRERY_TRY(JoinRun(plan).all(view_.view(), cancelled, sink));
    }
  }
  ORRERY_TRY_ASSIGN(protocol::RowList list, builder.finish());
  TableRows out;
  out.table_name = item.table_name;
  out.table = item.table;
  out.event = item.event;
  out.inserts = out.deletes = no_rows();
  (as_ == RowsAs::kInserts ? out.inserts : out.deletes) =
      std::make_shared<const protocol::RowList>(std::move(list));
  return out;
}

Result<QuerySetRows> RowProduction::produce(const std::atomic<bool>* cancelled) {
  QuerySetRows out;
  out.subscriber = subscriber_;
  out.set = set_;
  for (const Item& item : items_) {
    ORRERY_TRY_ASSIGN(TableRows rows, produce_item(item, cancelled));
    out.tables.push_back(std::move(rows));
  }
  return out;
}

}  // namespace orrery::subscribe
