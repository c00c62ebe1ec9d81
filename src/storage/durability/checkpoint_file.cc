#include "storage/durability/checkpoint_file.h"

#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "storage/durability/buffered_reader.h"
#include "storage/durability/crc32c.h"

namespace orrery::storage {
namespace {

constexpr std::string_view kMagic = "ORRYCKP1";
constexpr size_t kHeaderSize = 64;
constexpr size_t kBlockHeaderSize = 24;
constexpr size_t kFlushSize = size_t{1} << 20;
constexpr uint8_t kFlagLz4 = 1;

enum BlockKind : uint8_t { kSchema = 1, kTableBegin = 2, kRows = 3, kTableEnd = 4, kEnd = 5 };

std::string encode_header(const CheckpointWriter::Options& options) {
  ByteWriter out;
  out.write_bytes(kMagic);
  out.write(kFormatVersion);
  out.write(static_cast<uint32_t>(kHeaderSize));
  out.write(options.database.low);
  out.write(options.database.high);
  out.write(options.number);
  out.write(options.wall_nanos);
  out.write(uint64_t{0});
  out.write(uint32_t{0});
  out.write(crc32c(0, out.buffer()));
  ORRERY_ASSERT(out.size() == kHeaderSize);
  return std::move(out.buffer());
}

}  // namespace

CheckpointWriter::CheckpointWriter(std::unique_ptr<env::File> file, std::string path,
                                   const Options& options)
    : file_(std::move(file)),
      path_(std::move(path)),
      options_(options),
      place_(options.database, options.number),
      buffer_(encode_header(options)) {}

Result<std::unique_ptr<CheckpointWriter>> CheckpointWriter::create(env::FileSystem& files,
                                                                   std::string_view path,
                                                                   const Options& options) {
  ORRERY_TRY_ASSIGN(auto file, files.open(path, env::OpenMode::kTruncate));
  return std::unique_ptr<CheckpointWriter>(
      new CheckpointWriter(std::move(file), std::string(path), options));
}

Status CheckpointWriter::put(uint8_t kind, uint32_t row_count, std::string_view payload) {
  if (payload.size() > UINT32_MAX) {
    return Error(ErrorCode::kLimit, "a row of over 4 GiB cannot be written to '" + path_ + "'");
  }
  std::string_view stored = payload;
  uint8_t flags = 0;
  if (options_.compression == Compression::kLz4 &&
      payload.size() >= options_.compression_threshold) {
    packed_.clear();
    if (encoder_.encode(payload, &packed_)) {
      stored = packed_;
      flags = kFlagLz4;
    }
  }
  char header[kBlockHeaderSize] = {};
  const auto set = [&](size_t at, auto value) { std::memcpy(header + at, &value, sizeof(value)); };
  set(4, static_cast<uint32_t>(stored.size()));
  set(8, static_cast<uint32_t>(payload.size()));
  set(12, kind);
  set(13, flags);
  set(16, table_);
  set(20, row_count);
  const size_t start = buffer_.size();
  buffer_.append(header, sizeof(header)).append(stored);
  const uint32_t checksum =
      place_.checksum(flushed_ + start, std::string_view(buffer_).substr(start + sizeof(uint32_t)));
  std::memcpy(buffer_.data() + start, &checksum, sizeof(checksum));
  summary_.digest = crc32c_value(summary_.digest, checksum);
  ++block_count_;
  if (buffer_.size() < kFlushSize) return {};
  return flush();
}

Status CheckpointWriter::flush() {
  ORRERY_TRY(file_->write_at(flushed_, buffer_));
  flushed_ += buffer_.size();
  buffer_.clear();
  return {};
}

Status CheckpointWriter::schema(std::string_view bytes) {
  ORRERY_ASSERT(!has_schema_);
  has_schema_ = true;
  return put(kSchema, 0, bytes);
}

Status CheckpointWriter::begin_table(TableId table, uint64_t row_count_estimate) {
  ORRERY_ASSERT(has_schema_ && !in_table_);
  in_table_ = true;
  table_ = table;
  table_rows_ = 0;
  ++summary_.table_count;
  return put(kTableBegin, 0,
             {reinterpret_cast<const char*>(&row_count_estimate), sizeof(row_count_estimate)});
}

Status CheckpointWriter::rows(std::string_view block, uint32_t row_count) {
  ORRERY_ASSERT(in_table_);
  table_rows_ += row_count;
  summary_.row_count += row_count;
  return put(kRows, row_count, block);
}

Status CheckpointWriter::end_table() {
  ORRERY_ASSERT(in_table_);
  ORRERY_TRY(put(kTableEnd, 0, {reinterpret_cast<const char*>(&table_rows_), sizeof(table_rows_)}));
  in_table_ = false;
  table_ = 0;
  return {};
}

Result<CheckpointSummary> CheckpointWriter::finish(CommitSeq seq) {
  ORRERY_ASSERT(has_schema_ && !in_table_);
  summary_.seq = seq;
  ByteWriter end;
  end.write(seq);
  end.write(summary_.table_count);
  end.write(summary_.row_count);
  end.write(block_count_);
  ORRERY_TRY(put(kEnd, 0, end.buffer()));
  ORRERY_TRY(flush());
  summary_.size = flushed_;
  ORRERY_TRY(file_->sync());
  ORRERY_TRY(file_->close());
  return summary_;
}

namespace {

struct Block {
  uint32_t checksum = 0;
  uint32_t stored_size = 0;
  uint32_t raw_size = 0;
  uint8_t kind = 0;
  uint8_t flags = 0;
  uint32_t table = 0;
  uint32_t row_count = 0;
};

// The reading side: one call per block, with the order of kinds as state.
class CheckpointParser {
 public:
  CheckpointParser(std::string_view path, BufferedReader* reader, const DatabaseId& database,
                   uint64_t number, CheckpointTarget* target)
      : path_(path), reader_(reader), place_(database, number), target_(target) {}

