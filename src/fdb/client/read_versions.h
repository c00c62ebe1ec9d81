// ReadVersions: the read versions that transactions begin with, asked for in batches.
//
// Transactions of the same priority and options that want a version at nearly the same time share
// one request. How long a batch is collected while another one is on its way follows the time that
// requests take, 5 ms at most (readVersionBatcher of fdbclient/NativeAPI); while none is, it is
// sent at the end of the loop's turn. Inside one loop only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fdb/client/client.h"
#include "fdb/error.h"
#include "fdb/runtime/event.h"

namespace orrery::fdb {

struct ReadVersion {
  int64_t version = 0;
  bool is_locked = false;
};

class ReadVersions {
 public:
  explicit ReadVersions(Client& client);
  ~ReadVersions();
  ReadVersions(const ReadVersions&) = delete;
  ReadVersions& operator=(const ReadVersions&) = delete;

  /// `flags` are those of wire::GetReadVersionRequest.
  Task<Result<ReadVersion>> get(uint32_t flags, std::vector<std::string> tags);
  void note_version(int64_t version) { highest_ = std::max(highest_, version); }

 private:
  struct Waiting;
  class Batcher;
  Client& client_;
  std::map<uint32_t, std::unique_ptr<Batcher>> batchers_;
  int64_t highest_ = -1;
};

}  // namespace orrery::fdb
