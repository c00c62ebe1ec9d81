// Subscriptions that begin and end while the module is replaced again and again: every client
// follows each of its sets row by row, and what an ended set gives back must be what it had.
#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "protocol/row_list.h"
#include "server/server_for_test.h"

namespace orrery::server {
namespace {

/// Follows what a server says of each set by itself.
class Auditor {
 public:
  Auditor(uint16_t port, std::string_view query, std::string_view subject)
      : client_(port, query, subject) {
    client_.connect();
  }
  V2Client& client() { return client_; }
  std::vector<uint32_t> live() const {
    std::vector<uint32_t> out;
    for (const auto& [set, rows] : sets_) out.push_back(set);
    return out;
  }

  void ask(const v2::ClientMessage& message) {
    ++open_;
    ASSERT_TRUE(client_.say(message));
  }
  uint32_t next_request() { return ++request_; }
  uint32_t next_set() { return ++set_; }

  void settle() {
    while (open_ > 0 && !::testing::Test::HasFailure()) {
      auto heard = client_.hear();
      ASSERT_TRUE(heard) << client_.closed().code << " " << client_.closed().reason;
      take(*heard);
    }
  }

 private:
  using Rows = std::map<std::string, int>;

  static void add(Rows& rows, std::string_view table, const protocol::RowListView& list, int n) {
    for (size_t i = 0; i < list.row_count(); ++i) {
      std::string key = std::string(table) + " " + std::string(list.row(i));
      if ((rows[key] += n) == 0) rows.erase(key);
    }
  }
  std::string told_of(uint32_t set) {
    std::string out = " of set " + std::to_string(set) + ":";
    for (const auto& [of, what] : told_) {
      if (of == set) out += " " + what;
    }
    return out;
  }
  void update(const v2::TransactionUpdate& update) {
    for (const auto& of_set : update.query_sets) {
      auto set = sets_.find(of_set.query_set);
      told_.emplace_back(of_set.query_set, "update");
      ASSERT_TRUE(set != sets_.end()) << "an update" << told_of(of_set.query_set);
      for (const auto& table : of_set.tables) {
        for (const auto& changes : table.changes) add(set->second, table.table, changes.inserts, 1);
      }
      for (const auto& table : of_set.tables) {
        for (const auto& changes : table.changes) {
          add(set->second, table.table, changes.deletes, -1);
        }
      }
      for (const auto& [row, n] : set->second) {
        ASSERT_GT(n, 0) << "a row went that was not there" << told_of(of_set.query_set);
      }
    }
  }
  void take(const ServerSays& says) {
    if (auto* applied = says.as<v2::SubscribeApplied>()) {
      Rows& rows = sets_[applied->query_set];
      for (const auto& table : applied->rows.tables) add(rows, table.table, table.rows, 1);
      told_.emplace_back(applied->query_set, "applied");
      --open_;
    } else if (auto* ended = says.as<v2::UnsubscribeApplied>()) {
      Rows rows;
      ASSERT_TRUE(ended->rows);
      for (const auto& table : ended->rows->tables) add(rows, table.table, table.rows, 1);
      told_.emplace_back(ended->query_set, "ended");
      EXPECT_EQ(rows, sets_[ended->query_set]) << "rows given back" << told_of(ended->query_set);
      sets_.erase(ended->query_set);
      --open_;
    } else if (auto* result = says.as<v2::ReducerResult>()) {
      if (auto* ok = std::get_if<v2::ReducerOk>(&result->outcome)) update(ok->update);
      --open_;
    } else if (auto* changed = says.as<v2::TransactionUpdate>()) {
      update(*changed);
    } else {
      ADD_FAILURE() << "an answer of kind " << says.message.index();
    }
  }

  V2Client client_;
  std::map<uint32_t, Rows> sets_;
  std::vector<std::pair<uint32_t, std::string>> told_;
  uint32_t open_ = 0;
  uint32_t request_ = 0;
  uint32_t set_ = 0;
};

v2::Subscribe subscribe_to(uint32_t set, std::vector<std::string_view> queries) {
  return {set, set, std::move(queries)};
}

class Dice {
 public:
  explicit Dice(uint32_t seed) : state_(seed) {}
  uint32_t roll(uint32_t n) {
    state_ = state_ * 1664525 + 1013904223;
    return static_cast<uint32_t>((uint64_t{state_} * n) >> 32);
  }

