// CsvReader: records of an RFC 4180 file, read in blocks. A field in quotes may hold separators,
// quotes ("") and line ends; LF, CRLF and CR end a record. A byte order mark is skipped.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "base/result.h"

namespace orrery::cli {

struct CsvField {
  std::string text;
  bool quoted = false;  ///< an unquoted empty field is NULL, a quoted one an empty text
};

class CsvReader {
 public:
  explicit CsvReader(std::FILE* file, char separator = ',') : file_(file), separator_(separator) {}
  /// False at the end. kInvalidArgument, with the line, for a quote that never ends or stands in a
  /// bare field.
  Result<bool> next(std::vector<CsvField>* record);
  uint64_t bytes_read() const { return bytes_; }
  /// The line that the last record began on.
  uint64_t record_line() const { return record_line_; }

 private:
  int get();
  int peek();
  void skip_byte_order_mark();

  std::FILE* file_;
  char separator_;
  std::string block_;
  size_t at_ = 0;
  uint64_t bytes_ = 0;
  uint64_t line_ = 1;
  uint64_t record_line_ = 1;
};

}  // namespace orrery::cli
