// Registry: the databases that are open in this process, by the exact text of their DSN, so that
// opening the same text again shares engine and session while any handle of it lives. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "engine/session.h"
#include "env/environment.h"
#include "storage/durability/durable_store.h"

namespace orrery::engine {

/// memory:// (without a name) is a database of its own each time. Where the last user of the same
/// text is just closing the database, or another caller is opening it, waits for that; opening one
/// database keeps nobody waiting who opens another. `on_recovery`, where given, is told now and
/// then how far the recovery of a database that takes long is.
using RecoveryListener = std::function<void(const storage::RecoveryProgress&)>;
Result<std::shared_ptr<Session>> open_session(
    std::string_view dsn, const env::Environment& environment = env::system_environment(),
    RecoveryListener on_recovery = nullptr);
/// A database in memory that nothing else can reach.
Result<std::shared_ptr<Session>> open_memory_session(
    const env::Environment& environment = env::system_environment());

/// How many DSNs are open; for tests.
size_t registered_database_count();

}  // namespace orrery::engine
