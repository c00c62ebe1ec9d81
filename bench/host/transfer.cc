// Transfers between accounts, one transaction each: by a module inside of the host, by raw calls of
// the storage engine, by SQLite's prepared statements in memory, by the same loop over an array.
#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/host/cases.h"
#include "bench/host/module_host.h"
#include "bench/host/ws_clients.h"
#include "bench/lib/measure.h"
#include "bench/lib/report.h"
#include "protocol/v2/messages.h"
#include "storage/datastore.h"
#include "storage/row_layout.h"
#include "storage/store.h"

namespace bench {
namespace {

namespace storage = orrery::storage;
namespace v2 = orrery::protocol::v2;

const char* const kHelp = R"(transfer [--quick] [--json] [--engines a,b,...] [--case TEXT] [--dir FOLDER]
Transfers between two of 100,000 accounts: read both balances, write both, one transaction each. Nanoseconds per
transfer, and ratios to the first engine of each case. Accounts are drawn by Zipf's law (alpha 0 and 1.5). Engines:
orrery (a module in its database), websocket (the same, called by clients on loopback), storage (calls of the storage engine), sqlite (prepared statements), native (an array).
)";

constexpr int kRounds = 5;
constexpr uint32_t kAccounts = 100'000;
constexpr int64_t kBalance = 1'000'000'000;

struct Wish {
  uint32_t from, to;
  int64_t amount;
};

/// Draws accounts with Zipf's distribution: alpha 0 is uniform, 1.5 asks mostly for a few.
class Zipf {
 public:
  explicit Zipf(double alpha) {
    double sum = 0;
    for (uint32_t i = 0; i < kAccounts; ++i) {
      sum += 1 / std::pow(static_cast<double>(i + 1), alpha);
      below_.push_back(sum);
    }
  }
  uint32_t draw(uint64_t bits) const {
    const double at = static_cast<double>(bits >> 11) / 9007199254740992.0 * below_.back();
    const auto found = std::upper_bound(below_.begin(), below_.end(), at);
    // Which accounts are asked for most has nothing to do with their order.
    const auto rank = static_cast<uint64_t>(found - below_.begin());
    return static_cast<uint32_t>(std::min<uint64_t>(rank, kAccounts - 1) * 61'343 % kAccounts);
  }

 private:
  std::vector<double> below_;
};

std::vector<Wish> make_wishes(double alpha, uint64_t count) {
  const Zipf zipf(alpha);
  std::vector<Wish> out(count);
  uint64_t state = 88172645463325252ULL;
  auto next = [&state] {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  };
  for (Wish& wish : out) {
    wish.from = zipf.draw(next());
    wish.to = zipf.draw(next());
    if (wish.to == wish.from) wish.to = (wish.to + 1) % kAccounts;
    wish.amount = 1 + static_cast<int64_t>(next() % 100);
  }
  return out;
}

void pack(const Wish& wish, char out[16]) {
  std::memcpy(out, &wish.from, 4);
  std::memcpy(out + 4, &wish.to, 4);
  std::memcpy(out + 8, &wish.amount, 8);
}

std::string bytes_of(const Wish& wish) {
  std::string out(16, '\0');
  pack(wish, out.data());
  return out;
}

/// Of the balances in the order of accounts.
class BalanceSum {
 public:
  void add(int64_t balance) { sum_ = fold(sum_, static_cast<uint64_t>(balance)); }
  uint64_t value() const { return sum_; }

 private:
  uint64_t sum_ = 0;
};

class Module {
 public:
  explicit Module(const std::string& folder = {}) : host_("bank", folder) {
    host_.call("seed", packed(kAccounts, kBalance));
  }
  uint64_t run(const std::vector<Wish>& wishes, uint32_t window) {
    return host_.run("transfer", wishes.size(), window,
                     [&](uint64_t i) { return bytes_of(wishes[i]); });
  }
  /// Including the wait for the device.
  uint64_t run_durable(const std::vector<Wish>& wishes, uint32_t window) {
    const uint64_t started = now_nanos();
    run(wishes, window);
    host_.wait_durable();
    return now_nanos() - started;
  }
  uint64_t checksum() {
    BalanceSum sum;
    uint64_t count = 0;
    const std::string rows = host_.rows("SELECT * FROM account ORDER BY id", &count);
    const size_t width = count == 0 ? 1 : rows.size() / count;
    for (size_t at = 0; at + width <= rows.size(); at += width) {
      int64_t balance = 0;
      std::memcpy(&balance, rows.data() + at + width - 8, 8);
      sum.add(balance);
    }
    return sum.value();
  }

