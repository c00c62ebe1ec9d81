#include "storage/durability/write_ahead_log.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace orrery::storage {
namespace {

constexpr uint64_t kSegmentSizeMin = 1024;
// A buffer that grew for one huge commit is not kept.
constexpr size_t kBufferKeepMax = size_t{1} << 20;

void clear_buffer(std::string* buffer) {
  buffer->clear();
  if (buffer->capacity() > kBufferKeepMax) buffer->shrink_to_fit();
}

}  // namespace

WriteAheadLog::WriteAheadLog(std::string_view folder, const DurabilityOptions& options,
                             const env::Environment& environment, const DatabaseId& database,
                             std::function<void()> on_large, std::function<void()> on_unsynced)
    : folder_(folder),
      options_(options),
      env_(environment),
      database_(database),
      on_large_(std::move(on_large)),
      on_unsynced_(std::move(on_unsynced)) {}

WriteAheadLog::~WriteAheadLog() = default;

Result<std::unique_ptr<WriteAheadLog>> WriteAheadLog::open(std::string_view folder,
                                                           const Start& start,
                                                           const DurabilityOptions& options,
                                                           const env::Environment& environment,
                                                           std::function<void()> on_large,
                                                           std::function<void()> on_unsynced) {
  std::unique_ptr<WriteAheadLog> log(new WriteAheadLog(folder, options, environment,
                                                       start.database, std::move(on_large),
                                                       std::move(on_unsynced)));
  LockGuard<Mutex> guard(log->mutex_);
  log->last_seq_ = start.last_seq;
  log->durable_ = start.durable;
  ORRERY_TRY_ASSIGN(log->active_, log->open_segment_file(start.segment));
  log->active_->start = start.segment_start;
  if (start.offset == 0) {
    // Made by the same steps as any later one: the segment before it is one that nobody has.
    log->prepared_ = std::exchange(log->active_, nullptr);
    ORRERY_TRY(log->activate_next_segment(start.last_seq));
  } else {
    log->active_->written = start.offset;
  }
  log->durable_seq_.store(start.last_seq);
  log->appended_seq_.store(start.last_seq);
  log->end_.store(log->end_locked());
  log->last_sync_nanos_.store(environment.clock->monotonic_nanos());
  return log;
}

Result<std::shared_ptr<WriteAheadLog::Segment>> WriteAheadLog::open_segment_file(
    uint64_t number) const {
  std::string path = env::join_path(folder_, segment_file_name(number));
  // Not emptied here: prepare_segment() may run beside an append that has just begun to use it.
  ORRERY_TRY_ASSIGN(auto file, env_.files->open(path, env::OpenMode::kCreate));
  // Even where it existed: a process that died may have made it and not come to this point.
  ORRERY_TRY(env_.files->sync_dir(folder_));
  return std::make_shared<Segment>(Segment{.number = number,
                                           .start = 0,
                                           .path = std::move(path),
                                           .file = std::move(file),
                                           .record_place = RecordPlace(database_, number),
                                           .written = 0});
}

Status WriteAheadLog::append(CommitSeq seq, CommitKind kind, std::string_view redo) {
  bool large = false;
  {
    LockGuard<Mutex> guard(mutex_);
    ORRERY_TRY(check_health());
    ORRERY_ASSERT(seq > last_seq_);
    const uint64_t size = active_->written + buffer_.size();
    if (size >= std::max(options_.wal_max_size, kSegmentSizeMin)) {
      ORRERY_TRY(activate_next_segment(last_seq_));
    }
    ORRERY_TRY(append_locked(seq, redo));
    last_seq_ = seq;
    appended_seq_.store(seq, std::memory_order_release);
    const LogPosition end = end_locked();
    end_.store(end, std::memory_order_relaxed);
    if (kind == CommitKind::kSchema) last_schema_seq_.store(seq, std::memory_order_relaxed);
    commits_.fetch_add(1, std::memory_order_relaxed);
    if (end >= notify_at_.load(std::memory_order_relaxed)) {
      notify_at_.store(UINT64_MAX, std::memory_order_relaxed);
      large = true;
    }
  }
  if (large && on_large_) on_large_();
  return {};
}

Status WriteAheadLog::append_locked(CommitSeq seq, std::string_view redo) {
  if (redo.size() <= kRecordRawMax) {
    const size_t buffered = buffer_.size();
    encode_part(seq, redo, 0);
    const uint32_t flush_at = std::min(options_.wal_flush_trigger, options_.wal_buffer_size);
    if (options_.sync_mode == SyncMode::kNone && buffer_.size() < flush_at) return {};
    Status flushed = flush();
    // Earlier commits of sync mode none stay in the buffer and get another chance.
    if (!flushed) buffer_.resize(buffered);
    return flushed;
  }
  ORRERY_TRY(flush());
  const uint64_t start = active_->written;
  while (true) {
    const std::string_view part = redo.substr(0, kRecordRawMax);
    redo.remove_prefix(part.size());
    encode_part(seq, part, redo.empty() ? 0 : kRecordContinued);
    Status flushed = flush();
    if (!flushed) {
      clear_buffer(&buffer_);
      ORRERY_TRY(cut_back(start));
      return flushed;
    }
    if (redo.empty()) return {};
  }
}

