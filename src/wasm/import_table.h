// ImportTable: the host functions that guests may import; LinkedModule: a module whose imports are
// all resolved, ready to make instances from.
//
// A host function is a plain C++ function over HostCall& and numbers, registered by name with its
// signature taken from its type; a call costs the guest some nanoseconds and allocates nothing:
//
//   int32_t count_rows(HostCall& call, uint32_t table, uint32_t out) { ... }
//   table.define<count_rows>("module_1.0", "count_rows");
//
// An ImportTable is filled by one thread and then only read. LinkedModule is immutable and
// thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "wasm/value.h"

struct wasm_trap_t;
struct wasmtime_caller;
struct wasmtime_instance_pre;

namespace orrery::wasm {

class CompiledModule;
class Engine;
class Instance;

/// One call of a guest to the host.
class HostCall {
 public:
  explicit HostCall(Instance& instance) : instance_(instance) {}
  HostCall(const HostCall&) = delete;
  HostCall& operator=(const HostCall&) = delete;

  Instance& instance() { return instance_; }
  /// Ends the guest's whole call with a trap of kind kHost; what the function returns is lost.
  void trap(std::string message);
  bool trapped() const { return trap_ != nullptr; }

  wasm_trap_t* raw_trap() const { return trap_; }

 private:
  Instance& instance_;
  wasm_trap_t* trap_ = nullptr;
};

using RawHostFunction = wasm_trap_t* (*)(void* unused, wasmtime_caller* caller, Slot* slots,
                                         size_t count);

/// The instance that makes a call.
Instance& instance_of(wasmtime_caller* caller);

template <auto F>
struct HostFunction;
template <class R, class... A, R (*F)(HostCall&, A...)>
struct HostFunction<F> {
  static FunctionType type() {
    FunctionType out{{value_type_of<A>()...}, {}};
    if constexpr (!std::is_void_v<R>) out.results.push_back(value_type_of<R>());
    return out;
  }
  static wasm_trap_t* raw(void*, wasmtime_caller* caller, Slot* slots, size_t) {
    return run(caller, slots, std::index_sequence_for<A...>());
  }

 private:
  template <size_t... I>
  static wasm_trap_t* run(wasmtime_caller* caller, Slot* slots, std::index_sequence<I...>) {
    HostCall call(instance_of(caller));
    if constexpr (std::is_void_v<R>) {
      F(call, slots[I].template get<A>()...);
    } else {
      slots[0].set(F(call, slots[I].template get<A>()...));
    }
    return call.raw_trap();
  }
};

class ImportTable {
 public:
  struct Entry {
    std::string module;
    std::string name;
    FunctionType type;
    RawHostFunction function;
  };

  template <auto F>
  void define(std::string_view module, std::string_view name) {
    entries_.push_back(
        {std::string(module), std::string(name), HostFunction<F>::type(), HostFunction<F>::raw});
  }
  const Entry* find(std::string_view module, std::string_view name) const;

 private:
  std::vector<Entry> entries_;
};

class LinkedModule {
 public:
  /// kInvalidArgument naming the imports that the table does not have, or has with another type.
  static Result<std::shared_ptr<const LinkedModule>> link(
      std::shared_ptr<const CompiledModule> module, const ImportTable& imports);
  ~LinkedModule();
  LinkedModule(const LinkedModule&) = delete;
  LinkedModule& operator=(const LinkedModule&) = delete;

  const CompiledModule& module() const { return *module_; }
  const wasmtime_instance_pre* raw() const { return raw_; }

 private:
  LinkedModule(std::shared_ptr<const CompiledModule> module, wasmtime_instance_pre* raw);

  const std::shared_ptr<const CompiledModule> module_;
  wasmtime_instance_pre* const raw_;
};

}  // namespace orrery::wasm
