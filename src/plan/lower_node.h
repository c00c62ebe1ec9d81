// How Lowering makes plan nodes; included by lower*.cc only.
#pragma once

#include "plan/lower.h"

namespace orrery::plan {

template <class Node>
std::unique_ptr<Node> Lowering::make_node() {
  auto node = std::make_unique<Node>();
  node->id = next_id_++;
  return node;
}

}  // namespace orrery::plan
