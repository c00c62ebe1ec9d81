// Damage to files: every flipped bit, every cut and every added byte of a small database is either
// detected when it is opened (or restored from, for a backup) or changes nothing.
//
// Two databases are damaged: one that was closed, where nothing at all may go unnoticed, and one
// whose process was killed, where the last commits since the last claim may go as if never written
// (no file can tell those from a write that was under way). ORRERY_FULL=1 flips every bit,
// otherwise one of each byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "env/simulated.h"
#include "storage/durability/kv_test_double.h"

namespace orrery::storage {
namespace {

using testing::KvDatabase;
using testing::KvMap;
using Files = std::map<std::string, std::string>;

bool full() {
  return std::getenv("ORRERY_FULL") != nullptr;
}

enum class Ending : uint8_t { kClosed, kKilled };

struct Sample {
  Files files;
  std::vector<KvMap> states;  ///< the last is the whole; others may be found after a kill
  KvMap snapshot;
  DurabilityOptions options;
};

Sample make_sample(Ending ending, SyncMode mode) {
  Sample sample;
  sample.options.sync_mode = mode;
  sample.options.wal_max_size = 1024;
  sample.options.checkpoint_on_close = CloseCheckpoint::kSkip;
  env::SimEnvironment sim(5);
  {
    auto db = KvDatabase::open("db", sample.options, sim.environment());
    EXPECT_TRUE(db);
    const auto put = [&](uint64_t key, const std::string& text) {
      EXPECT_TRUE(db->put(key, text));
      sample.states.push_back(db->map());
    };
    for (uint64_t i = 0; i < 12; ++i) put(i, "row " + std::to_string(i) + std::string(100, 'r'));
    EXPECT_TRUE(db->folder().snapshot());
    sample.snapshot = db->map();
    EXPECT_TRUE(db->folder().checkpoint());
    sample.states.clear();
    sample.states.push_back(db->map());
    for (uint64_t i = 6; i < 30; ++i) {
      std::string text(60, '\0');
      sim.random.fill({reinterpret_cast<uint8_t*>(text.data()), text.size()});
      put(i, text);
    }
    put(40, std::string(300, 'z'));
    if (ending == Ending::kKilled) sim.files.stop();
  }
  sim.files.kill_process();
  sample.files = sim.files.contents();
  return sample;
}

struct Tally {
  uint64_t damaged = 0;
  uint64_t detected = 0;
  uint64_t harmless = 0;
  uint64_t shortened = 0;
};

class Examiner {
 public:
  Examiner(const Sample& sample, Ending ending) : sample_(sample), ending_(ending) {}

  void examine(const Files& files, const std::string& what) {
    ++tally.damaged;
    env::SimEnvironment sim(6);
    sim.files.load(files);
    auto db = KvDatabase::open("db", sample_.options, sim.environment());
    if (!db) {
      ++tally.detected;
      const ErrorCode code = db.error().code();
      ASSERT_TRUE(code == ErrorCode::kCorruption || code == ErrorCode::kNotSupported ||
                  code == ErrorCode::kIo)
          << what << ": " << db.error().message();
      ASSERT_NE(db.error().message().find("db/"), std::string::npos) << db.error().message();
      return;
    }
    const KvMap found = db->map();
    if (found != sample_.states.back()) {
      ++tally.shortened;
      ASSERT_EQ(ending_, Ending::kKilled) << what << ": commits vanished";
      const bool known =
          std::find(sample_.states.begin(), sample_.states.end(), found) != sample_.states.end();
      ASSERT_TRUE(known) << what << ": contents that never were";
      ASSERT_GT(db->folder().recovery().tail_bytes_cut + 1, 0u);
      shortened_by_most_ = std::max<size_t>(
          shortened_by_most_,
          static_cast<size_t>(sample_.states.end() -
                              std::find(sample_.states.begin(), sample_.states.end(), found)) -
              1);
    } else if (what.find("snapshots") == std::string::npos) {
      ++tally.harmless;
    }
    if (what.find("snapshots") == std::string::npos) return;
    const auto restored = db->folder().restore("");
    if (restored) {
      ++tally.harmless;
      ASSERT_EQ(db->map(), sample_.snapshot) << what;
    } else {
      ++tally.detected;
      ASSERT_EQ(db->map(), found) << what;
    }
  }

  size_t shortened_by_most() const { return shortened_by_most_; }
  Tally tally;

