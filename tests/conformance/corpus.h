// The corpus of observed answers: tests/data/sql-conformance (its README describes the members).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cell.h"

namespace conformance {

struct NamedCell {
  std::string name;
  Cell value;
};

enum class Operation : uint8_t { kSql, kBegin, kCommit, kRollback, kReopen, kSleep };
enum class Call : uint8_t { kExec, kQuery };

struct Step {
  Operation operation = Operation::kSql;
  std::string sql;
  std::string handle = "a";
  Call call = Call::kExec;
  bool fails = false;
  bool named = false;
  std::vector<Cell> params;
  std::vector<NamedCell> named_params;
  int32_t isolation = 0;
  std::string on;  ///< of kBegin: the handle that begins
  int32_t milliseconds = 0;
};

struct ExpectedError {
  std::string must;  ///< to be found in the message, whatever the case; "" = any error
};

struct Case {
  std::string id;
  std::string feature;
  std::vector<Step> setup;
  Step step;
  bool on_disk = false;
  std::optional<std::vector<std::optional<std::string>>> columns;
  std::optional<std::vector<ExpectedRow>> rows;
  RowOrder order = RowOrder::kAny;
  Numbers numbers = Numbers::kTyped;
  std::optional<std::vector<std::string>> contains;
  std::optional<int64_t> affected;
  std::optional<ExpectedError> error;
};

/// Reads every .jsonl file of the folder; ends the program with a message where one is unreadable.
std::vector<Case> load_corpus(const std::string& folder);

}  // namespace conformance
