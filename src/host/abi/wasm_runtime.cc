#include <algorithm>
#include <cstring>

#include "host/abi/abi.h"
#include "host/abi/instance_env.h"
#include "host/energy.h"
#include "wasm/engine.h"
#include "wasm/import_table.h"
#include "wasm/instance.h"
#include "wasm/module.h"
#include "wasm/module_cache.h"

namespace orrery::host {
namespace {

using wasm::FunctionType;
using wasm::Slot;
using enum wasm::ValueType;

constexpr std::string_view kPreinitPrefix = "__preinit__";
constexpr int32_t kCodeOk = 0;
constexpr int32_t kCodeUserError = 1;
constexpr int32_t kCodeViewWithHeader = 2;

/// The functions that the host calls.
struct Entry {
  std::string_view name;
  FunctionType type;
};
const FunctionType kNothing{};

enum EntryId : uint8_t {
  kDescribe,
  kReducer,
  kProcedure,
  kView,
  kAnonymousView,
  kHttpHandler,
  kHttpHandlerWithSender,  ///< the same export as modules since 10.6 have it
  kSetup,
  kInitialize,
  kEntryCount,
};
const Entry* entries() {
  static const FunctionType kCall{{kI32, kI64, kI64, kI64, kI64, kI64, kI64, kI64, kI32, kI32},
                                  {kI32}};
  static const Entry kEntries[kEntryCount] = {
      {"__describe_module__", {{kI32}, {}}},
      {"__call_reducer__", kCall},
      {"__call_procedure__", kCall},
      {"__call_view__", {{kI32, kI64, kI64, kI64, kI64, kI32, kI32}, {kI32}}},
      {"__call_view_anon__", {{kI32, kI32, kI32}, {kI32}}},
      {"__call_http_handler__", {{kI32, kI64, kI32, kI32, kI32, kI32}, {kI32}}},
      {"__call_http_handler__",
       {{kI32, kI64, kI64, kI64, kI64, kI32, kI64, kI32, kI32, kI32, kI32}, {kI32}}},
      {"__setup__", {{kI32}, {kI32}}},
      {"_initialize", kNothing},
  };
  return kEntries;
}

Error refused(std::string why) {
  return Error(ErrorCode::kInvalidArgument, std::move(why));
}

/// Who a request to an HTTP handler comes from: nobody that is known, so an identity of its own.
struct HandlerSender {
  types::Identity identity;
  std::string jwt_payload;
};
HandlerSender make_handler_sender(const env::Environment& environment) {
  constexpr std::string_view kIssuer = "localhost";
  std::string subject;
  for (int i = 0; i < 2; ++i) subject += std::to_string(environment.random->next_u64());
  HandlerSender out{types::Identity::from_claims(kIssuer, subject), {}};
  out.jwt_payload = R"({"hex_identity":")" + out.identity.to_hex() + R"(","sub":")" + subject +
                    R"(","iss":")" + std::string(kIssuer) + R"(","aud":["spacetimedb"],"iat":)" +
                    std::to_string(environment.clock->wall_nanos() / 1'000'000'000) +
                    R"(,"exp":null})";
  return out;
}

/// A module's exports must be what the host will call them as.
Status check_exports(const wasm::CompiledModule& module) {
  const wasm::ExportInfo* memory = module.find_export("memory");
  if (memory == nullptr || memory->kind != wasm::ItemKind::kMemory) {
    return refused("the module exports no memory by the name 'memory'");
  }
  for (EntryId needed : {kDescribe, kReducer}) {
    if (module.find_export(entries()[needed].name) != nullptr) continue;
    return refused("the module does not export " + std::string(entries()[needed].name));
  }
  auto check = [](const wasm::ExportInfo& one, const FunctionType& type) -> Status {
    if (one.kind == wasm::ItemKind::kFunction && one.type == type) return {};
    return refused("the module's export " + one.name + " must be a function " + type.text() +
                   (one.kind == wasm::ItemKind::kFunction ? ", it is " + one.type.text() : ""));
  };
  for (const wasm::ExportInfo& one : module.exports()) {
    if (one.name.starts_with(kPreinitPrefix)) ORRERY_TRY(check(one, kNothing));
    for (uint32_t i = 0; i < kEntryCount; ++i) {
      if (entries()[i].name != one.name) continue;
      if (i == kHttpHandler && one.type == entries()[kHttpHandlerWithSender].type) break;
      ORRERY_TRY(check(one, entries()[i].type));
      break;
    }
  }
  return {};
}

class WasmInstance final : public ModuleInstance {
 public:
  WasmInstance(GuestHost& host, const env::Environment& environment, int64_t call_nanos,
               uint64_t deadline_ticks)
      : env_(host, environment), call_nanos_(call_nanos), deadline_ticks_(deadline_ticks) {}

