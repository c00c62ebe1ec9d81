#include "fdb/cluster/cluster_file.h"

#include <cstdlib>
#include <memory>
#include <utility>

namespace orrery::fdb {
namespace {

constexpr std::string_view kLocalFile = "fdb.cluster";
#if defined(__APPLE__)
constexpr std::string_view kDefaultFile = "/usr/local/etc/foundationdb/fdb.cluster";
#else
constexpr std::string_view kDefaultFile = "/etc/foundationdb/fdb.cluster";
#endif
constexpr std::string_view kHeader =
    "# DO NOT EDIT!\n# This file is written by the clients and servers of the cluster\n";

Result<ConnectionString> load(env::FileSystem& files, std::string_view path) {
  if (path.empty() || !files.exists(path)) return fail(error::no_cluster_file_found);
  orrery::Result<std::string> text = env::read_file(files, path, kClusterFileBytesMax);
  if (!text) {
    return fail(text.error().code() == ErrorCode::kLimit ? error::file_too_large
                                                         : error::file_not_readable);
  }
  return ConnectionString::parse(*text);
}

orrery::Status write_synced(env::FileSystem& files, std::string_view path, std::string_view text) {
  std::unique_ptr<env::File> file;
  ORRERY_TRY_ASSIGN(file, files.open(path, env::OpenMode::kCreateNew));
  ORRERY_TRY(file->write_at(0, text));
  ORRERY_TRY(file->sync());
  return file->close();
}

}  // namespace

std::optional<std::string> cluster_file_variable() {
  const char* value = std::getenv("FDB_CLUSTER_FILE");
  if (value == nullptr) return std::nullopt;
  return value;
}

ClusterFilePath find_cluster_file(env::FileSystem& files, std::string_view chosen,
                                  const std::optional<std::string>& variable) {
  if (!chosen.empty()) return {.path = std::string(chosen), .is_default = false};
  if (variable) return {.path = *variable, .is_default = false};
  std::string_view path = files.exists(kLocalFile) ? kLocalFile : kDefaultFile;
  return {.path = std::string(path), .is_default = true};
}

std::string cluster_file_error_text(const ClusterFilePath& file, Error error) {
  std::string out = "cluster file ";
  if (file.is_default && error == error::no_cluster_file_found) {
    out.append("./").append(kLocalFile).append(" or ").append(kDefaultFile);
    out += " (FDB_CLUSTER_FILE is not set)";
  } else {
    out.append("'").append(file.path).append("'");
  }
  out.append(": ").append(std::to_string(error.code())).append(" ").append(error.message());
  return out;
}

Result<ClusterFile> ClusterFile::open(env::FileSystem& files, env::Random& random,
                                      std::string path) {
  Result<ConnectionString> connection = load(files, path);
  if (!connection) return fail(connection.error());
  ClusterFile out(*std::move(connection));
  out.path_ = std::move(path);
  out.files_ = &files;
  out.random_ = &random;
  return out;
}

ClusterFile ClusterFile::in_memory(ConnectionString connection) {
  return ClusterFile(std::move(connection));
}

Result<ConnectionString> ClusterFile::stored() const {
  if (path_.empty()) return connection_;
  return load(*files_, path_);
}

bool ClusterFile::is_up_to_date() const {
  if (needs_persist_) return true;
  Result<ConnectionString> on_disk = stored();
  return on_disk && *on_disk == connection_;
}

void ClusterFile::adopt(ConnectionString connection) {
  if (connection == connection_) return;
  connection_ = std::move(connection);
  needs_persist_ = !path_.empty();
}

Result<bool> ClusterFile::reload() {
  Result<ConnectionString> on_disk = stored();
  if (!on_disk) return fail(on_disk.error());
  if (*on_disk == connection_) return false;
  connection_ = *std::move(on_disk);
  needs_persist_ = false;
  return true;
}

Status ClusterFile::persist() {
  if (!needs_persist_) return {};
  // Several processes may write the file at once, so each needs a temporary file of its own.
  std::string temporary = path_ + "." + std::to_string(random_->next_u64()) + ".tmp";
  std::string text(kHeader);
  text.append(connection_.to_string()).append("\n");
  orrery::Status written = write_synced(*files_, temporary, text);
  if (written) written = files_->rename(temporary, path_);
  if (!written) {
    // The first error is the one to tell; a temporary file that stays behind does no harm.
    (void)files_->remove(temporary);
    return fail(error::file_not_writable);
  }
  // The new file is in use whether or not its name survives a power loss: the old one leads to the
  // same cluster.
  (void)files_->sync_dir(env::parent_path(path_));
  needs_persist_ = false;
  return {};
}

}  // namespace orrery::fdb
