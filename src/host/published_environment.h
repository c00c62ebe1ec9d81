// The environment of a database: texts that whoever publishes its module gives it, and that the
// module reads by name. Kept in st_env; declared by the module. Values and functions are plain.
//
// Errors are kInvalidArgument and never show a value.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sync.h"
#include "schema/module_def.h"

namespace orrery::host {

using EnvironmentMap = std::map<std::string, std::string, std::less<>>;

/// What a publish changes of the environment; whatever is not named stays.
struct EnvironmentUpdate {
  enum class Rest : uint8_t { kKeep, kRemove } rest = Rest::kKeep;
  EnvironmentMap values = {};
  std::vector<std::string> removed = {};

  bool is_empty() const { return rest == Rest::kKeep && values.empty() && removed.empty(); }
};

/// How the message begins that names, joined by ", ", what has no value though it must.
inline constexpr std::string_view kMissingEnvironment = "required environment is missing: ";

/// What is stored from then on; checked against the declarations of the module that will read it.
Result<EnvironmentMap> updated_environment(const EnvironmentMap& stored,
                                           const EnvironmentUpdate& update,
                                           const schema::ModuleDef& definition);

/// What the module that runs now may read. Thread-safe.
class PublishedEnvironment {
 public:
  struct State {
    EnvironmentMap stored;
    std::vector<std::string> declared;
  };
  /// Returns what was there before.
  std::shared_ptr<const State> replace(std::shared_ptr<const State> state);
  void set(EnvironmentMap stored, const schema::ModuleDef& definition);
  std::shared_ptr<const State> state() const;
  /// kInvalidArgument for what the module does not declare, nothing for what has no value.
  Result<std::optional<std::string>> value(std::string_view key) const;

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const State> state_ = std::make_shared<State>();  ///< guarded
};

}  // namespace orrery::host
