// The transport with the system's sockets and clock, entered by many threads.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/sync.h"
#include "env/environment.h"
#include "fdb/runtime/future.h"
#include "fdb/transport/certificates_for_test.h"
#include "fdb/transport/scripted_server_for_test.h"
#include "fdb/transport/system_dialer.h"
#include "fdb/transport/tls.h"

namespace orrery::fdb {
namespace {

/// A server that answers every GetValueRequest with its key, on a thread of its own; hangs up now
/// and then.
class EchoServer {
 public:
  EchoServer(size_t requests_per_connection, std::shared_ptr<const TlsContext> tls)
      : requests_max_(requests_per_connection),
        tls_(std::move(tls)),
        listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof(at)), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    socklen_t size = sizeof(at);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    address_ = *NetworkAddress::parse("127.0.0.1:" + std::to_string(ntohs(at.sin_port)) +
                                      (tls_ != nullptr ? ":tls" : ""));
    thread_ = Thread([this] { run(); });
  }
  ~EchoServer() {
    stop_ = true;
    thread_.join();
    close(listener_);
  }
  const NetworkAddress& address() const { return address_; }
  int connections() const { return connections_; }

 private:
  void run() {
    while (!stop_) {
      pollfd watched{listener_, POLLIN, 0};
      if (poll(&watched, 1, 20) == 1) serve(accept(listener_, nullptr, nullptr));
    }
  }
  void serve(int socket) {
    ++connections_;
    std::unique_ptr<Stream> stream = TcpStream::adopt(socket);
    if (tls_ != nullptr) stream = std::make_unique<TlsStream>(tls_, std::move(stream), "");
    ServerEnd end(std::move(stream), tls_ != nullptr ? FrameForm::kUnchecked : FrameForm::kChecked);
    size_t served = 0;
    while (!stop_ && !end.ended && served < requests_max_) {
      pollfd watched{socket, POLLIN, 0};
      poll(&watched, 1, 20);
      end.turn();
      served += end.requests.size();
      end.echo_all();
    }
  }

  const size_t requests_max_;
  const std::shared_ptr<const TlsContext> tls_;
  int listener_;
  NetworkAddress address_;
  std::atomic<bool> stop_{false};
  std::atomic<int> connections_{0};
  Thread thread_;
};

Task<Result<std::string>> echo(Transport& transport, wire::Endpoint to, std::string key) {
  wire::GetValueRequest request;
  request.key = key;
  auto asking = ask_until_answered(transport, to, request);
  Result<Answer<wire::GetValueReply>> answer = co_await asking;
  if (!answer) co_return fail(answer.error());
  co_return std::string(*(*answer)->value);
}

TlsSettings tls_settings() {
  CertificateForTest::Wish wish;
  wish.subject = {{"CN", "CA"}};
  wish.is_ca = true;
  CertificateForTest ca(wish, nullptr);
  CertificateForTest own({{{"CN", "node"}}}, &ca);
  TlsSettings out;
  out.certificate.bytes = own.certificate_pem();
  out.key.bytes = own.key_pem();
  out.ca.bytes = ca.certificate_pem();
  return out;
}

struct How {
  bool runs_loop;
  bool is_tls;
};

class FdbTransportThreads : public testing::TestWithParam<How> {};

TEST_P(FdbTransportThreads, ManyThreadsOverConnectionsThatBreak) {
  const env::Environment& system = env::system_environment();
  std::shared_ptr<const TlsContext> tls;
  SystemDialer::Options dialing;
  if (GetParam().is_tls) {
    dialing.tls = tls_settings();
    dialing.tls.verify_peers = "CN=node,I.CN=CA";
    tls = *TlsContext::load(dialing.tls, *system.files, TlsContext::Side::kServer);
  }
  EchoServer server(700, tls);
  auto loop = std::make_shared<Loop>(*system.clock);
  SystemDialer dialer(dialing, system);
  TransportOptions options;
  options.reconnect_delay_min = options.reconnect_delay_max = kMilli;
  auto transport = std::make_unique<Transport>(*loop, dialer, *system.random, options);
  wire::Endpoint to{{server.address(), std::nullopt}, {0x55, 1}};
  Thread own;
  if (GetParam().runs_loop) own = Thread([&] { loop->run(); });

  constexpr int kThreads = 4;
  constexpr int kRounds = 100;
  constexpr int kInFlight = 8;
  std::atomic<int> right{0};
  std::vector<Thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < kRounds; ++round) {
        std::vector<Future<std::string>> futures;
        std::vector<std::string> keys;
        for (int i = 0; i < kInFlight; ++i) {
          keys.push_back(std::to_string(thread * 1'000'000 + round * 1000 + i));
          auto inside = loop->enter();
          futures.emplace_back(
              Operation<std::string>::start(*loop, echo(*transport, to, keys.back())), loop);
        }
        // Some are given up.
        if (round % 10 == 0) futures.pop_back();
        for (size_t i = 0; i < futures.size(); ++i) right += futures[i].get() == keys[i] ? 1 : 0;
      }
    });
  }
  for (Thread& thread : threads) thread.join();
  EXPECT_EQ(right, kThreads * (kRounds * kInFlight - kRounds / 10));
  EXPECT_GT(server.connections(), 2);
  {
    auto inside = loop->enter();
    transport.reset();
  }
  if (own.joinable()) {
    loop->stop();
    own.join();
  }
}

INSTANTIATE_TEST_SUITE_P(Loop, FdbTransportThreads,
                         testing::Values(How{false, false}, How{true, false}, How{false, true},
                                         How{true, true}),
                         [](const auto& info) {
                           return std::string(info.param.runs_loop ? "Run" : "Unrun") +
                                  (info.param.is_tls ? "Tls" : "Plain");
                         });

}  // namespace
}  // namespace orrery::fdb
