#include "fdb/client/database.h"

#include <cstring>
#include <utility>

#include "fdb/client/database_state.h"
#include "fdb/transport/resolver.h"
#include "fdb/transport/system_dialer.h"

namespace orrery::fdb {

Result<Database> Database::open(const DatabaseSettings& settings) {
  const env::Environment& environment = env::system_environment();
  std::optional<ClusterFile> file;
  if (!settings.connection_string.empty()) {
    Result<ConnectionString> connection = ConnectionString::parse(settings.connection_string);
    if (!connection) return fail(connection.error());
    file = ClusterFile::in_memory(*std::move(connection));
  } else {
    const ClusterFilePath path =
        find_cluster_file(*environment.files, settings.cluster_file, cluster_file_variable());
    Result<ClusterFile> opened =
        ClusterFile::open(*environment.files, *environment.random, path.path);
    if (!opened) return fail(opened.error());
    file = *std::move(opened);
  }
  DatabaseState::Parts parts;
  parts.environment = environment;
  parts.api_version = settings.api_version;
  parts.loops = settings.loops < 1 ? 1 : settings.loops;
  parts.dialer = settings.dialer;
  parts.names = settings.names;
  if (parts.dialer == nullptr) {
    SystemDialer::Options options;
    options.tls = settings.tls;
    parts.dialer = std::make_shared<SystemDialer>(std::move(options), environment);
  }
  if (parts.names == nullptr) parts.names = std::make_shared<SystemNameLookup>();
  return Database(std::make_shared<DatabaseState>(std::move(parts), *file));
}

Status Database::run(const std::function<Status(Transaction&)>& body) const {
  Transaction tr = transaction();
  for (;;) {
    Status done = body(tr);
    if (done) done = tr.commit().get();
    if (done) return done;
    FDB_TRY(tr.on_error(done.error()).get());
  }
}

Status Database::set_option(DatabaseOption option, std::optional<std::string_view> value) {
  return state_->set_option(static_cast<int>(option), value);
}

Status Database::set_option(DatabaseOption option, int64_t value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  return set_option(option, std::string_view(bytes, sizeof bytes));
}

}  // namespace orrery::fdb
