// Comparison and hashing of SQL cells of any types.
//
// total_order() is the order of ORDER BY, GROUP BY, DISTINCT and B-tree keys: numbers of all kinds compare by exact
// value (an INTEGER never equals a FLOAT it merely rounds to), -0.0 equals 0.0, NaN equals itself and is the largest
// number; text by bytes; FALSE before TRUE. Different kinds order by kind. NULL is the caller's affair.
// hash_datum() agrees with it: equal cells have equal hashes, 1 and 1.0 too.
#pragma once

#include <cstdint>

#include "types/datum.h"

namespace orrery::types {

/// <0, 0, >0 for two cells that are not NULL.
int total_order(const Datum& a, const Datum& b);
/// <0, 0, >0; exact above 2^53.
int compare_int_float(int64_t a, double b);
uint64_t hash_datum(const Datum& d);
/// The hash of a FLOAT cell: that of the INTEGER of the same value where there is one.
uint64_t hash_double(double v);
uint64_t hash_int64(int64_t v);
/// <0, 0, >0; NaN equals NaN and is largest, -0.0 == 0.0.
inline int compare_doubles(double a, double b) {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a == b) return 0;
  bool na = a != a, nb = b != b;
  return na == nb ? 0 : (na ? 1 : -1);
}

}  // namespace orrery::types
