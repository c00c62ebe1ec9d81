// COPY t FROM 'file': rows of a CSV or JSON file, all or none of them.
//
// Every value goes in as text and is converted to its column's type as INSERT would; the statement
// that inserts a row is planned once for each list of columns that rows have.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "engine/csv_reader.h"
#include "engine/dispatch.h"
#include "engine/names.h"
#include "engine/table_definition.h"
#include "plan/planner.h"
#include "sql/parser.h"
#include "sql/to_sql.h"
#include "types/json.h"

namespace orrery::engine {
namespace {

using types::Datum;

/// A JSON file is read as a whole.
constexpr uint64_t kJsonFileBytesMax = uint64_t{1} << 31;

Error bad_file(std::string_view what) {
  return Error(ErrorCode::kInvalidArgument, "invalid argument: " + std::string(what));
}

std::string quote_name(const std::string& name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  return out + "\"";
}

/// Lists of columns whose plans are kept: JSON rows may leave out any keys.
constexpr size_t kKeptPlansMax = 64;

/// Inserts one row after the other into chosen columns of a table.
class RowInserter {
 public:
  RowInserter(const StatementContext& context, storage::Transaction& transaction)
      : context_(context),
        transaction_(transaction),
        now_nanos_(context.session.database().environment().clock->wall_nanos()) {}

  /// The next rows have values for these columns.
  Status prepare(const storage::TableDef& table, const std::vector<uint16_t>& columns) {
    auto kept = plans_.find(columns);
    if (kept == plans_.end()) {
      if (plans_.size() == kKeptPlansMax) plans_.clear();
      ORRERY_TRY_ASSIGN(PlanPtr planned, make_plan(table, columns));
      kept = plans_.emplace(columns, std::move(planned)).first;
    }
    plan_ = kept->second;
    return {};
  }

  Status insert(std::span<const Datum> values) {
    exec::ExecInput input;
    input.statement = plan_;
    input.store = context_.session.open->store.get();
    input.transaction = &transaction_;
    input.parameters = values;
    input.now_nanos = now_nanos_;
    input.random_state = &context_.session.random_state;
    input.cancelled = &context_.session.cancel->cancelled;
    input.environment = &context_.session.database().environment();
    input.options = &context_.session.database().exec_options();
    ORRERY_TRY_ASSIGN([[maybe_unused]] std::unique_ptr<exec::Execution> execution,
                      exec::Execution::start(std::move(input)));
    ++count_;
    return {};
  }
  uint64_t count() const { return count_; }

 private:
  Result<PlanPtr> make_plan(const storage::TableDef& table,
                            const std::vector<uint16_t>& columns) const {
    std::string names;
    std::string values;
    for (size_t i = 0; i < columns.size(); ++i) {
      names += (i > 0 ? ", " : "") + quote_name(table.columns[columns[i]].name);
      values += (i > 0 ? ", $" : "$") + std::to_string(i + 1);
    }
    const std::string sql =
        "INSERT INTO " + quote_name(table.name) + " (" + names + ") VALUES (" + values + ")";
    ORRERY_TRY_ASSIGN(std::vector<sql::StatementPtr> parsed, sql::parse_script(sql));
    std::vector<types::TypeId> types(columns.size(), types::TypeId::kText);
    plan::PlannerInput input;
    input.catalog = transaction_.catalog();
    input.parameters = types;
    ORRERY_TRY_ASSIGN(std::unique_ptr<plan::PlannedStatement> planned,
                      plan::plan_statement(*parsed[0], input));
    return PlanPtr(std::move(planned));
  }

