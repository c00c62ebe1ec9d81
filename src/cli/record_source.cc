#include "cli/record_source.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/utf8.h"
#include "cli/csv.h"
#include "types/json.h"

namespace orrery::cli {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

uint64_t size_of(std::FILE* file) {
  if (std::fseek(file, 0, SEEK_END) != 0) return 0;
  long size = std::ftell(file);
  std::rewind(file);
  return size < 0 ? 0 : static_cast<uint64_t>(size);
}

/// Values are stored as they come, so what is no text must not come in.
Status check_utf8(std::string_view text, uint64_t line) {
  if (utf8_valid(text)) return {};
  return Error(ErrorCode::kInvalidArgument,
               "line " + std::to_string(line) + " is not UTF-8; convert the file first");
}

class CsvRecords final : public RecordSource {
 public:
  explicit CsvRecords(File file)
      : file_(std::move(file)), total_(size_of(file_.get())), reader_(file_.get()) {}
  Status read_header() {
    ORRERY_TRY_ASSIGN(bool any, reader_.next(&record_));
    if (!any)
      return Error(ErrorCode::kInvalidArgument,
                   "the file is empty: a CSV file begins with a line of column names");
    for (size_t i = 0; i < record_.size(); ++i) {
      const std::string& name = record_[i].text;
      ORRERY_TRY(check_utf8(name, line()));
      columns_.push_back(name.empty() ? "column" + std::to_string(i + 1) : name);
    }
    return {};
  }
  const std::vector<std::string>& columns() const override { return columns_; }
  Result<bool> next(std::vector<InputCell>* cells) override {
    do {
      ORRERY_TRY_ASSIGN(bool any, reader_.next(&record_));
      if (!any) return false;
    } while (is_blank_line());
    if (record_.size() != columns_.size()) {
      return Error(ErrorCode::kInvalidArgument,
                   "line " + std::to_string(line()) + " has " + std::to_string(record_.size()) +
                       " fields, the header has " + std::to_string(columns_.size()));
    }
    cells->resize(columns_.size());
    for (size_t i = 0; i < record_.size(); ++i) {
      ORRERY_TRY(check_utf8(record_[i].text, line()));
      (*cells)[i].null = record_[i].text.empty() && !record_[i].quoted;
      (*cells)[i].text = std::move(record_[i].text);
    }
    return true;
  }
  uint64_t bytes_read() const override { return reader_.bytes_read(); }
  uint64_t bytes_total() const override { return total_; }
  uint64_t line() const override { return reader_.record_line(); }

 private:
  /// In a file of one column a blank line is a NULL.
  bool is_blank_line() const {
    return columns_.size() > 1 && record_.size() == 1 && record_[0].text.empty() &&
           !record_[0].quoted;
  }

  File file_;
  uint64_t total_;
  CsvReader reader_;
  std::vector<std::string> columns_;
  std::vector<CsvField> record_;
};

class JsonRecords final : public RecordSource {
 public:
  explicit JsonRecords(File file) : file_(std::move(file)), total_(size_of(file_.get())) {}
  const std::vector<std::string>& columns() const override { return columns_; }
  Result<bool> next(std::vector<InputCell>* cells) override {
    for (;;) {
      if (!read_line()) return false;
      if (text_.find_first_not_of(" \t\r\n") != std::string::npos) break;
    }
    ORRERY_TRY(check_utf8(text_, line_));
    auto parsed = types::JsonValue::parse(text_);
    if (!parsed)
      return Error(ErrorCode::kInvalidArgument,
                   "line " + std::to_string(line_) + ": " + parsed.error().message());
    if (!parsed->is(types::JsonKind::kObject)) {
      return Error(ErrorCode::kInvalidArgument,
                   "line " + std::to_string(line_) + " is no JSON object");
    }
    cells->assign(columns_.size(), InputCell());
    for (const auto& [key, value] : parsed->members()) {
      size_t at = 0;
      while (at < columns_.size() && columns_[at] != key) ++at;
      if (at == columns_.size()) {
        columns_.push_back(key);
        cells->emplace_back();
      }
      set(value, &(*cells)[at]);
    }
    return true;
  }
  uint64_t bytes_read() const override { return bytes_; }
  uint64_t bytes_total() const override { return total_; }
  uint64_t line() const override { return line_; }

 private:
  static void set(const types::JsonValue& value, InputCell* cell) {
    cell->null = value.is(types::JsonKind::kNull);
    switch (value.kind()) {
      case types::JsonKind::kNull:
        return;
      case types::JsonKind::kBool:
        cell->type = types::TypeId::kBoolean;
        cell->text = value.as_bool() ? "true" : "false";
        return;
      case types::JsonKind::kNumber:
        cell->text = value.number_text();
        cell->type = cell->text.find_first_of(".eE") == std::string::npos ? types::TypeId::kInteger
                                                                          : types::TypeId::kFloat;
        return;
      case types::JsonKind::kString:
        cell->type = types::TypeId::kText;
        cell->text = value.as_string();
        return;
      case types::JsonKind::kArray:
      case types::JsonKind::kObject:
        cell->type = types::TypeId::kJson;
        cell->text = value.to_string();
    }
  }
  bool read_line() {
    text_.clear();
    int c;
    while ((c = std::getc(file_.get())) != EOF) {
      ++bytes_;
      if (c == '\n') break;
      text_.push_back(static_cast<char>(c));
    }
    ++line_;
    return c != EOF || !text_.empty();
  }

  File file_;
  uint64_t total_;
  uint64_t bytes_ = 0, line_ = 0;
  std::string text_;
  std::vector<std::string> columns_;
};

}  // namespace

bool is_json_path(const std::string& path) {
  for (const char* ending : {".json", ".jsonl", ".ndjson"}) {
    size_t n = std::strlen(ending);
    if (path.size() >= n && path.compare(path.size() - n, n, ending) == 0) return true;
  }
  return false;
}

Result<std::unique_ptr<RecordSource>> open_records(const std::string& path) {
  File file(std::fopen(path.c_str(), "rb"));
  if (!file) return Error(ErrorCode::kIo, "cannot open '" + path + "': " + std::strerror(errno));
  if (is_json_path(path)) return std::unique_ptr<RecordSource>(new JsonRecords(std::move(file)));
  auto csv = std::make_unique<CsvRecords>(std::move(file));
  ORRERY_TRY(csv->read_header());
  return std::unique_ptr<RecordSource>(std::move(csv));
}

}  // namespace orrery::cli