  Status start(std::shared_ptr<const wasm::LinkedModule> module, const RuntimeLimits& limits,
               const std::vector<std::string>& preinits);

  Result<std::string> describe() override { return std::move(description_); }
  GuestOutcome call_reducer(GuestCall& call, uint32_t id, const Caller& caller,
                            int64_t timestamp_micros, std::string_view arguments) override;
  GuestOutcome call_view(GuestCall& call, uint32_t id, const types::Identity* sender,
                         std::string_view arguments) override;
  GuestOutcome call_procedure(ProcedureHost& host, uint32_t id, const Caller& caller,
                              int64_t timestamp_micros, std::string_view arguments) override;
  GuestOutcome call_http_handler(ProcedureHost& host, uint32_t id, int64_t timestamp_micros,
                                 std::string_view request, std::string_view body) override;
  bool broken() const override { return broken_; }

 private:
  /// Calls an entry and gives its code; the outcome's status is set where there is none.
  bool enter(EntryId entry, std::span<Slot> slots, GuestOutcome* out);
  Status prepare(std::string_view name, const wasm::Function& function, std::span<Slot> slots);
  Status set_up();
  Result<std::string> describe_now();
  void fill_error(uint32_t sink, int32_t code, GuestOutcome* out);
  void end_procedure(ProcedureHost& host);