  Status check_header(const DatabaseId& database, uint64_t number);
  Status take_block();
  bool ended() const { return ended_; }
  uint64_t offset() const { return offset_; }
  const CheckpointSummary& summary() const { return summary_; }

 private:
  Error damaged(std::string_view what) const {
    return Error(ErrorCode::kCorruption, "checkpoint '" + std::string(path_) +
                                             "' is damaged at offset " + std::to_string(offset_) +
                                             ": " + std::string(what));
  }
  Status read_block(Block* block, std::string_view* payload);
  Status dispatch(const Block& block, std::string_view payload);
  Status check_end(std::string_view payload);

  std::string_view path_;
  BufferedReader* reader_;
  RecordPlace place_;
  CheckpointTarget* target_;
  uint64_t offset_ = 0;
  std::string unpacked_;
  CheckpointSummary summary_;
  uint64_t block_count_ = 0;
  uint64_t table_rows_ = 0;
  TableId table_ = 0;
  bool has_schema_ = false;
  bool in_table_ = false;
  bool ended_ = false;
};

Status CheckpointParser::check_header(const DatabaseId& database, uint64_t number) {
  ORRERY_TRY_ASSIGN(const std::string_view bytes, reader_->view(0, kHeaderSize));
  ByteReader in(bytes);
  std::string_view magic;
  uint32_t version = 0;
  uint32_t size = 0;
  DatabaseId found;
  uint64_t found_number = 0;
  if (!in.read_bytes(kMagic.size(), &magic) || !in.read(&version) || !in.read(&size) ||
      !in.read(&found.low) || !in.read(&found.high) || !in.read(&found_number) ||
      bytes.size() != kHeaderSize || magic != kMagic) {
    return damaged("no header");
  }
  uint32_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + kHeaderSize - sizeof(checksum), sizeof(checksum));
  if (checksum != crc32c(0, bytes.substr(0, kHeaderSize - sizeof(checksum)))) {
    return damaged("the header does not match its checksum");
  }
  if (version != kFormatVersion) {
    return Error(ErrorCode::kNotSupported, "checkpoint '" + std::string(path_) +
                                               "' was written by a newer version of Orrery");
  }
  if (size != kHeaderSize || found != database || found_number != number) {
    return damaged("the file belongs to another database or place");
  }
  offset_ = kHeaderSize;
  return {};
}

Status CheckpointParser::read_block(Block* block, std::string_view* payload) {
  ORRERY_TRY_ASSIGN(const std::string_view start, reader_->view(offset_, kBlockHeaderSize));
  ByteReader in(start);
  uint16_t zero = 0;
  if (!in.read(&block->checksum) || !in.read(&block->stored_size) || !in.read(&block->raw_size) ||
      !in.read(&block->kind) || !in.read(&block->flags) || !in.read(&zero) ||
      !in.read(&block->table) || !in.read(&block->row_count)) {
    return damaged("the file ends early");
  }
  const uint64_t size = uint64_t{kBlockHeaderSize} + block->stored_size;
  if (size > reader_->file_size() - offset_) return damaged("a block goes past the file's end");
  ORRERY_TRY_ASSIGN(const std::string_view bytes,
                    reader_->view(offset_, static_cast<size_t>(size)));
  if (bytes.size() != size ||
      place_.checksum(offset_, bytes.substr(sizeof(block->checksum))) != block->checksum) {
    return damaged("a block does not match its checksum");
  }
  *payload = bytes.substr(kBlockHeaderSize);
  if ((block->flags & ~kFlagLz4) != 0 || zero != 0) return damaged("unknown flags");
  if ((block->flags & kFlagLz4) == 0) {
    return block->raw_size == block->stored_size ? Status() : damaged("two sizes");
  }
  if (block->raw_size / kLz4RatioMax > block->stored_size) {
    return damaged("a block's size makes no sense");
  }
  unpacked_.resize(block->raw_size);
  if (!lz4_decode(*payload, unpacked_)) return damaged("a block cannot be unpacked");
  *payload = unpacked_;
  return {};
}

Status CheckpointParser::take_block() {
  Block block;
  std::string_view payload;
  ORRERY_TRY(read_block(&block, &payload));
  ORRERY_TRY(dispatch(block, payload));
  summary_.digest = crc32c_value(summary_.digest, block.checksum);
  ++block_count_;
  offset_ += kBlockHeaderSize + block.stored_size;
  return {};
}

Status CheckpointParser::dispatch(const Block& block, std::string_view payload) {
  if ((block.kind != kSchema) != has_schema_) return damaged("definitions are not first");
  const bool within = block.kind == kRows || block.kind == kTableEnd;
  if (within != in_table_) return damaged("a block outside its table");
  if (within && block.table != table_) return damaged("a block of another table");
  ByteReader in(payload);
  uint64_t number = 0;
  switch (block.kind) {
    case kSchema:
      has_schema_ = true;
      return target_->load_schema(payload);
    case kTableBegin:
      if (!in.read(&number)) return damaged("a table's start is too short");
      in_table_ = true;
      table_ = block.table;
      table_rows_ = 0;
      ++summary_.table_count;
      return {};
    case kRows:
      table_rows_ += block.row_count;
      summary_.row_count += block.row_count;
      return target_->load_rows(table_, payload, block.row_count);
    case kTableEnd:
      if (!in.read(&number) || number != table_rows_) return damaged("rows are missing");
      in_table_ = false;
      return {};
    case kEnd:
      return check_end(payload);
    default:
      return damaged("unknown kind of block");
  }
}

Status CheckpointParser::check_end(std::string_view payload) {
  ByteReader in(payload);
  uint64_t tables = 0;
  uint64_t rows = 0;
  uint64_t blocks = 0;
  if (!in.read(&summary_.seq) || !in.read(&tables) || !in.read(&rows) || !in.read(&blocks)) {
    return damaged("the end is too short");
  }
  if (tables != summary_.table_count || rows != summary_.row_count || blocks != block_count_) {
    return damaged("blocks are missing");
  }
  if (summary_.seq >= kNumberMax) return damaged("the sequence makes no sense");
  ended_ = true;
  return {};
}

}  // namespace

Result<CheckpointSummary> read_checkpoint(env::FileSystem& files, std::string_view path,
                                          const DatabaseId& database, uint64_t number,
                                          CheckpointTarget& target,
                                          const std::function<void(uint64_t bytes)>& progress) {
  ORRERY_TRY_ASSIGN(auto file, files.open(path, env::OpenMode::kReadOnly));
  ORRERY_TRY_ASSIGN(BufferedReader reader, BufferedReader::over(file.get()));
  CheckpointParser parser(path, &reader, database, number, &target);
  ORRERY_TRY(parser.check_header(database, number));
  while (!parser.ended()) {
    ORRERY_TRY(parser.take_block());
    if (progress) progress(parser.offset());
  }
  CheckpointSummary summary = parser.summary();
  summary.size = parser.offset();
  if (summary.size != reader.file_size()) {
    return Error(ErrorCode::kCorruption, "checkpoint '" + std::string(path) +
                                             "' goes on after its end at offset " +
                                             std::to_string(summary.size));
  }
  return summary;
}

}  // namespace orrery::storage
