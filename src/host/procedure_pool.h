// ProcedurePool: the threads and instances on which procedures and HTTP handlers of one database run.
//
// A job has a thread for as long as it runs, pauses included; what comes when all are taken waits,
// up to a bound beyond which jobs are refused. Threads are made when they are needed first.
// Thread-safe; stop() must not run on the lane.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/sync.h"
#include "host/generation.h"
#include "host/lane_hold.h"
#include "host/procedure_run.h"

namespace orrery::host {

class DatabaseImpl;

struct ProcedureJob {
  enum class Kind : uint8_t { kProcedure, kHttpHandler } kind = Kind::kProcedure;
  std::shared_ptr<const Generation> generation;
  std::string name;
  uint32_t id = 0;
  Caller caller;
  int64_t timestamp_micros = 0;
  std::string arguments;  ///< of HTTP handlers: the request
  std::string body;
  std::shared_ptr<LaneHold> hold;
  /// On the job's thread; the lane has been given back. Where it was not begun: kCancelled, the
  /// database stops; kLimit, too many wait.
  std::function<void(Result<GuestOutcome> outcome, int64_t execution_micros)> done;
};

class ProcedurePool {
 public:
  ProcedurePool(DatabaseImpl& database, uint32_t threads_max, uint32_t waiting_max);
  ~ProcedurePool() { stop(); }

  /// True where a thread will begin the job at once.
  bool submit(ProcedureJob job);
  /// Jobs under way are asked to end, those that wait are told that the database stops.
  void stop();
  bool stopping() const { return stopping_.load(std::memory_order_acquire); }
  /// Waits until that time has come or the pool stops.
  void sleep_until_micros(int64_t micros);

 private:
  struct Slot {
    std::shared_ptr<const Generation> generation;
    std::unique_ptr<ModuleInstance> instance;
  };
  void work();
  static void refuse(ProcedureJob& job, Error why);
  void run(ProcedureJob& job);
  Result<std::unique_ptr<Slot>> take_slot(const ProcedureJob& job);

  DatabaseImpl& database_;
  const uint32_t threads_max_;
  const uint32_t waiting_max_;
  Mutex mutex_;
  ConditionVariable work_;
  ConditionVariable stopped_;  ///< wakes sleepers
  std::deque<ProcedureJob> jobs_;
  std::vector<std::unique_ptr<Slot>> free_;
  std::vector<Thread> threads_;
  uint32_t idle_ = 0;
  std::atomic<bool> stopping_{false};
};

}  // namespace orrery::host
