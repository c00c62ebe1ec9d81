// ShardBounds: where a shard begins and ends as a transaction sees it, whose keys may be a
// tenant's.
#pragma once

#include <string>
#include <string_view>

#include "fdb/client/location_cache.h"
#include "fdb/ryw/edge.h"

namespace orrery::fdb {

/// A key of a tenant as the cluster knows it. Borrows the key where there is no tenant.
class AbsoluteKey {
 public:
  AbsoluteKey(std::string_view tenant_prefix, std::string_view key) : view_(key) {
    if (tenant_prefix.empty()) return;
    storage_.reserve(tenant_prefix.size() + key.size());
    storage_.append(tenant_prefix).append(key);
    view_ = storage_;
  }
  AbsoluteKey(const AbsoluteKey&) = delete;
  AbsoluteKey& operator=(const AbsoluteKey&) = delete;
  std::string_view view() const { return view_; }

 private:
  std::string storage_;
  std::string_view view_;
};

struct ShardBounds {
  std::string_view begin;
  std::string_view end;

  ShardBounds(const Shard& shard, std::string_view tenant_prefix)
      : begin(shard.begin), end(shard.end) {
    if (tenant_prefix.empty()) return;
    begin = begin.starts_with(tenant_prefix) ? begin.substr(tenant_prefix.size()) : "";
    end = end.starts_with(tenant_prefix) ? end.substr(tenant_prefix.size()) : ryw::kAllKeysEnd;
  }
};

}  // namespace orrery::fdb
