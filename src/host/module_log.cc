#include "host/module_log.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/utf8.h"
#include "types/json.h"

namespace orrery::host {
namespace {

constexpr int64_t kNanosPerDay = int64_t{86'400} * env::kNanosPerSecond;
constexpr std::string_view kSuffix = ".log";
constexpr size_t kTailBlock = 64 << 10;

/// The day's date in the proleptic Gregorian calendar.
std::string date_text(int64_t day) {
  // Years begin in March here, so that the day that comes and goes is the last.
  const int64_t z = day + 719'468;
  const int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
  const int64_t doe = z - era * 146'097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  const int64_t month = mp < 10 ? mp + 3 : mp - 9;
  char text[80];  // three numbers of 64 bits, as far as the compiler knows
  std::snprintf(text, sizeof(text), "%04lld-%02lld-%02lld",
                static_cast<long long>(yoe + era * 400 + (month <= 2 ? 1 : 0)),
                static_cast<long long>(month),
                static_cast<long long>(doy - (153 * mp + 2) / 5 + 1));
  return text;
}

/// JSON must be UTF-8 whatever a module wrote.
void append_text(std::string_view text, std::string* out) {
  if (utf8_valid_prefix(text) == text.size()) {
    types::append_json_string(text, out);
    return;
  }
  std::string valid;
  while (!text.empty()) {
    const size_t good = utf8_valid_prefix(text);
    valid += text.substr(0, good);
    text.remove_prefix(good);
    if (text.empty()) break;
    valid += "\xEF\xBF\xBD";
    text.remove_prefix(1);
  }
  types::append_json_string(valid, out);
}

void append_member(std::string_view name, std::string_view text, std::string* out) {
  if (text.empty()) return;
  *out += ",\"";
  *out += name;
  *out += "\":";
  append_text(text, out);
}

void append_record(const LogRecord& record, int64_t micros, std::string* out) {
  *out += "{\"level\":\"";
  *out += log_level_name(record.level);
  *out += "\",\"ts\":";
  *out += std::to_string(micros);
  append_member("target", record.target.value_or(""), out);
  append_member("filename", record.filename.value_or(""), out);
  if (record.line) {
    *out += ",\"line_number\":";
    *out += std::to_string(*record.line);
  }
  append_member("function", record.function, out);
  *out += ",\"message\":";
  append_text(record.message, out);
  if (record.level == LogLevel::kPanic) {
    *out += ",\"trace\":[";
    std::string_view rest = record.backtrace;
    bool first = true;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      if (!first) *out += ",";
      first = false;
      *out += "{\"func_name\":";
      append_text(rest.substr(0, end), out);
      *out += "}";
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    *out += "]";
  }
  *out += "}\n";
}

/// Where the last `*lines` lines of `text` begin; `*lines` gets how many are still missing.
size_t start_of_lines(std::string_view text, uint64_t* lines) {
  size_t at = text.size();
  while (*lines > 0 && at > 0) {
    const size_t newline = at < 2 ? std::string_view::npos : text.rfind('\n', at - 2);
    at = newline == std::string_view::npos ? 0 : newline + 1;
    --*lines;
  }
  return at;
}

}  // namespace

LogLevel log_level_of(uint32_t number) {
  switch (number) {
    case 0:
      return LogLevel::kError;
    case 1:
      return LogLevel::kWarn;
    case 2:
      return LogLevel::kInfo;
    case 4:
      return LogLevel::kTrace;
    case 101:
      return LogLevel::kPanic;
    default:
      return LogLevel::kDebug;
  }
}

std::string_view log_level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return "Error";
    case LogLevel::kWarn:
      return "Warn";
    case LogLevel::kInfo:
      return "Info";
    case LogLevel::kDebug:
      return "Debug";
    case LogLevel::kTrace:
      return "Trace";
    case LogLevel::kPanic:
      return "Panic";
  }
  return "Debug";
}

ModuleLog::ModuleLog(const env::Environment& environment, std::string directory)
    : environment_(environment), directory_(std::move(directory)) {}

ModuleLog::~ModuleLog() = default;

Result<std::unique_ptr<ModuleLog>> ModuleLog::open(const env::Environment& environment,
                                                   std::string directory) {
  if (!directory.empty()) ORRERY_TRY(environment.files->create_dirs(directory));
  return std::unique_ptr<ModuleLog>(new ModuleLog(environment, std::move(directory)));
}

