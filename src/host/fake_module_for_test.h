// A module that is written in the test: a definition, and C++ functions in the place of guest code.
// Functions work on the call's transaction as the ABI's imports do.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/sync.h"
#include "host/host_options.h"
#include "host/hosted_database.h"
#include "host/module_instance.h"
#include "host/module_log.h"
#include "schema/raw_codec.h"
#include "storage/datastore.h"

namespace orrery::host {

struct FakeCall {
  GuestHost* host = nullptr;
  GuestCall* call = nullptr;
  ProcedureHost* procedure = nullptr;
  Caller caller;
  int64_t timestamp = 0;
  std::string_view arguments;

  const BoundTable& table(std::string_view name) const {
    const BoundTable* found = call->tables->find_table(name);
    EXPECT_NE(found, nullptr) << name;
    return *found;
  }
  Status insert(std::string_view name, std::string_view row, std::string* generated = nullptr) {
    const BoundTable& to = table(name);
    call->transaction->begin_statement();
    Status done;
    if (to.scheduled) done = host->check_schedule(to, row);
    if (done) {
      auto id = storage::insert_bsatn(*call->transaction, *to.table, row, generated);
      if (!id) done = std::move(id).error();
    }
    if (done) done = call->transaction->end_statement();
    if (!done) call->transaction->abort_statement();
    return done;
  }
  Status remove(std::string_view name, std::string_view row) {
    call->transaction->begin_statement();
    std::string array("\1\0\0\0", 4);
    array += row;
    auto gone = storage::delete_equal_bsatn(*call->transaction, *table(name).table, array);
    if (!gone) {
      call->transaction->abort_statement();
      return std::move(gone).error();
    }
    return call->transaction->end_statement();
  }
  /// All rows, one behind the other.
  std::string scan(std::string_view name) const {
    const BoundTable& from = table(name);
    if (call->reads != nullptr) call->reads->read_table(from);
    std::string out(1 << 20, '\0');
    storage::BsatnScan scan(*from.table, call->transaction->view());
    auto filled = scan.fill({reinterpret_cast<uint8_t*>(out.data()), out.size()});
    out.resize(filled.bytes);
    return out;
  }
  /// The rows with one key.
  std::string point(std::string_view index_name, std::string_view key) const {
    const BoundIndex* index = call->tables->find_index(index_name);
    EXPECT_NE(index, nullptr) << index_name;
    auto range = storage::decode_point(*index->table->table, *index->index, key);
    EXPECT_TRUE(range);
    if (call->reads != nullptr) call->reads->read_range(*index, *range);
    std::string out(1 << 16, '\0');
    storage::BsatnScan scan(*index->table->table, *index->index, call->transaction->view(), *range);
    auto filled = scan.fill({reinterpret_cast<uint8_t*>(out.data()), out.size()});
    out.resize(filled.bytes);
    return out;
  }
};

using FakeFunction = std::function<GuestOutcome(FakeCall&)>;

inline GuestOutcome ok(std::string value = {}) {
  GuestOutcome out;
  out.value = std::move(value);
  return out;
}
inline GuestOutcome user_error(std::string message) {
  GuestOutcome out;
  out.status = GuestStatus::kUserError;
  out.message = std::move(message);
  return out;
}
inline GuestOutcome trap() {
  GuestOutcome out;
  out.status = GuestStatus::kFailed;
  out.message = "unreachable";
  out.trace.push_back({"boom", "fake"});
  return out;
}

struct FakeModule {
  schema::RawModuleDefV10 def;
  std::vector<FakeFunction> reducers;
  std::vector<FakeFunction> procedures;
  std::vector<FakeFunction> views;            ///< by index
  std::vector<FakeFunction> anonymous_views;  ///< by index
};

class FakeRuntime final : public ModuleRuntime {
 public:
  void add(std::string program, FakeModule module) {
    LockGuard<Mutex> lock(mutex_);
    modules_[std::move(program)] = std::make_shared<FakeModule>(std::move(module));
  }
  Result<std::shared_ptr<LoadedModule>> load(std::string_view program) override {
    LockGuard<Mutex> lock(mutex_);
    auto found = modules_.find(std::string(program));
    if (found == modules_.end()) return Error(ErrorCode::kInvalidArgument, "not a module");
    return std::shared_ptr<LoadedModule>(std::make_shared<Loaded>(found->second));
  }

