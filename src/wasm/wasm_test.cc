#include <gtest/gtest.h>

#include "env/environment.h"
#include "env/simulated.h"
#include "wasm/engine.h"
#include "wasm/import_table.h"
#include "wasm/instance.h"
#include "wasm/module.h"
#include "wasm/module_cache.h"

namespace orrery::wasm {
namespace {

std::shared_ptr<Engine> engine() {
  static const std::shared_ptr<Engine> made =
      Engine::create({.tick_nanos = 1'000'000}, env::system_environment()).value();
  return made;
}

std::string binary(std::string_view text) {
  auto made = binary_of_text(text);
  EXPECT_TRUE(made) << made.error().message();
  return made ? *made : std::string();
}

std::shared_ptr<const CompiledModule> compiled(std::string_view text) {
  auto module = CompiledModule::compile(engine(), binary(text));
  EXPECT_TRUE(module) << module.error().message();
  return *module;
}

Result<std::unique_ptr<Instance>> start(std::string_view text, const ImportTable& imports = {},
                                        InstanceOptions options = {}) {
  ORRERY_TRY_ASSIGN(auto linked, LinkedModule::link(compiled(text), imports));
  Trap trap;
  return Instance::create(linked, options, &trap);
}

const FunctionType kNothing{};
const FunctionType kToI32{{}, {ValueType::kI32}};

/// Runs the export "run" of type () -> (), which must trap.
Trap trap_of(Instance& instance, uint64_t deadline = 1000) {
  auto run = instance.find_function("run", kNothing);
  EXPECT_TRUE(run && *run);
  instance.set_deadline_ticks(deadline);
  Trap trap;
  Slot none[1];
  EXPECT_FALSE(instance.call(*run, none, &trap));
  return trap;
}

TEST(Module, TellsImportsAndExports) {
  auto module = compiled(R"((module
    (import "a" "f" (func (param i32 i64) (result f64)))
    (func (export "g") (param f32) (result i32) (i32.const 1))
    (memory (export "memory") 1)))");
  ASSERT_EQ(module->imports().size(), 1u);
  EXPECT_EQ(module->imports()[0].module, "a");
  EXPECT_EQ(module->imports()[0].name, "f");
  EXPECT_EQ(module->imports()[0].type.text(), "(i32, i64) -> f64");
  ASSERT_EQ(module->exports().size(), 2u);
  EXPECT_EQ(module->find_export("g")->type.text(), "(f32) -> i32");
  EXPECT_EQ(module->find_export("memory")->kind, ItemKind::kMemory);
  EXPECT_EQ(module->find_export("h"), nullptr);
}

TEST(Module, RefusesWhatIsNone) {
  for (std::string bytes : {std::string(), std::string("hello"), std::string("\0asm", 4),
                            std::string("(module)"), std::string("\0asm\1\0\0\0\xff\xff", 10)}) {
    auto module = CompiledModule::compile(engine(), bytes);
    ASSERT_FALSE(module);
    EXPECT_EQ(module.error().code(), ErrorCode::kInvalidArgument);
  }
  auto wide = CompiledModule::compile(engine(), binary("(module (memory i64 1))"));
  EXPECT_FALSE(wide);
}

TEST(Module, EveryTruncationIsAnErrorOrAModule) {
  const std::string whole = binary(R"((module (memory (export "memory") 1)
    (func (export "f") (result i32) (i32.const 7))))");
  for (size_t n = 0; n < whole.size(); ++n) {
    auto module = CompiledModule::compile(engine(), std::string_view(whole).substr(0, n));
    // Cut between two sections it may be a smaller module.
    if (!module) {
      EXPECT_FALSE(module.error().message().empty());
    }
  }
}

int32_t add_all(HostCall& call, int32_t a, int64_t b, float c, double d) {
  EXPECT_NE(call.instance().host_data(), nullptr);
  return static_cast<int32_t>(a + b + static_cast<int64_t>(c) + static_cast<int64_t>(d));
}
void note(HostCall& call, uint32_t address, uint32_t size) {
  const uint8_t* bytes = call.instance().memory_at(address, size);
  if (bytes == nullptr) return call.trap("note is outside of the memory");
  static_cast<std::string*>(call.instance().host_data())
      ->append(reinterpret_cast<const char*>(bytes), size);
}