  InstanceEnv env_;
  const int64_t call_nanos_;
  const uint64_t deadline_ticks_;  ///< the same
  std::unique_ptr<wasm::Instance> instance_;
  wasm::Function functions_[kEntryCount];
  std::string description_;  ///< until it is asked for
  bool broken_ = false;
};

void put_caller(Slot* slots, const Caller& caller) {
  for (int i = 0; i < 4; ++i) slots[i] = Slot::of(caller.identity.value.limbs[i]);
  slots[4] = Slot::of(static_cast<uint64_t>(caller.connection.value));
  slots[5] = Slot::of(static_cast<uint64_t>(caller.connection.value >> 64));
}

Status WasmInstance::start(std::shared_ptr<const wasm::LinkedModule> module,
                           const RuntimeLimits& limits, const std::vector<std::string>& preinits) {
  wasm::InstanceOptions options;
  options.memory_bytes_max = limits.memory_bytes;
  options.host_data = &env_;
  wasm::Trap trap;
  const wasm::CompiledModule& code = module->module();
  ORRERY_TRY_ASSIGN(instance_, wasm::Instance::create(module, options, &trap));
  for (uint32_t i = 0; i < kEntryCount; ++i) {
    const wasm::ExportInfo* found = code.find_export(entries()[i].name);
    if (found == nullptr || found->type != entries()[i].type) continue;
    ORRERY_TRY_ASSIGN(functions_[i],
                      instance_->find_function(entries()[i].name, entries()[i].type));
  }
  Slot slots[1];
  if (functions_[kInitialize]) {
    ORRERY_TRY(prepare(entries()[kInitialize].name, functions_[kInitialize], slots));
  }
  for (const std::string& name : preinits) {
    ORRERY_TRY_ASSIGN(wasm::Function preinit, instance_->find_function(name, kNothing));
    ORRERY_TRY(prepare(name, preinit, slots));
  }
  if (functions_[kSetup]) ORRERY_TRY(set_up());
  // Also of instances whose description nobody asks for: modules in Rust fill their tables of
  // functions while they describe themselves.
  ORRERY_TRY_ASSIGN(description_, describe_now());
  return {};
}

Status WasmInstance::set_up() {
  GuestCall none;
  env_.begin_call(none, nullptr);
  const uint32_t sink = env_.streams().add_sink();
  Slot slots[1] = {Slot::of(sink)};
  Status done = prepare(entries()[kSetup].name, functions_[kSetup], slots);
  env_.end_call();
  if (done && slots[0].get<int32_t>() != 0) {
    return refused("the module's __setup__ failed: " + lossy_text(env_.streams().sink(sink)));
  }
  return done;
}

Status WasmInstance::prepare(std::string_view name, const wasm::Function& function,
                             std::span<Slot> slots) {
  wasm::Trap trap;
  instance_->set_deadline_ticks(deadline_ticks_);
  if (instance_->call(function, slots, &trap)) return {};
  broken_ = true;
  return refused("the module's " + std::string(name) + " trapped: " + trap.message + "\n" +
                 trap.backtrace());
}

Result<std::string> WasmInstance::describe_now() {
  GuestCall none;
  env_.begin_call(none, nullptr);
  const uint32_t sink = env_.streams().add_sink();
  Slot slots[1] = {Slot::of(sink)};
  Status done = prepare(entries()[kDescribe].name, functions_[kDescribe], slots);
  env_.end_call();
  ORRERY_TRY(std::move(done));
  return std::move(env_.streams().sink(sink));
}

bool WasmInstance::enter(EntryId entry, std::span<Slot> slots, GuestOutcome* out) {
  if (!functions_[entry]) [[unlikely]] {
    out->status = GuestStatus::kFailed;
    out->message = "the module does not export " + std::string(entries()[entry].name);
    return false;
  }
  wasm::Trap trap;
  instance_->set_deadline_ticks(deadline_ticks_);
  if (instance_->call(functions_[entry], slots, &trap)) [[likely]] {
    return true;
  }
  broken_ = true;
  out->status =
      trap.kind == wasm::TrapKind::kTimeLimit ? GuestStatus::kLimit : GuestStatus::kFailed;
  out->message = std::move(trap.message);
  std::string frames;
  for (wasm::TrapFrame& frame : trap.frames) {
    if (!frames.empty()) frames += '\n';
    frames += frame.function;
    out->trace.push_back({std::move(frame.function), std::move(frame.module)});
  }
  env_.end_panic(frames);
  return false;
}

void WasmInstance::fill_error(uint32_t sink, int32_t code, GuestOutcome* out) {
  const std::string text = lossy_text(env_.streams().sink(sink));
  if (code == kCodeUserError) {
    out->status = GuestStatus::kUserError;
    out->message = text;
    return;
  }
  out->status = GuestStatus::kFailed;
  out->message = "unknown return code " + std::to_string(code);
  if (!text.empty()) out->message += ": " + text;
}

GuestOutcome WasmInstance::call_reducer(GuestCall& call, uint32_t id, const Caller& caller,
                                        int64_t timestamp_micros, std::string_view arguments) {
  GuestOutcome out;
  env_.begin_call(call, nullptr);
  const uint32_t source = env_.streams().add_borrowed(arguments);
  const uint32_t sink = env_.streams().add_sink();
  Slot slots[10];
  slots[0] = Slot::of(id);
  put_caller(slots + 1, caller);
  slots[7] = Slot::of(static_cast<uint64_t>(timestamp_micros));
  slots[8] = Slot::of(source);
  slots[9] = Slot::of(sink);
  if (enter(kReducer, slots, &out)) {
    const int32_t code = slots[0].get<int32_t>();
    if (code != kCodeOk) fill_error(sink, code, &out);
  }
  env_.end_call();
  return out;
}

GuestOutcome WasmInstance::call_view(GuestCall& call, uint32_t id, const types::Identity* sender,
                                     std::string_view arguments) {
  GuestOutcome out;
  env_.begin_call(call, nullptr);
  const uint32_t source = env_.streams().add_borrowed(arguments);
  const uint32_t sink = env_.streams().add_sink();
  Slot slots[7];
  uint32_t at = 0;
  slots[at++] = Slot::of(id);
  if (sender != nullptr) {
    for (uint64_t limb : sender->value.limbs) slots[at++] = Slot::of(limb);
  }
  slots[at++] = Slot::of(source);
  slots[at++] = Slot::of(sink);
  if (enter(sender != nullptr ? kView : kAnonymousView, std::span(slots, at), &out)) {
    const int32_t code = slots[0].get<int32_t>();
    if (code == kCodeOk || code == kCodeViewWithHeader) {
      out.legacy_view = code == kCodeOk;
      out.value = std::move(env_.streams().sink(sink));
    } else {
      fill_error(sink, code, &out);
    }
  }
  env_.end_call();
  return out;
}

/// A transaction that is still open is rolled back.
void WasmInstance::end_procedure(ProcedureHost& host) {
  if (host.call().transaction != nullptr) {
    env_.iterators().close_all();
    LogRecord record;
    record.level = LogLevel::kError;
    record.target = ModuleLog::kSystemTarget;
    record.message = "the function ended with its transaction open; it was rolled back";
    env_.log(record);
    const Status undone = host.abort_transaction();
    (void)undone;  // there is nothing left to do about it
  }
  env_.end_call();
}

GuestOutcome WasmInstance::call_procedure(ProcedureHost& host, uint32_t id, const Caller& caller,
                                          int64_t timestamp_micros, std::string_view arguments) {
  GuestOutcome out;
  env_.begin_call(host.call(), &host);
  env_.limit_time(call_nanos_);
  const uint32_t source = env_.streams().add_borrowed(arguments);
  const uint32_t sink = env_.streams().add_sink();
  Slot slots[10];
  slots[0] = Slot::of(id);
  put_caller(slots + 1, caller);
  slots[7] = Slot::of(static_cast<uint64_t>(timestamp_micros));
  slots[8] = Slot::of(source);
  slots[9] = Slot::of(sink);
  if (enter(kProcedure, slots, &out)) {
    if (slots[0].get<int32_t>() == kCodeOk) {
      out.value = std::move(env_.streams().sink(sink));
    } else {
      fill_error(sink, kCodeUserError, &out);
    }
  }
  end_procedure(host);
  return out;
}

GuestOutcome WasmInstance::call_http_handler(ProcedureHost& host, uint32_t id,
                                             int64_t timestamp_micros, std::string_view request,
                                             std::string_view body) {
  GuestOutcome out;
  env_.begin_call(host.call(), &host);
  env_.limit_time(call_nanos_);
  const bool with_sender = static_cast<bool>(functions_[kHttpHandlerWithSender]);
  const HandlerSender sender =
      with_sender ? make_handler_sender(env_.environment()) : HandlerSender();
  const uint32_t token_source = env_.streams().add_borrowed(sender.jwt_payload);
  const uint32_t request_source = env_.streams().add_borrowed(request);
  const uint32_t body_source = env_.streams().add_borrowed(body);
  const uint32_t response_sink = env_.streams().add_sink();
  const uint32_t body_sink = env_.streams().add_sink();
  Slot slots[11];
  uint32_t at = 0;
  slots[at++] = Slot::of(id);
  if (with_sender) {
    for (uint64_t limb : sender.identity.value.limbs) slots[at++] = Slot::of(limb);
    slots[at++] = Slot::of(token_source);
  }
  slots[at++] = Slot::of(static_cast<uint64_t>(timestamp_micros));
  for (uint32_t stream : {request_source, body_source, response_sink, body_sink}) {
    slots[at++] = Slot::of(stream);
  }
  if (enter(with_sender ? kHttpHandlerWithSender : kHttpHandler, std::span(slots, at), &out)) {
    if (slots[0].get<int32_t>() == kCodeOk) {
      out.value = std::move(env_.streams().sink(response_sink));
      out.body = std::move(env_.streams().sink(body_sink));
    } else {
      fill_error(response_sink, kCodeUserError, &out);
    }
  }
  end_procedure(host);
  return out;
}

class WasmModule final : public LoadedModule {
 public:
  WasmModule(std::shared_ptr<const wasm::LinkedModule> linked, const env::Environment& environment,
             const RuntimeLimits& limits)
      : linked_(std::move(linked)), environment_(environment), limits_(limits) {
    for (const wasm::ExportInfo& one : linked_->module().exports()) {
      if (one.name.starts_with(kPreinitPrefix)) preinits_.push_back(one.name);
    }
    std::sort(preinits_.begin(), preinits_.end());
  }

