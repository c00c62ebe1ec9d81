// Bytes of the write-ahead log: segment headers and records. Layout: docs/FORMAT.md.
//
// Pure functions over memory; thread-safe as such.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/schema.h"

namespace orrery::storage {

/// Random, drawn when a database is made; ties its files together.
struct DatabaseId {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const DatabaseId&) const = default;
};

/// Byte position over all segments ever written.
using LogPosition = uint64_t;

inline constexpr uint32_t kFormatVersion = 1;
/// Sequences, positions and file numbers are below this, so that sums of a few never overflow.
inline constexpr uint64_t kNumberMax = uint64_t{1} << 60;
inline constexpr size_t kSegmentHeaderSize = 64;
inline constexpr size_t kRecordHeaderSize = 24;
/// Redo beyond this is split over several records.
inline constexpr size_t kRecordRawMax = size_t{16} << 20;
inline constexpr size_t kRecordStoredMax = kRecordRawMax + (size_t{64} << 10) + 80;
inline constexpr uint32_t kUndurableUnknown = UINT32_MAX;

struct SegmentHeader {
  DatabaseId database;
  uint64_t number = 0;
  LogPosition start = 0;
  CommitSeq base_seq = 0;
  uint32_t undurable = 0;  ///< bytes before `start` not known to be on the device
};

std::string encode_segment_header(const SegmentHeader& header);

enum class HeaderState : uint8_t {
  kValid,
  kMissing,  ///< never written: too short or all zero
  kDamaged,
  kNewerVersion,
};
HeaderState decode_segment_header(std::string_view bytes, SegmentHeader* header);

/// What the records of one segment are checksummed with.
class RecordPlace {
 public:
  RecordPlace(const DatabaseId& database, uint64_t segment);
  uint32_t checksum(uint64_t offset, std::string_view after_checksum) const;

 private:
  uint32_t seed_;
};

enum RecordFlag : uint8_t { kRecordLz4 = 1, kRecordContinued = 2 };

struct RecordHeader {
  uint32_t checksum = 0;
  uint32_t stored_size = 0;
  CommitSeq seq = 0;
  uint32_t undurable = 0;
  uint8_t flags = 0;
};

/// Appends one record; `stored` is the payload as it goes to the file.
void encode_record(const RecordPlace& place, uint64_t offset, RecordHeader header,
                   std::string_view stored, std::string* out);
/// False where `bytes` (at least kRecordHeaderSize) cannot be the start of a record.
bool decode_record_header(std::string_view bytes, RecordHeader* header);

/// Bytes that are known to have been on the device, as a record or header at `at` has it.
LogPosition claimed_position(LogPosition at, uint32_t undurable);
/// The inverse, for writers.
uint32_t undurable_bytes(LogPosition at, LogPosition durable);

std::string segment_file_name(uint64_t number);
std::string checkpoint_file_name(uint64_t number);
/// The number of a name made by one of the two above; 0 where it is none.
uint64_t parse_file_name(std::string_view name, std::string_view suffix);
inline constexpr std::string_view kSegmentSuffix = ".log";
inline constexpr std::string_view kCheckpointSuffix = ".ckpt";

}  // namespace orrery::storage
