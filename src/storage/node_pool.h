// NodePool: the nodes of one tree, from blocks that grow with it; those of a big tree lie in large
// pages, and giving a tree up is giving up its blocks.
//
// Nodes are trivially destructible and at least a pointer wide. Memory of nodes that were given
// back serves for new ones; it returns to the system with the pool. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include "env/memory.h"

namespace orrery::storage {

template <class Node>
class NodePool {
  static_assert(std::is_trivially_destructible_v<Node> && sizeof(Node) >= sizeof(void*));
  static_assert(alignof(Node) <= alignof(std::max_align_t));

 public:
  /// A new node, default-initialised.
  Node* take() {
    void* place = free_;
    if (place != nullptr) {
      free_ = free_->next;
    } else {
      if (left_ < sizeof(Node)) grow();
      place = next_;
      next_ += sizeof(Node);
      left_ -= sizeof(Node);
    }
    return new (place) Node;
  }
  void give(Node* node) { free_ = new (static_cast<void*>(node)) Free{free_}; }
  /// All nodes are gone.
  void reset() { *this = NodePool(); }

 private:
  static constexpr size_t kSmallBlock = size_t{256} << 10;
  struct Free {
    Free* next;
  };
  void grow() {
    if (block_nodes_ * sizeof(Node) < kSmallBlock) {
      left_ = block_nodes_ * sizeof(Node);
      blocks_.push_back(std::unique_ptr<char[]>(new char[left_]));
      next_ = blocks_.back().get();
      block_nodes_ *= 2;
      return;
    }
    large_blocks_.emplace_back();
    next_ = large_blocks_.back().data();
    left_ = large_blocks_.back().size();
  }

  Free* free_ = nullptr;
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t block_nodes_ = 1;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<env::LargeBlock> large_blocks_;
};

}  // namespace orrery::storage
