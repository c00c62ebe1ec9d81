// Input: steps of a script for the probe module, each a byte that picks the import and bytes that
// pick its arguments. Whatever a module calls with whatever arguments, the call ends with an
// outcome and the next instance works.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/assert.h"
#include "host/abi/probe_for_test.h"
#include "storage/transaction.h"

namespace {

using namespace orrery;

struct World {
  host::ProbeTables data;
  host::TestHost host;
  std::shared_ptr<host::LoadedModule> module;
  std::unique_ptr<host::ModuleInstance> instance;

  World() {
    auto loaded = host::test_runtime().load(host::probe_program());
    ORRERY_ASSERT(loaded.has_value());
    module = *std::move(loaded);
    renew();
  }
  void renew() {
    auto made = module->instantiate(host);
    ORRERY_ASSERT(made.has_value());
    instance = *std::move(made);
  }
};

/// An argument: small numbers, ids of what there is, addresses in and around the script.
uint32_t argument(uint8_t byte, const host::BoundTables& tables) {
  constexpr uint32_t kBase = host::Script::kBase;
  if (byte < 24) return byte;
  if (byte == 24) return tables.find_table("item")->id;
  if (byte == 25) return tables.find_table("note")->id;
  if (byte == 26) return tables.find_index("item_id")->id;
  if (byte == 27) return tables.find_index("item_name")->id;
  if (byte == 28) return tables.find_index("item_n")->id;
  if (byte == 29) return UINT32_MAX;
  if (byte == 30) return (8u << 20) - 4;
  if (byte == 31) return 64;
  return kBase + host::Script::kDataAt + (byte - 32u) * 2;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static World& world = *new World();
  constexpr size_t kStepBytes = 10;
  constexpr size_t kStepsMax = 60;
  constexpr uint8_t kImports = 61;
  host::Script script;
  // The data are the input itself, and some bytes that imports like.
  script.data(std::string(reinterpret_cast<const char*>(bytes), size < 400 ? size : 400));
  script.data(std::string("\x04\0\0\0item\x07\0\0\0Item_id", 19));
  script.room(64);
  size_t steps = 0;
  for (size_t at = 0; at + kStepBytes <= size && steps < kStepsMax; at += kStepBytes, ++steps) {
    const uint8_t import = bytes[at] % kImports;
    const uint32_t step = script.step(static_cast<host::Import>(import), {});
    std::vector<uint32_t> arguments;
    for (size_t i = 1; i < kStepBytes; ++i) {
      arguments.push_back(argument(bytes[at + i], *world.data.tables));
    }
    // A trap of the probe's own would only end the script.
    if (static_cast<host::Import>(import) == host::Import::kCopy) {
      arguments[0] = host::Script::kBase + host::Script::kDataAt + arguments[0] % 256;
      arguments[1] = host::Script::kBase + host::Script::kDataAt + arguments[1] % 256;
    }
    script.set_arguments(step, arguments);
  }
  auto transaction = world.data.store.begin(storage::Isolation::kSnapshot);
  host::GuestCall call;
  call.tables = world.data.tables.get();
  call.transaction = transaction.get();
  call.function = "fuzz";
  const host::GuestOutcome outcome = world.instance->call_view(call, 0, nullptr, script.bytes());
  ORRERY_ASSERT(outcome.status == host::GuestStatus::kOk || !outcome.message.empty());
  transaction->rollback();
  world.host.scheduled.clear();
  if (world.instance->broken()) world.renew();
  return 0;
}
