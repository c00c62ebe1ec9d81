// CsvReader: records of CSV text (RFC 4180) from a file, a block at a time. A field in quotes may
// hold delimiters, line ends and doubled quotes; lines end in \n or \r\n. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/file_system.h"

namespace orrery::engine {

struct CsvField {
  std::string_view text;
  bool quoted = false;
};

class CsvReader {
 public:
  /// `delimiter` is one code point.
  CsvReader(std::unique_ptr<env::File> file, std::string delimiter);
  /// The next record that is not an empty line; false at the end. The fields are good until the
  /// next call. An open quote at the end of the file is kInvalidArgument.
  Result<bool> next(std::vector<CsvField>* fields);
  /// The line on which the record that next() gave began, from 1.
  uint64_t line() const { return record_line_; }
  uint64_t bytes_read() const { return file_offset_; }

 private:
  struct Span {
    size_t begin;
    size_t end;
    bool quoted;
  };
  Result<bool> fill();
  Result<bool> at_least(size_t count);
  Result<bool> read_field(Span* field);
  Result<bool> read_quoted();
  bool at_delimiter() const;

  std::unique_ptr<env::File> file_;
  std::string delimiter_;
  std::string buffer_;
  size_t position_ = 0;
  uint64_t file_offset_ = 0;
  bool end_of_file_ = false;
  uint64_t line_ = 1;
  uint64_t record_line_ = 0;
  std::string text_;  ///< of the fields of the record
  std::vector<Span> spans_;
};

}  // namespace orrery::engine
