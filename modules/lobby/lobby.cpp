// Who is here: lifecycle reducers. A visit is opened when a client connects and closed when it leaves; init writes the first
// line of the journal.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Visit {
  ConnectionId connection;
  Identity visitor;
  Timestamp arrived;
};
SPACETIMEDB_STRUCT(Visit, connection, visitor, arrived)
SPACETIMEDB_TABLE(Visit, visit, Public)
FIELD_PrimaryKey(visit, connection)
FIELD_Index(visit, visitor)

struct JournalLine {
  uint64_t id;
  std::string event;
  Identity who;
};
SPACETIMEDB_STRUCT(JournalLine, id, event, who)
SPACETIMEDB_TABLE(JournalLine, journal, Public)
FIELD_PrimaryKeyAutoInc(journal, id)

SPACETIMEDB_INIT(open_lobby, ReducerContext ctx) {
  ctx.db[journal].insert(JournalLine{0, "opened", ctx.sender()});
  return Ok();
}

SPACETIMEDB_CLIENT_CONNECTED(enter, ReducerContext ctx) {
  if (!ctx.connection_id) return Err("a visitor has no connection");
  ctx.db[visit].insert(Visit{*ctx.connection_id, ctx.sender(), ctx.timestamp});
  ctx.db[journal].insert(JournalLine{0, "entered", ctx.sender()});
  return Ok();
}

SPACETIMEDB_CLIENT_DISCONNECTED(leave, ReducerContext ctx) {
  if (ctx.connection_id) ctx.db[visit_connection].delete_by_key(*ctx.connection_id);
  ctx.db[journal].insert(JournalLine{0, "left", ctx.sender()});
  return Ok();
}

SPACETIMEDB_REDUCER(close_lobby, ReducerContext ctx) {
  if (ctx.sender_auth().is_internal()) return Err("the lobby is closed by people");
  ctx.db[visit].clear();
  return Ok();
}
