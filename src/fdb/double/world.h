// World: what the test double's servers share.
//
// Part of the test double (see cluster.h). Thread-safety: the caller's mutex, which is the
// network's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fdb/double/answers.h"
#include "fdb/double/database.h"
#include "fdb/double/layout.h"
#include "fdb/double/network.h"
#include "fdb/double/options.h"
#include "fdb/double/topology.h"

namespace orrery::fdb::test_double {

struct World {
  const Options& options;
  Network& network;
  Topology& topology;
  Database& database;
  Layout& layout;
  Answers& answers;
  /// What clients did that a real cluster does not survive.
  std::vector<std::string>& violations;

  /// A request that would end a real server: noted, and the connection closed.
  void crash(const Asker& by, std::string what) {
    violations.push_back(std::move(what));
    answers.hang_up(by);
  }
};

}  // namespace orrery::fdb::test_double
