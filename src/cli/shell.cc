#include "cli/shell.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cli/line_editor.h"
#include "env/environment.h"
#include "sql/lexer.h"
#include "sql/parser.h"

namespace orrery::cli {
namespace {

constexpr size_t kPagerRows = 40;  ///< more than this on a terminal goes through a pager
/// For the shell that popen() starts. A bare machine has no less.
constexpr const char* kPager = "if command -v less >/dev/null; then exec less -SFRX; fi; exec cat";

int64_t monotonic_nanos() {
  return env::system_environment().clock->monotonic_nanos();
}

std::string trim(const std::string& s) {
  size_t a = s.find_first_not_of(" \t\r\n");
  if (a == std::string::npos) return "";
  return s.substr(a, s.find_last_not_of(" \t\r\n") - a + 1);
}

/// Shows rows on a terminal through $PAGER once there are many of them.
class Pager {
 public:
  Pager() : memory_(nullptr) {}
  ~Pager() {
    if (pipe_ != nullptr) pclose(pipe_);
    if (memory_ != nullptr) std::fclose(memory_);
    std::free(text_);
  }
  /// Everything goes to memory until it is known whether it fits.
  std::FILE* open() {
    memory_ = open_memstream(&text_, &size_);
    return memory_ == nullptr ? stdout : memory_;
  }
  void show(uint64_t rows) {
    if (memory_ == nullptr) return;
    std::fclose(memory_);
    memory_ = nullptr;
    winsize window = {};
    size_t height = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_row > 5
                        ? window.ws_row
                        : kPagerRows;
    const char* pager = std::getenv("PAGER");
    if (pager == nullptr || *pager == 0) pager = kPager;
    if (rows + 4 > height) pipe_ = popen(pager, "w");
    std::FILE* to = pipe_ != nullptr ? pipe_ : stdout;
    std::fwrite(text_, 1, size_, to);
  }

 private:
  std::FILE* memory_;
  std::FILE* pipe_ = nullptr;
  char* text_ = nullptr;
  size_t size_ = 0;
};

bool starts_command(const std::string& text) {
  return !text.empty() && text[0] == '.';
}

}  // namespace

Shell::Shell(ShellOptions options, std::shared_ptr<engine::Session> session)
    : options_(std::move(options)), session_(std::move(session)) {}

int Shell::run() {
  std::signal(SIGPIPE, SIG_IGN);
  cancel_on_interrupt(session_.get());
  int status = options_.scripts.empty() ? run_prompt() : run_scripts();
  std::fflush(stdout);
  // A reader that closed the pipe has what it wants; elsewhere a part of the answer is missing.
  struct stat out{};
  if (std::ferror(stdout) != 0 && (fstat(STDOUT_FILENO, &out) != 0 || !S_ISFIFO(out.st_mode))) {
    std::fprintf(stderr, "orrery: the output could not be written in full\n");
    if (status == kExitOk) status = kExitStatementFailed;
  }
  return status;
}

int Shell::run_scripts() {
  int status = kExitOk;
  for (const Script& script : options_.scripts) {
    Outcome outcome =
        script.kind == Script::Kind::kText ? run_text(script.value) : run_file(script.value);
    if (outcome == Outcome::kLeave) break;
    if (outcome == Outcome::kFailed) {
      status = kExitStatementFailed;
      if (options_.keep_going == Switch::kOff) break;
    }
  }
  return status;
}

Shell::Outcome Shell::run_file(const std::string& path) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    std::fprintf(stderr, "orrery: cannot open '%s': %s\n", path.c_str(), std::strerror(errno));
    return Outcome::kFailed;
  }
  std::string text;
  char block[65536];
  size_t n;
  while ((n = std::fread(block, 1, sizeof(block), file)) > 0) text.append(block, n);
  if (file != stdin) std::fclose(file);
  return run_text(text);
}

