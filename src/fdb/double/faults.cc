#include "fdb/double/faults.h"

namespace orrery::fdb::test_double {

void Faults::add(Fault fault) {
  LockGuard<Mutex> lock(mutex_);
  if (fault.count == 0) return;
  ++waiting_[static_cast<size_t>(fault.request)];
  faults_.push_back(fault);
}

void Faults::fail_next(Request request, Error error, uint32_t count) {
  add({.request = request, .spoil = Spoil::kFail, .count = count, .error = error});
}

void Faults::drop_next(Request request, Spoil what, uint32_t count) {
  add({.request = request, .spoil = what, .count = count});
}

void Faults::clear() {
  LockGuard<Mutex> lock(mutex_);
  faults_.clear();
  waiting_ = {};
}

uint64_t Faults::left() const {
  LockGuard<Mutex> lock(mutex_);
  uint64_t left = 0;
  for (const Fault& fault : faults_) left += fault.count;
  return left;
}

const Fault* Faults::match(Request request, ProcessId process) {
  uint32_t& waiting = waiting_[static_cast<size_t>(request)];
  if (waiting == 0) [[likely]]
    return nullptr;
  for (size_t i = 0; i < faults_.size(); ++i) {
    Fault& fault = faults_[i];
    if (fault.request != request || (fault.process && *fault.process != process)) continue;
    if (fault.skip != 0) {
      --fault.skip;
      continue;
    }
    matched_ = fault;
    if (--fault.count == 0) {
      faults_.erase(faults_.begin() + static_cast<ptrdiff_t>(i));
      --waiting;
    }
    return &matched_;
  }
  return nullptr;
}

}  // namespace orrery::fdb::test_double
