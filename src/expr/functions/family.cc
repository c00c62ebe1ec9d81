#include "expr/functions/family.h"

#include <vector>

namespace orrery::expr {

std::span<const Family> all_families() {
  static const std::vector<Family>* const families = new std::vector<Family>{
      arithmetic_functions(),  bitwise_functions(),     math_functions(),   text_functions(),
      text_search_functions(), pattern_functions(),     regexp_functions(), date_functions(),
      date_text_functions(),   conditional_functions(), hash_functions(),   json_functions(),
      vector_functions(),      session_functions(),     series_functions(),
  };
  return *families;
}

Status null_kernel(const KernelCall& call, const types::Selection&, types::Vector& out) {
  out.set_constant(types::Datum::null(), call.expr.type);
  return {};
}

}  // namespace orrery::expr
