#include "host/row_filter.h"

#include "host/sql_literal.h"
#include "sql/parser.h"

namespace orrery::host {
namespace {

/// The first table under `ref` that goes by the name `wanted` (any, where that is empty).
const sql::NamedTable* find_named(const sql::TableRef* ref, std::string_view wanted) {
  if (ref == nullptr) return nullptr;
  if (ref->kind == sql::TableRefKind::kJoin) {
    const auto& join = sql::as<sql::JoinTable>(*ref);
    const sql::NamedTable* left = find_named(join.left.get(), wanted);
    return left != nullptr ? left : find_named(join.right.get(), wanted);
  }
  if (ref->kind != sql::TableRefKind::kTable) return nullptr;
  const auto& named = sql::as<sql::NamedTable>(*ref);
  const std::string& alias = named.alias.name.empty() ? named.name.text : named.alias.name.text;
  return wanted.empty() || wanted == alias ? &named : nullptr;
}

}  // namespace

std::string table_of_filter(std::string_view filter) {
  Result<sql::QueryPtr> parsed = sql::parse_query(with_hex_as_text(filter));
  if (!parsed || (*parsed)->body->kind != sql::QueryBodyKind::kSelect) return "";
  const auto& select = sql::as<sql::SelectBody>(*(*parsed)->body);
  const std::string wanted = select.items.empty() ? "" : select.items[0].qualifier.text;
  for (const sql::TableRefPtr& ref : select.from) {
    const sql::NamedTable* named = find_named(ref.get(), wanted);
    if (named != nullptr) return named->name.text;
  }
  return "";
}

}  // namespace orrery::host
