#include <utility>

#include "subscribe/bound_query.h"

namespace orrery::subscribe {
namespace {

using Queries = std::vector<BoundQuery>;

// Alternatives multiply with every table that has rules, and rules bring tables.
constexpr size_t kAlternativesMax = 64;
constexpr size_t kRelationsMax = 32;

/// Puts `rule`, which returns rows of relation `r` of `query`, in its place.
BoundQuery substitute(const BoundQuery& query, uint32_t r, const BoundQuery& rule) {
  BoundQuery out = query;
  std::vector<uint32_t> place(rule.relations.size(), r);
  for (uint32_t i = 0; i < rule.relations.size(); ++i) {
    if (i == rule.projected) continue;
    place[i] = static_cast<uint32_t>(out.relations.size());
    out.relations.push_back(rule.relations[i]);
  }
  for (Predicate predicate : rule.conjuncts) {
    for_each_column(predicate, [&](ColumnRef& ref) { ref.relation = place[ref.relation]; });
    out.conjuncts.push_back(std::move(predicate));
  }
  return out;
}

class Resolver {
 public:
  explicit Resolver(const Binding& binding)
      : binding_{binding.definition, binding.sender, Privacy::kShowAll} {}

  /// `returned`: the table whose rule `query` is, null for a client's query. Within a rule its own
  /// table is not restricted again.
  Result<Queries> resolve(BoundQuery query, const schema::TableDef* returned);

 private:
  /// The rules of a table with the rules of the tables in them put in.
  Result<Queries> rules_of(const schema::TableDef& table);

  const Binding binding_;
  std::vector<const schema::TableDef*> resolving_;
};

Result<Queries> Resolver::rules_of(const schema::TableDef& table) {
  Queries out;
  for (const std::string& sql : binding_.definition.row_level_security()) {
    ORRERY_TRY_ASSIGN(SelectSyntax syntax, parse_select(sql));
    ORRERY_TRY_ASSIGN(BoundQuery rule, bind_select(binding_, syntax));
    if (rule.relations[rule.projected].table != &table) continue;
    resolving_.push_back(&table);
    ORRERY_TRY_ASSIGN(Queries resolved, resolve(std::move(rule), &table));
    resolving_.pop_back();
    for (BoundQuery& query : resolved) out.push_back(std::move(query));
  }
  return out;
}

Result<Queries> Resolver::resolve(BoundQuery query, const schema::TableDef* returned) {
  size_t relation_count = query.relations.size();
  Queries out;
  out.push_back(std::move(query));
  for (uint32_t r = 0; r < relation_count; ++r) {
    const schema::TableDef* table = out.front().relations[r].table;
    if (table == nullptr || table == returned) continue;
    for (const schema::TableDef* other : resolving_) {
      if (other != table) continue;
      return Error(ErrorCode::kNotSupported,
                   "Discovered cyclic dependency when resolving RLS rules for table `" +
                       table->qualified_name + "`");
    }
    ORRERY_TRY_ASSIGN(Queries rules, rules_of(*table));
    if (rules.empty()) continue;
    Queries next;
    for (const BoundQuery& base : out) {
      for (const BoundQuery& rule : rules) {
        next.push_back(substitute(base, r, rule));
        if (next.size() <= kAlternativesMax && next.back().relations.size() <= kRelationsMax) {
          continue;
        }
        return Error(ErrorCode::kLimit, "the row-level security rules of `" +
                                            table->qualified_name + "` come to too many queries");
      }
    }
    out = std::move(next);
  }
  return out;
}

}  // namespace

Result<Queries> apply_row_level_security(const Binding& binding, BoundQuery query) {
  if (binding.definition.row_level_security().empty()) {
    Queries out;
    out.push_back(std::move(query));
    return out;
  }
  return Resolver(binding).resolve(std::move(query), nullptr);
}

Status check_row_level_security(const schema::ModuleDef& definition, std::string_view sql) {
  Binding binding{definition, types::Identity{}, Privacy::kShowAll};
  ORRERY_TRY_ASSIGN(SelectSyntax syntax, parse_select(sql));
  ORRERY_TRY_ASSIGN(BoundQuery query, bind_select(binding, syntax));
  // Filters that need each other show when they are put into each other.
  const schema::TableDef* returned = query.relations[query.projected].table;
  ORRERY_TRY_ASSIGN([[maybe_unused]] Queries resolved,
                    Resolver(binding).resolve(std::move(query), returned));
  return {};
}

}  // namespace orrery::subscribe
