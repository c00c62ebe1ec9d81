// Names in every casing, converted by the host's default policy; some canonical names given by hand.
#include <spacetimedb.h>

using namespace SpacetimeDB;

SPACETIMEDB_UNIT_TYPE(Nothing7)
SPACETIMEDB_ENUM(Knight2Rank, (Squire1, Nothing7), (KnightedIn, uint32_t))

struct Horse3Info {
  uint8_t AgeValue1;
  uint32_t SpeedTotal;
};
SPACETIMEDB_STRUCT(Horse3Info, AgeValue1, SpeedTotal)

struct Knight1 {
  uint32_t Knight1Id;
  std::string knight_name;
  uint32_t currentLevel2;
  Knight2Rank rank3Field;
};
SPACETIMEDB_STRUCT(Knight1, Knight1Id, knight_name, currentLevel2, rank3Field)
SPACETIMEDB_TABLE(Knight1, knight1, Public, "Knight1Canonical")
FIELD_PrimaryKeyAutoInc(knight1, Knight1Id)

struct Horse2 {
  uint32_t Horse2Id;
  std::string GivenName;
  uint32_t riderRef;
  Horse3Info horseInfo;
};
SPACETIMEDB_STRUCT(Horse2, Horse2Id, GivenName, riderRef, horseInfo)
SPACETIMEDB_TABLE(Horse2, Horse2Table, Public)
FIELD_PrimaryKeyAutoInc(Horse2Table, Horse2Id)
FIELD_Index(Horse2Table, riderRef)

SPACETIMEDB_REDUCER(CreateKnight1, ReducerContext ctx, std::string Knight1Name, uint32_t Start2Level) {
  ctx.db[knight1].insert(Knight1{0, Knight1Name, Start2Level, Knight2Rank(Nothing7{})});
  return Ok();
}
SPACETIMEDB_REDUCER(addHorse2, ReducerContext ctx, std::string Given3Name, uint32_t riderRef, uint8_t AgeValue,
                    uint32_t SpeedTotal) {
  ctx.db[Horse2Table].insert(Horse2{0, Given3Name, riderRef, Horse3Info{AgeValue, SpeedTotal}});
  return Ok();
}
SPACETIMEDB_REDUCER_NAMED(PromoteKnight, "knightUp1", ReducerContext ctx, uint32_t Knight1Id, uint32_t Year6) {
  auto found = ctx.db[knight1_Knight1Id].find(Knight1Id);
  if (!found) return Err("no such knight");
  found->rank3Field = Knight2Rank(Year6);
  ctx.db[knight1_Knight1Id].update(*found);
  return Ok();
}
SPACETIMEDB_VIEW_NAMED(Query<Horse2>, horsesOfLevel2, "Level2Horse", Public, AnonymousViewContext ctx) {
  return ctx.from[knight1]
      .where([](const auto& k) { return k.currentLevel2.eq(2U); })
      .right_semijoin(ctx.from[Horse2Table], [](const auto& k, const auto& h) { return k.Knight1Id.eq(h.riderRef); });
}
