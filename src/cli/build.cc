// orrery build.
#include <cstdio>

#include "cli/command.h"
#include "cli/module_build.h"
#include "cli/options.h"
#include "cli/shell.h"

namespace orrery::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "module-path",
     .letter = 'p',
     .takes = Option::Takes::kValue,
     .value = "FOLDER",
     .help = "of the module project (default: here)",
     .completes = Option::Completes::kFolder},
    {.name = "debug", .letter = 'd', .help = "without optimisation"},
    {.name = "build-options",
     .takes = Option::Takes::kValue,
     .value = "WORDS",
     .help = "more words for cmake, cargo or go"},
    {.name = "lint-dir",
     .takes = Option::Takes::kValue,
     .value = "FOLDER",
     .help = "accepted and ignored"},
    kHelpOption,
};

Result<int> run(const Arguments& arguments) {
  cancel_on_interrupt(nullptr);
  if (arguments.positional().size() > 1) return usage_error("build takes one folder");
  ModuleBuild build;
  build.folder = arguments.value_or(
      "module-path", arguments.positional().empty() ? "." : arguments.positional()[0]);
  build.kind = arguments.has("debug") ? BuildKind::kDebug : BuildKind::kRelease;
  build.build_options = arguments.value_or("build-options", "");
  ORRERY_TRY_ASSIGN(BuiltModule built, build_module(build));
  std::printf("%s\n", built.wasm.c_str());
  return kExitOk;
}

}  // namespace

constexpr Command kBuildCommand = {
    .name = "build",
    .summary = "build a module project to a .wasm file",
    .usage = "[FOLDER] [options]",
    .about =
        "Builds the module project in a folder and prints the path of its .wasm file.\n"
        "CMakeLists.txt: C++, by clang with wasi-libc and Orrery's module SDK.\n"
        "Cargo.toml: Rust, by cargo for wasm32-unknown-unknown.\n"
        "go.mod: Go, by go for wasip1.\n",
    .options = kOptions,
    .examples =
        "  orrery build                  the project here\n"
        "  orrery build -p chat\n",
    .run = run,
};

}  // namespace orrery::cli
