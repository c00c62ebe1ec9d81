#include "sql/ast.h"

namespace orrery::sql {

// Nodes that own a Query are built and destroyed here, where Query is complete.
InQueryExpr::InQueryExpr() : Expr(kKind) {}
InQueryExpr::~InQueryExpr() = default;
ExistsExpr::ExistsExpr() : Expr(kKind) {}
ExistsExpr::~ExistsExpr() = default;
QuantifiedExpr::QuantifiedExpr() : Expr(kKind) {}
QuantifiedExpr::~QuantifiedExpr() = default;
SubqueryExpr::SubqueryExpr() : Expr(kKind) {}
SubqueryExpr::~SubqueryExpr() = default;
DerivedTable::DerivedTable() : TableRef(kKind) {}
DerivedTable::~DerivedTable() = default;
NestedBody::NestedBody() : QueryBody(kKind) {}
NestedBody::~NestedBody() = default;

}  // namespace orrery::sql
