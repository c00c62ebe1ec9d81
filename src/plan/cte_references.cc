#include "plan/cte_references.h"

#include "plan/scope.h"
#include "sql/tree.h"

namespace orrery::plan {
namespace {

class Counter {
 public:
  explicit Counter(std::string_view name) : name_(name) {}
  uint32_t count() const { return count_; }

  void visit(const sql::Query& query) {
    for (const sql::Cte& cte : query.with.ctes) visit(*cte.query);
    visit(*query.body);
    for (const sql::OrderItem& item : query.order_by) visit(item.expr.get());
    visit(query.limit.get());
    visit(query.offset.get());
  }

  void visit(const sql::QueryBody& body) {
    switch (body.kind) {
      case sql::QueryBodyKind::kSelect:
        visit(sql::as<sql::SelectBody>(body));
        break;
      case sql::QueryBodyKind::kValues:
        for (const sql::ExprList& row : sql::as<sql::ValuesBody>(body).rows) visit(row);
        break;
      case sql::QueryBodyKind::kSetOperation:
        for (const auto& operand : sql::as<sql::SetBody>(body).operands) visit(*operand);
        break;
      case sql::QueryBodyKind::kNested:
        visit(*sql::as<sql::NestedBody>(body).query);
        break;
    }
  }

 private:
  void visit(const sql::SelectBody& body) {
    visit(body.distinct_on);
    for (const sql::SelectItem& item : body.items) visit(item.expr.get());
    for (const sql::TableRefPtr& ref : body.from) visit(*ref);
    visit(body.where.get());
    for (const sql::GroupItem& item : body.group_by) {
      for (const sql::ExprList& set : item.sets) visit(set);
    }
    visit(body.having.get());
    for (const sql::NamedWindow& window : body.windows) {
      visit(window.spec.partition_by);
      for (const sql::OrderItem& item : window.spec.order_by) visit(item.expr.get());
    }
  }

  void visit(const sql::TableRef& ref) {
    switch (ref.kind) {
      case sql::TableRefKind::kTable:
        if (equal_names(sql::as<sql::NamedTable>(ref).name.text, name_)) ++count_;
        break;
      case sql::TableRefKind::kQuery:
        visit(*sql::as<sql::DerivedTable>(ref).query);
        break;
      case sql::TableRefKind::kFunction:
        visit(sql::as<sql::FunctionTable>(ref).arguments);
        break;
      case sql::TableRefKind::kJoin: {
        const auto& join = sql::as<sql::JoinTable>(ref);
        visit(*join.left);
        visit(*join.right);
        visit(join.on.get());
        break;
      }
    }
  }

  void visit(const sql::ExprList& list) {
    for (const sql::ExprPtr& e : list) visit(e.get());
  }

  void visit(const sql::Expr* e) {
    if (e == nullptr) return;
    switch (e->kind) {
      case sql::ExprKind::kInQuery:
        visit(*sql::as<sql::InQueryExpr>(*e).query);
        break;
      case sql::ExprKind::kExists:
        visit(*sql::as<sql::ExistsExpr>(*e).query);
        break;
      case sql::ExprKind::kQuantified:
        visit(*sql::as<sql::QuantifiedExpr>(*e).query);
        break;
      case sql::ExprKind::kSubquery:
        visit(*sql::as<sql::SubqueryExpr>(*e).query);
        break;
      default:
        break;
    }
    sql::for_each_child(*e, [this](const sql::Expr& child) { visit(&child); });
  }

  std::string_view name_;
  uint32_t count_ = 0;
};

}  // namespace

uint32_t count_references(const sql::Query& query, std::string_view name) {
  Counter counter(name);
  counter.visit(query);
  return counter.count();
}

uint32_t count_references(const sql::QueryBody& body, std::string_view name) {
  Counter counter(name);
  counter.visit(body);
  return counter.count();
}

}  // namespace orrery::plan