  Result<std::unique_ptr<ModuleInstance>> instantiate(GuestHost& host) override {
    const wasm::Engine& engine = *linked_->module().engine();
    const double seconds = static_cast<double>(limits_.fuel_per_call) / kEnergyPerSecond;
    const int64_t nanos = static_cast<int64_t>(std::min(seconds, 1e9) * 1e9);
    auto made = std::make_unique<WasmInstance>(host, environment_, nanos, engine.ticks_of(nanos));
    ORRERY_TRY(made->start(linked_, limits_, preinits_));
    return std::unique_ptr<ModuleInstance>(std::move(made));
  }

 private:
  const std::shared_ptr<const wasm::LinkedModule> linked_;
  const env::Environment environment_;
  const RuntimeLimits limits_;
  std::vector<std::string> preinits_;
};

class WasmRuntime final : public ModuleRuntime {
 public:
  WasmRuntime(std::shared_ptr<wasm::Engine> engine, const env::Environment& environment,
              std::string cache_directory, const RuntimeLimits& limits)
      : engine_(std::move(engine)), environment_(environment), limits_(limits) {
    if (!cache_directory.empty()) {
      cache_ = std::make_unique<wasm::ModuleCache>(*environment_.files, std::move(cache_directory));
    }
  }

  Result<std::shared_ptr<LoadedModule>> load(std::string_view program) override {
    ORRERY_TRY_ASSIGN(auto compiled, cache_ != nullptr
                                         ? cache_->get(engine_, program)
                                         : wasm::CompiledModule::compile(engine_, program));
    ORRERY_TRY_ASSIGN(AbiVersion version, detect_abi(*compiled));
    (void)version;  // all of them are served by the same functions
    ORRERY_TRY(check_exports(*compiled));
    ORRERY_TRY_ASSIGN(auto linked, wasm::LinkedModule::link(compiled, abi_imports()));
    return std::shared_ptr<LoadedModule>(
        std::make_shared<WasmModule>(std::move(linked), environment_, limits_));
  }

 private:
  const std::shared_ptr<wasm::Engine> engine_;
  const env::Environment environment_;
  const RuntimeLimits limits_;
  std::unique_ptr<wasm::ModuleCache> cache_;
};

}  // namespace

Result<std::shared_ptr<ModuleRuntime>> make_wasm_runtime(const env::Environment& environment,
                                                         std::string cache_directory,
                                                         const RuntimeLimits& limits) {
  ORRERY_TRY_ASSIGN(auto engine, wasm::Engine::create({}, environment));
  return std::shared_ptr<ModuleRuntime>(std::make_shared<WasmRuntime>(
      std::move(engine), environment, std::move(cache_directory), limits));
}

}  // namespace orrery::host
