// Input: a cluster file. What is read must be printed so that it is read again as the same, must
// survive blanks and comments, and must be found in a file as it is found in memory.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "env/simulated.h"
#include "fdb/cluster/cluster_file.h"

namespace {

using namespace orrery::fdb;

void check_printed(const ConnectionString& connection) {
  std::string printed = connection.to_string();
  Result<ConnectionString> again = ConnectionString::parse(printed);
  ORRERY_ASSERT(again && *again == connection);
  ORRERY_ASSERT(again->addresses() == connection.addresses());
  ORRERY_ASSERT(again->hostnames() == connection.hostnames());
  ORRERY_ASSERT(connection.coordinator_count() > 0);
  std::string dirty = "# a:b@c:1\n";
  for (char c : printed) (dirty += c) += " \t";
  Result<ConnectionString> cleaned = ConnectionString::parse(dirty + "\r#");
  ORRERY_ASSERT(cleaned && *cleaned == connection);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Result<ConnectionString> parsed = ConnectionString::parse(text);
  if (parsed) check_printed(*parsed);

  orrery::env::SimEnvironment machine(1);
  machine.files.load({{"/f", std::string(text)}});
  Result<ClusterFile> file = ClusterFile::open(machine.files, machine.random, "/f");
  ORRERY_ASSERT(file.has_value() == (parsed && size <= kClusterFileBytesMax));
  if (file) {
    ORRERY_ASSERT(file->connection() == *parsed && file->is_up_to_date());
    file->adopt(*ConnectionString::parse("a:b@c:1"));
    ORRERY_ASSERT(file->persist() && file->is_up_to_date());
  }
  (void)NetworkAddress::parse(text);
  return 0;
}
