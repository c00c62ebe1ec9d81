#include "host/control_database.h"

#include <algorithm>
#include <utility>

#include "host/storage_folder.h"
#include "types/cast.h"

namespace orrery::host {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE IF NOT EXISTS databases (identity TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, "
    "program TEXT NOT NULL, locked TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS database_names (name TEXT NOT NULL UNIQUE, identity TEXT NOT NULL, "
    "place TEXT NOT NULL)",
};
constexpr std::string_view kAll = "SELECT identity, owner, program, locked FROM databases";

Error damaged(std::string_view what) {
  return Error(ErrorCode::kCorruption, "the control database holds a bad " + std::string(what));
}

}  // namespace

Result<std::unique_ptr<ControlDatabase>> ControlDatabase::open(const HostOptions& options) {
  engine::DatabaseOptions database;
  if (options.storage == HostStorage::kFiles) {
    database.kind = engine::StorageKind::kFile;
    database.path = control_folder(options);
    database.durability.sync_mode = storage::SyncMode::kFull;
  }
  ORRERY_TRY_ASSIGN(std::shared_ptr<engine::Database> opened,
                    engine::Database::open(database, options.environment));
  auto session = std::make_shared<engine::Session>(std::move(opened));
  for (std::string_view sql : kTables) {
    ORRERY_TRY_ASSIGN([[maybe_unused]] uint64_t rows, session->execute(sql));
  }
  std::unique_ptr<ControlDatabase> out(new ControlDatabase(std::move(session)));
  ORRERY_TRY(out->load());
  return out;
}

Status ControlDatabase::load() {
  ORRERY_TRY_ASSIGN(auto found, rows(kAll, {}));
  for (const std::vector<std::string>& row : found) {
    ORRERY_TRY_ASSIGN(DatabaseRecord record, record_of(row));
    for (const std::string& name : record.names) names_.emplace(name, record.identity);
    records_.emplace(record.identity, std::move(record));
  }
  return {};
}

Status ControlDatabase::run(std::string_view sql, std::vector<std::string> parameters) {
  std::vector<types::Datum> values;
  for (const std::string& text : parameters) values.push_back(types::Datum::text(text));
  ORRERY_TRY_ASSIGN([[maybe_unused]] uint64_t affected,
                    session_->execute(sql, engine::Parameters(values)));
  return {};
}

Result<std::vector<std::vector<std::string>>> ControlDatabase::rows(
    std::string_view sql, std::vector<std::string> parameters) {
  std::vector<types::Datum> values;
  for (const std::string& text : parameters) values.push_back(types::Datum::text(text));
  ORRERY_TRY_ASSIGN(engine::Rows rows, session_->query(sql, engine::Parameters(values)));
  std::vector<std::vector<std::string>> out;
  for (;;) {
    ORRERY_TRY_ASSIGN(bool more, rows.next());
    if (!more) return out;
    std::vector<std::string>& row = out.emplace_back();
    for (uint32_t i = 0; i < rows.columns().size(); ++i) {
      const types::Datum cell = rows.cell(i);
      std::string text;
      if (!cell.is_null()) types::append_text(cell, &text);
      row.push_back(std::move(text));
    }
  }
}

template <class Body>
Status ControlDatabase::in_transaction(Body&& body) {
  ORRERY_TRY(run("BEGIN", {}));
  Status done = body();
  if (done) return run("COMMIT", {});
  Status undone = run("ROLLBACK", {});
  return done;
}

Result<DatabaseRecord> ControlDatabase::record_of(const std::vector<std::string>& row) {
  DatabaseRecord out;
  const std::optional<types::Identity> identity = types::Identity::parse(row[0]);
  const std::optional<types::Identity> owner = types::Identity::parse(row[1]);
  const std::optional<types::Digest> program = types::Digest::parse(row[2]);
  if (!identity || !owner || !program) return damaged("identity or hash");
  out.identity = *identity;
  out.owner = *owner;
  out.initial_program = *program;
  out.locked = row[3] == "1";
  ORRERY_TRY_ASSIGN(
      auto names,
      rows("SELECT name FROM database_names WHERE identity = ? ORDER BY place", {row[0]}));
  for (std::vector<std::string>& name : names) out.names.push_back(std::move(name[0]));
  return out;
}

