// Engine's way of a request: faults, waiting for versions, and the role that answers.
#include <algorithm>
#include <utility>

#include "fdb/double/engine.h"
#include "fdb/wire/messages/ping.h"

namespace orrery::fdb::test_double {

void Engine::later(Call call, int64_t delay_nanos) {
  network.call_at(network.now() + delay_nanos, [this, call = std::move(call)] { dispatch(call); });
}

/// True where the request goes no further now.
template <class R>
bool Engine::spoil_request(Call& call, const Asker& asker) {
  const Fault& fault = *call.fault;
  switch (fault.spoil) {
    case Spoil::kFail:
    case Spoil::kFailAtRoot: {
      Asker unspoilt = asker;
      unspoilt.fault = nullptr;
      if constexpr (requires { typename R::Reply; }) {
        if (fault.spoil == Spoil::kFail)
          answers.refuse<R>(unspoilt, fault.error);
        else
          answers.refuse_at_root<typename R::Reply>(unspoilt, fault.error);
      }
      return true;
    }
    case Spoil::kDropRequest:
      return true;
    case Spoil::kCloseBefore:
      answers.hang_up(asker);
      return true;
    case Spoil::kDelayRequest: {
      int64_t delay = fault.delay_nanos;
      call.fault = nullptr;
      later(std::move(call), delay);
      return true;
    }
    default:
      return false;
  }
}

template <class R, class Do>
void Engine::serve(Call& call, Do what) {
  auto request = wire::decode<R>(call.payload);
  if (!request) {
    violations.push_back("a request that is not what its endpoint takes");
    if (Connection* from = network.find(call.connection)) network.close(*from);
    return;
  }
  Asker asker{call.connection, {}, call.binding.request, call.binding.role, nullptr};
  if constexpr (requires { request->reply.token; }) asker.token = request->reply.token;
  if (!call.admitted) {
    call.admitted = true;
    ++topology.process(call.process).requests[static_cast<size_t>(call.binding.request)];
    if (observer) observer(call.binding.request, call.process, call.payload);
    if (const Fault* fault = faults.match(call.binding.request, call.process)) {
      call.fault = std::make_shared<const Fault>(*fault);
      if (spoil_request<R>(call, asker)) return;
    }
  }
  asker.fault = call.fault;
  what(asker, *request);
}

bool Engine::waits_for_version(Call& call, int64_t version) {
  Status status = database.check(version);
  if (status || status.error() != error::future_version) return false;
  int64_t now = network.now();
  if (call.version_deadline == 0) call.version_deadline = now + options.future_version_nanos;
  if (now >= call.version_deadline) return false;
  int64_t micros = std::min<int64_t>(version - database.latest(), options.future_version_nanos);
  later(call, std::clamp<int64_t>(micros * 1000, 1000, call.version_deadline - now));
  return true;
}

template <class R, class Do>
void Engine::serve_at_version(Call& call, Do what) {
  serve<R>(call, [&](const Asker& asker, const R& request) {
    if (request.version > 0 && waits_for_version(call, request.version)) return;
    what(asker, request);
  });
}

void Engine::dispatch(Call call) {
  Request request = call.binding.request;
  if (request >= Request::kGetValue && request <= Request::kSplitRange) {
    dispatch_storage(call);
  } else if (request >= Request::kGetReadVersion && request <= Request::kExclusionSafetyCheck) {
    dispatch_proxy(call);
  } else {
    dispatch_cluster(call);
  }
}

void Engine::dispatch_storage(Call& call) {
  switch (call.binding.request) {
    case Request::kGetValue:
      return serve_at_version<wire::GetValueRequest>(
          call,
          [&](const Asker& asker, const auto& request) { storage.get_value(asker, request); });
    case Request::kGetKey:
      return serve_at_version<wire::GetKeyRequest>(
          call, [&](const Asker& asker, const auto& request) { storage.get_key(asker, request); });
    case Request::kGetKeyValues:
      return serve_at_version<wire::GetKeyValuesRequest>(
          call,
          [&](const Asker& asker, const auto& request) { storage.get_key_values(asker, request); });
    case Request::kGetMappedKeyValues:
      // Not supported yet: the double has no mapped reads.
      return serve<wire::GetMappedKeyValuesRequest>(call, [&](const Asker& asker, const auto&) {
        answers.refuse<wire::GetMappedKeyValuesRequest>(asker, error::unsupported_operation);
      });
    case Request::kWatchValue:
      return serve_at_version<wire::WatchValueRequest>(
          call, [&](const Asker& asker, const auto& request) { storage.watch(asker, request); });
    case Request::kWaitMetrics:
      return serve<wire::WaitMetricsRequest>(call, [&](const Asker& asker, const auto& request) {
        storage.wait_metrics(asker, request);
      });
    default:
      return serve<wire::SplitRangeRequest>(call, [&](const Asker& asker, const auto& request) {
        storage.split_points(asker, request);
      });
  }
}

void Engine::dispatch_proxy(Call& call) {
  switch (call.binding.request) {
    case Request::kGetReadVersion:
      return serve<wire::GetReadVersionRequest>(call, [&](const Asker& asker, const auto& request) {
        proxies.get_read_version(asker, request);
      });
    case Request::kGetHealthMetrics:
      return serve<wire::GetHealthMetricsRequest>(
          call,
          [&](const Asker& asker, const auto& request) { proxies.health_metrics(asker, request); });
    case Request::kGlobalConfigRefresh:
      return serve<wire::GlobalConfigRefreshRequest>(
          call,
          [&](const Asker& asker, const auto& request) { proxies.global_config(asker, request); });
    case Request::kCommit:
      return serve<wire::CommitTransactionRequest>(
          call, [&](const Asker& asker, const auto& request) { proxies.commit(asker, request); });
    case Request::kGetLocations:
      return serve<wire::GetKeyServerLocationsRequest>(
          call,
          [&](const Asker& asker, const auto& request) { proxies.locations(asker, request); });
    case Request::kGetTenantId:
      return serve<wire::GetTenantIdRequest>(call, [&](const Asker& asker, const auto& request) {
        proxies.tenant_id(asker, request);
      });
    case Request::kExpireIdempotencyId:
      return serve<wire::ExpireIdempotencyIdRequest>(
          call, [&](const Asker&, const auto& request) { proxies.expire_idempotency_id(request); });
    case Request::kGetDdMetrics:
      return serve<wire::GetDdMetricsRequest>(call, [&](const Asker& asker, const auto& request) {
        proxies.dd_metrics(asker, request);
      });
    default:
      return serve<wire::ExclusionSafetyCheckRequest>(call,
                                                      [&](const Asker& asker, const auto& request) {
                                                        proxies.exclusion_safety(asker, request);
                                                      });
  }
}

void Engine::dispatch_cluster(Call& call) {
  bool is_coordinator =
      call.binding.role != nullptr && call.binding.role->role == Role::kCoordinator;
  switch (call.binding.request) {
    case Request::kPing:
      return serve<wire::PingRequest>(call, [&](const Asker& asker, const wire::PingRequest&) {
        answers.reply(asker, wire::Void());
      });
    case Request::kProtocolInfo:
      return serve<wire::ProtocolInfoRequest>(call, [&](const Asker& asker, const auto&) {
        answers.reply(asker,
                      wire::ProtocolInfoReply{topology.process(call.process).version.value()});
      });
    // What is for coordinators is not heard by other processes.
    case Request::kGetLeader:
      if (!is_coordinator) return;
      return serve<wire::GetLeaderRequest>(call, [&](const Asker& asker, const auto& request) {
        coordination.get_leader(asker, request);
      });
    case Request::kOpenDatabase:
      if (!is_coordinator) return;
      return serve<wire::OpenDatabaseCoordRequest>(call,
                                                   [&](const Asker& asker, const auto& request) {
                                                     coordination.open_database(asker, request);
                                                   });
    case Request::kDescriptorMutable:
      if (!is_coordinator) return;
      return serve<wire::CheckDescriptorMutableRequest>(call, [&](const Asker& asker, const auto&) {
        answers.reply(asker, wire::CheckDescriptorMutableReply{true});
      });
    case Request::kStatus:
      return serve<wire::StatusRequest>(call, [&](const Asker& asker, const auto& request) {
        coordination.status(asker, request);
      });
    case Request::kGetClientWorkers:
      return serve<wire::GetClientWorkersRequest>(call,
                                                  [&](const Asker& asker, const auto& request) {
                                                    coordination.client_workers(asker, request);
                                                  });
    case Request::kReboot:
      return serve<wire::RebootRequest>(
          call, [&](const Asker& asker, const auto&) { reboot(asker.role->process); });
    case Request::kForceRecovery:
      return serve<wire::ForceRecoveryRequest>(
          call, [&](const Asker& asker, const auto&) { answers.reply(asker, wire::Void()); });
    default:
      return;
  }
}

}  // namespace orrery::fdb::test_double
