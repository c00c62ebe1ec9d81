// What server_for_test.h declares.
#include "server/server_for_test.h"

namespace orrery::server {
using host::FakeCall;
using types::AlgebraicType;
using types::TypeElement;

namespace {

schema::RawReducer raw_reducer(std::string name, std::vector<TypeElement> params) {
  schema::RawReducer out;
  out.name = std::move(name);
  out.params = AlgebraicType::product(std::move(params));
  return out;
}

uint32_t number(std::string_view& bytes) {
  uint32_t out = 0;
  if (bytes.size() >= 4) {
    std::memcpy(&out, bytes.data(), 4);
    bytes.remove_prefix(4);
  }
  return out;
}

host::GuestOutcome outcome_of(const Status& status) {
  return status ? host::ok() : host::user_error(status.error().message());
}

}  // namespace

host::FakeModule test_module() {
  host::FakeModule out;
  schema::RawModuleDefV10& def = out.def;
  def.case_conversion_policy = schema::CaseConversionPolicy::kNone;
  auto add_table = [&](const char* name, std::vector<TypeElement> columns) -> schema::RawTable& {
    uint32_t ref = def.typespace.add(AlgebraicType::product(std::move(columns)));
    def.types.push_back({{}, std::string(name) + "_row", ref, true});
    schema::RawTable& table = def.tables.emplace_back();
    table.name = name;
    table.product_type_ref = ref;
    return table;
  };
  schema::RawTable& user =
      add_table("user", {{"id", AlgebraicType::u32()}, {"name", AlgebraicType::string()}});
  user.indexes.push_back({"user_id_idx", {}, schema::IndexAlgorithm::kBTree, {0}});
  user.constraints.push_back({{}, {0}});
  add_table("ev", {{"n", AlgebraicType::u32()}}).is_event = true;
  add_table("secret", {{"n", AlgebraicType::u32()}}).access = schema::TableAccess::kPrivate;
  auto add = [&](const char* name, std::vector<TypeElement> params, host::FakeFunction run) {
    def.reducers.push_back(raw_reducer(name, std::move(params)));
    out.reducers.push_back(std::move(run));
  };
  TypeElement id("id", AlgebraicType::u32());
  TypeElement name("name", AlgebraicType::string());
  TypeElement n("n", AlgebraicType::u32());
  add("add_user", {id, name},
      [](FakeCall& call) { return outcome_of(call.insert("user", call.arguments)); });
  add("remove_user", {id, name},
      [](FakeCall& call) { return outcome_of(call.remove("user", call.arguments)); });
  add("add_many", {id, n}, [](FakeCall& call) {
    std::string_view arguments = call.arguments;
    uint32_t from = number(arguments);
    uint32_t count = number(arguments);
    Status done;
    for (uint32_t i = 0; i < count && done; ++i) {
      done = call.insert("user", user_row(from + i, "user number " + std::to_string(from + i)));
    }
    return outcome_of(done);
  });
  add("emit", {n}, [](FakeCall& call) { return outcome_of(call.insert("ev", call.arguments)); });
  add("fail", {name},
      [](FakeCall& call) { return host::user_error(std::string(call.arguments.substr(4))); });
  add("crash", {}, [](FakeCall&) { return host::trap(); });
  add("noop", {}, [](FakeCall&) { return host::ok(); });
  schema::RawProcedure sum;
  sum.name = "sum";
  sum.params = AlgebraicType::product({{"a", AlgebraicType::u32()}, {"b", AlgebraicType::u32()}});
  sum.return_type = AlgebraicType::u32();
  def.procedures.push_back(std::move(sum));
  out.procedures.push_back([](FakeCall& call) {
    std::string_view arguments = call.arguments;
    uint32_t a = number(arguments);
    return host::ok(host::raw_bytes(a + number(arguments)));
  });
  def.order_by_tag();
  return out;
}

V2Client::V2Client(uint16_t port, std::string_view query, std::string_view subject,
                   std::string_view protocol)
    : socket_(port,
              "/v1/database/chat/subscribe?token=x." + std::string(subject) + ".y" +
                  (query.empty() ? "" : "&" + std::string(query)),
              protocol) {}

std::optional<ServerSays> V2Client::hear() {
  if (waiting_.empty()) {
    auto received = socket_.receive();
    if (received.closed) {
      closed_ = received;
      return std::nullopt;
    }
    auto frame = std::make_shared<std::string>(std::move(received.payload));
    auto buffer = std::make_shared<std::string>();
    auto body = protocol::open_envelope(*frame, 256 << 20, buffer.get());
    EXPECT_TRUE(body) << body.error().message();
    if (!body) return std::nullopt;
    protocol::PayloadReader<v2::ServerMessage> reader(*body, protocol::Framing::kManyMessages);
    while (true) {
      auto next = reader.next();
      EXPECT_TRUE(next) << next.error().message();
      if (!next || !*next) break;
      waiting_.push_back({frame, buffer, std::move(**next)});
    }
    if (waiting_.empty()) return std::nullopt;
  }
  ServerSays out = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  return out;
}

v2::InitialConnection V2Client::connect() {
  auto first = hear();
  EXPECT_TRUE(first && first->as<v2::InitialConnection>());
  if (!first || !first->as<v2::InitialConnection>()) return {};
  v2::InitialConnection out = *first->as<v2::InitialConnection>();
  out.token = {};
  return out;
}

void ServerTest::start(ServerOptions options) {
  runtime_->add("module", test_module());
  options.host.runtime = runtime_;
  if (options.host.data_directory.empty()) options.host.storage = host::HostStorage::kMemory;
  options.api.version = "test";
  options.grace_micros = 2'000'000;
  auto server = Server::start(std::move(options), std::make_unique<FakeTokens>());
  ASSERT_TRUE(server) << server.error().message();
  server_ = std::move(*server);
}

void ServerTest::stop() {
  if (server_) server_->stop();
  server_.reset();
}

WireAnswer ServerTest::ask(std::string_view method, std::string_view target,
                           std::string_view subject, std::string_view body, WireHeaders headers) {
  if (!subject.empty()) {
    headers.emplace_back("authorization", "Bearer x." + std::string(subject) + ".y");
  }
  return wire_request(port(), method, target, headers, body);
}

void ServerTest::publish() {
  WireAnswer answer = ask("PUT", "/v1/database/chat", "owner", "module");
  ASSERT_EQ(answer.status, 200) << answer.body;
}

}  // namespace orrery::server