 private:
  ModuleHost host_;
};

void check_status(const orrery::Status& status) {
  if (!status) give_up("storage", status.error().message());
}

class Raw {
 public:
  Raw() {
    auto transaction = store_.begin(storage::Isolation::kSnapshot);
    transaction->begin_statement();
    storage::TableDef def;
    def.name = "account";
    def.row_set = true;
    for (const char* name : {"id", "balance"}) {
      storage::ColumnDef& column = def.columns.emplace_back();
      column.name = name;
      column.type = def.columns.size() == 1 ? orrery::types::AlgebraicType::u32()
                                            : orrery::types::AlgebraicType::i64();
    }
    storage::IndexDef& key = def.indexes.emplace_back();
    key.name = "account_id";
    key.unique = true;
    key.columns = {0};
    (void)must(transaction->create_table(def), "table");
    table_ = transaction->catalog()->find_table("account");
    for (uint32_t i = 0; i < kAccounts; ++i) {
      (void)must(storage::insert_bsatn(*transaction, *table_, row(i, kBalance), nullptr), "row");
    }
    check_status(transaction->end_statement());
    (void)must(transaction->commit(), "commit");
    index_ = table_->find_index("account_id");
  }
  uint64_t run(const std::vector<Wish>& wishes) {
    const uint64_t started = now_nanos();
    for (const Wish& wish : wishes) {
      auto transaction = store_.begin(storage::Isolation::kSnapshot);
      const int64_t from = balance(*transaction, wish.from);
      const int64_t to = balance(*transaction, wish.to);
      transaction->begin_statement();
      (void)must(storage::update_bsatn(*transaction, *table_, *index_,
                                       row(wish.from, from - wish.amount), nullptr),
                 "update");
      (void)must(storage::update_bsatn(*transaction, *table_, *index_,
                                       row(wish.to, to + wish.amount), nullptr),
                 "update");
      check_status(transaction->end_statement());
      (void)must(transaction->commit_unsynced(nullptr), "commit");
    }
    return now_nanos() - started;
  }
  uint64_t checksum() {
    BalanceSum sum;
    auto transaction = store_.begin(storage::Isolation::kSnapshot);
    for (uint32_t i = 0; i < kAccounts; ++i) sum.add(balance(*transaction, i));
    return sum.value();
  }

 private:
  static std::string row(uint32_t id, int64_t balance) {
    std::string out(12, '\0');
    std::memcpy(out.data(), &id, 4);
    std::memcpy(out.data() + 4, &balance, 8);
    return out;
  }
  int64_t balance(storage::Transaction& transaction, uint32_t id) {
    const std::string_view key(reinterpret_cast<const char*>(&id), 4);
    uint8_t buffer[64];
    storage::ReadLatch latch(*table_);
    const storage::RowRef row =
        must(storage::find_unique_bsatn(*table_, *index_, key, transaction.view(), nullptr), "key");
    if (row == nullptr) give_up("storage", "an account is missing");
    table_->layout().write_bsatn(row, buffer);
    int64_t out = 0;
    std::memcpy(&out, buffer + 4, 8);
    return out;
  }

