#include "server/ws/server_message.h"

namespace orrery::server::ws {

std::shared_ptr<const std::string> ServerMessage::payload(Compression compression) const {
  if (compression == Compression::kNone) {
    return std::make_shared<const std::string>(std::string(1, '\0') + bytes_);
  }
  LockGuard<Mutex> guard(mutex_);
  auto& kept = payloads_[compression == Compression::kGzip ? 1 : 0];
  if (kept == nullptr) {
    thread_local protocol::Compressor compressor;
    std::string frame;
    frame.reserve(1 + bytes_.size());
    frame.push_back('\0');
    frame += bytes_;
    compressor.seal(&frame, compression);
    kept = std::make_shared<const std::string>(std::move(frame));
  }
  return kept;
}

}  // namespace orrery::server::ws
