#include "fdb/cluster/cluster_file.h"

#include <gtest/gtest.h>

#include <string>

#include "env/environment.h"
#include "env/simulated.h"

namespace orrery::fdb {
namespace {

constexpr std::string_view kOld = "a:b@1.1.1.1:1";
constexpr std::string_view kNew = "a:b@2.2.2.2:2,host:3:tls";

ConnectionString connection(std::string_view text) {
  return *ConnectionString::parse(text);
}

struct ClusterFileTest : testing::Test {
  env::SimEnvironment sim{3};

  void put(const std::string& path, std::string_view text) {
    ASSERT_TRUE(sim.files.create_dirs(env::parent_path(path)));
    auto file = sim.files.open(path, env::OpenMode::kTruncate);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->append(text));
  }
  Result<ClusterFile> open(std::string path) {
    return ClusterFile::open(sim.files, sim.random, std::move(path));
  }
  Error open_error(std::string path) {
    Result<ClusterFile> file = open(std::move(path));
    return file ? Error(0) : file.error();
  }
};

TEST_F(ClusterFileTest, IsFoundInTheOrderOfFoundationDb) {
  const std::string platform_default = find_cluster_file(sim.files, "", std::nullopt).path;
  EXPECT_TRUE(platform_default.ends_with("/foundationdb/fdb.cluster"));
  put("fdb.cluster", kOld);
  ClusterFilePath local = find_cluster_file(sim.files, "", std::nullopt);
  EXPECT_EQ(local.path, "fdb.cluster");
  EXPECT_TRUE(local.is_default);
  ClusterFilePath named = find_cluster_file(sim.files, "", "/missing");
  EXPECT_EQ(named.path, "/missing");
  EXPECT_FALSE(named.is_default);
  EXPECT_EQ(find_cluster_file(sim.files, "", "").path, "");
  EXPECT_EQ(find_cluster_file(sim.files, "/chosen", "/missing").path, "/chosen");
}

TEST_F(ClusterFileTest, TellsWhatIsWrongWithAFile) {
  EXPECT_EQ(open_error(""), error::no_cluster_file_found);
  EXPECT_EQ(open_error("/missing"), error::no_cluster_file_found);
  put("/empty", "");
  EXPECT_EQ(open_error("/empty"), error::connection_string_invalid);
  put("/wrong", "a:b@");
  EXPECT_EQ(open_error("/wrong"), error::connection_string_invalid);
  put("/folder/file", "");
  EXPECT_EQ(open_error("/folder"), error::file_not_readable);
  put("/good", kOld);
  sim.files.fail_at(1, env::SimFault::kOnce);
  EXPECT_EQ(open_error("/good"), error::file_not_readable);
  sim.files.fail_at(2, env::SimFault::kOnce);
  EXPECT_EQ(open_error("/good"), error::file_not_readable);
  EXPECT_EQ(open_error("/good"), Error(0));
}

TEST_F(ClusterFileTest, RefusesLargeFiles) {
  std::string text(kOld);
  text.resize(kClusterFileBytesMax, ' ');
  put("/f", text);
  EXPECT_EQ(open_error("/f"), Error(0));
  put("/f", text + " ");
  EXPECT_EQ(open_error("/f"), error::file_too_large);
}

TEST_F(ClusterFileTest, ErrorsReadWell) {
  EXPECT_EQ(cluster_file_error_text({.path = "/x"}, error::connection_string_invalid),
            "cluster file '/x': 2104 Connection string invalid");
  EXPECT_TRUE(
      cluster_file_error_text({.path = "/d", .is_default = true}, error::no_cluster_file_found)
          .starts_with("cluster file ./fdb.cluster or /"));
}

TEST_F(ClusterFileTest, AdoptsAndWritesAndReloads) {
  put("/f", std::string("# mine\n") + std::string(kOld) + "\n");
  Result<ClusterFile> file = open("/f");
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->needs_persist());
  EXPECT_TRUE(file->is_up_to_date());
  file->adopt(connection(kOld));
  EXPECT_FALSE(file->needs_persist());

