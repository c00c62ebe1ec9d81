#include "fdb/layers/directory_layer.h"

#include <algorithm>
#include <set>
#include <utility>

namespace orrery::fdb {
namespace {

constexpr uint32_t kVersion[] = {1, 0, 0};
constexpr size_t kVersionSize = 12;
/// Keys of a node are byte strings, as the bindings wrote them first.
constexpr tuple::Bytes kLayerKey{"layer"};
constexpr tuple::Bytes kVersionKey{"version"};
constexpr tuple::Bytes kAllocatorKey{"hca"};

std::string version_bytes() {
  std::string out;
  for (uint32_t part : kVersion) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(part >> shift & 0xff);
  }
  return out;
}

uint32_t version_part(std::string_view bytes, size_t part) {
  uint32_t out = 0;
  for (size_t i = 4; i > 0; --i) out = out << 8 | static_cast<uint8_t>(bytes[part * 4 + i - 1]);
  return out;
}

DirectoryPath first_of(const DirectoryPath& path, size_t count) {
  return {path.begin(), path.begin() + static_cast<ptrdiff_t>(count)};
}

DirectoryPath rest_of(const DirectoryPath& path, size_t from) {
  return {path.begin() + static_cast<ptrdiff_t>(from), path.end()};
}

}  // namespace

DirectoryLayer::DirectoryLayer(env::Random& random, const DirectoryOptions& options,
                               DirectoryPath path)
    : nodes_(options.nodes),
      content_(options.content),
      root_prefix_(options.nodes.key()),
      manual_prefixes_(options.manual_prefixes),
      path_(std::move(path)),
      random_(random),
      allocator_(node(root_prefix_).sub(kAllocatorKey), random) {}

Directory DirectoryLayer::contents(const Ptr& self, std::string prefix, DirectoryPath path,
                                   std::string layer) const {
  DirectoryPath whole = path_;
  std::ranges::move(path, std::back_inserter(whole));
  Directory out(self, std::move(whole));
  if (layer == kPartition) {
    DirectoryOptions inside{.nodes = Subspace(prefix + "\xfe"), .content = Subspace(prefix)};
    out.parent_ = self;
    out.layer_ = std::make_shared<DirectoryLayer>(random_, inside, out.path_);
  }
  out.layer_name_ = std::move(layer);
  out.prefix_ = std::move(prefix);
  return out;
}

Directory DirectoryLayer::contents(const Ptr& self, const Found& found,
                                   const DirectoryPath& path) const {
  return contents(self, *found.prefix, first_of(path, found.depth), found.layer);
}

Task<Status> DirectoryLayer::check_version(DirectoryTransaction& tr, Access access) const {
  std::string key = node(root_prefix_).pack(kVersionKey);
  Result<std::optional<std::string>> version = co_await tr.get(key, ReadMode::kConflicting);
  if (!version) co_return fail(version.error());
  if (!*version) {
    if (access == Access::kWrite) co_return tr.set(key, version_bytes());
    co_return Status();
  }
  const std::string& bytes = **version;
  if (bytes.size() != kVersionSize) co_return fail(error::invalid_directory_layer_metadata);
  if (version_part(bytes, 0) > kVersion[0] ||
      (version_part(bytes, 1) > kVersion[1] && access == Access::kWrite)) {
    co_return fail(error::incompatible_directory_version);
  }
  co_return Status();
}

Task<Result<DirectoryLayer::Found>> DirectoryLayer::find(DirectoryTransaction& tr,
                                                         DirectoryPath path) const {
  Found found;
  found.prefix = root_prefix_;
  while (found.exists() && found.depth < path.size() && !found.is_partition()) {
    std::string entry = children(*found.prefix).pack(path[found.depth]);
    ++found.depth;
    Result<std::optional<std::string>> child = co_await tr.get(entry, ReadMode::kConflicting);
    if (!child) co_return fail(child.error());
    found.prefix = *std::move(child);
    if (!found.exists()) break;
    std::string layer_key = node(*found.prefix).pack(kLayerKey);
    Result<std::optional<std::string>> layer = co_await tr.get(layer_key, ReadMode::kConflicting);
    if (!layer) co_return fail(layer.error());
    found.layer = layer->value_or("");
  }
  co_return found;
}

Task<Result<std::vector<DirectoryTransaction::Row>>> DirectoryLayer::child_rows(
    DirectoryTransaction& tr, std::string prefix) const {
  KeyRange range = children(prefix).range();
  auto rows = co_await tr.get_range(range, 0, ScanOrder::kForward, ReadMode::kConflicting);
  co_return rows;
}

