#include "exec/row_partitions.h"

#include "base/hash.h"

namespace orrery::exec {

void RowPartitions::init(RunState& run, std::vector<types::TypeId> types, uint32_t level) {
  run_ = &run;
  types_ = std::move(types);
  level_ = level;
  clear();
}

void RowPartitions::clear() {
  for (auto& spool : spools_) spool.reset();
}

bool RowPartitions::empty() const {
  for (const auto& spool : spools_) {
    if (spool != nullptr) return false;
  }
  return true;
}

Status RowPartitions::append(std::span<const types::Vector* const> columns,
                             const types::Selection& sel, const uint64_t* hashes) {
  for (auto& rows : rows_) rows.clear();
  for (uint32_t i = 0; i < sel.count; ++i) {
    // Mixed anew at each level: rows that met before must be told apart now.
    rows_[hash_u64(hashes[i] + level_ * 0x9e3779b97f4a7c15ULL) % kCount].push_back(sel[i]);
  }
  for (uint32_t p = 0; p < kCount; ++p) {
    if (rows_[p].empty()) continue;
    if (spools_[p] == nullptr) {
      spools_[p] = std::make_unique<RowSpool>();
      spools_[p]->init(*run_, types_);
      ORRERY_TRY(spools_[p]->spill());
    }
    ORRERY_TRY(
        spools_[p]->append(columns, {rows_[p].data(), static_cast<uint32_t>(rows_[p].size())}));
  }
  return {};
}

Status RowPartitions::finish() {
  for (auto& spool : spools_) {
    if (spool != nullptr) ORRERY_TRY(spool->finish());
  }
  return {};
}

}  // namespace orrery::exec