 private:
  class Instance final : public ModuleInstance {
   public:
    Instance(std::shared_ptr<FakeModule> module, GuestHost& host)
        : module_(std::move(module)), host_(host) {}
    Result<std::string> describe() override {
      return schema::encode_module_def(schema::RawModuleDef(module_->def));
    }
    GuestOutcome call_reducer(GuestCall& call, uint32_t id, const Caller& caller,
                              int64_t timestamp, std::string_view arguments) override {
      return run(module_->reducers, id, {&host_, &call, nullptr, caller, timestamp, arguments});
    }
    GuestOutcome call_view(GuestCall& call, uint32_t id, const types::Identity* sender,
                           std::string_view arguments) override {
      Caller caller;
      if (sender != nullptr) caller.identity = *sender;
      return run(sender == nullptr ? module_->anonymous_views : module_->views, id,
                 {&host_, &call, nullptr, caller, 0, arguments});
    }
    GuestOutcome call_procedure(ProcedureHost& host, uint32_t id, const Caller& caller,
                                int64_t timestamp, std::string_view arguments) override {
      return run(module_->procedures, id,
                 {&host_, &host.call(), &host, caller, timestamp, arguments});
    }
    GuestOutcome call_http_handler(ProcedureHost&, uint32_t, int64_t, std::string_view,
                                   std::string_view) override {
      return trap();
    }
    bool broken() const override { return broken_; }

   private:
    GuestOutcome run(const std::vector<FakeFunction>& functions, uint32_t id, FakeCall call) {
      EXPECT_FALSE(broken_) << "an instance that trapped is used again";
      GuestOutcome out = functions.at(id)(call);
      broken_ = out.status == GuestStatus::kFailed || out.status == GuestStatus::kLimit;
      return out;
    }
    std::shared_ptr<FakeModule> module_;
    GuestHost& host_;
    bool broken_ = false;
  };
  class Loaded final : public LoadedModule {
   public:
    explicit Loaded(std::shared_ptr<FakeModule> module) : module_(std::move(module)) {}
    Result<std::unique_ptr<ModuleInstance>> instantiate(GuestHost& host) override {
      return std::unique_ptr<ModuleInstance>(std::make_unique<Instance>(module_, host));
    }

   private:
    std::shared_ptr<FakeModule> module_;
  };

  Mutex mutex_;
  std::map<std::string, std::shared_ptr<FakeModule>> modules_;
};

/// Waits for what a callback brings.
template <class T>
class Answer {
 public:
  void set(T value) {
    LockGuard<Mutex> lock(mutex_);
    value_ = std::make_unique<T>(std::move(value));
    changed_.notify_all();
  }
  T take() {
    UniqueLock<Mutex> lock(mutex_);
    changed_.wait(lock, [this] { return value_ != nullptr; });
    return std::move(*value_);
  }
  bool there() {
    LockGuard<Mutex> lock(mutex_);
    return value_ != nullptr;
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::unique_ptr<T> value_;
};

inline CallOutcome reducer(HostedDatabase& database, const Caller& caller, std::string name,
                           std::string arguments = {}) {
  Answer<CallOutcome> answer;
  database.call_reducer(caller, std::move(name), std::move(arguments),
                        [&](const CallOutcome& outcome) { answer.set(outcome); });
  return answer.take();
}
inline CallOutcome procedure(HostedDatabase& database, const Caller& caller, std::string name,
                             std::string arguments = {}) {
  Answer<CallOutcome> answer;
  database.call_procedure(caller, std::move(name), std::move(arguments),
                          [&](const CallOutcome& outcome) { answer.set(outcome); });
  return answer.take();
}
inline Result<SqlReport> sql(HostedDatabase& database, const Caller& caller, std::string text) {
  Answer<std::unique_ptr<Result<SqlReport>>> answer;
  database.run_sql(caller, std::move(text), [&](Result<SqlReport> report) {
    answer.set(std::make_unique<Result<SqlReport>>(std::move(report)));
  });
  return std::move(*answer.take());
}
/// Runs `task` on the database's lane.
inline void on_lane(HostedDatabase& database, std::function<void()> task) {
  Answer<int> done;
  database.post([&] {
    task();
    done.set(0);
  });
  done.take();
}

inline std::string text_bytes(std::string_view text) {
  ByteWriter out;
  out.write_prefixed(text);
  return out.buffer();
}
template <class T>
std::string raw_bytes(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

inline types::Identity identity_of(std::string_view name) {
  return types::Identity::from_claims("test", name);
}
inline Caller caller_of(std::string_view name, uint64_t connection = 1) {
  Caller out;
  out.identity = identity_of(name);
  out.connection.value = connection;
  return out;
}

}  // namespace orrery::host
