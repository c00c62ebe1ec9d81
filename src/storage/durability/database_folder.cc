#include "storage/durability/database_folder.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "storage/durability/log_replay.h"

namespace orrery::storage {
namespace {

constexpr std::string_view kLockName = "db.lock";
constexpr std::string_view kTempSuffix = ".tmp";
constexpr int64_t kProgressAfter = env::kNanosPerSecond;
constexpr int64_t kProgressEvery = 100 * env::kNanosPerMilli;
// A checkpoint writes everything, so the log may grow to a part of what that would cost first.
constexpr uint64_t kTimedCheckpointRatio = 4;
constexpr uint64_t kClosingCheckpointRatio = 8;

Error corruption(std::string message) {
  return Error(ErrorCode::kCorruption, std::move(message));
}

// Tells the caller how far a long recovery is.
class ProgressMeter {
 public:
  ProgressMeter(env::Clock* clock, const DurabilityOptions& options, uint64_t total)
      : clock_(clock),
        report_(options.on_progress),
        total_(total),
        next_(clock->monotonic_nanos()) {
    next_ += kProgressAfter;
  }
  void at(uint64_t done) {
    if (!report_) return;
    const int64_t now = clock_->monotonic_nanos();
    if (now < next_) return;
    next_ = now + kProgressEvery;
    report_({.bytes_done = std::min(done, total_), .bytes_total = total_});
  }

