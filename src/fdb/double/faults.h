// Faults: what goes wrong in the test double's cluster, told by the test while it runs.
//
// A fault waits for requests of its kind, passes over the first `skip` of them, and spoils the next
// `count`. Of several faults the one that was added first and still has requests to spoil takes a
// request. Part of the test double (see cluster.h). Thread-safety: the first group from any thread;
// match() under the cluster's mutex.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/sync.h"
#include "fdb/double/request.h"
#include "fdb/error.h"

namespace orrery::fdb::test_double {

enum class Spoil : uint8_t {
  kFail,            // answers `error`: in the reply where the kind has such a member, else instead
  kFailAtRoot,      // answers `error` instead of a reply
  kDropRequest,     // as if it had never come
  kDropReply,       // does what is asked and does not answer
  kCloseBefore,     // closes the connection instead of doing what is asked
  kCloseAfter,      // does what is asked and closes the connection instead of answering
  kDelayRequest,    // does what is asked `delay_nanos` later
  kDelayReply,      // answers `delay_nanos` after it was done
  kReorderReplies,  // keeps the answers back until there are `count`, then sends the last one first
  kRepeatReply,     // answers twice
  kWrongType,       // answers with a message of another type
  kUnknownToken,    // answers to a token that nobody listens to
  kBadChecksum,     // answers with a frame whose checksum is wrong
  kBadPayload,      // answers with a frame whose payload is no message
  kLongLength,      // answers with a frame that says that it is longer than frames may be
  kShortLength,     // answers with a frame that says that it is too short to be one
  kHalfFrame,       // sends half of the answer's frame, then closes the connection
};

struct Fault {
  Request request = Request::kEnd;
  Spoil spoil = Spoil::kFail;
  uint32_t count = 1;
  uint32_t skip = 0;
  Error error = error::success;
  int64_t delay_nanos = 0;
  /// Only what comes to this process.
  std::optional<ProcessId> process = {};
};

class Faults {
 public:
  explicit Faults(Mutex& mutex) : mutex_(mutex) {}

  void add(Fault fault);
  void fail_next(Request request, Error error, uint32_t count = 1);
  void drop_next(Request request, Spoil what = Spoil::kDropReply, uint32_t count = 1);
  /// Ends all faults that wait for requests.
  void clear();
  /// How many requests are yet to be spoilt.
  uint64_t left() const;

  // --- inside
  /// The fault that spoils this request, which is counted. Null: none; good until the next call.
  const Fault* match(Request request, ProcessId process);

 private:
  Mutex& mutex_;
  std::vector<Fault> faults_;
  /// Most requests are of kinds without faults.
  std::array<uint32_t, kRequestKinds> waiting_{};
  Fault matched_;
};

}  // namespace orrery::fdb::test_double
