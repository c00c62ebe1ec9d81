#include "fdb/client/tenants.h"

#include <functional>
#include <utility>

#include "fdb/client/ask_proxy.h"
#include "fdb/wire/messages/locations.h"

namespace orrery::fdb {

TenantPrefix tenant_prefix(int64_t id) {
  TenantPrefix prefix;
  for (size_t i = 0; i < prefix.size(); ++i) {
    prefix[i] = static_cast<char>(static_cast<uint64_t>(id) >> (56 - 8 * i));
  }
  return prefix;
}

Task<Result<int64_t>> Tenants::id_of(Client& client, std::string name) {
  if (auto known = ids_.find(name); known != ids_.end()) co_return known->second;
  wire::GetTenantIdRequest request;
  request.tenant_name = name;
  for (;;) {
    Result<Answer<wire::GetTenantIdReply>> answer =
        co_await ask_proxy(client, ProxyKind::kCommit, request, Provisional::kNever);
    if (answer) {
      ids_[name] = answer->message.tenant_id;
      co_return answer->message.tenant_id;
    }
    // The proxy has not heard yet of the version that it was asked about.
    if (answer.error() != error::future_version) co_return fail(answer.error());
    co_await client.loop().sleep(10 * kMilli);
  }
}

void Tenants::forget(std::string_view name) {
  if (auto known = ids_.find(name); known != ids_.end()) ids_.erase(known);
}

}  // namespace orrery::fdb
