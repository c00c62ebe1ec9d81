// SQL scripts with the answers they must get (.slt).
//
// A script is a list of records with an empty line between them; lines that begin with # are
// comments.
//
//   statement ok                  the SQL below succeeds
//   statement count 3             ... and affects 3 rows
//   statement error some text     ... fails, and the message contains the text
//   query [rowsort]               the SQL below gives the rows below ----, one per line, cells by "
//   | "; NULL, and
//                                 (empty) for the empty text. rowsort: in any order
//   query error some text         the query fails when it is run or when its rows are read
//   connection b                  the records below use handle b (a clone of a) until the next such
//   line reopen                        all handles are closed and the database, which is then on
//   disk, is opened again stop-reopening                from here on no reopening between
//   statements, even where that is asked for
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slt {

enum class RecordKind : uint8_t {
  kStatementOk,
  kStatementError,
  kQuery,
  kQueryError,
  kConnection,
  kReopen,
  kStopReopening
};

struct Record {
  RecordKind kind = RecordKind::kStatementOk;
  uint32_t line = 0;
  std::string sql;
  std::string text;    ///< of errors: what the message contains; of kConnection: the handle
  int64_t count = -1;  ///< of kStatementOk, where it is checked
  bool sorted = false;
  std::vector<std::string> rows;
};

/// Reads a script; false and a message where it cannot be read.
bool read_script(const std::string& path, std::vector<Record>* records, std::string* error);

}  // namespace slt
