// BTree: an ordered set of small entries with linked leaves; the store of the ordered indexes.
//
// Traits gives Entry (trivially copyable), less(a, b) (a total order) and same_key(a, b). The tree
// counts its entries and its distinct keys. Invariant: separator i of an inner node is the first
// entry under child i + 1, exactly; so an entry's memory may go when the entry does. Ascending
// inserts go to the last leaf without a descent and leave full leaves behind. A leaf that empties
// is removed; leaves are not merged otherwise. Not thread-safe: the table's latch guards it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/assert.h"
#include "storage/node_pool.h"

namespace orrery::storage {

template <class Traits>
class BTree {
 public:
  using Entry = typename Traits::Entry;
  static constexpr uint32_t kLeafCapacity = 64;
  static constexpr uint32_t kInnerCapacity = 64;

  struct Leaf {
    uint32_t count = 0;
    Leaf* previous = nullptr;
    Leaf* next = nullptr;
    Entry entries[kLeafCapacity];
  };
  /// A place before an entry; leaf == nullptr is the end.
  struct Position {
    const Leaf* leaf = nullptr;
    uint32_t at = 0;
    const Entry& operator*() const { return leaf->entries[at]; }
    void step() {
      if (++at == leaf->count) {
        leaf = leaf->next;
        at = 0;
      }
    }
    void step_back() {
      if (at > 0) {
        --at;
        return;
      }
      leaf = leaf->previous;
      if (leaf != nullptr) at = leaf->count - 1;
    }
  };

  BTree() { clear(); }
  BTree(const BTree&) = delete;
  BTree& operator=(const BTree&) = delete;

  uint64_t size() const { return size_; }
  uint64_t distinct_keys() const { return distinct_; }
  uint64_t memory_bytes() const { return leaves_ * sizeof(Leaf) + inners_ * sizeof(Inner); }

  /// False where the entry is there already.
  bool insert(const Entry& x);
  /// False where there is no such entry; else `removed` gets the stored one.
  bool erase(const Entry& x, Entry* removed = nullptr);
  bool contains(const Entry& x) const {
    Position p = lower_bound(x);
    return p.leaf != nullptr && !Traits::less(x, *p);
  }
  /// The first entry that is not less than x.
  Position lower_bound(const Entry& x) const;
  Position first() const { return size_ == 0 ? Position{} : Position{first_leaf_, 0}; }
  Position last() const {
    return size_ == 0 ? Position{} : Position{last_leaf_, last_leaf_->count - 1};
  }
  /// The last entry that is less than x; leaf == nullptr where there is none.
  Position last_before(const Entry& x) const;
  /// Entries from the first not less than `from` to before the first not less than `to`.
  uint64_t count(const Entry& from, const Entry& to) const;
  /// Entries not less than `from`.
  uint64_t count_from(const Entry& from) const;
  /// Steps over whole leaves from `p`, over `n` entries at most, as long as the next leaf's first
  /// entry is `inside(entry)`; returns over how many.
  template <class Inside>
  static uint64_t pass_leaves(Position* p, uint64_t n, Inside&& inside);
  /// The same towards the front; `p` is counted, and stays on an entry.
  template <class Inside>
  static uint64_t pass_leaves_back(Position* p, uint64_t n, Inside&& inside);
  void clear();

 private:
  struct Inner {
    uint32_t count = 0;  ///< children
    void* children[kInnerCapacity];
    Entry separators[kInnerCapacity - 1];
  };
  static constexpr uint32_t kHeightMax = 16;
  static constexpr uint32_t kBlock = 8;
  struct Step {
    Inner* node;
    uint32_t child;
  };

  /// How many of the entries, which are in order, `below` holds for. First among the last of every
  /// kBlock, whose lines prefetch() asks for all at once, then in one block: two waits for memory
  /// where halving the whole node would have one per step. Selects instead of jumping: which way
  /// it goes cannot be predicted.
  template <class Below>
  static uint32_t count_below(const Entry* entries, uint32_t count, Below&& below) {
    uint32_t at = 0;
    for (uint32_t n = count / kBlock; n > 0;) {
      uint32_t half = (n + 1) / 2;
      at = below(entries[at + half * kBlock - 1]) ? at + half * kBlock : at;
      n -= half;
    }
    const Entry* block = entries + at;
    for (uint32_t i = 64 / sizeof(Entry); i < kBlock; i += 64 / sizeof(Entry)) {
      __builtin_prefetch(block + i);
    }
    for (uint32_t n = std::min(kBlock, count - at); n > 0;) {
      uint32_t half = (n + 1) / 2;
      at = below(entries[at + half - 1]) ? at + half : at;
      n -= half;
    }
    return at;
  }
  static void prefetch(const Entry* entries, uint32_t capacity) {
    for (uint32_t i = kBlock - 1; i < capacity; i += kBlock) __builtin_prefetch(entries + i);
  }
  static uint32_t find(const Entry* entries, uint32_t count, const Entry& x) {
    return count_below(entries, count, [&](const Entry& e) { return Traits::less(e, x); });
  }
  /// Child of `node` under which x belongs: as many as there are separators <= x.
  static uint32_t find_child(const Inner* node, const Entry& x) {
    return count_below(node->separators, node->count - 1,
                       [&](const Entry& e) { return !Traits::less(x, e); });
  }
  Leaf* descend(const Entry& x, Step* path) const {
    void* node = root_;
    for (uint32_t level = height_; level > 0; --level) {
      auto* inner = static_cast<Inner*>(node);
      uint32_t child = find_child(inner, x);
      path[level] = {inner, child};
      node = inner->children[child];
      __builtin_prefetch(node);
      if (level == 1) {
        prefetch(static_cast<Leaf*>(node)->entries, kLeafCapacity);
      } else {
        prefetch(static_cast<Inner*>(node)->separators, kInnerCapacity - 1);
      }
    }
    return static_cast<Leaf*>(node);
  }
  bool append(const Entry& x);
  bool key_is_new(const Leaf* leaf, uint32_t at, const Entry& x) const;
  void insert_in_leaf(Leaf* leaf, uint32_t at, const Entry& x);
  void split_and_insert(Leaf* leaf, uint32_t at, const Entry& x, Step* path);
  void insert_child(Step* path, uint32_t level, Entry separator, void* child);
  static void insert_into(Inner* node, uint32_t at, const Entry& separator, void* child);
  void set_separator(Step* path, uint32_t level, const Entry& first);
  void remove_child(Step* path, uint32_t level);

  NodePool<Leaf> leaf_pool_;
  NodePool<Inner> inner_pool_;
  void* root_ = nullptr;
  uint32_t height_ = 0;  ///< inner levels
  Leaf* first_leaf_ = nullptr;
  Leaf* last_leaf_ = nullptr;
  uint64_t size_ = 0;
  uint64_t distinct_ = 0;
  uint64_t leaves_ = 0;
  uint64_t inners_ = 0;
};

}  // namespace orrery::storage

#include "storage/btree-inl.h"
