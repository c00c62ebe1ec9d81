#include "storage/durability/log_format.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"
#include "storage/durability/crc32c.h"

namespace orrery::storage {
namespace {

constexpr std::string_view kSegmentMagic = "ORRYWAL1";
constexpr uint16_t kRecordMark = 0x4c52;
constexpr uint8_t kRecordFlags = kRecordLz4 | kRecordContinued;
constexpr size_t kNameDigits = 20;

std::string numbered_name(uint64_t number, std::string_view suffix) {
  const std::string digits = std::to_string(number);
  std::string name(kNameDigits - digits.size(), '0');
  return name.append(digits).append(suffix);
}

}  // namespace

std::string encode_segment_header(const SegmentHeader& header) {
  ByteWriter out;
  out.write_bytes(kSegmentMagic);
  out.write(kFormatVersion);
  out.write(static_cast<uint32_t>(kSegmentHeaderSize));
  out.write(header.database.low);
  out.write(header.database.high);
  out.write(header.number);
  out.write(header.start);
  out.write(header.base_seq);
  out.write(header.undurable);
  out.write(crc32c(0, out.buffer()));
  ORRERY_ASSERT(out.size() == kSegmentHeaderSize);
  return std::move(out.buffer());
}

HeaderState decode_segment_header(std::string_view bytes, SegmentHeader* header) {
  if (bytes.size() < kSegmentHeaderSize) return HeaderState::kMissing;
  bytes = bytes.substr(0, kSegmentHeaderSize);
  if (std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; })) {
    return HeaderState::kMissing;
  }
  ByteReader in(bytes);
  std::string_view magic;
  uint32_t version = 0;
  uint32_t size = 0;
  uint32_t checksum = 0;
  const bool whole = in.read_bytes(kSegmentMagic.size(), &magic) && in.read(&version) &&
                     in.read(&size) && in.read(&header->database.low) &&
                     in.read(&header->database.high) && in.read(&header->number) &&
                     in.read(&header->start) && in.read(&header->base_seq) &&
                     in.read(&header->undurable) && in.read(&checksum);
  ORRERY_ASSERT(whole);
  const bool intact = checksum == crc32c(0, bytes.substr(0, kSegmentHeaderSize - sizeof(checksum)));
  if (magic != kSegmentMagic || !intact) return HeaderState::kDamaged;
  if (version != kFormatVersion) return HeaderState::kNewerVersion;
  const bool sane = size == kSegmentHeaderSize && header->number < kNumberMax &&
                    header->start < kNumberMax && header->base_seq < kNumberMax;
  return sane ? HeaderState::kValid : HeaderState::kDamaged;
}

RecordPlace::RecordPlace(const DatabaseId& database, uint64_t segment)
    : seed_(crc32c_value(crc32c_value(crc32c_value(0, database.low), database.high), segment)) {}

uint32_t RecordPlace::checksum(uint64_t offset, std::string_view after_checksum) const {
  return crc32c(crc32c_value(seed_, offset), after_checksum);
}

void encode_record(const RecordPlace& place, uint64_t offset, RecordHeader header,
                   std::string_view stored, std::string* out) {
  ORRERY_ASSERT(stored.size() <= kRecordStoredMax);
  char bytes[kRecordHeaderSize] = {};
  const auto put = [&](size_t at, auto value) { std::memcpy(bytes + at, &value, sizeof(value)); };
  put(4, static_cast<uint32_t>(stored.size()));
  put(8, header.seq);
  put(16, header.undurable);
  put(20, header.flags);
  put(22, kRecordMark);
  const size_t start = out->size();
  out->append(bytes, sizeof(bytes)).append(stored);
  const uint32_t checksum =
      place.checksum(offset, std::string_view(*out).substr(start + sizeof(uint32_t)));
  std::memcpy(out->data() + start, &checksum, sizeof(checksum));
}

bool decode_record_header(std::string_view bytes, RecordHeader* header) {
  ByteReader in(bytes);
  uint8_t zero = 0;
  uint16_t mark = 0;
  if (!in.read(&header->checksum) || !in.read(&header->stored_size) || !in.read(&header->seq) ||
      !in.read(&header->undurable) || !in.read(&header->flags) || !in.read(&zero) ||
      !in.read(&mark)) {
    return false;
  }
  return mark == kRecordMark && zero == 0 && (header->flags & ~kRecordFlags) == 0 &&
         header->stored_size <= kRecordStoredMax && header->seq < kNumberMax;
}

LogPosition claimed_position(LogPosition at, uint32_t undurable) {
  if (undurable == kUndurableUnknown || undurable > at) return 0;
  return at - undurable;
}

uint32_t undurable_bytes(LogPosition at, LogPosition durable) {
  ORRERY_ASSERT(durable <= at);
  return static_cast<uint32_t>(std::min<uint64_t>(at - durable, kUndurableUnknown));
}

std::string segment_file_name(uint64_t number) {
  return numbered_name(number, kSegmentSuffix);
}

std::string checkpoint_file_name(uint64_t number) {
  return numbered_name(number, kCheckpointSuffix);
}

uint64_t parse_file_name(std::string_view name, std::string_view suffix) {
  if (name.size() != kNameDigits + suffix.size() || !name.ends_with(suffix)) return 0;
  uint64_t number = 0;
  for (const char c : name.substr(0, kNameDigits)) {
    if (c < '0' || c > '9') return 0;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (number > (UINT64_MAX - digit) / 10) return 0;
    number = number * 10 + digit;
  }
  return number;
}

}  // namespace orrery::storage
