// SelectRun: one SELECT as one caller may see it, as of one moment, still to be run.
//
// Made on the lane by HostedDatabase::begin_select(), which is quick; run() may take as long as it
// takes, on any thread, while commits go on. It pins what it reads: old row versions stay until it
// is destroyed. Used once, by one thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/schema.h"
#include "types/algebraic_type.h"

namespace orrery::host {

struct SelectLimits {
  std::optional<uint64_t> expected_rows_max;  ///< by the plan's estimate
  uint64_t rows_max = UINT64_MAX;
  uint64_t bytes_max = UINT64_MAX;  ///< of all rows
  int64_t deadline_nanos = 0;       ///< of the monotonic clock; 0: none
};
struct SelectRows {
  types::AlgebraicType schema = types::AlgebraicType::unit();  ///< a product: the columns
  std::vector<std::string> rows;                               ///< each as BSATN
};

class SelectRun {
 public:
  enum class Order : uint8_t { kAny, kAsWritten };  ///< kAsWritten: there is an ORDER BY

  virtual ~SelectRun() = default;
  /// Every table whose changes can change the result.
  virtual const std::vector<storage::TableId>& inputs() const = 0;
  virtual Order order() const = 0;
  /// kLimit for more than the limits; kCancelled where the flag (may be null) is set meanwhile.
  virtual Result<SelectRows> run(const SelectLimits& limits,
                                 const std::atomic<bool>* cancelled) = 0;
};

}  // namespace orrery::host
