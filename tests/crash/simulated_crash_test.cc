// Crashes at seeded points of a simulated machine: no acknowledged commit is lost, no commit is
// half there, recovery twice gives the same, and no crash is taken for damage.
//
// One life: open, work, crash (power loss or process death). The contents after the next open must
// be those after one of the commits between the last one that was promised to be durable and the
// last one that was tried. 10,000 lives; ORRERY_FULL=1 runs 300,000.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "env/simulated.h"
#include "storage/durability/kv_test_double.h"

namespace orrery::storage {
namespace {

using testing::KvDatabase;
using testing::KvMap;
using testing::KvWrites;

constexpr uint64_t kLivesPerDatabase = 20;

uint64_t life_count() {
  return std::getenv("ORRERY_FULL") != nullptr ? 300'000 : 10'000;
}

struct Tally {
  uint64_t lives = 0;
  uint64_t commits = 0;
  uint64_t checkpoints = 0;
  uint64_t snapshots = 0;
  uint64_t restores = 0;
  uint64_t power_losses = 0;
  uint64_t kills = 0;
  uint64_t crashes_while_opening = 0;
  uint64_t tails_cut = 0;
  uint64_t commits_lost_unpromised = 0;
};

class Machine {
 public:
  Machine(uint64_t seed, Tally* tally)
      : seed_(seed), sim_(seed), random_(seed * 7919 + 1), tally_(tally) {
    states_.push_back({});
  }

  void live() {
    ++tally_->lives;
    choose_options();
    // Most lives end early, so that opening and short logs are hit as well as long ones.
    const uint64_t reach = random_.below(3) == 0 ? 40 : 400;
    const bool crash_by_call = random_.below(4) != 0;
    if (crash_by_call) sim_.files.fail_at(1 + random_.below(reach), env::SimFault::kCrash);
    {
      auto db = KvDatabase::open("db", options_, sim_.environment());
      if (db) {
        work(&*db);
      } else {
        ++tally_->crashes_while_opening;
        ASSERT_TRUE(sim_.files.fault_happened()) << context() << db.error().message();
      }
      sim_.files.stop();
    }
    end_life();
    check();
  }

 private:
  std::string context() const {
    return "seed " + std::to_string(seed_) + ", life " + std::to_string(tally_->lives) + ": ";
  }

  void choose_options() {
    options_.sync_mode = static_cast<SyncMode>(random_.below(4) == 0 ? random_.below(3) : 2);
    options_.wal_max_size = 1024 << random_.below(6);
    options_.wal_flush_trigger = 64 << random_.below(6);
    options_.wal_compression = random_.below(2) == 0 ? Compression::kOff : Compression::kLz4;
    options_.compression_threshold = static_cast<uint32_t>(random_.below(200));
    options_.checkpoint_on_close =
        random_.below(2) == 0 ? CloseCheckpoint::kSkip : CloseCheckpoint::kWrite;
    options_.keep_snapshots = static_cast<uint32_t>(1 + random_.below(3));
  }

  KvWrites next_writes() {
    KvWrites writes = {{0, std::to_string(++serial_)}};
    const uint64_t count = random_.below(6);
    for (uint64_t i = 0; i < count; ++i) {
      const size_t size = random_.below(8) == 0 ? random_.below(3000) : random_.below(60);
      std::string text(size, static_cast<char>('a' + random_.below(26)));
      if (random_.below(2) == 0) {
        random_.fill({reinterpret_cast<uint8_t*>(text.data()), text.size()});
      }
      writes.emplace_back(1 + random_.below(24), std::move(text));
    }
    return writes;
  }

  // Everything that has been acknowledged is durable now.
  void promise() { promised_ = states_.size() - 1; }

  bool commit(KvDatabase* db) {
    const KvWrites writes = next_writes();
    KvMap next = states_.back();
    testing::apply_writes(writes, &next);
    states_.push_back(std::move(next));
    const bool schema = random_.below(16) == 0;
    if (!db->kv()->commit(writes, schema ? CommitKind::kSchema : CommitKind::kData)) return false;
    acknowledged_ = states_.size() - 1;
    ++tally_->commits;
    if (options_.sync_mode == SyncMode::kFull) promise();
    if (options_.sync_mode == SyncMode::kNormal && schema) promise();
    return true;
  }

  bool restore(KvDatabase* db) {
    if (snapshots_.empty()) return true;
    states_.push_back(snapshots_.back());
    auto restored = db->folder().restore("");
    if (!restored) return false;
    ++tally_->restores;
    acknowledged_ = states_.size() - 1;
    promise();
    return true;
  }

  bool snapshot(KvDatabase* db) {
    auto name = db->folder().snapshot();
    // Whether it is there after a failure only listing could tell; a later restore may meet it.
    snapshots_.push_back(states_.back());
    if (!name) {
      snapshots_.clear();
      snapshots_unknown_ = true;
      return false;
    }
    ++tally_->snapshots;
    snapshots_unknown_ = false;
    return true;
  }

  bool close(KvDatabase* db) {
    if (!db->folder().close()) return false;
    promise();
    auto again = KvDatabase::open("db", options_, sim_.environment());
    if (!again) {
      EXPECT_TRUE(sim_.files.fault_happened()) << context() << again.error().message();
      return false;
    }
    *db = std::move(*again);
    EXPECT_EQ(db->map(), states_.back()) << context();
    return true;
  }

