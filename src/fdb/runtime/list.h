// List: a doubly linked list of nodes that lie in the objects themselves; nothing is allocated.
//
// A node that is destroyed leaves its list, a list that is destroyed lets go of its nodes. Not
// thread-safe.
#pragma once

namespace orrery::fdb {

class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }

 private:
  template <class Node>
  friend class List;
  ListNode* previous_ = nullptr;
  ListNode* next_ = nullptr;
};

/// Node is derived from ListNode. An object that is in several lists derives from several bases of
/// that kind.
template <class Node>
class List {
 public:
  List() { reset(); }
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() {
    while (!empty()) head_.next_->unlink();
    head_.next_ = head_.previous_ = nullptr;
  }

  bool empty() const { return head_.next_ == &head_; }
  Node& front() { return static_cast<Node&>(*head_.next_); }
  /// Puts a node at the end; it must be in no list.
  void push_back(Node& node) {
    ListNode& n = node;
    n.previous_ = head_.previous_;
    n.next_ = &head_;
    head_.previous_->next_ = &n;
    head_.previous_ = &n;
  }
  /// Takes the first node out, or returns null.
  Node* pop_front() {
    if (empty()) return nullptr;
    Node& first = front();
    static_cast<ListNode&>(first).unlink();
    return &first;
  }
  /// Moves all nodes of `other` to the end of this list.
  void take_all(List& other) {
    if (other.empty()) return;
    ListNode* first = other.head_.next_;
    ListNode* last = other.head_.previous_;
    first->previous_ = head_.previous_;
    head_.previous_->next_ = first;
    last->next_ = &head_;
    head_.previous_ = last;
    other.reset();
  }

 private:
  void reset() { head_.next_ = head_.previous_ = &head_; }
  ListNode head_;
};

}  // namespace orrery::fdb
