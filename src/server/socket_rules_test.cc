// What a WebSocket promises: when answers come, in which order, and to whom they stop.
#include <unistd.h>

#include <filesystem>

#include "server/server_for_test.h"

namespace orrery::server {
namespace {

/// The system's files, whose sync() waits while it is held up.
class HeldFiles final : public env::FileSystem {
 public:
  void hold() { held_ = true; }
  void release() { held_ = false; }

  Result<std::unique_ptr<env::File>> open(std::string_view path, env::OpenMode mode) override {
    ORRERY_TRY_ASSIGN(std::unique_ptr<env::File> file, real_.open(path, mode));
    return std::unique_ptr<env::File>(std::make_unique<HeldFile>(*this, std::move(file)));
  }
  Status rename(std::string_view from, std::string_view to) override {
    return real_.rename(from, to);
  }
  Status remove(std::string_view path) override { return real_.remove(path); }
  Result<std::vector<env::DirEntry>> list_dir(std::string_view path) override {
    return real_.list_dir(path);
  }
  Status create_dirs(std::string_view path) override { return real_.create_dirs(path); }
  Status sync_dir(std::string_view path) override { return real_.sync_dir(path); }
  bool exists(std::string_view path) override { return real_.exists(path); }
  Result<std::unique_ptr<env::FileLock>> lock_file(std::string_view path) override {
    return real_.lock_file(path);
  }
  Result<uint64_t> available_space(std::string_view path) override {
    return real_.available_space(path);
  }

 private:
  class HeldFile final : public env::File {
   public:
    HeldFile(HeldFiles& files, std::unique_ptr<env::File> real)
        : files_(files), real_(std::move(real)) {}
    Result<size_t> read_at(uint64_t offset, std::span<char> out) override {
      return real_->read_at(offset, out);
    }
    Status write_at(uint64_t offset, std::string_view bytes) override {
      return real_->write_at(offset, bytes);
    }
    Status append(std::string_view bytes) override { return real_->append(bytes); }
    Result<uint64_t> size() override { return real_->size(); }
    Status truncate(uint64_t size) override { return real_->truncate(size); }
    Status sync() override {
      while (files_.held_) usleep(1000);
      return real_->sync();
    }
    Status close() override { return real_->close(); }

   private:
    HeldFiles& files_;
    std::unique_ptr<env::File> real_;
  };

