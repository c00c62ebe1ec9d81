// The file system in memory. A file has its current bytes, its bytes on the device, and the writes
// in between; a folder has its current names, its names on the device, and the operations on names
// that no sync_dir has settled yet. restart() draws what of those made it.

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/assert.h"
#include "env/simulated.h"

namespace orrery::env {
namespace {

constexpr size_t kSector = 512;

struct PendingWrite {
  uint64_t offset = 0;  ///< for a resize: the new size
  std::string bytes;
  bool resize = false;
};

void apply_bytes(std::string* content, uint64_t offset, std::string_view bytes) {
  if (content->size() < offset + bytes.size()) content->resize(offset + bytes.size(), '\0');
  content->replace(offset, bytes.size(), bytes);
}

void apply_write(std::string* content, const PendingWrite& write) {
  if (write.resize) {
    content->resize(write.offset, '\0');
  } else {
    apply_bytes(content, write.offset, write.bytes);
  }
}

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.push_back(part);
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

Error io_error(std::string_view action, std::string_view path, std::string_view reason) {
  std::string message = "cannot ";
  message.append(action).append(" '").append(path).append("': ").append(reason);
  return Error(ErrorCode::kIo, std::move(message));
}

}  // namespace

struct SimFileSystem::Node {
  bool directory = false;
  std::string current;
  std::string durable;
  std::vector<PendingWrite> pending;
  std::map<std::string, std::shared_ptr<Node>, std::less<>> names;
  std::map<std::string, std::shared_ptr<Node>, std::less<>> durable_names;

  void sync() {
    for (const PendingWrite& write : pending) apply_write(&durable, write);
    pending.clear();
  }
};

namespace {

// What happens to the unsynced writes of one file when the power goes.
void settle_prefix(std::string* durable, const std::vector<PendingWrite>& writes,
                   SeededRandom& random) {
  const size_t whole = random.below(writes.size() + 1);
  for (size_t i = 0; i < whole; ++i) apply_write(durable, writes[i]);
  if (whole == writes.size() || writes[whole].resize) return;
  const PendingWrite& torn = writes[whole];
  // Sectors lie at multiples of 512 in the file, so the cut does too.
  const uint64_t first_cut = kSector - torn.offset % kSector;
  if (torn.bytes.size() <= first_cut) return;
  const uint64_t cuts = (torn.bytes.size() - first_cut + kSector - 1) / kSector;
  const uint64_t keep = first_cut + random.below(cuts) * kSector;
  apply_bytes(durable, torn.offset, std::string_view(torn.bytes).substr(0, keep));
}

void settle_scattered(std::string* durable, const std::vector<PendingWrite>& writes,
                      SeededRandom& random) {
  const uint64_t keep_of_8 = 1 + random.below(7);
  uint64_t size_seen = durable->size();
  for (const PendingWrite& write : writes) {
    if (write.resize) {
      if (random.below(8) < keep_of_8) apply_write(durable, write);
      continue;
    }
    size_seen = std::max(size_seen, write.offset + write.bytes.size());
    for (size_t at = 0; at < write.bytes.size();) {
      const size_t n = std::min(kSector - (write.offset + at) % kSector, write.bytes.size() - at);
      if (random.below(8) < keep_of_8) {
        apply_bytes(durable, write.offset + at, std::string_view(write.bytes).substr(at, n));
      }
      at += n;
    }
  }
  // The new size may reach the device before the bytes do.
  if (random.below(2) == 0 && durable->size() < size_seen) durable->resize(size_seen, '\0');
}

}  // namespace

struct SimFileSystem::State {
  explicit State(uint64_t seed) : random(seed) { root->directory = true; }

  using NodePtr = std::shared_ptr<Node>;
  // One operation on names: all of its assignments happen on the device, or none.
  struct NameOp {
    struct Assignment {
      NodePtr dir;
      std::string name;
      NodePtr node;  ///< null: the name goes
    };
    std::vector<Assignment> assignments;

    void apply() const {
      for (const Assignment& a : assignments) {
        if (a.node == nullptr) {
          a.dir->durable_names.erase(a.name);
        } else {
          a.dir->durable_names[a.name] = a.node;
        }
      }
    }
    bool touches(const NodePtr& dir) const {
      return std::any_of(assignments.begin(), assignments.end(),
                         [&](const Assignment& a) { return a.dir == dir; });
    }
  };

