#include "fdb/wire/types.h"

#include "fdb/wire/reader.h"

namespace orrery::fdb::wire {
namespace {

/// Undoes the short form of a range of one key; false where the bytes are none.
bool expand(std::string_view& begin, std::string_view& end) {
  if (end.empty() && !begin.empty()) {
    if (begin.back() != '\0') return false;
    end = begin;
    begin.remove_suffix(1);
  }
  return begin <= end;
}

}  // namespace

bool TagSet::assign_wire_bytes(std::string_view value) {
  bytes = value;
  while (!value.empty()) {
    size_t length = static_cast<uint8_t>(value.front());
    if (length >= value.size()) return false;
    value.remove_prefix(1 + length);
  }
  return true;
}

std::string_view TagSet::pop() {
  size_t length = static_cast<uint8_t>(bytes.front());
  std::string_view tag = bytes.substr(1, length);
  bytes.remove_prefix(1 + tag.size());
  return tag;
}

bool KeyRange::from_wire(const WireForm& form) {
  begin = form.key;
  end = form.value;
  return expand(begin, end);
}

bool Mutation::from_wire(const WireForm& form) {
  type = form.type;
  param1 = form.param1;
  param2 = form.param2;
  return type != MutationType::kClearRange || expand(param1, param2);
}

std::optional<std::string_view> Locality::get(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.first == key) return entry.second;
  }
  return std::nullopt;
}

}  // namespace orrery::fdb::wire
