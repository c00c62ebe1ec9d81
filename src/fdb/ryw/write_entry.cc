#include "fdb/ryw/write_entry.h"

#include <memory>
#include <new>
#include <optional>

namespace orrery::fdb::ryw {
namespace {

/// The one operation that `below` and then `above` are together; nothing where there is none.
std::optional<Operation> joined(const Operation& below, const Operation& above, Arena& arena) {
  const bool sets =
      above.type == MutationType::kSetValue || above.type == MutationType::kSetVersionstampedValue;
  if (sets) return above;
  if (above.type == MutationType::kSetVersionstampedKey) return std::nullopt;
  if (below.type == MutationType::kSetValue || below.type == above.type) {
    return Operation{below.type, apply_atomic(above.type, below.value, above.value.value_or(""), arena)};
  }
  return std::nullopt;
}

}  // namespace

bool WriteEntry::may_be_absent() const {
  bool may = false;
  for_each_operation([&may](const Operation& operation) {
    if (operation.type == MutationType::kCompareAndClear) {
      may = true;
    } else if (operation.type == MutationType::kSetValue) {
      may = !operation.value;
    } else {
      may = false;
    }
  });
  return may;
}

void WriteEntry::replace(const Operation& operation) {
  has_operations = true;
  operation_count = 1;
  latest = nullptr;
  type = operation.type;
  value_present = operation.value.has_value();
  const std::string_view value = operation.value.value_or(std::string_view());
  value_data = value.data();
  value_size = static_cast<uint32_t>(value.size());
}

void WriteEntry::push(const Operation& operation, Arena& arena) {
  if (!has_operations) return replace(operation);
  latest = new (arena.allocate(sizeof(Later))) Later{operation, latest};
  operation_count++;
}

void WriteEntry::replace_top(const Operation& operation, Arena& arena) {
  if (latest == nullptr) return replace(operation);
  latest = new (arena.allocate(sizeof(Later))) Later{operation, latest->below};
}

void WriteEntry::add(const Operation& operation, Arena& arena) {
  const Operation below = top();
  const bool same = below.type == operation.type;
  bool apart = is_atomic(below.type) && is_atomic(operation.type);
  if (same && operation.type != MutationType::kCompareAndClear) {
    apart = joins_equal_sizes_only(operation.type) && below.value &&
            below.value->size() != operation.value->size();
  }
  if (!apart) {
    if (const auto one = joined(below, operation, arena)) return replace_top(*one, arena);
  }
  push(operation, arena);
}

Result<Value> WriteEntry::visible(Value base, Arena& arena) const {
  if (operation_count == 1 && !is_dependent()) return first().value;
  Operation current{MutationType::kSetValue, base};
  bool failed = false;
  for_each_operation([&](const Operation& operation) {
    if (failed) return;
    const auto next = joined(current, operation, arena);
    failed = !next || (next->type == MutationType::kSetVersionstampedKey);
    if (next) current = *next;
  });
  if (failed) return fail(error::operation_failed);
  return current.value;
}

}  // namespace orrery::fdb::ryw