 private:
  const Sample& sample_;
  const Ending ending_;
  size_t shortened_by_most_ = 0;
};

void print(const char* name, const Tally& tally, size_t files) {
  std::printf("%s: %llu damages to %zu files: %llu detected, %llu harmless, %llu as if torn\n",
              name, static_cast<unsigned long long>(tally.damaged), files,
              static_cast<unsigned long long>(tally.detected),
              static_cast<unsigned long long>(tally.harmless),
              static_cast<unsigned long long>(tally.shortened));
}

struct Case {
  const char* name;
  Ending ending;
  SyncMode mode;
  size_t commits_at_risk;
};

class DamageTest : public ::testing::TestWithParam<Case> {};

TEST_P(DamageTest, FlippedBits) {
  const Case& c = GetParam();
  const Sample sample = make_sample(c.ending, c.mode);
  ASSERT_GE(sample.files.size(), 7u) << "lock, manifest, checkpoint, log segments, snapshot's two";
  Examiner examiner(sample, c.ending);
  env::SeededRandom random(1);
  for (const auto& [path, bytes] : sample.files) {
    for (size_t at = 0; at < bytes.size(); ++at) {
      const uint64_t only = random.below(8);
      for (uint64_t bit = 0; bit < 8; ++bit) {
        if (bit != only && !full()) continue;
        Files damaged = sample.files;
        damaged[path][at] = static_cast<char>(bytes[at] ^ (1 << bit));
        examiner.examine(damaged, path + " bit " + std::to_string(at * 8 + bit));
        if (HasFatalFailure()) return;
      }
    }
  }
  print(c.name, examiner.tally, sample.files.size());
  EXPECT_LE(examiner.shortened_by_most(), c.commits_at_risk);
  if (c.commits_at_risk <= 1) {
    EXPECT_GT(examiner.tally.detected, examiner.tally.damaged * 9 / 10);
  }
}

TEST_P(DamageTest, CutsAndAdditions) {
  const Case& c = GetParam();
  const Sample sample = make_sample(c.ending, c.mode);
  Examiner examiner(sample, c.ending);
  env::SeededRandom random(2);
  for (const auto& [path, bytes] : sample.files) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      Files damaged = sample.files;
      damaged[path].resize(size);
      examiner.examine(damaged, path + " cut to " + std::to_string(size));
      if (HasFatalFailure()) return;
    }
    for (const size_t more : {1, 23, 24, 64, 600}) {
      Files damaged = sample.files;
      std::string extra(more, '\0');
      if (more != 64) random.fill({reinterpret_cast<uint8_t*>(extra.data()), extra.size()});
      damaged[path] += extra;
      examiner.examine(damaged, path + " longer by " + std::to_string(more));
      if (HasFatalFailure()) return;
    }
    Files damaged = sample.files;
    damaged.erase(path);
    examiner.examine(damaged, path + " removed");
    if (HasFatalFailure()) return;
  }
  print(c.name, examiner.tally, sample.files.size());
}

TEST_P(DamageTest, SectorsOfZeros) {
  const Case& c = GetParam();
  const Sample sample = make_sample(c.ending, c.mode);
  Examiner examiner(sample, c.ending);
  for (const auto& [path, bytes] : sample.files) {
    for (size_t at = 0; at < bytes.size(); at += 512) {
      Files damaged = sample.files;
      const size_t n = std::min<size_t>(512, bytes.size() - at);
      damaged[path].replace(at, n, std::string(n, '\0'));
      examiner.examine(damaged, path + " zeros at " + std::to_string(at));
      if (HasFatalFailure()) return;
    }
  }
  print(c.name, examiner.tally, sample.files.size());
}

// In full mode a commit's record claims all before it, so one is at risk; in normal mode all since
// the last claim, which here is the checkpoint's.
INSTANTIATE_TEST_SUITE_P(
    All, DamageTest,
    ::testing::Values(Case{"closed", Ending::kClosed, SyncMode::kFull, 0},
                      Case{"closed, sync normal", Ending::kClosed, SyncMode::kNormal, 0},
                      Case{"killed", Ending::kKilled, SyncMode::kFull, 1},
                      Case{"killed, sync normal", Ending::kKilled, SyncMode::kNormal, 100}),
    [](const ::testing::TestParamInfo<Case>& info) {
      std::string name = info.param.name;
      std::erase_if(name, [](char ch) { return ch == ' ' || ch == ','; });
      return name;
    });

}  // namespace
}  // namespace orrery::storage
