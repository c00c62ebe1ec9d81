// RowProduction: the rows of plans as of a pinned moment. Made on the lane, run anywhere. Private
// to subscribe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/read_view.h"
#include "subscribe/live_plan.h"
#include "subscribe/subscriptions.h"

namespace orrery::subscribe {

enum class RowsAs : uint8_t { kInserts, kDeletes };

class RowProduction final : public InitialRows {
 public:
  RowProduction(storage::ReadViewHandle view, SubscriberId subscriber, QuerySetId set, RowsAs as)
      : view_(std::move(view)), subscriber_(subscriber), set_(set), as_(as) {}

  void add(const QueryDraft& query, std::vector<std::shared_ptr<const JoinPlan>> plans);
  Result<QuerySetRows> produce(const std::atomic<bool>* cancelled) override;

 private:
  struct Item {
    std::string table_name;
    storage::TableId table = 0;
    bool event = false;
    std::vector<std::shared_ptr<const JoinPlan>> plans;
  };
  Result<TableRows> produce_item(const Item& item, const std::atomic<bool>* cancelled);

  storage::ReadViewHandle view_;
  SubscriberId subscriber_;
  QuerySetId set_;
  RowsAs as_;
  std::vector<Item> items_;
};

/// No rows; shared by all that have none.
const std::shared_ptr<const protocol::RowList>& no_rows();

}  // namespace orrery::subscribe
