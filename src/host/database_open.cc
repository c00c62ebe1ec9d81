// Making, opening and stopping a database.
#include <utility>

#include "host/database_impl.h"
#include "host/durable_waiters.h"
#include "host/storage_folder.h"
#include "host/system_tables.h"
#include "host/table_setup.h"
#include "storage/datastore.h"

namespace orrery::host {
namespace {

engine::DatabaseOptions engine_options(const HostOptions& options, const DatabaseFolder& folder) {
  engine::DatabaseOptions out;
  out.durability = options.durability;
  out.memory_limit_bytes = options.sql_memory_bytes_max;
  if (options.storage == HostStorage::kFiles) {
    out.kind = engine::StorageKind::kFile;
    out.path = folder.data;
  }
  return out;
}

/// Everything but the module: files, log.
Result<std::shared_ptr<DatabaseImpl>> open_files(const HostOptions& options,
                                                 const types::Identity& identity) {
  if (options.runtime == nullptr) {
    return Error(ErrorCode::kInvalidArgument, "a database needs something to run modules");
  }
  const DatabaseFolder folder = database_folder(options, identity);
  ORRERY_TRY_ASSIGN(
      std::shared_ptr<engine::Database> engine,
      engine::Database::open(engine_options(options, folder), options.environment));
  ORRERY_TRY_ASSIGN(std::unique_ptr<ModuleLog> log,
                    ModuleLog::open(options.environment, folder.logs));
  return std::make_shared<DatabaseImpl>(options, identity, std::move(engine), std::move(log));
}

Error stopping() { return Error(ErrorCode::kCancelled, "the database is shutting down"); }

}  // namespace

Result<std::shared_ptr<HostedDatabase>> HostedDatabase::create(const HostOptions& options,
                                                               const types::Identity& identity,
                                                               const types::Identity& owner,
                                                               std::string program,
                                                               EnvironmentUpdate environment) {
  // What an interrupted creation left is nobody's.
  ORRERY_TRY(remove_database_folder(options, identity));
  Status made;
  {
    ORRERY_TRY_ASSIGN(std::shared_ptr<DatabaseImpl> database, open_files(options, identity));
    made = database->create(owner, std::move(program), std::move(environment));
    if (made) return std::shared_ptr<HostedDatabase>(std::move(database));
    database->stop();
  }
  ORRERY_TRY(remove_database_folder(options, identity));
  return std::move(made).error();
}

Result<std::shared_ptr<HostedDatabase>> HostedDatabase::open(const HostOptions& options,
                                                             const types::Identity& identity) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<DatabaseImpl> database, open_files(options, identity));
  if (Status opened = database->open(); !opened) {
    database->stop();
    return std::move(opened).error();
  }
  return std::shared_ptr<HostedDatabase>(std::move(database));
}

DatabaseImpl::DatabaseImpl(const HostOptions& options, const types::Identity& identity,
                           std::shared_ptr<engine::Database> engine,
                           std::unique_ptr<ModuleLog> log)
    : options_(options),
      identity_(identity),
      engine_(std::move(engine)),
      store_(engine_->store()),
      log_(std::move(log)),
      guest_host_(*this),
      quick_clock_(*options.environment.clock),
      durable_(std::make_unique<DurableWaiters>(store_)),
      lane_(*options.environment.clock, options.lane_tasks_max),
      scheduler_(lane_, *options.environment.clock,
                 [this](const Scheduler::Firing& firing) { run_scheduled(firing); }),
      procedures_(std::make_unique<ProcedurePool>(*this, options.procedure_instances,
                                                  options.procedures_waiting_max)),
      opened_nanos_(options.environment.clock->monotonic_nanos()) {
  evaluate_ = [this](storage::Transaction& transaction, ViewInstances::Instance& instance,
                     ReadSet* reads) { return evaluate_view(transaction, instance, reads); };
}

DatabaseImpl::~DatabaseImpl() { stop(); }

