// Another program for a database that is there: update, and starting over.
#include <utility>

#include "host/database_impl.h"
#include "host/durable_waiters.h"
#include "host/migration.h"
#include "host/system_tables.h"
#include "schema/migrate.h"

namespace orrery::host {
namespace {

Error rejected(const Error& why) {
  return Error(ErrorCode::kInvalidArgument, "Database update rejected: " + why.message());
}

Error stopping() { return Error(ErrorCode::kCancelled, "the database is shutting down"); }

}  // namespace

/// Tables, descriptions, program and module in one transaction; nothing has changed where it fails.
Result<UpdateReport> DatabaseImpl::update_on_lane(CheckedProgram checked, std::string_view program,
                                                  ClientBreak clients,
                                                  const EnvironmentUpdate& environment) {
  if (current_ == nullptr) return stopping();
  UpdateReport report;
  const std::shared_ptr<const PublishedEnvironment::State> stored = published_.state();
  Result<EnvironmentMap> updated =
      updated_environment(stored->stored, environment, *checked.definition);
  if (!updated) return rejected(updated.error());
  EnvironmentMap values = *std::move(updated);
  if (checked.hash == current_->hash() && values == stored->stored) return report;
  Result<schema::MigrationPlan> plan =
      schema::plan_migration(current_->definition(), *checked.definition);
  if (!plan) return rejected(plan.error());
  if (plan->breaks_clients() && clients == ClientBreak::kRefuse) {
    return Error(ErrorCode::kInvalidArgument,
                 "Database update rejected: client-breaking change disallowed by the policy");
  }
  std::unique_ptr<storage::Transaction> transaction = begin();
  transaction->begin_statement();
  auto write = [&]() -> Status {
    ORRERY_TRY(create_system_tables(*transaction));
    ORRERY_TRY(check_migration(*transaction, *plan));
    ORRERY_TRY(migrate_tables(*transaction, *plan));
    ORRERY_TRY(describe_module(*transaction, *checked.definition));
    ModuleRecord record;
    record.database = identity_;
    record.owner = owner_;
    record.program_hash = checked.hash;
    record.program = program;
    ORRERY_TRY(set_module_record(*transaction, record));
    ORRERY_TRY(store_environment(*transaction, values));
    return transaction->end_statement();
  };
  if (Status written = write(); !written) {
    transaction->rollback();
    return rejected(written.error());
  }
  const std::shared_ptr<const schema::ModuleDef> definition = checked.definition;
  Result<std::shared_ptr<const Generation>> made =
      Generation::make(std::move(checked), transaction->catalog());
  Status ready;
  if (!made) ready = std::move(made).error();
  // Rows of views were made by the module before.
  if (ready) ready = clear_views(*transaction, (*made)->tables());
  if (!ready) {
    transaction->rollback();
    return std::move(ready).error();
  }
  ORRERY_TRY_ASSIGN(report.seq, transaction->commit());
  transaction = nullptr;
  report.changed = true;
  report.clients_disconnected = plan->breaks_clients();
  const std::shared_ptr<const Generation> before = generation();  // the plan borrows from it
  published_.set(std::move(values), *definition);
  adopt(std::move(*made));
  log_->system(LogLevel::kInfo, "Updated program to " + current_->hash().to_hex());
  if (observer_ != nullptr) observer_->module_changed(report.clients_disconnected);
  return report;
}

Result<UpdateReport> DatabaseImpl::update(std::string program, ClientBreak clients,
                                          EnvironmentUpdate environment) {
  LockGuard<Mutex> once(update_mutex_);
  if (environment.is_empty() && types::program_digest(program).to_hex() == program_hash_hex()) {
    return UpdateReport();
  }
  ORRERY_TRY_ASSIGN(CheckedProgram checked,
                    check_program(*options_.runtime, guest_host_, program, publish_checks()));
  Result<UpdateReport> report = stopping();
  lane_.run([&] { report = update_on_lane(std::move(checked), program, clients, environment); });
  if (!report) {
    log_->system(LogLevel::kWarn, "Database update failed: " + report.error().message());
  }
  return report;
}

Result<UpdatePlan> DatabaseImpl::plan_update(std::string_view program, PlanStyle style) {
  const std::shared_ptr<const Generation> now = generation();
  if (now == nullptr) return stopping();
  ORRERY_TRY_ASSIGN(CheckedProgram checked,
                    check_program(*options_.runtime, guest_host_, program, publish_checks()));
  ORRERY_TRY_ASSIGN(schema::MigrationPlan plan,
                    schema::plan_migration(now->definition(), *checked.definition));
  UpdatePlan out;
  out.text = schema::migration_plan_text(plan, style == PlanStyle::kAnsiColor
                                                   ? schema::PlanStyle::kAnsiColor
                                                   : schema::PlanStyle::kPlain);
  out.breaks_clients = plan.breaks_clients();
  return out;
}

Status DatabaseImpl::reset_on_lane(CheckedProgram checked, std::string_view program,
                                   const EnvironmentUpdate& environment) {
  if (current_ == nullptr) return stopping();
  std::unique_ptr<storage::Transaction> transaction = begin();
  transaction->begin_statement();
  const std::shared_ptr<const PublishedEnvironment::State> before = published_.state();
  Status done = create_system_tables(*transaction);
  if (done) done = drop_tables(*transaction, current_->definition());
  if (done) done = clear_clients(*transaction);
  if (done) done = transaction->end_statement();
  std::shared_ptr<const Generation> made;
  if (done) done = initialise(*transaction, owner_, program, checked, environment, &made);
  if (!done) {
    published_.replace(before);
    made = nullptr;
    transaction->rollback();
    return done;
  }
  ORRERY_TRY_ASSIGN([[maybe_unused]] storage::CommitSeq seq, transaction->commit());
  transaction = nullptr;
  adopt(std::move(made));
  log_->system(LogLevel::kInfo, "Database reset");
  if (observer_ != nullptr) observer_->module_changed(true);
  return {};
}

std::vector<std::string> DatabaseImpl::environment_keys() const {
  std::vector<std::string> out;
  for (const auto& [key, value] : published_.state()->stored) out.push_back(key);
  return out;
}

Status DatabaseImpl::reset(std::string program, EnvironmentUpdate environment) {
  LockGuard<Mutex> once(update_mutex_);
  if (program.empty()) {
    std::unique_ptr<storage::Transaction> transaction = begin();
    ORRERY_TRY_ASSIGN(ModuleRecord record, module_record(*transaction));
    transaction->rollback();
    program = std::move(record.program);
  }
  ORRERY_TRY_ASSIGN(CheckedProgram checked,
                    check_program(*options_.runtime, guest_host_, program, publish_checks()));
  Status done = stopping();
  lane_.run([&] { done = reset_on_lane(std::move(checked), program, environment); });
  return done;
}

}  // namespace orrery::host
