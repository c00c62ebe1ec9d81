// Outbox: what waits to be sent to one client, in order.
//
// Messages are pushed from any thread (mostly the database's lane) and taken by the connection's io
// thread, which puts frames around them. Small messages for one client are copied into one buffer,
// so that they cost no allocation. A message may have to wait until a commit is durable; whatever
// comes behind it waits too. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sync.h"
#include "server/ws/server_message.h"

namespace orrery::server::ws {

/// How messages are put into frames.
enum class Envelope : uint8_t {
  kText,       ///< v1.json: text frames
  kTagged,     ///< v1.bsatn, v2: compression byte, one message
  kCoalesced,  ///< v3: compression byte, one or more messages
};

class Outbox {
 public:
  static constexpr uint64_t kNoSeq = 0;
  /// v3: messages are put together up to this many bytes.
  static constexpr size_t kCoalesceBytes = 512 << 10;

  static constexpr size_t kBytesMax = 256 << 20;

  /// Of what waits behind the first message there may be `messages_max` and `bytes_max`.
  Outbox(Envelope envelope, Compression compression, size_t messages_max,
         size_t bytes_max = kBytesMax)
      : envelope_(envelope),
        compression_(compression),
        messages_max_(messages_max),
        bytes_max_(bytes_max) {}

  enum class Pushed : uint8_t {
    kQueued,
    kWake,  ///< queued, and the connection must be woken
    kFull,
    kClosed,
  };
  /// `durable_seq`: to be sent only when this commit is durable.
  Pushed push(std::shared_ptr<const ServerMessage> message, uint64_t durable_seq);
  /// The same with a copy of the message, of kSmallBytes at most.
  Pushed push_small(std::string_view message, uint64_t durable_seq);
  static constexpr size_t kSmallBytes = protocol::kCompressThreshold;
  /// Commits up to `seq` are durable. True where the connection must be woken.
  bool durable(uint64_t seq);
  /// Nothing more is taken in; what may be sent already still can be.
  void close();
  size_t waiting() const;
  /// Of messages, before frames and compression.
  uint64_t waiting_bytes() const;
  /// Of frames that were taken.
  uint64_t taken_bytes() const { return taken_bytes_.load(std::memory_order_relaxed); }

  /// Frames to be written; the views point into the batch and the messages that it holds. Moving it
  /// leaves the views good.
  class Batch;
  /// Replaces the batch by what may be sent now, about `bytes_target` of it; false where there is
  /// nothing.
  bool take(Batch* batch, size_t bytes_target);

 private:
  struct Item {
    std::shared_ptr<const ServerMessage> message;  ///< null: the next `size` of the small bytes
    uint64_t durable_seq;
    size_t size;
  };
  /// Messages in their order, with the bytes of those that are small.
  struct Queue {
    std::vector<Item> items;
    size_t first = 0;  ///< items before it are gone
    std::string small;
    size_t small_at = 0;  ///< bytes before it are gone

    bool empty() const { return first == items.size(); }
    size_t size() const { return items.size() - first; }
    const Item& front() const { return items[first]; }
    void clear();
    /// Takes those that are gone off the front.
    void pack();
  };
  /// A message that was taken; `bytes` lie in it or in the small bytes.
  struct Taken {
    const Item* item;
    std::string_view bytes;
  };
  Pushed push_item(std::shared_ptr<const ServerMessage> message, std::string_view bytes,
                   uint64_t durable_seq);
  void take_ready(Queue* out, size_t bytes_target);
  void append_frame(std::span<const Taken> messages, Batch* batch) const;
  void append_small(std::string_view bytes, Batch* batch) const;
  bool head_is_ready() const {
    return !queue_.empty() && queue_.front().durable_seq <= durable_seq_;
  }

  const Envelope envelope_;
  const Compression compression_;
  const size_t messages_max_;
  const size_t bytes_max_;
  mutable Mutex mutex_;
  Queue queue_;
  uint64_t waiting_bytes_ = 0;
  uint64_t durable_seq_ = 0;
  bool awake_ = false;  ///< the connection will take again
  bool closed_ = false;
  std::atomic<uint64_t> taken_bytes_{0};
};

class Outbox::Batch {
 public:
  std::vector<std::string_view> parts;
  std::deque<std::string> own;
  std::vector<std::shared_ptr<const void>> held;
  size_t bytes = 0;
  uint64_t messages = 0;

  void clear();

 private:
  friend class Outbox;
  // What take() works with.
  Queue queue_;
  std::vector<Taken> taken_;
};

}  // namespace orrery::server::ws
