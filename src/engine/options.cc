#include "engine/options.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "engine/names.h"
#include "types/cast.h"
#include "types/vector.h"

namespace orrery::engine {
namespace {

bool is_true(std::string_view value) {
  std::string word = lower_word(value);
  return word == "on" || word == "true" || word == "1" || word == "yes";
}

Error invalid_parameter(std::string_view key, std::string_view value) {
  return Error(ErrorCode::kInvalidArgument,
               "invalid argument: invalid " + std::string(key) + ": '" + std::string(value) + "'");
}

Result<int64_t> parse_number(std::string_view key, std::string_view value) {
  int64_t number = 0;
  if (value.empty() || !types::parse_int64(value, &number) || number < 0) {
    return invalid_parameter(key, value);
  }
  return number;
}

/// For parameters that are kept in 32 bits: larger numbers mean the largest.
Result<uint32_t> parse_number32(std::string_view key, std::string_view value, int64_t scale) {
  ORRERY_TRY_ASSIGN(int64_t number, parse_number(key, value));
  return static_cast<uint32_t>(std::min<int64_t>(number, UINT32_MAX / scale) * scale);
}

/// "64", "64kb", "512 MB", "2g"
Result<uint64_t> parse_byte_size(std::string_view key, std::string_view value) {
  std::string text = lower_word(value);
  uint64_t unit = 1;
  if (!text.empty() && text.back() == 'b') text.pop_back();
  if (!text.empty()) {
    const char suffix = text.back();
    if (suffix == 'k') unit = uint64_t{1} << 10;
    if (suffix == 'm') unit = uint64_t{1} << 20;
    if (suffix == 'g') unit = uint64_t{1} << 30;
    if (unit != 1) text.pop_back();
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  Result<int64_t> number = parse_number(key, text);
  if (!number || static_cast<uint64_t>(*number) > UINT64_MAX / unit) {
    return invalid_parameter(key, value);
  }
  return static_cast<uint64_t>(*number) * unit;
}

storage::SyncMode parse_sync_mode(std::string_view value) {
  std::string word = lower_word(value);
  if (word == "none" || word == "off" || word == "0") return storage::SyncMode::kNone;
  if (word == "full" || word == "2") return storage::SyncMode::kFull;
  return storage::SyncMode::kNormal;
}

storage::Compression parse_compression(std::string_view value) {
  return is_true(value) ? storage::Compression::kLz4 : storage::Compression::kOff;
}

struct Parameter {
  std::string key;  ///< lower-cased
  std::string_view value;
};

/// True where `parameter` is one of those that change what is kept on disk.
Result<bool> apply_durability(const Parameter& parameter, DatabaseOptions* options) {
  const std::string& key = parameter.key;
  std::string_view value = parameter.value;
  storage::DurabilityOptions& durability = options->durability;
  if (key == "sync_mode" || key == "sync") {
    durability.sync_mode = parse_sync_mode(value);
  } else if (key == "sync_interval_ms" || key == "sync_interval") {
    ORRERY_TRY_ASSIGN(durability.sync_interval_ms, parse_number32(key, value, 1));
  } else if (key == "wal_flush_trigger") {
    ORRERY_TRY_ASSIGN(durability.wal_flush_trigger, parse_number32(key, value, 1));
    options->settings.wal_flush_trigger = durability.wal_flush_trigger;
  } else if (key == "wal_buffer_size") {
    ORRERY_TRY_ASSIGN(durability.wal_buffer_size, parse_number32(key, value, 1));
  } else if (key == "wal_max_size") {
    ORRERY_TRY_ASSIGN(int64_t bytes, parse_number(key, value));
    durability.wal_max_size = static_cast<uint64_t>(bytes);
  } else if (key == "wal_compression") {
    durability.wal_compression = parse_compression(value);
  } else if (key == "volume_compression") {
    durability.volume_compression = parse_compression(value);
  } else if (key == "compression" || key == "snapshot_compression") {
    durability.wal_compression = parse_compression(value);
    durability.volume_compression = durability.wal_compression;
  } else if (key == "compression_threshold") {
    ORRERY_TRY_ASSIGN(durability.compression_threshold, parse_number32(key, value, 1));
  } else if (key == "checkpoint_interval" || key == "snapshot_interval") {
    ORRERY_TRY_ASSIGN(durability.checkpoint_interval_ms, parse_number32(key, value, 1000));
    options->settings.checkpoint_interval_seconds = durability.checkpoint_interval_ms / 1000;
  } else if (key == "checkpoint_on_close") {
    durability.checkpoint_on_close =
        is_true(value) ? storage::CloseCheckpoint::kWrite : storage::CloseCheckpoint::kSkip;
  } else if (key == "keep_snapshots") {
    ORRERY_TRY_ASSIGN(uint32_t count, parse_number32(key, value, 1));
    durability.keep_snapshots = std::max<uint32_t>(count, 1);
    options->settings.keep_snapshots = durability.keep_snapshots;
  } else {
    return false;
  }
  return true;
}

Status apply_engine(const Parameter& parameter, DatabaseOptions* options) {
  const std::string& key = parameter.key;
  std::string_view value = parameter.value;
  Settings& settings = options->settings;
  if (key == "compact_threshold") {
    ORRERY_TRY_ASSIGN(settings.compact_threshold, parse_number(key, value));
  } else if (key == "target_volume_rows") {
    ORRERY_TRY_ASSIGN(int64_t rows, parse_number(key, value));
    settings.target_volume_rows = std::max(rows, kTargetVolumeRowsMin);
  } else if (key == "commit_batch_size") {
    ORRERY_TRY_ASSIGN(settings.commit_batch_size, parse_number(key, value));
  } else if (key == "cleanup") {
    settings.cleanup = is_true(value);
  } else if (key == "cleanup_interval") {
    ORRERY_TRY_ASSIGN(settings.cleanup_interval_seconds, parse_number(key, value));
  } else if (key == "deleted_row_retention") {
    ORRERY_TRY_ASSIGN(settings.deleted_row_retention_seconds, parse_number(key, value));
  } else if (key == "transaction_retention") {
    ORRERY_TRY_ASSIGN(settings.transaction_retention_seconds, parse_number(key, value));
  } else if (key == "memory_limit") {
    ORRERY_TRY_ASSIGN(options->memory_limit_bytes, parse_byte_size(key, value));
  } else if (key == "spill_directory" || key == "temp_directory") {
    options->spill_directory = std::string(value);
  } else if (key == "vector_size") {
    ORRERY_TRY_ASSIGN(int64_t rows, parse_number(key, value));
    if (rows < 1 || rows > types::kVectorCapacity) return invalid_parameter(key, value);
    options->vector_size = static_cast<uint32_t>(rows);
  }
  return {};
}

Status apply_parameters(std::string_view text, DatabaseOptions* options) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equal = pair.find('=');
    if (equal == std::string_view::npos) continue;
    Parameter parameter{lower_word(pair.substr(0, equal)), pair.substr(equal + 1)};
    ORRERY_TRY_ASSIGN(bool known, apply_durability(parameter, options));
    if (!known) ORRERY_TRY(apply_engine(parameter, options));
  }
  return {};
}

}  // namespace

