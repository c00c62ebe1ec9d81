#include "storage/durability/durable_store.h"

#include <utility>

#include "storage/durability/database_folder.h"
#include "storage/store.h"

namespace orrery::storage {
namespace {

class StoreContents final : public Recoverable {
 public:
  Status load_schema(std::string_view bytes) override { return store_.load_schema(bytes); }
  Status load_rows(TableId table, std::string_view block, uint32_t row_count) override {
    return store_.load_rows(table, block, row_count);
  }
  Status apply_redo(CommitSeq seq, std::string_view redo) override {
    return store_.apply_redo(seq, redo);
  }
  Status finish_recovery(CommitSeq last) override { return store_.finish_recovery(last); }
  void attach_log(CommitLog* log) override { store_.attach_log(log); }
  Result<CommitSeq> write_checkpoint(CheckpointSink& sink,
                                     Status (*rotate)(void* context, CommitSeq seq),
                                     void* context) override {
    return store_.write_checkpoint(sink, rotate, context);
  }
  CommitSeq last_commit() const override { return store_.last_commit(); }
  Store& store() { return store_; }

 private:
  Store store_;
};

}  // namespace

struct DurableStore::Impl {
  std::unique_ptr<DatabaseFolder> folder;
};

DurableStore::DurableStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DurableStore::~DurableStore() = default;

Result<std::unique_ptr<DurableStore>> DurableStore::open(std::string_view path,
                                                         DurabilityOptions options,
                                                         const env::Environment& environment) {
  auto impl = std::make_unique<Impl>();
  ORRERY_TRY_ASSIGN(impl->folder, DatabaseFolder::open(path, std::move(options), environment, [] {
                      return std::unique_ptr<Recoverable>(std::make_unique<StoreContents>());
                    }));
  return std::unique_ptr<DurableStore>(new DurableStore(std::move(impl)));
}

std::shared_ptr<Store> DurableStore::store() const {
  auto contents = impl_->folder->contents();
  Store& store = static_cast<StoreContents&>(*contents).store();
  return std::shared_ptr<Store>(std::move(contents), &store);
}

const RecoveryReport& DurableStore::recovery() const {
  return impl_->folder->recovery();
}
LogStatus DurableStore::log_status() const {
  return impl_->folder->log_status();
}
Status DurableStore::checkpoint() {
  return impl_->folder->checkpoint();
}
Status DurableStore::sync() {
  return impl_->folder->sync();
}
Status DurableStore::run_maintenance() {
  return impl_->folder->run_maintenance();
}
void DurableStore::set_checkpoint_interval(uint32_t milliseconds) {
  impl_->folder->set_checkpoint_interval(milliseconds);
}
void DurableStore::set_keep_snapshots(uint32_t count) {
  impl_->folder->set_keep_snapshots(count);
}
Result<std::string> DurableStore::snapshot() {
  return impl_->folder->snapshot();
}
Result<RestoreReport> DurableStore::restore(std::string_view timestamp) {
  return impl_->folder->restore(timestamp);
}
Status DurableStore::close() {
  return impl_->folder->close();
}

}  // namespace orrery::storage
