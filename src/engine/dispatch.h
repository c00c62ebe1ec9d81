// The statements that are not planned: each runs on a session's state, with its mutex held and that
// of its open transaction too. One function per statement, in the file of its subject.
#pragma once

#include <span>

#include "base/result.h"
#include "engine/rows.h"
#include "engine/session_state.h"
#include "sql/ast.h"
#include "types/datum.h"

namespace orrery::engine {

/// What a statement gets to work with.
struct StatementContext {
  SessionState& session;
  std::span<const types::Datum> parameters;
};

/// Runs a statement of any kind but those that StatementText::is_plannable().
Result<Rows> run_command(const StatementContext& context, const sql::Statement& statement);

// ddl_create_table.cc, create_table_as.cc
Result<Rows> run_create_table(const StatementContext&, const sql::CreateTableStatement&);
Result<Rows> run_create_table_as(const StatementContext&, const sql::CreateTableStatement&);
// ddl_alter_table.cc
Result<Rows> run_alter_table(const StatementContext&, const sql::AlterTableStatement&);
// ddl_index.cc
Result<Rows> run_create_index(const StatementContext&, const sql::CreateIndexStatement&);
Result<Rows> run_drop_index(const StatementContext&, const sql::DropStatement&);
// ddl_view.cc
Result<Rows> run_create_view(const StatementContext&, const sql::CreateViewStatement&);
Result<Rows> run_drop_view(const StatementContext&, const sql::DropStatement&);
// ddl_drop_table.cc
Result<Rows> run_drop_table(const StatementContext&, const sql::DropStatement&);
Result<Rows> run_truncate(const StatementContext&, const sql::TruncateStatement&);
// copy.cc
Result<Rows> run_copy(const StatementContext&, const sql::CopyStatement&);
// show.cc
Result<Rows> run_show(const StatementContext&, const sql::ShowStatement&);
Result<Rows> run_describe(const StatementContext&, const sql::DescribeStatement&);
// pragma.cc
Result<Rows> run_pragma(const StatementContext&, const sql::PragmaStatement&);
// maintenance.cc
Result<Rows> run_analyze(const StatementContext&, const sql::AnalyzeStatement&);
Result<Rows> run_vacuum(const StatementContext&, const sql::VacuumStatement&);
Result<Rows> vacuum_rows(const StatementContext&);
// set.cc
Result<Rows> run_set(const StatementContext&, const sql::SetStatement&);
// explain.cc
Result<Rows> run_explain(const StatementContext&, const sql::ExplainStatement&);

/// The value of SET x = v and PRAGMA x = v, where a bare word means its own text.
Result<types::Value> setting_value(const StatementContext& context, const sql::Expr& value);

}  // namespace orrery::engine