void WriteAheadLog::encode_part(CommitSeq seq, std::string_view part, uint8_t flags) {
  std::string_view stored = part;
  if (options_.wal_compression == Compression::kLz4 &&
      part.size() >= options_.compression_threshold) {
    const auto raw_size = static_cast<uint32_t>(part.size());
    packed_.assign(reinterpret_cast<const char*>(&raw_size), sizeof(raw_size));
    if (encoder_.encode(part, &packed_) && packed_.size() < part.size()) {
      stored = packed_;
      flags |= kRecordLz4;
    }
  }
  const uint64_t offset = active_->written + buffer_.size();
  const RecordHeader header{.checksum = 0,
                            .stored_size = static_cast<uint32_t>(stored.size()),
                            .seq = seq,
                            .undurable = undurable_bytes(active_->start + offset, durable_),
                            .flags = flags};
  encode_record(active_->record_place, offset, header, stored, &buffer_);
  if (packed_.capacity() > kBufferKeepMax) {
    packed_.clear();
    packed_.shrink_to_fit();
  }
}

Status WriteAheadLog::flush() {
  if (buffer_.empty()) return {};
  Status written = active_->file->write_at(active_->written, buffer_);
  if (!written) {
    ORRERY_TRY(cut_back(active_->written));
    // A full disk may have room again later; a device that fails is not trusted again.
    if (written.error().code() != ErrorCode::kDiskFull) {
      return poison(std::move(written).error());
    }
    return written;
  }
  active_->written += buffer_.size();
  clear_buffer(&buffer_);
  return {};
}

Status WriteAheadLog::cut_back(uint64_t written) {
  Status cut = active_->file->truncate(written);
  // Synced, so that no crash brings parts of the failed write back behind what is written next.
  if (cut) cut = active_->file->sync();
  if (!cut) return poison(std::move(cut).error());
  active_->written = written;
  return {};
}

Status WriteAheadLog::activate_next_segment(CommitSeq base_seq) {
  ORRERY_TRY(check_health());
  if (active_ != nullptr) ORRERY_TRY(flush());
  if (prepared_ == nullptr) {
    ORRERY_TRY_ASSIGN(prepared_, open_segment_file(active_->number + 1));
  }
  Segment& next = *prepared_;
  if (active_ != nullptr) next.start = active_->start + active_->written;
  const std::string header =
      encode_segment_header({.database = database_,
                             .number = next.number,
                             .start = next.start,
                             .base_seq = base_seq,
                             .undurable = undurable_bytes(next.start, durable_)});
  ORRERY_TRY_ASSIGN(const uint64_t old_size, next.file->size());
  if (old_size > 0) ORRERY_TRY(next.file->truncate(0));
  // A header that half made it here is overwritten by the next attempt, or dropped by recovery.
  ORRERY_TRY(next.file->write_at(0, header));
  next.written = header.size();
  if (active_ != nullptr) unsynced_.push_back(std::move(active_));
  active_ = std::exchange(prepared_, nullptr);
  end_.store(end_locked(), std::memory_order_relaxed);
  return {};
}

Status WriteAheadLog::prepare_segment() {
  uint64_t number = 0;
  {
    LockGuard<Mutex> guard(mutex_);
    ORRERY_TRY(check_health());
    if (prepared_ != nullptr) return {};
    number = active_->number + 1;
  }
  ORRERY_TRY_ASSIGN(auto segment, open_segment_file(number));
  LockGuard<Mutex> guard(mutex_);
  if (prepared_ == nullptr && active_->number + 1 == number) prepared_ = std::move(segment);
  return {};
}

Status WriteAheadLog::rotate(CommitSeq base_seq) {
  LockGuard<Mutex> guard(mutex_);
  ORRERY_ASSERT(base_seq >= last_seq_);
  ORRERY_TRY(activate_next_segment(base_seq));
  last_seq_ = base_seq;
  return {};
}

Status WriteAheadLog::wait_durable(CommitSeq seq) {
  switch (options_.sync_mode) {
    case SyncMode::kNone:
      return {};
    case SyncMode::kNormal:
      if (seq <= last_schema_seq_.load(std::memory_order_relaxed)) break;
      // Without threads nobody else keeps the promise of the interval.
      if (!env_.executor->runs_by_itself()) sync_if_due();
      return {};
    case SyncMode::kFull:
      break;
  }
  // Pairs with the store in lead_sync.
  if (durable_seq_.load(std::memory_order_acquire) >= seq) return {};
  UniqueLock<Mutex> lock(mutex_);
  return sync_until(lock, [&] { return durable_seq_.load(std::memory_order_relaxed) >= seq; });
}

