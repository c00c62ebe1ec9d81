#include "cli/output.h"

#include <algorithm>
#include <cmath>

#include "types/cast.h"
#include "types/json.h"

namespace orrery::cli {
namespace {

constexpr size_t kTableSampleRows =
    1000;  ///< column widths come from these; longer cells later spill over
constexpr size_t kTableCellWidthMax = 80;

bool is_wide(uint32_t c) {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
         (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
         (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

/// Text for one line of a table: control characters would break the lines, and in Markdown a bar
/// the cell.
std::string table_text(const types::Datum& cell, bool markdown) {
  if (cell.is_null()) return "NULL";
  std::string text;
  types::append_text(cell, &text);
  std::string out;
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '|' && markdown) {
      out += "\\|";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else {
      out += c;
    }
  }
  return out;
}

/// A FLOAT keeps a point, so that it is one again when it is read back.
void append_float(double value, std::string* out) {
  const size_t start = out->size();
  types::append_double(value, out);
  if (out->find_first_not_of("-0123456789", start) == std::string::npos) *out += ".0";
}

bool is_number(const types::Datum& cell) {
  return cell.type() == types::TypeId::kInteger || cell.type() == types::TypeId::kFloat;
}

class TableWriter final : public RowWriter {
 public:
  TableWriter(OutputFormat format, Sink& sink)
      : markdown_(format == OutputFormat::kMarkdown), sink_(sink) {}

  void begin(const std::vector<std::string>& columns) override {
    columns_ = columns;
    right_.assign(columns.size(), true);
  }
  void row(const std::vector<types::Datum>& cells) override {
    std::vector<std::string> texts;
    texts.reserve(cells.size());
    for (size_t i = 0; i < cells.size(); ++i) {
      if (!cells[i].is_null() && !is_number(cells[i]) && !started_) right_[i] = false;
      texts.push_back(table_text(cells[i], markdown_));
    }
    if (started_) {
      print(texts);
      return;
    }
    sample_.push_back(std::move(texts));
    if (sample_.size() >= kTableSampleRows) start();
  }
  void end(uint64_t rows) override {
    if (columns_.empty()) return;
    if (!started_) start();
    if (!markdown_) sink_.write("(" + std::to_string(rows) + (rows == 1 ? " row)\n" : " rows)\n"));
  }

 private:
  void start() {
    started_ = true;
    widths_.clear();
    for (const std::string& c : columns_)
      widths_.push_back(std::max<size_t>(display_width(c), markdown_ ? 3 : 1));
    for (const auto& row : sample_) {
      for (size_t i = 0; i < row.size(); ++i) {
        widths_[i] = std::max(widths_[i], std::min(display_width(row[i]), kTableCellWidthMax));
      }
    }
    print(columns_);
    std::string rule;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (markdown_) {
        rule += "| " + std::string(widths_[i] - 1, '-') + (right_[i] ? ": " : "- ");
      } else {
        rule += (i == 0 ? "" : "-+-") + std::string(widths_[i], '-');
      }
    }
    sink_.write(rule + (markdown_ ? "|\n" : "\n"));
    for (const auto& row : sample_) print(row);
    sample_.clear();
  }
  void print(const std::vector<std::string>& texts) {
    std::string line;
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::string& text = texts[i];
      size_t width = display_width(text);
      std::string pad(width < widths_[i] ? widths_[i] - width : 0, ' ');
      bool last = i + 1 == texts.size();
      line += markdown_ ? "| " : (i == 0 ? "" : " | ");
      line += right_[i] ? pad + text : text + (last && !markdown_ ? "" : pad);
      if (markdown_) line += ' ';
    }
    sink_.write(line + (markdown_ ? "|\n" : "\n"));
  }

  bool markdown_;
  Sink& sink_;
  bool started_ = false;
  std::vector<std::string> columns_;
  std::vector<size_t> widths_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> sample_;
};

class CsvWriter final : public RowWriter {
 public:
  CsvWriter(Switch header, Sink& sink) : header_(header), sink_(sink) {}
  void begin(const std::vector<std::string>& columns) override {
    if (header_ == Switch::kOff || columns.empty()) return;
    line_.clear();
    for (size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) line_ += ',';
      append_csv_cell(types::Datum::text(columns[i]), &line_);
    }
    sink_.write(line_ + "\n");
  }
  void row(const std::vector<types::Datum>& cells) override {
    line_.clear();
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line_ += ',';
      append_csv_cell(cells[i], &line_);
    }
    line_ += '\n';
    sink_.write(line_);
  }
  void end(uint64_t) override {}

