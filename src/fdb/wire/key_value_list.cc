#include "fdb/wire/key_value_list.h"

namespace orrery::fdb::wire {
namespace {

/// Moves `bytes` behind a length and as many bytes; false where there are not as many.
bool skip(std::string_view& bytes) {
  uint32_t length = 0;
  if (bytes.size() < sizeof length) return false;
  std::memcpy(&length, bytes.data(), sizeof length);
  if (bytes.size() - sizeof length < length) return false;
  bytes.remove_prefix(sizeof length + length);
  return true;
}

void append_part(std::string& bytes, std::string_view part) {
  uint32_t length = static_cast<uint32_t>(part.size());
  bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
  bytes.append(part);
}

}  // namespace

bool KeyValueList::assign_wire_bytes(std::string_view bytes) {
  bytes_ = {};
  count_ = 0;
  if (bytes.empty()) return true;
  uint32_t count = 0;
  if (bytes.size() < sizeof count) return false;
  std::memcpy(&count, bytes.data(), sizeof count);
  std::string_view left = bytes.substr(sizeof count);
  if (count > left.size() / 8) return false;
  for (uint32_t i = 0; i < count; ++i) {
    if (!skip(left) || !skip(left)) return false;
  }
  if (!left.empty()) return false;
  bytes_ = bytes;
  count_ = count;
  return true;
}

void KeyValueListBuilder::append(std::string_view key, std::string_view value) {
  append_part(bytes_, key);
  append_part(bytes_, value);
  ++count_;
  std::memcpy(bytes_.data(), &count_, sizeof count_);
}

KeyValueList KeyValueListBuilder::list() const {
  KeyValueList list;
  list.assign_wire_bytes(bytes_);
  return list;
}

}  // namespace orrery::fdb::wire
