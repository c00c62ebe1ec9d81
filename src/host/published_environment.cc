#include "host/published_environment.h"

#include <algorithm>
#include <set>
#include <utility>

namespace orrery::host {
namespace {

constexpr size_t kValuesMax = 256;

Error refused(std::string_view key, std::string_view what) {
  return Error(ErrorCode::kInvalidArgument,
               "environment key \"" + std::string(key) + "\": " + std::string(what));
}

Status check_update(const EnvironmentUpdate& update) {
  std::set<std::string_view> removed;
  for (const std::string& key : update.removed) {
    if (!schema::is_environment_name(key)) {
      return Error(ErrorCode::kInvalidArgument, "an environment key is no name");
    }
    if (!removed.insert(key).second || update.values.contains(key)) {
      return refused(key, "is to be changed twice");
    }
  }
  for (const auto& [key, value] : update.values) {
    if (!schema::is_environment_name(key)) {
      return Error(ErrorCode::kInvalidArgument, "an environment key is no name");
    }
    if (value.size() > schema::kEnvironmentValueBytesMax) return refused(key, "value is too long");
  }
  return {};
}

}  // namespace

Result<EnvironmentMap> updated_environment(const EnvironmentMap& stored,
                                           const EnvironmentUpdate& update,
                                           const schema::ModuleDef& definition) {
  ORRERY_TRY(check_update(update));
  EnvironmentMap out;
  if (update.rest == EnvironmentUpdate::Rest::kKeep) out = stored;
  for (const std::string& key : update.removed) out.erase(key);
  for (const auto& [key, value] : update.values) out.insert_or_assign(key, value);
  if (out.size() > kValuesMax) {
    return Error(ErrorCode::kInvalidArgument, "the environment has too many values");
  }
  std::string missing;
  for (const schema::RawEnvironmentDeclaration& declared : definition.environment()) {
    const auto found = out.find(declared.name);
    if (found == out.end()) {
      if (declared.optional) continue;
      missing += (missing.empty() ? "" : ", ") + declared.name;
    } else if (declared.kind != schema::EnvironmentKind::kText &&
               std::find(declared.allowed.begin(), declared.allowed.end(), found->second) ==
                   declared.allowed.end()) {
      return refused(declared.name, "the value is none of those that the module declares");
    }
  }
  if (!missing.empty()) {
    return Error(ErrorCode::kInvalidArgument, std::string(kMissingEnvironment) + missing);
  }
  return out;
}

std::shared_ptr<const PublishedEnvironment::State> PublishedEnvironment::replace(
    std::shared_ptr<const State> state) {
  LockGuard<Mutex> lock(mutex_);
  return std::exchange(state_, std::move(state));
}

void PublishedEnvironment::set(EnvironmentMap stored, const schema::ModuleDef& definition) {
  auto made = std::make_shared<State>();
  made->stored = std::move(stored);
  for (const schema::RawEnvironmentDeclaration& declared : definition.environment()) {
    made->declared.push_back(declared.name);
  }
  replace(std::move(made));
}

std::shared_ptr<const PublishedEnvironment::State> PublishedEnvironment::state() const {
  LockGuard<Mutex> lock(mutex_);
  return state_;
}

Result<std::optional<std::string>> PublishedEnvironment::value(std::string_view key) const {
  const std::shared_ptr<const State> now = state();
  if (std::find(now->declared.begin(), now->declared.end(), key) == now->declared.end()) {
    return Error(ErrorCode::kInvalidArgument, "the module does not declare this environment key");
  }
  const auto found = now->stored.find(key);
  if (found == now->stored.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

}  // namespace orrery::host
