// What a call of a module costs: the bare guest, the guest under the ABI, and a reducer with its
// transaction, from the database's own lane and from another thread.
#include <cstdio>
#include <string>
#include <vector>

#include "bench/host/bank_host.h"
#include "bench/lib/report.h"
#include "wasm/engine.h"
#include "wasm/import_table.h"
#include "wasm/instance.h"
#include "wasm/module.h"

namespace bench {
namespace {

namespace wasm = orrery::wasm;

const char* const kHelp = R"(module [--quick] [--json]
Nanoseconds per call: a bare call of a guest function with the parameters of a reducer; an empty reducer in a database
with its transaction, posted one after the other and 64 at a time.
)";

constexpr int kRounds = 7;

struct Bare {
  std::shared_ptr<wasm::Engine> engine;
  std::shared_ptr<const wasm::CompiledModule> compiled;
  wasm::ImportTable imports;
  std::unique_ptr<wasm::Instance> instance;
  wasm::Function function;

  Bare() {
    using enum wasm::ValueType;
    engine = must(wasm::Engine::create({}, orrery::env::system_environment()), "engine");
    const std::string binary = must(
        wasm::binary_of_text("(module (memory (export \"memory\") 1) (func (export \"f\") (param "
                             "i32 i64 i64 i64 i64 i64 i64 i64 i32 i32) (result i32) i32.const 0))"),
        "module");
    compiled = must(wasm::CompiledModule::compile(engine, binary), "compile");
    auto linked = must(wasm::LinkedModule::link(compiled, imports), "link");
    instance = must(wasm::Instance::create(linked, {}, nullptr), "instance");
    instance->set_deadline_ticks(1'000'000);
    function = must(
        instance->find_function("f", {{kI32, kI64, kI64, kI64, kI64, kI64, kI64, kI64, kI32, kI32},
                                      {kI32}}),
        "function");
  }
  uint64_t run(uint64_t calls) {
    const uint64_t started = now_nanos();
    for (uint64_t i = 0; i < calls; ++i) {
      wasm::Slot slots[10] = {};
      wasm::Trap trap;
      if (!instance->call(function, slots, &trap)) std::exit(1);
    }
    return now_nanos() - started;
  }
};

int run(int argc, char** argv) {
  const Arguments arguments = parse_arguments(argc, argv, kHelp, {});
  const uint64_t calls = arguments.quick ? 100'000 : 1'000'000;
  Bare bare;
  BankHost host;
  struct Case {
    const char* name;
    const char* engine;
    std::function<uint64_t()> run;
  };
  auto nothing = [](uint64_t) { return std::string(); };
  const std::vector<Case> cases = {
      {"bare call", "wasmtime", [&] { return bare.run(calls); }},
      {"empty reducer, one at a time", "orrery",
       [&] { return host.run("noop", calls, 1, nothing, now_nanos); }},
      {"empty reducer, 64 at a time", "orrery",
       [&] { return host.run("noop", calls, 64, nothing, now_nanos); }},
  };
  double base = 0;
  for (const Case& one : cases) {
    std::vector<double> samples;
    (void)one.run();
    for (int round = 0; round < kRounds; ++round) {
      samples.push_back(static_cast<double>(one.run()) / static_cast<double>(calls));
    }
    const Spread spread = spread_of(samples);
    if (base == 0) base = spread.median;
    if (arguments.form == Form::kJson) {
      print_json({"module", one.name, one.engine, spread, calls, 0});
    } else {
      std::printf("%-32s %-9s %8.1f ns  +- %5.1f   %5.1fx a bare call\n", one.name, one.engine,
                  spread.median, spread.mad, spread.median / base);
    }
  }
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(argc, argv); }
