// Every message, for tests and fuzz targets that go through all of them.
#pragma once

#include <cstdint>
#include <type_traits>

#include "fdb/wire/messages/cluster.h"
#include "fdb/wire/messages/commit.h"
#include "fdb/wire/messages/coordination.h"
#include "fdb/wire/messages/locations.h"
#include "fdb/wire/messages/metrics.h"
#include "fdb/wire/messages/ping.h"
#include "fdb/wire/messages/point_reads.h"
#include "fdb/wire/messages/range.h"
#include "fdb/wire/messages/read_version.h"
#include "fdb/wire/stored_values.h"

namespace orrery::fdb::wire {

template <class... M>
struct MessageList {};

using AllRequests =
    MessageList<PingRequest, ProtocolInfoRequest, OpenDatabaseCoordRequest, GetLeaderRequest,
                CheckDescriptorMutableRequest, GetReadVersionRequest, GetHealthMetricsRequest,
                GlobalConfigRefreshRequest, CommitTransactionRequest, ExpireIdempotencyIdRequest,
                GetKeyServerLocationsRequest, GetTenantIdRequest, GetValueRequest, GetKeyRequest,
                WatchValueRequest, GetKeyValuesRequest, GetMappedKeyValuesRequest,
                WaitMetricsRequest, SplitRangeRequest, SplitMetricsRequest, ReadHotSubRangeRequest,
                GetStorageMetricsRequest, GetDdMetricsRequest, StatusRequest,
                GetClientWorkersRequest, RebootRequest, ForceRecoveryRequest,
                ExclusionSafetyCheckRequest, ProxySnapRequest>;

using AllReplies =
    MessageList<Void, ProtocolInfoReply, ClientDbInfo, GetLeaderReply, CheckDescriptorMutableReply,
                GetReadVersionReply, GetHealthMetricsReply, GlobalConfigRefreshReply, CommitId,
                GetKeyServerLocationsReply, GetTenantIdReply, GetValueReply, GetKeyReply,
                WatchValueReply, GetKeyValuesReply, GetKeyValuesStreamReply, AcknowledgementReply,
                GetMappedKeyValuesReply, StorageMetrics, SplitRangeReply, SplitMetricsReply,
                ReadHotSubRangeReply, GetStorageMetricsReply, GetDdMetricsReply, StatusReply,
                GetClientWorkersReply, ExclusionSafetyCheckReply>;

/// Messages that are neither: what well-known tokens get, and values behind a version.
using OtherMessages = MessageList<EndpointNotFound, TenantMapEntry, StorageServerInterface,
                                  ClusterControllerClientInterface>;

/// A function of its own for each message, which compilers take far less time over than over one for all.
template <class M, class Call>
[[gnu::noinline]] void call_with(Call& call) {
  call(std::type_identity<M>());
}

/// Calls `call` with std::type_identity<M>() for each.
template <class... M, class Call>
void for_each_message(MessageList<M...>, Call&& call) {
  (call_with<M>(call), ...);
}

}  // namespace orrery::fdb::wire
