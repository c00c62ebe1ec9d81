// Counts how often a query reads a table name: a CTE that is read once is bound in place.
#pragma once

#include <cstdint>
#include <string_view>

#include "sql/ast.h"

namespace orrery::plan {

/// Names shadowed by inner WITH clauses count too, which errs on the side of sharing.
uint32_t count_references(const sql::Query& query, std::string_view name);
uint32_t count_references(const sql::QueryBody& body, std::string_view name);

}  // namespace orrery::plan
