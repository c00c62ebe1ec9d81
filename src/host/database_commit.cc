// The end of a transaction: views, the commit, who hears of it, and when it is durable.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "host/database_impl.h"
#include "host/durable_waiters.h"
#include "host/view_query.h"
#include "storage/datastore.h"
#include "storage/transaction_restart.h"

namespace orrery::host {

// --- views ---

Result<std::string> DatabaseImpl::evaluate_view(storage::Transaction& transaction,
                                                ViewInstances::Instance& instance,
                                                ReadSet* reads) {
  const schema::ViewDef& view = *instance.backing->view;
  ORRERY_TRY_ASSIGN(ModuleInstance * module, main_instance());
  GuestCall call;
  call.tables = &current_->tables();
  call.transaction = &transaction;
  call.reads = reads;
  call.access = GuestAccess::kReadOnly;
  call.function = view.qualified_name;
  const uint32_t id = current_->definition().find_view(view.qualified_name).id;
  GuestOutcome outcome =
      module->call_view(call, id, view.is_anonymous ? nullptr : &instance.sender, {});
  if (outcome.status != GuestStatus::kOk) {
    log_failure(view.qualified_name, outcome);
    end_instance_if_broken();
    return Error(ErrorCode::kGeneric, "view `" + view.qualified_name + "` failed: " +
                                          (outcome.status == GuestStatus::kUserError
                                               ? outcome.message
                                               : std::string(kFatalError)));
  }
  if (outcome.legacy_view) return std::move(outcome.value);
  ByteReader in{std::string_view(outcome.value)};
  uint8_t tag = 0;
  std::string_view sql;
  if (in.read(&tag) && tag == 0) {
    outcome.value.erase(0, 1);
    return std::move(outcome.value);
  }
  if (tag != 1 || !in.read_prefixed(&sql)) {
    return Error(ErrorCode::kDecode,
                 "view `" + view.qualified_name + "` returned something else than rows or SQL");
  }
  const NeedView need_view = [&](const schema::ViewDef& other) {
    return views_.need(transaction, instance, other, evaluate_);
  };
  return run_view_query(*engine_, current_->tables(), view, instance.sender, sql, transaction,
                        need_view, reads);
}

Result<ViewInstances::Instance*> DatabaseImpl::fill_view(const schema::ViewDef& view,
                                                         const types::Identity& caller) {
  if (current_ == nullptr) return Error(ErrorCode::kCancelled, "the database is shutting down");
  // The definition may be an older one than that of the tables.
  const auto found = current_->definition().find_view(view.qualified_name);
  if (!found) {
    return Error(ErrorCode::kViewNotFound, "no such view: `" + view.qualified_name + "`");
  }
  ViewInstances::Instance& instance = views_.get(*found.def, caller);
  instance.idle_since = now_nanos();
  if (instance.filled) return &instance;
  std::unique_ptr<storage::Transaction> transaction = begin();
  if (Status filled = views_.fill(*transaction, instance, evaluate_); !filled) {
    views_.rolled_back();
    transaction->rollback();
    return std::move(filled).error();
  }
  CommitContext context;
  context.sender = identity_;
  context.timestamp_micros = now_micros();
  ORRERY_TRY_ASSIGN([[maybe_unused]] storage::CommitSeq seq,
                    finish(std::move(transaction), context));
  return &instance;
}

Result<HostedDatabase::ViewInstance> DatabaseImpl::use_view(const schema::ViewDef& view,
                                                            const types::Identity& caller) {
  ORRERY_ASSERT(lane_.on_lane());
  ORRERY_TRY_ASSIGN(ViewInstances::Instance * instance, fill_view(view, caller));
  ++instance->uses;
  ViewInstance out;
  out.table = instance->backing->id;
  out.argument_hash = instance->hash;
  return out;
}

void DatabaseImpl::release_view(const ViewInstance& instance) {
  ORRERY_ASSERT(lane_.on_lane());
  ViewInstances::Instance* found = views_.find(instance.table, instance.argument_hash);
  if (found == nullptr || found->uses == 0) return;
  --found->uses;
  found->idle_since = now_nanos();
}

void DatabaseImpl::arm_view_timer() {
  lane_.at(now_nanos() + options_.view_idle_micros * 1000, [this] {
    drop_idle_views();
    arm_view_timer();
  });
}

void DatabaseImpl::drop_idle_views() {
  const int64_t before = now_nanos() - options_.view_idle_micros * 1000;
  std::unique_ptr<storage::Transaction> transaction = begin();
  transaction->begin_statement();
  Result<bool> any = views_.drop_idle(*transaction, before);
  if (!any || !*any || !transaction->end_statement()) {
    transaction->rollback();
    return;
  }
  CommitContext context;
  context.sender = identity_;
  context.timestamp_micros = now_micros();
  if (finish(std::move(transaction), context)) views_.forget_idle(before);
}

Status DatabaseImpl::clear_views(storage::Transaction& transaction, const BoundTables& tables) {
  transaction.begin_statement();
  Status done;
  for (const BoundTable& table : tables.all()) {
    if (table.view == nullptr || !done) continue;
    if (Result<uint64_t> gone = storage::clear_table(transaction, *table.table); !gone) {
      done = std::move(gone).error();
    }
  }
  if (done) done = transaction.end_statement();
  if (!done) transaction.abort_statement();
  return done;
}

// --- commits ---

Result<storage::CommitSeq> DatabaseImpl::finish(storage::Transaction& transaction,
                                                const CommitContext& context) {
  if (Status refreshed = views_.refresh(transaction, evaluate_); !refreshed) {
    views_.rolled_back();
    transaction.rollback();
    return std::move(refreshed).error();
  }
  // To set one up takes longer than to ask, and most calls change what nobody follows.
  std::optional<storage::CommitCapture> capture;
  if (storage::has_followed_changes(transaction)) capture.emplace();
  const uint64_t operations = transaction.operations();
  Result<storage::CommitSeq> seq = transaction.commit_unsynced(capture ? &*capture : nullptr);
  if (!seq) {
    views_.rolled_back();
    return seq;
  }
  views_.committed();
  if (operations != 0) {
    add_on_lane(transactions_, 1);
    add_on_lane(rows_changed_, operations);
    if (++commits_untold_ == kCommitsTold) {
      engine_->after_commit(std::exchange(commits_untold_, 0));
    }
  }
  if (capture && !capture->changes.empty()) publish(*capture, *seq, context);
  return seq;
}

void DatabaseImpl::publish(const storage::CommitCapture& capture, storage::CommitSeq seq,
                           const CommitContext& context) {
  scheduler_.apply(capture.changes);
  if (observer_ == nullptr) return;
  observer_->committed(
      {capture, seq, context.connection, context.sender, context.timestamp_micros});
}

void DatabaseImpl::set_observer(CommitObserver* observer) {
  if (!lane_.run([&] { observer_ = observer; })) observer_ = observer;
}

void DatabaseImpl::watch(storage::TableId table, bool watched) {
  ORRERY_ASSERT(lane_.on_lane());
  const std::shared_ptr<storage::Table> found = store_->catalog()->find_table(table);
  if (found == nullptr) return;
  if (watched) {
    found->add_watcher();
  } else {
    found->remove_watcher();
  }
}

Status DatabaseImpl::wait_durable(storage::CommitSeq seq) { return store_->wait_durable(seq); }

void DatabaseImpl::when_durable(storage::CommitSeq seq, std::function<void(Status)> done) {
  durable_->when(seq, std::move(done));
}

}  // namespace orrery::host
