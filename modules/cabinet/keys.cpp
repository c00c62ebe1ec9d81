// Every type that can be a key, as a unique column, as a primary key and as a plain index; with the reducers that find, update
// and delete by it.
#include "types.h"

#define KEYED(Name, name, ...)                                                                                       \
  struct Unique##Name {                                                                                              \
    __VA_ARGS__ key;                                                                                                 \
    int32_t data;                                                                                                    \
  };                                                                                                                 \
  SPACETIMEDB_STRUCT(Unique##Name, key, data)                                                                        \
  SPACETIMEDB_TABLE(Unique##Name, unique_##name, Public)                                                             \
  FIELD_Unique(unique_##name, key)                                                                                   \
  struct Primary##Name {                                                                                             \
    __VA_ARGS__ key;                                                                                                 \
    int32_t data;                                                                                                    \
  };                                                                                                                 \
  SPACETIMEDB_STRUCT(Primary##Name, key, data)                                                                       \
  SPACETIMEDB_TABLE(Primary##Name, primary_##name, Public)                                                           \
  FIELD_PrimaryKey(primary_##name, key)                                                                              \
  struct Indexed##Name {                                                                                             \
    __VA_ARGS__ key;                                                                                                 \
    int32_t data;                                                                                                    \
  };                                                                                                                 \
  SPACETIMEDB_STRUCT(Indexed##Name, key, data)                                                                       \
  SPACETIMEDB_TABLE(Indexed##Name, indexed_##name, Public)                                                           \
  FIELD_Index(indexed_##name, key)                                                                                   \
  SPACETIMEDB_REDUCER(insert_key_##name, ReducerContext ctx, __VA_ARGS__ key, int32_t data) {                        \
    const auto row = ctx.db[unique_##name].get_table().try_insert(Unique##Name{key, data});                          \
    if (row.is_err()) return Err(row.err().message);                                                                 \
    ctx.db[primary_##name].insert(Primary##Name{key, data});                                                         \
    ctx.db[indexed_##name].insert(Indexed##Name{key, data});                                                         \
    ctx.db[indexed_##name##_key].insert(Indexed##Name{key, data + 1});                                               \
    return Ok();                                                                                                     \
  }                                                                                                                  \
  SPACETIMEDB_REDUCER(update_key_##name, ReducerContext ctx, __VA_ARGS__ key, int32_t data) {                        \
    const auto found = ctx.db[primary_##name##_key].find(key);                                                       \
    if (!found) return Err("no row has this primary key");                                                           \
    if (!ctx.db[unique_##name##_key].find(key)) return Err("no row has this unique key");                            \
    if (!ctx.db[unique_##name##_key].update(Unique##Name{key, data})) return Err("nothing to update");               \
    ctx.db[primary_##name##_key].try_insert_or_update(Primary##Name{key, found->data + data});                       \
    return Ok();                                                                                                     \
  }                                                                                                                  \
  SPACETIMEDB_REDUCER(delete_key_##name, ReducerContext ctx, __VA_ARGS__ key) {                                      \
    size_t rows = 0;                                                                                                 \
    for (const Indexed##Name& row : ctx.db[indexed_##name##_key].filter(key)) {                                      \
      if (row.key == key) ++rows;                                                                                    \
    }                                                                                                                \
    if (rows != ctx.db[indexed_##name##_key].delete_all(key)) return Err("the index disagrees with itself");         \
    const bool unique = ctx.db[unique_##name##_key].delete_by_value(key);                                            \
    if (unique != ctx.db[primary_##name##_key].delete_by_key(key)) return Err("the tables disagree");                \
    return Ok();                                                                                                     \
  }

KEYED(U8, u8, uint8_t)
KEYED(U16, u16, uint16_t)
KEYED(U32, u32, uint32_t)
KEYED(U64, u64, uint64_t)
KEYED(U128, u128, SpacetimeDB::u128)
KEYED(U256, u256, SpacetimeDB::u256)
KEYED(I8, i8, int8_t)
KEYED(I16, i16, int16_t)
KEYED(I32, i32, int32_t)
KEYED(I64, i64, int64_t)
KEYED(I128, i128, SpacetimeDB::i128)
KEYED(I256, i256, SpacetimeDB::i256)
KEYED(Bool, bool, bool)
KEYED(String, string, std::string)
KEYED(Identity, identity, SpacetimeDB::Identity)
KEYED(Connection, connection, SpacetimeDB::ConnectionId)
KEYED(Timestamp, timestamp, SpacetimeDB::Timestamp)
KEYED(Uuid, uuid, SpacetimeDB::Uuid)
KEYED(Season, season, Season)
