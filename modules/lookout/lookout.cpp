// Views: of a sender and of nobody; one row, many rows, a query; with declared keys; as sources of other queries.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Sailor {
  uint64_t id;
  Identity identity;
  std::string name;
  bool awake;
};
SPACETIMEDB_STRUCT(Sailor, id, identity, name, awake)
SPACETIMEDB_TABLE(Sailor, sailor, Public)
FIELD_PrimaryKeyAutoInc(sailor, id)
FIELD_Unique(sailor, identity)
FIELD_Index(sailor, awake)

struct Watch {
  uint64_t id;
  uint64_t sailor_id;
  uint8_t hour;
};
SPACETIMEDB_STRUCT(Watch, id, sailor_id, hour)
SPACETIMEDB_TABLE(Watch, watch, Public)
FIELD_PrimaryKeyAutoInc(watch, id)
FIELD_Index(watch, sailor_id)
FIELD_Index(watch, hour)

struct SailorWatch {
  uint64_t sailor_id;
  std::string name;
  uint8_t hour;
};
SPACETIMEDB_STRUCT(SailorWatch, sailor_id, name, hour)

using SailorQuery = Query<Sailor>;

SPACETIMEDB_REDUCER(sign_on, ReducerContext ctx, std::string name) {
  ctx.db[sailor].insert(Sailor{0, ctx.sender(), name, false});
  return Ok();
}
SPACETIMEDB_REDUCER(sign_on_other, ReducerContext ctx, Identity identity, std::string name, bool awake) {
  ctx.db[sailor].insert(Sailor{0, identity, name, awake});
  return Ok();
}
SPACETIMEDB_REDUCER(wake, ReducerContext ctx, bool awake) {
  auto found = ctx.db[sailor_identity].find(ctx.sender());
  if (!found) return Err("not signed on");
  found->awake = awake;
  ctx.db[sailor_id].update(*found);
  return Ok();
}
SPACETIMEDB_REDUCER(stand_watch, ReducerContext ctx, uint64_t who, uint8_t hour) {
  ctx.db[watch].insert(Watch{0, who, hour});
  return Ok();
}
SPACETIMEDB_REDUCER(sign_off, ReducerContext ctx) {
  ctx.db[sailor_identity].delete_by_value(ctx.sender());
  return Ok();
}

SPACETIMEDB_VIEW(std::optional<Sailor>, me, Public, ViewContext ctx) {
  return ctx.db[sailor_identity].find(ctx.sender());
}
SPACETIMEDB_VIEW(std::vector<SailorWatch>, my_watches, Public, ViewContext ctx) {
  std::vector<SailorWatch> rows;
  const auto self = ctx.db[sailor_identity].find(ctx.sender());
  if (!self) return rows;
  for (const Watch& each : ctx.db[watch_sailor_id].filter(self->id)) {
    rows.push_back(SailorWatch{self->id, self->name, each.hour});
  }
  return rows;
}
SPACETIMEDB_VIEW(std::vector<Sailor>, awake_sailors, Public, AnonymousViewContext ctx) {
  return ctx.db[sailor_awake].filter(true).collect();
}
VIEW_PrimaryKey(awake_sailors, id)
SPACETIMEDB_VIEW(std::vector<Watch>, night_watches, Public, AnonymousViewContext ctx) {
  return ctx.db[watch_hour].filter(range_inclusive(0, 5)).collect();
}
SPACETIMEDB_VIEW(std::optional<Sailor>, first_sailor, Public, AnonymousViewContext ctx) {
  return ctx.db[sailor_id].find(1);
}
SPACETIMEDB_VIEW(SailorQuery, all_sailors, Public, AnonymousViewContext ctx) { return ctx.from[sailor]; }
SPACETIMEDB_VIEW(Query<Sailor>, sleepers, Public, AnonymousViewContext ctx) {
  return ctx.from[sailor].where([](const auto& s) { return s.awake.eq(false).and_(s.name.ne("")); });
}
SPACETIMEDB_VIEW(Query<Sailor>, on_watch, Public, ViewContext ctx) {
  return ctx.from[watch]
      .where([](const auto& w) { return w.hour.lt(uint8_t(12)); })
      .right_semijoin(ctx.from[sailor], [](const auto& w, const auto& s) { return w.sailor_id.eq(s.id); })
      .where([](const auto& s) { return s.awake; });
}
SPACETIMEDB_VIEW(Query<Watch>, watches_of_awake, Public, AnonymousViewContext ctx) {
  return ctx.from[watch].left_semijoin(ctx.from[awake_sailors_view],
                                       [](const auto& w, const auto& s) { return w.sailor_id.eq(s.id); });
}
SPACETIMEDB_VIEW(Query<Sailor>, mine_by_query, Public, ViewContext ctx) {
  return ctx.from[sailor].filter([&](const auto& s) { return s.identity.eq(ctx.sender()); });
}
