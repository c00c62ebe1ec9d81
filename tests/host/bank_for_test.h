// The module bank.wasm, published on a host of its own in a folder.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "base/sync.h"
#include "host/host.h"
#include "types/algebraic_value.h"

namespace orrery::host {

template <class T>
class Waiting {
 public:
  void set(T value) {
    LockGuard<Mutex> lock(mutex_);
    value_ = std::make_unique<T>(std::move(value));
    changed_.notify_all();
  }
  T take() {
    UniqueLock<Mutex> lock(mutex_);
    changed_.wait(lock, [this] { return value_ != nullptr; });
    return std::move(*value_);
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::unique_ptr<T> value_;
};

template <class... T>
std::string packed(T... values) {
  std::string out;
  (out.append(reinterpret_cast<const char*>(&values), sizeof(values)), ...);
  return out;
}

inline Caller bank_owner() {
  Caller out;
  out.identity = types::Identity::from_claims("test", "owner");
  out.connection.value = 1;
  return out;
}

struct Bank {
  std::unique_ptr<Host> host;
  std::shared_ptr<HostedDatabase> database;

  static std::string program() {
    auto bytes = env::read_file(*env::system_environment().files, ORRERY_BANK_WASM, 1 << 20);
    EXPECT_TRUE(bytes);
    return *bytes;
  }
  /// Publishes, or opens what was published.
  static Bank open(const HostOptions& options) {
    Bank out;
    auto host = Host::open(options);
    EXPECT_TRUE(host) << host.error().message();
    if (!host) return out;
    out.host = *std::move(host);
    PublishRequest request;
    request.name_or_identity = "bank";
    request.program = program();
    request.owner = bank_owner().identity;
    auto report = out.host->publish(request);
    EXPECT_TRUE(report) << report.error().message();
    auto database = out.host->database("bank");
    EXPECT_TRUE(database) << database.error().message();
    if (database) out.database = *database;
    return out;
  }

  CallOutcome call(std::string reducer, std::string arguments = {}) {
    Waiting<CallOutcome> answer;
    database->call_reducer(bank_owner(), std::move(reducer), std::move(arguments),
                           [&](const CallOutcome& outcome) { answer.set(outcome); });
    return answer.take();
  }
  CallOutcome call_procedure(std::string name) {
    Waiting<CallOutcome> answer;
    database->call_procedure(bank_owner(), std::move(name), {},
                             [&](const CallOutcome& outcome) { answer.set(outcome); });
    return answer.take();
  }
  SqlReport sql(std::string text) {
    Waiting<std::unique_ptr<Result<SqlReport>>> answer;
    database->run_sql(bank_owner(), std::move(text), [&](Result<SqlReport> report) {
      answer.set(std::make_unique<Result<SqlReport>>(std::move(report)));
    });
    auto report = answer.take();
    EXPECT_TRUE(*report) << report->error().message();
    if (!*report) return {};
    return std::move(**report);
  }
  int64_t total() {
    const SqlReport report = sql("SELECT balance FROM account");
    int64_t out = 0;
    for (size_t at = 0; at + 8 <= report.rows.size(); at += 8) {
      int64_t balance = 0;
      std::memcpy(&balance, report.rows.data() + at, 8);
      out += balance;
    }
    return out;
  }
  uint64_t rows(std::string_view table) {
    return sql("SELECT * FROM " + std::string(table)).row_count;
  }
};

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/orrery-bank-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline HostOptions bank_options(const std::string& folder) {
  HostOptions options;
  options.storage = HostStorage::kFiles;
  options.data_directory = folder;
  return options;
}

}  // namespace orrery::host