  env::FileSystem& real_ = *env::system_environment().files;
  std::atomic<bool> held_ = false;
};

v2::Subscribe subscribe(uint32_t request, uint32_t set, std::vector<std::string_view> queries) {
  v2::Subscribe out;
  out.request_id = request;
  out.query_set = set;
  out.queries = std::move(queries);
  return out;
}

class SocketRules : public ServerTest {
 protected:
  void SetUp() override {}
  void TearDown() override {
    files_.release();
    stop();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  void start_in_files() {
    char name[] = "/tmp/orrery-server-XXXXXX";
    folder_ = mkdtemp(name);
    ServerOptions options;
    options.host.storage = host::HostStorage::kFiles;
    options.host.data_directory = folder_;
    options.host.environment.files = &files_;
    start(std::move(options));
    publish();
  }

  /// The value of a metric of the one database.
  std::string metric(std::string_view name) {
    const std::string all = ask("GET", "/v1/metrics").body;
    const size_t at = all.find("\n" + std::string(name) + "{");
    if (at == std::string::npos) return "";
    const size_t begin = all.find("} ", at) + 2;
    return all.substr(begin, all.find('\n', begin) - begin);
  }

  void wait_for(std::string_view name, std::string_view value) {
    for (int i = 0; i < 3000 && metric(name) != value; ++i) usleep(10'000);
    EXPECT_EQ(metric(name), value) << name;
  }

  HeldFiles files_;
  std::string folder_;
};

TEST_F(SocketRules, ConfirmedReadsWaitForTheDeviceOthersDoNot) {
  start_in_files();
  V2Client patient(port(), "confirmed=true", "ann");
  V2Client hasty(port(), "confirmed=false", "bob");
  patient.connect();
  hasty.connect();
  patient.say(subscribe(1, 1, {"SELECT * FROM user"}));
  ASSERT_TRUE(patient.hear());
  constexpr uint32_t kCommits = 12;
  std::atomic<bool> released = false;
  std::atomic<uint32_t> heard = 0;
  bool early = false;
  files_.hold();
  Thread listener([&] {
    while (heard < kCommits && patient.hear()) {
      early = early || !released;
      ++heard;
    }
  });
  for (uint32_t i = 0; i < kCommits; ++i) {
    const std::string row = user_row(i, "Bob");
    hasty.say(v2::CallReducer{i, "add_user", row});
    auto answer = hasty.hear();
    ASSERT_TRUE(answer && answer->as<v2::ReducerResult>());
  }
  released = true;
  files_.release();
  listener.join();
  EXPECT_EQ(heard, kCommits);
  EXPECT_FALSE(early) << "an update came before its commit was on the device";
}

TEST_F(SocketRules, WhatFollowsASubscriptionIsAnsweredBehindIt) {
  start({});
  publish();
  V2Client writer(port(), "", "bob");
  writer.connect();
  const std::string many = host::raw_bytes(uint32_t{0}) + host::raw_bytes(uint32_t{20'000});
  writer.say(v2::CallReducer{1, "add_many", many});
  ASSERT_TRUE(writer.hear());
  V2Client client(port(), "compression=None");
  client.connect();
  for (uint32_t round = 0; round < 4; ++round) {
    const uint32_t set = 2 * round;
    const std::string row = user_row(100'000 + round, "Ann");
    client.say(subscribe(set, set, {"SELECT * FROM user"}));
    client.say(subscribe(set + 1, set + 1, {"SELECT * FROM user WHERE id > 7"}));
    client.say(v2::CallReducer{round, "add_user", row});
    for (uint32_t i = 0; i < 2; ++i) {
      auto applied = client.hear();
      ASSERT_TRUE(applied && applied->as<v2::SubscribeApplied>());
      EXPECT_EQ(applied->as<v2::SubscribeApplied>()->query_set, set + i);
    }
    auto answer = client.hear();
    ASSERT_TRUE(answer && answer->as<v2::ReducerResult>());
    auto* done = std::get_if<v2::ReducerOk>(&answer->as<v2::ReducerResult>()->outcome);
    ASSERT_NE(done, nullptr);
    EXPECT_EQ(done->update.query_sets.size(), set + 2) << "every set has the row";
  }
}

TEST_F(SocketRules, RequestsThatWaitAreCounted) {
  // Calls that were taken are run after the client has gone, and the test may be over.
  struct Door {
    std::atomic<bool> entered = false, open = false;
  };
  auto door = std::make_shared<Door>();
  host::FakeModule module = test_module();
  for (size_t i = 0; i < module.def.reducers.size(); ++i) {
    if (module.def.reducers[i].name != "noop") continue;
    module.reducers[i] = [door](host::FakeCall&) {
      door->entered = true;
      while (!door->open) usleep(1000);
      return host::ok();
    };
  }
  runtime_->add("waits", std::move(module));
  ServerOptions options;
  options.api.socket_requests_max = 8;
  start(std::move(options));
  ASSERT_EQ(ask("PUT", "/v1/database/chat", "owner", "waits").status, 200);
  V2Client client(port());
  client.connect();
  for (uint32_t i = 0; i < 9; ++i) client.say(v2::CallReducer{i, "noop", ""});
  while (!door->entered) usleep(1000);
  // Refused on the io thread, while the lane stands still.
  wait_for("orrery_ws_clients_dropped_fast_total", "1");
  door->open = true;
  while (client.hear()) {
  }
  EXPECT_EQ(client.closed().code, ws::kCloseAgain);
  EXPECT_EQ(client.closed().reason, "too many requests");
}

TEST_F(SocketRules, WhoIsSilentIsCutOff) {
  ServerOptions options;
  options.http.sockets.ping_micros = 100'000;
  options.http.sockets.idle_micros = 1'500'000;
  start(std::move(options));
  publish();
  // This client answers pings only while it listens.
  V2Client silent(port());
  silent.connect();
  V2Client listens(port(), "", "bob");
  listens.connect();
  Thread listener([&] {
    while (listens.hear()) {
    }
  });
  wait_for("orrery_ws_clients", "1");
  EXPECT_EQ(metric("orrery_ws_clients_total"), "2");
  stop();
  listener.join();
}

}  // namespace
}  // namespace orrery::server