  storage::Store store_;
  std::shared_ptr<storage::Table> table_;
  const storage::Index* index_ = nullptr;
};

class Sqlite {
 public:
  /// `path` empty: in memory; else a file with a write-ahead log.
  explicit Sqlite(const std::string& path = {}) {
    check(sqlite3_open(path.empty() ? ":memory:" : path.c_str(), &db_));
    if (!path.empty()) exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    exec("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)");
    begin_ = prepare("BEGIN");
    commit_ = prepare("COMMIT");
    read_ = prepare("SELECT balance FROM account WHERE id = ?");
    write_ = prepare("UPDATE account SET balance = ? WHERE id = ?");
    sqlite3_stmt* insert = prepare("INSERT INTO account VALUES (?, ?)");
    step(begin_);
    for (uint32_t i = 0; i < kAccounts; ++i) {
      sqlite3_bind_int64(insert, 1, i);
      sqlite3_bind_int64(insert, 2, kBalance);
      step(insert);
    }
    step(commit_);
    sqlite3_finalize(insert);
  }
  ~Sqlite() {
    for (sqlite3_stmt* s : {begin_, commit_, read_, write_}) sqlite3_finalize(s);
    sqlite3_close(db_);
  }
  uint64_t run(const std::vector<Wish>& wishes) {
    const uint64_t started = now_nanos();
    for (const Wish& wish : wishes) {
      step(begin_);
      const int64_t from = balance(wish.from);
      const int64_t to = balance(wish.to);
      store(wish.from, from - wish.amount);
      store(wish.to, to + wish.amount);
      step(commit_);
    }
    return now_nanos() - started;
  }
  uint64_t checksum() {
    BalanceSum sum;
    for (uint32_t i = 0; i < kAccounts; ++i) sum.add(balance(i));
    return sum.value();
  }

 private:
  void check(int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db_));
    std::exit(1);
  }
  void exec(const char* sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* out = nullptr;
    check(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &out, nullptr));
    return out;
  }
  void step(sqlite3_stmt* s) {
    check(sqlite3_step(s));
    sqlite3_reset(s);
  }
  int64_t balance(uint32_t id) {
    sqlite3_bind_int64(read_, 1, id);
    check(sqlite3_step(read_));
    const int64_t out = sqlite3_column_int64(read_, 0);
    sqlite3_reset(read_);
    return out;
  }
  void store(uint32_t id, int64_t balance) {
    sqlite3_bind_int64(write_, 1, balance);
    sqlite3_bind_int64(write_, 2, id);
    step(write_);
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt *begin_ = nullptr, *commit_ = nullptr, *read_ = nullptr, *write_ = nullptr;
};

class Native {
 public:
  Native() : balances_(kAccounts, kBalance) {}
  uint64_t run(const std::vector<Wish>& wishes) {
    const uint64_t started = now_nanos();
    for (const Wish& wish : wishes) {
      if (balances_[wish.from] < wish.amount) continue;
      balances_[wish.from] -= wish.amount;
      balances_[wish.to] += wish.amount;
    }
    keep(static_cast<uint64_t>(balances_[7]));
    return now_nanos() - started;
  }
  uint64_t checksum() const {
    BalanceSum sum;
    for (int64_t balance : balances_) sum.add(balance);
    return sum.value();
  }

 private:
  std::vector<int64_t> balances_;
};

/// 64 clients of a server in this process, 40 calls of each under way, all on loopback; answers are
/// confirmed.
class Pipelined {
 public:
  explicit Pipelined(const std::string& folder = {})
      : server_("bank", folder), clients_(server_.port(), kClients) {
    clients_.call(0, "seed", packed(kAccounts, kBalance));
    clients_.wait_for(Said::kReducerResult, 1);
    ++answered_[0];
  }
  uint64_t run(const std::vector<Wish>& wishes) {
    const uint64_t started = now_nanos();
    size_t sent = 0, heard = 0;
    auto send = [&](uint32_t client) {
      if (sent == wishes.size()) return;
      char arguments[16];
      pack(wishes[sent++], arguments);
      clients_.call(client, "transfer", {arguments, sizeof arguments});
    };
    const WsClients::Heard take = [&](uint32_t client, Said said, std::string_view message) {
      if (said != Said::kReducerResult) return;
      const Answer answer = answer_of(message);
      if (!answer.ok || answer.request != ++answered_[client]) {
        give_up("transfer", "a wrong answer to request " + std::to_string(answer.request));
      }
      ++heard;
      send(client);
    };
    for (uint32_t i = 0; i < kInFlight; ++i) {
      for (uint32_t client = 0; client < kClients; ++client) send(client);
    }
    while (heard < wishes.size()) clients_.wait(take);
    return now_nanos() - started;
  }
  /// Of the rows as a client gets them.
  uint64_t checksum() {
    std::vector<int64_t> balances(kAccounts);
    bool come = false;
    clients_.subscribe(0, "SELECT * FROM account");
    while (!come) {
      clients_.wait([&](uint32_t, Said said, std::string_view message) {
        if (said != Said::kSubscribed) return;
        come = true;
        orrery::protocol::WireReader in(message);
        v2::ServerMessage applied;
        v2::read(&in, &applied);
        const auto& rows = std::get<v2::SubscribeApplied>(applied).rows.tables.at(0).rows;
        for (size_t i = 0; i < rows.row_count(); ++i) {
          uint32_t id = 0;
          std::memcpy(&id, rows.row(i).data(), 4);
          std::memcpy(&balances.at(id), rows.row(i).data() + 4, 8);
        }
      });
    }
    BalanceSum sum;
    for (int64_t balance : balances) sum.add(balance);
    return sum.value();
  }

