#include "cli/csv.h"

namespace orrery::cli {

int CsvReader::peek() {
  if (at_ == block_.size()) {
    block_.resize(size_t{1} << 16);
    block_.resize(std::fread(block_.data(), 1, block_.size(), file_));
    at_ = 0;
    if (block_.empty()) return EOF;
  }
  return static_cast<unsigned char>(block_[at_]);
}

int CsvReader::get() {
  int c = peek();
  if (c == EOF) return EOF;
  ++at_;
  ++bytes_;
  if (c == '\r' && peek() != '\n') ++line_;
  if (c == '\n') ++line_;
  return c;
}

void CsvReader::skip_byte_order_mark() {
  if (bytes_ != 0 || peek() == EOF || block_.compare(0, 3, "\xef\xbb\xbf") != 0) return;
  at_ = 3;
  bytes_ = 3;
}

Result<bool> CsvReader::next(std::vector<CsvField>* record) {
  record->clear();
  skip_byte_order_mark();
  if (peek() == EOF) return false;
  record_line_ = line_;
  CsvField field;
  for (;;) {
    int c = get();
    if (c == '"' && field.text.empty() && !field.quoted) {
      field.quoted = true;
      for (;;) {
        c = get();
        if (c == EOF) {
          return Error(ErrorCode::kInvalidArgument, "the quote opened in the record of line " +
                                                        std::to_string(record_line_) +
                                                        " never ends");
        }
        if (c == '"') {
          if (peek() != '"') break;
          get();
        }
        field.text.push_back(static_cast<char>(c));
      }
      int after = peek();
      if (after != EOF && after != separator_ && after != '\n' && after != '\r') {
        return Error(ErrorCode::kInvalidArgument,
                     "line " + std::to_string(line_) + ": text follows a closing quote");
      }
      continue;
    }
    if (c == '\r') {
      if (peek() == '\n') get();
      c = '\n';
    }
    if (c == separator_ || c == '\n' || c == EOF) {
      record->push_back(std::move(field));
      field = {};
      if (c != separator_) return true;
      continue;
    }
    field.text.push_back(static_cast<char>(c));
  }
}

}  // namespace orrery::cli
