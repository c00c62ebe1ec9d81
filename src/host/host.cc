#include "host/host.h"

#include <algorithm>
#include <map>
#include <utility>

#include "host/control_database.h"
#include "host/storage_folder.h"

namespace orrery::host {
namespace {

Error no_database(std::string_view name) {
  return Error(ErrorCode::kTableNotFound, "`" + std::string(name) + "` not found");
}
Error not_owner() {
  return Error(ErrorCode::kReadOnly, "only the owner of the database may do that");
}
Error locked() {
  return Error(ErrorCode::kDbLocked,
               "the database is locked against deletion and resetting; unlock it first");
}

class HostImpl final : public Host {
 public:
  HostImpl(HostOptions options, std::unique_ptr<ControlDatabase> control)
      : options_(std::move(options)), control_(std::move(control)) {}
  ~HostImpl() override { stop(); }

  Status open_all();

  const HostOptions& options() const override { return options_; }
  Result<DatabaseRecord> find(std::string_view name_or_identity) override;
  Result<std::shared_ptr<HostedDatabase>> database(std::string_view name_or_identity) override;
  std::vector<DatabaseRecord> databases() override;
  std::vector<types::Identity> databases_of(const types::Identity& owner) override;
  Result<PublishReport> publish(PublishRequest request) override;
  Result<UpdatePlan> plan_publish(std::string_view name_or_identity, std::string_view program,
                                  PlanStyle style) override;
  Status remove(std::string_view name_or_identity, const types::Identity& caller) override;
  Status reset(std::string_view name_or_identity, std::string program,
               const types::Identity& caller, EnvironmentUpdate environment) override;
  Status add_name(const types::Identity& database, std::string_view name,
                  const types::Identity& caller) override;
  Status set_names(const types::Identity& database, const std::vector<std::string>& names,
                   const types::Identity& caller) override;
  Status set_lock(std::string_view name_or_identity, DatabaseLock lock,
                  const types::Identity& caller) override;
  void on_opened(std::function<void(const std::shared_ptr<HostedDatabase>&)> told) override;
  void on_closing(std::function<void(const std::shared_ptr<HostedDatabase>&)> told) override;
  void stop() override;

 private:
  struct Open {
    std::shared_ptr<HostedDatabase> database;  ///< null: it did not come up
    std::string why;
  };
  using Told = std::function<void(const std::shared_ptr<HostedDatabase>&)>;

  Status remove_leftovers(const std::vector<DatabaseRecord>& records);
  Result<DatabaseRecord> owned(std::string_view name_or_identity, const types::Identity& caller);
  Result<std::shared_ptr<HostedDatabase>> running(const DatabaseRecord& record);
  Result<PublishReport> publish_over(const DatabaseRecord& record, PublishRequest request);
  Result<PublishReport> publish_new(PublishRequest request);
  types::Identity new_identity();
  void opened(const std::shared_ptr<HostedDatabase>& database);
  void close(const std::shared_ptr<HostedDatabase>& database);

