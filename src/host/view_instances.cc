#include "host/view_instances.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "storage/datastore.h"
#include "storage/row_layout.h"
#include "types/bsatn.h"

namespace orrery::host {
namespace {

/// A view that reads more ranges of an index than this counts as a reader of the whole table.
constexpr size_t kRangesPerInstanceMax = 4096;
/// Of views that are made of views.
constexpr size_t kViewDepthMax = 32;

/// The smallest text that is larger than all that begin with `prefix`; empty: there is none.
std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

bool is_int_range(const storage::KeyRange& range) {
  return range.lower.empty() && range.upper.empty();
}

/// The cells of an index's columns out of a row, in the index's order; false where the row does not
/// decode.
bool index_key_of(const storage::Table& table, const storage::Index& index, std::string_view row,
                  std::string* key) {
  std::vector<std::string_view> cells;
  for (const storage::ColumnDef& column : table.def().columns) {
    Result<size_t> used = types::bsatn_skip(column.type, row);
    if (!used) return false;
    cells.push_back(row.substr(0, *used));
    row.remove_prefix(*used);
  }
  key->clear();
  for (uint16_t column : index.def().columns) *key += cells[column];
  return true;
}

/// The rows of a BSATN array, without doubles.
Result<std::vector<std::string_view>> split_rows(const schema::ViewDef& view,
                                                 std::string_view array) {
  uint32_t count = 0;
  if (array.size() < sizeof(count)) {
    return Error(ErrorCode::kDecode, "the result ends in its count");
  }
  std::memcpy(&count, array.data(), sizeof(count));
  array.remove_prefix(sizeof(count));
  std::vector<std::string_view> out;
  std::unordered_set<std::string_view> seen;
  for (uint32_t i = 0; i < count; ++i) {
    ORRERY_TRY_ASSIGN(size_t used, types::bsatn_validate(view.row_type, array));
    const std::string_view row = array.substr(0, used);
    array.remove_prefix(used);
    if (seen.insert(row).second) out.push_back(row);
    if (used == 0) break;  // rows without bytes are all equal
  }
  return out;
}

struct StoredRow {
  storage::RowId id = 0;
  std::string bytes;  ///< without the hash
};

/// What the backing table has for an instance.
Result<std::vector<StoredRow>> stored_rows(const storage::Transaction& transaction,
                                           const BoundTable& backing, std::string_view hash) {
  const storage::Table& table = *backing.table;
  ORRERY_TRY_ASSIGN(storage::KeyRange range,
                    storage::decode_point(table, *backing.argument_index, hash));
  storage::IndexCursor cursor(table, *backing.argument_index, transaction.view(),
                              std::move(range));
  constexpr uint32_t kBatch = 256;
  storage::RowRef rows[kBatch];
  storage::RowId ids[kBatch];
  std::vector<StoredRow> out;
  storage::ReadLatch latch(table);
  while (const uint32_t n = cursor.next(rows, ids, kBatch)) {
    for (uint32_t i = 0; i < n; ++i) {
      StoredRow row;
      row.id = ids[i];
      table.layout().append_bsatn(rows[i], &row.bytes);
      row.bytes.erase(0, types::Digest::kSize);
      out.push_back(std::move(row));
    }
  }
  return out;
}

/// Makes the instance's rows in the backing table exactly `rows`.
Status replace_rows(storage::Transaction& transaction, const BoundTable& backing,
                    std::string_view hash, const std::vector<std::string_view>& rows) {
  ORRERY_TRY_ASSIGN(std::vector<StoredRow> stored, stored_rows(transaction, backing, hash));
  std::unordered_set<std::string_view> wanted(rows.begin(), rows.end());
  for (const StoredRow& row : stored) {
    if (wanted.erase(row.bytes) > 0) continue;
    ORRERY_TRY(transaction.erase(*backing.table, row.id));
  }
  std::string bytes;
  for (std::string_view row : rows) {
    if (!wanted.contains(row)) continue;
    bytes.assign(hash);
    bytes += row;
    ORRERY_TRY_ASSIGN([[maybe_unused]] storage::RowId id,
                      storage::insert_bsatn(transaction, *backing.table, bytes, nullptr));
  }
  return {};
}

/// In an order that does not depend on where they lie in memory, so that a run can be repeated.
template <class Instance>
std::vector<Instance*> in_order(const std::unordered_set<Instance*>& instances) {
  std::vector<Instance*> out(instances.begin(), instances.end());
  std::sort(out.begin(), out.end(), [](const Instance* a, const Instance* b) {
    return a->backing->id != b->backing->id ? a->backing->id < b->backing->id : a->hash < b->hash;
  });
  return out;
}

Error too_deep() { return Error(ErrorCode::kLimit, "views are made of views too deeply"); }

}  // namespace

std::string ViewInstances::key_of(storage::TableId backing, std::string_view hash) {
  std::string key(reinterpret_cast<const char*>(&backing), sizeof(backing));
  key += hash;
  return key;
}

void ViewInstances::reset(std::shared_ptr<const BoundTables> tables) {
  for (auto& [key, instance] : instances_) remove_readers(*instance);
  instances_.clear();
  readers_.clear();
  pending_.clear();
  filled_ = 0;
  tables_ = std::move(tables);
}

ViewInstances::Instance& ViewInstances::get(const schema::ViewDef& view,
                                            const types::Identity& caller) {
  const types::Identity sender = view.is_anonymous ? types::Identity() : caller;
  const types::Digest hash = types::view_argument_digest(
      view.is_anonymous ? std::string_view() : std::string_view(sender.bytes()));
  const BoundTable* backing = tables_->of_view(view);
  std::unique_ptr<Instance>& place = instances_[key_of(backing->id, hash.bytes())];
  if (place == nullptr) {
    place = std::make_unique<Instance>();
    place->backing = backing;
    place->sender = sender;
    place->hash = hash.bytes();
  }
  return *place;
}

ViewInstances::Instance* ViewInstances::find(storage::TableId backing, std::string_view hash) {
  auto found = instances_.find(key_of(backing, hash));
  return found == instances_.end() ? nullptr : found->second.get();
}

std::vector<ViewInstances::Known> ViewInstances::known() const {
  std::vector<Known> out;
  for (const auto& [key, instance] : instances_) {
    if (!instance->filled) continue;
    out.push_back({instance->backing->view->qualified_name, instance->sender,
                   instance->backing->id, instance->hash, instance->uses});
  }
  std::sort(out.begin(), out.end(), [](const Known& a, const Known& b) {
    return std::tie(a.backing, a.hash) < std::tie(b.backing, b.hash);
  });
  return out;
}

bool ViewInstances::take_over(storage::Transaction& transaction, const schema::ViewDef& view,
                              const Known& known, int64_t now, const Evaluate& evaluate) {
  if (known.uses == 0) return false;
  Instance& instance = get(view, known.sender);
  instance.uses = known.uses;
  instance.idle_since = now;
  return instance.pending || fill(transaction, instance, evaluate).has_value();
}

Status ViewInstances::drop_rows(storage::Transaction& transaction, const BoundTable& backing,
                                std::string_view hash) {
  transaction.begin_statement();
  Status done = replace_rows(transaction, backing, hash, {});
  if (done) done = transaction.end_statement();
  if (!done) transaction.abort_statement();
  return done;
}

// --- what instances read ---

void ViewInstances::add_readers(Instance& instance) {
  for (storage::TableId id : instance.reads.tables()) {
    readers_[id].whole.push_back(&instance);
    if (const BoundTable* table = tables_->table(id)) table->table->add_watcher();
  }
  for (const ReadSet::Range& range : instance.reads.ranges()) {
    if (const BoundTable* table = tables_->table(range.table)) table->table->add_watcher();
    IndexReaders& readers = readers_[range.table].indexes[range.index];
    const storage::KeyRange& keys = range.keys;
    if (keys.empty) continue;
    if (is_int_range(keys)) {
      if (keys.int_lower == keys.int_upper && !keys.include_nulls) {
        readers.int_points[keys.int_lower].push_back(&instance);
      } else {
        readers.ranges.emplace_back(keys, &instance);
      }
    } else if (!keys.lower.empty() && keys.upper == after_prefix(keys.lower)) {
      readers.prefixes[keys.lower].push_back(&instance);
      const auto length = static_cast<uint32_t>(keys.lower.size());
      auto at = std::lower_bound(readers.prefix_lengths.begin(), readers.prefix_lengths.end(),
                                 length);
      if (at == readers.prefix_lengths.end() || *at != length) {
        readers.prefix_lengths.insert(at, length);
      }
    } else {
      readers.ranges.emplace_back(keys, &instance);
    }
  }
}

void ViewInstances::remove_readers(Instance& instance) {
  for (storage::TableId id : instance.reads.tables()) {
    if (const BoundTable* table = tables_->table(id)) table->table->remove_watcher();
    if (auto at = readers_.find(id); at != readers_.end()) std::erase(at->second.whole, &instance);
  }
  for (const ReadSet::Range& range : instance.reads.ranges()) {
    if (const BoundTable* table = tables_->table(range.table)) table->table->remove_watcher();
    auto of_table = readers_.find(range.table);
    if (of_table == readers_.end()) continue;
    auto of_index = of_table->second.indexes.find(range.index);
    if (of_index == of_table->second.indexes.end()) continue;
    IndexReaders& readers = of_index->second;
    if (auto at = readers.int_points.find(range.keys.int_lower); at != readers.int_points.end()) {
      std::erase(at->second, &instance);
      if (at->second.empty()) readers.int_points.erase(at);
    }
    if (auto at = readers.prefixes.find(range.keys.lower); at != readers.prefixes.end()) {
      std::erase(at->second, &instance);
      if (at->second.empty()) readers.prefixes.erase(at);
    }
    std::erase_if(readers.ranges, [&](const auto& r) { return r.second == &instance; });
  }
  instance.reads.clear();
}

void ViewInstances::set_reads(Instance& instance, ReadSet reads) {
  remove_readers(instance);
  if (reads.ranges().size() > kRangesPerInstanceMax) {
    ReadSet coarse;
    for (storage::TableId id : reads.tables()) coarse.add_table(id);
    for (const ReadSet::Range& range : reads.ranges()) coarse.add_table(range.table);
    reads = std::move(coarse);
  }
  instance.reads = std::move(reads);
  add_readers(instance);
}

void ViewInstances::touch_rows(const BoundIndex& index, const IndexReaders& readers,
                               const storage::ChangeSet::Rows& rows, Touched* touched) const {
  std::string key;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!index_key_of(*index.table->table, *index.index, rows[i].bytes, &key)) continue;
    Result<storage::KeyRange> point = storage::decode_point(*index.table->table, *index.index, key);
    if (!point) continue;
    if (is_int_range(*point)) {
      auto at = readers.int_points.find(point->int_lower);
      if (at != readers.int_points.end()) touched->insert(at->second.begin(), at->second.end());
      for (const auto& [range, instance] : readers.ranges) {
        if (point->int_lower >= range.int_lower && point->int_lower <= range.int_upper) {
          touched->insert(instance);
        }
      }
      continue;
    }
    for (uint32_t length : readers.prefix_lengths) {
      if (length > point->lower.size()) break;
      auto at = readers.prefixes.find(point->lower.substr(0, length));
      if (at != readers.prefixes.end()) touched->insert(at->second.begin(), at->second.end());
    }
    for (const auto& [range, instance] : readers.ranges) {
      if (point->lower >= range.lower && (range.upper.empty() || point->lower < range.upper)) {
        touched->insert(instance);
      }
    }
  }
}

