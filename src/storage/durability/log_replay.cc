#include "storage/durability/log_replay.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "storage/durability/lz4_block.h"

namespace orrery::storage {
namespace {

// Looking for intact records behind a bad one reads each byte about once; a file made to look like
// records everywhere must not take for ever.
constexpr uint64_t kScanBudgetBase = uint64_t{256} << 20;
constexpr size_t kScanStep = size_t{64} << 10;
constexpr size_t kMarkOffset = 22;
constexpr char kMarkFirst = 0x52;

}  // namespace

Error LogReplay::damaged(std::string_view path, uint64_t offset, std::string_view what) const {
  return Error(ErrorCode::kCorruption, "log segment '" + std::string(path) +
                                           "' is damaged at offset " + std::to_string(offset) +
                                           ": " + std::string(what));
}

Status LogReplay::find_segments() {
  if (!segments_.empty()) return {};
  if (files_->exists(options_.folder)) {
    ORRERY_TRY_ASSIGN(const auto entries, files_->list_dir(options_.folder));
    for (const env::DirEntry& entry : entries) {
      const uint64_t number = parse_file_name(entry.name, kSegmentSuffix);
      if (number != 0 && number >= options_.first_segment) segments_.push_back(number);
    }
  }
  std::sort(segments_.begin(), segments_.end());
  const size_t at_least = std::max<size_t>(segments_.size(), 1);
  for (size_t i = 0; i < at_least; ++i) {
    const uint64_t expected = options_.first_segment + i;
    if (i < segments_.size() && segments_[i] == expected) continue;
    return Error(ErrorCode::kCorruption,
                 "log segment '" + env::join_path(options_.folder, segment_file_name(expected)) +
                     "' is missing");
  }
  return {};
}

Result<uint64_t> LogReplay::total_bytes() {
  ORRERY_TRY(find_segments());
  uint64_t total = 0;
  for (const uint64_t number : segments_) {
    const std::string path = env::join_path(options_.folder, segment_file_name(number));
    ORRERY_TRY_ASSIGN(auto file, files_->open(path, env::OpenMode::kReadOnly));
    ORRERY_TRY_ASSIGN(const uint64_t size, file->size());
    total += size;
  }
  return total;
}

Result<LogReplay::OpenSegment> LogReplay::open_segment(uint64_t number) {
  std::string path = env::join_path(options_.folder, segment_file_name(number));
  ORRERY_TRY_ASSIGN(auto file, files_->open(path, env::OpenMode::kReadOnly));
  ORRERY_TRY_ASSIGN(BufferedReader reader, BufferedReader::over(file.get()));
  return OpenSegment{.number = number,
                     .path = std::move(path),
                     .file = std::move(file),
                     .reader = std::move(reader),
                     .start = 0,
                     .place = RecordPlace(options_.database, number)};
}

Result<bool> LogReplay::enter_segment(OpenSegment* segment, bool first) {
  ORRERY_TRY_ASSIGN(const std::string_view bytes, segment->reader.view(0, kSegmentHeaderSize));
  const LogPosition log_end = end_.segment_start + end_.offset;
  SegmentHeader header;
  switch (decode_segment_header(bytes, &header)) {
    case HeaderState::kValid:
      break;
    case HeaderState::kMissing:
      if (first) return damaged(segment->path, 0, "the header is missing");
      segment->start = log_end;
      return false;
    case HeaderState::kDamaged:
      return damaged(segment->path, 0, "the header does not match its checksum");
    case HeaderState::kNewerVersion:
      return Error(ErrorCode::kNotSupported,
                   "log segment '" + segment->path + "' was written by a newer version of Orrery");
  }
  if (header.database != options_.database || header.number != segment->number) {
    return damaged(segment->path, 0, "the file belongs to another database or place");
  }
  segment->start = header.start;
  if (first) {
    if (header.base_seq > options_.after_seq) {
      return damaged(segment->path, 0, "it begins after the checkpoint");
    }
    end_.last_seq = header.base_seq;
    log_start_ = header.start;
    return true;
  }
  if (header.start != log_end) return false;
  if (header.base_seq < end_.last_seq) {
    return damaged(segment->path, 0, "its base sequence is not after the segment before it");
  }
  end_.last_seq = header.base_seq;
  return true;
}

Result<LogReplay::Step> LogReplay::read_record(OpenSegment* segment, uint64_t offset,
                                               RecordHeader* header, std::string_view* stored) {
  ORRERY_TRY_ASSIGN(const std::string_view start, segment->reader.view(offset, kRecordHeaderSize));
  if (start.empty()) return Step::kEnd;
  if (start.size() < kRecordHeaderSize || !decode_record_header(start, header)) return Step::kBad;
  const size_t size = kRecordHeaderSize + header->stored_size;
  ORRERY_TRY_ASSIGN(const std::string_view record, segment->reader.view(offset, size));
  if (record.size() < size) return Step::kBad;
  if (segment->place.checksum(offset, record.substr(sizeof(header->checksum))) !=
      header->checksum) {
    return Step::kBad;
  }
  *stored = record.substr(kRecordHeaderSize);
  return Step::kRecord;
}

Status LogReplay::take_record(const OpenSegment& segment, uint64_t offset,
                              const RecordHeader& header, std::string_view stored,
                              const Apply& apply) {
  if (header.seq <= end_.last_seq || (joining_ && header.seq != joining_seq_)) {
    return damaged(segment.path, offset,
                   "commit " + std::to_string(header.seq) + " is out of order");
  }
  std::string_view payload = stored;
  if ((header.flags & kRecordLz4) != 0) {
    uint32_t raw_size = 0;
    if (stored.size() < sizeof(raw_size)) return damaged(segment.path, offset, "no size");
    std::memcpy(&raw_size, stored.data(), sizeof(raw_size));
    stored.remove_prefix(sizeof(raw_size));
    if (raw_size > kRecordRawMax || raw_size / kLz4RatioMax > stored.size()) {
      return damaged(segment.path, offset, "the payload's size makes no sense");
    }
    unpacked_.resize(raw_size);
    if (!lz4_decode(stored, unpacked_)) {
      return damaged(segment.path, offset, "the payload cannot be unpacked");
    }
    payload = unpacked_;
  }
  if ((header.flags & kRecordContinued) != 0) {
    if (!joining_) {
      joining_offset_ = offset;
      joined_.clear();
    }
    joining_ = true;
    joining_seq_ = header.seq;
    joined_.append(payload);
    return {};
  }
  if (joining_) {
    joined_.append(payload);
    payload = joined_;
  }
  if (header.seq > options_.after_seq) {
    Status applied = apply(header.seq, payload);
    if (!applied) {
      const Error& error = applied.error();
      return Error(error.code(), "log segment '" + segment.path + "', offset " +
                                     std::to_string(offset) + ", commit " +
                                     std::to_string(header.seq) + ": " + error.message());
    }
    ++commit_count_;
  }
  joining_ = false;
  end_.last_seq = header.seq;
  return {};
}

Status LogReplay::replay_segment(OpenSegment* segment, const Apply& apply, const Progress& progress,
                                 bool* ended) {
  uint64_t offset = kSegmentHeaderSize;
  while (true) {
    RecordHeader header;
    std::string_view stored;
    ORRERY_TRY_ASSIGN(const Step step, read_record(segment, offset, &header, &stored));
    if (step != Step::kRecord) {
      // Commits do not go on in the next segment, so a half one ends the log.
      *ended = step == Step::kBad || joining_;
      end_.offset = joining_ ? joining_offset_ : offset;
      if (*ended) ORRERY_TRY(check_claims(segment, offset));
      return {};
    }
    ORRERY_TRY(take_record(*segment, offset, header, stored, apply));
    offset += kRecordHeaderSize + header.stored_size;
    if (progress) progress(bytes_before_ + offset);
  }
}

Status LogReplay::check_claims(OpenSegment* segment, uint64_t offset) {
  const LogPosition end = end_.segment_start + end_.offset;
  uint64_t budget = kScanBudgetBase;
  if (options_.known_durable > end) {
    return damaged(segment->path, offset,
                   "no intact record, though the manifest knows that the log went on");
  }
  tail_bytes_ += segment->reader.file_size() - std::min(segment->reader.file_size(), end_.offset);
  ORRERY_TRY(scan_claims(segment, offset, end, &budget));
  LogPosition start = segment->start + segment->reader.file_size();
  for (const uint64_t number : segments_) {
    if (number <= segment->number) continue;
    ORRERY_TRY_ASSIGN(OpenSegment later, open_segment(number));
    ORRERY_TRY_ASSIGN(const std::string_view bytes, later.reader.view(0, kSegmentHeaderSize));
    SegmentHeader header;
    const HeaderState state = decode_segment_header(bytes, &header);
    if (state == HeaderState::kValid) {
      if (claimed_position(header.start, header.undurable) > end) {
        return damaged(segment->path, offset,
                       "no intact record, though the log goes on in '" + later.path + "'");
      }
      start = header.start;
    } else if (state != HeaderState::kMissing) {
      return damaged(later.path, 0, "the header does not match its checksum");
    }
    later.start = start;
    ORRERY_TRY(scan_claims(&later, kSegmentHeaderSize, end, &budget));
    start += later.reader.file_size();
    tail_bytes_ += later.reader.file_size();
    leftovers_.push_back(number);
  }
  return {};
}

Status LogReplay::scan_claims(OpenSegment* segment, uint64_t offset, LogPosition end,
                              uint64_t* budget) {
  *budget += segment->reader.file_size();
  while (offset < segment->reader.file_size()) {
    ORRERY_TRY_ASSIGN(const std::string_view bytes, segment->reader.view(offset, kScanStep));
    // A record's mark tells most other places apart at the price of a memchr.
    const size_t from = std::min(kMarkOffset, bytes.size());
    const void* hit = std::memchr(bytes.data() + from, kMarkFirst, bytes.size() - from);
    if (hit == nullptr) {
      if (bytes.size() <= kMarkOffset) return {};
      offset += bytes.size() - kMarkOffset;
      continue;
    }
    offset += static_cast<size_t>(static_cast<const char*>(hit) - bytes.data()) - kMarkOffset;
    RecordHeader header;
    std::string_view stored;
    ORRERY_TRY_ASSIGN(const std::string_view start,
                      segment->reader.view(offset, kRecordHeaderSize));
    if (start.size() < kRecordHeaderSize || !decode_record_header(start, &header)) {
      ++offset;
      continue;
    }
    const uint64_t cost = kRecordHeaderSize + header.stored_size;
    if (*budget < cost) {
      return damaged(segment->path, offset, "cannot tell whether the log went on from here");
    }
    *budget -= cost;
    ORRERY_TRY_ASSIGN(const Step step, read_record(segment, offset, &header, &stored));
    if (step != Step::kRecord) {
      ++offset;
      continue;
    }
    if (claimed_position(segment->start + offset, header.undurable) > end) {
      return Error(ErrorCode::kCorruption,
                   "log segment '" +
                       env::join_path(options_.folder, segment_file_name(end_.segment)) +
                       "' is damaged at offset " + std::to_string(end_.offset) +
                       ": no intact record, though the log goes on in '" + segment->path +
                       "' at offset " + std::to_string(offset));
    }
    offset += cost;
  }
  return {};
}

Status LogReplay::run(const Apply& apply, const Progress& progress) {
  ORRERY_TRY(find_segments());
  bool ended = false;
  for (size_t i = 0; i < segments_.size() && !ended; ++i) {
    ORRERY_TRY_ASSIGN(OpenSegment segment, open_segment(segments_[i]));
    ORRERY_TRY_ASSIGN(const bool entered, enter_segment(&segment, i == 0));
    if (!entered) {
      ORRERY_TRY_ASSIGN(OpenSegment before, open_segment(segments_[i - 1]));
      before.start = end_.segment_start;
      ORRERY_TRY(check_claims(&before, end_.offset));
      break;
    }
    end_.segment = segment.number;
    end_.segment_start = segment.start;
    end_.offset = kSegmentHeaderSize;
    ORRERY_TRY(replay_segment(&segment, apply, progress, &ended));
    bytes_before_ += segment.reader.file_size();
  }
  const LogPosition end = end_.segment_start + end_.offset;
  if (!ended && options_.known_durable > end) {
    return damaged(env::join_path(options_.folder, segment_file_name(end_.segment)), end_.offset,
                   "the log ends here, though the manifest knows that it went on");
  }
  end_.last_seq = std::max(end_.last_seq, options_.after_seq);
  return {};
}

Result<uint64_t> LogReplay::repair() {
  // From the last to the first, each for good before the next, so that no crash leaves a gap.
  for (auto it = leftovers_.rbegin(); it != leftovers_.rend(); ++it) {
    ORRERY_TRY(files_->remove(env::join_path(options_.folder, segment_file_name(*it))));
    ORRERY_TRY(files_->sync_dir(options_.folder));
  }
  // What a killed process wrote may not be on the device yet; claims need it to be.
  for (const uint64_t number : segments_) {
    if (number > end_.segment) break;
    const std::string path = env::join_path(options_.folder, segment_file_name(number));
    ORRERY_TRY_ASSIGN(auto file, files_->open(path, env::OpenMode::kReadWrite));
    if (number == end_.segment) {
      ORRERY_TRY_ASSIGN(const uint64_t size, file->size());
      if (size > end_.offset) ORRERY_TRY(file->truncate(end_.offset));
    }
    ORRERY_TRY(file->sync());
    ORRERY_TRY(file->close());
  }
  return uint64_t{leftovers_.size()};
}

}  // namespace orrery::storage
