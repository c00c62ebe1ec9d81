// One commit that many subscribers hear of, beside the same bytes written to as many sockets; what a
// connection and a row take; how long a million rows take to be subscribed to and to be opened.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/sync.h"
#include "bench/host/cases.h"
#include "bench/host/module_host.h"
#include "bench/host/ws_clients.h"
#include "bench/lib/measure.h"
#include "bench/lib/report.h"

namespace bench {
namespace {

const char* const kHelp = R"(fanout [--quick] [--json] [--engines a,b,...] [--case TEXT] [--dir FOLDER]
A commit heard of by 1,000 subscribers over loopback: nanoseconds per message, from the call to the last of them.
Engines: native (one send and one receive of the same bytes per subscriber), orrery. Then: a subscription to a million
rows and the opening of a database with them (per row), bytes of memory per idle connection and per row.
)";

constexpr int kRounds = 7;
constexpr uint32_t kSubscribers = 1000;

/// Pairs of sockets over loopback, written by one thread and read by another.
class Sockets {
 public:
  explicit Sockets(uint32_t pairs) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener, 128) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      give_up("sockets", std::strerror(errno));
    }
    for (uint32_t i = 0; i < pairs; ++i) {
      const int reader = ::socket(AF_INET, SOCK_STREAM, 0);
      if (::connect(reader, reinterpret_cast<sockaddr*>(&address), size) != 0) {
        give_up("sockets", std::strerror(errno));
      }
      readers_.push_back(reader);
      writers_.push_back(::accept(listener, nullptr, nullptr));
    }
    ::close(listener);
  }
  ~Sockets() {
    for (int one : readers_) ::close(one);
    for (int one : writers_) ::close(one);
  }
  uint64_t run(size_t bytes, uint32_t messages) {
    const std::string message(bytes, 'x');
    const uint64_t started = now_nanos();
    orrery::Thread reader([&] {
      std::string space(bytes, '\0');
      for (uint32_t i = 0; i < messages; ++i) {
        for (int one : readers_) {
          if (::recv(one, space.data(), bytes, MSG_WAITALL) <= 0) give_up("sockets", "closed");
        }
      }
    });
    for (uint32_t i = 0; i < messages; ++i) {
      for (int one : writers_) {
        if (::send(one, message.data(), bytes, MSG_NOSIGNAL) <= 0) give_up("sockets", "closed");
      }
    }
    reader.join();
    return now_nanos() - started;
  }

 private:
  std::vector<int> readers_, writers_;
};

/// Subscribers to all accounts and one more client that changes some of them.
class Audience {
 public:
  Audience() : server_("bank"), clients_(server_.port(), kSubscribers + 1) {
    clients_.call(kSubscribers, "seed", packed(uint32_t{1000}, int64_t{0}));
    clients_.wait_for(Said::kReducerResult, 1);
    for (uint32_t i = 0; i < kSubscribers; ++i) clients_.subscribe(i, "SELECT * FROM account");
    clients_.wait_for(Said::kSubscribed, kSubscribers);
  }
  /// So many commits of `rows` changed rows, each heard of by everyone before the next.
  uint64_t run(uint32_t rows, uint32_t commits) {
    const uint64_t started = now_nanos();
    for (uint32_t i = 0; i < commits; ++i) {
      clients_.call(kSubscribers, "touch", packed(uint32_t{0}, rows, ++balance_));
      uint32_t heard = 0;
      bool answered = false;
      while (heard < kSubscribers || !answered) {
        clients_.wait([&](uint32_t, Said said, std::string_view message) {
          heard += said == Said::kUpdate ? 1 : 0;
          answered = answered || said == Said::kReducerResult;
          if (said == Said::kUpdate) message_bytes_ = message.size() + 3;
        });
      }
    }
    return now_nanos() - started;
  }
  size_t message_bytes() const { return message_bytes_; }

 private:
  BenchServer server_;
  WsClients clients_;
  int64_t balance_ = 0;
  size_t message_bytes_ = 64;
};

