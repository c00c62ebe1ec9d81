// What a table is: columns, indexes, constraints. Plain values; copied into each Table and into the
// catalog tables.
//
// Column and constraint expressions are kept as SQL text; the layers above parse and bind them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/algebraic_type.h"
#include "types/type_id.h"
#include "types/wide_int.h"

namespace orrery::storage {

using TableId = uint32_t;
using IndexId = uint32_t;
using RowId = uint64_t;      ///< a row's slot; stable while the row lives, kept across restarts
using CommitSeq = uint64_t;  ///< position in the one order of commits; 0 = before everything
using TxnId = uint64_t;

enum class Isolation : uint8_t { kReadCommitted = 0, kSnapshot = 1 };
/// kDirect: dense integers to rows, one load per lookup.
enum class IndexKind : uint8_t { kBTree = 0, kHash = 1, kDirect = 2 };

struct ColumnDef {
  std::string name;
  types::AlgebraicType type;  ///< Option(...) where the column may hold NULL
  std::string default_sql;    ///< canonical text, empty = none
  std::string check_sql;      ///< canonical text of the column's CHECK, empty = none
  bool auto_increment = false;
  std::string alias{};  ///< another name that finds it (its name in a module's source), or empty

  types::TypeId sql_type() const { return types::sql_type_of(type); }
  bool nullable() const { return types::is_nullable(type); }
};

struct IndexDef {
  IndexId id = 0;  ///< unique in the store, the same after a restart, never used again
  std::string name;
  IndexKind kind = IndexKind::kBTree;
  bool unique = false;
  bool primary = false;   ///< the primary key's own index, not listed by SHOW INDEXES
  bool implicit = false;  ///< made by a UNIQUE or PRIMARY KEY clause
  std::vector<uint16_t> columns;
  std::string method;  ///< as SHOW INDEXES prints it: BTREE HASH BITMAP MULTICOLUMN
  std::string alias{};
};

/// Numbers for an integer column (8 to 256 bits). A row that is inserted or updated with 0 (SQL: NULL
/// too) there gets the next one, cut to the column's width; other values stay and leave the sequence
/// where it is. Behind the last number of [min, max] it goes on at the other end. A number is given
/// out once, whatever becomes of the transaction, unless the sequence wraps; after a restart up to
/// kSequenceBatch numbers are skipped. SQL's AUTO_INCREMENT (one more than the largest) is another
/// thing; a column has at most one of them.
struct SequenceDef {
  std::string name;
  uint16_t column = 0;
  types::I128 start = 1;
  types::I128 min = 1;
  types::I128 max = static_cast<types::I128>(~types::U128{0} >> 1);
  types::I128 increment = 1;  ///< not 0; smaller in magnitude than max - min

  friend bool operator==(const SequenceDef&, const SequenceDef&) = default;
};
inline constexpr uint32_t kSequenceBatch = 4096;

struct TableDef {
  TableId id = 0;  ///< unique in the store, the same after a restart, never used again
  std::string name;
  std::vector<ColumnDef> columns;
  std::vector<IndexDef> indexes;
  std::vector<std::string> checks;  ///< table-level CHECK texts
  int32_t primary_key = -1;         ///< column of a single-column INTEGER primary key, or -1
  bool system = false;
  /// The table is a set: inserting a row that is there already, equal in every column, succeeds and
  /// changes nothing.
  bool row_set = false;
  /// Rows are seen by the transaction that inserted them and by whoever gets its ChangeSet; its
  /// commit takes them out of the table. They are in no log and no checkpoint.
  bool event = false;
  std::vector<SequenceDef> sequences;
  std::string alias{};

  /// By name, else by alias, case-insensitive; -1 where there is none.
  int32_t find_column(std::string_view name) const;
};

struct ViewDef {
  std::string name;
  std::string sql;  ///< canonical text of the SELECT
};

}  // namespace orrery::storage
