// ModuleCache: compiled code kept in a folder, found by the module's content.
//
// A file is named after the digest of the module and the engine's version, and carries a digest of
// its own, so one that is torn or flipped is compiled anew, never run. Whoever can write into the
// folder can run code in this process. Where the files are more than their limit, those that were
// longest not asked for go; the file "uses" keeps their order. Thread-safe; files are replaced in one
// step. Losing the folder costs compile time only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sync.h"

namespace orrery::env {
class FileSystem;
}

namespace orrery::wasm {

class CompiledModule;
class Engine;

class ModuleCache {
 public:
  static constexpr uint64_t kBytesMax = uint64_t{1} << 30;

  /// The folder is made when the first module is kept.
  ModuleCache(env::FileSystem& files, std::string folder, uint64_t bytes_max = kBytesMax);

  /// From the folder, else by compiling; then keeps it. A folder that cannot be written is no
  /// error.
  Result<std::shared_ptr<const CompiledModule>> get(const std::shared_ptr<Engine>& engine,
                                                    std::string_view wasm);
  /// Where the code of this module lies or would lie.
  std::string path_of(std::string_view wasm) const;

 private:
  Result<std::shared_ptr<const CompiledModule>> load(const std::shared_ptr<Engine>& engine,
                                                     const std::string& path);
  Status keep(const CompiledModule& module, const std::string& path);
  std::string name_of(std::string_view wasm) const;
  /// Notes that a file was used, and removes others until the rest fits.
  Status note_use(const std::string& name);
  /// Names, the one that was used last in front.
  std::vector<std::string> read_uses() const;
  uint64_t size_of(const std::string& name) const;

  env::FileSystem& files_;
  const std::string folder_;
  const uint64_t bytes_max_;
  Mutex uses_mutex_;
};

}  // namespace orrery::wasm
