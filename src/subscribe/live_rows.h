// LiveRows: the result of a live SELECT as its client has it, and how to bring it to a newer one.
//
// Rows are byte strings; two are the same where their bytes are. Whoever runs the query (see
// server/live/) gives the new rows and tells the client the change. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace orrery::subscribe {

enum class RowOrder : uint8_t {
  kAny,      ///< what stays keeps its place, what comes stands behind it
  kMatters,  ///< rows() are in the order given
};

/// From the old rows: take away those at `removed`, then put a row at each place of `added`, first
/// one first.
struct LiveChange {
  std::vector<uint32_t> removed;  ///< positions in the old rows, ascending
  std::vector<uint32_t> added;    ///< positions in the new rows, ascending
  bool empty() const { return removed.empty() && added.empty(); }
};

class LiveRows {
 public:
  const std::vector<std::string>& rows() const { return rows_; }
  /// Makes them `fresh`, in an order that `order` allows; rows() are the new ones afterwards.
  LiveChange replace(std::vector<std::string> fresh, RowOrder order);

 private:
  LiveChange replace_bag(std::vector<std::string> fresh);
  std::vector<std::string> rows_;
};

/// The steps from one list of rows to another that keeps as many rows as possible in their order.
LiveChange diff_rows(const std::vector<std::string>& before, const std::vector<std::string>& after);

}  // namespace orrery::subscribe
