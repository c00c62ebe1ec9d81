// A module: tables, and the reducers that clients call to change them.
#include <spacetimedb.h>

using namespace SpacetimeDB;

// A table is a struct, the list of its columns, and a name.
struct Person {
  uint64_t id;
  std::string name;
};
SPACETIMEDB_STRUCT(Person, id, name)
SPACETIMEDB_TABLE(Person, person, Public)
FIELD_PrimaryKeyAutoInc(person, id)
FIELD_Index(person, name)

// Runs once, when the module is first published.
SPACETIMEDB_INIT(init, ReducerContext ctx) {
  (void)ctx;
  LOG_INFO("the module is ready");
  return Ok();
}

SPACETIMEDB_CLIENT_CONNECTED(client_connected, ReducerContext ctx) {
  LOG_INFO("connected: " + ctx.sender().to_string());
  return Ok();
}

SPACETIMEDB_CLIENT_DISCONNECTED(client_disconnected, ReducerContext ctx) {
  LOG_INFO("disconnected: " + ctx.sender().to_string());
  return Ok();
}

// A reducer is a transaction: it changes everything it says or, when it returns an error, nothing.
SPACETIMEDB_REDUCER(add, ReducerContext ctx, std::string name) {
  if (name.empty()) return Err("a person has a name");
  ctx.db[person].insert(Person{0, name});
  return Ok();
}

SPACETIMEDB_REDUCER(remove, ReducerContext ctx, std::string name) {
  if (ctx.db[person_name].delete_all(name) == 0) return Err("nobody is called " + name);
  return Ok();
}

SPACETIMEDB_REDUCER(say_hello, ReducerContext ctx) {
  for (const Person& each : ctx.db[person]) LOG_INFO("Hello, " + each.name + "!");
  LOG_INFO("Hello, world!");
  return Ok();
}