TEST(Instance, CallsBothWays) {
  ImportTable imports;
  imports.define<add_all>("host", "add");
  imports.define<note>("host", "note");
  std::string noted;
  auto instance = start(R"((module
    (import "host" "add" (func $add (param i32 i64 f32 f64) (result i32)))
    (import "host" "note" (func $note (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "hello")
    (func (export "run") (param i32) (result i32)
      (call $note (i32.const 16) (i32.const 5))
      (call $add (local.get 0) (i64.const 20) (f32.const 300) (f64.const 4000)))))",
                        imports, {.host_data = &noted});
  ASSERT_TRUE(instance) << instance.error().message();
  auto run = (*instance)->find_function("run", {{ValueType::kI32}, {ValueType::kI32}});
  ASSERT_TRUE(run && *run);
  (*instance)->set_deadline_ticks(1000);
  for (int i = 0; i < 3; ++i) {
    Slot slots[1] = {Slot::of(static_cast<uint32_t>(i))};
    Trap trap;
    ASSERT_TRUE((*instance)->call(*run, slots, &trap)) << trap.message;
    EXPECT_EQ(slots[0].get<int32_t>(), 4320 + i);
  }
  EXPECT_EQ(noted, "hellohellohello");
}

TEST(Instance, ExportsAreFoundByTheirType) {
  auto instance = start(R"((module (func (export "f") (result i32) (i32.const 1))
                                   (memory (export "m") 1)))");
  ASSERT_TRUE(instance);
  EXPECT_TRUE(static_cast<bool>(*(*instance)->find_function("f", kToI32)));
  auto missing = (*instance)->find_function("g", kToI32);
  ASSERT_TRUE(missing);
  EXPECT_FALSE(static_cast<bool>(*missing));
  auto wrong = (*instance)->find_function("f", kNothing);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message().find("() -> i32"), std::string::npos);
  EXPECT_FALSE((*instance)->find_function("m", kNothing));
  // There is a memory, but not by the name that counts.
  EXPECT_EQ((*instance)->memory_at(0, 1), nullptr);
}

TEST(Instance, MemoryIsBoundedAndKeepsItsPlace) {
  auto instance = start(R"((module (memory (export "memory") 1)
    (func (export "run") (drop (memory.grow (i32.const 2))))))");
  ASSERT_TRUE(instance);
  Instance& i = **instance;
  uint8_t* first = i.memory_at(0, 65536);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(i.memory_at(0, 65537), nullptr);
  EXPECT_EQ(i.memory_at(65536, 1), nullptr);
  EXPECT_NE(i.memory_at(65536, 0), nullptr);
  EXPECT_EQ(i.memory_at(UINT32_MAX, UINT32_MAX), nullptr);
  Slot none[1];
  Trap trap;
  i.set_deadline_ticks(1000);
  ASSERT_TRUE(i.call(*i.find_function("run", kNothing), none, &trap));
  EXPECT_EQ(i.memory_at(0, 3 * 65536), first);
  EXPECT_EQ(i.memory_at(0, 3 * 65536 + 1), nullptr);
  EXPECT_EQ(i.memory_bytes(), 3u * 65536);
}

TEST(Instance, TrapsTellWhatAndWhere) {
  struct Case {
    const char* body;
    TrapKind kind;
    const char* message;
  };
  for (const Case& one : {
           Case{"unreachable", TrapKind::kGuest, "unreachable"},
           Case{"(drop (i32.load (i32.const -4)))", TrapKind::kOutOfBounds,
                "outside of the memory"},
           Case{"(drop (i32.div_u (i32.const 1) (i32.const 0)))", TrapKind::kGuest, "division"},
           Case{"(call $inner)", TrapKind::kStackOverflow, "too deep"},
           Case{"(loop $again (br $again))", TrapKind::kTimeLimit, "time limit"},
           Case{"(call $note (i32.const 65535) (i32.const 2))", TrapKind::kHost, "note is outside"},
       }) {
    ImportTable imports;
    imports.define<note>("host", "note");
    std::string noted;
    const std::string text = R"((module
      (import "host" "note" (func $note (param i32 i32)))
      (memory (export "memory") 1)
      (func $inner (call $inner))
      (func $culprit )" + std::string(one.body) +
                             R"()
      (func (export "run") (call $culprit))))";
    auto instance = start(text, imports, {.host_data = &noted});
    ASSERT_TRUE(instance) << one.body;
    const Trap trap = trap_of(**instance, 20);
    EXPECT_EQ(trap.kind, one.kind) << one.body;
    EXPECT_NE(trap.message.find(one.message), std::string::npos) << trap.message;
    EXPECT_NE(trap.backtrace().find(one.kind == TrapKind::kStackOverflow ? "inner" : "culprit"),
              std::string::npos)
        << trap.backtrace();
  }
}

