// Transfers between accounts, one transaction each: by a module inside of the host, by raw calls of
// the storage engine, by SQLite's prepared statements in memory, by the same loop over an array.
#include <sqlite3.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "bench/host/bank_host.h"
#include "bench/lib/report.h"
#include "storage/datastore.h"
#include "storage/store.h"

namespace bench {
namespace {

namespace storage = orrery::storage;

const char* const kHelp = R"(transfer [--quick] [--json]
Nanoseconds per transfer between two of 100,000 accounts: read both balances, write both, one transaction each.
)";

constexpr int kRounds = 5;
constexpr uint32_t kAccounts = 100'000;

struct Wish {
  uint32_t from, to;
  int64_t amount;
};
Wish wish_of(uint64_t i) {
  const uint64_t mixed = (i + 1) * 0x9e3779b97f4a7c15ULL;
  Wish out;
  out.from = static_cast<uint32_t>((mixed >> 40) % kAccounts);
  out.to = static_cast<uint32_t>((mixed >> 20 & 0xFFFFF) % kAccounts);
  if (out.to == out.from) out.to = (out.to + 1) % kAccounts;
  out.amount = 1;
  return out;
}
std::string bytes_of(const Wish& wish) {
  std::string out(16, '\0');
  std::memcpy(out.data(), &wish.from, 4);
  std::memcpy(out.data() + 4, &wish.to, 4);
  std::memcpy(out.data() + 8, &wish.amount, 8);
  return out;
}

class Module {
 public:
  explicit Module(uint32_t window) : window_(window) {
    (void)host_.run("fill", 1, 1, [](uint64_t) {
      return std::string(reinterpret_cast<const char*>(&kAccounts), 4);
    }, now_nanos);
  }
  uint64_t run(uint64_t count) {
    return host_.run("transfer", count, window_,
                     [](uint64_t i) { return bytes_of(wish_of(i)); }, now_nanos);
  }

 private:
  BankHost host_;
  const uint32_t window_;
};

void check_status(const orrery::Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.error().message().c_str());
  std::exit(1);
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
      (void)must(storage::insert_bsatn(*transaction, *table_, row(i, 1000), nullptr), "row");
    }
    check_status(transaction->end_statement());
    (void)must(transaction->commit(), "commit");
    index_ = table_->find_index("account_id");
  }
  uint64_t run(uint64_t count) {
    const uint64_t started = now_nanos();
    for (uint64_t i = 0; i < count; ++i) {
      const Wish wish = wish_of(i);
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

 private:
  static std::string row(uint32_t id, int64_t balance) {
    std::string out(12, '\0');
    std::memcpy(out.data(), &id, 4);
    std::memcpy(out.data() + 4, &balance, 8);
    return out;
  }
  int64_t balance(storage::Transaction& transaction, uint32_t id) {
    const std::string_view key(reinterpret_cast<const char*>(&id), 4);
    auto range = must(storage::decode_point(*table_, *index_, key), "key");
    storage::BsatnScan scan(*table_, *index_, transaction.view(), range);
    uint8_t buffer[64];
    scan.fill(buffer);
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
  Sqlite() {
    check(sqlite3_open(":memory:", &db_));
    exec("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)");
    begin_ = prepare("BEGIN");
    commit_ = prepare("COMMIT");
    read_ = prepare("SELECT balance FROM account WHERE id = ?");
    write_ = prepare("UPDATE account SET balance = ? WHERE id = ?");
    sqlite3_stmt* insert = prepare("INSERT INTO account VALUES (?, 1000)");
    step(begin_);
    for (uint32_t i = 0; i < kAccounts; ++i) {
      sqlite3_bind_int64(insert, 1, i);
      step(insert);
    }
    step(commit_);
    sqlite3_finalize(insert);
  }
  ~Sqlite() {
    for (sqlite3_stmt* s : {begin_, commit_, read_, write_}) sqlite3_finalize(s);
    sqlite3_close(db_);
  }
  uint64_t run(uint64_t count) {
    const uint64_t started = now_nanos();
    for (uint64_t i = 0; i < count; ++i) {
      const Wish wish = wish_of(i);
      step(begin_);
      const int64_t from = balance(wish.from);
      const int64_t to = balance(wish.to);
      store(wish.from, from - wish.amount);
      store(wish.to, to + wish.amount);
      step(commit_);
    }
    return now_nanos() - started;
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
  Native() : balances_(kAccounts, 1000) {}
  uint64_t run(uint64_t count) {
    const uint64_t started = now_nanos();
    for (uint64_t i = 0; i < count; ++i) {
      const Wish wish = wish_of(i);
      if (balances_[wish.from] < wish.amount) continue;
      balances_[wish.from] -= wish.amount;
      balances_[wish.to] += wish.amount;
    }
    keep(static_cast<uint64_t>(balances_[7]));
    return now_nanos() - started;
  }

 private:
  std::vector<int64_t> balances_;
};

int run(int argc, char** argv) {
  const Arguments arguments = parse_arguments(argc, argv, kHelp, {});
  const uint64_t count = arguments.quick ? 50'000 : 500'000;
  struct Case {
    const char* name;
    const char* engine;
    std::function<uint64_t()> run;
  };
  Sqlite sqlite;
  Module one(1);
  Module many(64);
  Raw raw;
  Native native;
  const std::vector<Case> cases = {
      {"prepared statements, in memory", "sqlite", [&] { return sqlite.run(count); }},
      {"module, one at a time", "orrery", [&] { return one.run(count); }},
      {"module, 64 at a time", "orrery", [&] { return many.run(count); }},
      {"storage calls", "orrery", [&] { return raw.run(count); }},
      {"array", "native", [&] { return native.run(count); }},
  };
  double base = 0;
  for (const Case& one_case : cases) {
    std::vector<double> samples;
    (void)one_case.run();
    for (int round = 0; round < kRounds; ++round) {
      samples.push_back(static_cast<double>(one_case.run()) / static_cast<double>(count));
    }
    const Spread spread = spread_of(samples);
    if (base == 0) base = spread.median;
    if (arguments.form == Form::kJson) {
      print_json({"transfer", one_case.name, one_case.engine, spread, count, 0});
    } else {
      std::printf("%-32s %-8s %9.1f ns  +- %6.1f   %6.2fx sqlite\n", one_case.name,
                  one_case.engine, spread.median, spread.mad, base / spread.median);
    }
  }
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) { return bench::run(argc, argv); }
