// Two columns that are each the primary key.
#include <spacetimedb.h>

struct Row {
  uint32_t id;
  uint32_t other;
};
SPACETIMEDB_STRUCT(Row, id, other)
SPACETIMEDB_TABLE(Row, row, SpacetimeDB::Public)
FIELD_PrimaryKey(row, id)
FIELD_PrimaryKeyAutoInc(row, other)
