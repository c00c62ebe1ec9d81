#include "server/ws/outbox.h"

#include <iterator>
#include <utility>

#include "server/ws/frame.h"

namespace orrery::server::ws {
namespace {

/// Shorter runs are copied together, so that one write has few pieces.
constexpr size_t kCopyBytes = 4 << 10;
constexpr size_t kOwnBytes = 64 << 10;

}  // namespace

void Outbox::Batch::clear() {
  parts.clear();
  held.clear();
  bytes = 0;
  messages = 0;
  // One buffer is kept for the next batch.
  if (own.size() > 1) own.resize(1);
  if (!own.empty()) own.front().clear();
}

void Outbox::Queue::clear() {
  // What a burst needed is not kept for ever.
  constexpr size_t kKeptBytes = 2 << 10;
  items.clear();
  small.clear();
  if (items.capacity() > kKeptBytes / sizeof(Item)) std::vector<Item>().swap(items);
  if (small.capacity() > kKeptBytes) std::string().swap(small);
  first = 0;
  small_at = 0;
}

void Outbox::Queue::pack() {
  // In as few steps as those that are left are worth.
  if (first < items.size() / 2) return;
  items.erase(items.begin(), items.begin() + static_cast<ptrdiff_t>(first));
  small.erase(0, small_at);
  first = 0;
  small_at = 0;
}

Outbox::Pushed Outbox::push(std::shared_ptr<const ServerMessage> message, uint64_t durable_seq) {
  const std::string_view bytes = message->bytes();
  return push_item(std::move(message), bytes, durable_seq);
}

Outbox::Pushed Outbox::push_small(std::string_view message, uint64_t durable_seq) {
  return push_item(nullptr, message, durable_seq);
}

Outbox::Pushed Outbox::push_item(std::shared_ptr<const ServerMessage> message,
                                 std::string_view bytes, uint64_t durable_seq) {
  LockGuard<Mutex> guard(mutex_);
  if (closed_) return Pushed::kClosed;
  if (queue_.size() >= messages_max_) return Pushed::kFull;
  // A message that is alone may be of any size: a large set of rows comes in one.
  if (!queue_.empty() && waiting_bytes_ - queue_.front().size + bytes.size() > bytes_max_) {
    return Pushed::kFull;
  }
  waiting_bytes_ += bytes.size();
  if (message == nullptr) queue_.small += bytes;
  queue_.items.push_back({std::move(message), durable_seq, bytes.size()});
  if (awake_ || !head_is_ready()) return Pushed::kQueued;
  awake_ = true;
  return Pushed::kWake;
}

bool Outbox::durable(uint64_t seq) {
  LockGuard<Mutex> guard(mutex_);
  if (seq <= durable_seq_) return false;
  durable_seq_ = seq;
  if (awake_ || !head_is_ready()) return false;
  awake_ = true;
  return true;
}

void Outbox::close() {
  LockGuard<Mutex> guard(mutex_);
  closed_ = true;
}

size_t Outbox::waiting() const {
  LockGuard<Mutex> guard(mutex_);
  return queue_.size();
}

uint64_t Outbox::waiting_bytes() const {
  LockGuard<Mutex> guard(mutex_);
  return waiting_bytes_;
}

/// Moves what may be sent to `out`, which is empty.
void Outbox::take_ready(Queue* out, size_t bytes_target) {
  LockGuard<Mutex> guard(mutex_);
  size_t bytes = 0;
  size_t small = 0;
  size_t end = queue_.first;
  while (bytes < bytes_target && end < queue_.items.size() &&
         queue_.items[end].durable_seq <= durable_seq_) {
    const Item& item = queue_.items[end++];
    bytes += item.size;
    if (item.message == nullptr) small += item.size;
  }
  if (end == queue_.first) {
    awake_ = false;
    return;
  }
  waiting_bytes_ -= bytes;
  if (queue_.first == 0 && end == queue_.items.size()) {
    std::swap(queue_, *out);
    return;
  }
  auto begin = queue_.items.begin();
  out->items.assign(std::make_move_iterator(begin + static_cast<ptrdiff_t>(queue_.first)),
                     std::make_move_iterator(begin + static_cast<ptrdiff_t>(end)));
  out->small.assign(queue_.small, queue_.small_at, small);
  queue_.first = end;
  queue_.small_at += small;
  queue_.pack();
}

bool Outbox::take(Batch* batch, size_t bytes_target) {
  batch->clear();
  Queue& queue = batch->queue_;
  queue.clear();
  take_ready(&queue, bytes_target);
  if (queue.empty()) return false;
  std::vector<Taken>& taken = batch->taken_;
  taken.clear();
  size_t small_at = 0;
  for (const Item& item : queue.items) {
    if (item.message != nullptr) {
      taken.push_back({&item, item.message->bytes()});
    } else {
      taken.push_back({&item, std::string_view(queue.small).substr(small_at, item.size)});
      small_at += item.size;
    }
  }
  batch->messages = taken.size();
  const std::span<const Taken> all(taken);
  for (size_t begin = 0; begin < all.size();) {
    size_t end = begin + 1;
    if (envelope_ == Envelope::kCoalesced) {
      size_t bytes = all[begin].bytes.size();
      while (end < all.size() && bytes + all[end].bytes.size() <= kCoalesceBytes) {
        bytes += all[end++].bytes.size();
      }
    }
    append_frame(all.subspan(begin, end - begin), batch);
    begin = end;
  }
  for (Item& item : queue.items) {
    if (item.message != nullptr) batch->held.push_back(std::move(item.message));
  }
  taken_bytes_.store(taken_bytes() + batch->bytes, std::memory_order_relaxed);
  return true;
}

void Outbox::append_small(std::string_view bytes, Batch* batch) const {
  // Views into the buffer must stay good: it never grows beyond what it has reserved.
  bool joins = !batch->own.empty() &&
               batch->own.back().size() + bytes.size() <= batch->own.back().capacity() &&
               batch->own.back().capacity() >= kOwnBytes;
  if (!joins) {
    batch->own.emplace_back();
    batch->own.back().reserve(kOwnBytes);
  }
  std::string& buffer = batch->own.back();
  const char* at = buffer.data() + buffer.size();
  buffer += bytes;
  batch->bytes += bytes.size();
  if (!batch->parts.empty() && batch->parts.back().data() + batch->parts.back().size() == at) {
    batch->parts.back() = {batch->parts.back().data(), batch->parts.back().size() + bytes.size()};
  } else {
    batch->parts.emplace_back(at, bytes.size());
  }
}

void Outbox::append_frame(std::span<const Taken> messages, Batch* batch) const {
  size_t body_bytes = 0;
  for (const Taken& one : messages) body_bytes += one.bytes.size();
  auto append = [&](const Taken& one) {
    if (one.item->message == nullptr || one.bytes.size() < kCopyBytes) {
      append_small(one.bytes, batch);
    } else {
      batch->parts.push_back(one.bytes);
      batch->bytes += one.bytes.size();
    }
  };
  std::string head;
  if (envelope_ == Envelope::kText) {
    append_frame_header(Opcode::kText, body_bytes, &head);
    append_small(head, batch);
    append(messages.front());
    return;
  }
  if (compression_ != Compression::kNone && body_bytes > protocol::kCompressThreshold) {
    std::shared_ptr<const std::string> payload;
    if (messages.size() == 1) {
      payload = messages.front().item->message->payload(compression_);
    } else {
      std::string together;
      together.reserve(body_bytes);
      for (const Taken& one : messages) together += one.bytes;
      payload = ServerMessage(std::move(together)).payload(compression_);
    }
    append_frame_header(Opcode::kBinary, payload->size(), &head);
    append_small(head, batch);
    if (payload->size() < kCopyBytes) {
      append_small(*payload, batch);
    } else {
      batch->parts.push_back(*payload);
      batch->bytes += payload->size();
    }
    batch->held.push_back(std::move(payload));
    return;
  }
  append_frame_header(Opcode::kBinary, 1 + body_bytes, &head);
  head.push_back(static_cast<char>(Compression::kNone));
  append_small(head, batch);
  for (const Taken& one : messages) append(one);
}

}  // namespace orrery::server::ws
