#include "wasm/instance.h"

#include <cstring>

#include "base/assert.h"
#include "wasm/c_api.h"
#include "wasm/engine.h"
#include "wasm/import_table.h"
#include "wasm/module.h"

namespace orrery::wasm {
namespace {

static_assert(sizeof(Function) == sizeof(wasmtime_func_t));
constexpr size_t kFramesMax = 64;

TrapKind kind_of(wasmtime_trap_code_t code) {
  switch (code) {
    case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
      return TrapKind::kStackOverflow;
    case WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS:
    case WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS:
      return TrapKind::kOutOfBounds;
    case WASMTIME_TRAP_CODE_INTERRUPT:
    case WASMTIME_TRAP_CODE_OUT_OF_FUEL:
      return TrapKind::kTimeLimit;
    default:
      return TrapKind::kGuest;
  }
}

std::string_view message_of(wasmtime_trap_code_t code) {
  switch (code) {
    case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
      return "calls are nested too deep";
    case WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS:
      return "access outside of the memory";
    case WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS:
      return "access outside of a table";
    case WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL:
      return "indirect call to null";
    case WASMTIME_TRAP_CODE_BAD_SIGNATURE:
      return "indirect call of a function of another type";
    case WASMTIME_TRAP_CODE_INTEGER_OVERFLOW:
      return "integer overflow";
    case WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO:
      return "integer division by zero";
    case WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER:
      return "a number that does not fit an integer";
    case WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED:
      return "unreachable code was reached";
    case WASMTIME_TRAP_CODE_INTERRUPT:
      return "the time limit was reached";
    default:
      return "trap";
  }
}

std::vector<TrapFrame> frames_of(wasm_frame_vec_t* raw) {
  std::vector<TrapFrame> out;
  for (size_t i = 0; i < raw->size && i < kFramesMax; ++i) {
    const wasm_frame_t* frame = raw->data[i];
    const wasm_name_t* name = wasmtime_frame_func_name(frame);
    const wasm_name_t* module = wasmtime_frame_module_name(frame);
    out.push_back({.function = name != nullptr
                                   ? std::string(view_of(*name))
                                   : "function " + std::to_string(wasm_frame_func_index(frame)),
                   .module = module != nullptr ? std::string(view_of(*module)) : std::string()});
  }
  wasm_frame_vec_delete(raw);
  return out;
}

wasmtime_memory_t* memory_of(uint64_t* handle) {
  return reinterpret_cast<wasmtime_memory_t*>(handle);
}
wasmtime_instance_t* raw_instance(uint64_t* handle) {
  return reinterpret_cast<wasmtime_instance_t*>(handle);
}

}  // namespace

std::string Trap::backtrace() const {
  std::string out;
  for (const TrapFrame& frame : frames) {
    out += "  at " + (frame.module.empty() ? "" : frame.module + "!") + frame.function + "\n";
  }
  return out;
}

Instance& instance_of(wasmtime_caller* caller) {
  return *static_cast<Instance*>(wasmtime_context_get_data(wasmtime_caller_context(caller)));
}

void HostCall::trap(std::string message) {
  if (trap_ != nullptr) return;
  instance_.host_trap_ = std::move(message);
  // Of its own kind; the message stays here.
  trap_ = wasmtime_trap_new_code(WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED);
}

Instance::Instance(std::shared_ptr<const LinkedModule> module, void* host_data)
    : module_(std::move(module)), host_data_(host_data) {}

Instance::~Instance() {
  if (store_ != nullptr) wasmtime_store_delete(store_);
}

Result<std::unique_ptr<Instance>> Instance::create(std::shared_ptr<const LinkedModule> module,
                                                   const InstanceOptions& options, Trap* trap) {
  std::unique_ptr<Instance> instance(new Instance(std::move(module), options.host_data));
  ORRERY_TRY(instance->start(options, trap));
  return instance;
}

Status Instance::start(const InstanceOptions& options, Trap* trap) {
  static_assert(sizeof(memory_handle_) >= sizeof(wasmtime_memory_t));
  static_assert(sizeof(instance_handle_) >= sizeof(wasmtime_instance_t));
  const std::shared_ptr<Engine>& engine = module_->module().engine();
  store_ = wasmtime_store_new(engine->raw(), this, nullptr);
  context_ = wasmtime_store_context(store_);
  wasmtime_store_limiter(store_, static_cast<int64_t>(options.memory_bytes_max),
                         options.table_elements_max, 1, 16, 1);
  set_deadline_ticks(engine->ticks_of(options.start_nanos_max));
  wasm_trap_t* raw_trap = nullptr;
  wasmtime_error_t* error = wasmtime_instance_pre_instantiate(
      module_->raw(), context_, raw_instance(instance_handle_), &raw_trap);
  if (raw_trap != nullptr || error != nullptr) {
    fill_trap(raw_trap, error, trap);
    return Error(ErrorCode::kGeneric, "the module does not start: " + trap->message);
  }
  wasmtime_extern_t item;
  constexpr std::string_view kMemory = "memory";
  if (wasmtime_instance_export_get(context_, raw_instance(instance_handle_), kMemory.data(),
                                   kMemory.size(), &item)) {
    if (item.kind == WASMTIME_EXTERN_MEMORY) {
      *memory_of(memory_handle_) = item.of.memory;
      memory_ = wasmtime_memory_data(context_, memory_of(memory_handle_));
    }
    wasmtime_extern_delete(&item);
  }
  refresh_memory();
  return {};
}

void Instance::refresh_memory() {
  if (memory_ == nullptr) return;
  memory_bytes_ = wasmtime_memory_data_size(context_, memory_of(memory_handle_));
}

Result<Function> Instance::find_function(std::string_view name, const FunctionType& type) {
  const ExportInfo* found = module_->module().find_export(name);
  if (found == nullptr) return Function{};
  if (found->kind != ItemKind::kFunction || found->type != type) {
    return Error(ErrorCode::kInvalidArgument,
                 "export '" + std::string(name) + "' must be a function " + type.text() +
                     (found->kind == ItemKind::kFunction ? ", it is " + found->type.text() : ""));
  }
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(context_, raw_instance(instance_handle_), name.data(),
                                    name.size(), &item)) {
    return Function{};
  }
  Function out;
  std::memcpy(out.words, &item.of.func, sizeof(out.words));
  wasmtime_extern_delete(&item);
  return out;
}

