// Backups of a DatabaseFolder: a checkpoint and a manifest of their own in snapshots/<time>/.

#include <algorithm>
#include <utility>

#include "storage/durability/database_folder.h"

namespace orrery::storage {
namespace {

constexpr std::string_view kDataName = "data.ckpt";
constexpr std::string_view kTempSuffix = ".tmp";
constexpr uint64_t kSnapshotNumber = 1;
constexpr std::string_view kNamePattern = "dddddddd-dddddd.ddd";

struct Date {
  int64_t year;
  int64_t month;
  int64_t day;
};

// Counts in years that begin in March, so that the leap day is a year's last.
Date date_of_days(int64_t days_since_1970) {
  const int64_t days = days_since_1970 + 719468;  // from 0000-03-01
  const int64_t era = days / 146097;
  const int64_t day_of_era = days % 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * day_of_year + 2) / 153;  // 0 = March
  return {.year = year_of_era + era * 400 + (month >= 10 ? 1 : 0),
          .month = month < 10 ? month + 3 : month - 9,
          .day = day_of_year - (153 * month + 2) / 5 + 1};
}

std::string digits(int64_t value, size_t width) {
  std::string text = std::to_string(value);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

std::string snapshot_name(int64_t wall_nanos) {
  const int64_t millis = wall_nanos / env::kNanosPerMilli;
  const int64_t seconds = millis / 1000;
  const Date date = date_of_days(seconds / 86400);
  const int64_t of_day = seconds % 86400;
  return digits(date.year, 4) + digits(date.month, 2) + digits(date.day, 2) + "-" +
         digits(of_day / 3600, 2) + digits(of_day / 60 % 60, 2) + digits(of_day % 60, 2) + "." +
         digits(millis % 1000, 3);
}

bool is_snapshot_name(std::string_view name) {
  return name.size() == kNamePattern.size() &&
         std::equal(name.begin(), name.end(), kNamePattern.begin(), [](char c, char pattern) {
           return pattern == 'd' ? c >= '0' && c <= '9' : c == pattern;
         });
}

}  // namespace

Result<std::vector<std::string>> DatabaseFolder::list_snapshots() {
  std::vector<std::string> names;
  if (!env_.files->exists(snapshot_folder())) return names;
  ORRERY_TRY_ASSIGN(const auto entries, env_.files->list_dir(snapshot_folder()));
  for (const env::DirEntry& entry : entries) {
    if (is_snapshot_name(entry.name)) names.push_back(entry.name);
  }
  return names;
}

void DatabaseFolder::remove_snapshot(std::string_view name) {
  const std::string folder = env::join_path(snapshot_folder(), name);
  const auto entries = env_.files->list_dir(folder);
  if (!entries) return;
  // The manifest goes first: without it the rest is nothing.
  (void)env_.files->remove(env::join_path(folder, kManifestName));
  for (const env::DirEntry& entry : *entries) {
    if (entry.name != kManifestName) (void)env_.files->remove(env::join_path(folder, entry.name));
  }
  (void)env_.files->remove(folder);
}

Status DatabaseFolder::write_snapshot(std::string_view folder, int64_t wall_nanos) {
  ORRERY_TRY(env_.files->create_dirs(folder));
  ORRERY_TRY_ASSIGN(auto writer, CheckpointWriter::create(
                                     *env_.files, env::join_path(folder, kDataName),
                                     {.database = manifest_.database,
                                      .number = kSnapshotNumber,
                                      .wall_nanos = wall_nanos,
                                      .compression = options_.volume_compression,
                                      .compression_threshold = options_.compression_threshold}));
  const auto no_rotation = [](void*, CommitSeq) { return Status(); };
  ORRERY_TRY_ASSIGN(const CommitSeq seq,
                    generation()->contents->write_checkpoint(*writer, no_rotation, nullptr));
  ORRERY_TRY_ASSIGN(const CheckpointSummary summary, writer->finish(seq));
  return write_manifest(*env_.files, folder,
                        {.database = manifest_.database,
                         .generation = 1,
                         .checkpoint_number = kSnapshotNumber,
                         .checkpoint_size = summary.size,
                         .checkpoint_digest = summary.digest,
                         .checkpoint_seq = summary.seq,
                         .first_segment = 0,
                         .durable_position = 0,
                         .durable_seq = summary.seq,
                         .wall_nanos = wall_nanos},
                        nullptr);
}

Result<std::string> DatabaseFolder::snapshot() {
  LockGuard<Mutex> guard(work_mutex_);
  if (closed_) return Error(ErrorCode::kInvalidArgument, "the database is closed");
  ORRERY_TRY_ASSIGN(auto names, list_snapshots());
  int64_t wall_nanos = env_.clock->wall_nanos();
  std::string name = snapshot_name(wall_nanos);
  // Names order snapshots, so a clock that stands still or was put back must not.
  while (!names.empty() && name <= names.back()) {
    wall_nanos += env::kNanosPerMilli;
    if (snapshot_name(wall_nanos).substr(0, 8) < names.back().substr(0, 8)) {
      return Error(ErrorCode::kGeneric,
                   "the clock is a day or more behind snapshot '" + names.back() + "'");
    }
    name = snapshot_name(wall_nanos);
  }
  ORRERY_TRY(env_.files->create_dirs(snapshot_folder()));
  const std::string temp_name = name + std::string(kTempSuffix);
  const std::string temp = env::join_path(snapshot_folder(), temp_name);
  Status written = write_snapshot(temp, wall_nanos);
  if (written) {
    written = env_.files->rename(temp, env::join_path(snapshot_folder(), name));
  }
  if (!written) {
    remove_snapshot(temp_name);
    return std::move(written).error();
  }
  ORRERY_TRY(env_.files->sync_dir(snapshot_folder()));
  names.push_back(name);
  const size_t keep = std::max<size_t>(keep_snapshots_.load(), 1);
  for (size_t i = 0; i + keep < names.size(); ++i) remove_snapshot(names[i]);
  return name;
}

Result<RestoreReport> DatabaseFolder::restore(std::string_view timestamp) {
  LockGuard<Mutex> guard(work_mutex_);
  if (closed_) return Error(ErrorCode::kInvalidArgument, "the database is closed");
  ORRERY_TRY_ASSIGN(const auto names, list_snapshots());
  const auto found = std::find_if(names.rbegin(), names.rend(), [&](const std::string& name) {
    return name.starts_with(timestamp);
  });
  if (found == names.rend()) {
    return Error(ErrorCode::kInvalidArgument, "No matching snapshots found");
  }
  const std::string folder = env::join_path(snapshot_folder(), *found);
  ORRERY_TRY_ASSIGN(const Manifest manifest, read_manifest(*env_.files, folder));
  auto contents = make_contents_();
  const std::string data = env::join_path(folder, kDataName);
  ORRERY_TRY_ASSIGN(const CheckpointSummary summary,
                    read_checkpoint(*env_.files, data, manifest.database,
                                    manifest.checkpoint_number, *contents, nullptr));
  if (summary.size != manifest.checkpoint_size || summary.digest != manifest.checkpoint_digest ||
      summary.seq != manifest.checkpoint_seq) {
    return Error(ErrorCode::kCorruption,
                 "snapshot '" + data + "' is not the one that its manifest names");
  }
  // Sequences go on growing, so that nothing that remembers one is misled.
  const CommitSeq last = std::max(summary.seq, generation()->contents->last_commit());
  ORRERY_TRY(contents->finish_recovery(last));
  ORRERY_TRY(replace_contents(std::move(contents)));
  return RestoreReport{.timestamp = *found,
                       .table_count = static_cast<uint32_t>(summary.table_count),
                       .row_count = summary.row_count};
}

Status DatabaseFolder::replace_contents(std::unique_ptr<Recoverable> contents) {
  const uint64_t number = next_checkpoint_++;
  ORRERY_TRY_ASSIGN(const CheckpointSummary summary,
                    write_checkpoint_file(*contents, number, nullptr, nullptr));
  // The new manifest drops the old log, so nothing may be acknowledged into it any more.
  const auto old = generation();
  ORRERY_TRY(old->log->health());
  old->log->retire(Error(ErrorCode::kReopenRequired, "the database was restored from a snapshot"));
  ManifestFate fate = ManifestFate::kOld;
  Status switched = switch_to_checkpoint(std::move(contents), number, summary, &fate);
  // Where the fate is unknown only opening the folder again can tell what it holds.
  if (!switched && fate == ManifestFate::kOld) old->log->resume();
  return switched;
}

Status DatabaseFolder::switch_to_checkpoint(std::unique_ptr<Recoverable> contents, uint64_t number,
                                            const CheckpointSummary& summary, ManifestFate* fate) {
  const WriteAheadLog::Place place = generation()->log->place();
  ORRERY_TRY_ASSIGN(auto next_generation,
                    make_generation(std::move(contents), {.database = manifest_.database,
                                                          .segment = place.segment + 1,
                                                          .segment_start = place.end,
                                                          .offset = 0,
                                                          .durable = place.durable,
                                                          .last_seq = summary.seq}));
  WriteAheadLog& log = *next_generation->log;
  ORRERY_TRY(log.sync());
  Manifest next = manifest_;
  next.checkpoint_number = number;
  next.checkpoint_size = summary.size;
  next.checkpoint_digest = summary.digest;
  next.checkpoint_seq = summary.seq;
  next.first_segment = place.segment + 1;
  next.durable_position = log.place().durable;
  next.durable_seq = summary.seq;
  ORRERY_TRY(replace_manifest(next, fate));
  set_generation(std::move(next_generation));
  log_start_.store(place.end);
  checkpoint_bytes_.store(summary.size);
  remove_leftovers();
  ask_for_checkpoint_later();
  return {};
}

}  // namespace orrery::storage
