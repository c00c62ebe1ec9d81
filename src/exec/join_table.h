// JoinTable: the build side of a hash join. Rows are kept as columns; chains of row numbers start
// at buckets of the key's hash, or at the key itself where integer keys lie close together. Chains
// ascend, so matches come in build order.
//
// Rows with a NULL key are kept but are in no chain. Not thread-safe while building.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "exec/column_buffer.h"
#include "types/vector.h"

namespace orrery::exec {

class JoinTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// `key_columns`: which columns are the keys; `probe_types`: of the other side
  /// (INTEGER and FLOAT meet by value).
  void init(std::span<const types::TypeId> types, std::vector<uint32_t> key_columns,
            std::vector<types::TypeId> probe_types);
  RowBuffer& rows() { return rows_; }
  const RowBuffer& rows() const { return rows_; }
  /// Makes the chains of the rows there are.
  void build();
  void clear();
  uint64_t bytes() const;
  bool has_null_key() const { return has_null_key_; }
  const std::vector<uint32_t>& key_columns() const { return key_columns_; }

  /// For the i-th selected row: heads[i] = first candidate or kNone; hashes[i] where needed.
  void find_heads(std::span<const types::Vector* const> keys, const types::Selection& sel,
                  uint32_t* heads, uint64_t* hashes) const;
  uint32_t next(uint32_t row) const { return next_[row]; }
  /// From candidate `row` on, the first that equals the key; kNone where there is none.
  uint32_t next_match(std::span<const types::Vector* const> keys, uint32_t probe_row, uint64_t hash,
                      uint32_t row) const {
    switch (mode_) {
      case Mode::kDirect:
        return row;
      case Mode::kInteger: {
        int64_t key = keys[0]->cell<int64_t>(probe_row);
        const auto* cells = rows_.column(key_columns_[0]).data<int64_t>();
        while (row != kNone && cells[row] != key) row = next_[row];
        return row;
      }
      case Mode::kGeneric:
        while (row != kNone && !matches(keys, probe_row, hash, row)) row = next_[row];
        return row;
    }
    return kNone;
  }

 private:
  enum class Mode : uint8_t { kDirect, kInteger, kGeneric };
  bool matches(std::span<const types::Vector* const> keys, uint32_t probe_row, uint64_t hash,
               uint32_t row) const;
  bool build_direct();
  void mark_null_keys();

  RowBuffer rows_;
  std::vector<uint32_t> key_columns_;
  Mode mode_ = Mode::kGeneric;
  bool integer_keys_ = false;
  bool has_null_key_ = false;
  std::vector<uint8_t> null_key_;  ///< per row, only where there are any
  std::vector<uint32_t> heads_;
  std::vector<uint32_t> next_;
  std::vector<uint64_t> hashes_;
  uint64_t mask_ = 0;
  int64_t direct_base_ = 0;
};

}  // namespace orrery::exec
