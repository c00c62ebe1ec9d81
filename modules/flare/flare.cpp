// Event tables, whose rows are seen once and not kept, and rules about who sees which row.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Flare {
  uint64_t id;
  Identity from;
  std::string color;
};
SPACETIMEDB_STRUCT(Flare, id, from, color)
SPACETIMEDB_TABLE(Flare, flare, Public, true)
FIELD_PrimaryKeyAutoInc(flare, id)

struct Note {
  uint64_t id;
  Identity owner;
  bool shared;
  std::string text;
};
SPACETIMEDB_STRUCT(Note, id, owner, shared, text)
SPACETIMEDB_TABLE(Note, note, Public)
FIELD_PrimaryKeyAutoInc(note, id)
FIELD_Index(note, owner)

struct Diary {
  Identity owner;
  std::string text;
};
SPACETIMEDB_STRUCT(Diary, owner, text)
SPACETIMEDB_TABLE(Diary, diary, Private)
FIELD_PrimaryKey(diary, owner)

SPACETIMEDB_CLIENT_VISIBILITY_FILTER(own_notes, "SELECT * FROM note WHERE owner = :sender")
SPACETIMEDB_CLIENT_VISIBILITY_FILTER(shared_notes, QueryBuilder().table(note).where([](const auto& n) { return n.shared; }))

SPACETIMEDB_REDUCER(fire, ReducerContext ctx, std::string color) {
  const Flare fired = ctx.db[flare].insert(Flare{0, ctx.sender(), color});
  if (!ctx.db[flare_id].find(fired.id)) return Err("an event is not seen by its own transaction");
  return Ok();
}
SPACETIMEDB_REDUCER(fire_and_fail, ReducerContext ctx, std::string color) {
  ctx.db[flare].insert(Flare{0, ctx.sender(), color});
  return Err("a misfire");
}
SPACETIMEDB_REDUCER(fire_many, ReducerContext ctx, std::vector<std::string> colors) {
  for (const std::string& color : colors) ctx.db[flare].insert(Flare{0, ctx.sender(), color});
  return Ok();
}
SPACETIMEDB_REDUCER(write_note, ReducerContext ctx, std::string text, bool shared) {
  ctx.db[note].insert(Note{0, ctx.sender(), shared, text});
  return Ok();
}
SPACETIMEDB_REDUCER(write_diary, ReducerContext ctx, std::string text) {
  ctx.db[diary_owner].try_insert_or_update(Diary{ctx.sender(), text});
  return Ok();
}
SPACETIMEDB_REDUCER(tell_token, ReducerContext ctx) {
  const AuthCtx& auth = ctx.sender_auth();
  if (!auth.has_jwt()) return Err("no token");
  const JwtClaims& claims = *auth.get_jwt();
  std::string audience;
  for (const std::string& each : claims.audience()) audience += each + ",";
  ctx.db[diary].insert(Diary{auth.get_caller_identity(), claims.issuer() + "|" + claims.subject() + "|" + audience});
  return Ok();
}