Status ModuleLog::open_day(int64_t day) {
  if (file_ != nullptr && day == day_) return {};
  const std::string path = env::join_path(directory_, date_text(day) + std::string(kSuffix));
  ORRERY_TRY_ASSIGN(file_, environment_.files->open(path, env::OpenMode::kCreate));
  day_ = day;
  return {};
}

Status ModuleLog::append(std::string_view line, int64_t day) {
  if (directory_.empty()) {
    if (recent_.size() == kRecordsInMemory) recent_.pop_front();
    recent_.emplace_back(line);
    return {};
  }
  ORRERY_TRY(open_day(day));
  return file_->append(line);
}

void ModuleLog::tell_lost(int64_t nanos) {
  LogRecord record;
  record.level = LogLevel::kError;
  record.target = kSystemTarget;
  const std::string text =
      std::to_string(lost_) + " records before this one could not be written and are lost";
  record.message = text;
  std::string line;
  append_record(record, nanos / 1000, &line);
  if (append(line, nanos / kNanosPerDay)) lost_ = 0;
}

void ModuleLog::write(const LogRecord& record) {
  LockGuard<Mutex> lock(mutex_);
  const int64_t nanos = environment_.clock->wall_nanos();
  if (lost_ > 0) tell_lost(nanos);
  scratch_.clear();
  append_record(record, nanos / 1000, &scratch_);
  if (lost_ > 0 || !append(scratch_, nanos / kNanosPerDay)) ++lost_;
  std::erase_if(followers_,
                [&](const auto& one) { return one.second(scratch_) == Heard::kNoMore; });
}

void ModuleLog::system(LogLevel level, std::string_view message) {
  LogRecord record;
  record.level = level;
  record.target = kSystemTarget;
  record.filename = kSystemTarget;
  record.function = kSystemTarget;
  record.message = message;
  write(record);
}

Result<std::string> ModuleLog::tail_of_files(uint64_t lines) const {
  env::FileSystem& files = *environment_.files;
  ORRERY_TRY_ASSIGN(std::vector<env::DirEntry> entries, files.list_dir(directory_));
  std::string out;
  for (size_t i = entries.size(); i-- > 0 && lines > 0;) {
    if (!entries[i].name.ends_with(kSuffix)) continue;
    const std::string path = env::join_path(directory_, entries[i].name);
    ORRERY_TRY_ASSIGN(std::unique_ptr<env::File> file, files.open(path, env::OpenMode::kReadOnly));
    ORRERY_TRY_ASSIGN(uint64_t at, file->size());
    std::string end;
    uint64_t missing = lines;
    // Backwards in growing steps until there are lines enough.
    for (size_t step = kTailBlock; at > 0; step *= 2) {
      const size_t bytes = static_cast<size_t>(std::min<uint64_t>(step, at));
      std::string block(bytes, '\0');
      at -= bytes;
      ORRERY_TRY_ASSIGN(size_t got, file->read_at(at, block));
      block.resize(got);
      end.insert(0, block);
      // The newest file may end in a record that is being written.
      if (out.empty()) end.resize(end.rfind('\n') + 1);
      missing = lines;
      const size_t start = start_of_lines(end, &missing);
      if (start > 0) {
        end.erase(0, start);
        break;
      }
    }
    lines = missing;
    out.insert(0, end);
  }
  return out;
}

std::string ModuleLog::tail_of_memory(uint64_t lines) const {
  std::string out;
  const size_t count = static_cast<size_t>(std::min<uint64_t>(lines, recent_.size()));
  for (size_t i = recent_.size() - count; i < recent_.size(); ++i) out += recent_[i];
  return out;
}

Result<std::string> ModuleLog::tail(uint64_t lines) {
  if (!directory_.empty()) return tail_of_files(lines);
  LockGuard<Mutex> lock(mutex_);
  return tail_of_memory(lines);
}

Result<ModuleLog::Following> ModuleLog::follow(uint64_t lines, Follower follower) {
  LockGuard<Mutex> lock(mutex_);
  Following out;
  lines = std::min<uint64_t>(lines, kFollowLinesMax);
  // Under the lock, so that the first record that the follower hears is the next one.
  if (directory_.empty()) {
    out.lines = tail_of_memory(lines);
  } else {
    ORRERY_TRY_ASSIGN(out.lines, tail_of_files(lines));
  }
  out.id = next_follower_++;
  followers_.emplace(out.id, std::move(follower));
  return out;
}

void ModuleLog::unfollow(FollowerId id) {
  LockGuard<Mutex> lock(mutex_);
  followers_.erase(id);
}

}  // namespace orrery::host
