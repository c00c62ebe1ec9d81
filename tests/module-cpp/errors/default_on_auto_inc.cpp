// A default for a column that cannot have one.
#include <spacetimedb.h>

struct Row {
  uint32_t id;
  uint32_t value;
};
SPACETIMEDB_STRUCT(Row, id, value)
SPACETIMEDB_TABLE(Row, row, SpacetimeDB::Public)
FIELD_AutoInc(row, value)
FIELD_Default(row, value, 5)
