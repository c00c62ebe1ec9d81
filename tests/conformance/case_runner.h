// Runs one case against a library, in the calling process.
#pragma once

#include <cstdint>
#include <string>

#include "abi.h"
#include "corpus.h"

namespace conformance {

struct RunOptions {
  bool reopen = false;  ///< close and open the database after each statement, where nothing is open
  std::string dsn_options;     ///< "vector_size=2"
  bool observed_only = false;  ///< run plainly: no second and third reading of queries
};

enum class Verdict : uint8_t { kPassed, kFailed, kNotSupported };

struct Outcome {
  Verdict verdict = Verdict::kFailed;
  std::string message;  ///< of kNotSupported: what is not supported
};

Outcome run_case(const Abi& abi, const Case& test, const RunOptions& options);

}  // namespace conformance