/// A figure that is taken once.
void print_figure(const Arguments& arguments, const char* name, const char* unit, double value,
                  const char* note) {
  if (arguments.form == Form::kJson) {
    std::printf("{\"bench\":\"fanout\",\"case\":\"%s\",\"engine\":\"orrery\",\"%s\":%.1f}\n", name,
                unit, value);
  } else {
    std::printf("%-46s %-9s %12.1f %s  %s\n", name, "orrery", value, unit, note);
  }
  std::fflush(stdout);
}

bool wants(const Arguments& arguments, const char* name) {
  return is_wanted(arguments, name, "orrery");
}

void measure_connections(const Arguments& arguments) {
  const char* const name = "memory of an idle connection";
  if (!wants(arguments, name)) return;
  BenchServer server("bank");
  WsClients first(server.port(), 10);
  const uint64_t before = resident_bytes();
  WsClients idle(server.port(), kSubscribers);
  const double each = static_cast<double>(resident_bytes() - before) / kSubscribers;
  print_figure(arguments, name, "bytes", each, "with the benchmark's own end of it");
}

/// A million accounts: their memory, a subscription to them, and opening them again.
void measure_million(const Arguments& arguments, const std::string& folder) {
  const uint32_t rows = 1'000'000;
  const char* const names[] = {"memory of a row of 12 bytes with its key", "subscribe to 1 M rows",
                               "cold start with 1 M rows"};
  if (!wants(arguments, names[0]) && !wants(arguments, names[1]) && !wants(arguments, names[2])) {
    return;
  }
  {
    BenchServer server("bank", folder);
    WsClients clients(server.port(), 1);
    const uint64_t before = resident_bytes();
    clients.call(0, "seed", packed(rows, int64_t{1}));
    clients.wait_for(Said::kReducerResult, 1);
    // What the transaction itself needed goes back with the next ones.
    for (int i = 0; i < 10; ++i) {
      clients.call(0, "touch", packed(uint32_t{0}, uint32_t{1}, int64_t{i}));
      clients.wait_for(Said::kReducerResult, 1);
    }
    print_figure(arguments, names[0], "bytes",
                 static_cast<double>(resident_bytes() - before) / rows, "");
    const uint64_t started = now_nanos();
    clients.subscribe(0, "SELECT * FROM account");
    clients.wait_for(Said::kSubscribed, 1);
    print_figure(arguments, names[1], "ns_per_row",
                 static_cast<double>(now_nanos() - started) / rows, "to the last byte at the client");
  }
  const uint64_t started = now_nanos();
  BenchServer again("bank", folder);
  WsClients clients(again.port(), 1);
  print_figure(arguments, names[2], "ns_per_row", static_cast<double>(now_nanos() - started) / rows,
               "to the first greeting");
}

int run(int argc, char** argv) {
  const Arguments arguments = parse_arguments(argc, argv, kHelp, {});
  const uint32_t commits = arguments.quick ? 5 : 20;
  allow_sockets(3 * (kSubscribers + 100) * 2);
  std::vector<HostCase> cases;
  auto audience = std::make_shared<std::shared_ptr<Audience>>();
  auto sockets = std::make_shared<std::shared_ptr<Sockets>>();
  for (const uint32_t rows : {1u, 100u}) {
    HostCase one;
    one.name = "commit of " + std::to_string(rows) + " changed rows to 1,000 subscribers";
    one.operations = uint64_t{commits} * kSubscribers;
    one.engine = "native";
    one.note = "send and receive of the same bytes";
    // A changed row is 12 bytes that go and 12 that come, beside some sixty around them.
    const size_t bytes = 60 + rows * 24;
    one.round = [sockets, bytes, commits] {
      if (*sockets == nullptr) *sockets = std::make_shared<Sockets>(kSubscribers);
      return (*sockets)->run(bytes, commits);
    };
    cases.push_back(one);
    one.engine = "orrery";
    one.note = "from the call to the last subscriber";
    one.round = [audience, rows, commits] {
      if (*audience == nullptr) *audience = std::make_shared<Audience>();
      return (*audience)->run(rows, commits);
    };
    cases.push_back(one);
  }
  const bool agreed = run_cases("fanout", arguments, kRounds, cases);
  audience->reset();
  sockets->reset();
  measure_connections(arguments);
  const std::string folder = make_directory(arguments.directory);
  measure_million(arguments, folder);
  remove_tree(folder);
  return agreed ? 0 : 1;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(argc, argv); }
