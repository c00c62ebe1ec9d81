// WITH: common table expressions, plain, shared and recursive.
#include <string>

#include "plan/binder.h"
#include "plan/construct.h"
#include "plan/cte_references.h"

namespace orrery::plan {

using types::TypeId;

CteBinding* Binder::declare_ctes(const sql::WithClause& with, const sql::Query* query,
                                 Scope* scope, CteBinding* outer, uint32_t owner) {
  for (const sql::Cte& cte : with.ctes) {
    CteBinding& binding = cte_bindings_.emplace_back();
    binding.name = cte.name.text;
    binding.definition = &cte;
    binding.outer = outer;
    binding.scope = scope;
    binding.owner = owner;
    uint32_t own = with.recursive ? count_references(*cte.query, cte.name.text) : 0;
    binding.recursive = own > 0;
    uint32_t references = query == nullptr ? 2 : count_references(*query, cte.name.text) - own;
    binding.shared = references >= 2 && owner != kNeverShare;
    outer = &binding;
  }
  return outer;
}

/// WITH t(a, b): the names given, NULL columns where there are more names than columns.
void Binder::name_cte_columns(const sql::Cte& cte, BoundQuery* body) {
  for (size_t i = 0; i < cte.columns.size() && i < body->outputs.size(); ++i) {
    body->outputs[i].name = cte.columns[i].text;
    body->outputs[i].label = cte.columns[i].text;
  }
  if (cte.columns.size() <= body->outputs.size()) return;
  auto project = std::make_unique<Rel>(RelKind::kProject);
  for (size_t i = body->outputs.size(); i < cte.columns.size(); ++i) {
    std::string_view label = context_.keep_name("col" + std::to_string(i));
    ColumnId id = context_.new_column(cte.columns[i].text, TypeId::kNull, true);
    project->columns.push_back(id);
    project->exprs.push_back(null_constant());
    body->outputs.push_back({{}, cte.columns[i].text, label, id, true, false});
  }
  project->inputs.push_back(std::move(body->rel));
  body->rel = std::move(project);
}

Result<BoundQuery> Binder::bind_cte_body(CteBinding& binding) {
  if (binding.recursive) return bind_recursive(binding);
  ORRERY_TRY_ASSIGN(BoundQuery body, bind_query(*binding.definition->query, binding.scope,
                                                binding.outer, binding.owner));
  name_cte_columns(*binding.definition, &body);
  return body;
}

Result<BoundQuery> Binder::bind_cte_reference(CteBinding& binding) {
  if (binding.in_progress) return read_cte(binding);
  if (!binding.shared) return bind_cte_body(binding);
  if (binding.cte == UINT32_MAX) {
    ORRERY_TRY_ASSIGN(BoundQuery body, bind_cte_body(binding));
    binding.cte = static_cast<uint32_t>(context_.ctes.size());
    Cte& cte = context_.ctes.emplace_back();
    cte.name = binding.name;
    cte.owner = binding.owner;
    for (const ScopeColumn& column : body.outputs) cte.columns.push_back(column.id);
    cte.rel = std::move(body.rel);
    binding.columns = std::move(body.outputs);
  }
  return read_cte(binding);
}

BoundQuery Binder::read_cte(const CteBinding& binding) {
  auto rel = std::make_unique<Rel>(RelKind::kCte);
  rel->number = binding.cte;
  rel->alias = binding.name;
  BoundQuery out;
  for (const ScopeColumn& column : binding.columns) {
    ColumnId id = context_.new_column(column.name, context_.columns[column.id].type, true);
    rel->columns.push_back(id);
    out.outputs.push_back({{}, column.name, column.label, id, true, false});
  }
  out.rel = std::move(rel);
  return out;
}

/// Operands [begin, end) of the set operation, together.
Result<BoundQuery> Binder::bind_members(CteBinding& binding, const sql::SetBody& body,
                                        size_t begin, size_t end) {
  std::vector<BoundQuery> parts;
  for (size_t i = begin; i < end; ++i) {
    ORRERY_TRY_ASSIGN(BoundQuery part, bind_body(*body.operands[i], binding.scope, &binding,
                                                 kNeverShare));
    if (!parts.empty() && part.outputs.size() != parts[0].outputs.size()) {
      return Error(ErrorCode::kBind,
                   "each UNION query must have the same number of columns: left has " +
                       std::to_string(parts[0].outputs.size()) + ", right has " +
                       std::to_string(part.outputs.size()),
                   body.position);
    }
    parts.push_back(std::move(part));
  }
  if (parts.size() == 1) return std::move(parts[0]);
  return combine(SetOperation::kUnionAll, std::move(parts));
}

Result<BoundQuery> Binder::bind_recursive(CteBinding& binding) {
  const sql::Query& query = *binding.definition->query;
  const sql::SetBody* body = query.body->kind == sql::QueryBodyKind::kSetOperation
                                 ? &sql::as<sql::SetBody>(*query.body)
                                 : nullptr;
  size_t anchors = 0;
  while (body != nullptr && anchors < body->operands.size() &&
         count_references(*body->operands[anchors], binding.name) == 0) {
    ++anchors;
  }
  bool plain = query.with.ctes.empty() && query.order_by.empty();
  if (body == nullptr || body->op != sql::SetOp::kUnion || anchors == 0 || !plain) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid argument: Recursive CTE must have UNION ALL between anchor and recursive "
                 "members",
                 query.position);
  }
  ORRERY_TRY_ASSIGN(BoundQuery anchor, bind_members(binding, *body, 0, anchors));
  name_cte_columns(*binding.definition, &anchor);
  ORRERY_TRY_ASSIGN(BoundQuery out, bind_steps(binding, *body, anchors, std::move(anchor)));
  Scope scope;
  ORRERY_TRY(add_limit(query.limit.get(), query.offset.get(), scope, &out.rel));
  return out;
}