void Instance::set_deadline_ticks(uint64_t ticks) {
  wasmtime_context_set_epoch_deadline(context_, ticks);
}

bool Instance::call(const Function& function, std::span<Slot> slots, Trap* trap) {
  wasm_trap_t* raw_trap = nullptr;
  wasmtime_error_t* error = wasmtime_func_call_unchecked(
      context_, reinterpret_cast<const wasmtime_func_t*>(&function),
      reinterpret_cast<wasmtime_val_raw_t*>(slots.data()), slots.size(), &raw_trap);
  if (raw_trap == nullptr && error == nullptr) [[likely]] {
    return true;
  }
  fill_trap(raw_trap, error, trap);
  return false;
}

void Instance::fill_trap(wasm_trap_t* raw, wasmtime_error* error, Trap* out) {
  wasmtime_trap_code_t code = 0;
  wasm_frame_vec_t frames;
  if (raw != nullptr) {
    wasm_trap_trace(raw, &frames);
    out->frames = frames_of(&frames);
    const bool known = wasmtime_trap_code(raw, &code);
    out->kind = known ? kind_of(code) : TrapKind::kGuest;
    out->message = known ? message_of(code) : "trap";
    wasm_trap_delete(raw);
  } else {
    wasmtime_error_wasm_trace(error, &frames);
    out->frames = frames_of(&frames);
    out->kind = TrapKind::kGuest;
    out->message = error_of(ErrorCode::kGeneric, "error", error).message();
  }
  if (!host_trap_.empty()) {
    out->kind = TrapKind::kHost;
    out->message = std::exchange(host_trap_, {});
  }
}

}  // namespace orrery::wasm
