#include "engine/csv_reader.h"

#include <utility>

namespace orrery::engine {
namespace {

constexpr size_t kBlockBytes = 1 << 20;

}  // namespace

CsvReader::CsvReader(std::unique_ptr<env::File> file, std::string delimiter)
    : file_(std::move(file)), delimiter_(std::move(delimiter)) {}

/// Reads another block; false where the file has ended.
Result<bool> CsvReader::fill() {
  if (end_of_file_) return false;
  buffer_.erase(0, position_);
  position_ = 0;
  const size_t old_size = buffer_.size();
  buffer_.resize(old_size + kBlockBytes);
  Result<size_t> count = file_->read_at(file_offset_, {buffer_.data() + old_size, kBlockBytes});
  if (!count) return std::move(count).error();
  buffer_.resize(old_size + *count);
  file_offset_ += *count;
  if (*count == 0) end_of_file_ = true;
  return *count > 0;
}

/// True where so many bytes are there to be looked at.
Result<bool> CsvReader::at_least(size_t count) {
  while (buffer_.size() - position_ < count) {
    ORRERY_TRY_ASSIGN(bool more, fill());
    if (!more) return false;
  }
  return true;
}

bool CsvReader::at_delimiter() const {
  return buffer_.compare(position_, delimiter_.size(), delimiter_) == 0;
}

/// The rest of a quoted part, behind its opening quote.
Result<bool> CsvReader::read_quoted() {
  for (;;) {
    ORRERY_TRY_ASSIGN(bool more, at_least(1));
    if (!more) return false;
    size_t quote = buffer_.find('"', position_);
    if (quote == std::string::npos) quote = buffer_.size();
    for (size_t i = position_; i < quote; ++i) line_ += buffer_[i] == '\n' ? 1 : 0;
    text_.append(buffer_, position_, quote - position_);
    position_ = quote;
    if (quote == buffer_.size()) continue;
    ++position_;
    ORRERY_TRY_ASSIGN(bool next, at_least(1));
    if (!next || buffer_[position_] != '"') return true;
    text_.push_back('"');
    ++position_;
  }
}

/// Reads one field; true where it was the record's last.
Result<bool> CsvReader::read_field(Span* field) {
  field->begin = text_.size();
  field->quoted = false;
  for (;;) {
    ORRERY_TRY_ASSIGN(bool more, at_least(delimiter_.size() + 1));
    if (!more && position_ == buffer_.size()) {
      field->end = text_.size();
      return true;
    }
    const char c = buffer_[position_];
    if (c == '"' && text_.size() == field->begin && !field->quoted) {
      field->quoted = true;
      ++position_;
      ORRERY_TRY_ASSIGN(bool closed, read_quoted());
      if (!closed) {
        return Error(ErrorCode::kInvalidArgument, "invalid argument: CSV line " +
                                                      std::to_string(record_line_) +
                                                      ": a quoted field does not end");
      }
      continue;
    }
    if (at_delimiter()) {
      position_ += delimiter_.size();
      field->end = text_.size();
      return false;
    }
    const bool carriage =
        c == '\r' && position_ + 1 < buffer_.size() && buffer_[position_ + 1] == '\n';
    if (c == '\n' || carriage) {
      position_ += carriage ? 2 : 1;
      ++line_;
      field->end = text_.size();
      return true;
    }
    text_.push_back(c);
    ++position_;
  }
}

Result<bool> CsvReader::next(std::vector<CsvField>* fields) {
  for (;;) {
    text_.clear();
    spans_.clear();
    ORRERY_TRY_ASSIGN(bool more, at_least(1));
    if (!more) return false;
    record_line_ = line_;
    for (bool last = false; !last;) {
      Span span{};
      ORRERY_TRY_ASSIGN(last, read_field(&span));
      spans_.push_back(span);
    }
    const bool empty = spans_.size() == 1 && spans_[0].begin == spans_[0].end && !spans_[0].quoted;
    if (!empty) break;
  }
  fields->clear();
  for (const Span& span : spans_) {
    fields->push_back(
        {std::string_view(text_).substr(span.begin, span.end - span.begin), span.quoted});
  }
  return true;
}

}  // namespace orrery::engine
