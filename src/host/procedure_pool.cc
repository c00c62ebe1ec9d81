#include "host/procedure_pool.h"

#include <utility>

#include "env/timed_wait.h"
#include "host/database_impl.h"

namespace orrery::host {
namespace {

Error stopped() { return Error(ErrorCode::kCancelled, "the database is shutting down"); }

}  // namespace

ProcedurePool::ProcedurePool(DatabaseImpl& database, uint32_t threads_max, uint32_t waiting_max)
    : database_(database),
      threads_max_(threads_max == 0 ? 1 : threads_max),
      waiting_max_(waiting_max) {}

void ProcedurePool::refuse(ProcedureJob& job, Error why) {
  if (job.hold != nullptr) job.hold->release();
  job.done(std::move(why), 0);
}

bool ProcedurePool::submit(ProcedureJob job) {
  UniqueLock<Mutex> lock(mutex_);
  bool at_once = idle_ > jobs_.size();
  const bool full =
      !at_once && threads_.size() >= threads_max_ && jobs_.size() >= waiting_max_;
  if (stopping() || full) {
    const bool stops = stopping();
    lock.unlock();
    refuse(job, stops ? stopped() : Error(ErrorCode::kLimit, "too many procedures are waiting"));
    return false;
  }
  jobs_.push_back(std::move(job));
  if (!at_once && threads_.size() < threads_max_) {
    threads_.emplace_back([this] { work(); });
    at_once = true;
  }
  work_.notify_one();
  return at_once;
}

void ProcedurePool::work() {
  UniqueLock<Mutex> lock(mutex_);
  for (;;) {
    ++idle_;
    work_.wait(lock, [this] { return stopping() || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    ProcedureJob job = std::move(jobs_.front());
    jobs_.pop_front();
    const bool refused = stopping();
    lock.unlock();
    if (refused) {
      refuse(job, stopped());
    } else {
      run(job);
    }
    job = ProcedureJob();
    lock.lock();
  }
}

Result<std::unique_ptr<ProcedurePool::Slot>> ProcedurePool::take_slot(const ProcedureJob& job) {
  {
    LockGuard<Mutex> lock(mutex_);
    while (!free_.empty()) {
      std::unique_ptr<Slot> slot = std::move(free_.back());
      free_.pop_back();
      if (slot->generation == job.generation) return slot;
      // Of a module that was replaced.
    }
  }
  auto slot = std::make_unique<Slot>();
  slot->generation = job.generation;
  ORRERY_TRY_ASSIGN(slot->instance,
                    job.generation->module().instantiate(database_.guest_host()));
  return slot;
}

void ProcedurePool::run(ProcedureJob& job) {
  const int64_t started = database_.now_nanos();
  GuestOutcome outcome;
  Result<std::unique_ptr<Slot>> taken = take_slot(job);
  if (!taken) {
    outcome.status = GuestStatus::kFailed;
    outcome.message = taken.error().message();
    if (job.hold != nullptr) job.hold->release();
  } else {
    Slot& slot = **taken;
    {
      ProcedureRun run(database_, job.generation, job.hold, job.name);
      if (job.kind == ProcedureJob::Kind::kProcedure) {
        outcome = slot.instance->call_procedure(run, job.id, job.caller, job.timestamp_micros,
                                                job.arguments);
      } else {
        outcome = slot.instance->call_http_handler(run, job.id, job.timestamp_micros,
                                                   job.arguments, job.body);
      }
    }
    if (!slot.instance->broken()) {
      LockGuard<Mutex> lock(mutex_);
      free_.push_back(std::move(*taken));
    }
  }
  job.done(std::move(outcome), (database_.now_nanos() - started) / 1000);
}

void ProcedurePool::sleep_until_micros(int64_t micros) {
  // In steps, for the wall clock may be set meanwhile.
  constexpr int64_t kStepMicros = 1'000'000;
  UniqueLock<Mutex> lock(mutex_);
  while (!stopping()) {
    const int64_t now = database_.now_micros();
    if (micros <= now) return;
    const int64_t left = micros - now;
    env::timed_wait(stopped_, lock, (left < kStepMicros ? left : kStepMicros) * 1000);
  }
}

void ProcedurePool::stop() {
  {
    LockGuard<Mutex> lock(mutex_);
    stopping_.store(true, std::memory_order_release);
    work_.notify_all();
    stopped_.notify_all();
  }
  for (Thread& thread : threads_) thread.join();
  threads_.clear();
  free_.clear();
}

}  // namespace orrery::host
