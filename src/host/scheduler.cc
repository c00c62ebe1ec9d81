#include "host/scheduler.h"

#include <algorithm>

#include "host/schedule_row.h"
#include "host/system_tables.h"
#include "types/bsatn.h"

namespace orrery::host {
namespace {

constexpr uint64_t kImmediateBytesMax = 64 << 20;

/// With what keeping one costs besides.
uint64_t immediate_cost(std::string_view function, std::string_view arguments) {
  constexpr uint64_t kEachBytes = 256;
  return kEachBytes + function.size() + arguments.size();
}

}  // namespace

void Scheduler::unwatch() {
  if (tables_ == nullptr) return;
  for (const BoundTable& table : tables_->all()) {
    if (table.scheduled) table.table->remove_watcher();
  }
  tables_ = nullptr;
}

void Scheduler::arm_all(std::shared_ptr<const BoundTables> tables, const storage::ReadView& view) {
  unwatch();
  items_.clear();
  queue_.clear();
  in_flight_row_gone_ = true;
  tables_ = std::move(tables);
  for (const BoundTable& table : tables_->all()) {
    if (!table.scheduled) continue;
    table.table->add_watcher();
    const std::string rows = all_rows(*table.table, view);
    std::string_view rest = rows;
    while (!rest.empty()) {
      Result<size_t> used = types::bsatn_skip(table.def->row_type, rest);
      if (!used || *used == 0) break;
      arm(table, rest.substr(0, *used));
      rest.remove_prefix(*used);
    }
  }
  set_timer();
}

void Scheduler::arm_at(const Key& key, Item item) {
  disarm(key);
  item.order = next_order_++;
  queue_.emplace(std::pair(item.at_micros, item.order), key);
  items_.insert_or_assign(key, std::move(item));
}

void Scheduler::disarm(const Key& key) {
  auto found = items_.find(key);
  if (found == items_.end()) return;
  queue_.erase({found->second.at_micros, found->second.order});
  items_.erase(found);
}

void Scheduler::arm(const BoundTable& table, std::string_view row) {
  Result<ScheduleRow> schedule = read_schedule_row(*table.def, row);
  if (!schedule) return;
  Item item;
  item.is_interval = schedule->is_interval;
  item.interval = schedule->micros;
  item.at_micros = schedule->micros;
  if (schedule->is_interval &&
      __builtin_add_overflow(now_micros(), schedule->micros, &item.at_micros)) {
    item.at_micros = INT64_MAX;
  }
  item.row = row;
  arm_at({table.id, schedule->id}, std::move(item));
}

void Scheduler::apply(const storage::ChangeSet& changes) {
  if (stopped_ || tables_ == nullptr) return;
  bool any = false;
  for (const storage::ChangeSet::Table& change : changes.tables()) {
    const BoundTable* table = tables_->table(change.id);
    if (table == nullptr || !table->scheduled) continue;
    any = true;
    for (size_t i = 0; i < change.deletes.size(); ++i) {
      Result<ScheduleRow> row = read_schedule_row(*table->def, change.deletes[i].bytes);
      if (!row) continue;
      const Key key{table->id, row->id};
      if (in_flight_ == InFlight::kRow && in_flight_key_ == key) in_flight_row_gone_ = true;
      disarm(key);
    }
    for (size_t i = 0; i < change.inserts.size(); ++i) arm(*table, change.inserts[i].bytes);
  }
  if (any) set_timer();
}

Status Scheduler::announce(std::string_view function, std::string_view arguments) {
  const uint64_t bytes = immediate_cost(function, arguments);
  if (immediate_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= kImmediateBytesMax) {
    return {};
  }
  immediate_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  return Error(ErrorCode::kLimit, "too many calls wait to be run at once");
}

void Scheduler::call_at_once(std::string function, std::string arguments) {
  if (stopped_) return;
  immediate_.emplace(next_order_++, Immediate{std::move(function), std::move(arguments)});
  set_timer();
}

void Scheduler::set_timer() {
  if (stopped_ || in_flight_ != InFlight::kNone) return;
  int64_t at = INT64_MAX;
  if (!immediate_.empty()) {
    at = INT64_MIN;
  } else if (!queue_.empty()) {
    at = queue_.begin()->first.first;
  }
  if (at == timer_at_) return;
  if (timer_at_ != INT64_MAX) lane_.cancel(timer_);
  timer_at_ = at;
  if (at == INT64_MAX) return;
  // The lane's timers go by the other clock, which does not jump.
  constexpr int64_t kFarMicros = int64_t{3600} * 1'000'000;
  const int64_t now = now_micros();
  const int64_t wait = at <= now ? 0 : at - now > kFarMicros ? kFarMicros : at - now;
  timer_ = lane_.at(clock_.monotonic_nanos() + wait * 1000, [this] {
    timer_at_ = INT64_MAX;
    fire_due();
  });
}

void Scheduler::fire_due() {
  if (stopped_ || in_flight_ != InFlight::kNone) return;
  Firing firing;
  if (!immediate_.empty()) {
    Immediate call = std::move(immediate_.begin()->second);
    immediate_.erase(immediate_.begin());
    immediate_bytes_.fetch_sub(immediate_cost(call.function, call.arguments),
                               std::memory_order_relaxed);
    firing.function = std::move(call.function);
    firing.row = std::move(call.arguments);
    firing.intended_micros = INT64_MIN;
    in_flight_ = InFlight::kImmediate;
    run_(firing);
    return;
  }
  if (queue_.empty() || queue_.begin()->first.first > now_micros()) {
    set_timer();
    return;
  }
  in_flight_key_ = queue_.begin()->second;
  in_flight_item_ = items_[in_flight_key_];
  disarm(in_flight_key_);
  in_flight_ = InFlight::kRow;
  in_flight_row_gone_ = false;
  firing.table = tables_->table(in_flight_key_.first);
  firing.function = firing.table->def->schedule->qualified_function_name;
  firing.row = in_flight_item_.row;
  firing.is_interval = in_flight_item_.is_interval;
  firing.intended_micros = in_flight_item_.at_micros;
  run_(firing);
}

void Scheduler::finished() {
  if (in_flight_ == InFlight::kRow && in_flight_item_.is_interval && !in_flight_row_gone_ &&
      !stopped_) {
    Item next = std::move(in_flight_item_);
    next.at_micros = next_tick(next.at_micros, next.interval, now_micros());
    arm_at(in_flight_key_, std::move(next));
  }
  in_flight_ = InFlight::kNone;
  set_timer();
}

void Scheduler::stop() {
  stopped_ = true;
  if (timer_at_ != INT64_MAX) lane_.cancel(timer_);
  timer_at_ = INT64_MAX;
  unwatch();
  items_.clear();
  queue_.clear();
  immediate_.clear();
}

}  // namespace orrery::host
