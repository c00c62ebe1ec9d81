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

  types::TypeId sql_type() const { return types::sql_type_of(type); }
  bool nullable() const { return types::is_nullable(type); }
};

struct IndexDef {
  IndexId id = 0;
  std::string name;
  IndexKind kind = IndexKind::kBTree;
  bool unique = false;
  bool primary = false;   ///< the primary key's own index, not listed by SHOW INDEXES
  bool implicit = false;  ///< made by a UNIQUE or PRIMARY KEY clause
  std::vector<uint16_t> columns;
  std::string method;  ///< as SHOW INDEXES prints it: BTREE HASH BITMAP MULTICOLUMN
};

struct TableDef {
  TableId id = 0;
  std::string name;
  std::vector<ColumnDef> columns;
  std::vector<IndexDef> indexes;
  std::vector<std::string> checks;  ///< table-level CHECK texts
  int32_t primary_key = -1;         ///< column of a single-column INTEGER primary key, or -1
  bool system = false;

  /// Case-insensitive; -1 where there is none.
  int32_t find_column(std::string_view name) const;
};

struct ViewDef {
  std::string name;
  std::string sql;  ///< canonical text of the SELECT
};

}  // namespace orrery::storage
