#include "server/metrics.h"

namespace orrery::server {
namespace {

void append_escaped(std::string_view text, std::string* out) {
  for (char c : text) {
    if (c == '\\' || c == '"') out->push_back('\\');
    if (c == '\n') {
      *out += "\\n";
    } else {
      out->push_back(c);
    }
  }
}

}  // namespace

Metric& Metrics::metric(MetricKind kind, std::string_view name, std::string_view help,
                        Label label) {
  std::string key;
  if (!label.name.empty()) {
    key = "{" + std::string(label.name) + "=\"";
    append_escaped(label.value, &key);
    key += "\"}";
  }
  LockGuard<Mutex> guard(mutex_);
  auto family = families_.find(name);
  if (family == families_.end()) {
    family = families_.emplace(std::string(name), Family{kind, std::string(help), {}}).first;
  }
  auto& member = family->second.members[key];
  if (member == nullptr) member = std::make_unique<Metric>();
  return *member;
}

std::string Metrics::to_text() const {
  LockGuard<Mutex> guard(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += "# HELP " + name + " " + family.help + "\n";
    out += "# TYPE " + name + (family.kind == MetricKind::kCounter ? " counter\n" : " gauge\n");
    for (const auto& [label, metric] : family.members) {
      out += name + label + " " + std::to_string(metric->value()) + "\n";
    }
  }
  return out;
}

namespace {
Metric& of(Metrics& all, MetricKind kind, std::string_view name, std::string_view help,
           std::string_view database) {
  return all.metric(kind, name, help, {"database", database});
}
}  // namespace

DatabaseMetrics::DatabaseMetrics(Metrics& all, std::string_view db)
    : clients(of(all, MetricKind::kGauge, "orrery_ws_clients", "Connected clients.", db)),
      clients_total(
          of(all, MetricKind::kCounter, "orrery_ws_clients_total", "Clients that connected.", db)),
      messages_in(of(all, MetricKind::kCounter, "orrery_ws_messages_received_total",
                     "Messages from clients.", db)),
      messages_out(of(all, MetricKind::kCounter, "orrery_ws_messages_sent_total",
                      "Messages queued for clients.", db)),
      bytes_in(of(all, MetricKind::kCounter, "orrery_ws_received_bytes_total",
                  "Bytes of messages from clients.", db)),
      reducer_calls(of(all, MetricKind::kCounter, "orrery_reducer_calls_total",
                       "Reducers called by clients.", db)),
      reducer_failures(of(all, MetricKind::kCounter, "orrery_reducer_failures_total",
                          "Of these, those that did not commit.", db)),
      reducer_micros(of(all, MetricKind::kCounter, "orrery_reducer_microseconds_total",
                        "Time spent in them.", db)),
      energy(of(all, MetricKind::kCounter, "reducer_wasmtime_fuel_used", "Fuel that reducers used.",
                db)),
      commits(of(all, MetricKind::kCounter, "orrery_commits_total",
                 "Commits that subscriptions were evaluated for.", db)),
      subscriptions(of(all, MetricKind::kGauge, "orrery_subscription_plans",
                       "Distinct queries that are subscribed to.", db)),
      dropped_slow(of(all, MetricKind::kCounter, "orrery_ws_clients_dropped_slow_total",
                      "Clients dropped because they did not keep up reading.", db)),
      dropped_fast(of(all, MetricKind::kCounter, "orrery_ws_clients_dropped_fast_total",
                      "Clients dropped because they sent too much.", db)) {}

}  // namespace orrery::server