std::vector<DatabaseRecord> ControlDatabase::all() const {
  LockGuard<Mutex> lock(mutex_);
  std::vector<DatabaseRecord> out;
  for (const auto& [identity, record] : records_) out.push_back(record);
  return out;
}

std::optional<DatabaseRecord> ControlDatabase::find(const types::Identity& identity) const {
  LockGuard<Mutex> lock(mutex_);
  auto found = records_.find(identity);
  return found == records_.end() ? std::nullopt : std::optional<DatabaseRecord>(found->second);
}

std::optional<DatabaseRecord> ControlDatabase::find_name(std::string_view name) const {
  LockGuard<Mutex> lock(mutex_);
  auto found = names_.find(name);
  if (found == names_.end()) return std::nullopt;
  return records_.find(found->second)->second;
}

void ControlDatabase::forget_names(const DatabaseRecord& record) {
  for (const std::string& name : record.names) names_.erase(name);
}

Status ControlDatabase::add_names(const types::Identity& identity,
                                  const std::vector<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    // As text that orders like the number.
    std::string place = std::to_string(i);
    place.insert(0, 10 - std::min<size_t>(place.size(), 10), '0');
    ORRERY_TRY(run("INSERT INTO database_names VALUES (?, ?, ?)",
                   {names[i], identity.to_hex(), std::move(place)}));
  }
  return {};
}

Status ControlDatabase::add(const DatabaseRecord& record) {
  LockGuard<Mutex> change(change_mutex_);
  ORRERY_TRY(in_transaction([&]() -> Status {
    ORRERY_TRY(run("INSERT INTO databases VALUES (?, ?, ?, '0')",
                   {record.identity.to_hex(), record.owner.to_hex(),
                    record.initial_program.to_hex()}));
    return add_names(record.identity, record.names);
  }));
  LockGuard<Mutex> lock(mutex_);
  for (const std::string& name : record.names) names_.emplace(name, record.identity);
  records_.emplace(record.identity, record);
  return {};
}

Status ControlDatabase::remove(const types::Identity& identity) {
  LockGuard<Mutex> change(change_mutex_);
  ORRERY_TRY(in_transaction([&]() -> Status {
    ORRERY_TRY(run("DELETE FROM databases WHERE identity = ?", {identity.to_hex()}));
    return run("DELETE FROM database_names WHERE identity = ?", {identity.to_hex()});
  }));
  LockGuard<Mutex> lock(mutex_);
  auto found = records_.find(identity);
  if (found == records_.end()) return {};
  forget_names(found->second);
  records_.erase(found);
  return {};
}

Status ControlDatabase::set_names(const types::Identity& identity,
                                  const std::vector<std::string>& names) {
  LockGuard<Mutex> change(change_mutex_);
  ORRERY_TRY(in_transaction([&]() -> Status {
    ORRERY_TRY(run("DELETE FROM database_names WHERE identity = ?", {identity.to_hex()}));
    return add_names(identity, names);
  }));
  LockGuard<Mutex> lock(mutex_);
  auto found = records_.find(identity);
  if (found == records_.end()) return {};
  forget_names(found->second);
  found->second.names = names;
  for (const std::string& name : names) names_.emplace(name, identity);
  return {};
}

Status ControlDatabase::set_lock(const types::Identity& identity, DatabaseLock lock) {
  LockGuard<Mutex> change(change_mutex_);
  const bool locked = lock == DatabaseLock::kLocked;
  ORRERY_TRY(run("UPDATE databases SET locked = ? WHERE identity = ?",
                 {locked ? "1" : "0", identity.to_hex()}));
  LockGuard<Mutex> guard(mutex_);
  auto found = records_.find(identity);
  if (found != records_.end()) found->second.locked = locked;
  return {};
}

}  // namespace orrery::host
