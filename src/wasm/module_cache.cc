#include "wasm/module_cache.h"

#include <algorithm>
#include <unordered_set>

#include "base/blake3.h"
#include "env/file_system.h"
#include "wasm/engine.h"
#include "wasm/module.h"

namespace orrery::wasm {
namespace {

constexpr std::string_view kMagic = "orrery compiled module 1\n";
constexpr size_t kDigestBytes = 32;
constexpr std::string_view kSuffix = ".code";
constexpr std::string_view kUses = "uses";
constexpr uint64_t kUsesBytesMax = 16 << 20;
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

ModuleCache::ModuleCache(env::FileSystem& files, std::string folder, uint64_t bytes_max)
    : files_(files), folder_(std::move(folder)), bytes_max_(bytes_max) {}

std::string ModuleCache::name_of(std::string_view wasm) const {
  return hex_of(digest_of(wasm)) + "-" + std::string(Engine::version()) + std::string(kSuffix);
}

std::string ModuleCache::path_of(std::string_view wasm) const {
  return env::join_path(folder_, name_of(wasm));
}

Result<std::shared_ptr<const CompiledModule>> ModuleCache::get(
    const std::shared_ptr<Engine>& engine, std::string_view wasm) {
  const std::string name = name_of(wasm);
  const std::string path = env::join_path(folder_, name);
  if (files_.exists(path)) {
    if (auto module = load(engine, path)) {
      (void)note_use(name);
      return module;
    }
  }
  ORRERY_TRY_ASSIGN(auto module, CompiledModule::compile(engine, wasm));
  if (keep(*module, path)) (void)note_use(name);
  return module;
}

std::vector<std::string> ModuleCache::read_uses() const {
  std::vector<std::string> out;
  auto text = env::read_file(files_, env::join_path(folder_, kUses), kUsesBytesMax);
  if (!text) return out;
  std::string_view left = *text;
  while (!left.empty()) {
    const size_t end = std::min(left.find('\n'), left.size());
    if (end != 0) out.emplace_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return out;
}

uint64_t ModuleCache::size_of(const std::string& name) const {
  auto file = files_.open(env::join_path(folder_, name), env::OpenMode::kReadOnly);
  if (!file) return 0;
  auto size = (*file)->size();
  return size ? *size : 0;
}

Status ModuleCache::note_use(const std::string& name) {
  LockGuard<Mutex> guard(uses_mutex_);
  std::vector<std::string> order = {name};
  for (std::string& used : read_uses()) {
    if (used != name) order.push_back(std::move(used));
  }
  // What is in the folder and nowhere in the list was used before all of it.
  std::unordered_set<std::string> known(order.begin(), order.end());
  std::unordered_set<std::string> there;
  ORRERY_TRY_ASSIGN(std::vector<env::DirEntry> entries, files_.list_dir(folder_));
  for (env::DirEntry& entry : entries) {
    if (!entry.name.ends_with(kSuffix)) continue;
    there.insert(entry.name);
    if (!known.contains(entry.name)) order.push_back(std::move(entry.name));
  }
  std::string text;
  uint64_t bytes = 0;
  for (const std::string& used : order) {
    if (!there.contains(used)) continue;
    bytes += size_of(used);
    if (bytes > bytes_max_ && used != name) {
      ORRERY_TRY(files_.remove(env::join_path(folder_, used)));
    } else {
      text += used + "\n";
    }
  }
  const std::string path = env::join_path(folder_, kUses);
  ORRERY_TRY_ASSIGN(auto file, files_.open(path + ".new", env::OpenMode::kTruncate));
  ORRERY_TRY(file->append(text));
  ORRERY_TRY(file->close());
  return files_.rename(path + ".new", path);
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
