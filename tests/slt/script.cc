#include "script.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace slt {
namespace {

class Reader {
 public:
  explicit Reader(std::ifstream& in) : in_(in) {}
  bool next(std::string* line) {
    if (!std::getline(in_, *line)) return false;
    if (!line->empty() && line->back() == '\r') line->pop_back();
    ++number_;
    return true;
  }
  uint32_t number() const { return number_; }

 private:
  std::ifstream& in_;
  uint32_t number_ = 0;
};

std::string rest_of(std::istringstream& words) {
  std::string rest;
  std::getline(words >> std::ws, rest);
  return rest;
}

bool read_head(const std::string& line, Record* record) {
  std::istringstream words(line);
  std::string kind;
  std::string option;
  words >> kind;
  if (kind == "connection") {
    record->kind = RecordKind::kConnection;
    return static_cast<bool>(words >> record->text);
  }
  if (kind == "reopen" || kind == "stop-reopening") {
    record->kind = kind == "reopen" ? RecordKind::kReopen : RecordKind::kStopReopening;
    return true;
  }
  const bool query = kind == "query";
  if (!query && kind != "statement") return false;
  record->kind = query ? RecordKind::kQuery : RecordKind::kStatementOk;
  if (!(words >> option)) return query;
  if (option == "error") {
    record->kind = query ? RecordKind::kQueryError : RecordKind::kStatementError;
    record->text = rest_of(words);
    return true;
  }
  if (query) {
    record->sorted = option == "rowsort";
    return record->sorted;
  }
  if (option == "count") return static_cast<bool>(words >> record->count);
  return option == "ok";
}

}  // namespace

bool read_script(const std::string& path, std::vector<Record>* records, std::string* error) {
  std::ifstream in(path);
  if (!in) {
    *error = "cannot read " + path;
    return false;
  }
  Reader reader(in);
  for (std::string line; reader.next(&line);) {
    if (line.empty() || line[0] == '#') continue;
    Record record;
    record.line = reader.number();
    if (!read_head(line, &record)) {
      *error = path + ":" + std::to_string(reader.number()) + ": cannot read '" + line + "'";
      return false;
    }
    const bool has_sql = record.kind != RecordKind::kConnection &&
                         record.kind != RecordKind::kReopen &&
                         record.kind != RecordKind::kStopReopening;
    bool answer = false;
    while (has_sql && reader.next(&line) && !line.empty()) {
      if (line == "----") {
        answer = true;
      } else if (answer) {
        record.rows.push_back(line);
      } else {
        record.sql += (record.sql.empty() ? "" : "\n") + line;
      }
    }
    if (has_sql && record.sql.empty()) {
      *error = path + ":" + std::to_string(record.line) + ": a record without SQL";
      return false;
    }
    records->push_back(std::move(record));
  }
  return true;
}

}  // namespace slt
