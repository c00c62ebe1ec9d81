// orrery sql.
#include <cstdio>

#include "cli/command.h"
#include "cli/line_editor.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/project_config.h"
#include "cli/server_client.h"
#include "cli/shell.h"
#include "cli/value_text.h"
#include "types/json.h"
#include "types/sats_json.h"

namespace orrery::cli {
using types::AlgebraicType;
using types::Datum;
using types::JsonKind;
using types::JsonValue;

namespace {

constexpr Option kOptions[] = {
    kServerOption,
    {.name = "interactive", .help = "a prompt"},
    kConfirmedOption,
    {.name = "format",
     .takes = Option::Takes::kValue,
     .value = "FORMAT",
     .help = "text (the default), json (the server's answer as it is), csv, markdown",
     .choices = "text json csv markdown"},
    {.name = "json", .help = "one JSON object per row"},
    kAnonymousOption,
    kNoConfigOption,
    kYesOption,
    kHelpOption,
};

Error malformed() {
  return failed_error("the server's answer to a query is malformed");
}

/// A column list of the answer: {"elements": [...]}.
Result<AlgebraicType> row_type(const JsonValue& schema) {
  return types::type_from_json(JsonValue::object({{"Product", schema}}));
}

/// {"a":1,"b":{...}} with the names of the types.
Status print_row_objects(const AlgebraicType& type, const JsonValue& rows) {
  for (const JsonValue& row : rows.items()) {
    ByteWriter bytes;
    ORRERY_TRY(types::json_to_bsatn(type, row, &bytes));
    std::string line;
    ORRERY_TRY(types::bsatn_to_json(type, bytes.buffer(), types::JsonShape::kTyped, &line));
    std::printf("%s\n", line.c_str());
  }
  return {};
}

Status print_rows(const AlgebraicType& type, const JsonValue& rows, OutputFormat format) {
  Sink sink(stdout);
  auto writer = make_row_writer(format, Switch::kOn, sink);
  std::vector<std::string> columns;
  for (const types::TypeElement& column : type.elements()) {
    columns.emplace_back(column.name_or_empty());
  }
  writer->begin(columns);
  for (const JsonValue& row : rows.items()) {
    if (!row.is(JsonKind::kArray) || row.items().size() != columns.size()) return malformed();
    std::vector<ValueText> texts;
    std::vector<Datum> cells;
    texts.reserve(columns.size());
    for (size_t i = 0; i < columns.size(); ++i) {
      ORRERY_TRY_ASSIGN(ValueText text, value_text(type.elements()[i].type, row.items()[i]));
      texts.push_back(std::move(text));
      const ValueText& kept = texts.back();
      std::optional<int64_t> number = kept.is_number ? row.items()[i].as_int64() : std::nullopt;
      cells.push_back(kept.is_null ? Datum::null()
                      : number     ? Datum::integer(*number)
                                   : Datum::text(kept.text));
    }
    writer->row(cells);
  }
  writer->end(rows.items().size());
  return {};
}

Status print_statement(const JsonValue& result, const Arguments& arguments) {
  const JsonValue* schema = result.find("schema");
  const JsonValue* rows = result.find("rows");
  if (schema == nullptr || rows == nullptr || !rows->is(JsonKind::kArray)) return malformed();
  ORRERY_TRY_ASSIGN(AlgebraicType type, row_type(*schema));
  if (arguments.has("json")) return print_row_objects(type, *rows);
  std::string format = arguments.value_or("format", "text");
  if (!type.elements().empty()) {
    return print_rows(type, *rows,
                      format == "csv"        ? OutputFormat::kCsv
                      : format == "markdown" ? OutputFormat::kMarkdown
                                             : OutputFormat::kTable);
  }
  const JsonValue* stats = result.find("stats");
  auto count = [&](std::string_view key) -> long long {
    const JsonValue* n = stats == nullptr ? nullptr : stats->find(key);
    return n == nullptr ? 0 : n->as_int64().value_or(0);
  };
  std::printf("inserted: %lld, deleted: %lld, updated: %lld\n", count("rows_inserted"),
              count("rows_deleted"), count("rows_updated"));
  return {};
}

Status run_query(ServerClient& client, const std::string& database, const std::string& query,
                 const Arguments& arguments) {
  std::string path = database_path(database, "/sql");
  if (auto confirmed = arguments.value("confirmed")) path += "?confirmed=" + *confirmed;
  ORRERY_TRY_ASSIGN(std::string body, client.body_of({.method = "POST",
                                                      .path = path,
                                                      .body = query,
                                                      .content_type = "text/plain",
                                                      .what = "running the query"},
                                                     "'" + database + "'"));
  if (arguments.value_or("format", "text") == "json") {
    std::printf("%s\n", body.c_str());
    return {};
  }
  auto json = JsonValue::parse(body);
  if (!json || !json->is(JsonKind::kArray)) return malformed();
  for (const JsonValue& result : json->items()) ORRERY_TRY(print_statement(result, arguments));
  return {};
}

Result<int> run_prompt(ServerClient& client, const std::string& database,
                       const Arguments& arguments) {
  LineEditor editor([](const std::string&) { return std::vector<std::string>(); },
                    interrupt_bell());
  int code = kExitOk;
  std::string statement;
  while (true) {
    std::string line;
    clear_interrupt();
    auto outcome = editor.read(statement.empty() ? database + "> " : "   ...> ", &line);
    if (outcome == LineEditor::Outcome::kEnd) return code;
    if (outcome == LineEditor::Outcome::kInterrupted) {
      statement.clear();
      continue;
    }
    if (statement.empty() && (line == ".quit" || line == ".exit" || line == "exit")) return code;
    statement += statement.empty() ? line : "\n" + line;
    size_t last = statement.find_last_not_of(" \t\n");
    if (last == std::string::npos) {
      statement.clear();
      continue;
    }
    if (statement[last] != ';') continue;
    editor.remember(statement);
    Status done = run_query(client, database, statement, arguments);
    code = done ? kExitOk : exit_code_of(done.error());
    if (!done) std::fprintf(stderr, "orrery: %s\n", done.error().message().c_str());
    statement.clear();
  }
}

Result<int> run(const Arguments& arguments) {
  bool interactive = arguments.has("interactive");
  ORRERY_TRY_ASSIGN(DatabaseWords words,
                    take_database(arguments, Rest::kExactly, interactive ? 0 : 1, "the query"));
  ORRERY_TRY_ASSIGN(ServerClient client,
                    ServerClient::open(arguments, words.server, Login::kLocal));
  if (interactive) return run_prompt(client, words.database, arguments);
  ORRERY_TRY(run_query(client, words.database, words.rest[0], arguments));
  return kExitOk;
}

}  // namespace

constexpr Command kSqlCommand = {
    .name = "sql",
    .summary = "run SQL on a database of a server",
    .usage = "[DATABASE] QUERY [options]",
    .about =
        "Runs one statement and prints its rows. Tables that are not public are seen by the\n"
        "database's owner alone, who alone may write. With --interactive statements are typed\n"
        "at a prompt and end with ';'.\n",
    .options = kOptions,
    .examples =
        "  orrery sql chat 'SELECT * FROM message ORDER BY id DESC LIMIT 5'\n"
        "  orrery sql chat --json 'SELECT COUNT(*) AS n FROM user'\n"
        "  orrery sql chat --interactive\n",
    .run = run,
};

}  // namespace orrery::cli
