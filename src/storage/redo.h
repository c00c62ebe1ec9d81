// Redo: what a committed transaction did, as bytes; and the same notation for the definitions of a
// checkpoint.
//
// Numbers are little-endian base-128 varints (7 bits a byte, low first, high bit = more follow)
// unless a width is given; signed ones are zigzag-coded; a string is a varint length and its bytes; a
// row is the BSATN product of its columns, which ends by itself.
//
// Redo of one transaction:
//   u8 version, then operations to the end, in the order of time:
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
//                     bytes; others string; 255, in version 2: string with the BSATN of a value of
//                     the new column). Row ids stay.
//  12 reservation (version 2)  table, place of the sequence in the definition, number of the
//                     reservation, i128 first number after a restart (16 bytes). Counts where its
//                     number is larger than those before.
// Rows are laid out as the table's definition stands at that point.
//
// Definition of a table:
//   table id, string name, column count, for each column: string name, string type (BSATN of the
//   AlgebraicType), string default, string check, u8 flags (1 = auto increment); index count, index
//   definitions; check count, strings; signed primary key column or -1
// Definition of an index:
//   index id, string name, u8 kind, u8 flags (1 unique, 2 primary, 4 implicit), string method,
//   column count, columns
// In version 2 a definition of an index ends with a string (alias), and one of a table with: string
// alias; for each column a string (alias); u8 flags (1 set of rows, 2 event); sequence count, for
// each: string name, column, and as 16 bytes each start, min, max, increment.
// Definitions of a checkpoint (Store::load_schema):
//   u8 version; next table id, next index id; table count, for each: definition, signed largest
//   automatic key, and in version 2 for each of its sequences number of the last reservation and
//   16 bytes first number after a restart; view count, for each: string name, string SQL
// What version 1 can say is written in version 1.
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

inline constexpr uint8_t kRedoVersionPlain = 1;
inline constexpr uint8_t kRedoVersionModules = 2;

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
  kReservation = 12,
};

/// Appends the redo of a transaction that is about to commit.
void append_redo(const TransactionImpl& transaction, std::string* out);

void append_varint(uint64_t v, std::string* out);
void append_signed(int64_t v, std::string* out);
void append_string(std::string_view s, std::string* out);
void append_i128(types::I128 v, std::string* out);
/// The least version that has a word for all of it.
uint8_t redo_version_of(const TableDef& def);
void append_index_def(const IndexDef& def, uint8_t version, std::string* out);
void append_table_def(const TableDef& def, uint8_t version, std::string* out);
void append_fill(const ColumnSource& source, std::string* out);

/// Takes pieces from the front of borrowed bytes; false (and done for good) where they are
/// malformed.
class RedoReader {
 public:
  explicit RedoReader(std::string_view bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  void skip(size_t bytes) { rest_.remove_prefix(bytes); }

  /// The version byte; false where it is none that is known. Plain until then.
  [[nodiscard]] bool version();
  uint8_t known_version() const { return version_; }
  [[nodiscard]] bool i128(types::I128* out);
  [[nodiscard]] bool byte(uint8_t* out);
  [[nodiscard]] bool varint(uint64_t* out);
  /// A varint that must not exceed `max`.
  [[nodiscard]] bool number(uint64_t max, uint64_t* out);
  [[nodiscard]] bool signed_number(int64_t* out);
  [[nodiscard]] bool string(std::string_view* out);
  [[nodiscard]] bool string(std::string* out);
  [[nodiscard]] bool index_def(size_t column_count, IndexDef* out);
  [[nodiscard]] bool table_def(TableDef* out);
  [[nodiscard]] bool fill(ColumnSource* out);

 private:
  [[nodiscard]] bool columns_of(TableDef* out);
  [[nodiscard]] bool module_part(TableDef* out);
  std::string_view rest_;
  uint8_t version_ = kRedoVersionPlain;
};

}  // namespace orrery::storage
