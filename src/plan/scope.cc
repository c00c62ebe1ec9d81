#include "plan/scope.h"

#include <string>

namespace orrery::plan {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

bool equal_names(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

Result<const ScopeColumn*> resolve_here(const Scope& scope, std::string_view table,
                                        std::string_view name, SourcePosition position) {
  const ScopeColumn* found = nullptr;
  for (const ScopeColumn& column : scope.columns) {
    if (!equal_names(column.name, name)) continue;
    if (table.empty() ? column.hidden : !equal_names(column.table, table)) continue;
    if (found != nullptr && found->id != column.id) {
      return Error(ErrorCode::kBind,
                   "Compile error: Column '" + std::string(name) + "' is ambiguous", position);
    }
    found = &column;
  }
  return found;
}

Result<Resolution> resolve(Scope& scope, std::string_view table, std::string_view name,
                           SourcePosition position) {
  Resolution out;
  for (Scope* s = &scope; s != nullptr; s = s->parent) {
    ORRERY_TRY_ASSIGN(out.column, resolve_here(*s, table, name, position));
    if (out.column != nullptr) {
      for (Scope* inner = &scope; inner != s; inner = inner->parent) inner->reads_outer = true;
      return out;
    }
    out.outer = true;
  }
  return out;
}

bool has_table(const Scope& scope, std::string_view table) {
  for (std::string_view t : scope.tables) {
    if (equal_names(t, table)) return true;
  }
  return false;
}

}  // namespace orrery::plan
