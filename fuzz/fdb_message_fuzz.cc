// Input: a payload of FoundationDB's protocol, told by its file identifier, or else a value stored in a database. Decoding
// is an error or a value, and a value is the same after it was written and read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "fdb/wire/all_messages_for_test.h"
#include "fdb/wire/hostile_payload_for_test.h"

namespace {

using namespace orrery::fdb;
using namespace orrery::fdb::wire;

bool check_message(std::string_view payload) {
  bool known = false;
  auto check = [&]<class M>(std::type_identity<M>) {
    if (payload_file_id(payload) != M::kFileId) return;
    known = true;
    ORRERY_ASSERT(check_hostile<M>(payload));
  };
  for_each_message(AllRequests(), check);
  for_each_message(OtherMessages(), check);
  for_each_message(AllReplies(), [&]<class M>(std::type_identity<M>) {
    if (payload_file_id(payload) != reply_file_id(M::kFileId)) return;
    known = true;
    ORRERY_ASSERT(check_hostile_reply<M>(payload));
  });
  return known;
}

void check_stored_values(std::string_view value) {
  if (auto metrics = HealthMetrics::parse(value)) {
    // Numbers that are none equal nothing: compared as bytes.
    auto again = HealthMetrics::parse(metrics->serialize());
    ORRERY_ASSERT(again && again->serialize() == metrics->serialize());
  }
  if (auto worker = unpack_worker(value)) {
    auto again = unpack_worker(pack_worker(*worker));
    ORRERY_ASSERT(again && *again == *worker);
  }
  (void)KeyServers::parse(value);
  (void)IdempotencyRow::parse(value);
  (void)parse_server_tag(value);
  (void)parse_lock(value);
  (void)decode_versioned<TenantMapEntry>(value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (!check_message(input)) check_stored_values(input);
  return 0;
}
