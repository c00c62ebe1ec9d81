// ServerMessage: one encoded message to clients, shared by all who get it.
//
// What a compression makes of it is computed once, by the first thread that asks. Immutable
// otherwise; thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/sync.h"
#include "protocol/envelope.h"

namespace orrery::server::ws {

using protocol::Compression;

class ServerMessage {
 public:
  explicit ServerMessage(std::string bytes) : bytes_(std::move(bytes)) {}

  const std::string& bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  /// The whole payload of a frame that holds only this message: tag byte and body.
  std::shared_ptr<const std::string> payload(Compression compression) const;

 private:
  const std::string bytes_;
  mutable Mutex mutex_;
  mutable std::shared_ptr<const std::string> payloads_[2];  ///< brotli, gzip
};

inline std::shared_ptr<const ServerMessage> make_message(std::string bytes) {
  return std::make_shared<ServerMessage>(std::move(bytes));
}

}  // namespace orrery::server::ws
