// conformance_runner: replays the corpus of observed answers against a library with the Stoolap C
// interface.
//
// Each case runs in a process of its own, so that a crash or a hang fails that case only.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <set>

#include "case_runner.h"

namespace conformance {
namespace {

constexpr const char* kUsage =
    R"(conformance_runner --lib PATH --data FOLDER [options]
  --lib PATH       the library (libstoolap.so)
  --data FOLDER    tests/data/sql-conformance
  --later FILE     what is left for later: lines "feature NAME" and "refused TEXT"
  --deviations FILE  cases that are answered otherwise on purpose: lines "ID reason"
  --feature NAME   only this feature (repeatable)
  --id ID          only this case, with all that is known about its failure (repeatable)
  --reopen-after-each-statement
  --vector-size N  rows per chunk
  --jobs N         cases at a time (2)
  --json           one line per case instead of the table
  --plain          read every answer once only
)";

struct Settings {
  std::string library;
  std::string data;
  std::string later;
  std::string deviations;
  std::set<std::string> features;
  std::set<std::string> ids;
  RunOptions run;
  int jobs = 2;
  bool json = false;
};

struct Expectations {
  std::set<std::string> later_features;
  std::set<std::string> later_refusals;
  std::map<std::string, std::string> deviations;
};

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "conformance_runner: %s\n", what.c_str());
  std::exit(2);
}

Settings read_arguments(int argc, char** argv) {
  Settings out;
  auto value = [&](int* i) -> std::string {
    if (*i + 1 >= argc) give_up(std::string(argv[*i]) + " needs a value");
    return argv[++*i];
  };
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--lib") {
      out.library = value(&i);
    } else if (arg == "--data") {
      out.data = value(&i);
    } else if (arg == "--later") {
      out.later = value(&i);
    } else if (arg == "--deviations") {
      out.deviations = value(&i);
    } else if (arg == "--feature") {
      out.features.insert(value(&i));
    } else if (arg == "--id") {
      out.ids.insert(value(&i));
    } else if (arg == "--reopen-after-each-statement") {
      out.run.reopen = true;
    } else if (arg == "--vector-size") {
      out.run.dsn_options = "vector_size=" + value(&i);
    } else if (arg == "--jobs") {
      out.jobs = std::max(1, std::atoi(value(&i).c_str()));
    } else if (arg == "--json") {
      out.json = true;
    } else if (arg == "--plain") {
      out.run.observed_only = true;
    } else {
      std::fputs(kUsage, arg == "--help" ? stdout : stderr);
      std::exit(arg == "--help" ? 0 : 2);
    }
  }
  if (out.library.empty() || out.data.empty()) give_up("--lib and --data are needed");
  return out;
}

Expectations read_expectations(const Settings& settings) {
  Expectations out;
  auto lines = [](const std::string& path, auto&& use) {
    if (path.empty()) return;
    std::ifstream in(path);
    if (!in) give_up("cannot read " + path);
    for (std::string line; std::getline(in, line);) {
      if (line.empty() || line[0] == '#') continue;
      const size_t space = line.find(' ');
      use(line.substr(0, space), space == std::string::npos ? "" : line.substr(space + 1));
    }
  };
  lines(settings.later, [&](const std::string& kind, const std::string& name) {
    if (kind != "feature" && kind != "refused") give_up("later: unknown word " + kind);
    (kind == "feature" ? out.later_features : out.later_refusals).insert(name);
  });
  lines(settings.deviations,
        [&](const std::string& id, const std::string& reason) { out.deviations[id] = reason; });
  return out;
}

/// A case that runs in a child.
struct Running {
  pid_t pid = 0;
  int fd = -1;
  size_t index = 0;
  std::string output;
  std::chrono::steady_clock::time_point deadline;
};

Running start(const Abi& abi, const Case& test, const RunOptions& options, size_t index) {
  int ends[2];
  if (pipe(ends) != 0) give_up("pipe");
  std::fflush(stdout);
  const pid_t pid = fork();
  if (pid < 0) give_up("fork");
  if (pid == 0) {
    close(ends[0]);
    Outcome outcome = run_case(abi, test, options);
    std::string out(1, static_cast<char>('0' + static_cast<int>(outcome.verdict)));
    out += outcome.message;
    for (size_t at = 0; at < out.size();) {
      const ssize_t n = write(ends[1], out.data() + at, out.size() - at);
      if (n <= 0) break;
      at += static_cast<size_t>(n);
    }
    _exit(0);
  }
  close(ends[1]);
  Running running;
  running.pid = pid;
  running.fd = ends[0];
  running.index = index;
  running.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  return running;
}

Outcome finish(Running& running, bool timed_out) {
  if (timed_out) kill(running.pid, SIGKILL);
  int status = 0;
  waitpid(running.pid, &status, 0);
  close(running.fd);
  Outcome outcome;
  if (timed_out) {
    outcome.message = "no answer within 10 s";
  } else if (WIFSIGNALED(status)) {
    outcome.message = std::string("crashed: ") + strsignal(WTERMSIG(status));
  } else if (running.output.empty()) {
    outcome.message = "exited with status " + std::to_string(WEXITSTATUS(status));
  } else {
    outcome.verdict = static_cast<Verdict>(running.output[0] - '0');
    outcome.message = running.output.substr(1);
  }
  return outcome;
}

