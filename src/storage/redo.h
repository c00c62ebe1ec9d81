// Redo: what a committed transaction did, as bytes; and the same notation for the definitions of a
// checkpoint.
//
// Numbers are little-endian base-128 varints (7 bits a byte, low first, high bit = more follow)
// unless a width is given; signed ones are zigzag-coded; a string is a varint length and its bytes; a
// row is the BSATN product of its columns, which ends by itself.
//
// Redo of one transaction:
//   u8 1 (version), then operations to the end, in the order of time:
//   1 put rows    table, first row id, count, rows (successive row ids; new rows, or new content)
//   2 erase       table, row id
//   3 sequence    table, signed largest automatic key
//   4 create table    definition
//   5 drop table      table
//   6 truncate        table
//   7 create index    table, index definition
//   8 drop index      table, index id
//   9 create view     string name, string SQL
//  10 drop view       string name
//  11 rewrite         definition; for each of its columns: signed old column or -1, fill value
//                     (u8 SQL type, 0 = NULL; BOOLEAN u8; INTEGER and TIMESTAMP signed; FLOAT 8
//                     bytes; others string). Row ids stay.
// Rows are laid out as the table's definition stands at that point.
//
// Definition of a table:
//   table id, string name, column count, for each column: string name, string type (BSATN of the
//   AlgebraicType), string default, string check, u8 flags (1 = auto increment); index count, index
//   definitions; check count, strings; signed primary key column or -1
// Definition of an index:
//   index id, string name, u8 kind, u8 flags (1 unique, 2 primary, 4 implicit), string method,
//   column count, columns
// Definitions of a checkpoint (Store::load_schema):
//   u8 1 (version); next table id, next index id; table count, for each: definition, signed largest
//   automatic key; view count, for each: string name, string SQL
//
// Everything read is checked; what is malformed gives kCorruption. Stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/schema.h"
#include "storage/transaction.h"

namespace orrery::storage {

struct TransactionImpl;

inline constexpr uint8_t kRedoVersion = 1;

enum class RedoOp : uint8_t {
  kPutRows = 1,
  kErase = 2,
  kSequence = 3,
  kCreateTable = 4,
  kDropTable = 5,
  kTruncate = 6,
  kCreateIndex = 7,
  kDropIndex = 8,
  kCreateView = 9,
  kDropView = 10,
  kRewrite = 11,
};

/// Appends the redo of a transaction that is about to commit.
void append_redo(const TransactionImpl& transaction, std::string* out);

void append_varint(uint64_t v, std::string* out);
void append_signed(int64_t v, std::string* out);
void append_string(std::string_view s, std::string* out);
void append_index_def(const IndexDef& def, std::string* out);
void append_table_def(const TableDef& def, std::string* out);
void append_fill(const types::Value& value, std::string* out);

/// Takes pieces from the front of borrowed bytes; false (and done for good) where they are
/// malformed.
class RedoReader {
 public:
  explicit RedoReader(std::string_view bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  void skip(size_t bytes) { rest_.remove_prefix(bytes); }

  [[nodiscard]] bool byte(uint8_t* out);
  [[nodiscard]] bool varint(uint64_t* out);
  /// A varint that must not exceed `max`.
  [[nodiscard]] bool number(uint64_t max, uint64_t* out);
  [[nodiscard]] bool signed_number(int64_t* out);
  [[nodiscard]] bool string(std::string_view* out);
  [[nodiscard]] bool string(std::string* out);
  [[nodiscard]] bool index_def(size_t column_count, IndexDef* out);
  [[nodiscard]] bool table_def(TableDef* out);
  [[nodiscard]] bool fill(types::Value* out);

 private:
  std::string_view rest_;
};

}  // namespace orrery::storage