Task<Result<bool>> DirectoryLayer::is_free(DirectoryTransaction& tr, std::string prefix,
                                           ReadMode mode) const {
  // What begins with the prefix of the nodes is the root's.
  if (prefix.empty() || prefix.starts_with(nodes_.key())) co_return false;
  KeyRange before{.begin = nodes_.range().begin, .end = nodes_.pack(tuple::Bytes{prefix}) + '\0'};
  auto last = co_await tr.get_range(before, 1, ScanOrder::kReverse, mode);
  if (!last) co_return fail(last.error());
  if (!last->empty()) {
    std::string_view key = last->front().first;
    if (!nodes_.contains(key)) co_return fail(error::invalid_directory_layer_metadata);
    auto used = tuple::Reader(key.substr(nodes_.key().size())).read_as<tuple::OwnedBytes>();
    if (!used) co_return fail(error::invalid_directory_layer_metadata);
    if (prefix.starts_with(used->bytes)) co_return false;
  }
  Result<std::string> end = strinc(prefix);
  if (!end) co_return fail(end.error());
  KeyRange inside{.begin = nodes_.pack(tuple::Bytes{prefix}),
                  .end = nodes_.pack(tuple::Bytes{*end})};
  auto first = co_await tr.get_range(inside, 1, ScanOrder::kForward, mode);
  if (!first) co_return fail(first.error());
  co_return first->empty();
}

Task<Result<std::string>> DirectoryLayer::choose_prefix(DirectoryTransaction& tr,
                                                        std::optional<std::string> wanted) const {
  std::string prefix;
  ReadMode mode = ReadMode::kConflicting;
  if (wanted) {
    prefix = *std::move(wanted);
  } else {
    Result<std::string> allocated = co_await allocator_.allocate(tr);
    if (!allocated) co_return fail(allocated.error());
    prefix = content_.key() + *allocated;
    Result<KeyRange> range = prefix_range(prefix);
    if (!range) co_return fail(range.error());
    auto rows = co_await tr.get_range(*range, 1, ScanOrder::kForward, ReadMode::kConflicting);
    if (!rows) co_return fail(rows.error());
    if (!rows->empty()) co_return fail(error::directory_prefix_not_empty);
    mode = ReadMode::kSnapshot;
  }
  Result<bool> free = co_await is_free(tr, prefix, mode);
  if (!free) co_return fail(free.error());
  if (!*free) co_return fail(error::directory_prefix_in_use);
  co_return prefix;
}

Task<Result<Directory>> DirectoryLayer::create(Ptr self, DirectoryTransaction& tr,
                                               DirectoryPath path, OpenRequest request) {
  Status version = co_await self->check_version(tr, Access::kWrite);
  if (!version) co_return fail(version.error());
  Result<std::string> prefix = co_await self->choose_prefix(tr, request.prefix);
  if (!prefix) co_return fail(prefix.error());
  std::string parent = self->root_prefix_;
  if (path.size() > 1) {
    OpenRequest on_the_way{.opening = Opening::kCreateOrOpen, .layer = {}, .prefix = {}};
    Result<Directory> made = co_await open(self, tr, first_of(path, path.size() - 1), on_the_way);
    if (!made) co_return fail(made.error());
    parent = *made->prefix_;
  }
  FDB_CO_TRY(tr.set(self->children(parent).pack(path.back()), *prefix));
  FDB_CO_TRY(tr.set(self->node(*prefix).pack(kLayerKey), request.layer));
  co_return self->contents(self, *prefix, path, request.layer);
}

Task<Result<Directory>> DirectoryLayer::open(Ptr self, DirectoryTransaction& tr, DirectoryPath path,
                                             OpenRequest request) {
  Status version = co_await self->check_version(tr, Access::kRead);
  if (!version) co_return fail(version.error());
  if (request.prefix && self->manual_prefixes_ == ManualPrefixes::kRefused) {
    co_return fail(self->path_.empty() ? error::manual_prefixes_not_enabled
                                       : error::prefix_in_partition);
  }
  if (path.empty()) co_return fail(error::cannot_open_root_directory);
  Result<Found> found = co_await self->find(tr, path);
  if (!found) co_return fail(found.error());
  if (!found->exists()) {
    if (request.opening == Opening::kOpenOnly) co_return fail(error::directory_does_not_exist);
    Result<Directory> created = co_await create(self, tr, path, request);
    co_return created;
  }
  Directory there = self->contents(self, *found, path);
  if (found->is_within_partition(path)) {
    Result<Directory> inside =
        co_await open(there.layer_, tr, rest_of(path, found->depth), request);
    co_return inside;
  }
  if (request.opening == Opening::kCreateOnly) co_return fail(error::directory_already_exists);
  if (!request.layer.empty() && request.layer != found->layer) {
    co_return fail(error::mismatched_layer);
  }
  co_return there;
}