  SeededRandom random;
  NodePtr root = std::make_shared<Node>();
  std::vector<NameOp> pending_names;
  std::set<const Node*> locked;
  uint64_t epoch = 0;  ///< files and locks of an earlier one are dead
  uint64_t calls = 0;
  uint64_t fault_call = 0;  ///< 0: none
  SimFault fault = SimFault::kOnce;
  bool fault_happened = false;
  bool stopped = false;
  uint64_t capacity = UINT64_MAX;
  uint64_t used = 0;

  void assign(std::vector<NameOp::Assignment> assignments) {
    for (const auto& a : assignments) {
      if (a.node == nullptr) {
        a.dir->names.erase(a.name);
      } else {
        a.dir->names[a.name] = a.node;
      }
    }
    pending_names.push_back({std::move(assignments)});
  }
  void forget_file(const NodePtr& node) {
    // Files that live on only in an open handle still count until then in a real system; here the
    // difference does not matter.
    used -= std::min<uint64_t>(used, node->current.size());
  }

  void settle(const NodePtr& node, std::set<Node*>* seen) {
    if (!seen->insert(node.get()).second) return;
    if (node->directory) {
      node->names = node->durable_names;
      for (auto& [name, child] : node->names) settle(child, seen);
      return;
    }
    if (!node->pending.empty()) {
      switch (random.below(4)) {
        case 0:
          break;
        case 1:
          node->sync();
          break;
        case 2:
          settle_prefix(&node->durable, node->pending, random);
          break;
        default:
          settle_scattered(&node->durable, node->pending, random);
      }
      node->pending.clear();
    }
    node->current = node->durable;
    used += node->current.size();
  }

  void settle_names() {
    const uint64_t how = random.below(4);
    const size_t prefix = random.below(pending_names.size() + 1);
    for (size_t i = 0; i < pending_names.size(); ++i) {
      const bool kept = how == 0   ? false
                        : how == 1 ? true
                        : how == 2 ? i < prefix
                                   : random.below(2) == 0;
      if (kept) pending_names[i].apply();
    }
    pending_names.clear();
  }

  void collect(const Node& dir, const std::string& path,
               std::map<std::string, std::string>* out) const {
    for (const auto& [name, node] : dir.names) {
      const std::string child = path.empty() ? name : path + "/" + name;
      if (node->directory) {
        collect(*node, child, out);
      } else {
        (*out)[child] = node->current;
      }
    }
  }
};

class SimFile final : public File {
 public:
  SimFile(SimFileSystem* fs, std::shared_ptr<SimFileSystem::Node> node, std::string path,
          OpenMode mode)
      : fs_(fs),
        node_(std::move(node)),
        path_(std::move(path)),
        writable_(mode != OpenMode::kReadOnly),
        epoch_(fs->state_->epoch) {}

  Result<size_t> read_at(uint64_t offset, std::span<char> out) override {
    LockGuard<Mutex> guard(fs_->mutex_);
    ORRERY_TRY(check("read"));
    const std::string& bytes = node_->current;
    if (offset >= bytes.size()) return size_t{0};
    return bytes.copy(out.data(), out.size(), offset);
  }

  Status write_at(uint64_t offset, std::string_view bytes) override {
    LockGuard<Mutex> guard(fs_->mutex_);
    const bool running = !fs_->state_->stopped;
    Status call = check("write");
    if (!writable_) return io_error("write", path_, "opened for reading");
    if (!call) {
      // Part of it may have come through before the failure.
      if (running && epoch_ == fs_->state_->epoch) {
        write(offset, bytes.substr(0, fs_->state_->random.below(bytes.size() + 1)));
      }
      return call;
    }
    const uint64_t written = write(offset, bytes);
    if (written == bytes.size()) return {};
    return Error(ErrorCode::kDiskFull, "cannot write '" + path_ + "': no space left");
  }

  Status append(std::string_view bytes) override { return write_at(node_->current.size(), bytes); }

  Result<uint64_t> size() override {
    LockGuard<Mutex> guard(fs_->mutex_);
    ORRERY_TRY(check("examine"));
    return uint64_t{node_->current.size()};
  }

