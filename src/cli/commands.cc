// The dot commands and the completion of the shell.
#include <algorithm>
#include <cstdio>

#include "cli/shell.h"
#include "cli/transfer.h"
#include "expr/function.h"

namespace orrery::cli {
namespace {

const char* const kCommandHelp =
    R"(.help                     this list
.tables                   the tables and views
.schema [TABLE]           how they were created, with their indexes
.import FILE TABLE        load CSV, or JSON lines (.json, .jsonl, .ndjson); makes the table if there is none
.export TABLE|'SELECT..' FILE   write CSV or JSON lines, by the file's ending
.format table|csv|json|markdown
.header on|off            column names in csv
.timing on|off            how long each statement took
.echo on|off              print statements before their results
.read FILE                run the statements of a file
.quit                     leave (also Ctrl-D)
Ctrl-C stops the running statement. Tab completes keywords, functions, tables and columns.
)";

constexpr const char* kKeywords[] = {
    "ALTER",    "ANALYZE", "AND",       "AS",       "ASC",       "AUTO_INCREMENT",
    "BEGIN",    "BETWEEN", "BOOLEAN",   "BY",       "CASE",      "CAST",
    "CHECK",    "COLUMN",  "COMMIT",    "CONFLICT", "CREATE",    "CROSS",
    "DEFAULT",  "DELETE",  "DESC",      "DESCRIBE", "DISTINCT",  "DROP",
    "ELSE",     "END",     "EXCEPT",    "EXISTS",   "EXPLAIN",   "FILTER",
    "FLOAT",    "FROM",    "FULL",      "GROUP",    "HAVING",    "IN",
    "INDEX",    "INDEXES", "INNER",     "INSERT",   "INTEGER",   "INTERSECT",
    "INTERVAL", "INTO",    "IS",        "JOIN",     "JSON",      "KEY",
    "LEFT",     "LIKE",    "LIMIT",     "NOT",      "NULL",      "NULLS",
    "OFFSET",   "ON",      "OR",        "ORDER",    "OVER",      "PARTITION",
    "PRAGMA",   "PRIMARY", "RECURSIVE", "RELEASE",  "RETURNING", "RIGHT",
    "ROLLBACK", "ROWS",    "SAVEPOINT", "SELECT",   "SET",       "SHOW",
    "TABLE",    "TABLES",  "TEXT",      "THEN",     "TIMESTAMP", "TRUNCATE",
    "UNION",    "UNIQUE",  "UPDATE",    "USING",    "VACUUM",    "VALUES",
    "VIEW",     "WHEN",    "WHERE",     "WINDOW",   "WITH"};

/// Words of a command line; quotes of both kinds group.
std::vector<std::string> split_words(const std::string& line) {
  std::vector<std::string> words;
  for (size_t i = 0; i < line.size();) {
    if (line[i] == ' ' || line[i] == '\t') {
      ++i;
      continue;
    }
    std::string word;
    if (line[i] == '\'' || line[i] == '"') {
      char quote = line[i++];
      while (i < line.size() && line[i] != quote) word += line[i++];
      if (i < line.size()) ++i;
    } else {
      while (i < line.size() && line[i] != ' ' && line[i] != '\t') word += line[i++];
    }
    words.push_back(std::move(word));
  }
  return words;
}

bool starts_with_no_case(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) !=
        std::tolower(static_cast<unsigned char>(prefix[i])))
      return false;
  }
  return true;
}

}  // namespace

Shell::Outcome Shell::run_command(const std::string& line) {
  std::vector<std::string> words = split_words(line);
  const std::string& command = words[0];
  if (command == ".help") {
    std::fputs(kCommandHelp, stdout);
    return Outcome::kOk;
  }
  if (command == ".quit" || command == ".exit") return Outcome::kLeave;
  if (command == ".tables") return list_tables();
  if (command == ".schema") return show_schema(words.size() > 1 ? words[1] : "");
  if (command == ".import") return import_command(words);
  if (command == ".export") return export_command(words);
  if (command == ".format" || command == ".mode") return set_format(words);
  if (command == ".header") return set_switch(words, &options_.header);
  if (command == ".timing") return set_switch(words, &options_.timing);
  if (command == ".echo") return set_switch(words, &options_.echo);
  if (command == ".read" && words.size() == 2) return run_file(words[1]);
  return fail(
      Error(ErrorCode::kInvalidArgument, "no command reads '" + line + "'; .help lists them"), "");
}

Shell::Outcome Shell::set_format(const std::vector<std::string>& words) {
  auto format = parse_output_format(words.size() > 1 ? words[1] : "");
  if (!format) return fail(format.error(), "");
  options_.format = *format;
  return Outcome::kOk;
}

