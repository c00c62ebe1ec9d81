// The syntax tree of Orrery's SQL: everything a parsed statement consists of.
//
// Plain structs without behaviour. A node is owned by its parent through std::unique_ptr; a tree
// borrows nothing from the text it was parsed from. Every node carries the position of its first
// token (of its operator for binary ones).
//
// Invariants of a tree that the parser made:
//  1. No path from a statement to a leaf has more than limits::kTreeHeightMax nodes, so that
//  walking it by recursion is
//     safe. AND, OR, IN lists and equal set operations are n-ary, so long ones do not make a tree
//     high.
//  2. LogicalExpr has two or more operands; a chain without parentheses is one node.
//  3. Names keep the case in which they were typed; function and type names are upper-cased.
//
// Thread-safety: a tree that nobody writes may be read from many threads.
#pragma once

#include "sql/ast_expr.h"   // IWYU pragma: export
#include "sql/ast_query.h"  // IWYU pragma: export
#include "sql/ast_stmt.h"   // IWYU pragma: export
