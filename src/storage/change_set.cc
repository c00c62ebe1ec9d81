#include "storage/change_set.h"

#include <algorithm>

#include "storage/change_collector.h"

namespace orrery::storage {

const ChangeSet::Table* ChangeSet::find(TableId table) const {
  for (const Table& t : tables_) {
    if (t.id == table) return &t;
  }
  return nullptr;
}

void ChangeSet::clear() {
  tables_.clear();
  redefined_.clear();
  places_.clear();
  arena_ = nullptr;
  seq_ = 0;
}

ChangeCollector::ChangeCollector(const TransactionImpl& transaction, ChangeSet* out)
    : t_(transaction), out_(*out) {}

void ChangeCollector::run() {
  out_.clear();
  if (!t_.has_followed_changes()) return;
  find_redefined();
  for (const LogEntry& entry : t_.state->log) {
    if (entry.kind == LogEntry::Kind::kDefinition) continue;
    PerTable* into = place_for(entry);
    if (into == nullptr) continue;
    if (entry.kind == LogEntry::Kind::kInsertRun) {
      take_run(entry, into);
    } else {
      take_record(*entry.record, into);
    }
  }
  for (PerTable& table : tables_) cancel_equal(&table);
  write();
}

/// Watched tables whose rows are not those that the transaction began with.
void ChangeCollector::find_redefined() {
  using Kind = DefinitionChange::Kind;
  for (const DefinitionChange& change : t_.definitions) {
    if (change.kind == Kind::kCreateView || change.kind == Kind::kDropView) continue;
    const auto* old = change.before->find(change.table);
    if (old == nullptr || !(*old)->watched()) continue;
    const auto* now = t_.catalog->find(change.table);
    if (now != nullptr && &(*now)->core() == &(*old)->core()) continue;
    std::vector<TableId>& ids = out_.redefined_;
    if (std::find(ids.begin(), ids.end(), change.table) == ids.end()) ids.push_back(change.table);
  }
}

/// Where the changes of the entry's table go; nullptr where nobody wants them.
ChangeCollector::PerTable* ChangeCollector::place_for(const LogEntry& entry) {
  if (entry.table == last_table_) return last_;
  last_table_ = entry.table;
  last_ = nullptr;
  const TableImpl& table = *entry.table;
  if (!table.watched()) return nullptr;
  for (TableId id : out_.redefined_) {
    if (id == table.def().id) return nullptr;
  }
  for (PerTable& known : tables_) {
    if (known.table->def().id == table.def().id) return last_ = &known;
  }
  tables_.push_back({});
  last_ = &tables_.back();
  last_->table = &table;
  return last_;
}

void ChangeCollector::take_run(const LogEntry& entry, PerTable* into) {
  const TableCore& core = entry.table->core();
  SharedLockGuard<RwLatch> hold(core.latch);
  const uint64_t untouched = word_of(&t_.state->insert_record);
  for (RowId row = entry.first; row < entry.first + entry.count; ++row) {
    // A later change of the row tells of this one too.
    if (core.pages.word(row) == untouched) {
      into->changes.push_back({row, nullptr, core.pages.image(row)});
    }
  }
}

void ChangeCollector::take_record(const UndoRecord& newest, PerTable* into) {
  const TableCore& core = into->table->core();
  SharedLockGuard<RwLatch> hold(core.latch);
  const uint64_t word = core.pages.word(newest.row);
  if (record_of(word) != &newest) return;
  const uint8_t* place = core.pages.image(newest.row);
  const uint8_t* after = (word & kWordDeleted) != 0 ? nullptr : place;
  const uint8_t* before = place;
  for (const UndoRecord* r = &newest;;) {
    if (r->kind == UndoKind::kUpdate) before = r->image();
    const UndoRecord* older = record_of(r->before_word);
    if (older == nullptr || older->txn != newest.txn) {
      if ((r->before_word & kWordDeleted) != 0) before = nullptr;
      break;
    }
    if (older->kind == UndoKind::kInsert) {
      before = nullptr;
      break;
    }
    r = older;
  }
  if (before == nullptr && after == nullptr) return;
  if (before != nullptr && after != nullptr && into->table->layout().same_row(before, after)) {
    return;
  }
  into->changes.push_back({newest.row, before, after});
}

/// A row that went and an equal one that came, in another slot.
void ChangeCollector::cancel_equal(PerTable* table) {
  const RowLayout& layout = table->table->layout();
  // An update that keeps its key cannot have an equal row elsewhere.
  const IndexImpl* key = key_of_every_row(*table->table);
  size_t gone = 0, come = 0;
  auto moved = [&](const Change& c) {
    return key == nullptr || c.before == nullptr || c.after == nullptr ||
           !key->same_key(c.before, c.after);
  };
  for (const Change& c : table->changes) {
    if (!moved(c)) continue;
    gone += c.before != nullptr ? 1 : 0;
    come += c.after != nullptr ? 1 : 0;
  }
  if (gone == 0 || come == 0) return;
  size_t buckets = 8;
  while (buckets < gone * 2) buckets *= 2;
  std::vector<uint32_t> first(buckets, 0);  // 1 + number of a change
  for (uint32_t i = 0; i < table->changes.size(); ++i) {
    const Change& c = table->changes[i];
    if (c.before == nullptr || !moved(c)) continue;
    size_t at = layout.hash(c.before) & (buckets - 1);
    while (first[at] != 0) at = (at + 1) & (buckets - 1);
    first[at] = i + 1;
  }
  bool any = false;
  for (Change& c : table->changes) {
    if (c.after == nullptr || !moved(c)) continue;
    size_t at = layout.hash(c.after) & (buckets - 1);
    for (; first[at] != 0; at = (at + 1) & (buckets - 1)) {
      Change& other = table->changes[first[at] - 1];
      if (other.cancelled_before || !layout.same_row(other.before, c.after)) continue;
      other.cancelled_before = true;
      c.cancelled_after = true;
      any = true;
      break;
    }
  }
  if (!any) return;
  for (Change& c : table->changes) {
    if (c.cancelled_before) c.before = nullptr;
    if (c.cancelled_after) c.after = nullptr;
  }
}

void ChangeCollector::write() {
  size_t places = 0;
  uint64_t bytes = 0;
  for (PerTable& table : tables_) {
    const RowLayout& layout = table.table->layout();
    const uint32_t fixed = layout.fixed_bsatn_bytes();
    uint64_t here = 0;
    for (const Change& c : table.changes) {
      table.deletes += c.before != nullptr ? 1 : 0;
      table.inserts += c.after != nullptr ? 1 : 0;
      if (fixed != 0) continue;
      if (c.before != nullptr) here += layout.bsatn_bytes(c.before);
      if (c.after != nullptr) here += layout.bsatn_bytes(c.after);
    }
    if (table.deletes + table.inserts == 0) continue;
    bytes += fixed != 0 ? uint64_t{fixed} * (table.deletes + table.inserts) : here;
    places += table.deletes + table.inserts + 2;
  }
  if (places == 0) return;
  out_.places_.resize(places);
  out_.arena_.reset(new char[bytes]);
  place_ = out_.places_.data();
  at_ = 0;
  for (PerTable& table : tables_) {
    if (table.deletes + table.inserts == 0) continue;
    ChangeSet::Table made;
    made.id = table.table->def().id;
    made.event = table.table->def().event;
    made.deletes = write_rows(table, &Change::before, table.deletes);
    made.inserts = write_rows(table, &Change::after, table.inserts);
    out_.tables_.push_back(made);
  }
}

ChangeSet::Rows ChangeCollector::write_rows(const PerTable& table, const uint8_t* Change::* image,
                                            size_t count) {
  const RowLayout& layout = table.table->layout();
  ChangeSet::Rows rows;
  rows.places_ = place_;
  rows.data_ = out_.arena_.get();
  rows.count_ = count;
  for (const Change& c : table.changes) {
    if (c.*image == nullptr) continue;
    *place_++ = {c.row, at_};
    auto* to = reinterpret_cast<uint8_t*>(out_.arena_.get()) + at_;
    at_ += static_cast<uint64_t>(layout.write_bsatn(c.*image, to) - to);
  }
  *place_++ = {0, at_};
  return rows;
}

}  // namespace orrery::storage