Result<BoundQuery> Binder::bind_steps(CteBinding& binding, const sql::SetBody& body, size_t begin,
                                      BoundQuery anchor) {
  auto rel = std::make_unique<Rel>(RelKind::kRecursive);
  rel->distinct = !body.all;
  rel->number = static_cast<uint32_t>(context_.ctes.size());
  Cte& cte = context_.ctes.emplace_back();
  cte.name = binding.name;
  cte.owner = kNeverShare;
  std::vector<TypeId> types;
  for (const ScopeColumn& column : anchor.outputs) {
    types.push_back(context_.columns[column.id].type);
  }
  // A step may give other types than the anchor; it is bound again over the merged ones.
  BoundQuery step;
  uint32_t previous = binding.cte;
  for (int round = 0; round < 3; ++round) {
    binding.columns = anchor.outputs;
    for (size_t i = 0; i < types.size(); ++i) {
      binding.columns[i].id = context_.new_column(anchor.outputs[i].name, types[i], true);
    }
    binding.cte = rel->number;
    binding.in_progress = true;
    auto bound = bind_members(binding, body, begin, body.operands.size());
    binding.in_progress = false;
    if (!bound) return std::move(bound).error();
    step = std::move(bound).value();
    if (step.outputs.size() != types.size()) {
      return Error(ErrorCode::kBind,
                   "each UNION query must have the same number of columns: left has " +
                       std::to_string(types.size()) + ", right has " +
                       std::to_string(step.outputs.size()),
                   body.position);
    }
    bool stable = true;
    for (size_t i = 0; i < types.size(); ++i) {
      TypeId merged = merge_types(types[i], context_.columns[step.outputs[i].id].type);
      stable = stable && merged == types[i];
      types[i] = merged;
    }
    if (stable) break;
  }
  binding.cte = previous;
  widen_outputs(&anchor, types);
  widen_outputs(&step, types);
  BoundQuery out;
  out.outputs = anchor.outputs;
  for (size_t i = 0; i < types.size(); ++i) {
    out.outputs[i].id = context_.new_column(anchor.outputs[i].name, types[i], true);
    out.outputs[i].nullable = true;
    rel->columns.push_back(out.outputs[i].id);
  }
  cte.columns = rel->columns;
  for (BoundQuery* part : {&anchor, &step}) {
    rel->input_columns.emplace_back();
    for (const ScopeColumn& column : part->outputs) rel->input_columns.back().push_back(column.id);
    rel->inputs.push_back(std::move(part->rel));
  }
  out.rel = std::move(rel);
  return out;
}

}  // namespace orrery::plan
