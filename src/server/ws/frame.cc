#include "server/ws/frame.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/utf8.h"

namespace orrery::server::ws {
namespace {

constexpr size_t kControlBytesMax = 125;

uint64_t big_endian(const char* p, size_t n) {
  uint64_t out = 0;
  for (size_t i = 0; i < n; ++i) out = out << 8 | static_cast<uint8_t>(p[i]);
  return out;
}

/// `at`: the byte of the frame that bytes[0] is.
void unmask(char* bytes, size_t n, const uint8_t mask[4], uint64_t at) {
  uint8_t turned[8];
  for (size_t i = 0; i < 8; ++i) turned[i] = mask[(at + i) % 4];
  uint64_t word = 0;
  std::memcpy(&word, turned, sizeof(word));
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    uint64_t x = 0;
    std::memcpy(&x, bytes + i, 8);
    x ^= word;
    std::memcpy(bytes + i, &x, 8);
  }
  for (; i < n; ++i) bytes[i] = static_cast<char>(bytes[i] ^ turned[i % 8]);
}

bool is_control(Opcode opcode) {
  return static_cast<uint8_t>(opcode) >= 8;
}

bool close_code_is_valid(uint16_t code) {
  if (code < 1000 || code >= 5000) return false;
  return code >= 3000 || (code <= 1014 && code != 1004 && code != 1005 && code != 1006);
}

}  // namespace

void append_frame_header(Opcode opcode, uint64_t payload_bytes, std::string* out) {
  out->push_back(static_cast<char>(0x80 | static_cast<uint8_t>(opcode)));
  size_t length_bytes = 0;
  if (payload_bytes < 126) {
    out->push_back(static_cast<char>(payload_bytes));
  } else if (payload_bytes <= 0xFFFF) {
    out->push_back(126);
    length_bytes = 2;
  } else {
    out->push_back(127);
    length_bytes = 8;
  }
  for (size_t i = length_bytes; i-- > 0;) {
    out->push_back(static_cast<char>(payload_bytes >> (8 * i)));
  }
}

std::string close_frame(uint16_t code, std::string_view reason) {
  reason = reason.substr(0, kControlBytesMax - 2);
  reason = reason.substr(0, utf8_valid_prefix(reason));
  std::string out;
  append_frame_header(Opcode::kClose, 2 + reason.size(), &out);
  out.push_back(static_cast<char>(code >> 8));
  out.push_back(static_cast<char>(code));
  out += reason;
  return out;
}

void append_client_frame(Opcode opcode, std::string_view payload, const uint8_t mask[4],
                         std::string* out) {
  size_t start = out->size();
  append_frame_header(opcode, payload.size(), out);
  (*out)[start + 1] = static_cast<char>((*out)[start + 1] | 0x80);
  out->append(reinterpret_cast<const char*>(mask), 4);
  size_t at = out->size();
  out->append(payload);
  unmask(out->data() + at, payload.size(), mask, 0);
}

FrameReader::Event FrameReader::fail(uint16_t code, std::string_view reason) {
  failed_ = true;
  code_ = code;
  reason_ = reason;
  return Event::kError;
}

/// True once the header is whole.
bool FrameReader::read_header(std::span<char>* input) {
  auto need = [&]() -> uint8_t {
    if (header_bytes_ < 2) return 2;
    uint8_t length = header_[1] & 0x7F;
    uint8_t masked = (header_[1] & 0x80) != 0 ? 4 : 0;
    return static_cast<uint8_t>(2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + masked);
  };
  while (header_bytes_ < need()) {
    size_t n = std::min<size_t>(need() - header_bytes_, input->size());
    if (n == 0) return false;
    std::memcpy(header_ + header_bytes_, input->data(), n);
    header_bytes_ = static_cast<uint8_t>(header_bytes_ + n);
    *input = input->subspan(n);
  }
  return true;
}

