// Bodies of BTree; included by btree.h only.
#pragma once

#include "storage/btree.h"

namespace orrery::storage {

template <class T>
void BTree<T>::clear() {
  leaf_pool_.reset();
  inner_pool_.reset();
  Leaf* leaf = leaf_pool_.take();
  root_ = first_leaf_ = last_leaf_ = leaf;
  height_ = 0;
  size_ = distinct_ = inners_ = 0;
  leaves_ = 1;
}

template <class T>
typename BTree<T>::Position BTree<T>::lower_bound(const Entry& x) const {
  Step path[kHeightMax];
  const Leaf* leaf = descend(x, path);
  uint32_t at = find(leaf->entries, leaf->count, x);
  if (at == leaf->count) return {leaf->next, 0};
  return {leaf, at};
}

template <class T>
typename BTree<T>::Position BTree<T>::last_before(const Entry& x) const {
  Step path[kHeightMax];
  const Leaf* leaf = descend(x, path);
  uint32_t at = find(leaf->entries, leaf->count, x);
  if (at > 0) return {leaf, at - 1};
  leaf = leaf->previous;
  return leaf == nullptr ? Position{} : Position{leaf, leaf->count - 1};
}

template <class T>
uint64_t BTree<T>::count(const Entry& from, const Entry& to) const {
  Position a = lower_bound(from), b = lower_bound(to);
  if (a.leaf == nullptr || !T::less(*a, to)) return 0;
  if (a.leaf == b.leaf) return b.at - a.at;
  uint64_t n = a.leaf->count - a.at;
  for (const Leaf* leaf = a.leaf->next; leaf != b.leaf; leaf = leaf->next) n += leaf->count;
  return n + b.at;
}

template <class T>
uint64_t BTree<T>::count_from(const Entry& from) const {
  Position a = lower_bound(from);
  if (a.leaf == nullptr) return 0;
  uint64_t n = a.leaf->count - a.at;
  for (const Leaf* leaf = a.leaf->next; leaf != nullptr; leaf = leaf->next) n += leaf->count;
  return n;
}

template <class T>
template <class Inside>
uint64_t BTree<T>::pass_leaves(Position* p, uint64_t n, Inside&& inside) {
  uint64_t passed = 0;
  while (p->leaf != nullptr && p->leaf->count - p->at <= n - passed) {
    const Leaf* next = p->leaf->next;
    if (next == nullptr || !inside(next->entries[0])) break;
    passed += p->leaf->count - p->at;
    *p = {next, 0};
  }
  return passed;
}

template <class T>
template <class Inside>
uint64_t BTree<T>::pass_leaves_back(Position* p, uint64_t n, Inside&& inside) {
  uint64_t passed = 0;
  while (p->leaf != nullptr && p->at < n - passed) {
    const Leaf* next = p->leaf->previous;
    if (next == nullptr || !inside(next->entries[next->count - 1])) break;
    passed += p->at + 1;
    *p = {next, next->count - 1};
  }
  return passed;
}

/// Neither neighbour of the place has the key of x; the entry itself, if it is there, must stand at
/// `at` already.
template <class T>
bool BTree<T>::key_is_new(const Leaf* leaf, uint32_t at, const Entry& x) const {
  if (at > 0) {
    if (T::same_key(leaf->entries[at - 1], x)) return false;
  } else if (leaf->previous != nullptr) {
    if (T::same_key(leaf->previous->entries[leaf->previous->count - 1], x)) return false;
  }
  if (at < leaf->count) return !T::same_key(leaf->entries[at], x);
  return leaf->next == nullptr || !T::same_key(leaf->next->entries[0], x);
}

template <class T>
bool BTree<T>::append(const Entry& x) {
  Leaf* leaf = last_leaf_;
  uint32_t n = leaf->count;
  if (n == 0 || n == kLeafCapacity || !T::less(leaf->entries[n - 1], x)) return false;
  if (!T::same_key(leaf->entries[n - 1], x)) ++distinct_;
  leaf->entries[n] = x;
  leaf->count = n + 1;
  ++size_;
  return true;
}

template <class T>
bool BTree<T>::insert(const Entry& x) {
  if (append(x)) return true;
  Step path[kHeightMax];
  Leaf* leaf = descend(x, path);
  uint32_t at = find(leaf->entries, leaf->count, x);
  if (at < leaf->count && !T::less(x, leaf->entries[at])) return false;
  if (key_is_new(leaf, at, x)) ++distinct_;
  ++size_;
  if (leaf->count < kLeafCapacity) {
    insert_in_leaf(leaf, at, x);
  } else {
    split_and_insert(leaf, at, x, path);
  }
  return true;
}

template <class T>
void BTree<T>::insert_in_leaf(Leaf* leaf, uint32_t at, const Entry& x) {
  std::memmove(leaf->entries + at + 1, leaf->entries + at, (leaf->count - at) * sizeof(Entry));
  leaf->entries[at] = x;
  ++leaf->count;
}

template <class T>
void BTree<T>::split_and_insert(Leaf* leaf, uint32_t at, const Entry& x, Step* path) {
  Leaf* right = leaf_pool_.take();
  ++leaves_;
  right->previous = leaf;
  right->next = leaf->next;
  if (leaf->next != nullptr) {
    leaf->next->previous = right;
  } else {
    last_leaf_ = right;
  }
  leaf->next = right;
  bool ascending = right->next == nullptr && at == leaf->count;
  uint32_t keep = ascending ? leaf->count : leaf->count / 2;
  right->count = leaf->count - keep;
  std::memcpy(right->entries, leaf->entries + keep, right->count * sizeof(Entry));
  leaf->count = keep;
  if (!ascending && at <= keep) {
    insert_in_leaf(leaf, at, x);
  } else {
    insert_in_leaf(right, at - keep, x);
  }
  insert_child(path, 1, right->entries[0], right);
}

template <class T>
void BTree<T>::insert_into(Inner* node, uint32_t at, const Entry& separator, void* child) {
  std::memmove(node->children + at + 1, node->children + at, (node->count - at) * sizeof(void*));
  std::memmove(node->separators + at, node->separators + at - 1,
               (node->count - at) * sizeof(Entry));
  node->children[at] = child;
  node->separators[at - 1] = separator;
  ++node->count;
}

/// Puts `child`, whose first entry is `separator`, behind the child that path[level] names.
template <class T>
void BTree<T>::insert_child(Step* path, uint32_t level, Entry separator, void* child) {
  if (level > height_) {
    ORRERY_ASSERT(height_ + 2 < kHeightMax);
    Inner* root = inner_pool_.take();
    ++inners_;
    root->count = 2;
    root->children[0] = root_;
    root->children[1] = child;
    root->separators[0] = separator;
    root_ = root;
    ++height_;
    return;
  }
  Inner* node = path[level].node;
  uint32_t at = path[level].child + 1;
  if (node->count == kInnerCapacity) {
    Inner* right = inner_pool_.take();
    ++inners_;
    bool ascending = at == node->count;
    uint32_t keep = ascending ? node->count - 1 : node->count / 2;
    right->count = node->count - keep;
    std::memcpy(right->children, node->children + keep, right->count * sizeof(void*));
    std::memcpy(right->separators, node->separators + keep, (right->count - 1) * sizeof(Entry));
    Entry middle = node->separators[keep - 1];
    node->count = keep;
    if (at > keep) {
      at -= keep;
      insert_into(right, at, separator, child);
    } else {
      insert_into(node, at, separator, child);
    }
    insert_child(path, level + 1, middle, right);
    return;
  }
  insert_into(node, at, separator, child);
}

/// The first entry under path[level]'s child has become `first`.
template <class T>
void BTree<T>::set_separator(Step* path, uint32_t level, const Entry& first) {
  for (; level <= height_; ++level) {
    if (path[level].child > 0) {
      path[level].node->separators[path[level].child - 1] = first;
      return;
    }
  }
}

template <class T>
void BTree<T>::remove_child(Step* path, uint32_t level) {
  Inner* node = path[level].node;
  uint32_t at = path[level].child;
  if (node->count == 1) {
    inner_pool_.give(node);
    --inners_;
    remove_child(path, level + 1);
    return;
  }
  uint32_t gone = at == 0 ? 0 : at - 1;
  Entry first = node->separators[0];
  std::memmove(node->children + at, node->children + at + 1,
               (node->count - at - 1) * sizeof(void*));
  std::memmove(node->separators + gone, node->separators + gone + 1,
               (node->count - gone - 2) * sizeof(Entry));
  --node->count;
  if (at == 0 && level < height_) set_separator(path, level + 1, first);
  while (height_ > 0 && static_cast<Inner*>(root_)->count == 1) {
    auto* root = static_cast<Inner*>(root_);
    root_ = root->children[0];
    inner_pool_.give(root);
    --inners_;
    --height_;
  }
}

template <class T>
bool BTree<T>::erase(const Entry& x, Entry* removed) {
  Step path[kHeightMax];
  Leaf* leaf = descend(x, path);
  uint32_t at = find(leaf->entries, leaf->count, x);
  if (at == leaf->count || T::less(x, leaf->entries[at])) return false;
  if (removed != nullptr) *removed = leaf->entries[at];
  std::memmove(leaf->entries + at, leaf->entries + at + 1, (leaf->count - at - 1) * sizeof(Entry));
  --leaf->count;
  --size_;
  if (key_is_new(leaf, at, x)) --distinct_;
  if (leaf->count == 0 && height_ > 0) {
    if (leaf->previous != nullptr) {
      leaf->previous->next = leaf->next;
    } else {
      first_leaf_ = leaf->next;
    }
    if (leaf->next != nullptr) {
      leaf->next->previous = leaf->previous;
    } else {
      last_leaf_ = leaf->previous;
    }
    leaf_pool_.give(leaf);
    --leaves_;
    remove_child(path, 1);
  } else if (at == 0 && leaf->count > 0) {
    set_separator(path, 1, leaf->entries[0]);
  }
  return true;
}

}  // namespace orrery::storage
