// Guest: one import's view of the module that called it: its memory and the environment behind it.
//
// An address that is null or a range that is not all inside of the module's memory ends the call by
// a trap: the function then gives up and returns anything.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "host/abi/instance_env.h"
#include "wasm/import_table.h"
#include "wasm/instance.h"

namespace orrery::host {

class Guest {
 public:
  explicit Guest(wasm::HostCall& call)
      : call_(call), env_(*static_cast<InstanceEnv*>(call.instance().host_data())) {}

  InstanceEnv& env() { return env_; }
  wasm::HostCall& call() { return call_; }
  /// Nothing was wrong so far.
  bool ok() const { return !call_.trapped(); }

  uint8_t* bytes(uint32_t address, uint32_t size) {
    uint8_t* at = address == 0 ? nullptr : call_.instance().memory_at(address, size);
    if (at == nullptr) [[unlikely]] {
      refuse(address, size);
    }
    return at;
  }
  std::string_view view(uint32_t address, uint32_t size) {
    const uint8_t* at = bytes(address, size);
    if (at == nullptr) return {};
    return {reinterpret_cast<const char*>(at), size};
  }
  std::span<uint8_t> span(uint32_t address, uint32_t size) {
    uint8_t* at = bytes(address, size);
    if (at == nullptr) return {};
    return {at, size};
  }
  /// A name that must be UTF-8.
  std::string_view text(uint32_t address, uint32_t size) {
    const std::string_view out = view(address, size);
    check_utf8(out);
    return out;
  }
  void check_utf8(std::string_view text) {
    if (!utf8_valid(text)) call_.trap("a name is not valid UTF-8");
  }
  template <class T>
  T load(const uint8_t* at) const {
    T out;
    std::memcpy(&out, at, sizeof(T));
    return out;
  }
  template <class T>
  void store(uint8_t* at, T value) const {
    std::memcpy(at, &value, sizeof(T));
  }

 private:
  void refuse(uint32_t address, uint32_t size) {
    call_.trap(address == 0 ? std::string("a null pointer was passed to the host")
                            : "bytes " + std::to_string(address) + " to " +
                                  std::to_string(uint64_t{address} + size) +
                                  " are outside of the module's memory");
  }

  wasm::HostCall& call_;
  InstanceEnv& env_;
};

}  // namespace orrery::host
