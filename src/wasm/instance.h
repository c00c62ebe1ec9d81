// Instance: a running module: its memory, its globals, its functions.
//
// One thread at a time, which need not always be the same one. Calls do not nest: host functions
// must not call into the instance that called them. After a trap the guest's state is whatever it
// was in the middle of; owners throw the instance away. Pointers into memory stay good while the
// instance lives (a memory grows in place and never shrinks).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wasm/value.h"

struct wasm_trap_t;
struct wasmtime_context;
struct wasmtime_error;
struct wasmtime_store;

namespace orrery::wasm {

class LinkedModule;

enum class TrapKind : uint8_t {
  kGuest,          ///< unreachable, division by zero, a bad indirect call: the guest's own doing
  kOutOfBounds,    ///< access outside of its memory or table
  kStackOverflow,  ///< calls too deep
  kTimeLimit,      ///< ran past its deadline
  kHost,           ///< a host function refused to go on
};

struct TrapFrame {
  std::string function;  ///< its name, where the module tells names; else its number
  std::string module;    ///< may be empty
};
struct Trap {
  TrapKind kind = TrapKind::kGuest;
  std::string message;
  std::vector<TrapFrame> frames;  ///< innermost first, at most 64

  /// A line per frame.
  std::string backtrace() const;
};

struct InstanceOptions {
  uint64_t memory_bytes_max = uint64_t{4} << 30;
  uint32_t table_elements_max = 1 << 20;
  int64_t start_nanos_max = 10'000'000'000;  ///< of the module's start function
  void* host_data = nullptr;                 ///< what host functions find through host_data()
};

/// An exported function, good for the instance that gave it.
struct Function {
  uint64_t words[2] = {0, 0};
  explicit operator bool() const { return words[0] != 0; }
};

class Instance {
 public:
  /// Runs the start function. `trap`, not null, is filled where that traps (kGeneric).
  static Result<std::unique_ptr<Instance>> create(std::shared_ptr<const LinkedModule> module,
                                                  const InstanceOptions& options, Trap* trap);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// Finds an exported function of this very type; without a value where there is none by the name.
  Result<Function> find_function(std::string_view name, const FunctionType& type);
  /// A call that is still going on when so many ticks have passed traps. Holds for later calls too.
  void set_deadline_ticks(uint64_t ticks);
  /// Arguments are in the front of `slots`, the result replaces slots[0]; there must be room for
  /// either. False: it trapped.
  [[nodiscard]] bool call(const Function& function, std::span<Slot> slots, Trap* trap);

  /// The bytes [address, address + size) of the guest's memory; nullptr where they are not all
  /// inside. No exported memory: as one of size 0.
  uint8_t* memory_at(uint32_t address, uint32_t size) {
    if (uint64_t{address} + size > memory_bytes_) [[unlikely]] {
      refresh_memory();
      if (uint64_t{address} + size > memory_bytes_) return nullptr;
    }
    return memory_ + address;
  }
  uint64_t memory_bytes() {
    refresh_memory();
    return memory_bytes_;
  }
  void* host_data() const { return host_data_; }
  const LinkedModule& module() const { return *module_; }

 private:
  friend class HostCall;
  Instance(std::shared_ptr<const LinkedModule> module, void* host_data);
  void refresh_memory();
  Status start(const InstanceOptions& options, Trap* trap);
  void fill_trap(wasm_trap_t* raw, wasmtime_error* error, Trap* out);

  const std::shared_ptr<const LinkedModule> module_;
  void* const host_data_;
  wasmtime_store* store_ = nullptr;
  wasmtime_context* context_ = nullptr;
  uint8_t* memory_ = nullptr;
  uint64_t memory_bytes_ = 0;  ///< at least so many; growth is noticed when it matters
  uint64_t memory_handle_[3] = {0, 0, 0};
  uint64_t instance_handle_[2] = {0, 0};
  std::string host_trap_;  ///< the message of the host function that ended the call
};

}  // namespace orrery::wasm
