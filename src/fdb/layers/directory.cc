#include "fdb/layers/directory.h"

#include <algorithm>
#include <utility>

#include "fdb/layers/directory_layer.h"

namespace orrery::fdb {
namespace {

using Opening = DirectoryLayer::Opening;

template <class T>
Task<Result<T>> failed(Error error) {
  co_return fail(error);
}

Task<Status> remove_existing(DirectoryLayer::Ptr layer, DirectoryTransaction& tr,
                             DirectoryPath path) {
  Result<bool> removed = co_await DirectoryLayer::remove(layer, tr, std::move(path));
  if (!removed) co_return fail(removed.error());
  if (!*removed) co_return fail(error::directory_does_not_exist);
  co_return Status();
}

}  // namespace

Directory Directory::root(env::Random& random, const DirectoryOptions& options) {
  return Directory(std::make_shared<DirectoryLayer>(random, options, DirectoryPath()), {});
}

Result<Subspace> Directory::subspace() const {
  if (is_root()) return fail(error::cannot_open_root_directory);
  if (is_partition()) return fail(error::cannot_use_partition_as_subspace);
  return Subspace(*prefix_);
}

DirectoryPath Directory::within(const DirectoryLayer& layer, DirectoryPath path) const {
  DirectoryPath out(path_.begin() + static_cast<ptrdiff_t>(layer.path().size()), path_.end());
  std::ranges::move(path, std::back_inserter(out));
  return out;
}

Task<Result<Directory>> Directory::create_or_open(DirectoryTransaction& tr, DirectoryPath path,
                                                  std::string layer) const {
  return DirectoryLayer::open(
      layer_, tr, within(*layer_, std::move(path)),
      {.opening = Opening::kCreateOrOpen, .layer = std::move(layer), .prefix = {}});
}

Task<Result<Directory>> Directory::open(DirectoryTransaction& tr, DirectoryPath path,
                                        std::string layer) const {
  return DirectoryLayer::open(
      layer_, tr, within(*layer_, std::move(path)),
      {.opening = Opening::kOpenOnly, .layer = std::move(layer), .prefix = {}});
}

Task<Result<Directory>> Directory::create(DirectoryTransaction& tr, DirectoryPath path,
                                          std::string layer,
                                          std::optional<std::string> prefix) const {
  return DirectoryLayer::open(
      layer_, tr, within(*layer_, std::move(path)),
      {.opening = Opening::kCreateOnly, .layer = std::move(layer), .prefix = std::move(prefix)});
}

Task<Result<Directory>> Directory::move(DirectoryTransaction& tr, DirectoryPath from,
                                        DirectoryPath to) const {
  return DirectoryLayer::move(layer_, tr, within(*layer_, std::move(from)),
                              within(*layer_, std::move(to)));
}

Task<Result<Directory>> Directory::move_to(DirectoryTransaction& tr, DirectoryPath to) const {
  if (is_root()) return failed<Directory>(error::cannot_modify_root_directory);
  const LayerPtr& layer = layer_of_itself();
  const DirectoryPath& base = layer->path();
  if (to.size() < base.size() || !std::equal(base.begin(), base.end(), to.begin())) {
    return failed<Directory>(error::cannot_move_directory_between_partitions);
  }
  to.erase(to.begin(), to.begin() + static_cast<ptrdiff_t>(base.size()));
  return DirectoryLayer::move(layer, tr, within(*layer, {}), std::move(to));
}

Task<Status> Directory::remove(DirectoryTransaction& tr, DirectoryPath path) const {
  const LayerPtr& layer = layer_for(path);
  return remove_existing(layer, tr, within(*layer, std::move(path)));
}

Task<Result<bool>> Directory::remove_if_exists(DirectoryTransaction& tr, DirectoryPath path) const {
  const LayerPtr& layer = layer_for(path);
  return DirectoryLayer::remove(layer, tr, within(*layer, std::move(path)));
}

Task<Result<bool>> Directory::exists(DirectoryTransaction& tr, DirectoryPath path) const {
  const LayerPtr& layer = layer_for(path);
  return DirectoryLayer::exists(layer, tr, within(*layer, std::move(path)));
}

Task<Result<std::vector<std::string>>> Directory::list(DirectoryTransaction& tr,
                                                       DirectoryPath path) const {
  return DirectoryLayer::list(layer_, tr, within(*layer_, std::move(path)));
}

}  // namespace orrery::fdb
