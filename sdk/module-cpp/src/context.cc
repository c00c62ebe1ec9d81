// What contexts reach: the random numbers and UUIDs of the call, transactions of procedures, the database's identity.
#include "spacetimedb/contexts.h"

#include "spacetimedb/abi.h"
#include "call.h"

namespace SpacetimeDB {
namespace detail {
namespace {

struct CallRandom {
  StdbRng* rng = nullptr;  // made at first use and kept; seeded again per call
  bool seeded = false;
  uint32_t uuid_counter = 0;
};
CallRandom call_random;
int64_t call_timestamp = 0;

}  // namespace

void begin_call(int64_t timestamp) {
  rows_changed();
  call_timestamp = timestamp;
  call_random.seeded = false;
  call_random.uuid_counter = 0;
}

StdbRng& call_rng(Timestamp seed) {
  if (!call_random.seeded) {
    if (call_random.rng == nullptr) {
      call_random.rng = new StdbRng(seed);
    } else {
      *call_random.rng = StdbRng(seed);
    }
    call_random.seeded = true;
  }
  return *call_random.rng;
}

Uuid call_uuid_v4(Timestamp seed) {
  std::array<uint8_t, 16> bytes;
  call_rng(seed).fill_bytes(bytes.data(), bytes.size());
  return Uuid::from_random_bytes_v4(bytes);
}

Uuid call_uuid_v7(Timestamp seed) {
  std::array<uint8_t, 4> bytes;
  call_rng(seed).fill_bytes(bytes.data(), bytes.size());
  return Uuid::from_counter_v7(call_random.uuid_counter, seed, bytes);
}

Identity database_identity() {
  Identity::ByteArray bytes;
  host::identity(bytes.data());
  return Identity(bytes);
}

Timestamp begin_transaction() {
  int64_t micros = 0;
  const uint32_t status = host::procedure_start_mut_tx(&micros);
  if (status != StatusCode::OK) fail_status("a transaction cannot be started", nullptr, status);
  return Timestamp(micros);
}
bool commit_transaction() { return host::procedure_commit_mut_tx() == StatusCode::OK; }
void abort_transaction() {
  const uint32_t status = host::procedure_abort_mut_tx();
  if (status != StatusCode::OK) fail_status("a transaction cannot be aborted", nullptr, status);
}
void transaction_refused() { fail("a transaction was refused twice"); }

}  // namespace detail

Timestamp Timestamp::now() { return Timestamp(detail::call_timestamp); }

void ProcedureContext::sleep_until(Timestamp wake_at) {
  timestamp = Timestamp(detail::host::procedure_sleep_until(wake_at.micros_since_epoch()));
}

}  // namespace SpacetimeDB
