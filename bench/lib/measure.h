// What a process and a folder take: for benchmarks that report memory and disk.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

/// Resident bytes of this process.
uint64_t resident_bytes();
/// Bytes of all files below a path (or of one file and its companions path-wal, path.wal ...).
uint64_t disk_bytes(const std::string& path);
/// Runs `body(context)` in a child process, so that its memory is its own, and returns the 64-byte block it filled.
struct Figures {
  double values[8] = {};
};
Figures in_child(Figures (*body)(void* context), void* context);
/// A new folder below `parent` (or the system's place for temporary files); remove_tree removes it.
std::string make_directory(const std::string& parent);
void remove_tree(const std::string& path);

}  // namespace bench
