// Scheduler: the rows of scheduled tables, and when their functions are due.
//
// Follows what is committed: a row is armed when the commit that has it is applied, and disarmed
// with the row. One function runs at a time; the next waits until the one before is over, also where
// that one is a procedure that sleeps. After a run an interval goes on at the next tick after now.
// On the lane only, but for what it says.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "env/clock.h"
#include "host/bound_tables.h"
#include "host/lane.h"
#include "storage/change_set.h"
#include "storage/store.h"

namespace orrery::host {

class Scheduler {
 public:
  /// A function that is due.
  struct Firing {
    const BoundTable* table = nullptr;  ///< null: called at once, without a row
    std::string function;
    std::string row;  ///< the arguments, where there is no table
    bool is_interval = false;
    int64_t intended_micros = 0;
  };
  /// Runs it, now or later, and calls finished() then.
  using Run = std::function<void(const Firing& firing)>;

  Scheduler(Lane& lane, env::Clock& clock, Run run)
      : lane_(lane), clock_(clock), run_(std::move(run)) {}

  /// Forgets what it had and arms every row that is there; intervals begin now. Watches the tables
  /// from here on. What runs at the moment is not waited for.
  void arm_all(std::shared_ptr<const BoundTables> tables, const storage::ReadView& view);
  void apply(const storage::ChangeSet& changes);
  /// Any thread, before call_at_once() of the same: kLimit where the calls that wait have too many
  /// bytes.
  Status announce(std::string_view function, std::string_view arguments);
  void call_at_once(std::string function, std::string arguments);
  /// The function that was given to run ended.
  void finished();
  /// Nothing is run any more.
  void stop();

 private:
  using Key = std::pair<storage::TableId, uint64_t>;
  struct Item {
    int64_t at_micros = 0;
    uint64_t order = 0;
    bool is_interval = false;
    int64_t interval = 0;
    std::string row;
  };
  struct Immediate {
    std::string function;
    std::string arguments;
  };
  enum class InFlight : uint8_t { kNone, kImmediate, kRow };

  int64_t now_micros() { return clock_.wall_nanos() / 1000; }
  void arm(const BoundTable& table, std::string_view row);
  void arm_at(const Key& key, Item item);
  void disarm(const Key& key);
  void set_timer();
  void fire_due();
  void unwatch();

  Lane& lane_;
  env::Clock& clock_;
  Run run_;
  std::shared_ptr<const BoundTables> tables_;
  std::map<Key, Item> items_;
  std::map<std::pair<int64_t, uint64_t>, Key> queue_;  ///< by time, then by order of arming
  std::map<uint64_t, Immediate> immediate_;
  std::atomic<uint64_t> immediate_bytes_{0};  ///< announced and not run yet
  uint64_t next_order_ = 1;
  Lane::TimerId timer_;
  int64_t timer_at_ = INT64_MAX;
  InFlight in_flight_ = InFlight::kNone;
  Key in_flight_key_;
  Item in_flight_item_;
  bool in_flight_row_gone_ = false;  ///< deleted or replaced while it runs
  bool stopped_ = false;
};

}  // namespace orrery::host
