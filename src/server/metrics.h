// Metrics: counters and gauges of a server, printed in Prometheus' text format. Thread-safe; adding
// to a counter costs one relaxed atomic operation.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.h"

namespace orrery::server {

/// Alone in its cache line: several threads count at once, each in others.
class alignas(64) Metric {
 public:
  void add(int64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  void set(int64_t n) { value_.store(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

enum class MetricKind : uint8_t { kCounter, kGauge };

class Metrics {
 public:
  /// A label and its value; "" where the metric has none.
  struct Label {
    std::string_view name;
    std::string_view value;
  };
  /// The same metric for the same name and label. Lives as long as the Metrics.
  Metric& metric(MetricKind kind, std::string_view name, std::string_view help, Label label = {});
  std::string to_text() const;

 private:
  struct Family {
    MetricKind kind;
    std::string help;
    std::map<std::string, std::unique_ptr<Metric>> members;  ///< by printed label
  };
  mutable Mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

/// What is counted for one database.
struct DatabaseMetrics {
  DatabaseMetrics(Metrics& all, std::string_view database);
  Metric& clients;
  Metric& clients_total;
  Metric& messages_in;
  Metric& messages_out;
  Metric& bytes_in;
  Metric& reducer_calls;
  Metric& reducer_failures;
  Metric& reducer_micros;
  Metric& energy;
  Metric& commits;
  Metric& subscriptions;
  Metric& dropped_slow;
  Metric& dropped_fast;
};

}  // namespace orrery::server