  void work(KvDatabase* db) {
    ASSERT_EQ(db->map(), states_.back()) << context();
    const uint64_t steps = random_.below(80);
    for (uint64_t i = 0; i < steps; ++i) {
      const uint64_t what = random_.below(100);
      bool alive = true;
      if (what < 80) {
        alive = commit(db);
      } else if (what < 86) {
        alive = bool(db->folder().checkpoint());
        if (alive) ++tally_->checkpoints;
        if (alive) promise();
      } else if (what < 89) {
        alive = bool(db->folder().sync());
        if (alive) promise();
      } else if (what < 94) {
        sim_.executor.advance(700 * env::kNanosPerMilli);
        sim_.executor.advance(700 * env::kNanosPerMilli);
        alive = !sim_.files.fault_happened();
        if (alive && options_.sync_mode == SyncMode::kNormal) promise();
      } else if (what < 96) {
        alive = snapshot(db);
      } else if (what < 97) {
        alive = snapshots_unknown_ || restore(db);
      } else {
        alive = close(db);
      }
      if (!alive) {
        EXPECT_TRUE(sim_.files.fault_happened()) << context() << "failed without a fault";
        return;
      }
    }
  }

  void end_life() {
    killed_ = random_.below(4) == 0;
    if (killed_) {
      ++tally_->kills;
      sim_.files.kill_process();
      // What the operating system had is still there.
      if (options_.sync_mode != SyncMode::kNone) promised_ = std::max(promised_, acknowledged_);
    } else {
      ++tally_->power_losses;
      sim_.files.restart();
    }
  }

  void check() {
    // A recovery that crashes itself must change nothing about what the next one finds.
    while (random_.below(4) == 0) {
      sim_.files.fail_at(1 + random_.below(30), env::SimFault::kCrash);
      {
        auto db = KvDatabase::open("db", options_, sim_.environment());
        sim_.files.stop();
      }
      // After a mere kill no power may go until a recovery has made the rest durable.
      if (killed_) {
        sim_.files.kill_process();
      } else {
        sim_.files.restart();
      }
    }
    KvMap found;
    {
      auto db = KvDatabase::open("db", options_, sim_.environment());
      ASSERT_TRUE(db) << context() << db.error().message();
      found = db->map();
      if (db->folder().recovery().tail_bytes_cut > 0) ++tally_->tails_cut;
      sim_.files.stop();
    }
    size_t match = states_.size();
    while (match > promised_ && states_[match - 1] != found) --match;
    ASSERT_GT(match, promised_) << context() << "promised state " << promised_ << " of "
                                << states_.size() - 1 << ", found commit " << found[0];
    tally_->commits_lost_unpromised += states_.size() - match;
    states_.resize(match);
    acknowledged_ = promised_ = match - 1;
    if (random_.below(2) == 0) {
      sim_.files.restart();
    } else {
      sim_.files.kill_process();
    }
    auto db = KvDatabase::open("db", options_, sim_.environment());
    ASSERT_TRUE(db) << context() << db.error().message();
    ASSERT_EQ(db->map(), found) << context() << "recovered twice";
    ASSERT_EQ(db->folder().recovery().tail_bytes_cut, 0u) << context();
    sim_.files.stop();
    db = Error(ErrorCode::kGeneric, "over");
    sim_.files.kill_process();
  }

  const uint64_t seed_;
  env::SimEnvironment sim_;
  env::SeededRandom random_;
  Tally* tally_;
  DurabilityOptions options_;
  uint64_t serial_ = 0;
  std::vector<KvMap> states_;  ///< after each commit that was tried
  size_t acknowledged_ = 0;
  size_t promised_ = 0;  ///< index of the oldest state that may be found
  std::vector<KvMap> snapshots_;
  bool snapshots_unknown_ = false;
  bool killed_ = false;
};

TEST(SimulatedCrash, LosesNoPromisedCommitAndLeavesNoHalfOne) {
  Tally tally;
  for (uint64_t seed = 1; tally.lives < life_count(); ++seed) {
    Machine machine(seed, &tally);
    for (uint64_t i = 0; i < kLivesPerDatabase; ++i) {
      machine.live();
      if (::testing::Test::HasFailure()) return;
    }
  }
  std::printf(
      "%llu crashes (%llu power losses, %llu kills; %llu while opening), %llu commits, "
      "%llu checkpoints, %llu snapshots, %llu restores; %llu torn tails cut, %llu commits lost "
      "that nothing had promised\n",
      static_cast<unsigned long long>(tally.lives),
      static_cast<unsigned long long>(tally.power_losses),
      static_cast<unsigned long long>(tally.kills),
      static_cast<unsigned long long>(tally.crashes_while_opening),
      static_cast<unsigned long long>(tally.commits),
      static_cast<unsigned long long>(tally.checkpoints),
      static_cast<unsigned long long>(tally.snapshots),
      static_cast<unsigned long long>(tally.restores),
      static_cast<unsigned long long>(tally.tails_cut),
      static_cast<unsigned long long>(tally.commits_lost_unpromised));
  EXPECT_GT(tally.crashes_while_opening, tally.lives / 50);
  EXPECT_GT(tally.tails_cut, tally.lives / 50);
  EXPECT_GT(tally.checkpoints, tally.lives / 10);
}

}  // namespace
}  // namespace orrery::storage