  Status truncate(uint64_t size) override {
    LockGuard<Mutex> guard(fs_->mutex_);
    ORRERY_TRY(check("resize"));
    if (!writable_) return io_error("resize", path_, "opened for reading");
    const uint64_t old = node_->current.size();
    if (size > old && size - old > room()) {
      return Error(ErrorCode::kDiskFull, "cannot resize '" + path_ + "': no space left");
    }
    fs_->state_->used = fs_->state_->used - old + size;
    node_->current.resize(size, '\0');
    node_->pending.push_back({.offset = size, .bytes = {}, .resize = true});
    return {};
  }

  Status sync() override {
    LockGuard<Mutex> guard(fs_->mutex_);
    Status call = check("sync");
    if (!call) {
      // As real systems do: pages that could not be written are dropped or marked clean, and a
      // second sync has nothing left to complain about.
      if (epoch_ == fs_->state_->epoch && !fs_->state_->stopped &&
          fs_->state_->random.below(2) == 0) {
        node_->pending.clear();
      }
      return call;
    }
    node_->sync();
    return {};
  }

  Status close() override { return {}; }

 private:
  Status check(std::string_view action) {
    if (epoch_ != fs_->state_->epoch) return io_error(action, path_, "the file is gone");
    return fs_->check_call(action, path_);
  }
  uint64_t room() const {
    return fs_->state_->capacity - std::min(fs_->state_->capacity, fs_->state_->used);
  }
  uint64_t write(uint64_t offset, std::string_view bytes) {
    const uint64_t old = node_->current.size();
    const uint64_t end = offset + bytes.size();
    if (end > old && end - old > room()) {
      const uint64_t fits = old + room();
      bytes = bytes.substr(0, fits > offset ? fits - offset : 0);
    }
    if (bytes.empty()) return 0;
    apply_bytes(&node_->current, offset, bytes);
    fs_->state_->used += node_->current.size() - old;
    node_->pending.push_back({.offset = offset, .bytes = std::string(bytes)});
    return bytes.size();
  }

  SimFileSystem* fs_;
  std::shared_ptr<SimFileSystem::Node> node_;
  std::string path_;
  bool writable_;
  uint64_t epoch_;
};

class SimFileLock final : public FileLock {
 public:
  SimFileLock(SimFileSystem* fs, std::shared_ptr<SimFileSystem::Node> node)
      : fs_(fs), node_(std::move(node)), epoch_(fs->state_->epoch) {}
  ~SimFileLock() override {
    LockGuard<Mutex> guard(fs_->mutex_);
    if (epoch_ == fs_->state_->epoch) fs_->state_->locked.erase(node_.get());
  }

