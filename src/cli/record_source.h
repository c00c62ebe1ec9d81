// RecordSource: the records of a file to import, as cells by column; CSV and JSON lines behind one
// interface.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "types/type_id.h"

namespace orrery::cli {

struct InputCell {
  bool null = true;
  types::TypeId type =
      types::TypeId::kText;  ///< what JSON says; kText for CSV, where the text may be anything
  std::string text;
};

class RecordSource {
 public:
  virtual ~RecordSource() = default;
  /// Known after open for CSV; for JSON lines it grows as new keys come.
  virtual const std::vector<std::string>& columns() const = 0;
  /// One cell per column known so far; false at the end.
  virtual Result<bool> next(std::vector<InputCell>* cells) = 0;
  virtual uint64_t bytes_read() const = 0;
  virtual uint64_t bytes_total() const = 0;
  virtual uint64_t line() const = 0;
};

/// kIo where the file cannot be read; kInvalidArgument for an empty CSV.
Result<std::unique_ptr<RecordSource>> open_records(const std::string& path);
bool is_json_path(const std::string& path);

}  // namespace orrery::cli
