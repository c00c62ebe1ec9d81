// Replays what the official Python binding did with directories (tests/fdb/data): the same results
// and the same keys.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "fdb/layers/directory.h"
#include "fdb/layers/memory_transaction_for_test.h"
#include "fdb/layers/prefix_allocator.h"

namespace orrery::fdb {
namespace {

class SplitMix final : public env::Random {
 public:
  explicit SplitMix(uint64_t seed) : state_(seed) {}
  void fill(std::span<uint8_t> out) override {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    z ^= z >> 31;
    std::memcpy(out.data(), &z, std::min(out.size(), sizeof(z)));
  }

 private:
  uint64_t state_;
};

std::string from_hex(std::string_view text) {
  std::string out;
  auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    out += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  }
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out(1);
  for (char c : text) {
    if (c == separator) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

std::ifstream open_data(const std::string& name) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");  // set by ctest
  return std::ifstream((root != nullptr ? std::string(root) + "/" : "") + "tests/fdb/data/" + name);
}

DirectoryPath parse_path(std::string_view text) {
  DirectoryPath out;
  if (text.empty()) return out;
  for (const std::string& name : split(text, '/')) out.push_back(from_hex(name));
  return out;
}

std::string join(const std::vector<std::string>& names, char separator) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += separator;
    out += to_hex(name);
  }
  return out;
}

/// One session of the file.
class Replay {
 public:
  explicit Replay(const std::vector<std::string>& row)
      : random_(std::stoull(row[1])),
        dirs_{Directory::root(
            random_, {.nodes = Subspace(from_hex(row[3])),
                      .content = Subspace(from_hex(row[4])),
                      .manual_prefixes =
                          row[2] == "1" ? ManualPrefixes::kAllowed : ManualPrefixes::kRefused})} {}

  /// The result as the file has it. What a failure wrote is taken back.
  std::string run(const std::vector<std::string>& args, const std::string& expected) {
    MemoryTransaction::Rows before = tr_.rows;
    std::string out = run_one(args, expected);
    if (out == "error") tr_.rows = std::move(before);
    return out;
  }
  const MemoryTransaction& transaction() const { return tr_; }

 private:
  std::string shown(Result<Directory> made, const std::string& expected) {
    if (!made) return "error";
    std::string prefix = prefix_of(*made, expected);
    std::string out = "dir " + join(made->path(), '/') + " " + to_hex(made->layer()) + " " + prefix;
    std::vector<std::string> words = split(expected, ' ');
    if (words.size() == 5) {
      size_t at = std::stoull(words[4]);
      if (at == dirs_.size()) {
        dirs_.push_back(*made);
      } else {
        dirs_.at(at) = *made;
      }
      out += " " + words[4];
    }
    return out;
  }
  /// Of a partition only what is behind it shows the prefix, by the keys.
  static std::string prefix_of(const Directory& directory, const std::string& expected) {
    Result<Subspace> subspace = directory.subspace();
    if (subspace) return to_hex(subspace->key());
    EXPECT_EQ(subspace.error(), error::cannot_use_partition_as_subspace);
    return split(expected, ' ').at(3);
  }
  template <class T>
  static std::string shown(const Result<T>& result) {
    return result ? "bool " + std::to_string(static_cast<int>(*result)) : "error";
  }

  std::string run_one(const std::vector<std::string>& args, const std::string& expected) {
    const Directory& dir = dirs_.at(std::stoull(args[0]));
    const std::string& op = args[1];
    if (op == "write") {
      std::string key = dir.subspace()->key() + from_hex(args[2]);
      EXPECT_TRUE(tr_.set(key, "v"));
      return "ok";
    }
    DirectoryPath path = parse_path(args[2]);
    if (op == "create_or_open") {
      return shown(run_now(dir.create_or_open(tr_, path, from_hex(args[3]))), expected);
    }
    if (op == "open") return shown(run_now(dir.open(tr_, path, from_hex(args[3]))), expected);
    if (op == "create") {
      std::optional<std::string> prefix;
      if (args.size() > 4) prefix = from_hex(args[4]);
      return shown(run_now(dir.create(tr_, path, from_hex(args[3]), prefix)), expected);
    }
    if (op == "move") return shown(run_now(dir.move(tr_, path, parse_path(args[3]))), expected);
    if (op == "move_to") return shown(run_now(dir.move_to(tr_, path)), expected);
    if (op == "remove") return run_now(dir.remove(tr_, path)) ? "bool 1" : "error";
    if (op == "remove_if_exists") return shown(run_now(dir.remove_if_exists(tr_, path)));
    if (op == "exists") return shown(run_now(dir.exists(tr_, path)));
    EXPECT_EQ(op, "list");
    auto names = run_now(dir.list(tr_, path));
    return names ? "list " + join(*names, ',') : "error";
  }

  SplitMix random_;
  MemoryTransaction tr_;
  std::vector<Directory> dirs_;
};

TEST(DirectoryGolden, DoesWhatThePythonBindingDoes) {
  std::ifstream file = open_data("directories.tsv");
  std::optional<Replay> replay;
  size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    std::vector<std::string> row = split(line, '\t');
    if (row[0] == "session") {
      replay.emplace(row);
      continue;
    }
    ASSERT_GE(row.size(), 5u);
    const std::string& expected = row[row.size() - 3];
    std::vector<std::string> args(row.begin(), row.end() - 4);
    ASSERT_EQ(replay->run(args, expected), expected) << count << ": " << line;
    ASSERT_EQ(std::to_string(replay->transaction().rows.size()), row[row.size() - 2]) << line;
    ASSERT_EQ(replay->transaction().hash(), std::stoull(row.back(), nullptr, 16)) << line;
  }
  EXPECT_EQ(count, 1803u);
}

TEST(DirectoryGolden, AllocatesWhatThePythonBindingAllocates) {
  std::ifstream file = open_data("allocations.txt");
  SplitMix random(9);
  MemoryTransaction tr;
  PrefixAllocator allocator(Subspace("h"), random);
  std::string line;
  for (int i = 0; i < 1500; ++i) {
    ASSERT_TRUE(std::getline(file, line));
    Result<std::string> allocated = run_now(allocator.allocate(tr));
    ASSERT_TRUE(allocated);
    ASSERT_EQ(to_hex(*allocated), line) << i;
  }
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_EQ(tr.hash(), std::stoull(line, nullptr, 16));
}

}  // namespace
}  // namespace orrery::fdb