std::vector<Outcome> run_all(const Abi& abi, const std::vector<Case>& cases,
                             const Settings& settings) {
  std::vector<Outcome> outcomes(cases.size());
  std::vector<Running> running;
  size_t next = 0;
  while (next < cases.size() || !running.empty()) {
    while (next < cases.size() && running.size() < static_cast<size_t>(settings.jobs)) {
      running.push_back(start(abi, cases[next], settings.run, next));
      ++next;
    }
    std::vector<pollfd> polled;
    for (const Running& child : running) polled.push_back({child.fd, POLLIN, 0});
    poll(polled.data(), polled.size(), 100);
    for (size_t i = running.size(); i-- > 0;) {
      Running& child = running[i];
      bool done = false;
      if (polled[i].revents != 0) {
        char buffer[4096];
        const ssize_t n = read(child.fd, buffer, sizeof(buffer));
        if (n > 0) child.output.append(buffer, static_cast<size_t>(n));
        done = n <= 0;
      }
      const bool late = std::chrono::steady_clock::now() > child.deadline;
      if (!done && !late) continue;
      outcomes[child.index] = finish(child, !done);
      running.erase(running.begin() + static_cast<ptrdiff_t>(i));
    }
  }
  return outcomes;
}

struct Counts {
  int passed = 0;
  int failed = 0;
  int later = 0;
  int deviating = 0;
};

enum class Class : uint8_t { kPassed, kFailed, kLater, kDeviates };

Class classify(const Case& test, const Outcome& outcome, const Expectations& expectations) {
  const bool deviates = expectations.deviations.contains(test.id);
  if (outcome.verdict == Verdict::kPassed) return deviates ? Class::kFailed : Class::kPassed;
  if (deviates) return Class::kDeviates;
  if (expectations.later_features.contains(test.feature)) return Class::kLater;
  if (outcome.verdict == Verdict::kNotSupported &&
      expectations.later_refusals.contains(outcome.message)) {
    return Class::kLater;
  }
  return Class::kFailed;
}

std::string describe(const Case& test, const Outcome& outcome) {
  std::string out = test.id + "\n";
  for (const Step& step : test.setup) {
    if (step.operation == Operation::kSql) out += "    " + step.sql.substr(0, 200) + "\n";
  }
  out += "  > " + test.step.sql + "\n  " +
         (outcome.verdict == Verdict::kNotSupported ? "not supported yet: " : "") +
         (outcome.verdict == Verdict::kPassed ? "passes, and is listed among the deviations"
                                              : outcome.message) +
         "\n";
  return out;
}

std::string json_line(const Case& test, const Outcome& outcome, Class result) {
  static const char* const kNames[] = {"passed", "failed", "later", "deviates"};
  std::string out = "{\"id\":";
  orrery::types::append_json_string(test.id, &out);
  out += ",\"feature\":";
  orrery::types::append_json_string(test.feature, &out);
  out += std::string(",\"result\":\"") + kNames[static_cast<int>(result)] + "\",\"message\":";
  orrery::types::append_json_string(outcome.message, &out);
  return out + "}";
}

int report(const std::vector<Case>& cases, const std::vector<Outcome>& outcomes,
           const Settings& settings, const Expectations& expectations) {
  std::map<std::string, Counts> counts;
  Counts total;
  for (size_t i = 0; i < cases.size(); ++i) {
    const Class result = classify(cases[i], outcomes[i], expectations);
    Counts& feature = counts[cases[i].feature];
    int Counts::* member = result == Class::kPassed   ? &Counts::passed
                           : result == Class::kFailed ? &Counts::failed
                           : result == Class::kLater  ? &Counts::later
                                                      : &Counts::deviating;
    ++(feature.*member);
    ++(total.*member);
    if (settings.json) {
      std::puts(json_line(cases[i], outcomes[i], result).c_str());
    } else if (result == Class::kFailed || !settings.ids.empty()) {
      std::printf("%s %s", result == Class::kFailed ? "FAILED" : "-",
                  describe(cases[i], outcomes[i]).c_str());
    }
  }
  if (!settings.json) {
    std::printf("%-18s %7s %7s %7s %9s\n", "feature", "passed", "failed", "later", "deviates");
    for (const auto& [feature, count] : counts) {
      std::printf("%-18s %7d %7d %7d %9d\n", feature.c_str(), count.passed, count.failed,
                  count.later, count.deviating);
    }
    std::printf("not supported yet: %d cases; answered otherwise on purpose: %d cases\n",
                total.later, total.deviating);
  }
  std::printf("%d passed, %d failed\n", total.passed, total.failed);
  return total.failed == 0 && total.passed > 0 ? 0 : 1;
}

int run(int argc, char** argv) {
  const Settings settings = read_arguments(argc, argv);
  const Expectations expectations = read_expectations(settings);
  std::vector<Case> cases;
  for (Case& test : load_corpus(settings.data)) {
    if (!settings.features.empty() && !settings.features.contains(test.feature)) continue;
    if (!settings.ids.empty() && !settings.ids.contains(test.id)) continue;
    cases.push_back(std::move(test));
  }
  if (cases.empty()) give_up("no such cases");
  Abi abi;
  if (std::string wrong = abi.load(settings.library); !wrong.empty()) give_up(wrong);
  return report(cases, run_all(abi, cases, settings), settings, expectations);
}

}  // namespace
}  // namespace conformance

int main(int argc, char** argv) {
  return conformance::run(argc, argv);
}
