// Canonical text of syntax trees: what labels, SHOW CREATE, stored DEFAULT, CHECK and view texts
// and EXPLAIN print.
//
// Parsing the text of a tree gives an equal tree (sql/tree.h, same_*). Keywords, function and type
// names come out in upper case, names as typed (quoted where they were, or where they have to be),
// parentheses only where needed. Thread-safety: functions without shared state.
#pragma once

#include <string>
#include <string_view>

#include "sql/ast.h"

namespace orrery::sql {

std::string to_sql(const Expr& expr);
std::string to_sql(const Query& query);
std::string to_sql(const Statement& statement);
/// The label of a select item without alias that is an expression over aggregates: to_sql without
/// DISTINCT, FILTER and OVER, e.g. "SUM(n) + 1", "COUNT(*)", "COUNT(dept)", "STRING_AGG(dept,
/// '-')".
std::string label_text(const Expr& expr);
/// to_sql, in parentheses where it is an operation: "(age > 0)". The form of CHECK texts and
/// EXPLAIN's filters.
std::string enclosed_text(const Expr& expr);
/// The name as it has to be written to be read as the same name: quoted if typed so or if it is no
/// plain word.
std::string to_sql(const Name& name);
/// 'it''s'
std::string quote_text(std::string_view text);
/// "=", "<>", "+", "IS DISTINCT FROM", ...
std::string_view operator_text(BinaryOp op);

}  // namespace orrery::sql
