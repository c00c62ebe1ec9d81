// GroupTable: numbers the distinct rows of some key columns 0, 1, 2, ... in order of their first
// appearance. NULL equals NULL, 1 equals 1.0.
//
// Integer keys that lie close together are found by their value, others by hash. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "exec/column_buffer.h"
#include "types/vector.h"

namespace orrery::exec {

class GroupTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  void init(std::span<const types::TypeId> key_types);
  /// Forgets the groups, keeps memory.
  void clear();
  void release();

  uint32_t size() const { return keys_.size(); }
  const RowBuffer& keys() const { return keys_; }
  uint64_t bytes() const;

  /// groups[i] = number of the i-th selected row's group, made where it is new.
  void find_or_add(std::span<const types::Vector* const> keys, const types::Selection& sel,
                   uint32_t* groups);
  /// The same without making any: kNone where there is none.
  void find(std::span<const types::Vector* const> keys, const types::Selection& sel,
            uint32_t* groups);
  /// Of the rows given to find_or_add (with `before` = size() before that call), those that made a
  /// group: to out_rows; returns how many.
  static uint32_t new_rows(const uint32_t* groups, uint32_t before, const types::Selection& sel,
                           uint32_t* out_rows);

 private:
  /// One key column of the dense form: slot = (value - base) + 1, 0 = NULL.
  struct DenseKey {
    int64_t base = 0;
    uint64_t size = 0;    ///< values, without NULL
    uint64_t stride = 1;  ///< slots that one step of this key moves
  };
  bool dense_slots(std::span<const types::Vector* const> keys, const types::Selection& sel);
  bool widen(std::span<const types::Vector* const> keys, const types::Selection& sel);
  void refill_dense();
  void leave_dense();
  void find_or_add_dense(std::span<const types::Vector* const> keys, const types::Selection& sel,
                         uint32_t* groups);
  void find_or_add_hashed(std::span<const types::Vector* const> keys, const types::Selection& sel,
                          uint32_t* groups);
  template <class Equal>
  void add_hashed(const types::Selection& sel, Equal&& equal, uint32_t* groups);
  template <class Equal>
  void find_hashed(const types::Selection& sel, Equal&& equal, uint32_t* groups) const;
  /// Calls fn(equal) with the fastest comparison for these keys: equal(row, group).
  template <class Fn>
  void with_equality(std::span<const types::Vector* const> keys, Fn&& fn) const;
  bool same_key(std::span<const types::Vector* const> keys, uint32_t row, uint32_t group) const;
  void rehash(uint64_t slots);

  RowBuffer keys_;
  std::vector<types::TypeId> types_;
  bool can_be_dense_ = false;
  bool dense_ = false;
  std::vector<DenseKey> dense_keys_;
  std::vector<uint32_t> dense_slots_;  ///< group or kNone
  std::vector<uint64_t> slots_;        ///< high half of the hash, then group + 1; 0 = free
  std::vector<uint64_t> hashes_;       ///< scratch
  std::vector<uint32_t> slot_scratch_;
  std::vector<uint32_t> fresh_;  ///< rows of groups made by the call at hand, not yet in keys_
  uint64_t mask_ = 0;
};

}  // namespace orrery::exec
