// Directories: names for parts of the key space, as the directory layer of FoundationDB's bindings
// keeps them.
//
//   Directory root = Directory::root(random);
//   Result<Directory> users = co_await root.create_or_open(tr, {"app", "users"});
//   std::string key = users->subspace()->pack(17);
//
// A directory has a path, a short prefix that its keys begin with, and optionally a layer: a name
// for what uses it, which must be the same whenever it is opened. Moving a directory changes its
// path, not its keys. A directory of the layer "partition" keeps what is in it under its own
// prefix, with a directory layer of its own: it cannot be used as a subspace, and nothing is moved
// into or out of it. Paths given to a directory's functions begin at it.
//
// Errors: 2252 to 2267 (directory_does_not_exist, mismatched_layer ...), and those of the
// transaction. Tasks may be awaited after the Directory that made them is gone; the transaction and
// `random` must outlive them. Thread-safety: a Directory is a value; tasks run inside the
// transaction's loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/random.h"
#include "fdb/layers/directory_transaction.h"
#include "fdb/layers/subspace.h"

namespace orrery::fdb {

/// Names from a directory to one in it.
using DirectoryPath = std::vector<std::string>;

class DirectoryLayer;

enum class ManualPrefixes : uint8_t { kRefused, kAllowed };

struct DirectoryOptions {
  /// Where the layer keeps what it knows.
  Subspace nodes = Subspace("\xfe");
  /// What prefixes it makes up begin with.
  Subspace content = Subspace();
  ManualPrefixes manual_prefixes = ManualPrefixes::kRefused;
};

class Directory {
 public:
  /// The directory that holds all others; it has no keys itself.
  static Directory root(env::Random& random, const DirectoryOptions& options = {});

  const DirectoryPath& path() const { return path_; }
  /// Empty where none was given.
  const std::string& layer() const { return layer_name_; }
  bool is_root() const { return prefix_ == std::nullopt; }
  bool is_partition() const { return parent_ != nullptr; }
  /// What its keys begin with. 2262 for a partition, 2255 for the root.
  Result<Subspace> subspace() const;

  /// 2259 where it exists with another layer than `layer`; an empty one fits all. Directories on
  /// the way are created.
  Task<Result<Directory>> create_or_open(DirectoryTransaction& tr, DirectoryPath path,
                                         std::string layer = {}) const;
  Task<Result<Directory>> open(DirectoryTransaction& tr, DirectoryPath path,
                               std::string layer = {}) const;
  /// `prefix` only where the options allow it and it neither contains nor lies in one that is used.
  Task<Result<Directory>> create(DirectoryTransaction& tr, DirectoryPath path,
                                 std::string layer = {},
                                 std::optional<std::string> prefix = std::nullopt) const;
  /// The destination must not exist, its parent must.
  Task<Result<Directory>> move(DirectoryTransaction& tr, DirectoryPath from,
                               DirectoryPath to) const;
  /// This directory, to a path from the root.
  Task<Result<Directory>> move_to(DirectoryTransaction& tr, DirectoryPath to) const;
  /// With all in it and all its keys. Who has it open may still write there.
  Task<Status> remove(DirectoryTransaction& tr, DirectoryPath path = {}) const;
  /// Whether it was there.
  Task<Result<bool>> remove_if_exists(DirectoryTransaction& tr, DirectoryPath path = {}) const;
  Task<Result<bool>> exists(DirectoryTransaction& tr, DirectoryPath path = {}) const;
  /// The names in it, in the order of their bytes.
  Task<Result<std::vector<std::string>>> list(DirectoryTransaction& tr,
                                              DirectoryPath path = {}) const;

 private:
  friend class DirectoryLayer;
  using LayerPtr = std::shared_ptr<const DirectoryLayer>;

  Directory(LayerPtr layer, DirectoryPath path)
      : layer_(std::move(layer)), path_(std::move(path)) {}

  /// `path` as the layer knows it.
  DirectoryPath within(const DirectoryLayer& layer, DirectoryPath path) const;
  /// A partition is an entry of its parent's layer.
  const LayerPtr& layer_of_itself() const { return parent_ != nullptr ? parent_ : layer_; }
  const LayerPtr& layer_for(const DirectoryPath& path) const {
    return path.empty() ? layer_of_itself() : layer_;
  }

  // Shared: directories are values, and a layer lives as long as one of them.
  LayerPtr layer_;
  LayerPtr parent_;
  DirectoryPath path_;
  std::string layer_name_;
  std::optional<std::string> prefix_;
};

}  // namespace orrery::fdb
