// Views whose code changes from one build to the next: the same source for two modules, one of which is published over the
// other. ORCHARD_SEASON: what is ripe.
#include <spacetimedb.h>

using namespace SpacetimeDB;

#ifndef ORCHARD_SEASON
#define ORCHARD_SEASON 1
#endif

struct Fruit {
  uint64_t id;
  std::string name;
  uint8_t season;
};
SPACETIMEDB_STRUCT(Fruit, id, name, season)
SPACETIMEDB_TABLE(Fruit, fruit, Public)
FIELD_PrimaryKey(fruit, id)
FIELD_Index(fruit, season)

struct Label {
  uint64_t id;
  std::string text;
};
SPACETIMEDB_STRUCT(Label, id, text)

SPACETIMEDB_REDUCER(plant, ReducerContext ctx, uint64_t id, std::string name, uint8_t season) {
  ctx.db[fruit].insert(Fruit{id, name, season});
  return Ok();
}
SPACETIMEDB_VIEW(std::vector<Fruit>, ripe, Public, AnonymousViewContext ctx) {
  return ctx.db[fruit_season].filter(uint8_t{ORCHARD_SEASON}).collect();
}
VIEW_PrimaryKey(ripe, id)
SPACETIMEDB_VIEW(Query<Fruit>, ripe_by_query, Public, ViewContext ctx) {
  return ctx.from[fruit].where([](const auto& f) { return f.season.eq(uint8_t{ORCHARD_SEASON}); });
}
SPACETIMEDB_VIEW(std::vector<Label>, labels, Public, ViewContext ctx) {
  std::vector<Label> rows;
  for (uint8_t season : {uint8_t{1}, uint8_t{2}}) {
    for (const Fruit& each : ctx.db[fruit_season].filter(season)) {
      rows.push_back(Label{each.id, each.name + (season == ORCHARD_SEASON ? " is ripe" : " is not ripe")});
    }
  }
  return rows;
}
VIEW_PrimaryKey(labels, id)