  file->adopt(connection(kNew));
  EXPECT_EQ(file->connection().to_string(), kNew);
  EXPECT_TRUE(file->needs_persist());
  EXPECT_TRUE(file->is_up_to_date());
  EXPECT_EQ(file->stored()->to_string(), kOld);
  ASSERT_TRUE(file->persist());
  EXPECT_FALSE(file->needs_persist());
  EXPECT_EQ(file->stored()->to_string(), kNew);
  std::string text = *env::read_file(sim.files, "/f", kClusterFileBytesMax);
  EXPECT_TRUE(text.starts_with("# ") && text.ends_with(std::string(kNew) + "\n")) << text;
  EXPECT_EQ(sim.files.contents().size(), 1u);

  put("/f", kOld);
  EXPECT_FALSE(file->is_up_to_date());
  EXPECT_EQ(file->connection().to_string(), kNew);
  EXPECT_TRUE(*file->reload());
  EXPECT_FALSE(*file->reload());
  EXPECT_EQ(file->connection().to_string(), kOld);
  put("/f", "broken");
  EXPECT_FALSE(file->is_up_to_date());
  EXPECT_EQ(file->reload().error(), error::connection_string_invalid);
  EXPECT_EQ(file->connection().to_string(), kOld);
}

TEST_F(ClusterFileTest, InMemoryIsNeverWritten) {
  ClusterFile file = ClusterFile::in_memory(connection(kOld));
  EXPECT_TRUE(file.is_up_to_date());
  file.adopt(connection(kNew));
  EXPECT_FALSE(file.needs_persist());
  EXPECT_TRUE(file.persist());
  EXPECT_EQ(file.stored()->to_string(), kNew);
}

TEST_F(ClusterFileTest, EveryFailureLeavesAWholeFile) {
  for (env::SimFault fault :
       {env::SimFault::kOnce, env::SimFault::kForever, env::SimFault::kCrash}) {
    bool happened = true;
    for (uint64_t n = 1; happened; ++n) {
      ASSERT_LT(n, 20u);
      env::SimEnvironment machine(n);
      machine.files.load({{"/dir/f", std::string(kOld)}});
      Result<ClusterFile> file = ClusterFile::open(machine.files, machine.random, "/dir/f");
      ASSERT_TRUE(file);
      file->adopt(connection(kNew));
      machine.files.fail_at(n, fault);
      Status written = file->persist();
      happened = machine.files.fault_happened();
      EXPECT_TRUE(happened || written);
      EXPECT_EQ(file->needs_persist(), !written);
      EXPECT_EQ(file->connection().to_string(), kNew);
      if (!written) {
        EXPECT_EQ(written.error(), error::file_not_writable);
      }
      machine.files.fail_at(0, fault);
      machine.files.restart();
      Result<ConnectionString> left = file->stored();
      ASSERT_TRUE(left) << n;
      std::string text = left->to_string();
      EXPECT_TRUE(text == kOld || text == kNew) << text;
      ASSERT_TRUE(file->persist());
      EXPECT_EQ(file->stored()->to_string(), written ? text : kNew);
    }
  }
}

TEST(ClusterFileOnDisk, IsReplacedInOneStep) {
  const env::Environment& system = env::system_environment();
  const std::string folder = testing::TempDir() + "cluster_file_test";
  const std::string path = folder + "/fdb.cluster";
  ASSERT_TRUE(system.files->create_dirs(folder));
  auto made = system.files->open(path, env::OpenMode::kTruncate);
  ASSERT_TRUE(made);
  ASSERT_TRUE((*made)->append(kOld));
  Result<ClusterFile> first = ClusterFile::open(*system.files, *system.random, path);
  Result<ClusterFile> second = ClusterFile::open(*system.files, *system.random, path);
  ASSERT_TRUE(first && second);
  first->adopt(connection(kNew));
  ASSERT_TRUE(first->persist());
  EXPECT_FALSE(second->is_up_to_date());
  EXPECT_TRUE(*second->reload());
  EXPECT_EQ(second->connection(), first->connection());
  auto names = system.files->list_dir(folder);
  ASSERT_TRUE(names);
  EXPECT_EQ(names->size(), 1u);
  EXPECT_TRUE(system.files->remove(path));
}

}  // namespace
}  // namespace orrery::fdb
