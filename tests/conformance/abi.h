// The Stoolap C interface of a library that is loaded at run time, so that one runner can judge any
// library that has it.
#pragma once

#include <string>

#include "orrery/stoolap.h"

namespace conformance {

struct Abi {
#define CONFORMANCE_ABI(X)                                                                     \
  X(open)                                                                                      \
  X(open_in_memory) X(clone) X(close) X(errmsg) X(exec) X(exec_params) X(exec_named) X(query)  \
      X(query_params) X(query_named) X(prepare) X(stmt_query) X(stmt_exec) X(stmt_finalize)    \
          X(stmt_errmsg) X(begin_with_isolation) X(tx_exec) X(tx_exec_params) X(tx_exec_named) \
              X(tx_query) X(tx_query_params) X(tx_query_named) X(tx_commit) X(tx_rollback)     \
                  X(tx_errmsg) X(rows_next) X(rows_column_count) X(rows_column_name)           \
                      X(rows_column_type) X(rows_column_int64) X(rows_column_double)           \
                          X(rows_column_text) X(rows_column_bool) X(rows_column_timestamp)     \
                              X(rows_column_blob) X(rows_column_is_null) X(rows_affected)      \
                                  X(rows_close) X(rows_errmsg) X(rows_fetch_all) X(buffer_free)
#define X(name) decltype(&::stoolap_##name) name = nullptr;
  CONFORMANCE_ABI(X)
#undef X

  /// Loads the library; "" or what went wrong.
  std::string load(const std::string& path);
};

}  // namespace conformance