/// Checks a whole header; false after fail().
bool FrameReader::start_frame() {
  auto refuse = [&](uint16_t code, std::string_view why) {
    fail(code, why);
    return false;
  };
  uint8_t first = static_cast<uint8_t>(header_[0]);
  uint8_t length = header_[1] & 0x7F;
  final_ = (first & 0x80) != 0;
  opcode_ = static_cast<Opcode>(first & 0x0F);
  if ((first & 0x70) != 0) return refuse(kCloseProtocolError, "reserved bits are set");
  bool masked = (header_[1] & 0x80) != 0;
  if (masked != (sender_ == FrameSender::kClient)) {
    return refuse(kCloseProtocolError, masked ? "the frame is masked" : "the frame is not masked");
  }
  uint64_t bytes = length;
  size_t at = 2;
  if (length == 126) {
    bytes = big_endian(header_ + 2, 2);
    at = 4;
  } else if (length == 127) {
    bytes = big_endian(header_ + 2, 8);
    at = 10;
  }
  if (masked) std::memcpy(mask_, header_ + at, 4);
  switch (opcode_) {
    case Opcode::kContinuation:
      if (!in_message_) return refuse(kCloseProtocolError, "nothing to continue");
      break;
    case Opcode::kText:
    case Opcode::kBinary:
      if (in_message_) return refuse(kCloseProtocolError, "the message before is not finished");
      in_message_ = true;
      message_opcode_ = opcode_;
      message_.clear();
      break;
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      if (!final_ || bytes > kControlBytesMax) {
        return refuse(kCloseProtocolError, "a control frame is too long or in parts");
      }
      control_.clear();
      break;
    default:
      return refuse(kCloseProtocolError, "unknown opcode");
  }
  if (!is_control(opcode_) && bytes > message_bytes_max_ - message_.size()) {
    return refuse(kCloseTooBig, "the message is too long");
  }
  payload_left_ = bytes;
  frame_at_ = 0;
  step_ = Step::kPayload;
  return true;
}

FrameReader::Event FrameReader::take_payload(std::span<char>* input) {
  const size_t n = static_cast<size_t>(std::min<uint64_t>(payload_left_, input->size()));
  const std::string_view part(input->data(), n);
  if (sender_ == FrameSender::kClient) unmask(input->data(), n, mask_, frame_at_);
  *input = input->subspan(n);
  payload_left_ -= n;
  frame_at_ += n;
  const bool whole = payload_left_ == 0;
  if (is_control(opcode_)) {
    control_ += part;
    payload_ = control_;
  } else if (whole && final_ && message_.empty()) {
    payload_ = part;
  } else {
    // Grows with what has come, not with what was announced.
    message_ += part;
    if (whole && final_) {
      kept_ = std::move(message_);
      message_ = {};
      payload_ = kept_;
    }
  }
  if (!whole) return Event::kNeedMore;
  step_ = Step::kHeader;
  header_bytes_ = 0;
  return is_control(opcode_) ? finish_control() : finish_frame();
}

FrameReader::Event FrameReader::finish_frame() {
  if (!final_) return Event::kNeedMore;
  in_message_ = false;
  if (message_opcode_ == Opcode::kBinary) return Event::kBinary;
  if (!utf8_valid(payload_)) return fail(kCloseBadText, "the text is not UTF-8");
  return Event::kText;
}

FrameReader::Event FrameReader::finish_control() {
  if (opcode_ == Opcode::kPing) return Event::kPing;
  if (opcode_ == Opcode::kPong) return Event::kPong;
  failed_ = true;
  code_ = 1005;
  reason_.clear();
  if (payload_.empty()) return Event::kClose;
  if (payload_.size() == 1) return fail(kCloseProtocolError, "a close code has two bytes");
  code_ = static_cast<uint16_t>(big_endian(payload_.data(), 2));
  if (!close_code_is_valid(code_)) return fail(kCloseProtocolError, "no such close code");
  reason_ = payload_.substr(2);
  if (!utf8_valid(reason_)) return fail(kCloseBadText, "the reason is not UTF-8");
  return Event::kClose;
}

FrameReader::Event FrameReader::next(std::span<char>* input) {
  if (failed_) return Event::kError;
  if (!kept_.empty()) std::string().swap(kept_);  // a large one is not kept for long
  while (true) {
    if (step_ == Step::kHeader) {
      if (!read_header(input)) return Event::kNeedMore;
      if (!start_frame()) return Event::kError;
    }
    if (payload_left_ != 0 && input->empty()) return Event::kNeedMore;
    Event event = take_payload(input);
    if (event != Event::kNeedMore) return event;
    if (step_ == Step::kPayload) return Event::kNeedMore;
  }
}

}  // namespace orrery::server::ws
