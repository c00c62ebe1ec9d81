// Values that the host gives a reducer about its call, texts of values, and a row that is found again by its value.
#include "../cabinet/types.h"


#define MINTED(Name, name, value, ...)                             \
  struct Minted##Name {                                            \
    uint64_t id;                                                   \
    __VA_ARGS__ what;                                              \
  };                                                               \
  SPACETIMEDB_STRUCT(Minted##Name, id, what)                       \
  SPACETIMEDB_TABLE(Minted##Name, minted_##name, Public)           \
  FIELD_PrimaryKeyAutoInc(minted_##name, id)                       \
  SPACETIMEDB_REDUCER(mint_##name, ReducerContext ctx) {           \
    ctx.db[minted_##name].insert(Minted##Name{0, value});          \
    return Ok();                                                   \
  }
MINTED(Caller, caller, ctx.sender(), SpacetimeDB::Identity)
MINTED(Connection, connection, ctx.connection_id.value_or(ConnectionId()), SpacetimeDB::ConnectionId)
MINTED(Time, time, ctx.timestamp, SpacetimeDB::Timestamp)
MINTED(V4, v4, ctx.new_uuid_v4(), SpacetimeDB::Uuid)
MINTED(V7, v7, ctx.new_uuid_v7(), SpacetimeDB::Uuid)

// As unique and primary keys of the caller's own identity and connection.
#define OWNED(Name, name, value, ...)                                              \
  struct Owned##Name {                                                             \
    __VA_ARGS__ key;                                                               \
    int32_t data;                                                                  \
  };                                                                               \
  SPACETIMEDB_STRUCT(Owned##Name, key, data)                                       \
  SPACETIMEDB_TABLE(Owned##Name, owned_##name, Public)                             \
  FIELD_PrimaryKey(owned_##name, key)                                              \
  struct Known##Name {                                                             \
    __VA_ARGS__ key;                                                               \
    int32_t data;                                                                  \
  };                                                                               \
  SPACETIMEDB_STRUCT(Known##Name, key, data)                                       \
  SPACETIMEDB_TABLE(Known##Name, known_##name, Public)                             \
  FIELD_Unique(known_##name, key)                                                  \
  SPACETIMEDB_REDUCER(own_##name, ReducerContext ctx, int32_t data) {              \
    ctx.db[owned_##name].insert(Owned##Name{value, data});                         \
    ctx.db[known_##name].insert(Known##Name{value, data});                         \
    return Ok();                                                                   \
  }                                                                                \
  SPACETIMEDB_REDUCER(change_##name, ReducerContext ctx, int32_t data) {           \
    if (!ctx.db[owned_##name##_key].update(Owned##Name{value, data})) return Err("nothing to change"); \
    if (!ctx.db[known_##name##_key].update(Known##Name{value, data})) return Err("nothing to change"); \
    return Ok();                                                                   \
  }                                                                                \
  SPACETIMEDB_REDUCER(disown_##name, ReducerContext ctx) {                         \
    if (!ctx.db[owned_##name##_key].delete_by_key(value)) return Err("nothing to delete");   \
    if (!ctx.db[known_##name##_key].delete_by_value(value)) return Err("nothing to delete"); \
    return Ok();                                                                   \
  }
OWNED(Identity, identity, ctx.sender(), SpacetimeDB::Identity)
OWNED(Connection, connection, ctx.connection_id.value_or(ConnectionId()), SpacetimeDB::ConnectionId)

struct Words {
  std::vector<std::string> words;
};
SPACETIMEDB_STRUCT(Words, words)
SPACETIMEDB_TABLE(Words, said, Public)

SPACETIMEDB_REDUCER(say_everything, ReducerContext ctx, Everything e) {
  ctx.db[said].insert(Words{{
      std::to_string(e.u8), std::to_string(e.u16), std::to_string(e.u32), std::to_string(e.u64), e.wide_u.to_string(),
      e.wider_u.to_string(), std::to_string(e.i8), std::to_string(e.i16), std::to_string(e.i32), std::to_string(e.i64),
      e.wide_i.to_string(), e.wider_i.to_string(), e.flag ? "true" : "false", std::to_string(e.f32),
      std::to_string(e.f64), e.text, e.identity.to_string(), e.connection.to_string(), e.timestamp.to_string(),
      e.duration.to_string(), e.uuid.to_string()}});
  return Ok();
}

SPACETIMEDB_TABLE(Everything, hoard, Public)
SPACETIMEDB_REDUCER(store_everything, ReducerContext ctx, Everything e) {
  ctx.db[hoard].insert(e);
  return Ok();
}
SPACETIMEDB_REDUCER(discard_everything, ReducerContext ctx, Everything e) {
  if (ctx.db[hoard].delete_by_value(e) != 1) return Err("the row is not found by its value");
  return Ok();
}

// Nothing changes, and the caller hears so.
SPACETIMEDB_REDUCER(do_nothing, ReducerContext ctx) {
  (void)ctx;
  return Ok();
}

// A table that no client may see.
SPACETIMEDB_TABLE(Words, secret, Private)
SPACETIMEDB_REDUCER(whisper, ReducerContext ctx, std::string word) {
  ctx.db[secret].insert(Words{{word}});
  return Ok();
}

struct Member {
  Identity identity;
  std::string name;
};
SPACETIMEDB_STRUCT(Member, identity, name)
SPACETIMEDB_TABLE(Member, person, Public)
FIELD_PrimaryKey(person, identity)
SPACETIMEDB_CLIENT_VISIBILITY_FILTER(own_person, "SELECT * FROM person WHERE identity = :sender")
SPACETIMEDB_REDUCER(introduce, ReducerContext ctx, std::string name, Identity identity) {
  ctx.db[person].insert(Member{identity, name});
  return Ok();
}

struct Stamp {
  Uuid uuid;
};
SPACETIMEDB_STRUCT(Stamp, uuid)
SPACETIMEDB_TABLE(Stamp, stamp, Public)
FIELD_PrimaryKey(stamp, uuid)
// A scan gives rows in the order in which they came.
SPACETIMEDB_REDUCER(stamp_sorted, ReducerContext ctx, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) ctx.db[stamp].insert(Stamp{ctx.new_uuid_v7()});
  std::optional<Uuid> last;
  for (const Stamp& each : ctx.db[stamp]) {
    if (last && *last >= each.uuid) return Err("the stamps are not in order");
    last = each.uuid;
  }
  return Ok();
}