ViewInstances::Touched ViewInstances::touched_by(const storage::ChangeSet& changes) const {
  Touched touched;
  for (const storage::ChangeSet::Table& table : changes.tables()) {
    auto found = readers_.find(table.id);
    if (found == readers_.end()) continue;
    touched.insert(found->second.whole.begin(), found->second.whole.end());
    for (const auto& [id, readers] : found->second.indexes) {
      const BoundIndex* index = tables_->index(id);
      if (index == nullptr) continue;
      touch_rows(*index, readers, table.deletes, &touched);
      touch_rows(*index, readers, table.inserts, &touched);
    }
  }
  return touched;
}

// --- evaluation ---

Status ViewInstances::fill(storage::Transaction& transaction, Instance& instance,
                           const Evaluate& evaluate) {
  instance.new_reads.clear();
  instance.new_needs.clear();
  if (!instance.pending) pending_.push_back(&instance);
  instance.pending = true;
  Status filled = evaluate_into(transaction, instance, evaluate);
  if (!filled) {
    instance.pending = false;
    std::erase(pending_, &instance);
  }
  return filled;
}

Status ViewInstances::evaluate_into(storage::Transaction& transaction, Instance& instance,
                                    const Evaluate& evaluate) {
  instance.evaluating = true;
  Result<std::string> evaluated = evaluate(transaction, instance, &instance.new_reads);
  instance.evaluating = false;
  ORRERY_TRY_ASSIGN(std::string array, std::move(evaluated));
  ORRERY_TRY_ASSIGN(std::vector<std::string_view> rows,
                    split_rows(*instance.backing->view, array));
  transaction.begin_statement();
  Status replaced = replace_rows(transaction, *instance.backing, instance.hash, rows);
  if (replaced) replaced = transaction.end_statement();
  if (!replaced) transaction.abort_statement();
  return replaced;
}

