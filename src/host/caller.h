// Who calls a module, and what came of it.
#pragma once

#include <cstdint>
#include <string>

#include "storage/schema.h"
#include "types/identity.h"

namespace orrery::host {

/// Connection zero: none (scheduled calls, init, HTTP calls get one of their own).
struct Caller {
  types::Identity identity;
  types::ConnectionId connection;
};

enum class CallStatus : uint8_t {
  kOk,
  kUserError,       ///< the function returned an error; rolled back
  kInternalError,   ///< trap, unknown return code, failing view; rolled back, details in the log
  kOutOfEnergy,     ///< ran into its limit of time or memory; rolled back
  kNoSuchFunction,  ///< unknown, or not for this caller
  kBadArguments,    ///< they do not decode as the parameters' types
  kLifecycle,       ///< lifecycle reducers cannot be called
  kStopped,         ///< the database is shutting down or gone
};

struct CallOutcome {
  CallStatus status = CallStatus::kOk;
  std::string message;           ///< where status is not kOk, for the caller
  std::string value;             ///< BSATN, of procedures
  int64_t timestamp_micros = 0;  ///< that the function was given
  int64_t execution_micros = 0;
  uint64_t energy = 0;  ///< of the time it took (see host/energy.h)
  storage::CommitSeq seq = 0;  ///< of its commit; what durability is asked for
};

}  // namespace orrery::host
