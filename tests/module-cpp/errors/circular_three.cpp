// Three types in a circle.
#include <spacetimedb.h>

struct Second;
struct Third;
struct First {
  std::vector<Second> seconds;
};
struct Second {
  std::vector<Third> thirds;
};
struct Third {
  std::optional<std::vector<First>> firsts;
};
SPACETIMEDB_STRUCT(First, seconds)
SPACETIMEDB_STRUCT(Second, thirds)
SPACETIMEDB_STRUCT(Third, firsts)
struct Row {
  uint32_t id;
  First first;
};
SPACETIMEDB_STRUCT(Row, id, first)
SPACETIMEDB_TABLE(Row, row, SpacetimeDB::Public)
