#include "cli/module_build.h"

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "cli/child_process.h"
#include "cli/command.h"
#include "env/environment.h"
#include "types/json.h"

namespace orrery::cli {
namespace fs = std::filesystem;

namespace {

std::vector<std::string> split_blanks(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    size_t end = text.find(' ');
    if (end != 0) out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

Result<std::string> run_tool(ChildRequest request, const std::string& what,
                             const std::string& missing) {
  if (!is_program(request.words[0])) return failed_error(missing);
  ProgressLine line(what, true);
  ORRERY_TRY_ASSIGN(ChildResult done, run_child(request, &line));
  if (done.status == 0) return std::move(done.output);
  std::fflush(stdout);
  if (request.errors == ChildRequest::Errors::kKept) std::fputs(done.output.c_str(), stderr);
  return failed_error(what + " failed (" + request.words[0] + ", status " +
                      std::to_string(done.status) + ")");
}

/// The .wasm files that a folder holds, not those of CMake's own tests.
std::vector<std::string> modules_in(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().filename() == "CMakeFiles") {
      at.disable_recursion_pending();
    } else if (at->path().extension() == ".wasm") {
      out.push_back(at->path().string());
    }
  }
  return out;
}

Result<std::string> only_module(const std::string& folder) {
  std::vector<std::string> found = modules_in(folder);
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    return failed_error("the build made no .wasm file in " + folder +
                        "\nA C++ module is made by orrery_add_module_wasm; see a project of: "
                        "orrery init");
  }
  std::string message = "the build made several .wasm files; publish one by -b:";
  for (const std::string& path : found) message += "\n  " + path;
  return failed_error(std::move(message));
}

Result<std::string> build_cpp(const ModuleBuild& build) {
  std::string sdk = module_sdk_folder();
  if (sdk.empty()) {
    return failed_error(
        "the C++ module SDK is not there\n"
        "Set ORRERY_MODULE_SDK to the sdk/module-cpp of Orrery's sources.");
  }
  std::string missing =
      "cmake is not installed\nTry: apt-get install cmake ninja-build clang-19 lld-19 llvm-19 "
      "wasi-libc libclang-rt-19-dev-wasm32 libc++-19-dev-wasm32 libc++abi-19-dev-wasm32";
  bool debug = build.kind == BuildKind::kDebug;
  std::string to = env::join_path(build.folder, debug ? "build/orrery-debug" : "build/orrery");
  std::vector<std::string> words = {
      "cmake",
      "-S",
      build.folder,
      "-B",
      to,
      "-DORRERY_MODULE_SDK=" + sdk,
      "-DCMAKE_TOOLCHAIN_FILE=" + sdk + "/cmake/wasi-toolchain.cmake",
      std::string("-DCMAKE_BUILD_TYPE=") + (debug ? "Debug" : "Release")};
  env::FileSystem& files = *env::system_environment().files;
  // A folder keeps the generator that it was made with.
  if (!files.exists(to + "/CMakeCache.txt") && is_program("ninja")) {
    words.insert(words.end(), {"-G", "Ninja"});
  }
  for (std::string& word : split_blanks(build.build_options)) words.push_back(std::move(word));
  ORRERY_TRY_ASSIGN(std::string configured,
                    run_tool({.words = std::move(words), .folder = "", .environment = {}},
                             "configuring " + build.folder, missing));
  ORRERY_TRY_ASSIGN(
      std::string built,
      run_tool({.words = {"cmake", "--build", to, "--parallel"}, .folder = "", .environment = {}},
               "compiling " + build.folder, missing));
  return only_module(to);
}

/// The last .wasm that cargo's messages name.
std::string artifact_of(std::string_view messages) {
  std::string out;
  while (!messages.empty()) {
    size_t end = messages.find('\n');
    auto json = types::JsonValue::parse(messages.substr(0, end));
    messages.remove_prefix(end == std::string_view::npos ? messages.size() : end + 1);
    const types::JsonValue* names = json ? json->find("filenames") : nullptr;
    if (names == nullptr || !names->is(types::JsonKind::kArray)) continue;
    for (const types::JsonValue& name : names->items()) {
      if (name.is(types::JsonKind::kString) && name.as_string().ends_with(".wasm")) {
        out = name.as_string();
      }
    }
  }
  return out;
}

