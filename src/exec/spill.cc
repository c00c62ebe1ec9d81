#include "exec/spill.h"

#include "env/environment.h"
#include "exec/run_state.h"

namespace orrery::exec {

namespace {
Error out_of_memory(std::string_view what) {
  return Error(ErrorCode::kOutOfMemory, "memory limit exceeded by " + std::string(what));
}

bool has_share(const RunState& run, uint64_t bytes) { return bytes >= run.memory.limit() / 16; }

std::string hex(uint64_t v) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (size_t i = 16; i-- > 0; v >>= 4) out[i] = kDigits[v & 15];
  return out;
}
}  // namespace

SpillFile::~SpillFile() {
  // What cannot be removed is left to whoever clears the folder; there is nobody to tell.
  (void)file_->close();
  file_.reset();
  (void)files_.remove(path_);
}

Status SpillFile::append(std::string_view bytes) {
  ORRERY_TRY(file_->write_at(size_, bytes));
  size_ += bytes.size();
  return {};
}

Status SpillFile::read(uint64_t offset, std::span<char> out) {
  ORRERY_TRY_ASSIGN(size_t n, file_->read_at(offset, out));
  if (n != out.size()) {
    return Error(ErrorCode::kIo, "spill file '" + path_ + "' is shorter than what was written");
  }
  return {};
}

bool SpillSpace::available() const {
  return !run_.options.spill_directory.empty() && run_.environment != nullptr &&
         run_.environment->files != nullptr;
}

Result<std::unique_ptr<SpillFile>> SpillSpace::create() {
  if (!available()) return out_of_memory("the statement, and it has no folder to spill to");
  env::FileSystem& files = *run_.environment->files;
  const std::string& folder = run_.options.spill_directory;
  if (files_made_ == 0) ORRERY_TRY(files.create_dirs(folder));
  uint64_t number = ++files_made_;
  uint64_t random = run_.environment->random != nullptr ? run_.environment->random->next_u64()
                                                        : reinterpret_cast<uintptr_t>(this);
  const std::string name = std::string(kSpillPrefix) + hex(random) + "-" + std::to_string(number);
  std::string path = env::join_path(folder, name);
  ORRERY_TRY_ASSIGN(auto file, files.open(path, env::OpenMode::kCreateNew));
  return std::make_unique<SpillFile>(files, std::move(path), std::move(file));
}

Result<bool> should_spill(const RunState& run, uint64_t bytes, std::string_view what) {
  if (!run.memory.exceeded()) return false;
  if (!run.spill->available()) {
    return out_of_memory(std::string(what) + ", which has no spill_directory to go to");
  }
  return has_share(run, bytes);
}

Status check_memory(const RunState& run, uint64_t bytes, std::string_view what) {
  if (run.memory.exceeded() && has_share(run, bytes)) return out_of_memory(what);
  return {};
}

}  // namespace orrery::exec
