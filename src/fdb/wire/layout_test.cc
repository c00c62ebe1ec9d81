// Every vtable that FoundationDB 7.3's own serializer was seen to make, compared while compiling.
#include "fdb/wire/layout.h"

#include <gtest/gtest.h>

#include "fdb/wire/messages/cluster.h"
#include "fdb/wire/messages/commit.h"
#include "fdb/wire/messages/coordination.h"
#include "fdb/wire/messages/locations.h"
#include "fdb/wire/messages/metrics.h"
#include "fdb/wire/messages/ping.h"
#include "fdb/wire/messages/point_reads.h"
#include "fdb/wire/messages/range.h"
#include "fdb/wire/messages/read_version.h"

namespace orrery::fdb::wire {
namespace {

template <class L, size_t kWords>
consteval bool is(const uint16_t (&vtable)[kWords]) {
  return std::equal(L::kVtable.begin(), L::kVtable.end(), vtable, vtable + kWords);
}
template <class T, size_t kWords>
consteval bool has(const uint16_t (&vtable)[kWords]) {
  return is<Layout<T>>(vtable);
}

// A. Values that messages share.
static_assert(has<ErrorCode>({6, 6, 4}));
static_assert(has<Void>({4, 4}));
static_assert(has<ReplyPromise>({6, 20, 4}));
static_assert(has<SpanContext>({10, 29, 4, 20, 28}));
static_assert(has<TenantInfo>({10, 17, 4, 16, 12}));
static_assert(has<ReadOptions>({18, 20, 4, 16, 17, 8, 18, 12, 19}));
static_assert(has<KeySelector>({10, 13, 4, 12, 8}));
static_assert(has<KeyRange>({8, 12, 4, 8}));
static_assert(has<KeyValue>({8, 12, 4, 8}));
static_assert(has<IpAddress>({8, 9, 8, 4}));
static_assert(has<NetworkAddress>({12, 13, 4, 8, 10, 12}));
static_assert(has<NetworkAddressList>({10, 13, 4, 12, 8}));
static_assert(has<Endpoint>({8, 24, 20, 4}));
static_assert(has<RequestStream>({6, 8, 4}));
static_assert(has<Locality>({6, 8, 4}));
static_assert(has<std::pair<std::string_view, std::string_view>>({8, 12, 4, 8}));
static_assert(has<std::pair<std::string_view, uint32_t>>({8, 12, 4, 8}));
static_assert(has<Locality::Entry>({10, 13, 4, 12, 8}));
static_assert(has<std::pair<Uid, StorageServerInterface>>({8, 24, 4, 20}));
static_assert(has<std::pair<Uid, Tag>>({8, 24, 4, 20}));
static_assert(has<std::pair<KeyRange, Vector<StorageServerInterface>>>({8, 12, 4, 8}));
static_assert(has<std::pair<int32_t, uint64_t>>({8, 16, 12, 4}));

// B. Interfaces.
static_assert(has<StorageServerInterface>({16, 34, 4, 20, 24, 32, 28, 33}));
static_assert(has<CommitProxyInterface>({12, 14, 12, 4, 13, 8}));
static_assert(has<GrvProxyInterface>({12, 14, 12, 4, 13, 8}));

// C. Coordinators.
static_assert(has<OpenDatabaseCoordRequest>({22, 49, 20, 24, 28, 4, 32, 36, 40, 44, 48}));
static_assert(has<ClientVersion>({10, 16, 4, 8, 12}));
static_assert(has<Hostname>({10, 13, 4, 8, 12}));
static_assert(has<ClientDbInfo>({30, 71, 36, 40, 4, 68, 44, 48, 52, 69, 56, 20, 60, 70, 64}));
static_assert(has<VersionHistory>({8, 16, 12, 4}));
static_assert(has<TenantMode>({6, 8, 4}));
static_assert(has<EncryptKeyProxyInterface>({10, 28, 20, 4, 24}));
static_assert(has<GetLeaderRequest>({10, 28, 20, 4, 24}));
static_assert(has<LeaderInfo>({10, 25, 4, 20, 24}));
static_assert(has<GetLeaderReply>({8, 9, 8, 4}));
static_assert(has<ProtocolInfoRequest>({6, 8, 4}));
static_assert(has<ProtocolInfoReply>({6, 12, 4}));
static_assert(has<CheckDescriptorMutableRequest>({6, 8, 4}));

// D. GRV proxies.
static_assert(has<GetReadVersionRequest>({20, 37, 12, 16, 20, 36, 24, 28, 32, 4}));
static_assert(has<GetReadVersionReply>({28, 64, 44, 20, 60, 61, 48, 52, 28, 62, 63, 56, 4, 36}));
static_assert(has<ClientTagThrottleLimits>({8, 20, 4, 12}));
static_assert(has<GetHealthMetricsRequest>({8, 9, 4, 8}));
static_assert(has<GlobalConfigRefreshRequest>({8, 16, 4, 12}));

// E. Commit proxies.
static_assert(has<CommitTransactionRequest>({28, 43, 4, 8, 12, 40, 16, 41, 20, 42, 24, 28, 32, 36}));
static_assert(has<CommitTransaction>({24, 36, 12, 16, 20, 4, 32, 33, 34, 24, 35, 28}));
static_assert(has<Mutation>({10, 13, 12, 4, 8}));
static_assert(has<CommitCostEstimation>({12, 24, 12, 4, 16, 20}));
static_assert(has<CommitId>({16, 24, 4, 20, 22, 12, 23, 16}));
static_assert(has<GetKeyServerLocationsRequest>({22, 38, 12, 36, 16, 20, 37, 24, 28, 32, 4}));
static_assert(has<GetKeyServerLocationsReply>({10, 16, 4, 8, 12}));
static_assert(has<GetTenantIdRequest>({10, 20, 12, 16, 4}));
static_assert(has<GetTenantIdReply>({6, 12, 4}));
static_assert(has<ExpireIdempotencyIdRequest>({10, 17, 4, 16, 12}));
static_assert(has<GetDdMetricsRequest>({10, 16, 4, 8, 12}));
static_assert(has<ExclusionSafetyCheckRequest>({8, 12, 4, 8}));
static_assert(has<ProxySnapRequest>({14, 33, 20, 4, 24, 32, 28}));

// F. Reads.
static_assert(has<GetValueRequest>({24, 42, 12, 4, 40, 16, 20, 24, 28, 41, 32, 36}));
static_assert(has<GetValueReply>({16, 23, 4, 20, 12, 21, 16, 22}));
static_assert(has<GetKeyRequest>({24, 42, 12, 4, 40, 16, 20, 24, 28, 41, 32, 36}));
static_assert(has<GetKeyReply>({14, 22, 4, 20, 12, 16, 21}));
static_assert(has<GetKeyValuesRequest>({30, 54, 12, 16, 4, 20, 24, 52, 28, 32, 36, 40, 53, 44, 48}));
static_assert(has<GetKeyValuesReply>({18, 31, 4, 28, 20, 24, 12, 29, 30}));
static_assert(has<GetMappedKeyValuesRequest>({32, 58, 12, 16, 20, 4, 24, 28, 56, 32, 36, 40, 44, 57, 48, 52}));
static_assert(has<GetMappedKeyValuesReply>({18, 31, 4, 28, 20, 24, 12, 29, 30}));
static_assert(has<MappedKeyValue>({10, 13, 4, 12, 8}));
static_assert(has<MappedGet>({10, 13, 4, 12, 8}));
static_assert(has<MappedGetRange>({10, 16, 4, 8, 12}));
static_assert(has<RangeResult>({16, 16, 4, 12, 13, 8, 14, 15}));
static_assert(has<GetKeyValuesStreamReply>({18, 25, 22, 12, 20, 16, 4, 23, 24}));

// G, H. Watches and metrics.
static_assert(has<WatchValueRequest>({26, 43, 12, 40, 16, 4, 41, 20, 42, 24, 28, 32, 36}));
static_assert(has<WatchValueReply>({8, 13, 4, 12}));
static_assert(has<StorageMetrics>({14, 44, 4, 12, 20, 28, 36}));
static_assert(has<WaitMetricsRequest>({16, 32, 12, 16, 20, 24, 28, 4}));
static_assert(has<SplitRangeRequest>({12, 24, 12, 4, 16, 20}));
static_assert(has<SplitMetricsRequest>({20, 30, 4, 8, 12, 16, 28, 20, 29, 24}));
static_assert(has<ReadHotSubRangeRequest>({12, 17, 4, 8, 16, 12}));
static_assert(has<GetStorageMetricsRequest>({6, 8, 4}));

// I, J. The cluster controller, workers, every process.
static_assert(has<ClusterControllerClientInterface>({32, 60, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56}));
static_assert(has<ClusterInterface>({24, 44, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40}));
static_assert(has<StatusRequest>({6, 8, 4}));
static_assert(has<GetClientWorkersRequest>({6, 8, 4}));
static_assert(has<GetClientWorkersReply>({6, 8, 4}));
static_assert(has<ClientWorkerInterface>({10, 16, 4, 8, 12}));
static_assert(has<RebootRequest>({10, 10, 8, 9, 4}));
static_assert(has<ForceRecoveryRequest>({8, 12, 4, 8}));
static_assert(has<PingRequest>({6, 8, 4}));
static_assert(has<EndpointNotFound>({6, 20, 4}));

// Roots.
static_assert(is<LayoutOf<PingRequest>>({6, 8, 4}));
static_assert(is<LayoutOf<ErrorOr<Void>>>({8, 9, 8, 4}));

// M. The identifiers of replies.
template <class Request>
constexpr uint32_t kReplyId = reply_file_id(Request::Reply::kFileId);
static_assert(kReplyId<OpenDatabaseCoordRequest> == 0x0251B648);
static_assert(kReplyId<GetReadVersionRequest> == 0x02EFB4CC);
static_assert(kReplyId<CommitTransactionRequest> == 0x02D9834F);
static_assert(kReplyId<GetKeyServerLocationsRequest> == 0x02A24AF7);
static_assert(kReplyId<GetTenantIdRequest> == 0x02AE9484);
static_assert(kReplyId<GetValueRequest> == 0x02150A71);
static_assert(kReplyId<GetKeyRequest> == 0x02AB4D91);
static_assert(kReplyId<GetKeyValuesRequest> == 0x021B351A);
static_assert(kReplyId<GetMappedKeyValuesRequest> == 0x021B351B);
static_assert(kReplyId<WatchValueRequest> == 0x02000003);
static_assert(kReplyId<WaitMetricsRequest> == 0x02CFDBD2);
static_assert(kReplyId<SplitRangeRequest> == 0x02B4410E);
static_assert(kReplyId<PingRequest> == 0x021EAD4A);
static_assert(kReplyId<ProtocolInfoRequest> == 0x0276C76A);
static_assert(kReplyId<StatusRequest> == 0x02984A58);
static_assert(kReplyId<GetHealthMetricsRequest> == 0x02B026E2);
static_assert(kReplyId<GlobalConfigRefreshRequest> == 0x02C17C87);
static_assert(kReplyId<GetDdMetricsRequest> == 0x026F0C91);
static_assert(kReplyId<ExclusionSafetyCheckRequest> == 0x0200000B);
static_assert(kReplyId<CheckDescriptorMutableRequest> == 0x0276C76B);
static_assert(kReplyId<GetLeaderRequest> == 0x247F3D6A);
static_assert(kReplyId<GetClientWorkersRequest> == 0x25BD7C68);

TEST(WireLayout, TokensOfAnInterfaceFollowEachOther) {
  Uid base{0xFFFFFFFF00000003u, 0x11111111FFFFFFFFu};
  EXPECT_EQ(adjusted_token(base, 0), base);
  EXPECT_EQ(adjusted_token(base, 2), (Uid{0x0000000100000003u, 0x1111111100000001u}));
  EXPECT_EQ(well_known_token(WellKnown::kPing), (Uid{UINT64_MAX, 1}));
}

TEST(WireLayout, AMessageHoldsEachVtableOnce) {
  constexpr const auto& kBlock = internal::kVtables<GetValueRequest>;
  // Root and request, reply promise, span, tenant, read options.
  EXPECT_EQ(2 * kBlock.used(), 6u + 24 + 6 + 10 + 10 + 18);
  EXPECT_EQ(2 * internal::kVtables<PingRequest>.used(), 6u + 6);
}

}  // namespace
}  // namespace orrery::fdb::wire
