// CallBatch: reducer calls of one client that came together, in order, packed into one buffer, so
// that they cost the lane one task. One thread at a time.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace orrery::server::ws {

class CallBatch {
 public:
  /// More than these are not put together: who comes later is to have a turn.
  static constexpr uint32_t kCallsMax = 64;
  static constexpr size_t kBytesMax = 64 << 10;

  struct Call {
    uint32_t request = 0;
    std::string_view name;
    std::string_view arguments;
  };

  bool empty() const { return left_ == 0; }
  /// Calls that were added and not taken.
  uint32_t size() const { return left_; }
  bool full() const { return left_ >= kCallsMax || bytes_.size() >= kBytesMax; }

  void add(const Call& call) {
    if (bytes_.empty()) bytes_.reserve(kFirstBytes);
    const uint32_t head[3] = {call.request, static_cast<uint32_t>(call.name.size()),
                              static_cast<uint32_t>(call.arguments.size())};
    bytes_.append(reinterpret_cast<const char*>(head), sizeof(head));
    bytes_ += call.name;
    bytes_ += call.arguments;
    ++left_;
  }
  /// Takes the first one; what it holds lives as long as the batch and until the next add().
  Call take() {
    uint32_t head[3];
    std::memcpy(head, bytes_.data() + at_, sizeof(head));
    at_ += sizeof(head);
    const std::string_view bytes(bytes_);
    Call out{head[0], bytes.substr(at_, head[1]), bytes.substr(at_ + head[1], head[2])};
    at_ += size_t{head[1]} + head[2];
    --left_;
    return out;
  }

 private:
  static constexpr size_t kFirstBytes = 240;

  std::string bytes_;
  size_t at_ = 0;  ///< what was taken ends here
  uint32_t left_ = 0;
};

}  // namespace orrery::server::ws
