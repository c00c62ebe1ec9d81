#include "cli/transfer.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/record_source.h"
#include "types/cast.h"

namespace orrery::cli {
namespace {

constexpr uint64_t kProgressRows = 4096;

/// What the cells of one column can all be.
struct Inferred {
  bool integer = true, floating = true, boolean = true, timestamp = true, json = false, any = false;

  void add(const InputCell& cell) {
    if (cell.null) return;
    any = true;
    int64_t n;
    double f;
    std::string_view t = cell.text;
    bool number = cell.type == types::TypeId::kInteger || cell.type == types::TypeId::kFloat;
    if (cell.type == types::TypeId::kJson) json = true;
    integer = integer && cell.type != types::TypeId::kBoolean && types::parse_int64(t, &n) &&
              !has_leading_zero(t);
    floating = floating && cell.type != types::TypeId::kBoolean && types::parse_double(t, &f) &&
               looks_numeric(t) && !has_leading_zero(t);
    boolean = boolean && !number && (t == "true" || t == "false");
    timestamp =
        timestamp && !number && t.size() >= 10 && t[4] == '-' && types::parse_timestamp(t, 0, &n);
  }
  const char* name() const {
    if (!any) return "TEXT";
    if (json) return "JSON";
    if (boolean) return "BOOLEAN";
    if (integer) return "INTEGER";
    if (floating) return "FLOAT";
    return timestamp ? "TIMESTAMP" : "TEXT";
  }

