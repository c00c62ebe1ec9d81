#include "protocol/envelope.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace orrery::protocol {
namespace {

constexpr int kBrotliQuality = 1;
constexpr int kZlibGzipFormat = 16;
constexpr size_t kOutputStep = size_t{64} << 10;

Error malformed(std::string_view format) {
  return Error(ErrorCode::kDecode, "malformed message: bad " + std::string(format) + " data");
}
Error too_long(size_t limit) {
  return Error(ErrorCode::kLimit, "a compressed message has more than the allowed " +
                                      std::to_string(limit) + " bytes");
}

/// Room behind what `out` holds: grows with what was really produced, never past the limit by more
/// than the one byte that shows that there is more.
size_t add_room(size_t produced, size_t limit, size_t start, std::string* out) {
  size_t room = std::min(std::max(kOutputStep, produced), limit - produced);
  if (room == limit - produced) ++room;
  out->resize(start + produced + room);
  return room;
}

Status unbrotli(std::string_view bytes, size_t limit, std::string* out) {
  std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), &BrotliDecoderDestroyInstance);
  if (state == nullptr) return Error(ErrorCode::kOutOfMemory, "out of memory");
  const auto* in = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t in_left = bytes.size();
  size_t start = out->size();
  size_t produced = 0;
  while (true) {
    size_t room = add_room(produced, limit, start, out);
    size_t left = room;
    auto* to = reinterpret_cast<uint8_t*>(out->data() + start + produced);
    BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state.get(), &in_left, &in, &left, &to, nullptr);
    produced += room - left;
    out->resize(start + produced);
    if (produced > limit) return too_long(limit);
    if (result == BROTLI_DECODER_RESULT_SUCCESS) break;
    if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return malformed("brotli");
  }
  return in_left == 0 ? Status() : Status(malformed("brotli"));
}

Status ungzip(std::string_view bytes, size_t limit, std::string* out) {
  if (bytes.size() > UINT32_MAX) return too_long(UINT32_MAX);
  z_stream stream = {};
  if (inflateInit2(&stream, MAX_WBITS + kZlibGzipFormat) != Z_OK) {
    return Error(ErrorCode::kOutOfMemory, "out of memory");
  }
  std::unique_ptr<z_stream, decltype(&inflateEnd)> end(&stream, &inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  size_t start = out->size();
  size_t produced = 0;
  while (true) {
    size_t room = std::min<size_t>(add_room(produced, limit, start, out), size_t{1} << 30);
    stream.next_out = reinterpret_cast<Bytef*>(out->data() + start + produced);
    stream.avail_out = static_cast<uInt>(room);
    int result = inflate(&stream, Z_NO_FLUSH);
    produced += room - stream.avail_out;
    out->resize(start + produced);
    if (produced > limit) return too_long(limit);
    if (result == Z_STREAM_END) break;
    if (result != Z_OK || stream.avail_out != 0) return malformed("gzip");
  }
  return stream.avail_in == 0 ? Status() : Status(malformed("gzip"));
}

bool brotli(std::string_view bytes, std::string* out) {
  size_t start = out->size();
  size_t size = BrotliEncoderMaxCompressedSize(bytes.size());
  if (size == 0) return false;
  out->resize(start + size);
  bool ok = BrotliEncoderCompress(kBrotliQuality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC,
                                  bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()),
                                  &size, reinterpret_cast<uint8_t*>(out->data() + start)) != 0;
  out->resize(start + (ok ? size : 0));
  return ok;
}

}  // namespace

struct Compressor::Gzip {
  z_stream stream = {};
  bool ready = false;

  ~Gzip() {
    if (ready) deflateEnd(&stream);
  }
  bool begin() {
    if (ready) return deflateReset(&stream) == Z_OK;
    constexpr int kMemoryLevel = 8;  // zlib's default
    ready = deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + kZlibGzipFormat,
                         kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
    return ready;
  }
};

Compressor::Compressor() = default;
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

bool Compressor::gzip(std::string_view bytes, std::string* out) {
  if (gzip_ == nullptr) gzip_ = std::make_unique<Gzip>();
  if (bytes.size() > UINT32_MAX || !gzip_->begin()) return false;
  z_stream& stream = gzip_->stream;
  size_t start = out->size();
  size_t room = deflateBound(&stream, static_cast<uLong>(bytes.size()));
  if (room > UINT32_MAX) return false;
  out->resize(start + room);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out->data() + start);
  stream.avail_out = static_cast<uInt>(room);
  bool ok = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out->resize(start + (ok ? room - stream.avail_out : 0));
  return ok;
}

bool Compressor::compress(std::string_view bytes, Compression compression, std::string* out) {
  size_t start = out->size();
  bool ok = false;
  switch (compression) {
    case Compression::kNone:
      return false;
    case Compression::kBrotli:
      ok = brotli(bytes, out);
      break;
    case Compression::kGzip:
      ok = gzip(bytes, out);
      break;
  }
  if (ok && out->size() - start < bytes.size()) return true;
  out->resize(start);
  return false;
}

void Compressor::seal(std::string* frame, Compression wanted) {
  ORRERY_ASSERT(!frame->empty());
  (*frame)[0] = static_cast<char>(Compression::kNone);
  if (wanted == Compression::kNone || frame->size() - 1 <= kCompressThreshold) return;
  scratch_.assign(1, static_cast<char>(wanted));
  if (!compress(std::string_view(*frame).substr(1), wanted, &scratch_)) return;
  std::swap(*frame, scratch_);
  // What a large message needed once is not kept for the life of a connection.
  if (scratch_.capacity() > kOutputStep) scratch_ = std::string();
}

std::optional<Compression> compression_of_name(std::string_view name) {
  if (name == "None") return Compression::kNone;
  if (name == "Brotli") return Compression::kBrotli;
  if (name == "Gzip") return Compression::kGzip;
  return std::nullopt;
}

Status decompress(std::string_view bytes, Compression compression, size_t limit, std::string* out) {
  switch (compression) {
    case Compression::kNone:
      if (bytes.size() > limit) return too_long(limit);
      out->append(bytes);
      return {};
    case Compression::kBrotli:
      return unbrotli(bytes, limit, out);
    case Compression::kGzip:
      return ungzip(bytes, limit, out);
  }
  return malformed("compressed");
}

Result<std::string_view> open_envelope(std::string_view frame, size_t limit, std::string* buffer) {
  if (frame.empty()) {
    return Error(ErrorCode::kDecode, "malformed message: no compression byte (byte 0)");
  }
  auto tag = static_cast<uint8_t>(frame[0]);
  if (tag > static_cast<uint8_t>(Compression::kGzip)) {
    return Error(ErrorCode::kDecode,
                 "malformed message: unknown compression " + std::to_string(tag) + " (byte 0)");
  }
  std::string_view body = frame.substr(1);
  if (tag == static_cast<uint8_t>(Compression::kNone)) {
    if (body.size() > limit) return too_long(limit);
    return body;
  }
  buffer->clear();
  ORRERY_TRY(decompress(body, static_cast<Compression>(tag), limit, buffer));
  return std::string_view(*buffer);
}

}  // namespace orrery::protocol