  HostOptions options_;
  std::unique_ptr<ControlDatabase> control_;
  Mutex change_mutex_;  ///< held while databases are made, changed and removed
  mutable Mutex mutex_;
  std::map<types::Identity, Open> open_;
  Told on_opened_;
  Told on_closing_;
  bool stopped_ = false;
};

/// A new control database knows no databases: all that are there would be taken for leftovers.
Status check_control_is_there(const HostOptions& options) {
  if (options.storage == HostStorage::kMemory) return {};
  env::FileSystem& files = *options.environment.files;
  const std::string control = control_folder(options);
  const std::string folder = env::join_path(options.data_directory, "databases");
  if (files.exists(env::join_path(control, "MANIFEST")) || !files.exists(folder)) return {};
  ORRERY_TRY_ASSIGN(std::vector<env::DirEntry> entries, files.list_dir(folder));
  for (const env::DirEntry& entry : entries) {
    if (!types::Identity::parse(entry.name)) continue;
    return Error(ErrorCode::kCorruption,
                 "'" + control + "' is missing or empty, but there are databases in '" + folder +
                     "', whose names and owners stood there: put it back, or move them away");
  }
  return {};
}

/// Folders of databases that the control database does not know: of creations and deletions that a
/// crash interrupted.
Status HostImpl::remove_leftovers(const std::vector<DatabaseRecord>& records) {
  if (options_.storage == HostStorage::kMemory) return {};
  env::FileSystem& files = *options_.environment.files;
  const std::string folder = env::join_path(options_.data_directory, "databases");
  if (!files.exists(folder)) return {};
  ORRERY_TRY_ASSIGN(std::vector<env::DirEntry> entries, files.list_dir(folder));
  for (const env::DirEntry& entry : entries) {
    const std::optional<types::Identity> identity = types::Identity::parse(entry.name);
    if (entry.kind != env::FileKind::kDirectory || !identity) continue;
    const bool known = std::any_of(records.begin(), records.end(), [&](const DatabaseRecord& r) {
      return r.identity == *identity;
    });
    if (!known) ORRERY_TRY(remove_tree(files, env::join_path(folder, entry.name)));
  }
  return {};
}

Status HostImpl::open_all() {
  const std::vector<DatabaseRecord> records = control_->all();
  ORRERY_TRY(remove_leftovers(records));
  for (const DatabaseRecord& record : records) {
    Result<std::shared_ptr<HostedDatabase>> made = HostedDatabase::open(options_, record.identity);
    Open& open = open_[record.identity];
    if (made) {
      open.database = std::move(*made);
    } else {
      open.why = made.error().message();
      if (options_.on_trouble != nullptr) {
        const std::string name = record.names.empty() ? record.identity.to_hex() : record.names[0];
        options_.on_trouble("the database '" + name + "' cannot be opened: " + open.why);
      }
    }
  }
  return {};
}

Result<DatabaseRecord> HostImpl::find(std::string_view name_or_identity) {
  const std::optional<types::Identity> identity = types::Identity::parse(name_or_identity);
  std::optional<DatabaseRecord> found =
      identity ? control_->find(*identity) : control_->find_name(name_or_identity);
  if (!found) return no_database(name_or_identity);
  return *std::move(found);
}

Result<std::shared_ptr<HostedDatabase>> HostImpl::running(const DatabaseRecord& record) {
  LockGuard<Mutex> lock(mutex_);
  auto found = open_.find(record.identity);
  if (found == open_.end()) return no_database(record.identity.to_hex());
  if (found->second.database == nullptr) {
    return Error(ErrorCode::kReopenRequired,
                 "the database could not be opened: " + found->second.why);
  }
  return found->second.database;
}

Result<std::shared_ptr<HostedDatabase>> HostImpl::database(std::string_view name_or_identity) {
  if (const std::optional<types::Identity> identity = types::Identity::parse(name_or_identity)) {
    LockGuard<Mutex> lock(mutex_);
    auto found = open_.find(*identity);
    if (found != open_.end() && found->second.database != nullptr) return found->second.database;
  }
  ORRERY_TRY_ASSIGN(DatabaseRecord record, find(name_or_identity));
  return running(record);
}

std::vector<DatabaseRecord> HostImpl::databases() { return control_->all(); }

std::vector<types::Identity> HostImpl::databases_of(const types::Identity& owner) {
  std::vector<types::Identity> out;
  for (const DatabaseRecord& record : databases()) {
    if (record.owner == owner) out.push_back(record.identity);
  }
  return out;
}

Result<DatabaseRecord> HostImpl::owned(std::string_view name_or_identity,
                                       const types::Identity& caller) {
  ORRERY_TRY_ASSIGN(DatabaseRecord record, find(name_or_identity));
  if (record.owner != caller) return not_owner();
  return record;
}

types::Identity HostImpl::new_identity() {
  types::Digest random;
  options_.environment.random->fill(random.value);
  return types::Identity::from_claims("database", random.to_hex());
}

Result<PublishReport> HostImpl::publish_over(const DatabaseRecord& record,
                                             PublishRequest request) {
  if (record.owner != request.owner) return not_owner();
  PublishReport report;
  report.identity = record.identity;
  if (!record.names.empty()) report.name = record.names[0];
  if (!types::Identity::parse(request.name_or_identity)) report.name = request.name_or_identity;
  ORRERY_TRY_ASSIGN(std::shared_ptr<HostedDatabase> database, running(record));
  if (request.data == PublishRequest::Data::kClear) {
    if (record.locked) return locked();
    ORRERY_TRY(database->reset(std::move(request.program), std::move(request.environment)));
    report.changed = true;
    report.clients_disconnected = true;
    return report;
  }
  if (request.replaces && database->program_hash_hex() != request.replaces->to_hex()) {
    return Error(ErrorCode::kInvalidArgument,
                 "Database update rejected: the database was updated since this change was planned");
  }
  ORRERY_TRY_ASSIGN(UpdateReport update,
                    database->update(std::move(request.program), request.clients,
                                     std::move(request.environment)));
  report.changed = update.changed;
  report.clients_disconnected = update.clients_disconnected;
  report.seq = update.seq;
  return report;
}

Result<PublishReport> HostImpl::publish_new(PublishRequest request) {
  PublishReport report;
  DatabaseRecord record;
  if (!request.name_or_identity.empty()) {
    if (types::Identity::parse(request.name_or_identity)) {
      return no_database(request.name_or_identity);
    }
    ORRERY_TRY(check_database_name(request.name_or_identity));
    report.name = request.name_or_identity;
    record.names.push_back(request.name_or_identity);
  }
  record.identity = new_identity();
  record.owner = request.owner;
  record.initial_program = types::program_digest(request.program);
  ORRERY_TRY_ASSIGN(std::shared_ptr<HostedDatabase> database,
                    HostedDatabase::create(options_, record.identity, record.owner,
                                           std::move(request.program),
                                           std::move(request.environment)));
  if (Status added = control_->add(record); !added) {
    database->stop();
    database = nullptr;
    Status removed = remove_database_folder(options_, record.identity);
    return std::move(added).error();
  }
  {
    LockGuard<Mutex> lock(mutex_);
    open_[record.identity].database = database;
  }
  opened(database);
  report.identity = record.identity;
  report.created = true;
  report.changed = true;
  return report;
}

Result<PublishReport> HostImpl::publish(PublishRequest request) {
  LockGuard<Mutex> change(change_mutex_);
  if (stopped_) return Error(ErrorCode::kCancelled, "the server is shutting down");
  if (!request.name_or_identity.empty()) {
    Result<DatabaseRecord> record = find(request.name_or_identity);
    if (record) return publish_over(*record, std::move(request));
    if (record.error().code() != ErrorCode::kTableNotFound) return std::move(record).error();
  }
  return publish_new(std::move(request));
}

Result<UpdatePlan> HostImpl::plan_publish(std::string_view name_or_identity,
                                          std::string_view program, PlanStyle style) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<HostedDatabase> found, database(name_or_identity));
  return found->plan_update(program, style);
}

