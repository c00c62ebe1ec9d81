// DirectoryLayer: the nodes of a tree of directories and what is done with them. Private to
// directories.
//
// A node is a subspace of `nodes`, named by its directory's prefix. In it: (0, name) is the prefix
// of the directory of that name in it, ("layer") its layer; in the root's node also ("version") and
// the allocator's keys ("hca"). All functions with tasks are static and hold the layer, so that it
// lives while they run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fdb/layers/directory.h"
#include "fdb/layers/prefix_allocator.h"

namespace orrery::fdb {

class DirectoryLayer {
 public:
  using Ptr = std::shared_ptr<const DirectoryLayer>;
  static constexpr std::string_view kPartition = "partition";

  enum class Opening : uint8_t { kOpenOnly, kCreateOnly, kCreateOrOpen };
  struct OpenRequest {
    Opening opening = Opening::kOpenOnly;
    std::string layer;
    std::optional<std::string> prefix;
  };

  DirectoryLayer(env::Random& random, const DirectoryOptions& options, DirectoryPath path);

  /// Where in the tree of all directories it begins.
  const DirectoryPath& path() const { return path_; }

  static Task<Result<Directory>> open(Ptr self, DirectoryTransaction& tr, DirectoryPath path,
                                      OpenRequest request);
  static Task<Result<Directory>> move(Ptr self, DirectoryTransaction& tr, DirectoryPath from,
                                      DirectoryPath to);
  static Task<Result<bool>> remove(Ptr self, DirectoryTransaction& tr, DirectoryPath path);
  static Task<Result<bool>> exists(Ptr self, DirectoryTransaction& tr, DirectoryPath path);
  static Task<Result<std::vector<std::string>>> list(Ptr self, DirectoryTransaction& tr,
                                                     DirectoryPath path);

 private:
  enum class Access : uint8_t { kRead, kWrite };
  /// What a path led to: the last node that was there, or nothing. In a partition the path goes on.
  struct Found {
    std::optional<std::string> prefix;
    std::string layer;
    size_t depth = 0;  ///< how much of the path it took

    bool exists() const { return prefix.has_value(); }
    bool is_partition() const { return exists() && layer == kPartition; }
    bool is_within_partition(const DirectoryPath& path) const {
      return is_partition() && depth < path.size();
    }
  };

  Subspace node(std::string_view prefix) const { return nodes_.sub(tuple::Bytes{prefix}); }
  Subspace children(std::string_view prefix) const { return node(prefix).sub(0); }
  Directory contents(const Ptr& self, std::string prefix, DirectoryPath path,
                     std::string layer) const;
  Directory contents(const Ptr& self, const Found& found, const DirectoryPath& path) const;

  Task<Status> check_version(DirectoryTransaction& tr, Access access) const;
  Task<Result<Found>> find(DirectoryTransaction& tr, DirectoryPath path) const;
  Task<Result<std::vector<DirectoryTransaction::Row>>> child_rows(DirectoryTransaction& tr,
                                                                  std::string prefix) const;
  Task<Result<bool>> is_free(DirectoryTransaction& tr, std::string prefix, ReadMode mode) const;
  Task<Result<std::string>> choose_prefix(DirectoryTransaction& tr,
                                          std::optional<std::string> wanted) const;
  static Task<Result<Directory>> create(Ptr self, DirectoryTransaction& tr, DirectoryPath path,
                                        OpenRequest request);
  Task<Status> remove_tree(DirectoryTransaction& tr, std::string prefix) const;
  Task<Status> unlink(DirectoryTransaction& tr, DirectoryPath path) const;

  Subspace nodes_;
  Subspace content_;
  /// The root's node is named by the prefix of the nodes themselves.
  std::string root_prefix_;
  ManualPrefixes manual_prefixes_;
  DirectoryPath path_;
  env::Random& random_;
  PrefixAllocator allocator_;
};

}  // namespace orrery::fdb
