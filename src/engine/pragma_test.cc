#include <gtest/gtest.h>

#include "engine/session_for_test.h"
#include "env/simulated.h"

namespace orrery::engine {
namespace {

class PragmaTest : public ::testing::Test {
 protected:
  std::string settle(std::string_view sql) { return query(*session_, sql); }
  size_t count(std::string_view folder) {
    auto entries = sim_.files.list_dir(folder);
    return entries ? entries->size() : 0;
  }
  /// The number of the checkpoint there is, as its file is called.
  std::string checkpoint() { return sim_.files.list_dir("db/checkpoints")->back().name; }

  env::SimEnvironment sim_{7};
  std::shared_ptr<Session> session_ = open("file://db", sim_.environment());
};

TEST_F(PragmaTest, CheckpointIntervalIsThatOfTheCheckpoints) {
  exec(*session_, "CREATE TABLE t (a INTEGER)");
  EXPECT_EQ(settle("PRAGMA checkpoint; PRAGMA checkpoint_interval = 5"), "5");
  EXPECT_EQ(settle("PRAGMA snapshot_interval"), "5") << "another name of the same";
  const std::string before = checkpoint();
  exec(*session_, "INSERT INTO t SELECT value FROM generate_series(1, 500)");
  sim_.executor.advance(4 * env::kNanosPerSecond);
  EXPECT_EQ(checkpoint(), before);
  sim_.executor.advance(2 * env::kNanosPerSecond);
  const std::string after = checkpoint();
  EXPECT_NE(after, before);
  EXPECT_EQ(settle("PRAGMA checkpoint_interval = 0"), "0");
  exec(*session_, "INSERT INTO t SELECT value FROM generate_series(1, 500)");
  sim_.executor.advance(600 * env::kNanosPerSecond);
  EXPECT_EQ(checkpoint(), after) << "0 = not by time";
}

TEST_F(PragmaTest, KeepSnapshotsIsHowManyAreKept) {
  exec(*session_, "CREATE TABLE t (a INTEGER)");
  EXPECT_EQ(settle("PRAGMA keep_snapshots = 2"), "2");
  for (int i = 0; i < 4; ++i) settle("PRAGMA snapshot");
  EXPECT_EQ(count("db/snapshots"), 2u);
  EXPECT_EQ(settle("PRAGMA keep_snapshots = 4"), "4");
  for (int i = 0; i < 4; ++i) settle("PRAGMA snapshot");
  EXPECT_EQ(count("db/snapshots"), 4u);
  EXPECT_EQ(settle("PRAGMA keep_snapshots = 0"), "1") << "as in a DSN: at least one";
  settle("PRAGMA snapshot");
  EXPECT_EQ(count("db/snapshots"), 1u);
}

TEST_F(PragmaTest, ValuesOutOfBounds) {
  EXPECT_EQ(settle("PRAGMA checkpoint_interval = 9223372036854775807"), "4294967");
  EXPECT_EQ(settle("PRAGMA checkpoint_interval = -1"),
            "error: invalid argument: invalid value for PRAGMA checkpoint_interval");
  EXPECT_EQ(settle("PRAGMA keep_snapshots = 'many'"),
            "error: invalid argument: invalid value for PRAGMA keep_snapshots");
  EXPECT_EQ(settle("PRAGMA target_volume_rows = 65535"),
            "error: target_volume_rows must be at least 65536");
  EXPECT_EQ(settle("PRAGMA compact_threshold = 7; PRAGMA compact_threshold"), "7");
  EXPECT_EQ(settle("PRAGMA no_such_thing"), "");
}

}  // namespace
}  // namespace orrery::engine
