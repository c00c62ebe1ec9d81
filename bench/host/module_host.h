// One of the modules of bench/host/modules, published on a database of its own, in memory or in a
// folder; reducers are called from the database's lane, some at once or one after the other.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "host/hosted_database.h"

namespace bench {

/// The value, or the end of the program.
template <class T>
T must(orrery::Result<T> result, const char* what);
[[noreturn]] void give_up(const char* what, const std::string& why);

/// Arguments of a reducer, or a row: numbers one behind the other.
template <class... T>
std::string packed(T... values) {
  std::string out;
  (out.append(reinterpret_cast<const char*>(&values), sizeof(values)), ...);
  return out;
}
/// A string as BSATN has it.
std::string packed_text(const std::string& text);

orrery::host::Caller module_owner();
std::string module_program(const std::string& name);

class ModuleHost {
 public:
  /// `folder` empty: in memory.
  explicit ModuleHost(const std::string& module, const std::string& folder = {});
  ~ModuleHost();
  ModuleHost(const ModuleHost&) = delete;
  ModuleHost& operator=(const ModuleHost&) = delete;

  orrery::host::HostedDatabase& database() { return *database_; }
  /// Nanoseconds of one call, from its begin to its commit being visible.
  uint64_t call(const std::string& reducer, const std::string& arguments = {});
  /// Calls `reducer` so many times, `window` of them queued at once; call i has arguments(i). Gives
  /// the nanoseconds of all. Calls that the module refuses count like others.
  uint64_t run(const std::string& reducer, uint64_t calls, uint32_t window,
               const std::function<std::string(uint64_t)>& arguments);
  /// The rows of a query, BSATN.
  std::string rows(const std::string& sql, uint64_t* count);
  /// What the module left in its table `answer`.
  uint64_t answer();
  /// Waits until everything is on the device.
  void wait_durable();

 private:
  std::shared_ptr<orrery::host::HostedDatabase> database_;
  uint64_t last_seq_ = 0;
};

template <class T>
T must(orrery::Result<T> result, const char* what) {
  if (!result) give_up(what, result.error().message());
  return std::move(*result);
}

}  // namespace bench