 private:
  Switch header_;
  Sink& sink_;
  std::string line_;
};

class JsonWriter final : public RowWriter {
 public:
  explicit JsonWriter(Sink& sink) : sink_(sink) {}
  void begin(const std::vector<std::string>& columns) override {
    names_.clear();
    for (const std::string& c : columns) {
      std::string name;
      types::append_json_string(c, &name);
      names_.push_back(name + ":");
    }
  }
  void row(const std::vector<types::Datum>& cells) override {
    line_ = "{";
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line_ += ',';
      line_ += names_[i];
      append_json_cell(cells[i], &line_);
    }
    line_ += "}\n";
    sink_.write(line_);
  }
  void end(uint64_t) override {}

 private:
  Sink& sink_;
  std::vector<std::string> names_;
  std::string line_;
};

}  // namespace

void append_json_cell(const types::Datum& cell, std::string* out) {
  switch (cell.type()) {
    case types::TypeId::kNull:
      *out += "null";
      return;
    case types::TypeId::kFloat:
      if (!std::isfinite(cell.as_double())) {
        *out += "null";
        return;
      }
      append_float(cell.as_double(), out);
      return;
    case types::TypeId::kInteger:
    case types::TypeId::kBoolean:
    case types::TypeId::kJson:
    case types::TypeId::kVector:
    case types::TypeId::kU64:
    case types::TypeId::kU128:
    case types::TypeId::kI128:
    case types::TypeId::kU256:
    case types::TypeId::kI256:
      types::append_text(cell, out);
      return;
    default: {
      std::string text;
      types::append_text(cell, &text);
      types::append_json_string(text, out);
    }
  }
}

void append_csv_cell(const types::Datum& cell, std::string* out) {
  if (cell.is_null()) return;
  if (cell.type() == types::TypeId::kFloat) {
    append_float(cell.as_double(), out);
    return;
  }
  std::string text;
  types::append_text(cell, &text);
  bool textual = types::layout_of(cell.type()) == types::Layout::kString;
  if ((textual && text.empty()) || text.find_first_of(",\"\n\r") != std::string::npos) {
    *out += '"';
    for (char c : text) {
      if (c == '"') *out += '"';
      *out += c;
    }
    *out += '"';
    return;
  }
  *out += text;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size();) {
    auto c = static_cast<unsigned char>(text[i]);
    size_t n = c < 0x80 ? 1 : (c < 0xe0 ? 2 : (c < 0xf0 ? 3 : 4));
    uint32_t point = c < 0x80 ? c : (c & (0xffU >> (n + 1)));
    for (size_t k = 1; k < n && i + k < text.size(); ++k) {
      point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    }
    width += is_wide(point) ? 2 : 1;
    i += n;
  }
  return width;
}

std::unique_ptr<RowWriter> make_row_writer(OutputFormat format, Switch header, Sink& sink) {
  switch (format) {
    case OutputFormat::kTable:
    case OutputFormat::kMarkdown:
      return std::make_unique<TableWriter>(format, sink);
    case OutputFormat::kCsv:
      return std::make_unique<CsvWriter>(header, sink);
    case OutputFormat::kJson:
      return std::make_unique<JsonWriter>(sink);
  }
  return nullptr;
}

}  // namespace orrery::cli
