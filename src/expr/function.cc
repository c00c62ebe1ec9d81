#include "expr/function.h"

#include <algorithm>
#include <string>
#include <vector>

#include "expr/functions/family.h"

namespace orrery::expr {

using types::TypeId;

namespace {

struct Entry {
  std::string_view name;
  const Overload* overload = nullptr;
  const Dispatch* dispatch = nullptr;
};

struct Registry {
  std::vector<Entry> entries;  ///< by name
  std::vector<std::string_view> names;
};

const Registry& registry() {
  static const Registry* const instance = [] {
    auto* r = new Registry;
    for (const Family& family : all_families()) {
      for (const Overload& o : family.overloads)
        r->entries.push_back({o.function.name, &o, nullptr});
      for (const Dispatch& d : family.dispatches) r->entries.push_back({d.name, nullptr, &d});
    }
    std::sort(r->entries.begin(), r->entries.end(),
              [](const Entry& a, const Entry& b) { return a.name < b.name; });
    for (const Entry& e : r->entries) r->names.push_back(e.name);
    return r;
  }();
  return *instance;
}

const Entry* find(std::string_view name) {
  const auto& entries = registry().entries;
  auto at = std::lower_bound(entries.begin(), entries.end(), name,
                             [](const Entry& e, std::string_view n) { return e.name < n; });
  return at != entries.end() && at->name == name ? &*at : nullptr;
}

Error argument_count_error(std::string_view name, size_t min, size_t max, size_t given) {
  std::string message(name);
  message.append(" takes ").append(std::to_string(min));
  if (max == 255) {
    message.append(" or more");
  } else if (max != min) {
    message.append(" to ").append(std::to_string(max));
  }
  message.append(max == 1 ? " argument, " : " arguments, ");
  message.append(std::to_string(given)).append(given == 1 ? " was given" : " were given");
  return Error(ErrorCode::kInvalidArgument, std::move(message));
}

}  // namespace

Result<Resolved> resolve_function(std::string_view name, std::span<const TypeId> arguments) {
  const Entry* entry = find(name);
  if (entry == nullptr) {
    return Error(ErrorCode::kFunctionNotFound, "Function not found: " + std::string(name));
  }
  size_t min =
      entry->overload ? entry->overload->function.arguments_min : entry->dispatch->arguments_min;
  size_t max =
      entry->overload ? entry->overload->function.arguments_max : entry->dispatch->arguments_max;
  if (arguments.size() < min || (max != 255 && arguments.size() > max)) {
    return argument_count_error(name, min, max, arguments.size());
  }
  Resolved resolved{nullptr, TypeId::kNull, {}};
  if (entry->overload != nullptr) {
    resolved.function = &entry->overload->function;
    resolved.result = entry->overload->result;
    const auto& parameters = entry->overload->parameters;
    for (size_t i = 0; i < arguments.size(); ++i) {
      resolved.arguments.push_back(parameters[std::min(i, std::size(parameters) - 1)]);
    }
  } else {
    resolved.arguments.assign(arguments.size(), TypeId::kAny);
    entry->dispatch->pick(arguments, &resolved);
  }
  return resolved;
}

bool is_scalar_function(std::string_view name) {
  return find(name) != nullptr;
}

std::span<const std::string_view> scalar_function_names() {
  return registry().names;
}

bool find_aggregate(std::string_view name, AggregateKind* kind) {
  struct Row {
    std::string_view name;
    AggregateKind kind;
  };
  static constexpr Row kRows[] = {{"COUNT", AggregateKind::kCount},
                                  {"SUM", AggregateKind::kSum},
                                  {"AVG", AggregateKind::kAvg},
                                  {"MIN", AggregateKind::kMin},
                                  {"MAX", AggregateKind::kMax},
                                  {"FIRST", AggregateKind::kFirst},
                                  {"LAST", AggregateKind::kLast},
                                  {"MEDIAN", AggregateKind::kMedian},
                                  {"STRING_AGG", AggregateKind::kStringAgg},
                                  {"GROUP_CONCAT", AggregateKind::kStringAgg},
                                  {"ARRAY_AGG", AggregateKind::kArrayAgg},
                                  {"STDDEV", AggregateKind::kStddevPop},
                                  {"STDDEV_POP", AggregateKind::kStddevPop},
                                  {"STDDEV_SAMP", AggregateKind::kStddevSamp},
                                  {"VARIANCE", AggregateKind::kVarPop},
                                  {"VAR_POP", AggregateKind::kVarPop},
                                  {"VAR_SAMP", AggregateKind::kVarSamp}};
  for (const Row& row : kRows) {
    if (row.name != name) continue;
    *kind = row.kind;
    return true;
  }
  return false;
}

bool find_window_function(std::string_view name, WindowKind* kind) {
  struct Row {
    std::string_view name;
    WindowKind kind;
  };
  static constexpr Row kRows[] = {{"ROW_NUMBER", WindowKind::kRowNumber},
                                  {"RANK", WindowKind::kRank},
                                  {"DENSE_RANK", WindowKind::kDenseRank},
                                  {"NTILE", WindowKind::kNtile},
                                  {"LEAD", WindowKind::kLead},
                                  {"LAG", WindowKind::kLag},
                                  {"FIRST_VALUE", WindowKind::kFirstValue},
                                  {"LAST_VALUE", WindowKind::kLastValue},
                                  {"NTH_VALUE", WindowKind::kNthValue},
                                  {"PERCENT_RANK", WindowKind::kPercentRank},
                                  {"CUME_DIST", WindowKind::kCumeDist}};
  for (const Row& row : kRows) {
    if (row.name != name) continue;
    *kind = row.kind;
    return true;
  }
  AggregateKind aggregate;
  if (!find_aggregate(name, &aggregate)) return false;
  *kind = WindowKind::kAggregate;
  return true;
}

}  // namespace orrery::expr