Shell::Outcome Shell::set_switch(const std::vector<std::string>& words, Switch* value) {
  if (words.size() != 2 || (words[1] != "on" && words[1] != "off")) {
    return fail(Error(ErrorCode::kInvalidArgument, words[0] + " wants on or off"), "");
  }
  *value = words[1] == "on" ? Switch::kOn : Switch::kOff;
  return Outcome::kOk;
}

Shell::Outcome Shell::import_command(const std::vector<std::string>& words) {
  if (words.size() != 3)
    return fail(Error(ErrorCode::kInvalidArgument, "usage: .import FILE TABLE"), "");
  auto report = import_file(*session_, words[1], words[2], Progress::kShown, interrupt_flag());
  if (!report) return fail(report.error(), "");
  if (report->created)
    std::printf("created table %s (%s)\n", words[2].c_str(), report->columns.c_str());
  std::printf("%llu rows imported into %s\n", static_cast<unsigned long long>(report->rows),
              words[2].c_str());
  return Outcome::kOk;
}

Shell::Outcome Shell::export_command(const std::vector<std::string>& words) {
  if (words.size() != 3)
    return fail(Error(ErrorCode::kInvalidArgument,
                      "usage: .export TABLE FILE, or .export 'SELECT ...' FILE"),
                "");
  auto rows = export_file(*session_, words[1], words[2], Progress::kShown, interrupt_flag());
  if (!rows) return fail(rows.error(), words[1]);
  std::printf("%llu rows written to %s\n", static_cast<unsigned long long>(*rows),
              words[2].c_str());
  return Outcome::kOk;
}

std::vector<std::string> Shell::names() {
  std::vector<std::string> out;
  for (const char* sql : {"SHOW TABLES", "SHOW VIEWS"}) {
    auto rows = session_->query(sql);
    if (!rows) continue;
    for (auto more = rows->next(); more.has_value() && *more; more = rows->next()) {
      out.emplace_back(rows->cell(0).view());
    }
  }
  return out;
}

Shell::Outcome Shell::list_tables() {
  for (const std::string& name : names()) std::printf("%s\n", name.c_str());
  return Outcome::kOk;
}

Shell::Outcome Shell::show_schema(const std::string& table) {
  bool found = false;
  for (const std::string& name : names()) {
    if (!table.empty() && !(starts_with_no_case(name, table) && name.size() == table.size()))
      continue;
    found = true;
    for (const char* what : {"TABLE", "VIEW"}) {
      auto rows = session_->query("SHOW CREATE " + std::string(what) + " " + quote_name(name));
      if (!rows) continue;
      auto more = rows->next();
      if (more.has_value() && *more)
        std::printf("%s;\n", std::string(rows->cell(1).view()).c_str());
      break;
    }
    auto indexes = session_->query("SHOW INDEXES FROM " + quote_name(name));
    if (!indexes) continue;
    for (auto more = indexes->next(); more.has_value() && *more; more = indexes->next()) {
      std::printf("-- %sindex %s on %s (%s), %s\n", indexes->cell(4).as_bool() ? "unique " : "",
                  std::string(indexes->cell(1).view()).c_str(), name.c_str(),
                  std::string(indexes->cell(2).view()).c_str(),
                  std::string(indexes->cell(3).view()).c_str());
    }
  }
  if (!found && !table.empty())
    return fail(Error(ErrorCode::kTableNotFound,
                      "no table or view is called '" + table + "'; .tables lists them"),
                "");
  return Outcome::kOk;
}

std::vector<std::string> Shell::complete(const std::string& word) {
  std::vector<std::string> out;
  size_t dot = word.rfind('.');
  if (dot == 0) {
    for (const char* c : {".help", ".tables", ".schema", ".import", ".export", ".format", ".header",
                          ".timing", ".echo", ".read", ".quit"}) {
      if (starts_with_no_case(c, word)) out.emplace_back(c);
    }
    return out;
  }
  auto add = [&](std::string_view candidate) {
    if (starts_with_no_case(candidate, word)) out.emplace_back(candidate);
  };
  bool lower = word[0] >= 'a' && word[0] <= 'z';
  for (std::string keyword : kKeywords) {
    if (lower)
      std::transform(keyword.begin(), keyword.end(), keyword.begin(),
                     [](char c) { return static_cast<char>(std::tolower(c)); });
    add(keyword);
  }
  for (std::string_view function : expr::scalar_function_names()) {
    if (function[0] >= 'A' && function[0] <= 'Z') add(function);
  }
  for (const std::string& table : names()) {
    add(table);
    auto columns = session_->query("SELECT * FROM " + quote_name(table) + " LIMIT 0");
    if (!columns) continue;
    for (const auto& column : columns->columns()) {
      add(column.name);
      if (dot != std::string::npos) add(table + "." + column.name);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace orrery::cli
