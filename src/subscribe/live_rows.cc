#include "subscribe/live_rows.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "subscribe/live_plan.h"

namespace orrery::subscribe {
namespace {

constexpr size_t kNone = SIZE_MAX;

/// The longest ascending run of matches: positions in `old_of_new` (kNone: no match).
std::vector<bool> longest_ascending(const std::vector<size_t>& old_of_new) {
  std::vector<size_t> tails, previous(old_of_new.size(), kNone);
  for (size_t i = 0; i < old_of_new.size(); ++i) {
    if (old_of_new[i] == kNone) continue;
    auto place = std::lower_bound(tails.begin(), tails.end(), i, [&](size_t a, size_t b) {
      return old_of_new[a] < old_of_new[b];
    });
    if (place != tails.begin()) previous[i] = *(place - 1);
    if (place == tails.end()) {
      tails.push_back(i);
    } else {
      *place = i;
    }
  }
  std::vector<bool> out(old_of_new.size(), false);
  for (size_t i = tails.empty() ? kNone : tails.back(); i != kNone; i = previous[i]) out[i] = true;
  return out;
}

}  // namespace

LiveChange diff_rows(const std::vector<std::string>& before,
                     const std::vector<std::string>& after) {
  // What is the same at both ends needs no search; most changes are small.
  size_t front = 0;
  while (front < before.size() && front < after.size() && before[front] == after[front]) ++front;
  size_t old_end = before.size();
  size_t new_end = after.size();
  while (old_end > front && new_end > front && before[old_end - 1] == after[new_end - 1]) {
    --old_end;
    --new_end;
  }
  std::unordered_map<std::string_view, std::vector<size_t>, StringHash, std::equal_to<>> places;
  for (size_t i = old_end; i > front; --i) places[before[i - 1]].push_back(i - 1);
  std::vector<size_t> old_of_new(new_end - front, kNone);
  for (size_t i = front; i < new_end; ++i) {
    auto it = places.find(after[i]);
    if (it == places.end() || it->second.empty()) continue;
    old_of_new[i - front] = it->second.back();
    it->second.pop_back();
  }
  const std::vector<bool> kept = longest_ascending(old_of_new);
  std::vector<bool> stays(old_end - front, false);
  LiveChange out;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i]) {
      stays[old_of_new[i] - front] = true;
    } else {
      out.added.push_back(static_cast<uint32_t>(front + i));
    }
  }
  for (size_t i = 0; i < stays.size(); ++i) {
    if (!stays[i]) out.removed.push_back(static_cast<uint32_t>(front + i));
  }
  return out;
}

LiveChange LiveRows::replace(std::vector<std::string> fresh, RowOrder order) {
  if (order == RowOrder::kAny) return replace_bag(std::move(fresh));
  LiveChange change = diff_rows(rows_, fresh);
  rows_ = std::move(fresh);
  return change;
}

/// What stays keeps its place, whatever order the engine gives.
LiveChange LiveRows::replace_bag(std::vector<std::string> fresh) {
  std::unordered_map<std::string_view, uint32_t, StringHash, std::equal_to<>> gone;
  for (const std::string& row : rows_) ++gone[row];
  std::vector<size_t> added;
  for (size_t i = 0; i < fresh.size(); ++i) {
    auto it = gone.find(fresh[i]);
    if (it != gone.end() && it->second > 0) {
      --it->second;
    } else {
      added.push_back(i);
    }
  }
  LiveChange change;
  for (uint32_t i = 0; i < rows_.size(); ++i) {
    uint32_t& left = gone.find(rows_[i])->second;
    if (left == 0) continue;
    --left;
    change.removed.push_back(i);
  }
  std::vector<std::string> rows;
  rows.reserve(fresh.size());
  size_t at = 0;
  for (uint32_t i = 0; i < rows_.size(); ++i) {
    if (at < change.removed.size() && change.removed[at] == i) {
      ++at;
    } else {
      rows.push_back(std::move(rows_[i]));
    }
  }
  for (size_t i : added) {
    change.added.push_back(static_cast<uint32_t>(rows.size()));
    rows.push_back(std::move(fresh[i]));
  }
  rows_ = std::move(rows);
  return change;
}

}  // namespace orrery::subscribe