void HostImpl::opened(const std::shared_ptr<HostedDatabase>& database) {
  Told told;
  {
    LockGuard<Mutex> lock(mutex_);
    told = on_opened_;
  }
  if (told) told(database);
}

void HostImpl::close(const std::shared_ptr<HostedDatabase>& database) {
  Told told;
  {
    LockGuard<Mutex> lock(mutex_);
    told = on_closing_;
  }
  if (told) told(database);
  database->stop();
}

Status HostImpl::remove(std::string_view name_or_identity, const types::Identity& caller) {
  LockGuard<Mutex> change(change_mutex_);
  Result<DatabaseRecord> record = owned(name_or_identity, caller);
  if (!record) {
    if (record.error().code() == ErrorCode::kTableNotFound) return {};
    return std::move(record).error();
  }
  if (record->locked) return locked();
  std::shared_ptr<HostedDatabase> database;
  {
    LockGuard<Mutex> lock(mutex_);
    auto found = open_.find(record->identity);
    if (found != open_.end()) {
      database = std::move(found->second.database);
      open_.erase(found);
    }
  }
  // Without its record the folder is a leftover, which goes now or at the next start.
  ORRERY_TRY(control_->remove(record->identity));
  if (database != nullptr) close(database);
  database = nullptr;
  return remove_database_folder(options_, record->identity);
}

