// What a transport can be told, and what it counts. As values.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fdb/runtime/loop.h"

namespace orrery::fdb {

/// Times in nanoseconds. The defaults are those of FoundationDB's clients.
struct TransportOptions {
  /// A connection is asked for a sign of life this long after the last one ...
  int64_t ping_interval = kSecond;
  /// ... and is dead when not a byte came for this long after the question.
  int64_t ping_timeout = 2 * kSecond;
  /// For connecting and the TLS handshake.
  int64_t connect_timeout = 2 * kSecond;
  /// A connection without requests is closed after this.
  int64_t idle_timeout = 180 * kSecond;

  int64_t reconnect_delay_min = 50 * kMilli;
  int64_t reconnect_delay_max = 500 * kMilli;
  double reconnect_delay_growth = 1.2;
  /// A connection that lived this long lets the next one begin without more delay.
  int64_t reconnect_reset = 5 * kSecond;
  /// After a failed TLS handshake.
  int64_t tls_delay = 11 * kSecond;

  /// An address counts as failed when it has not been reached for this long ...
  int64_t failure_detection_delay = 4 * kSecond;
  /// ... or when its connections broke more often than this within that time.
  size_t broken_connections_max = 5;
  int64_t broken_connections_window = 30 * kSecond;
  /// A failed address is tried again after this, while anybody asked for it lately.
  int64_t failed_retry_interval = kSecond;
  int64_t interest = 60 * kSecond;

  /// Times above are multiplied by a random factor of at most 1 + or - this where many clients
  /// would act at once.
  double jitter = 0.1;
  /// Told to servers; above 1: shared by all transports of a process.
  uint64_t connection_id = 0;
};

/// Since the transport was made, over all peers.
struct TransportCounters {
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
  uint64_t requests = 0;
  uint64_t replies = 0;
  /// Replies that nobody waited for any more.
  uint64_t late_replies = 0;
  uint64_t connects_begun = 0;
  uint64_t connects_done = 0;
  uint64_t connections_broken = 0;
  uint64_t pings = 0;
  uint64_t unknown_endpoints = 0;
};

}  // namespace orrery::fdb