std::shared_ptr<const Generation> DatabaseImpl::generation() const {
  LockGuard<Mutex> lock(generation_mutex_);
  return generation_;
}

std::shared_ptr<const schema::ModuleDef> DatabaseImpl::definition() const {
  const std::shared_ptr<const Generation> now = generation();
  return now == nullptr ? nullptr : now->shared_definition();
}

std::string DatabaseImpl::program_hash_hex() const {
  const std::shared_ptr<const Generation> now = generation();
  return now == nullptr ? std::string() : now->hash().to_hex();
}

/// The module that runs from here on.
void DatabaseImpl::install(std::shared_ptr<const Generation> generation) {
  main_ = nullptr;
  call_transaction_ = nullptr;  // it may hold tables that are gone
  views_.reset(generation == nullptr ? nullptr : generation->shared_tables());
  current_ = generation.get();
  std::shared_ptr<const Generation> before;
  {
    LockGuard<Mutex> lock(generation_mutex_);
    before = std::exchange(generation_, generation);
  }
}

void DatabaseImpl::arm_schedules() {
  const storage::ReadViewHandle view = store_->read_view();
  scheduler_.arm_all(current_->shared_tables(), view.view());
}

void DatabaseImpl::adopt(std::shared_ptr<const Generation> generation) {
  install(std::move(generation));
  if (current_ != nullptr) arm_schedules();
}

Status DatabaseImpl::initialise(storage::Transaction& transaction, const types::Identity& owner,
                                std::string_view program, const CheckedProgram& checked,
                                const EnvironmentUpdate& environment,
                                std::shared_ptr<const Generation>* made) {
  ORRERY_TRY_ASSIGN(EnvironmentMap values,
                    updated_environment({}, environment, *checked.definition));
  transaction.begin_statement();
  auto write = [&]() -> Status {
    ORRERY_TRY(create_tables(transaction, *checked.definition));
    ORRERY_TRY(describe_module(transaction, *checked.definition));
    ModuleRecord record;
    record.database = identity_;
    record.owner = owner;
    record.program_hash = checked.hash;
    record.program = program;
    ORRERY_TRY(set_module_record(transaction, record));
    ORRERY_TRY(store_environment(transaction, values));
    return transaction.end_statement();
  };
  if (Status written = write(); !written) {
    transaction.abort_statement();
    return written;
  }
  published_.set(std::move(values), *checked.definition);
  ORRERY_TRY_ASSIGN(*made, Generation::make(checked, transaction.catalog()));
  const CallableFunction* init = (*made)->lifecycle_reducer(schema::Lifecycle::kInit);
  if (init == nullptr) return {};
  ORRERY_TRY_ASSIGN(std::unique_ptr<ModuleInstance> instance,
                    checked.module->instantiate(guest_host_));
  GuestCall call;
  call.tables = &(*made)->tables();
  call.transaction = &transaction;
  call.function = init->name;
  Caller caller;
  caller.identity = owner;
  GuestOutcome outcome = instance->call_reducer(call, init->id, caller, now_micros(), {});
  if (outcome.status == GuestStatus::kOk) return {};
  log_failure(init->name, outcome);
  return Error(ErrorCode::kInvalidArgument,
               "the init reducer failed: " + (outcome.status == GuestStatus::kUserError
                                                  ? outcome.message
                                                  : std::string(kFatalError)));
}

Status DatabaseImpl::create_on_lane(const types::Identity& owner, std::string_view program,
                                    CheckedProgram checked,
                                    const EnvironmentUpdate& environment) {
  std::unique_ptr<storage::Transaction> transaction = begin();
  transaction->begin_statement();
  Status made = create_system_tables(*transaction);
  if (made) made = transaction->end_statement();
  std::shared_ptr<const Generation> generation;
  if (made) made = initialise(*transaction, owner, program, checked, environment, &generation);
  if (!made) {
    generation = nullptr;
    transaction->rollback();
    return made;
  }
  // Of definitions: it waits until it is on the device.
  ORRERY_TRY_ASSIGN([[maybe_unused]] storage::CommitSeq seq, transaction->commit());
  adopt(std::move(generation));
  arm_view_timer();
  log_->system(LogLevel::kInfo, "Database initialised");
  return {};
}

