#include "cli/options.h"

namespace orrery::cli {

const char* const kShellHelp =
    R"(usage: orrery shell [DSN] [options]

Opens a database and runs SQL: statements typed at a prompt, piped in, or given by -e and -f.
DSN is memory:// (the default, also :memory:) or file://path[?option=value...]; a plain path
means file://path. Options of the DSN: sync_mode=none|normal|full, memory_limit=BYTES, and more
(docs/SETTINGS.md).

  -e, --execute SQL     run SQL (or a dot command), then leave; may be repeated
  -f, --file FILE       run the statements of FILE, then leave; - is standard input
  --format FORMAT       table, csv, json or markdown (default: table)
  --json                the same as --format json: one JSON object per line and row
  --no-header           no column names in csv
  --echo                print each statement before its result
  --timing              print how long each statement took
  --keep-going          go on after a failed statement of a script
  -h, --help            this text

exit status: 0 all statements ran, 1 one failed, 2 bad usage, 3 the database cannot be opened
)";

Result<OutputFormat> parse_output_format(std::string_view name) {
  if (name == "table") return OutputFormat::kTable;
  if (name == "csv") return OutputFormat::kCsv;
  if (name == "json") return OutputFormat::kJson;
  if (name == "markdown") return OutputFormat::kMarkdown;
  return Error(ErrorCode::kInvalidArgument, "no output format is called '" + std::string(name) +
                                                "'; there are table, csv, json and markdown");
}

namespace {

std::string dsn_of(const std::string& text) {
  if (text == ":memory:") return "memory://";
  return text.find("://") != std::string::npos ? text : "file://" + text;
}

}  // namespace

Result<ShellOptions> parse_shell_options(const std::vector<std::string>& arguments) {
  ShellOptions out;
  bool dsn_given = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& a = arguments[i];
    auto value = [&]() -> Result<std::string> {
      if (i + 1 >= arguments.size())
        return Error(ErrorCode::kInvalidArgument, a + " wants a value");
      return arguments[++i];
    };
    if (a == "-e" || a == "--execute") {
      ORRERY_TRY_ASSIGN(std::string sql, value());
      out.scripts.push_back({Script::Kind::kText, std::move(sql)});
    } else if (a == "-f" || a == "--file") {
      ORRERY_TRY_ASSIGN(std::string file, value());
      out.scripts.push_back({Script::Kind::kFile, std::move(file)});
    } else if (a == "--format") {
      ORRERY_TRY_ASSIGN(std::string name, value());
      ORRERY_TRY_ASSIGN(out.format, parse_output_format(name));
      out.format_given = true;
    } else if (a == "--json") {
      out.format = OutputFormat::kJson;
      out.format_given = true;
    } else if (a == "--no-header") {
      out.header = Switch::kOff;
    } else if (a == "--echo") {
      out.echo = Switch::kOn;
    } else if (a == "--timing") {
      out.timing = Switch::kOn;
    } else if (a == "--keep-going") {
      out.keep_going = Switch::kOn;
    } else if (a == "-h" || a == "--help") {
      out.help = true;
    } else if (a.size() > 1 && a[0] == '-') {
      return Error(ErrorCode::kInvalidArgument, "no option is called '" + a + "'");
    } else if (dsn_given) {
      return Error(ErrorCode::kInvalidArgument,
                   "two databases are named: '" + out.dsn + "' and '" + a + "'");
    } else {
      out.dsn = dsn_of(a);
      dsn_given = true;
    }
  }
  return out;
}

}  // namespace orrery::cli
