// A type that contains itself.
#include <spacetimedb.h>

struct Node {
  uint32_t id;
  std::vector<Node> children;
};
SPACETIMEDB_STRUCT(Node, id, children)
SPACETIMEDB_TABLE(Node, node, SpacetimeDB::Public)