Status HostImpl::reset(std::string_view name_or_identity, std::string program,
                       const types::Identity& caller, EnvironmentUpdate environment) {
  LockGuard<Mutex> change(change_mutex_);
  ORRERY_TRY_ASSIGN(DatabaseRecord record, owned(name_or_identity, caller));
  if (record.locked) return locked();
  ORRERY_TRY_ASSIGN(std::shared_ptr<HostedDatabase> database, running(record));
  return database->reset(std::move(program), std::move(environment));
}

Status HostImpl::add_name(const types::Identity& database, std::string_view name,
                          const types::Identity& caller) {
  LockGuard<Mutex> change(change_mutex_);
  ORRERY_TRY(check_database_name(name));
  ORRERY_TRY_ASSIGN(DatabaseRecord record, owned(database.to_hex(), caller));
  for (const std::string& known : record.names) {
    if (known == name) return {};
  }
  record.names.emplace_back(name);
  return control_->set_names(record.identity, record.names);
}

Status HostImpl::set_names(const types::Identity& database, const std::vector<std::string>& names,
                           const types::Identity& caller) {
  LockGuard<Mutex> change(change_mutex_);
  for (const std::string& name : names) ORRERY_TRY(check_database_name(name));
  ORRERY_TRY_ASSIGN(DatabaseRecord record, owned(database.to_hex(), caller));
  return control_->set_names(record.identity, names);
}

Status HostImpl::set_lock(std::string_view name_or_identity, DatabaseLock lock,
                          const types::Identity& caller) {
  LockGuard<Mutex> change(change_mutex_);
  ORRERY_TRY_ASSIGN(DatabaseRecord record, owned(name_or_identity, caller));
  return control_->set_lock(record.identity, lock);
}

void HostImpl::on_opened(Told told) {
  std::vector<std::shared_ptr<HostedDatabase>> there;
  {
    LockGuard<Mutex> lock(mutex_);
    on_opened_ = told;
    for (const auto& [identity, open] : open_) {
      if (open.database != nullptr) there.push_back(open.database);
    }
  }
  for (const auto& database : there) told(database);
}

void HostImpl::on_closing(Told told) {
  LockGuard<Mutex> lock(mutex_);
  on_closing_ = std::move(told);
}

void HostImpl::stop() {
  LockGuard<Mutex> change(change_mutex_);
  if (stopped_) return;
  stopped_ = true;
  std::map<types::Identity, Open> open;
  {
    LockGuard<Mutex> lock(mutex_);
    open.swap(open_);
  }
  for (auto& [identity, one] : open) {
    if (one.database != nullptr) close(one.database);
  }
}

}  // namespace

Status check_database_name(std::string_view name) {
  auto bad = [&](std::string_view why) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid database name `" + std::string(name) + "`: " + std::string(why));
  };
  if (name.empty()) return bad("it is empty");
  if (types::Identity::parse(name)) return bad("it looks like an identity");
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) continue;
    if (c != '-') return bad("only lowercase letters, digits and hyphens may be in it");
    if (i == 0 || i + 1 == name.size() || name[i + 1] == '-') {
      return bad("a hyphen stands only between letters and digits");
    }
  }
  return {};
}

Result<std::unique_ptr<Host>> Host::open(HostOptions options) {
  if (options.storage == HostStorage::kFiles) {
    ORRERY_TRY(options.environment.files->create_dirs(options.data_directory));
  }
  if (options.runtime == nullptr) {
    const std::string cache =
        options.storage == HostStorage::kFiles ? cache_folder(options) : std::string();
    ORRERY_TRY_ASSIGN(options.runtime,
                      make_wasm_runtime(options.environment, cache, options.limits));
  }
  ORRERY_TRY(check_control_is_there(options));
  ORRERY_TRY_ASSIGN(std::unique_ptr<ControlDatabase> control, ControlDatabase::open(options));
  auto host = std::make_unique<HostImpl>(std::move(options), std::move(control));
  ORRERY_TRY(host->open_all());
  return std::unique_ptr<Host>(std::move(host));
}

}  // namespace orrery::host
