#include "server/ws/outbox.h"

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

Outbox::Pushed Outbox::push(std::shared_ptr<const ServerMessage> message, uint64_t durable_seq) {
  LockGuard<Mutex> guard(mutex_);
  if (closed_) return Pushed::kClosed;
  if (items_.size() >= messages_max_) return Pushed::kFull;
  // A message that is alone may be of any size: a large set of rows comes in one.
  const size_t size = message->size();
  if (!items_.empty() && waiting_bytes_ - items_.front().message->size() + size > bytes_max_) {
    return Pushed::kFull;
  }
  waiting_bytes_ += size;
  items_.push_back({std::move(message), durable_seq});
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
  return items_.size();
}

uint64_t Outbox::waiting_bytes() const {
  LockGuard<Mutex> guard(mutex_);
  return waiting_bytes_;
}

bool Outbox::take(Batch* batch, size_t bytes_target) {
  batch->clear();
  taken_.clear();
  {
    LockGuard<Mutex> guard(mutex_);
    size_t bytes = 0;
    while (bytes < bytes_target && head_is_ready()) {
      bytes += items_.front().message->size();
      waiting_bytes_ -= items_.front().message->size();
      taken_.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    if (taken_.empty()) {
      awake_ = false;
      return false;
    }
  }
  batch->messages = taken_.size();
  for (size_t begin = 0; begin < taken_.size();) {
    size_t end = begin + 1;
    if (envelope_ == Envelope::kCoalesced) {
      size_t bytes = taken_[begin].message->size();
      while (end < taken_.size() && bytes + taken_[end].message->size() <= kCoalesceBytes) {
        bytes += taken_[end++].message->size();
      }
    }
    append_frame(taken_, begin, end, batch);
    begin = end;
  }
  for (Item& item : taken_) batch->held.push_back(std::move(item.message));
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

void Outbox::append_frame(const std::vector<Item>& items, size_t begin, size_t end,
                          Batch* batch) const {
  size_t body_bytes = 0;
  for (size_t i = begin; i < end; ++i) body_bytes += items[i].message->size();
  auto append = [&](std::string_view part) {
    if (part.size() < kCopyBytes) {
      append_small(part, batch);
    } else {
      batch->parts.push_back(part);
      batch->bytes += part.size();
    }
  };
  std::string head;
  if (envelope_ == Envelope::kText) {
    append_frame_header(Opcode::kText, body_bytes, &head);
    append_small(head, batch);
    append(items[begin].message->bytes());
    return;
  }
  if (compression_ != Compression::kNone && body_bytes > protocol::kCompressThreshold) {
    std::shared_ptr<const std::string> payload;
    if (end - begin == 1) {
      payload = items[begin].message->payload(compression_);
    } else {
      std::string together;
      together.reserve(body_bytes);
      for (size_t i = begin; i < end; ++i) together += items[i].message->bytes();
      payload = ServerMessage(std::move(together)).payload(compression_);
    }
    append_frame_header(Opcode::kBinary, payload->size(), &head);
    append_small(head, batch);
    append(*payload);
    batch->held.push_back(std::move(payload));
    return;
  }
  append_frame_header(Opcode::kBinary, 1 + body_bytes, &head);
  head.push_back(static_cast<char>(Compression::kNone));
  append_small(head, batch);
  for (size_t i = begin; i < end; ++i) append(items[i].message->bytes());
}

}  // namespace orrery::server::ws