Status ViewInstances::need(storage::Transaction& transaction, Instance& reader,
                           const schema::ViewDef& view, const Evaluate& evaluate) {
  if (!view.is_anonymous && reader.backing->view->is_anonymous) {
    return Error(ErrorCode::kNotSupported, "an anonymous view may not read `" +
                                               view.qualified_name +
                                               "`, which depends on who asks");
  }
  Instance& needed = get(view, reader.sender);
  if (needed.evaluating) {
    return Error(ErrorCode::kNotSupported, "the view reads itself by way of `" +
                                               reader.backing->view->qualified_name + "`");
  }
  if (!needed.filled && !needed.pending) {
    if (need_depth_ == kViewDepthMax) return too_deep();
    ++need_depth_;
    Status filled = fill(transaction, needed, evaluate);
    --need_depth_;
    ORRERY_TRY(std::move(filled));
  }
  reader.new_needs.push_back(&needed);
  return {};
}

void ViewInstances::set_needs(Instance& instance, std::vector<Instance*> needs) {
  for (Instance* needed : needs) ++needed->needed;
  for (Instance* needed : instance.needs) --needed->needed;
  instance.needs = std::move(needs);
}

Status ViewInstances::refresh(storage::Transaction& transaction, const Evaluate& evaluate) {
  if (filled_ == 0 || !transaction.has_writes()) return {};
  transaction.collect_changes(&changes_);
  Touched touched = touched_by(changes_);
  // Each round makes the views anew that read those of the round before; views do not read each
  // other in circles, so it ends.
  for (size_t round = 0; !touched.empty(); ++round) {
    if (round > kViewDepthMax) return too_deep();
    Touched next;
    for (Instance* instance : in_order(touched)) {
      if (!instance->filled) continue;
      ORRERY_TRY(fill(transaction, *instance, evaluate));
      auto readers = readers_.find(instance->backing->id);
      if (readers == readers_.end()) continue;
      next.insert(readers->second.whole.begin(), readers->second.whole.end());
    }
    touched = std::move(next);
  }
  return {};
}

