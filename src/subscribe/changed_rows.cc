#include "subscribe/live_plan.h"

namespace orrery::subscribe {

void ChangedRows::clear() {
  rows_.clear();
  arena_.reset();
  any_insert_ = any_delete_ = false;
}

void ChangedRows::net() {
  if (!any_insert_ || !any_delete_) return;
  std::unordered_map<std::string_view, size_t, StringHash> first;
  size_t kept = 0;
  for (const Row& row : rows_) {
    auto [it, fresh] = first.try_emplace(row.bytes, kept);
    if (fresh) {
      rows_[kept++] = row;
    } else {
      rows_[it->second].weight += row.weight;
    }
  }
  rows_.resize(kept);
  std::erase_if(rows_, [](const Row& row) { return row.weight == 0; });
}

Status ChangedRows::encode(protocol::RowListBuilder* builder, TableRows* out) const {
  for (bool inserts : {true, false}) {
    for (const Row& row : rows_) {
      if ((row.weight > 0) != inserts) continue;
      for (int64_t n = inserts ? row.weight : -row.weight; n > 0; --n) builder->add(row.bytes);
    }
    ORRERY_TRY_ASSIGN(protocol::RowList list, builder->finish());
    (inserts ? out->inserts : out->deletes) =
        std::make_shared<const protocol::RowList>(std::move(list));
  }
  return {};
}

}  // namespace orrery::subscribe
