// Scope: the names that expressions of one SELECT (or of one DML statement) may use.
//
// A scope lists the columns of its sources in the order of `*`; names that are not found are looked
// for in the enclosing scope, which is how correlated subqueries find their columns. Lookup ignores
// ASCII case. Views and names borrowed; see PlanContext.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/column_set.h"
#include "sql/ast.h"

namespace orrery::plan {

bool equal_names(std::string_view a, std::string_view b);

struct ScopeColumn {
  std::string_view table;  ///< alias of its source; empty for a column merged by USING
  std::string_view name;
  std::string_view label;  ///< header where `*` shows it, if other than the name
  ColumnId id = kNoColumn;
  bool nullable = true;
  bool hidden = false;  ///< reachable with its table's name only (merged by USING; EXCLUDED)
};

/// What a WITH clause declares, visible to everything below it.
struct CteBinding {
  std::string_view name;
  const sql::Cte* definition = nullptr;
  CteBinding* outer = nullptr;  ///< declared before this one, or around its WITH
  struct Scope* scope = nullptr;      ///< in which the definition is bound
  uint32_t owner = 0;                 ///< Cte::owner of what it becomes
  bool shared = false;                ///< made a Cte rather than bound anew for each reference
  bool recursive = false;
  bool in_progress = false;           ///< being bound: a reference is the recursive step's
  uint32_t cte = UINT32_MAX;          ///< index in PlanContext::ctes once made
  std::vector<ScopeColumn> columns;   ///< of the Cte
};

struct Scope {
  Scope* parent = nullptr;
  CteBinding* ctes = nullptr;
  std::vector<ScopeColumn> columns;
  std::vector<std::string_view> tables;  ///< aliases of the sources
  uint32_t owner = 0;                    ///< owner of CTEs declared here, see Cte::owner
  bool reads_outer = false;              ///< a name was found in an enclosing scope
  bool has_join = false;                 ///< `*` labels columns with their tables
};

struct Resolution {
  const ScopeColumn* column = nullptr;  ///< nullptr: no such name
  bool outer = false;                   ///< found in an enclosing scope
};

/// Finds `table`.`name` (table empty: any). Error: kBind where the name is ambiguous.
Result<Resolution> resolve(Scope& scope, std::string_view table, std::string_view name,
                           SourcePosition position);
/// The same, in this scope only.
Result<const ScopeColumn*> resolve_here(const Scope& scope, std::string_view table,
                                        std::string_view name, SourcePosition position);
bool has_table(const Scope& scope, std::string_view table);

}  // namespace orrery::plan