TEST(Instance, HoldsToItsMemoryLimit) {
  auto instance = start(R"((module (memory (export "memory") 1)
    (func (export "run") (result i32) (memory.grow (i32.const 1000)))))",
                        {}, {.memory_bytes_max = 1 << 20});
  ASSERT_TRUE(instance);
  Slot slots[1];
  Trap trap;
  (*instance)->set_deadline_ticks(1000);
  ASSERT_TRUE((*instance)->call(*(*instance)->find_function("run", kToI32), slots, &trap));
  EXPECT_EQ(slots[0].get<int32_t>(), -1);
  auto large =
      start(R"((module (memory (export "memory") 100)))", {}, {.memory_bytes_max = 1 << 20});
  EXPECT_FALSE(large);
}

TEST(Instance, AStartFunctionMayTrapOrLoop) {
  auto trapped = start("(module (func $s unreachable) (start $s))");
  ASSERT_FALSE(trapped);
  EXPECT_NE(trapped.error().message().find("unreachable"), std::string::npos);
  auto looped =
      start("(module (func $s (loop $l (br $l))) (start $s))", {}, {.start_nanos_max = 20'000'000});
  ASSERT_FALSE(looped);
  EXPECT_NE(looped.error().message().find("time limit"), std::string::npos);
}

TEST(Link, NamesEveryImportThatIsMissing) {
  ImportTable imports;
  imports.define<note>("host", "note");
  auto linked = LinkedModule::link(compiled(R"((module
      (import "host" "note" (func (param i32)))
      (import "env" "exit" (func))
      (import "env" "counter" (global i32))))"),
                                   imports);
  ASSERT_FALSE(linked);
  EXPECT_EQ(linked.error().code(), ErrorCode::kInvalidArgument);
  for (const char* part : {"host.note", "(i32, i32)", "env.exit", "env.counter (not a function)"}) {
    EXPECT_NE(linked.error().message().find(part), std::string::npos) << linked.error().message();
  }
}

TEST(Cache, KeepsCodeAndNeverTrustsDamage) {
  env::SimFileSystem files(1);
  ModuleCache cache(files, "/cache");
  const std::string wasm = binary(R"((module (func (export "f") (result i32) (i32.const 7))))");
  auto first = cache.get(engine(), wasm);
  ASSERT_TRUE(first) << first.error().message();
  const std::string path = cache.path_of(wasm);
  ASSERT_TRUE(files.exists(path));
  auto works = [&] {
    auto module = cache.get(engine(), wasm);
    if (!module) return false;
    auto linked = LinkedModule::link(*module, {});
    Trap trap;
    auto instance = Instance::create(*linked, {}, &trap);
    Slot slots[1];
    (*instance)->set_deadline_ticks(1000);
    return (*instance)->call(*(*instance)->find_function("f", kToI32), slots, &trap) &&
           slots[0].get<int32_t>() == 7;
  };
  EXPECT_TRUE(works());
  const std::string good = *env::read_file(files, path, 1 << 30);
  for (size_t at : {size_t{0}, size_t{30}, good.size() / 2, good.size() - 1}) {
    std::string bad = good;
    bad[at] ^= 1;
    auto file = files.open(path, env::OpenMode::kTruncate);
    ASSERT_TRUE((*file)->append(bad));
    ASSERT_TRUE((*file)->close());
    EXPECT_TRUE(works());
    EXPECT_EQ(*env::read_file(files, path, 1 << 30), good) << "kept anew";
  }
}

TEST(Cache, ForgetsWhatWasLongestNotUsed) {
  env::SimFileSystem files(1);
  auto module = [](int n) {
    return binary("(module (func (export \"f\") (result i32) (i32.const " + std::to_string(n) + ")))");
  };
  uint64_t bytes = 0;
  {
    ModuleCache cache(files, "/cache");
    ASSERT_TRUE(cache.get(engine(), module(1)));
    bytes = env::read_file(files, cache.path_of(module(1)), 1 << 30)->size();
  }
  // Room for two and a half.
  ModuleCache cache(files, "/cache", bytes * 5 / 2);
  auto kept = [&](int n) { return files.exists(cache.path_of(module(n))); };
  ASSERT_TRUE(cache.get(engine(), module(2)));
  ASSERT_TRUE(cache.get(engine(), module(1)));
  EXPECT_TRUE(kept(1) && kept(2));
  ASSERT_TRUE(cache.get(engine(), module(3)));
  EXPECT_TRUE(kept(1));
  EXPECT_FALSE(kept(2));
  EXPECT_TRUE(kept(3));
  // One that is larger than all there is room for is kept while it is the last.
  ModuleCache small(files, "/cache", 1);
  ASSERT_TRUE(small.get(engine(), module(4)));
  EXPECT_TRUE(kept(4));
  EXPECT_FALSE(kept(1) || kept(3));
}

}  // namespace
}  // namespace orrery::wasm
