// What tests of the module ABI share: scripts for the probe (tests/modules/probe.c), a store with
// two tables of a small definition, and a host that remembers.
#pragma once

#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "env/environment.h"
#include "host/bound_tables.h"
#include "host/module_instance.h"
#include "host/module_log.h"
#include "storage/store.h"

namespace orrery::host {

/// The probe's numbers for the imports.
enum class Import : uint32_t {
  kTableId = 0,
  kIndexId = 1,
  kRowCount = 2,
  kTableScan = 3,
  kRangeScan = 4,
  kBtreeScan = 5,
  kDeleteRange = 6,
  kDeleteBtree = 7,
  kDeleteEqual = 8,
  kAdvance = 9,
  kCloseIter = 10,
  kInsert = 11,
  kUpdate = 12,
  kReadSource = 13,
  kWriteSink = 14,
  kLog = 15,
  kTimerStart = 16,
  kTimerEnd = 17,
  kIdentity = 18,
  kScheduleImmediate = 19,
  kRemaining = 20,
  kJwt = 21,
  kSleep = 22,
  kStartTx = 23,
  kCommitTx = 24,
  kAbortTx = 25,
  kHttp = 26,
  kPointScan = 27,
  kDeletePoint = 28,
  kClear = 29,
  kFdWrite = 40,
  kClockTime = 41,
  kRandom = 42,
  kArgsSizes = 43,
  kArgs = 44,
  kEnvironSizes = 45,
  kPrestat = 46,
  kFdstat = 47,
  kPoll = 48,
  kPathOpen = 49,
  kExit = 50,
  kCopy = 60,
};

/// Steps for the probe and the bytes they refer to.
class Script {
 public:
  static constexpr uint32_t kBase = 1 << 20;  ///< where the probe lays the script
  static constexpr uint32_t kDataAt = 4 + 64 * 40;

  /// The address of bytes that steps may use.
  uint32_t data(std::string_view bytes) {
    const uint32_t at = kBase + kDataAt + static_cast<uint32_t>(data_.size());
    data_.append(bytes);
    return at;
  }
  uint32_t word(uint32_t value = 0) {
    return data({reinterpret_cast<const char*>(&value), sizeof(value)});
  }
  uint32_t room(uint32_t bytes) { return data(std::string(bytes, '\xEE')); }
  /// The step's number.
  uint32_t step(Import import, std::initializer_list<uint32_t> arguments) {
    std::vector<uint32_t> words{static_cast<uint32_t>(import)};
    words.insert(words.end(), arguments);
    words.resize(10, 0);
    steps_.append(reinterpret_cast<const char*>(words.data()), 40);
    return count_++;
  }
  void set_arguments(uint32_t step, const std::vector<uint32_t>& arguments) {
    std::memcpy(steps_.data() + step * 40 + 4, arguments.data(), arguments.size() * 4);
  }
  /// The address of an argument of a step, for kCopy.
  static uint32_t argument(uint32_t step, uint32_t number) {
    return kBase + 4 + step * 40 + 4 + number * 4;
  }
  std::string bytes() const {
    std::string out(reinterpret_cast<const char*>(&count_), 4);
    out += steps_;
    out.resize(kDataAt, 0);
    return out + data_;
  }
  uint32_t count() const { return count_; }

 private:
  std::string steps_;
  std::string data_;
  uint32_t count_ = 0;
};

/// What a script left.
struct Ran {
  GuestOutcome outcome;
  uint32_t steps = 0;

