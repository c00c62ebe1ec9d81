// ReadSet: what a view read, so that it is evaluated again when that changes. One thread.
#pragma once

#include <vector>

#include "host/module_instance.h"
#include "storage/table.h"

namespace orrery::host {

class ReadSet final : public ReadRecorder {
 public:
  struct Range {
    storage::TableId table = 0;
    storage::IndexId index = 0;
    storage::KeyRange keys;
  };

  void read_table(const BoundTable& table) override { add_table(table.id); }
  void read_range(const BoundIndex& index, const storage::KeyRange& range) override {
    if (!range.empty) ranges_.push_back({index.table->id, index.id, range});
  }
  void add_table(storage::TableId table) {
    for (storage::TableId known : tables_) {
      if (known == table) return;
    }
    tables_.push_back(table);
  }
  void clear() {
    tables_.clear();
    ranges_.clear();
  }
  /// Read as a whole.
  const std::vector<storage::TableId>& tables() const { return tables_; }
  const std::vector<Range>& ranges() const { return ranges_; }

 private:
  std::vector<storage::TableId> tables_;
  std::vector<Range> ranges_;
};

}  // namespace orrery::host
