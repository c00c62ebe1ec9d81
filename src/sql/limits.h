// Bounds of the SQL front end, and why they are what they are.
#pragma once

#include <cstdint>

namespace orrery::sql::limits {

/// Nodes on the longest path of a tree. Everything behind the parser may walk trees by recursion:
/// at some 500 bytes a frame this needs half of the 1 MB stack that the smallest target (wasm) has.
/// SQLite's bound is the same.
inline constexpr uint32_t kTreeHeightMax = 1000;

/// How deep the parser itself recurses: a call, CASE, CAST or list in parentheses counts 1, a query
/// kQueryCost. Parentheses, prefix operators and chains of operators do not recurse and do not
/// count.
inline constexpr uint32_t kNestingMax = 400;
inline constexpr uint32_t kQueryCost = 4;

/// The highest n of $n; a parameter list is allocated to hold them all.
inline constexpr uint32_t kParametersMax = 65535;

}  // namespace orrery::sql::limits