  bool ok() const { return outcome.status == GuestStatus::kOk; }
  int64_t result(uint32_t step) const {
    int64_t out = INT64_MIN;
    if (outcome.value.size() >= (step + 1) * 8) {
      std::memcpy(&out, outcome.value.data() + step * 8, 8);
    }
    return out;
  }
  std::string bytes(uint32_t address, uint32_t size) const {
    const size_t at = steps * 8 + (address - Script::kBase);
    return at + size <= outcome.value.size() ? outcome.value.substr(at, size) : std::string();
  }
  uint32_t word(uint32_t address) const {
    uint32_t out = UINT32_MAX;
    const std::string four = bytes(address, 4);
    if (four.size() == 4) std::memcpy(&out, four.data(), 4);
    return out;
  }
};

class TestHost final : public GuestHost {
 public:
  TestHost() : log_(ModuleLog::open(env::system_environment(), "").value()) {}
  const types::Identity& identity() const override { return identity_; }
  ModuleLog& log() override { return *log_; }
  Result<std::optional<std::string>> jwt_payload(storage::Transaction&,
                                                 const types::ConnectionId& connection) override {
    if (connection.value == 7) return std::optional<std::string>("{\"sub\":\"me\"}");
    return std::optional<std::string>();
  }
  Result<std::optional<std::string>> environment_value(std::string_view key) override {
    if (key == "MODE") return std::optional<std::string>("debug");
    if (key == "EMPTY") return std::optional<std::string>("");
    if (key == "KEY1") return std::optional<std::string>();
    return Error(ErrorCode::kInvalidArgument, "not declared");
  }
  Status check_schedule(const BoundTable&, std::string_view row) override {
    if (row.find("far") == std::string_view::npos) return {};
    return Error(ErrorCode::kLimit, "too far ahead");
  }
  Status schedule_immediate(std::string function, std::string arguments) override {
    if (scheduled.size() > 10'000) return Error(ErrorCode::kLimit, "too many calls wait");
    scheduled += function + "(" + arguments + ")";
    return {};
  }
  std::string logged() { return log_->tail(100).value(); }

  std::string scheduled;

 private:
  types::Identity identity_{{{1, 2, 3, 4}}};
  std::unique_ptr<ModuleLog> log_;
};

/// A store with the tables item(id u64 automatic, name string, n u32) and note(text string, as if
/// scheduled), bound to a definition in which item is called Item.
struct ProbeTables {
  storage::Store store;
  std::shared_ptr<const BoundTables> tables;

  ProbeTables() {
    auto transaction = store.begin(storage::Isolation::kSnapshot);
    transaction->begin_statement();
    bool made = static_cast<bool>(transaction->create_table(items()));
    made = static_cast<bool>(transaction->create_table(notes())) && made;
    made = static_cast<bool>(transaction->end_statement()) && made;
    if (!made || !transaction->commit()) return;
    auto bound = BoundTables::bind(definition(), *store.catalog());
    if (bound) tables = *std::move(bound);
  }

 private:
  static storage::ColumnDef column(std::string name, types::AlgebraicType type) {
    storage::ColumnDef out;
    out.name = std::move(name);
    out.type = std::move(type);
    return out;
  }
  static storage::IndexDef index(std::string name, storage::IndexKind kind,
                                 std::vector<uint16_t> columns, bool unique) {
    storage::IndexDef out;
    out.name = std::move(name);
    out.kind = kind;
    out.columns = std::move(columns);
    out.unique = unique;
    return out;
  }
  static storage::TableDef items() {
    using types::AlgebraicType;
    storage::TableDef out;
    out.name = "item";
    out.columns = {column("id", AlgebraicType::u64()), column("name", AlgebraicType::string()),
                   column("n", AlgebraicType::u32())};
    out.columns[0].auto_increment = true;
    out.indexes = {index("item_id", storage::IndexKind::kBTree, {0}, true),
                   index("item_name", storage::IndexKind::kBTree, {1, 2}, false),
                   index("item_n", storage::IndexKind::kHash, {2}, false)};
    return out;
  }
  static storage::TableDef notes() {
    storage::TableDef out;
    out.name = "note";
    out.columns = {column("text", types::AlgebraicType::string())};
    out.indexes = {index("note_text", storage::IndexKind::kBTree, {0}, false)};
    return out;
  }
  static schema::IndexDef index_def(std::string name, std::string source,
                                    schema::ColumnList columns) {
    schema::IndexDef out;
    out.name = std::move(name);
    out.source_name = std::move(source);
    out.columns = std::move(columns);
    return out;
  }
  static std::shared_ptr<const schema::ModuleDef> definition() {
    schema::TableDef item;
    item.name = "item";
    item.accessor_name = "Item";
    item.indexes = {index_def("item_id", "Item_id_idx", {0}),
                    index_def("item_name", "Item_name_idx", {1, 2}),
                    index_def("item_n", "Item_n_idx", {2})};
    schema::TableDef note;
    note.name = "note";
    note.accessor_name = "note";
    note.indexes = {index_def("note_text", "Note_text_idx", {0})};
    note.schedule.emplace();
    schema::ModuleParts parts;
    parts.tables = {std::move(item), std::move(note)};
    return std::make_shared<schema::ModuleDef>(std::move(parts));
  }
};

/// The bytes of the probe.
inline std::string probe_program() {
  return env::read_file(*env::system_environment().files, ORRERY_TEST_MODULES "/probe.wasm",
                        1 << 20)
      .value();
}
/// A runtime that all tests share; calls may take 200 ms.
inline ModuleRuntime& test_runtime() {
  static const std::shared_ptr<ModuleRuntime> runtime =
      make_wasm_runtime(env::system_environment(), "",
                        {.fuel_per_call = 400'000'000, .memory_bytes = 64 << 20})
          .value();
  return *runtime;
}

}  // namespace orrery::host
