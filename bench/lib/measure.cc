#include "bench/lib/measure.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bench/lib/engine.h"

namespace bench {

uint64_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long long size = 0, resident = 0;
  if (file == nullptr || std::fscanf(file, "%llu %llu", &size, &resident) != 2) fail("cannot read /proc/self/statm");
  std::fclose(file);
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t disk_bytes(const std::string& path) {
  namespace fs = std::filesystem;
  uint64_t total = 0;
  std::error_code ignored;
  fs::path target(path);
  for (const auto& entry : fs::recursive_directory_iterator(target.parent_path(), ignored)) {
    if (!entry.is_regular_file(ignored)) continue;
    if (entry.path().string().compare(0, path.size(), path) == 0) total += entry.file_size(ignored);
  }
  return total;
}

Figures in_child(Figures (*body)(void* context), void* context) {
  int ends[2];
  if (pipe(ends) != 0) fail("no pipe");
  std::fflush(stdout);
  std::fflush(stderr);
  pid_t child = fork();
  if (child < 0) fail("no child process");
  if (child == 0) {
    close(ends[0]);
    Figures out = body(context);
    bool ok = write(ends[1], &out, sizeof(out)) == static_cast<ssize_t>(sizeof(out));
    std::fflush(stderr);
    _exit(ok ? 0 : 1);
  }
  close(ends[1]);
  Figures out;
  ssize_t n = read(ends[0], &out, sizeof(out));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (n != static_cast<ssize_t>(sizeof(out))) fail("a measured process ended early");
  return out;
}

std::string make_directory(const std::string& parent) {
  std::string path = (parent.empty() ? std::filesystem::temp_directory_path().string() : parent) + "/orrery-bench-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) fail("cannot make a folder in " + parent);
  return path;
}

void remove_tree(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

}  // namespace bench
