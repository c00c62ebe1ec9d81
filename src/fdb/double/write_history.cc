#include "fdb/double/write_history.h"

#include <iterator>

namespace orrery::fdb::test_double {

void WriteHistory::add(std::string_view begin, std::string_view end, int64_t version) {
  if (begin >= end) return;
  auto last = last_write_.lower_bound(end);
  if (last == last_write_.end() || last->first != end) {
    last = last_write_.emplace_hint(last, std::string(end), std::prev(last)->second);
  }
  last_write_.erase(last_write_.lower_bound(begin), last);
  last_write_.emplace_hint(last, std::string(begin), version);
}

bool WriteHistory::written_after(std::string_view begin, std::string_view end,
                                 int64_t version) const {
  if (begin >= end) return false;
  auto at = std::prev(last_write_.upper_bound(begin));
  for (; at != last_write_.end() && at->first < end; ++at) {
    if (at->second > version) return true;
  }
  return false;
}

void WriteHistory::forget_before(int64_t oldest) {
  bool before_is_old = false;
  for (auto at = last_write_.begin(); at != last_write_.end();) {
    bool is_old = at->second < oldest;
    if (is_old && before_is_old) {
      at = last_write_.erase(at);
    } else {
      ++at;
    }
    before_is_old = is_old;
  }
}

}  // namespace orrery::fdb::test_double