 private:
  // "007" is a code, not a number; "nan" and "inf" are words.
  static bool has_leading_zero(std::string_view t) {
    if (!t.empty() && t[0] == '-') t.remove_prefix(1);
    return t.size() > 1 && t[0] == '0' && t[1] >= '0' && t[1] <= '9';
  }
  static bool looks_numeric(std::string_view t) {
    return t.find_first_not_of("0123456789+-.eE ") == std::string_view::npos;
  }
};

Error cancelled_error() {
  return Error(ErrorCode::kCancelled, "cancelled; nothing was loaded");
}

/// Reads the file once for its columns and their types.
Result<std::string> infer_columns(const std::string& path, const std::atomic<bool>& cancelled) {
  ORRERY_TRY_ASSIGN(auto source, open_records(path));
  std::vector<Inferred> inferred;
  std::vector<InputCell> cells;
  for (;;) {
    if (cancelled.load(std::memory_order_relaxed)) return cancelled_error();
    ORRERY_TRY_ASSIGN(bool any, source->next(&cells));
    if (!any) break;
    if (inferred.size() < cells.size()) inferred.resize(cells.size());
    for (size_t i = 0; i < cells.size(); ++i) inferred[i].add(cells[i]);
  }
  inferred.resize(source->columns().size());
  if (inferred.empty()) return Error(ErrorCode::kInvalidArgument, "'" + path + "' has no columns");
  std::string out;
  for (size_t i = 0; i < inferred.size(); ++i) {
    out += (i == 0 ? "" : ", ") + quote_name(source->columns()[i]) + " " + inferred[i].name();
  }
  return out;
}

bool has_table(engine::Session& session, const std::string& table) {
  return session.query("SELECT * FROM " + quote_name(table) + " LIMIT 0").has_value();
}

types::Datum datum_of(const InputCell& cell) {
  if (cell.null) return types::Datum::null();
  int64_t n;
  double f;
  // Text goes as it is: storing converts it to the column's type or says why it cannot.
  if (cell.type == types::TypeId::kInteger && types::parse_int64(cell.text, &n))
    return types::Datum::integer(n);
  if (cell.type == types::TypeId::kFloat && types::parse_double(cell.text, &f))
    return types::Datum::floating(f);
  if (cell.type == types::TypeId::kBoolean) return types::Datum::boolean(cell.text == "true");
  return types::Datum::text(cell.text);
}

Result<std::shared_ptr<engine::Statement>> prepare_insert(engine::Session& session,
                                                          const std::string& table,
                                                          const std::vector<std::string>& columns) {
  std::string names, values;
  for (size_t i = 0; i < columns.size(); ++i) {
    names += (i == 0 ? "" : ", ") + quote_name(columns[i]);
    values += (i == 0 ? "$" : ", $") + std::to_string(i + 1);
  }
  return session.prepare("INSERT INTO " + quote_name(table) + " (" + names + ") VALUES (" + values +
                         ")");
}

Result<uint64_t> load(engine::Session& session, const std::string& path, const std::string& table,
                      Progress progress, const std::atomic<bool>& cancelled) {
  ORRERY_TRY_ASSIGN(auto source, open_records(path));
  ORRERY_TRY_ASSIGN(auto transaction, session.begin());
  ProgressLine line("importing " + path, progress == Progress::kShown);
  std::shared_ptr<engine::Statement> insert;
  size_t prepared_columns = 0;
  std::vector<InputCell> cells;
  std::vector<types::Datum> values;
  uint64_t rows = 0;
  for (;;) {
    ORRERY_TRY_ASSIGN(bool any, source->next(&cells));
    if (!any) break;
    if (prepared_columns != source->columns().size()) {
      ORRERY_TRY_ASSIGN(insert, prepare_insert(session, table, source->columns()));
      prepared_columns = source->columns().size();
    }
    values.clear();
    for (const InputCell& cell : cells) values.push_back(datum_of(cell));
    auto done = transaction->execute(*insert, engine::Parameters(values));
    if (!done) {
      return Error(done.error().code(), "line " + std::to_string(source->line()) + ": " +
                                            done.error().message() + "; nothing was loaded");
    }
    if (++rows % kProgressRows == 0) {
      if (cancelled.load(std::memory_order_relaxed)) return cancelled_error();
      line.update(source->bytes_read(), source->bytes_total(), rows);
    }
  }
  ORRERY_TRY(transaction->commit());
  return rows;
}

}  // namespace

std::string quote_name(const std::string& name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

Result<ImportReport> import_file(engine::Session& session, const std::string& path,
                                 const std::string& table, Progress progress,
                                 const std::atomic<bool>& cancelled) {
  ImportReport report;
  if (!has_table(session, table)) {
    ORRERY_TRY_ASSIGN(report.columns, infer_columns(path, cancelled));
    auto created =
        session.execute("CREATE TABLE " + quote_name(table) + " (" + report.columns + ")");
    if (!created) return std::move(created).error();
    report.created = true;
  }
  auto rows = load(session, path, table, progress, cancelled);
  if (!rows) {
    if (report.created) (void)session.execute("DROP TABLE " + quote_name(table)).has_value();
    return std::move(rows).error();
  }
  report.rows = *rows;
  return report;
}

Result<uint64_t> export_file(engine::Session& session, const std::string& source,
                             const std::string& path, Progress progress,
                             const std::atomic<bool>& cancelled) {
  bool query = source.find(' ') != std::string::npos;
  ORRERY_TRY_ASSIGN(auto rows,
                    session.query(query ? source : "SELECT * FROM " + quote_name(source)));
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr)
    return Error(ErrorCode::kIo, "cannot write '" + path + "': " + std::strerror(errno));
  Sink sink(file);
  auto writer = make_row_writer(is_json_path(path) ? OutputFormat::kJson : OutputFormat::kCsv,
                                Switch::kOn, sink);
  ProgressLine line("exporting " + path, progress == Progress::kShown);
  std::vector<std::string> names;
  for (const auto& column : rows.columns()) names.push_back(column.name);
  writer->begin(names);
  std::vector<types::Datum> cells(names.size());
  uint64_t count = 0;
  Status status;
  for (;;) {
    auto more = rows.next();
    if (!more) {
      status = std::move(more).error();
      break;
    }
    if (!*more) break;
    for (size_t i = 0; i < cells.size(); ++i) cells[i] = rows.cell(static_cast<uint32_t>(i));
    writer->row(cells);
    if (++count % kProgressRows == 0) {
      if (cancelled.load(std::memory_order_relaxed)) {
        status = Error(ErrorCode::kCancelled, "cancelled; '" + path + "' is incomplete");
        break;
      }
      line.update(0, 0, count);
    }
  }
  writer->end(count);
  bool written = std::ferror(file) == 0;
  if (std::fclose(file) != 0 || !written)
    return Error(ErrorCode::kIo, "cannot write '" + path + "': " + std::strerror(errno));
  if (!status) return std::move(status).error();
  return count;
}

}  // namespace orrery::cli
