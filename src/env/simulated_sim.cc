#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/assert.h"
#include "env/simulated.h"

namespace orrery::env {

uint64_t SeededRandom::next() {
  // SplitMix64: every seed, 0 too, gives a full-length sequence.
  state_ += 0x9e3779b97f4a7c15ULL;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

uint64_t SeededRandom::below(uint64_t bound) {
  return bound == 0 ? 0 : next() % bound;
}

void SeededRandom::fill(std::span<uint8_t> out) {
  while (!out.empty()) {
    const uint64_t word = next();
    const size_t n = std::min(out.size(), sizeof(word));
    std::memcpy(out.data(), &word, n);
    out = out.subspan(n);
  }
}

class SimTask final : public BackgroundTask {
 public:
  SimTask(SimExecutor* executor, int64_t interval_nanos, std::function<void()> pass)
      : executor_(executor), interval_(interval_nanos), pass_(std::move(pass)) {
    due_ = executor_->clock_->now() + interval_;
    executor_->tasks_.push_back(this);
  }
  ~SimTask() override { std::erase(executor_->tasks_, this); }
  void trigger() override { triggered_ = true; }
  void run_now() override { pass_(); }
  void set_interval(int64_t interval_nanos) override {
    interval_ = interval_nanos;
    due_ = executor_->clock_->now() + interval_;
  }

  bool periodic() const { return interval_ > 0; }
  int64_t due() const { return due_; }
  bool take_trigger() { return triggered_.exchange(false); }
  void run_due() {
    due_ += interval_;
    pass_();
  }

 private:
  SimExecutor* executor_;
  int64_t interval_;
  std::function<void()> pass_;
  int64_t due_ = 0;
  std::atomic<bool> triggered_{false};
};

std::unique_ptr<BackgroundTask> SimExecutor::start(int64_t interval_nanos,
                                                   std::function<void()> pass) {
  return std::make_unique<SimTask>(this, interval_nanos, std::move(pass));
}

void SimExecutor::run_triggered() {
  // A pass may trigger, start or stop tasks, so the list is looked at afresh each time.
  for (size_t i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i]->take_trigger()) {
      tasks_[i]->run_now();
      i = static_cast<size_t>(-1);
    }
  }
}

void SimExecutor::advance(int64_t nanos) {
  const int64_t end = clock_->now() + nanos;
  run_triggered();
  for (;;) {
    SimTask* next = nullptr;
    for (SimTask* task : tasks_) {
      if (task->periodic() && task->due() <= end &&
          (next == nullptr || task->due() < next->due())) {
        next = task;
      }
    }
    if (next == nullptr) break;
    clock_->set_now(std::max(clock_->now(), next->due()));
    next->run_due();
    run_triggered();
  }
  clock_->set_now(std::max(clock_->now(), end));
}

}  // namespace orrery::env