 private:
  uint32_t state_;
};

std::vector<std::string> split_users(std::string_view rows) {
  std::vector<std::string> out;
  while (!rows.empty()) {
    uint32_t name = 0;
    std::memcpy(&name, rows.data() + 4, 4);
    out.emplace_back(rows.substr(0, 8 + name));
    rows.remove_prefix(8 + name);
  }
  return out;
}
uint32_t id_of(std::string_view row) {
  uint32_t id = 0;
  std::memcpy(&id, row.data(), 4);
  return id;
}

/// The test module with views of users: `some` are those whose ids leave no rest when divided by
/// `divisor`; `tagged` are others, with what divisor made them; `mine` are `some` for who asks.
/// Where `divisor` is 0 `some` traps.
host::FakeModule module_with_views(uint32_t divisor) {
  host::FakeModule module = test_module();
  const uint32_t user_ref = module.def.tables[0].product_type_ref;
  auto rows_of = [](const std::vector<std::string>& rows) {
    std::string out("\0", 1);
    out += host::raw_bytes(static_cast<uint32_t>(rows.size()));
    for (const std::string& row : rows) out += row;
    return host::ok(out);
  };
  auto some = [divisor, rows_of](host::FakeCall& call) {
    if (divisor == 0) return host::trap();
    std::vector<std::string> out;
    for (std::string& row : split_users(call.scan("user"))) {
      if (id_of(row) % divisor == 0) out.push_back(std::move(row));
    }
    return rows_of(out);
  };
  auto tagged = [divisor, rows_of](host::FakeCall& call) {
    std::vector<std::string> out;
    for (const std::string& row : split_users(call.scan("user"))) {
      out.push_back(user_row(id_of(row), "by " + std::to_string(divisor)));
    }
    return rows_of(out);
  };
  auto add = [&](const char* name, bool anonymous, host::FakeFunction run) {
    schema::RawView view;
    view.name = name;
    view.is_anonymous = anonymous;
    auto& functions = anonymous ? module.anonymous_views : module.views;
    view.index = static_cast<uint32_t>(functions.size());
    view.params = types::AlgebraicType::unit();
    view.return_type = types::AlgebraicType::array(types::AlgebraicType::ref(user_ref));
    module.def.views.push_back(std::move(view));
    functions.push_back(std::move(run));
  };
  add("some", true, some);
  add("tagged", true, tagged);
  add("mine", false, some);
  module.def.order_by_tag();
  return module;
}

class RepublishTest : public ServerTest {
 protected:
  void publish_program(const char* program) {
    WireAnswer answer = ask("PUT", "/v1/database/chat", "owner", program);
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  void add_users(uint32_t from, uint32_t count) {
    V2Client client(port(), "", "owner");
    client.connect();
    std::string many = host::raw_bytes(from) + host::raw_bytes(count);
    client.say(v2::CallReducer{1, "add_many", many});
    ASSERT_TRUE(client.hear());
  }
};

/// The ids of rows that came and went in a transaction update, by table.
std::map<std::string, std::pair<std::vector<uint32_t>, std::vector<uint32_t>>> ids_of(
    const ServerSays& says) {
  std::map<std::string, std::pair<std::vector<uint32_t>, std::vector<uint32_t>>> out;
  const auto* update = says.as<v2::TransactionUpdate>();
  EXPECT_NE(update, nullptr) << says.message.index();
  if (update == nullptr) return out;
  for (const auto& set : update->query_sets) {
    for (const auto& table : set.tables) {
      auto& [came, went] = out[std::string(table.table)];
      for (const auto& changes : table.changes) {
        for (size_t i = 0; i < changes.inserts.row_count(); ++i) {
          came.push_back(id_of(changes.inserts.row(i)));
        }
        for (size_t i = 0; i < changes.deletes.row_count(); ++i) {
          went.push_back(id_of(changes.deletes.row(i)));
        }
      }
    }
  }
  for (auto& [table, ids] : out) {
    std::sort(ids.first.begin(), ids.first.end());
    std::sort(ids.second.begin(), ids.second.end());
  }
  return out;
}

TEST_F(RepublishTest, RowsThatNewCodeGivesAViewAreToldToWhoIsSubscribed) {
  using Ids = std::vector<uint32_t>;
  runtime_->add("by two", module_with_views(2));
  runtime_->add("by three", module_with_views(3));
  publish_program("by two");
  add_users(1, 6);
  V2Client client(port());
  client.connect();
  client.say(subscribe_to(1, {"SELECT * FROM some", "SELECT * FROM user WHERE id = 1"}));
  ASSERT_TRUE(client.hear()->as<v2::SubscribeApplied>());
  client.say(subscribe_to(2, {"SELECT * FROM mine WHERE id < 5"}));
  ASSERT_TRUE(client.hear()->as<v2::SubscribeApplied>());
  publish_program("by three");
  auto heard = client.hear();
  ASSERT_TRUE(heard);
  auto ids = ids_of(*heard);
  ASSERT_EQ(ids.size(), 2u) << "tables stay as they are";
  EXPECT_EQ(ids["some"], std::make_pair(Ids{3}, (Ids{2, 4}))) << "6 is in both";
  EXPECT_EQ(ids["mine"], std::make_pair(Ids{3}, (Ids{2, 4})));
  add_users(9, 1);
  heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(ids_of(*heard)["some"], std::make_pair(Ids{9}, Ids{}));
  publish_program("by two");
  heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(ids_of(*heard)["some"], std::make_pair((Ids{2, 4}), (Ids{3, 9})));
}

TEST_F(RepublishTest, AViewWhoseNewCodeFailsEndsItsSubscriptionsOnly) {
  runtime_->add("by two", module_with_views(2));
  runtime_->add("broken", module_with_views(0));
  publish_program("by two");
  add_users(1, 6);
  V2Client client(port());
  client.connect();
  client.say(subscribe_to(1, {"SELECT * FROM some"}));
  ASSERT_TRUE(client.hear()->as<v2::SubscribeApplied>());
  client.say(subscribe_to(2, {"SELECT * FROM user WHERE id = 7"}));
  ASSERT_TRUE(client.hear()->as<v2::SubscribeApplied>());
  publish_program("broken");
  auto heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(ids_of(*heard)["some"].second.size(), 3u);
  heard = client.hear();
  ASSERT_TRUE(heard && heard->as<v2::SubscriptionError>());
  EXPECT_EQ(heard->as<v2::SubscriptionError>()->query_set, 1u);
  add_users(7, 1);
  heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(ids_of(*heard)["user"].first, std::vector<uint32_t>{7});
}

TEST_F(RepublishTest, SetsThatBeginAndEndMeanwhileMissNothing) {
  constexpr uint32_t kClients = 6;
  constexpr int kPublishes = 300;
  static constexpr const char* kPrograms[] = {"by two", "by three", "by five"};
  runtime_->add("by two", module_with_views(2));
  runtime_->add("by three", module_with_views(3));
  runtime_->add("by five", module_with_views(5));
  publish_program("by two");
  add_users(100, 1000);  // so that the first rows of a set take a while
  std::atomic<bool> over{false};
  auto audit = [&](uint32_t number) {
    static constexpr std::string_view kQueries[] = {
        "SELECT * FROM user",
        "SELECT * FROM user WHERE id = 3",
        "SELECT * FROM some",
        "SELECT u.* FROM user u JOIN user v ON u.id = v.id WHERE v.id < 9",
        "SELECT * FROM tagged WHERE id < 20",
        "SELECT * FROM mine",
        "SELECT u.* FROM user u JOIN some s ON u.id = s.id"};
    Dice dice(number);
    while (!over && !HasFailure()) {
      Auditor auditor(port(), number % 2 == 0 ? "compression=None" : "confirmed=true",
                      "client-" + std::to_string(number));
      for (int turn = 0; turn < 50 && !over && !HasFailure(); ++turn) {
        std::vector<uint32_t> live = auditor.live();
        for (uint32_t i = dice.roll(6) + 1; i > 0; --i) {
          const uint32_t what = dice.roll(4);
          if (what == 0 && live.size() < 6) {
            v2::Subscribe subscribe{auditor.next_request(), auditor.next_set(), {}};
            subscribe.queries.push_back(kQueries[dice.roll(std::size(kQueries))]);
            if (dice.roll(3) == 0) {
              subscribe.queries.push_back(kQueries[dice.roll(std::size(kQueries))]);
            }
            auditor.ask(subscribe);
          } else if (what == 1 && !live.empty()) {
            const auto at = live.begin() + dice.roll(static_cast<uint32_t>(live.size()));
            auditor.ask(v2::Unsubscribe{auditor.next_request(), *at, v2::DroppedRows::kSend});
            live.erase(at);
          } else {
            std::string row = user_row(dice.roll(20), "x");
            auditor.ask(v2::CallReducer{auditor.next_request(),
                                        dice.roll(2) == 0 ? "add_user" : "remove_user", row});
          }
        }
        auditor.settle();
      }
      auditor.client().socket().cut();
    }
  };
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kClients; ++i) threads.emplace_back(audit, i);
  for (int i = 1; i <= kPublishes && !HasFailure(); ++i) {
    WireAnswer answer = ask("PUT", "/v1/database/chat", "owner", kPrograms[i % 3]);
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  over = true;
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace orrery::server