 private:
  static constexpr uint32_t kClients = 64;
  static constexpr uint32_t kInFlight = 40;
  BenchServer server_;
  WsClients clients_;
  std::vector<uint32_t> answered_ = std::vector<uint32_t>(kClients);  ///< the last request
};

/// The engines are made for the cases that are asked for only.
template <class Engine, class... A>
std::shared_ptr<Engine> make_if(bool wanted, const A&... arguments) {
  return wanted ? std::make_shared<Engine>(arguments...) : nullptr;
}

void add_cases(const Arguments& arguments, double alpha, uint64_t count, const std::string& folder,
               std::vector<HostCase>* out) {
  char name[64];
  std::snprintf(name, sizeof name, "transfer, alpha %.1f", alpha);
  auto wishes = std::make_shared<const std::vector<Wish>>(make_wishes(alpha, count));
  auto add = [&](const std::string& title, const char* engine, const char* note, auto made,
                 auto run) {
    if (made == nullptr) return;
    HostCase& one = out->emplace_back();
    one.name = title;
    one.engine = engine;
    one.operations = count;
    one.round = [made, wishes, run] { return run(*made, *wishes); };
    if constexpr (requires { made->checksum(); }) {
      one.checksum = [made] { return made->checksum(); };
    }
    one.note = note;
  };
  auto wanted = [&](const std::string& title, const char* engine) {
    return is_wanted(arguments, title, engine);
  };
  auto run = [](auto& engine, const std::vector<Wish>& w) { return engine.run(w); };
  add(name, "sqlite", "in memory", make_if<Sqlite>(wanted(name, "sqlite")), run);
  add(name, "orrery", "64 calls queued", make_if<Module>(wanted(name, "orrery")),
      [](Module& module, const std::vector<Wish>& w) { return module.run(w, 64); });
  add(name, "storage", "calls of the storage engine", make_if<Raw>(wanted(name, "storage")), run);
  add(name, "native", "an array", make_if<Native>(wanted(name, "native")), run);
  const std::string socket = std::string(name) + ", over WebSocket";
  add(socket, "orrery", "inside the host", make_if<Module>(wanted(socket, "orrery")),
      [](Module& module, const std::vector<Wish>& w) { return module.run(w, 64); });
  add(socket, "websocket", "64 clients, 40 calls of each under way",
      make_if<Pipelined>(wanted(socket, "websocket")), run);
  const std::string files = std::string(name) + ", in files";
  add(files, "sqlite", "WAL, synchronous=NORMAL",
      make_if<Sqlite>(wanted(files, "sqlite"), folder + "/sqlite-" + std::to_string(alpha)), run);
  add(files, "orrery", "64 calls queued, the last one durable",
      make_if<Module>(wanted(files, "orrery"), folder + "/orrery-" + std::to_string(alpha)),
      [](Module& module, const std::vector<Wish>& w) { return module.run_durable(w, 64); });
}

int run(int argc, char** argv) {
  const Arguments arguments = parse_arguments(argc, argv, kHelp, {});
  const uint64_t count = arguments.quick ? 50'000 : 500'000;
  const std::string folder = make_directory(arguments.directory);
  bool agreed = true;
  for (const double alpha : {0.0, 1.5}) {
    std::vector<HostCase> cases;
    add_cases(arguments, alpha, count, folder, &cases);
    agreed = run_cases("transfer", arguments, kRounds, cases) && agreed;
  }
  remove_tree(folder);
  return agreed ? 0 : 1;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(argc, argv); }