CommitSeq WriteAheadLog::durable_seq() const {
  // As wait_durable() has it: the other modes promise no more than to have taken the commit.
  if (options_.sync_mode != SyncMode::kFull) return appended_seq_.load(std::memory_order_acquire);
  return durable_seq_.load(std::memory_order_acquire);
}

void WriteAheadLog::sync_soon() {
  if (options_.sync_mode != SyncMode::kFull) {
    if (options_.sync_mode == SyncMode::kNormal && !env_.executor->runs_by_itself()) sync_if_due();
    tell_durable();
    return;
  }
  if (on_unsynced_ && !sync_asked_.exchange(true)) on_unsynced_();
}

void WriteAheadLog::sync_pending() {
  sync_asked_.store(false);
  UniqueLock<Mutex> lock(mutex_);
  const CommitSeq seq = last_seq_;
  // Its error stays in the log and meets the next commit, and whoever waits.
  (void)sync_until(lock, [&] { return durable_seq_.load(std::memory_order_relaxed) >= seq; });
}

void WriteAheadLog::on_durable(std::function<void()> callback) {
  LockGuard<Mutex> guard(callback_mutex_);
  durable_callback_ = std::move(callback);
}

void WriteAheadLog::tell_durable() {
  LockGuard<Mutex> guard(callback_mutex_);
  if (durable_callback_) durable_callback_();
}

Status WriteAheadLog::sync() {
  UniqueLock<Mutex> lock(mutex_);
  const LogPosition target = end_locked();
  return sync_until(lock, [&] { return durable_ >= target; });
}

void WriteAheadLog::sync_if_due() {
  const int64_t now = env_.clock->monotonic_nanos();
  const int64_t interval = int64_t{options_.sync_interval_ms} * env::kNanosPerMilli;
  if (!env_.executor->runs_by_itself() && now - last_sync_nanos_.load() < interval) return;
  UniqueLock<Mutex> lock(mutex_);
  if (poison_ != nullptr || syncing_ || durable_ == end_locked()) return;
  // Its error stays in the log and meets the next commit.
  (void)lead_sync(lock);
}

template <class Done>
Status WriteAheadLog::sync_until(UniqueLock<Mutex>& lock, Done done) {
  while (!done()) {
    ORRERY_TRY(check_health());
    if (syncing_) {
      synced_.wait(lock);
    } else {
      ORRERY_TRY(lead_sync(lock));
    }
  }
  return {};
}

Status WriteAheadLog::lead_sync(UniqueLock<Mutex>& lock) {
  ORRERY_ASSERT(!syncing_);
  ORRERY_TRY(flush());
  syncing_ = true;
  std::vector<std::shared_ptr<Segment>> segments = unsynced_;
  segments.push_back(active_);
  const LogPosition end = end_locked();
  const CommitSeq seq = last_seq_;
  lock.unlock();
  Status synced;
  for (const auto& segment : segments) {
    synced = segment->file->sync();
    if (!synced) break;
  }
  const int64_t now = env_.clock->monotonic_nanos();
  lock.lock();
  syncing_ = false;
  syncs_.fetch_add(1, std::memory_order_relaxed);
  last_sync_nanos_.store(now);
  if (synced) {
    durable_ = std::max(durable_, end);
    // Publishes to wait_durable, which looks without the mutex.
    durable_seq_.store(std::max(durable_seq_.load(std::memory_order_relaxed), seq),
                       std::memory_order_release);
    std::erase_if(unsynced_, [&](const auto& s) {
      return std::find(segments.begin(), segments.end(), s) != segments.end();
    });
  } else {
    synced = poison(std::move(synced).error());
  }
  synced_.notify_all();
  lock.unlock();
  tell_durable();
  lock.lock();
  return synced;
}

void WriteAheadLog::notify_at(LogPosition position) {
  notify_at_.store(position, std::memory_order_relaxed);
}

void WriteAheadLog::retire(Error error) {
  LockGuard<Mutex> guard(mutex_);
  if (poison_ != nullptr) return;
  poison_ = std::make_unique<Error>(std::move(error));
  retired_ = true;
}

void WriteAheadLog::resume() {
  LockGuard<Mutex> guard(mutex_);
  if (std::exchange(retired_, false)) poison_.reset();
}

Error WriteAheadLog::poison(Error error) {
  if (poison_ == nullptr || retired_) {
    retired_ = false;
    poison_ = std::make_unique<Error>(
        error.code(), error.message() + " (no more commits until the database is opened again)");
  }
  return poison_->clone();
}

Status WriteAheadLog::check_health() const {
  if (poison_ == nullptr) return {};
  return poison_->clone();
}

Status WriteAheadLog::health() const {
  LockGuard<Mutex> guard(mutex_);
  return check_health();
}

WriteAheadLog::Place WriteAheadLog::place() const {
  LockGuard<Mutex> guard(mutex_);
  return {.segment = active_->number,
          .segment_start = active_->start,
          .end = end_locked(),
          .durable = durable_,
          .last_seq = last_seq_,
          .durable_seq = durable_seq_.load(std::memory_order_relaxed)};
}

}  // namespace orrery::storage