Result<std::string> build_rust(const ModuleBuild& build) {
  std::vector<std::string> words = {"cargo", "build", "--target", "wasm32-unknown-unknown",
                                    "--message-format=json-render-diagnostics"};
  if (build.kind == BuildKind::kRelease) words.push_back("--release");
  for (std::string& word : split_blanks(build.build_options)) words.push_back(std::move(word));
  // Its diagnostics and progress go to standard error by themselves.
  ORRERY_TRY_ASSIGN(std::string messages,
                    run_tool({.words = std::move(words),
                              .folder = build.folder,
                              .environment = {},
                              .errors = ChildRequest::Errors::kShown},
                             "compiling " + build.folder,
                             "cargo is not installed\nTry: https://rustup.rs, then: rustup target "
                             "add wasm32-unknown-unknown"));
  std::string wasm = artifact_of(messages);
  if (wasm.empty()) {
    return failed_error(
        "cargo made no .wasm file\n"
        "Cargo.toml wants: [lib] crate-type = [\"cdylib\"]");
  }
  return wasm;
}

/// A package of a Go module may lie below its go.mod.
bool has_go_files(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".go") return true;
  }
  return false;
}

Result<std::string> build_go(const ModuleBuild& build) {
  std::error_code error;
  std::string name = fs::weakly_canonical(build.folder, error).filename().string();
  std::string wasm =
      env::join_path(build.folder, "build/" + (name.empty() ? "module" : name) + ".wasm");
  std::string absolute = fs::absolute(wasm, error).string();
  ORRERY_TRY(env::system_environment().files->create_dirs(env::parent_path(absolute)));
  std::vector<std::string> words = {"go", "build", "-buildmode=c-shared", "-o", absolute};
  if (build.kind == BuildKind::kRelease) words.push_back("-ldflags=-s -w");
  for (std::string& word : split_blanks(build.build_options)) words.push_back(std::move(word));
  words.push_back(".");
  ORRERY_TRY_ASSIGN(
      std::string output,
      run_tool({.words = std::move(words),
                .folder = build.folder,
                .environment = {{"GOOS", "wasip1"}, {"GOARCH", "wasm"}}},
               "compiling " + build.folder, "go is not installed (1.24 or later is needed)"));
  return wasm;
}

}  // namespace

std::string module_sdk_folder() {
  env::FileSystem& files = *env::system_environment().files;
  auto is_sdk = [&](const std::string& folder) {
    return files.exists(folder + "/cmake/OrreryModuleWasm.cmake");
  };
  if (const char* given = std::getenv("ORRERY_MODULE_SDK"); given != nullptr && *given != '\0') {
    return is_sdk(given) ? given : "";
  }
  std::error_code error;
  fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    fs::path installed = program.parent_path().parent_path() / "share/orrery/sdk/module-cpp";
    if (is_sdk(installed.string())) return installed.string();
  }
  return is_sdk(ORRERY_SOURCE_SDK) ? ORRERY_SOURCE_SDK : "";
}

Result<BuiltModule> build_module(const ModuleBuild& build) {
  env::FileSystem& files = *env::system_environment().files;
  auto has = [&](std::string_view name) {
    return files.exists(env::join_path(build.folder, name));
  };
  if (!files.exists(build.folder)) return usage_error("there is no folder " + build.folder);
  BuiltModule out;
  if (has("Cargo.toml")) {
    out.language = ModuleLanguage::kRust;
    ORRERY_TRY_ASSIGN(out.wasm, build_rust(build));
  } else if (has("go.mod") || has_go_files(build.folder)) {
    out.language = ModuleLanguage::kGo;
    ORRERY_TRY_ASSIGN(out.wasm, build_go(build));
  } else if (has("CMakeLists.txt")) {
    ORRERY_TRY_ASSIGN(out.wasm, build_cpp(build));
  } else if (has("package.json")) {
    return Error(ErrorCode::kNotSupported,
                 "not supported yet: modules in TypeScript (" + build.folder + "/package.json)");
  } else {
    return usage_error("no module in " + build.folder +
                       ": it has neither CMakeLists.txt nor Cargo.toml nor go.mod"
                       "\nTry: orrery init my-module, or -p FOLDER, or publish -b FILE.wasm");
  }
  return out;
}

}  // namespace orrery::cli
