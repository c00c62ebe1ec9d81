// .import and .export: CSV and JSON lines to and from a table, with type inference and progress.
//
// An import is one transaction: it loads everything or nothing. A table that does not exist is
// made, its column types inferred from the whole file. Files ending in .json, .jsonl or .ndjson are
// JSON lines, others CSV with a header line.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "engine/session.h"

namespace orrery::cli {

enum class Progress : uint8_t { kSilent, kShown };

struct ImportReport {
  uint64_t rows = 0;
  bool created = false;
  std::string columns;  ///< "id INTEGER, name TEXT" of a table that was made
};

/// `cancelled` ends it with kCancelled, nothing loaded.
Result<ImportReport> import_file(engine::Session& session, const std::string& path,
                                 const std::string& table, Progress progress,
                                 const std::atomic<bool>& cancelled);
/// Writes the rows of a table, or of a query when `source` starts with SELECT or WITH; the form by
/// the file's ending.
Result<uint64_t> export_file(engine::Session& session, const std::string& source,
                             const std::string& path, Progress progress,
                             const std::atomic<bool>& cancelled);

/// "name" with quotes doubled, so that any table or column name can stand in SQL.
std::string quote_name(const std::string& name);

}  // namespace orrery::cli