Result<DatabaseOptions> parse_dsn(std::string_view dsn) {
  if (!utf8_valid(dsn)) return Error(ErrorCode::kInvalidArgument, "invalid UTF-8 in DSN");
  if (dsn.find('\0') != std::string_view::npos) {
    return Error(ErrorCode::kParse, "parse error: DSN holds a NUL byte");
  }
  const size_t colon = dsn.find("://");
  if (colon == std::string_view::npos) {
    return Error(ErrorCode::kParse, "parse error: Invalid DSN format: expected scheme://path");
  }
  const std::string scheme = lower_word(dsn.substr(0, colon));
  std::string_view rest = dsn.substr(colon + 3);
  const size_t question = std::min(rest.find('?'), rest.size());
  DatabaseOptions options;
  options.path = std::string(rest.substr(0, question));
  if (scheme == "memory") {
    options.kind = StorageKind::kMemory;
  } else if (scheme == "file") {
    options.kind = StorageKind::kFile;
    if (options.path.empty()) {
      return Error(ErrorCode::kParse, "parse error: file:// scheme requires a non-empty path");
    }
  } else {
    return Error(ErrorCode::kParse, "parse error: Unsupported scheme '" +
                                        std::string(dsn.substr(0, colon)) +
                                        "'. Use 'memory://' or 'file://path'");
  }
  if (question < rest.size()) ORRERY_TRY(apply_parameters(rest.substr(question + 1), &options));
  return options;
}

}  // namespace orrery::engine
