#include "wasm/module_cache.h"

#include "base/blake3.h"
#include "env/file_system.h"
#include "wasm/engine.h"
#include "wasm/module.h"

namespace orrery::wasm {
namespace {

constexpr std::string_view kMagic = "orrery compiled module 1\n";
constexpr size_t kDigestBytes = 32;
constexpr uint64_t kFileBytesMax = uint64_t{2} << 30;

std::string digest_of(std::string_view bytes) {
  const auto digest = blake3(bytes);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

std::string hex_of(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (char c : bytes) {
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

}  // namespace

ModuleCache::ModuleCache(env::FileSystem& files, std::string folder)
    : files_(files), folder_(std::move(folder)) {}

std::string ModuleCache::path_of(std::string_view wasm) const {
  return env::join_path(folder_,
                        hex_of(digest_of(wasm)) + "-" + std::string(Engine::version()) + ".code");
}

Result<std::shared_ptr<const CompiledModule>> ModuleCache::get(
    const std::shared_ptr<Engine>& engine, std::string_view wasm) {
  const std::string path = path_of(wasm);
  if (files_.exists(path)) {
    if (auto module = load(engine, path)) return module;
  }
  ORRERY_TRY_ASSIGN(auto module, CompiledModule::compile(engine, wasm));
  if (auto kept = keep(*module, path); !kept) (void)kept;
  return module;
}

Result<std::shared_ptr<const CompiledModule>> ModuleCache::load(
    const std::shared_ptr<Engine>& engine, const std::string& path) {
  ORRERY_TRY_ASSIGN(std::string bytes, env::read_file(files_, path, kFileBytesMax));
  std::string_view rest = bytes;
  if (!rest.starts_with(kMagic) || rest.size() < kMagic.size() + kDigestBytes) {
    return Error(ErrorCode::kCorruption, "'" + path + "' is no compiled module");
  }
  rest.remove_prefix(kMagic.size());
  const std::string_view digest = rest.substr(0, kDigestBytes);
  rest.remove_prefix(kDigestBytes);
  if (digest_of(rest) != digest) {
    return Error(ErrorCode::kCorruption, "'" + path + "' is damaged");
  }
  return CompiledModule::deserialize(engine, rest);
}

Status ModuleCache::keep(const CompiledModule& module, const std::string& path) {
  ORRERY_TRY_ASSIGN(std::string code, module.serialize());
  ORRERY_TRY(files_.create_dirs(folder_));
  // Two that keep the same module at once may spoil this file; its digest then tells.
  const std::string unfinished = path + ".new";
  ORRERY_TRY_ASSIGN(auto file, files_.open(unfinished, env::OpenMode::kTruncate));
  ORRERY_TRY(file->append(std::string(kMagic) + digest_of(code)));
  ORRERY_TRY(file->append(code));
  ORRERY_TRY(file->close());
  return files_.rename(unfinished, path);
}

}  // namespace orrery::wasm
