// PRAGMA: settings that can be read and in part changed, and maintenance by name.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/dispatch.h"
#include "engine/names.h"
#include "engine/table_definition.h"
#include "types/cast.h"

namespace orrery::engine {
namespace {

using types::Datum;

Rows one_integer(const std::string& name, int64_t value) {
  ResultTable out({{name, types::TypeId::kInteger, false}});
  const Datum row[] = {Datum::integer(value)};
  out.add_row(row);
  return out.finish();
}

Rows one_text(const std::string& name, std::string_view value) {
  ResultTable out({{name, types::TypeId::kText, false}});
  const Datum row[] = {Datum::text(value)};
  out.add_row(row);
  return out.finish();
}

Error fixed_while_open(const std::string& name, std::string_view words) {
  return Error(ErrorCode::kNotSupported,
               "not supported: " + name +
                   " cannot be changed at runtime. Set it in the connection string: "
                   "file:///path?" +
                   name + "=" + std::string(words));
}

Status refuse_in_transaction(const StatementContext& context, std::string_view what) {
  if (context.session.scope == nullptr) return {};
  return Error(ErrorCode::kInvalidArgument,
               "PRAGMA " + std::string(what) +
                   " cannot run inside a transaction. Commit or rollback first.");
}

Result<int64_t> integer_value(const StatementContext& context,
                              const sql::PragmaStatement& statement) {
  ORRERY_TRY_ASSIGN(types::Value value, setting_value(context, *statement.value));
  Arena arena;
  Datum number = types::cast_datum(value.datum(), types::TypeId::kInteger, 0, arena);
  if (number.is_null() || number.as_int64() < 0) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid argument: invalid value for PRAGMA " + statement.name.text);
  }
  return number.as_int64();
}

/// A setting that lives in Settings. Values below `refused_below` are an error, others are moved
/// into the bounds, as those of a DSN are.
struct Variable {
  std::string_view name;
  int64_t Settings::* member;
  int64_t refused_below;
  int64_t minimum;
  int64_t maximum;
};
constexpr Variable kVariables[] = {
    {"checkpoint_interval", &Settings::checkpoint_interval_seconds, 0, 0, kCheckpointIntervalMax},
    {"snapshot_interval", &Settings::checkpoint_interval_seconds, 0, 0, kCheckpointIntervalMax},
    {"compact_threshold", &Settings::compact_threshold, 0, 0, INT64_MAX},
    {"keep_snapshots", &Settings::keep_snapshots, 0, 1, kKeepSnapshotsMax},
    {"target_volume_rows", &Settings::target_volume_rows, kTargetVolumeRowsMin,
     kTargetVolumeRowsMin, INT64_MAX},
};

Result<Rows> run_variable(const StatementContext& context, const sql::PragmaStatement& statement,
                          const Variable& variable) {
  Database& database = context.session.database();
  const std::string name = lower_word(statement.name.text);
  if (statement.value != nullptr) {
    ORRERY_TRY_ASSIGN(int64_t value, integer_value(context, statement));
    if (value < variable.refused_below) {
      return Error(ErrorCode::kInvalidArgument,
                   name + " must be at least " + std::to_string(variable.refused_below));
    }
    value = std::clamp(value, variable.minimum, variable.maximum);
    database.change_settings([&](Settings& settings) { settings.*variable.member = value; });
  }
  return one_integer(name, database.settings().*variable.member);
}

Rows volume_stats() {
  // There are no cold volumes yet, so there are no rows.
  ResultTable out({{"table_name", types::TypeId::kText, false},
                   {"segment_id", types::TypeId::kInteger, false},
                   {"tier", types::TypeId::kText, false},
                   {"row_count", types::TypeId::kInteger, false},
                   {"memory_bytes", types::TypeId::kInteger, false},
                   {"idle_cycles", types::TypeId::kInteger, false},
                   {"tombstones", types::TypeId::kInteger, false}});
  return out.finish();
}

Result<Rows> run_restore(const StatementContext& context, const sql::PragmaStatement& statement) {
  ORRERY_TRY(refuse_in_transaction(context, "RESTORE"));
  std::string timestamp;
  if (statement.value != nullptr) {
    ORRERY_TRY_ASSIGN(types::Value value, setting_value(context, *statement.value));
    types::append_text(value.datum(), &timestamp);
  }
  SessionState& session = context.session;
  ORRERY_TRY_ASSIGN(storage::RestoreReport report, session.database().restore(timestamp));
  session.open = hold_store(session.open->database);
  return one_text("result", "Restored " + std::to_string(report.table_count) + " tables (" +
                                std::to_string(report.row_count) + " rows) from snapshot");
}

/// Pragmas that do something; nothing where the name is none of theirs.
Result<bool> run_action(const StatementContext& context, const sql::PragmaStatement& statement,
                        const std::string& name, Rows* rows) {
  Database& database = context.session.database();
  if (name == "checkpoint") {
    ORRERY_TRY(refuse_in_transaction(context, "CHECKPOINT"));
    ORRERY_TRY(database.checkpoint());
    *rows = one_text("result", "Checkpoint completed successfully");
  } else if (name == "snapshot" || name == "create_snapshot") {
    ORRERY_TRY(refuse_in_transaction(context, "SNAPSHOT"));
    ORRERY_TRY(database.snapshot());
    *rows = one_text("result", "Snapshot created successfully");
  } else if (name == "restore") {
    ORRERY_TRY_ASSIGN(*rows, run_restore(context, statement));
  } else if (name == "vacuum") {
    ORRERY_TRY_ASSIGN(*rows, vacuum_rows(context));
  } else if (name == "volume_stats") {
    *rows = volume_stats();
  } else if (name == "dedup_segments") {
    *rows = one_text("message", "Nothing to do");
  } else {
    return false;
  }
  return true;
}

}  // namespace

Result<Rows> run_pragma(const StatementContext& context, const sql::PragmaStatement& statement) {
  const std::string name = lower_word(statement.name.text);
  Rows rows;
  ORRERY_TRY_ASSIGN(bool done, run_action(context, statement, name, &rows));
  if (done) return rows;
  Database& database = context.session.database();
  if (name == "sync_mode") {
    if (statement.value != nullptr) return fixed_while_open(name, "none|normal|full");
    return one_integer(name, static_cast<int64_t>(database.options().durability.sync_mode));
  }
  if (name == "wal_flush_trigger") {
    if (statement.value != nullptr) return fixed_while_open(name, "N");
    return one_integer(name, database.settings().wal_flush_trigger);
  }
  for (const Variable& variable : kVariables) {
    if (name == variable.name) return run_variable(context, statement, variable);
  }
  return Rows();
}

}  // namespace orrery::engine
