// slt_runner: runs SQL scripts (script.h) against a library with the Stoolap C interface. Each
// script runs in a process of its own.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "session.h"

namespace slt {
namespace {

constexpr unsigned kSecondsMax = 120;

struct Settings {
  std::string library;
  std::vector<std::string> paths;
  RunOptions run;
};

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "slt_runner: %s\n", what.c_str());
  std::exit(2);
}

Settings read_arguments(int argc, char** argv) {
  Settings out;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if ((arg == "--lib" || arg == "--vector-size") && i + 1 < argc) {
      const std::string value = argv[++i];
      (arg == "--lib" ? out.library : out.run.dsn_options) =
          arg == "--lib" ? value : "vector_size=" + value;
    } else if (arg == "--reopen-after-each-statement") {
      out.run.reopen = true;
    } else if (!arg.starts_with("--")) {
      out.paths.push_back(arg);
    } else {
      std::puts(
          "slt_runner --lib PATH [--vector-size N] [--reopen-after-each-statement] "
          "FILE-OR-FOLDER...");
      std::exit(arg == "--help" ? 0 : 2);
    }
  }
  if (out.library.empty() || out.paths.empty()) give_up("--lib and a script are needed");
  return out;
}

std::vector<std::string> find_scripts(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      out.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.path().extension() == ".slt") out.push_back(entry.path().string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// Prints what fails; the number of records that did, and 1 more for the run to be told apart.
int run_script(const conformance::Abi& abi, const RunOptions& options, const std::string& path) {
  std::vector<Record> records;
  std::string error;
  if (!read_script(path, &records, &error)) {
    std::printf("FAILED %s\n", error.c_str());
    return 1;
  }
  const bool on_disk = std::any_of(records.begin(), records.end(), [](const Record& record) {
    return record.kind == RecordKind::kReopen;
  });
  Session session(abi, options, on_disk);
  int failed = 0;
  for (const Record& record : records) {
    const std::string wrong = session.run(record);
    if (wrong.empty()) continue;
    ++failed;
    std::printf("FAILED %s:%u\n  %s\n  %s\n", path.c_str(), record.line, record.sql.c_str(),
                wrong.c_str());
  }
  std::fflush(stdout);
  return std::min(failed, 100);
}

int run(int argc, char** argv) {
  const Settings settings = read_arguments(argc, argv);
  const std::vector<std::string> scripts = find_scripts(settings.paths);
  if (scripts.empty()) give_up("no scripts");
  conformance::Abi abi;
  if (std::string wrong = abi.load(settings.library); !wrong.empty()) give_up(wrong);
  int passed = 0;
  int failed = 0;
  for (const std::string& path : scripts) {
    std::fflush(stdout);
    const pid_t pid = fork();
    if (pid < 0) give_up("fork");
    if (pid == 0) {
      alarm(kSecondsMax);
      _exit(run_script(abi, settings.run, path));
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status)) {
      std::printf("FAILED %s: %s\n", path.c_str(), strsignal(WTERMSIG(status)));
    }
    (WIFEXITED(status) && WEXITSTATUS(status) == 0 ? passed : failed) += 1;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace slt

int main(int argc, char** argv) {
  return slt::run(argc, argv);
}