int Shell::run_prompt() {
  bool terminal = isatty(STDIN_FILENO) != 0;
  if (terminal) {
    std::printf("Orrery %s on %s. Statements end with ; and .help lists commands.\n",
                ORRERY_VERSION, options_.dsn.c_str());
  }
  LineEditor editor([this](const std::string& word) { return complete(word); }, interrupt_bell());
  int status = kExitOk;
  std::string pending, line;
  for (;;) {
    clear_interrupt();
    LineEditor::Outcome read = editor.read(
        pending.empty() ? (session_->in_transaction() ? "orrery*> " : "orrery> ") : "   ...> ",
        &line);
    if (read == LineEditor::Outcome::kInterrupted) {
      pending.clear();
      continue;
    }
    if (read == LineEditor::Outcome::kEnd) break;
    Outcome outcome = Outcome::kOk;
    if (pending.empty() && starts_command(trim(line))) {
      editor.remember(trim(line));
      outcome = run_command(trim(line));
    } else {
      pending += line + "\n";
      // A long statement is not looked through again for every line of it.
      bool may_end = line.find(';') != std::string::npos;
      size_t end;
      while (may_end && outcome == Outcome::kOk &&
             (end = sql::find_statement_end(pending)) != std::string::npos) {
        std::string statement = pending.substr(0, end);
        pending.erase(0, end);
        editor.remember(trim(statement));
        outcome = run_statement(statement);
      }
      if (sql::is_blank_sql(pending)) pending.clear();
      if (outcome == Outcome::kFailed) pending.clear();
    }
    if (outcome == Outcome::kLeave) return status;
    if (outcome == Outcome::kFailed && !terminal) {
      status = kExitStatementFailed;
      if (options_.keep_going == Switch::kOff) return status;
    }
    if (!terminal) std::fflush(stdout);
  }
  if (!sql::is_blank_sql(pending)) {
    Outcome outcome = run_statement(pending);
    if (outcome == Outcome::kFailed && !terminal) status = kExitStatementFailed;
  }
  if (terminal) std::fputc('\n', stdout);
  return status;
}

Shell::Outcome Shell::run_text(const std::string& text) {
  Outcome result = Outcome::kOk;
  std::string rest = text;
  size_t at = 0;
  while (at < rest.size()) {
    at = rest.find_first_not_of(" \t\r\n", at);
    if (at == std::string::npos) break;
    Outcome outcome;
    if (rest[at] == '.') {
      size_t end = std::min(rest.find('\n', at), rest.size());
      outcome = run_command(trim(rest.substr(at, end - at)));
      at = end;
    } else {
      // Only so much can be one statement; a dump may be far longer.
      size_t length = sql::find_statement_end(std::string_view(rest).substr(at, sql::kSqlBytesMax));
      std::string statement = rest.substr(at, length);
      at = length == std::string::npos ? rest.size() : at + length;
      outcome = run_statement(statement);
    }
    if (outcome == Outcome::kLeave) return outcome;
    if (outcome == Outcome::kFailed) {
      result = outcome;
      if (options_.keep_going == Switch::kOff) return result;
    }
  }
  return result;
}

Shell::Outcome Shell::fail(const Error& error, const std::string& sql) {
  std::fflush(stdout);
  std::string caret = sql::caret_text(sql, error.position());
  std::fprintf(stderr, "error (%.*s): %s\n%s", 5, error_sqlstate(error.code()).data(),
               error.message().c_str(), caret.c_str());
  return Outcome::kFailed;
}

Shell::Outcome Shell::run_statement(const std::string& sql) {
  if (sql::is_blank_sql(sql)) return Outcome::kOk;
  if (options_.echo == Switch::kOn) std::printf("\n%s\n", trim(sql).c_str());
  int64_t started = monotonic_nanos();
  auto rows = session_->query(sql);
  if (!rows) return fail(rows.error(), sql);
  bool paged = isatty(STDOUT_FILENO) != 0 && options_.scripts.empty() && !rows->columns().empty();
  Pager pager;
  Sink sink(paged ? pager.open() : stdout);
  uint64_t count = 0;
  Status status = print_rows(*rows, sink, &count);
  if (paged) pager.show(count);
  if (!status) return fail(status.error(), sql);
  bool terminal = isatty(STDOUT_FILENO) != 0;
  if (rows->columns().empty() && terminal && options_.format == OutputFormat::kTable) {
    std::printf("ok, %llu affected\n", static_cast<unsigned long long>(rows->rows_affected()));
  }
  if (options_.timing == Switch::kOn) {
    std::printf("%.3f ms\n", static_cast<double>(monotonic_nanos() - started) / 1e6);
  }
  return Outcome::kOk;
}

Status Shell::print_rows(engine::Rows& rows, Sink& sink, uint64_t* count) {
  std::vector<std::string> columns;
  for (const auto& column : rows.columns()) columns.push_back(column.name);
  if (columns.empty()) return {};
  auto writer = make_row_writer(options_.format, options_.header, sink);
  writer->begin(columns);
  std::vector<types::Datum> cells(columns.size());
  for (;;) {
    ORRERY_TRY_ASSIGN(bool more, rows.next());
    if (!more) break;
    for (size_t i = 0; i < cells.size(); ++i) cells[i] = rows.cell(static_cast<uint32_t>(i));
    writer->row(cells);
    ++*count;
  }
  writer->end(*count);
  return {};
}

}  // namespace orrery::cli
