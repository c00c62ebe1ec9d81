// How the families of functions register: one table each, gathered by all_families().
#pragma once

#include <span>

#include "expr/function.h"

namespace orrery::expr {

/// A function whose parameter types are fixed; the last repeats for further arguments.
struct Overload {
  ScalarFunction function;
  types::TypeId result;
  types::TypeId parameters[4];
};

/// A name that picks its function by the types of its arguments. `pick` fills in the function, the
/// result type and, where an argument is not taken as it is, its entry in Resolved::arguments
/// (preset to kAny).
struct Dispatch {
  std::string_view name;
  uint8_t arguments_min;
  uint8_t arguments_max;  ///< 255 = any number
  void (*pick)(std::span<const types::TypeId> arguments, Resolved* resolved);
};

struct Family {
  std::span<const Overload> overloads;
  std::span<const Dispatch> dispatches;
};

Family arithmetic_functions();
Family bitwise_functions();
Family math_functions();
Family text_functions();
Family text_search_functions();
Family pattern_functions();
Family regexp_functions();
Family date_functions();
Family date_text_functions();
Family conditional_functions();
Family hash_functions();
Family json_functions();
Family vector_functions();
Family session_functions();
Family series_functions();

std::span<const Family> all_families();

/// Gives NULL for every row.
Status null_kernel(const KernelCall& call, const types::Selection& rows, types::Vector& out);
/// a % b of INTEGERs; NULL where b is 0.
Status remainder_integers(const KernelCall& call, const types::Selection& rows,
                          types::Vector& out);

}  // namespace orrery::expr
