#include "subscribe/query_draft.h"

#include <algorithm>

namespace orrery::subscribe {
namespace {

template <class T>
void put(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void put_predicate(const Predicate& p, std::string* out) {
  put(p.kind, out);
  put(p.op, out);
  put(p.cell, out);
  put(static_cast<uint8_t>(p.value), out);
  for (const ColumnRef& ref : {p.left, p.right}) {
    put(ref.relation, out);
    put(ref.column, out);
  }
  put(static_cast<uint32_t>(p.bytes.size()), out);
  *out += p.bytes;
  put(static_cast<uint32_t>(p.operands.size()), out);
  for (const Predicate& operand : p.operands) put_predicate(operand, out);
}

/// Conditions in whatever order are the same query.
void put_query(const BoundQuery& query, const std::vector<storage::TableId>& tables,
               std::string* out) {
  put(static_cast<uint32_t>(tables.size()), out);
  for (storage::TableId table : tables) put(table, out);
  put(query.projected, out);
  std::vector<std::string> conjuncts;
  for (const Predicate& conjunct : query.conjuncts) {
    conjuncts.emplace_back();
    put_predicate(conjunct, &conjuncts.back());
  }
  std::sort(conjuncts.begin(), conjuncts.end());
  conjuncts.erase(std::unique(conjuncts.begin(), conjuncts.end()), conjuncts.end());
  put(static_cast<uint32_t>(conjuncts.size()), out);
  for (const std::string& conjunct : conjuncts) *out += conjunct;
}

Result<QueryDraft> restrict_query(const Binding& binding, const Viewer& viewer, std::string sql,
                                  BoundQuery query) {
  QueryDraft out;
  out.sql = std::move(sql);
  const Relation& returned = query.relations[query.projected];
  out.table_name = returned.qualified_name();
  out.event = returned.is_event();
  if (viewer.owner) {
    out.alternatives.push_back(std::move(query));
  } else {
    ORRERY_TRY_ASSIGN(out.alternatives, apply_row_level_security(binding, std::move(query)));
  }
  return out;
}

Result<std::vector<QueryDraft>> bind_all_tables(const Binding& binding, const Viewer& viewer,
                                                std::string_view sql) {
  std::vector<QueryDraft> out;
  for (const schema::TableDef* table : binding.definition.all_tables()) {
    if (table->is_event) continue;
    if (!viewer.owner && table->access != schema::TableAccess::kPublic) continue;
    BoundQuery query;
    query.relations.emplace_back();
    query.relations[0].table = table;
    ORRERY_TRY_ASSIGN(QueryDraft draft,
                      restrict_query(binding, viewer, std::string(sql), std::move(query)));
    out.push_back(std::move(draft));
  }
  return out;
}

}  // namespace

Result<ViewSource::Instance> HeldViews::use(const schema::ViewDef& view,
                                            const types::Identity& caller) {
  for (const Held& held : held_) {
    if (held.view == &view) return held.instance;
  }
  ORRERY_TRY_ASSIGN(ViewSource::Instance instance, source_->use(view, caller));
  held_.push_back({&view, std::move(instance)});
  return held_.back().instance;
}

void HeldViews::release() {
  for (const Held& held : std::exchange(held_, {})) source_->release(held.instance);
}

Result<std::vector<QueryDraft>> bind_query(const schema::ModuleDef& definition,
                                           const Viewer& viewer, std::string_view sql) {
  Binding binding{definition, viewer.identity,
                  viewer.owner ? Privacy::kShowAll : Privacy::kHidePrivate};
  if (is_blank_query(sql)) {
    return Error(ErrorCode::kParse, "SubscriptionError: Empty string");
  }
  if (is_all_tables_query(sql)) return bind_all_tables(binding, viewer, sql);
  ORRERY_TRY_ASSIGN(SelectSyntax syntax, parse_select(sql));
  ORRERY_TRY_ASSIGN(BoundQuery query, bind_select(binding, syntax));
  ORRERY_TRY_ASSIGN(QueryDraft draft,
                    restrict_query(binding, viewer, std::string(sql), std::move(query)));
  std::vector<QueryDraft> out;
  out.push_back(std::move(draft));
  return out;
}

Status resolve_tables(const storage::Catalog& catalog, const Viewer& viewer, HeldViews* views,
                      QueryDraft* draft) {
  for (BoundQuery& query : draft->alternatives) {
    std::vector<storage::TableId> ids;
    for (uint32_t r = 0; r < query.relations.size(); ++r) {
      const Relation& relation = query.relations[r];
      if (relation.table != nullptr) {
        std::shared_ptr<storage::Table> table = catalog.find_table(relation.qualified_name());
        if (table == nullptr) {
          return Error(ErrorCode::kTableNotFound,
                       "no such table: `" + std::string(relation.qualified_name()) +
                           "`. If the table exists, it may be marked private.");
        }
        ids.push_back(table->def().id);
        continue;
      }
      ORRERY_TRY_ASSIGN(ViewSource::Instance instance, views->use(*relation.view, viewer.identity));
      if (instance.argument_hash.size() != types::Identity::kSize) {
        return Error(ErrorCode::kInternal, "the instance of view `" +
                                               std::string(relation.qualified_name()) +
                                               "` has no hash of its arguments");
      }
      Predicate mine;
      mine.kind = PredicateKind::kCompareValue;
      mine.cell = CellType::kU256;
      mine.left = {r, 0};
      mine.bytes = instance.argument_hash;
      query.conjuncts.push_back(std::move(mine));
      ids.push_back(instance.table);
    }
    draft->table = ids[query.projected];
    put_query(query, ids, &draft->key);
    draft->tables.push_back(std::move(ids));
  }
  return {};
}

Result<std::vector<std::shared_ptr<const JoinPlan>>> make_plans(const QueryDraft& draft,
                                                                const storage::Catalog& catalog,
                                                                PlanUse use) {
  std::vector<std::shared_ptr<const JoinPlan>> out;
  for (size_t i = 0; i < draft.alternatives.size(); ++i) {
    ORRERY_TRY_ASSIGN(auto plan,
                      make_join_plan(draft.alternatives[i], draft.tables[i], catalog, use));
    out.push_back(std::move(plan));
  }
  return out;
}

}  // namespace orrery::subscribe
