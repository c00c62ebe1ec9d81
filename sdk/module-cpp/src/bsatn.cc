// Out-of-line parts of Writer and Reader, and how a module gives up.
#include <cstdlib>

#include "spacetimedb/abi.h"
#include "spacetimedb/bsatn.h"

namespace SpacetimeDB {

namespace bsatn {

Writer::~Writer() {
  if (out_ != nullptr) out_->insert(out_->end(), begin_, at_);
  std::free(begin_);
}

void Writer::grow(size_t n) {
  constexpr size_t kSmallest = 256;
  const size_t used = size();
  if (n > SIZE_MAX / 2 - used) detail::fail("a value is too large to be encoded");
  size_t capacity = static_cast<size_t>(end_ - begin_) * 2;
  if (capacity < used + n) capacity = used + n;
  if (capacity < kSmallest) capacity = kSmallest;
  uint8_t* const bytes = static_cast<uint8_t*>(std::realloc(begin_, capacity));
  if (bytes == nullptr) detail::fail("out of memory");
  begin_ = bytes;
  at_ = bytes + used;
  end_ = bytes + capacity;
}

void Writer::write_string(std::string_view text) {
  write_u32_le(static_cast<uint32_t>(text.size()));
  write_bytes(text.data(), text.size());
}

std::vector<uint8_t> Writer::take_buffer() {
  std::vector<uint8_t> bytes = get_buffer();
  clear();
  return bytes;
}

void Reader::read_string(std::string& out) {
  const uint32_t size = read_u32_le();
  out.assign(reinterpret_cast<const char*>(take(size)), size);
}

uint32_t Reader::read_count(size_t element_min) {
  const uint32_t count = read_u32_le();
  if (element_min != 0 && remaining() / element_min < count) too_short();
  return count;
}

void Reader::too_short() { detail::fail("the bytes of a value end too early"); }

}  // namespace bsatn

namespace detail {

void bad_tag() { fail("a byte that is not the tag of any variant"); }

void fail(const char* what, const char* name) {
  constexpr std::string_view kTarget = "orrery";
  constexpr uint32_t kError = 0;
  constexpr uint32_t kNoLine = UINT32_MAX;
  char text[256];
  size_t size = 0;
  const auto append = [&](const char* part) {
    while (*part != 0 && size < sizeof(text)) text[size++] = *part++;
  };
  append(what);
  if (name != nullptr) {
    append(": ");
    append(name);
  }
  host::console_log(kError, kTarget.data(), kTarget.size(), nullptr, 0, kNoLine, text, size);
  __builtin_trap();
}

void fail_status(const char* what, const char* name, unsigned status) {
  char text[192];
  size_t size = 0;
  for (const char* part : {what, " (", StatusCode::to_string(static_cast<uint16_t>(status)), ")"}) {
    while (*part != 0 && size < sizeof(text) - 1) text[size++] = *part++;
  }
  text[size] = 0;
  fail(text, name);
}

}  // namespace detail

const char* StatusCode::to_string(uint16_t code) {
  static constexpr const char* kNames[] = {"OK",
                                           "HOST_CALL_FAILURE",
                                           "NOT_IN_TRANSACTION",
                                           "BSATN_DECODE_ERROR",
                                           "NO_SUCH_TABLE",
                                           "NO_SUCH_INDEX",
                                           "NO_SUCH_ITER",
                                           "NO_SUCH_CONSOLE_TIMER",
                                           "NO_SUCH_BYTES",
                                           "NO_SPACE",
                                           "WRONG_INDEX_ALGO",
                                           "BUFFER_TOO_SMALL",
                                           "UNIQUE_ALREADY_EXISTS",
                                           "SCHEDULE_AT_DELAY_TOO_LONG",
                                           "INDEX_NOT_UNIQUE",
                                           "NO_SUCH_ROW",
                                           "AUTO_INC_OVERFLOW",
                                           "WOULD_BLOCK_TRANSACTION",
                                           "TRANSACTION_NOT_ANONYMOUS",
                                           "TRANSACTION_IS_READ_ONLY",
                                           "TRANSACTION_IS_MUT",
                                           "HTTP_ERROR"};
  return code < sizeof(kNames) / sizeof(kNames[0]) ? kNames[code] : "UNKNOWN";
}

}  // namespace SpacetimeDB