  const StatementContext& context_;
  storage::Transaction& transaction_;
  const int64_t now_nanos_;
  std::map<std::vector<uint16_t>, PlanPtr> plans_;
  PlanPtr plan_;
  uint64_t count_ = 0;
};

Result<std::vector<uint16_t>> copied_columns(const storage::TableDef& table,
                                             const sql::CopyStatement& statement) {
  if (!statement.columns.empty()) return find_columns(table, statement.columns);
  std::vector<uint16_t> all(table.columns.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  return all;
}

/// Which fields of a record go where: field i to columns[i], or nowhere (-1).
struct CsvMapping {
  std::vector<uint16_t> columns;
  std::vector<int32_t> fields;  ///< position in `columns`, or -1
};

/// A header names columns; names that the table (or the column list) has not are left out.
CsvMapping map_header(const storage::TableDef& table, const std::vector<uint16_t>& wanted,
                      const std::vector<CsvField>& header) {
  CsvMapping mapping;
  for (const CsvField& field : header) {
    int32_t target = -1;
    for (uint16_t column : wanted) {
      if (!same_word(table.columns[column].name, field.text)) continue;
      target = static_cast<int32_t>(mapping.columns.size());
      mapping.columns.push_back(column);
      break;
    }
    mapping.fields.push_back(target);
  }
  return mapping;
}

CsvMapping map_positions(std::vector<uint16_t> wanted) {
  CsvMapping mapping;
  mapping.columns = std::move(wanted);
  for (size_t i = 0; i < mapping.columns.size(); ++i) {
    mapping.fields.push_back(static_cast<int32_t>(i));
  }
  return mapping;
}

Status insert_record(const sql::CopyStatement& statement, const CsvReader& reader,
                     const std::vector<CsvField>& record, const CsvMapping& mapping,
                     std::vector<Datum>* values, RowInserter* inserter) {
  if (record.size() != mapping.fields.size()) {
    return bad_file("CSV line " + std::to_string(reader.line()) + " has " +
                    std::to_string(record.size()) + " fields, expected " +
                    std::to_string(mapping.fields.size()));
  }
  for (size_t i = 0; i < record.size(); ++i) {
    if (mapping.fields[i] < 0) continue;
    const CsvField& field = record[i];
    if (!utf8_valid(field.text)) {
      return bad_file("CSV line " + std::to_string(reader.line()) + " is not UTF-8");
    }
    Datum& value = (*values)[static_cast<size_t>(mapping.fields[i])];
    value = !field.quoted && field.text == statement.null_text ? Datum() : Datum::text(field.text);
  }
  return inserter->insert(*values);
}

Status copy_csv(const sql::CopyStatement& statement, const storage::TableDef& table,
                std::vector<uint16_t> wanted, std::unique_ptr<env::File> file,
                RowInserter* inserter) {
  CsvReader reader(std::move(file), statement.delimiter);
  std::vector<CsvField> record;
  CsvMapping mapping;
  if (statement.header) {
    ORRERY_TRY_ASSIGN(bool any, reader.next(&record));
    if (!any) return {};
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (record[0].text.starts_with(kByteOrderMark)) {
      record[0].text.remove_prefix(kByteOrderMark.size());
    }
    mapping = map_header(table, wanted, record);
    if (mapping.columns.empty()) return bad_file("no column of the CSV header is in the table");
  } else {
    mapping = map_positions(std::move(wanted));
  }
  ORRERY_TRY(inserter->prepare(table, mapping.columns));
  std::vector<Datum> values(mapping.columns.size());
  for (;;) {
    ORRERY_TRY_ASSIGN(bool more, reader.next(&record));
    if (!more) return {};
    ORRERY_TRY(insert_record(statement, reader, record, mapping, &values, inserter));
  }
}

std::string json_text(const types::JsonValue& value) {
  if (value.is(types::JsonKind::kString)) return value.as_string();
  if (value.is(types::JsonKind::kBool)) return value.as_bool() ? "true" : "false";
  if (value.is(types::JsonKind::kNumber)) return value.number_text();
  return value.to_string();
}

const types::JsonValue* find_member(const types::JsonValue& object, std::string_view name) {
  for (const types::JsonValue::Member& member : object.members()) {
    if (same_word(member.first, name)) return &member.second;
  }
  return nullptr;
}

/// Rows whose objects lack a key take the column's default, so there is a statement for each set of
/// keys that comes after the one before.
class JsonRows {
 public:
  JsonRows(const storage::TableDef& table, std::vector<uint16_t> wanted, RowInserter* inserter)
      : table_(table), wanted_(std::move(wanted)), inserter_(inserter) {}

  Status insert(const types::JsonValue& object) {
    if (!object.is(types::JsonKind::kObject)) return bad_file("JSON row is not an object");
    std::vector<uint16_t> columns;
    texts_.clear();
    std::vector<bool> nulls;
    for (uint16_t column : wanted_) {
      const types::JsonValue* value = find_member(object, table_.columns[column].name);
      if (value == nullptr) continue;
      columns.push_back(column);
      nulls.push_back(value->is(types::JsonKind::kNull));
      const bool verbatim = table_.columns[column].sql_type() == types::TypeId::kJson;
      texts_.push_back(verbatim ? value->to_string() : json_text(*value));
    }
    if (columns.empty()) return bad_file("JSON row has no key that is a column");
    if (columns != columns_) {
      ORRERY_TRY(inserter_->prepare(table_, columns));
      columns_ = std::move(columns);
    }
    std::vector<Datum> values(texts_.size());
    for (size_t i = 0; i < values.size(); ++i) {
      if (!nulls[i]) values[i] = Datum::text(texts_[i]);
    }
    return inserter_->insert(values);
  }

 private:
  const storage::TableDef& table_;
  std::vector<uint16_t> wanted_;
  RowInserter* inserter_;
  std::vector<uint16_t> columns_;
  std::vector<std::string> texts_;
};

/// An array of objects, or one object a line.
Status copy_json(std::string_view text, JsonRows* rows) {
  size_t at = text.find_first_not_of(" \t\r\n");
  if (at == std::string_view::npos) return {};
  if (text[at] == '[') {
    ORRERY_TRY_ASSIGN(types::JsonValue array, types::JsonValue::parse(text));
    for (const types::JsonValue& item : array.items()) ORRERY_TRY(rows->insert(item));
    return {};
  }
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    ORRERY_TRY_ASSIGN(types::JsonValue object, types::JsonValue::parse(line));
    ORRERY_TRY(rows->insert(object));
  }
  return {};
}

}  // namespace

Result<Rows> run_copy(const StatementContext& context, const sql::CopyStatement& statement) {
  if (context.session.scope != nullptr) {
    return Error(ErrorCode::kInvalidArgument,
                 "COPY cannot be executed within an explicit transaction");
  }
  env::FileSystem& files = *context.session.database().environment().files;
  Result<std::unique_ptr<env::File>> file = files.open(statement.path, env::OpenMode::kReadOnly);
  if (!file) {
    return bad_file("cannot open file '" + statement.path + "': " + file.error().message());
  }
  uint64_t count = 0;
  ORRERY_TRY(in_write_statement(
      context.session.target(), [&](storage::Transaction& transaction) -> Status {
        ORRERY_TRY_ASSIGN(std::shared_ptr<storage::Table> table,
                          require_table(*transaction.catalog(), statement.table.text));
        const storage::TableDef& def = table->def();
        ORRERY_TRY_ASSIGN(std::vector<uint16_t> wanted, copied_columns(def, statement));
        RowInserter inserter(context, transaction);
        if (statement.format == sql::CopyFormat::kCsv) {
          ORRERY_TRY(copy_csv(statement, def, std::move(wanted), *std::move(file), &inserter));
        } else {
          ORRERY_TRY_ASSIGN(std::string text,
                            env::read_file(files, statement.path, kJsonFileBytesMax));
          JsonRows rows(def, std::move(wanted), &inserter);
          ORRERY_TRY(copy_json(text, &rows));
        }
        count = inserter.count();
        return {};
      }));
  return Rows(count);
}

}  // namespace orrery::engine