 private:
  env::Clock* clock_;
  const std::function<void(const RecoveryProgress&)>& report_;
  uint64_t total_;
  int64_t next_;
};

}  // namespace

DatabaseFolder::DatabaseFolder(std::string_view path, DurabilityOptions options,
                               const env::Environment& environment, MakeContents make_contents)
    : path_(path),
      options_(std::move(options)),
      env_(environment),
      make_contents_(std::move(make_contents)),
      keep_snapshots_(options_.keep_snapshots) {}

DatabaseFolder::~DatabaseFolder() {
  (void)close();
}

Result<std::unique_ptr<DatabaseFolder>> DatabaseFolder::open(std::string_view path,
                                                             DurabilityOptions options,
                                                             const env::Environment& environment,
                                                             MakeContents make_contents) {
  std::unique_ptr<DatabaseFolder> folder(
      new DatabaseFolder(path, std::move(options), environment, std::move(make_contents)));
  ORRERY_TRY(folder->lock());
  if (environment.files->exists(env::join_path(path, kManifestName))) {
    ORRERY_TRY(folder->recover());
  } else {
    ORRERY_TRY(folder->create());
  }
  folder->report_.leftovers_removed += folder->remove_leftovers();
  folder->start_tasks();
  return folder;
}

Status DatabaseFolder::lock() {
  ORRERY_TRY(env_.files->create_dirs(path_));
  auto held = env_.files->lock_file(env::join_path(path_, kLockName));
  if (held) {
    lock_ = std::move(*held);
    return {};
  }
  if (held.error().code() != ErrorCode::kDbLocked) return std::move(held).error();
  return Error(ErrorCode::kDbLocked, "database is locked by another process: '" + path_ + "'");
}

Status DatabaseFolder::check_empty() {
  const std::string missing =
      "'" + env::join_path(path_, kManifestName) + "' is missing, but the database has ";
  if (env_.files->exists(checkpoint_folder())) {
    ORRERY_TRY_ASSIGN(const auto entries, env_.files->list_dir(checkpoint_folder()));
    for (const env::DirEntry& entry : entries) {
      if (parse_file_name(entry.name, kCheckpointSuffix) != 0) {
        return corruption(missing + "a checkpoint");
      }
    }
  }
  if (!env_.files->exists(wal_folder())) return {};
  ORRERY_TRY_ASSIGN(const auto entries, env_.files->list_dir(wal_folder()));
  for (const env::DirEntry& entry : entries) {
    const std::string path = env::join_path(wal_folder(), entry.name);
    const uint64_t number = parse_file_name(entry.name, kSegmentSuffix);
    if (number == 0) {
      return Error(ErrorCode::kNotSupported,
                   "'" + path_ + "' is no Orrery database: unknown file '" + path + "'");
    }
    ORRERY_TRY_ASSIGN(auto file, env_.files->open(path, env::OpenMode::kReadOnly));
    ORRERY_TRY_ASSIGN(const uint64_t size, file->size());
    if (number > 1 || size > kSegmentHeaderSize) return corruption(missing + "a log");
  }
  return {};
}

Status DatabaseFolder::create() {
  ORRERY_TRY(check_empty());
  ORRERY_TRY(env_.files->create_dirs(wal_folder()));
  ORRERY_TRY(env_.files->create_dirs(checkpoint_folder()));
  manifest_.database = {.low = env_.random->next_u64(), .high = env_.random->next_u64()};
  manifest_.first_segment = 1;
  auto contents = make_contents_();
  ORRERY_TRY(contents->finish_recovery(0));
  ORRERY_TRY_ASSIGN(auto generation,
                    make_generation(std::move(contents), {.database = manifest_.database,
                                                          .segment = 1,
                                                          .segment_start = 0,
                                                          .offset = 0,
                                                          .durable = 0,
                                                          .last_seq = 0}));
  set_generation(std::move(generation));
  ORRERY_TRY(generation_->log->sync());
  Manifest first = manifest_;
  first.durable_position = kSegmentHeaderSize;
  ORRERY_TRY(replace_manifest(first, nullptr));
  report_.created = true;
  return {};
}

Result<std::shared_ptr<DatabaseFolder::Generation>> DatabaseFolder::make_generation(
    std::unique_ptr<Recoverable> contents, const WriteAheadLog::Start& start) {
  auto generation = std::make_shared<Generation>();
  ORRERY_TRY_ASSIGN(generation->log,
                    WriteAheadLog::open(
                        wal_folder(), start, options_, env_,
                        [this] {
                          if (checkpoint_task_ != nullptr) checkpoint_task_->trigger();
                        },
                        [this] {
                          if (sync_task_ != nullptr) sync_task_->trigger();
                        }));
  generation->contents = std::move(contents);
  generation->contents->attach_log(generation->log.get());
  return generation;
}

void DatabaseFolder::set_generation(std::shared_ptr<Generation> generation) {
  LockGuard<Mutex> guard(generation_mutex_);
  generation_ = std::move(generation);
}

Status DatabaseFolder::load_checkpoint(Recoverable& contents,
                                       const std::function<void(uint64_t)>& progress) {
  const std::string path = checkpoint_path(manifest_.checkpoint_number);
  ORRERY_TRY_ASSIGN(const CheckpointSummary summary,
                    read_checkpoint(*env_.files, path, manifest_.database,
                                    manifest_.checkpoint_number, contents, progress));
  if (summary.size != manifest_.checkpoint_size || summary.digest != manifest_.checkpoint_digest ||
      summary.seq != manifest_.checkpoint_seq) {
    return corruption("checkpoint '" + path + "' is not the one that the manifest names");
  }
  return {};
}

Status DatabaseFolder::recover() {
  ORRERY_TRY_ASSIGN(manifest_, read_manifest(*env_.files, path_));
  // A process that died after renaming it may have left that to the cache; what the manifest before
  // it names must not be removed until the new one is on the device.
  ORRERY_TRY(env_.files->sync_dir(path_));
  next_checkpoint_ = manifest_.checkpoint_number + 1;
  LogReplay replay(env_.files, {.folder = wal_folder(),
                                .database = manifest_.database,
                                .first_segment = manifest_.first_segment,
                                .after_seq = manifest_.checkpoint_seq,
                                .known_durable = manifest_.durable_position});
  ORRERY_TRY_ASSIGN(const uint64_t log_total, replay.total_bytes());
  ProgressMeter meter(env_.clock, options_, manifest_.checkpoint_size + log_total);
  auto contents = make_contents_();
  if (manifest_.checkpoint_number != 0) {
    ORRERY_TRY(load_checkpoint(*contents, [&](uint64_t bytes) { meter.at(bytes); }));
  }
  ORRERY_TRY(replay.run(
      [&](CommitSeq seq, std::string_view redo) { return contents->apply_redo(seq, redo); },
      [&](uint64_t bytes) { meter.at(manifest_.checkpoint_size + bytes); }));
  const LogReplay::End& end = replay.end();
  if (end.last_seq < manifest_.durable_seq) {
    return corruption("the log in '" + wal_folder() + "' ends at commit " +
                      std::to_string(end.last_seq) + ", the manifest knows of commit " +
                      std::to_string(manifest_.durable_seq));
  }
  ORRERY_TRY(contents->finish_recovery(end.last_seq));
  ORRERY_TRY_ASSIGN(report_.leftovers_removed, replay.repair());
  report_.checkpoint_seq = manifest_.checkpoint_seq;
  report_.last_seq = end.last_seq;
  report_.commits_replayed = replay.commit_count();
  report_.tail_bytes_cut = replay.tail_bytes();
  report_.bytes_read = manifest_.checkpoint_size + log_total;
  checkpoint_bytes_.store(manifest_.checkpoint_size);
  log_start_.store(replay.log_start());
  ORRERY_TRY_ASSIGN(auto generation,
                    make_generation(std::move(contents), {.database = manifest_.database,
                                                          .segment = end.segment,
                                                          .segment_start = end.segment_start,
                                                          .offset = end.offset,
                                                          .durable = end.segment_start + end.offset,
                                                          .last_seq = end.last_seq}));
  set_generation(std::move(generation));
  return {};
}

namespace {
int64_t nanos_of(uint32_t milliseconds) {
  return int64_t{milliseconds} * env::kNanosPerMilli;
}
}  // namespace

void DatabaseFolder::set_checkpoint_interval(uint32_t milliseconds) {
  if (checkpoint_task_ != nullptr) checkpoint_task_->set_interval(nanos_of(milliseconds));
}

void DatabaseFolder::start_tasks() {
  if (options_.sync_mode == SyncMode::kNormal) {
    sync_task_ = env_.executor->start(nanos_of(std::max<uint32_t>(options_.sync_interval_ms, 1)),
                                      [this] { generation()->log->sync_if_due(); });
  } else if (options_.sync_mode == SyncMode::kFull) {
    // For commits that do not wait for it themselves.
    sync_task_ = env_.executor->start(0, [this] { generation()->log->sync_pending(); });
  }
  checkpoint_task_ = env_.executor->start(nanos_of(options_.checkpoint_interval_ms),
                                          [this] { checkpoint_if_due(); });
  ask_for_checkpoint_later();
}

std::shared_ptr<DatabaseFolder::Generation> DatabaseFolder::generation() const {
  LockGuard<Mutex> guard(generation_mutex_);
  return generation_;
}

std::shared_ptr<Recoverable> DatabaseFolder::contents() const {
  auto held = generation();
  Recoverable* contents = held->contents.get();
  return std::shared_ptr<Recoverable>(std::move(held), contents);
}

uint64_t DatabaseFolder::log_bytes() const {
  const LogPosition used = log_start_.load() + kSegmentHeaderSize;
  const LogPosition end = generation()->log->end();
  return end > used ? end - used : 0;
}

uint64_t DatabaseFolder::checkpoint_due_bytes() const {
  return std::max(options_.wal_max_size, checkpoint_bytes_.load());
}

void DatabaseFolder::ask_for_checkpoint_later() {
  const auto held = generation();
  held->log->notify_at(held->log->end() - log_bytes() + checkpoint_due_bytes());
}

void DatabaseFolder::checkpoint_if_due() {
  const uint64_t bytes = log_bytes();
  const bool by_size = bytes >= checkpoint_due_bytes();
  const bool by_time = bytes > 0 && bytes * kTimedCheckpointRatio >= checkpoint_bytes_.load();
  if (!by_size && !by_time) return;
  Status done = checkpoint();
  LockGuard<Mutex> guard(error_mutex_);
  checkpoint_error_ = done ? "" : done.error().message();
}

Status DatabaseFolder::run_maintenance() {
  generation()->log->sync_if_due();
  checkpoint_if_due();
  return generation()->log->health();
}

Status DatabaseFolder::sync() {
  return generation()->log->sync();
}

LogStatus DatabaseFolder::log_status() const {
  const auto held = generation();
  LockGuard<Mutex> guard(error_mutex_);
  return {.log_bytes = log_bytes(),
          .checkpoint_bytes = checkpoint_bytes_.load(),
          .syncs = held->log->sync_count(),
          .commits = held->log->commit_count(),
          .checkpoints = checkpoints_.load(),
          .checkpoint_error = checkpoint_error_};
}

Status DatabaseFolder::replace_manifest(Manifest next, ManifestFate* fate) {
  next.generation = manifest_.generation + 1;
  next.wall_nanos = env_.clock->wall_nanos();
  // Where this fails nobody knows which of the two is on the device, so the files of both stay.
  ORRERY_TRY(write_manifest(*env_.files, path_, next, fate));
  manifest_ = next;
  return {};
}

Status DatabaseFolder::checkpoint() {
  LockGuard<Mutex> guard(work_mutex_);
  if (closed_) return Error(ErrorCode::kInvalidArgument, "the database is closed");
  return checkpoint_locked();
}

Result<CheckpointSummary> DatabaseFolder::write_checkpoint_file(Recoverable& contents,
                                                                uint64_t number, WriteAheadLog* log,
                                                                WriteAheadLog::Place* after) {
  const std::string path = checkpoint_path(number);
  const std::string temp = path + std::string(kTempSuffix);
  struct Rotation {
    WriteAheadLog* log;
    WriteAheadLog::Place* after;
  } rotation{log, after};
  const auto rotate = [](void* context, CommitSeq seq) -> Status {
    const auto* r = static_cast<const Rotation*>(context);
    if (r->log == nullptr) return {};
    ORRERY_TRY(r->log->rotate(seq));
    *r->after = r->log->place();
    return {};
  };
  const auto write = [&]() -> Result<CheckpointSummary> {
    ORRERY_TRY_ASSIGN(auto writer, CheckpointWriter::create(
                                       *env_.files, temp,
                                       {.database = manifest_.database,
                                        .number = number,
                                        .wall_nanos = env_.clock->wall_nanos(),
                                        .compression = options_.volume_compression,
                                        .compression_threshold = options_.compression_threshold}));
    ORRERY_TRY_ASSIGN(const CommitSeq seq, contents.write_checkpoint(*writer, rotate, &rotation));
    ORRERY_TRY_ASSIGN(const CheckpointSummary summary, writer->finish(seq));
    ORRERY_TRY(env_.files->rename(temp, path));
    ORRERY_TRY(env_.files->sync_dir(checkpoint_folder()));
    return summary;
  };
  Result<CheckpointSummary> summary = write();
  // Its room may be what the log needs to go on.
  if (!summary && env_.files->exists(temp)) (void)env_.files->remove(temp);
  return summary;
}

Status DatabaseFolder::checkpoint_locked() {
  const auto held = generation();
  ORRERY_TRY(held->log->health());
  if (log_bytes() == 0) return {};
  const uint64_t number = next_checkpoint_++;
  ORRERY_TRY(held->log->prepare_segment());
  WriteAheadLog::Place start;
  ORRERY_TRY_ASSIGN(const CheckpointSummary summary,
                    write_checkpoint_file(*held->contents, number, held->log.get(), &start));
  ORRERY_ASSERT(start.last_seq == summary.seq);
  // The manifest will name the new segment, so its header has to be on the device.
  ORRERY_TRY(held->log->sync());
  const WriteAheadLog::Place place = held->log->place();
  Manifest next = manifest_;
  next.checkpoint_number = number;
  next.checkpoint_size = summary.size;
  next.checkpoint_digest = summary.digest;
  next.checkpoint_seq = summary.seq;
  next.first_segment = start.segment;
  next.durable_position = place.durable;
  next.durable_seq = place.durable_seq;
  ORRERY_TRY(replace_manifest(next, nullptr));
  log_start_.store(start.segment_start);
  checkpoint_bytes_.store(summary.size);
  checkpoints_.fetch_add(1);
  remove_leftovers();
  ask_for_checkpoint_later();
  return {};
}

uint64_t DatabaseFolder::remove_leftovers_in(std::string_view folder, std::string_view suffix,
                                             uint64_t keep_from, uint64_t keep_to) {
  uint64_t removed = 0;
  const auto entries = env_.files->list_dir(folder);
  if (!entries) return removed;
  for (const env::DirEntry& entry : *entries) {
    const uint64_t number = parse_file_name(entry.name, suffix);
    const bool temporary = entry.name.ends_with(kTempSuffix);
    if (!temporary && (number == 0 || (number >= keep_from && number <= keep_to))) continue;
    if (env_.files->remove(env::join_path(folder, entry.name))) ++removed;
  }
  return removed;
}

uint64_t DatabaseFolder::remove_leftovers() {
  uint64_t removed = 0;
  const std::string temp = env::join_path(path_, kManifestName) + std::string(kTempSuffix);
  if (env_.files->exists(temp) && env_.files->remove(temp)) ++removed;
  removed += remove_leftovers_in(wal_folder(), kSegmentSuffix, manifest_.first_segment, UINT64_MAX);
  removed += remove_leftovers_in(checkpoint_folder(), kCheckpointSuffix,
                                 manifest_.checkpoint_number, manifest_.checkpoint_number);
  if (!env_.files->exists(snapshot_folder())) return removed;
  const auto entries = env_.files->list_dir(snapshot_folder());
  if (!entries) return removed;
  for (const env::DirEntry& entry : *entries) {
    if (!entry.name.ends_with(kTempSuffix)) continue;
    remove_snapshot(entry.name);
    ++removed;
  }
  return removed;
}

Status DatabaseFolder::claim_log() {
  const WriteAheadLog::Place place = generation()->log->place();
  if (place.durable <= manifest_.durable_position) return {};
  Manifest next = manifest_;
  next.durable_position = place.durable;
  next.durable_seq = place.durable_seq;
  return replace_manifest(next, nullptr);
}

Status DatabaseFolder::close() {
  // Outside the lock: their passes take it.
  sync_task_.reset();
  checkpoint_task_.reset();
  LockGuard<Mutex> guard(work_mutex_);
  if (std::exchange(closed_, true)) return {};
  const auto held = generation();
  Status result;
  if (held != nullptr) {
    result = held->log->sync();
    if (result && options_.checkpoint_on_close == CloseCheckpoint::kWrite &&
        log_bytes() * kClosingCheckpointRatio >= checkpoint_bytes_.load()) {
      result = checkpoint_locked();
    }
    // From here on the log's end is known, and bytes missing at the next opening are damage.
    if (Status claimed = held->log->health() ? claim_log() : Status(); result) {
      result = std::move(claimed);
    }
    held->log->retire(Error(ErrorCode::kReopenRequired, "the database is closed"));
  }
  lock_.reset();
  return result;
}

}  // namespace orrery::storage
