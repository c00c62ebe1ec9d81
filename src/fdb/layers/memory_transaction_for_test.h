// MemoryTransaction: a DirectoryTransaction on keys in memory, for tests. Every read ends at once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fdb/layers/directory_transaction.h"

namespace orrery::fdb {

class MemoryTransaction : public DirectoryTransaction {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;

  Task<Result<std::optional<std::string>>> get(std::string key, ReadMode mode) override {
    ++reads;
    if (reads == fail_read) co_return fail(error::transaction_too_old);
    if (mode == ReadMode::kConflicting) read_conflicts.push_back(key);
    auto found = rows.find(key);
    if (found == rows.end()) co_return std::optional<std::string>();
    co_return std::optional<std::string>(found->second);
  }

  Task<Result<std::vector<Row>>> get_range(KeyRange range, size_t limit, ScanOrder order,
                                           ReadMode) override {
    ++reads;
    if (reads == fail_read) co_return fail(error::transaction_too_old);
    std::vector<Row> out;
    if (range.begin >= range.end) co_return out;
    auto begin = rows.lower_bound(range.begin);
    auto end = rows.lower_bound(range.end);
    while (begin != end && (limit == 0 || out.size() < limit)) {
      auto at = order == ScanOrder::kForward ? begin++ : --end;
      out.emplace_back(at->first, at->second);
    }
    co_return out;
  }

  Status set(std::string_view key, std::string_view value) override {
    wrote(key);
    rows.insert_or_assign(std::string(key), std::string(value));
    return {};
  }
  Status clear(std::string_view key) override {
    wrote(key);
    if (auto found = rows.find(key); found != rows.end()) rows.erase(found);
    return {};
  }
  Status clear_range(const KeyRange& range) override {
    wrote(range.begin);
    if (range.begin < range.end) {
      rows.erase(rows.lower_bound(range.begin), rows.lower_bound(range.end));
    }
    return {};
  }
  Status add(std::string_view key, int64_t number) override {
    wrote(key);
    std::string& value = rows[std::string(key)];
    value.resize(8);
    uint64_t sum = static_cast<uint64_t>(number);
    for (size_t i = 0; i < 8; ++i) sum += uint64_t{static_cast<uint8_t>(value[i])} << (8 * i);
    for (size_t i = 0; i < 8; ++i) value[i] = static_cast<char>(sum >> (8 * i) & 0xff);
    return {};
  }
  Status set_next_write_no_conflict() override {
    next_without_conflict = true;
    return {};
  }
  Status add_write_conflict_key(std::string_view key) override {
    write_conflicts.emplace_back(key);
    return {};
  }

  uint64_t hash() const {
    uint64_t out = 0xcbf29ce484222325;
    auto mix = [&out](std::string_view bytes) {
      for (char c : bytes) out = (out ^ static_cast<uint8_t>(c)) * 0x100000001b3;
    };
    auto mix_whole = [&](std::string_view bytes) {
      const size_t size = bytes.size();
      for (int shift = 0; shift < 32; shift += 8)
        mix(std::string(1, static_cast<char>(size >> shift & 0xff)));
      mix(bytes);
    };
    for (const auto& [key, value] : rows) {
      mix_whole(key);
      mix_whole(value);
    }
    return out;
  }

  Rows rows;
  std::vector<std::string> read_conflicts;
  std::vector<std::string> write_conflicts;
  bool next_without_conflict = false;
  uint64_t reads = 0;
  /// This read fails, counted from 1.
  uint64_t fail_read = 0;

 private:
  void wrote(std::string_view key) {
    if (!std::exchange(next_without_conflict, false)) write_conflicts.emplace_back(key);
  }
};

/// Runs a task that never waits.
template <class T>
T run_now(Task<T> task) {
  struct Nobody final : TaskListener {
    void task_ended() override {}
  } nobody;
  task.start(nobody);
  return task.take();
}

}  // namespace orrery::fdb