Task<Result<Directory>> DirectoryLayer::move(Ptr self, DirectoryTransaction& tr, DirectoryPath from,
                                             DirectoryPath to) {
  Status version = co_await self->check_version(tr, Access::kWrite);
  if (!version) co_return fail(version.error());
  if (from.size() <= to.size() && std::equal(from.begin(), from.end(), to.begin())) {
    co_return fail(error::invalid_destination_directory);
  }
  Result<Found> source = co_await self->find(tr, from);
  if (!source) co_return fail(source.error());
  Result<Found> target = co_await self->find(tr, to);
  if (!target) co_return fail(target.error());
  if (!source->exists()) co_return fail(error::directory_does_not_exist);
  if (source->is_within_partition(from) || target->is_within_partition(to)) {
    if (!source->is_within_partition(from) || !target->is_within_partition(to) ||
        *source->prefix != *target->prefix) {
      co_return fail(error::cannot_move_directory_between_partitions);
    }
    Directory partition = self->contents(self, *target, to);
    Result<Directory> moved = co_await move(partition.layer_, tr, rest_of(from, source->depth),
                                            rest_of(to, target->depth));
    co_return moved;
  }
  if (target->exists()) co_return fail(error::directory_already_exists);
  Result<Found> parent = co_await self->find(tr, first_of(to, to.size() - 1));
  if (!parent) co_return fail(parent.error());
  if (!parent->exists()) co_return fail(error::parent_directory_does_not_exist);
  FDB_CO_TRY(tr.set(self->children(*parent->prefix).pack(to.back()), *source->prefix));
  Status unlinked = co_await self->unlink(tr, from);
  if (!unlinked) co_return fail(unlinked.error());
  co_return self->contents(self, *source->prefix, to, source->layer);
}

Task<Status> DirectoryLayer::unlink(DirectoryTransaction& tr, DirectoryPath path) const {
  Result<Found> parent = co_await find(tr, first_of(path, path.size() - 1));
  if (!parent) co_return fail(parent.error());
  if (!parent->exists()) co_return Status();
  co_return tr.clear(children(*parent->prefix).pack(path.back()));
}

Task<Status> DirectoryLayer::remove_tree(DirectoryTransaction& tr, std::string prefix) const {
  std::vector<std::string> left{std::move(prefix)};
  // A tree that leads back to itself is broken; it must not keep this going.
  std::set<std::string> seen;
  while (!left.empty()) {
    std::string next = std::move(left.back());
    left.pop_back();
    if (!seen.insert(next).second) continue;
    auto rows = co_await child_rows(tr, next);
    if (!rows) co_return fail(rows.error());
    for (const DirectoryTransaction::Row& row : *rows) left.push_back(row.second);
    Result<KeyRange> content = prefix_range(next);
    if (!content) co_return fail(error::invalid_directory_layer_metadata);
    FDB_CO_TRY(tr.clear_range(*content));
    FDB_CO_TRY(tr.clear_range(node(next).range()));
  }
  co_return Status();
}

Task<Result<bool>> DirectoryLayer::remove(Ptr self, DirectoryTransaction& tr, DirectoryPath path) {
  Status version = co_await self->check_version(tr, Access::kWrite);
  if (!version) co_return fail(version.error());
  if (path.empty()) co_return fail(error::cannot_modify_root_directory);
  Result<Found> found = co_await self->find(tr, path);
  if (!found) co_return fail(found.error());
  if (!found->exists()) co_return false;
  if (found->is_within_partition(path)) {
    Directory partition = self->contents(self, *found, path);
    Result<bool> removed = co_await remove(partition.layer_, tr, rest_of(path, found->depth));
    co_return removed;
  }
  Status removed = co_await self->remove_tree(tr, *found->prefix);
  if (!removed) co_return fail(removed.error());
  Status unlinked = co_await self->unlink(tr, path);
  if (!unlinked) co_return fail(unlinked.error());
  co_return true;
}

Task<Result<bool>> DirectoryLayer::exists(Ptr self, DirectoryTransaction& tr, DirectoryPath path) {
  Status version = co_await self->check_version(tr, Access::kRead);
  if (!version) co_return fail(version.error());
  Result<Found> found = co_await self->find(tr, path);
  if (!found) co_return fail(found.error());
  if (!found->is_within_partition(path)) co_return found->exists();
  Directory partition = self->contents(self, *found, path);
  Result<bool> inside = co_await exists(partition.layer_, tr, rest_of(path, found->depth));
  co_return inside;
}

Task<Result<std::vector<std::string>>> DirectoryLayer::list(Ptr self, DirectoryTransaction& tr,
                                                            DirectoryPath path) {
  Status version = co_await self->check_version(tr, Access::kRead);
  if (!version) co_return fail(version.error());
  Result<Found> found = co_await self->find(tr, path);
  if (!found) co_return fail(found.error());
  if (!found->exists()) co_return fail(error::directory_does_not_exist);
  if (found->is_partition()) {
    Directory partition = self->contents(self, *found, path);
    Result<std::vector<std::string>> inside =
        co_await list(partition.layer_, tr, rest_of(path, found->depth));
    co_return inside;
  }
  auto rows = co_await self->child_rows(tr, *found->prefix);
  if (!rows) co_return fail(rows.error());
  const Subspace names = self->children(*found->prefix);
  std::vector<std::string> out;
  for (const DirectoryTransaction::Row& row : *rows) {
    auto name = names.unpack_as<std::string>(row.first);
    if (!name) co_return fail(error::invalid_directory_layer_metadata);
    out.push_back(std::get<0>(*std::move(name)));
  }
  co_return out;
}

}  // namespace orrery::fdb
