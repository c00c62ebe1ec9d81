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

Status DatabaseImpl::write_update(storage::Transaction& transaction,
                                  const schema::MigrationPlan& plan, const CheckedProgram& checked,
                                  std::string_view program, const EnvironmentMap& environment) {
  transaction.begin_statement();
  ORRERY_TRY(create_system_tables(transaction));
  ORRERY_TRY(check_migration(transaction, plan));
  ORRERY_TRY(migrate_tables(transaction, plan));
  ORRERY_TRY(describe_module(transaction, *checked.definition));
  ModuleRecord record;
  record.database = identity_;
  record.owner = owner_;
  record.program_hash = checked.hash;
  record.program = program;
  ORRERY_TRY(set_module_record(transaction, record));
  ORRERY_TRY(store_environment(transaction, environment));
  return transaction.end_statement();
}

/// Rows of views were made by the module before: those of views that are used become what the
/// installed one makes of them, the others go. A view that fails has none; who is subscribed to it
/// is told why when its subscription is made anew.
Status DatabaseImpl::make_views_anew(storage::Transaction& transaction,
                                     const std::vector<ViewInstances::Known>& known) {
  std::vector<std::pair<const BoundTable*, std::string_view>> left;
  for (const ViewInstances::Known& each : known) {
    const auto view = current_->definition().find_view(each.view);
    if (!view || view.def->qualified_name != each.view) continue;
    const BoundTable* backing = current_->tables().of_view(*view.def);
    if (backing->id != each.backing) continue;  // its table went, and another came
    if (views_.take_over(transaction, *view.def, each, now_nanos(), evaluate_)) continue;
    left.emplace_back(backing, each.hash);
  }
  for (const auto& [backing, hash] : left) {
    // Another view may have made use of it since.
    const ViewInstances::Instance* instance = views_.find(backing->id, hash);
    if (instance != nullptr && instance->pending) continue;
    ORRERY_TRY(ViewInstances::drop_rows(transaction, *backing, hash));
  }
  return {};
}

/// From one module to the next in one commit: what the new code makes of views is a change of rows
/// like any other, told to who is subscribed before the subscriptions are made anew.
Result<storage::CommitSeq> DatabaseImpl::commit_update(
    std::unique_ptr<storage::Transaction> transaction, std::shared_ptr<const Generation> made,
    ClientBreak breaks) {
  const std::vector<ViewInstances::Known> known = views_.known();
  const std::shared_ptr<const Generation> before = generation();
  install(std::move(made));
  storage::CommitCapture capture;
  Result<storage::CommitSeq> seq = storage::CommitSeq{0};
  if (Status views = make_views_anew(*transaction, known); !views) {
    seq = std::move(views).error();
    transaction->rollback();
  } else {
    seq = transaction->commit_unsynced(&capture);
  }
  transaction = nullptr;
  if (!seq) {
    views_.rolled_back();
    adopt(before);
    if (observer_ != nullptr) observer_->module_changed(false);
    return seq;
  }
  views_.committed();
  engine_->after_commit();
  arm_schedules();
  if (observer_ == nullptr) return seq;
  if (breaks == ClientBreak::kRefuse && !capture.changes.empty()) {
    observer_->committed({capture, *seq, types::ConnectionId(), identity_, now_micros(),
                          CommitCause::kModuleChange});
  }
  capture = {};  // it holds on to versions of rows
  observer_->module_changed(breaks == ClientBreak::kAllow);
  return seq;
}

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
  const std::shared_ptr<const Generation> before = generation();  // the plan borrows from it
  Result<schema::MigrationPlan> plan =
      schema::plan_migration(before->definition(), *checked.definition);
  if (!plan) return rejected(plan.error());
  if (plan->breaks_clients() && clients == ClientBreak::kRefuse) {
    return Error(ErrorCode::kInvalidArgument,
                 "Database update rejected: client-breaking change disallowed by the policy");
  }
  std::unique_ptr<storage::Transaction> transaction = begin();
  if (Status written = write_update(*transaction, *plan, checked, program, values); !written) {
    transaction->rollback();
    return rejected(written.error());
  }
  const std::shared_ptr<const schema::ModuleDef> definition = checked.definition;
  Result<std::shared_ptr<const Generation>> made =
      Generation::make(std::move(checked), transaction->catalog());
  if (!made) {
    transaction->rollback();
    return std::move(made).error();
  }
  report.clients_disconnected = plan->breaks_clients();
  published_.set(std::move(values), *definition);
  Result<storage::CommitSeq> seq = commit_update(
      std::move(transaction), std::move(*made),
      plan->breaks_clients() ? ClientBreak::kAllow : ClientBreak::kRefuse);
  if (!seq) {
    published_.replace(stored);
    return std::move(seq).error();
  }
  report.seq = *seq;
  report.changed = true;
  log_->system(LogLevel::kInfo, "Updated program to " + current_->hash().to_hex());
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
  if (report && report->changed) {
    if (Status durable = store_->wait_durable(report->seq); !durable) {
      report = std::move(durable).error();
    }
  }
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
