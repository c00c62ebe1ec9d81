// WriteEntry: what a transaction wrote at one key, and to the open interval of keys behind it.
//
// All bytes and operations lie in the arena of the map and never change there, so entries are copied freely and a
// snapshot of the map shares them. Thread-safety: values.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/arena.h"
#include "fdb/error.h"
#include "fdb/ryw/atomic.h"
#include "fdb/ryw/mutation.h"

namespace orrery::fdb::ryw {

/// One write of a key. A SetValue without value: the key is absent, as CompareAndClear leaves it.
struct Operation {
  MutationType type = MutationType::kNoOp;
  Value value;
};

struct WriteEntry {
  /// A later operation on the key; `below` is the one before, null for the entry's first.
  struct Later {
    Operation operation;
    const Later* below;
  };

  const char* key_data = nullptr;
  uint32_t key_size = 0;
  MutationType type = MutationType::kNoOp;  // of the first operation
  // Where has_operations is false the key is part of the interval behind it.
  bool has_operations : 1 = false;
  bool value_present : 1 = false;
  bool key_conflict : 1 = false;
  bool key_unreadable : 1 = false;
  bool behind_cleared : 1 = false;
  bool behind_conflict : 1 = false;
  bool behind_unreadable : 1 = false;
  uint32_t value_size = 0;
  uint32_t operation_count = 0;
  const char* value_data = nullptr;
  const Later* latest = nullptr;

  std::string_view key() const { return {key_data, key_size}; }
  void set_key(std::string_view key) {
    key_data = key.data();
    key_size = static_cast<uint32_t>(key.size());
  }
  Operation first() const {
    return {type, value_present ? Value(std::string_view(value_data, value_size)) : std::nullopt};
  }
  Operation top() const { return latest != nullptr ? latest->operation : first(); }
  /// True where the value cannot be told without reading the database.
  bool is_dependent() const {
    return has_operations && type != MutationType::kSetValue &&
           type != MutationType::kSetVersionstampedValue &&
           type != MutationType::kSetVersionstampedKey;
  }
  /// True where the operations may leave the key without a value.
  bool may_be_absent() const;

  /// Makes the operation the only one.
  void replace(const Operation& operation);
  void push(const Operation& operation, Arena& arena);
  /// Joins the operation with the topmost one where both together are one operation, else pushes it.
  void add(const Operation& operation, Arena& arena);
  /// Calls `visit` with each operation, the first one first.
  template <class Visit>
  void for_each_operation(Visit visit) const;
  /// The value that the operations make of `base`; operation_failed where one follows a versionstamp.
  Result<Value> visible(Value base, Arena& arena) const;

 private:
  void replace_top(const Operation& operation, Arena& arena);
};
static_assert(sizeof(WriteEntry) == 40);

template <class Visit>
void WriteEntry::for_each_operation(Visit visit) const {
  if (!has_operations) return;
  visit(first());
  if (operation_count == 1) return;
  // Stacks are short but for odd programs; the list runs the other way.
  constexpr uint32_t kInline = 16;
  const Later* few[kInline];
  std::unique_ptr<const Later*[]> many;
  const Later** order = few;
  const uint32_t count = operation_count - 1;
  if (count > kInline) {
    many.reset(new const Later*[count]);
    order = many.get();
  }
  uint32_t i = count;
  for (const Later* later = latest; later != nullptr; later = later->below) order[--i] = later;
  for (i = 0; i < count; i++) visit(order[i]->operation);
}

}  // namespace orrery::fdb::ryw
