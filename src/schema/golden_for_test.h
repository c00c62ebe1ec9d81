// Recorded definitions of real modules (tests/data/spacetimedb/module-defs), for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "types/json.h"

namespace orrery::schema {

inline constexpr const char* kGoldenModules[] = {"benchmarks-cpp",
                                                 "module-test-cpp",
                                                 "sdk-test-connect-disconnect-cpp",
                                                 "sdk-test-cpp",
                                                 "sdk-test-procedural-view-pk-cpp",
                                                 "sdk-test-procedure-cpp",
                                                 "sdk-test-view-cpp",
                                                 "sdk-test-view-pk-cpp"};

inline std::string golden_file(const std::string& name) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");
  std::string path =
      std::string(root == nullptr ? "." : root) + "/tests/data/spacetimedb/module-defs/" + name;
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

inline types::JsonValue golden_json(const std::string& module) {
  auto json = types::JsonValue::parse(golden_file(module + ".json"));
  EXPECT_TRUE(json.has_value()) << module;
  return json ? std::move(*json) : types::JsonValue();
}

}  // namespace orrery::schema