 private:
  SimFileSystem* fs_;
  std::shared_ptr<SimFileSystem::Node> node_;
  uint64_t epoch_;
};

SimFileSystem::SimFileSystem(uint64_t seed) : state_(std::make_unique<State>(seed)) {}
SimFileSystem::~SimFileSystem() = default;

Status SimFileSystem::check_call(std::string_view action, std::string_view path) {
  State& s = *state_;
  if (s.stopped) return io_error(action, path, "the machine has stopped");
  ++s.calls;
  if (s.fault_call == 0 || s.calls < s.fault_call) return {};
  s.fault_happened = true;
  if (s.fault == SimFault::kOnce) s.fault_call = 0;
  if (s.fault == SimFault::kCrash) s.stopped = true;
  return io_error(action, path, s.stopped ? "the machine has stopped" : "simulated failure");
}

Result<std::shared_ptr<SimFileSystem::Node>> SimFileSystem::find_dir(std::string_view path) {
  std::shared_ptr<Node> at = state_->root;
  for (const std::string_view part : split_path(path)) {
    auto it = at->names.find(part);
    if (it == at->names.end()) return io_error("find", path, "no such directory");
    at = it->second;
    if (!at->directory) return io_error("find", path, "not a directory");
  }
  return at;
}

Result<std::shared_ptr<SimFileSystem::Node>> SimFileSystem::parent_of(std::string_view path,
                                                                      std::string* name) {
  const auto parts = split_path(path);
  if (parts.empty()) return io_error("find", path, "it has no name");
  *name = parts.back();
  auto dir = find_dir(path.substr(0, static_cast<size_t>(parts.back().data() - path.data())));
  if (!dir) return io_error("find", path, "no such directory");
  return dir;
}

Result<std::unique_ptr<File>> SimFileSystem::open(std::string_view path, OpenMode mode) {
  LockGuard<Mutex> guard(mutex_);
  ORRERY_TRY(check_call("open", path));
  std::string name;
  ORRERY_TRY_ASSIGN(auto dir, parent_of(path, &name));
  auto it = dir->names.find(name);
  std::shared_ptr<Node> node;
  if (it != dir->names.end()) {
    node = it->second;
    if (node->directory) return io_error("open", path, "is a directory");
    if (mode == OpenMode::kCreateNew || mode == OpenMode::kCreateSecret) {
      return io_error("open", path, "exists");
    }
    if (mode == OpenMode::kTruncate && !node->current.empty()) {
      state_->used -= node->current.size();
      node->current.clear();
      node->pending.push_back({.offset = 0, .bytes = {}, .resize = true});
    }
  } else {
    if (mode == OpenMode::kReadOnly || mode == OpenMode::kReadWrite) {
      return io_error("open", path, "no such file");
    }
    node = std::make_shared<Node>();
    state_->assign({{dir, name, node}});
  }
  return std::unique_ptr<File>(
      std::make_unique<SimFile>(this, std::move(node), std::string(path), mode));
}

Status SimFileSystem::rename(std::string_view from, std::string_view to) {
  LockGuard<Mutex> guard(mutex_);
  ORRERY_TRY(check_call("rename", from));
  std::string from_name;
  std::string to_name;
  ORRERY_TRY_ASSIGN(auto from_dir, parent_of(from, &from_name));
  ORRERY_TRY_ASSIGN(auto to_dir, parent_of(to, &to_name));
  auto it = from_dir->names.find(from_name);
  if (it == from_dir->names.end()) return io_error("rename", from, "no such file");
  const auto node = it->second;
  auto replaced = to_dir->names.find(to_name);
  if (replaced != to_dir->names.end()) {
    if (replaced->second == node) return {};
    if (replaced->second->directory) return io_error("rename", to, "is a directory");
    state_->forget_file(replaced->second);
  }
  state_->assign({{from_dir, from_name, nullptr}, {to_dir, to_name, node}});
  return {};
}

Status SimFileSystem::remove(std::string_view path) {
  LockGuard<Mutex> guard(mutex_);
  ORRERY_TRY(check_call("remove", path));
  std::string name;
  ORRERY_TRY_ASSIGN(auto dir, parent_of(path, &name));
  auto it = dir->names.find(name);
  if (it == dir->names.end()) return io_error("remove", path, "no such file");
  if (it->second->directory && !it->second->names.empty()) {
    return io_error("remove", path, "not empty");
  }
  state_->forget_file(it->second);
  state_->assign({{dir, name, nullptr}});
  return {};
}

Result<std::vector<DirEntry>> SimFileSystem::list_dir(std::string_view path) {
  LockGuard<Mutex> guard(mutex_);
  ORRERY_TRY(check_call("list", path));
  ORRERY_TRY_ASSIGN(auto dir, find_dir(path));
  std::vector<DirEntry> entries;
  for (const auto& [name, node] : dir->names) {
    entries.push_back({name, node->directory ? FileKind::kDirectory : FileKind::kFile});
  }
  return entries;
}

Status SimFileSystem::create_dirs(std::string_view path) {
  LockGuard<Mutex> guard(mutex_);
  ORRERY_TRY(check_call("create directory", path));
  std::shared_ptr<Node> at = state_->root;
  for (const std::string_view part : split_path(path)) {
    auto it = at->names.find(part);
    if (it != at->names.end()) {
      if (!it->second->directory) return io_error("create directory", path, "not a directory");
      at = it->second;
      continue;
    }
    auto child = std::make_shared<Node>();
    child->directory = true;
    state_->assign({{at, std::string(part), child}});
    // The real ones sync the parents of what they made.
    state_->pending_names.back().apply();
    state_->pending_names.pop_back();
    at = std::move(child);
  }
  return {};
}

Status SimFileSystem::sync_dir(std::string_view path) {
  LockGuard<Mutex> guard(mutex_);
  ORRERY_TRY(check_call("sync directory", path));
  ORRERY_TRY_ASSIGN(auto dir, find_dir(path));
  std::vector<State::NameOp> rest;
  for (State::NameOp& op : state_->pending_names) {
    if (op.touches(dir)) {
      op.apply();
    } else {
      rest.push_back(std::move(op));
    }
  }
  state_->pending_names = std::move(rest);
  return {};
}

bool SimFileSystem::exists(std::string_view path) {
  LockGuard<Mutex> guard(mutex_);
  std::string name;
  if (split_path(path).empty()) return true;
  auto dir = parent_of(path, &name);
  return dir && (*dir)->names.find(name) != (*dir)->names.end();
}

Result<std::unique_ptr<FileLock>> SimFileSystem::lock_file(std::string_view path) {
  {
    ORRERY_TRY_ASSIGN(auto file, open(path, OpenMode::kCreate));
  }
  LockGuard<Mutex> guard(mutex_);
  std::string name;
  ORRERY_TRY_ASSIGN(auto dir, parent_of(path, &name));
  const auto node = dir->names.find(name)->second;
  if (!state_->locked.insert(node.get()).second) {
    return Error(ErrorCode::kDbLocked, "'" + std::string(path) + "' is locked");
  }
  return std::unique_ptr<FileLock>(std::make_unique<SimFileLock>(this, node));
}

Result<uint64_t> SimFileSystem::available_space(std::string_view path) {
  LockGuard<Mutex> guard(mutex_);
  ORRERY_TRY(check_call("examine the disk of", path));
  return state_->capacity - std::min(state_->capacity, state_->used);
}

uint64_t SimFileSystem::calls() const {
  LockGuard<Mutex> guard(mutex_);
  return state_->calls;
}

void SimFileSystem::fail_at(uint64_t n, SimFault fault) {
  LockGuard<Mutex> guard(mutex_);
  state_->fault_call = n == 0 ? 0 : state_->calls + n;
  state_->fault = fault;
  state_->fault_happened = false;
}

bool SimFileSystem::fault_happened() const {
  LockGuard<Mutex> guard(mutex_);
  return state_->fault_happened;
}

void SimFileSystem::set_capacity(uint64_t bytes) {
  LockGuard<Mutex> guard(mutex_);
  state_->capacity = bytes;
}

uint64_t SimFileSystem::bytes_used() const {
  LockGuard<Mutex> guard(mutex_);
  return state_->used;
}

void SimFileSystem::stop() {
  LockGuard<Mutex> guard(mutex_);
  state_->stopped = true;
}

void SimFileSystem::restart() {
  LockGuard<Mutex> guard(mutex_);
  State& s = *state_;
  s.settle_names();
  s.used = 0;
  std::set<Node*> seen;
  s.settle(s.root, &seen);
  ++s.epoch;
  s.locked.clear();
  s.fault_call = 0;
  s.stopped = false;
}

void SimFileSystem::kill_process() {
  LockGuard<Mutex> guard(mutex_);
  ++state_->epoch;
  state_->locked.clear();
  state_->fault_call = 0;
  state_->stopped = false;
}

std::map<std::string, std::string> SimFileSystem::contents() const {
  LockGuard<Mutex> guard(mutex_);
  std::map<std::string, std::string> out;
  state_->collect(*state_->root, "", &out);
  return out;
}

void SimFileSystem::load(const std::map<std::string, std::string>& files) {
  LockGuard<Mutex> guard(mutex_);
  State& s = *state_;
  s.root = std::make_shared<Node>();
  s.root->directory = true;
  s.pending_names.clear();
  s.locked.clear();
  ++s.epoch;
  s.used = 0;
  for (const auto& [path, bytes] : files) {
    std::shared_ptr<Node> at = s.root;
    const auto parts = split_path(path);
    for (size_t i = 0; i < parts.size(); ++i) {
      std::shared_ptr<Node>& child = at->names[std::string(parts[i])];
      if (child == nullptr) child = std::make_shared<Node>();
      child->directory = i + 1 < parts.size();
      at->durable_names[std::string(parts[i])] = child;
      at = child;
    }
    at->current = bytes;
    at->durable = bytes;
    s.used += bytes.size();
  }
}

}  // namespace orrery::env
