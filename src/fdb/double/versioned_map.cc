#include "fdb/double/versioned_map.h"

namespace orrery::fdb::test_double {

VersionedMap::Value VersionedMap::at(const std::vector<Version>& versions, int64_t version) {
  for (size_t i = versions.size(); i-- > 0;) {
    if (versions[i].version > version) continue;
    if (!versions[i].value) return std::nullopt;
    return std::string_view(*versions[i].value);
  }
  return std::nullopt;
}

VersionedMap::Value VersionedMap::get(std::string_view key, int64_t version) const {
  auto found = keys_.find(key);
  if (found == keys_.end()) return std::nullopt;
  return at(found->second, version);
}

void VersionedMap::scan(std::string_view begin, std::string_view end, int64_t version,
                        const std::function<bool(Row)>& take) const {
  for (auto row = keys_.lower_bound(begin); row != keys_.end() && row->first < end; ++row) {
    Value value = at(row->second, version);
    if (value && !take({row->first, *value})) return;
  }
}

void VersionedMap::scan_back(std::string_view begin, std::string_view end, int64_t version,
                             const std::function<bool(Row)>& take) const {
  for (auto row = keys_.lower_bound(end); row != keys_.begin();) {
    --row;
    if (row->first < begin) return;
    Value value = at(row->second, version);
    if (value && !take({row->first, *value})) return;
  }
}

void VersionedMap::write(std::string_view key, std::optional<std::string> value, int64_t version) {
  auto found = keys_.find(key);
  if (found == keys_.end()) {
    if (!value) return;
    found = keys_.emplace(std::string(key), std::vector<Version>()).first;
  }
  std::vector<Version>& versions = found->second;
  if (!versions.empty() && versions.back().version == version) {
    versions.back().value = std::move(value);
    return;
  }
  bool has_stale = !versions.empty() || !value;
  versions.push_back({version, std::move(value)});
  if (has_stale) stale_.emplace_back(version, found->first);
}

void VersionedMap::forget_before(int64_t oldest) {
  for (; !stale_.empty() && stale_.front().first < oldest; stale_.pop_front()) {
    auto found = keys_.find(stale_.front().second);
    if (found == keys_.end()) continue;
    std::vector<Version>& versions = found->second;
    size_t keep = 0;
    while (keep + 1 < versions.size() && versions[keep + 1].version <= oldest) ++keep;
    versions.erase(versions.begin(), versions.begin() + static_cast<ptrdiff_t>(keep));
    if (versions.size() == 1 && !versions[0].value) keys_.erase(found);
  }
}

}  // namespace orrery::fdb::test_double
