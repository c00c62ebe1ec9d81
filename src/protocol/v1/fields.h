// BsatnFields and JsonFields: the two ways of writing down a record's fields, so that each message
// of v1 is described once. Both append to a string. Private to the v1 encoder.
//
// A record is product(), then field(name) before each value, then end_product(). A sum is
// variant(tag, name), its payload, end_variant(). An array is array(count), element() before each
// value, end_array().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/wire_writer.h"
#include "types/identity.h"
#include "types/json.h"

namespace orrery::protocol::v1 {

class BsatnFields {
 public:
  explicit BsatnFields(std::string* out) : out_(out) {}

  void product() {}
  void field(std::string_view) {}
  void end_product() {}
  void variant(uint8_t tag, std::string_view) { append_number(tag, out_); }
  void end_variant() {}
  void array(size_t count) { append_number(static_cast<uint32_t>(count), out_); }
  void element() {}
  void end_array() {}
  void unit() {}
  template <class T>
  void number(T n) {
    append_number(n, out_);
  }
  void quanta(types::U128 n) {
    append_number(static_cast<uint64_t>(n), out_);
    append_number(static_cast<uint64_t>(n >> 64), out_);
  }
  void text(std::string_view s) { append_bytes(s, out_); }
  void bytes(std::string_view s) { append_bytes(s, out_); }
  /// A value of the message's format: bytes here, the text of JSON there.
  void encoded(std::string_view s) { append_bytes(s, out_); }
  /// What is already written as it goes into the message.
  void block(std::string_view s) { out_->append(s); }
  void identity(const types::Identity& id) { out_->append(id.bytes()); }
  void connection_id(const types::ConnectionId& id) { out_->append(id.bytes()); }

 private:
  std::string* out_;
};

class JsonFields {
 public:
  explicit JsonFields(std::string* out) : out_(out) {}

  void product() { open('{'); }
  void field(std::string_view name) {
    separate();
    out_->push_back('"');
    out_->append(name);
    out_->append("\":");
  }
  void end_product() { close('}'); }
  void variant(uint8_t, std::string_view name) {
    product();
    field(name);
  }
  void end_variant() { end_product(); }
  void array(size_t) { open('['); }
  void element() { separate(); }
  void end_array() { close(']'); }
  void unit() { block("[]"); }
  template <class T>
  void number(T n) {
    block(std::to_string(n));
  }
  void quanta(types::U128 n) { block(types::to_decimal_u128(n)); }
  void text(std::string_view s) {
    types::append_json_string(s, out_);
    first_ = false;
  }
  void bytes(std::string_view s);
  void encoded(std::string_view s) { text(s); }
  void block(std::string_view s) {
    out_->append(s);
    first_ = false;
  }
  void identity(const types::Identity& id) {
    block("{\"__identity__\":\"0x" + types::to_hex(id.value) + "\"}");
  }
  void connection_id(const types::ConnectionId& id) {
    block("{\"__connection_id__\":" + types::to_decimal_u128(id.value) + "}");
  }

 private:
  void open(char c) {
    out_->push_back(c);
    first_ = true;
  }
  void close(char c) {
    out_->push_back(c);
    first_ = false;
  }
  void separate() {
    if (!first_) out_->push_back(',');
    first_ = false;
  }

  std::string* out_;
  bool first_ = true;  ///< nothing yet in the innermost array or object
};

}  // namespace orrery::protocol::v1