void ViewInstances::committed() {
  for (Instance* instance : pending_) {
    instance->pending = false;
    if (!instance->filled) ++filled_;
    instance->filled = true;
    set_reads(*instance, std::move(instance->new_reads));
    instance->new_reads.clear();
    set_needs(*instance, std::move(instance->new_needs));
    instance->new_needs.clear();
  }
  pending_.clear();
}

void ViewInstances::rolled_back() {
  for (Instance* instance : pending_) {
    instance->pending = false;
    instance->evaluating = false;
    instance->new_reads.clear();
    instance->new_needs.clear();
  }
  pending_.clear();
}

Result<bool> ViewInstances::drop_idle(storage::Transaction& transaction, int64_t before) {
  bool any = false;
  for (auto& [key, instance] : instances_) {
    if (instance->in_use() || instance->idle_since >= before) continue;
    any = true;
    if (!instance->filled) continue;
    ORRERY_TRY(replace_rows(transaction, *instance->backing, instance->hash, {}));
  }
  return any;
}

void ViewInstances::forget_idle(int64_t before) {
  // Those that drop_idle() emptied; what they alone made use of goes the next time.
  std::vector<std::string> idle;
  for (const auto& [key, instance] : instances_) {
    if (!instance->in_use() && instance->idle_since < before) idle.push_back(key);
  }
  for (const std::string& key : idle) {
    auto at = instances_.find(key);
    remove_readers(*at->second);
    set_needs(*at->second, {});
    if (at->second->filled) --filled_;
    instances_.erase(at);
  }
}

}  // namespace orrery::host
