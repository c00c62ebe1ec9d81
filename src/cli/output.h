// Writers of result rows: aligned table, CSV (RFC 4180), JSON lines, Markdown.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/options.h"
#include "types/datum.h"

namespace orrery::cli {

/// Where text goes; counts nothing, buffers by itself.
class Sink {
 public:
  explicit Sink(std::FILE* file) : file_(file) {}
  void write(std::string_view text) { std::fwrite(text.data(), 1, text.size(), file_); }
  std::FILE* file() { return file_; }

 private:
  std::FILE* file_;
};

class RowWriter {
 public:
  virtual ~RowWriter() = default;
  virtual void begin(const std::vector<std::string>& columns) = 0;
  virtual void row(const std::vector<types::Datum>& cells) = 0;
  virtual void end(uint64_t rows) = 0;
};

std::unique_ptr<RowWriter> make_row_writer(OutputFormat format, Switch header, Sink& sink);

/// The cell as JSON: numbers and booleans bare, JSON as it is, everything else a string; NULL is
/// null.
void append_json_cell(const types::Datum& cell, std::string* out);
/// One CSV field, quoted where it must be; NULL is an empty field, an empty text "".
void append_csv_cell(const types::Datum& cell, std::string* out);
/// Columns that a terminal needs for the text (code points, wide ones count two).
size_t display_width(std::string_view text);

}  // namespace orrery::cli