Status DatabaseImpl::create(const types::Identity& owner, std::string program,
                            EnvironmentUpdate environment) {
  owner_ = owner;
  ORRERY_TRY_ASSIGN(CheckedProgram checked,
                    check_program(*options_.runtime, guest_host_, program, publish_checks()));
  Status done = stopping();
  lane_.run([&] { done = create_on_lane(owner, program, std::move(checked), environment); });
  return done;
}

Status DatabaseImpl::disconnect_leftovers() {
  std::unique_ptr<storage::Transaction> transaction = begin();
  ORRERY_TRY_ASSIGN(std::vector<Caller> left, clients(*transaction));
  transaction->rollback();
  for (const Caller& client : left) {
    const CallOutcome outcome = disconnect_on_lane(client);
    if (outcome.status != CallStatus::kOk) {
      log_->system(LogLevel::kWarn, "client_disconnected after a restart: " + outcome.message);
    }
  }
  return {};
}

Status DatabaseImpl::open_on_lane(CheckedProgram checked) {
  ORRERY_TRY_ASSIGN(std::shared_ptr<const Generation> generation,
                    Generation::make(std::move(checked), store_->catalog()));
  // Nobody uses a view yet, so no rows of views may be there.
  std::unique_ptr<storage::Transaction> transaction = begin();
  ORRERY_TRY(clear_views(*transaction, generation->tables()));
  ORRERY_TRY_ASSIGN([[maybe_unused]] storage::CommitSeq seq,
                    transaction->commit_unsynced(nullptr));
  transaction = nullptr;
  main_ = nullptr;
  views_.reset(generation->shared_tables());
  current_ = generation.get();
  {
    LockGuard<Mutex> lock(generation_mutex_);
    generation_ = generation;
  }
  ORRERY_TRY(disconnect_leftovers());
  adopt(std::move(generation));
  arm_view_timer();
  return {};
}

Status DatabaseImpl::open() {
  std::unique_ptr<storage::Transaction> transaction = begin();
  ORRERY_TRY_ASSIGN(ModuleRecord record, module_record(*transaction));
  ORRERY_TRY_ASSIGN(EnvironmentMap values, stored_environment(*transaction));
  transaction->rollback();
  transaction = nullptr;
  if (record.database != identity_) {
    return Error(ErrorCode::kCorruption,
                 "the files are those of database " + record.database.to_hex());
  }
  owner_ = record.owner;
  ORRERY_TRY_ASSIGN(CheckedProgram checked,
                    check_program(*options_.runtime, guest_host_, record.program, {}));
  if (checked.hash != record.program_hash) {
    return Error(ErrorCode::kCorruption, "the program in st_module is not the one of its hash");
  }
  published_.set(std::move(values), *checked.definition);
  Status done = stopping();
  lane_.run([&] { done = open_on_lane(std::move(checked)); });
  return done;
}

void DatabaseImpl::stop() {
  LockGuard<Mutex> once(stop_mutex_);
  if (stopped_) return;
  stopped_ = true;
  lane_.run([this] { scheduler_.stop(); });
  // Procedures may still need the lane to end.
  procedures_->stop();
  // The lane makes the readers and gets their answers.
  lane_.run([this] { current_ = nullptr; });
  stopping_.store(true, std::memory_order_relaxed);
  for (const std::unique_ptr<Lane>& readers : readers_) {
    if (readers != nullptr) readers->stop();
  }
  lane_.stop();
  views_.reset(nullptr);
  main_ = nullptr;
  call_transaction_ = nullptr;
  durable_->close();
  observer_ = nullptr;
}

}  // namespace orrery::host
